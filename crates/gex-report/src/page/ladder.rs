//! The ladder of controls, one table a primary hypothesis.

use gex_analysis::findings::{Estimate, Findings, HypothesisFinding, Role, Rung};

use super::p_values::Methods;
use super::table::{Cell, Table};
use super::verdicts::estimate_cells;
use crate::format::finite;
use crate::readable;

/// The tables of the primaries that have an estimate, with the same columns; the last says what
/// they stand for.
pub(super) fn tables(findings: &Findings) -> Vec<Table> {
    let all = findings.hypotheses.iter();
    let primaries: Vec<&HypothesisFinding> =
        all.filter(|found| found.role == Role::Primary).collect();
    let methods = Methods::of(primaries.iter().flat_map(|found| estimates(found)));
    let mut tables: Vec<Table> = primaries
        .iter()
        .filter_map(|found| table(found, &methods))
        .collect();
    if let Some(last) = tables.last_mut() {
        last.notes.push(
            "Partial R²: share of the variance left by the controls that the signal explains."
                .to_owned(),
        );
        last.notes.extend(methods.note());
    }
    tables
}

/// The effects of one standard deviation of the signal, the headline's lagged one last.
fn estimates(found: &HypothesisFinding) -> impl Iterator<Item = &Estimate> {
    let rungs = found.ladder.iter().map(|rung| &rung.level);
    rungs.chain(&found.lagged_open_interest)
}

fn table(found: &HypothesisFinding, methods: &Methods) -> Option<Table> {
    let mut rungs = found.ladder.iter();
    let first = rungs.find(|rung| finite(rung.level.value).is_some())?;
    let lagged = found.lagged_open_interest.as_ref();
    let mut table = Table::new(
        &format!(
            "{}: controls added step by step, in {}.",
            readable::name(found),
            first.level.unit
        ),
        &headings(methods)
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    table.rows = found
        .ladder
        .iter()
        .map(|rung| rung_row(rung, methods))
        .collect();
    table.rows.extend(lagged.map(|e| lagged_row(e, methods)));
    let regime = format!("Regime effect: {}.", first.regime.unit);
    table.notes.push(regime);
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
