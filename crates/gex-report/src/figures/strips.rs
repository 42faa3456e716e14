//! The stacked panels of the series: which there are, how high, over what range.

use crate::draw::geometry::Frame;
use crate::draw::ticks::{extent, padded};
use crate::draw::{Panel, Scale};
use crate::format::finite;
use crate::input::{ExposureUnit, SeriesFigure, SeriesRow};
use crate::unit::ShownUnit;

/// Picks a column of the series.
pub(super) type Pick = fn(&SeriesRow) -> Option<f64>;

/// How a column is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Spot and flip, as lines.
    Price,
    /// Net exposure, as an area on both sides of zero.
    Net,
    /// Gross exposure, as a line from zero.
    Gross,
    /// Realized volatility, as a line from zero.
    Volatility,
}

/// One panel and what is drawn in it.
pub(super) struct Strip {
    /// What it shows.
    pub(super) kind: Kind,
    /// Where, and over what range.
    pub(super) panel: Panel,
    /// Title of its vertical axis, with the unit.
    pub(super) title: String,
    /// About how many ticks it has.
    pub(super) wanted_ticks: u32,
}

/// Whether a column has any finite value.
pub(super) fn has(figure: &SeriesFigure, pick: Pick) -> bool {
    figure.rows.iter().any(|row| finite(pick(row)).is_some())
}

/// Stacks the panels that have data, sharing the height by weight.
pub(super) fn strips(figure: &SeriesFigure, unit: &ShownUnit) -> Vec<Strip> {
    const TOP: f64 = 116.0;
    const BOTTOM: f64 = 660.0;
    const GAP: f64 = 32.0;
    let wanted = [
        (Kind::Price, 4.0, 5, has(figure, |row| row.spot)),
        (Kind::Net, 2.4, 5, has(figure, |row| row.net_gex)),
        (Kind::Gross, 1.3, 3, has(figure, |row| row.gross_gex)),
        (
            Kind::Volatility,
            1.5,
            3,
            has(figure, |row| row.realized_vol),
        ),
    ];
    let shown = wanted.iter().filter(|entry| entry.3);
    let (weights, shown_count) = shown.clone().fold((0.0, 0.0), |(sum, number), entry| {
        (sum + entry.1, number + 1.0)
    });
    let room = BOTTOM - TOP - GAP * (shown_count - 1.0);
    let mut top = TOP;
    shown
        .map(|&(kind, weight, wanted_ticks, _)| {
            let height = room * weight / weights;
            let frame = Frame {
                left: 66.0,
                top,
                width: 1112.0,
                height,
            };
            top += height + GAP;
            Strip {
                kind,
                panel: Panel {
                    frame,
                    x: (0.0, (figure.rows.len().max(2) - 1) as f64),
                    y: vertical(figure, kind, unit),
                },
                title: title(figure, kind, unit),
                wanted_ticks,
            }
        })
        .collect()
}

/// A column by row number, gaps where it is not finite.
pub(super) fn values(
    figure: &SeriesFigure,
    pick: Pick,
) -> impl Iterator<Item = (f64, Option<f64>)> {
    let rows = figure.rows.iter().enumerate();
    rows.map(move |(index, row)| (index as f64, finite(pick(row))))
}

fn vertical(figure: &SeriesFigure, kind: Kind, unit: &ShownUnit) -> Scale {
    let range = |pick: Pick| extent(figure.rows.iter().map(pick)).unwrap_or((0.0, 1.0));
    match kind {
        Kind::Price => {
            let (low, high) = range(|row| row.spot);
            if low > 0.0 {
                let (low, high) = padded((low.ln(), high.ln()), 0.04);
                Scale::Log(low.exp(), high.exp())
            } else {
                let (low, high) = padded((low, high), 0.04);
                Scale::Linear(low, high)
            }
        }
        Kind::Net => {
            let (low, high) = range(|row| row.net_gex);
            let (low, high) = (low.min(0.0) / unit.divisor, high.max(0.0) / unit.divisor);
            let (low, high) = padded((low, high), 0.04);
            Scale::Linear(low, high)
        }
        Kind::Gross => from_zero(range(|row| row.gross_gex).1 / unit.divisor),
        Kind::Volatility => from_zero(range(|row| row.realized_vol).1),
    }
}

fn from_zero(high: f64) -> Scale {
    Scale::Linear(0.0, if high > 0.0 { high * 1.06 } else { 1.0 })
}

fn title(figure: &SeriesFigure, kind: Kind, unit: &ShownUnit) -> String {
    match kind {
        Kind::Price => format!("{}, log scale", figure.underlying),
        Kind::Net => match figure.unit {
            ExposureUnit::CurrencyPerPct(_) => {
                format!("Net GEX ({}), {}", figure.positioning, unit.words)
            }
            ExposureUnit::AsGiven(_) => format!("GEX {}", unit.words),
        },
        Kind::Gross => format!("Gross GEX (unsigned), {}", unit.words),
        Kind::Volatility => {
            format!(
                "Realized volatility, % a year: {}",
                figure.realized_vol_name
            )
        }
    }
}
