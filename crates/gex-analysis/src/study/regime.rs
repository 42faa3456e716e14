//! How sessions are sorted into regimes.

use std::fmt;

/// How sessions are sorted into regimes, from the past only.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RegimeSpec {
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
}

impl RegimeSpec {
    /// The labels, from the lowest signal to the highest.
    pub fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Sign { .. } => &["negative", "positive"],
            Self::Quantile { .. } => &["low", "mid", "high"],
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        match *self {
            Self::Sign { dead_band } if !(dead_band.is_finite() && 0.0 <= dead_band) => {
                Err(format!("dead-band must be zero or more, got {dead_band}"))
            }
            Self::Sign { .. } => Ok(()),
            Self::Quantile {
                lower,
                upper,
                hysteresis,
                min_history,
            } => {
                let ordered = 0.0 < lower
                    && 0.0 <= hysteresis
                    && lower + hysteresis <= upper - hysteresis
                    && upper < 1.0;
                if !ordered {
                    return Err(format!(
                        "quantile regime needs 0 < lower + hysteresis <= upper - hysteresis < 1, \
                         got lower {lower}, upper {upper}, hysteresis {hysteresis}"
                    ));
                }
                if min_history < 2 {
                    return Err(format!("min-history must be at least 2, got {min_history}"));
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for RegimeSpec {
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
        }
    }
}
