//! What was read and what was set aside, as tables.

use gex_analysis::findings::{Findings, HypothesisFinding, QualityFacts};

use super::table::{Cell, Table};
use crate::readable;

/// Characters of a rule's text that the page shows.
const MOST_CHARACTERS: usize = 240;

/// Source files.
pub(super) fn sources(quality: &QualityFacts) -> Table {
    let mut table = Table::new(
        "Source files, in rows.",
        &["file", "#read", "#kept", "#set aside", "blake3"],
    );
    table.rows = quality
        .sources
        .iter()
        .map(|source| {
            let short: String = source.blake3.chars().take(12).collect();
            vec![
                Cell::text(&source.file),
                rows(source.rows_in),
                rows(source.rows_kept),
                rows(source.rows_set_aside),
                Cell::text(short).titled(&source.blake3).class("mono"),
            ]
        })
        .collect();
    table
}

fn rows(count: u64) -> Cell {
    usize::try_from(count).map_or_else(|_| Cell::text(count.to_string()), Cell::count)
}

/// Rules that fired.
pub(super) fn rules(quality: &QualityFacts) -> Table {
    let mut table = Table::new(
        "Rules of data quality that fired.",
        &["rule", "action", "#count", "meaning"],
    );
    table.rows = quality
        .rules
        .iter()
        .map(|rule| {
            vec![
                Cell::text(&rule.rule).class("strong"),
                Cell::text(&rule.action),
                rows(rule.count),
                Cell::text(shortened(&rule.text)).class("wrap"),
            ]
        })
        .collect();
    table
}

/// A text that fits a cell; whoever wants every place finds it in the run's findings.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        None => text.to_owned(),
        Some((cut, _)) => {
            let kept = text.get(..cut).unwrap_or(text);
            let whole = kept.rfind("; ").and_then(|end| kept.get(..end));
            format!("{}; … in full in findings.json", whole.unwrap_or(kept))
        }
    }
}

/// Sources of forwards, in expiries.
pub(super) fn forwards(quality: &QualityFacts) -> Table {
    let mut table = Table::new("Forwards by source, in expiries.", &["source", "#expiries"]);
    let lines = quality.forwards.iter();
    table.rows = lines
        .map(|(source, expiries)| vec![Cell::text(source), Cell::count(*expiries)])
        .collect();
    table
}

/// Rows that left the panel: a row a hypothesis, a column a reason.
pub(super) fn excluded(findings: &Findings) -> Table {
    let all = findings.hypotheses.iter().flat_map(|found| &found.excluded);
    let mut reasons: Vec<&str> = Vec::new();
    for (reason, _) in all {
        if !reasons.contains(&reason.as_str()) {
            reasons.push(reason);
        }
    }
    let numbers = reasons.iter().map(|reason| format!("#{reason}"));
    let headings: Vec<String> = ["hypothesis".to_owned()]
        .into_iter()
        .chain(numbers)
        .collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut table = Table::new("Rows dropped from the panel, by reason.", &headings);
    let dropping = findings
        .hypotheses
        .iter()
        .filter(|found| !found.excluded.is_empty());
    table.rows = dropping
        .map(|found| excluded_row(found, &reasons))
        .collect();
    table
}

fn excluded_row(found: &HypothesisFinding, reasons: &[&str]) -> Vec<Cell> {
    let dropped = |reason: &str| {
        let lines = found.excluded.iter().filter(|(name, _)| name == reason);
        Cell::count(lines.map(|(_, rows)| rows).sum())
    };
    let mut cells = vec![Cell::text(readable::name(found)).titled(&found.id)];
    cells.extend(reasons.iter().map(|&reason| dropped(reason)));
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_places_ends_at_a_whole_place() {
        assert_eq!(shortened("short"), "short");
        let long = "2026-07-23 7575 P; ".repeat(40);
        let shown = shortened(&long);
        assert!(shown.chars().count() < MOST_CHARACTERS + 40);
        assert!(
            shown.ends_with("7575 P; … in full in findings.json"),
            "{shown}"
        );
    }
}
