//! What a run reads: signals, bars and controls, each value with the instant it was public.

use chrono::NaiveDate;
use gex_compute::market::Instant;
use gex_compute::market::bar::{BarSeries, ControlPoint, ControlSeries};
use gex_compute::market::calendar::{Calendar, Session};
use gex_compute::series::GexPoint;

use crate::findings::{LedgerFacts, QualityFacts};
use crate::grid::{BarsTooCoarse, Grid, Step};

/// Everything that a run reads.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// The signals.
    pub signals: Signals<'a>,
    /// Price bars of the underlying.
    pub bars: &'a BarSeries,
    /// Control series by their names: `vix` or `dvol`, `adv`, `market-cap`.
    pub controls: &'a [ControlSeries],
    /// The calendar of sessions.
    pub calendar: Calendar,
    /// Sessions of the calendar from the first bar or signal, whichever is earlier, to the last bar.
    pub sessions: &'a [Session],
    /// What the report repeats and no estimate depends on.
    pub facts: Facts,
}

/// What the report repeats and no estimate depends on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Name of the underlying.
    pub underlying: String,
    /// Whether the market was simulated.
    pub synthetic: bool,
    /// Currency of exposures.
    pub currency: String,
    /// Positioning models, the first being the study's own.
    pub positioning: Vec<String>,
    /// Assumptions in plain sentences.
    pub assumptions: Vec<String>,
    /// What was read and what was set aside.
    pub quality: QualityFacts,
    /// How many distinct hypotheses were ever evaluated on this data set.
    pub ledger: LedgerFacts,
}

/// Where the signals come from.
#[derive(Debug, Clone, Copy)]
pub enum Signals<'a> {
    /// Recomputed from chains; ascending by `known_at` within each positioning model.
    Chains(&'a [GexPoint]),
    /// A series that somebody else computed.
    Vendor {
        /// Its values, ascending by `known_at`.
        points: &'a [VendorPoint],
        /// The rule that gave each `known_at`.
        rule: KnownAtRule,
    },
}

/// One value of a vendor's daily series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VendorPoint {
    /// Instant that the value is about: the session's close.
    pub ts: Instant,
    /// Instant at which it is taken to be public.
    pub known_at: Instant,
    /// The session.
    pub session: NaiveDate,
    /// The value, in the vendor's unit; `None` where the vendor gave none.
    pub value: Option<f64>,
}

/// When a vendor's daily value counts as public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownAtRule {
    /// At the open of the next session.
    NextOpen,
    /// At the close of its own session: optimistic, since the value needs that close.
    SessionClose,
}

impl KnownAtRule {
    /// The name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::NextOpen => "next-open",
            Self::SessionClose => "session-close",
        }
    }

    /// Reads the name.
    ///
    /// ```
    /// use gex_analysis::inputs::KnownAtRule;
    /// assert_eq!(KnownAtRule::from_name("next-open"), Some(KnownAtRule::NextOpen));
    /// assert_eq!(KnownAtRule::from_name("same-day"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::NextOpen, Self::SessionClose]
            .into_iter()
            .find(|rule| rule.name() == name)
    }

    /// Places a value of the session of `date`; `None` if the calendar has no such session, or no
    /// next one.
    pub fn place(
        self,
        calendar: Calendar,
        date: NaiveDate,
        value: Option<f64>,
    ) -> Option<VendorPoint> {
        let session = calendar.session_on(date)?;
        let known_at = match self {
            Self::SessionClose => session.close,
            Self::NextOpen => calendar.next_session(date)?.open,
        };
        Some(VendorPoint {
            ts: session.close,
            known_at,
            session: date,
            value,
        })
    }
}

