//! Price, net and gross gamma exposure and realized volatility through time, regimes shaded.

use chrono::NaiveDate;

use super::strips::{Kind, Pick, Strip, has, strips, values};
use super::{Reading, ReadingPanel, ReadingSeries, Sketch, Words};
use crate::csv::{Cell, Csv};
use crate::draw::geometry::Frame;
use crate::draw::palette::Role;
use crate::draw::ticks::{Tick, date_ticks, extent};
use crate::draw::{Canvas, Drawn, Key, Panel, Pen, Scale};
use crate::error::RenderError;
use crate::format::count;
use crate::headline;
use crate::input::{ExposureUnit, SeriesFigure, SeriesRow};
use crate::unit::ShownUnit;

const HEIGHT: f64 = 720.0;

/// Rows up to which the page carries the values; longer series are pictures only.
const MOST_ROWS_TO_READ: usize = 6000;

/// Draws the figure; `None` where the series is empty.
pub(super) fn draw(figure: &SeriesFigure) -> Result<Option<Sketch>, RenderError> {
    let (Some(first), Some(last)) = (figure.rows.first(), figure.rows.last()) else {
        return Ok(None);
    };
    let unit = shown_unit(figure);
    let strips = strips(figure, &unit);
    let shade = shaded_spans(&figure.rows);
    let mut canvas = Canvas::new("gex", HEIGHT)?;
    canvas.legend(78.0, &legend(figure))?;
    draw_strips(&mut canvas, figure, &unit, (&strips, &shade))?;
    let words = words(figure, &unit, (first.session, last.session));
    let mut sketch = Sketch::new("gex", canvas, words, csv(&figure.rows))?;
    if figure.rows.len() <= MOST_ROWS_TO_READ {
        sketch.reading = Some(reading(figure, &unit, &strips, shade));
    }
    Ok(Some(sketch))
}

fn shown_unit(figure: &SeriesFigure) -> ShownUnit {
    let nets = figure.rows.iter().map(|row| row.net_gex);
    let largest = extent(nets).map_or(0.0, |(low, high)| low.abs().max(high.abs()));
    ShownUnit::new(&figure.unit, largest)
}

fn legend(figure: &SeriesFigure) -> Vec<(&'static str, Key)> {
    let mut entries = vec![("Spot", Key::Line(Role::Ink))];
    if has(figure, |row| row.flip) {
        entries.push(("Flip", Key::Line(Role::Flip)));
    }
    entries.push(("GEX above zero", Key::Box(Role::Positive)));
    entries.push(("GEX below zero", Key::Box(Role::Negative)));
    entries.push(("Negative or low regime", Key::Pale(Role::Negative)));
    if has(figure, |row| row.realized_vol) {
        entries.push(("Realized volatility", Key::Line(Role::Accent)));
    }
    entries
}

/// Runs of rows whose regime is the negative or the low one, half a row wider on both sides.
fn shaded_spans(rows: &[SeriesRow]) -> Vec<(f64, f64)> {
    let shaded = |row: &SeriesRow| matches!(row.regime.as_deref(), Some("negative" | "low"));
    let last = (rows.len().max(2) - 1) as f64;
    let mut start = 0;
    rows.chunk_by(|a, b| shaded(a) == shaded(b))
        .filter_map(|run| {
            let from = start;
            start += run.len();
            let span = ((from as f64 - 0.5).max(0.0), (start as f64 - 0.5).min(last));
            run.first().is_some_and(shaded).then_some(span)
        })
        .collect()
}

fn draw_strips(
    canvas: &mut Canvas,
    figure: &SeriesFigure,
    unit: &ShownUnit,
    (strips, shade): (&[Strip], &[(f64, f64)]),
) -> Drawn {
    let sessions: Vec<NaiveDate> = figure.rows.iter().map(|row| row.session).collect();
    let dates = date_ticks(&sessions, 12);
    canvas.group("bands", |canvas| {
        strips
            .iter()
            .try_for_each(|strip| draw_shade(canvas, &strip.panel, shade))
    })?;
    canvas.group("x", |canvas| draw_dates(canvas, strips, &dates))?;
    canvas.group("y", |canvas| {
        strips.iter().try_for_each(|strip| {
            let ticks = strip.panel.y.ticks(strip.wanted_ticks);
            strip.panel.y_axis(canvas, &ticks, &strip.title)
        })
    })?;
    canvas.group("lines", |canvas| {
        strips
            .iter()
            .try_for_each(|strip| draw_strip(canvas, figure, unit, strip))
    })
}

fn draw_shade(canvas: &mut Canvas, panel: &Panel, shade: &[(f64, f64)]) -> Drawn {
    for &(from, to) in shade {
        let left = panel.column(from);
        let frame = Frame {
            left,
            width: (panel.column(to) - left).max(0.5),
            ..panel.frame
        };
        canvas.fill(frame, Role::Negative, 0.14)?;
    }
    Ok(())
}

fn draw_dates(canvas: &mut Canvas, strips: &[Strip], dates: &[Tick]) -> Drawn {
    for strip in strips {
        strip.panel.x_grid(canvas, dates)?;
    }
    match strips.last() {
        Some(strip) => strip.panel.x_labels(canvas, dates, ""),
        None => Ok(()),
    }
}

