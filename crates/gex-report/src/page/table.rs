//! Tables as the template writes them: every cell is text that is already formatted.

use gex_analysis::findings::Estimate;
use serde::Serialize;

use crate::format::{UNDEFINED, count, estimate_decimals, finite, interval, number, sample};

/// A table.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Table {
    /// What it holds, with units.
    pub(super) caption: String,
    /// Headings.
    pub(super) columns: Vec<Column>,
    /// Rows of as many cells.
    pub(super) rows: Vec<Vec<Cell>>,
    /// What stands below it: methods, reasons.
    pub(super) notes: Vec<String>,
}

/// A heading.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Column {
    /// The words.
    pub(super) name: String,
    /// `number` aligns right, `text` left.
    pub(super) kind: &'static str,
}

/// A cell.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Cell {
    /// What is printed.
    pub(super) text: String,
    /// More, on hover and to assistive technology.
    pub(super) title: String,
    /// Style class: `muted`, `strong` or none.
    pub(super) class: &'static str,
    /// What a sort compares, where the text is no plain number.
    pub(super) sort: Option<f64>,
}

impl Table {
    /// A table without rows. Headings that begin with `#` are numbers.
    pub(super) fn new(caption: &str, headings: &[&str]) -> Self {
        let columns = headings.iter().map(|heading| {
            let number = heading.strip_prefix('#');
            Column {
                name: number.unwrap_or(heading).to_owned(),
                kind: if number.is_some() { "number" } else { "text" },
            }
        });
        Self {
            caption: caption.to_owned(),
            columns: columns.collect(),
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl Cell {
    /// A text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// A count.
    pub(super) fn count(value: usize) -> Self {
        Self {
            text: count(value),
            sort: Some(value as f64),
            ..Self::default()
        }
    }

    /// A number, or a dash with the reason why there is none.
    pub(super) fn number(value: Option<f64>, decimals: usize, reason: &str) -> Self {
        Self::written(value, reason, |value| number(value, decimals))
    }

    /// A number in its own format, or a dash with the reason why there is none.
    pub(super) fn written(value: Option<f64>, reason: &str, write: impl Fn(f64) -> String) -> Self {
        match finite(value) {
            Some(value) => Self {
                text: write(value),
                sort: Some(value),
                ..Self::default()
            },
            None => Self::undefined(reason),
        }
    }

    /// A dash with a reason.
    pub(super) fn undefined(reason: &str) -> Self {
        Self {
            text: UNDEFINED.to_owned(),
            title: format!("undefined: {reason}"),
            class: "muted",
            sort: None,
        }
    }

    /// The value of an estimate; its method on hover.
    pub(super) fn value(estimate: &Estimate) -> Self {
        let reason = reason(estimate);
        let mut cell = Self::number(estimate.value, estimate_decimals(estimate), reason);
        if cell.title.is_empty() {
            cell.title = format!("{}. {}", estimate.unit, estimate.method);
            cell.class = "strong";
        }
        cell
    }

    /// The interval of an estimate.
    pub(super) fn interval(estimate: &Estimate) -> Self {
        match estimate.interval {
            Some(bounds) if finite(estimate.value).is_some() => Self {
                text: interval(bounds, estimate_decimals(estimate)),
                sort: Some(bounds.0),
                ..Self::default()
            },
            _ => Self::undefined(reason(estimate)),
        }
    }

    /// Rows with the effective number of independent ones in brackets.
    pub(super) fn sample(estimate: &Estimate) -> Self {
        Self {
            text: sample(estimate),
            sort: Some(estimate.n as f64),
            ..Self::default()
        }
    }

    /// With more to say on hover.
    pub(super) fn titled(self, title: &str) -> Self {
        Self {
            title: title.to_owned(),
            ..self
        }
    }

    /// In a style class.
    pub(super) fn class(self, class: &'static str) -> Self {
        Self { class, ..self }
    }
}

fn reason(estimate: &Estimate) -> &str {
    estimate.undefined.as_deref().unwrap_or("not estimated")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_is_a_dash_with_its_reason() {
        for value in [None, Some(f64::NAN), Some(f64::INFINITY)] {
            let cell = Cell::number(value, 2, "fewer than 30 rows");
            assert_eq!(cell.text, "–");
            assert_eq!(cell.title, "undefined: fewer than 30 rows");
        }
    }

    #[test]
    fn headings_say_what_is_a_number() {
        let table = Table::new("t", &["id", "#n"]);
        assert_eq!(table.columns[0].kind, "text");
        assert_eq!(
            (table.columns[1].name.as_str(), table.columns[1].kind),
            ("n", "number")
        );
    }
}
