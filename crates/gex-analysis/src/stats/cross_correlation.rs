//! Circular cross-correlation by the fast Fourier transform.

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlannerScalar};
use std::sync::Arc;

/// Correlates many series with every circular shift of one signal.
///
/// ```text
/// c_k = Σ_t x_t g_{(t−k) mod n}        c = F⁻¹( F(x) · conj F(g) )
/// ```
///
/// The scalar transform gives the same bits on every machine; the wide ones do not.
pub(crate) struct ShiftCorrelator {
    forward: Arc<dyn Fft<f64>>,
    inverse: Arc<dyn Fft<f64>>,
    signal_spectrum: Vec<Complex<f64>>,
}

impl ShiftCorrelator {
    /// Transforms the signal once.
    pub(crate) fn new(signal: &[f64]) -> Self {
        let mut planner = FftPlannerScalar::new();
        let forward = planner.plan_fft_forward(signal.len());
        let inverse = planner.plan_fft_inverse(signal.len());
        let signal_spectrum = spectrum(forward.as_ref(), signal);
        Self {
            forward,
            inverse,
            signal_spectrum,
        }
    }

    /// Computes `c_k` for every shift k, 0 first. `series` must be as long as the signal.
    pub(crate) fn correlate(&self, series: &[f64]) -> Vec<f64> {
        let mut product = spectrum(self.forward.as_ref(), series);
        for (value, signal) in product.iter_mut().zip(&self.signal_spectrum) {
            *value *= signal.conj();
        }
        self.inverse.process(&mut product);
        let rows = series.len() as f64;
        product.iter().map(|value| value.re / rows).collect()
    }
}

fn spectrum(transform: &dyn Fft<f64>, series: &[f64]) -> Vec<Complex<f64>> {
    let mut values: Vec<Complex<f64>> = series
        .iter()
        .map(|value| Complex::new(*value, 0.0))
        .collect();
    transform.process(&mut values);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_double_loop_at_an_awkward_length() {
        let rows: usize = 23;
        let x: Vec<f64> = (0..rows).map(|t| libm::sin(t as f64 * 1.7)).collect();
        let g: Vec<f64> = (0..rows).map(|t| libm::cos(t as f64 * 0.4) + 2.0).collect();
        for (shift, fast) in ShiftCorrelator::new(&g).correlate(&x).iter().enumerate() {
            let slow: f64 = (0..rows).map(|t| x[t] * g[(t + rows - shift) % rows]).sum();
            assert!(
                (fast - slow).abs() < 1e-12,
                "shift {shift}: {fast} is not {slow}"
            );
        }
    }
}
