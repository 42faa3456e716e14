//! The vendors' formats against real files.
//!
//! The files are private: `GEX_SHARED` names the folder that holds them. Unset, each test says that
//! it skipped. What is expected of each set is stated in its own PROVENANCE page.

#![expect(
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise in its data"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::NaiveDate;
use gex_compute::market::bar::Adjustment;
use gex_compute::market::calendar::Calendar;
use gex_compute::market::snapshot::ChainSnapshot;
use gex_ingest::assemble::Assembler;
use gex_ingest::daily::{BarsRequest, read_bars};
use gex_ingest::import::{ImportRequest, read_sources};
use gex_ingest::quality::Rule;
use gex_ingest::source::find_sources;
use gex_ingest::vendor::{Format, Layout};

#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test may look for its data, and must say that it skipped"
)]
fn shared(set: &str) -> Option<PathBuf> {
    let Ok(folder) = std::env::var("GEX_SHARED") else {
        eprintln!("SKIPPED: GEX_SHARED is unset, so {set} can't be read");
        return None;
    };
    Some(PathBuf::from(folder).join("data").join(set))
}

struct Imported {
    snapshots: Vec<ChainSnapshot>,
    books: Assembler,
}

impl Imported {
    fn sessions(&self) -> BTreeSet<NaiveDate> {
        self.snapshots.iter().map(|s| s.head().session).collect()
    }

    fn places(&self, rule: Rule) -> String {
        self.books.ledger().tally(rule).places.join("\n")
    }
}

