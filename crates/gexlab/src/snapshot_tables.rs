//! Tables with rows for every snapshot, written on request.

use std::collections::BTreeMap;

use gex_analysis::grid::{Grid, Step};
use gex_analysis::scalping::scalp;
use gex_analysis::signal::average_daily_volume;
use gex_compute::book::Move;
use gex_compute::flip_band::flip_bands;
use gex_compute::hedge_flow::{HedgeFlow, break_even_move, of_snapshot};
use gex_compute::market::Instant;
use gex_compute::market::snapshot::{ChainSnapshot, SnapshotHead};
use gex_compute::monitors::surface;
use gex_compute::points::{SnapshotFigure, snapshot_figure};
use gex_compute::positioning::Positioning;
use gex_compute::priced::{PricedChain, PricedExpiry};
use gex_compute::sensitivity::sensitivity;
use gex_compute::series::{GexPoint, Measure};
use gex_compute::strikes::strike_cumulation_zeros;
use gex_ingest::table::Table;

use crate::inputs::StudyData;
use crate::output_kind::OutputKind;
use crate::snapshot_rows::{Cell, Row, table};
use crate::study_plan::Plan;

/// The moves of spot, as shares, for which hedge flows are computed; none among them, since time
/// that passes alone is a flow too (charm).
const MOVES: [f64; 11] = [
    -0.05, -0.03, -0.02, -0.01, -0.005, 0.0, 0.005, 0.01, 0.02, 0.03, 0.05,
];
/// Calendar days that pass in a move.
const DAYS: [f64; 2] = [0.0, 1.0];
/// Volatility points, as decimals, by which a move of volatility alone is.
const VOL_MOVES: [f64; 2] = [-0.01, 0.01];
/// Tenors of the surface, in calendar days.
const TENORS: [f64; 6] = [7.0, 30.0, 60.0, 90.0, 180.0, 365.0];

/// The rows gathered so far, by table.
#[derive(Debug, Clone, Default)]
pub struct SnapshotTables {
    rows: BTreeMap<OutputKind, Vec<Row>>,
}

/// One snapshot with what was computed of it.
struct Seen<'a> {
    plan: &'a Plan,
    chain: &'a ChainSnapshot,
    points: &'a [GexPoint],
    /// The models of the points, one each.
    models: Vec<Positioning>,
    end: Instant,
}

impl SnapshotTables {
    /// Adds what the plan asks for of one snapshot, whose points are `points`.
    pub fn add(&mut self, plan: &Plan, chain: &ChainSnapshot, points: &[GexPoint], end: Instant) {
        if plan.outputs.is_empty() {
            return;
        }
        let seen = Seen {
            plan,
            chain,
            points,
            models: models(plan, points),
            end,
        };
        for kind in &plan.outputs {
            self.rows.entry(*kind).or_default().extend(seen.rows(*kind));
        }
    }

    /// Adds the rows of later snapshots.
    pub fn absorb(&mut self, later: Self) {
        for (kind, rows) in later.rows {
            self.rows.entry(kind).or_default().extend(rows);
        }
    }

    /// One table as far as chains alone say it: without volumes, and without what came after.
    pub fn one(&self, kind: OutputKind) -> Table {
        let rows = self.rows.get(&kind).map_or(&[][..], Vec::as_slice);
        table(rows, kind.layout(), kind.signed())
    }

    /// The tables that were asked for, by the name of their files, with what only prices and volumes of
    /// the underlying can say.
    pub fn tables(
        &self,
        plan: &Plan,
        points: &[GexPoint],
        data: &StudyData,
    ) -> Vec<(String, Table)> {
        let none = Vec::new();
        let of = |kind: OutputKind| {
            let gathered = self.rows.get(&kind).unwrap_or(&none);
            let rows = match kind {
                OutputKind::HedgeFlow => over_volume(gathered, data),
                OutputKind::GammaScalping => scalping(points, data),
                _ => return (kind.file(), table(gathered, kind.layout(), kind.signed())),
            };
            (kind.file(), table(&rows, kind.layout(), kind.signed()))
        };
        plan.outputs.iter().copied().map(of).collect()
    }
}

