//! Every hypothesis' headline estimate with its interval and verdict.

use gex_analysis::findings::{Findings, HypothesisFinding, Role};

use super::interval_rows::{IntervalRow, draw as draw_rows, is_estimated};
use super::{Sketch, Words};
use crate::csv::{Cell, Csv};
use crate::error::RenderError;
use crate::format::count;
use crate::headline;
use crate::readable;

/// Rows in the picture; the tables hold them all.
const MOST_ROWS: usize = 24;

/// Draws the figure; `None` where nothing was estimated.
pub(super) fn draw(findings: &Findings) -> Result<Option<Sketch>, RenderError> {
    let ordered = primaries_first(&findings.hypotheses);
    let rows: Vec<IntervalRow> = ordered.iter().filter_map(|found| row(found)).collect();
    if !rows.iter().any(|row| is_estimated(row.estimate)) {
        return Ok(None);
    }
    let shown = rows.get(..MOST_ROWS.min(rows.len())).unwrap_or(&rows);
    let canvas = draw_rows("hypotheses", shown, "verdict")?;
    let words = words(findings, shown.len(), rows.len());
    Sketch::new("hypotheses", canvas, words, csv(&ordered)).map(Some)
}

fn primaries_first(hypotheses: &[HypothesisFinding]) -> Vec<&HypothesisFinding> {
    let of = |role: Role| hypotheses.iter().filter(move |found| found.role == role);
    of(Role::Primary).chain(of(Role::Exploratory)).collect()
}

fn row(found: &HypothesisFinding) -> Option<IntervalRow<'_>> {
    let headline = found.ladder.last()?;
    let label = match found.role {
        Role::Exploratory if !readable::is_of_grid(found) => {
            format!("{} (exploratory)", found.id)
        }
        _ => readable::name(found).into_owned(),
    };
    Some(IntervalRow {
        label,
        estimate: &headline.level,
        remark: found.verdict.word.words().to_owned(),
        heading: None,
    })
}

fn words(findings: &Findings, shown: usize, all: usize) -> Words {
    let title = headline::forest(&findings.hypotheses);
    let more = if shown < all {
        format!("the first {shown} of {} hypotheses, ", count(all))
    } else {
        String::new()
    };
    let subtitle = format!(
        "{more}estimates with every control · {} ever evaluated on this data set",
        headline::hypotheses(findings.ledger.hypotheses)
    );
    let alt = format!(
        "{title}. One row a hypothesis: the estimate with every control, its interval, rows and \
         verdict. The verdict table holds the same numbers."
    );
    Words {
        title,
        subtitle,
        note: "Blue: interval above zero. Orange: below. Grey: it holds zero. The verdict needs more than that. Rows without a name are cells of the exploratory grid."
            .to_owned(),
        alt,
    }
}

fn csv(hypotheses: &[&HypothesisFinding]) -> String {
    let mut csv = Csv::new(&[
        "id",
        "role",
        "verdict",
        "unit",
        "value",
        "low",
        "high",
        "n",
        "n_effective",
        "holm_p",
        "shift_p",
        "mde80",
    ]);
    for found in hypotheses {
        let Some(rung) = found.ladder.last() else {
            continue;
        };
        let (estimate, verdict) = (&rung.level, &found.verdict);
        csv.row(&[
            Cell::Text(&found.id),
            Cell::Text(match found.role {
                Role::Primary => "primary",
                Role::Exploratory => "exploratory",
            }),
            Cell::Text(verdict.word.words()),
            Cell::Text(&estimate.unit),
            Cell::Number(estimate.value),
            Cell::Number(estimate.interval.map(|bounds| bounds.0)),
            Cell::Number(estimate.interval.map(|bounds| bounds.1)),
            Cell::Count(estimate.n),
            Cell::Number(estimate.n_effective),
            Cell::Number(verdict.holm_p),
            Cell::Number(verdict.shift_p),
            Cell::Number(verdict.mde80),
        ]);
    }
    csv.finish()
}
