//! Exposure by strike of one snapshot: calls, puts and their sum.

use super::{Reading, ReadingPanel, ReadingSeries, Sketch, Words};
use crate::csv::{Cell, Csv};
use crate::draw::geometry::Frame;
use crate::draw::palette::Role;
use crate::draw::ticks::{extent, padded, round_ticks};
use crate::draw::{Canvas, Drawn, Key, Panel, Pen, Scale, Side};
use crate::error::RenderError;
use crate::format::{count, finite, level, percent};
use crate::headline;
use crate::input::{StrikeRow, StrikesFigure};
use crate::unit::ShownUnit;

/// Share of all call and put gamma that the strikes in the picture hold.
const SHARE_SHOWN: f64 = 0.99;

/// Draws the figure; `None` where no strike has an exposure.
pub(super) fn draw(figure: &StrikesFigure, name: &str) -> Result<Option<Sketch>, RenderError> {
    let shown = shown_rows(figure);
    let sizes = shown
        .iter()
        .flat_map(|row| [row.call, row.put, row.net, Some(0.0)]);
    let across = extent(shown.iter().map(|row| Some(row.strike)));
    let (Some(range), Some(across)) = (extent(sizes), across) else {
        return Ok(None);
    };
    let unit = ShownUnit::new(&figure.unit, range.0.abs().max(range.1.abs()));
    let (low, high) = padded((range.0 / unit.divisor, range.1 / unit.divisor), 0.14);
    let panel = Panel {
        frame: Frame {
            left: 66.0,
            top: 112.0,
            width: 1104.0,
            height: 440.0,
        },
        x: padded(across, 0.02),
        y: Scale::Linear(low, high),
    };
    let mut canvas = Canvas::new("strikes", 640.0)?;
    draw_axes(&mut canvas, &panel, &unit)?;
    let half = half_width(&shown, &panel);
    for row in &shown {
        draw_strike(&mut canvas, &panel, (row, half), &unit)?;
    }
    panel.level(&mut canvas, 0.0, Pen::new(Role::Axis, 1.2))?;
    draw_marks(&mut canvas, &panel, figure)?;
    let words = words(figure, name, (&shown, &unit));
    let mut sketch = Sketch::new("strikes", canvas, words, csv(&figure.rows))?;
    sketch.reading = Some(reading(&panel, &unit));
    Ok(Some(sketch))
}

fn size(row: &StrikeRow) -> f64 {
    let part = |value: Option<f64>| finite(value).map_or(0.0, f64::abs);
    part(row.call) + part(row.put)
}

/// The strikes nearest to spot that hold nearly all gamma.
fn shown_rows(figure: &StrikesFigure) -> Vec<StrikeRow> {
    let mut rows: Vec<StrikeRow> = figure
        .rows
        .iter()
        .copied()
        .filter(|row| row.strike.is_finite())
        .collect();
    rows.sort_by(|a, b| {
        let distance = |row: &StrikeRow| (row.strike - figure.spot).abs();
        distance(a).total_cmp(&distance(b))
    });
    let all: f64 = rows.iter().map(size).sum();
    let mut held = 0.0;
    let needed = rows.iter().take_while(|row| {
        let wanted = held < SHARE_SHOWN * all;
        held += size(row);
        wanted
    });
    let needed = needed.count();
    rows.truncate(needed);
    rows.sort_by(|a, b| a.strike.total_cmp(&b.strike));
    rows
}

/// Half the width of a bar: from the closest pair of strikes, within what can be seen.
fn half_width(rows: &[StrikeRow], panel: &Panel) -> f64 {
    let columns = rows.windows(2).filter_map(|pair| match pair {
        [a, b] => Some(panel.column(b.strike) - panel.column(a.strike)),
        _ => None,
    });
    let gap = columns.fold(f64::INFINITY, f64::min);
    (gap * 0.38).clamp(0.6, 14.0)
}

fn draw_axes(canvas: &mut Canvas, panel: &Panel, unit: &ShownUnit) -> Drawn {
    let legend = [
        ("Calls", Key::Box(Role::Positive)),
        ("Puts", Key::Box(Role::Negative)),
        ("Net", Key::Line(Role::Ink)),
        ("Spot", Key::Dashes(Role::Accent)),
    ];
    canvas.legend(78.0, &legend)?;
    let title = format!("GEX, {}", unit.words);
    panel.y_axis(canvas, &panel.y.ticks(8), &title)?;
    let ticks = round_ticks(panel.x.0, panel.x.1, 12);
    panel.x_grid(canvas, &[])?;
    panel.x_labels(canvas, &ticks, "Strike")
}

