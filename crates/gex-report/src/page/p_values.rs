//! p-values as columns, one a method, and the methods named once below the table.

use gex_analysis::findings::{Estimate, PValue};

use super::table::Cell;
use crate::format::p_value;

/// The methods that a table's estimates have in common, in the order in which they first appear.
pub(super) struct Methods {
    columns: Vec<Method>,
}

/// One method.
struct Method {
    name: String,
    valid: bool,
    texts: Vec<String>,
}

impl Methods {
    /// Gathers the methods of estimates.
    pub(super) fn of<'a>(estimates: impl Iterator<Item = &'a Estimate>) -> Self {
        let mut columns: Vec<Method> = Vec::new();
        for p in estimates.flat_map(|estimate| &estimate.p_values) {
            let (name, text) = (short_name(&p.method), method_of(&p.method).to_owned());
            match columns.iter_mut().find(|method| method.name == name) {
                Some(method) if method.texts.contains(&text) => {}
                Some(method) => method.texts.push(text),
                None => columns.push(Method {
                    name,
                    valid: p.valid,
                    texts: vec![text],
                }),
            }
        }
        Self { columns }
    }

    /// A heading a method; those that do not hold their size stand in brackets.
    pub(super) fn headings(&self) -> Vec<String> {
        let heading = |method: &Method| {
            if method.valid {
                format!("#p, {}", method.name)
            } else {
                format!("#(p, {})", method.name)
            }
        };
        self.columns.iter().map(heading).collect()
    }

    /// A cell a method.
    pub(super) fn cells(&self, estimate: &Estimate) -> Vec<Cell> {
        let found = |method: &Method| {
            let mut all = estimate.p_values.iter();
            all.find(|p| short_name(&p.method) == method.name)
        };
        self.columns
            .iter()
            .map(|method| found(method).map_or_else(|| Cell::undefined("not run here"), cell))
            .collect()
    }

    /// What each heading stands for.
    pub(super) fn note(&self) -> Option<String> {
        let names: Vec<String> = self
            .columns
            .iter()
            .filter(|method| !method.texts.contains(&method.name))
            .map(|method| format!("{}: {}", method.name, merged(&method.texts)))
            .collect();
        let warning = if self.columns.iter().all(|method| method.valid) {
            ""
        } else {
            " Grey and in brackets: methods that do not hold their size under persistence, never to be quoted."
        };
        let all = format!("Two-sided p-values. {}.{warning}", names.join("; "));
        (!self.columns.is_empty()).then_some(all)
    }
}

fn cell(p: &PValue) -> Cell {
    let mut cell = match (p.value, bracket(&p.method)) {
        (None, Some(text)) => Cell::text(text),
        _ => Cell::written(p.value, reason(&p.method), p_value),
    };
    if cell.title.is_empty() {
        cell.title.clone_from(&p.method);
    }
    if !p.valid {
        cell.text = format!("({})", cell.text);
        cell.class = "muted";
    }
    cell
}

/// A word or two for a method; its first words where none is known.
fn short_name(method: &str) -> String {
    let known = [
        ("equal-weighted cosines", "EWC"),
        ("Newey-West, Bartlett", "fixed-b"),
        ("circular shift", "shift"),
        ("independent rows", "i.i.d."),
    ];
    let name = known.iter().find(|(start, _)| method.starts_with(start));
    let first = || {
        method
            .split([',', ':', '('])
            .next()
            .unwrap_or(method)
            .trim()
    };
    name.map_or_else(first, |&(_, name)| name).to_owned()
}

/// The method without the result that its text ends with: a bracket, or why there is none.
fn method_of(method: &str) -> &str {
    match method.split_once(": ") {
        Some((method, result)) if bracket_words(result).is_some() => method,
        _ => method.split(", undefined: ").next().unwrap_or(method),
    }
}

fn reason(method: &str) -> &str {
    method
        .split_once("undefined: ")
        .map_or("not computed", |(_, reason)| reason)
}

/// The bracket in which published critical values put a p-value: `≤0.02`, `0.02 to 0.05`, `>0.10`.
fn bracket(method: &str) -> Option<String> {
    bracket_words(method.split_once(": ")?.1)
}

