//! Plain tables as Parquet and CSV: results for other tools, and the small files of an archive.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat};
use parquet::basic::{LogicalType, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::Type;

use crate::codec::{FileWriter, GroupReader, WRITER, guarded};
use crate::content_hash::{CONTENT_HASH, content_hash};

/// A column with its nulls.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Numbers.
    F64(Vec<Option<f64>>),
    /// Whole numbers.
    I64(Vec<Option<i64>>),
    /// Text.
    Text(Vec<Option<String>>),
    /// Instants, in microseconds since 1970-01-01 UTC.
    Instant(Vec<Option<i64>>),
    /// Dates.
    Date(Vec<Option<NaiveDate>>),
}

impl Column {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::F64(rows) => rows.len(),
            Self::I64(rows) | Self::Instant(rows) => rows.len(),
            Self::Text(rows) => rows.len(),
            Self::Date(rows) => rows.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn type_in_schema(&self) -> &'static str {
        match self {
            Self::F64(_) => "double {} ",
            Self::I64(_) => "int64 {} ",
            Self::Text(_) => "binary {} (STRING)",
            Self::Instant(_) => "int64 {} (TIMESTAMP(MICROS,true))",
            Self::Date(_) => "int32 {} (DATE)",
        }
    }

    /// The value of one row as CSV writes it; empty for null.
    fn text(&self, row: usize) -> String {
        match self {
            Self::F64(rows) => rows[row].map(|value| value.to_string()),
            Self::I64(rows) => rows[row].map(|value| value.to_string()),
            Self::Text(rows) => rows[row].as_deref().map(quoted),
            Self::Instant(rows) => rows[row]
                .and_then(DateTime::from_timestamp_micros)
                .map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Date(rows) => rows[row].map(|date| date.to_string()),
        }
        .unwrap_or_default()
    }
}

/// A table: named columns of one length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    columns: Vec<(String, Column)>,
}

/// Why a table can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file system.
    #[error("cannot use {file}: {source}")]
    Io {
        /// Name of the file.
        file: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The Parquet library, or a damaged file.
    #[error("{file} is no readable Parquet table: {source}; make it again")]
    Parquet {
        /// Name of the file.
        file: String,
        /// The cause.
        source: ParquetError,
    },
    /// A column that must be there is not, or has another type.
    #[error("{file} has no column {column:?} of type {wanted}; make it again with `gex import`")]
    Column {
        /// Name of the file.
        file: String,
        /// Name of the column.
        column: String,
        /// The type that is needed.
        wanted: &'static str,
    },
    /// A value that can't be.
    #[error("{file}, row {row}, column {column:?}: {problem}, got {value}; mend the row")]
    Value {
        /// Name of the file.
        file: String,
        /// Row, counted from 0.
        row: usize,
        /// Name of the column.
        column: &'static str,
        /// What is wrong.
        problem: &'static str,
        /// The value as text.
        value: String,
    },
}

impl Table {
    /// A table without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column.
    #[must_use]
    pub fn with(mut self, name: &str, column: Column) -> Self {
        debug_assert!(
            self.columns
                .first()
                .is_none_or(|(_, first)| first.len() == column.len())
        );
        self.columns.push((name.to_owned(), column));
        self
    }

    /// The columns, in order.
    pub fn columns(&self) -> &[(String, Column)] {
        &self.columns
    }

    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, column)| column)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// The table as CSV, with a header; null is empty.
    pub fn to_csv(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|(name, _)| quoted(name)).collect();
        let mut text = names.join(",");
        text.push('\n');
        for row in 0..self.rows() {
            let cells: Vec<String> = self.columns.iter().map(|(_, c)| c.text(row)).collect();
            text.push_str(&cells.join(","));
            text.push('\n');
        }
        text
    }
}

