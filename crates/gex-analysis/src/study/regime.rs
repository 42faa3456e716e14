//! How sessions are sorted into regimes.

use std::fmt;

/// How sessions are sorted into regimes, from the past only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegimeSpec {
    /// What decides.
    pub rule: RegimeRule,
    /// Rows that a label stays at least; 1 lets it change at any row.
    pub min_dwell: usize,
}

impl From<RegimeRule> for RegimeSpec {
    fn from(rule: RegimeRule) -> Self {
        Self { rule, min_dwell: 1 }
    }
}

/// What decides about a label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RegimeRule {
    /// Sign of the scaled signal; within `dead_band` of zero the label stays.
    Sign {
        /// Half-width of the band, in the unit of the scaled signal.
        dead_band: f64,
    },
    /// Percentile of the scaled signal among strictly earlier values.
    Quantile {
        /// Share at or below which `low` begins, in (0, 0.5).
        lower: f64,
        /// Share at or above which `high` begins, in (0.5, 1).
        upper: f64,
        /// How far inside a threshold the share must come for the label to end.
        hysteresis: f64,
        /// Earlier values needed before the first label.
        min_history: usize,
    },
    /// Distance of the scaled signal from the mean of strictly earlier values, in their standard deviations.
    ZScore {
        /// Score at or below which `low` begins.
        lower: f64,
        /// Score at or above which `high` begins.
        upper: f64,
        /// How far inside a threshold the score must come for the label to end.
        hysteresis: f64,
        /// Earlier values that count at most.
        window: usize,
        /// Earlier values needed before the first label.
        min_history: usize,
    },
    /// Spot below or above the flip of its own snapshot; within `buffer` of the flip the label stays.
    SpotVsFlip {
        /// Half-width of the band, in standard deviations of one session's return over the past 22.
        buffer: f64,
    },
    /// The most probable state of a Gaussian hidden Markov model of the scaled signal: filtered, with parameters
    /// estimated on strictly earlier values.
    Hmm {
        /// 2 or 3 states, ascending by mean.
        states: usize,
        /// Earlier values needed before the first label.
        min_history: usize,
        /// Values between two estimates.
        refit: usize,
    },
}

impl RegimeSpec {
    /// The labels, from the lowest signal to the highest.
    pub fn labels(self) -> &'static [&'static str] {
        match self.rule {
            RegimeRule::Sign { .. } => &["negative", "positive"],
            RegimeRule::SpotVsFlip { .. } => &["below-flip", "above-flip"],
            RegimeRule::Hmm { states: 2, .. } => &["low", "high"],
            RegimeRule::Quantile { .. } | RegimeRule::ZScore { .. } | RegimeRule::Hmm { .. } => {
                &["low", "mid", "high"]
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.min_dwell == 0 {
            return Err("min-dwell must be at least 1, got 0".to_owned());
        }
        match self.rule {
            RegimeRule::Sign { dead_band } => zero_or_more("dead-band", dead_band),
            RegimeRule::SpotVsFlip { buffer } => zero_or_more("buffer", buffer),
            RegimeRule::Quantile {
                lower,
                upper,
                hysteresis,
                min_history,
            } => {
                if !(0.0 < lower && upper < 1.0 && ordered(lower, upper, hysteresis)) {
                    return Err(format!(
                        "quantile regime needs 0 < lower + hysteresis <= upper - hysteresis < 1, \
                         got lower {lower}, upper {upper}, hysteresis {hysteresis}"
                    ));
                }
                at_least("min-history", min_history, 2)
            }
            RegimeRule::ZScore {
                lower,
                upper,
                hysteresis,
                window,
                min_history,
            } => {
                if !ordered(lower, upper, hysteresis) {
                    return Err(format!(
                        "zscore regime needs lower + hysteresis <= upper - hysteresis, \
                         got lower {lower}, upper {upper}, hysteresis {hysteresis}"
                    ));
                }
                at_least("min-history", min_history, 2)?;
                at_least("window", window, min_history)
            }
            RegimeRule::Hmm {
                states,
                min_history,
                refit,
            } => {
                if !(2..=3).contains(&states) {
                    return Err(format!("states must be 2 or 3, got {states}"));
                }
                at_least("min-history", min_history, 10 * states)?;
                at_least("refit", refit, 1)
            }
        }
    }
}

fn ordered(lower: f64, upper: f64, hysteresis: f64) -> bool {
    0.0 <= hysteresis && lower + hysteresis <= upper - hysteresis
}

fn zero_or_more(key: &str, value: f64) -> Result<(), String> {
    if value.is_finite() && 0.0 <= value {
        Ok(())
    } else {
        Err(format!("{key} must be zero or more, got {value}"))
    }
}

fn at_least(key: &str, value: usize, least: usize) -> Result<(), String> {
    if least <= value {
        Ok(())
    } else {
        Err(format!("{key} must be at least {least}, got {value}"))
    }
}

impl fmt::Display for RegimeSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rule)?;
        if 1 < self.min_dwell {
            write!(f, ", each for {} rows at least", self.min_dwell)?;
        }
        Ok(())
    }
}

impl fmt::Display for RegimeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sign { dead_band: 0.0 } => write!(f, "sign of the signal"),
            Self::Sign { dead_band } => {
                write!(f, "sign of the signal, kept within {dead_band} of zero")
            }
            Self::Quantile {
                lower,
                upper,
                hysteresis,
                min_history,
            } => write!(
                f,
                "percentile among earlier values: low at or below {lower}, high at or above \
                 {upper}, hysteresis {hysteresis}, after {min_history} values"
            ),
            Self::ZScore {
                lower,
                upper,
                hysteresis,
                window,
                min_history,
            } => write!(
                f,
                "z-score against the {window} values before: low at or below {lower}, high at or \
                 above {upper}, hysteresis {hysteresis}, after {min_history} values"
            ),
            Self::SpotVsFlip { buffer: 0.0 } => write!(f, "spot below or above the flip"),
            Self::SpotVsFlip { buffer } => write!(
                f,
                "spot below or above the flip, kept within {buffer} daily deviations of it"
            ),
            Self::Hmm {
                states,
                min_history,
                refit,
            } => write!(
                f,
                "most probable of {states} states of a Gaussian hidden Markov model, filtered, \
                 estimated on earlier values every {refit}, after {min_history} values"
            ),
        }
    }
}
