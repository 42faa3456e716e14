//! Partial circular-shift placebo: the shifted signal beyond the controls.
//!
//! ```text
//! M = I − Q Q', Q an orthonormal basis of [1, controls]
//! S_k = ⟨M y, g_k⟩ / ‖M g_k‖        ‖M g_k‖² = ‖g‖² − Σ_j ⟨q_j, g_k⟩²
//! p = (1 + #{ |S_k| ≥ |S_0| }) / (1 + K)        k in [e, n − e]
//! ```
//!
//! Outcome and every shifted signal are projected off the controls, so that a signal which only
//! repeats past volatility has nothing left. Numerators and norms for all shifts cost O(p n log n).

use nalgebra::DMatrix;

use super::Undefined;
use super::circular_shift::ShiftPlacebo;
use super::cross_correlation::ShiftCorrelator;
use super::moments::mean;
use super::ols::{Design, Ols};
use super::undefined::{require_finite, require_length};

/// Share of the signal's squared length below which nothing counts as left after the controls.
const NOTHING_LEFT: f64 = 1e-12;

/// Tests the signal beyond a constant and the controls.
///
/// The statistic is the partial covariance over the length of the residual signal, in the unit of
/// the outcome; divided by ‖M y‖ it is the partial correlation.
///
/// # Errors
/// When lengths differ, a value is not finite, controls are collinear, rows are fewer than twice
/// the embargo, or the controls explain the signal at some shift.
///
/// ```
/// use gex_analysis::stats::partial_shift::partial_shift;
/// let outcome = [0.0, 3.0, 0.0, 1.0, 2.0, 1.0];
/// let signal = [0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
/// let trend = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let placebo = partial_shift(&outcome, &signal, &[&trend], 1)?;
/// assert_eq!(placebo.null.len(), 5);
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn partial_shift(
    outcome: &[f64],
    signal: &[f64],
    controls: &[&[f64]],
    embargo: usize,
) -> Result<ShiftPlacebo, Undefined> {
    let products = Products::new(outcome, signal, controls)?;
    ShiftPlacebo::rank(&products.over(f64::sqrt), embargo)
}

/// Coefficients of the shifted signal beyond the controls, at shifts e to n − e.
///
/// # Errors
/// As [`partial_shift`].
pub fn shifted_coefficients(
    outcome: &[f64],
    signal: &[f64],
    controls: &[&[f64]],
    embargo: usize,
) -> Result<Vec<f64>, Undefined> {
    let products = Products::new(outcome, signal, controls)?;
    Ok(ShiftPlacebo::rank(&products.over(|left| left), embargo)?.null)
}

/// What every shift of the signal leaves beyond the controls.
struct Products {
    /// `⟨M y, g_k⟩`
    covariances: Vec<f64>,
    /// `‖M g_k‖²`
    left: Vec<f64>,
}

impl Products {
    fn new(outcome: &[f64], signal: &[f64], controls: &[&[f64]]) -> Result<Self, Undefined> {
        require_length("signal", signal.len(), outcome.len())?;
        require_finite("signal", signal)?;
        let design = controls_with_constant(controls, outcome.len())?;
        let basis = design.orthonormal_basis()?;
        let residual_outcome = Ols::fit(outcome, design)?.residuals;
        // The constant is among the controls, so centring changes nothing but the rounding.
        let centre = mean(signal)?;
        let centred: Vec<f64> = signal.iter().map(|value| value - centre).collect();
        let correlator = ShiftCorrelator::new(&centred);
        Ok(Self {
            left: squared_lengths_left(&centred, &correlator, &basis)?,
            covariances: correlator.correlate(&residual_outcome),
        })
    }

    /// Covariances over some function of the squared lengths.
    fn over(&self, unit: impl Fn(f64) -> f64) -> Vec<f64> {
        let pairs = self.covariances.iter().zip(&self.left);
        pairs
            .map(|(covariance, left)| covariance / unit(*left))
            .collect()
    }
}

fn controls_with_constant(controls: &[&[f64]], rows: usize) -> Result<Design, Undefined> {
    if controls.is_empty() {
        Design::constant_only(rows)
    } else {
        Design::with_constant(controls)
    }
}

/// `‖M g_k‖²` for every shift k.
fn squared_lengths_left(
    signal: &[f64],
    correlator: &ShiftCorrelator,
    basis: &DMatrix<f64>,
) -> Result<Vec<f64>, Undefined> {
    let squared_length: f64 = signal.iter().map(|value| value * value).sum();
    let mut left = vec![squared_length; signal.len()];
    for column in basis.column_iter() {
        let projections = correlator.correlate(column.as_slice());
        for (left, projection) in left.iter_mut().zip(projections) {
            *left -= projection * projection;
        }
    }
    let smallest = left.iter().copied().fold(f64::INFINITY, f64::min);
    if smallest <= NOTHING_LEFT * squared_length {
        return Err(Undefined::ZeroVariance {
            what: "the signal beyond its controls",
        });
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(rows: usize, pace: f64) -> Vec<f64> {
        (0..rows)
            .map(|t| libm::sin(pace * t as f64) + 0.01 * (t * t % 17) as f64)
            .collect()
    }

    // The slow way: shift the signal, regress both on the controls, correlate the residuals.
    #[test]
    fn agrees_with_regressions_on_every_shift() -> Result<(), Undefined> {
        let rows = 61;
        let (outcome, control) = (wave(rows, 0.9), wave(rows, 0.31));
        let signal: Vec<f64> = wave(rows, 0.53)
            .iter()
            .map(|value| 1e9 * value + 4e9)
            .collect();
        let placebo = partial_shift(&outcome, &signal, &[&control], 7)?;
        let y = Ols::fit(&outcome, Design::with_constant(&[&control])?)?.residuals;
        for (position, fast) in placebo.null.iter().enumerate() {
            let shift = position + 7;
            let moved: Vec<f64> = (0..rows)
                .map(|t| signal[(t + rows - shift) % rows])
                .collect();
            let g = Ols::fit(&moved, Design::with_constant(&[&control])?)?.residuals;
            let product: f64 = y.iter().zip(&g).map(|(a, b)| a * b).sum();
            let length = g.iter().map(|b| b * b).sum::<f64>().sqrt();
            assert!((fast - product / length).abs() < 1e-10, "shift {shift}");
        }
        Ok(())
    }

    #[test]
    fn a_signal_that_repeats_a_control_is_refused() {
        let control = wave(50, 0.31);
        let refused = partial_shift(&wave(50, 0.9), &control, &[&control], 5);
        let expected = Undefined::ZeroVariance {
            what: "the signal beyond its controls",
        };
        assert_eq!(refused, Err(expected));
    }

    #[test]
    fn a_constant_signal_is_refused() {
        assert!(partial_shift(&wave(50, 0.9), &[2.0; 50], &[], 5).is_err());
    }
}
