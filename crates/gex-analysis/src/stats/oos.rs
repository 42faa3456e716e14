//! Out-of-sample forecasts from an expanding window whose outcomes have closed.
//!
//! ```text
//! at origin t: fit on rows s ≥ 0 with s + h ≤ t, forecast row t
//! R²_oos = 1 − Σ (y − ŷ₁)² / Σ (y − ŷ₀)²
//! ```
//!
//! Campbell and Thompson (2008). The purge keeps every training outcome's window at or before the
//! origin. Bollerslev, Patton and Quaedvlieg (2016): a forecast outside the range of its training
//! outcomes is replaced by their mean, and counted.

use super::Undefined;
use super::moments::mean;
use super::ols::{Design, Ols};
use super::undefined::{require_finite, require_length, require_rows};

/// When forecasts start and how far they reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origins {
    /// First row that is forecast.
    pub first: usize,
    /// Rows that an outcome's window spans.
    pub horizon: usize,
}

/// Forecasts from an expanding window.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpandingForecasts {
    /// Model forecasts, one a row from the first origin on.
    pub model: Vec<f64>,
    /// Means of the training outcomes, the benchmark without regressors.
    pub training_mean: Vec<f64>,
    /// Forecasts that fell outside the training range and became its mean.
    pub filtered: usize,
}

/// Forecasts each row from the first origin to the end, refitting at every step.
///
/// # Errors
/// When lengths differ, no row remains to forecast, or a training sample can't be fitted.
pub fn expanding_forecasts(
    outcome: &[f64],
    columns: &[&[f64]],
    origins: Origins,
) -> Result<ExpandingForecasts, Undefined> {
    require_rows(outcome.len(), origins.first + 1)?;
    for column in columns {
        require_length("regressor", column.len(), outcome.len())?;
        require_finite("regressor", column)?;
    }
    let rows = outcome.len() - origins.first;
    let mut forecasts = ExpandingForecasts {
        model: Vec::with_capacity(rows),
        training_mean: Vec::with_capacity(rows),
        filtered: 0,
    };
    for origin in origins.first..outcome.len() {
        let closed = (origin + 1).saturating_sub(origins.horizon);
        forecasts.step(outcome, columns, (closed, origin))?;
    }
    Ok(forecasts)
}

impl ExpandingForecasts {
    /// Fits rows before `closed` and forecasts row `origin`.
    fn step(
        &mut self,
        outcome: &[f64],
        columns: &[&[f64]],
        (closed, origin): (usize, usize),
    ) -> Result<(), Undefined> {
        let training = outcome.get(..closed).unwrap_or_default();
        let past: Vec<&[f64]> = columns
            .iter()
            .map(|column| column.get(..closed).unwrap_or_default())
            .collect();
        let fit = Ols::fit(training, Design::with_constant(&past)?)?;
        let now = columns.iter().filter_map(|column| column.get(origin));
        let forecast: f64 = std::iter::once(&1.0)
            .chain(now)
            .zip(&fit.coefficients)
            .map(|(x, b)| x * b)
            .sum();
        let centre = mean(training)?;
        let sane =
            training.iter().any(|y| *y <= forecast) && training.iter().any(|y| *y >= forecast);
        self.filtered += usize::from(!sane);
        self.model.push(if sane { forecast } else { centre });
        self.training_mean.push(centre);
        Ok(())
    }
}

/// Computes 1 − Σ(y − ŷ)²/Σ(y − benchmark)².
///
/// # Errors
/// When lengths differ, there is no row, or the benchmark is perfect.
pub fn out_of_sample_r_squared(
    actual: &[f64],
    forecast: &[f64],
    benchmark: &[f64],
) -> Result<f64, Undefined> {
    let below = mean_squared_error(actual, benchmark)?;
    if below > 0.0 {
        return Ok(1.0 - mean_squared_error(actual, forecast)? / below);
    }
    Err(Undefined::ZeroVariance {
        what: "the benchmark's error",
    })
}

/// Computes the mean of squared errors, in the outcome's unit squared.
///
/// # Errors
/// When lengths differ or there is no row.
pub fn mean_squared_error(actual: &[f64], forecast: &[f64]) -> Result<f64, Undefined> {
    mean(&super::loss::Loss::SquaredError.each(actual, forecast)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(pace: f64) -> Vec<f64> {
        (0..80).map(|t| libm::sin(pace * f64::from(t))).collect()
    }

    // What comes after an origin, and outcomes whose window has not closed, must not matter.
    #[test]
    fn the_open_window_is_never_used() -> Result<(), Undefined> {
        let (mut outcome, signal) = (wave(0.7), wave(0.2));
        let origins = Origins {
            first: 50,
            horizon: 5,
        };
        let before = expanding_forecasts(&outcome, &[&signal], origins)?;
        for value in outcome.iter_mut().skip(46) {
            *value = 1e6;
        }
        let after = expanding_forecasts(&outcome, &[&signal], origins)?;
        assert_eq!(before.model[..1], after.model[..1]);
        assert_ne!(before.model[1..2], after.model[1..2]);
        Ok(())
    }

    #[test]
    fn a_wild_forecast_becomes_the_training_mean() -> Result<(), Undefined> {
        let outcome: Vec<f64> = (0..30).map(f64::from).collect();
        let mut signal = outcome.clone();
        signal[29] = 1e9;
        let got = expanding_forecasts(
            &outcome,
            &[&signal],
            Origins {
                first: 29,
                horizon: 1,
            },
        )?;
        assert_eq!((got.filtered, got.model[0]), (1, 14.0));
        Ok(())
    }

    #[test]
    fn an_origin_beyond_the_sample_is_refused() {
        let origins = Origins {
            first: 80,
            horizon: 1,
        };
        assert!(expanding_forecasts(&wave(0.7), &[&wave(0.2)], origins).is_err());
    }
}
