//! To which session a chain belongs, and when its inputs were public.
//!
//! Files are named by the day on which a job ran, and jobs run late, twice, on Saturdays and on
//! holidays. What a chain holds is told by its fetch time, its last trades and its expiries.

use std::fmt;

use chrono::{Datelike as _, NaiveDate, TimeDelta, Weekday};
use gex_compute::market::Instant;
use gex_compute::market::calendar::{Calendar, Session};

use crate::quality::Rule;
use crate::vendor::{Stamp, VendorChain};

/// Which day's open interest a vendor gives, and when that figure was public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OiClock {
    /// The previous session's figure, public before the open (OCC; US vendors).
    StartOfDay,
    /// This session's figure, public at the next open (exchanges' end-of-day files).
    EndOfDay,
    /// As of the quotes.
    Live,
    /// Public this long after the quotes.
    Delay(TimeDelta),
}

/// Words that name no clock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "open interest clock must be start-of-day (the prior session's figure, public before the open), end-of-day (this session's, public at the next open), live, or delay:DURATION such as delay:90m or delay:18h; got {0:?}"
)]
pub struct BadClock(pub String);

impl OiClock {
    /// Reads `start-of-day`, `end-of-day`, `live` or `delay:DURATION`, in `s`, `m`, `h` or `d`.
    ///
    /// # Errors
    ///
    /// [`BadClock`], which lists the choices.
    ///
    /// ```
    /// use gex_ingest::sessions::OiClock;
    ///
    /// let clock = OiClock::parse("delay:90m").unwrap();
    /// assert_eq!(clock.to_string(), "delay:5400s");
    /// assert!(OiClock::parse("soon").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, BadClock> {
        match text {
            "start-of-day" => Ok(Self::StartOfDay),
            "end-of-day" => Ok(Self::EndOfDay),
            "live" => Ok(Self::Live),
            _ => text
                .strip_prefix("delay:")
                .and_then(duration)
                .map(Self::Delay)
                .ok_or_else(|| BadClock(text.to_owned())),
        }
    }

    /// Returns the instant at which the open interest beside quotes of `ts` was public.
    fn published(self, calendar: Calendar, ts: Instant, session: NaiveDate) -> Option<Instant> {
        match self {
            Self::StartOfDay => calendar.session_on(session).map(|session| session.open),
            Self::EndOfDay => calendar.next_session(session).map(|session| session.open),
            Self::Live => Some(ts),
            Self::Delay(delay) => ts.checked_add_signed(delay),
        }
    }
}

impl fmt::Display for OiClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StartOfDay => f.write_str("start-of-day"),
            Self::EndOfDay => f.write_str("end-of-day"),
            Self::Live => f.write_str("live"),
            Self::Delay(delay) => write!(f, "delay:{}s", delay.num_seconds()),
        }
    }
}

fn duration(text: &str) -> Option<TimeDelta> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let count: u32 = text.strip_suffix(unit)?.parse().ok()?;
    TimeDelta::try_seconds(i64::from(count).checked_mul(seconds)?)
}

/// Where a chain belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Session that the quotes belong to.
    pub session: NaiveDate,
    /// Instant of the quotes: the earlier of fetch and the end of the session's quotes.
    pub ts: Instant,
    /// Instant at which quotes and open interest were public.
    pub known_at: Instant,
    /// Rules that apply to the whole chain, with the place in words.
    pub findings: Vec<(Rule, String)>,
}

/// What becomes of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// It belongs to a session.
    Kept(Placed),
    /// Its rows are set aside.
    SetAside {
        /// The rule.
        rule: Rule,
        /// Why, with the dates.
        why: String,
    },
}

/// Finds the session that a chain's quotes belong to.
///
/// - A label on a closed weekday is stale, and so are its rows: `closed_day`, named.
/// - A chain shows the last session that had opened when it was fetched, or an earlier one if its
///   last trade is of an earlier day. A label that says otherwise is corrected.
/// - A chain fetched on its own day before the open, which no longer lists that last session's
///   expiry, has been rolled forward: `fetched_before_open`. Its quotes are of the night, its spot is
///   the last close. (On 2026-06-23 Cboe's feed at 08:50 New York implied 7,366 by parity beside a
///   spot of 7,473; the index opened at 7,366.51.) Such a chain is neither session's.
///
/// A chain without a label is where its instant is; between sessions it goes with the one before.
pub fn place(calendar: Calendar, clock: OiClock, chain: &VendorChain) -> Placement {
    match chain.stamp {
        Stamp::Quoted(ts) => place_quoted(calendar, clock, ts),
        Stamp::Fetched {
            label,
            fetched,
            last_trade,
        } => {
            let chain = Fetched {
                calendar,
                label,
                at: fetched,
                last_trade,
                first_expiry: chain.first_expiry,
            };
            chain.place(clock)
        }
    }
}

