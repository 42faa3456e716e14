//! Sessions, settlement instants and the length of a year.

use chrono::NaiveDate;

use super::Instant;

/// A named trading calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Calendar {
    /// New York Stock Exchange hours, with holidays and half days.
    Xnys,
    /// Deribit: every hour of every day; a session's day ends at 08:00 UTC.
    Deribit,
    /// National Stock Exchange of India.
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
