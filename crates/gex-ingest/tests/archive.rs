//! The archive: what goes in comes out, the same bytes for the same market, crashes and damage.

#![expect(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a test may stop at the first surprise; what is stored must come back exactly"
)]

#[path = "archive/chains.rs"]
mod chains;
#[path = "archive/compat.rs"]
mod compat;
#[path = "archive/crash.rs"]
mod crash;
#[path = "archive/damage.rs"]
mod damage;

use std::fs;
use std::path::Path;

use chrono::TimeDelta;
use gex_compute::market::snapshot::ChainSnapshot;
use gex_compute::market::units::Spot;
use gex_ingest::accept::Rejected;
use gex_ingest::archive::{
    Archive, ArchiveError, ArchiveTerms, ArchiveWriter, SourceRecord, Summary,
};
use gex_ingest::import::Conflict;
use gex_ingest::quality::Rule;
use gex_ingest::table::Column;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};

use chains::{at, bytes, chain, chain_of, day, head, import, made, market, read, row, terms};

#[test]
fn every_column_and_every_null_comes_back() {
    let (_parent, folder) = made(vec![market()]);
    let (first, second): (Vec<_>, Vec<_>) = market()
        .into_iter()
        .partition(|chain| chain.head().underlying == "SIM");
    assert_eq!(read(&folder, "SIM").unwrap(), first);
    assert_eq!(read(&folder, "SIM-2.x_y").unwrap(), second);
}

#[test]
fn the_order_of_arrival_leaves_no_trace() {
    let (_parent, folder) = made(vec![market()]);
    let expected = bytes(&folder);
    let mut backwards = market();
    backwards.reverse();
    let (_parent, folder) = made(vec![backwards]);
    assert!(bytes(&folder) == expected, "backwards, at once");
    let single = market().into_iter().rev().map(|chain| vec![chain]);
    let (_parent, folder) = made(single.collect());
    assert!(bytes(&folder) == expected, "backwards, one by one");
}

