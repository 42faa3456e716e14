//! What the replay costs: decoding an archive, and every column of the series on one large chain.

#![expect(
    clippy::expect_used,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use divan::Bencher;
use divan::counter::ItemsCount;
use gex_compute::market::contract::{Exercise, Payoff, Right};
use gex_compute::market::snapshot::{ChainRow, ChainSnapshot, Flags, SnapshotHead};
use gex_compute::market::units::{Currency, Rate, Spot};
use gex_compute::points::series_points;
use gex_compute::positioning::Positioning;
use gex_compute::pricing::{
    DoubtfulVol, ExpiryScope, ForwardFallback, ForwardSource, PricingConfig, VolSource,
};
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
