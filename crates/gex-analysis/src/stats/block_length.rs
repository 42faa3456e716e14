//! Automatic block length for the stationary and the circular bootstrap.
//!
//! ```text
//! m̂ = first lag after which K_n autocorrelations in a row are small, M = min(2 max(m̂, 1), m_max)
//! Ĝ = 2 Σ_{k≤M} λ(k/M) k γ_k    σ̂² = γ₀ + 2 Σ_{k≤M} λ(k/M) γ_k    λ flat to ½, then falling to 0
//! b_SB = (2 Ĝ²/(2 σ̂⁴))^{1/3} n^{1/3}        b_CB = (2 Ĝ²/(4/3 σ̂⁴))^{1/3} n^{1/3}
//! ```
//!
//! Politis and White (2004), Patton, Politis and White (2009). The two packages in use differ in
//! what counts as small and where they start; both take m̂ one above the paper's text.

use super::Undefined;
use super::autocorrelation::lagged_product;
use super::hac::floor_to_count;
use super::moments::{mean, variance};
use super::undefined::{is_constant, require_rows};

/// Which package's reading of the rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BlockRule {
    /// `arch`: bar 2 √(log₁₀ n/n), candidates from lag 0, and an autocorrelation at lag j that is
    /// scaled by slices of lag j + 1.
    Arch,
    /// R's `np::b.star`: bar c √(log₁₀ n/n), candidates from lag 1, plain autocorrelations, and
    /// the largest significant lag where none qualifies.
    BStar {
        /// The constant c, 1.96 by default there.
        constant: f64,
    },
}

/// Mean block of the stationary and block of the circular bootstrap, in rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockLength {
    /// For the stationary bootstrap.
    pub stationary: f64,
    /// For the circular block bootstrap.
    pub circular: f64,
}

/// Chooses block lengths, capped at ⌈min(3 √n, n/3)⌉.
///
/// # Errors
/// When there are fewer than nine rows, a value is not finite, the series does not vary, or the
/// estimated spectrum at zero vanishes.
pub fn block_length(series: &[f64], rule: BlockRule) -> Result<BlockLength, Undefined> {
    let rows = series.len();
    require_rows(rows, 9)?;
    if variance(series)? == 0.0 || is_constant(series) {
        return Err(Undefined::ZeroVariance { what: "the series" });
    }
    let centre = mean(series)?;
    let centred: Vec<f64> = series.iter().map(|value| value - centre).collect();
    let search = Search::new(rows, rule);
    let last = search
        .flat_top_lag(&search.sizes(&centred))
        .min(search.last_lag);
    let (slope, level) = flat_top_sums(&centred, last);
    if level == 0.0 {
        return Err(Undefined::VarianceNotPositive { variance: level });
    }
    let n = rows as f64;
    let cap = (3.0 * n.sqrt()).min(n / 3.0).ceil();
    let length = |divisor: f64| {
        (libm::cbrt(2.0 * slope * slope / (divisor * level * level)) * libm::cbrt(n)).min(cap)
    };
    Ok(BlockLength {
        stationary: length(2.0),
        circular: length(4.0 / 3.0),
    })
}

/// Ĝ and σ̂² with the flat-top window over lags up to `last`.
fn flat_top_sums(centred: &[f64], last: usize) -> (f64, f64) {
    let n = centred.len() as f64;
    let (mut slope, mut level) = (0.0, lagged_product(centred, 0) / n);
    for lag in 1..=last {
        let share = lag as f64 / last as f64;
        let window = if share <= 0.5 {
            1.0
        } else {
            2.0 * (1.0 - share)
        };
        let covariance = lagged_product(centred, lag) / n;
        slope += 2.0 * window * lag as f64 * covariance;
        level += 2.0 * window * covariance;
    }
    (slope, level)
}

/// The search for the lag after which autocorrelations stay small.
struct Search {
    rule: BlockRule,
    run: usize,
    last_lag: usize,
    bar: f64,
}

impl Search {
    fn new(rows: usize, rule: BlockRule) -> Self {
        let n = rows as f64;
        let digits = libm::log10(n);
        let (run, constant) = match rule {
            BlockRule::Arch => (floor_to_count(digits).max(5), 2.0),
            BlockRule::BStar { constant } => (floor_to_count(digits.ceil()).max(5), constant),
        };
        let last_lag = (floor_to_count(n.sqrt().ceil()) + run).min(rows - 2);
        Self {
            rule,
            run,
            last_lag,
            bar: constant * (digits / n).sqrt(),
        }
    }

    /// `|ρ_j|` for lags 0 to `last_lag`.
    fn sizes(&self, centred: &[f64]) -> Vec<f64> {
        (0..=self.last_lag)
            .map(|lag| self.size(centred, lag))
            .collect()
    }

    fn size(&self, centred: &[f64], lag: usize) -> f64 {
        let product = lagged_product(centred, lag);
        let scale = match self.rule {
            BlockRule::Arch => {
                let late = centred.get(lag + 1..).unwrap_or_default();
                let early = centred.get(..centred.len() - lag - 1).unwrap_or_default();
                (lagged_product(late, 0) * lagged_product(early, 0)).sqrt()
            }
            BlockRule::BStar { .. } => lagged_product(centred, 0),
        };
        (product / scale).abs()
    }

    /// M before its cap.
    fn flat_top_lag(&self, sizes: &[f64]) -> usize {
        let small = |size: &f64| *size < self.bar;
        let quiet = |window: &[f64]| window.iter().all(small);
        match self.rule {
            // The last window that `arch` looks at ends one lag before the last.
            BlockRule::Arch => sizes
                .get(..self.last_lag)
                .unwrap_or_default()
                .windows(self.run)
                .position(quiet)
                .map_or(self.last_lag, |first| 2 * first.max(1)),
            BlockRule::BStar { .. } => {
                let from_one = sizes.get(1..).unwrap_or_default();
                let first = from_one.windows(self.run).position(quiet);
                let largest = from_one.iter().rposition(|size| !small(size));
                2 * (first.or(largest).unwrap_or(0) + 1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    // An AR(1) with ρ: g = 2ρ/(1−ρ²)·σ²(0) and the optimal stationary block is
    // (2ρ/(1−ρ²))^{2/3} n^{1/3} (Politis and White 2004, section 3).
    #[test]
    fn an_autoregression_gets_its_optimal_block() -> Result<(), Undefined> {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let (mut state, rho) = (0.0, 0.6);
        let series: Vec<f64> = (0..20_000)
            .map(|_| {
                let shock: f64 = (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
                state = rho * state + shock;
                state
            })
            .collect();
        let best = libm::cbrt((2.0 * rho / (1.0 - rho * rho)).powi(2) * 20_000.0);
        for rule in [BlockRule::Arch, BlockRule::BStar { constant: 1.96 }] {
            let got = block_length(&series, rule)?.stationary;
            assert!(
                (got / best - 1.0).abs() < 0.15,
                "{rule:?}: {got} against {best}"
            );
        }
        Ok(())
    }

    #[test]
    fn a_constant_series_is_refused() {
        assert!(block_length(&[0.1; 40], BlockRule::Arch).is_err());
        assert!(block_length(&[1.0, 2.0], BlockRule::Arch).is_err());
    }
}
