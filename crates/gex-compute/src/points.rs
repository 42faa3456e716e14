//! From a snapshot to the rows of `series.parquet`, and to what a page about it draws.

use crate::book::{Book, BookCounts};
use crate::buckets::{Bucket, BucketEdges};
use crate::concentration::{herfindahl, top_share};
use crate::exposure::{RowExposures, balance, vendor_gamma_ratio};
use crate::flip::{Flip, FlipRule};
use crate::market::Instant;
use crate::market::contract::Right;
use crate::market::snapshot::{ChainSnapshot, ColumnSet};
use crate::monitors::{Monitors, monitors};
use crate::positioning::Positioning;
use crate::priced::{Life, PricedChain, PricedMemory};
use crate::pricing::{ForwardSource, PricingConfig};
use crate::profile::{GammaCurve, LogGrid};
use crate::series::{GexPoint, Measure, Measures};
use crate::strikes::{GammaColumns, StrikeGamma, StrikeTable, by_strike};
use crate::walls::{OpenContract, max_pain, walls};
use crate::wanted::Wanted;
use crate::wide::{self, Kernel, LANES, WeightedSum, load, total};

/// What one snapshot gave.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotResult {
    /// One point a positioning model, in the order asked for; gross last where it was not asked for.
    pub points: Vec<GexPoint>,
    /// The expiries with time left by the source of their forward.
    pub forwards: ForwardCounts,
    /// What became of every row.
    pub counts: BookCounts,
    /// Contracts with time left and a volatility, whether or not any is open.
    pub priced: usize,
}

/// Expiries with time left by how their forward was had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ForwardCounts {
    /// From the vendor.
    pub vendor: usize,
    /// From put–call parity.
    pub parity: usize,
    /// From spot and carry, those that fell back to it included.
    pub carry: usize,
    /// Of `carry`, those whose own source failed.
    pub fell_back: usize,
    /// Without a forward, and so left out.
    pub left_out: usize,
    /// Of `parity`, those with American options, for which parity is biased.
    pub american_parity: usize,
}

/// What a series is computed from and which of its numbers are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesRequest {
    /// How contracts are priced.
    pub pricing: PricingConfig,
    /// The positioning models; gross is added where it is missing.
    pub models: Vec<Positioning>,
    /// How flips are found.
    pub flip: FlipRule,
    /// The measures to compute; others are left undefined.
    pub wanted: Wanted,
}

/// The path from snapshots to points: one function of a snapshot, in memory that it keeps.
///
/// ```
/// use gex_compute::flip::FlipRule;
/// use gex_compute::market::snapshot::NumberColumn;
/// use gex_compute::market::units::Rate;
/// use gex_compute::points::{SeriesEngine, SeriesRequest};
/// use gex_compute::positioning::Positioning;
/// use gex_compute::pricing::{DoubtfulVol, ExpiryScope, ForwardFallback, ForwardSource, PricingConfig, VolSource};
/// use gex_compute::series::Measure;
/// use gex_compute::wanted::Wanted;
///
/// let pricing = PricingConfig {
///     forward: ForwardSource::Carry,
///     fallback: ForwardFallback::Carry,
///     rate: Rate::ZERO,
///     dividend: Rate::ZERO,
///     iv: VolSource::Given,
///     doubtful: DoubtfulVol::LeaveOut,
///     expiries: ExpiryScope::All,
/// };
/// let engine = SeriesEngine::new(SeriesRequest {
///     pricing,
///     models: vec![Positioning::CallsLongPutsShort],
///     flip: FlipRule::DEFAULT,
///     wanted: Wanted::of(&[Measure::NetGex]),
/// });
/// // Net gamma from given volatilities needs no quotes: a reader may leave them out.
/// assert!(!engine.columns().has(NumberColumn::Bid));
/// ```
#[derive(Debug, Clone)]
pub struct SeriesEngine {
    request: SeriesRequest,
    memory: Memory,
}

impl SeriesEngine {
    /// An engine that answers one request.
    pub fn new(mut request: SeriesRequest) -> Self {
        if !request.models.contains(&Positioning::Gross) {
            request.models.push(Positioning::Gross);
        }
        Self {
            request,
            memory: Memory::default(),
        }
    }

    /// The columns of a snapshot that the request needs.
    pub fn columns(&self) -> ColumnSet {
        let columns = self.request.wanted.columns(&self.request.pricing);
        let models = self.request.models.iter();
        models.fold(columns, |columns, model| columns.and(model.columns()))
    }

