//! Losses of volatility forecasts.
//!
//! ```text
//! MSE (a − f)²        MAE |a − f|        QLIKE a/f − ln(a/f) − 1        MSE of logs (ln a − ln f)²
//! ```
//!
//! Patton (2011): only MSE and QLIKE rank forecasts rightly when the outcome is a noisy proxy.
//! Forecast and outcome are variances in the same unit.

use super::Undefined;
use super::undefined::{require_finite, require_length};

/// A loss function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Squared error.
    SquaredError,
    /// Absolute error: not robust to a noisy proxy.
    AbsoluteError,
    /// QLIKE: robust, and zero at a perfect forecast.
    Qlike,
    /// Squared error of logs: not robust to a noisy proxy.
    SquaredLogError,
}

impl Loss {
    /// Computes the loss of every forecast.
    ///
    /// # Errors
    /// When lengths differ, a value is not finite, or a log meets a value that is not positive.
    ///
    /// ```
    /// use gex_analysis::stats::loss::Loss;
    /// assert_eq!(Loss::Qlike.each(&[2.0], &[2.0])?, [0.0]);
    /// # Ok::<(), gex_analysis::stats::Undefined>(())
    /// ```
    pub fn each(self, actual: &[f64], forecast: &[f64]) -> Result<Vec<f64>, Undefined> {
        require_length("forecast", forecast.len(), actual.len())?;
        require_finite("outcome", actual)?;
        require_finite("forecast", forecast)?;
        actual
            .iter()
            .zip(forecast)
            .map(|(a, f)| self.one(*a, *f))
            .collect()
    }

    fn one(self, actual: f64, forecast: f64) -> Result<f64, Undefined> {
        match self {
            Self::SquaredError => Ok((actual - forecast).powi(2)),
            Self::AbsoluteError => Ok((actual - forecast).abs()),
            Self::Qlike => {
                let ratio = positive(actual)? / positive(forecast)?;
                Ok(ratio - libm::log(ratio) - 1.0)
            }
            Self::SquaredLogError => {
                Ok((libm::log(positive(actual)?) - libm::log(positive(forecast)?)).powi(2))
            }
        }
    }
}

fn positive(value: f64) -> Result<f64, Undefined> {
    if value > 0.0 {
        return Ok(value);
    }
    Err(Undefined::Domain {
        what: "variance",
        value,
        needed: "positive",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Patton (2011), section 2: QLIKE punishes a forecast that is too low harder.
    #[test]
    fn qlike_is_asymmetric() -> Result<(), Undefined> {
        let losses = Loss::Qlike.each(&[1.0, 1.0], &[0.5, 2.0])?;
        assert!((losses[0] - (1.0 - std::f64::consts::LN_2)).abs() < 1e-15);
        assert!(losses[0] > losses[1]);
        Ok(())
    }

    #[test]
    fn a_negative_forecast_has_no_qlike() {
        assert!(Loss::Qlike.each(&[1.0], &[-0.5]).is_err());
        assert!(Loss::SquaredError.each(&[1.0], &[-0.5]).is_ok());
    }
}
