//! Regime labels of a hypothesis, from the past only.

use crate::stats::regime::{
    Hysteresis, Level, Side, expanding_levels, hold, levels, rolling_z, sign_dead_band,
};
use crate::stats::{Undefined, hmm_fit};
use crate::study::{RegimeRule, RegimeSpec};

/// Labels each value by its regime: the place of the label in [`RegimeSpec::labels`], 0 the lowest.
///
/// For [`RegimeRule::SpotVsFlip`] the values are distances from the flip in daily deviations, for every other rule
/// they are the scaled signal. A missing value keeps the label before; there is none before the first label.
///
/// # Errors
///
/// When a value is NaN or a threshold is out of order.
///
/// ```
/// use gex_analysis::regime::labels;
/// use gex_analysis::study::{RegimeRule, RegimeSpec};
///
/// let signal = [Some(2.0), Some(-0.5), None, Some(-1.5)];
/// let spec = RegimeSpec::from(RegimeRule::Sign { dead_band: 1.0 });
/// assert_eq!(labels(spec, &signal)?, [Some(1), Some(1), Some(1), Some(0)]);
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn labels(spec: RegimeSpec, signal: &[Option<f64>]) -> Result<Vec<Option<usize>>, Undefined> {
    match spec.rule {
        RegimeRule::Sign { dead_band: band } | RegimeRule::SpotVsFlip { buffer: band } => {
            let sides = sign_dead_band(signal, band)?;
            let wanted: Vec<_> = sides.into_iter().map(|side| side.map(side_index)).collect();
            Ok(hold(&wanted, spec.min_dwell))
        }
        RegimeRule::Quantile {
            lower,
            upper,
            hysteresis,
            min_history,
        } => {
            let thresholds = Hysteresis {
                min_history,
                ..thresholds(spec, (lower, upper), hysteresis)
            };
            Ok(indices(expanding_levels(signal, thresholds)?.labels))
        }
        RegimeRule::ZScore {
            lower,
            upper,
            hysteresis,
            window,
            min_history,
        } => {
            let scores = rolling_z(signal, window, min_history)?;
            let thresholds = thresholds(spec, (lower, upper), hysteresis);
            Ok(indices(levels(&scores, thresholds)?))
        }
        RegimeRule::Hmm {
            states,
            min_history,
            refit: every,
        } => {
            let refits = hmm_fit::Refits {
                states,
                min_history,
                every,
            };
            Ok(hold(&hmm_fit::labels(signal, refits)?, spec.min_dwell))
        }
    }
}

fn thresholds(spec: RegimeSpec, (lower, upper): (f64, f64), hysteresis: f64) -> Hysteresis {
    Hysteresis {
        min_history: 0,
        enter_low: lower,
        exit_low: lower + hysteresis,
        enter_high: upper,
        exit_high: upper - hysteresis,
        min_dwell: spec.min_dwell,
    }
}

fn indices(levels: Vec<Option<Level>>) -> Vec<Option<usize>> {
    let index = |level: Option<Level>| level.map(level_index);
    levels.into_iter().map(index).collect()
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
        let rules = [
            RegimeRule::Sign { dead_band: 5.0 },
            RegimeRule::SpotVsFlip { buffer: 5.0 },
            RegimeRule::Quantile {
                lower: 0.3,
                upper: 0.7,
                hysteresis: 0.05,
                min_history: 60,
            },
            RegimeRule::ZScore {
                lower: -1.0,
                upper: 1.0,
                hysteresis: 0.25,
                window: 80,
                min_history: 60,
            },
            RegimeRule::Hmm {
                states: 3,
                min_history: 60,
                refit: 21,
            },
        ];
        for spec in rules.map(|rule| RegimeSpec { rule, min_dwell: 3 }) {
            let all = labels(spec, &signal).unwrap();
            let mut poisoned = signal.clone();
            poisoned[150..].fill(Some(1e12));
            assert_eq!(labels(spec, &poisoned).unwrap()[..150], all[..150]);
            assert_eq!(labels(spec, &signal[..150]).unwrap(), all[..150]);
        }
    }
}
