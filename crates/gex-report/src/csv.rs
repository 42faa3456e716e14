//! The data of a figure as CSV: commas, a header, a point for decimals, nothing for undefined.

/// A table that becomes CSV.
#[derive(Debug, Clone)]
pub(crate) struct Csv {
    text: String,
}

/// One cell.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    /// A text, quoted where it must be.
    Text(&'a str),
    /// A number with seven significant digits; empty where undefined.
    Number(Option<f64>),
    /// A count.
    Count(usize),
}

impl Csv {
    /// A table with a header and no rows.
    pub(crate) fn new(header: &[&str]) -> Self {
        let mut csv = Self {
            text: String::new(),
        };
        let cells: Vec<Cell> = header.iter().map(|&name| Cell::Text(name)).collect();
        csv.row(&cells);
        csv
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: &[Cell]) {
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            match cell {
                Cell::Text(text) => self.text.push_str(&quoted(text)),
                Cell::Number(value) => self.text.push_str(&significant(*value)),
                Cell::Count(count) => self.text.push_str(&count.to_string()),
            }
        }
        self.text.push('\n');
    }

    /// The table.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// Quotes a text where CSV needs it, and disarms what a spreadsheet would run as a formula.
fn quoted(text: &str) -> String {
    let armed = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if armed {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

fn significant(value: Option<f64>) -> String {
    let Some(value) = value.filter(|number| number.is_finite()) else {
        return String::new();
    };
    let rounded = format!("{value:.6e}").parse::<f64>().unwrap_or(value);
    format!("{}", rounded + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_rounded_and_disarmed() {
        let mut csv = Csv::new(&["name", "value"]);
        csv.row(&[
            Cell::Text("a \"b\", c"),
            Cell::Number(Some(1_234_567_891.0)),
        ]);
        csv.row(&[Cell::Text("=cmd()"), Cell::Number(Some(f64::NAN))]);
        csv.row(&[Cell::Text("x"), Cell::Number(Some(-0.0))]);
        assert_eq!(
            csv.finish(),
            "name,value\n\"a \"\"b\"\", c\",1234568000\n'=cmd(),\nx,0\n"
        );
    }
}