impl Seen<'_> {
    fn rows(&self, kind: OutputKind) -> Vec<Row> {
        match kind {
            OutputKind::Profile => self.of_figures(|figure| {
                let nets = figure.net.iter().zip(&figure.gross);
                let levels = figure.levels.iter().zip(nets);
                levels
                    .map(|(level, (net, gross))| vec![*level, *net, *gross])
                    .collect()
            }),
            OutputKind::Strikes => self.of_figures(|figure| {
                let mut sum = 0.0;
                let lines = figure.strikes.iter().map(|line| {
                    sum += line.net;
                    vec![line.strike, line.call, line.put, line.net, sum]
                });
                lines.collect()
            }),
            OutputKind::Crossings => self.crossings(),
            OutputKind::HedgeFlow => self.flows(),
            OutputKind::FlipBand => self.bands(),
            OutputKind::Sensitivity => self.sensitivities(),
            OutputKind::Surface => self.surface(),
            OutputKind::Forwards => self.forwards(),
            // Needs what came after: see `SnapshotTables::tables`.
            OutputKind::GammaScalping => Vec::new(),
        }
    }

    fn head(&self) -> &SnapshotHead {
        self.chain.head()
    }

    fn figure(&self, model: Positioning) -> SnapshotFigure {
        let Self { plan, chain, .. } = self;
        snapshot_figure(chain, &plan.pricing, (model, plan.flip), self.end)
    }

    fn of_figures(&self, lines: impl Fn(&SnapshotFigure) -> Vec<Vec<f64>>) -> Vec<Row> {
        let of_model = |model: &Positioning| {
            let name = model.name();
            let row = |line: Vec<f64>| {
                let numbers: Vec<_> = line.into_iter().map(Some).collect();
                Row::signed(self.head(), &name, &numbers)
            };
            let lines = lines(&self.figure(*model));
            lines.into_iter().map(row).collect::<Vec<_>>()
        };
        self.models.iter().flat_map(of_model).collect()
    }

    /// Of the repriced book, and of the running sum over strikes under its own name; one row without a
    /// level where there is no crossing.
    fn crossings(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for model in &self.models {
            let figure = self.figure(*model);
            let mut row = |method: &str, status: Option<&str>, level, slope| {
                rows.push(Row {
                    head: self.head().clone(),
                    positioning: Some(model.name()),
                    cells: vec![
                        Cell::Text(Some(method.to_owned())),
                        Cell::Text(status.map(str::to_owned)),
                        Cell::Number(level),
                        Cell::Number(slope),
                    ],
                });
            };
            let (method, status) = (figure.flip.method.name(), figure.flip.status.word());
            if figure.flip.crossings.is_empty() {
                row(method, Some(status), None, None);
            }
            for crossing in &figure.flip.crossings {
                row(
                    method,
                    Some(status),
                    Some(crossing.level),
                    Some(crossing.slope),
                );
            }
            for strike in strike_cumulation_zeros(&figure.strikes) {
                row("strike-cumulation", None, Some(strike), None);
            }
        }
        rows
    }

    /// Of the gross book alone: the grid is every model of two shares at once.
    fn sensitivities(&self) -> Vec<Row> {
        let gross = Positioning::Gross.name();
        let mut rows = Vec::new();
        for point in { self.points.iter() }.filter(|point| point.positioning == gross) {
            let sides = [Measure::CallGex, Measure::PutGex].map(|side| point.measures.get(side));
            if let [Some(calls), Some(puts)] = sides {
                let band = sensitivity(calls, puts);
                let numbers = [band.least, band.median, band.most, band.share_positive];
                rows.push(Row::signed(self.head(), "fractions", &numbers.map(Some)));
            }
        }
        rows
    }

    fn bands(&self) -> Vec<Row> {
        let rule = (self.models.as_slice(), self.plan.flip);
        let bands = flip_bands(self.chain, &self.plan.pricing, rule, self.end);
        let bands = self.models.iter().zip(bands.into_iter().flatten());
        bands
            .map(|(model, band)| {
                let numbers = [band.at_bid, band.at_mid, band.at_ask];
                Row::signed(self.head(), &model.name(), &numbers)
            })
            .collect()
    }

    fn flows(&self) -> Vec<Row> {
        let moves = moves();
        let flows = of_snapshot(
            self.chain,
            &self.plan.pricing,
            &self.models,
            (self.end, &moves),
        );
        let mut rows = Vec::new();
        for (point, flows) in self.points.iter().zip(flows) {
            let gex = point.measures.get(Measure::NetGex);
            let theta = point.measures.get(Measure::NetTheta);
            let even = { gex.zip(theta) }.and_then(|(gex, theta)| break_even_move(gex, theta, 1.0));
            rows.extend({ moves.iter().zip(flows) }.map(|(step, flow)| {
                let numbers = flow_numbers(step, &flow, even);
                Row::signed(self.head(), &point.positioning, &numbers)
            }));
        }
        rows
    }

    fn surface(&self) -> Vec<Row> {
        let priced = PricedChain::new(self.chain, &self.plan.pricing);
        let tenors = surface(&priced, &TENORS).into_iter();
        let row = |tenor: gex_compute::monitors::TenorVols| {
            self.unsigned({
                [
                    Some(tenor.days),
                    tenor.put_10d,
                    tenor.put_25d,
                    tenor.atm,
                    tenor.call_25d,
                    tenor.call_10d,
                    tenor.vol_index,
                ]
                .map(Cell::Number)
                .to_vec()
            })
        };
        tenors.map(row).collect()
    }

    fn forwards(&self) -> Vec<Row> {
        let priced = PricedChain::new(self.chain, &self.plan.pricing);
        let expiries = priced.expiries().iter();
        expiries
            .map(|expiry| self.unsigned(forward_cells(expiry)))
            .collect()
    }

    fn unsigned(&self, cells: Vec<Cell>) -> Row {
        Row {
            head: self.head().clone(),
            positioning: None,
            cells,
        }
    }
}

