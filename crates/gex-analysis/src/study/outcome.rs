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
        let horizon = self.horizon;
        let estimator = self.kind.estimator();
        if estimator == Some(Estimator::YangZhang) && horizon.length() < 4 {
            return Err(format!(
                "yang-zhang needs a horizon of at least 4, got {horizon}: use \
                 garman-klass-overnight"
            ));
        }
        if self.kind == OutcomeKind::VarianceRatio && horizon.length() < 2 {
            return Err(format!(
                "variance-ratio compares a window with its parts and needs a horizon of at least 2, \
                 got {horizon}"
            ));
        }
        if self.kind == OutcomeKind::Overnight && horizon != Horizon::Sessions(1) {
            return Err(format!(
                "overnight has one night and a horizon of 1session, got {horizon}"
            ));
        }
        let within = self.kind == OutcomeKind::JumpShare
            || estimator.is_some_and(Estimator::reads_within_sessions);
        if within && matches!(horizon, Horizon::Hours(_)) {
            return Err(format!(
                "{} reads the bars within sessions, so its horizon counts sessions, got {horizon}",
                estimator.map_or(self.kind.name(), Estimator::name)
            ));
        }
        Ok(())
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
    /// Logarithm of the window's highest price over its lowest.
    Range,
    /// 1 where the return is larger than two standard deviations of the past 22 sessions, else 0.
    Tail,
    /// Squared return of the window over the sum of its bars' squared returns; 1 on average without autocorrelation.
    VarianceRatio,
    /// Return of the window times the return over as many bars before, each in standard deviations of the past 22
    /// sessions: its mean is the autocorrelation.
    Autocorrelation,
    /// Log of implied less log of realized variance, both per bar.
    ImpliedLessRealized {
        /// How a bar's variance is estimated.
        estimator: Estimator,
    },
    /// Share of the realized variance within sessions that jumps made.
    JumpShare,
    /// Log return from the close after the decision to the next open.
    Overnight,
    /// Log of the implied volatility known when the window ends over that known at the decision.
    ImpliedChange,
}

impl OutcomeKind {
    /// Every kind, with this estimator where it has one.
    pub fn all(estimator: Estimator) -> [Self; 11] {
        [
            Self::LogRealizedVariance { estimator },
            Self::AbsReturn,
            Self::Return,
            Self::Range,
            Self::Tail,
            Self::VarianceRatio,
            Self::Autocorrelation,
            Self::ImpliedLessRealized { estimator },
            Self::JumpShare,
            Self::Overnight,
            Self::ImpliedChange,
        ]
    }

    /// The same kind with another estimator, where it has one.
    #[must_use]
    pub fn with(self, estimator: Estimator) -> Self {
        match self {
            Self::LogRealizedVariance { .. } => Self::LogRealizedVariance { estimator },
            Self::ImpliedLessRealized { .. } => Self::ImpliedLessRealized { estimator },
            other => other,
        }
    }

    /// The name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogRealizedVariance { .. } => "log-realized-variance",
            Self::AbsReturn => "abs-return",
            Self::Return => "return",
            Self::Range => "range",
            Self::Tail => "tail",
            Self::VarianceRatio => "variance-ratio",
            Self::Autocorrelation => "autocorrelation",
            Self::ImpliedLessRealized { .. } => "implied-less-realized",
            Self::JumpShare => "jump-share",
            Self::Overnight => "overnight",
            Self::ImpliedChange => "implied-change",
        }
    }

    /// How variance is estimated, where the outcome is one.
    pub fn estimator(self) -> Option<Estimator> {
        match self {
            Self::LogRealizedVariance { estimator } | Self::ImpliedLessRealized { estimator } => {
                Some(estimator)
            }
            _ => None,
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
            Self::Range => write!(f, "log of the highest price over the lowest"),
            Self::Tail => write!(
                f,
                "return beyond two standard deviations of the past 22 sessions"
            ),
            Self::VarianceRatio => write!(f, "squared return over the sum of squared bar returns"),
            Self::Autocorrelation => write!(
                f,
                "return times the return before, each in past standard deviations"
            ),
            Self::ImpliedLessRealized { estimator } => write!(
                f,
                "log of implied less log of realized variance ({}), per bar; the index's year \
                 has the calendar's number of bars",
                estimator.name()
            ),
            Self::JumpShare => write!(f, "share of the variance within sessions made by jumps"),
            Self::Overnight => write!(f, "log return from the close to the next open"),
            Self::ImpliedChange => write!(f, "log change of implied volatility"),
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
    /// Squared returns within the session, subsampled, plus the squared overnight return.
    Realized,
    /// Squared returns within the session, subsampled, without the overnight return.
    RealizedWithinSession,
    /// Bipower variation within the session: realized variance without its jumps.
    Bipower,
    /// Squared negative returns within the session.
    SemivarianceDown,
    /// Squared positive returns within the session.
    SemivarianceUp,
}

impl Estimator {
    /// Every estimator.
    pub const ALL: [Self; 11] = [
        Self::CloseToClose,
        Self::Parkinson,
        Self::GarmanKlass,
        Self::GarmanKlassOvernight,
        Self::RogersSatchell,
        Self::YangZhang,
        Self::Realized,
        Self::RealizedWithinSession,
        Self::Bipower,
        Self::SemivarianceDown,
        Self::SemivarianceUp,
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
            Self::Realized => "realized",
            Self::RealizedWithinSession => "realized-within-session",
            Self::Bipower => "bipower",
            Self::SemivarianceDown => "semivariance-down",
            Self::SemivarianceUp => "semivariance-up",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|estimator| estimator.name() == name)
    }

    /// Whether it reads the bars within sessions.
    pub fn reads_within_sessions(self) -> bool {
        matches!(
            self,
            Self::Realized
                | Self::RealizedWithinSession
                | Self::Bipower
                | Self::SemivarianceDown
                | Self::SemivarianceUp
        )
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
