//! What the signal gained out of sample, session by session (Goyal and Welch 2008).

use chrono::NaiveDate;
use gex_analysis::findings::{ForecastFinding, HypothesisFinding};

use super::{Sketch, Words};
use crate::csv::{Cell, Csv};
use crate::draw::geometry::Frame;
use crate::draw::palette::Role;
use crate::draw::ticks::{date_ticks, extent, padded};
use crate::draw::{Canvas, Panel, Pen, Scale};
use crate::error::RenderError;
use crate::format::{finite, percent};
use crate::readable;

const HEIGHT: f64 = 440.0;

/// Draws the figure; `None` where nothing was forecast.
pub(super) fn draw(found: &HypothesisFinding) -> Result<Option<Sketch>, RenderError> {
    let Some(forecast) = found
        .forecast
        .as_ref()
        .filter(|f| 1 < f.cumulative_gain.len())
    else {
        return Ok(None);
    };
    let dates: Vec<NaiveDate> = forecast
        .cumulative_gain
        .iter()
        .filter_map(|(session, _)| session.parse().ok())
        .collect();
    let values: Vec<f64> = forecast
        .cumulative_gain
        .iter()
        .map(|(_, gain)| *gain)
        .collect();
    let Some(range) = extent(values.iter().copied().map(Some)) else {
        return Ok(None);
    };
    let range = padded((range.0.min(0.0), range.1.max(0.0)), 0.06);
    let panel = Panel {
        frame: Frame {
            left: 66.0,
            top: 90.0,
            width: 1112.0,
            height: 270.0,
        },
        x: (0.0, (values.len() - 1) as f64),
        y: Scale::Linear(range.0, range.1),
    };
    let mut canvas = Canvas::new("gain", HEIGHT)?;
    let ticks = date_ticks(&dates, 12);
    panel.x_grid(&mut canvas, &ticks)?;
    panel.y_axis(&mut canvas, &panel.y.ticks(5), "QLIKE saved, running sum")?;
    panel.x_labels(&mut canvas, &ticks, "")?;
    panel.level(&mut canvas, 0.0, Pen::new(Role::Axis, 1.2))?;
    let points = values
        .iter()
        .enumerate()
        .map(|(i, gain)| (i as f64, Some(*gain)));
    for part in panel.curve(points) {
        canvas.line(&part, Pen::new(Role::Positive, 1.8))?;
    }
    Sketch::new("gain", canvas, words(found, forecast), csv(forecast)).map(Some)
}

fn words(found: &HypothesisFinding, forecast: &ForecastFinding) -> Words {
    let r2 = forecast
        .contest
        .as_ref()
        .and_then(|contest| finite(contest.r2_out_of_sample));
    let title = match r2 {
        Some(r2) if 0.0 < r2 => format!(
            "Out of sample the signal saves {} of the squared error that its controls leave",
            percent(r2, 1)
        ),
        Some(r2) => format!(
            "Out of sample the signal adds {} to the squared error that its controls leave",
            percent(-r2, 1)
        ),
        None => "What the signal saved out of sample".to_owned(),
    };
    let names = forecast.contest.as_ref();
    let names = names.map_or_else(String::new, |c| {
        format!(" · {} against {}", c.model, c.benchmark)
    });
    Words {
        alt: format!("{title}. The table of forecasts holds the losses."),
        subtitle: format!(
            "{} · {} forecasts from {}{names}{}",
            readable::name(found),
            forecast.n,
            forecast.first_session,
            episode(forecast)
        ),
        note: "The line rises where the signal helped and falls where it hurt; a gain made in one episode is one step.".to_owned(),
        title,
    }
}

/// How much of a gain the best hundredth of the sessions made.
fn episode(forecast: &ForecastFinding) -> String {
    let gains = &forecast.cumulative_gain;
    let before = std::iter::once(0.0).chain(gains.iter().map(|(_, gain)| *gain));
    let mut steps: Vec<f64> = gains
        .iter()
        .zip(before)
        .map(|((_, now), then)| now - then)
        .collect();
    steps.sort_by(f64::total_cmp);
    let best = (steps.len() / 100).max(1);
    let made: f64 = steps.iter().rev().take(best).sum();
    match gains.last() {
        Some((_, total)) if 0.0 < *total && *total < 2.0 * made => {
            format!(
                " · {best} sessions made {} of the gain",
                percent(made / total, 0)
            )
        }
        _ => String::new(),
    }
}

fn csv(forecast: &ForecastFinding) -> String {
    let mut csv = Csv::new(&["session", "cumulative_gain"]);
    for (session, gain) in &forecast.cumulative_gain {
        csv.row(&[Cell::Text(session), Cell::Number(Some(*gain))]);
    }
    csv.finish()
}
