//! Moments, quantiles, tail means and the Wilson interval.
//!
//! ```text
//! G1 = √(n(n−1))/(n−2) · m₃/m₂^{3/2}        G2 = (n−1)/((n−2)(n−3)) · ((n+1)(m₄/m₂² − 3) + 6)
//! quantile (type 7): x at position (n−1)p of the sorted values, interpolated linearly
//! ```
//!
//! Joanes and Gill (1998), Hyndman and Fan (1996), Wilson (1927).

use super::Undefined;
use super::distribution::normal_quantile;
use super::undefined::{is_constant, require_finite, require_length, require_rows};

/// Whether a moment ratio is corrected for its bias in small samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bias {
    /// The population formula (g1, g2).
    Kept,
    /// Corrected (G1, G2).
    Corrected,
}

/// Computes the mean, in the unit of the values.
///
/// # Errors
/// When there is no value or one is not finite.
pub fn mean(values: &[f64]) -> Result<f64, Undefined> {
    require_rows(values.len(), 1)?;
    require_finite("value", values)?;
    Ok(values.iter().sum::<f64>() / values.len() as f64)
}

/// Computes the variance with n − 1 below, in the unit of the values squared.
///
/// # Errors
/// When there are fewer than two values or one is not finite.
pub fn variance(values: &[f64]) -> Result<f64, Undefined> {
    require_rows(values.len(), 2)?;
    let rows = values.len() as f64;
    Ok(central_moment(values, 2)? * rows / (rows - 1.0))
}

/// Computes the standard deviation with n − 1 below, in the unit of the values.
///
/// # Errors
/// As [`variance`].
pub fn standard_deviation(values: &[f64]) -> Result<f64, Undefined> {
    Ok(variance(values)?.sqrt())
}

/// Computes Pearson's correlation.
///
/// # Errors
/// When lengths differ, there are fewer than two pairs, or a series does not vary.
pub fn correlation(left: &[f64], right: &[f64]) -> Result<f64, Undefined> {
    require_length("right series", right.len(), left.len())?;
    require_rows(left.len(), 2)?;
    let (mean_left, mean_right) = (mean(left)?, mean(right)?);
    let covariance: f64 = left
        .iter()
        .zip(right)
        .map(|(a, b)| (a - mean_left) * (b - mean_right))
        .sum();
    let scale = spread(left)? * spread(right)? * left.len() as f64;
    Ok(covariance / scale)
}

/// Computes the skewness.
///
/// # Errors
/// When there are fewer than three values or they do not vary.
///
/// ```
/// use gex_analysis::stats::moments::{Bias, skewness};
/// // Symmetric values have none.
/// assert!(skewness(&[1.0, 2.0, 3.0], Bias::Corrected)?.abs() < 1e-15);
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn skewness(values: &[f64], bias: Bias) -> Result<f64, Undefined> {
    require_rows(values.len(), 3)?;
    let rows = values.len() as f64;
    let plain = central_moment(values, 3)? / spread(values)?.powi(3);
    Ok(match bias {
        Bias::Kept => plain,
        Bias::Corrected => (rows * (rows - 1.0)).sqrt() / (rows - 2.0) * plain,
    })
}

/// Computes the kurtosis in excess of the normal law's three.
///
/// # Errors
/// When there are fewer than four values or they do not vary.
pub fn excess_kurtosis(values: &[f64], bias: Bias) -> Result<f64, Undefined> {
    require_rows(values.len(), 4)?;
    let rows = values.len() as f64;
    let plain = central_moment(values, 4)? / spread(values)?.powi(4) - 3.0;
    let factor = (rows - 1.0) / ((rows - 2.0) * (rows - 3.0));
    Ok(match bias {
        Bias::Kept => plain,
        Bias::Corrected => factor * ((rows + 1.0) * plain + 6.0),
    })
}

/// Computes the quantile of the given level (type 7, R's and `NumPy`'s default).
///
/// # Errors
/// When there is no value, one is not finite, or the level lies outside `[0, 1]`.
///
/// ```
/// use gex_analysis::stats::moments::quantile;
/// assert_eq!(quantile(&[4.0, 1.0, 2.0, 3.0], 0.5)?, 2.5);
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn quantile(values: &[f64], level: f64) -> Result<f64, Undefined> {
    require_finite("value", values)?;
    quantile_sorted(&sorted(values), level)
}

