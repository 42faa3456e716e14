//! A hash of what a table says, kept in its file: page checksums leave out the footer, in which one
//! flipped bit renames a column or turns an instant into a number.

use chrono::{Datelike, NaiveDate};

use crate::table::{Column, Table};

/// Key of the hash in the file's metadata.
pub(crate) const CONTENT_HASH: &str = "gexlab.table.blake3";

/// blake3, in hex, of metadata, names, types and values; NaN counts as null, which it becomes.
pub(crate) fn content_hash<'a>(
    table: &Table,
    metadata: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut hash = Hash::default();
    for (key, value) in metadata {
        hash.text(key);
        hash.text(value);
    }
    for (name, column) in table.columns() {
        hash.text(name);
        hash.column(column);
    }
    hash.0.finalize().to_hex().to_string()
}

#[derive(Default)]
struct Hash(blake3::Hasher);

impl Hash {
    fn text(&mut self, text: &str) {
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    fn column(&mut self, column: &Column) {
        self.text(column.type_in_schema());
        self.0.update(&(column.len() as u64).to_le_bytes());
        match column {
            Column::F64(rows) => self.values(rows.iter().map(|value| {
                let known = value.filter(|value| !value.is_nan());
                known.map(f64::to_le_bytes)
            })),
            Column::I64(rows) | Column::Instant(rows) => {
                self.values(rows.iter().map(|value| value.map(i64::to_le_bytes)));
            }
            Column::Date(rows) => self.values(rows.iter().map(|date| date.map(day))),
            Column::Text(rows) => {
                for text in rows {
                    self.0.update(&[u8::from(text.is_some())]);
                    self.text(text.as_deref().unwrap_or_default());
                }
            }
        }
    }

    fn values<const N: usize>(&mut self, values: impl Iterator<Item = Option<[u8; N]>>) {
        for value in values {
            self.0.update(&[u8::from(value.is_some())]);
            self.0.update(&value.unwrap_or([0; N]));
        }
    }
}

fn day(date: NaiveDate) -> [u8; 4] {
    date.num_days_from_ce().to_le_bytes()
}
