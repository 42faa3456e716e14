//! Bars and control series in the archive's own form: what studies read.
//!
//! ```text
//! bars.parquet      underlying, start, end, known_at, open, high, low, close, volume?, adjusted
//! <control>.parquet ts, known_at, value                       (metadata: gexlab.control)
//! ```

use std::fmt::Display;
use std::path::Path;

use chrono::{DateTime, Utc};
use gex_compute::market::Instant;
use gex_compute::market::bar::{Adjustment, Bar, BarSeries, ControlPoint, ControlSeries};

use crate::table::{Column, Table, TableError, file_name, read_parquet, write_parquet};

/// Key of the metadata that names a control series.
const CONTROL_KEY: &str = "gexlab.control";

/// Writes bars beside `path` and renames them into place.
///
/// # Errors
///
/// [`TableError`] where the file can't be written.
pub fn write_bars(path: &Path, series: &BarSeries) -> Result<(), TableError> {
    let bars = &series.bars;
    let at = |read: fn(&Bar) -> Instant| {
        Column::Instant(
            bars.iter()
                .map(|bar| Some(read(bar).timestamp_micros()))
                .collect(),
        )
    };
    let price = |read: fn(&Bar) -> f64| Column::F64(bars.iter().map(|b| Some(read(b))).collect());
    let same = |word: &str| Column::Text(vec![Some(word.to_owned()); bars.len()]);
    let table = Table::new()
        .with("underlying", same(&series.underlying))
        .with("start", at(|bar| bar.start))
        .with("end", at(|bar| bar.end))
        .with("known_at", at(|bar| bar.known_at))
        .with("open", price(|bar| bar.open))
        .with("high", price(|bar| bar.high))
        .with("low", price(|bar| bar.low))
        .with("close", price(|bar| bar.close))
        .with(
            "volume",
            Column::F64(bars.iter().map(|bar| bar.volume).collect()),
        )
        .with("adjusted", same(series.adjustment.word()));
    write_parquet(path, &table, &[])
}

/// Reads the bars of one underlying, ascending in time.
///
/// A bar whose `start` is its `end` has one price: a series of closes.
///
/// # Errors
///
/// [`TableError`] for a file that isn't one of bars, or a bar that can't be: prices that contradict
/// each other, one that begins before the one before it ended, or one known before its end.
pub fn read_bars_file(path: &Path, underlying: &str) -> Result<BarSeries, TableError> {
    let file = FileTable::read(path)?;
    let names = file.texts("underlying")?;
    let [start, end, known_at] = ["start", "end", "known_at"].map(|name| file.instants(name));
    let (start, end, known_at) = (start?, end?, known_at?);
    let [open, high, low, close] = ["open", "high", "low", "close"].map(|name| file.numbers(name));
    let (open, high, low, close) = (open?, high?, low?, close?);
    let volume = file.nullable_numbers("volume")?;
    let adjusted = file.texts("adjusted")?;
    let mut series = BarSeries {
        underlying: underlying.to_owned(),
        adjustment: Adjustment::None,
        bars: Vec::new(),
    };
    for row in (0..file.table.rows()).filter(|&row| names[row] == underlying) {
        let bar = Bar {
            start: start[row],
            end: end[row],
            known_at: known_at[row],
            open: open[row],
            high: high[row],
            low: low[row],
            close: close[row],
            volume: volume[row],
        };
        file.check_bar(row, &bar, series.bars.last())?;
        series.adjustment = Adjustment::from_word(&adjusted[row]).ok_or_else(|| {
            file.value(
                row,
                "adjusted",
                "must be none, splits or total",
                &adjusted[row],
            )
        })?;
        series.bars.push(bar);
    }
    if series.bars.is_empty() {
        let known = names.first().cloned().unwrap_or_default();
        return Err(file.value(
            0,
            "underlying",
            "no bar of this underlying; the file has",
            &known,
        ));
    }
    Ok(series)
}

/// Writes a control series beside `path` and renames it into place.
///
/// # Errors
///
/// [`TableError`] where the file can't be written.
pub fn write_control_file(path: &Path, series: &ControlSeries) -> Result<(), TableError> {
    let points = &series.points;
    let at = |read: fn(&ControlPoint) -> Instant| {
        Column::Instant(
            points
                .iter()
                .map(|p| Some(read(p).timestamp_micros()))
                .collect(),
        )
    };
    let table = Table::new()
        .with("ts", at(|point| point.ts))
        .with("known_at", at(|point| point.known_at))
        .with(
            "value",
            Column::F64(points.iter().map(|point| Some(point.value)).collect()),
        );
    write_parquet(path, &table, &[(CONTROL_KEY, series.name.clone())])
}

/// Reads a control series under the name that a study gives it, ascending in `known_at`.
///
/// # Errors
///
/// [`TableError`] for a file that isn't a control series, or a point known before its instant or
/// before the point above it.
pub fn read_control_file(path: &Path, name: &str) -> Result<ControlSeries, TableError> {
    let file = FileTable::read(path)?;
    let (ts, known_at) = (file.instants("ts")?, file.instants("known_at")?);
    let values = file.numbers("value")?;
    let mut points: Vec<ControlPoint> = Vec::with_capacity(values.len());
    for (row, value) in values.into_iter().enumerate() {
        let point = ControlPoint {
            ts: ts[row],
            known_at: known_at[row],
            value,
        };
        let early = points
            .last()
            .is_some_and(|last| point.known_at < last.known_at);
        if point.known_at < point.ts || early {
            let problem = "must not lie before ts or before the row above";
            return Err(file.value(row, "known_at", problem, &point.known_at));
        }
        points.push(point);
    }
    Ok(ControlSeries {
        name: name.to_owned(),
        points,
    })
}

