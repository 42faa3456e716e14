//! Heterogeneous autoregression of realized variance, and what a signal adds to it.
//!
//! ```text
//! y_t(h) = (1/h) Σ_{j=1..h} RV_{t+j}        x_{t,k} = (1/k) Σ_{j=0..k−1} RV_{t−j}, k in {1, 5, 22}
//! logs, where asked for, are taken after averaging
//! ```
//!
//! Corsi (2009). The first row is t = max k − 1, the last T − h − 1.

use super::Undefined;
use super::distribution::Reference;
use super::ewc;
use super::fixed_b::{self, FixedBTest};
use super::hac::{self, Kernel, SmallSample, overlap_lags};
use super::moments::standard_deviation;
use super::ols::{CoefficientTest, Design, Ols};
use super::predict::means_ahead;
use super::undefined::{require_length, require_rows};

/// Whether variances enter as they are or in logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Levels.
    Level,
    /// Natural logs, after averaging.
    Log,
}

/// Outcome and lagged means of a HAR, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct HarRows {
    /// Position of row 0 in the series.
    pub first: usize,
    /// The outcome, one a row.
    pub outcome: Vec<f64>,
    /// One column a lag.
    pub lags: Vec<Vec<f64>>,
}

impl HarRows {
    /// Builds the rows from a variance series.
    ///
    /// # Errors
    /// When a lag or the horizon is zero, the series is too short, or a log meets a value that is
    /// not positive.
    pub fn build(
        variance: &[f64],
        lags: &[usize],
        horizon: usize,
        form: Form,
    ) -> Result<Self, Undefined> {
        let longest = lags.iter().max().copied().unwrap_or(0);
        require_rows(lags.iter().min().copied().unwrap_or(0).min(horizon), 1)?;
        require_rows(variance.len(), longest + horizon)?;
        let first = longest - 1;
        let rows = variance.len() - horizon - first;
        let columns: Result<Vec<Vec<f64>>, Undefined> = lags
            .iter()
            .map(|lag| {
                let means = trailing_means(variance, *lag);
                // Entry i of the means belongs to row i + lag − 1 of the series.
                in_form(
                    means.into_iter().skip(longest - lag).take(rows).collect(),
                    form,
                )
            })
            .collect();
        let outcome = means_ahead(variance, horizon)
            .into_iter()
            .skip(first)
            .collect();
        Ok(Self {
            first,
            outcome: in_form(outcome, form)?,
            lags: columns?,
        })
    }

    /// The part of another series that lies beside the rows.
    ///
    /// # Errors
    /// When the series ends before the rows do.
    pub fn beside<'a>(&self, series: &'a [f64]) -> Result<&'a [f64], Undefined> {
        let end = self.first + self.outcome.len();
        series.get(self.first..end).ok_or(Undefined::Length {
            what: "series beside the variance",
            got: series.len(),
            expected: end,
        })
    }

    /// The lagged means as slices.
    pub fn columns(&self) -> Vec<&[f64]> {
        self.lags.iter().map(Vec::as_slice).collect()
    }
}

fn trailing_means(values: &[f64], lag: usize) -> Vec<f64> {
    values
        .windows(lag)
        .map(|window| window.iter().sum::<f64>() / lag as f64)
        .collect()
}

fn in_form(values: Vec<f64>, form: Form) -> Result<Vec<f64>, Undefined> {
    match form {
        Form::Level => Ok(values),
        Form::Log => values.into_iter().map(log_of_variance).collect(),
    }
}

fn log_of_variance(value: f64) -> Result<f64, Undefined> {
    if value > 0.0 && value.is_finite() {
        return Ok(libm::log(value));
    }
    Err(Undefined::Domain {
        what: "variance",
        value,
        needed: "positive to have a log",
    })
}

/// What a signal adds to a model of the outcome, under three kinds of standard error.
#[derive(Debug, Clone, PartialEq)]
pub struct Incremental {
    /// The model without the signal.
    pub restricted: Ols,
    /// The model with it, as its last column.
    pub unrestricted: Ols,
    /// Newey-West with [`overlap_lags`] and n/(n − k), referred to t(n − k).
    pub newey_west: CoefficientTest,
    /// Last lag of `newey_west`.
    pub last_lag: usize,
    /// Newey-West with fixed-b critical values.
    pub fixed_b: FixedBTest,
    /// Equal-weighted cosines.
    pub ewc: CoefficientTest,
    /// Cosine terms of `ewc`.
    pub ewc_terms: usize,
    /// Standard deviation of the signal over the rows, n − 1.
    pub signal_sd: f64,
}

