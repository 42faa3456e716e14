//! What followed each regime, as tables.

use gex_analysis::findings::{Estimate, HypothesisFinding, RegimeRow, Role, Transitions};

use super::p_values::Methods;
use super::table::{Cell, Table};
use super::verdicts::estimate_cells;
use crate::format::{finite, interval, number, percent};
use crate::readable;

/// The outcome after each regime, for the primaries, or for the first hypothesis without one.
pub(super) fn table(hypotheses: &[HypothesisFinding]) -> Table {
    let mut table = Table::new(
        "After each regime. Volatility in % a year; returns in basis points over the horizon; hit: share of positive returns with its 95 % Wilson interval.",
        &[
            "hypothesis",
            "regime",
            "#n\u{a0}(effective)",
            "#spells",
            "#volatility",
            "#interval",
            "#mean return",
            "#hit, %",
            "#interval",
            "comparable",
        ],
    );
    for found in shown(hypotheses) {
        for row in &found.conditional {
            table.rows.push(regime_row(found, row));
            table.notes.extend(row.gate.clone());
        }
    }
    table.notes.dedup();
    table
}

fn shown(hypotheses: &[HypothesisFinding]) -> Vec<&HypothesisFinding> {
    let primaries = hypotheses
        .iter()
        .filter(|found| found.role == Role::Primary);
    let primaries: Vec<&HypothesisFinding> = primaries.collect();
    if primaries.is_empty() {
        hypotheses.first().into_iter().collect()
    } else {
        primaries
    }
}

fn regime_row(found: &HypothesisFinding, row: &RegimeRow) -> Vec<Cell> {
    let (value, bounds) = match &row.volatility {
        Some(estimate) => (Cell::value(estimate), Cell::interval(estimate)),
        None => (
            Cell::undefined("the outcome has no volatility"),
            Cell::undefined("the outcome has no volatility"),
        ),
    };
    let wilson = row.hit_wilson.map_or_else(
        || Cell::undefined("no returns"),
        |(low, high)| {
            let text = interval((low * 100.0, high * 100.0), 1);
            Cell::text(text)
        },
    );
    vec![
        Cell::text(readable::name(found)),
        Cell::text(&row.regime).class("strong"),
        sample(row),
        Cell::count(row.spells),
        value,
        bounds,
        Cell::number(row.mean_return_bp, 1, "no returns"),
        Cell::number(row.hit.map(|share| share * 100.0), 1, "no returns"),
        wilson,
        comparable(row),
    ]
}

fn sample(row: &RegimeRow) -> Cell {
    let mut cell = Cell::count(row.n);
    if let Some(effective) = finite(row.n_effective) {
        cell.text = format!("{} ({})", cell.text, number(effective, 0));
    }
    cell
}

/// Whether the regime passes the gates of a comparison; the reason stands below the table.
fn comparable(row: &RegimeRow) -> Cell {
    match &row.gate {
        None if row.regime == "all" => Cell::undefined("not a regime of its own"),
        None => Cell::text("yes"),
        Some(reason) => Cell::text("no").class("strong").titled(reason),
    }
}

/// The difference between the regimes and how persistent the signal is, where it was estimated.
pub(super) fn differences(hypotheses: &[HypothesisFinding]) -> Table {
    let shown = shown(hypotheses);
    let estimated: Vec<(&HypothesisFinding, &Estimate)> = shown
        .into_iter()
        .filter_map(|found| Some((found, found.difference.as_ref()?)))
        .filter(|(_, estimate)| finite(estimate.value).is_some())
        .collect();
    let methods = Methods::of(estimated.iter().map(|&(_, estimate)| estimate));
    let before = [
        "hypothesis",
        "#difference",
        "#interval",
        "#n\u{a0}(effective)",
    ];
    let mut headings: Vec<String> = before.map(str::to_owned).into();
    headings.extend(methods.headings());
    headings.push("#AR(1)".to_owned());
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut table = Table::new(
        "Lowest regime less highest, in the outcome's own unit.",
        &headings,
    );
    for (found, estimate) in estimated {
        table.rows.push(difference_row(found, estimate, &methods));
        let outcome = format!("{}: {}.", readable::name(found), found.outcome);
        table.notes.push(outcome);
    }
    table.notes.extend(methods.note());
    table.notes.push(
        "AR(1): first-order autocorrelation of the signal; near one, usual tests reject too often."
            .to_owned(),
    );
    table
}

