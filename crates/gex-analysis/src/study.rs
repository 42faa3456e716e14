//! What a study means: hypotheses fixed before the run, checked, with units, without defaults.
//!
//! What was typed is the study file's affair; a [`Study`] exists only if every part of it can be
//! carried out.

use std::fmt;

use gex_compute::series::{Measure, MeasureUnit};

use crate::findings::{Expect, Role};

/// The greatest number of primary hypotheses: Holm over more would leave no power.
pub const MAX_PRIMARIES: usize = 4;

/// A study that can be carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    name: String,
    seed: u64,
    hypotheses: Vec<Hypothesis>,
}

impl Study {
    /// Checks hypotheses one by one and as a family.
    ///
    /// # Errors
    ///
    /// [`StudyFault`] naming the hypothesis, the value and the cure.
    pub fn new(name: &str, seed: u64, hypotheses: Vec<Hypothesis>) -> Result<Self, StudyFault> {
        if hypotheses.is_empty() {
            return Err(StudyFault::NoHypothesis);
        }
        for (i, hypothesis) in hypotheses.iter().enumerate() {
            hypothesis.check()?;
            if hypotheses.iter().take(i).any(|h| h.id == hypothesis.id) {
                return Err(StudyFault::SameId(hypothesis.id.clone()));
            }
        }
        let primaries = hypotheses
            .iter()
            .filter(|h| h.role == Role::Primary)
            .count();
        if MAX_PRIMARIES < primaries {
            return Err(StudyFault::TooManyPrimaries(primaries));
        }
        Ok(Self {
            name: name.to_owned(),
            seed,
            hypotheses,
        })
    }

    /// The name of the study.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The seed of every random draw.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The hypotheses, in the order of the study file.
    pub fn hypotheses(&self) -> &[Hypothesis] {
        &self.hypotheses
    }
}

/// One claim, fixed before the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// Identifier, in kebab case, unique in the study.
    pub id: String,
    /// The claim, in one sentence.
    pub claim: String,
    /// Primary or exploratory.
    pub role: Role,
    /// What predicts.
    pub signal: SignalSpec,
    /// How sessions are sorted into regimes.
    pub regime: RegimeSpec,
    /// What is predicted.
    pub outcome: OutcomeSpec,
    /// What is known already and must be beaten.
    pub controls: Vec<Control>,
    /// Sign of the effect of more signal on the outcome.
    pub expect: Expect,
    /// Smallest effect that would matter: share of volatility per standard deviation of signal.
    pub smallest_effect: f64,
}

impl Hypothesis {
    fn check(&self) -> Result<(), StudyFault> {
        let fault = |what: String| StudyFault::Hypothesis {
            id: self.id.clone(),
            what,
        };
        if !is_kebab(&self.id) {
            return Err(StudyFault::BadId(self.id.clone()));
        }
        if !(self.smallest_effect.is_finite() && 0.0 < self.smallest_effect) {
            let value = self.smallest_effect;
            return Err(fault(format!(
                "smallest-effect must be above zero, got {value}"
            )));
        }
        self.signal.check().map_err(fault)?;
        self.regime.check().map_err(fault)?;
        self.outcome.check().map_err(fault)
    }
}

fn is_kebab(id: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !id.is_empty() && id.chars().all(legal)
}

/// What predicts.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalSpec {
    /// Name of the positioning model, in kebab case; [`VENDOR_POSITIONING`] for a vendor's series.
    pub positioning: String,
    /// Which column.
    pub column: SignalColumn,
    /// The value with its sign, or its size.
    pub part: SignalPart,
    /// What the value is divided by.
    pub scale: Scale,
}

/// Positioning of a series that somebody else computed: whatever its author assumed.
pub const VENDOR_POSITIONING: &str = "vendor";

impl SignalSpec {
    /// The measure as a study file writes it: `net-gex`, `abs-net-gex`, `value`.
    pub fn measure_name(&self) -> String {
        match self.part {
            SignalPart::Signed => self.column.name().to_owned(),
            SignalPart::Size => format!("abs-{}", self.column.name()),
        }
    }