fn place_quoted(calendar: Calendar, clock: OiClock, ts: Instant) -> Placement {
    let mut findings = Vec::new();
    let date = local_date(calendar, ts);
    let Some(session) = calendar
        .session_of(ts)
        .or_else(|| calendar.previous_session(date))
    else {
        return out_of_range(date);
    };
    if session.date != date && calendar != Calendar::Deribit {
        let day = closed_day(calendar, date);
        findings.push((Rule::NotASession, format!("{ts}: {day}")));
    } else if ts < session.open || quotes_end(calendar, session) < ts {
        let place = format!("column \"ts\", {date}: {ts} is outside the hours of the session");
        findings.push((Rule::SessionTime, place));
    }
    match clock.published(calendar, ts, session.date) {
        Some(published) => Placement::Kept(Placed {
            session: session.date,
            ts,
            known_at: ts.max(published),
            findings,
        }),
        None => out_of_range(date),
    }
}

struct Fetched {
    calendar: Calendar,
    label: NaiveDate,
    at: Instant,
    last_trade: Option<NaiveDate>,
    first_expiry: Option<NaiveDate>,
}

impl Fetched {
    fn place(&self, clock: OiClock) -> Placement {
        let Some(shown) = self.shown() else {
            return out_of_range(self.label);
        };
        let weekend = matches!(self.label.weekday(), Weekday::Sat | Weekday::Sun);
        if self.calendar.session_on(self.label).is_none() && !weekend {
            let day = closed_day(self.calendar, self.label);
            return Placement::SetAside {
                rule: Rule::ClosedDay,
                why: format!("{day}: stale after session {}", shown.date),
            };
        }
        if self.rolled_before_open(shown) {
            return Placement::SetAside {
                rule: Rule::FetchedBeforeOpen,
                why: format!(
                    "fetched {} before the open of {}: quotes of the night, of neither that session nor {}",
                    self.at, self.label, shown.date
                ),
            };
        }
        self.keep(shown, clock)
    }

    /// The last session that had opened, or that of the last trade if that is earlier.
    fn shown(&self) -> Option<Session> {
        let today = local_date(self.calendar, self.at);
        let opened = self
            .calendar
            .session_on(today)
            .filter(|session| session.open <= self.at)
            .or_else(|| self.calendar.previous_session(today))?;
        match self.last_trade.filter(|day| *day < opened.date) {
            Some(day) => self
                .calendar
                .session_on(day)
                .or_else(|| self.calendar.previous_session(day)),
            None => Some(opened),
        }
    }

    fn rolled_before_open(&self, shown: Session) -> bool {
        let today = local_date(self.calendar, self.at);
        self.label == today
            && shown.date < self.label
            && self.first_expiry.is_some_and(|first| shown.date < first)
    }

    fn keep(&self, shown: Session, clock: OiClock) -> Placement {
        let ts = self.at.min(quotes_end(self.calendar, shown));
        let Some(published) = clock.published(self.calendar, ts, shown.date) else {
            return out_of_range(shown.date);
        };
        Placement::Kept(Placed {
            session: shown.date,
            ts,
            known_at: ts.max(self.at).max(published),
            findings: self.findings(shown),
        })
    }

    fn findings(&self, shown: Session) -> Vec<(Rule, String)> {
        let mut findings = Vec::new();
        if self.label != shown.date {
            let place = format!(
                "labelled {}, fetched {}: it is session {}",
                self.label, self.at, shown.date
            );
            findings.push((Rule::SessionRelabelled, place));
        }
        let today = local_date(self.calendar, self.at);
        if today != shown.date {
            let day = today.format("%A");
            let place = format!("session {}, fetched {day} {}", shown.date, self.at);
            findings.push((Rule::FetchedLate, place));
        }
        findings
    }
}

fn local_date(calendar: Calendar, instant: Instant) -> NaiveDate {
    instant.with_timezone(&calendar.time_zone()).date_naive()
}

fn quotes_end(calendar: Calendar, session: Session) -> Instant {
    calendar.quotes_end(session.date).unwrap_or(session.close)
}

