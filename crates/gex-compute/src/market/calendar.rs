//! Sessions, settlement instants and the length of a year.
//!
//! The calendar owns every clock of a study: when a session opens and closes, when its option quotes
//! end, when a contract settles, how much of a year is left. A date belongs to the exchange's own
//! time zone, an instant to UTC.

mod xnse;
mod xnys;

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Weekday};
use chrono_tz::Tz;

use super::Instant;
use super::units::Years;

const HOUR: i64 = 60;
/// Minutes after midnight UTC at which Deribit's day ends and its options settle.
const DERIBIT_DAY_END: i64 = 8 * HOUR;
/// Options on the S&P 500 are quoted this much longer than the stocks trade.
const OPTIONS_AFTER_CLOSE: TimeDelta = TimeDelta::minutes(15);
/// Calendar days of a year by which the time left of an option is counted (ACT/365).
pub const DAYS_PER_YEAR: f64 = 365.0;
const MICROSECONDS_PER_YEAR: f64 = DAYS_PER_YEAR * 86_400.0 * 1e6;

/// A named trading calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Calendar {
    /// New York Stock Exchange hours, with holidays and half days, from 1990 to 2030.
    Xnys,
    /// Deribit: every hour of every day; a session's day ends at 08:00 UTC.
    Deribit,
    /// National Stock Exchange of India, from 2024 to 2026.
    Xnse,
}

/// One session of a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// The session's date, in the exchange's own time zone.
    pub date: NaiveDate,
    /// Instant of the open.
    pub open: Instant,
    /// Instant of the close of the underlying.
    pub close: Instant,
}

/// When a contract settles on its expiry date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Settlement {
    /// At the opening prices, 09:30 New York: SPX.
    AmOpen,
    /// At the close, 16:00 New York or the early close of a half day: SPXW.
    PmClose,
    /// 08:00 UTC: Deribit.
    Utc0800,
    /// 15:30 Kolkata: NSE.
    KolkataClose,
}

/// A date for which a calendar has no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "calendar {calendar} knows the sessions of {first} to {last}, not {date}: narrow the dates or \
     take another calendar"
)]
pub struct OutsideCalendar {
    /// Name of the calendar.
    pub calendar: &'static str,
    /// First year that it knows.
    pub first: i32,
    /// Last year that it knows.
    pub last: i32,
    /// The date asked for.
    pub date: NaiveDate,
}

