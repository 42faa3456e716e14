//! The same estimate, raw and with each further set of controls, for every primary hypothesis.

use gex_analysis::findings::{Findings, HypothesisFinding, Role, Rung};

use super::interval_rows::{IntervalRow, draw as draw_rows, is_estimated};
use super::{Sketch, Words};
use crate::csv::{Cell, Csv};
use crate::error::RenderError;
use crate::format::{finite, p_value};
use crate::headline;
use crate::readable;

/// Draws the figure; `None` where no primary has an estimate.
pub(super) fn draw(findings: &Findings) -> Result<Option<Sketch>, RenderError> {
    let primaries: Vec<&HypothesisFinding> = findings
        .hypotheses
        .iter()
        .filter(|found| found.role == Role::Primary)
        .filter(|found| found.ladder.iter().any(|rung| is_estimated(&rung.level)))
        .collect();
    let Some(&first) = primaries.first() else {
        return Ok(None);
    };
    let rows: Vec<IntervalRow> = primaries.iter().flat_map(|found| rungs(found)).collect();
    let canvas = draw_rows("ladder", &rows, "p")?;
    let title = match primaries.len() {
        1 => headline::ladder(first),
        _ => "Each estimate, without and with controls".to_owned(),
    };
    let alt = format!(
        "{title}. One row a set of controls, from none to all, for each primary hypothesis: \
         estimate, interval, rows and p-value."
    );
    let words = Words {
        title,
        subtitle: "Effect of one standard deviation of the signal; each rung adds controls, the last is the headline"
            .to_owned(),
        note: "Blue: interval above zero. Orange: below. Grey: it holds zero. p: two-sided, by the estimate's own method, unadjusted."
            .to_owned(),
        alt,
    };
    Sketch::new("ladder", canvas, words, csv(&primaries)).map(Some)
}

fn rungs(found: &HypothesisFinding) -> impl Iterator<Item = IntervalRow<'_>> {
    found
        .ladder
        .iter()
        .enumerate()
        .map(|(index, rung)| IntervalRow {
            label: label(rung),
            estimate: &rung.level,
            remark: first_p(rung).map_or_else(String::new, p_value),
            heading: (index == 0).then(|| readable::name(found).into_owned()),
        })
}

fn label(rung: &Rung) -> String {
    if rung.controls.is_empty() {
        format!("{} (no controls)", rung.name)
    } else {
        format!("+ {}", rung.name)
    }
}

fn first_p(rung: &Rung) -> Option<f64> {
    finite(rung.level.p_values.first()?.value)
}

fn csv(hypotheses: &[&HypothesisFinding]) -> String {
    let mut csv = Csv::new(&[
        "id",
        "rung",
        "controls",
        "unit",
        "value",
        "low",
        "high",
        "n",
        "n_effective",
        "p",
        "partial_r2",
        "delta_r2_adjusted",
    ]);
    for found in hypotheses {
        for rung in &found.ladder {
            let estimate = &rung.level;
            csv.row(&[
                Cell::Text(&found.id),
                Cell::Text(&rung.name),
                Cell::Text(&rung.controls.join(" ")),
                Cell::Text(&estimate.unit),
                Cell::Number(estimate.value),
                Cell::Number(estimate.interval.map(|bounds| bounds.0)),
                Cell::Number(estimate.interval.map(|bounds| bounds.1)),
                Cell::Count(estimate.n),
                Cell::Number(estimate.n_effective),
                Cell::Number(first_p(rung)),
                Cell::Number(rung.partial_r2),
                Cell::Number(rung.delta_r2_adjusted),
            ]);
        }
    }
    csv.finish()
}