fn import(folder: PathBuf, format: Format, begins: &str) -> Imported {
    let layout = Layout::Vendor(format);
    let profile = layout.profile();
    let clock = profile.open_interest;
    let mut books = Assembler::new(profile, clock);
    for source in find_sources(&[folder]).unwrap().files {
        if source.name.starts_with(begins) {
            let file = layout.read(&source).unwrap();
            books.add(&source.name, file).unwrap();
        }
    }
    books.finish();
    let snapshots = books.take_snapshots();
    let rejected = books.take_rejected();
    let counts: Vec<_> = books.sources().values().collect();
    for count in &counts {
        assert_eq!(count.rows, count.kept + count.set_aside, "nothing vanishes");
    }
    let kept: usize = snapshots.iter().map(ChainSnapshot::len).sum();
    assert_eq!(kept as u64, counts.iter().map(|c| c.kept).sum::<u64>());
    let set_aside = counts.iter().map(|c| c.set_aside).sum::<u64>();
    assert_eq!(rejected.len() as u64, set_aside);
    Imported { snapshots, books }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn cboe_delayed_holds_21_sessions() {
    let Some(folder) = shared("cboe_delayed_2026/SPX") else {
        return;
    };
    let all = import(folder, Format::CboeDelayed, "2026");
    let sessions = all.sessions();
    assert_eq!(sessions.len(), 21);
    assert_eq!(all.snapshots.len(), 21);
    assert!(sessions.contains(&day("2026-07-22")) && !sessions.contains(&day("2026-07-23")));
    assert!(sessions.contains(&day("2026-08-06")) && !sessions.contains(&day("2026-08-07")));
    let relabelled = all.places(Rule::SessionRelabelled);
    assert!(relabelled.contains("labelled 2026-07-23"), "{relabelled}");
    assert!(relabelled.contains("labelled 2026-08-07"), "{relabelled}");
    let repeated = all.places(Rule::RepeatedSession);
    assert!(repeated.contains("kept: 2026-07-22.parquet"), "{repeated}");
    let same = all.places(Rule::SameOpenInterest);
    assert!(
        same.contains("2026-07-23.parquet: open interest of SPX 2026-07-22"),
        "{same}"
    );
    let missing = all.places(Rule::MissingSession);
    assert_eq!(missing, "2026-07-23: no snapshot\n2026-08-07: no snapshot");
    // 95 rows have a bid above an offer of zero, which is no offer; with time left and outside the
    // repeated file, 64 rows have none, of which 17 have a bid or a volatility; the others hold
    // nothing and are set aside.
    assert_eq!(all.books.ledger().tally(Rule::CrossedQuote).rows, 0);
    assert_eq!(all.books.ledger().tally(Rule::NoOffer).rows, 17);
    for snapshot in &all.snapshots {
        let head = snapshot.head();
        assert!(head.ts <= head.known_at);
        assert!(snapshot.expiries().iter().all(|e| head.ts < e.expiry));
    }
}

#[test]
fn cboe_snap_holds_33_sessions_of_36_files() {
    let Some(folder) = shared("cboe_snap_2026") else {
        return;
    };
    for underlying in ["SPX", "VIX"] {
        let all = import(folder.clone(), Format::CboeSnap, underlying);
        let sessions = all.sessions();
        assert_eq!(sessions.len(), 33, "{underlying}");
        let closed = all.places(Rule::ClosedDay);
        assert!(closed.contains("2026-06-19 is Juneteenth"), "{closed}");
        assert!(
            closed.contains("2026-07-03 is Independence Day"),
            "{closed}"
        );
        let early = all.places(Rule::FetchedBeforeOpen);
        assert!(early.contains("before the open of 2026-06-23"), "{early}");
        let kept: usize = all.snapshots.iter().map(ChainSnapshot::len).sum();
        let inferred = all.books.ledger().tally(Rule::RootInferred).rows;
        assert_eq!(inferred, kept as u64, "no row names its root");
        assert_eq!(all.books.ledger().tally(Rule::RootAmbiguous).rows, 0);
        let same = all.places(Rule::SameOpenInterest);
        assert!(same.contains("2026-06-22 in"), "{same}");
        assert!(same.contains("2026-07-06 in"), "{same}");
        if underlying == "SPX" {
            let late = all.places(Rule::FetchedLate);
            assert!(
                late.contains("session 2026-06-12, fetched Saturday"),
                "{late}"
            );
        }
        assert_eq!(all.places(Rule::MissingSession), "2026-06-23: no snapshot");
    }
}

type Contracts = BTreeMap<(String, i64, u64, &'static str), f64>;

fn open_interest(snapshot: &ChainSnapshot) -> Contracts {
    snapshot
        .rows()
        .map(|row| {
            let key = (
                row.root.clone(),
                row.expiry.timestamp(),
                row.strike.to_bits(),
                row.right.letter(),
            );
            (key, row.open_interest.unwrap())
        })
        .collect()
}

/// Root and open interest of every contract, from a set that has roots and one that has none.
#[test]
fn roots_read_from_the_order_of_rows_are_the_vendors_own() {
    let (Some(rooted), Some(bare)) = (shared("cboe_delayed_2026/SPX"), shared("cboe_snap_2026"))
    else {
        return;
    };
    let rooted = import(rooted, Format::CboeDelayed, "2026-07-2");
    let bare = import(bare, Format::CboeSnap, "SPX_2026-07");
    for session in ["2026-07-22", "2026-07-28"] {
        let of = |all: &Imported| {
            let mut chains = all.snapshots.iter();
            let chain = chains.find(|s| s.head().session == day(session)).unwrap();
            open_interest(chain)
        };
        let (rooted, bare) = (of(&rooted), of(&bare));
        assert!(20_000 < bare.len());
        for (contract, contracts) in &bare {
            assert_eq!(
                rooted.get(contract),
                Some(contracts),
                "{session} {contract:?}"
            );
        }
    }
}

/// Two vendors, one open interest: equal on at least 99.9 % of the contracts that both list.
#[test]
fn cboe_and_barchart_agree_on_open_interest() {
    let (Some(cboe), Some(barchart)) = (shared("cboe_snap_2026"), shared("spx_barchart_2026"))
    else {
        return;
    };
    let cboe = import(cboe, Format::CboeSnap, "SPX_2026-06");
    let barchart = import(barchart, Format::Barchart, "2026-06");
    assert!(0 < barchart.books.ledger().tally(Rule::RootAmbiguous).rows);
    let june_monthly = "2026-06-18";
    let mut compared = 0;
    for ours in &cboe.snapshots {
        let session = ours.head().session;
        let mut others = barchart.snapshots.iter();
        let Some(theirs) = others.find(|s| s.head().session == session) else {
            continue;
        };
        let ours = open_interest(ours);
        let (mut matched, mut equal) = (0_u32, 0_u32);
        for (contract, contracts) in open_interest(theirs) {
            let expiry = chrono::DateTime::from_timestamp(contract.1, 0).unwrap();
            if expiry.date_naive() == day(june_monthly) {
                continue;
            }
            if let Some(found) = ours.get(&contract) {
                matched += 1;
                equal += u32::from(found.to_bits() == contracts.to_bits());
            }
        }
        assert!(2_000 < matched, "{session}: {matched}");
        let share = f64::from(equal) / f64::from(matched);
        assert!(0.999 <= share, "{session}: {equal} of {matched}");
        compared += 1;
    }
    assert_eq!(compared, 11, "06-12, 15-18, 22, 24-26, 29, 30");
}

/// The same 21 sessions in two vendors' bars (Cboe; Yahoo `^GSPC`), to two decimals.
#[test]
fn daily_bars_of_two_vendors_agree() {
    let (Some(cboe), Some(yahoo)) = (
        shared("cboe_delayed_2026/underlying.parquet"),
        shared("cboe_snap_2026/ohlc_spx.csv"),
    ) else {
        return;
    };
    let request = BarsRequest {
        underlying: "SPX".to_owned(),
        adjustment: Adjustment::None,
        calendar: Calendar::Xnys,
    };
    let cboe = read_bars(&cboe, &request).unwrap();
    let yahoo = read_bars(&yahoo, &request).unwrap();
    assert_eq!(yahoo.rejected, Vec::new());
    assert!(2_500 < yahoo.series.bars.len());
    assert_eq!(cboe.rows, cboe.series.bars.len() + cboe.rejected.len());
    let repeated = cboe.rejected.iter().map(|r| (r.value.as_str(), r.rule));
    assert_eq!(
        repeated.collect::<Vec<_>>(),
        [("2026-07-22", Rule::RepeatedDate)]
    );
    assert_eq!(cboe.series.bars.len(), 21);
    for ours in &cboe.series.bars {
        let mut others = yahoo.series.bars.iter();
        let theirs = others.find(|bar| bar.start == ours.start).unwrap();
        for (a, b) in [(ours.open, theirs.open), (ours.close, theirs.close)] {
            assert!((a - b).abs() < 0.011, "{}: {a} {b}", ours.start);
        }
    }
}

/// SPY by the minute, January 2024: 21 whole sessions of 390 minutes, and the hours before and after them.
#[test]
fn a_month_of_minutes_holds_its_sessions() {
    let Some(path) = shared("bars/spy_1m_202401.parquet") else {
        return;
    };
    let read = read_bars(
        &path,
        &BarsRequest {
            underlying: "SPY".to_owned(),
            adjustment: Adjustment::None,
            calendar: Calendar::Xnys,
        },
    )
    .unwrap();
    assert_eq!(read.series.bars.len(), 21 * 390);
    assert!(
        read.rejected
            .iter()
            .all(|row| row.rule == Rule::DateWithoutSession)
    );
}

/// Nothing but the folders is given: formats, companions and clocks are found.
#[test]
fn formats_are_recognised_by_their_columns() {
    for (set, name, snapshots, ignored) in [
        (
            "cboe_delayed_2026",
            "cboe-delayed",
            21,
            "underlying.parquet",
        ),
        ("cboe_snap_2026", "cboe-snap", 66, "ohlc_spx.csv"),
        ("spx_barchart_2026", "barchart", 90, "PROVENANCE.md"),
    ] {
        let Some(folder) = shared(set) else {
            return;
        };
        let mut made = 0;
        let request = ImportRequest::of(vec![folder]);
        let report = read_sources(&request, &mut |_| (), &mut |batch| {
            made += batch.snapshots.len();
            Ok(())
        })
        .unwrap();
        assert_eq!((report.profile.name.as_str(), made), (name, snapshots));
        assert_eq!(report.open_interest.to_string(), "start-of-day");
        assert!(
            report.ignored.iter().any(|file| file == ignored),
            "{:?}",
            report.ignored
        );
    }
}
