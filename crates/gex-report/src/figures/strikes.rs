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
    for (from, to, role) in bars(unit.scale(row.call), unit.scale(row.put)) {
        let (from, to) = (panel.row(from), panel.row(to));
        let bar = Frame {
            left: x - half,
            top: from.min(to),
            width: 2.0 * half,
            height: (from - to).abs(),
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

/// Calls from zero; puts from zero too, or on top of the calls where both have one sign.
fn bars(call: Option<f64>, put: Option<f64>) -> Vec<(f64, f64, Role)> {
    let base = match (call, put) {
        (Some(call), Some(put)) if call * put > 0.0 => call,
        _ => 0.0,
    };
    let calls = call.map(|value| (0.0, value, Role::Positive));
    let puts = put.map(|value| (base, base + value, Role::Negative));
    calls.into_iter().chain(puts).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_stack_on_calls_only_where_both_have_one_sign() {
        let opposed = bars(Some(2.0), Some(-1.0));
        assert_eq!(
            opposed,
            [(0.0, 2.0, Role::Positive), (0.0, -1.0, Role::Negative)]
        );
        let gross = bars(Some(2.0), Some(1.0));
        assert_eq!(
            gross,
            [(0.0, 2.0, Role::Positive), (2.0, 3.0, Role::Negative)]
        );
        assert_eq!(bars(None, Some(1.0)), [(0.0, 1.0, Role::Negative)]);
    }

    #[test]
    fn the_picture_holds_nearly_all_gamma_around_spot() {
        let row = |strike: f64, size: f64| StrikeRow {
            strike,
            call: Some(size),
            put: None,
            net: Some(size),
        };
        let figure = StrikesFigure {
            session: chrono::NaiveDate::MIN,
            positioning: String::new(),
            unit: crate::input::ExposureUnit::AsGiven(String::new()),
            spot: 100.0,
            call_wall: None,
            put_wall: None,
            rows: vec![
                row(10.0, 0.1),
                row(90.0, 30.0),
                row(100.0, 50.0),
                row(110.0, 20.0),
            ],
        };
        let strikes: Vec<f64> = shown_rows(&figure).iter().map(|row| row.strike).collect();
        assert_eq!(strikes, [90.0, 100.0, 110.0]);
    }
}
