//! Deribit's chains and the free histories, against real files.
//!
//! The files are private: `GEX_SHARED` names the folder that holds them. Unset, each test says that
//! it skipped. What is expected of each set is stated in its own PROVENANCE page.

#![expect(
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise in its data"
)]

use std::io::Write as _;
use std::path::PathBuf;

use gex_compute::market::contract::{Payoff, Right};
use gex_compute::market::snapshot::{ChainRow, ChainSnapshot};
use gex_ingest::import::{ImportReport, ImportRequest, read_sources};
use gex_ingest::quality::Rule;

/// Says so past the harness, which swallows what a passing test prints.
#[expect(
    clippy::disallowed_methods,
    reason = "a test may look for its data, and must say that it skipped"
)]
fn shared(set: &str) -> Option<PathBuf> {
    let Ok(folder) = std::env::var("GEX_SHARED") else {
        let line = format!("SKIPPED: GEX_SHARED is unset, so {set} can't be read\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return None;
    };
    Some(PathBuf::from(folder).join(set))
}

/// Reads a folder by what its columns look like; every row must be kept or set aside.
fn import(path: PathBuf) -> (ImportReport, Vec<ChainSnapshot>) {
    let (mut snapshots, mut set_aside) = (Vec::new(), 0);
    let report = read_sources(&ImportRequest::of(vec![path]), &mut |_| (), &mut |batch| {
        set_aside += batch.rejected.len() as u64;
        snapshots.extend(batch.snapshots);
        Ok(())
    })
    .unwrap();
    let counts = || report.sources.iter().map(|source| source.rows);
    for rows in counts() {
        assert_eq!(rows.rows, rows.kept + rows.set_aside, "nothing vanishes");
    }
    let kept: usize = snapshots.iter().map(ChainSnapshot::len).sum();
    assert_eq!(kept as u64, counts().map(|rows| rows.kept).sum::<u64>());
    assert_eq!(set_aside, counts().map(|rows| rows.set_aside).sum::<u64>());
    (report, snapshots)
}

fn call(chain: &ChainSnapshot, expiry: &str, strike: f64) -> ChainRow {
    let wanted = |row: &ChainRow| {
        row.expiry.to_rfc3339().starts_with(expiry)
            && row.right == Right::Call
            && (row.strike - strike).abs() < 1e-9
    };
    chain.rows().find(wanted).unwrap()
}

fn close(found: Option<f64>, expected: f64) {
    let found = found.unwrap();
    assert!(
        (found - expected).abs() < 1e-9 * expected,
        "{found} {expected}"
    );
}

/// Rows, hours and values read from the file itself, row by row.
#[test]
fn deribit_holds_37_hours_of_bitcoin() {
    let Some(folder) = shared("data/deribit_btc_hourly_202601") else {
        return;
    };
    let (report, chains) = import(folder);
    assert_eq!(report.profile.name, "deribit-summary");
    assert_eq!(report.open_interest.to_string(), "live");
    assert_eq!(report.sources[0].rows.kept, 24_562, "no row is bad");
    assert_eq!(chains.len(), 37);
    let inferred = report.ledger.tally(Rule::SpotFromForward).rows;
    assert_eq!(inferred, 24_562, "no row has a spot of its own");
    for chain in &chains {
        let (head, spot) = (chain.head(), chain.head().spot.get());
        assert_eq!(head.known_at, head.ts, "open interest is live");
        assert!((88_000.0..91_500.0).contains(&spot), "{spot}");
        let near = |row: &ChainRow| (row.strike / spot).ln().abs() < 0.02;
        for row in chain.rows().filter(near) {
            assert!((0.1..2.0).contains(&row.iv.unwrap()), "{row:?}");
            assert_eq!(row.payoff, Payoff::Inverse);
        }
    }
    let noon = chains
        .iter()
        .find(|chain| chain.head().ts.to_rfc3339() == "2026-01-23T12:00:00+00:00")
        .unwrap();
    // The day that ends at the next 08:00 UTC.
    assert_eq!(noon.head().session.to_string(), "2026-01-24");
    close(Some(noon.head().spot.get()), 89_213.056_361_4);
    let row = call(noon, "2026-03-27T08:00:00", 90_000.0);
    close(row.iv, 0.3842);
    close(row.bid_iv, 0.3807);
    close(row.open_interest, 3_613.6);
    close(row.vendor_delta, 0.529_42);
    assert!((row.forward.unwrap() - 89_915.062_492).abs() < 1e-5);
}

/// The collector's CSV, times without a zone: refused where no forward lies beside it.
#[test]
fn deribit_without_forwards_is_refused_with_the_cure() {
    let Some(file) = shared("raw/deribit/r1quant_hourly_head_2026-01-23.csv") else {
        return;
    };
    let request = ImportRequest::of(vec![file]);
    let error = read_sources(&request, &mut |_| (), &mut |_| Ok(())).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("r1quant_hourly_head_2026-01-23.csv"),
        "{text}"
    );
    assert!(text.contains("derived_implied_forward.parquet"), "{text}");
}