fn closed_day(calendar: Calendar, date: NaiveDate) -> String {
    match calendar.closure_name(date) {
        Some(name) => format!("{date} is {name}, no session of {}", calendar.name()),
        None => format!(
            "{date} is a {}, no session of {}",
            date.format("%A"),
            calendar.name()
        ),
    }
}

fn out_of_range(date: NaiveDate) -> Placement {
    Placement::SetAside {
        rule: Rule::NotASession,
        why: format!("{date} lies outside the years that the calendar knows"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn fetched(label: &str, at: &str, first_expiry: &str) -> VendorChain {
        VendorChain {
            underlying: "SPX".to_owned(),
            stamp: Stamp::Fetched {
                label: day(label),
                fetched: at.parse().unwrap(),
                last_trade: None,
            },
            first_expiry: Some(day(first_expiry)),
            candidates: Vec::new(),
        }
    }

    fn kept(chain: &VendorChain) -> Placed {
        match place(Calendar::Xnys, OiClock::StartOfDay, chain) {
            Placement::Kept(placed) => placed,
            Placement::SetAside { rule, why } => panic!("{rule:?}: {why}"),
        }
    }

    fn set_aside(chain: &VendorChain) -> (Rule, String) {
        match place(Calendar::Xnys, OiClock::StartOfDay, chain) {
            Placement::SetAside { rule, why } => (rule, why),
            Placement::Kept(placed) => panic!("{placed:?}"),
        }
    }

    // The files of 2026 with these labels and fetch times are described in PROVENANCE pages of the
    // private sets; the instants are theirs.

    #[test]
    fn a_chain_fetched_after_midnight_utc_is_the_previous_session() {
        let placed = kept(&fetched("2026-07-23", "2026-07-23T01:15:47Z", "2026-07-22"));
        assert_eq!(placed.session, day("2026-07-22"));
        assert_eq!(
            placed.ts,
            "2026-07-22T20:15:00Z".parse::<Instant>().unwrap()
        );
        assert_eq!(
            placed.known_at,
            "2026-07-23T01:15:47Z".parse::<Instant>().unwrap()
        );
        assert_eq!(placed.findings[0].0, Rule::SessionRelabelled);
    }

    #[test]
    fn a_chain_fetched_on_saturday_is_fridays() {
        let placed = kept(&fetched("2026-06-12", "2026-06-13T15:30:32Z", "2026-06-12"));
        assert_eq!(placed.session, day("2026-06-12"));
        let (rule, place) = &placed.findings[0];
        assert_eq!(*rule, Rule::FetchedLate);
        assert!(place.contains("Saturday"), "{place}");
    }

    #[test]
    fn a_holiday_saved_as_a_session_is_named() {
        let (rule, why) = set_aside(&fetched("2026-06-19", "2026-06-19T21:36:36Z", "2026-06-22"));
        assert_eq!(rule, Rule::ClosedDay);
        assert!(why.contains("Juneteenth"), "{why}");
    }

    #[test]
    fn a_chain_rolled_before_the_open_is_neither_session() {
        let (rule, why) = set_aside(&fetched("2026-06-23", "2026-06-23T12:50:21Z", "2026-06-23"));
        assert_eq!(rule, Rule::FetchedBeforeOpen);
        assert!(why.contains("2026-06-22"), "{why}");
    }

    #[test]
    fn a_chain_fetched_before_the_open_and_not_rolled_is_the_previous_session() {
        let placed = kept(&fetched("2026-06-23", "2026-06-23T10:00:00Z", "2026-06-22"));
        assert_eq!(placed.session, day("2026-06-22"));
    }

    #[test]
    fn end_of_day_open_interest_is_public_at_the_next_open() {
        let chain = fetched("2026-06-12", "2026-06-12T21:30:00Z", "2026-06-12");
        let Placement::Kept(placed) = place(Calendar::Xnys, OiClock::EndOfDay, &chain) else {
            panic!("set aside");
        };
        assert_eq!(
            placed.known_at,
            "2026-06-15T13:30:00Z".parse::<Instant>().unwrap()
        );
    }

    #[test]
    fn clocks_are_read_and_written() {
        for text in ["start-of-day", "end-of-day", "live", "delay:60s"] {
            assert_eq!(OiClock::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            OiClock::parse("delay:18h").unwrap(),
            OiClock::Delay(TimeDelta::hours(18))
        );
        for bad in [
            "",
            "delay:",
            "delay:h",
            "delay:1y",
            "delay:-1h",
            "delay:99999999999d",
        ] {
            assert!(OiClock::parse(bad).is_err(), "{bad}");
        }
    }
}