impl Calendar {
    /// Reads `xnys`, `deribit` or `xnse`.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Xnys, Self::Deribit, Self::Xnse]
            .into_iter()
            .find(|calendar| calendar.name() == name)
    }

    /// Returns the name in study files and in the archive.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xnys => "xnys",
            Self::Deribit => "deribit",
            Self::Xnse => "xnse",
        }
    }

    /// Returns the time zone in which the exchange dates its sessions.
    pub fn time_zone(self) -> Tz {
        match self {
            Self::Xnys => Tz::America__New_York,
            Self::Deribit => Tz::UTC,
            Self::Xnse => Tz::Asia__Kolkata,
        }
    }

    /// Returns the sessions by which a variance per session is annualized: 252 by convention for New
    /// York, 365 for Deribit, 248 for NSE (744 in 2024 to 2026).
    pub fn periods_per_year(self) -> f64 {
        match self {
            Self::Xnys => 252.0,
            Self::Deribit => 365.0,
            Self::Xnse => 248.0,
        }
    }

    /// Checks that the calendar has a record of the year of `date`.
    ///
    /// Outside it there are no sessions at all, which a reader of data must not take for holidays.
    ///
    /// # Errors
    ///
    /// [`OutsideCalendar`], which names the years that it knows.
    pub fn covers(self, date: NaiveDate) -> Result<(), OutsideCalendar> {
        let (first, last) = match self {
            Self::Xnys => xnys::YEARS,
            Self::Xnse => xnse::YEARS,
            Self::Deribit => return Ok(()),
        };
        if (first..=last).contains(&date.year()) {
            return Ok(());
        }
        let calendar = self.name();
        Err(OutsideCalendar {
            calendar,
            first,
            last,
            date,
        })
    }

    /// Returns the session of `date`, or `None` on a closed day and outside the years covered.
    ///
    /// ```
    /// use chrono::NaiveDate;
    /// use gex_compute::market::calendar::Calendar;
    ///
    /// let eve = NaiveDate::from_ymd_opt(2024, 7, 3).unwrap_or_default();
    /// let close = Calendar::Xnys.session_on(eve).map(|session| session.close.to_rfc3339());
    /// assert_eq!(close.as_deref(), Some("2024-07-03T17:00:00+00:00"));
    /// assert_eq!(Calendar::Xnys.session_on(eve.succ_opt().unwrap_or_default()), None);
    /// ```
    pub fn session_on(self, date: NaiveDate) -> Option<Session> {
        self.covers(date).ok()?;
        let (open, close) = match self {
            Self::Deribit => return deribit_day(date),
            Self::Xnys => (xnys::OPEN, xnys::close_minutes(date)),
            Self::Xnse => xnse::special_minutes(date).unwrap_or((xnse::OPEN, xnse::CLOSE)),
        };
        self.opens(date).then(|| Session {
            date,
            open: at(self.time_zone(), date, open),
            close: at(self.time_zone(), date, close),
        })
    }

    fn opens(self, date: NaiveDate) -> bool {
        match self {
            Self::Deribit => true,
            Self::Xnys => is_weekday(date) && xnys::closure_name(date).is_none(),
            Self::Xnse => {
                let regular = is_weekday(date) && xnse::closure_name(date).is_none();
                regular || xnse::special_minutes(date).is_some()
            }
        }
    }

    /// Returns the sessions from `from` to `to`, both included, ascending.
    pub fn sessions(self, from: NaiveDate, to: NaiveDate) -> Vec<Session> {
        from.iter_days()
            .take_while(|date| *date <= to)
            .filter_map(|date| self.session_on(date))
            .collect()
    }

    /// Returns the first session after `date`, strictly; `None` where the calendar ends.
    pub fn next_session(self, date: NaiveDate) -> Option<Session> {
        let mut days = date.iter_days().skip(1).take(LONGEST_CLOSURE);
        days.find_map(|day| self.session_on(day))
    }

    /// Returns the last session before `date`, strictly; `None` where the calendar begins.
    pub fn previous_session(self, date: NaiveDate) -> Option<Session> {
        std::iter::successors(date.pred_opt(), NaiveDate::pred_opt)
            .take(LONGEST_CLOSURE)
            .find_map(|day| self.session_on(day))
    }

    /// Returns the session to which `instant` belongs: the one of its date in the exchange's time
    /// zone, at any hour; for Deribit the day that ends at the next 08:00 UTC, a new day starting on
    /// the stroke. `None` on a closed day.
    pub fn session_of(self, instant: Instant) -> Option<Session> {
        let date = instant.with_timezone(&self.time_zone()).date_naive();
        let session = self.session_on(date)?;
        if self == Self::Deribit && session.close <= instant {
            return self.session_on(date.succ_opt()?);
        }
        Some(session)
    }

    /// Returns why the exchange stays closed on the weekday `date`, where that is known.
    ///
    /// ```
    /// use chrono::NaiveDate;
    /// use gex_compute::market::calendar::Calendar;
    ///
    /// let friday = NaiveDate::from_ymd_opt(2026, 6, 19).unwrap_or_default();
    /// assert_eq!(Calendar::Xnys.closure_name(friday), Some("Juneteenth"));
    /// ```
    pub fn closure_name(self, date: NaiveDate) -> Option<&'static str> {
        self.covers(date).ok()?;
        if !is_weekday(date) || self.opens(date) {
            return None;
        }
        match self {
            Self::Deribit => None,
            Self::Xnys => xnys::closure_name(date),
            Self::Xnse => xnse::closure_name(date),
        }
    }

    /// Returns why the session of `date` keeps hours or a day of its own: an early close in New York,
    /// a special session of NSE. `None` on regular and on closed days.
    pub fn special_name(self, date: NaiveDate) -> Option<&'static str> {
        self.session_on(date)?;
        match self {
            Self::Deribit => None,
            Self::Xnys => xnys::half_day_name(date),
            Self::Xnse => xnse::special_name(date),
        }
    }

    /// Returns the instant at which option quotes of the session of `date` end: 15 minutes after the
    /// stocks in New York (16:15, on half days 13:15), with the session elsewhere.
    pub fn quotes_end(self, date: NaiveDate) -> Option<Instant> {
        let close = self.session_on(date)?.close;
        Some(match self {
            Self::Xnys => close + OPTIONS_AFTER_CLOSE,
            Self::Deribit | Self::Xnse => close,
        })
    }

    /// Returns the instant at which a contract that expires on `date` settles.
    ///
    /// A vendor's date on which New York is closed is taken as it stands, at the usual hour.
    pub fn settlement(self, date: NaiveDate, settlement: Settlement) -> Instant {
        match settlement {
            Settlement::AmOpen => at(Self::Xnys.time_zone(), date, xnys::OPEN),
            Settlement::PmClose => match Self::Xnys.session_on(date) {
                Some(session) => session.close,
                None => at(Self::Xnys.time_zone(), date, xnys::CLOSE),
            },
            Settlement::Utc0800 => at(Tz::UTC, date, DERIBIT_DAY_END),
            Settlement::KolkataClose => at(Self::Xnse.time_zone(), date, xnse::CLOSE),
        }
    }

    /// Returns whether monthly options of New York, settled at the open, expire on `date`: the third
    /// Friday, or the Thursday before where that Friday is a holiday.
    pub fn is_monthly_expiry(self, date: NaiveDate) -> bool {
        let third =
            NaiveDate::from_weekday_of_month_opt(date.year(), date.month(), Weekday::Fri, 3);
        let Some(third) = third else {
            return false;
        };
        match Self::Xnys.session_on(third) {
            Some(session) => session.date == date,
            None => third.pred_opt() == Some(date),
        }
    }
}

