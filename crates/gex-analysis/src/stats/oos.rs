//! Out-of-sample forecasts from a window of rows whose outcomes have closed.
//!
//! ```text
//! at origin t: fit on rows s with s + h + embargo ≤ t, all of them or the latest w; forecast row t
//! R²_oos = 1 − Σ (y − ŷ₁)² / Σ (y − ŷ₀)²
//! ```
//!
//! Campbell and Thompson (2008). The purge keeps every training outcome's window at or before the
//! origin. Bollerslev, Patton and Quaedvlieg (2016): a forecast outside the range of its training
//! outcomes is replaced by their mean, and counted.

use nalgebra::{DMatrix, DVector};

use super::Undefined;
use super::design::CONDITION_LIMIT;
use super::moments::{mean, standard_deviation};
use super::undefined::{require_finite, require_length, require_rows};

/// When forecasts start and how far they reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origins {
    /// First row that is forecast.
    pub first: usize,
    /// Rows that an outcome's window spans.
    pub horizon: usize,
    /// Rows left out between the last training window and the origin.
    pub embargo: usize,
    /// Latest closed rows that a fit uses; `None` for all of them.
    pub window: Option<usize>,
}

impl Origins {
    /// An expanding window without embargo.
    pub fn expanding(first: usize, horizon: usize) -> Self {
        Self {
            first,
            horizon,
            embargo: 0,
            window: None,
        }
    }

    /// The training rows of one origin.
    fn training(self, origin: usize) -> std::ops::Range<usize> {
        let closed = (origin + 1).saturating_sub(self.horizon + self.embargo);
        let from = self
            .window
            .map_or(0, |window| closed.saturating_sub(window));
        from..closed
    }
}

/// Forecasts from windows of closed rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecasts {
    /// Model forecasts, one a row from the first origin on.
    pub model: Vec<f64>,
    /// Means of the training outcomes, the benchmark without regressors.
    pub training_mean: Vec<f64>,
    /// Variance of the training residuals, n − k.
    pub training_variance: Vec<f64>,
    /// Forecasts that fell outside the training range and became its mean.
    pub filtered: usize,
}

/// Forecasts each row from the first origin to the end, refitting at every step.
///
/// # Errors
/// When lengths differ, no row remains to forecast, or a training sample can't be fitted.
pub fn forecasts(
    outcome: &[f64],
    columns: &[&[f64]],
    origins: Origins,
) -> Result<Forecasts, Undefined> {
    require_rows(outcome.len(), origins.first + 1)?;
    require_finite("outcome", outcome)?;
    for column in columns {
        require_length("regressor", column.len(), outcome.len())?;
        require_finite("regressor", column)?;
    }
    let rows = outcome.len() - origins.first;
    let mut found = Forecasts {
        model: Vec::with_capacity(rows),
        training_mean: Vec::with_capacity(rows),
        training_variance: Vec::with_capacity(rows),
        filtered: 0,
    };
    let mut training = Training::new(outcome, columns, origins.training(origins.first))?;
    for origin in origins.first..outcome.len() {
        training.move_to(origins.training(origin));
        found.push(&training.forecast(origin)?);
    }
    Ok(found)
}

/// One forecast and what its training sample says of it.
struct Forecast {
    value: f64,
    sane: bool,
    mean: f64,
    variance: f64,
}

impl Forecasts {
    /// Means of a log-normal variance whose log is forecast: `exp(f + s²/2)`.
    pub fn variances(&self) -> Vec<f64> {
        let pairs = self.model.iter().zip(&self.training_variance);
        pairs.map(|(f, s)| libm::exp(f + 0.5 * s)).collect()
    }

    fn push(&mut self, forecast: &Forecast) {
        self.filtered += usize::from(!forecast.sane);
        let value = if forecast.sane {
            forecast.value
        } else {
            forecast.mean
        };
        self.model.push(value);
        self.training_mean.push(forecast.mean);
        self.training_variance.push(forecast.variance);
    }
}

/// Sums of products over the training rows, kept up to date while the window moves.
///
/// Regressors are measured in deviations of the first window, so that their products share a scale.
struct Training<'a> {
    outcome: &'a [f64],
    rows: Vec<DVector<f64>>,
    range: std::ops::Range<usize>,
    gram: DMatrix<f64>,
    moments: DVector<f64>,
    squares: f64,
}

impl<'a> Training<'a> {
    fn new(
        outcome: &'a [f64],
        columns: &[&[f64]],
        first: std::ops::Range<usize>,
    ) -> Result<Self, Undefined> {
        let scales = columns
            .iter()
            .map(|column| scale(column.get(first.clone()).unwrap_or_default()))
            .collect::<Result<Vec<_>, _>>()?;
        let row = |t: usize| {
            let scaled = columns.iter().zip(&scales).map(|(column, (centre, unit))| {
                (column.get(t).copied().unwrap_or_default() - centre) / unit
            });
            let values: Vec<f64> = std::iter::once(1.0).chain(scaled).collect();
            DVector::from_vec(values)
        };
        let size = columns.len() + 1;
        Ok(Self {
            outcome,
            rows: (0..outcome.len()).map(row).collect(),
            range: 0..0,
            gram: DMatrix::zeros(size, size),
            moments: DVector::zeros(size),
            squares: 0.0,
        })
    }

