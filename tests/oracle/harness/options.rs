//! Rows of option prices, derivatives and implied volatilities.
//!
//! Price within the row's own tolerance; every other column within 1e-9 of itself plus 1e-13; the
//! implied volatility where the row marks it `ok`, and a flag where it marks it ill conditioned.

use std::path::Path;

use gex_compute::black76::Greeks;
use gex_compute::implied_vol::{Conditioning, Quote, solve};
use gex_compute::{black76, bsm, inverse};

use super::case::{Failure, Table};
use super::chain::right_of;

/// One row: its cells by name.
struct Row<'a> {
    table: &'a Table,
    position: usize,
}

impl Row<'_> {
    fn word(&self, name: &str) -> Result<&str, Failure> {
        Ok(self.table.text(name)?[self.position])
    }

    fn number(&self, name: &str) -> Result<f64, Failure> {
        Ok(self.word(name)?.parse()?)
    }

    /// Checks one column of the row.
    fn check(&self, name: &str, got: f64) -> Result<(), Failure> {
        let wanted = self.number(name)?;
        self.within(name, got, 1e-9 * wanted.abs() + 1e-13)
    }

    fn within(&self, name: &str, got: f64, tolerance: f64) -> Result<(), Failure> {
        let wanted = self.number(name)?;
        if (got - wanted).abs() <= tolerance {
            return Ok(());
        }
        Err(format!(
            "{} {name} is {got:e}, {wanted:e} expected",
            self.word("id")?
        )
        .into())
    }
}

/// Whether a row's implied volatility was compared or only its flag.
enum Compared {
    Volatility,
    Flag,
    Neither,
}

