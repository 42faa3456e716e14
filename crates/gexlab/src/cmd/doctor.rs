//! `gex doctor`: whether this machine and this binary give the numbers that they should.

use gex_compute::book::{Book, CarryMarket, PlainContract};
use gex_compute::flip::sticky_strike;
use gex_compute::market::contract::Right;
use gex_compute::market::units::{Currency, OutOfRange, Rate, Spot, Strike, Vol, Years};
use gex_compute::positioning::Positioning;
use gex_compute::profile::GammaCurve;

use serde_json::json;

use crate::args::DoctorArgs;
use crate::console::Console;
use crate::exit::Failure;
use crate::text_table::{Side, lay_out};

/// Prints what this installation is and whether its self-test passes.
///
/// # Errors
///
/// A failure where a part is broken.
pub fn doctor(args: &DoctorArgs, console: Console) -> Result<(), Failure> {
    let parts = [
        ("version", Ok(env!("CARGO_PKG_VERSION").to_owned())),
        ("threads", Ok(crate::parallel::threads().to_string())),
        ("self-test", self_test()),
        ("folder", writable(args)),
    ];
    let header = [
        ("part", Side::Left),
        ("state", Side::Left),
        ("what", Side::Left),
    ];
    let rows: Vec<Vec<String>> = parts
        .iter()
        .map(|(part, found)| {
            let (state, text) = match found {
                Ok(text) => ("ok", text),
                Err(text) => ("broken", text),
            };
            vec![(*part).to_owned(), state.to_owned(), text.clone()]
        })
        .collect();
    let document = json!({ "parts": rows });
    console.answer(&lay_out(&header, &rows), "gexlab/doctor/1", document)?;
    match parts
        .iter()
        .find_map(|(part, found)| Some((part, found.as_ref().err()?)))
    {
        None => Ok(()),
        Some((part, text)) => Err(Failure::failed(anyhow::anyhow!("{part}: {text}"))),
    }
}

/// Net gamma and flip of a call and a put whose flip is known in closed form:
/// `√(K_c·K_p)·e^(−σ²T/2)`, 4966.7659245 for 5,500, 4,500, 20 % and 30 days.
fn self_test() -> Result<String, String> {
    let (net, flip) = known_book().map_err(|error| error.to_string())?;
    let near = |value: f64, known: f64| (value / known - 1.0).abs() < 1e-9;
    if near(net, 3_063_530.833) && flip.is_some_and(|flip| near(flip, 4_966.765_924_5)) {
        Ok("net gamma and flip of a known book are right".to_owned())
    } else {
        Err(format!(
            "a known book gave net gamma {net} and flip {flip:?} instead of 3063530.833 and 4966.7659245"
        ))
    }
}

fn known_book() -> Result<(f64, Option<f64>), OutOfRange> {
    let spot = Spot::new(5_000.0)?;
    let contract = |strike, right| {
        Ok(PlainContract {
            strike: Strike::new(strike)?,
            tau: Years::new(30.0 / 365.0)?,
            right,
            vol: Vol::new(0.2)?,
            units: 100_000.0,
        })
    };
    let chain = vec![
        contract(5_500.0, Right::Call)?,
        contract(4_500.0, Right::Put)?,
    ];
    let market = CarryMarket {
        spot,
        rate: Rate::ZERO,
        dividend: Rate::ZERO,
        currency: Currency::USD,
    };
    let book = Book::from_contracts(market, chain);
    let curve = GammaCurve::new(&book);
    let weights = Positioning::CallsLongPutsShort.weights(&book);
    let flip = sticky_strike(&curve, spot.get(), std::slice::from_ref(&weights));
    let nearest = flip.first().and_then(|flip| flip.nearest);
    Ok((curve.net(&weights, spot.get()), nearest))
}

fn writable(args: &DoctorArgs) -> Result<String, String> {
    let probe = args.out.join(".gex-doctor");
    let write = || {
        std::fs::create_dir_all(&args.out)?;
        std::fs::write(&probe, b"")?;
        std::fs::remove_file(&probe)
    };
    match write() {
        Ok(()) => Ok(format!("{} can be written", args.out.display())),
        Err(error) => Err(format!("{} can't be written: {error}", args.out.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_self_test_passes_on_a_sound_build() {
        assert!(self_test().is_ok(), "{:?}", self_test());
    }
}
