//! What dealers must trade in a move of the spot, by full repricing.

use super::{Sketch, Words};
use crate::csv::{Cell, Csv};
use crate::draw::geometry::Frame;
use crate::draw::palette::Role;
use crate::draw::ticks::{extent, padded};
use crate::draw::{Canvas, Key, Panel, Pen, Scale};
use crate::error::RenderError;
use crate::format::number;
use crate::input::{FlowPoint, HedgeFlowFigure};

const HEIGHT: f64 = 460.0;

/// Draws the figure; `None` where fewer than two moves have a flow.
pub(super) fn draw(
    figure: &HedgeFlowFigure,
    underlying: &str,
) -> Result<Option<Sketch>, RenderError> {
    let largest = figure
        .points
        .iter()
        .flat_map(|p| [p.at_once, p.in_a_day])
        .flatten();
    let largest = largest
        .filter(|flow| flow.is_finite())
        .fold(0.0, |most, flow| flow.abs().max(most));
    let (divisor, power) = if largest >= 5e8 {
        (1e9, "bn")
    } else {
        (1e6, "m")
    };
    let flows = figure.points.iter().flat_map(|p| [p.at_once, p.in_a_day]);
    let flows = extent(flows.map(|flow| flow.map(|flow| flow / divisor)));
    let moves = extent(figure.points.iter().map(|p| Some(100.0 * p.spot_move)));
    let (Some(flows), Some(moves)) = (flows, moves) else {
        return Ok(None);
    };
    let flows = padded((flows.0.min(0.0), flows.1.max(0.0)), 0.06);
    let panel = Panel {
        frame: Frame {
            left: 66.0,
            top: 128.0,
            width: 1112.0,
            height: 240.0,
        },
        x: padded(moves, 0.02),
        y: Scale::Linear(flows.0, flows.1),
    };
    let mut canvas = Canvas::new("hedge-flow", HEIGHT)?;
    canvas.legend(
        84.0,
        &[
            ("at once", Key::Line(Role::Positive)),
            ("over a day", Key::Dashes(Role::Negative)),
        ],
    )?;
    let ticks = crate::draw::ticks::round_ticks(panel.x.0, panel.x.1, 11);
    panel.x_grid(&mut canvas, &ticks)?;
    let title = format!("{} {power} of underlying bought", figure.currency);
    panel.y_axis(&mut canvas, &panel.y.ticks(5), &title)?;
    panel.x_labels(&mut canvas, &ticks, "Move of the spot, %")?;
    panel.level(&mut canvas, 0.0, Pen::new(Role::Axis, 1.2))?;
    let curve = |of: fn(&FlowPoint) -> Option<f64>| {
        let points = figure.points.iter();
        panel.curve(points.map(|p| (100.0 * p.spot_move, of(p).map(|flow| flow / divisor))))
    };
    for part in curve(|p| p.at_once) {
        canvas.line(&part, Pen::new(Role::Positive, 2.0))?;
    }
    for part in curve(|p| p.in_a_day) {
        canvas.dashed(&part, Pen::new(Role::Negative, 2.0), 6.0, 4.0)?;
    }
    let words = words(figure, underlying, (divisor, power));
    Sketch::new("hedge-flow", canvas, words, csv(figure)).map(Some)
}

fn words(figure: &HedgeFlowFigure, underlying: &str, (divisor, power): (f64, &str)) -> Words {
    let at = |spot_move: f64| {
        let near = figure
            .points
            .iter()
            .find(|p| (p.spot_move - spot_move).abs() < 1e-9);
        near.and_then(|p| p.at_once)
    };
    let side = |flow: f64| if flow < 0.0 { "sell" } else { "buy" };
    let title = match (at(-0.01), at(0.01)) {
        (Some(down), Some(up)) => format!(
            "After a fall of 1 % dealers {} {} {power}, after a rise they {} {}",
            side(down),
            number((down / divisor).abs(), 1),
            side(up),
            number((up / divisor).abs(), 1)
        ),
        _ => "What dealers must trade in a move of the spot".to_owned(),
    };
    Words {
        alt: format!("{title}. The table of flows holds every move, split into gamma, vanna and charm."),
        subtitle: format!("{underlying} · {} · full repricing, implied volatility held", figure.positioning),
        note: "Buying into falls and selling into rises steadies the market; the other way round feeds the move. Who holds what is an assumption."
            .to_owned(),
        title,
    }
}

fn csv(figure: &HedgeFlowFigure) -> String {
    let mut csv = Csv::new(&["spot_move", "flow_at_once", "flow_over_a_day"]);
    for point in &figure.points {
        csv.row(&[
            Cell::Number(Some(point.spot_move)),
            Cell::Number(point.at_once),
            Cell::Number(point.in_a_day),
        ]);
    }
    csv.finish()
}
