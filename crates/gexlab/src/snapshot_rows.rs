//! Rows of the tables that a study asks for beside its series.

use gex_compute::market::Instant;
use gex_compute::market::snapshot::SnapshotHead;
use gex_ingest::table::{Column, Table};

/// One row: which snapshot, which positioning model, and its cells in the table's order.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The snapshot.
    pub(crate) head: SnapshotHead,
    /// The model, where the table is about positions.
    pub(crate) positioning: Option<String>,
    /// One for each column of the layout.
    pub(crate) cells: Vec<Cell>,
}

/// One value.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    /// A number.
    Number(Option<f64>),
    /// A text.
    Text(Option<String>),
    /// An instant.
    Instant(Option<Instant>),
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Numbers.
    Numbers,
    /// Texts.
    Texts,
    /// Instants.
    Instants,
}

impl Row {
    /// A row of numbers about one model.
    pub(crate) fn signed(head: &SnapshotHead, positioning: &str, numbers: &[Option<f64>]) -> Self {
        Self {
            head: head.clone(),
            positioning: Some(positioning.to_owned()),
            cells: numbers.iter().copied().map(Cell::Number).collect(),
        }
    }

    fn number(&self, k: usize) -> Option<f64> {
        match self.cells.get(k) {
            Some(Cell::Number(value)) => value.filter(|value| value.is_finite()),
            _ => None,
        }
    }

    fn text(&self, k: usize) -> Option<String> {
        match self.cells.get(k) {
            Some(Cell::Text(text)) => text.clone(),
            _ => None,
        }
    }

    fn instant(&self, k: usize) -> Option<i64> {
        match self.cells.get(k) {
            Some(Cell::Instant(instant)) => instant.map(|at| at.timestamp_micros()),
            _ => None,
        }
    }
}

/// A table of rows: what every one of them has, then the columns of `layout`.
pub(crate) fn table(rows: &[Row], layout: &[(&str, Holds)], signed: Signed) -> Table {
    let instants = |read: fn(&SnapshotHead) -> Instant| {
        let micros = rows
            .iter()
            .map(|row| Some(read(&row.head).timestamp_micros()));
        Column::Instant(micros.collect())
    };
    let texts = |read: fn(&Row) -> Option<String>| Column::Text(rows.iter().map(read).collect());
    let sessions = rows.iter().map(|row| Some(row.head.session)).collect();
    let spots = rows.iter().map(|row| Some(row.head.spot.get())).collect();
    let mut whole = Table::new()
        .with("ts", instants(|head| head.ts))
        .with("known_at", instants(|head| head.known_at))
        .with("session", Column::Date(sessions))
        .with("underlying", texts(|row| Some(row.head.underlying.clone())));
    if signed == Signed::ByModel {
        whole = whole.with("positioning", texts(|row| row.positioning.clone()));
    }
    whole = whole
        .with("currency", texts(|row| Some(row.head.currency.to_string())))
        .with("spot", Column::F64(spots));
    for (k, (name, holds)) in layout.iter().enumerate() {
        let column = match holds {
            Holds::Numbers => Column::F64(rows.iter().map(|row| row.number(k)).collect()),
            Holds::Texts => Column::Text(rows.iter().map(|row| row.text(k)).collect()),
            Holds::Instants => Column::Instant(rows.iter().map(|row| row.instant(k)).collect()),
        };
        whole = whole.with(name, column);
    }
    whole
}

/// Whether a table has rows for every positioning model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signed {
    /// Rows for each model.
    ByModel,
    /// Positions play no part.
    No,
}
