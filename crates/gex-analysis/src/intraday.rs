//! What the bars within a session say of its variance.
//!
//! ```text
//! grid   returns over five minutes, or over one bar where bars are longer
//! RV     mean over the grid's offsets of Σ r², each scaled to the whole session (Zhang, Mykland, Aït-Sahalia 2005)
//! BPV    (π/2) m/(m − 1) Σ |r_i| |r_{i−1}|           (Barndorff-Nielsen and Shephard 2004)
//! J      max(RV − BPV, 0)
//! ```

use gex_compute::market::bar::Bar;

use crate::stats::rv_intraday::{Sampling, intraday_variance};

/// Seconds between two prices of the grid.
const GRID_SECONDS: i64 = 300;

/// Variances of one session from its open to its close, in squared log returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IntradaySlot {
    /// Subsampled realized variance.
    pub realized: f64,
    /// Its continuous part, by bipower.
    pub bipower: f64,
    /// The part of negative returns.
    pub semivariance_down: f64,
    /// The part of positive returns.
    pub semivariance_up: f64,
    /// Share of the realized variance that jumps made, from 0 to 1.
    pub jump_share: f64,
}

impl IntradaySlot {
    /// Measures the bars of one session, which follow one another; `None` where they give fewer than three returns
    /// or prices do not move.
    pub(crate) fn of(bars: &[&Bar]) -> Option<Self> {
        let first = bars.first().filter(|_| 3 <= bars.len())?;
        let seconds = (first.end - first.start).num_seconds();
        let step = usize::try_from(GRID_SECONDS / seconds.max(1)).ok()?.max(1);
        let closes = bars.iter().map(|bar| bar.close);
        let prices: Vec<f64> = std::iter::once(first.open).chain(closes).collect();
        let subgrids = step;
        let found = intraday_variance(&prices, Sampling { step, subgrids }).ok()?;
        Some(Self {
            realized: found.subsampled,
            bipower: found.bipower,
            semivariance_down: found.semivariance_down,
            semivariance_up: found.semivariance_up,
            jump_share: (1.0 - found.bipower / found.sparse).max(0.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::priced;

    // By hand: log returns of +1, −1, +1 and −1 % have Σ r² = 4e-4, half of it down, and
    // BPV = (π/2)(4/3) · 3e-4 = 2π e-4, above it, so that no jump is left.
    #[test]
    fn four_returns_by_hand() {
        let up = 0.01_f64.exp();
        let closes = [100.0 * up, 100.0, 100.0 * up, 100.0];
        let bars: Vec<Bar> = (10..14)
            .zip(closes)
            .map(|(hour, close)| priced(2, hour, hour + 1, [100.0, 102.0, 99.0, close]))
            .collect();
        let slot = IntradaySlot::of(&bars.iter().collect::<Vec<_>>()).unwrap();
        assert!((slot.realized - 4e-4).abs() < 1e-15);
        assert!((slot.semivariance_down - 2e-4).abs() < 1e-15);
        assert!((slot.bipower - 2e-4 * std::f64::consts::PI).abs() < 1e-15);
        assert!(slot.jump_share.abs() < 1e-15);
        assert_eq!(
            IntradaySlot::of(&bars[..2].iter().collect::<Vec<_>>()),
            None
        );
    }
}
