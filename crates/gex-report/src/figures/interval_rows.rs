//! Rows of estimates with their intervals on a shared axis: one axis for each unit.

use crate::draw::geometry::{Frame, clip_segment};
use crate::draw::palette::Role;
use crate::draw::ticks::{extent, padded};
use crate::draw::{Canvas, Drawn, Look, MARGIN, Panel, Pen, Scale, WIDTH};
use gex_analysis::findings::Estimate;

use crate::error::RenderError;
use crate::format::{estimate_decimals, finite, interval, number, sample};
use crate::headline::away_from_zero;

const ROW: f64 = 40.0;
const TOP: f64 = 104.0;
const AXIS: f64 = 50.0;
const PLOT_LEFT: f64 = 400.0;
const PLOT_RIGHT: f64 = 770.0;

/// Where the columns of numbers end.
const ESTIMATE_RIGHT: f64 = 960.0;
const SAMPLE_RIGHT: f64 = 1062.0;

/// One estimate.
pub(super) struct IntervalRow<'a> {
    /// What it is of.
    pub(super) label: String,
    /// The estimate.
    pub(super) estimate: &'a Estimate,
    /// A word at the end of the row.
    pub(super) remark: String,
    /// Whether a new block begins here: its heading.
    pub(super) heading: Option<String>,
}

/// Draws the rows, grouped by unit in the order in which units first appear.
pub(super) fn draw(
    name: &'static str,
    rows: &[IntervalRow],
    remark_title: &str,
) -> Result<Canvas, RenderError> {
    let groups = by_unit(rows);
    let heights = groups.iter().map(|group| group_height(group));
    let mut canvas = Canvas::new(name, TOP + heights.sum::<f64>() + 34.0)?;
    column_titles(&mut canvas, remark_title)?;
    let mut top = TOP;
    for group in &groups {
        draw_group(&mut canvas, group, top)?;
        top += group_height(group);
    }
    Ok(canvas)
}

/// Whether an estimate has a value to draw.
pub(super) fn is_estimated(estimate: &Estimate) -> bool {
    finite(estimate.value).is_some()
}

