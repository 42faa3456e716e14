//! Bars and values within sessions: one row an instant, from a minute to an hour apart.
//!
//! ```text
//! start     the row's instant, in UTC: zones are read from the column, or UTC where its name says so
//! length    the step between rows that occurs most often
//! end       start + length, but not past the close of the session; known then
//! ```
//!
//! A row outside every session (before the open, after the close) is set aside: no window of a study holds it.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use chrono_tz::Tz;
use gex_compute::market::Instant;
use gex_compute::market::bar::{Bar, BarSeries, ControlPoint, ControlSeries};
use gex_compute::market::calendar::Calendar;

use crate::accept::Rejected;
use crate::daily::{BarsRequest, ControlRequest, Daily, sound_prices};
use crate::quality::Rule;
use crate::source::{SourceError, SourceFile};
use crate::vendor::frame::{Frame, TimeRule};

/// Names that a column of instants may have.
const TIMES: [&str; 7] = [
    "ts_utc",
    "ts",
    "timestamp",
    "datetime",
    "time",
    "Datetime",
    "start",
];
/// Names of a column that says whose the row is.
const OWNERS: [&str; 3] = ["symbol", "ticker", "underlying"];
/// The longest bar: a longer step makes a daily table.
const LONGEST: TimeDelta = TimeDelta::hours(1);

/// The column of instants of a table that has no dates.
pub(crate) fn time_column(present: &[String]) -> Option<&'static str> {
    let has = |name: &str| present.iter().any(|column| column == name);
    let dated = ["date", "Date", "DATE"].into_iter().any(has);
    TIMES.into_iter().find(|name| !dated && has(name))
}

fn instants(frame: &mut Frame, column: &str) -> Result<Vec<Option<Instant>>, SourceError> {
    let zone = column.ends_with("_utc").then_some(Tz::UTC);
    frame.instants(column, &TimeRule { format: None, zone })
}

/// Reads bars: an instant, `open, high, low, close` and perhaps `volume`.
pub(crate) fn read_bars(
    source: &SourceFile,
    present: &[String],
    (time, request): (&str, &BarsRequest),
) -> Result<Daily<BarSeries>, SourceError> {
    let owner = OWNERS
        .into_iter()
        .find(|name| present.iter().any(|column| column == name));
    let volume = present
        .iter()
        .any(|column| column == "volume")
        .then_some("volume");
    let prices = ["open", "high", "low", "close"];
    let others = [Some(time), owner, volume].into_iter().flatten();
    let wanted: Vec<&str> = others.chain(prices).collect();
    let mut frame = Frame::read(source, &wanted)?;
    let times = instants(&mut frame, time)?;
    let columns = [
        frame.numbers("open")?,
        frame.numbers("high")?,
        frame.numbers("low")?,
        frame.numbers("close")?,
    ];
    let volumes = frame.numbers_if_any(volume)?;
    let ours = rows_of(&frame, owner, &request.underlying)?;
    let length = step(
        &ours
            .iter()
            .filter_map(|row| at(&times, *row))
            .collect::<Vec<_>>(),
    );
    let mut sieve = Sieve::new(source, time, request.calendar);
    let mut bars = Vec::new();
    for &row in &ours {
        let Some((start, end)) = sieve.span(row, at(&times, row), length) else {
            continue;
        };
        let found = columns.each_ref().map(|column| at(column, row));
        match sound_prices(found) {
            Some([open, high, low, close]) => bars.push(Bar {
                start,
                end,
                known_at: end,
                open,
                high,
                low,
                close,
                volume: at(&volumes, row),
            }),
            None => sieve.reject(row, format!("{found:?}"), Rule::InvalidBar),
        }
    }
    bars.sort_by_key(|bar| bar.start);
    Ok(Daily {
        series: BarSeries {
            underlying: request.underlying.clone(),
            adjustment: request.adjustment,
            bars,
        },
        rejected: sieve.rejected,
        rows: ours.len(),
    })
}