/// Regresses the outcome on a constant, the controls and the signal.
///
/// `ewc_terms` gives the number of cosine terms for a number of rows: [`ewc::few_terms`] or
/// [`ewc::published_terms`].
///
/// # Errors
/// When lengths differ, columns are collinear or rows are too few.
pub fn incremental(
    outcome: &[f64],
    signal: &[f64],
    controls: &[&[f64]],
    horizon: usize,
    ewc_terms: fn(usize) -> usize,
) -> Result<Incremental, Undefined> {
    require_length("signal", signal.len(), outcome.len())?;
    let narrow = if controls.is_empty() {
        Design::constant_only(outcome.len())?
    } else {
        Design::with_constant(controls)?
    };
    let mut columns = controls.to_vec();
    columns.push(signal);
    let restricted = Ols::fit(outcome, narrow)?;
    let unrestricted = Ols::fit(outcome, Design::with_constant(&columns)?)?;
    let (rows, last_column) = (unrestricted.rows(), unrestricted.columns() - 1);
    let last_lag = overlap_lags(rows, horizon);
    let bartlett = hac::covariance(
        &unrestricted,
        Kernel::Bartlett,
        last_lag,
        SmallSample::DegreesOfFreedom,
    )?;
    let student = Reference::StudentT {
        degrees: unrestricted.residual_degrees(),
    };
    let bandwidth = fixed_b::bandwidth(rows, horizon);
    let ewc_terms = ewc_terms(rows);
    Ok(Incremental {
        newey_west: unrestricted.test(last_column, &bartlett, student)?,
        fixed_b: fixed_b::test(&unrestricted, last_column, bandwidth)?,
        ewc: ewc::test(&unrestricted, last_column, ewc_terms)?,
        signal_sd: standard_deviation(signal)?,
        restricted,
        unrestricted,
        last_lag,
        ewc_terms,
    })
}

impl Incremental {
    /// Share of the variation left by the controls that the signal explains.
    ///
    /// # Errors
    /// When the controls leave nothing.
    pub fn partial_r_squared(&self) -> Result<f64, Undefined> {
        let left = self.restricted.residual_sum_of_squares();
        if left > 0.0 {
            return Ok((left - self.unrestricted.residual_sum_of_squares()) / left);
        }
        Err(Undefined::ZeroVariance {
            what: "the outcome beyond its controls",
        })
    }

    /// Change of adjusted R² when the signal enters.
    ///
    /// # Errors
    /// When the outcome does not vary.
    pub fn delta_r_squared_adjusted(&self) -> Result<f64, Undefined> {
        Ok(self.unrestricted.r_squared_adjusted()? - self.restricted.r_squared_adjusted()?)
    }

    /// Effect of one standard deviation of the signal as a share of volatility, e^{b sd/2} − 1,
    /// where the outcome is a log variance.
    pub fn volatility_effect(&self) -> f64 {
        libm::expm1(0.5 * self.ewc.estimate * self.signal_sd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_look_back_and_ahead_without_meeting() -> Result<(), Undefined> {
        let variance: Vec<f64> = (1..=10).map(f64::from).collect();
        let rows = HarRows::build(&variance, &[1, 3], 2, Form::Level)?;
        // Row 0 is t = 2: lags end with the value 3, the outcome is the mean of 4 and 5.
        assert_eq!(rows.first, 2);
        assert_eq!(rows.lags[0][..1], [3.0]);
        assert_eq!(rows.lags[1][..1], [2.0]);
        assert_eq!(rows.outcome[..1], [4.5]);
        assert_eq!(rows.outcome.len(), 6);
        assert_eq!(rows.lags[1].len(), 6);
        assert_eq!(rows.beside(&variance)?, &variance[2..8]);
        Ok(())
    }

    #[test]
    fn a_zero_variance_has_no_log() {
        let refused = HarRows::build(&[1.0, 0.0, 2.0, 3.0], &[1], 1, Form::Log);
        assert!(matches!(refused, Err(Undefined::Domain { .. })));
        assert!(HarRows::build(&[1.0, 2.0], &[1, 5], 1, Form::Level).is_err());
    }
}
