//! What was read and what was set aside, as tables.

use gex_analysis::findings::{Findings, QualityFacts};

use super::table::{Cell, Table};

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
                Cell::text(&rule.text).class("wrap"),
            ]
        })
        .collect();
    table
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

/// Rows that left the panel, by hypothesis and reason.
pub(super) fn excluded(findings: &Findings) -> Table {
    let mut table = Table::new(
        "Rows dropped from the panel, by reason.",
        &["hypothesis", "reason", "#rows"],
    );
    for found in &findings.hypotheses {
        let lines = found.excluded.iter().map(|(reason, rows)| {
            vec![
                Cell::text(&found.id),
                Cell::text(reason),
                Cell::count(*rows),
            ]
        });
        table.rows.extend(lines);
    }
    table
}