fn difference_row(found: &HypothesisFinding, estimate: &Estimate, methods: &Methods) -> Vec<Cell> {
    let mut cells = vec![Cell::text(readable::name(found))];
    cells.extend(estimate_cells(estimate));
    cells.extend(methods.cells(estimate));
    cells.push(Cell::number(found.signal_ar1, 3, "not computed"));
    cells
}

/// Moments of the outcome in its own unit, one table a hypothesis.
pub(super) fn moments(hypotheses: &[HypothesisFinding]) -> Vec<Table> {
    let shown = shown(hypotheses);
    let mut tables: Vec<Table> = shown.into_iter().map(moments_table).collect();
    if let Some(last) = tables.last_mut() {
        last.notes.push(
            "Skewness G1 and excess kurtosis G2 are bias-corrected; MAD: median absolute deviation; ES5: mean of the lowest 5 %."
                .to_owned(),
        );
    }
    tables
}

fn moments_table(found: &HypothesisFinding) -> Table {
    let mut table = Table::new(
        &format!(
            "{}: moments of the {}.",
            readable::name(found),
            found.outcome
        ),
        &[
            "regime",
            "#mean",
            "#median",
            "#sd",
            "#MAD",
            "#skewness",
            "#excess kurtosis",
            "#ES5",
        ],
    );
    let spreads = found
        .conditional
        .iter()
        .filter_map(|row| finite(row.moments.sd));
    let decimals = crate::format::decimals_for(spreads.fold(0.0, f64::max)) + 1;
    let rows = found.conditional.iter();
    table.rows = rows.map(|row| moments_row(row, decimals)).collect();
    table
}

fn moments_row(row: &RegimeRow, decimals: usize) -> Vec<Cell> {
    let moments = &row.moments;
    let reason = row.gate.as_deref().unwrap_or("too few rows");
    let own = |value| Cell::number(value, decimals, reason);
    vec![
        Cell::text(&row.regime).class("strong"),
        own(moments.mean),
        own(moments.median),
        own(moments.sd),
        own(moments.mad),
        Cell::number(moments.skew, 2, reason),
        Cell::number(moments.excess_kurtosis, 2, reason),
        own(moments.es5),
    ]
}

/// Steps between regimes.
pub(super) fn transitions(hypotheses: &[HypothesisFinding]) -> Option<Table> {
    let found = shown(hypotheses)
        .into_iter()
        .find(|found| found.transitions.is_some())?;
    let transitions = found.transitions.as_ref()?;
    let mut headings = vec!["from".to_owned()];
    headings.extend(
        transitions
            .labels
            .iter()
            .map(|label| format!("#to {label}")),
    );
    headings.push("#mean spell".to_owned());
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let caption = format!(
        "Steps from regime to regime, in rows, for {}; share of the row in brackets. Mean spell in rows.",
        found.id
    );
    let mut table = Table::new(&caption, &headings);
    let rows = transitions.labels.iter().enumerate();
    table.rows = rows
        .map(|(index, label)| step_row(transitions, index, label))
        .collect();
    Some(table)
}

fn step_row(transitions: &Transitions, index: usize, label: &str) -> Vec<Cell> {
    let counts = transitions.counts.get(index).map_or(&[][..], Vec::as_slice);
    let all: usize = counts.iter().sum();
    let mut cells = vec![Cell::text(label).class("strong")];
    cells.extend(counts.iter().map(|&steps| {
        let mut cell = Cell::count(steps);
        if all > 0 {
            let share = percent(steps as f64 / all as f64, 1);
            cell.text = format!("{} ({share})", cell.text);
        }
        cell
    }));
    cells.resize(transitions.labels.len() + 1, Cell::undefined("not counted"));
    let spell = transitions.mean_spell.get(index).copied().flatten();
    cells.push(Cell::number(spell, 1, "no spell ended"));
    cells
}
