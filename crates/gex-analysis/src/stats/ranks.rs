//! Ranks, and the tests and correlations built on them.
//!
//! ```text
//! U = R₁ − n(n+1)/2            AUC = U/(n m)
//! z = (max(U, nm − U) − nm/2 − c)/σ,  σ² = nm/12 (N + 1 − Σ (t³ − t)/(N(N−1))),  c = ½ or 0
//! Spearman: Pearson of ranks   Kendall τ_b = (C − D)/√((P − T_x)(P − T_y))
//! ```
//!
//! Mann and Whitney (1947), Spearman (1904), Kendall (1945). Ties take average ranks.

use super::Undefined;
use super::distribution::Reference;
use super::moments::correlation;
use super::undefined::{require_finite, require_length, require_positive_variance, require_rows};

/// Ranks values from 1, ties sharing the mean of their ranks.
///
/// ```
/// use gex_analysis::stats::ranks::average_ranks;
/// assert_eq!(average_ranks(&[5.0, 1.0, 5.0]), [2.5, 1.0, 2.5]);
/// ```
pub fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for ties in order.chunk_by(|a, b| a.1 - b.1 == 0.0) {
        let shared = before as f64 + 0.5 * (ties.len() as f64 + 1.0);
        for (position, _) in ties {
            if let Some(rank) = ranks.get_mut(*position) {
                *rank = shared;
            }
        }
        before += ties.len();
    }
    ranks
}

/// 2⁵³: counts above it are no longer whole in a double.
const LARGEST_EXACT_COUNT: f64 = 9_007_199_254_740_992.0;

/// How the law of U is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RankMethod {
    /// Normal approximation, corrected for ties, without continuity.
    Normal,
    /// The same with half a unit of continuity.
    NormalContinuity,
    /// By counting arrangements: no ties allowed.
    Exact,
}

/// The Mann-Whitney test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// U of the first sample.
    pub statistic: f64,
    /// Two-sided p-value.
    pub p_value: f64,
    /// Chance that a row of the first sample exceeds one of the second, ties counting half.
    pub auc: f64,
}

/// Tests that neither of two samples of independent rows tends to exceed the other.
///
/// # Errors
/// When a sample is empty, a value is not finite, all values tie, or ties meet the exact law.
pub fn mann_whitney(
    first: &[f64],
    second: &[f64],
    method: RankMethod,
) -> Result<MannWhitney, Undefined> {
    require_rows(first.len().min(second.len()), 1)?;
    let all: Vec<f64> = first.iter().chain(second).copied().collect();
    require_finite("value", &all)?;
    let (n, m) = (first.len() as f64, second.len() as f64);
    let rank_sum: f64 = average_ranks(&all).iter().take(first.len()).sum();
    let statistic = rank_sum - 0.5 * n * (n + 1.0);
    let larger = statistic.max(n * m - statistic);
    let p_value = match method {
        RankMethod::Normal => normal_p(&all, (n, m), larger, 0.0)?,
        RankMethod::NormalContinuity => normal_p(&all, (n, m), larger, 0.5)?,
        RankMethod::Exact => exact_p(&all, (first.len(), second.len()), larger)?,
    };
    Ok(MannWhitney {
        statistic,
        p_value,
        auc: statistic / (n * m),
    })
}

fn normal_p(
    all: &[f64],
    (n, m): (f64, f64),
    larger: f64,
    continuity: f64,
) -> Result<f64, Undefined> {
    let total = n + m;
    let ties: f64 = tie_counts(all).iter().map(|t| t.powi(3) - t).sum();
    let variance = n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    let z = (larger - 0.5 * n * m - continuity) / require_positive_variance(variance)?.sqrt();
    Ok((2.0 * Reference::Normal.upper_tail(z)?).min(1.0))
}

/// Sizes of the groups of equal values, singles included.
fn tie_counts(values: &[f64]) -> Vec<f64> {
    let ascending = super::moments::sorted(values);
    ascending
        .chunk_by(|a, b| a - b == 0.0)
        .map(|group| group.len() as f64)
        .collect()
}

fn exact_p(all: &[f64], (n, m): (usize, usize), larger: f64) -> Result<f64, Undefined> {
    if let Some(count) = tie_counts(all).into_iter().find(|count| *count > 1.0) {
        let needed = "one: use the normal approximation";
        return Err(Undefined::Domain {
            what: "number of tied values",
            value: count,
            needed,
        });
    }
    let counts = arrangements(n, m);
    let total: f64 = counts.iter().sum();
    if total > LARGEST_EXACT_COUNT {
        let needed = "below 2^53: use the normal approximation";
        return Err(Undefined::Domain {
            what: "number of arrangements",
            value: total,
            needed,
        });
    }
    let upper: f64 = counts
        .iter()
        .enumerate()
        .filter(|(u, _)| *u as f64 >= larger)
        .map(|(_, c)| c)
        .sum();
    Ok((2.0 * upper / total).min(1.0))
}

