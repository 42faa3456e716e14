//! Which snapshot of each session is the session's.

use chrono::{NaiveDate, TimeDelta, TimeZone};
use gex_compute::market::Instant;
use gex_compute::market::calendar::Calendar;
use gex_compute::market::snapshot::ChainSnapshot;

use crate::plan::SnapshotChoice;

/// Keeps the snapshots that the choice picks, in order, from a run of snapshots in time order.
///
/// At most one snapshot a session is held back at any time, so that a partition of any length
/// streams through.
#[derive(Debug)]
pub struct Chooser {
    choice: SnapshotChoice,
    calendar: Calendar,
    held: Option<ChainSnapshot>,
}

impl Chooser {
    /// A chooser for one partition.
    pub fn new(choice: SnapshotChoice, calendar: Calendar) -> Self {
        Self {
            choice,
            calendar,
            held: None,
        }
    }

    /// Takes the next snapshot and gives back one whose session is now complete.
    pub fn offer(&mut self, snapshot: ChainSnapshot) -> Option<ChainSnapshot> {
        if self.choice == SnapshotChoice::All {
            return Some(snapshot);
        }
        if !self.counts(&snapshot) {
            return None;
        }
        let session = snapshot.head().session;
        let held = self.held.replace(snapshot);
        held.filter(|held| held.head().session != session)
    }

    /// The snapshot of the last session.
    pub fn finish(self) -> Option<ChainSnapshot> {
        self.held
    }

    /// Whether the snapshot may be its session's: not after the end, not too old.
    fn counts(&self, snapshot: &ChainSnapshot) -> bool {
        let head = snapshot.head();
        let Some(end) = self.end(head.session) else {
            return false;
        };
        match self.choice {
            SnapshotChoice::LocalTime { max_age, .. } => head.ts <= end && end - head.ts <= max_age,
            SnapshotChoice::Last | SnapshotChoice::All => head.ts <= end,
        }
    }

    fn last_instant(&self, session: NaiveDate) -> Option<Instant> {
        let end = self.calendar.quotes_end(session)?;
        match self.calendar {
            Calendar::Deribit => Some(end - SETTLEMENT_AVERAGE),
            Calendar::Xnys | Calendar::Xnse => Some(end),
        }
    }

    /// The instant that a session's snapshot may not pass.
    fn end(&self, session: NaiveDate) -> Option<Instant> {
        match self.choice {
            SnapshotChoice::LocalTime { time, .. } => {
                let local = session.and_time(time);
                let zoned = self
                    .calendar
                    .time_zone()
                    .from_local_datetime(&local)
                    .earliest()?;
                Some(zoned.to_utc())
            }
            SnapshotChoice::Last | SnapshotChoice::All => self.last_instant(session),
        }
    }
}

/// Deribit settles on the average of the index over the last half hour, in which an option is no
/// longer a plain one.
const SETTLEMENT_AVERAGE: TimeDelta = TimeDelta::minutes(30);

/// The end of the first session that a signal known at `known_at` can be traded in.
///
/// `None` beyond the calendar's years.
pub fn next_session_end(
    calendar: Calendar,
    session: NaiveDate,
    known_at: Instant,
) -> Option<Instant> {
    let own = calendar.session_on(session).map(|session| session.close);
    match own {
        Some(close) if known_at < close => Some(close),
        _ => calendar.next_session(session).map(|next| next.close),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveTime, Utc};
    use gex_compute::market::snapshot::SnapshotHead;
    use gex_compute::market::units::{Currency, Spot};

    fn at(day: u32, hour: u32, minute: u32) -> ChainSnapshot {
        let ts = Utc.with_ymd_and_hms(2024, 1, day, hour, minute, 0).unwrap();
        let head = SnapshotHead {
            underlying: "SPX".to_owned(),
            ts,
            known_at: ts,
            session: NaiveDate::from_ymd_opt(2024, 1, day).unwrap(),
            spot: Spot::new(4_700.0).unwrap(),
            currency: Currency::USD,
        };
        ChainSnapshot::from_rows(head, Vec::new()).unwrap()
    }

    fn chosen(choice: SnapshotChoice, offered: &[ChainSnapshot]) -> Vec<Instant> {
        let mut chooser = Chooser::new(choice, Calendar::Xnys);
        let mut kept: Vec<_> = offered
            .iter()
            .filter_map(|s| chooser.offer(s.clone()))
            .collect();
        kept.extend(chooser.finish());
        kept.iter().map(|snapshot| snapshot.head().ts).collect()
    }

    #[test]
    fn the_last_snapshot_at_or_before_the_end_of_quotes_is_the_sessions() {
        let offered = [
            at(4, 15, 0),
            at(4, 20, 0),
            at(5, 16, 0),
            at(5, 21, 15),
            at(5, 21, 16),
        ];
        let last = chosen(SnapshotChoice::Last, &offered);
        assert_eq!(last, vec![offered[1].head().ts, offered[3].head().ts]);
    }

    #[test]
    fn a_local_time_takes_the_last_before_it_unless_it_is_too_old() {
        let choice = SnapshotChoice::LocalTime {
            time: NaiveTime::from_hms_opt(15, 45, 0).unwrap(),
            max_age: TimeDelta::minutes(30),
        };
        let offered = [at(4, 20, 0), at(5, 20, 20), at(5, 20, 40), at(5, 20, 50)];
        assert_eq!(chosen(choice, &offered), vec![offered[2].head().ts]);
    }

    #[test]
    fn deribits_last_half_hour_is_left_out() {
        let session = NaiveDate::from_ymd_opt(2024, 1, 5).unwrap();
        let chooser = Chooser::new(SnapshotChoice::Last, Calendar::Deribit);
        let end = Utc.with_ymd_and_hms(2024, 1, 5, 7, 30, 0).unwrap();
        assert_eq!(chooser.end(session), Some(end));
    }

    #[test]
    fn an_after_close_signal_is_traded_in_the_next_session() {
        let friday = NaiveDate::from_ymd_opt(2024, 1, 5).unwrap();
        let after = Utc.with_ymd_and_hms(2024, 1, 5, 21, 15, 0).unwrap();
        let monday = Utc.with_ymd_and_hms(2024, 1, 8, 21, 0, 0).unwrap();
        assert_eq!(
            next_session_end(Calendar::Xnys, friday, after),
            Some(monday)
        );
        let before = Utc.with_ymd_and_hms(2024, 1, 5, 15, 0, 0).unwrap();
        let same = Utc.with_ymd_and_hms(2024, 1, 5, 21, 0, 0).unwrap();
        assert_eq!(next_session_end(Calendar::Xnys, friday, before), Some(same));
    }
}
