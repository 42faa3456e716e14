//! The window of bars that comes strictly after a signal was known.
//!
//! ```text
//! first bar: the first with open instant ≥ known_at; the next H − 1 follow without a gap
//! return = ln(C_last / O_first)        variance = Σ r²,  r₁ = ln(C₁/O₁),  r_j = ln(C_j/C_{j−1})
//! ```
//!
//! The bar in progress never counts, and availability, not the snapshot's own time, starts it.

use gex_compute::market::Instant;
use gex_compute::market::bar::Bar;

/// What followed a signal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForwardWindow {
    /// Open instant of the first bar: the entry.
    pub start: Instant,
    /// Return and variance, or none where a bar of the window is absent.
    pub outcome: Option<ForwardOutcome>,
}

/// Return and variance of a complete window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForwardOutcome {
    /// Log return from the first open to the last close.
    pub log_return: f64,
    /// Sum of squared log returns over the window, not annualised.
    pub variance: f64,
}

/// Finds the window of `horizon` bars after `known_at` among bars in time order.
///
/// None where no bar opens at or after `known_at`, or the horizon is zero.
pub fn forward_window(bars: &[Bar], known_at: Instant, horizon: usize) -> Option<ForwardWindow> {
    let first = bars.partition_point(|bar| bar.start < known_at);
    let start = bars.get(first)?.start;
    let window = bars.get(first..first.checked_add(horizon)?);
    Some(ForwardWindow {
        start,
        outcome: window.and_then(outcome),
    })
}

fn outcome(window: &[Bar]) -> Option<ForwardOutcome> {
    let (first, last) = (window.first()?, window.last()?);
    let unbroken = window
        .iter()
        .zip(window.iter().skip(1))
        .all(|(a, b)| a.end == b.start);
    let usable = window.iter().all(|bar| bar.open > 0.0 && bar.close > 0.0);
    if !unbroken || !usable {
        return None;
    }
    let entry = std::iter::once(first.open);
    let from = entry.chain(window.iter().map(|bar| bar.close));
    let returns = from
        .zip(window)
        .map(|(from, bar)| libm::log(bar.close / from));
    Some(ForwardOutcome {
        log_return: libm::log(last.close / first.open),
        variance: returns.map(|r| r * r).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone, Utc};

    fn hour(count: i64) -> Instant {
        Utc.with_ymd_and_hms(2024, 3, 10, 0, 0, 0).unwrap() + TimeDelta::hours(count)
    }

    fn bars(hours: &[i64]) -> Vec<Bar> {
        hours
            .iter()
            .map(|count| Bar {
                start: hour(*count),
                end: hour(count + 1),
                known_at: hour(count + 1),
                open: 100.0,
                high: 110.0,
                low: 100.0,
                close: 110.0,
                volume: None,
            })
            .collect()
    }

    #[test]
    fn the_bar_in_progress_never_counts() {
        let bars = bars(&[0, 1, 2]);
        let at_open = forward_window(&bars, hour(1), 1).unwrap();
        let just_after = forward_window(&bars, hour(1) + TimeDelta::seconds(1), 1).unwrap();
        assert_eq!(at_open.start, hour(1));
        assert_eq!(just_after.start, hour(2));
        assert!(forward_window(&bars, hour(3), 1).is_none());
    }

    #[test]
    fn a_missing_bar_leaves_no_outcome() {
        let gap = bars(&[0, 1, 3]);
        assert!(forward_window(&gap, hour(0), 2).unwrap().outcome.is_some());
        assert!(forward_window(&gap, hour(0), 3).unwrap().outcome.is_none());
        assert!(forward_window(&gap, hour(3), 2).unwrap().outcome.is_none());
    }

    #[test]
    fn the_entry_is_the_open() {
        let outcome = forward_window(&bars(&[0, 1]), hour(0), 2)
            .unwrap()
            .outcome
            .unwrap();
        assert!((outcome.log_return - libm::log(1.1)).abs() < 1e-15);
        assert!((outcome.variance - libm::log(1.1).powi(2)).abs() < 1e-15);
    }
}