/// Reads a control: an instant and a value. A table of bars gives closes, which are known when their bar ends.
pub(crate) fn read_control(
    source: &SourceFile,
    present: &[String],
    (time, value, request): (&str, &str, &ControlRequest),
) -> Result<Daily<ControlSeries>, SourceError> {
    let of_bars = present.iter().any(|column| column == "open");
    let mut frame = Frame::read(source, &[time, value])?;
    let times = instants(&mut frame, time)?;
    let values = frame.numbers(value)?;
    let known: Vec<Instant> = times.iter().copied().flatten().collect();
    let length = if of_bars {
        step(&known)
    } else {
        TimeDelta::zero()
    };
    let mut sieve = Sieve::new(source, time, request.calendar);
    let mut points = Vec::new();
    for (row, (start, number)) in times.iter().zip(&values).enumerate() {
        let Some(start) = start else {
            sieve.reject(row, String::new(), Rule::NullRequired);
            continue;
        };
        let ts = *start + length;
        match number.filter(|number| number.is_finite()) {
            Some(value) => points.push(ControlPoint {
                ts,
                known_at: ts,
                value,
            }),
            None => sieve.reject(row, format!("{number:?}"), Rule::NullRequired),
        }
    }
    points.sort_by_key(|point| point.ts);
    points.dedup_by_key(|point| point.ts);
    Ok(Daily {
        series: ControlSeries {
            name: request.name.clone(),
            points,
        },
        rejected: sieve.rejected,
        rows: times.len(),
    })
}

fn at<T: Copy>(column: &[Option<T>], row: usize) -> Option<T> {
    column.get(row).copied().flatten()
}

fn rows_of(
    frame: &Frame,
    owner: Option<&str>,
    underlying: &str,
) -> Result<Vec<usize>, SourceError> {
    let Some(owner) = owner else {
        return Ok((0..frame.height()).collect());
    };
    let names = frame.texts(owner)?;
    let ours = |row: &usize| {
        names
            .get(*row)
            .is_some_and(|name| name.as_deref() == Some(underlying))
    };
    Ok((0..names.len()).filter(ours).collect())
}

/// The step between rows that occurs most often, an hour at most; the shorter of two as frequent.
fn step(times: &[Instant]) -> TimeDelta {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let mut counts: BTreeMap<TimeDelta, usize> = BTreeMap::new();
    for (a, b) in sorted.iter().zip(sorted.iter().skip(1)) {
        *counts.entry(*b - *a).or_default() += 1;
    }
    let steps = counts
        .into_iter()
        .filter(|(step, _)| TimeDelta::zero() < *step && *step <= LONGEST);
    let most = steps.fold((LONGEST, 0), |best, (step, count)| {
        if best.1 < count { (step, count) } else { best }
    });
    most.0
}

/// Lets one row an instant through, within a session, and keeps the others with their reasons.
struct Sieve<'a> {
    source: &'a SourceFile,
    column: &'a str,
    calendar: Calendar,
    seen: std::collections::BTreeSet<Instant>,
    rejected: Vec<Rejected>,
}

impl<'a> Sieve<'a> {
    fn new(source: &'a SourceFile, column: &'a str, calendar: Calendar) -> Self {
        Self {
            source,
            column,
            calendar,
            seen: std::collections::BTreeSet::new(),
            rejected: Vec::new(),
        }
    }

    fn reject(&mut self, row: usize, value: String, rule: Rule) {
        self.rejected.push(Rejected {
            source: self.source.name.clone(),
            row,
            column: self.column.to_owned(),
            value,
            rule,
        });
    }

    /// From when to when a row's bar runs.
    fn span(
        &mut self,
        row: usize,
        start: Option<Instant>,
        length: TimeDelta,
    ) -> Option<(Instant, Instant)> {
        let Some(start) = start else {
            self.reject(row, String::new(), Rule::NullRequired);
            return None;
        };
        let within = self.calendar.session_of(start);
        let Some(session) = within.filter(|s| s.open <= start && start < s.close) else {
            self.reject(row, start.to_rfc3339(), Rule::DateWithoutSession);
            return None;
        };
        if !self.seen.insert(start) {
            self.reject(row, start.to_rfc3339(), Rule::RepeatedDate);
            return None;
        }
        Some((start, (start + length).min(session.close)))
    }
}