/// Number of arrangements by U: the coefficients of the Gaussian binomial (n + m choose n).
fn arrangements(n: usize, m: usize) -> Vec<f64> {
    let mut counts = vec![0.0; n * m + 1];
    if let Some(first) = counts.first_mut() {
        *first = 1.0;
    }
    for part in 1..=n {
        // times 1 − q^{m + part}, from the top down, then over 1 − q^{part}, from the bottom up
        convolve(&mut counts, m + part, -1.0);
        divide(&mut counts, part);
    }
    counts
}

fn convolve(counts: &mut [f64], step: usize, factor: f64) {
    for index in (step..counts.len()).rev() {
        let lower = counts.get(index - step).copied().unwrap_or_default();
        if let Some(count) = counts.get_mut(index) {
            *count += factor * lower;
        }
    }
}

fn divide(counts: &mut [f64], step: usize) {
    for index in step..counts.len() {
        let lower = counts.get(index - step).copied().unwrap_or_default();
        if let Some(count) = counts.get_mut(index) {
            *count += lower;
        }
    }
}

/// A rank correlation with the p-value that independent rows would have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spearman {
    /// The correlation of ranks.
    pub correlation: f64,
    /// Two-sided p-value for independent rows: wrong under persistence.
    pub p_independent: f64,
}

/// Correlates the ranks of two series.
///
/// # Errors
/// When lengths differ, there are fewer than three pairs, a value is not finite, or a series
/// does not vary.
pub fn spearman(left: &[f64], right: &[f64]) -> Result<Spearman, Undefined> {
    require_rows(left.len(), 3)?;
    require_finite("left series", left)?;
    require_finite("right series", right)?;
    let rho = correlation(&average_ranks(left), &average_ranks(right))?;
    let degrees = left.len() as f64 - 2.0;
    let statistic = rho * (degrees / ((1.0 + rho) * (1.0 - rho)).max(0.0)).sqrt();
    let p_independent = if statistic.is_finite() {
        Reference::StudentT { degrees }.two_sided(statistic)?
    } else {
        0.0
    };
    Ok(Spearman {
        correlation: rho,
        p_independent,
    })
}

/// Computes Kendall's `τ_b` by comparing every pair.
///
/// # Errors
/// When lengths differ, a value is not finite, or a series does not vary.
pub fn kendall_tau_b(left: &[f64], right: &[f64]) -> Result<f64, Undefined> {
    require_length("right series", right.len(), left.len())?;
    require_finite("left series", left)?;
    require_finite("right series", right)?;
    let pairs: Vec<(f64, f64)> = left.iter().copied().zip(right.iter().copied()).collect();
    let (mut agreement, mut varied_left, mut varied_right) = (0.0, 0.0, 0.0);
    for (index, one) in pairs.iter().enumerate() {
        for other in pairs.iter().skip(index + 1) {
            let (a, b) = (direction(one.0, other.0), direction(one.1, other.1));
            agreement += a * b;
            varied_left += a.abs();
            varied_right += b.abs();
        }
    }
    let scale: f64 = varied_left * varied_right;
    if scale > 0.0 {
        return Ok(agreement / scale.sqrt());
    }
    Err(Undefined::ZeroVariance { what: "a series" })
}

fn direction(from: f64, to: f64) -> f64 {
    f64::from(i8::from(to > from) - i8::from(to < from))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Mann and Whitney (1947), table I: for samples of 4 and 4 P(U <= 1) is .029.
    #[test]
    fn exact_counts_match_the_printed_table() {
        let counts = arrangements(4, 4);
        let total: f64 = counts.iter().sum();
        assert!((total - 70.0).abs() < 1e-12);
        assert!(((counts[0] + counts[1]) / total - 0.029).abs() < 5e-4);
    }

    #[test]
    fn samples_apart_have_the_least_p() -> Result<(), Undefined> {
        let test = mann_whitney(&[4.0, 5.0, 6.0], &[1.0, 2.0, 3.0], RankMethod::Exact)?;
        assert!((test.p_value - 0.1).abs() < 1e-15);
        assert!((test.auc - 1.0).abs() < 1e-15);
        assert!(mann_whitney(&[1.0], &[1.0], RankMethod::Exact).is_err());
        assert!(mann_whitney(&[1.0], &[1.0], RankMethod::Normal).is_err());
        Ok(())
    }

    #[test]
    fn rank_correlations_reach_one_and_are_refused_on_constants() -> Result<(), Undefined> {
        let x = [1.0, 2.0, 3.0, 4.0];
        let y = [1.0, 4.0, 9.0, 16.0];
        assert!((spearman(&x, &y)?.correlation - 1.0).abs() < 1e-15);
        assert!((kendall_tau_b(&x, &y)? - 1.0).abs() < 1e-15);
        assert!(spearman(&x, &[2.0; 4]).is_err() && kendall_tau_b(&x, &[2.0; 4]).is_err());
        Ok(())
    }
}
