//! Typed columns of one vendor file: polars stops here.

use std::io::Cursor;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use polars::io::mmap::MmapBytesReader;
use polars::prelude::{
    Column, CsvReadOptions, DataFrame, DataType, ParquetReader, SerReader, TimeUnit,
};

use super::schema::check_types;
use super::statistics::check_statistics;
use crate::header::separator;
use crate::proof::int96_columns;
use crate::source::{Container, Opened, SourceError, SourceFile, printable};
use gex_compute::market::Instant;

/// A text field that should have been a number, a date or an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// Row in the file, counted from 0.
    pub(crate) row: usize,
    /// Name of the column.
    pub(crate) column: String,
    /// The text.
    pub(crate) value: String,
}

/// The columns of one file that a format asks for.
pub(crate) struct Frame {
    file: String,
    container: Container,
    /// Every column of the file, those that were not asked for included.
    names: Vec<String>,
    data: DataFrame,
    int96: Vec<String>,
    malformed: Vec<Malformed>,
}

/// How text and clock readings without a zone are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TimeRule {
    /// chrono's format of text; ISO 8601 where none is given.
    pub(crate) format: Option<String>,
    /// The zone of readings that name none.
    pub(crate) zone: Option<Tz>,
}

impl Frame {
    /// Reads the columns of `source` that are among `wanted`.
    pub(crate) fn read(source: &SourceFile, wanted: &[&str]) -> Result<Self, SourceError> {
        let names = source.check()?;
        let chosen: Vec<usize> = (0..names.len())
            .filter(|i| names.get(*i).is_some_and(|n| wanted.contains(&n.as_str())))
            .collect();
        if chosen.is_empty() {
            let column = wanted.first().copied().unwrap_or_default();
            return Err(missing(&source.name, column, &names));
        }
        let data = match source.container {
            Container::Parquet => read_parquet(source, &names, &chosen),
            _ => read_csv(source, &names, chosen),
        }?;
        let int96 = match source.container {
            Container::Parquet => int96_columns(source, source.open()?)?,
            _ => Vec::new(),
        };
        Ok(Self {
            file: source.name.clone(),
            container: source.container,
            names,
            data,
            int96,
            malformed: Vec::new(),
        })
    }

    /// Number of rows.
    pub(crate) fn height(&self) -> usize {
        self.data.height()
    }

    /// Takes the fields that could not be read, in the order in which the columns were asked for.
    pub(crate) fn take_malformed(&mut self) -> Vec<Malformed> {
        std::mem::take(&mut self.malformed)
    }

