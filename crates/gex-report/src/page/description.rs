//! The whole sample described: tables that warn beside every number that they are no test.

use gex_analysis::findings::{Association, Description, DescriptiveRegression, GroupRow, Grouping};
use serde::Serialize;

use super::table::{Cell, Table};
use crate::draw::ticks::extent;
use crate::format::{UNDEFINED, count, decimals_for, finite, interval, number};
use crate::input::ExposureUnit;
use crate::unit::ShownUnit;

/// The description as the template writes it.
#[derive(Debug, Serialize)]
pub(super) struct DescriptionView<'a> {
    title: &'a str,
    note: &'a str,
    definitions: &'a [String],
    tables: Vec<Table>,
    regression: Option<String>,
}

/// Lays out a description.
pub(super) fn view(description: &Description) -> DescriptionView<'_> {
    let groupings = description.groupings.iter();
    DescriptionView {
        title: &description.title,
        note: &description.note,
        definitions: &description.definitions,
        tables: groupings
            .map(|grouping| table(grouping, &description.note))
            .chain(description.association.as_ref().map(association))
            .collect(),
        regression: description.regression.as_ref().map(regression),
    }
}

fn association(found: &Association) -> Table {
    let mut table = Table::new(
        &format!("{}. Descriptive, not a test.", found.text),
        &[
            "part of the sample",
            "#n",
            "#correlation",
            "#with implied vol held",
        ],
    );
    table.rows = found
        .rows
        .iter()
        .map(|row| {
            vec![
                Cell::text(&row.name),
                Cell::count(row.n),
                Cell::number(Some(row.spearman), 3, "not computed"),
                Cell::number(
                    row.given_implied,
                    3,
                    "no implied volatility, or nothing left of it",
                ),
            ]
        })
        .collect();
    let band = |bounds: (f64, f64)| interval(bounds, 3);
    if let Some(bounds) = found.block_interval {
        table.notes.push(format!(
            "All sessions, 95 % by the stationary bootstrap: {}.",
            band(bounds)
        ));
    }
    table.notes.push(format!(
        "Shifted in time the signal gives {} in 95 % of shifts; as if rows were independent {}, \
         which is too narrow.",
        band(found.shift_band),
        band(found.independent_band)
    ));
    table
}

fn table(grouping: &Grouping, note: &str) -> Table {
    let signals = || grouping.rows.iter().map(|row| row.mean_signal);
    let largest = extent(signals()).map_or(0.0, |(low, high)| low.abs().max(high.abs()));
    let signal = ShownUnit::new(&ExposureUnit::AsGiven("#mean signal".to_owned()), largest);
    let mut table = Table::new(
        &format!("By {}. {note}", grouping.name),
        &[
            "group",
            "#n",
            &signal.words,
            "#sd, %",
            "#mean |return|, %",
            "#excess kurtosis",
            "#beyond 2 %, %",
            "#5-session vol, %",
            "#20-session vol, %",
            "#implied vol, %",
            "#mean return, bp",
        ],
    );
    let rows = grouping.rows.iter();
    table.rows = rows.map(|group| row(group, &signal)).collect();
    table
}

fn row(row: &GroupRow, signal: &ShownUnit) -> Vec<Cell> {
    const WHY: &str = "too few rows or no data";
    let short = |value| Cell::number(value, 2, WHY);
    vec![
        Cell::text(&row.label).class("strong"),
        Cell::count(row.n),
        short(signal.scale(row.mean_signal)),
        short(row.sd_percent),
        short(row.mean_absolute_percent),
        short(row.excess_kurtosis),
        Cell::number(row.beyond_two_percent, 1, WHY),
        Cell::number(row.volatility_5_percent, 1, WHY),
        Cell::number(row.volatility_20_percent, 1, WHY),
        Cell::number(row.implied_volatility_percent, 1, WHY),
        Cell::number(row.mean_return_bp, 1, WHY),
    ]
}

fn regression(found: &DescriptiveRegression) -> String {
    let show = |value: f64, decimals| {
        finite(Some(value)).map_or_else(|| UNDEFINED.to_owned(), |value| number(value, decimals))
    };
    format!(
        "{}: coefficient {} (t {}), R² {} without the signal and {} with it, n = {}; {}.",
        found.text,
        show(found.coefficient, decimals_for(found.coefficient.abs())),
        show(found.t_statistic, 2),
        show(found.r2_without, 4),
        show(found.r2_with, 4),
        count(found.n),
        found.method
    )
}