    fn move_to(&mut self, range: std::ops::Range<usize>) {
        for entering in self.range.end..range.end {
            self.weigh(entering, 1.0);
        }
        for leaving in self.range.start..range.start {
            self.weigh(leaving, -1.0);
        }
        self.range = range;
    }

    fn weigh(&mut self, t: usize, weight: f64) {
        if let (Some(row), Some(y)) = (self.rows.get(t), self.outcome.get(t)) {
            self.gram.ger(weight, row, row, 1.0);
            self.moments.axpy(weight * y, row, 1.0);
            self.squares += weight * y * y;
        }
    }

    fn forecast(&self, origin: usize) -> Result<Forecast, Undefined> {
        let training = self.outcome.get(self.range.clone()).unwrap_or_default();
        let size = self.moments.len();
        require_rows(training.len(), size + 1)?;
        let factor = self.gram.clone().cholesky();
        let factor = factor.ok_or(Undefined::Collinear {
            condition: CONDITION_LIMIT,
        })?;
        let coefficients = factor.solve(&self.moments);
        let now = self.rows.get(origin);
        let value = now.map_or(f64::NAN, |row| row.dot(&coefficients));
        if !value.is_finite() {
            return Err(Undefined::Collinear {
                condition: f64::INFINITY,
            });
        }
        let left = (self.squares - coefficients.dot(&self.moments)).max(0.0);
        Ok(Forecast {
            value,
            sane: training.iter().any(|y| *y <= value) && training.iter().any(|y| value <= *y),
            mean: self.moments.get(0).copied().unwrap_or(f64::NAN) / training.len() as f64,
            variance: left / (training.len() - size) as f64,
        })
    }
}

/// Centre and unit of a regressor; one that does not vary yet keeps its own unit.
fn scale(values: &[f64]) -> Result<(f64, f64), Undefined> {
    let deviation = standard_deviation(values)?;
    Ok((mean(values)?, if 0.0 < deviation { deviation } else { 1.0 }))
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
    use crate::stats::ols::{Design, Ols};

    fn wave(pace: f64) -> Vec<f64> {
        (0..80).map(|t| libm::sin(pace * f64::from(t))).collect()
    }

    // What comes after an origin, and outcomes whose window has not closed, must not matter.
    #[test]
    fn the_open_window_is_never_used() -> Result<(), Undefined> {
        let (mut outcome, signal) = (wave(0.7), wave(0.2));
        let origins = Origins::expanding(50, 5);
        let before = forecasts(&outcome, &[&signal], origins)?;
        for value in outcome.iter_mut().skip(46) {
            *value = 1e6;
        }
        let after = forecasts(&outcome, &[&signal], origins)?;
        assert_eq!(before.model[..1], after.model[..1]);
        assert_ne!(before.model[1..2], after.model[1..2]);
        Ok(())
    }

    #[test]
    fn a_wild_forecast_becomes_the_training_mean() -> Result<(), Undefined> {
        let outcome: Vec<f64> = (0..30).map(f64::from).collect();
        let mut signal = outcome.clone();
        signal[29] = 1e9;
        let got = forecasts(&outcome, &[&signal], Origins::expanding(29, 1))?;
        assert_eq!((got.filtered, got.model[0]), (1, 14.0));
        Ok(())
    }

    #[test]
    fn an_origin_beyond_the_sample_is_refused() {
        let origins = Origins::expanding(80, 1);
        assert!(forecasts(&wave(0.7), &[&wave(0.2)], origins).is_err());
    }

    // The slow way: a regression of its own at every origin.
    #[test]
    fn a_moving_window_agrees_with_a_fit_at_every_origin() -> Result<(), Undefined> {
        let (outcome, a, b) = (wave(0.7), wave(0.2), wave(0.45));
        let origins = Origins {
            first: 50,
            horizon: 3,
            embargo: 2,
            window: Some(30),
        };
        let fast = forecasts(&outcome, &[&a, &b], origins)?;
        for (i, fast) in fast.model.iter().enumerate() {
            let (to, from) = (50 + i + 1 - 5, 50 + i + 1 - 5 - 30);
            let design = Design::with_constant(&[&a[from..to], &b[from..to]])?;
            let slow = Ols::fit(&outcome[from..to], design)?.coefficients;
            let slow = slow[0] + slow[1] * a[50 + i] + slow[2] * b[50 + i];
            assert!((fast - slow).abs() < 1e-10, "{fast} {slow}");
        }
        Ok(())
    }
}
