//! The specification curve: effects of a family, ascending, against where chance would put them.

use gex_analysis::findings::{Family, Findings, Member};

use super::{Sketch, Words};
use crate::csv::{Cell, Csv};
use crate::draw::geometry::Frame;
use crate::draw::palette::Role;
use crate::draw::ticks::{extent, padded};
use crate::draw::{Canvas, Drawn, Key, Panel, Pen, Scale};
use crate::error::RenderError;
use crate::format::{finite, percent};

const HEIGHT: f64 = 460.0;

/// Draws the larger family; `None` where none has two effects.
pub(super) fn draw(findings: &Findings) -> Result<Option<Sketch>, RenderError> {
    let largest = findings
        .families
        .iter()
        .max_by_key(|family| family.members.len());
    let Some(family) = largest else {
        return Ok(None);
    };
    let mut members: Vec<(&Member, f64)> = family
        .members
        .iter()
        .filter_map(|member| Some((member, finite(member.effect)?)))
        .collect();
    members.sort_by(|a, b| a.1.total_cmp(&b.1));
    if members.len() < 2 {
        return Ok(None);
    }
    let bounds = members.iter().filter_map(|(member, _)| member.interval);
    let values = bounds.chain(family.shift_band.iter().copied());
    let all = values.flat_map(|(low, high)| [Some(100.0 * low), Some(100.0 * high)]);
    let Some(range) = extent(all) else {
        return Ok(None);
    };
    let range = padded(range, 0.05);
    let panel = Panel {
        frame: Frame {
            left: 66.0,
            top: 128.0,
            width: 1112.0,
            height: 266.0,
        },
        x: (0.0, members.len() as f64),
        y: Scale::Linear(range.0.min(0.0), range.1.max(0.0)),
    };
    let mut canvas = Canvas::new("curve", HEIGHT)?;
    canvas.legend(
        84.0,
        &[
            ("95 % of shifted signals, by rank", Key::Pale(Role::Muted)),
            ("interval above zero", Key::Line(Role::Positive)),
            ("below", Key::Line(Role::Negative)),
            ("holds zero", Key::Line(Role::Muted)),
        ],
    )?;
    panel.y_axis(
        &mut canvas,
        &panel.y.ticks(6),
        "Effect of one standard deviation, %",
    )?;
    band(&mut canvas, &panel, &family.shift_band)?;
    panel.level(&mut canvas, 0.0, Pen::new(Role::Axis, 1.2))?;
    for (rank, (member, effect)) in members.iter().enumerate() {
        mark(&mut canvas, &panel, rank, (member, *effect))?;
    }
    Sketch::new(
        "curve",
        canvas,
        words(family, &members),
        csv(family, &members),
    )
    .map(Some)
}

fn band(canvas: &mut Canvas, panel: &Panel, band: &[(f64, f64)]) -> Drawn {
    let edge = |of: fn(&(f64, f64)) -> f64| {
        let at = move |(rank, bounds): (usize, &(f64, f64))| {
            (
                panel.column(rank as f64 + 0.5),
                panel.row(100.0 * of(bounds)),
            )
        };
        band.iter().enumerate().map(at).collect::<Vec<_>>()
    };
    let (low, high) = (edge(|bounds| bounds.0), edge(|bounds| bounds.1));
    let outline: Vec<(f64, f64)> = low.into_iter().chain(high.into_iter().rev()).collect();
    if outline.len() < 4 {
        return Ok(());
    }
    canvas.polygon(&outline, Role::Muted, 0.22)
}

fn mark(
    canvas: &mut Canvas,
    panel: &Panel,
    rank: usize,
    (member, effect): (&Member, f64),
) -> Drawn {
    let x = panel.column(rank as f64 + 0.5);
    let role = match member.interval {
        Some((low, _)) if 0.0 < low => Role::Positive,
        Some((_, high)) if high < 0.0 => Role::Negative,
        _ => Role::Muted,
    };
    if let Some((low, high)) = member.interval {
        let ends = [(x, panel.row(100.0 * low)), (x, panel.row(100.0 * high))];
        canvas.line(&ends, Pen::new(role, 1.4))?;
    }
    canvas.dot((x, panel.row(100.0 * effect)), 3.0, role)
}

fn words(family: &Family, members: &[(&Member, f64)]) -> Words {
    let outside = members
        .iter()
        .zip(&family.shift_band)
        .filter(|((_, effect), (low, high))| effect < low || high < effect)
        .count();
    let title = format!(
        "{outside} of {} effects lie outside what shifted signals give at their rank",
        members.len()
    );
    let sign = finite(family.same_sign).map_or_else(String::new, |share| {
        format!(" · {} have one sign", percent(share, 0))
    });
    Words {
        alt: format!(
            "{title}. One mark a hypothesis, ascending by effect, with its interval; the table \
             of the {} family holds the numbers.",
            family.name
        ),
        subtitle: format!(
            "the {} family on {} common rows{sign} · beyond every control",
            family.name, family.common_rows
        ),
        note: "All signals shifted in time together keep their persistence and lose their meaning: the band is where effects of each rank then lie."
            .to_owned(),
        title,
    }
}

fn csv(family: &Family, members: &[(&Member, f64)]) -> String {
    let mut csv = Csv::new(&[
        "rank",
        "id",
        "effect",
        "low",
        "high",
        "band_low",
        "band_high",
        "p",
    ]);
    for (rank, (member, effect)) in members.iter().enumerate() {
        let band = family.shift_band.get(rank);
        csv.row(&[
            Cell::Count(rank + 1),
            Cell::Text(&member.id),
            Cell::Number(Some(*effect)),
            Cell::Number(member.interval.map(|bounds| bounds.0)),
            Cell::Number(member.interval.map(|bounds| bounds.1)),
            Cell::Number(band.map(|bounds| bounds.0)),
            Cell::Number(band.map(|bounds| bounds.1)),
            Cell::Number(member.p),
        ]);
    }
    csv.finish()
}
