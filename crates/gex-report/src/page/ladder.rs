//! The ladder of controls, one table a primary hypothesis.

use gex_analysis::findings::{Estimate, Findings, HypothesisFinding, Role, Rung};

use super::p_values::Methods;
use super::table::{Cell, Table};
use super::verdicts::estimate_cells;
use crate::format::finite;
use crate::readable;

/// The tables of the primaries that have an estimate.
pub(super) fn tables(findings: &Findings) -> Vec<Table> {
    let all = findings.hypotheses.iter();
    all.filter(|found| found.role == Role::Primary)
        .filter_map(table)
        .collect()
}

fn table(found: &HypothesisFinding) -> Option<Table> {
    let mut rungs = found.ladder.iter();
    let first = rungs.find(|rung| finite(rung.level.value).is_some())?;
    let lagged = found.lagged_open_interest.as_ref();
    let estimates = found.ladder.iter().map(|rung| &rung.level);
    let methods = Methods::of(estimates.chain(lagged));
    let mut table = Table::new(
        &format!(
            "{}: controls added step by step, in {}.",
            readable::name(found),
            first.level.unit
        ),
        &headings(&methods)
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    table.rows = found
        .ladder
        .iter()
        .map(|rung| rung_row(rung, &methods))
        .collect();
    table.rows.extend(lagged.map(|e| lagged_row(e, &methods)));
    table.notes.push(format!(
        "Regime effect: {}. Partial R²: share of the variance left by the controls that the signal explains.",
        first.regime.unit
    ));
    table.notes.extend(methods.note());
    Some(table)
}

fn headings(methods: &Methods) -> Vec<String> {
    let before = ["controls", "#effect", "#interval", "#n\u{a0}(effective)"];
    let after = ["#regime effect", "#interval", "#partial R²"];
    let owned = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    [owned(&before), methods.headings(), owned(&after)].concat()
}

fn rung_row(rung: &Rung, methods: &Methods) -> Vec<Cell> {
    let controls = if rung.controls.is_empty() {
        "none".to_owned()
    } else {
        rung.controls.join(", ")
    };
    let mut cells = vec![Cell::text(controls).titled(&rung.name)];
    cells.extend(estimate_cells(&rung.level));
    cells.extend(methods.cells(&rung.level));
    cells.extend([
        Cell::value(&rung.regime),
        Cell::interval(&rung.regime),
        Cell::number(rung.partial_r2, 4, "not computed"),
    ]);
    cells
}

/// The headline again, with one more session of open-interest lag.
fn lagged_row(estimate: &Estimate, methods: &Methods) -> Vec<Cell> {
    let mut cells = vec![Cell::text("all, with the signal one session older")];
    cells.extend(estimate_cells(estimate));
    cells.extend(methods.cells(estimate));
    cells.extend((0..3).map(|_| Cell::undefined("not estimated for this row")));
    cells
}