fn draw_strike(
    canvas: &mut Canvas,
    panel: &Panel,
    (row, half): (&StrikeRow, f64),
    unit: &ShownUnit,
) -> Drawn {
    let x = panel.column(row.strike);
    let zero = panel.row(0.0);
    for (value, role) in [(row.call, Role::Positive), (row.put, Role::Negative)] {
        let Some(value) = unit.scale(value) else {
            continue;
        };
        let end = panel.row(value);
        let bar = Frame {
            left: x - half,
            top: end.min(zero),
            width: 2.0 * half,
            height: (end - zero).abs(),
        };
        canvas.fill(bar, role, 1.0)?;
    }
    match unit.scale(row.net) {
        Some(net) => {
            let y = panel.row(net);
            canvas.line(&[(x - half, y), (x + half, y)], Pen::new(Role::Ink, 1.8))
        }
        None => Ok(()),
    }
}

fn draw_marks(canvas: &mut Canvas, panel: &Panel, figure: &StrikesFigure) -> Drawn {
    let (top, bottom) = (panel.frame.top, panel.frame.bottom());
    let x = panel.column(figure.spot);
    if panel.frame.contains((x, top)) {
        let pen = Pen::new(Role::Accent, 1.7);
        canvas.dashed(&[(x, top), (x, bottom)], pen, 6.0, 4.0)?;
        let text = format!("Spot {}", level(figure.spot));
        canvas.pill(&text, (x - 5.0, top + 14.0), Role::Accent, Side::Left)?;
    }
    let walls = [
        (
            figure.call_wall,
            "Call wall",
            Role::Positive,
            top + 34.0,
            Side::Right,
        ),
        (
            figure.put_wall,
            "Put wall",
            Role::Negative,
            bottom - 14.0,
            Side::Left,
        ),
    ];
    for (wall, word, role, y, side) in walls {
        let Some(strike) = finite(wall) else { continue };
        let x = panel.column(strike);
        if panel.frame.contains((x, y)) {
            let text = format!("{word} {}", level(strike));
            canvas.pill(&text, (x, y), role, side)?;
        }
    }
    Ok(())
}

fn words(figure: &StrikesFigure, name: &str, (shown, unit): (&[StrikeRow], &ShownUnit)) -> Words {
    let title = headline::strikes(figure);
    let subtitle = format!(
        "{name}, {} · positioning {} · {} of {} strikes, which hold {} of call and put gamma",
        figure.session,
        figure.positioning,
        count(shown.len()),
        count(figure.rows.len()),
        percent(SHARE_SHOWN, 0)
    );
    let alt = format!(
        "{title}. Gamma exposure of calls, puts and their sum by strike in {}; spot is {}.",
        unit.words,
        level(figure.spot)
    );
    Words {
        title,
        subtitle,
        note: "Call wall: most call gamma at or above spot. Put wall: most put gamma at or below. The data file has every strike."
            .to_owned(),
        alt,
    }
}

fn csv(rows: &[StrikeRow]) -> String {
    let mut csv = Csv::new(&["strike", "call_gex", "put_gex", "net_gex"]);
    for row in rows {
        csv.row(&[
            Cell::Number(Some(row.strike)),
            Cell::Number(row.call),
            Cell::Number(row.put),
            Cell::Number(row.net),
        ]);
    }
    csv.finish()
}

fn reading(panel: &Panel, unit: &ShownUnit) -> Reading {
    let columns = [
        ("call_gex", "calls", Role::Positive),
        ("put_gex", "puts", Role::Negative),
        ("net_gex", "net", Role::Ink),
    ];
    let frame = panel.frame;
    Reading {
        x: "strike",
        dates: false,
        range: panel.x,
        panels: vec![ReadingPanel {
            frame: [frame.left, frame.top, frame.width, frame.height],
            log: false,
            title: String::new(),
        }],
        series: columns
            .map(|(column, label, role)| ReadingSeries {
                column,
                label: label.to_owned(),
                panel: 0,
                role: role.number(),
                area: false,
                divisor: unit.divisor,
                decimals: 3,
            })
            .into(),
        shade: Vec::new(),
    }
}
