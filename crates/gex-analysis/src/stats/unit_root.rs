//! How close a series is to a unit root: augmented Dickey-Fuller and KPSS statistics.
//!
//! ```text
//! ADF:  Δx_t = a + ρ x_{t−1} + Σ_{i≤p} c_i Δx_{t−i} + u_t, the t of ρ
//! KPSS: Σ_t S_t² / (n² s²),  S_t = Σ_{i≤t} (x_i − x̄),  s² with Bartlett weights over L lags
//! ```
//!
//! Dickey and Fuller (1979), Kwiatkowski, Phillips, Schmidt and Shin (1992). Null of ADF: unit
//! root (5 % critical value −2.86 in large samples); null of KPSS: stationary (5 %: 0.463).

use super::Undefined;
use super::distribution::Reference;
use super::long_run::{Centre, SpectralKernel, long_run_variance};
use super::moments::mean;
use super::ols::{Design, Ols};
use super::undefined::{is_constant, require_positive_variance, require_rows};

/// Computes the ADF t statistic with a constant and `lags` lagged differences.
///
/// # Errors
/// When rows are too few, a value is not finite, or the series does not vary.
pub fn augmented_dickey_fuller(series: &[f64], lags: usize) -> Result<f64, Undefined> {
    require_rows(series.len(), 2 * lags + 5)?;
    let differences: Vec<f64> = series
        .iter()
        .zip(series.iter().skip(1))
        .map(|(before, after)| after - before)
        .collect();
    let rows = differences.len() - lags;
    let part = |values: &[f64], start: usize| -> Vec<f64> {
        values.iter().skip(start).take(rows).copied().collect()
    };
    let mut columns = vec![part(series, lags)];
    columns.extend((1..=lags).map(|lag| part(&differences, lags - lag)));
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let fit = Ols::fit(&part(&differences, lags), Design::with_constant(&slices)?)?;
    Ok(fit
        .test(1, &fit.classical_covariance(), Reference::Normal)?
        .statistic)
}

/// Computes the KPSS statistic around a constant with `lags` Bartlett lags.
///
/// # Errors
/// When the series is empty, a value is not finite, or it does not vary.
pub fn kpss(series: &[f64], lags: usize) -> Result<f64, Undefined> {
    if is_constant(series) {
        return Err(Undefined::ZeroVariance { what: "the series" });
    }
    let centre = mean(series)?;
    let bandwidth = lags as f64;
    let variance = long_run_variance(series, SpectralKernel::Bartlett, bandwidth, Centre::Mean)?;
    let mut walk = 0.0;
    let squares: f64 = series
        .iter()
        .map(|value| {
            walk += value - centre;
            walk * walk
        })
        .sum();
    let rows = series.len() as f64;
    Ok(squares / (rows * rows * require_positive_variance(variance)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shocks() -> Vec<f64> {
        (0..400_u32)
            .map(|t| f64::from((t * 7919 + 13) % 101) / 101.0 - 0.5)
            .collect()
    }

    fn walk() -> Vec<f64> {
        shocks()
            .iter()
            .scan(0.0, |level, shock| {
                *level += shock + 0.02;
                Some(*level)
            })
            .collect()
    }

    // Critical values at 5 %: ADF −2.86 (Fuller 1976), KPSS 0.463 (Kwiatkowski et al. 1992).
    #[test]
    fn noise_and_a_walk_fall_on_their_sides() -> Result<(), Undefined> {
        assert!(augmented_dickey_fuller(&shocks(), 2)? < -2.86);
        assert!(augmented_dickey_fuller(&walk(), 2)? > -2.86);
        assert!(kpss(&shocks(), 8)? < 0.463);
        assert!(kpss(&walk(), 8)? > 0.463);
        Ok(())
    }

    #[test]
    fn a_constant_series_is_refused() {
        assert!(augmented_dickey_fuller(&[0.3; 40], 1).is_err());
        assert!(kpss(&[0.3; 40], 1).is_err());
    }
}
