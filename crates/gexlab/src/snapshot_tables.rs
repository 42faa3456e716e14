//! Tables with rows for every snapshot, written on request: the profile over spot, gamma by strike, and
//! what dealers must trade in a move.

use gex_compute::book::Move;
use gex_compute::flip_band::flip_bands;
use gex_compute::hedge_flow::{HedgeFlow, break_even_move, of_snapshot};
use gex_compute::market::Instant;
use gex_compute::market::snapshot::{ChainSnapshot, NumberColumn, SnapshotHead};
use gex_compute::points::snapshot_figure;
use gex_compute::positioning::{Positioning, sensitivity};
use gex_compute::series::{GexPoint, Measure};
use gex_ingest::table::{Column, Table};

use crate::study_plan::Plan;

/// A table that a study may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutputKind {
    /// `profile.parquet`: net and gross gamma over hypothetical spots.
    Profile,
    /// `strikes.parquet`: gamma by strike.
    Strikes,
    /// `hedge_flow.parquet`: what dealers must trade in each of a set of moves.
    HedgeFlow,
    /// `flip_band.parquet`: the flip at the volatilities of the bid and of the offer.
    FlipBand,
    /// `sensitivity.parquet`: net gamma over a grid of shares that dealers may hold of each side.
    Sensitivity,
}

impl OutputKind {
    /// Every table.
    pub const ALL: [Self; 5] = [
        Self::Profile,
        Self::Strikes,
        Self::HedgeFlow,
        Self::FlipBand,
        Self::Sensitivity,
    ];

    /// The name in a study file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Strikes => "strikes",
            Self::HedgeFlow => "hedge-flow",
            Self::FlipBand => "flip-band",
            Self::Sensitivity => "sensitivity",
        }
    }

    /// The columns of a snapshot that the table needs beside those of the series.
    pub fn columns(self) -> &'static [NumberColumn] {
        match self {
            Self::FlipBand => &[NumberColumn::BidIv, NumberColumn::AskIv],
            Self::Profile | Self::Strikes | Self::HedgeFlow | Self::Sensitivity => &[],
        }
    }
}

/// The moves of spot, as shares, for which hedge flows are computed.
const MOVES: [f64; 10] = [
    -0.05, -0.03, -0.02, -0.01, -0.005, 0.005, 0.01, 0.02, 0.03, 0.05,
];
/// Calendar days that pass in a move.
const DAYS: [f64; 2] = [0.0, 1.0];

/// One row of any of the tables: which snapshot, which model, and its numbers in the table's order.
#[derive(Debug, Clone)]
struct Row {
    head: SnapshotHead,
    positioning: String,
    numbers: Vec<Option<f64>>,
}

/// The rows gathered so far, by table.
#[derive(Debug, Clone, Default)]
pub struct SnapshotTables {
    profile: Vec<Row>,
    strikes: Vec<Row>,
    hedge_flow: Vec<Row>,
    flip_band: Vec<Row>,
    sensitivity: Vec<Row>,
}

impl SnapshotTables {
    /// Adds what the plan asks for of one snapshot, whose points are `points`.
    pub fn add(&mut self, plan: &Plan, chain: &ChainSnapshot, points: &[GexPoint], end: Instant) {
        let wanted = |kind| plan.outputs.contains(&kind);
        let figures = wanted(OutputKind::Profile) || wanted(OutputKind::Strikes);
        for model in models(points).into_iter().filter(|_| figures) {
            let figure = snapshot_figure(chain, &plan.pricing, (model, plan.flip), end);
            let row = |numbers| Row {
                head: chain.head().clone(),
                positioning: model.name(),
                numbers,
            };
            if wanted(OutputKind::Profile) {
                let nets = figure.net.iter().zip(&figure.gross);
                let levels = figure.levels.iter().zip(nets);
                let rows = levels
                    .map(|(level, (net, gross))| row(vec![Some(*level), Some(*net), Some(*gross)]));
                self.profile.extend(rows);
            }
            if wanted(OutputKind::Strikes) {
                let rows = figure.strikes.iter().map(|line| {
                    let gammas = [line.strike, line.call, line.put, line.net];
                    row(gammas.map(Some).to_vec())
                });
                self.strikes.extend(rows);
            }
        }
        if wanted(OutputKind::HedgeFlow) {
            self.add_flows(plan, chain, points, end);
        }
        if wanted(OutputKind::FlipBand) {
            self.add_bands(plan, chain, points, end);
        }
        if wanted(OutputKind::Sensitivity) {
            self.add_sensitivity(chain, points);
        }
    }

    /// Of the gross book alone: the grid is every model of two shares at once.
    fn add_sensitivity(&mut self, chain: &ChainSnapshot, points: &[GexPoint]) {
        let gross = Positioning::Gross.name();
        for point in points.iter().filter(|point| point.positioning == gross) {
            let sides = [Measure::CallGex, Measure::PutGex].map(|side| point.measures.get(side));
            let [Some(calls), Some(puts)] = sides else {
                continue;
            };
            let band = sensitivity(calls, puts);
            self.sensitivity.push(Row {
                head: chain.head().clone(),
                positioning: "fractions".to_owned(),
                numbers: vec![
                    Some(band.least),
                    Some(band.median),
                    Some(band.most),
                    Some(band.share_positive),
                ],
            });
        }
    }