/// Quotes text where CSV needs it.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// Name of a file without its folder, for messages.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Writes a table beside `path` and renames it into place; the same table gives the same bytes.
///
/// # Errors
///
/// [`TableError`] where the file can't be written.
pub fn write_parquet(
    path: &Path,
    table: &Table,
    metadata: &[(&str, String)],
) -> Result<(), TableError> {
    let io = |source| TableError::Io {
        file: file_name(path),
        source,
    };
    let parquet = |source| TableError::Parquet {
        file: file_name(path),
        source,
    };
    let partial = path.with_file_name(format!(".{}.partial", file_name(path)));
    let schema = schema_of(table).map_err(parquet)?;
    let file = File::create(&partial).map_err(io)?;
    let pairs = metadata.iter().map(|(key, value)| (*key, value.as_str()));
    let mut metadata = metadata.to_vec();
    metadata.push((CONTENT_HASH, content_hash(table, pairs)));
    let mut writer = FileWriter::new(file, schema, &metadata).map_err(parquet)?;
    write_group(&mut writer, table).map_err(parquet)?;
    writer.finish().map_err(parquet)?;
    fs::rename(&partial, path).map_err(io)
}

/// The table's columns as the library wants them; every one may be null.
fn schema_of(table: &Table) -> Result<Arc<Type>, ParquetError> {
    let line = |(name, column): &(String, Column)| {
        let line = column.type_in_schema().replace("{}", name);
        format!("optional {line};\n")
    };
    let lines: String = table.columns.iter().map(line).collect();
    parse_message_type(&format!("message table {{\n{lines}}}")).map(Arc::new)
}

fn write_group(writer: &mut FileWriter, table: &Table) -> Result<(), ParquetError> {
    let mut group = writer.group()?;
    for (_, column) in &table.columns {
        match column {
            Column::F64(rows) => {
                let raw: Vec<f64> = rows.iter().map(|value| value.unwrap_or(f64::NAN)).collect();
                group.nullable_doubles(&raw)?;
            }
            Column::I64(rows) | Column::Instant(rows) => group.nullable_longs(rows)?,
            Column::Text(rows) => group.nullable_texts(rows)?,
            Column::Date(rows) => {
                let days: Vec<Option<i32>> = rows.iter().map(|date| date.map(days)).collect();
                group.nullable_ints(&days)?;
            }
        }
    }
    group.close()
}

/// Days since 1970-01-01.
pub(crate) fn days(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - NaiveDate::default().num_days_from_ce()
}

/// The date of some days since 1970-01-01.
pub(crate) fn date(days: i32) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(chrono::TimeDelta::try_days(days.into())?)
}

/// Reads a table that [`write_parquet`] wrote, with its metadata.
///
/// # Errors
///
/// [`TableError`] where the file can't be read, is damaged, or holds columns of other types.
pub fn read_parquet(path: &Path) -> Result<(Table, Vec<(String, String)>), TableError> {
    let file = File::open(path).map_err(|source| TableError::Io {
        file: file_name(path),
        source,
    })?;
    guarded(|| read_all(file)).map_err(|source| TableError::Parquet {
        file: file_name(path),
        source,
    })
}

fn read_all(file: File) -> Result<(Table, Vec<(String, String)>), ParquetError> {
    let reader = SerializedFileReader::new(file)?;
    let metadata = reader.metadata().file_metadata();
    let pairs: Vec<(String, String)> = metadata
        .key_value_metadata()
        .into_iter()
        .flatten()
        .map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default()))
        .collect();
    let schema = metadata.schema_descr();
    let mut columns: Vec<(String, Column)> = Vec::new();
    for (place, column) in schema.columns().iter().enumerate() {
        let mut whole: Option<Column> = None;
        for group in 0..reader.num_row_groups() {
            let group = GroupReader::new(reader.get_row_group(group)?)?;
            let part = read_column(
                &group,
                place,
                column.physical_type(),
                column.logical_type_ref(),
            )?;
            append(&mut whole, part)?;
        }
        let empty = || Column::Text(Vec::new());
        columns.push((column.name().to_owned(), whole.unwrap_or_else(empty)));
    }
    check_content(Table { columns }, pairs, metadata.created_by())
}

/// Takes the content hash out of the metadata and compares; only another tool's table has none.
fn check_content(
    table: Table,
    pairs: Vec<(String, String)>,
    created_by: Option<&str>,
) -> Result<(Table, Vec<(String, String)>), ParquetError> {
    let is_hash = |(key, _): &(String, String)| key == CONTENT_HASH;
    let (hashes, pairs): (Vec<_>, Vec<_>) = pairs.into_iter().partition(is_hash);
    let borrowed = pairs
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    let found = content_hash(&table, borrowed);
    let sound = hashes.iter().all(|(_, hash)| *hash == found);
    if sound && (created_by != Some(WRITER) || !hashes.is_empty()) {
        Ok((table, pairs))
    } else {
        let altered = "it was altered or damaged: its content has another hash than it says";
        Err(ParquetError::General(altered.to_owned()))
    }
}