fn draw_strip(
    canvas: &mut Canvas,
    figure: &SeriesFigure,
    unit: &ShownUnit,
    strip: &Strip,
) -> Drawn {
    let panel = &strip.panel;
    let scaled = |pick: Pick| values(figure, pick).map(|(x, y)| (x, unit.scale(y)));
    match strip.kind {
        Kind::Price => {
            curve(
                canvas,
                panel,
                values(figure, |row| row.flip),
                (Role::Flip, 0.9),
            )?;
            curve(
                canvas,
                panel,
                values(figure, |row| row.spot),
                (Role::Ink, 1.4),
            )
        }
        Kind::Net => {
            for polygon in panel.area(scaled(|row| row.net_gex), |net| net.max(0.0)) {
                canvas.polygon(&polygon, Role::Positive, 0.87)?;
            }
            for polygon in panel.area(scaled(|row| row.net_gex), |net| net.min(0.0)) {
                canvas.polygon(&polygon, Role::Negative, 0.87)?;
            }
            panel.level(canvas, 0.0, Pen::new(Role::Axis, 1.0))
        }
        Kind::Gross => curve(
            canvas,
            panel,
            scaled(|row| row.gross_gex),
            (Role::Muted, 1.3),
        ),
        Kind::Volatility => curve(
            canvas,
            panel,
            values(figure, |row| row.realized_vol),
            (Role::Accent, 1.4),
        ),
    }
}

fn curve(
    canvas: &mut Canvas,
    panel: &Panel,
    values: impl Iterator<Item = (f64, Option<f64>)>,
    (role, width): (Role, f64),
) -> Drawn {
    panel
        .curve(values)
        .iter()
        .try_for_each(|part| canvas.line(part, Pen::new(role, width)))
}

fn words(figure: &SeriesFigure, unit: &ShownUnit, (from, to): (NaiveDate, NaiveDate)) -> Words {
    let title = headline::series(figure.unit.signed_name(), &figure.rows);
    let (scale, caveat) = match figure.unit {
        ExposureUnit::CurrencyPerPct(_) => (
            format!("positioning {} · {}", figure.positioning, unit.words),
            "The sign of GEX is an assumption about who holds what; gross GEX needs none.",
        ),
        ExposureUnit::AsGiven(_) => (
            format!("GEX {}", unit.words),
            "Values, sign and unit are their author's; nothing of them was recomputed.",
        ),
    };
    let subtitle = format!(
        "{}, {from} to {to}, {} snapshots · {scale}",
        figure.underlying,
        count(figure.rows.len())
    );
    let note = format!(
        "Shaded: the negative or low regime, by {}. {caveat}",
        figure.regime_rule
    );
    let shaded = shaded_spans(&figure.rows).len();
    let alt = format!(
        "{title}. Stacked panels from {from} to {to}: {}. {} spells of the negative or low regime \
         are shaded.",
        panels(figure),
        count(shaded)
    );
    Words {
        title,
        subtitle,
        note,
        alt,
    }
}

/// What the panels show, from the top.
fn panels(figure: &SeriesFigure) -> String {
    let shown: [(&str, Pick); 5] = [
        ("spot", |row| row.spot),
        ("flip", |row| row.flip),
        (figure.unit.signed_name(), |row| row.net_gex),
        ("gross GEX", |row| row.gross_gex),
        ("realized volatility", |row| row.realized_vol),
    ];
    let names = shown.into_iter().filter(|&(_, pick)| has(figure, pick));
    names.map(|(name, _)| name).collect::<Vec<_>>().join(", ")
}

fn csv(rows: &[SeriesRow]) -> String {
    let mut csv = Csv::new(&[
        "session",
        "at_utc",
        "spot",
        "flip",
        "net_gex",
        "gross_gex",
        "realized_vol",
        "coverage",
        "regime",
    ]);
    for row in rows {
        csv.row(&[
            Cell::Text(&row.session.to_string()),
            Cell::Text(&row.at.format("%Y-%m-%dT%H:%MZ").to_string()),
            Cell::Number(row.spot),
            Cell::Number(row.flip),
            Cell::Number(row.net_gex),
            Cell::Number(row.gross_gex),
            Cell::Number(row.realized_vol),
            Cell::Number(row.coverage),
            Cell::Text(row.regime.as_deref().unwrap_or("")),
        ]);
    }
    csv.finish()
}

fn reading(
    figure: &SeriesFigure,
    unit: &ShownUnit,
    strips: &[Strip],
    shade: Vec<(f64, f64)>,
) -> Reading {
    let series = strips.iter().enumerate().flat_map(|(panel, strip)| {
        let columns = match strip.kind {
            Kind::Price => vec![("flip", "flip", Role::Flip), ("spot", "spot", Role::Ink)],
            Kind::Net => vec![("net_gex", figure.unit.signed_name(), Role::Positive)],
            Kind::Gross => vec![("gross_gex", "gross GEX", Role::Muted)],
            Kind::Volatility => vec![("realized_vol", "realized vol %", Role::Accent)],
        };
        let exposure = matches!(strip.kind, Kind::Net | Kind::Gross);
        columns
            .into_iter()
            .map(move |(column, label, role)| ReadingSeries {
                column,
                label: label.to_owned(),
                panel,
                role: role.number(),
                area: strip.kind == Kind::Net,
                divisor: if exposure { unit.divisor } else { 1.0 },
                decimals: match strip.kind {
                    Kind::Price => 0,
                    Kind::Volatility => 1,
                    Kind::Net | Kind::Gross => 2,
                },
            })
    });
    Reading {
        x: "session",
        dates: true,
        range: (0.0, (figure.rows.len().max(2) - 1) as f64),
        panels: strips.iter().map(reading_panel).collect(),
        series: series.collect(),
        shade,
    }
}

fn reading_panel(strip: &Strip) -> ReadingPanel {
    let frame = strip.panel.frame;
    ReadingPanel {
        frame: [frame.left, frame.top, frame.width, frame.height],
        log: matches!(strip.panel.y, Scale::Log(..)),
        title: strip.title.clone(),
    }
}
