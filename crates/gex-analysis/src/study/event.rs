//! Events whose aftermath is studied.

use super::Estimator;

/// One event study, fixed before the run.
#[derive(Debug, Clone, PartialEq)]
pub struct EventSpec {
    /// Identifier, in kebab case, unique among events.
    pub id: String,
    /// The claim, in one sentence.
    pub claim: String,
    /// What an event is.
    pub kind: EventKind,
    /// Positioning model; [`super::VENDOR_POSITIONING`] for a vendor's series.
    pub positioning: String,
    /// What is followed around an event.
    pub outcome: EventOutcome,
    /// Sessions shown before an event.
    pub pre: usize,
    /// Sessions shown after an event.
    pub post: usize,
    /// Sessions between two events at least; the first is kept.
    pub min_gap: usize,
}

/// Sessions before the window that an event's own level is taken from.
pub const ESTIMATION_SESSIONS: usize = 60;

/// What an event is. Each is seen from inputs known at its session's decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EventKind {
    /// Spot falls through the flip from one snapshot to the next.
    FlipCrossingDown,
    /// Spot rises through the flip.
    FlipCrossingUp,
    /// Net gamma, or a series' value, falls below zero.
    GammaInversion,
    /// The size of net gamma enters its highest tenth among earlier values.
    SizeOnset,
    /// Net gamma of calls is negative and the session's return above two deviations of the past 22 sessions.
    Squeeze,
    /// A share of gross gamma at least this large expires before the next session ends.
    RollOff {
        /// The share, in (0, 1].
        share: f64,
    },
    /// The session's high passed the call wall known before it by this many daily deviations.
    StopRun {
        /// Daily deviations.
        beyond: f64,
    },
    /// Touches of the call wall that was known before the session, against placebo levels.
    CallWallTouch,
    /// Touches of the put wall.
    PutWallTouch,
    /// Closes of sessions into which much gamma expires, on the lattice of strikes.
    Pinning {
        /// Distance between strikes.
        lattice: f64,
        /// Share of gross gamma that makes a session an expiry, in (0, 1].
        share: f64,
    },
}

impl EventKind {
    /// The name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::FlipCrossingDown => "flip-crossing-down",
            Self::FlipCrossingUp => "flip-crossing-up",
            Self::GammaInversion => "gamma-inversion",
            Self::SizeOnset => "size-onset",
            Self::Squeeze => "squeeze",
            Self::RollOff { .. } => "roll-off",
            Self::StopRun { .. } => "stop-run",
            Self::CallWallTouch => "call-wall-touch",
            Self::PutWallTouch => "put-wall-touch",
            Self::Pinning { .. } => "pinning",
        }
    }

    /// Whether a vendor's daily series is enough to see it.
    pub fn needs_chain(self) -> bool {
        !matches!(self, Self::GammaInversion | Self::SizeOnset)
    }
}

/// What is followed around an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventOutcome {
    /// Log of the session's variance.
    LogVariance {
        /// How it is estimated.
        estimator: Estimator,
    },
    /// Size of the session's log return.
    AbsReturn,
    /// Log return since the event's session closed.
    CumulativeReturn,
}

impl EventOutcome {
    /// The outcome in words.
    pub fn words(self) -> String {
        match self {
            Self::LogVariance { estimator } => {
                format!("log of the session's variance ({})", estimator.name())
            }
            Self::AbsReturn => "size of the session's log return".to_owned(),
            Self::CumulativeReturn => {
                "log return since the close of the event's session".to_owned()
            }
        }
    }
}

impl EventSpec {
    pub(super) fn check(&self) -> Result<(), String> {
        let share_fault = |share: f64| {
            let legal = 0.0 < share && share <= 1.0;
            (!legal).then(|| format!("share must lie in (0, 1], got {share}"))
        };
        let fault = match self.kind {
            EventKind::RollOff { share } => share_fault(share),
            EventKind::Pinning { lattice, share } => {
                let spaced = lattice.is_finite() && 0.0 < lattice;
                let fault = (!spaced).then(|| format!("lattice must be above zero, got {lattice}"));
                fault.or_else(|| share_fault(share))
            }
            EventKind::StopRun { beyond } if !(beyond.is_finite() && 0.0 <= beyond) => {
                Some(format!("beyond must be zero or more, got {beyond}"))
            }
            _ if self.post == 0 => Some("post must be at least 1, got 0".to_owned()),
            _ => None,
        };
        fault.map_or(Ok(()), Err)
    }
}