type Check = fn(&Row<'_>) -> Result<Compared, Failure>;

/// Runs every file of `options/`, one line each; returns how many rows failed.
pub(crate) fn run(folder: &Path) -> Result<usize, Failure> {
    let files: [(&str, Check); 4] = [
        ("bsm.csv", spot_row),
        ("black76.csv", forward_row),
        ("inverse.csv", inverse_row),
        ("edges.csv", edge_row),
    ];
    let mut failures = 0;
    for (name, check) in files {
        let path = folder.join("options").join(name);
        if path.exists() {
            failures += run_file(name, &Table::read(&path)?, check);
        } else {
            println!("none options/{name}");
        }
    }
    Ok(failures)
}

fn run_file(name: &str, table: &Table, check: Check) -> usize {
    let (mut failures, mut solved, mut flagged) = (0, 0, 0);
    for position in 0..table.rows() {
        match check(&Row { table, position }) {
            Ok(Compared::Volatility) => solved += 1,
            Ok(Compared::Flag) => flagged += 1,
            Ok(Compared::Neither) => {}
            Err(failure) => {
                println!("FAIL options/{name} {failure}");
                failures += 1;
            }
        }
    }
    let word = if failures == 0 { "ok  " } else { "FAIL" };
    let rows = table.rows();
    println!(
        "{word} options/{name} {rows} rows, {failures} failed, {solved} volatilities solved, \
         {flagged} flagged"
    );
    failures
}

fn spot_terms(row: &Row<'_>, sigma: f64) -> Result<bsm::Terms, Failure> {
    Ok(bsm::Terms {
        right: right_of(row.word("type")?)?,
        spot: row.number("S")?,
        strike: row.number("K")?,
        years: row.number("T")?,
        rate: row.number("r")?,
        dividend: row.number("q")?,
        vol: sigma,
    })
}

fn spot_row(row: &Row<'_>) -> Result<Compared, Failure> {
    let terms = spot_terms(row, row.number("sigma")?)?;
    let greeks = terms.greeks()?;
    common_columns(row, &greeks.on_spot)?;
    row.check("rho_q", greeks.rho_q)?;
    implied(row, &terms.on_forward()?)
}

fn forward_row(row: &Row<'_>) -> Result<Compared, Failure> {
    let terms = black76::Terms {
        right: right_of(row.word("type")?)?,
        forward: row.number("F")?,
        strike: row.number("K")?,
        years: row.number("T")?,
        rate: row.number("r")?,
        vol: row.number("sigma")?,
    };
    common_columns(row, &terms.greeks()?)?;
    implied(row, &terms)
}

fn common_columns(row: &Row<'_>, greeks: &Greeks) -> Result<(), Failure> {
    row.within("price", greeks.price, row.number("tol_price_abs")?)?;
    let columns = [
        ("delta", greeks.delta),
        ("gamma", greeks.gamma),
        ("vega", greeks.vega),
        ("theta", greeks.theta),
        ("rho", greeks.rho),
        ("vanna", greeks.vanna),
        ("charm", greeks.charm),
        ("vomma", greeks.vomma),
        ("speed", greeks.speed),
        ("zomma", greeks.zomma),
        ("color", greeks.color),
        ("d1", greeks.d1),
        ("d2", greeks.d2),
    ];
    columns
        .into_iter()
        .try_for_each(|(name, got)| row.check(name, got))
}

fn implied(row: &Row<'_>, terms: &black76::Terms) -> Result<Compared, Failure> {
    let solved = solve(&Quote::of(terms, row.number("price")?));
    if row.word("iv_status")? == "ok" {
        let vol = solved?.vol.get();
        row.within("iv_of_rounded_price", vol, row.number("iv_tol_abs")?)?;
        return Ok(Compared::Volatility);
    }
    match solved {
        Ok(firm) if firm.conditioning == Conditioning::WellConditioned => {
            Err(format!("{} is not flagged as ill conditioned", row.word("id")?).into())
        }
        _ => Ok(Compared::Flag),
    }
}

fn inverse_row(row: &Row<'_>) -> Result<Compared, Failure> {
    let terms = inverse::Terms {
        right: right_of(row.word("type")?)?,
        forward: row.number("F")?,
        strike: row.number("K")?,
        years: row.number("T")?,
        vol: row.number("sigma")?,
    };
    let greeks = terms.greeks()?;
    let tolerance = row.number("tol_price_coin_abs")?;
    row.within("price_coin", greeks.price_coin, tolerance)?;
    row.within("price_usd", greeks.linear.price, tolerance * terms.forward)?;
    let columns = [
        ("delta_bs", greeks.linear.delta),
        ("gamma_bs", greeks.linear.gamma),
        ("delta_pa", greeks.delta_adjusted),
        ("gamma_pa", greeks.gamma_adjusted),
        ("dprice_coin_dF", greeks.coin_delta),
        ("d2price_coin_dF2", greeks.coin_gamma),
        ("vega_coin", greeks.coin_vega),
        ("theta_coin", greeks.coin_theta),
        ("vanna_bs", greeks.linear.vanna),
        ("charm_bs", greeks.linear.charm),
        ("vanna_pa", greeks.vanna_adjusted),
        ("charm_pa", greeks.charm_adjusted),
        ("d1", greeks.linear.d1),
        ("d2", greeks.linear.d2),
    ];
    columns
        .into_iter()
        .try_for_each(|(name, got)| row.check(name, got))?;
    Ok(Compared::Neither)
}

/// Limits without time or volatility, and prices that must be refused with a reason.
fn edge_row(row: &Row<'_>) -> Result<Compared, Failure> {
    if row.word("kind")? == "iv" {
        return refused_row(row);
    }
    let terms = spot_terms(row, row.number("sigma")?)?;
    row.check("price", terms.price()?)?;
    if row.word("delta")?.is_empty() {
        return match terms.greeks() {
            Err(black76::Undefined::AtKink(_)) => Ok(Compared::Neither),
            other => Err(format!("{} is {other:?} at the kink", row.word("id")?).into()),
        };
    }
    let greeks = terms.greeks()?.on_spot;
    row.check("delta", greeks.delta)?;
    row.check("gamma", greeks.gamma)?;
    row.check("vega", greeks.vega)?;
    Ok(Compared::Neither)
}

fn refused_row(row: &Row<'_>) -> Result<Compared, Failure> {
    // The volatility is what is asked for: the terms carry any that is allowed.
    let terms = spot_terms(row, 1.0)?.on_forward()?;
    let wanted = row.word("expected")?.replace('_', "-");
    match solve(&Quote::of(&terms, row.number("market_price")?)) {
        Err(reason) if reason.word() == wanted => Ok(Compared::Flag),
        other => Err(format!("{} is {other:?}, {wanted} expected", row.word("id")?).into()),
    }
}
