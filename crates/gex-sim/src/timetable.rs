//! Sessions of the calendar and the expiries that stand over them.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use gex_compute::market::Instant;
use gex_compute::market::calendar::{Calendar, Session, Settlement};

use crate::SimError;
use crate::world::World;

/// Sessions simulated before the first one shown, so that open interest has settled.
pub(crate) const RUN_UP: usize = 126;
/// Calendar days that hold the run-up, and those that hold every expiry after the last session.
const DAYS_BEFORE: u64 = 220;
const DAYS_AFTER: u64 = 400;
/// Consecutive monthly expiries; beyond them quarterly ones up to a year.
const MONTHLIES: usize = 3;
const MONTHS_AHEAD: u32 = 12;

/// When an expiry settles, and so which of the two roots it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// At the open, as the monthlies of SPX.
    Am,
    /// At the close, as SPXW.
    Pm,
}

/// An expiry that is open for trading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) settles: Instant,
    pub(crate) style: Style,
    /// Position in the timetable of the session on which it settles.
    pub(crate) session: usize,
}

/// An expiry as seen from one session's close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expiry {
    pub(crate) style: Style,
    /// Sessions after this close, up to and with that of settlement.
    pub(crate) sessions_left: usize,
}

/// Every session that a simulation touches, in order.
#[derive(Debug, Clone)]
pub(crate) struct Timetable {
    calendar: Calendar,
    sessions: Vec<Session>,
    /// Position of the first session shown.
    pub(crate) first_shown: usize,
}

impl Timetable {
    pub(crate) fn new(world: &World) -> Self {
        let spec = world.spec();
        let from = spec.start - Days::new(DAYS_BEFORE);
        let shown_days = u64::from(spec.sessions) * 3 / 2 + 10;
        let to = spec.start + Days::new(shown_days + DAYS_AFTER);
        let calendar = world.exchange().calendar;
        let sessions = calendar.sessions(from, to);
        let first_shown = sessions.partition_point(|s| s.date < spec.start);
        Self {
            calendar,
            sessions,
            first_shown,
        }
    }

    /// The session at `position`.
    pub(crate) fn session(&self, position: usize) -> Result<Session, SimError> {
        self.sessions
            .get(position)
            .copied()
            .ok_or(SimError::OutOfSessions)
    }

    /// Expiries that stand open during the session at `today`: weeklies on Fridays, AM-settled
    /// monthlies on third Fridays, each a session earlier where the Friday is a holiday.
    pub(crate) fn listings(&self, today: usize, weeklies: u32) -> Result<Vec<Listing>, SimError> {
        let date = self.session(today)?.date;
        let fridays = date.iter_days().filter(|day| day.weekday() == Weekday::Fri);
        let weekly = fridays.map(|day| (day, Style::Pm));
        let weekly = self.after(today, weekly).take(weeklies as usize);
        let monthly = self.monthlies(date);
        let quarterly =
            self.after(today, monthly.clone())
                .skip(MONTHLIES)
                .filter(|(session, _)| {
                    let day = self.sessions.get(*session).map(|s| s.date);
                    day.is_some_and(|day| day.month().is_multiple_of(3))
                });
        let monthly = self.after(today, monthly).take(MONTHLIES);
        weekly
            .chain(monthly)
            .chain(quarterly)
            .map(|(session, style)| self.listing(session, style))
            .collect()
    }

    /// Monthly expiries from the month of `date` on, by day and style.
    fn monthlies(&self, date: NaiveDate) -> impl Iterator<Item = (NaiveDate, Style)> + Clone {
        let (place, style) = match self.calendar {
            // The last Friday of the month: the weekly of its week, which is then open for longer.
            Calendar::Deribit => (Place::Last, Style::Pm),
            Calendar::Xnys | Calendar::Xnse => (Place::Third, Style::Am),
        };
        fridays(date, place).map(move |day| (day, style))
    }

    /// Settlement days as positions, those after `today` alone.
    fn after(
        &self,
        today: usize,
        days: impl Iterator<Item = (NaiveDate, Style)>,
    ) -> impl Iterator<Item = (usize, Style)> {
        days.map(|(day, style)| {
            let next = self.sessions.partition_point(|s| s.date <= day);
            (next.saturating_sub(1), style)
        })
        .filter(move |(session, _)| today < *session)
    }

    fn listing(&self, session: usize, style: Style) -> Result<Listing, SimError> {
        let date = self.session(session)?.date;
        let settlement = match (self.calendar, style) {
            (Calendar::Deribit, _) => Settlement::Utc0800,
            (_, Style::Am) => Settlement::AmOpen,
            (_, Style::Pm) => Settlement::PmClose,
        };
        Ok(Listing {
            settles: self.calendar.settlement(date, settlement),
            style,
            session,
        })
    }
}

/// Which Friday of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Third,
    Last,
}

/// One Friday a month, from the month of `date` on through the same month of the next year.
fn fridays(date: NaiveDate, place: Place) -> impl Iterator<Item = NaiveDate> + Clone {
    let month_of_date = date.year() * 12 + date.month0().cast_signed();
    (0..=MONTHS_AHEAD.cast_signed()).filter_map(move |ahead| {
        let month = month_of_date + ahead;
        let month1 = month.rem_euclid(12).unsigned_abs() + 1;
        let friday =
            |n| NaiveDate::from_weekday_of_month_opt(month.div_euclid(12), month1, Weekday::Fri, n);
        match place {
            Place::Third => friday(3),
            Place::Last => friday(5).or_else(|| friday(4)),
        }
    })
}
