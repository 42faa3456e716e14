//! Gamma exposure of one chain and its flip levels.

use gex_compute::book::{Book, CarryMarket, PlainContract};
use gex_compute::flip::sticky_strike;
use gex_compute::market::contract::Right;
use gex_compute::market::units::{Currency, Rate, Spot, Strike, Vol, Years};
use gex_compute::profile::GammaCurve;
use gex_compute::strikes::{GammaColumns, by_strike};
use serde_json::{Value, json};

use super::Function;
use super::case::{Case, Failure, Outcome, Table};

/// The functions of this family.
pub(crate) const FUNCTIONS: &[(&str, Function)] = &[("gex.chain", chain)];

fn chain(case: &Case) -> Outcome {
    let market = CarryMarket {
        spot: Spot::new(case.number("spot")?)?,
        rate: Rate::new(case.number("r")?)?,
        dividend: Rate::new(case.number("q")?)?,
        currency: Currency::USD,
    };
    let book = Book::from_contracts(market, contracts(case)?);
    let curve = GammaCurve::new(&book);
    let gamma = curve.rows_at_spot();
    let rights = &book.columns().right;
    let conventions = case
        .param("conventions")
        .as_object()
        .ok_or("no conventions")?;
    let mut nets = json!({});
    for (name, signs) in conventions {
        let weights = weights(rights, signs)?;
        nets[name] = json!(gamma.iter().zip(&weights).map(|(g, w)| g * w).sum::<f64>());
    }
    // Strikes and flips are those of the convention whose calls and puts differ in sign.
    let signed = conventions.values().find(|signs| signs["C"] != signs["P"]);
    let signed = signed.ok_or("no signed convention")?;
    let signed = weights(rights, signed)?;
    let flips = sticky_strike(&curve, case.number("spot")?, std::slice::from_ref(&signed));
    let crossings = flips.first().ok_or("no flip")?.crossings.iter();
    let levels: Vec<f64> = crossings.map(|crossing| crossing.level).collect();
    let strike = &book.columns().strike;
    let columns = GammaColumns {
        strike,
        right: rights,
        gamma: &gamma,
        weight: &signed,
    };
    let table = by_strike(columns);
    let top = table
        .iter()
        .max_by(|a, b| a.net.total_cmp(&b.net))
        .ok_or("no strike")?;
    let low = table
        .iter()
        .min_by(|a, b| a.net.total_cmp(&b.net))
        .ok_or("no strike")?;
    Ok(json!({
        "net_usd_per_1pct": nets,
        "flip_levels": levels,
        "n_roots": levels.len(),
        "per_strike_top": {
            "max_strike": top.strike,
            "max": top.net,
            "min_strike": low.strike,
            "min": low.net,
        },
    }))
}

fn contracts(case: &Case) -> Result<Vec<PlainContract>, Failure> {
    let table: Table = case.table(0)?;
    let (strike, years) = (table.column("strike")?, table.column("t_years")?);
    let (right, vol) = (table.text("type")?, table.column("iv")?);
    let open_interest = table.column("oi")?;
    let multiplier = case.number("multiplier")?;
    (0..table.rows())
        .map(|row| {
            Ok(PlainContract {
                strike: Strike::new(strike[row])?,
                tau: Years::new(years[row])?,
                right: right_of(right[row])?,
                vol: Vol::new(vol[row])?,
                units: multiplier * open_interest[row],
            })
        })
        .collect()
}

fn weights(rights: &[Right], signs: &Value) -> Result<Vec<f64>, Failure> {
    let sign = |key: &str| signs[key].as_f64().ok_or("a convention without a sign");
    let (call, put) = (sign("C")?, sign("P")?);
    let weight = |right: &Right| if *right == Right::Call { call } else { put };
    Ok(rights.iter().map(weight).collect())
}

/// Reads `c`, `C`, `p` or `P`.
pub(crate) fn right_of(word: &str) -> Result<Right, Failure> {
    match word.to_ascii_lowercase().as_str() {
        "c" => Ok(Right::Call),
        "p" => Ok(Right::Put),
        other => Err(format!("{other} is neither c nor p").into()),
    }
}
