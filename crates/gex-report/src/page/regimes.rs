//! What followed each regime, as tables.

use gex_analysis::findings::{HypothesisFinding, RegimeRow, Role, Transitions};

use super::table::{Cell, Table};
use super::verdicts::{estimate_cells, p_values};
use crate::format::{finite, number, percent};

/// The outcome after each regime, for the primaries, or for the first hypothesis without one.
pub(super) fn table(hypotheses: &[HypothesisFinding]) -> Table {
    let mut table = Table::new(
        "After each regime. Volatility in % a year; returns in basis points over the horizon; hit: share of positive returns with its 95 % Wilson interval.",
        &[
            "hypothesis",
            "regime",
            "#n",
            "#effective n",
            "#spells",
            "#volatility",
            "#interval",
            "#mean return",
            "#hit",
            "#hit interval",
            "gate",
        ],
    );
    for found in shown(hypotheses) {
        table
            .rows
            .extend(found.conditional.iter().map(|row| regime_row(found, row)));
    }
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
            let text = format!("{} to {}", percent(low, 1), percent(high, 1));
            Cell::text(text)
        },
    );
    vec![
        Cell::text(&found.id),
        Cell::text(&row.regime).class("strong"),
        Cell::count(row.n),
        Cell::number(row.n_effective, 0, "not computed"),
        Cell::count(row.spells),
        value,
        bounds,
        Cell::number(row.mean_return_bp, 1, "no returns"),
        Cell::written(row.hit, "no returns", |share| percent(share, 1)),
        wilson,
        Cell::text(row.gate.as_deref().unwrap_or("passes")),
    ]
}

/// The difference between the regimes and how persistent the signal is.
pub(super) fn differences(hypotheses: &[HypothesisFinding]) -> Table {
    let mut table = Table::new(
        "Lower regime less upper regime. AR(1): first-order autocorrelation of the signal; near one, usual tests reject too often.",
        &[
            "hypothesis",
            "unit",
            "#difference",
            "#interval",
            "#n",
            "#effective n",
            "p by method",
            "#AR(1)",
        ],
    );
    let rows = shown(hypotheses).into_iter().filter_map(|found| {
        let estimate = found.difference.as_ref()?;
        let mut cells = vec![Cell::text(&found.id), Cell::text(&estimate.unit)];
        cells.extend(estimate_cells(estimate));
        cells.push(Cell::text(p_values(estimate)));
        cells.push(Cell::number(found.signal_ar1, 3, "not computed"));
        Some(cells)
    });
    table.rows = rows.collect();
    table
}

/// Moments of the outcome in its own unit.
pub(super) fn moments(hypotheses: &[HypothesisFinding]) -> Table {
    let mut table = Table::new(
        "Moments of the outcome in its own unit. Skewness G1 and excess kurtosis G2 are bias-corrected; ES5 is the mean of the lowest 5 %.",
        &[
            "hypothesis",
            "regime",
            "outcome",
            "#mean",
            "#median",
            "#sd",
            "#MAD",
            "#skewness",
            "#excess kurtosis",
            "#ES5",
        ],
    );
    for found in shown(hypotheses) {
        table
            .rows
            .extend(found.conditional.iter().map(|row| moments_row(found, row)));
    }
    table
}

fn moments_row(found: &HypothesisFinding, row: &RegimeRow) -> Vec<Cell> {
    let moments = &row.moments;
    let reason = row.gate.as_deref().unwrap_or("too few rows");
    let own = |value: Option<f64>| {
        Cell::written(value, reason, |value| {
            let decimals = crate::format::decimals_for(finite(moments.sd).unwrap_or(value.abs()));
            number(value, decimals + 1)
        })
    };
    vec![
        Cell::text(&found.id),
        Cell::text(&row.regime).class("strong"),
        Cell::text(&found.outcome),
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
