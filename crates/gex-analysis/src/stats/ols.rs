//! Ordinary least squares with classical and heteroskedasticity-robust covariances.
//!
//! ```text
//! b = (X'X)⁻¹ X'y          V = (X'X)⁻¹ S (X'X)⁻¹          S = Σ_t w_t² u_t² x_t x_t'
//! HC0: w = 1    HC1: w² = n/(n−k)    HC2: w² = 1/(1−h_t)    HC3: w = 1/(1−h_t)
//! ```
//!
//! White (1980), `MacKinnon` and White (1985). Same numbers as `statsmodels` `OLS(...).fit(cov_type)`.

use nalgebra::{DMatrix, DVector};

use super::Undefined;
pub use super::design::{CONDITION_LIMIT, Design};
use super::distribution::Reference;
use super::undefined::{require_finite, require_length, require_positive_variance, require_rows};

/// A finite-sample correction of White's covariance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Robust {
    /// No correction (White 1980).
    Hc0,
    /// Degrees of freedom, n/(n−k).
    Hc1,
    /// Divides each squared residual by 1 − leverage.
    Hc2,
    /// Divides each residual by 1 − leverage, close to the jackknife.
    Hc3,
}

/// A least-squares fit and all that its covariances need.
#[derive(Debug, Clone, PartialEq)]
pub struct Ols {
    /// Coefficients, in the order of the design's columns.
    pub coefficients: Vec<f64>,
    /// Residuals, one a row, in the unit of the outcome.
    pub residuals: Vec<f64>,
    outcome_sum_of_squares: f64,
    design: Design,
    basis: DMatrix<f64>,
    inverse_gram: DMatrix<f64>,
}

impl Ols {
    /// Fits `outcome` on `design` by QR.
    ///
    /// # Errors
    /// When lengths differ, an outcome is not finite, no degree of freedom is left, or the
    /// columns are collinear.
    ///
    /// ```
    /// use gex_analysis::stats::ols::{Design, Ols};
    /// let design = Design::with_constant(&[&[0.0, 1.0, 2.0]])?;
    /// let fit = Ols::fit(&[1.0, 3.0, 5.0], design)?;
    /// assert!((fit.coefficients[0] - 1.0).abs() < 1e-12);
    /// assert!((fit.coefficients[1] - 2.0).abs() < 1e-12);
    /// # Ok::<(), gex_analysis::stats::Undefined>(())
    /// ```
    pub fn fit(outcome: &[f64], design: Design) -> Result<Self, Undefined> {
        require_length("outcome", outcome.len(), design.rows())?;
        require_finite("outcome", outcome)?;
        require_rows(outcome.len(), design.columns() + 1)?;
        let factors = design.factorise()?;
        let inverse = factors.inverse_triangle()?;
        let y = DVector::from_column_slice(outcome);
        let coefficients = &inverse * factors.basis.tr_mul(&y);
        let residuals = &y - design.matrix() * &coefficients;
        let centre = if design.has_constant() { y.mean() } else { 0.0 };
        Ok(Self {
            coefficients: coefficients.as_slice().to_vec(),
            residuals: residuals.as_slice().to_vec(),
            outcome_sum_of_squares: y.iter().map(|value| (value - centre).powi(2)).sum(),
            inverse_gram: &inverse * inverse.transpose(),
            basis: factors.basis,
            design,
        })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.residuals.len()
    }

    /// Number of coefficients.
    pub fn columns(&self) -> usize {
        self.coefficients.len()
    }

    /// Rows less coefficients.
    pub fn residual_degrees(&self) -> f64 {
        (self.rows() - self.columns()) as f64
    }

    /// The regressors.
    pub fn design(&self) -> &Design {
        &self.design
    }

    /// (X'X)⁻¹.
    pub fn inverse_gram(&self) -> &DMatrix<f64> {
        &self.inverse_gram
    }

    /// Sum of squared residuals, in the outcome's unit squared.
    pub fn residual_sum_of_squares(&self) -> f64 {
        self.residuals
            .iter()
            .map(|residual| residual * residual)
            .sum()
    }

    /// Residual variance with n − k below.
    pub fn residual_variance(&self) -> f64 {
        self.residual_sum_of_squares() / self.residual_degrees()
    }

    /// Share of the outcome's variation explained; centred where the design has a constant.
    ///
    /// # Errors
    /// When the outcome does not vary.
    pub fn r_squared(&self) -> Result<f64, Undefined> {
        if self.outcome_sum_of_squares > 0.0 {
            return Ok(1.0 - self.residual_sum_of_squares() / self.outcome_sum_of_squares);
        }
        Err(Undefined::ZeroVariance {
            what: "the outcome",
        })
    }

    /// R² adjusted for degrees of freedom, 1 − (1 − R²)(n − c)/(n − k) with c = 1 for a constant.
    ///
    /// # Errors
    /// As [`Ols::r_squared`].
    pub fn r_squared_adjusted(&self) -> Result<f64, Undefined> {
        let constants = f64::from(u8::from(self.design.has_constant()));
        let factor = (self.rows() as f64 - constants) / self.residual_degrees();
        Ok(1.0 - (1.0 - self.r_squared()?) * factor)
    }

