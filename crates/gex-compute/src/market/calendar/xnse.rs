//! National Stock Exchange of India: holidays and special sessions of the derivatives segment.
//!
//! Religious feasts follow moons and circulars, so this is a table and ends where the circulars do.

use chrono::{Datelike, NaiveDate};

/// First and last year of the table.
pub(super) const YEARS: (i32, i32) = (2024, 2026);

/// Minutes after midnight in Kolkata.
pub(super) const OPEN: i64 = 9 * 60 + 15;
pub(super) const CLOSE: i64 = 15 * 60 + 30;

/// Weekdays on which the exchange stays closed, by its yearly circulars and their amendments.
const CLOSURES: [((i32, u32, u32), &str); 47] = [
    ((2024, 1, 22), "the consecration at Ayodhya"),
    ((2024, 1, 26), "Republic Day"),
    ((2024, 3, 8), "Mahashivratri"),
    ((2024, 3, 25), "Holi"),
    ((2024, 3, 29), "Good Friday"),
    ((2024, 4, 11), "Id-Ul-Fitr"),
    ((2024, 4, 17), "Ram Navami"),
    ((2024, 5, 1), "Maharashtra Day"),
    ((2024, 5, 20), "the general election"),
    ((2024, 6, 17), "Bakri Id"),
    ((2024, 7, 17), "Muharram"),
    ((2024, 8, 15), "Independence Day"),
    ((2024, 10, 2), "Mahatma Gandhi Jayanti"),
    ((2024, 11, 1), "Diwali Laxmi Pujan"),
    ((2024, 11, 15), "Guru Nanak Jayanti"),
    ((2024, 11, 20), "the Maharashtra election"),
    ((2024, 12, 25), "Christmas"),
    ((2025, 2, 26), "Mahashivratri"),
    ((2025, 3, 14), "Holi"),
    ((2025, 3, 31), "Id-Ul-Fitr"),
    ((2025, 4, 10), "Mahavir Jayanti"),
    ((2025, 4, 14), "Ambedkar Jayanti"),
    ((2025, 4, 18), "Good Friday"),
    ((2025, 5, 1), "Maharashtra Day"),
    ((2025, 8, 15), "Independence Day"),
    ((2025, 8, 27), "Ganesh Chaturthi"),
    ((2025, 10, 2), "Mahatma Gandhi Jayanti"),
    ((2025, 10, 21), "Diwali Laxmi Pujan"),
    ((2025, 10, 22), "Diwali Balipratipada"),
    ((2025, 11, 5), "Guru Nanak Jayanti"),
    ((2025, 12, 25), "Christmas"),
    ((2026, 1, 15), "the Maharashtra municipal elections"),
    ((2026, 1, 26), "Republic Day"),
    ((2026, 3, 3), "Holi"),
    ((2026, 3, 26), "Ram Navami"),
    ((2026, 3, 31), "Mahavir Jayanti"),
    ((2026, 4, 3), "Good Friday"),
    ((2026, 4, 14), "Ambedkar Jayanti"),
    ((2026, 5, 1), "Maharashtra Day"),
    ((2026, 5, 28), "Bakri Id"),
    ((2026, 6, 26), "Muharram"),
    ((2026, 9, 14), "Ganesh Chaturthi"),
    ((2026, 10, 2), "Mahatma Gandhi Jayanti"),
    ((2026, 10, 20), "Dussehra"),
    ((2026, 11, 10), "Diwali Balipratipada"),
    ((2026, 11, 24), "Guru Nanak Jayanti"),
    ((2026, 12, 25), "Christmas"),
];

/// A session on a holiday or weekend, from open to close in minutes after midnight.
struct Special {
    day: (i32, u32, u32),
    name: &'static str,
    minutes: (i64, i64),
}

const fn special(day: (i32, u32, u32), name: &'static str, minutes: (i64, i64)) -> Special {
    Special { day, name, minutes }
}

/// Live sessions that the weekly pattern does not foresee. The two Saturdays of 2024 held two short
/// sittings each, from the second of which the day's prices come. The Diwali session of 2026 is
/// missing: its hours were announced after this table was drawn up.
const SPECIALS: [Special; 7] = [
    special((2024, 1, 20), "a Saturday before a holiday", (OPEN, CLOSE)),
    special(
        (2024, 3, 2),
        "a rehearsal at the recovery site",
        (OPEN, 12 * 60 + 30),
    ),
    special(
        (2024, 5, 18),
        "a rehearsal at the recovery site",
        (OPEN, 12 * 60 + 30),
    ),
    special((2024, 11, 1), "Muhurat trading", (18 * 60, 19 * 60)),
    special((2025, 2, 1), "the Union Budget", (OPEN, CLOSE)),
    special(
        (2025, 10, 21),
        "Muhurat trading",
        (13 * 60 + 45, 14 * 60 + 45),
    ),
    special((2026, 2, 1), "the Union Budget", (OPEN, CLOSE)),
];

/// The name of the holiday for which the exchange stays closed on a weekday.
pub(super) fn closure_name(date: NaiveDate) -> Option<&'static str> {
    let day = day_of(date);
    CLOSURES.iter().find(|row| row.0 == day).map(|row| row.1)
}

/// Why there is a session of its own kind on `date`.
pub(super) fn special_name(date: NaiveDate) -> Option<&'static str> {
    special_on(date).map(|special| special.name)
}

/// Open and close of a special session, in minutes after midnight in Kolkata.
pub(super) fn special_minutes(date: NaiveDate) -> Option<(i64, i64)> {
    special_on(date).map(|special| special.minutes)
}

fn special_on(date: NaiveDate) -> Option<&'static Special> {
    let day = day_of(date);
    SPECIALS.iter().find(|special| special.day == day)
}

fn day_of(date: NaiveDate) -> (i32, u32, u32) {
    (date.year(), date.month(), date.day())
}
