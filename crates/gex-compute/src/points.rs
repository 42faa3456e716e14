//! From a snapshot to the rows of `series.parquet`, and to what a page about it draws.

use crate::book::{Book, BookCounts};
use crate::buckets::{Bucket, BucketEdges};
use crate::concentration::{herfindahl, top_share};
use crate::exposure::{RowExposures, balance, vendor_gamma_ratio};
use crate::flip::{self, Flip};
use crate::market::Instant;
use crate::market::contract::Right;
use crate::market::snapshot::ChainSnapshot;
use crate::monitors::monitors;
use crate::positioning::Positioning;
use crate::priced::{Life, PricedChain};
use crate::pricing::{ForwardSource, PricingConfig};
use crate::profile::{GammaCurve, LogGrid};
use crate::series::{GexPoint, Measures};
use crate::strikes::{GammaColumns, StrikeGamma, by_strike};
use crate::walls::{OpenContract, max_pain, walls};

/// What one snapshot gave.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotResult {
    /// One point a positioning model, in the order asked for; gross last where it was not asked for.
    pub points: Vec<GexPoint>,
    /// The expiries with time left by the source of their forward.
    pub forwards: ForwardCounts,
    /// What became of every row.
    pub counts: BookCounts,
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

/// Turns one snapshot into one point a positioning model, every measure filled where defined.
///
/// `next_session_end` bounds the nearest bucket: the end of the first session that the signal can
/// be traded in. Points of equal snapshots are equal to the bit.
pub fn series_points(
    chain: &ChainSnapshot,
    config: &PricingConfig,
    models: &[Positioning],
    next_session_end: Instant,
) -> SnapshotResult {
    let parts = Parts::new(chain, config, next_session_end);
    let models = with_gross(models);
    let weights: Vec<Vec<f64>> = models
        .iter()
        .map(|model| model.weights(&parts.book.columns().right))
        .collect();
    let flips = flip::sticky_strike(&parts.curve, parts.book.spot.get(), &weights);
    let shared = parts.shared_measures();
    let points = models
        .iter()
        .zip(weights.iter().zip(flips))
        .map(|(model, (weights, flip))| parts.point(*model, weights, &flip, &shared))
        .collect();
    SnapshotResult {
        points,
        forwards: parts.forward_counts(),
        counts: parts.counts,
    }
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
    model: Positioning,
    next_session_end: Instant,
) -> SnapshotFigure {
    let parts = Parts::new(chain, config, next_session_end);
    let spot = parts.book.spot.get();
    let models = [model, Positioning::Gross].map(|m| m.weights(&parts.book.columns().right));
    let grid = LogGrid::between(0.8, 1.2, FIGURE_POINTS);
    let mut nets = parts.curve.nets_on(&models, &grid);
    let gross = nets.pop().unwrap_or_default();
    let strikes = parts.by_strike(&models[0]);
    let by_strike: Vec<f64> = strikes.iter().map(StrikeGamma::gross).collect();
    SnapshotFigure {
        levels: grid.moves().iter().map(|share| share * spot).collect(),
        net: nets.pop().unwrap_or_default(),
        gross,
        flip: flip::sticky_strike(&parts.curve, spot, &models[..1]).remove(0),
        strikes,
        top_5_share: top_share(&by_strike, 5),
    }
}

fn with_gross(models: &[Positioning]) -> Vec<Positioning> {
    let mut all = models.to_vec();
    if !all.contains(&Positioning::Gross) {
        all.push(Positioning::Gross);
    }
    all
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
}