/// More days than any calendar stays closed: New York did for six in September 2001.
const LONGEST_CLOSURE: usize = 15;

/// Returns the years of 365 days from `ts` to `expiry`, exact to the microsecond (ACT/365).
///
/// `None` at or after expiry: a settled contract has no time left, not a little.
///
/// ```
/// use chrono::{TimeDelta, TimeZone, Utc};
/// use gex_compute::market::calendar::years_between;
///
/// let ts = Utc.timestamp_opt(1_700_000_000, 0).single().unwrap_or_default();
/// let years = years_between(ts, ts + TimeDelta::days(73)).map(|years| years.get());
/// assert_eq!(years, Some(0.2));
/// assert_eq!(years_between(ts, ts), None);
/// ```
pub fn years_between(ts: Instant, expiry: Instant) -> Option<Years> {
    let microseconds = (expiry - ts).num_microseconds()?;
    Years::new(microseconds as f64 / MICROSECONDS_PER_YEAR).ok()
}

/// The day of Deribit that ends at 08:00 UTC on `date`.
fn deribit_day(date: NaiveDate) -> Option<Session> {
    Some(Session {
        date,
        open: at(Tz::UTC, date.pred_opt()?, DERIBIT_DAY_END),
        close: at(Tz::UTC, date, DERIBIT_DAY_END),
    })
}