    /// Turns one snapshot into one point a positioning model, every measure that is wanted filled
    /// where defined.
    ///
    /// `next_session_end` bounds the nearest bucket: the end of the first session that the signal
    /// can be traded in. Points of equal snapshots are equal to the bit.
    pub fn points(&mut self, chain: &ChainSnapshot, next_session_end: Instant) -> SnapshotResult {
        let memory = std::mem::take(&mut self.memory);
        let mut parts = Parts::new(chain, &self.request.pricing, next_session_end, memory);
        let result = parts.result(&self.request);
        self.memory = parts.into_memory();
        result
    }

    /// Gamma exposure by strike of the last snapshot, ascending, without net exposures and lines
    /// without gamma; empty where neither walls nor
    /// concentration are wanted.
    pub fn strikes(&self) -> &[StrikeGamma] {
        &self.memory.lines
    }
}

/// Turns one snapshot into one point a positioning model, every measure filled where defined and
/// flips found by [`FlipRule::DEFAULT`]: [`SeriesEngine::points`] for a single snapshot.
pub fn series_points(
    chain: &ChainSnapshot,
    config: &PricingConfig,
    models: &[Positioning],
    next_session_end: Instant,
) -> SnapshotResult {
    let request = SeriesRequest {
        pricing: *config,
        models: models.to_vec(),
        flip: FlipRule::DEFAULT,
        wanted: Wanted::ALL,
    };
    SeriesEngine::new(request).points(chain, next_session_end)
}

/// What a page about one snapshot draws.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotFigure {
    /// Spots of the profile, ascending, in quote currency.
    pub levels: Vec<f64>,
    /// Signed gamma exposure at each of them, in currency per 1 % move.
    pub net: Vec<f64>,
    /// The same with every contract held long.
    pub gross: Vec<f64>,
    /// Crossings and flip of the net profile.
    pub flip: Flip,
    /// Gamma exposure by strike, ascending.
    pub strikes: Vec<StrikeGamma>,
    /// Share of gross gamma that the five largest strikes hold.
    pub top_5_share: Option<f64>,
}

/// Spots of the profile that a page draws.
const FIGURE_POINTS: usize = 201;

/// Computes the profile from 0.8 to 1.2 of spot and the table by strike of one snapshot.
pub fn snapshot_figure(
    chain: &ChainSnapshot,
    config: &PricingConfig,
    (model, rule): (Positioning, FlipRule),
    next_session_end: Instant,
) -> SnapshotFigure {
    let parts = Parts::new(chain, config, next_session_end, Memory::default());
    let spot = parts.book.spot.get();
    let models = [model, Positioning::Gross].map(|m| m.weights(&parts.book));
    let grid = LogGrid::between(0.8, 1.2, FIGURE_POINTS);
    let mut nets = parts.curve.nets_on(&models, &grid);
    let gross = nets.pop().unwrap_or_default();
    let strikes = parts.by_strike(&models[0]);
    let by_strike: Vec<f64> = strikes.iter().map(StrikeGamma::gross).collect();
    SnapshotFigure {
        levels: grid.moves().iter().map(|share| share * spot).collect(),
        net: nets.pop().unwrap_or_default(),
        gross,
        flip: rule.find(&parts.book, &parts.curve, &models[..1]).remove(0),
        strikes,
        top_5_share: top_share(&by_strike, 5),
    }
}

/// What an engine keeps between two snapshots.
#[derive(Debug, Clone, Default)]
struct Memory {
    priced: PricedMemory,
    book: Option<Book>,
    curve: GammaCurve,
    rows: RowExposures,
    table: StrikeTable,
    lines: Vec<StrikeGamma>,
}

/// Everything about a snapshot that no positioning model changes.
struct Parts<'a> {
    priced: PricedChain<'a>,
    config: &'a PricingConfig,
    edges: BucketEdges,
    book: Book,
    counts: BookCounts,
    curve: GammaCurve,
    rows: RowExposures,
    table: StrikeTable,
    lines: Vec<StrikeGamma>,
}

impl<'a> Parts<'a> {
    fn new(
        chain: &'a ChainSnapshot,
        config: &'a PricingConfig,
        next_session_end: Instant,
        memory: Memory,
    ) -> Self {
        let head = chain.head();
        let edges = BucketEdges {
            ts: head.ts,
            next_session_end,
        };
        let priced = PricedChain::in_memory(chain, config, memory.priced);
        let empty = || Book::empty(head.spot, head.currency);
        let mut book = memory.book.unwrap_or_else(empty);
        let counts = book.refill(&priced, config.expiries, edges);
        let (mut curve, mut rows) = (memory.curve, memory.rows);
        curve.refill(&book);
        rows.refill_gamma(&curve);
        Self {
            priced,
            config,
            edges,
            book,
            counts,
            curve,
            rows,
            table: memory.table,
            lines: Vec::new(),
        }
    }

