//! The book repriced over hypothetical spots, with spot and every crossing.

use super::{Reading, ReadingPanel, ReadingSeries, Sketch, Words};
use crate::csv::{Cell, Csv};
use crate::draw::geometry::Frame;
use crate::draw::palette::Role;
use crate::draw::ticks::{extent, padded, round_ticks};
use crate::draw::{Canvas, Drawn, Key, Panel, Pen, Scale, Side};
use crate::error::RenderError;
use crate::format::{finite, level};
use crate::headline;
use crate::input::{ProfileFigure, ProfilePoint};
use crate::unit::ShownUnit;

/// Draws the figure; `None` where the curve has fewer than two points.
pub(super) fn draw(figure: &ProfileFigure, name: &str) -> Result<Option<Sketch>, RenderError> {
    let spots = extent(figure.points.iter().map(|point| Some(point.spot)));
    let nets = extent(figure.points.iter().map(|point| point.net));
    let (Some(spots), Some(nets)) = (spots, nets) else {
        return Ok(None);
    };
    if figure.points.len() < 2 || spots.0 >= spots.1 {
        return Ok(None);
    }
    let (low, high) = padded((nets.0.min(0.0), nets.1.max(0.0)), 0.1);
    let unit = ShownUnit::new(&figure.unit, low.abs().max(high.abs()));
    let panel = Panel {
        frame: Frame {
            left: 66.0,
            top: 112.0,
            width: 1104.0,
            height: 440.0,
        },
        x: spots,
        y: Scale::Linear(low / unit.divisor, high / unit.divisor),
    };
    let mut canvas = Canvas::new("profile", 640.0)?;
    canvas.legend(78.0, &legend(figure))?;
    draw_axes(&mut canvas, &panel, &unit)?;
    draw_curves(&mut canvas, &panel, figure, &unit)?;
    draw_marks(&mut canvas, &panel, figure)?;
    let words = words(figure, name, &unit);
    let mut sketch = Sketch::new("profile", canvas, words, csv(&figure.points))?;
    sketch.reading = Some(reading(&panel, &unit));
    Ok(Some(sketch))
}

fn legend(figure: &ProfileFigure) -> Vec<(&'static str, Key)> {
    let mut entries = vec![
        ("Net GEX", Key::Line(Role::Ink)),
        ("above zero", Key::Pale(Role::Positive)),
        ("below zero", Key::Pale(Role::Negative)),
        ("Spot", Key::Dashes(Role::Accent)),
    ];
    if !figure.crossings.is_empty() || figure.flip.is_some() {
        entries.push(("Sign changes", Key::Dashes(Role::Flip)));
    }
    entries
}

fn draw_axes(canvas: &mut Canvas, panel: &Panel, unit: &ShownUnit) -> Drawn {
    let title = format!("Net GEX, {}", unit.words);
    panel.y_axis(canvas, &panel.y.ticks(7), &title)?;
    let ticks = round_ticks(panel.x.0, panel.x.1, 10);
    panel.x_grid(canvas, &ticks)?;
    panel.x_labels(canvas, &ticks, "Hypothetical spot")
}

fn draw_curves(
    canvas: &mut Canvas,
    panel: &Panel,
    figure: &ProfileFigure,
    unit: &ShownUnit,
) -> Drawn {
    let nets = || {
        let points = figure.points.iter();
        points.map(|point| (point.spot, unit.scale(point.net)))
    };
    canvas.clipped(panel.frame, |canvas| {
        for polygon in panel.area(nets(), |net| net.max(0.0)) {
            canvas.polygon(&polygon, Role::Positive, 0.28)?;
        }
        for polygon in panel.area(nets(), |net| net.min(0.0)) {
            canvas.polygon(&polygon, Role::Negative, 0.28)?;
        }
        Ok(())
    })?;
    panel.level(canvas, 0.0, Pen::new(Role::Axis, 1.2))?;
    for part in panel.curve(nets()) {
        canvas.line(&part, Pen::new(Role::Ink, 2.2))?;
    }
    Ok(())
}

