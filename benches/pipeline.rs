//! What the replay costs: decoding an archive, and every column of the series on one large chain.

#![expect(
    clippy::expect_used,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use divan::Bencher;
use divan::counter::ItemsCount;
use gex_compute::black76;
use gex_compute::book::Book;
use gex_compute::buckets::BucketEdges;
use gex_compute::flip::{FlipMethod, FlipRule};
use gex_compute::implied_vols::{Quotes, solve_all};
use gex_compute::market::contract::{Exercise, Payoff, Right};
use gex_compute::market::snapshot::{ChainRow, ChainSnapshot, Flags, SnapshotHead};
use gex_compute::market::units::{Currency, Rate, Spot};
use gex_compute::points::series_points;
use gex_compute::positioning::Positioning;
use gex_compute::priced::PricedChain;
use gex_compute::pricing::{
    DoubtfulVol, ExpiryScope, ForwardFallback, ForwardSource, PricingConfig, VolSource,
};
use gex_compute::profile::GammaCurve;
use gex_ingest::archive::{Archive, ArchiveTerms, ArchiveWriter, Origin, Summary};
use gex_ingest::import::Conflict;
use gex_sim::{Market, WorldSpec};

fn main() {
    divan::main();
}

const PRICING: PricingConfig = PricingConfig {
    forward: ForwardSource::Carry,
    fallback: ForwardFallback::Carry,
    rate: Rate::ZERO,
    dividend: Rate::ZERO,
    iv: VolSource::Given,
    doubtful: DoubtfulVol::LeaveOut,
    expiries: ExpiryScope::All,
};

/// Archives a simulated year and returns the folder and its rows.
fn year(folder: &Path) -> (PathBuf, usize) {
    let world = WorldSpec {
        sessions: 252,
        strikes_each_side: 40,
        ..WorldSpec::default()
    };
    let market = Market::simulate(&world.checked().expect("a sound world")).expect("a market");
    let rows = market.snapshots.iter().map(ChainSnapshot::len).sum();
    let terms = ArchiveTerms {
        calendar: "xnys".to_owned(),
        open_interest: "start-of-day".to_owned(),
        origin: Origin::Simulation,
    };
    let path = folder.join("archive");
    let mut writer = ArchiveWriter::begin(&path, terms).expect("a writer");
    writer.add(market.snapshots).expect("snapshots are taken");
    writer
        .commit(Summary::default(), Conflict::Refuse)
        .expect("an archive");
    (path, rows)
}

/// Every row of a year back into snapshots, one thread, hashes checked.
#[divan::bench(sample_count = 10)]
fn decode_a_year(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, rows) = year(folder.path());
    bencher.counter(ItemsCount::new(rows)).bench(|| {
        let archive = Archive::open(&path).expect("an archive");
        let read: usize = archive
            .partitions("SYN", (None, None))
            .expect("months")
            .iter()
            .flat_map(|month| month.snapshots().expect("a month"))
            .map(|snapshot| snapshot.expect("a snapshot").len())
            .sum();
        assert_eq!(read, rows);
    });
}

/// A chain of 25,000 contracts: 50 expiries of 250 strikes, calls and puts.
fn large_chain() -> ChainSnapshot {
    let ts: DateTime<Utc> = DateTime::from_timestamp(1_704_489_300, 0).expect("an instant");
    let head = SnapshotHead {
        underlying: "SPX".to_owned(),
        ts,
        known_at: ts,
        session: NaiveDate::from_ymd_opt(2024, 1, 5).expect("a date"),
        spot: Spot::new(4_700.0).expect("a spot"),
        currency: Currency::USD,
    };
    let contract = |k: u16| {
        let (expiry, strike) = (i32::from(k) / 500, f64::from((k % 500) / 2));
        ChainRow {
            root: "SPXW".to_owned(),
            expiry: ts + TimeDelta::weeks(1) * expiry + TimeDelta::days(1),
            strike: 3_450.0 + 10.0 * strike,
            right: if k.is_multiple_of(2) {
                Right::Call
            } else {
                Right::Put
            },
            exercise: Exercise::European,
            payoff: Payoff::Linear,
            multiplier: 100.0,
            bid: None,
            ask: None,
            mark: None,
            bid_iv: None,
            ask_iv: None,
            iv: Some(0.12 + 1e-8 * (strike - 125.0).powi(2)),
            open_interest: Some(f64::from(u32::from(k) * 7_919 % 5_000)),
            volume: None,
            forward: None,
            vendor_gamma: None,
            vendor_delta: None,
            dealer_position: None,
            taker_net: None,
            flags: Flags::default(),
        }
    };
    ChainSnapshot::from_rows(head, (0..25_000).map(contract).collect()).expect("a chain")
}