    fn into_memory(self) -> Memory {
        Memory {
            priced: self.priced.into_memory(),
            book: Some(self.book),
            curve: self.curve,
            rows: self.rows,
            table: self.table,
            lines: self.lines,
        }
    }

    fn result(&mut self, request: &SeriesRequest) -> SnapshotResult {
        let wanted = request.wanted;
        if wanted.greeks() {
            self.rows.refill_greeks(&self.book, &self.curve);
        }
        let weights: Vec<Vec<f64>> = { request.models.iter() }
            .map(|model| model.weights(&self.book))
            .collect();
        let flips = if wanted.flip() {
            request.flip.find(&self.book, &self.curve, &weights)
        } else {
            vec![Flip::unsought(request.flip.method); weights.len()]
        };
        let shared = self.shared_measures(wanted);
        let models = request.models.iter().zip(weights.iter().zip(flips));
        let points = models.map(|(model, (weights, flip))| {
            let measures = self.measures(weights, &flip, &shared, wanted);
            self.point(*model, &flip, measures)
        });
        SnapshotResult {
            points: points.collect(),
            forwards: self.forward_counts(),
            counts: self.counts,
            priced: self
                .priced
                .vols()
                .iter()
                .filter(|vol| !vol.is_nan())
                .count(),
        }
    }

    fn by_strike(&self, weights: &[f64]) -> Vec<StrikeGamma> {
        let columns = self.book.columns();
        by_strike(GammaColumns {
            strike: &columns.strike,
            right: &columns.right,
            gamma: &self.rows.gamma,
            weight: weights,
        })
    }

    /// The measures that are the same under every positioning model.
    fn shared_measures(&mut self, wanted: Wanted) -> Measures {
        let long = vec![1.0; self.book.len()];
        let counts = self.counts;
        let mut measures = Measures {
            coverage: counts.coverage(),
            gross_gex: self.sum(&self.rows.gamma, &long),
            iv_given: counts.share(counts.given),
            iv_solved: counts.share(counts.solved),
            iv_missing: counts.share(counts.missing),
            vendor_gamma_ratio: vendor_gamma_ratio(&self.book, &self.rows.gamma),
            ..Measures::default()
        };
        if wanted.any(&[Measure::CallWall, Measure::PutWall, Measure::HhiStrike]) {
            let columns = self.book.columns();
            self.table
                .refill(&columns.strike, &columns.right, &self.rows.gamma);
            self.lines = self.table.lines_with_gamma();
            let walls = walls(&self.lines, self.book.spot.get());
            let by_strike = self.lines.iter().map(StrikeGamma::gross);
            measures.call_wall = walls.call;
            measures.put_wall = walls.put;
            measures.hhi_strike = herfindahl(&by_strike.collect::<Vec<_>>());
        }
        if wanted.has(Measure::HhiExpiry) {
            measures.hhi_expiry = herfindahl(&self.gross_by_expiry());
        }
        if wanted.has(Measure::MaxPain) {
            measures.max_pain = self.max_pain();
        }
        if wanted.monitors() {
            measures.take(monitors(&self.priced));
        }
        measures
    }

    fn point(&self, model: Positioning, flip: &Flip, measures: Measures) -> GexPoint {
        let head = self.priced.chain().head();
        GexPoint {
            ts: head.ts,
            known_at: head.known_at,
            session: head.session,
            underlying: head.underlying.clone(),
            positioning: model.name(),
            spot: head.spot,
            currency: head.currency,
            contracts: self.book.len(),
            flip_status: flip.status,
            flip_count: flip.crossings.len(),
            measures,
        }
    }

    fn measures(
        &self,
        weights: &[f64],
        flip: &Flip,
        shared: &Measures,
        wanted: Wanted,
    ) -> Measures {
        let spot = self.book.spot.get();
        let rows = &self.rows;
        let net_gex = self.sum(&rows.gamma, weights);
        let [calls, puts] = wide::run(SideSums {
            values: &rows.gamma,
            weights,
            rights: &self.book.columns().right,
        });
        let mut measures = Measures {
            net_gex,
            call_gex: self.defined(calls),
            put_gex: self.defined(puts),
            balance: net_gex
                .zip(shared.gross_gex)
                .and_then(|(net, gross)| balance(net, gross)),
            flip: flip.nearest,
            flip_distance: flip.nearest.map(|level| (spot - level) / spot),
            ..shared.clone()
        };
        if wanted.greeks() {
            measures.net_dex = self.sum(&rows.delta, weights);
            measures.net_vex = self.sum(&rows.vanna, weights);
            measures.net_chex = self.sum(&rows.charm, weights);
            measures.net_vega = self.sum(&rows.vega, weights);
            measures.net_theta = self.sum(&rows.theta, weights);
            measures.net_rho = rows.rho.as_ref().and_then(|rho| self.sum(rho, weights));
        }
        if wanted.any(&Measure::BUCKETS) {
            let [gex_0dte, gex_7d, gex_30d, gex_90d, gex_far] = self.by_bucket(weights);
            measures = Measures {
                gex_0dte,
                gex_7d,
                gex_30d,
                gex_90d,
                gex_far,
                ..measures
            };
        }
        measures
    }

