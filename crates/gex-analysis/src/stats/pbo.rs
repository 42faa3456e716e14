//! Probability of backtest overfitting by combinatorially symmetric cross-validation.
//!
//! ```text
//! for each half of S blocks: n* = best Sharpe inside, ω = rank of n* outside/(K + 1)
//! λ = ln(ω/(1 − ω))        PBO = share of λ ≤ 0
//! ```
//!
//! Bailey, Borwein, López de Prado and Zhu (2017). Ranks are average ranks, ascending.

use super::Undefined;
use super::moments::{mean, median};
use super::ols::{Design, Ols};
use super::ranks::average_ranks;
use super::sharpe::sharpe_ratio;
use super::undefined::{require_finite, require_length, require_rows};

/// How often the best in sample is not better than half out of sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overfitting {
    /// Share of splits with λ ≤ 0.
    pub probability: f64,
    /// Splits: S over S/2.
    pub combinations: usize,
    /// Mean of λ.
    pub mean_logit: f64,
    /// Median of λ.
    pub median_logit: f64,
    /// Slope of the outside Sharpe ratio on the inside one.
    pub degradation: f64,
    /// Share of splits whose choice lost outside.
    pub loss_probability: f64,
}

/// One split: the winner inside, its Sharpe ratios inside and outside, and λ.
struct Split {
    inside: f64,
    outside: f64,
    logit: f64,
}

/// Splits trials (one slice of per-period returns each) into `blocks` runs of rows.
///
/// Where the rows do not divide, the first blocks hold one more.
///
/// # Errors
/// When blocks are odd, below two or above 24, trials are fewer than two or differ in length, or a
/// trial does not vary in a half.
pub fn overfitting(trials: &[&[f64]], blocks: usize) -> Result<Overfitting, Undefined> {
    check(trials, blocks)?;
    let rows = trials.first().map_or(0, |trial| trial.len());
    let edges = block_edges(rows, blocks);
    let half = u32::try_from(blocks / 2).unwrap_or(u32::MAX);
    let splits: Result<Vec<Split>, Undefined> = (0_u32..1 << blocks)
        .filter(|mask| mask.count_ones() == half)
        .map(|mask| split(trials, &edges, mask))
        .collect();
    let splits = splits?;
    let logits: Vec<f64> = splits.iter().map(|split| split.logit).collect();
    let inside: Vec<f64> = splits.iter().map(|split| split.inside).collect();
    let outside: Vec<f64> = splits.iter().map(|split| split.outside).collect();
    let count = splits.len() as f64;
    let fit = Ols::fit(&outside, Design::with_constant(&[&inside])?)?;
    Ok(Overfitting {
        probability: logits.iter().filter(|logit| **logit <= 0.0).count() as f64 / count,
        combinations: splits.len(),
        mean_logit: mean(&logits)?,
        median_logit: median(&logits)?,
        degradation: fit.coefficients.get(1).copied().unwrap_or(f64::NAN),
        loss_probability: outside.iter().filter(|sharpe| **sharpe < 0.0).count() as f64 / count,
    })
}

fn check(trials: &[&[f64]], blocks: usize) -> Result<(), Undefined> {
    require_rows(trials.len(), 2)?;
    if blocks % 2 == 1 || !(2..=24).contains(&blocks) {
        let needed = "even, from 2 to 24";
        return Err(Undefined::Domain {
            what: "number of blocks",
            value: blocks as f64,
            needed,
        });
    }
    let rows = trials.first().map_or(0, |trial| trial.len());
    require_rows(rows, 2 * blocks)?;
    for trial in trials {
        require_length("trial", trial.len(), rows)?;
        require_finite("return", trial)?;
    }
    Ok(())
}

fn block_edges(rows: usize, blocks: usize) -> Vec<(usize, usize)> {
    let (size, longer) = (rows / blocks, rows % blocks);
    let start = |block: usize| block * size + block.min(longer);
    (0..blocks)
        .map(|block| (start(block), start(block + 1)))
        .collect()
}

fn split(trials: &[&[f64]], edges: &[(usize, usize)], mask: u32) -> Result<Split, Undefined> {
    let inside = sharpes(trials, edges, |block| mask >> block & 1 == 1)?;
    let outside = sharpes(trials, edges, |block| mask >> block & 1 == 0)?;
    let ranks = average_ranks(&outside);
    let best = inside
        .iter()
        .zip(outside.iter().zip(&ranks))
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    let (inside, (outside, rank)) = best.ok_or(Undefined::TooShort { rows: 0, needed: 2 })?;
    let omega = rank / (trials.len() as f64 + 1.0);
    Ok(Split {
        inside: *inside,
        outside: *outside,
        logit: libm::log(omega / (1.0 - omega)),
    })
}

fn sharpes(
    trials: &[&[f64]],
    edges: &[(usize, usize)],
    chosen: impl Fn(usize) -> bool,
) -> Result<Vec<f64>, Undefined> {
    let of = |trial: &&[f64]| {
        let blocks = edges.iter().enumerate().filter(|(block, _)| chosen(*block));
        let parts = blocks.filter_map(|(_, (from, to))| trial.get(*from..*to));
        sharpe_ratio(&parts.flatten().copied().collect::<Vec<f64>>())
    };
    trials.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trial_that_always_wins_is_not_overfitted() -> Result<(), Undefined> {
        let noise = |pace: f64, drift: f64| -> Vec<f64> {
            (0..64)
                .map(|t| libm::sin(pace * f64::from(t)) + drift)
                .collect()
        };
        let trials = [noise(1.1, 0.0), noise(1.7, 3.0), noise(2.3, 0.0)];
        let slices: Vec<&[f64]> = trials.iter().map(Vec::as_slice).collect();
        let result = overfitting(&slices, 4)?;
        assert_eq!(result.combinations, 6);
        assert!(result.probability == 0.0 && result.loss_probability == 0.0);
        assert!((result.mean_logit - libm::log(3.0)).abs() < 1e-12);
        Ok(())
    }

    #[test]
    fn blocks_cover_every_row_once() {
        assert_eq!(block_edges(10, 4), [(0, 3), (3, 6), (6, 8), (8, 10)]);
        assert!(overfitting(&[&[1.0; 20], &[2.0; 20]], 3).is_err());
    }
}
