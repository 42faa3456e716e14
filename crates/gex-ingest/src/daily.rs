//! Prices of the underlying and control series, by day or by instant, from CSV or Parquet.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::NaiveDate;
use gex_compute::market::bar::{Adjustment, Bar, BarSeries, ControlPoint, ControlSeries};
use gex_compute::market::calendar::{Calendar, Session};

use crate::accept::Rejected;
use crate::intraday;
use crate::quality::Rule;
use crate::source::{SourceError, SourceFile, Sources, find_sources, printable};
use crate::vendor::frame::{Frame, Malformed, TimeRule};

/// Whose bars a file holds, and how they were adjusted: a file doesn't say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BarsRequest {
    /// Name of the underlying.
    pub underlying: String,
    /// How the prices were adjusted.
    pub adjustment: Adjustment,
    /// Calendar whose sessions the dates are.
    pub calendar: Calendar,
}

/// What a control series is called, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlRequest {
    /// Name, in kebab case: `vix`, `adv`.
    pub name: String,
    /// Name of the column; `value`, `close`, `c` or the series' own name where none is given.
    pub column: Option<String>,
    /// Calendar whose sessions the dates are.
    pub calendar: Calendar,
}

/// A daily series and the rows that did not enter it.
#[derive(Debug, Clone, PartialEq)]
pub struct Daily<T> {
    /// The series, by date.
    pub series: T,
    /// Rows set aside.
    pub rejected: Vec<Rejected>,
    /// Rows in the file.
    pub rows: usize,
}

/// The names that one vendor gives to the columns of a daily bar.
struct BarNames {
    date: &'static str,
    open: &'static str,
    high: &'static str,
    low: &'static str,
    close: &'static str,
    volume: Option<&'static str>,
    ticker: Option<&'static str>,
}

impl BarNames {
    /// Whether the table has one price a session.
    fn is_closes(&self) -> bool {
        self.open == self.close
    }
}

/// A series of closes: one price a session, at its close.
const fn closes(date: &'static str, close: &'static str) -> BarNames {
    let (open, high, low) = (close, close, close);
    BarNames {
        date,
        open,
        high,
        low,
        close,
        volume: None,
        ticker: None,
    }
}

static BAR_NAMES: [BarNames; 7] = [
    // Cboe's quote of the underlying: the label lies, the last trade doesn't.
    BarNames {
        date: "last_trade_time_et",
        open: "open",
        high: "high",
        low: "low",
        close: "current_price",
        volume: None,
        ticker: Some("ticker"),
    },
    BarNames {
        date: "date",
        open: "open",
        high: "high",
        low: "low",
        close: "close",
        volume: Some("volume"),
        ticker: None,
    },
    BarNames {
        date: "Date",
        open: "Open",
        high: "High",
        low: "Low",
        close: "Close",
        volume: Some("Volume"),
        ticker: None,
    },
    BarNames {
        date: "date",
        open: "o",
        high: "h",
        low: "l",
        close: "c",
        volume: Some("v"),
        ticker: None,
    },
    closes("date", "close"),
    closes("date", "price"),
    closes("Date", "Close"),
];

/// Whether a file's rows are days, or instants within them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// One row a session.
    Daily,
    /// Several rows a session.
    Intraday,
}

/// Tells days from instants by the names of a file's columns.
///
/// # Errors
///
/// [`SourceError`] for a file that can't be read.
pub fn pace(path: &Path) -> Result<Pace, SourceError> {
    let present = the_file(path)?.check()?;
    Ok(match intraday::time_column(&present) {
        Some(_) => Pace::Intraday,
        None => Pace::Daily,
    })
}