/// As [`quantile`], on values that are finite and ascending.
///
/// # Errors
/// When there is no value or the level lies outside `[0, 1]`.
pub fn quantile_sorted(ascending: &[f64], level: f64) -> Result<f64, Undefined> {
    require_rows(ascending.len(), 1)?;
    if !(0.0..=1.0).contains(&level) {
        let needed = "between 0 and 1";
        return Err(Undefined::Domain {
            what: "quantile level",
            value: level,
            needed,
        });
    }
    let position = (ascending.len() - 1) as f64 * level;
    let below = super::hac::floor_to_count(position);
    let low = ascending.get(below).copied().unwrap_or(f64::NAN);
    let high = ascending.get(below + 1).copied().unwrap_or(low);
    Ok(low + (position - below as f64) * (high - low))
}

/// Computes the median.
///
/// # Errors
/// As [`quantile`].
pub fn median(values: &[f64]) -> Result<f64, Undefined> {
    quantile(values, 0.5)
}

/// Computes the median absolute deviation from the median, unscaled.
///
/// # Errors
/// As [`quantile`].
pub fn median_absolute_deviation(values: &[f64]) -> Result<f64, Undefined> {
    let centre = median(values)?;
    let deviations: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
    median(&deviations)
}

/// Computes the mean of the values at or below their own quantile of the given level.
///
/// # Errors
/// As [`quantile`].
pub fn expected_shortfall(values: &[f64], level: f64) -> Result<f64, Undefined> {
    let bar = quantile(values, level)?;
    let tail: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| *value <= bar)
        .collect();
    mean(&tail)
}

/// Computes Wilson's interval of a proportion at the given coverage.
///
/// # Errors
/// When there is no trial, successes exceed trials, or the coverage is not between 0 and 1.
pub fn wilson_interval(
    successes: usize,
    trials: usize,
    coverage: f64,
) -> Result<(f64, f64), Undefined> {
    require_rows(trials, successes.max(1))?;
    let z = normal_quantile(0.5 + 0.5 * coverage)?;
    let (rows, share) = (trials as f64, successes as f64 / trials as f64);
    let widening = 1.0 + z * z / rows;
    let centre = (share + z * z / (2.0 * rows)) / widening;
    let root = (share * (1.0 - share) / rows + z * z / (4.0 * rows * rows)).sqrt();
    Ok((centre - z / widening * root, centre + z / widening * root))
}

/// Sorts finite values in ascending order.
pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut ascending = values.to_vec();
    ascending.sort_by(f64::total_cmp);
    ascending
}

/// Root of the second central moment, refused where the values do not vary.
fn spread(values: &[f64]) -> Result<f64, Undefined> {
    if is_constant(values) {
        return Err(Undefined::ZeroVariance { what: "the series" });
    }
    Ok(central_moment(values, 2)?.sqrt())
}

fn central_moment(values: &[f64], order: i32) -> Result<f64, Undefined> {
    let centre = mean(values)?;
    let total: f64 = values
        .iter()
        .map(|value| (value - centre).powi(order))
        .sum();
    Ok(total / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Wilson (1927) as tabulated by Newcombe (1998), table I: 81 of 263 gives .2553 to .3662.
    #[test]
    fn wilson_matches_newcombe() -> Result<(), Undefined> {
        let (low, high) = wilson_interval(81, 263, 0.95)?;
        assert!(
            (low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5,
            "{low} {high}"
        );
        Ok(())
    }

    #[test]
    fn a_constant_series_has_no_shape() {
        let refused = skewness(&[0.1; 7], Bias::Corrected);
        assert_eq!(refused, Err(Undefined::ZeroVariance { what: "the series" }));
        assert!(correlation(&[1.0, 2.0], &[3.0, 3.0]).is_err());
    }

    #[test]
    fn the_ends_are_quantiles_too() -> Result<(), Undefined> {
        let values = [3.0, -1.0, 2.0];
        assert!((quantile(&values, 0.0)? + 1.0).abs() < 1e-15);
        assert!((quantile(&values, 1.0)? - 3.0).abs() < 1e-15);
        assert!(quantile(&values, 1.1).is_err() && quantile(&[], 0.5).is_err());
        Ok(())
    }

    #[test]
    fn shortfall_is_never_above_its_quantile() -> Result<(), Undefined> {
        let values = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert!((expected_shortfall(&values, 0.25)? - 1.5).abs() < 1e-15);
        Ok(())
    }
}