    /// Weighted sum of a column; `None` for an empty book or a sum beyond all numbers.
    fn sum(&self, values: &[f64], weights: &[f64]) -> Option<f64> {
        self.defined(wide::run(WeightedSum { values, weights }))
    }

    fn defined(&self, total: f64) -> Option<f64> {
        (!self.book.is_empty() && total.is_finite()).then_some(total)
    }

    fn by_bucket(&self, weights: &[f64]) -> [Option<f64>; 5] {
        let mut totals = [0.0; 5];
        for expiry in self.book.expiries() {
            let bucket = Bucket::of(expiry.settles, self.edges).index();
            totals[bucket] += wide::run(WeightedSum {
                values: &self.rows.gamma[expiry.rows.clone()],
                weights: &weights[expiry.rows.clone()],
            });
        }
        totals.map(|total| self.defined(total))
    }

    fn gross_by_expiry(&self) -> Vec<f64> {
        let expiries = self.book.expiries().iter();
        expiries
            .map(|expiry| self.rows.gamma[expiry.rows.clone()].iter().sum())
            .collect()
    }

    /// Max pain of the nearest expiry in scope with anything open, whether or not it has volatilities.
    fn max_pain(&self) -> Option<f64> {
        let chain = self.priced.chain();
        let columns = chain.columns();
        let open = |i: usize| {
            let open_interest = columns.open_interest.get(i).filter(|oi| oi.is_finite())?;
            (self.priced.life(i) == Life::Live).then_some(OpenContract {
                strike: columns.strike[i],
                right: columns.right[i],
                units: open_interest * columns.multiplier[i],
            })
        };
        let in_scope = self.priced.expiries().iter().filter(|expiry| {
            crate::book::includes(self.config.expiries, expiry.rows.expiry, self.edges)
        });
        { in_scope }.find_map(|expiry| {
            max_pain(
                &expiry
                    .rows
                    .rows
                    .clone()
                    .filter_map(open)
                    .collect::<Vec<_>>(),
            )
        })
    }

    fn forward_counts(&self) -> ForwardCounts {
        let mut counts = ForwardCounts::default();
        for expiry in self.priced.expiries() {
            let Ok(forward) = &expiry.forward else {
                counts.left_out += 1;
                continue;
            };
            match forward.source {
                ForwardSource::Vendor => counts.vendor += 1,
                ForwardSource::Parity => counts.parity += 1,
                ForwardSource::Carry => counts.carry += 1,
            }
            counts.fell_back += usize::from(forward.fell_back.is_some());
            let american = forward.american && forward.source == ForwardSource::Parity;
            counts.american_parity += usize::from(american);
        }
        counts
    }
}

/// Weighted sums over calls and over puts.
struct SideSums<'a> {
    values: &'a [f64],
    weights: &'a [f64],
    rights: &'a [Right],
}

impl Kernel for SideSums<'_> {
    type Output = [f64; 2];

    #[inline(always)]
    fn run(self) -> [f64; 2] {
        let (mut calls, mut puts) = ([0.0; LANES], [0.0; LANES]);
        for start in (0..self.values.len()).step_by(LANES) {
            let (values, weights) = (load(self.values, start), load(self.weights, start));
            let rest = &self.rights[start..];
            let call: [bool; LANES] = match rest.first_chunk::<LANES>() {
                Some(rights) => std::array::from_fn(|l| rights[l] == Right::Call),
                None => std::array::from_fn(|l| rest.get(l) == Some(&Right::Call)),
            };
            for l in 0..LANES {
                let row = weights[l] * values[l];
                calls[l] += if call[l] { row } else { 0.0 };
                puts[l] += if call[l] { 0.0 } else { row };
            }
        }
        [total(&calls), total(&puts)]
    }
}

impl Measures {
    fn take(&mut self, surface: Monitors) {
        self.atm_iv_30d = surface.atm_iv_30d;
        self.skew_25d = surface.skew_25d;
        self.term_slope = surface.term_slope;
        self.vol_index_30d = surface.vol_index_30d;
    }
}
