//! Implied volatility from what is known at the close.

use gex_compute::math;

use crate::exchange::Exchange;
use crate::timetable::{Expiry, Style};
use crate::variance::LogVariance;

/// Implied over expected variance: sellers of variance are paid for it.
const VARIANCE_PREMIUM: f64 = 1.2;
/// Correlation of the surface: its sign tilts the smile towards low strikes.
const SKEW: f64 = -0.7;
/// Curvature η of the surface; `η·(1 + |ρ|) ≤ 2` keeps it free of arbitrage.
const CURVATURE: f64 = 0.8;
/// Sessions ahead for which variance is forecast: longer than the longest expiry.
const HORIZON: usize = 400;

/// The implied volatility surface of one close.
///
/// At the money it is the expected variance of the sessions to expiry times a premium; around it the
/// surface SSVI of Gatheral and Jacquier (2014), whose conditions for the absence of butterfly and
/// calendar arbitrage its constants meet:
///
/// ```text
/// w(k, θ) = θ/2·(1 + ρ·φ·k + √((φ·k + ρ)² + 1 − ρ²))       φ = η/√(θ·(1 + θ)),  k = ln(K/F)
/// ```
///
/// It knows the state of variance and nothing of dealers' books, so that a planted effect of hedging
/// is not already in the price.
#[derive(Debug, Clone)]
pub(crate) struct Surface {
    /// Implied variance of the next 0, 1, 2, … sessions.
    sums: Vec<f64>,
    exchange: &'static Exchange,
}

impl Surface {
    pub(crate) fn new(variance: &LogVariance, exchange: &'static Exchange) -> Self {
        let expected = variance.expected_sums(HORIZON);
        let sums = expected.iter().map(|sum| VARIANCE_PREMIUM * sum).collect();
        Self { sums, exchange }
    }

    /// Variance θ to settlement at the money, a pure number.
    pub(crate) fn at_the_money(&self, expiry: &Expiry) -> f64 {
        let whole = self.sum(expiry.sessions_left);
        match expiry.style {
            Style::Pm => whole,
            Style::Am => {
                let before = self.sum(expiry.sessions_left.saturating_sub(1));
                before + self.exchange.overnight_share * (whole - before)
            }
        }
    }

    /// Volatility index in percent points: 30 calendar days, at the money.
    pub(crate) fn index(&self) -> f64 {
        let sessions = self.exchange.index_sessions;
        let variance = self.sum(sessions) / sessions as f64;
        100.0 * math::sqrt(self.exchange.calendar.periods_per_year() * variance)
    }

    fn sum(&self, sessions: usize) -> f64 {
        self.sums
            .get(sessions)
            .or(self.sums.last())
            .copied()
            .unwrap_or_default()
    }
}

/// Implied variance to settlement at log-moneyness `k = ln(K/F)`, from that at the money.
pub(crate) fn total_variance(theta: f64, k: f64) -> f64 {
    let x = CURVATURE / math::sqrt(theta * (1.0 + theta)) * k;
    let tilted = x + SKEW;
    let root = math::sqrt(tilted * tilted + 1.0 - SKEW * SKEW);
    0.5 * theta * (1.0 + SKEW * x + root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smile_is_exact_at_the_money_and_skewed() {
        let theta = 0.0025;
        assert!((total_variance(theta, 0.0) - theta).abs() < 1e-16);
        assert!(total_variance(theta, 0.05) < total_variance(theta, -0.05));
    }

    /// Durrleman's condition: the density that a smile implies is nowhere negative (Gatheral and
    /// Jacquier 2014, lemma 2.2), by central differences; and variance rises with θ.
    #[test]
    fn the_surface_is_free_of_arbitrage() {
        for theta in [1e-5, 1e-4, 2.5e-3, 0.04, 0.5] {
            let step = 1e-3 * math::sqrt(theta);
            for i in -80..=80 {
                let k = 0.1 * f64::from(i) * math::sqrt(theta);
                let w = |k: f64| total_variance(theta, k);
                let first = (w(k + step) - w(k - step)) / (2.0 * step);
                let second = (w(k + step) - 2.0 * w(k) + w(k - step)) / (step * step);
                let here = w(k);
                let density = (1.0 - k * first / (2.0 * here)).powi(2)
                    - 0.25 * first * first * (1.0 / here + 0.25)
                    + 0.5 * second;
                assert!(density > 0.0, "theta {theta}, k {k}: {density}");
                assert!(total_variance(1.01 * theta, k) > here);
            }
        }
    }
}
