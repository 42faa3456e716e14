//! The page of one instant.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value};
use serde::Serialize;

use super::table::{Cell, Table};
use super::{FigureView, figure, squeezed, style};
use crate::error::RenderError;
use crate::figures::Sketch;
use crate::format::{decimals_for, number};
use crate::input::{PlainCell, PlainTable, SnapshotInput};

/// Everything that the template writes.
#[derive(Debug, Serialize)]
struct View<'a> {
    title: &'a str,
    subtitle: &'a str,
    synthetic: bool,
    facts: &'a [(String, String)],
    assumptions: &'a [String],
    parts: Vec<Part<'a>>,
    figures: Vec<FigureView<'a>>,
    command: &'a str,
}

/// A section: figures, then tables.
#[derive(Debug, Serialize)]
struct Part<'a> {
    id: String,
    title: &'a str,
    figures: &'a [&'static str],
    tables: Vec<Table>,
}

/// Writes the page.
pub(crate) fn write(input: &SnapshotInput, sketches: &[Sketch]) -> Result<String, RenderError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let text = concat!(include_str!("macros.html"), include_str!("snapshot.html"));
    environment.add_template("snapshot", text)?;
    let parts = input.sections.iter().map(|section| Part {
        id: section.title.to_lowercase().replace(' ', "-"),
        title: &section.title,
        figures: &section.figures,
        tables: section.tables.iter().map(table).collect(),
    });
    let view = View {
        title: &input.title,
        subtitle: &input.subtitle,
        synthetic: input.synthetic,
        facts: &input.facts,
        assumptions: &input.assumptions,
        parts: parts.collect(),
        figures: sketches.iter().map(figure).collect::<Result<_, _>>()?,
        command: &input.command,
    };
    let page = minijinja::context! {
        style => Value::from_safe_string(style()),
        script => Value::from_safe_string(squeezed(include_str!("page.js"))),
        ..Value::from(Serde(&view))
    };
    Ok(environment.get_template("snapshot")?.render(page)?)
}

/// Numbers of a column share a power of ten and their decimals.
fn table(plain: &PlainTable) -> Table {
    let units: Vec<(f64, &str)> = (0..plain.columns.len())
        .map(|k| power(largest(plain, k)))
        .collect();
    let headings: Vec<String> = plain
        .columns
        .iter()
        .zip(&units)
        .enumerate()
        .map(|(k, (name, (_, power)))| {
            let number = plain
                .rows
                .iter()
                .any(|row| matches!(row.get(k), Some(PlainCell::Number(_) | PlainCell::Alone(_))));
            let shown = if power.is_empty() {
                name.clone()
            } else {
                format!("{name}, {power}")
            };
            if number { format!("#{shown}") } else { shown }
        })
        .collect();
    let names: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut table = Table::new(&plain.caption, &names);
    table.rows = plain
        .rows
        .iter()
        .map(|row| {
            let cells = row.iter().zip(&units).enumerate();
            cells
                .map(|(k, (cell, (divisor, _)))| cell_of(plain, k, cell, *divisor))
                .collect()
        })
        .collect();
    table.notes.clone_from(&plain.notes);
    table
}

fn cell_of(plain: &PlainTable, k: usize, cell: &PlainCell, divisor: f64) -> Cell {
    match cell {
        PlainCell::Text(text) => Cell::text(text),
        PlainCell::Number(value) => {
            let decimals = decimals_for(largest(plain, k) / divisor).max(1);
            Cell::number(value.map(|value| value / divisor), decimals, UNDEFINED_HERE)
        }
        PlainCell::Alone(value) => Cell::written(*value, UNDEFINED_HERE, alone),
    }
}

const UNDEFINED_HERE: &str = "not defined for this row";

/// A number with three significant digits at least, and its power of ten.
fn alone(value: f64) -> String {
    let (divisor, power) = power(value.abs());
    let shown = value / divisor;
    let text = number(shown, (decimals_for(shown.abs()) + 1).min(4));
    if power.is_empty() {
        text
    } else {
        format!("{text} {power}")
    }
}

fn largest(plain: &PlainTable, k: usize) -> f64 {
    let numbers = plain.rows.iter().filter_map(|row| match row.get(k) {
        Some(PlainCell::Number(value)) => *value,
        _ => None,
    });
    numbers
        .filter(|value| value.is_finite())
        .fold(0.0, |most, value| value.abs().max(most))
}

fn power(size: f64) -> (f64, &'static str) {
    match size {
        size if size >= 5e8 => (1e9, "bn"),
        size if size >= 5e5 => (1e6, "m"),
        _ => (1.0, ""),
    }
}
