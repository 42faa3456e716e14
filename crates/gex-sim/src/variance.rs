//! Variance that clusters and rises after falls.

use gex_compute::math;

use crate::draws::Draws;

/// Persistence φ of log variance from one session to the next.
const PERSISTENCE: f64 = 0.97;
/// Deviation η of one session's shock to log variance.
const SHOCK_SD: f64 = 0.18;
/// Correlation ρ of the shock with the session's own standardised return: the leverage effect.
const LEVERAGE: f64 = -0.6;

/// The variance of the next session's fundamental return.
///
/// ```text
/// h' = m + φ·(h − m) + η·(ρ·z + √(1 − ρ²)·w)       h = ln variance per session
/// ```
///
/// with `z` the session's standardised return and `w` a normal of its own: the log-normal
/// stochastic volatility of Taylor (1982) with the leverage of Harvey and Shephard (1996).
#[derive(Debug, Clone)]
pub(crate) struct LogVariance {
    mean: f64,
    current: f64,
    draws: Draws,
}

impl LogVariance {
    /// Starts at the median, which is also the long-run mean of the logarithm.
    pub(crate) fn new((annual_vol, periods_per_year): (f64, f64), draws: Draws) -> Self {
        let mean = math::ln(annual_vol * annual_vol / periods_per_year);
        Self {
            mean,
            current: mean,
            draws,
        }
    }

    /// Log variance of the next session's fundamental return.
    pub(crate) fn log(&self) -> f64 {
        self.current
    }

    /// Volatility of the next session's fundamental return, per session, as a decimal.
    pub(crate) fn session_vol(&self) -> f64 {
        math::exp(0.5 * self.current)
    }

    /// Goes on by one session whose standardised return was `return_shock`.
    pub(crate) fn advance(&mut self, return_shock: f64) {
        let own = math::sqrt(1.0 - LEVERAGE * LEVERAGE) * self.draws.normal();
        let shock = LEVERAGE * return_shock + own;
        self.current = self.mean + PERSISTENCE * (self.current - self.mean) + SHOCK_SD * shock;
    }

    /// Expected variance of the next `n` sessions together, for `n` = 0 to `sessions`.
    ///
    /// ```text
    /// E[e^(h_k)] = exp(m + φᵏ·(h − m) + v_k/2)       v_k = η²·(1 − φ²ᵏ)/(1 − φ²)
    /// ```
    pub(crate) fn expected_sums(&self, sessions: usize) -> Vec<f64> {
        let mut sums = Vec::with_capacity(sessions + 1);
        let (mut gap, mut spread, mut sum) = (self.current - self.mean, 0.0, 0.0);
        sums.push(sum);
        for _ in 0..sessions {
            sum += math::exp(self.mean + gap + 0.5 * spread);
            sums.push(sum);
            gap *= PERSISTENCE;
            spread = PERSISTENCE * PERSISTENCE * spread + SHOCK_SD * SHOCK_SD;
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Stream;

    /// The closed form against the average of simulated futures; the bound is five standard errors.
    #[test]
    fn expected_variance_is_the_mean_of_its_futures() {
        let mut start = LogVariance::new((0.15, 252.0), Draws::new(1, Stream::Variance));
        start.current += 0.7;
        let mut shocks = Draws::new(2, Stream::Prices);
        let (paths, horizon) = (4_000, 40);
        let sums: Vec<f64> = (0..paths)
            .map(|_| {
                let mut path = start.clone();
                let total = (0..horizon).map(|_| {
                    let variance = math::exp(path.log());
                    path.advance(shocks.normal());
                    variance
                });
                let total = total.sum::<f64>();
                // The path's own draws go on, so that the next path sees others.
                start.draws = path.draws;
                total
            })
            .collect();
        let mean = sums.iter().sum::<f64>() / f64::from(paths);
        let squares = sums.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>();
        let error = (squares / f64::from(paths)).sqrt() / f64::from(paths).sqrt();
        let expected = start.expected_sums(horizon)[horizon];
        assert!((mean - expected).abs() < 5.0 * error, "{mean} {expected}");
    }
}
