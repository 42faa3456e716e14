//! The first primary's headline without each year, with other estimators, in other forms.

use gex_analysis::findings::HypothesisFinding;

use super::interval_rows::{IntervalRow, draw as draw_rows, is_estimated};
use super::{Sketch, Words};
use crate::csv::{Cell, Csv};
use crate::error::RenderError;
use crate::format::p_value;
use crate::readable;

/// Draws the figure; `None` where nothing was varied.
pub(super) fn draw(found: &HypothesisFinding) -> Result<Option<Sketch>, RenderError> {
    let (Some(scrutiny), Some(headline)) = (&found.scrutiny, found.ladder.last()) else {
        return Ok(None);
    };
    let mut rows = vec![IntervalRow {
        label: "as it stands".to_owned(),
        estimate: &headline.level,
        remark: String::new(),
        heading: None,
    }];
    let mut group = "";
    for variant in scrutiny
        .variants
        .iter()
        .filter(|v| is_estimated(&v.estimate))
    {
        let p = variant.estimate.p_values.first().and_then(|p| p.value);
        rows.push(IntervalRow {
            label: variant.name.clone(),
            estimate: &variant.estimate,
            remark: p.map_or_else(String::new, |p| format!("p {}", p_value(p))),
            heading: (group != variant.group).then(|| variant.group.replace('-', " ")),
        });
        group = &variant.group;
    }
    if rows.len() < 2 {
        return Ok(None);
    }
    let canvas = draw_rows("stability", &rows, "p, EWC")?;
    let turned = rows.iter().skip(1).filter(|row| {
        let own = headline.level.value.unwrap_or_default();
        row.estimate.value.is_some_and(|value| value * own < 0.0)
    });
    let title = match turned.count() {
        0 => "No variant turns the sign of the headline".to_owned(),
        1 => "One variant turns the sign of the headline".to_owned(),
        more => format!("{more} variants turn the sign of the headline"),
    };
    let words = Words {
        alt: format!("{title}. The table of variants holds the same numbers."),
        subtitle: format!("{}: the headline with one thing changed", readable::name(found)),
        note: "A result that rests on one year, one estimator or a hundredth of the rows is one episode.".to_owned(),
        title,
    };
    Sketch::new("stability", canvas, words, csv(found)).map(Some)
}

fn csv(found: &HypothesisFinding) -> String {
    let mut csv = Csv::new(&["group", "name", "unit", "value", "low", "high", "n", "p"]);
    for variant in found
        .scrutiny
        .iter()
        .flat_map(|scrutiny| &scrutiny.variants)
    {
        let estimate = &variant.estimate;
        csv.row(&[
            Cell::Text(&variant.group),
            Cell::Text(&variant.name),
            Cell::Text(&estimate.unit),
            Cell::Number(estimate.value),
            Cell::Number(estimate.interval.map(|bounds| bounds.0)),
            Cell::Number(estimate.interval.map(|bounds| bounds.1)),
            Cell::Count(estimate.n),
            Cell::Number(estimate.p_values.first().and_then(|p| p.value)),
        ]);
    }
    csv.finish()
}