    /// Gaussian log likelihood at the maximum, −n/2 (ln(2π RSS/n) + 1).
    ///
    /// # Errors
    /// When the fit is perfect.
    pub fn log_likelihood(&self) -> Result<f64, Undefined> {
        let rows = self.rows() as f64;
        let variance = require_positive_variance(self.residual_sum_of_squares() / rows)?;
        Ok(-0.5 * rows * (libm::log(std::f64::consts::TAU * variance) + 1.0))
    }

    /// Akaike's criterion, −2 log L + 2k, the variance not counted as a parameter.
    ///
    /// # Errors
    /// As [`Ols::log_likelihood`].
    pub fn aic(&self) -> Result<f64, Undefined> {
        Ok(-2.0 * self.log_likelihood()? + 2.0 * self.columns() as f64)
    }

    /// Leverages `h_t`, the diagonal of X(X'X)⁻¹X', one a row.
    pub fn leverages(&self) -> Vec<f64> {
        self.basis
            .row_iter()
            .map(|row| row.norm_squared())
            .collect()
    }

    /// Scores `x_t u_t`, rows by columns.
    pub fn scores(&self) -> DMatrix<f64> {
        let mut scores = self.design.matrix().clone();
        for (mut row, residual) in scores.row_iter_mut().zip(&self.residuals) {
            row *= *residual;
        }
        scores
    }

    /// Covariance under independent errors of equal variance, RSS/(n−k) (X'X)⁻¹.
    pub fn classical_covariance(&self) -> DMatrix<f64> {
        &self.inverse_gram * self.residual_variance()
    }

    /// Covariance robust to unequal variances, not to dependence.
    ///
    /// # Errors
    /// When HC2 or HC3 meets a row of leverage one.
    pub fn robust_covariance(&self, robust: Robust) -> Result<DMatrix<f64>, Undefined> {
        let mut scores = self.scores();
        let weights = self.robust_weights(robust)?;
        for (mut row, weight) in scores.row_iter_mut().zip(&weights) {
            row *= *weight;
        }
        Ok(self.sandwich(&scores.tr_mul(&scores)))
    }

    fn robust_weights(&self, robust: Robust) -> Result<Vec<f64>, Undefined> {
        let rows = self.rows();
        match robust {
            Robust::Hc0 => Ok(vec![1.0; rows]),
            Robust::Hc1 => Ok(vec![(rows as f64 / self.residual_degrees()).sqrt(); rows]),
            Robust::Hc2 => Ok(self
                .left_over()?
                .iter()
                .map(|left| left.sqrt().recip())
                .collect()),
            Robust::Hc3 => Ok(self.left_over()?.iter().map(|left| left.recip()).collect()),
        }
    }

    /// `1 − h_t`. A leverage of one up to rounding is refused: its residual is zero by construction.
    fn left_over(&self) -> Result<Vec<f64>, Undefined> {
        let left: Vec<f64> = self
            .leverages()
            .iter()
            .map(|leverage| 1.0 - leverage)
            .collect();
        match left.iter().find(|left| **left < 1e-12) {
            Some(left) => Err(Undefined::Domain {
                what: "leverage of a row",
                value: 1.0 - left,
                needed: "below one, use HC0 or HC1",
            }),
            None => Ok(left),
        }
    }

    /// Wraps a meat S (k by k) in bread: (X'X)⁻¹ S (X'X)⁻¹.
    pub fn sandwich(&self, meat: &DMatrix<f64>) -> DMatrix<f64> {
        &self.inverse_gram * meat * &self.inverse_gram
    }

    /// One coefficient and its standard error under a covariance of the coefficients.
    ///
    /// # Errors
    /// [`Undefined`] for a column that the design has not, or a variance that is not positive.
    pub(super) fn estimate_and_error(
        &self,
        column: usize,
        covariance: &DMatrix<f64>,
    ) -> Result<(f64, f64), Undefined> {
        let estimate = *self.coefficients.get(column).ok_or(Undefined::Domain {
            what: "column of the coefficient",
            value: column as f64,
            needed: "a column of the design",
        })?;
        let variance = covariance
            .get((column, column))
            .copied()
            .unwrap_or(f64::NAN);
        Ok((estimate, require_positive_variance(variance)?.sqrt()))
    }

    /// Tests one coefficient against zero under the given covariance and reference law.
    ///
    /// # Errors
    /// When the column does not exist or its variance is not positive.
    pub fn test(
        &self,
        column: usize,
        covariance: &DMatrix<f64>,
        reference: Reference,
    ) -> Result<CoefficientTest, Undefined> {
        let (estimate, std_error) = self.estimate_and_error(column, covariance)?;
        let statistic = estimate / std_error;
        let p_value = reference.two_sided(statistic)?;
        Ok(CoefficientTest {
            estimate,
            std_error,
            statistic,
            p_value,
            reference,
        })
    }
}