/// A table and the file that it came from, for messages.
struct FileTable {
    file: String,
    table: Table,
}

impl FileTable {
    fn read(path: &Path) -> Result<Self, TableError> {
        Ok(Self {
            file: file_name(path),
            table: read_parquet(path)?.0,
        })
    }

    fn value(
        &self,
        row: usize,
        column: &'static str,
        problem: &'static str,
        value: &dyn Display,
    ) -> TableError {
        TableError::Value {
            file: self.file.clone(),
            row,
            column,
            problem,
            value: value.to_string(),
        }
    }

    fn missing(&self, column: &'static str, wanted: &'static str) -> TableError {
        TableError::Column {
            file: self.file.clone(),
            column: column.to_owned(),
            wanted,
        }
    }

    fn texts(&self, column: &'static str) -> Result<Vec<String>, TableError> {
        match self.table.column(column) {
            Some(Column::Text(rows)) => self.complete(rows, column, Clone::clone),
            _ => Err(self.missing(column, "text")),
        }
    }

    fn instants(&self, column: &'static str) -> Result<Vec<DateTime<Utc>>, TableError> {
        match self.table.column(column) {
            Some(Column::Instant(rows)) => {
                let at =
                    |micros: &i64| DateTime::from_timestamp_micros(*micros).unwrap_or_default();
                self.complete(rows, column, at)
            }
            _ => Err(self.missing(column, "timestamp in UTC")),
        }
    }

    fn numbers(&self, column: &'static str) -> Result<Vec<f64>, TableError> {
        let numbers = self.nullable_numbers(column)?;
        let numbers = self.complete(&numbers, column, |value| *value)?;
        match numbers.iter().position(|value| !value.is_finite()) {
            Some(row) => Err(self.value(row, column, "must be finite", &numbers[row])),
            None => Ok(numbers),
        }
    }

    fn nullable_numbers(&self, column: &'static str) -> Result<Vec<Option<f64>>, TableError> {
        match self.table.column(column) {
            Some(Column::F64(rows)) => Ok(rows.clone()),
            _ => Err(self.missing(column, "double")),
        }
    }

    fn complete<T, R>(
        &self,
        rows: &[Option<T>],
        column: &'static str,
        read: impl Fn(&T) -> R,
    ) -> Result<Vec<R>, TableError> {
        rows.iter()
            .enumerate()
            .map(|(row, value)| {
                value
                    .as_ref()
                    .map(&read)
                    .ok_or_else(|| self.value(row, column, "must not be null", &"null"))
            })
            .collect()
    }

    fn check_bar(&self, row: usize, bar: &Bar, last: Option<&Bar>) -> Result<(), TableError> {
        let bounds = [bar.open, bar.close].map(|price| bar.low <= price && price <= bar.high);
        if bounds.contains(&false) || bar.low <= 0.0 {
            return Err(self.value(row, "high", "prices contradict each other: high", &bar.high));
        }
        if bar.end < bar.start || bar.known_at < bar.end {
            return Err(self.value(
                row,
                "known_at",
                "must not lie before the end",
                &bar.known_at,
            ));
        }
        if last.is_some_and(|last| bar.start < last.end) {
            return Err(self.value(
                row,
                "start",
                "must not lie before the end above",
                &bar.start,
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone};

    fn series() -> BarSeries {
        let day = |day: u32| Utc.with_ymd_and_hms(2024, 1, day, 14, 30, 0).unwrap();
        let bar = |d: u32, close: f64| Bar {
            start: day(d),
            end: day(d) + TimeDelta::minutes(390),
            known_at: day(d) + TimeDelta::minutes(390),
            open: 100.0,
            high: close.max(100.0) + 1.0,
            low: 99.0,
            close,
            volume: (d == 2).then_some(5.0),
        };
        BarSeries {
            underlying: "SIM".to_owned(),
            adjustment: Adjustment::Splits,
            bars: vec![bar(2, 101.0), bar(3, 102.0)],
        }
    }

    #[test]
    fn bars_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bars.parquet");
        write_bars(&path, &series()).unwrap();
        assert_eq!(read_bars_file(&path, "SIM").unwrap(), series());
        let error = read_bars_file(&path, "SPX").unwrap_err().to_string();
        assert!(error.contains("SIM"), "{error}");
    }

    #[test]
    fn a_bar_that_cannot_be_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bars.parquet");
        let mut broken = series();
        broken.bars[1].high = 90.0;
        write_bars(&path, &broken).unwrap();
        let error = read_bars_file(&path, "SIM").unwrap_err().to_string();
        assert!(
            error.contains("bars.parquet, row 1, column \"high\""),
            "{error}"
        );
        broken = series();
        broken.bars[1].start = broken.bars[0].start;
        write_bars(&path, &broken).unwrap();
        let error = read_bars_file(&path, "SIM").unwrap_err().to_string();
        assert!(error.contains("row 1, column \"start\""), "{error}");
    }

    #[test]
    fn a_control_series_reads_back_and_is_never_known_early() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vix.parquet");
        let at = |hour| Utc.with_ymd_and_hms(2024, 1, 2, hour, 0, 0).unwrap();
        let point = |hour, value| ControlPoint {
            ts: at(hour),
            known_at: at(hour + 1),
            value,
        };
        let mut series = ControlSeries {
            name: "vix".to_owned(),
            points: vec![point(1, 14.0), point(2, 15.0)],
        };
        write_control_file(&path, &series).unwrap();
        assert_eq!(read_control_file(&path, "vix").unwrap(), series);
        series.points[1].known_at = at(1);
        write_control_file(&path, &series).unwrap();
        let error = read_control_file(&path, "vix").unwrap_err().to_string();
        assert!(error.contains("row 1, column \"known_at\""), "{error}");
    }
}
