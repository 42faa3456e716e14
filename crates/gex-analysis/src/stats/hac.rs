//! Covariances of least squares that stay valid under serial dependence, and Wald tests.
//!
//! ```text
//! S = Γ₀ + Σ_{j=1..L} w_j (Γ_j + Γ_j')      Γ_j = Σ_t s_t s_{t−j}'      s_t = x_t u_t
//! Bartlett: w_j = 1 − j/(L+1)               uniform: w_j = 1
//! ```
//!
//! Newey and West (1987), Hansen and Hodrick (1980). `L` is the last lag that enters, as in
//! `statsmodels` (`maxlags`); Lazarus, Lewis, Stock and Watson's `S` is `L + 1`.

use nalgebra::{DMatrix, DVector};

use super::ols::Ols;
use super::undefined::{require_length, require_rows};
use super::{Undefined, distribution};

/// Weights of autocovariances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// 1 − j/(L+1): never negative.
    Bartlett,
    /// 1 up to L (Hansen and Hodrick): may give a variance that is not positive.
    Uniform,
}

/// Whether a covariance is scaled for the number of coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmallSample {
    /// As it stands.
    None,
    /// Times n/(n − k).
    DegreesOfFreedom,
}

/// Computes the customary last lag, floor(4 (n/100)^(2/9)) (Newey and West 1994, fixed part).
///
/// Too short for a persistent signal: rejections of a true null reach a third at a nominal 5 %.
pub fn newey_west_lags(rows: usize) -> usize {
    floor_to_count(4.0 * libm::pow(rows as f64 / 100.0, 2.0 / 9.0))
}

/// Computes the last lag for outcomes over `horizon` rows that overlap: at least horizon − 1.
pub fn overlap_lags(rows: usize, horizon: usize) -> usize {
    newey_west_lags(rows).max(horizon.saturating_sub(1))
}

/// Truncates a non-negative real to a count.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a lag or term count: non-negative, far below 2^53; a float cast saturates"
)]
pub(crate) fn floor_to_count(value: f64) -> usize {
    value.floor() as usize
}

/// Computes the covariance of the coefficients, k by k.
///
/// # Errors
/// When `last_lag` leaves no pair of rows.
pub fn covariance(
    fit: &Ols,
    kernel: Kernel,
    last_lag: usize,
    correction: SmallSample,
) -> Result<DMatrix<f64>, Undefined> {
    require_rows(fit.rows(), last_lag + 1)?;
    let covariance = fit.sandwich(&weighted_score_sum(&fit.scores(), kernel, last_lag));
    Ok(match correction {
        SmallSample::None => covariance,
        SmallSample::DegreesOfFreedom => covariance * (fit.rows() as f64 / fit.residual_degrees()),
    })
}

/// Sums weighted autocovariances of scores (rows by k), without dividing by the rows.
fn weighted_score_sum(scores: &DMatrix<f64>, kernel: Kernel, last_lag: usize) -> DMatrix<f64> {
    let rows = scores.nrows();
    let mut total = scores.tr_mul(scores);
    for lag in 1..=last_lag {
        let later = scores.rows(lag, rows - lag);
        let earlier = scores.rows(0, rows - lag);
        let crossed = later.tr_mul(&earlier);
        total += (&crossed + crossed.transpose()) * weight(kernel, lag, last_lag);
    }
    total
}

fn weight(kernel: Kernel, lag: usize, last_lag: usize) -> f64 {
    match kernel {
        Kernel::Bartlett => 1.0 - lag as f64 / (last_lag as f64 + 1.0),
        Kernel::Uniform => 1.0,
    }
}

/// A joint test of linear restrictions, in both reference laws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WaldTest {
    /// (Rb − r)'(R V R')⁻¹(Rb − r).
    pub chi_squared: f64,
    /// Upper tail of chi-squared(q).
    pub p_chi_squared: f64,
    /// The statistic over q.
    pub f: f64,
    /// Upper tail of F(q, n − k).
    pub p_f: f64,
}