fn read_column(
    group: &GroupReader<'_>,
    place: usize,
    physical: Physical,
    logical: Option<&LogicalType>,
) -> Result<Column, ParquetError> {
    let other = |what: &str| Err(ParquetError::General(format!("column {place} is {what}")));
    match (physical, logical) {
        (Physical::DOUBLE, None) => {
            let raw = group.nullable_doubles(place)?;
            Ok(Column::F64(
                raw.into_iter()
                    .map(|v| (!v.is_nan()).then_some(v))
                    .collect(),
            ))
        }
        (Physical::INT64, Some(LogicalType::Timestamp { .. })) => {
            group.nullable_longs(place).map(Column::Instant)
        }
        (Physical::INT64, _) => group.nullable_longs(place).map(Column::I64),
        (Physical::INT32, Some(LogicalType::Date)) => {
            let days = group.nullable_ints(place)?;
            Ok(Column::Date(
                days.into_iter().map(|d| d.and_then(date)).collect(),
            ))
        }
        (Physical::BYTE_ARRAY, Some(LogicalType::String)) => {
            let texts = group.nullable_texts(place)?;
            let read = |bytes: parquet::data_type::ByteArray| bytes.as_utf8().map(str::to_owned);
            texts
                .into_iter()
                .map(|t| t.map(read).transpose())
                .collect::<Result<_, _>>()
                .map(Column::Text)
        }
        (physical, logical) => other(&format!("{physical} as {logical:?}")),
    }
}

fn append(whole: &mut Option<Column>, part: Column) -> Result<(), ParquetError> {
    match (whole.as_mut(), part) {
        (None, part) => *whole = Some(part),
        (Some(Column::F64(rows)), Column::F64(more)) => rows.extend(more),
        (Some(Column::I64(rows)), Column::I64(more))
        | (Some(Column::Instant(rows)), Column::Instant(more)) => rows.extend(more),
        (Some(Column::Text(rows)), Column::Text(more)) => rows.extend(more),
        (Some(Column::Date(rows)), Column::Date(more)) => rows.extend(more),
        _ => {
            return Err(ParquetError::General(
                "a column changes its type".to_owned(),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table::new()
            .with(
                "ts",
                Column::Instant(vec![Some(1_700_000_000_000_000), None]),
            )
            .with(
                "session",
                Column::Date(vec![NaiveDate::from_ymd_opt(1969, 12, 31), None]),
            )
            .with("name", Column::Text(vec![Some("a,\"b\"".to_owned()), None]))
            .with("value", Column::F64(vec![None, Some(-0.1)]))
            .with("count", Column::I64(vec![Some(-3), None]))
    }

    #[test]
    fn a_table_reads_back_with_its_nulls_and_metadata() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.parquet");
        write_parquet(&path, &table(), &[("unit", "USD".to_owned())]).unwrap();
        let (read, metadata) = read_parquet(&path).unwrap();
        assert_eq!(read, table());
        assert!(
            metadata.contains(&("unit".to_owned(), "USD".to_owned())),
            "{metadata:?}"
        );
    }

    #[test]
    fn a_table_without_rows_keeps_its_columns() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.parquet");
        let table = Table::new()
            .with("value", Column::F64(Vec::new()))
            .with("at", Column::Instant(Vec::new()));
        write_parquet(&path, &table, &[]).unwrap();
        assert_eq!(read_parquet(&path).unwrap().0, table);
    }

    #[test]
    fn the_same_table_gives_the_same_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let paths = ["a.parquet", "b.parquet"].map(|name| dir.path().join(name));
        for path in &paths {
            write_parquet(path, &table(), &[]).unwrap();
        }
        assert_eq!(fs::read(&paths[0]).unwrap(), fs::read(&paths[1]).unwrap());
    }

    #[test]
    fn csv_quotes_text_and_leaves_null_empty() {
        let expected = "ts,session,name,value,count\n\
                        2023-11-14T22:13:20Z,1969-12-31,\"a,\"\"b\"\"\",,-3\n\
                        ,,,-0.1,\n";
        assert_eq!(table().to_csv(), expected);
    }
}