fn is_weekday(date: NaiveDate) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The instant so many minutes after midnight, by the clock on the wall.
fn at(zone: Tz, date: NaiveDate, minutes: i64) -> Instant {
    let wall = date.and_time(NaiveTime::MIN) + TimeDelta::minutes(minutes);
    // No zone of ours moves its clocks in the hours of a session, so that every wall time exists.
    let local = zone.from_local_datetime(&wall).earliest();
    local.map_or_else(|| wall.and_utc(), |local| local.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn utc(text: &str) -> Instant {
        text.parse::<chrono::DateTime<Utc>>().unwrap()
    }

    /// FNV-1a over the text: a whole calendar compared in one number.
    fn fingerprint(text: &str) -> u64 {
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }

    /// The outside figures are of `exchange_calendars` 4.13.2 on the Python package index, XNYS from
    /// 1990-01-01 to 2030-12-31: `len(sessions)`, `len(early_closes)`, and FNV-1a of each session's
    /// open and close as `%Y-%m-%dT%H:%MZ`.
    #[test]
    fn new_york_matches_exchange_calendars_from_1990_to_2030() {
        let sessions = Calendar::Xnys.sessions(day(1990, 1, 1), day(2030, 12, 31));
        assert_eq!(sessions.len(), 10_322);
        let half_days = sessions
            .iter()
            .filter(|session| Calendar::Xnys.special_name(session.date).is_some());
        assert_eq!(half_days.count(), 88);
        let text: String = sessions
            .iter()
            .flat_map(|session| [session.open, session.close])
            .map(|instant| instant.format("%Y-%m-%dT%H:%MZ").to_string())
            .collect();
        assert_eq!(fingerprint(&text), 0x1eda_41aa_1b91_f743);
    }

    /// `exchange_calendars` 4.13.2, XNYS: 375 weekdays without a session from 1990 to 2030.
    #[test]
    fn every_closed_weekday_of_new_york_has_a_name() {
        let closed: Vec<_> = day(1990, 1, 1)
            .iter_days()
            .take_while(|date| *date <= day(2030, 12, 31))
            .filter(|date| is_weekday(*date) && Calendar::Xnys.session_on(*date).is_none())
            .collect();
        assert_eq!(closed.len(), 375);
        for date in closed {
            assert!(Calendar::Xnys.closure_name(date).is_some(), "{date}");
        }
        assert_eq!(Calendar::Xnys.closure_name(day(2026, 6, 20)), None);
        assert_eq!(Calendar::Xnys.closure_name(day(2026, 6, 18)), None);
    }

    /// `exchange_calendars` 4.13.2, XBOM from 2024 to 2026: 737 sessions in the weekly pattern, the
    /// closures being those of NSE, too. Two of our seven special sessions fall on its closed
    /// weekdays, and five on weekends: by circulars of NSE.
    #[test]
    fn kolkata_matches_the_common_holidays_of_the_two_exchanges() {
        let sessions = Calendar::Xnse.sessions(day(2024, 1, 1), day(2026, 12, 31));
        let special = |s: &&Session| Calendar::Xnse.special_name(s.date).is_some();
        assert_eq!(sessions.iter().filter(special).count(), 7);
        assert_eq!(sessions.len(), 737 + 7);
        let muhurat = Calendar::Xnse.session_on(day(2025, 10, 21)).unwrap();
        assert_eq!(muhurat.open, utc("2025-10-21T08:15:00Z"));
        assert_eq!(muhurat.close, utc("2025-10-21T09:15:00Z"));
        let budget = Calendar::Xnse.session_on(day(2026, 2, 1)).unwrap();
        assert_eq!(budget.close, utc("2026-02-01T10:00:00Z"));
        let per_year = sessions.len() as f64 / 3.0;
        assert!((per_year - Calendar::Xnse.periods_per_year()).abs() < 0.5);
    }

    #[test]
    fn a_day_of_deribit_ends_at_eight() {
        let before = Calendar::Deribit
            .session_of(utc("2024-03-29T07:59:59Z"))
            .unwrap();
        assert_eq!(before.date, day(2024, 3, 29));
        assert_eq!(before.open, utc("2024-03-28T08:00:00Z"));
        let after = Calendar::Deribit
            .session_of(utc("2024-03-29T08:00:00Z"))
            .unwrap();
        assert_eq!(after.date, day(2024, 3, 30));
        assert_eq!(
            Calendar::Deribit
                .sessions(day(2024, 2, 28), day(2024, 3, 1))
                .len(),
            3
        );
    }

    #[test]
    fn an_instant_belongs_to_the_date_in_new_york() {
        let evening = Calendar::Xnys
            .session_of(utc("2024-07-03T02:00:00Z"))
            .unwrap();
        assert_eq!(evening.date, day(2024, 7, 2));
        assert_eq!(Calendar::Xnys.session_of(utc("2024-07-04T15:00:00Z")), None);
    }

    #[test]
    fn quotes_and_settlements_follow_half_days_and_summer_time() {
        let calendar = Calendar::Xnys;
        for (date, quotes_end, pm, am) in [
            (day(2024, 1, 19), "T21:15:00Z", "T21:00:00Z", "T14:30:00Z"),
            (day(2024, 7, 19), "T20:15:00Z", "T20:00:00Z", "T13:30:00Z"),
            (day(2024, 7, 3), "T17:15:00Z", "T17:00:00Z", "T13:30:00Z"),
        ] {
            let on = |time: &str| utc(&format!("{date}{time}"));
            assert_eq!(calendar.quotes_end(date), Some(on(quotes_end)));
            assert_eq!(calendar.settlement(date, Settlement::PmClose), on(pm));
            assert_eq!(calendar.settlement(date, Settlement::AmOpen), on(am));
            assert_eq!(
                calendar.settlement(date, Settlement::Utc0800),
                on("T08:00:00Z")
            );
            assert_eq!(
                calendar.settlement(date, Settlement::KolkataClose),
                on("T10:00:00Z")
            );
        }
        assert_eq!(calendar.quotes_end(day(2024, 7, 4)), None);
    }

    #[test]
    fn neighbours_are_strict_and_end_with_the_calendar() {
        let friday = day(2024, 7, 5);
        assert_eq!(
            Calendar::Xnys.next_session(friday).unwrap().date,
            day(2024, 7, 8)
        );
        assert_eq!(
            Calendar::Xnys.previous_session(friday).unwrap().date,
            day(2024, 7, 3)
        );
        let reopened = Calendar::Xnys.next_session(day(2001, 9, 10)).unwrap();
        assert_eq!(reopened.date, day(2001, 9, 17));
        assert_eq!(Calendar::Xnys.next_session(day(2030, 12, 31)), None);
        assert_eq!(Calendar::Xnse.previous_session(day(2024, 1, 1)), None);
    }

    /// Cboe: the June 2026 series stops on the eve of Juneteenth, a third Friday.
    #[test]
    fn monthly_expiry_is_the_third_friday_or_the_thursday_before() {
        let calendar = Calendar::Xnys;
        assert!(calendar.is_monthly_expiry(day(2024, 1, 19)));
        assert!(!calendar.is_monthly_expiry(day(2024, 1, 18)));
        assert!(calendar.is_monthly_expiry(day(2026, 6, 18)));
        assert!(!calendar.is_monthly_expiry(day(2026, 6, 19)));
    }

    #[test]
    fn a_date_outside_is_an_error_that_says_what_to_do() {
        let message = Calendar::Xnse
            .covers(day(2023, 5, 2))
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "calendar xnse knows the sessions of 2024 to 2026, not 2023-05-02: narrow the dates or \
             take another calendar"
        );
        assert_eq!(Calendar::Xnse.session_on(day(2023, 5, 2)), None);
        assert_eq!(Calendar::Deribit.covers(day(2050, 1, 1)), Ok(()));
        for name in ["xnys", "deribit", "xnse"] {
            assert_eq!(Calendar::from_name(name).unwrap().name(), name);
        }
        assert_eq!(Calendar::from_name("XNYS"), None);
    }

    #[test]
    fn years_count_to_the_microsecond() {
        let ts = utc("2024-01-19T14:30:00Z");
        let minute = years_between(ts, ts + TimeDelta::minutes(1)).unwrap().get();
        assert!((minute - 1.0 / 525_600.0).abs() < 1e-21);
        assert_eq!(years_between(ts, ts - TimeDelta::microseconds(1)), None);
        assert!(years_between(ts, ts + TimeDelta::microseconds(1)).is_some());
    }
}