/// Reads bars: `date, open, high, low, close[, volume]`, Cboe's `underlying` table, or a table with instants in place
/// of dates.
///
/// A bar opens and closes with its session and is known at the close; in a table of closes alone
/// (`date, close` or `date, price`) it has no length and one price. Rows on days without a
/// session, second rows of a date and contradictory prices are set aside.
///
/// # Errors
///
/// [`SourceError`] for a file that can't be read or has no such columns.
pub fn read_bars(path: &Path, request: &BarsRequest) -> Result<Daily<BarSeries>, SourceError> {
    let source = the_file(path)?;
    let present = source.check()?;
    if let Some(time) = intraday::time_column(&present) {
        return intraday::read_bars(&source, &present, (time, request));
    }
    let names = bar_names(&source, &present)?;
    let mut table = BarTable::read(&source, names)?;
    let ours = rows_of_ticker(&table.frame, names.ticker, &request.underlying)?;
    let mut sieve = Sieve::new(&source, request.calendar, names.date);
    sieve.malformed = table.frame.take_malformed();
    let mut bars = Vec::new();
    for &row in &ours {
        let Some(session) = sieve.session(row, at(&table.dates, row)) else {
            continue;
        };
        match table.bar(row, session) {
            Ok(bar) => bars.push(bar),
            Err(prices) => {
                sieve.reject(row, names.close, format!("{prices:?}"), Rule::InvalidBar);
            }
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

fn at<T: Copy>(column: &[Option<T>], row: usize) -> Option<T> {
    column.get(row).copied().flatten()
}

/// The columns of a file of bars.
struct BarTable {
    names: &'static BarNames,
    frame: Frame,
    dates: Vec<Option<NaiveDate>>,
    prices: [Vec<Option<f64>>; 4],
    volumes: Vec<Option<f64>>,
}

impl BarTable {
    fn read(source: &SourceFile, names: &'static BarNames) -> Result<Self, SourceError> {
        let prices = [names.open, names.high, names.low, names.close];
        let others = [Some(names.date), names.volume, names.ticker];
        let mut wanted: Vec<&str> = others.into_iter().flatten().collect();
        for price in prices {
            if !wanted.contains(&price) {
                wanted.push(price);
            }
        }
        let mut frame = Frame::read(source, &wanted)?;
        let [open, high, low, close] = prices;
        Ok(Self {
            names,
            dates: dates(&mut frame, names.date)?,
            prices: [
                frame.numbers(open)?,
                frame.numbers(high)?,
                frame.numbers(low)?,
                frame.numbers(close)?,
            ],
            volumes: frame.numbers_if_any(names.volume)?,
            frame,
        })
    }

    /// The bar of one row, or the prices that make none.
    fn bar(&self, row: usize, session: Session) -> Result<Bar, [Option<f64>; 4]> {
        let prices = self.prices.each_ref().map(|column| at(column, row));
        let [open, high, low, close] = sound_prices(prices).ok_or(prices)?;
        let start = if self.names.is_closes() {
            session.close
        } else {
            session.open
        };
        Ok(Bar {
            start,
            end: session.close,
            known_at: session.close,
            open,
            high,
            low,
            close,
            volume: at(&self.volumes, row),
        })
    }
}

/// Reads a daily control series: a date and a value, about the session and known when its option
/// quotes end (an index of options can't be known before).
///
/// # Errors
///
/// [`SourceError`] for a file that can't be read or has no such columns.
pub fn read_control(
    path: &Path,
    request: &ControlRequest,
) -> Result<Daily<ControlSeries>, SourceError> {
    let source = the_file(path)?;
    let present = source.check()?;
    let guesses = ["value", "close", "Close", "CLOSE", "c", &request.name];
    let value = match &request.column {
        Some(column) => first_present(&source, &present, &[column])?,
        None => first_present(&source, &present, &guesses)?,
    };
    if let Some(time) = intraday::time_column(&present) {
        return intraday::read_control(&source, &present, (time, &value, request));
    }
    let date = first_present(&source, &present, &["date", "Date", "DATE"])?;
    let mut frame = Frame::read(&source, &[&date, &value])?;
    let mut sieve = Sieve::new(&source, request.calendar, &date);
    let dates = dates(&mut frame, &date)?;
    let values = frame.numbers(&value)?;
    sieve.malformed = frame.take_malformed();
    let rows = dates.len();
    let mut points = Vec::new();
    for (row, (date, number)) in dates.into_iter().zip(values).enumerate() {
        let Some(session) = sieve.session(row, date) else {
            continue;
        };
        let end = request.calendar.quotes_end(session.date);
        let known_at = end.unwrap_or(session.close).max(session.close);
        match number.filter(|number| number.is_finite()) {
            Some(value) => points.push(ControlPoint {
                ts: session.close,
                known_at,
                value,
            }),
            None => sieve.reject(row, &value, format!("{number:?}"), Rule::NullRequired),
        }
    }
    points.sort_by_key(|point| point.known_at);
    Ok(Daily {
        series: ControlSeries {
            name: request.name.clone(),
            points,
        },
        rejected: sieve.rejected,
        rows,
    })
}

fn the_file(path: &Path) -> Result<SourceFile, SourceError> {
    let Sources { mut files, .. } = find_sources(&[path.to_owned()])?;
    match (files.pop(), files.is_empty()) {
        (Some(file), true) => Ok(file),
        _ => Err(SourceError::Unreadable {
            file: printable(&path.to_string_lossy()),
            detail: "one CSV or Parquet file is needed".to_owned(),
        }),
    }
}

fn missing(source: &SourceFile, column: &str, present: &[String]) -> SourceError {
    SourceError::MissingColumn {
        file: source.name.clone(),
        column: column.to_owned(),
        found: printable(&present.join(", ")),
    }
}

fn first_present(
    source: &SourceFile,
    present: &[String],
    names: &[&str],
) -> Result<String, SourceError> {
    names
        .iter()
        .find(|name| present.iter().any(|column| column == *name))
        .map(|name| (*name).to_owned())
        .ok_or_else(|| missing(source, &names.join("\" or \""), present))
}

fn bar_names(source: &SourceFile, present: &[String]) -> Result<&'static BarNames, SourceError> {
    let has = |name: &str| present.iter().any(|column| column == name);
    BAR_NAMES
        .iter()
        .find(|n| {
            let ticker = n.ticker.is_none_or(has);
            ticker
                && [n.date, n.open, n.high, n.low, n.close]
                    .into_iter()
                    .all(has)
        })
        .ok_or_else(|| {
            missing(
                source,
                "date, open, high, low, close (or date, close)",
                present,
            )
        })
}

fn dates(frame: &mut Frame, column: &str) -> Result<Vec<Option<NaiveDate>>, SourceError> {
    match frame.wall_clock(column) {
        Ok(readings) => Ok(readings
            .into_iter()
            .map(|reading| reading.map(|reading| reading.date()))
            .collect()),
        Err(_) => frame.dates(column, &TimeRule::default()),
    }
}

/// Cboe writes indices with a leading underscore.
fn rows_of_ticker(
    frame: &Frame,
    column: Option<&str>,
    underlying: &str,
) -> Result<Vec<usize>, SourceError> {
    let Some(column) = column else {
        return Ok((0..frame.height()).collect());
    };
    let tickers = frame.texts(column)?;
    let ours = |ticker: &Option<String>| {
        let ticker = ticker.as_deref().unwrap_or_default();
        ticker.strip_prefix('_').unwrap_or(ticker) == underlying
    };
    Ok((0..tickers.len())
        .filter(|&row| tickers.get(row).is_some_and(ours))
        .collect())
}

pub(crate) fn sound_prices(prices: [Option<f64>; 4]) -> Option<[f64; 4]> {
    let [open, high, low, close] = prices;
    let all = [open?, high?, low?, close?];
    let [open, high, low, close] = all;
    let positive = all.iter().all(|price| price.is_finite() && 0.0 < *price);
    (positive && low <= open.min(close) && open.max(close) <= high).then_some(all)
}

/// Lets one row of each session through and keeps the others with their reasons.
struct Sieve<'a> {
    source: &'a SourceFile,
    calendar: Calendar,
    date_column: &'a str,
    malformed: Vec<Malformed>,
    seen: BTreeSet<NaiveDate>,
    rejected: Vec<Rejected>,
}

impl<'a> Sieve<'a> {
    fn new(source: &'a SourceFile, calendar: Calendar, date_column: &'a str) -> Self {
        Self {
            source,
            calendar,
            date_column,
            malformed: Vec::new(),
            seen: BTreeSet::new(),
            rejected: Vec::new(),
        }
    }

    fn reject(&mut self, row: usize, column: &str, value: String, rule: Rule) {
        self.rejected.push(Rejected {
            source: self.source.name.clone(),
            row,
            column: column.to_owned(),
            value,
            rule,
        });
    }

    fn session(&mut self, row: usize, date: Option<NaiveDate>) -> Option<Session> {
        let column = self.date_column;
        if let Some(field) = self.malformed.iter().find(|field| field.row == row) {
            let (column, value) = (field.column.clone(), field.value.clone());
            self.reject(row, &column, value, Rule::Malformed);
            return None;
        }
        let Some(date) = date else {
            self.reject(row, column, String::new(), Rule::NullRequired);
            return None;
        };
        let Some(session) = self.calendar.session_on(date) else {
            self.reject(row, column, date.to_string(), Rule::DateWithoutSession);
            return None;
        };
        if !self.seen.insert(date) {
            self.reject(row, column, date.to_string(), Rule::RepeatedDate);
            return None;
        }
        Some(session)
    }
}
