//! What the instants of an import say together that no single one does.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use gex_compute::market::Instant;
use gex_compute::market::calendar::Calendar;

use crate::quality::{Ledger, Rule};
use crate::source::printable;
use crate::vendor::Profile;
use crate::vendor::columns::Field;
use crate::vendor::frame::instant_in;

/// One snapshot of a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    /// Session that its quotes belong to.
    pub(crate) session: NaiveDate,
    /// Instant of its quotes.
    pub(crate) ts: Instant,
    /// Rows kept.
    pub(crate) rows: u64,
}

/// The snapshots of each underlying by session.
#[derive(Debug, Default)]
pub(crate) struct Cadence {
    taken: BTreeMap<String, BTreeMap<NaiveDate, Vec<Taken>>>,
}

impl Cadence {
    /// Remembers a snapshot.
    pub(crate) fn add(&mut self, underlying: &str, taken: Taken) {
        let sessions = self.taken.entry(underlying.to_owned()).or_default();
        sessions.entry(taken.session).or_default().push(taken);
    }

    /// Adds everything that the instants say, once all of them are known.
    pub(crate) fn note_all(&self, profile: &Profile, ledger: &mut Ledger) {
        self.note_mixed(ledger);
        let column = profile.columns.name(Field::Ts);
        self.note_wall_clock(profile.calendar, column, ledger);
    }

    /// Names the sessions that have more snapshots than most.
    fn note_mixed(&self, ledger: &mut Ledger) {
        for (underlying, sessions) in &self.taken {
            let more: Vec<_> = sessions.iter().filter(|(_, all)| 1 < all.len()).collect();
            if sessions.len() <= 2 * more.len() {
                continue;
            }
            for (session, all) in more {
                let (name, n) = (printable(underlying), all.len());
                let place = format!("{name} {session}: {n} snapshots, most have one");
                ledger.note(Rule::MixedCadence, 0, place);
            }
        }
    }

    /// Warns of daily readings in UTC that are the exchange's wall clock shortly before its close.
    ///
    /// Somebody's 15:45 of New York, stored as 15:45 UTC, is an instant of the same session, so that
    /// no snapshot is out of place by itself. All of them together are.
    fn note_wall_clock(&self, calendar: Calendar, column: &str, ledger: &mut Ledger) {
        for (underlying, sessions) in &self.taken {
            let misread = |all: &Vec<Taken>| match all.as_slice() {
                [only] => is_wall_clock_at_close(calendar, only),
                _ => false,
            };
            if sessions.len() < 2 || !sessions.values().all(misread) {
                continue;
            }
            let (name, zone) = (printable(underlying), calendar.time_zone());
            let place = format!(
                "column {column:?}: every snapshot of {name} looks like {zone} shortly before the close, stored as UTC; if it is, state time.zone in a mapping"
            );
            let rows = sessions.values().flatten().map(|taken| taken.rows).sum();
            ledger.note(Rule::SessionTime, rows, place);
        }
    }
}

/// Whether the digits of a UTC instant, read off the exchange's clock, lie in the last half hour of
/// the session's quotes, while the instant itself is more than an hour before the close.
fn is_wall_clock_at_close(calendar: Calendar, taken: &Taken) -> bool {
    const LAST: TimeDelta = TimeDelta::minutes(30);
    const EARLIER: TimeDelta = TimeDelta::hours(1);
    let Some(session) = calendar.session_on(taken.session) else {
        return false;
    };
    let end = calendar.quotes_end(session.date).unwrap_or(session.close);
    instant_in(calendar.time_zone(), taken.ts.naive_utc()).is_some_and(|reading| {
        session.close - LAST <= reading && reading <= end && taken.ts < session.close - EARLIER
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(calendar: Calendar, instants: &[&str]) -> Ledger {
        let mut cadence = Cadence::default();
        for text in instants {
            let ts: Instant = text.parse().unwrap();
            let session = ts.date_naive();
            cadence.add(
                "SPX",
                Taken {
                    session,
                    ts,
                    rows: 5,
                },
            );
        }
        let mut ledger = Ledger::default();
        cadence.note_mixed(&mut ledger);
        cadence.note_wall_clock(calendar, "ts", &mut ledger);
        ledger
    }

    #[test]
    fn new_york_readings_stored_as_utc_are_named() {
        let stored = ["2024-01-02T15:45:00Z", "2024-07-02T15:45:00Z"];
        let tally = noted(Calendar::Xnys, &stored).tally(Rule::SessionTime);
        assert_eq!(tally.rows, 10);
        assert!(tally.places[0].contains("America/New_York"), "{tally:?}");
    }

    #[test]
    fn other_readings_are_not() {
        for stored in [
            // 15:45 New York in winter and summer, as it should be.
            ["2024-01-02T20:45:00Z", "2024-07-02T19:45:00Z"],
            // 10:45 New York in winter and summer: a snapshot of every morning.
            ["2024-01-02T15:45:00Z", "2024-07-02T14:45:00Z"],
        ] {
            assert_eq!(noted(Calendar::Xnys, &stored), Ledger::default());
        }
        let kolkata = ["2024-01-02T09:55:00Z", "2024-01-03T09:55:00Z"];
        assert_eq!(noted(Calendar::Xnse, &kolkata), Ledger::default());
        let deribit = ["2024-01-02T07:45:00Z", "2024-01-03T07:45:00Z"];
        assert_eq!(noted(Calendar::Deribit, &deribit), Ledger::default());
    }

    #[test]
    fn a_session_with_more_snapshots_than_most_is_named() {
        let taken = [
            "2024-01-02T20:45:00Z",
            "2024-01-03T16:00:00Z",
            "2024-01-03T20:45:00Z",
            "2024-01-04T20:45:00Z",
        ];
        let tally = noted(Calendar::Xnys, &taken).tally(Rule::MixedCadence);
        assert_eq!(tally.places, ["SPX 2024-01-03: 2 snapshots, most have one"]);
        let half = &taken[..3];
        assert_eq!(noted(Calendar::Xnys, half), Ledger::default());
    }
}