/// Why inputs can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputFault {
    /// Values out of order in time.
    #[error("{what} must ascend in time without repeats, {instant} does not: sort and deduplicate")]
    Order {
        /// Which input.
        what: String,
        /// The instant that breaks the order.
        instant: Instant,
    },
    /// A value public before the instant it is about.
    #[error("{what} of {ts} is marked as known at {known_at}, before it existed: fix its clock")]
    Crossed {
        /// Which input.
        what: String,
        /// What instant it is about.
        ts: Instant,
        /// When it is said to have been public.
        known_at: Instant,
    },
    /// Bars without a session.
    #[error("no session of the calendar was given, the bars can't be placed")]
    NoSessions,
    /// A signal from before the first session that was given.
    #[error(
        "a signal of {ts} lies before the first session given, which opens at {first}: its window \
         would open too late, give the sessions from the first signal on"
    )]
    SessionsTooLate {
        /// Instant of the signal.
        ts: Instant,
        /// Open of the first session given.
        first: Instant,
    },
    /// A hypothesis needs an input that is not there.
    #[error("hypothesis {id:?} needs {what}, which is not among the inputs: add {cure}")]
    Missing {
        /// The hypothesis.
        id: String,
        /// What it needs.
        what: String,
        /// Where to add it.
        cure: String,
    },
}

impl Inputs<'_> {
    /// Refuses inputs whose clocks cross or whose order is broken.
    ///
    /// # Errors
    ///
    /// [`InputFault`] naming the input and the instant.
    pub fn check(&self) -> Result<(), InputFault> {
        let first = self.sessions.first().ok_or(InputFault::NoSessions)?.open;
        if let Some(ts) = self.first_signal().filter(|ts| *ts < first) {
            return Err(InputFault::SessionsTooLate { ts, first });
        }
        ascending("sessions", self.sessions.iter().map(|session| session.open))?;
        ascending("bars", self.bars.bars.iter().map(|bar| bar.start))?;
        uncrossed(
            "the bar",
            self.bars.bars.iter().map(|bar| (bar.end, bar.known_at)),
        )?;
        for control in self.controls {
            let what = format!("control {}", control.name);
            ascending(&what, control.points.iter().map(|point| point.ts))?;
            ordered(&what, control.points.iter().map(|point| point.known_at))?;
            uncrossed(
                &what,
                control
                    .points
                    .iter()
                    .map(|point| (point.ts, point.known_at)),
            )?;
        }
        self.check_signals()
    }

    fn first_signal(&self) -> Option<Instant> {
        match self.signals {
            Signals::Vendor { points, .. } => points.iter().map(|point| point.ts).min(),
            Signals::Chains(points) => points.iter().map(|point| point.ts).min(),
        }
    }

    fn check_signals(&self) -> Result<(), InputFault> {
        match self.signals {
            Signals::Vendor { points, .. } => check_clock(
                "the series",
                &points
                    .iter()
                    .map(|p| (p.ts, p.known_at))
                    .collect::<Vec<_>>(),
            ),
            Signals::Chains(points) => {
                let mut names: Vec<&str> = points
                    .iter()
                    .map(|point| point.positioning.as_str())
                    .collect();
                names.sort_unstable();
                names.dedup();
                names.into_iter().try_for_each(|name| {
                    let of_model = points.iter().filter(|point| point.positioning == name);
                    let clock: Vec<_> = of_model.map(|p| (p.ts, p.known_at)).collect();
                    check_clock(&format!("the series of {name}"), &clock)
                })
            }
        }
    }

    /// Cuts the sessions into slots and fills them with the bars.
    ///
    /// # Errors
    ///
    /// [`BarsTooCoarse`] if slots are to be bars and no bar divides an hour.
    pub fn grid(&self, step: Step) -> Result<Grid, BarsTooCoarse> {
        let per_year = self.calendar.periods_per_year();
        Grid::new(self.sessions, &self.bars.bars, step, per_year)
    }

    /// The control series of a name.
    pub fn control(&self, name: &str) -> Option<&ControlSeries> {
        self.controls.iter().find(|control| control.name == name)
    }
}

fn check_clock(what: &str, clock: &[(Instant, Instant)]) -> Result<(), InputFault> {
    ascending(what, clock.iter().map(|(ts, _)| *ts))?;
    ordered(what, clock.iter().map(|(_, known_at)| *known_at))?;
    uncrossed(what, clock.iter().copied())
}

