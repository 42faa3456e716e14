//! Long-run variance of one series by kernels, and automatic bandwidths.
//!
//! ```text
//! Ω = γ₀ + 2 Σ_{j≥1} k_j γ_j            γ_j = (1/T) Σ_t x_t x_{t−j}
//! Bartlett, Parzen: k at z = j/(B+1), j ≤ ⌊B⌋        quadratic spectral: z = j/B, every lag
//! Newey-West (1994): B = c ((s_q/s₀)² T)^{1/(2q+1)},  s_q = 2 Σ_{j≤m} j^q γ_j,  s₀ = γ₀ + 2 Σ γ_j,
//!                    m = ⌈4 (T/100)^r⌉ with r = 2/9, 4/25, 2/25
//! Andrews (1991):    B = c (α_q T)^{1/(2q+1)},  α₁ = 4ρ²/((1−ρ)²(1+ρ)²),  α₂ = 4ρ²/(1−ρ)⁴
//! ```
//!
//! `arch`'s convention: its bandwidth is one below Andrews' for Bartlett and Parzen.

use super::Undefined;
use super::autocorrelation::lagged_product;
use super::hac::floor_to_count;
use super::moments::mean;
use super::undefined::{is_constant, require_finite, require_positive_variance, require_rows};

/// A kernel over lags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpectralKernel {
    /// Triangle.
    Bartlett,
    /// Smooth, of order two.
    Parzen,
    /// Of order two, over every lag.
    QuadraticSpectral,
}

/// Whether the mean is taken off first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Centre {
    /// Yes.
    Mean,
    /// No: the series has mean zero under the null.
    Zero,
}

impl SpectralKernel {
    /// Weight at the scaled lag z ≥ 0.
    fn weight(self, z: f64) -> f64 {
        match self {
            Self::Bartlett => (1.0 - z).max(0.0),
            Self::Parzen if z <= 0.5 => 1.0 - 6.0 * z * z * (1.0 - z),
            Self::Parzen => 2.0 * (1.0 - z).max(0.0).powi(3),
            Self::QuadraticSpectral => quadratic_spectral(z),
        }
    }

    /// Constant of the optimal bandwidth and order q (Andrews 1991, table I).
    fn constant_and_order(self) -> (f64, i32) {
        match self {
            Self::Bartlett => (1.1447, 1),
            Self::Parzen => (2.6614, 2),
            Self::QuadraticSpectral => (1.3221, 2),
        }
    }

    fn pilot_rate(self) -> f64 {
        match self {
            Self::Bartlett => 2.0 / 9.0,
            Self::Parzen => 4.0 / 25.0,
            Self::QuadraticSpectral => 2.0 / 25.0,
        }
    }

    fn bandwidth(self, curvature: f64, rows: f64) -> f64 {
        let (constant, order) = self.constant_and_order();
        constant * libm::pow(curvature * rows, 1.0 / (2.0 * f64::from(order) + 1.0))
    }
}

/// 25/(12 π² z²) (sin(6πz/5)/(6πz/5) − cos(6πz/5)), one at zero.
fn quadratic_spectral(z: f64) -> f64 {
    let angle = 1.2 * std::f64::consts::PI * z;
    if angle < 1e-4 {
        return 1.0 - 0.1 * angle * angle;
    }
    3.0 / (angle * angle) * (libm::sin(angle) / angle - libm::cos(angle))
}

/// Computes the long-run variance at the given bandwidth, in the series' unit squared.
///
/// # Errors
/// When the series is empty or not finite, or the bandwidth is negative.
pub fn long_run_variance(
    series: &[f64],
    kernel: SpectralKernel,
    bandwidth: f64,
    centre: Centre,
) -> Result<f64, Undefined> {
    if bandwidth.is_nan() || bandwidth < 0.0 {
        let needed = "zero or above";
        return Err(Undefined::Domain {
            what: "bandwidth",
            value: bandwidth,
            needed,
        });
    }
    let centred = centred(series, centre)?;
    let rows = centred.len();
    let (scale, last) = match kernel {
        SpectralKernel::QuadraticSpectral => (bandwidth, rows - 1),
        _ => (bandwidth + 1.0, floor_to_count(bandwidth).min(rows - 1)),
    };
    let weighted = |lag: usize| kernel.weight(lag as f64 / scale) * lagged_product(&centred, lag);
    let covariances: f64 = (1..=last).map(weighted).sum();
    Ok((lagged_product(&centred, 0) + 2.0 * covariances) / rows as f64)
}

