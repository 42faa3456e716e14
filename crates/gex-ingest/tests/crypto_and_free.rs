//! Deribit's chains and the free histories, against real files.
//!
//! The files are private: `GEX_SHARED` names the folder that holds them. Unset, each test says that
//! it skipped. What is expected of each set is stated in its own PROVENANCE page.

#![expect(
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise in its data"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use gex_compute::market::contract::{Exercise, Payoff, Right};
use gex_compute::market::snapshot::{ChainRow, ChainSnapshot};
use gex_ingest::import::{ImportReport, ImportRequest, read_sources};
use gex_ingest::quality::Rule;
use gex_ingest::table::{Column, Table, write_parquet};

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

/// Columns as `public/ticker` names them (docs.deribit.com), flattened with dots; values made up.
const TICKERS: &str = "\
underlying_price,timestamp,open_interest,mark_price,mark_iv,instrument_name,index_price,bid_iv,\
best_bid_price,best_ask_price,ask_iv,stats.volume,greeks.gamma,greeks.delta
100050.0,1769155200000,2.5,0.031,40.0,BTC-30JAN26-100000-C,100000.0,39.0,0.0305,0.0,0.0,1.5,1e-05,0.52
100050.0,1769155201000,4.0,0.030,40.0,BTC-30JAN26-100000-P,100010.0,39.0,0.0295,0.0315,41.0,,1e-05,-0.48
0.5,1769155201500,10.0,0.02,80.0,XRP_USDC-30JAN26-0d45-C,0.5,79.0,0.019,0.021,81.0,0.0,0.5,0.9
100050.0,1769155202000,4.0,0.030,40.0,BTC-PERPETUAL,100010.0,39.0,0.0295,0.0315,41.0,,1e-05,-0.48
101050.0,1769158800000,3.5,0.033,41.0,BTC-30JAN26-100000-C,101000.0,40.0,0.0325,0.0335,42.0,1.5,1e-05,0.58
";

#[test]
fn deribit_tickers_make_one_chain_a_pass() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tickers.csv");
    std::fs::write(&path, TICKERS).unwrap();
    let (report, chains) = import(path);
    assert_eq!(report.profile.name, "deribit-ticker");
    assert_eq!(
        report.sources[0].rows.set_aside, 1,
        "a perpetual has no strike"
    );
    let heads: Vec<_> = chains
        .iter()
        .map(|chain| (chain.head().ts.timestamp_millis(), chain.head().spot.get()))
        .collect();
    assert!(heads.contains(&(1_769_155_201_000, 100_010.0)), "{heads:?}");
    assert!(heads.contains(&(1_769_158_800_000, 101_000.0)), "{heads:?}");
    assert!(heads.contains(&(1_769_155_201_500, 0.5)), "{heads:?}");
    let rows: Vec<ChainRow> = chains.iter().flat_map(ChainSnapshot::rows).collect();
    let coin = rows
        .iter()
        .find(|row| row.open_interest == Some(2.5))
        .unwrap();
    close(coin.iv, 0.40);
    close(coin.bid, 0.0305);
    close(coin.forward, 100_050.0);
    assert_eq!(
        (coin.ask, coin.payoff),
        (None, Payoff::Inverse),
        "an offer of 0 is none"
    );
    let pair = rows
        .iter()
        .find(|row| row.payoff == Payoff::Linear)
        .unwrap();
    close(Some(pair.strike), 0.45);
}

/// Both files are of test.deribit.com, as the README beside them says.
#[test]
fn deribit_tickers_of_the_test_exchange_are_refused() {
    for (coin, column) in [("btc", "underlying_price"), ("eth", "mark_iv")] {
        let file = format!("raw/deribit/{coin}_ticker_flat_2021-02-11.csv");
        let Some(file) = shared(&file) else {
            return;
        };
        let request = ImportRequest::of(vec![file]);
        let error = read_sources(&request, &mut |_| (), &mut |_| Ok(())).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("artificial_market"), "{text}");
        assert!(
            text.contains(column) && text.contains("test.deribit.com"),
            "{text}"
        );
    }
}

/// Rows, lots and prices read from the files themselves: 111,711 options of NIFTY, of which 2,866 on
/// their day of expiry, and 198 futures.
#[test]
fn nse_counts_in_lots_and_sets_aside_what_has_settled() {
    let Some(file) = shared("data/nse_index_options/NIFTY.parquet") else {
        return;
    };
    let (report, chains) = import(file);
    assert_eq!(report.profile.name, "nse-udiff");
    assert_eq!(report.open_interest.to_string(), "end-of-day");
    assert_eq!(report.sources[0].rows.kept, 111_711 - 2_866);
    assert_eq!(report.sources[0].rows.set_aside, 2_866 + 198);
    assert_eq!(chains.len(), 66);
    let chain = chains
        .iter()
        .find(|chain| chain.head().session.to_string() == "2025-01-10")
        .unwrap();
    let head = chain.head();
    assert_eq!(head.ts.to_rfc3339(), "2025-01-10T10:00:00+00:00");
    // A Friday: the figure of its end is public before Monday's open, 09:15 in Kolkata.
    assert_eq!(head.known_at.to_rfc3339(), "2025-01-13T03:45:00+00:00");
    assert_eq!(head.currency.code(), "INR");
    close(Some(head.spot.get()), 23_431.5);
    let row = call(chain, "2025-02-27", 23_400.0);
    close(row.mark, 645.55);
    close(row.open_interest, 30_450.0 / 75.0);
    close(Some(row.multiplier), 75.0);
    close(row.volume, 924.0);
    assert_eq!(row.iv, None, "the exchange gives none");
}

