//! `rejected.parquet`: the rows set aside, import after import.

use std::path::Path;

use super::error::ArchiveError;
use crate::accept::Rejected;
use crate::table::{Column, Table, write_parquet};

/// Rows set aside, in the archive's folder.
pub(super) const REJECTED: &str = "rejected.parquet";

/// Writes the rows that an archive holds already, then those of an import.
pub(super) fn write_rejected(
    path: &Path,
    before: Option<&Table>,
    rows: &[Rejected],
) -> Result<(), ArchiveError> {
    Ok(write_parquet(path, &rejected_table(before, rows), &[])?)
}

fn rejected_table(before: Option<&Table>, rows: &[Rejected]) -> Table {
    let held = |name: &str| before.and_then(|table| table.column(name)).cloned();
    let texts = |name: &str, read: fn(&Rejected) -> String| {
        let mut column = match held(name) {
            Some(Column::Text(texts)) => texts,
            _ => Vec::new(),
        };
        column.extend(rows.iter().map(|row| Some(read(row))));
        Column::Text(column)
    };
    let mut numbers = match held("row") {
        Some(Column::I64(numbers)) => numbers,
        _ => Vec::new(),
    };
    numbers.extend(rows.iter().map(|row| i64::try_from(row.row).ok()));
    Table::new()
        .with("source", texts("source", |row| row.source.clone()))
        .with("row", Column::I64(numbers))
        .with("column", texts("column", |row| row.column.clone()))
        .with("value", texts("value", |row| row.value.clone()))
        .with("reason", texts("reason", |row| row.rule.name().to_owned()))
}