    /// Refuses the file unless it has every one of these columns.
    pub(crate) fn require<'a>(
        &self,
        columns: impl Iterator<Item = &'a str>,
    ) -> Result<(), SourceError> {
        for column in columns {
            self.column(column)?;
        }
        Ok(())
    }

    /// Whether the file has the column.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.data.column(column).is_ok()
    }

    /// Reads a column of numbers; null, and not NaN, stands for what is missing.
    pub(crate) fn numbers(&mut self, column: &str) -> Result<Vec<Option<f64>>, SourceError> {
        let values = self.column(column)?.clone();
        if values.dtype() == &DataType::Null {
            return Ok(vec![None; self.height()]);
        }
        if values.dtype() == &DataType::String && self.container == Container::Csv {
            return Ok(self.parsed(column, &values, |text| text.parse().ok()));
        }
        if !values.dtype().is_primitive_numeric() {
            return Err(self.wrong_type(column, &values, "a number"));
        }
        let cast = values
            .cast(&DataType::Float64)
            .map_err(|_| self.wrong_type(column, &values, "a number"))?;
        let floats = cast
            .f64()
            .map_err(|_| self.wrong_type(column, &values, "a number"))?;
        Ok(floats.iter().collect())
    }

    /// Reads a column of numbers that a file may lack: then every row is missing.
    pub(crate) fn numbers_if_any(
        &mut self,
        column: Option<&str>,
    ) -> Result<Vec<Option<f64>>, SourceError> {
        match column {
            Some(column) if self.has(column) => self.numbers(column),
            _ => Ok(vec![None; self.height()]),
        }
    }

    /// Reads a column of text, each field cut at 256 bytes: no symbol is longer, and a name of a
    /// megabyte on every row would fill the memory.
    pub(crate) fn texts(&self, column: &str) -> Result<Vec<Option<String>>, SourceError> {
        let values = self.column(column)?;
        let texts = values
            .str()
            .map_err(|_| self.wrong_type(column, values, "text"))?;
        Ok(texts
            .iter()
            .map(|text| text.map(|text| clipped(text).to_owned()))
            .collect())
    }

    /// Reads a column of calendar dates.
    pub(crate) fn dates(
        &mut self,
        column: &str,
        rule: &TimeRule,
    ) -> Result<Vec<Option<NaiveDate>>, SourceError> {
        let values = self.column(column)?.clone();
        match values.dtype() {
            DataType::Date => {
                let days = values.to_physical_repr();
                let days = days
                    .i32()
                    .map_err(|_| self.wrong_type(column, &values, "a date"))?;
                Ok(days.iter().map(|day| day.and_then(date_of)).collect())
            }
            DataType::String if self.container == Container::Csv || rule.format.is_some() => {
                let format = rule.format.as_deref().unwrap_or("%Y-%m-%d");
                Ok(self.parsed(column, &values, |text| {
                    NaiveDate::parse_from_str(text, format).ok()
                }))
            }
            _ => Err(self.wrong_type(column, &values, "a date")),
        }
    }

    /// Whether a column holds dates: by its type, or by the first text in it.
    pub(crate) fn is_date(&self, column: &str, rule: &TimeRule) -> bool {
        let Ok(values) = self.column(column) else {
            return false;
        };
        let format = rule.format.as_deref().unwrap_or("%Y-%m-%d");
        match values.str() {
            Ok(texts) => {
                let first = texts.iter().flatten().next();
                first.is_some_and(|text| NaiveDate::parse_from_str(text.trim(), format).is_ok())
            }
            Err(_) => values.dtype() == &DataType::Date,
        }
    }

    /// Reads a column of instants; readings without a zone need one from `rule`. Parquet's old INT96
    /// names no zone, but every writer of it (Spark, Impala) means UTC.
    pub(crate) fn instants(
        &mut self,
        column: &str,
        rule: &TimeRule,
    ) -> Result<Vec<Option<Instant>>, SourceError> {
        let values = self.column(column)?.clone();
        match values.dtype() {
            DataType::Datetime(unit, zone) => {
                let zone = match (zone, rule.zone) {
                    (Some(_), _) => Tz::UTC,
                    (None, Some(zone)) => zone,
                    (None, None) if self.int96.iter().any(|name| name == column) => Tz::UTC,
                    (None, None) => return Err(self.naive(column)),
                };
                let readings = self.readings(column, &values, *unit)?;
                Ok(readings
                    .into_iter()
                    .map(|reading| reading.and_then(|reading| instant_in(zone, reading)))
                    .collect())
            }
            DataType::String if self.container == Container::Csv || rule.format.is_some() => {
                if rule.zone.is_none() && !a_text_has_zone(&values) {
                    return Err(self.naive(column));
                }
                Ok(self.parsed(column, &values, |text| instant_from_text(text, rule)))
            }
            _ => Err(self.wrong_type(column, &values, "a timestamp with a time zone")),
        }
    }

    /// Reads a column of wall-clock readings without a zone.
    pub(crate) fn wall_clock(
        &self,
        column: &str,
    ) -> Result<Vec<Option<NaiveDateTime>>, SourceError> {
        let values = self.column(column)?;
        match values.dtype() {
            DataType::Datetime(unit, None) => self.readings(column, values, *unit),
            _ => Err(self.wrong_type(column, values, "a timestamp without a time zone")),
        }
    }

    fn readings(
        &self,
        column: &str,
        values: &Column,
        unit: TimeUnit,
    ) -> Result<Vec<Option<NaiveDateTime>>, SourceError> {
        let ticks = values.to_physical_repr();
        let ticks = ticks
            .i64()
            .map_err(|_| self.wrong_type(column, values, "a timestamp"))?;
        Ok(ticks
            .iter()
            .map(|tick| tick.and_then(|tick| reading_of(tick, unit)))
            .collect())
    }

    fn column(&self, column: &str) -> Result<&Column, SourceError> {
        self.data
            .column(column)
            .map_err(|_| missing(&self.file, column, &self.names))
    }

    /// Parses text field by field; what does not parse is missing and noted.
    fn parsed<T>(
        &mut self,
        column: &str,
        values: &Column,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<Option<T>> {
        let Ok(texts) = values.str() else {
            return Vec::new();
        };
        let mut out = Vec::with_capacity(texts.len());
        for (row, text) in texts.iter().enumerate() {
            let text = text.map(str::trim).filter(|text| !text.is_empty());
            let value = text.and_then(&parse);
            if let (Some(text), None) = (text, &value) {
                self.malformed.push(Malformed {
                    row,
                    column: column.to_owned(),
                    value: printable(text),
                });
            }
            out.push(value);
        }
        out
    }

    fn wrong_type(&self, column: &str, values: &Column, wanted: &'static str) -> SourceError {
        let found = match values.dtype() {
            DataType::String => "string".to_owned(),
            other => other.to_string(),
        };
        SourceError::WrongType {
            file: self.file.clone(),
            column: column.to_owned(),
            found,
            wanted,
        }
    }

    fn naive(&self, column: &str) -> SourceError {
        SourceError::NaiveTimestamp {
            file: self.file.clone(),
            column: column.to_owned(),
        }
    }
}