fn bracket_words(result: &str) -> Option<String> {
    if let Some(high) = result.strip_prefix("p <= ") {
        return Some(format!("≤{high}"));
    }
    if let Some(low) = result.strip_prefix("p > ") {
        return Some(format!(">{low}"));
    }
    let (low, high) = result.split_once(" < p <= ")?;
    Some(format!("{low} to {high}"))
}

/// One text for several that differ in a number alone: `S = 46 to 80`; else all of them.
fn merged(texts: &[String]) -> String {
    let parts: Vec<(&str, u64, &str)> = texts
        .iter()
        .filter_map(|text| around_number(text))
        .collect();
    let numbers = || parts.iter().map(|part| part.1);
    match (parts.first(), numbers().min(), numbers().max()) {
        (Some(&(before, _, after)), Some(low), Some(high))
            if low < high
                && parts.len() == texts.len()
                && parts.iter().all(|part| (part.0, part.2) == (before, after)) =>
        {
            format!("{before}{low} to {high}{after}")
        }
        _ => texts.join("; "),
    }
}

/// Splits a text around its first whole number.
fn around_number(text: &str) -> Option<(&str, u64, &str)> {
    let start = text.find(|character: char| character.is_ascii_digit())?;
    let (before, rest) = text.split_at(start);
    let length = rest.find(|character: char| !character.is_ascii_digit());
    let (digits, after) = rest.split_at(length.unwrap_or(rest.len()));
    Some((before, digits.parse().ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(method: &str, value: Option<f64>) -> PValue {
        PValue {
            method: method.to_owned(),
            value,
            valid: !method.starts_with("independent rows"),
        }
    }

    fn estimate(p_values: Vec<PValue>) -> Estimate {
        Estimate {
            value: Some(1.0),
            unit: "log".to_owned(),
            std_error: None,
            interval: None,
            level: 0.95,
            method: String::new(),
            n: 100,
            n_effective: None,
            p_values,
            mde80: None,
            undefined: None,
        }
    }

    #[test]
    fn a_bracket_is_a_result_and_not_undefined() {
        let texts = [
            ("p <= 0.02", "≤0.02"),
            ("0.02 < p <= 0.05", "0.02 to 0.05"),
            ("p > 0.10", ">0.10"),
        ];
        for (result, shown) in texts {
            let method = format!("Newey-West, Bartlett, S = 46, fixed-b: {result}");
            let cell = cell(&p(&method, None));
            assert_eq!(
                (cell.text.as_str(), cell.title.as_str()),
                (shown, method.as_str())
            );
        }
    }

    #[test]
    fn a_p_value_without_value_says_why() {
        let method = "circular shift beyond controls, undefined: too few rows";
        let cell = cell(&p(method, None));
        assert_eq!(
            (cell.text.as_str(), cell.title.as_str()),
            ("–", "undefined: too few rows")
        );
    }

    #[test]
    fn methods_that_do_not_hold_their_size_are_bracketed_and_grey() {
        let found = estimate(vec![
            p("equal-weighted cosines", Some(0.004)),
            p("independent rows (least squares t)", Some(1e-40)),
        ]);
        let methods = Methods::of([&found].into_iter());
        assert_eq!(methods.headings(), ["#p, EWC", "#(p, i.i.d.)"]);
        let cells = methods.cells(&found);
        assert_eq!((cells[0].text.as_str(), cells[0].class), ("0.004", ""));
        assert_eq!(
            (cells[1].text.as_str(), cells[1].class),
            ("(<0.001)", "muted")
        );
        assert!(methods.note().unwrap().contains("never to be quoted"));
    }

    #[test]
    fn methods_are_named_once_with_the_range_of_their_settings() {
        let of = |bandwidth: u32| {
            let method = format!("Newey-West, Bartlett, S = {bandwidth}, fixed-b: p > 0.10");
            estimate(vec![p(&method, None)])
        };
        let (one, other) = (of(46), of(80));
        let methods = Methods::of([&other, &one, &other].into_iter());
        assert_eq!(
            methods.note().unwrap(),
            "Two-sided p-values. fixed-b: Newey-West, Bartlett, S = 46 to 80, fixed-b."
        );
        assert_eq!(merged(&["a".to_owned(), "b 1".to_owned()]), "a; b 1");
    }
}
