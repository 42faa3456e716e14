//! Block bootstrap and Newey-West of this crate on a table of two columns, for a comparison with `arch` and `statsmodels`.
//!
//! `statistics DATA.csv DRAWS.csv`: DATA has `outcome,signal` a row; times go to standard output as JSON, and the first
//! resamples to DRAWS.csv, so that the other side can repeat them to the digit.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench measures, and its answer is what it prints"
)]

use std::fmt::Write as _;
use std::time::Instant;

use gex_analysis::stats::bootstrap::{draw_stationary, regime_mean_difference};
use gex_analysis::stats::distribution::Reference;
use gex_analysis::stats::hac::{Kernel, SmallSample, covariance};
use gex_analysis::stats::ols::{Design, Ols};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const DRAWS: usize = 10_000;
const REPEATS: u32 = 200;
const LAGS: usize = 10;
const BLOCK: f64 = 63.0;
/// Resamples written for the other side to repeat.
const SHARED: usize = 50;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(data), Some(shared)) = (arguments.next(), arguments.next()) else {
        return Err("usage: statistics DATA.csv DRAWS.csv".into());
    };
    let text = std::fs::read_to_string(data)?;
    let mut rows = Vec::new();
    for line in text.lines().skip(1) {
        let (y, g) = line.split_once(',').ok_or("two columns a row")?;
        rows.push((y.parse::<f64>()?, g.parse::<f64>()?));
    }
    let (outcome, signal): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
    let negative: Vec<bool> = signal.iter().map(|g| *g < 0.0).collect();

    let began = Instant::now();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let draws = draw_stationary(outcome.len(), DRAWS, BLOCK, &mut random)?;
    let found = regime_mean_difference(&outcome, &negative, &draws, 0.95)?;
    let bootstrap = began.elapsed().as_secs_f64();

    let few = regime_mean_difference(
        &outcome,
        &negative,
        draws.get(..SHARED).unwrap_or(&draws),
        0.95,
    )?;
    let mut lines = String::new();
    for draw in draws.iter().take(SHARED) {
        let cells: Vec<String> = draw.positions().map(|row| row.to_string()).collect();
        writeln!(lines, "{}", cells.join(","))?;
    }
    std::fs::write(shared, lines)?;

    let began = Instant::now();
    let mut error = 0.0;
    for _ in 0..REPEATS {
        let fit = Ols::fit(&outcome, Design::with_constant(&[&signal])?)?;
        let covariance = covariance(&fit, Kernel::Bartlett, LAGS, SmallSample::None)?;
        error = fit.test(1, &covariance, Reference::Normal)?.std_error;
    }
    let hac = began.elapsed().as_secs_f64() / f64::from(REPEATS);
    println!(
        "{{\"bootstrap\": {bootstrap}, \"hac\": {hac}, \"difference\": {}, \"std_error\": {}, \
         \"shared_std_error\": {}, \"hac_std_error\": {error}}}",
        found.difference, found.std_error, few.std_error
    );
    Ok(())
}
