//! Variance ratio of overlapping returns, robust to changing variance.
//!
//! ```text
//! VR(q) = σ²(q)/σ²(1)    σ²(1) = Σ (r_t − μ)²/(n−1)    σ²(q) = Σ (x_t − x_{t−q} − qμ)²/m
//! m = q (n − q + 1)(1 − q/n)
//! z* = √n (VR − 1)/√θ    θ = Σ_{k<q} 4 (1 − k/q)² n Σ_t e_t² e_{t−k}²/(Σ e²)²    e = r − μ
//! ```
//!
//! Lo and `MacKinlay` (1988), the statistic robust to heteroskedasticity. Below one is reversal,
//! above one momentum.

use super::Undefined;
use super::autocorrelation::lagged_product;
use super::distribution::Reference;
use super::undefined::{require_finite, require_positive_variance, require_rows};

/// The variance ratio test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VarianceRatio {
    /// VR(q).
    pub ratio: f64,
    /// z*, referred to the normal law.
    pub statistic: f64,
    /// Two-sided p-value.
    pub p_value: f64,
}

/// Tests that log prices follow a random walk over `period` rows.
///
/// # Errors
/// When the period is below two, rows are not above twice the period, a price is not finite, or
/// returns do not vary.
pub fn variance_ratio(log_prices: &[f64], period: usize) -> Result<VarianceRatio, Undefined> {
    require_rows(period, 2)?;
    require_rows(log_prices.len(), 2 * period + 1)?;
    require_finite("log price", log_prices)?;
    let returns = log_prices.len() - 1;
    let (n, q) = (returns as f64, period as f64);
    let (first, last) = (log_prices.first(), log_prices.last());
    let drift = (last.copied().unwrap_or_default() - first.copied().unwrap_or_default()) / n;
    let errors = differences(log_prices, 1, drift);
    let long = differences(log_prices, period, q * drift);
    let single = require_positive_variance(lagged_product(&errors, 0) / (n - 1.0))?;
    let effective = q * (n - q + 1.0) * (1.0 - q / n);
    let ratio = lagged_product(&long, 0) / effective / single;
    let squares: Vec<f64> = errors.iter().map(|e| e * e).collect();
    let total: f64 = squares.iter().sum();
    let theta: f64 = (1..period)
        .map(|lag| {
            let delta = n * lagged_product(&squares, lag) / (total * total);
            4.0 * (1.0 - lag as f64 / q).powi(2) * delta
        })
        .sum();
    let statistic = n.sqrt() * (ratio - 1.0) / require_positive_variance(theta)?.sqrt();
    Ok(VarianceRatio {
        ratio,
        statistic,
        p_value: Reference::Normal.two_sided(statistic)?,
    })
}

fn differences(levels: &[f64], lag: usize, drift: f64) -> Vec<f64> {
    levels
        .iter()
        .skip(lag)
        .zip(levels)
        .map(|(later, earlier)| later - earlier - drift)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reversal_lies_below_one_and_momentum_above() -> Result<(), Undefined> {
        let zigzag: Vec<f64> = (0..60).map(|t| f64::from(t % 2)).collect();
        let waves: Vec<f64> = (0..60).map(|t| libm::sin(f64::from(t) * 0.2)).collect();
        assert!(variance_ratio(&zigzag, 2)?.ratio < 0.1);
        assert!(variance_ratio(&waves, 2)?.ratio > 1.5);
        assert!(variance_ratio(&[1.0; 30], 2).is_err());
        Ok(())
    }
}
