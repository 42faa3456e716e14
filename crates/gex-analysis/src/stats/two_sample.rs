//! Tests of equal means and equal spread in two samples of independent rows.
//!
//! ```text
//! Welch: t = (x̄ − ȳ)/√(s²_x/n + s²_y/m), Satterthwaite's degrees of freedom
//! Levene, Brown-Forsythe: F test of the means of |x − centre|
//! ```
//!
//! Welch (1947), Levene (1960), Brown and Forsythe (1974), Hedges (1981). Rows of a persistent
//! series are not independent: these reject a true null in two samples out of three there.

use super::Undefined;
use super::distribution::{Reference, f_upper_tail};
use super::moments::{mean, median, variance};
use super::undefined::{require_positive_variance, require_rows};

/// Welch's test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Welch {
    /// First mean less second, in the unit of the values.
    pub difference: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Difference over error.
    pub statistic: f64,
    /// Satterthwaite's degrees of freedom.
    pub degrees: f64,
    /// Two-sided p-value.
    pub p_value: f64,
    /// Difference over the pooled standard deviation, corrected for bias.
    pub hedges_g: f64,
}

impl Welch {
    /// Computes the two-sided interval of the given coverage for the difference.
    ///
    /// # Errors
    /// When the coverage is not strictly between 0 and 1.
    pub fn interval(&self, coverage: f64) -> Result<(f64, f64), Undefined> {
        let law = Reference::StudentT {
            degrees: self.degrees,
        };
        let width = law.quantile(0.5 + 0.5 * coverage)? * self.std_error;
        Ok((self.difference - width, self.difference + width))
    }
}

/// Tests that two samples have equal means.
///
/// # Errors
/// When a sample has fewer than two rows, a value is not finite, or neither varies.
///
/// ```
/// use gex_analysis::stats::two_sample::welch;
/// let test = welch(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0])?;
/// assert_eq!((test.statistic, test.p_value), (0.0, 1.0));
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn welch(first: &[f64], second: &[f64]) -> Result<Welch, Undefined> {
    let (n, m) = (first.len() as f64, second.len() as f64);
    let (var_first, var_second) = (variance(first)?, variance(second)?);
    let (share_first, share_second) = (var_first / n, var_second / m);
    let squared_error = require_positive_variance(share_first + share_second)?;
    let below = share_first.powi(2) / (n - 1.0) + share_second.powi(2) / (m - 1.0);
    let degrees = squared_error.powi(2) / below;
    let difference = mean(first)? - mean(second)?;
    let std_error = squared_error.sqrt();
    let statistic = difference / std_error;
    let pooled = ((n - 1.0) * var_first + (m - 1.0) * var_second) / (n + m - 2.0);
    Ok(Welch {
        difference,
        std_error,
        statistic,
        degrees,
        p_value: Reference::StudentT { degrees }.two_sided(statistic)?,
        hedges_g: difference / pooled.sqrt() * (1.0 - 3.0 / (4.0 * (n + m) - 9.0)),
    })
}

/// From where spread is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpreadCentre {
    /// The median (Brown and Forsythe): robust to skew.
    Median,
    /// The mean (Levene).
    Mean,
}

/// A test of equal spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EqualSpread {
    /// W, referred to F(1, n + m − 2).
    pub statistic: f64,
    /// Upper tail.
    pub p_value: f64,
}

/// Tests that two samples have equal spread.
///
/// # Errors
/// When a sample has fewer than two rows, a value is not finite, or deviations do not vary.
pub fn equal_spread(
    first: &[f64],
    second: &[f64],
    centre: SpreadCentre,
) -> Result<EqualSpread, Undefined> {
    require_rows(first.len().min(second.len()), 2)?;
    let (z_first, z_second) = (deviations(first, centre)?, deviations(second, centre)?);
    let (n, m) = (first.len() as f64, second.len() as f64);
    let gap = mean(&z_first)? - mean(&z_second)?;
    let between = gap * gap * n * m / (n + m);
    let within = (n - 1.0) * variance(&z_first)? + (m - 1.0) * variance(&z_second)?;
    let statistic = (n + m - 2.0) * between / require_positive_variance(within)?;
    Ok(EqualSpread {
        statistic,
        p_value: f_upper_tail(statistic, 1.0, n + m - 2.0)?,
    })
}

fn deviations(values: &[f64], centre: SpreadCentre) -> Result<Vec<f64>, Undefined> {
    let middle = match centre {
        SpreadCentre::Median => median(values)?,
        SpreadCentre::Mean => mean(values)?,
    };
    Ok(values.iter().map(|value| (value - middle).abs()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    // With equal counts and variances Welch is Student's pooled test: t² is the F of a one-way
    // analysis of variance.
    #[test]
    fn equal_samples_reduce_to_the_pooled_test() -> Result<(), Undefined> {
        let test = welch(&[1.0, 2.0, 3.0], &[3.0, 4.0, 5.0])?;
        assert!((test.degrees - 4.0).abs() < 1e-12);
        assert!((test.statistic + 6.0_f64.sqrt()).abs() < 1e-12);
        Ok(())
    }

    #[test]
    fn samples_that_do_not_vary_are_refused() {
        assert!(welch(&[1.0, 1.0], &[2.0, 2.0]).is_err());
        assert!(equal_spread(&[1.0, 1.0], &[2.0, 2.0], SpreadCentre::Mean).is_err());
    }
}
