//! Event studies: the path of an outcome around events, each against its own past.
//!
//! ```text
//! a_{e,j} = y_{e+j} − mean(y over [e − pre − estimation, e − pre)),  j = −pre … post
//! path_j = mean over events; band: quantiles of the mean over resampled whole events
//! ```
//!
//! Events closer than a gap to the last one kept are dropped, the first kept. Crossings follow
//! price falls, so a path alone proves nothing: compare with placebo events.

use super::Undefined;
use super::bootstrap::require_positions;
use super::moments::{mean, quantile};
use super::undefined::{require_finite, require_rows};

/// Rows around an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventWindow {
    /// Rows shown before the event.
    pub pre: usize,
    /// Rows shown after the event.
    pub post: usize,
    /// Rows of the estimation window, which ends before the rows shown.
    pub estimation: usize,
}

/// Finds rows at which the signal falls through zero: `g_{t−1} ≥ 0 > g_t`.
///
/// ```
/// use gex_analysis::stats::event::downward_crossings;
/// assert_eq!(downward_crossings(&[0.0, -1.0, -2.0, 1.0, -1.0]), [1, 4]);
/// ```
pub fn downward_crossings(signal: &[f64]) -> Vec<usize> {
    let pairs = signal.iter().zip(signal.iter().skip(1)).enumerate();
    pairs
        .filter(|(_, (before, now))| **before >= 0.0 && **now < 0.0)
        .map(|(t, _)| t + 1)
        .collect()
}

/// Keeps the first of events closer than `min_gap` rows to the last one kept.
pub fn keep_apart(events: &[usize], min_gap: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for event in events {
        if kept.last().is_none_or(|last| *event >= last + min_gap) {
            kept.push(*event);
        }
    }
    kept
}

/// Paths around the events whose whole window lies in the data.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPaths {
    /// Events used, ascending.
    pub events: Vec<usize>,
    /// One path an event, from −pre to post, in the unit of the outcome.
    pub paths: Vec<Vec<f64>>,
}

impl EventPaths {
    /// Cuts the paths out of an outcome series.
    ///
    /// # Errors
    /// When the estimation window is empty, a value is not finite, or no event has a whole window.
    pub fn cut(outcome: &[f64], events: &[usize], window: EventWindow) -> Result<Self, Undefined> {
        require_rows(window.estimation, 1)?;
        require_finite("outcome", outcome)?;
        let cut: Vec<(usize, Vec<f64>)> = events
            .iter()
            .filter_map(|event| Some((*event, path(outcome, *event, window)?)))
            .collect();
        require_rows(cut.len(), 1)?;
        let (events, paths) = cut.into_iter().unzip();
        Ok(Self { events, paths })
    }

    /// Averages over events, from −pre to post.
    pub fn mean_path(&self) -> Vec<f64> {
        let every: Vec<usize> = (0..self.paths.len()).collect();
        self.mean_of(&every)
    }

    /// Computes the band that holds the given share of means over resampled events.
    ///
    /// # Errors
    /// When there is no resample, a position is not an event, or the coverage is not a share.
    pub fn band(
        &self,
        resamples: &[Vec<usize>],
        coverage: f64,
    ) -> Result<Vec<(f64, f64)>, Undefined> {
        require_positions(resamples, self.paths.len())?;
        let draws: Vec<Vec<f64>> = resamples.iter().map(|draw| self.mean_of(draw)).collect();
        let length = self.paths.first().map_or(0, Vec::len);
        (0..length)
            .map(|j| {
                let column: Vec<f64> = draws
                    .iter()
                    .filter_map(|draw| draw.get(j))
                    .copied()
                    .collect();
                let low = quantile(&column, 0.5 - 0.5 * coverage)?;
                Ok((low, quantile(&column, 0.5 + 0.5 * coverage)?))
            })
            .collect()
    }

    fn mean_of(&self, chosen: &[usize]) -> Vec<f64> {
        let length = self.paths.first().map_or(0, Vec::len);
        let mut total = vec![0.0; length];
        for path in chosen.iter().filter_map(|event| self.paths.get(*event)) {
            for (sum, value) in total.iter_mut().zip(path) {
                *sum += value;
            }
        }
        total.iter().map(|sum| sum / chosen.len() as f64).collect()
    }
}

fn path(outcome: &[f64], event: usize, window: EventWindow) -> Option<Vec<f64>> {
    let first = event.checked_sub(window.pre)?;
    let past = outcome.get(first.checked_sub(window.estimation)?..first)?;
    let shown = outcome.get(first..=event.checked_add(window.post)?)?;
    let normal = mean(past).ok()?;
    Some(shown.iter().map(|value| value - normal).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: EventWindow = EventWindow {
        pre: 1,
        post: 2,
        estimation: 3,
    };

    #[test]
    fn a_step_at_the_event_shows_at_zero() -> Result<(), Undefined> {
        let outcome: Vec<f64> = (0..10).map(|t| if t < 5 { 1.0 } else { 3.0 }).collect();
        let paths = EventPaths::cut(&outcome, &[2, 5, 9], WINDOW)?;
        assert_eq!(paths.events, [5]);
        assert_eq!(paths.mean_path(), [0.0, 2.0, 2.0, 2.0]);
        assert_eq!(paths.band(&[vec![0], vec![0]], 0.95)?[1], (2.0, 2.0));
        assert!(paths.band(&[vec![1]], 0.95).is_err());
        Ok(())
    }

    #[test]
    fn the_first_of_a_cluster_is_kept() {
        assert_eq!(keep_apart(&[3, 8, 13, 40], 10), [3, 13, 40]);
    }

    #[test]
    fn without_a_whole_window_there_is_no_study() {
        let refused = EventPaths::cut(&[1.0; 5], &[1], WINDOW);
        assert_eq!(refused, Err(Undefined::TooShort { rows: 0, needed: 1 }));
    }
}