    fn check(&self) -> Result<(), String> {
        let SignalColumn::Series(measure) = self.column else {
            return match self.scale {
                Scale::Balance => Err("scale balance needs a chain's gross-gex".to_owned()),
                _ => Ok(()),
            };
        };
        let money = measure.unit() == MeasureUnit::CurrencyPerPct;
        let name = measure.name();
        match self.scale {
            Scale::PerAdv | Scale::PerMarketCap | Scale::Balance if !money => Err(format!(
                "scale {} needs a gamma exposure in currency per 1 %, and {name} is not one: \
                 use scale own-deviation or usd (as it is)",
                self.scale.name()
            )),
            _ => Ok(()),
        }
    }
}

/// Which column predicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignalColumn {
    /// A column of the series recomputed from chains.
    Series(Measure),
    /// The value of a series that somebody else computed.
    Vendor,
}

impl SignalColumn {
    /// The name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Series(measure) => measure.name(),
            Self::Vendor => "value",
        }
    }
}

/// Reads `net-gex`, `abs-net-gex`, `value` or `abs-value`.
///
/// ```
/// use gex_analysis::study::{SignalColumn, SignalPart, column_and_part};
/// use gex_compute::series::Measure;
///
/// let read = column_and_part("abs-net-gex");
/// assert_eq!(read, Some((SignalColumn::Series(Measure::NetGex), SignalPart::Size)));
/// assert_eq!(column_and_part("gamma"), None);
/// ```
pub fn column_and_part(name: &str) -> Option<(SignalColumn, SignalPart)> {
    let (rest, part) = match name.strip_prefix("abs-") {
        Some(rest) => (rest, SignalPart::Size),
        None => (name, SignalPart::Signed),
    };
    let column = match rest {
        "value" => SignalColumn::Vendor,
        _ => SignalColumn::Series(Measure::from_name(rest)?),
    };
    Some((column, part))
}

/// The value with its sign, or its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignalPart {
    /// As it is.
    Signed,
    /// Its absolute value.
    Size,
}

/// What a signal is divided by. Every divisor is known at the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scale {
    /// Nothing: the column's own unit, quote currency per 1 % for gamma exposures.
    Usd,
    /// Average daily volume in currency, the median of the 20 sessions before; control `adv`.
    PerAdv,
    /// Market capitalisation in currency, last value known; control `market-cap`.
    PerMarketCap,
    /// Standard deviation of the 252 values before (at least 63), the value itself not among them.
    OwnDeviation,
    /// Gross gamma of the same snapshot.
    Balance,
}

impl Scale {
    /// Every scale.
    pub const ALL: [Self; 5] = [
        Self::Usd,
        Self::PerAdv,
        Self::PerMarketCap,
        Self::OwnDeviation,
        Self::Balance,
    ];

    /// The name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usd => "usd",
            Self::PerAdv => "per-adv",
            Self::PerMarketCap => "per-market-cap",
            Self::OwnDeviation => "own-deviation",
            Self::Balance => "balance",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scale| scale.name() == name)
    }

    /// The control series that the scale needs.
    pub fn control(self) -> Option<&'static str> {
        match self {
            Self::PerAdv => Some("adv"),
            Self::PerMarketCap => Some("market-cap"),
            Self::Usd | Self::OwnDeviation | Self::Balance => None,
        }
    }
}

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

    fn check(&self) -> Result<(), String> {
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

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutcomeSpec {
    /// Which quantity.
    pub kind: OutcomeKind,
    /// Over how long.
    pub horizon: Horizon,
}

impl OutcomeSpec {
    fn check(&self) -> Result<(), String> {
        if self.horizon.length() == 0 {
            return Err(format!("horizon must be at least 1, got {}", self.horizon));
        }
        match (self.kind, self.horizon) {
            (
                OutcomeKind::LogRealizedVariance {
                    estimator: Estimator::YangZhang,
                },
                horizon,
            ) if horizon.length() < 4 => Err(format!(
                "yang-zhang needs a horizon of at least 4, got {horizon}: use \
                     garman-klass-overnight"
            )),
            _ => Ok(()),
        }
    }
}

/// Which quantity of the window is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeKind {
    /// Natural logarithm of the mean variance per bar.
    LogRealizedVariance {
        /// How a bar's variance is estimated.
        estimator: Estimator,
    },
    /// Size of the window's log return.
    AbsReturn,
    /// The window's log return.
    Return,
}

