//! Paths around events and around sessions that looked alike before.

use gex_analysis::findings::{EventFinding, Findings};

use super::{Sketch, Words};
use crate::csv::{Cell, Csv};
use crate::draw::geometry::Frame;
use crate::draw::palette::Role;
use crate::draw::ticks::{extent, padded};
use crate::draw::{Canvas, Drawn, Key, Look, Panel, Pen, Scale};
use crate::error::RenderError;

/// Events in the picture; the table holds them all.
const MOST: usize = 4;
const ROW: f64 = 270.0;
const TOP: f64 = 104.0;

/// Draws the figure; `None` where no event has a path.
pub(super) fn draw(findings: &Findings) -> Result<Option<Sketch>, RenderError> {
    let with_path = findings
        .events
        .iter()
        .filter(|event| !event.path.is_empty());
    let shown: Vec<&EventFinding> = with_path.take(MOST).collect();
    if shown.is_empty() {
        return Ok(None);
    }
    let mut canvas = Canvas::new("events", TOP + ROW * shown.len() as f64 + 40.0)?;
    canvas.legend(
        84.0,
        &[
            ("events", Key::Line(Role::Negative)),
            ("matched sessions", Key::Dashes(Role::Positive)),
            ("95 % of resampled events", Key::Pale(Role::Muted)),
        ],
    )?;
    for (i, event) in shown.iter().enumerate() {
        draw_event(&mut canvas, event, TOP + ROW * i as f64)?;
    }
    Sketch::new("events", canvas, words(&shown), csv(&shown)).map(Some)
}

fn draw_event(canvas: &mut Canvas, event: &EventFinding, top: f64) -> Drawn {
    let bands = event.band.iter().chain(&event.placebo_band);
    let values = bands.flat_map(|(low, high)| [Some(*low), Some(*high)]);
    let (Some(range), Some(first), Some(last)) =
        (extent(values), event.offsets.first(), event.offsets.last())
    else {
        return Ok(());
    };
    let panel = Panel {
        frame: Frame {
            left: 66.0,
            top: top + 46.0,
            width: 1112.0,
            height: ROW - 104.0,
        },
        x: (*first as f64 - 0.5, *last as f64 + 0.5),
        y: Scale::Linear(padded(range, 0.05).0, padded(range, 0.05).1),
    };
    let title = format!(
        "{}: {} events, {}",
        event.id,
        event.sessions.len(),
        event.outcome
    );
    let look = Look::new(12.0).role(Role::Ink).bold();
    canvas.text(&look.fit(&title, 1100.0), (24.0, top + 8.0), look)?;
    panel.y_axis(canvas, &panel.y.ticks(4), "less its own past")?;
    let ticks = crate::draw::ticks::round_ticks(panel.x.0, panel.x.1, 12);
    panel.x_labels(canvas, &ticks, "sessions from the event")?;
    area(canvas, &panel, event)?;
    panel.level(canvas, 0.0, Pen::new(Role::Axis, 1.2))?;
    let line = |path: &[f64]| -> Vec<(f64, f64)> {
        let points = event.offsets.iter().zip(path);
        points
            .map(|(at, y)| (panel.column(*at as f64), panel.row(*y)))
            .collect()
    };
    canvas.dashed(
        &line(&event.placebo_path),
        Pen::new(Role::Positive, 1.8),
        6.0,
        4.0,
    )?;
    canvas.line(&line(&event.path), Pen::new(Role::Negative, 2.2))
}

fn area(canvas: &mut Canvas, panel: &Panel, event: &EventFinding) -> Drawn {
    let edge = |of: fn(&(f64, f64)) -> f64| {
        let at =
            |(at, bounds): (&i64, &(f64, f64))| (panel.column(*at as f64), panel.row(of(bounds)));
        event
            .offsets
            .iter()
            .zip(&event.band)
            .map(at)
            .collect::<Vec<_>>()
    };
    let (low, high) = (edge(|bounds| bounds.0), edge(|bounds| bounds.1));
    let outline: Vec<(f64, f64)> = low.into_iter().chain(high.into_iter().rev()).collect();
    if outline.len() < 4 {
        return Ok(());
    }
    canvas.polygon(&outline, Role::Muted, 0.22)
}

fn words(shown: &[&EventFinding]) -> Words {
    let apart = shown.iter().filter(|event| {
        let bounds = event.difference.interval;
        bounds.is_some_and(|(low, high)| 0.0 < low || high < 0.0)
    });
    let title = format!(
        "After {} of {} kinds of event the path differs from that of like sessions",
        apart.count(),
        shown.len()
    );
    Words {
        alt: format!("{title}. The table of events holds the differences and their intervals."),
        subtitle: "mean over events, each less its own mean over 60 sessions before the window".to_owned(),
        note: "Matched sessions had the same past variance and five-session return: crossings follow falls of the price, and variance does too."
            .to_owned(),
        title,
    }
}

fn csv(shown: &[&EventFinding]) -> String {
    let mut csv = Csv::new(&[
        "event",
        "offset",
        "path",
        "low",
        "high",
        "placebo",
        "placebo_low",
        "placebo_high",
    ]);
    for event in shown {
        for (i, offset) in event.offsets.iter().enumerate() {
            let at = |values: &[f64]| values.get(i).copied();
            let (band, placebo) = (event.band.get(i), event.placebo_band.get(i));
            csv.row(&[
                Cell::Text(&event.id),
                Cell::Number(Some(*offset as f64)),
                Cell::Number(at(&event.path)),
                Cell::Number(band.map(|bounds| bounds.0)),
                Cell::Number(band.map(|bounds| bounds.1)),
                Cell::Number(at(&event.placebo_path)),
                Cell::Number(placebo.map(|bounds| bounds.0)),
                Cell::Number(placebo.map(|bounds| bounds.1)),
            ]);
        }
    }
    csv.finish()
}