/// Chooses the bandwidth by the rule of Newey and West (1994), in rows.
///
/// # Errors
/// When the series is empty, not finite or constant, or its pilot spectrum at zero vanishes.
pub fn newey_west_bandwidth(
    series: &[f64],
    kernel: SpectralKernel,
    centre: Centre,
) -> Result<f64, Undefined> {
    let centred = centred(series, centre)?;
    require_varying(series)?;
    let rows = centred.len() as f64;
    let pilot = (4.0 * libm::pow(rows / 100.0, kernel.pilot_rate())).ceil();
    let last = floor_to_count(pilot).min(centred.len() - 1);
    let (_, order) = kernel.constant_and_order();
    let (mut level, mut slope) = (lagged_product(&centred, 0), 0.0);
    for lag in 1..=last {
        let covariance = 2.0 * lagged_product(&centred, lag);
        level += covariance;
        slope += (lag as f64).powi(order) * covariance;
    }
    if level == 0.0 {
        return Err(Undefined::VarianceNotPositive { variance: level });
    }
    Ok(kernel.bandwidth((slope / level).powi(2), rows))
}

/// An AR(1) plug-in for the bandwidth of Andrews (1991).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AndrewsPlugIn {
    /// Autoregression of the demeaned series, without intercept.
    pub rho: f64,
    /// α(1), for kernels of order one.
    pub alpha1: f64,
    /// α(2), for kernels of order two.
    pub alpha2: f64,
    rows: f64,
}

impl AndrewsPlugIn {
    /// Fits the AR(1).
    ///
    /// # Errors
    /// When the series has fewer than two rows, is not finite or constant, or |ρ| reaches one.
    pub fn fit(series: &[f64]) -> Result<Self, Undefined> {
        require_rows(series.len(), 2)?;
        require_varying(series)?;
        let centred = centred(series, Centre::Mean)?;
        let earlier = centred.get(..centred.len() - 1).unwrap_or_default();
        let power = require_positive_variance(lagged_product(earlier, 0))?;
        let rho = lagged_product(&centred, 1) / power;
        if rho.abs() >= 1.0 {
            let needed = "below one in size";
            return Err(Undefined::Domain {
                what: "autoregression",
                value: rho,
                needed,
            });
        }
        Ok(Self {
            rho,
            alpha1: (2.0 * rho / ((1.0 - rho) * (1.0 + rho))).powi(2),
            alpha2: (2.0 * rho / (1.0 - rho).powi(2)).powi(2),
            rows: series.len() as f64,
        })
    }

    /// The bandwidth of a kernel, in rows.
    pub fn bandwidth(&self, kernel: SpectralKernel) -> f64 {
        let curvature = if kernel.constant_and_order().1 == 1 {
            self.alpha1
        } else {
            self.alpha2
        };
        kernel.bandwidth(curvature, self.rows)
    }
}

fn centred(series: &[f64], centre: Centre) -> Result<Vec<f64>, Undefined> {
    require_rows(series.len(), 1)?;
    require_finite("series", series)?;
    let middle = match centre {
        Centre::Mean => mean(series)?,
        Centre::Zero => 0.0,
    };
    Ok(series.iter().map(|value| value - middle).collect())
}

fn require_varying(series: &[f64]) -> Result<(), Undefined> {
    if is_constant(series) {
        Err(Undefined::ZeroVariance { what: "the series" })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_start_at_one_and_fade() {
        use SpectralKernel::{Bartlett, Parzen, QuadraticSpectral};
        for kernel in [Bartlett, Parzen, QuadraticSpectral] {
            assert!((kernel.weight(0.0) - 1.0).abs() < 1e-15);
            assert!(kernel.weight(1.0).abs() < 0.15, "{kernel:?}");
        }
        // Both branches of Parzen meet at one half; the series of QS meets its formula.
        assert!((Parzen.weight(0.5) - Parzen.weight(0.5 + 1e-12)).abs() < 1e-10);
        let z = 1e-4 / (1.2 * std::f64::consts::PI);
        assert!(
            (quadratic_spectral(0.999_999 * z) - quadratic_spectral(1.000_001 * z)).abs() < 1e-7
        );
    }

    #[test]
    fn without_lags_it_is_the_variance() -> Result<(), Undefined> {
        let x = [1.0, 2.0, 4.0, 1.0];
        let got = long_run_variance(&x, SpectralKernel::Bartlett, 0.0, Centre::Mean)?;
        assert!((got - 1.5).abs() < 1e-15);
        Ok(())
    }

    #[test]
    fn a_constant_series_has_no_bandwidth() {
        assert!(AndrewsPlugIn::fit(&[0.1; 6]).is_err());
        let refused = newey_west_bandwidth(&[0.1; 6], SpectralKernel::Parzen, Centre::Mean);
        assert_eq!(refused, Err(Undefined::ZeroVariance { what: "the series" }));
    }
}