/// One coefficient against zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoefficientTest {
    /// The coefficient, in units of the outcome per unit of the regressor.
    pub estimate: f64,
    /// Its standard error, in the same unit.
    pub std_error: f64,
    /// Estimate over standard error.
    pub statistic: f64,
    /// Two-sided p-value.
    pub p_value: f64,
    /// The law behind the p-value.
    pub reference: Reference,
}

impl CoefficientTest {
    /// Computes the two-sided interval of the given coverage, in the unit of the estimate.
    ///
    /// # Errors
    /// When the coverage is not strictly between 0 and 1.
    pub fn interval(&self, coverage: f64) -> Result<(f64, f64), Undefined> {
        let width = self.reference.quantile(0.5 + 0.5 * coverage)? * self.std_error;
        Ok((self.estimate - width, self.estimate + width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Longley (1967) as certified by NIST StRD: near-collinear, a trap for normal equations.
    const LONGLEY: [[f64; 7]; 16] = [
        [60323.0, 83.0, 234_289.0, 2356.0, 1590.0, 107_608.0, 1947.0],
        [61122.0, 88.5, 259_426.0, 2325.0, 1456.0, 108_632.0, 1948.0],
        [60171.0, 88.2, 258_054.0, 3682.0, 1616.0, 109_773.0, 1949.0],
        [61187.0, 89.5, 284_599.0, 3351.0, 1650.0, 110_929.0, 1950.0],
        [63221.0, 96.2, 328_975.0, 2099.0, 3099.0, 112_075.0, 1951.0],
        [63639.0, 98.1, 346_999.0, 1932.0, 3594.0, 113_270.0, 1952.0],
        [64989.0, 99.0, 365_385.0, 1870.0, 3547.0, 115_094.0, 1953.0],
        [63761.0, 100.0, 363_112.0, 3578.0, 3350.0, 116_219.0, 1954.0],
        [66019.0, 101.2, 397_469.0, 2904.0, 3048.0, 117_388.0, 1955.0],
        [67857.0, 104.6, 419_180.0, 2822.0, 2857.0, 118_734.0, 1956.0],
        [68169.0, 108.4, 442_769.0, 2936.0, 2798.0, 120_445.0, 1957.0],
        [66513.0, 110.8, 444_546.0, 4681.0, 2637.0, 121_950.0, 1958.0],
        [68655.0, 112.6, 482_704.0, 3813.0, 2552.0, 123_366.0, 1959.0],
        [69564.0, 114.2, 502_601.0, 3931.0, 2514.0, 125_368.0, 1960.0],
        [69331.0, 115.7, 518_173.0, 4806.0, 2572.0, 127_852.0, 1961.0],
        [70551.0, 116.9, 554_894.0, 4007.0, 2827.0, 130_081.0, 1962.0],
    ];

    #[test]
    fn longley_matches_the_certified_values() -> Result<(), Undefined> {
        let column = |i: usize| LONGLEY.iter().map(|row| row[i]).collect::<Vec<f64>>();
        let columns: Vec<Vec<f64>> = (1..7).map(column).collect();
        let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let fit = Ols::fit(&column(0), Design::with_constant(&slices)?)?;
        let year = fit.test(6, &fit.classical_covariance(), Reference::Normal)?;
        assert!(
            (year.estimate / 1_829.151_464_613_55 - 1.0).abs() < 1e-8,
            "{}",
            year.estimate
        );
        assert!((year.std_error / 455.478_499_142_212 - 1.0).abs() < 1e-8);
        assert!((fit.r_squared()? - 0.995_479_004_577_296).abs() < 1e-10);
        Ok(())
    }

    #[test]
    fn dollars_beside_logs_are_not_collinear() -> Result<(), Undefined> {
        let dollars = [3e9, -1e9, 2e9, 5e9, 4e9, 0.0];
        let logs = [0.1, 0.4, 0.2, 0.3, 0.9, 0.5];
        let design = Design::with_constant(&[&dollars, &logs])?;
        assert!(Ols::fit(&[1.0, 2.0, 3.0, 5.0, 4.0, 6.0], design).is_ok());
        Ok(())
    }

    #[test]
    fn a_repeated_regressor_is_refused() -> Result<(), Undefined> {
        let x = [1.0, 2.0, 4.0, 7.0, 3.0];
        let twice: Vec<f64> = x.iter().map(|value| 2.0 * value + 1.0).collect();
        let design = Design::with_constant(&[&x, &twice])?;
        let refused = Ols::fit(&[1.0, 0.0, 2.0, 1.0, 3.0], design);
        assert!(
            matches!(refused, Err(Undefined::Collinear { .. })),
            "{refused:?}"
        );
        Ok(())
    }

    #[test]
    fn a_perfect_fit_has_no_test() -> Result<(), Undefined> {
        let fit = Ols::fit(
            &[0.0, 0.0, 0.0],
            Design::with_constant(&[&[1.0, 2.0, 4.0]])?,
        )?;
        let refused = fit.test(1, &fit.classical_covariance(), Reference::Normal);
        assert!(matches!(
            refused,
            Err(Undefined::VarianceNotPositive { .. })
        ));
        assert!(fit.r_squared().is_err());
        Ok(())
    }
}
