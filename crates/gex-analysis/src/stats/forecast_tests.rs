//! Tests that compare or examine forecasts: Diebold-Mariano, Clark-West, Mincer-Zarnowitz.
//!
//! ```text
//! DM:  d̄ / √(V/T)     V = γ₀ + 2 Σ_{j<h} γ_j (rectangular) or with Bartlett weights
//! HLN: DM √((T + 1 − 2h + h(h−1)/T)/T), referred to t(T − 1)
//! CW:  f = (y − ŷ₀)² − ((y − ŷ₁)² − (ŷ₀ − ŷ₁)²), mean over its Newey-West error, one-sided
//! MZ:  y = a + b ŷ + u, a = 0 and b = 1 jointly
//! ```
//!
//! Diebold and Mariano (1995), Harvey, Leybourne and Newbold (1997), Clark and West (2007), Mincer
//! and Zarnowitz (1969).

use super::Undefined;
use super::autocorrelation::lagged_product;
use super::distribution::Reference;
use super::hac::{self, Kernel, SmallSample, WaldTest, overlap_lags, wald_test};
use super::moments::mean;
use super::ols::{CoefficientTest, Design, Ols};
use super::undefined::{require_length, require_positive_variance, require_rows};

/// A statistic with its p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistic {
    /// The statistic.
    pub value: f64,
    /// Its p-value.
    pub p_value: f64,
}

/// Diebold and Mariano's test of equal loss.
#[derive(Debug, Clone, PartialEq)]
pub struct DieboldMariano {
    /// Mean of loss less loss: positive where the second forecast is better.
    pub mean_difference: f64,
    /// Rectangular window over h − 1 lags, two-sided normal; undefined where its variance is not
    /// positive.
    pub rectangular: Result<Statistic, Undefined>,
    /// The same with the correction of Harvey, Leybourne and Newbold, two-sided t(T − 1).
    pub corrected: Result<Statistic, Undefined>,
    /// Bartlett window, two-sided normal: the fallback.
    pub bartlett: Statistic,
    /// Last lag of the Bartlett window.
    pub bartlett_lag: usize,
}

/// Tests that two series of losses have equal means, for forecasts `horizon` rows ahead.
///
/// # Errors
/// When lengths differ, rows are too few, or the difference does not vary.
pub fn diebold_mariano(
    first: &[f64],
    second: &[f64],
    horizon: usize,
) -> Result<DieboldMariano, Undefined> {
    require_length("second losses", second.len(), first.len())?;
    require_rows(horizon, 1)?;
    require_rows(first.len(), horizon + 1)?;
    let difference: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
    let mean_difference = mean(&difference)?;
    let rows = difference.len() as f64;
    let rectangular = mean_over_error(&difference, Kernel::Uniform, horizon - 1);
    let bartlett_lag = overlap_lags(difference.len(), horizon);
    let bartlett = mean_over_error(&difference, Kernel::Bartlett, bartlett_lag)?;
    let h = horizon as f64;
    let factor = ((rows + 1.0 - 2.0 * h + h * (h - 1.0) / rows) / rows).sqrt();
    let student = Reference::StudentT {
        degrees: rows - 1.0,
    };
    Ok(DieboldMariano {
        mean_difference,
        corrected: rectangular
            .clone()
            .and_then(|value| two_sided(value * factor, student)),
        rectangular: rectangular.and_then(|value| two_sided(value, Reference::Normal)),
        bartlett: two_sided(bartlett, Reference::Normal)?,
        bartlett_lag,
    })
}

fn two_sided(value: f64, reference: Reference) -> Result<Statistic, Undefined> {
    Ok(Statistic {
        value,
        p_value: reference.two_sided(value)?,
    })
}

fn mean_over_error(series: &[f64], kernel: Kernel, last_lag: usize) -> Result<f64, Undefined> {
    let centre = mean(series)?;
    let centred: Vec<f64> = series.iter().map(|value| value - centre).collect();
    let weight = |lag: usize| match kernel {
        Kernel::Bartlett => 1.0 - lag as f64 / (last_lag as f64 + 1.0),
        Kernel::Uniform => 1.0,
    };
    let covariances: f64 = (1..=last_lag)
        .map(|lag| weight(lag) * lagged_product(&centred, lag))
        .sum();
    let rows = series.len() as f64;
    let variance = (lagged_product(&centred, 0) + 2.0 * covariances) / (rows * rows);
    Ok(centre / require_positive_variance(variance)?.sqrt())
}