fn draw_marks(canvas: &mut Canvas, panel: &Panel, figure: &ProfileFigure) -> Drawn {
    let (top, bottom) = (panel.frame.top, panel.frame.bottom());
    for &crossing in &figure.crossings {
        if Some(crossing) == figure.flip {
            continue;
        }
        let x = panel.column(crossing);
        if panel.frame.contains((x, top)) {
            let pen = Pen::new(Role::Flip, 1.1);
            canvas.dashed(&[(x, top), (x, bottom)], pen, 2.0, 5.0)?;
        }
    }
    let flip_side = match figure.flip {
        Some(flip) if flip > figure.spot => Side::Right,
        _ => Side::Left,
    };
    let spot_side = match flip_side {
        Side::Left => Side::Right,
        Side::Right => Side::Left,
    };
    if let Some(flip) = finite(figure.flip) {
        let text = format!("Flip {}", level(flip));
        mark(canvas, panel, (flip, &text), (Role::Flip, flip_side))?;
    }
    let text = format!("Spot {}", level(figure.spot));
    mark(
        canvas,
        panel,
        (figure.spot, &text),
        (Role::Accent, spot_side),
    )
}

/// Draws a labelled vertical line, the label on the side where it fits.
fn mark(
    canvas: &mut Canvas,
    panel: &Panel,
    (at, text): (f64, &str),
    (role, side): (Role, Side),
) -> Drawn {
    let (x, top, bottom) = (panel.column(at), panel.frame.top, panel.frame.bottom());
    if !panel.frame.contains((x, top)) {
        return Ok(());
    }
    canvas.dashed(&[(x, top), (x, bottom)], Pen::new(role, 1.7), 6.0, 4.0)?;
    let label = match side {
        Side::Left => (x - 5.0, top + 14.0),
        Side::Right => (x + 5.0, top + 14.0),
    };
    canvas.pill(text, label, role, side)
}

fn words(figure: &ProfileFigure, name: &str, unit: &ShownUnit) -> Words {
    let title = headline::profile(figure);
    let subtitle = format!(
        "{name}, {} · spot {} · positioning {} · {}",
        figure.session,
        level(figure.spot),
        figure.positioning,
        figure.method
    );
    let alt = format!(
        "{title}. Net gamma exposure in {} over hypothetical spots from {} to {}; spot is {}.",
        unit.words,
        level(figure.points.first().map_or(f64::NAN, |point| point.spot)),
        level(figure.points.last().map_or(f64::NAN, |point| point.spot)),
        level(figure.spot)
    );
    Words {
        title,
        subtitle,
        note: "Open interest held as it is. The sign is an assumption about who holds what; the data file has gross GEX too."
            .to_owned(),
        alt,
    }
}

fn csv(points: &[ProfilePoint]) -> String {
    let mut csv = Csv::new(&["spot", "net_gex", "gross_gex"]);
    for point in points {
        csv.row(&[
            Cell::Number(Some(point.spot)),
            Cell::Number(point.net),
            Cell::Number(point.gross),
        ]);
    }
    csv.finish()
}

fn reading(panel: &Panel, unit: &ShownUnit) -> Reading {
    let series = |column, label: &str| ReadingSeries {
        column,
        label: format!("{label}, {}", unit.words),
        panel: 0,
        role: Role::Ink.number(),
        area: false,
        divisor: unit.divisor,
        decimals: 2,
    };
    let frame = panel.frame;
    Reading {
        x: "spot",
        dates: false,
        range: panel.x,
        panels: vec![ReadingPanel {
            frame: [frame.left, frame.top, frame.width, frame.height],
            log: false,
            title: String::new(),
        }],
        series: vec![
            series("net_gex", "net GEX"),
            series("gross_gex", "gross GEX"),
        ],
        shade: Vec::new(),
    }
}
