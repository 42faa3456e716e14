//! Circular-shift placebo: the signal against itself at every other time.
//!
//! ```text
//! S_k = mean(y | D_{t−k}) − mean(y | not D_{t−k})        k in [e, n − e]
//! p = (1 + #{ |S_k| ≥ |S_0| }) / (1 + K)
//! ```
//!
//! A shift keeps the persistence of both series and breaks their alignment. Assumes that they are
//! jointly stationary; its resolution is the number of independent shifts, not `K`.

use super::Undefined;
use super::cross_correlation::ShiftCorrelator;
use super::moments::{mean, standard_deviation};
use super::undefined::{require_finite, require_length, require_rows};

/// A statistic against its values at every shift.
#[derive(Debug, Clone, PartialEq)]
pub struct ShiftPlacebo {
    /// The statistic at shift 0.
    pub statistic: f64,
    /// The statistic at shifts e, e + 1, …, n − e.
    pub null: Vec<f64>,
    /// Two-sided rank p-value, with one added above and below.
    pub p_value: f64,
}

impl ShiftPlacebo {
    /// Ranks the first of `by_shift` (shift 0) among those in `[embargo, n − embargo]`.
    pub(crate) fn rank(by_shift: &[f64], embargo: usize) -> Result<Self, Undefined> {
        require_rows(by_shift.len(), (2 * embargo).max(2))?;
        let first = embargo.max(1);
        let null = by_shift
            .get(first..=by_shift.len() - first)
            .unwrap_or_default()
            .to_vec();
        let statistic = by_shift.first().copied().unwrap_or_default();
        // A shift that repeats the data must count as a tie in spite of rounding.
        let bar = statistic.abs() * (1.0 - 1e-12);
        let as_large = null.iter().filter(|shifted| shifted.abs() >= bar).count();
        let p_value = (1.0 + as_large as f64) / (1.0 + null.len() as f64);
        Ok(Self {
            statistic,
            null,
            p_value,
        })
    }

    /// Mean of the statistic over the shifts.
    ///
    /// # Errors
    /// When there is no shift.
    pub fn null_mean(&self) -> Result<f64, Undefined> {
        mean(&self.null)
    }

    /// Standard deviation of the statistic over the shifts, n − 1.
    ///
    /// # Errors
    /// When there are fewer than two shifts.
    pub fn null_sd(&self) -> Result<f64, Undefined> {
        standard_deviation(&self.null)
    }
}

/// Computes e = max(2 h, 63), the shifts at either end that stay too close to the truth.
pub fn embargo(horizon: usize) -> usize {
    (2 * horizon).max(63)
}

/// Tests the difference of means, inside less outside the regime, in the unit of the outcome.
///
/// # Errors
/// When lengths differ, rows are fewer than twice the embargo, an outcome is not finite, or the
/// regime holds always or never.
///
/// ```
/// use gex_analysis::stats::circular_shift::mean_difference;
/// let placebo = mean_difference(&[1.0, 5.0, 1.0, 1.0], &[false, true, false, false], 1)?;
/// assert!((placebo.statistic - 4.0).abs() < 1e-12);
/// assert!((placebo.p_value - 0.25).abs() < 1e-12);
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn mean_difference(
    outcome: &[f64],
    in_regime: &[bool],
    embargo: usize,
) -> Result<ShiftPlacebo, Undefined> {
    require_length("regime", in_regime.len(), outcome.len())?;
    require_finite("outcome", outcome)?;
    let inside = in_regime.iter().filter(|inside| **inside).count();
    let outside = outcome.len() - inside;
    if inside == 0 || outside == 0 {
        return Err(Undefined::ZeroVariance { what: "the regime" });
    }
    let centre = mean(outcome)?;
    let centred: Vec<f64> = outcome.iter().map(|value| value - centre).collect();
    let dummy: Vec<f64> = in_regime
        .iter()
        .map(|inside| f64::from(u8::from(*inside)))
        .collect();
    // With a centred outcome both group means follow from the sum inside.
    let scale = (inside as f64).recip() + (outside as f64).recip();
    let sums = ShiftCorrelator::new(&dummy).correlate(&centred);
    let by_shift: Vec<f64> = sums.iter().map(|sum| sum * scale).collect();
    ShiftPlacebo::rank(&by_shift, embargo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_periodic_regime_ties_with_its_own_period() -> Result<(), Undefined> {
        let regime: Vec<bool> = (0..40).map(|t| t % 4 < 2).collect();
        let outcome: Vec<f64> = (0..40).map(|t| if t % 4 < 2 { 0.3 } else { 0.1 }).collect();
        let placebo = mean_difference(&outcome, &regime, 4)?;
        // Shifts 4..=36: the 9 multiples of 4 repeat the statistic, the 8 odd multiples of 2
        // reverse its sign.
        assert_eq!(placebo.null.len(), 33);
        assert!(
            (placebo.p_value - 18.0 / 34.0).abs() < 1e-15,
            "{}",
            placebo.p_value
        );
        Ok(())
    }

    #[test]
    fn a_regime_that_always_holds_is_refused() {
        let refused = mean_difference(&[1.0, 2.0, 3.0], &[true; 3], 1);
        assert_eq!(refused, Err(Undefined::ZeroVariance { what: "the regime" }));
    }

    #[test]
    fn a_sample_inside_its_embargo_is_refused() {
        let refused = mean_difference(&[1.0, 2.0, 3.0], &[true, false, true], embargo(5));
        assert_eq!(
            refused,
            Err(Undefined::TooShort {
                rows: 3,
                needed: 126
            })
        );
    }
}