/// Forecasts of a small model and of one that nests it, beside the outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NestedForecasts<'a> {
    /// The outcome.
    pub actual: &'a [f64],
    /// Forecasts of the small model.
    pub small: &'a [f64],
    /// Forecasts of the model that nests it.
    pub big: &'a [f64],
}

/// Clark and West's test that the bigger model forecasts no better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClarkWest {
    /// Mean of the adjusted difference of squared errors.
    pub mean: f64,
    /// Its Newey-West standard error.
    pub std_error: f64,
    /// Mean over error.
    pub statistic: f64,
    /// Upper tail of the normal law: only better forecasts count.
    pub p_value: f64,
}

/// Tests nested forecasts, with Newey-West over `last_lag` lags (h − 1 for horizon h).
///
/// # Errors
/// When lengths differ, rows are too few, or the two models forecast the same.
pub fn clark_west(forecasts: NestedForecasts<'_>, last_lag: usize) -> Result<ClarkWest, Undefined> {
    let NestedForecasts { actual, small, big } = forecasts;
    require_length("forecasts of the small model", small.len(), actual.len())?;
    require_length("forecasts of the big model", big.len(), actual.len())?;
    let adjusted: Vec<f64> = actual
        .iter()
        .zip(small.iter().zip(big))
        .map(|(y, (s, b))| (y - s).powi(2) - ((y - b).powi(2) - (s - b).powi(2)))
        .collect();
    let fit = Ols::fit(&adjusted, Design::constant_only(adjusted.len())?)?;
    let covariance = hac::covariance(&fit, Kernel::Bartlett, last_lag, SmallSample::None)?;
    let test = fit.test(0, &covariance, Reference::Normal)?;
    Ok(ClarkWest {
        mean: test.estimate,
        std_error: test.std_error,
        statistic: test.statistic,
        p_value: Reference::Normal.upper_tail(test.statistic)?,
    })
}

/// Mincer and Zarnowitz's regression of outcomes on forecasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MincerZarnowitz {
    /// a.
    pub intercept: CoefficientTest,
    /// b.
    pub slope: CoefficientTest,
    /// Share of the outcome's variation explained.
    pub r_squared: f64,
    /// Joint test of a = 0 and b = 1.
    pub unbiased: WaldTest,
}

/// Regresses outcomes on forecasts with Newey-West errors over `last_lag` lags.
///
/// # Errors
/// When lengths differ, rows are too few, or the forecasts do not vary.
pub fn mincer_zarnowitz(
    actual: &[f64],
    forecast: &[f64],
    last_lag: usize,
) -> Result<MincerZarnowitz, Undefined> {
    let fit = Ols::fit(actual, Design::with_constant(&[forecast])?)?;
    let covariance = hac::covariance(&fit, Kernel::Bartlett, last_lag, SmallSample::None)?;
    Ok(MincerZarnowitz {
        intercept: fit.test(0, &covariance, Reference::Normal)?,
        slope: fit.test(1, &covariance, Reference::Normal)?,
        r_squared: fit.r_squared()?,
        unbiased: wald_test(&fit, &covariance, &[(0, 0.0), (1, 1.0)])?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangular_window_may_be_undefined_where_bartlett_is_not() -> Result<(), Undefined> {
        let first: Vec<f64> = (0..40).map(|t| f64::from(t % 2)).collect();
        let test = diebold_mariano(&first, &[0.4; 40], 2)?;
        assert!(matches!(
            test.rectangular,
            Err(Undefined::VarianceNotPositive { .. })
        ));
        assert!(test.corrected.is_err());
        assert!(test.bartlett.p_value < 0.5);
        Ok(())
    }

    #[test]
    fn equal_forecasts_cannot_be_compared() {
        let same = [1.0, 2.0, 3.0, 4.0];
        let actual = [1.5, 1.0, 3.5, 4.5];
        assert!(diebold_mariano(&same, &same, 1).is_err());
        let forecasts = NestedForecasts {
            actual: &actual,
            small: &same,
            big: &same,
        };
        assert!(clark_west(forecasts, 0).is_err());
    }
}