fn ascending(what: &str, instants: impl Iterator<Item = Instant>) -> Result<(), InputFault> {
    in_order(what, instants, |earlier, later| earlier < later)
}

fn ordered(what: &str, instants: impl Iterator<Item = Instant>) -> Result<(), InputFault> {
    in_order(what, instants, |earlier, later| earlier <= later)
}

fn in_order(
    what: &str,
    instants: impl Iterator<Item = Instant>,
    holds: impl Fn(Instant, Instant) -> bool,
) -> Result<(), InputFault> {
    let mut earlier = None;
    for instant in instants {
        if earlier.is_some_and(|earlier| !holds(earlier, instant)) {
            return Err(InputFault::Order {
                what: what.to_owned(),
                instant,
            });
        }
        earlier = Some(instant);
    }
    Ok(())
}

fn uncrossed(
    what: &str,
    mut clock: impl Iterator<Item = (Instant, Instant)>,
) -> Result<(), InputFault> {
    match clock.find(|(ts, known_at)| known_at < ts) {
        None => Ok(()),
        Some((ts, known_at)) => Err(InputFault::Crossed {
            what: what.to_owned(),
            ts,
            known_at,
        }),
    }
}

/// The points of a control series that were public at `instant`, oldest first.
pub(crate) fn known_by(series: &ControlSeries, instant: Instant) -> &[ControlPoint] {
    let known = series
        .points
        .partition_point(|point| point.known_at <= instant);
    series.points.get(..known).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{at, bar, date, series, session};

    #[test]
    fn crossed_clocks_and_broken_order_are_refused() {
        let point = |day, known_at| VendorPoint {
            ts: at(day, 16),
            known_at,
            session: date(day),
            value: Some(1.0),
        };
        let bars = series(vec![bar(2, 10, 16), bar(3, 10, 16)]);
        let sessions = [session(2), session(3)];
        let check = |points: &[VendorPoint]| {
            let rule = KnownAtRule::NextOpen;
            let signals = Signals::Vendor { points, rule };
            let facts = Facts::default();
            let (controls, calendar) = (&[], Calendar::Xnys);
            Inputs {
                signals,
                bars: &bars,
                controls,
                calendar,
                sessions: &sessions,
                facts,
            }
            .check()
        };
        assert_eq!(check(&[point(2, at(3, 10)), point(3, at(4, 10))]), Ok(()));
        let crossed = check(&[point(2, at(2, 10))]).unwrap_err();
        assert!(matches!(crossed, InputFault::Crossed { .. }), "{crossed}");
        let early = check(&[point(1, at(2, 10))]).unwrap_err();
        assert!(
            matches!(early, InputFault::SessionsTooLate { .. }),
            "{early}"
        );
        let twice = check(&[point(2, at(3, 10)), point(2, at(3, 10))]).unwrap_err();
        assert!(matches!(twice, InputFault::Order { .. }), "{twice}");
    }

    #[test]
    fn a_vendor_value_is_public_at_the_next_open_unless_declared_otherwise() {
        let day = NaiveDate::from_ymd_opt(2025, 1, 3).unwrap(); // a Friday
        let next = KnownAtRule::NextOpen
            .place(Calendar::Xnys, day, Some(1.0))
            .unwrap();
        assert_eq!(next.known_at.to_rfc3339(), "2025-01-06T14:30:00+00:00");
        let same = KnownAtRule::SessionClose
            .place(Calendar::Xnys, day, Some(1.0))
            .unwrap();
        assert_eq!(same.known_at.to_rfc3339(), "2025-01-03T21:00:00+00:00");
        let sunday = NaiveDate::from_ymd_opt(2025, 1, 5).unwrap();
        assert_eq!(
            KnownAtRule::NextOpen.place(Calendar::Xnys, sunday, None),
            None
        );
    }
}
