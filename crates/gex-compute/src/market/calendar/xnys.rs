//! New York Stock Exchange: holidays, closures that no rule foresaw, and half days.

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};

/// First and last year for which the rules were compared with the exchange's own record.
pub(super) const YEARS: (i32, i32) = (1990, 2030);

/// Minutes after midnight in New York.
pub(super) const OPEN: i64 = 9 * 60 + 30;
pub(super) const CLOSE: i64 = 16 * 60;
const EARLY_CLOSE: i64 = 13 * 60;
/// Half days ended an hour later until 1992.
const EARLY_CLOSE_UNTIL_1992: i64 = 14 * 60;

/// When a holiday falls.
enum Rule {
    /// A date; from a Sunday it moves to Monday, from a Saturday to Friday.
    Date { month: u32, day: u32 },
    /// A date that is not made up for when it falls on a Saturday, which would end the old year.
    NewYear,
    /// The n-th such weekday of a month.
    Nth {
        month: u32,
        weekday: Weekday,
        n: u32,
    },
    /// The last Monday of May.
    LastMondayOfMay,
    /// Two days before Easter.
    GoodFriday,
}

struct Holiday {
    name: &'static str,
    since: i32,
    rule: Rule,
}

const fn holiday(name: &'static str, since: i32, rule: Rule) -> Holiday {
    Holiday { name, since, rule }
}

const fn nth(month: u32, weekday: Weekday, n: u32) -> Rule {
    Rule::Nth { month, weekday, n }
}

const HOLIDAYS: [Holiday; 10] = [
    holiday("New Year's Day", 1990, Rule::NewYear),
    holiday("Martin Luther King Day", 1998, nth(1, Weekday::Mon, 3)),
    holiday("Presidents' Day", 1990, nth(2, Weekday::Mon, 3)),
    holiday("Good Friday", 1990, Rule::GoodFriday),
    holiday("Memorial Day", 1990, Rule::LastMondayOfMay),
    holiday("Juneteenth", 2022, Rule::Date { month: 6, day: 19 }),
    holiday("Independence Day", 1990, Rule::Date { month: 7, day: 4 }),
    holiday("Labor Day", 1990, nth(9, Weekday::Mon, 1)),
    holiday("Thanksgiving Day", 1990, nth(11, Weekday::Thu, 4)),
    holiday("Christmas Day", 1990, Rule::Date { month: 12, day: 25 }),
];

/// Days on which the exchange stayed closed and no rule says so.
const UNFORESEEN: [((i32, u32, u32), &str); 11] = [
    ((1994, 4, 27), "the funeral of Richard Nixon"),
    ((2001, 9, 11), "the attacks of 11 September"),
    ((2001, 9, 12), "the attacks of 11 September"),
    ((2001, 9, 13), "the attacks of 11 September"),
    ((2001, 9, 14), "the attacks of 11 September"),
    ((2004, 6, 11), "the funeral of Ronald Reagan"),
    ((2007, 1, 2), "the mourning for Gerald Ford"),
    ((2012, 10, 29), "Hurricane Sandy"),
    ((2012, 10, 30), "Hurricane Sandy"),
    ((2018, 12, 5), "the mourning for George H. W. Bush"),
    ((2025, 1, 9), "the mourning for Jimmy Carter"),
];

/// Half days that no rule foresaw.
const UNFORESEEN_HALF_DAYS: [((i32, u32, u32), &str); 3] = [
    ((1997, 12, 26), "the day after Christmas"),
    ((1999, 12, 31), "New Year's Eve"),
    ((2003, 12, 26), "the day after Christmas"),
];

/// The name of the holiday or event for which the exchange stays closed on a weekday.
pub(super) fn closure_name(date: NaiveDate) -> Option<&'static str> {
    let by_rule = || {
        HOLIDAYS
            .iter()
            .find(|holiday| holiday.since <= date.year() && holiday.rule.falls_on(date))
            .map(|holiday| holiday.name)
    };
    named(&UNFORESEEN, date).or_else(by_rule)
}

/// Why the exchange closes early on `date`; says nothing about days on which it is closed.
pub(super) fn half_day_name(date: NaiveDate) -> Option<&'static str> {
    named(&UNFORESEEN_HALF_DAYS, date).or_else(|| half_day_by_rule(date))
}

fn half_day_by_rule(date: NaiveDate) -> Option<&'static str> {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};

    let year = date.year();
    match (date.month(), date.day(), date.weekday()) {
        (7, 3, Mon | Tue | Thu) if 1995 <= year => Some("the eve of Independence Day"),
        // Independence Day on a Thursday: until 2012 the Friday after was cut, since then the eve.
        (7, 3, Wed) if 2013 <= year => Some("the eve of Independence Day"),
        (7, 5, Fri) if (1995..2013).contains(&year) => Some("the day after Independence Day"),
        (11, 23..=29, Fri) if 1992 <= year => Some("the day after Thanksgiving"),
        (12, 24, Fri | Sat | Sun) => None,
        (12, 24, _) => Some("Christmas Eve"),
        _ => None,
    }
}

/// Minutes after midnight in New York at which trading in stocks ends.
pub(super) fn close_minutes(date: NaiveDate) -> i64 {
    match half_day_name(date) {
        None => CLOSE,
        Some(_) if date.year() <= 1992 => EARLY_CLOSE_UNTIL_1992,
        Some(_) => EARLY_CLOSE,
    }
}

impl Rule {
    fn falls_on(&self, date: NaiveDate) -> bool {
        match *self {
            Self::Date { month, day } => {
                let saturday = date.weekday() == Weekday::Fri && is(shifted(date, 1), month, day);
                saturday || on_or_monday_after(date, month, day)
            }
            Self::NewYear => on_or_monday_after(date, 1, 1),
            Self::Nth { month, weekday, n } => {
                date.month() == month && date.weekday() == weekday && date.day().div_ceil(7) == n
            }
            Self::LastMondayOfMay => {
                date.month() == 5 && date.weekday() == Weekday::Mon && 24 < date.day()
            }
            Self::GoodFriday => shifted(date, 2) == easter(date.year()),
        }
    }
}

fn on_or_monday_after(date: NaiveDate, month: u32, day: u32) -> bool {
    let sunday = date.weekday() == Weekday::Mon && is(shifted(date, -1), month, day);
    sunday || is(Some(date), month, day)
}

fn is(date: Option<NaiveDate>, month: u32, day: u32) -> bool {
    date.is_some_and(|date| (date.month(), date.day()) == (month, day))
}

fn shifted(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    date.checked_add_signed(TimeDelta::days(days))
}

fn named(table: &[((i32, u32, u32), &'static str)], date: NaiveDate) -> Option<&'static str> {
    let day = (date.year(), date.month(), date.day());
    table.iter().find(|row| row.0 == day).map(|row| row.1)
}

/// Easter Sunday of the Gregorian calendar, by the algorithm of Meeus, Jones and Butcher (1876).
fn easter(year: i32) -> Option<NaiveDate> {
    let (golden, century, in_century) = (year % 19, year / 100, year % 100);
    let moon_correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - moon_correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (in_century / 4) - epact - in_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let days = epact + weekday - 7 * late + 114;
    let month = u32::try_from(days / 31).ok()?;
    let day = u32::try_from(days % 31 + 1).ok()?;
    NaiveDate::from_ymd_opt(year, month, day)
}
