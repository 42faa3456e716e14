//! Equal-weighted cosine (EWC) inference for least squares: the default of this crate.
//!
//! ```text
//! L_j = √(2/n) Σ_{t=0..n−1} cos(π j (t + ½)/n) x_t u_t        Ω = (1/ν) Σ_{j=1..ν} L_j L_j'
//! V = n (X'X)⁻¹ Ω (X'X)⁻¹                                     statistic referred to t(ν)
//! ```
//!
//! Lazarus, Lewis, Stock and Watson (2018). Their ν = ⌊0.4 n^(2/3)⌋ over-rejects (12 to 14 % at a
//! nominal 5 %) when signal and log variance are both persistent, so [`few_terms`] is the default.

use nalgebra::{DMatrix, DVector};

use super::Undefined;
use super::distribution::Reference;
use super::hac::floor_to_count;
use super::ols::{CoefficientTest, Ols};
use super::undefined::{require_positive_variance, require_rows};

/// Computes ν = max(4, ⌊0.1 n^(2/3)⌋), the number of terms that holds its size under persistence.
///
/// ```
/// assert_eq!(gex_analysis::stats::ewc::few_terms(1250), 11);
/// assert_eq!(gex_analysis::stats::ewc::few_terms(100), 4);
/// ```
pub fn few_terms(rows: usize) -> usize {
    floor_to_count(0.1 * libm::pow(rows as f64, 2.0 / 3.0)).max(4)
}

/// Computes ν = ⌊0.4 n^(2/3)⌋, the published rule.
pub fn published_terms(rows: usize) -> usize {
    floor_to_count(0.4 * libm::pow(rows as f64, 2.0 / 3.0))
}

/// Computes the covariance of the coefficients, k by k, from `terms` cosine projections.
///
/// # Errors
/// When `terms` is zero or not below the number of rows.
pub fn covariance(fit: &Ols, terms: usize) -> Result<DMatrix<f64>, Undefined> {
    require_rows(terms, 1)?;
    require_rows(fit.rows(), terms + 1)?;
    let projections = cosines(fit.rows(), terms).tr_mul(&fit.scores());
    // n Ω: the n cancels against the one in L_j².
    let meat = projections.tr_mul(&projections) * (2.0 / terms as f64);
    Ok(fit.sandwich(&meat))
}

/// Tests one coefficient against zero, referred to t(`terms`).
///
/// # Errors
/// As [`covariance`] and [`Ols::test`].
pub fn test(fit: &Ols, column: usize, terms: usize) -> Result<CoefficientTest, Undefined> {
    fit.test(
        column,
        &covariance(fit, terms)?,
        Reference::StudentT {
            degrees: terms as f64,
        },
    )
}

/// Computes the long-run variance of one series of scores, Ω.
///
/// # Errors
/// When `terms` is zero or not below the number of rows, or Ω is not positive.
pub fn long_run_variance(scores: &[f64], terms: usize) -> Result<f64, Undefined> {
    require_rows(terms, 1)?;
    require_rows(scores.len(), terms + 1)?;
    let projections = cosines(scores.len(), terms).tr_mul(&DVector::from_column_slice(scores));
    let squares = 2.0 / scores.len() as f64 * projections.norm_squared();
    require_positive_variance(squares / terms as f64)
}

/// cos(π j (t + ½)/n), rows by terms.
fn cosines(rows: usize, terms: usize) -> DMatrix<f64> {
    DMatrix::from_fn(rows, terms, |t, j| {
        libm::cos(std::f64::consts::PI * (j as f64 + 1.0) * (t as f64 + 0.5) / rows as f64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::ols::Design;

    // The scaled cosines √(2/n) cos(…) are orthonormal and orthogonal to the constant: the type-II
    // discrete cosine transform (Ahmed, Natarajan and Rao 1974).
    #[test]
    fn cosines_are_orthonormal() {
        let scaled = cosines(37, 5) * (2.0_f64 / 37.0).sqrt();
        let gram = scaled.tr_mul(&scaled);
        assert!((gram - DMatrix::identity(5, 5)).amax() < 1e-14);
        assert!(scaled.row_sum().amax() < 1e-13);
    }

    // With every term, Σ L_j² is the sum of squares around zero mean (Parseval): White's variance
    // of a mean, times n/(n−1).
    #[test]
    fn all_terms_of_a_mean_give_the_sample_variance() -> Result<(), Undefined> {
        let y = [1.0, 4.0, 2.0, 8.0, 5.0, 7.0];
        let fit = Ols::fit(&y, Design::constant_only(6)?)?;
        let variance = covariance(&fit, 5)?.max();
        assert!((variance - 7.5 / 6.0).abs() < 1e-12, "{variance}");
        Ok(())
    }

    #[test]
    fn a_published_count_for_twelve_hundred_rows() {
        assert_eq!(published_terms(1250), 46);
    }
}
