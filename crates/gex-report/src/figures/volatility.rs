//! Realized volatility after each regime, with intervals.

use gex_analysis::findings::{Estimate, HypothesisFinding, RegimeRow};

use super::{Sketch, Words};
use crate::csv::{Cell, Csv};
use crate::draw::geometry::Frame;
use crate::draw::palette::Role;
use crate::draw::ticks::extent;
use crate::draw::{Canvas, Drawn, Look, Panel, Pen, Scale};
use crate::error::RenderError;
use crate::format::{count, finite, number, percent};
use crate::headline;
use crate::readable;

const HEIGHT: f64 = 560.0;

/// Draws the figure; `None` where no regime has a volatility.
pub(super) fn draw(found: &HypothesisFinding) -> Result<Option<Sketch>, RenderError> {
    let regimes: Vec<&RegimeRow> = found
        .conditional
        .iter()
        .filter(|row| row.regime != "all")
        .collect();
    let values = found.conditional.iter().flat_map(numbers);
    let Some((_, highest)) = extent(values) else {
        return Ok(None);
    };
    let panel = Panel {
        frame: Frame {
            left: 66.0,
            top: 100.0,
            width: 1112.0,
            height: 350.0,
        },
        x: (0.0, regimes.len().max(1) as f64),
        y: Scale::Linear(0.0, highest.max(1e-9) * 1.12),
    };
    let mut canvas = Canvas::new("volatility", HEIGHT)?;
    panel.y_axis(
        &mut canvas,
        &panel.y.ticks(6),
        "Realized volatility, % a year",
    )?;
    panel.level(&mut canvas, 0.0, Pen::new(Role::Axis, 1.0))?;
    for (index, row) in regimes.iter().enumerate() {
        draw_regime(&mut canvas, &panel, row, index as f64 + 0.5)?;
    }
    if let Some(all) = found.conditional.iter().find(|row| row.regime == "all") {
        draw_all_rows(&mut canvas, &panel, all)?;
    }
    let words = words(found, &regimes);
    Sketch::new("volatility", canvas, words, csv(&found.conditional)).map(Some)
}

fn estimate(row: &RegimeRow) -> Option<(f64, &Estimate)> {
    let estimate = row.volatility.as_ref()?;
    Some((finite(estimate.value)?, estimate))
}

fn numbers(row: &RegimeRow) -> [Option<f64>; 2] {
    let known = estimate(row);
    let high = known.and_then(|(_, estimate)| estimate.interval);
    [known.map(|(value, _)| value), high.map(|bounds| bounds.1)]
}

fn role(regime: &str) -> Role {
    match regime {
        "negative" | "low" | "below-flip" => Role::Negative,
        "positive" | "high" | "above-flip" => Role::Positive,
        _ => Role::Muted,
    }
}

fn draw_regime(canvas: &mut Canvas, panel: &Panel, row: &RegimeRow, middle: f64) -> Drawn {
    let x = panel.column(middle);
    let bottom = panel.frame.bottom();
    let half = (panel.column(1.0) - panel.column(0.0)).min(300.0) * 0.29;
    if let Some((value, estimate)) = estimate(row) {
        let top = panel.row(value);
        let bar = Frame {
            left: x - half,
            top,
            width: 2.0 * half,
            height: bottom - top,
        };
        canvas.fill(bar, role(&row.regime), 0.87)?;
        if let Some((low, high)) = estimate.interval {
            whisker(canvas, panel, x, (low.max(0.0), high))?;
        }
        let look = Look::new(13.0).role(Role::Paper).bold().right();
        canvas.text(
            &number(value, 1),
            (x + half - 10.0, (top + 18.0).min(bottom - 8.0)),
            look,
        )?;
    } else {
        canvas.text("undefined", (x, bottom - 14.0), Look::new(12.0).center())?;
    }
    let name = Look::new(13.0).role(Role::Ink).bold().center().below();
    canvas.text(&row.regime, (x, bottom + 10.0), name)?;
    let small = Look::new(11.5).center().below();
    canvas.text(&sample(row), (x, bottom + 31.0), small)
}

fn sample(row: &RegimeRow) -> String {
    let effective = finite(row.n_effective)
        .map_or_else(String::new, |n| format!(", effective {}", number(n, 0)));
    format!(
        "n = {}{effective}, {} spells",
        count(row.n),
        count(row.spells)
    )
}

fn whisker(canvas: &mut Canvas, panel: &Panel, x: f64, (low, high): (f64, f64)) -> Drawn {
    let (top, bottom) = (panel.row(high), panel.row(low));
    let pen = Pen::new(Role::Ink, 1.7);
    canvas.line(&[(x, top), (x, bottom)], pen)?;
    canvas.line(&[(x - 8.0, top), (x + 8.0, top)], pen)?;
    canvas.line(&[(x - 8.0, bottom), (x + 8.0, bottom)], pen)
}

fn draw_all_rows(canvas: &mut Canvas, panel: &Panel, row: &RegimeRow) -> Drawn {
    let Some((value, _)) = estimate(row) else {
        return Ok(());
    };
    let (left, right, y) = (panel.frame.left, panel.frame.right(), panel.row(value));
    canvas.dashed(
        &[(left, y), (right, y)],
        Pen::new(Role::Muted, 1.2),
        5.0,
        4.0,
    )?;
    let text = format!("all sessions {}", number(value, 1));
    canvas.text(
        &text,
        (right - 4.0, y - 5.0),
        Look::new(11.5).right().above(),
    )
}

fn words(found: &HypothesisFinding, regimes: &[&RegimeRow]) -> Words {
    let title = headline::volatility(regimes);
    let first = regimes.iter().find_map(|row| row.volatility.as_ref());
    let interval = first.map_or_else(String::new, |estimate| {
        format!(
            "{} intervals: {}",
            percent(estimate.level, 0),
            estimate.method
        )
    });
    let subtitle = format!(
        "{} · horizon {} · {}",
        found.outcome,
        readable::horizon(&found.horizon),
        found.regime
    );
    let list: Vec<String> = regimes
        .iter()
        .filter_map(|row| Some(format!("{} {}", row.regime, number(estimate(row)?.0, 1))))
        .collect();
    let alt = format!(
        "{title}. Annualised realized volatility in per cent by regime of the session before: {}.",
        list.join(", ")
    );
    Words {
        title,
        subtitle,
        note: format!("{}{interval}.", gates(regimes)),
        alt,
    }
}

/// Why the regimes are not compared, where they are not.
fn gates(regimes: &[&RegimeRow]) -> String {
    let reasons = regimes.iter().filter_map(|row| row.gate.as_deref());
    reasons.flat_map(|reason| [reason, " "]).collect()
}

fn csv(rows: &[RegimeRow]) -> String {
    let mut csv = Csv::new(&[
        "regime",
        "n",
        "spells",
        "n_effective",
        "volatility_pct",
        "low",
        "high",
        "mean_return_bp",
        "hit",
    ]);
    for row in rows {
        let estimate = row.volatility.as_ref();
        let bounds = estimate.and_then(|found| found.interval);
        csv.row(&[
            Cell::Text(&row.regime),
            Cell::Count(row.n),
            Cell::Count(row.spells),
            Cell::Number(row.n_effective),
            Cell::Number(estimate.and_then(|found| found.value)),
            Cell::Number(bounds.map(|pair| pair.0)),
            Cell::Number(bounds.map(|pair| pair.1)),
            Cell::Number(row.mean_return_bp),
            Cell::Number(row.hit),
        ]);
    }
    csv.finish()
}