fn by_unit<'a, 'b>(rows: &'a [IntervalRow<'b>]) -> Vec<Vec<&'a IntervalRow<'b>>> {
    let mut groups: Vec<Vec<&IntervalRow>> = Vec::new();
    for row in rows {
        let unit = &row.estimate.unit;
        let same = |group: &&mut Vec<&IntervalRow>| {
            group
                .first()
                .is_some_and(|first| first.estimate.unit == *unit)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

fn row_height(row: &IntervalRow) -> f64 {
    ROW + if row.heading.is_some() { 30.0 } else { 0.0 }
}

fn group_height(group: &[&IntervalRow]) -> f64 {
    group.iter().map(|row| row_height(row)).sum::<f64>() + AXIS
}

fn column_titles(canvas: &mut Canvas, remark_title: &str) -> Drawn {
    let look = Look::new(11.0);
    let y = TOP - 14.0;
    canvas.text("estimate [interval]", (ESTIMATE_RIGHT, y), look.right())?;
    canvas.text("n (effective)", (SAMPLE_RIGHT, y), look.right())?;
    canvas.text(remark_title, (WIDTH - MARGIN - 8.0, y), look.right())
}

fn draw_group(canvas: &mut Canvas, group: &[&IntervalRow], top: f64) -> Drawn {
    let height = group_height(group) - AXIS;
    let panel = Panel {
        frame: Frame {
            left: PLOT_LEFT,
            top,
            width: PLOT_RIGHT - PLOT_LEFT,
            height,
        },
        x: axis_range(group),
        y: Scale::Linear(0.0, 1.0),
    };
    stripes(canvas, group, top)?;
    if group.iter().any(|row| is_estimated(row.estimate)) {
        draw_axis(canvas, &panel, group)?;
    }
    let mut y = top;
    for row in group {
        y += row_height(row);
        if let Some(heading) = &row.heading {
            let look = Look::new(12.5).role(Role::Ink).bold();
            let text = look.fit(heading, PLOT_LEFT - MARGIN - 24.0);
            canvas.text(&text, (MARGIN + 8.0, y - ROW - 12.0), look)?;
        }
        draw_row(canvas, &panel, row, y - ROW / 2.0)?;
    }
    Ok(())
}

fn draw_axis(canvas: &mut Canvas, panel: &Panel, group: &[&IntervalRow]) -> Drawn {
    let ticks = crate::draw::ticks::round_ticks(panel.x.0, panel.x.1, 6);
    panel.x_grid(canvas, &ticks)?;
    let unit = group.first().map_or("", |row| row.estimate.unit.as_str());
    panel.x_labels(canvas, &ticks, unit)?;
    let zero = panel.column(0.0);
    let zero_line = [(zero, panel.frame.top), (zero, panel.frame.bottom())];
    canvas.line(&zero_line, Pen::new(Role::Axis, 1.6))
}

fn stripes(canvas: &mut Canvas, group: &[&IntervalRow], top: f64) -> Drawn {
    let mut y = top;
    for (index, row) in group.iter().enumerate() {
        let height = row_height(row);
        if index % 2 == 0 {
            let frame = Frame {
                left: MARGIN,
                top: y + height - ROW,
                width: WIDTH - 2.0 * MARGIN,
                height: ROW,
            };
            canvas.fill(frame, Role::Stripe, 1.0)?;
        }
        y += height;
    }
    Ok(())
}

/// A range that holds zero, every value and every interval.
fn axis_range(group: &[&IntervalRow]) -> (f64, f64) {
    let numbers = group.iter().flat_map(|row| {
        let bounds = row.estimate.interval.unwrap_or((0.0, 0.0));
        [
            row.estimate.value,
            Some(bounds.0),
            Some(bounds.1),
            Some(0.0),
        ]
    });
    padded(extent(numbers).unwrap_or((-1.0, 1.0)), 0.06)
}

/// Blue where the interval lies above zero, orange below, grey where it holds zero or is missing.
fn role(estimate: &Estimate) -> Role {
    match (away_from_zero(estimate), estimate.value) {
        (Some(true), Some(value)) if value > 0.0 => Role::Positive,
        (Some(true), Some(_)) => Role::Negative,
        _ => Role::Muted,
    }
}

fn draw_row(canvas: &mut Canvas, panel: &Panel, row: &IntervalRow, y: f64) -> Drawn {
    let label = Look::new(12.5).role(Role::Ink);
    let text = label.fit(&row.label, PLOT_LEFT - MARGIN - 24.0);
    canvas.text(&text, (MARGIN + 8.0, y), label)?;
    draw_interval(canvas, panel, row.estimate, y)?;
    let values = Look::new(12.0).role(Role::Ink).right();
    canvas.text(&written(row.estimate), (ESTIMATE_RIGHT, y), values)?;
    let rows = Look::new(12.0).right();
    canvas.text(&sample(row.estimate), (SAMPLE_RIGHT, y), rows)?;
    let remark = Look::new(12.0).role(Role::Ink).bold().right();
    canvas.text(&row.remark, (WIDTH - MARGIN - 8.0, y), remark)
}

fn draw_interval(canvas: &mut Canvas, panel: &Panel, estimate: &Estimate, y: f64) -> Drawn {
    let role = role(estimate);
    let pen = Pen::new(role, 2.2);
    if let Some((low, high)) = estimate.interval {
        let ends = ((panel.column(low), y), (panel.column(high), y));
        if let Some((from, to)) = clip_segment(ends.0, ends.1, &panel.frame) {
            canvas.line(&[from, to], pen)?;
            for (x, _) in [from, to] {
                canvas.line(&[(x, y - 5.0), (x, y + 5.0)], pen)?;
            }
        }
    }
    match finite(estimate.value) {
        Some(value) => canvas.dot((panel.column(value), y), 5.0, role),
        None => Ok(()),
    }
}

/// `1.7 [0.5 to 2.9]`; the page's tables say why an estimate is undefined.
fn written(estimate: &Estimate) -> String {
    let Some(value) = finite(estimate.value) else {
        return "not estimated".to_owned();
    };
    let decimals = estimate_decimals(estimate);
    match estimate.interval {
        Some(bounds) => format!(
            "{} [{}]",
            number(value, decimals),
            interval(bounds, decimals)
        ),
        None => number(value, decimals),
    }
}
