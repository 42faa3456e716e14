//! Every hypothesis with its verdict: one table a unit, and one of those without an estimate.

use gex_analysis::findings::{Estimate, Findings, HypothesisFinding, Role};

use super::table::{Cell, Table};
use crate::format::{finite, p_value, percent};
use crate::readable;

/// The tables, in the order in which units first appear.
pub(super) fn tables(findings: &Findings) -> Vec<Table> {
    let mut groups: Vec<(&Estimate, Vec<&HypothesisFinding>)> = Vec::new();
    let mut without = Vec::new();
    for found in &findings.hypotheses {
        let Some(estimate) = headline(found) else {
            without.push(found);
            continue;
        };
        let group = groups
            .iter_mut()
            .find(|(first, _)| first.unit == estimate.unit);
        match group {
            Some((_, members)) => members.push(found),
            None => groups.push((estimate, vec![found])),
        }
    }
    let mut tables: Vec<Table> = groups
        .iter()
        .map(|(first, members)| estimated(first, members))
        .collect();
    if let Some(last) = tables.last_mut() {
        last.notes = notes(groups.iter().map(|&(first, _)| first));
    }
    tables.extend((!without.is_empty()).then(|| not_estimated(&without)));
    tables
}

/// Every method of an interval once, and what the headings stand for.
fn notes<'a>(estimates: impl Iterator<Item = &'a Estimate>) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for estimate in estimates {
        let level = percent(estimate.level, 0);
        let note = format!("{level} intervals: {}.", estimate.method);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes.push(
        "MDE80: smallest effect seen with 80 % power. Holm: adjusted over the primaries alone. Placebo: partial circular shift."
            .to_owned(),
    );
    notes
}

/// The estimate with every control, where there is one.
fn headline(found: &HypothesisFinding) -> Option<&Estimate> {
    let estimate = &found.ladder.last()?.level;
    finite(estimate.value).map(|_| estimate)
}

fn estimated(first: &Estimate, members: &[&HypothesisFinding]) -> Table {
    let caption = format!("With every control, in {}.", first.unit);
    let mut table = Table::new(
        &caption,
        &[
            "hypothesis",
            "role",
            "verdict",
            "signal",
            "horizon",
            "#estimate",
            "#interval",
            "#n\u{a0}(effective)",
            "#Holm\u{a0}p",
            "#placebo\u{a0}p",
            "#MDE80,\u{a0}%",
        ],
    );
    let rows = members.iter();
    table.rows = rows
        .filter_map(|found| Some(estimated_row(found, headline(found)?)))
        .collect();
    table
}

fn estimated_row(found: &HypothesisFinding, estimate: &Estimate) -> Vec<Cell> {
    let verdict = &found.verdict;
    let holm = match found.role {
        Role::Primary => "a gate failed",
        Role::Exploratory => "only primaries are adjusted by Holm",
    };
    let mut cells = names(found);
    cells.extend(estimate_cells(estimate));
    cells.extend([
        Cell::written(verdict.holm_p, holm, p_value),
        Cell::written(verdict.shift_p, "no placebo was run", p_value),
        Cell::number(verdict.mde80.map(|share| share * 100.0), 1, "not computed"),
    ]);
    cells
}

fn not_estimated(members: &[&HypothesisFinding]) -> Table {
    let mut table = Table::new(
        "Hypotheses without an estimate.",
        &["hypothesis", "role", "verdict", "signal", "horizon", "why"],
    );
    let rows = members.iter();
    table.rows = rows
        .map(|found| {
            let mut cells = names(found);
            cells.push(Cell::text(why(found)).class("wrap"));
            cells
        })
        .collect();
    table
}

fn why(found: &HypothesisFinding) -> &str {
    let undefined = found
        .ladder
        .last()
        .and_then(|rung| rung.level.undefined.as_deref());
    undefined
        .or(found.verdict.reasons.first().map(String::as_str))
        .unwrap_or("no rung was estimated")
}

fn names(found: &HypothesisFinding) -> Vec<Cell> {
    let (role, weight) = match found.role {
        Role::Primary => ("primary", "strong short"),
        Role::Exploratory => ("exploratory", "short"),
    };
    let name = if readable::is_of_grid(found) {
        Cell::text("grid").titled(&found.id)
    } else {
        Cell::text(&found.id).titled(&found.claim)
    };
    vec![
        name,
        Cell::text(role).class("short"),
        Cell::text(found.verdict.word.words())
            .class(weight)
            .titled(&found.verdict.reasons.join(" ")),
        Cell::text(readable::signal(found)).titled(&found.regime),
        Cell::text(readable::horizon(&found.horizon))
            .class("short")
            .titled(&found.outcome),
    ]
}

/// Value, interval and rows with their effective number.
pub(super) fn estimate_cells(estimate: &Estimate) -> [Cell; 3] {
    [
        Cell::value(estimate),
        Cell::interval(estimate),
        Cell::sample(estimate),
    ]
}