fn forward_cells(expiry: &PricedExpiry) -> Vec<Cell> {
    let days = expiry.tau_years * gex_compute::market::calendar::DAYS_PER_YEAR;
    let (known, failure) = match &expiry.forward {
        Ok(forward) => (Some(forward), forward.fell_back.as_ref()),
        Err(failure) => (None, Some(failure)),
    };
    vec![
        Cell::Instant(Some(expiry.rows.expiry)),
        Cell::Number(Some(days)),
        Cell::Number(known.map(|forward| forward.forward)),
        Cell::Number(known.map(|forward| forward.discount)),
        Cell::Text(known.map(|forward| forward.source.word().to_owned())),
        Cell::Number(known.and_then(|forward| forward.residual_iqr)),
        Cell::Text(failure.map(ToString::to_string)),
    ]
}

/// Moves of spot at once and over a day, and of volatility alone.
fn moves() -> Vec<Move> {
    let of_spot = DAYS.into_iter().flat_map(|days| {
        MOVES.map(|spot| Move {
            spot,
            days,
            vol: 0.0,
        })
    });
    let of_vol = VOL_MOVES.map(|vol| Move {
        spot: 0.0,
        days: 0.0,
        vol,
    });
    of_spot.chain(of_vol).collect()
}

fn flow_numbers(step: &Move, flow: &HedgeFlow, even: Option<f64>) -> Vec<Option<f64>> {
    let moved = [step.spot, step.days, step.vol];
    let flows = [
        flow.total,
        flow.gamma,
        flow.vanna,
        flow.charm,
        flow.residual,
    ];
    let numbers = moved.into_iter().chain(flows).map(Some);
    numbers.chain([even]).collect()
}

/// Where the flow stands in a row of hedge flows.
const FLOW: usize = 3;

/// Puts the flow over average daily volume behind each row, null where no volume is known.
fn over_volume(rows: &[Row], data: &StudyData) -> Vec<Row> {
    let adv = data.controls.iter().find(|series| series.name == "adv");
    let with_ratio = |row: &Row| {
        let session = data.calendar.session_on(row.head.session);
        let volume = { adv.zip(session) }.and_then(|(s, day)| average_daily_volume(s, day.open));
        let ratio = match (row.cells.get(FLOW), volume) {
            (Some(Cell::Number(Some(flow))), Some(volume)) if 0.0 < volume => Some(flow / volume),
            _ => None,
        };
        let mut row = row.clone();
        row.cells.push(Cell::Number(ratio));
        row
    };
    rows.iter().map(with_ratio).collect()
}

fn scalping(points: &[GexPoint], data: &StudyData) -> Vec<Row> {
    let year = data.calendar.periods_per_year();
    let Ok(grid) = Grid::new(&data.sessions, &data.bars.bars, Step::Session, year) else {
        return Vec::new();
    };
    let row = |point: &GexPoint| {
        let scalp = scalp(point, &grid)?.ok()?;
        let numbers = [
            Some(scalp.days),
            scalp.break_even,
            Some(scalp.realized),
            Some(scalp.from_gamma),
            Some(scalp.from_time),
            Some(scalp.total()),
        ];
        let (from, to) = scalp.window;
        let window = [from, to].map(|at| Cell::Instant(Some(at)));
        Some(Row {
            head: SnapshotHead {
                underlying: point.underlying.clone(),
                ts: point.ts,
                known_at: point.known_at,
                session: point.session,
                spot: point.spot,
                currency: point.currency,
            },
            positioning: Some(point.positioning.clone()),
            cells: { window.into_iter() }
                .chain(numbers.map(Cell::Number))
                .collect(),
        })
    };
    points.iter().filter_map(row).collect()
}

/// The models of a snapshot's points.
fn models(plan: &Plan, points: &[GexPoint]) -> Vec<Positioning> {
    let of_name = |name: &str| plan.model(name);
    let names = points.iter().map(|point| point.positioning.as_str());
    names.filter_map(of_name).collect()
}