impl<'a> Parts<'a> {
    fn new(chain: &'a ChainSnapshot, config: &'a PricingConfig, next_session_end: Instant) -> Self {
        let edges = BucketEdges {
            ts: chain.head().ts,
            next_session_end,
        };
        let priced = PricedChain::new(chain, config);
        let (book, counts) = Book::from_chain(&priced, config.expiries, edges);
        let curve = GammaCurve::new(&book);
        let rows = RowExposures::new(&book, &curve);
        Self {
            priced,
            config,
            edges,
            book,
            counts,
            curve,
            rows,
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
    fn shared_measures(&self) -> Measures {
        let long = vec![1.0; self.book.len()];
        let table = self.by_strike(&long);
        let walls = walls(&table, self.book.spot.get());
        let gross_by_strike: Vec<f64> = table.iter().map(StrikeGamma::gross).collect();
        let surface = monitors(&self.priced);
        let counts = &self.counts;
        Measures {
            coverage: counts.coverage(),
            gross_gex: self.sum(&self.rows.gamma, &long),
            call_wall: walls.call,
            put_wall: walls.put,
            max_pain: self.max_pain(),
            hhi_strike: herfindahl(&gross_by_strike),
            hhi_expiry: herfindahl(&self.gross_by_expiry()),
            atm_iv_30d: surface.atm_iv_30d,
            skew_25d: surface.skew_25d,
            term_slope: surface.term_slope,
            vol_index_30d: surface.vol_index_30d,
            iv_given: counts.share(counts.given),
            iv_solved: counts.share(counts.solved),
            iv_missing: counts.share(counts.missing),
            vendor_gamma_ratio: vendor_gamma_ratio(&self.book, &self.rows.gamma),
            ..Measures::default()
        }
    }

    fn point(
        &self,
        model: Positioning,
        weights: &[f64],
        flip: &Flip,
        shared: &Measures,
    ) -> GexPoint {
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
            measures: self.measures(weights, flip, shared),
        }
    }

    fn measures(&self, weights: &[f64], flip: &Flip, shared: &Measures) -> Measures {
        let spot = self.book.spot.get();
        let rows = &self.rows;
        let net_gex = self.sum(&rows.gamma, weights);
        let [gex_0dte, gex_7d, gex_30d, gex_90d, gex_far] = self.by_bucket(weights);
        Measures {
            net_gex,
            call_gex: self.sum(&rows.gamma, &self.of_side(weights, Right::Call)),
            put_gex: self.sum(&rows.gamma, &self.of_side(weights, Right::Put)),
            balance: net_gex
                .zip(shared.gross_gex)
                .and_then(|(net, gross)| balance(net, gross)),
            net_dex: self.sum(&rows.delta, weights),
            net_vex: self.sum(&rows.vanna, weights),
            net_chex: self.sum(&rows.charm, weights),
            net_vega: self.sum(&rows.vega, weights),
            net_theta: self.sum(&rows.theta, weights),
            net_rho: rows.rho.as_ref().and_then(|rho| self.sum(rho, weights)),
            flip: flip.nearest,
            flip_distance: flip.nearest.map(|level| (spot - level) / spot),
            gex_0dte,
            gex_7d,
            gex_30d,
            gex_90d,
            gex_far,
            ..shared.clone()
        }
    }

    /// Weighted sum of a column in row order; `None` for an empty book or a sum beyond all numbers.
    fn sum(&self, column: &[f64], weights: &[f64]) -> Option<f64> {
        let total: f64 = column.iter().zip(weights).map(|(value, w)| w * value).sum();
        (!self.book.is_empty() && total.is_finite()).then_some(total)
    }

    /// The weights of one side, and zero for the other.
    fn of_side(&self, weights: &[f64], side: Right) -> Vec<f64> {
        let rights = self.book.columns().right.iter();
        rights
            .zip(weights)
            .map(|(&right, &w)| if right == side { w } else { 0.0 })
            .collect()
    }

    fn by_bucket(&self, weights: &[f64]) -> [Option<f64>; 5] {
        let mut totals = [0.0; 5];
        for expiry in self.book.expiries() {
            let bucket = Bucket::of(expiry.settles, self.edges).index();
            for i in expiry.rows.clone() {
                totals[bucket] += weights[i] * self.rows.gamma[i];
            }
        }
        totals.map(|total| (!self.book.is_empty() && total.is_finite()).then_some(total))
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