impl OutcomeKind {
    /// The name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogRealizedVariance { .. } => "log-realized-variance",
            Self::AbsReturn => "abs-return",
            Self::Return => "return",
        }
    }
}

impl fmt::Display for OutcomeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LogRealizedVariance { estimator } => {
                write!(
                    f,
                    "log of realized variance ({}), per bar",
                    estimator.name()
                )
            }
            Self::AbsReturn => write!(f, "size of the log return"),
            Self::Return => write!(f, "log return"),
        }
    }
}

/// How a window's variance is estimated from its bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimator {
    /// Squared close-to-close returns.
    CloseToClose,
    /// High-low range.
    Parkinson,
    /// Range and open-to-close return.
    GarmanKlass,
    /// Garman-Klass plus the squared overnight return.
    GarmanKlassOvernight,
    /// Range, with any drift.
    RogersSatchell,
    /// Overnight, open-to-close and range together; windows of at least four bars.
    YangZhang,
}

impl Estimator {
    /// Every estimator.
    pub const ALL: [Self; 6] = [
        Self::CloseToClose,
        Self::Parkinson,
        Self::GarmanKlass,
        Self::GarmanKlassOvernight,
        Self::RogersSatchell,
        Self::YangZhang,
    ];

    /// The name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::CloseToClose => "close-to-close",
            Self::Parkinson => "parkinson",
            Self::GarmanKlass => "garman-klass",
            Self::GarmanKlassOvernight => "garman-klass-overnight",
            Self::RogersSatchell => "rogers-satchell",
            Self::YangZhang => "yang-zhang",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|estimator| estimator.name() == name)
    }
}

/// Over how long an outcome is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Horizon {
    /// Consecutive sessions of the calendar.
    Sessions(u32),
    /// Consecutive hours.
    Hours(u32),
}

impl Horizon {
    /// The number before the unit.
    pub fn length(self) -> u32 {
        match self {
            Self::Sessions(length) | Self::Hours(length) => length,
        }
    }

    /// Reads `1session`, `5session` or `24h`.
    ///
    /// ```
    /// use gex_analysis::study::Horizon;
    /// assert_eq!(Horizon::from_text("5session"), Some(Horizon::Sessions(5)));
    /// assert_eq!(Horizon::from_text("24h"), Some(Horizon::Hours(24)));
    /// assert_eq!(Horizon::from_text("5"), None);
    /// ```
    pub fn from_text(text: &str) -> Option<Self> {
        let read = |digits: &str| digits.parse::<u32>().ok().filter(|&length| 0 < length);
        if let Some(digits) = text
            .strip_suffix("sessions")
            .or_else(|| text.strip_suffix("session"))
        {
            return read(digits).map(Self::Sessions);
        }
        read(text.strip_suffix('h')?).map(Self::Hours)
    }
}

impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sessions(length) => write!(f, "{length}session"),
            Self::Hours(length) => write!(f, "{length}h"),
        }
    }
}

/// What is known at the decision and must be beaten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control {
    /// Logs of past realized variance over 1, 5 and 22 sessions (Corsi 2009).
    LogHar,
    /// Past returns over 1, 5 and 22 sessions where negative, else zero (Corsi and Renò 2012).
    Leverage,
    /// Log of implied variance per bar; control series `vix`, in volatility points.
    ImpliedVariance,
}

impl Control {
    /// Every control.
    pub const ALL: [Self; 3] = [Self::LogHar, Self::Leverage, Self::ImpliedVariance];

    /// The name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogHar => "log-har",
            Self::Leverage => "leverage",
            Self::ImpliedVariance => "implied-variance",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|control| control.name() == name)
    }
}