/// The exchange's own CSV holds what the typed copy of it holds.
#[test]
fn nse_text_and_typed_copies_agree() {
    let (Some(text), Some(typed)) = (
        shared("raw/nse_udiff/NIFTY_2025-01-10.csv"),
        shared("data/nse_index_options/NIFTY.parquet"),
    ) else {
        return;
    };
    let ((_, text), (_, typed)) = (import(text), import(typed));
    let [text] = text.as_slice() else {
        panic!("{} snapshots of one day", text.len());
    };
    let same_day = |chain: &&ChainSnapshot| chain.head() == text.head();
    let typed = typed.iter().find(same_day).unwrap();
    assert!(1_000 < text.len());
    assert!(text.rows().eq(typed.rows()));
}

fn text_column(values: &[&str]) -> Column {
    Column::Text(values.iter().map(|text| Some((*text).to_owned())).collect())
}

fn table(columns: Vec<(&str, Column)>) -> Table {
    columns
        .into_iter()
        .fold(Table::new(), |table, (name, column)| {
            table.with(name, column)
        })
}

/// Three contracts of SPY on Friday 2012-01-20, as the data set's description says, and one on the
/// Monday, which has no price. The second is dated on the Saturday after its last session.
fn spy_2012(folder: &Path) {
    let chain = table(vec![
        (
            "contract_id",
            text_column(&[
                "SPY120317C00130000",
                "SPY120121C00130000",
                "SPY120317P00130000",
                "SPY120317C00130000",
            ]),
        ),
        ("symbol", text_column(&["SPY"; 4])),
        (
            "expiration",
            text_column(&["2012-03-17", "2012-01-21", "2012-03-17", "2012-03-17"]),
        ),
        ("strike", Column::F64(vec![Some(130.0); 4])),
        ("type", text_column(&["call", "call", "put", "call"])),
        ("bid", Column::F64(vec![Some(4.1); 4])),
        ("ask", Column::F64(vec![Some(4.2); 4])),
        ("volume", Column::I64(vec![Some(7); 4])),
        ("open_interest", Column::I64(vec![Some(1_200); 4])),
        (
            "date",
            text_column(&["2012-01-20", "2012-01-20", "2012-01-20", "2012-01-23"]),
        ),
        ("implied_volatility", Column::F64(vec![Some(0.17); 4])),
    ]);
    write_parquet(&folder.join("options_2012.parquet"), &chain, &[]).unwrap();
}

fn prices_2012(folder: &Path) {
    let price = |level: f64| Column::F64(vec![Some(level)]);
    let prices = table(vec![
        ("date", text_column(&["2012-01-20"])),
        ("open", price(131.0)),
        ("high", price(131.7)),
        ("low", price(130.9)),
        ("close", price(131.54)),
    ]);
    write_parquet(&folder.join("underlying_prices.parquet"), &prices, &[]).unwrap();
}

#[test]
fn the_free_history_takes_its_spot_from_the_prices_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    spy_2012(folder.path());
    prices_2012(folder.path());
    let (report, chains) = import(folder.path().to_owned());
    assert_eq!(report.profile.name, "options-dataset");
    assert_eq!(report.open_interest.to_string(), "start-of-day");
    assert_eq!(report.ignored, ["underlying_prices.parquet"]);
    let rows = report.sources[0].rows;
    assert_eq!((rows.kept, rows.set_aside), (2, 2), "expired; no price");
    let [chain] = chains.as_slice() else {
        panic!("{} snapshots of one day", chains.len());
    };
    let head = chain.head();
    assert_eq!(head.ts.to_rfc3339(), "2012-01-20T21:00:00+00:00");
    assert_eq!(head.known_at, head.ts);
    close(Some(head.spot.get()), 131.54);
    let row = call(chain, "2012-03-16T20:00:00", 130.0);
    assert_eq!(
        (row.exercise, row.root.as_str()),
        (Exercise::American, "SPY")
    );
    close(row.open_interest, 1_200.0);
    close(row.iv, 0.17);
    close(Some(row.multiplier), 100.0);
}

#[test]
fn the_free_history_is_refused_without_prices() {
    let folder = tempfile::tempdir().unwrap();
    spy_2012(folder.path());
    let request = ImportRequest::of(vec![folder.path().to_owned()]);
    let error = read_sources(&request, &mut |_| (), &mut |_| Ok(())).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("options_2012.parquet"), "{text}");
    assert!(text.contains("underlying_prices.parquet"), "{text}");
    assert!(text.contains("date, close"), "{text}");
}
