//! Regime labels of a hypothesis, from the past only.

use crate::stats::Undefined;
use crate::stats::regime::{Hysteresis, Level, Side, expanding_levels, sign_dead_band};
use crate::study::RegimeSpec;

/// Labels each value by its regime: the place of the label in [`RegimeSpec::labels`], 0 the lowest.
///
/// A missing value keeps the label before; there is none before the first label.
///
/// # Errors
///
/// When a value is NaN or a threshold is out of order.
///
/// ```
/// use gex_analysis::regime::labels;
/// use gex_analysis::study::RegimeSpec;
///
/// let signal = [Some(2.0), Some(-0.5), None, Some(-1.5)];
/// let found = labels(RegimeSpec::Sign { dead_band: 1.0 }, &signal)?;
/// assert_eq!(found, [Some(1), Some(1), Some(1), Some(0)]);
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn labels(spec: RegimeSpec, signal: &[Option<f64>]) -> Result<Vec<Option<usize>>, Undefined> {
    match spec {
        RegimeSpec::Sign { dead_band } => {
            let sides = sign_dead_band(signal, dead_band)?;
            Ok(sides.into_iter().map(|side| side.map(side_index)).collect())
        }
        RegimeSpec::Quantile {
            lower,
            upper,
            hysteresis,
            min_history,
        } => {
            let thresholds = Hysteresis {
                min_history,
                enter_low: lower,
                exit_low: lower + hysteresis,
                enter_high: upper,
                exit_high: upper - hysteresis,
                min_dwell: 1,
            };
            let levels = expanding_levels(signal, thresholds)?.labels;
            Ok(levels
                .into_iter()
                .map(|level| level.map(level_index))
                .collect())
        }
    }
}

fn side_index(side: Side) -> usize {
    match side {
        Side::Negative => 0,
        Side::Positive => 1,
    }
}

fn level_index(level: Level) -> usize {
    match level {
        Level::Low => 0,
        Level::Mid => 1,
        Level::High => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_value_changes_no_earlier_label() {
        let signal: Vec<Option<f64>> = (0..200)
            .map(|i| Some(f64::from((i * 53) % 97) - 48.0))
            .collect();
        let specs = [
            RegimeSpec::Sign { dead_band: 5.0 },
            RegimeSpec::Quantile {
                lower: 0.3,
                upper: 0.7,
                hysteresis: 0.05,
                min_history: 60,
            },
        ];
        for spec in specs {
            let all = labels(spec, &signal).unwrap();
            let mut poisoned = signal.clone();
            poisoned[150..].fill(Some(1e12));
            assert_eq!(labels(spec, &poisoned).unwrap()[..150], all[..150]);
            assert_eq!(labels(spec, &signal[..150]).unwrap(), all[..150]);
        }
    }
}