/// Why hypotheses don't make a study.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StudyFault {
    /// Nothing to test.
    #[error("a study needs at least one hypothesis, add a [[hypothesis]] table")]
    NoHypothesis,
    /// Two hypotheses share an id.
    #[error("two hypotheses have the id {0:?}, rename one")]
    SameId(String),
    /// An id that can't name a file or an anchor.
    #[error("hypothesis id {0:?} must be in kebab case: a-z, 0-9 and -")]
    BadId(String),
    /// More primaries than can be adjusted for.
    #[error("{0} primary hypotheses, at most 4 are allowed: make the rest exploratory")]
    TooManyPrimaries(usize),
    /// One hypothesis can't be carried out.
    #[error("hypothesis {id:?}: {what}")]
    Hypothesis {
        /// Its id.
        id: String,
        /// What is wrong, and the cure.
        what: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hypothesis(id: &str) -> Hypothesis {
        Hypothesis {
            id: id.to_owned(),
            claim: "more gamma, less variance".to_owned(),
            role: Role::Primary,
            signal: SignalSpec {
                positioning: "gross".to_owned(),
                column: SignalColumn::Series(Measure::NetGex),
                part: SignalPart::Signed,
                scale: Scale::Usd,
            },
            regime: RegimeSpec::Sign { dead_band: 0.0 },
            outcome: OutcomeSpec {
                kind: OutcomeKind::LogRealizedVariance {
                    estimator: Estimator::CloseToClose,
                },
                horizon: Horizon::Sessions(5),
            },
            controls: vec![Control::LogHar],
            expect: Expect::Negative,
            smallest_effect: 0.05,
        }
    }

    fn fault_of(change: impl Fn(&mut Hypothesis)) -> String {
        let mut changed = hypothesis("a");
        change(&mut changed);
        Study::new("s", 1, vec![changed]).unwrap_err().to_string()
    }

    #[test]
    fn a_study_that_cannot_be_carried_out_is_refused_by_name() {
        assert!(Study::new("s", 1, vec![hypothesis("a"), hypothesis("b")]).is_ok());
        assert!(fault_of(|h| h.smallest_effect = 0.0).contains("smallest-effect"));
        assert!(fault_of(|h| h.regime = RegimeSpec::Sign { dead_band: -1.0 }).contains("-1"));
        assert!(fault_of(|h| h.id = "../x".to_owned()).contains("kebab"));
        let short = fault_of(|h| {
            h.outcome.kind = OutcomeKind::LogRealizedVariance {
                estimator: Estimator::YangZhang,
            };
            h.outcome.horizon = Horizon::Sessions(2);
        });
        assert!(short.contains("yang-zhang"), "{short}");
        let ratio = fault_of(|h| {
            h.signal.column = SignalColumn::Series(Measure::Balance);
            h.signal.scale = Scale::PerAdv;
        });
        assert!(ratio.contains("per-adv"), "{ratio}");
        assert!(
            fault_of(|h| {
                h.regime = RegimeSpec::Quantile {
                    lower: 0.6,
                    upper: 0.4,
                    hysteresis: 0.0,
                    min_history: 252,
                };
            })
            .contains("lower 0.6")
        );
    }

    #[test]
    fn a_family_is_checked_as_one() {
        let same = Study::new("s", 1, vec![hypothesis("a"), hypothesis("a")]);
        assert_eq!(same, Err(StudyFault::SameId("a".to_owned())));
        let many = ["a", "b", "c", "d", "e"].map(hypothesis).to_vec();
        assert_eq!(
            Study::new("s", 1, many),
            Err(StudyFault::TooManyPrimaries(5))
        );
        assert_eq!(
            Study::new("s", 1, Vec::new()),
            Err(StudyFault::NoHypothesis)
        );
    }

    #[test]
    fn names_read_back() {
        for scale in Scale::ALL {
            assert_eq!(Scale::from_name(scale.name()), Some(scale));
        }
        for estimator in Estimator::ALL {
            assert_eq!(Estimator::from_name(estimator.name()), Some(estimator));
        }
        for control in Control::ALL {
            assert_eq!(Control::from_name(control.name()), Some(control));
        }
        for horizon in [Horizon::Sessions(21), Horizon::Hours(24)] {
            assert_eq!(Horizon::from_text(&horizon.to_string()), Some(horizon));
        }
        assert_eq!(Horizon::from_text("0session"), None);
    }
}
