//! Archives of every version ever written stay readable: `datasets/compat`.

use std::path::{Path, PathBuf};

use chrono::{TimeZone, Utc};
use gex_compute::market::contract::{Exercise, Payoff, Right};
use gex_compute::market::snapshot::{ChainSnapshot, Flags};
use gex_ingest::accept::Rejected;
use gex_ingest::archive::{Archive, ArchiveWriter, Summary};
use gex_ingest::import::Conflict;
use gex_ingest::quality::Rule;
use gex_ingest::table::Column;

use crate::chains::{market, read, terms};

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/compat/archive_v1/archive")
}

/// The numbers below were written down from the made-up market, not read from the file.
#[test]
fn version_1_reads_with_the_numbers_that_were_written() {
    let archive = Archive::open(&sample()).unwrap();
    assert_eq!(archive.document().schema_version, 1);
    assert!(archive.document().synthetic);
    assert_eq!(archive.document().calendar, "xnys");
    assert_eq!(archive.document().open_interest, "start-of-day");
    assert!(archive.damages().is_empty());
    assert_eq!(archive.document().underlyings(), ["SIM", "SIM-2.x_y"]);
    let chains = read(&sample(), "SIM").unwrap();
    let sizes: Vec<usize> = chains.iter().map(ChainSnapshot::len).collect();
    assert_eq!(sizes, [40, 41, 42, 43, 44]);
    let head = chains[0].head();
    assert_eq!(
        head.ts,
        Utc.with_ymd_and_hms(2024, 1, 4, 21, 15, 0).unwrap()
    );
    assert_eq!(
        head.known_at,
        Utc.with_ymd_and_hms(2024, 1, 4, 21, 30, 0).unwrap()
    );
    assert_eq!(head.session.to_string(), "2024-01-04");
    assert_eq!(head.currency.code(), "USD");
    let row = chains[0]
        .rows()
        .find(|row| row.strike == 4_010.0 && row.right == Right::Call);
    let row = row.unwrap();
    assert_eq!((row.root.as_str(), row.multiplier), ("SIMQ", 100.0));
    assert_eq!(
        (row.exercise, row.payoff),
        (Exercise::European, Payoff::Inverse)
    );
    assert_eq!(
        row.expiry,
        Utc.with_ymd_and_hms(2024, 1, 6, 21, 15, 0).unwrap()
    );
    assert_eq!(
        (row.open_interest, row.volume, row.flags),
        (Some(800.0), None, Flags(0))
    );
    let bid = row.bid.unwrap();
    assert!(
        (bid - 0.944_271_909_999_158_6).abs() < 1e-14,
        "8 golden ratios end in .944: {bid}"
    );
}

#[test]
fn version_1_reads_as_the_same_market() {
    let (second, first): (Vec<_>, Vec<_>) = market()
        .into_iter()
        .partition(|chain| chain.head().underlying != "SIM");
    assert_eq!(read(&sample(), "SIM").unwrap(), first);
    assert_eq!(read(&sample(), "SIM-2.x_y").unwrap(), second);
    let rejected = Archive::open(&sample())
        .unwrap()
        .rejected()
        .unwrap()
        .unwrap();
    assert_eq!(rejected.column("row"), Some(&Column::I64(vec![Some(17)])));
}

/// How the sample came to be; its folder is a copy of what this test writes, kept as it was then.
#[test]
fn todays_writer_makes_an_archive_of_the_same_market() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("archive");
    let mut writer = ArchiveWriter::begin(&folder, terms()).unwrap();
    writer.add(market()).unwrap();
    writer.set_aside(vec![Rejected {
        source: "made-up.csv".to_owned(),
        row: 17,
        column: "strike".to_owned(),
        value: "-5".to_owned(),
        rule: Rule::InvalidStrike,
    }]);
    writer.commit(Summary::default(), Conflict::Refuse).unwrap();
    for underlying in ["SIM", "SIM-2.x_y"] {
        assert_eq!(
            read(&folder, underlying).unwrap(),
            read(&sample(), underlying).unwrap()
        );
    }
    let rejected = |folder: &Path| Archive::open(folder).unwrap().rejected().unwrap();
    assert_eq!(rejected(&folder), rejected(&sample()));
}
