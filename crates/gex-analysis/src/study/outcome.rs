//! What is predicted, over how long, and how its variance is estimated.

use std::fmt;

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutcomeSpec {
    /// Which quantity.
    pub kind: OutcomeKind,
    /// Over how long.
    pub horizon: Horizon,
}

impl OutcomeSpec {
    pub(super) fn check(&self) -> Result<(), String> {
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
