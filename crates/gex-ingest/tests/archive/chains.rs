//! Made-up chains of the underlying SIM, and what an archive's folder holds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{NaiveDate, TimeDelta, TimeZone, Utc};
use gex_compute::market::Instant;
use gex_compute::market::contract::{Exercise, Payoff, Right};
use gex_compute::market::snapshot::{ChainRow, ChainSnapshot, Flags, SnapshotHead};
use gex_compute::market::units::{Currency, Spot};
use gex_ingest::archive::{
    Archive, ArchiveError, ArchiveTerms, ArchiveWriter, Document, Origin, Summary,
};
use gex_ingest::import::Conflict;

pub(crate) fn terms() -> ArchiveTerms {
    ArchiveTerms {
        calendar: "xnys".to_owned(),
        open_interest: "start-of-day".to_owned(),
        origin: Origin::Simulation,
    }
}

pub(crate) fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, month, day).unwrap()
}

/// 21:15 UTC of a day, the end of option quotes in New York's winter.
pub(crate) fn at(date: NaiveDate) -> Instant {
    Utc.from_utc_datetime(&date.and_hms_opt(21, 15, 0).unwrap())
}

/// A number in [0, 1) that looks arbitrary and is the same everywhere: fractions of multiples of
/// the golden ratio.
fn fraction(k: usize) -> f64 {
    (k as f64 * 0.618_033_988_749_894_9).fract()
}

fn known(k: usize, value: f64) -> Option<f64> {
    (!k.is_multiple_of(3)).then_some(value)
}

/// Contract `k`: each column null in a third of the rows, not in the same ones; signs, flags and
/// words vary.
pub(crate) fn row(ts: Instant, k: usize) -> ChainRow {
    ChainRow {
        root: ["SIM", "SIMW", "SIMQ"][k % 3].to_owned(),
        expiry: ts + TimeDelta::days(1 + (k % 7) as i64) + TimeDelta::microseconds(k as i64 % 2),
        strike: 4_000.0 + 2.5 * (k / 2) as f64,
        right: if k.is_multiple_of(2) {
            Right::Call
        } else {
            Right::Put
        },
        exercise: if k.is_multiple_of(5) {
            Exercise::American
        } else {
            Exercise::European
        },
        payoff: if k.is_multiple_of(4) {
            Payoff::Inverse
        } else {
            Payoff::Linear
        },
        multiplier: if k.is_multiple_of(7) { 10.0 } else { 100.0 },
        bid: known(k, fraction(k)),
        ask: known(k + 1, 1.0 + fraction(k)),
        mark: known(k + 2, 0.5 + fraction(k)),
        bid_iv: known(k, 0.1 + fraction(3 * k)),
        ask_iv: known(k + 1, 0.2 + fraction(3 * k)),
        iv: known(k + 2, 0.15 + fraction(5 * k)),
        open_interest: known(k, (k % 11) as f64 * 100.0),
        volume: known(k + 1, (k % 13) as f64),
        forward: known(k + 2, 4_100.0 + fraction(7 * k)),
        vendor_gamma: known(k, 1e-4 * fraction(k)),
        vendor_delta: known(k + 1, fraction(k) - 0.5),
        dealer_position: known(k + 2, -1_000.0 * fraction(k)),
        taker_net: known(k, 500.0 - 1_000.0 * fraction(k)),
        flags: Flags(if k == 1 { u32::MAX } else { k as u32 % 8 }),
    }
}

pub(crate) fn head(underlying: &str, ts: Instant) -> SnapshotHead {
    SnapshotHead {
        underlying: underlying.to_owned(),
        ts,
        known_at: ts + TimeDelta::minutes(15),
        session: ts.date_naive(),
        spot: Spot::new(4_100.0 + 0.1 * f64::from(ts.timestamp() as i32 % 97)).unwrap(),
        currency: Currency::USD,
    }
}

pub(crate) fn chain_of(underlying: &str, ts: Instant, contracts: usize) -> ChainSnapshot {
    let rows = (0..contracts).map(|k| row(ts, k)).collect();
    ChainSnapshot::from_rows(head(underlying, ts), rows).unwrap()
}

pub(crate) fn chain(date: NaiveDate, contracts: usize) -> ChainSnapshot {
    chain_of("SIM", at(date), contracts)
}

/// Chains of three months, one day with two instants, and of two underlyings.
pub(crate) fn market() -> Vec<ChainSnapshot> {
    let noon = at(day(1, 5)) - TimeDelta::hours(4);
    vec![
        chain(day(1, 4), 40),
        chain_of("SIM", noon, 41),
        chain(day(1, 5), 42),
        chain(day(2, 1), 43),
        chain(day(3, 1), 44),
        chain_of("SIM-2.x_y", at(day(1, 5)), 7),
    ]
}

/// Imports each batch by one `add`.
pub(crate) fn import(
    folder: &Path,
    batches: Vec<Vec<ChainSnapshot>>,
    conflict: Conflict,
) -> Result<Document, ArchiveError> {
    let mut writer = ArchiveWriter::begin(folder, terms())?;
    for batch in batches {
        writer.add(batch)?;
    }
    writer.commit(Summary::default(), conflict)
}

pub(crate) fn made(batches: Vec<Vec<ChainSnapshot>>) -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("chains");
    import(&folder, batches, Conflict::Refuse).unwrap();
    (parent, folder)
}

/// Every snapshot of an underlying, file after file.
pub(crate) fn read(folder: &Path, underlying: &str) -> Result<Vec<ChainSnapshot>, ArchiveError> {
    let archive = Archive::open(folder)?;
    let mut chains = Vec::new();
    for partition in archive.partitions(underlying, (None, None))? {
        for chain in partition.snapshots()? {
            chains.push(chain?);
        }
    }
    Ok(chains)
}

/// Every file below a folder, by its path inside it.
pub(crate) fn bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inside = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(inside, fs::read(&path).unwrap());
            }
        }
    }
    found
}