#[test]
fn row_groups_end_where_snapshots_end() {
    let instants = (0..8).map(|k| at(day(1, 4)) - TimeDelta::minutes(k));
    let sizes = [40_000, 30_000, 50_000, 20_000, 60_000, 131_072, 1, 2];
    let chains = instants.zip(sizes).map(|(ts, n)| chain_of("SIM", ts, n));
    let mut chains: Vec<ChainSnapshot> = chains.collect();
    let (_parent, folder) = made(vec![chains.clone()]);
    chains.reverse();
    let back = read(&folder, "SIM").unwrap();
    assert!(back == chains, "nothing is lost between groups");
    let file = fs::File::open(folder.join("underlying=SIM/year=2024/01.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let groups = reader.metadata().row_groups().iter();
    let rows: Vec<i64> = groups.map(RowGroupMetaData::num_rows).collect();
    // In time order 2, 1, 131,072 | 60,000, 20,000, 50,000, 30,000 | 40,000: a group closes at the
    // first snapshot that brings it to 131,072 rows.
    assert_eq!(rows, [131_075, 160_000, 40_000]);
}

#[test]
fn the_document_counts_what_the_files_hold() {
    let (_parent, folder) = made(vec![market()]);
    let archive = Archive::open(&folder).unwrap();
    let sessions = archive.document().sessions("SIM");
    let counts: Vec<(String, u64, u64)> = sessions
        .iter()
        .map(|record| (record.session.to_string(), record.snapshots, record.rows))
        .collect();
    let expected = [
        ("2024-01-04", 1, 40),
        ("2024-01-05", 2, 83),
        ("2024-02-01", 1, 43),
        ("2024-03-01", 1, 44),
    ];
    assert_eq!(
        counts,
        expected.map(|(day, n, rows)| (day.to_owned(), n, rows))
    );
}

#[test]
fn a_window_opens_only_the_months_it_touches() {
    let (_parent, folder) = made(vec![market()]);
    let archive = Archive::open(&folder).unwrap();
    let files = |window| -> Vec<String> {
        let partitions = archive.partitions("SIM", window).unwrap();
        partitions
            .into_iter()
            .map(|partition| partition.file)
            .collect()
    };
    assert_eq!(files((None, None)).len(), 3);
    let february = files((Some(day(1, 6)), Some(day(2, 1))));
    assert_eq!(february, ["underlying=SIM/year=2024/02.parquet"]);
    assert!(files((Some(day(3, 2)), None)).is_empty());
}

#[test]
fn an_import_leaves_other_months_bytes_alone() {
    let (_parent, folder) = made(vec![market()]);
    let before = bytes(&folder);
    import(&folder, vec![vec![chain(day(2, 2), 8)]], Conflict::Refuse).unwrap();
    let after = bytes(&folder);
    for (path, old) in &before {
        let changes = path.ends_with("year=2024/02.parquet") || path.ends_with("archive.json");
        assert_eq!(after[path] == *old, !changes, "{}", path.display());
    }
    let days: Vec<usize> = read(&folder, "SIM")
        .unwrap()
        .iter()
        .map(ChainSnapshot::len)
        .collect();
    assert_eq!(days, [40, 41, 42, 43, 8, 44]);
}

#[test]
fn new_sessions_go_between_old_ones() {
    let odd = || {
        vec![
            chain(day(1, 3), 5),
            chain(day(1, 5), 6),
            chain(day(1, 9), 7),
        ]
    };
    let even = || {
        vec![
            chain(day(1, 2), 2),
            chain(day(1, 4), 3),
            chain(day(1, 10), 4),
        ]
    };
    let (_parent, at_once) = made(vec![odd(), even()]);
    let (_parent2, folder) = made(vec![odd()]);
    import(&folder, vec![even()], Conflict::Refuse).unwrap();
    assert!(
        bytes(&folder) == bytes(&at_once),
        "in two imports as in one"
    );
}

#[test]
fn a_session_that_stands_is_refused_replaced_or_joined() {
    let later = at(day(1, 4)) + TimeDelta::hours(1);
    let new = || vec![vec![chain_of("SIM", later, 3)]];
    let (_parent, folder) = made(vec![market()]);
    let before = bytes(&folder);
    let error = import(&folder, new(), Conflict::Refuse).unwrap_err();
    assert!(
        matches!(error, ArchiveError::Conflict { count: 1, .. }),
        "{error}"
    );
    assert!(bytes(&folder) == before, "a refusal changes nothing");

    import(&folder, new(), Conflict::KeepBoth).unwrap();
    let sizes = |n| -> Vec<usize> {
        let chains = read(&folder, "SIM").unwrap();
        chains.iter().map(ChainSnapshot::len).take(n).collect()
    };
    assert_eq!(sizes(4), [40, 3, 41, 42]);

    import(&folder, new(), Conflict::Replace).unwrap();
    assert_eq!(sizes(3), [3, 41, 42]);
}

#[test]
fn keeping_both_of_the_same_changes_nothing() {
    let (_parent, folder) = made(vec![market()]);
    let before = bytes(&folder);
    import(&folder, vec![market()], Conflict::KeepBoth).unwrap();
    assert!(bytes(&folder) == before);
}

#[test]
fn an_infinite_number_is_refused_by_name() {
    let ts = at(day(1, 4));
    let mut wild = row(ts, 3);
    wild.ask_iv = Some(f64::INFINITY);
    let wild = ChainSnapshot::from_rows(head("SIM", ts), vec![row(ts, 1), wild]).unwrap();
    let parent = tempfile::tempdir().unwrap();
    let batches = vec![vec![wild]];
    let error = import(&parent.path().join("a"), batches, Conflict::Refuse).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("ask_iv") && text.contains("SIM at 2024-01-04"),
        "{text}"
    );
}

fn part(contracts: std::ops::Range<usize>, late: i64) -> ChainSnapshot {
    let ts = at(day(1, 4));
    let mut head = head("SIM", ts);
    head.known_at += TimeDelta::minutes(late);
    let rows = contracts.map(|k| row(ts, k)).collect();
    ChainSnapshot::from_rows(head, rows).unwrap()
}

#[test]
fn parts_of_one_instant_make_one_chain_known_with_its_last_part() {
    for batches in [
        vec![vec![part(0..10, 0)], vec![part(8..20, 5)]],
        vec![vec![part(8..20, 5), part(0..10, 0)]],
    ] {
        let (_parent, folder) = made(batches);
        assert_eq!(read(&folder, "SIM").unwrap(), [part(0..20, 5)]);
    }
}

#[test]
fn chains_of_one_instant_that_disagree_are_refused() {
    let ts = at(day(1, 4));
    let mut other = row(ts, 3);
    other.open_interest = Some(-1.0);
    let other = ChainSnapshot::from_rows(head("SIM", ts), vec![other]).unwrap();
    let mut moved = head("SIM", ts);
    moved.spot = Spot::new(1.0).unwrap();
    let moved = ChainSnapshot::from_rows(moved, vec![row(ts, 50)]).unwrap();
    for second in [other, moved] {
        let (_parent, folder) = made(vec![vec![part(0..10, 0)]]);
        let before = bytes(&folder);
        let both = import(&folder, vec![vec![second.clone()]], Conflict::KeepBoth);
        assert!(matches!(both, Err(ArchiveError::Disagree { .. })));
        assert!(bytes(&folder) == before);

        let parent = tempfile::tempdir().unwrap();
        let batches = vec![vec![part(0..10, 0), second.clone()]];
        let at_once = import(&parent.path().join("b"), batches, Conflict::Refuse);
        assert!(matches!(at_once, Err(ArchiveError::Disagree { .. })));
        let batches = vec![vec![part(0..10, 0)], vec![second]];
        let error = import(&parent.path().join("a"), batches, Conflict::Refuse).unwrap_err();
        assert!(matches!(error, ArchiveError::Disagree { .. }), "{error}");
        assert!(error.to_string().contains("2024-01-04 21:15:00"), "{error}");
    }
}

#[test]
fn one_archive_has_one_calendar_and_one_clock() {
    let (_parent, folder) = made(vec![market()]);
    let other = |change: fn(&mut ArchiveTerms)| {
        let mut terms = terms();
        change(&mut terms);
        ArchiveWriter::begin(&folder, terms)
            .unwrap_err()
            .to_string()
    };
    let calendar = other(|terms| terms.calendar = "deribit".to_owned());
    assert!(
        calendar.contains("calendar xnys") && calendar.contains("deribit"),
        "{calendar}"
    );
    let clock = other(|terms| terms.open_interest = "live".to_owned());
    assert!(
        clock.contains("start-of-day") && clock.contains("live"),
        "{clock}"
    );
}

#[test]
fn a_name_that_is_no_folder_is_refused() {
    let long = "X".repeat(33);
    for name in [
        "", ".", "..", "../x", "a/b", "a\\b", "C:", ".hidden", "S P X", "Ü", &long,
    ] {
        let parent = tempfile::tempdir().unwrap();
        let mut writer = ArchiveWriter::begin(&parent.path().join("a"), terms()).unwrap();
        let error = writer
            .add(vec![chain_of(name, at(day(1, 4)), 2)])
            .unwrap_err();
        assert!(matches!(error, ArchiveError::Name(_)), "{name:?}: {error}");
    }
}

fn set_aside(folder: &Path, date: chrono::NaiveDate, row: usize) {
    let mut writer = ArchiveWriter::begin(folder, terms()).unwrap();
    writer.add(vec![chain(date, 4)]).unwrap();
    writer.set_aside(vec![Rejected {
        source: format!("{date}.csv"),
        row,
        column: "strike".to_owned(),
        value: "<b>\"-5\"</b>".to_owned(),
        rule: Rule::InvalidStrike,
    }]);
    let source = SourceRecord {
        name: format!("{date}.csv"),
        blake3: format!("{row:064x}"),
        format: "chain-table".to_owned(),
        rows_in: 5,
        rows_kept: 4,
        rows_set_aside: 1,
    };
    let summary = Summary {
        sources: vec![source],
        ..Summary::default()
    };
    writer.commit(summary, Conflict::Refuse).unwrap();
}

#[test]
fn rows_set_aside_and_sources_add_up_over_imports() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a");
    set_aside(&folder, day(1, 4), 7);
    set_aside(&folder, day(1, 5), 9);
    let archive = Archive::open(&folder).unwrap();
    let table = archive.rejected().unwrap().unwrap();
    assert_eq!(
        table.column("row"),
        Some(&Column::I64(vec![Some(7), Some(9)]))
    );
    let reasons = vec![Some("invalid_strike".to_owned()); 2];
    assert_eq!(table.column("reason"), Some(&Column::Text(reasons)));
    assert!(archive.holds_source(&format!("{:064x}", 7)));
    assert!(!archive.holds_source(&format!("{:064x}", 8)));
    let writer = ArchiveWriter::begin(&folder, terms()).unwrap();
    assert_eq!(writer.known_sources().len(), 2);
    assert!(writer.holds_source(&format!("{:064x}", 9)));
    drop(writer);

    let path = folder.join("rejected.parquet");
    let mut bytes = fs::read(&path).unwrap();
    bytes[20] ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = archive.rejected().unwrap_err().to_string();
    assert!(error.contains("rejected.parquet"), "{error}");
    assert_eq!(archive.damages().len(), 1);
}