    fn add_bands(&mut self, plan: &Plan, chain: &ChainSnapshot, points: &[GexPoint], end: Instant) {
        let models = models(points);
        let bands = flip_bands(chain, &plan.pricing, (&models, plan.flip), end);
        for (point, band) in points.iter().zip(bands.into_iter().flatten()) {
            self.flip_band.push(Row {
                head: chain.head().clone(),
                positioning: point.positioning.clone(),
                numbers: vec![band.at_bid, band.at_mid, band.at_ask],
            });
        }
    }

    fn add_flows(&mut self, plan: &Plan, chain: &ChainSnapshot, points: &[GexPoint], end: Instant) {
        let moves: Vec<Move> = DAYS
            .into_iter()
            .flat_map(|days| {
                MOVES.map(|spot| Move {
                    spot,
                    days,
                    vol: 0.0,
                })
            })
            .collect();
        let models = models(points);
        let flows = of_snapshot(chain, &plan.pricing, &models, (end, &moves));
        for (point, flows) in points.iter().zip(flows) {
            let gex = point.measures.get(Measure::NetGex);
            let theta = point.measures.get(Measure::NetTheta);
            let even = gex
                .zip(theta)
                .and_then(|(gex, theta)| break_even_move(gex, theta, 1.0));
            for (step, flow) in moves.iter().zip(flows) {
                self.hedge_flow.push(Row {
                    head: chain.head().clone(),
                    positioning: point.positioning.clone(),
                    numbers: flow_numbers(step, &flow, even),
                });
            }
        }
    }

    /// Adds the rows of later snapshots.
    pub fn absorb(&mut self, later: Self) {
        self.profile.extend(later.profile);
        self.strikes.extend(later.strikes);
        self.hedge_flow.extend(later.hedge_flow);
        self.flip_band.extend(later.flip_band);
        self.sensitivity.extend(later.sensitivity);
    }

    /// The tables that were asked for, by the name of their files.
    pub fn tables(&self, plan: &Plan) -> Vec<(&'static str, Table)> {
        let table = |kind: &OutputKind| match kind {
            OutputKind::Profile => {
                let names = ["spot_level", "net_gex", "gross_gex"];
                ("profile.parquet", table(&self.profile, &names))
            }
            OutputKind::Strikes => {
                let names = ["strike", "call_gex", "put_gex", "net_gex"];
                ("strikes.parquet", table(&self.strikes, &names))
            }
            OutputKind::HedgeFlow => ("hedge_flow.parquet", table(&self.hedge_flow, &FLOW_NAMES)),
            OutputKind::FlipBand => {
                let names = ["flip_at_bid_iv", "flip", "flip_at_ask_iv"];
                ("flip_band.parquet", table(&self.flip_band, &names))
            }
            OutputKind::Sensitivity => {
                let names = ["net_least", "net_median", "net_most", "share_positive"];
                ("sensitivity.parquet", table(&self.sensitivity, &names))
            }
        };
        plan.outputs.iter().map(table).collect()
    }
}

/// Moves are shares of spot, calendar days and annual volatility; flows are currency of underlying,
/// bought above zero; the break-even move of a calendar day is a share of spot.
const FLOW_NAMES: [&str; 9] = [
    "spot_move",
    "days",
    "vol_move",
    "flow",
    "flow_gamma",
    "flow_vanna",
    "flow_charm",
    "flow_residual",
    "break_even_move_1d",
];

fn flow_numbers(step: &Move, flow: &HedgeFlow, even: Option<f64>) -> Vec<Option<f64>> {
    let parts = [
        flow.total,
        flow.gamma,
        flow.vanna,
        flow.charm,
        flow.residual,
    ];
    let defined = |value: f64| Some(value).filter(|value| value.is_finite());
    let mut numbers = vec![Some(step.spot), Some(step.days), Some(step.vol)];
    numbers.extend(parts.map(defined));
    numbers.push(even);
    numbers
}

/// The models of a snapshot's points: their names read back.
fn models(points: &[GexPoint]) -> Vec<Positioning> {
    let names = points.iter().map(|point| &point.positioning);
    names
        .filter_map(|name| Positioning::from_name(name).ok())
        .collect()
}

fn table(rows: &[Row], names: &[&str]) -> Table {
    let instants = |read: fn(&SnapshotHead) -> Instant| {
        let micros = rows
            .iter()
            .map(|row| Some(read(&row.head).timestamp_micros()));
        Column::Instant(micros.collect())
    };
    let texts =
        |read: fn(&Row) -> String| Column::Text(rows.iter().map(|row| Some(read(row))).collect());
    let sessions = rows.iter().map(|row| Some(row.head.session)).collect();
    let spots = rows.iter().map(|row| Some(row.head.spot.get())).collect();
    let mut whole = Table::new()
        .with("ts", instants(|head| head.ts))
        .with("known_at", instants(|head| head.known_at))
        .with("session", Column::Date(sessions))
        .with("underlying", texts(|row| row.head.underlying.clone()))
        .with("positioning", texts(|row| row.positioning.clone()))
        .with("currency", texts(|row| row.head.currency.to_string()))
        .with("spot", Column::F64(spots));
    for (k, name) in names.iter().enumerate() {
        let numbers = rows.iter().map(|row| row.numbers.get(k).copied().flatten());
        whole = whole.with(name, Column::F64(numbers.collect()));
    }
    whole
}