/// Tests that the named coefficients equal the given values jointly.
///
/// `restrictions` pairs a column with its value under the null.
///
/// # Errors
/// When there is no restriction, a column does not exist, or the covariance of the restricted
/// coefficients is singular.
pub fn wald_test(
    fit: &Ols,
    covariance: &DMatrix<f64>,
    restrictions: &[(usize, f64)],
) -> Result<WaldTest, Undefined> {
    require_rows(restrictions.len(), 1)?;
    require_length("covariance", covariance.nrows(), fit.columns())?;
    if let Some((column, _)) = restrictions
        .iter()
        .find(|(column, _)| *column >= fit.columns())
    {
        let value = *column as f64;
        return Err(Undefined::Domain {
            what: "restricted column",
            value,
            needed: "in the design",
        });
    }
    let columns: Vec<usize> = restrictions.iter().map(|(column, _)| *column).collect();
    let block = covariance.select_rows(&columns).select_columns(&columns);
    let gap = DVector::from_iterator(
        columns.len(),
        restrictions
            .iter()
            .filter_map(|(column, null)| Some(fit.coefficients.get(*column)? - null)),
    );
    let solved = block
        .cholesky()
        .ok_or(Undefined::VarianceNotPositive {
            variance: covariance.min(),
        })?
        .solve(&gap);
    wald_p_values(
        gap.dot(&solved),
        columns.len() as f64,
        fit.residual_degrees(),
    )
}

fn wald_p_values(chi_squared: f64, restrictions: f64, below: f64) -> Result<WaldTest, Undefined> {
    let f = chi_squared / restrictions;
    Ok(WaldTest {
        chi_squared,
        p_chi_squared: distribution::chi_squared_upper_tail(chi_squared, restrictions)?,
        f,
        p_f: distribution::f_upper_tail(f, restrictions, below)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::distribution::Reference;
    use crate::stats::ols::{Design, Robust};

    fn fit() -> Result<Ols, Undefined> {
        let x: Vec<f64> = (0..40).map(|t| libm::sin(f64::from(t) * 0.3)).collect();
        let y: Vec<f64> = (0..40)
            .map(|t| libm::cos(f64::from(t) * 0.7) + 0.1)
            .collect();
        Ols::fit(&y, Design::with_constant(&[&x])?)
    }

    #[test]
    fn without_lags_it_is_white() -> Result<(), Undefined> {
        let fit = fit()?;
        let hac = covariance(&fit, Kernel::Bartlett, 0, SmallSample::None)?;
        assert!((hac - fit.robust_covariance(Robust::Hc0)?).amax() < 1e-15);
        Ok(())
    }

    #[test]
    fn one_restriction_is_the_squared_t() -> Result<(), Undefined> {
        let fit = fit()?;
        let hac = covariance(&fit, Kernel::Bartlett, 4, SmallSample::None)?;
        let single = fit.test(1, &hac, Reference::Normal)?;
        let wald = wald_test(&fit, &hac, &[(1, 0.0)])?;
        assert!((wald.chi_squared - single.statistic.powi(2)).abs() < 1e-12);
        assert!((wald.p_chi_squared - single.p_value).abs() < 1e-12);
        Ok(())
    }

    // With lags up to n − 1 and equal weights the scores sum to zero: the variance vanishes.
    #[test]
    fn uniform_weights_can_lose_the_variance() -> Result<(), Undefined> {
        let fit = fit()?;
        let hac = covariance(&fit, Kernel::Uniform, 39, SmallSample::None)?;
        assert!(hac.amax() < 1e-12);
        Ok(())
    }

    #[test]
    fn more_lags_than_rows_are_refused() -> Result<(), Undefined> {
        let refused = covariance(&fit()?, Kernel::Bartlett, 40, SmallSample::None);
        assert_eq!(
            refused,
            Err(Undefined::TooShort {
                rows: 40,
                needed: 41
            })
        );
        Ok(())
    }
}