/// Every column of `series.parquet` for two models and gross, flips refined.
#[divan::bench(sample_count = 20)]
fn every_column_of_one_large_chain(bencher: Bencher<'_, '_>) {
    let chain = large_chain();
    let models = [Positioning::CallsLongPutsShort, Positioning::ShortAll];
    let end = chain.head().ts + TimeDelta::days(3);
    bencher.counter(ItemsCount::new(chain.len())).bench(|| {
        let result = series_points(&chain, &PRICING, &models, end);
        assert_eq!(result.points.len(), 3);
        result
    });
}

/// The book of the large chain and its naive weights.
fn large_book() -> (Book, Vec<f64>) {
    let chain = large_chain();
    let edges = BucketEdges {
        ts: chain.head().ts,
        next_session_end: chain.head().ts,
    };
    let priced = PricedChain::new(&chain, &PRICING);
    let (book, _) = Book::from_chain(&priced, ExpiryScope::All, edges);
    let weights = Positioning::CallsLongPutsShort.weights(&book);
    (book, weights)
}

/// The curve of a book and its net at one spot: logarithms, exponentials and sums.
#[divan::bench]
fn net_of_one_large_book(bencher: Bencher<'_, '_>) {
    let (book, weights) = large_book();
    let mut curve = GammaCurve::default();
    bencher
        .counter(ItemsCount::new(book.len()))
        .bench_local(|| {
            curve.refill(&book);
            let net = curve.net(&weights, book.spot.get());
            assert!(net.is_finite());
            net
        });
}

/// One flip by each method over a curve that stands.
#[divan::bench(args = [FlipMethod::RepriceStickyStrike, FlipMethod::LinearGrid60])]
fn flip_of_one_large_book(bencher: Bencher<'_, '_>, method: FlipMethod) {
    let (book, weights) = large_book();
    let curve = GammaCurve::new(&book);
    let rule = FlipRule {
        method,
        ..FlipRule::DEFAULT
    };
    let models = [weights];
    bencher.counter(ItemsCount::new(book.len())).bench(|| {
        let flips = rule.find(&book, &curve, &models);
        assert!(flips[0].nearest.is_some());
        flips
    });
}

/// Volatilities of 4,096 quotes around a forward, each known in advance.
#[divan::bench]
fn volatilities_of_a_column(bencher: Bencher<'_, '_>) {
    let strike: Vec<f64> = (0..4_096).map(|k| 2_500.0 + f64::from(k)).collect();
    let right = vec![Right::Call; strike.len()];
    let price = |strike: &f64| {
        let terms = black76::Terms {
            right: Right::Call,
            forward: 4_700.0,
            strike: *strike,
            years: 0.25,
            rate: 0.0,
            vol: 0.2,
        };
        terms.price().expect("a price")
    };
    let price: Vec<f64> = strike.iter().map(price).collect();
    let quotes = Quotes {
        forward: 4_700.0,
        years: 0.25,
        right: &right,
        strike: &strike,
        price: &price,
        doubtful: DoubtfulVol::LeaveOut,
    };
    let mut vols = Vec::new();
    bencher
        .counter(ItemsCount::new(strike.len()))
        .bench_local(|| {
            solve_all(quotes, &mut vols);
            assert!((vols[2_200] - 0.2).abs() < 1e-9);
        });
}
