//! Newey-West with a long bandwidth and fixed-b critical values: the second opinion beside EWC.
//!
//! ```text
//! S = max(⌈1.3 √n⌉, h + 1)      weights 1 − j/S, j < S      b = S/n
//! two-sided critical value = a₀ + a₁ b + a₂ b² + a₃ b³
//! ```
//!
//! Bandwidth: Lazarus, Lewis, Stock and Watson (2018). Cubic: Kiefer and Vogelsang (2005), checked
//! by simulation (b = 0.5 at 5 %: 3.494 against 3.482). `S` is one above `statsmodels`' `maxlags`.

use nalgebra::DMatrix;

use super::Undefined;
use super::hac::{self, Kernel, SmallSample, floor_to_count};
use super::ols::Ols;
use super::undefined::require_rows;

/// Coefficients of a cubic in b that gives a two-sided critical value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CriticalCubic(pub [f64; 4]);

impl CriticalCubic {
    /// Two-sided 10 %.
    pub const TEN_PERCENT: Self = Self([1.6449, 2.1859, 0.3142, -0.3427]);
    /// Two-sided 5 %.
    pub const FIVE_PERCENT: Self = Self([1.9600, 2.9694, 0.4160, -0.5324]);
    /// Two-sided 2 %.
    pub const TWO_PERCENT: Self = Self([2.3263, 4.1618, 0.5368, -0.9060]);

    /// Evaluates the critical value at the bandwidth's share `b` of the rows.
    ///
    /// ```
    /// use gex_analysis::stats::fixed_b::CriticalCubic;
    /// // Kiefer and Vogelsang (2005): 4.813 at b = 1, against 1.96 for a short bandwidth.
    /// assert!((CriticalCubic::FIVE_PERCENT.at(1.0) - 4.813).abs() < 1e-3);
    /// ```
    pub fn at(self, b: f64) -> f64 {
        let [a0, a1, a2, a3] = self.0;
        a0 + b * (a1 + b * (a2 + b * a3))
    }
}

/// Where the two-sided p-value lies: the published cubics give critical values, not a density.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PBracket {
    /// At most 2 %.
    AtMostTwoPercent,
    /// Above 2 and at most 5 %.
    AtMostFivePercent,
    /// Above 5 and at most 10 %.
    AtMostTenPercent,
    /// Above 10 %.
    AboveTenPercent,
}

impl PBracket {
    /// The bracket as printed.
    pub fn words(self) -> &'static str {
        match self {
            Self::AtMostTwoPercent => "p <= 0.02",
            Self::AtMostFivePercent => "0.02 < p <= 0.05",
            Self::AtMostTenPercent => "0.05 < p <= 0.10",
            Self::AboveTenPercent => "p > 0.10",
        }
    }
}

/// One coefficient against zero under fixed-b asymptotics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedBTest {
    /// The coefficient, in units of the outcome per unit of the regressor.
    pub estimate: f64,
    /// Its standard error, in the same unit.
    pub std_error: f64,
    /// Estimate over standard error.
    pub statistic: f64,
    /// Bandwidth S, in rows.
    pub bandwidth: usize,
    /// S/n.
    pub b: f64,
    /// Where the two-sided p-value lies.
    pub p_value: PBracket,
}

/// Computes S = max(⌈1.3 √n⌉, horizon + 1), in rows.
pub fn bandwidth(rows: usize, horizon: usize) -> usize {
    floor_to_count((1.3 * (rows as f64).sqrt()).ceil()).max(horizon + 1)
}

/// Computes the covariance of the coefficients with weights 1 − j/S, k by k.
///
/// # Errors
/// When the bandwidth is zero or exceeds the rows.
pub fn covariance(fit: &Ols, bandwidth: usize) -> Result<DMatrix<f64>, Undefined> {
    require_rows(bandwidth, 1)?;
    hac::covariance(fit, Kernel::Bartlett, bandwidth - 1, SmallSample::None)
}

/// Tests one coefficient against zero.
///
/// # Errors
/// As [`covariance`], and when the variance is not positive.
pub fn test(fit: &Ols, column: usize, bandwidth: usize) -> Result<FixedBTest, Undefined> {
    let covariance = covariance(fit, bandwidth)?;
    let (estimate, std_error) = fit.estimate_and_error(column, &covariance)?;
    let statistic = estimate / std_error;
    let b = bandwidth as f64 / fit.rows() as f64;
    let p_value = bracket(statistic, b);
    Ok(FixedBTest {
        estimate,
        std_error,
        statistic,
        bandwidth,
        b,
        p_value,
    })
}

fn bracket(statistic: f64, b: f64) -> PBracket {
    let size = statistic.abs();
    if size >= CriticalCubic::TWO_PERCENT.at(b) {
        PBracket::AtMostTwoPercent
    } else if size >= CriticalCubic::FIVE_PERCENT.at(b) {
        PBracket::AtMostFivePercent
    } else if size >= CriticalCubic::TEN_PERCENT.at(b) {
        PBracket::AtMostTenPercent
    } else {
        PBracket::AboveTenPercent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_bandwidth_gives_normal_critical_values() {
        assert!((CriticalCubic::FIVE_PERCENT.at(0.0) - 1.96).abs() < 1e-4);
        assert!((CriticalCubic::TEN_PERCENT.at(0.0) - 1.6449).abs() < 1e-4);
    }

    // Kiefer and Vogelsang (2005), 5 % points by simulation.
    #[test]
    fn the_cubic_matches_simulated_points() {
        for (b, simulated) in [(0.1, 2.250), (0.5, 3.494), (1.0, 4.827)] {
            let cubic = CriticalCubic::FIVE_PERCENT.at(b);
            assert!(
                (cubic - simulated).abs() < 0.02,
                "b = {b}: {cubic} against {simulated}"
            );
        }
    }

    #[test]
    fn the_bandwidth_exceeds_the_horizon() {
        assert_eq!(bandwidth(1250, 1), 46);
        assert_eq!(bandwidth(1250, 63), 64);
    }

    #[test]
    fn brackets_follow_the_critical_values() {
        assert_eq!(bracket(-2.5, 0.1), PBracket::AtMostFivePercent);
        assert_eq!(bracket(1.0, 0.1), PBracket::AboveTenPercent);
        assert_eq!(bracket(3.5, 0.1), PBracket::AtMostTwoPercent);
    }
}
