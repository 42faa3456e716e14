//! The outcome's quantiles after each regime.

use gex_analysis::findings::{HypothesisFinding, RegimeRow};

use super::{Sketch, Words};
use crate::csv::{Cell, Csv};
use crate::draw::geometry::Frame;
use crate::draw::palette::Role;
use crate::draw::ticks::{extent, padded, round_ticks};
use crate::draw::{Canvas, Drawn, Look, MARGIN, Panel, Pen, Scale};
use crate::error::RenderError;
use crate::format::{count, decimals_for, number};
use crate::readable;

const ROW: f64 = 64.0;
const TOP: f64 = 96.0;

/// Rows below which the quantiles at 5 and 95 % are the extremes themselves.
const FEWEST_ROWS: usize = 20;

/// Draws the figure; `None` where no two regimes have rows enough for quantiles.
pub(super) fn draw(found: &HypothesisFinding) -> Result<Option<Sketch>, RenderError> {
    let rows: Vec<(&RegimeRow, [f64; 7])> = found
        .conditional
        .iter()
        .filter(|row| row.n >= FEWEST_ROWS)
        .filter_map(|row| Some((row, row.moments.quantiles?)))
        .filter(|(_, quantiles)| quantiles.iter().all(|value| value.is_finite()))
        .collect();
    if rows.iter().filter(|(row, _)| row.regime != "all").count() < 2 {
        return Ok(None);
    }
    let all = rows.iter().flat_map(|(_, quantiles)| quantiles.map(Some));
    let Some(range) = extent(all) else {
        return Ok(None);
    };
    let panel = Panel {
        frame: Frame {
            left: 190.0,
            top: TOP,
            width: 980.0,
            height: ROW * rows.len() as f64,
        },
        x: padded(range, 0.04),
        y: Scale::Linear(0.0, 1.0),
    };
    let mut canvas = Canvas::new("distribution", TOP + panel.frame.height + 90.0)?;
    let ticks = round_ticks(panel.x.0, panel.x.1, 9);
    panel.x_grid(&mut canvas, &ticks)?;
    panel.x_labels(&mut canvas, &ticks, &found.outcome)?;
    for (index, (row, quantiles)) in rows.iter().enumerate() {
        let middle = TOP + ROW * (index as f64 + 0.5);
        draw_row(&mut canvas, &panel, (row, quantiles), middle)?;
    }
    let words = words(found, &rows);
    Sketch::new("distribution", canvas, words, csv(&found.conditional)).map(Some)
}

fn role(regime: &str) -> Role {
    match regime {
        "negative" | "low" | "below-flip" => Role::Negative,
        "positive" | "high" | "above-flip" => Role::Positive,
        _ => Role::Muted,
    }
}

fn draw_row(
    canvas: &mut Canvas,
    panel: &Panel,
    (row, quantiles): (&RegimeRow, &[f64; 7]),
    y: f64,
) -> Drawn {
    let [q01, q05, q25, q50, q75, q95, q99] = quantiles.map(|value| panel.column(value));
    let role = role(&row.regime);
    let name = Look::new(13.0).role(Role::Ink).bold();
    canvas.text(&row.regime, (MARGIN + 8.0, y - 8.0), name)?;
    let sample = format!("n = {}", count(row.n));
    canvas.text(&sample, (MARGIN + 8.0, y + 10.0), Look::new(11.5))?;
    canvas.line(&[(q05, y), (q95, y)], Pen::new(role, 1.8))?;
    for x in [q05, q95] {
        canvas.line(&[(x, y - 6.0), (x, y + 6.0)], Pen::new(role, 1.8))?;
    }
    let middle_half = Frame {
        left: q25,
        top: y - 14.0,
        width: q75 - q25,
        height: 28.0,
    };
    canvas.fill(middle_half, Role::Paper, 1.0)?;
    canvas.fill(middle_half, role, 0.45)?;
    canvas.line(
        &[(q50, y - 14.0), (q50, y + 14.0)],
        Pen::new(Role::Ink, 2.4),
    )?;
    canvas.dot((q01, y), 3.0, role)?;
    canvas.dot((q99, y), 3.0, role)
}

fn words(found: &HypothesisFinding, rows: &[(&RegimeRow, [f64; 7])]) -> Words {
    let title = "The outcome's distribution after each regime".to_owned();
    let medians: Vec<String> = rows
        .iter()
        .map(|(row, quantiles)| {
            let [_, _, low, median, high, _, _] = *quantiles;
            let decimals = decimals_for((high - low).abs());
            format!("{} {}", row.regime, number(median, decimals))
        })
        .collect();
    Words {
        alt: format!("{title}. Medians of {}: {}.", found.outcome, medians.join(", ")),
        subtitle: format!(
            "{} · horizon {} · {}",
            found.outcome,
            readable::horizon(&found.horizon),
            found.regime
        ),
        note: "Box: quantiles 25 to 75 %, line: median, whiskers: 5 and 95 %, dots: 1 and 99 %. Quantiles of the sample, not confidence limits."
            .to_owned(),
        title,
    }
}

fn csv(rows: &[RegimeRow]) -> String {
    let mut csv = Csv::new(&[
        "regime", "n", "q01", "q05", "q25", "q50", "q75", "q95", "q99",
    ]);
    for row in rows {
        let quantiles = row.moments.quantiles.map_or([None; 7], |all| all.map(Some));
        let mut cells = vec![Cell::Text(&row.regime), Cell::Count(row.n)];
        cells.extend(quantiles.map(Cell::Number));
        csv.row(&cells);
    }
    csv.finish()
}
