//! How much of the market the series saw: coverage of open interest and missing sessions.

use chrono::NaiveDate;
use gex_analysis::findings::QualityFacts;

use super::{Sketch, Words};
use crate::csv::{Cell, Csv};
use crate::draw::geometry::Frame;
use crate::draw::palette::Role;
use crate::draw::ticks::date_ticks;
use crate::draw::{Canvas, Key, Look, Panel, Pen, Scale};
use crate::error::RenderError;
use crate::format::{count, finite, percent};
use crate::input::{SeriesFigure, SeriesRow};

const HEIGHT: f64 = 330.0;

/// Draws the figure; `None` where the series is empty, or has no coverage and no gap.
pub(super) fn draw(
    figure: &SeriesFigure,
    quality: &QualityFacts,
) -> Result<Option<Sketch>, RenderError> {
    let missing = dates(&quality.missing_sessions);
    let covered = figure.rows.iter().any(|row| share(row).is_some());
    if !covered && missing.is_empty() {
        return Ok(None);
    }
    let sessions = figure.rows.iter().map(|row| row.session);
    let all = || sessions.clone().chain(missing.iter().copied());
    let (Some(first), Some(last)) = (all().min(), all().max()) else {
        return Ok(None);
    };
    let span = first.iter_days().take_while(|day| *day <= last);
    let days: Vec<NaiveDate> = span.collect();
    let panel = Panel {
        frame: Frame {
            left: 66.0,
            top: 112.0,
            width: 1112.0,
            height: 110.0,
        },
        x: (0.0, (days.len().max(2) - 1) as f64),
        y: Scale::Linear(0.0, 100.0),
    };
    let day = |date: NaiveDate| (date - first).num_days() as f64;
    let mut canvas = Canvas::new("coverage", HEIGHT)?;
    let legend = [
        (
            "Open interest with a usable volatility",
            Key::Line(Role::Positive),
        ),
        ("Session without a snapshot", Key::Line(Role::Negative)),
    ];
    canvas.legend(78.0, &legend)?;
    panel.y_axis(&mut canvas, &panel.y.ticks(4), "Coverage, %")?;
    let ticks = date_ticks(&days, 12);
    panel.x_grid(&mut canvas, &ticks)?;
    for part in panel.curve(figure.rows.iter().map(|row| (day(row.session), share(row)))) {
        canvas.line(&part, Pen::new(Role::Positive, 1.4))?;
    }
    let strip = Panel {
        frame: Frame {
            top: 240.0,
            height: 18.0,
            ..panel.frame
        },
        ..panel
    };
    canvas.fill(strip.frame, Role::Stripe, 1.0)?;
    for &date in &missing {
        let x = strip.column(day(date));
        let ends = [(x, strip.frame.top), (x, strip.frame.bottom())];
        canvas.line(&ends, Pen::new(Role::Negative, 1.6))?;
    }
    let label = Look::new(11.0).right();
    canvas.text("missing", (58.0, 249.0), label)?;
    strip.x_labels(&mut canvas, &ticks, "")?;
    let words = words(figure, quality, missing.len());
    Sketch::new("coverage", canvas, words, csv(&figure.rows, &missing)).map(Some)
}

/// The dates among texts, in order; what is no date is not drawn, and stands in the page's list.
fn dates(texts: &[String]) -> Vec<NaiveDate> {
    let mut dates: Vec<NaiveDate> = texts
        .iter()
        .filter_map(|text| text.parse::<NaiveDate>().ok())
        .collect();
    dates.sort_unstable();
    dates
}

fn share(row: &SeriesRow) -> Option<f64> {
    finite(row.coverage).map(|share| share * 100.0)
}

fn words(figure: &SeriesFigure, quality: &QualityFacts, missing: usize) -> Words {
    let mean = finite(quality.mean_coverage).map_or_else(
        || "coverage is undefined".to_owned(),
        |share| format!("mean coverage {}", percent(share, 1)),
    );
    let title = match missing {
        0 => format!("No session is missing; {mean}"),
        1 => format!("1 session is missing; {mean}"),
        many => format!("{} sessions are missing; {mean}", count(many)),
    };
    Words {
        subtitle: format!(
            "{}, {} snapshots",
            figure.underlying,
            count(figure.rows.len())
        ),
        note: "Coverage: open interest with a usable volatility over open interest with time left."
            .to_owned(),
        alt: format!(
            "{title}. Coverage of open interest through time above a strip that marks each session without a snapshot."
        ),
        title,
    }
}

fn csv(rows: &[SeriesRow], missing: &[NaiveDate]) -> String {
    let mut csv = Csv::new(&["session", "coverage", "missing"]);
    for row in rows {
        csv.row(&[
            Cell::Text(&row.session.to_string()),
            Cell::Number(row.coverage),
            Cell::Text("no"),
        ]);
    }
    for date in missing {
        csv.row(&[
            Cell::Text(&date.to_string()),
            Cell::Number(None),
            Cell::Text("yes"),
        ]);
    }
    csv.finish()
}
