//! Autocorrelation, the Ljung-Box test, and how many independent rows a pair of series is worth.
//!
//! ```text
//! ρ_j = Σ_{t>j} (x_t − x̄)(x_{t−j} − x̄) / Σ_t (x_t − x̄)²
//! Q(m) = n(n+2) Σ_{j=1..m} ρ_j²/(n−j), referred to chi-squared(m)
//! n_eff = n / (1 + 2 Σ_{j=1..L} (1 − j/(L+1)) ρ^x_j ρ^y_j), L = ⌊1.3 √n⌋, within [1, n]
//! ```
//!
//! Ljung and Box (1978); effective size after Bartlett (1946).

use super::Undefined;
use super::distribution::chi_squared_upper_tail;
use super::hac::floor_to_count;
use super::moments::mean;
use super::undefined::{is_constant, require_length, require_rows};

/// Computes the autocorrelations at lags 1 to `last_lag`.
///
/// # Errors
/// When there are not more rows than lags, a value is not finite, or the series does not vary.
///
/// ```
/// use gex_analysis::stats::autocorrelation::autocorrelations;
/// let rho = autocorrelations(&[1.0, -1.0, 1.0, -1.0], 1)?;
/// assert!((rho[0] + 0.75).abs() < 1e-15);
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn autocorrelations(series: &[f64], last_lag: usize) -> Result<Vec<f64>, Undefined> {
    require_rows(series.len(), last_lag + 1)?;
    let centre = mean(series)?;
    let centred: Vec<f64> = series.iter().map(|value| value - centre).collect();
    let total: f64 = centred.iter().map(|value| value * value).sum();
    if is_constant(series) {
        return Err(Undefined::ZeroVariance { what: "the series" });
    }
    Ok((1..=last_lag)
        .map(|lag| lagged_product(&centred, lag) / total)
        .collect())
}

/// Sums products of the series with itself `lag` rows earlier.
pub(crate) fn lagged_product(series: &[f64], lag: usize) -> f64 {
    series
        .iter()
        .skip(lag)
        .zip(series)
        .map(|(later, earlier)| later * earlier)
        .sum()
}

/// The Ljung-Box test up to one lag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LjungBox {
    /// Last lag that enters.
    pub last_lag: usize,
    /// Q.
    pub statistic: f64,
    /// Upper tail of chi-squared with as many degrees as lags.
    pub p_value: f64,
}

/// Tests that the first `last_lag` autocorrelations vanish.
///
/// # Errors
/// As [`autocorrelations`], and when `last_lag` is zero.
pub fn ljung_box(series: &[f64], last_lag: usize) -> Result<LjungBox, Undefined> {
    require_rows(last_lag, 1)?;
    let rows = series.len() as f64;
    let rho = autocorrelations(series, last_lag)?;
    let sum: f64 = rho
        .iter()
        .enumerate()
        .map(|(index, r)| r * r / (rows - (index as f64 + 1.0)))
        .sum();
    let statistic = rows * (rows + 2.0) * sum;
    let p_value = chi_squared_upper_tail(statistic, last_lag as f64)?;
    Ok(LjungBox {
        last_lag,
        statistic,
        p_value,
    })
}

/// Computes how many independent pairs two persistent series are worth, within `[1, n]`.
///
/// # Errors
/// When lengths differ, or as [`autocorrelations`].
pub fn effective_rows(left: &[f64], right: &[f64]) -> Result<f64, Undefined> {
    require_length("right series", right.len(), left.len())?;
    require_rows(left.len(), 2)?;
    let rows = left.len() as f64;
    let last_lag = floor_to_count(1.3 * rows.sqrt()).min(left.len() - 1);
    let rho_left = autocorrelations(left, last_lag)?;
    let rho_right = autocorrelations(right, last_lag)?;
    let overlap: f64 = rho_left
        .iter()
        .zip(&rho_right)
        .enumerate()
        .map(|(index, (a, b))| (1.0 - (index as f64 + 1.0) / (last_lag as f64 + 1.0)) * a * b)
        .sum();
    let inflation = 1.0 + 2.0 * overlap;
    Ok(if inflation <= 1.0 {
        rows
    } else {
        (rows / inflation).max(1.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_without_memory_costs_no_rows() -> Result<(), Undefined> {
        let alternating: Vec<f64> = (0..50).map(|t| f64::from(t % 2)).collect();
        let trend: Vec<f64> = (0..50).map(f64::from).collect();
        assert!((effective_rows(&alternating, &trend)? - 50.0).abs() < 1e-12);
        assert!(effective_rows(&trend, &trend)? < 10.0);
        Ok(())
    }

    #[test]
    fn a_constant_series_has_no_autocorrelation() {
        assert!(autocorrelations(&[0.1; 9], 2).is_err());
        assert!(ljung_box(&[1.0, 2.0, 1.5], 0).is_err());
    }
}