fn clipped(text: &str) -> &str {
    const LONGEST: usize = 256;
    text.get(..text.floor_char_boundary(LONGEST))
        .unwrap_or(text)
}

/// One reading with a zone tells that the column has them, whatever stands in the rows before it.
fn a_text_has_zone(values: &Column) -> bool {
    let zoned = |text: &str| DateTime::parse_from_rfc3339(text.trim()).is_ok();
    let Ok(texts) = values.str() else {
        return false;
    };
    texts.iter().flatten().any(zoned) || texts.iter().flatten().next().is_none()
}

fn missing(file: &str, column: &str, names: &[String]) -> SourceError {
    SourceError::MissingColumn {
        file: file.to_owned(),
        column: column.to_owned(),
        found: printable(&names.join(", ")),
    }
}

/// Reads every field as text: a malformed number then costs its row, not the file.
fn read_csv(
    source: &SourceFile,
    names: &[String],
    chosen: Vec<usize>,
) -> Result<DataFrame, SourceError> {
    let separator = separator(&source.head()?);
    let titles = picked(names, &chosen);
    let mut data = CsvReadOptions::default()
        .with_has_header(true)
        .with_infer_schema_length(Some(0))
        .with_projection(Some(Arc::new(chosen)))
        .map_parse_options(|options| options.with_separator(separator))
        .into_reader_with_file_handle(handle(source)?)
        .finish()
        .map_err(|error| damaged(source, &error.to_string()))?;
    // The names that formats know are those without quotes, spaces and brackets.
    data.set_column_names(&titles)
        .map_err(|error| damaged(source, &error.to_string()))?;
    Ok(data)
}

fn picked(names: &[String], chosen: &[usize]) -> Vec<String> {
    let chosen = chosen.iter().filter_map(|i| names.get(*i));
    chosen.cloned().collect()
}

fn handle(source: &SourceFile) -> Result<Box<dyn MmapBytesReader>, SourceError> {
    Ok(match source.open()? {
        Opened::File(file) => Box::new(file),
        Opened::Unpacked(bytes) => Box::new(Cursor::new(bytes)),
    })
}

fn read_parquet(
    source: &SourceFile,
    names: &[String],
    chosen: &[usize],
) -> Result<DataFrame, SourceError> {
    let chosen = picked(names, chosen);
    check_types(source, &chosen)?;
    let mut reader = ParquetReader::new(handle(source)?);
    let metadata = reader
        .get_metadata()
        .map_err(|error| damaged(source, &error.to_string()))?;
    // The writer's Arrow schema may ask for types (dictionaries) that carry nothing more than the
    // Parquet types below them: without it, text is text.
    let mut plain = (**metadata).clone();
    plain.key_value_metadata = None;
    reader.set_metadata(Arc::new(plain));
    let data = reader
        .with_columns(Some(chosen))
        .finish()
        .map_err(|error| damaged(source, &error.to_string()))?;
    check_statistics(source, &data)?;
    Ok(data)
}

fn damaged(source: &SourceFile, detail: &str) -> SourceError {
    SourceError::Damaged {
        rule: "corrupt",
        file: source.name.clone(),
        place: "table".to_owned(),
        detail: printable(detail),
    }
}

fn date_of(days: i32) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(TimeDelta::try_days(i64::from(days))?)
}

fn reading_of(tick: i64, unit: TimeUnit) -> Option<NaiveDateTime> {
    let instant = match unit {
        TimeUnit::Nanoseconds => Some(DateTime::from_timestamp_nanos(tick)),
        TimeUnit::Microseconds => DateTime::from_timestamp_micros(tick),
        TimeUnit::Milliseconds => DateTime::from_timestamp_millis(tick),
    };
    instant.map(|instant| instant.naive_utc())
}

/// A reading that the zone's clocks show twice is the earlier one; one that they skip is none.
pub(crate) fn instant_in(zone: Tz, reading: NaiveDateTime) -> Option<Instant> {
    let local = reading.and_local_timezone(zone).earliest()?;
    Some(local.with_timezone(&chrono::Utc))
}

fn instant_from_text(text: &str, rule: &TimeRule) -> Option<Instant> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.with_timezone(&chrono::Utc));
    }
    let reading = match &rule.format {
        Some(format) => NaiveDateTime::parse_from_str(text, format),
        None => NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
            .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")),
    };
    instant_in(rule.zone?, reading.ok()?)
}
