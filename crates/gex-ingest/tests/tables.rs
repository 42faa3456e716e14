//! Whole imports of small tables written here.

#![expect(
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise in its data"
)]

use std::path::PathBuf;

use gex_compute::market::bar::Adjustment;
use gex_compute::market::calendar::Calendar;
use gex_compute::market::snapshot::ChainSnapshot;
use gex_ingest::daily::{BarsRequest, ControlRequest, Pace, pace, read_bars, read_control};
use gex_ingest::import::{Batch, ImportError, ImportReport, ImportRequest, read_sources};
use gex_ingest::mapping::Mapping;
use gex_ingest::quality::Rule;
use gex_ingest::sessions::OiClock;
use gex_ingest::source::{SourceError, find_sources};
use gex_ingest::vendor::Format;
use tempfile::TempDir;

const HEADER: &str = "ts,underlying,expiry,strike,kind,bid,ask,iv,open_interest,underlying_price\n";

fn table(lines: &[&str]) -> (TempDir, PathBuf) {
    file("chains.csv", &format!("{HEADER}{}\n", lines.join("\n")))
}

fn file(name: &str, text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn import(request: &ImportRequest) -> Result<(ImportReport, Batch), ImportError> {
    let mut all = Batch::default();
    let mut named = Vec::new();
    let report = read_sources(
        request,
        &mut |progress| named.push(progress.file.to_owned()),
        &mut |batch| {
            all.snapshots.extend(batch.snapshots);
            all.rejected.extend(batch.rejected);
            Ok(())
        },
    )?;
    assert_eq!(named.len(), report.sources.len());
    for source in &report.sources {
        let rows = source.rows;
        assert_eq!(rows.rows, rows.kept + rows.set_aside, "nothing vanishes");
    }
    Ok((report, all))
}

/// Imports one call and one put that are sound, and `line`: the rule that `line` breaks.
fn rule_of(line: &str) -> (ImportReport, Batch) {
    let (_folder, path) = table(&[
        "2026-06-22T19:45:00Z,SPX,2026-06-26,7400,C,80,81,0.14,10,7472.79",
        "2026-06-22T19:45:00Z,SPX,2026-06-26,7400,P,20,21,0.15,20,7472.79",
        line,
    ]);
    import(&ImportRequest::of(vec![path])).unwrap()
}

/// The rest of a line, the rule that it breaks, and the column and value to be named.
const BAD_ROWS: [(&str, Rule, &str, &str); 11] = [
    (
        ",2026-06-26,0,C,1,2,0.2,5,7472.79",
        Rule::InvalidStrike,
        "strike",
        "0",
    ),
    (
        ",2026-06-26,,C,1,2,0.2,5,7472.79",
        Rule::NullRequired,
        "strike",
        "",
    ),
    (
        ",2026-06-26,12x,C,1,2,0.2,5,7472.79",
        Rule::Malformed,
        "strike",
        "12x",
    ),
    (
        ",2026-06-26,7500,X,1,2,0.2,5,7472.79",
        Rule::UnknownKind,
        "kind",
        "X",
    ),
    (
        ",2026-06-26,7500,C,1,2,-0.2,5,7472.79",
        Rule::InvalidIv,
        "iv",
        "-0.2",
    ),
    (
        ",2026-06-26,7500,C,1,2,inf,5,7472.79",
        Rule::InvalidIv,
        "iv",
        "inf",
    ),
    (
        ",2026-06-26,7500,C,1,2,0.00001,5,7472.79",
        Rule::ImplausibleIv,
        "iv",
        "0.00001",
    ),
    (
        ",2026-06-26,7500,C,1,2,0.2,-5,7472.79",
        Rule::InvalidOpenInterest,
        "open_interest",
        "-5",
    ),
    (
        ",2026-06-26,7500,C,1,2,0.2,5,-1",
        Rule::InvalidSpot,
        "underlying_price",
        "-1",
    ),
    (
        ",2026-06-19,7500,C,1,2,0.2,5,7472.79",
        Rule::ExpiredContract,
        "expiry",
        "2026-06-19",
    ),
    (
        ",,7500,C,1,2,0.2,5,7472.79",
        Rule::NullRequired,
        "expiry",
        "",
    ),
];

#[test]
fn a_bad_row_is_set_aside_with_file_row_column_value_and_rule() {
    let start = "2026-06-22T19:45:00Z,SPX";
    for (rest, rule, column, value) in BAD_ROWS {
        let (report, batch) = rule_of(&format!("{start}{rest}"));
        let [row] = &batch.rejected[..] else {
            panic!("{rest}: {:?}", batch.rejected);
        };
        assert_eq!((row.source.as_str(), row.row), ("chains.csv", 2), "{rest}");
        assert_eq!((row.rule, row.column.as_str()), (rule, column), "{rest}");
        assert!(row.value.starts_with(value), "{rest}: {}", row.value);
        assert_eq!(report.ledger.tally(rule).rows, 1, "{rest}");
        assert_eq!(batch.snapshots[0].len(), 2, "{rest}");
    }
}

#[test]
fn a_doubtful_number_becomes_unknown_and_the_row_says_so() {
    let start = "2026-06-22T19:45:00Z,SPX,2026-06-26,7500,C";
    for (rest, rule) in [
        (",1,2,0,5,7472.79", Rule::ZeroIv),
        (",-1,2,0.2,5,7472.79", Rule::InvalidQuote),
        (",1,inf,0.2,5,7472.79", Rule::InvalidQuote),
        (",3,2,0.2,5,7472.79", Rule::CrossedQuote),
        (",3,0,0.2,5,7472.79", Rule::NoOffer),
        (",1,2,0.2,5,7473.79", Rule::InconsistentSpot),
    ] {
        let (report, batch) = rule_of(&format!("{start}{rest}"));
        let chain = &batch.snapshots[0];
        assert_eq!((chain.len(), batch.rejected.len()), (3, 0), "{rest}");
        assert!((chain.head().spot.get() - 7472.79).abs() < 1e-12, "{rest}");
        assert_eq!(report.ledger.tally(rule).rows, 1, "{rest}");
        let doubtful = chain.rows().find(|row| row.strike > 7_450.0).unwrap();
        assert_eq!(doubtful.flags.0 & rule.bit(), rule.bit(), "{rest}");
    }
}

#[test]
fn a_price_that_holds_no_volatility_costs_its_row() {
    let start = "2026-06-22T19:45:00Z,SPX,2026-06-26,7000";
    for (rest, named) in [
        (",C,0,0,0,5,7472.79", Some("iv")),
        (",C,1,1.1,,5,7472.79", Some("bid")),
        (",C,470,474,,5,7472.79", None),
        (",P,0,0.05,,5,7472.79", None),
        (",C,1,1.1,0.2,5,7472.79", None),
    ] {
        let (report, batch) = rule_of(&format!("{start}{rest}"));
        let columns: Vec<&str> = batch
            .rejected
            .iter()
            .map(|row| row.column.as_str())
            .collect();
        assert_eq!(columns, named.into_iter().collect::<Vec<_>>(), "{rest}");
        let caught = report.ledger.tally(Rule::IvNotSolvable).rows;
        assert_eq!(caught, columns.len() as u64, "{rest}");
        assert_eq!(batch.snapshots[0].len(), 3 - columns.len(), "{rest}");
    }
}

#[test]
fn equal_copies_count_once_and_copies_that_differ_count_not_at_all() {
    let put = "2026-06-22T19:45:00Z,SPX,2026-06-26,7400,P,20,21,0.15,";
    let (_, equal) = rule_of(&format!("{put}20,7472.79"));
    assert_eq!((equal.snapshots[0].len(), equal.rejected.len()), (2, 1));
    let (report, differing) = rule_of(&format!("{put}99,7472.79"));
    assert_eq!(
        (differing.snapshots[0].len(), differing.rejected.len()),
        (1, 2)
    );
    assert_eq!(report.ledger.tally(Rule::DuplicateContract).rows, 2);
}

#[test]
fn a_date_settles_at_the_close_and_open_interest_is_known_at_its_clock() {
    let (_folder, path) =
        table(&["2026-06-22T19:45:00Z,SPX,2026-06-26,7400,C,80,81,0.14,10,7472.79"]);
    let mut request = ImportRequest::of(vec![path]).with_format(Format::ChainTable);
    let known_at = |request: &ImportRequest| {
        let chain = import(request).unwrap().1.snapshots.remove(0);
        assert_eq!(
            chain.expiries()[0].expiry.to_rfc3339(),
            "2026-06-26T20:00:00+00:00"
        );
        chain.head().known_at.to_rfc3339()
    };
    assert_eq!(known_at(&request), "2026-06-22T19:45:00+00:00");
    request.open_interest = Some(OiClock::EndOfDay);
    assert_eq!(known_at(&request), "2026-06-23T13:30:00+00:00");
    request.open_interest = Some(OiClock::parse("delay:90m").unwrap());
    assert_eq!(known_at(&request), "2026-06-22T21:15:00+00:00");
}

#[test]
fn a_mapping_reads_thousandths_percent_and_local_time() {
    let (_folder, path) = file(
        "broker.csv",
        "when,expires,strike_1000,cp,vol,oi,last\n\
         06/22/2026 15:45:00,06/26/2026,7400000,call,14.5,10,7472.79\n",
    );
    let mapping = Mapping::parse(
        r#"
        name = "broker"
        calendar = "xnys"
        open-interest = "start-of-day"
        columns = { ts = "when", expiry = "expires", strike = "strike_1000", right = "cp", iv = "vol", open_interest = "oi", spot = "last" }
        units = { iv = "percent", strike-scale = 0.001 }
        time = { zone = "America/New_York", format = "%m/%d/%Y %H:%M:%S", expiry-format = "%m/%d/%Y" }
        contract = { underlying = "SPX", root = "SPX", settlement = "am-open" }
        "#,
    )
    .unwrap();
    let (_, batch) = import(&ImportRequest::of(vec![path]).with_mapping(mapping)).unwrap();
    let chain = &batch.snapshots[0];
    assert_eq!(chain.head().ts.to_rfc3339(), "2026-06-22T19:45:00+00:00");
    let row = chain.rows().next().unwrap();
    assert_eq!(row.expiry.to_rfc3339(), "2026-06-26T13:30:00+00:00");
    assert!((row.strike - 7_400.0).abs() < 1e-9 && (row.iv.unwrap() - 0.145).abs() < 1e-12);
}

#[test]
fn bad_files_are_refused_by_name_place_and_cure() {
    let row = "2026-06-22T19:45:00Z,SPX,2026-06-26,7400,C,80,81,14.5,10,7472.79\n";
    let naive = row.replace('Z', "").replace("14.5", "0.145");
    let thousandths = row.replace(",7400,", ",7400000,");
    for (name, text, expected) in [
        ("a.csv", format!("{HEADER}{row}"), "implausible_iv: a.csv"),
        (
            "b.csv",
            format!("{HEADER}{thousandths}"),
            "implausible_strike: b.csv",
        ),
        (
            "c.csv",
            format!("{HEADER}{naive}"),
            "naive_timestamp: c.csv, column \"ts\"",
        ),
        (
            "d.csv",
            HEADER.replace("bid", "strike"),
            "duplicate_column: d.csv",
        ),
        ("e.csv", "a,b\n1,2\n".to_owned(), "unknown_format"),
        ("f.parquet", "ts,strike\n".to_owned(), "looks like text"),
        ("g.parquet", String::new(), "is empty"),
        (
            "h.parquet",
            "version https://git-lfs.github.com/spec/v1\n".to_owned(),
            "Git LFS",
        ),
    ] {
        let (_folder, path) = file(name, &text);
        let error = import(&ImportRequest::of(vec![path]))
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_table_with_none_of_the_columns_is_refused_with_those_that_it_has() {
    let (_folder, path) = file("a.csv", &format!("{}1 2\n", HEADER.replace(',', " ")));
    let request = ImportRequest::of(vec![path]).with_format(Format::ChainTable);
    let error = import(&request).unwrap_err().to_string();
    assert!(
        error.contains("missing_column: a.csv") && error.contains(" strike "),
        "{error}"
    );
}

#[test]
fn an_unreadable_instant_before_good_ones_costs_its_row_alone() {
    let row = "2026-06-22T19:45:00Z,SPX,2026-06-26,7400,C,80,81,0.145,10,7472.79\n";
    let garbage = row.replace("2026-06-22T19:45:00Z", "yesterday");
    let (_folder, path) = file("a.csv", &format!("{HEADER}{garbage}{row}"));
    let (_, batch) = import(&ImportRequest::of(vec![path])).unwrap();
    assert_eq!(batch.snapshots[0].len(), 1);
    assert_eq!(batch.rejected[0].rule, Rule::Malformed);
}

#[cfg(unix)]
#[test]
fn a_folder_is_read_without_hidden_files_and_links_that_lead_out_are_refused() {
    let (_elsewhere, outside) = file("outside.csv", HEADER);
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("2026");
    std::fs::create_dir(&below).unwrap();
    for name in ["b.csv", "a.csv", ".hidden.csv", "_SUCCESS", "notes.txt"] {
        std::fs::write(below.join(name), HEADER).unwrap();
    }
    let found = find_sources(&[folder.path().to_owned()]).unwrap();
    let names: Vec<_> = found.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["2026/a.csv", "2026/b.csv"]);
    assert_eq!(
        found.ignored,
        ["2026/.hidden.csv", "2026/_SUCCESS", "2026/notes.txt"]
    );
    std::os::unix::fs::symlink(outside, below.join("c.csv")).unwrap();
    let error = find_sources(&[folder.path().to_owned()]).unwrap_err();
    assert!(matches!(error, SourceError::Outside { .. }), "{error}");
}

#[test]
fn nothing_to_import_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let none = import(&ImportRequest::of(vec![folder.path().to_owned()])).unwrap_err();
    assert!(matches!(none, ImportError::Nothing(1)), "{none}");
    let gone = import(&ImportRequest::of(vec![folder.path().join("x.csv")])).unwrap_err();
    assert!(
        matches!(gone, ImportError::Source(SourceError::Unreadable { .. })),
        "{gone}"
    );
}

#[test]
fn daily_bars_take_their_instants_from_the_calendar() {
    let (_folder, path) = file(
        "spx.csv",
        "date,open,high,low,close\n\
         2026-11-27,7000,7010,6990,7005\n\
         2026-11-26,7000,7010,6990,7005\n\
         2026-11-25,7000,7010,6990,7020\n\
         2026-11-27,7000,7010,6990,7005\n",
    );
    let daily = read_bars(
        &path,
        &BarsRequest {
            underlying: "SPX".to_owned(),
            adjustment: Adjustment::None,
            calendar: Calendar::Xnys,
        },
    )
    .unwrap();
    let [bar] = &daily.series.bars[..] else {
        panic!("{:?}", daily.series.bars);
    };
    // The Friday after Thanksgiving closes at 13:00 New York (NYSE).
    assert_eq!(bar.start.to_rfc3339(), "2026-11-27T14:30:00+00:00");
    assert_eq!(bar.end.to_rfc3339(), "2026-11-27T18:00:00+00:00");
    let reasons: Vec<_> = daily
        .rejected
        .iter()
        .map(|row| (row.row, row.rule))
        .collect();
    assert_eq!(
        reasons,
        [
            (1, Rule::DateWithoutSession),
            (2, Rule::InvalidBar),
            (3, Rule::RepeatedDate)
        ]
    );
}

// The Friday after Thanksgiving closes at 13:00 New York: its last hour is half an hour long, and what comes before the
// open or after the close is no bar of a session.
#[test]
fn bars_within_sessions_end_when_they_are_known() {
    let (_folder, path) = file(
        "spy_1h.csv",
        "symbol,ts_utc,open,high,low,close,volume\n\
         SPY,2026-11-27 13:30:00,700,701,699,700,5\n\
         SPY,2026-11-27 14:30:00,700,701,699,700,5\n\
         SPY,2026-11-27 15:30:00,700,701,699,700,\n\
         QQQ,2026-11-27 15:30:00,600,601,599,600,5\n\
         SPY,2026-11-27 16:30:00,700,699,701,700,5\n\
         SPY,2026-11-27 17:30:00,700,701,699,700,5\n\
         SPY,2026-11-27 17:30:00,700,701,699,700,5\n\
         SPY,2026-11-27 18:30:00,700,701,699,700,5\n",
    );
    assert_eq!(pace(&path).unwrap(), Pace::Intraday);
    let read = read_bars(
        &path,
        &BarsRequest {
            underlying: "SPY".to_owned(),
            adjustment: Adjustment::None,
            calendar: Calendar::Xnys,
        },
    )
    .unwrap();
    let spans: Vec<String> = read
        .series
        .bars
        .iter()
        .map(|bar| {
            assert_eq!(bar.known_at, bar.end);
            format!("{} {}", bar.start.format("%H:%M"), bar.end.format("%H:%M"))
        })
        .collect();
    assert_eq!(spans, ["14:30 15:30", "15:30 16:30", "17:30 18:00"]);
    let reasons: Vec<_> = read
        .rejected
        .iter()
        .map(|row| (row.row, row.rule))
        .collect();
    assert_eq!(
        reasons,
        [
            (0, Rule::DateWithoutSession),
            (4, Rule::InvalidBar),
            (6, Rule::RepeatedDate),
            (7, Rule::DateWithoutSession)
        ]
    );
    assert_eq!((read.rows, read.series.bars[1].volume), (7, None));
}

// Deribit's day of 27 March ends at 08:00 UTC; a value of the hour from 07:00 is known at its end.
#[test]
fn hourly_values_of_a_market_that_never_closes_are_known_at_the_end_of_their_bar() {
    let (_folder, path) = file(
        "dvol.csv",
        "ts_utc,open,high,low,close\n\
         2026-03-27T07:00:00Z,50,51,49,50.5\n\
         2026-03-27T08:00:00Z,50,51,49,51.5\n",
    );
    let request = ControlRequest {
        name: "dvol".to_owned(),
        column: None,
        calendar: Calendar::Deribit,
    };
    let read = read_control(&path, &request).unwrap();
    let points: Vec<(String, f64)> = read
        .series
        .points
        .iter()
        .map(|point| (point.known_at.to_rfc3339(), point.value))
        .collect();
    assert_eq!(
        points,
        [
            ("2026-03-27T08:00:00+00:00".to_owned(), 50.5),
            ("2026-03-27T09:00:00+00:00".to_owned(), 51.5)
        ]
    );
    // A time without a zone is refused with a cure.
    let (_folder, naive) = file("naive.csv", "ts,value\n2026-03-27 07:00:00,50\n");
    let refused = read_control(&naive, &request).unwrap_err().to_string();
    assert!(refused.contains("zone"), "{refused}");
}

#[test]
fn a_control_is_known_when_its_session_has_closed() {
    let (_folder, path) = file("vix.csv", "date,vix\n2026-06-22,17.28\n2026-06-23,\n");
    let daily = read_control(
        &path,
        &ControlRequest {
            name: "vix".to_owned(),
            column: None,
            calendar: Calendar::Xnys,
        },
    )
    .unwrap();
    let [point] = &daily.series.points[..] else {
        panic!("{:?}", daily.series.points);
    };
    assert!((point.value - 17.28).abs() < 1e-12);
    assert!("2026-06-22T20:00:00Z".parse() == Ok(point.ts) && point.ts <= point.known_at);
    assert_eq!(daily.rejected[0].rule, Rule::NullRequired);
}

const ONE_ROW: &str = "2026-06-22T19:45:00Z,SPX,2026-06-26,7400,C,80,81,0.145,10,7472.79\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut writer, bytes).unwrap();
    writer.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        std::io::Write::write_all(&mut writer, bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn rows_of(name: &str, bytes: &[u8]) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let (_, batch) = import(&ImportRequest::of(vec![path])).unwrap();
    batch.snapshots.iter().map(ChainSnapshot::len).sum()
}

/// What a file holds is told by its bytes: packed, packed twice, or with another separator.
#[test]
fn a_table_is_read_from_whatever_it_is_packed_in() {
    let text = format!("{HEADER}{ONE_ROW}");
    assert_eq!(rows_of("a.csv.gz", &gzip(text.as_bytes())), 1);
    assert_eq!(
        rows_of("a.csv", &gzip(text.as_bytes())),
        1,
        "whatever its name says"
    );
    let second = text.replace("06-22", "06-23");
    let two = zip(&[
        ("a.csv", text.as_bytes()),
        ("2026/b.csv", second.as_bytes()),
    ]);
    assert_eq!(rows_of("a.zip", &two), 2);
    assert_eq!(rows_of("a.zip.zip", &zip(&[("a.zip", &two)])), 2);
    assert_eq!(rows_of("a.tsv", text.replace(',', "\t").as_bytes()), 1);
    assert_eq!(rows_of("a.csv", text.replace(',', ";").as_bytes()), 1);
}

#[test]
fn what_can_not_be_unpacked_is_refused_by_archive_and_member() {
    let refused = |name: &str, bytes: &[u8]| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        import(&ImportRequest::of(vec![path]))
            .unwrap_err()
            .to_string()
    };
    let text = format!("{HEADER}{ONE_ROW}");
    let packed = gzip(text.as_bytes());
    let cut = refused("a.csv.gz", &packed[..packed.len() - 10]);
    assert!(cut.contains("truncated: a.csv.gz"), "{cut}");
    let two = zip(&[("good.csv", text.as_bytes()), ("bad.csv", b"a,b\n1,2\n")]);
    let member = refused("a.zip", &two);
    assert!(member.contains("a.zip/bad.csv"), "{member}");
    let zeros = [HEADER.as_bytes(), &vec![b'0'; 80 << 20]].concat();
    let bomb = refused("bomb.csv.gz", &gzip(&zeros));
    assert!(bomb.contains("decompression_bomb: bomb.csv.gz"), "{bomb}");
    let page = refused("a.csv", b"<!DOCTYPE html><html></html>");
    assert!(page.contains("is a web page"), "{page}");
    let nested = (0..5).fold(text.into_bytes(), |bytes, _| gzip(&bytes));
    assert!(refused("a.csv.gz", &nested).contains("again and again"));
}

const CBOE_JSON: &str = r#"{"timestamp":"2026-06-23 01:10:00","symbol":"_SPX","data":{"symbol":"^SPX",
"security_type":"index","current_price":7472.79,"options":[
{"option":"SPX260717C07500000","bid":80.0,"ask":81.0,"iv":0.12,"open_interest":100.0,"volume":5.0,
 "delta":0.5,"gamma":0.001,"last_trade_time":"2026-06-22T16:10:00"},
{"option":"SPXW260717P07500000","bid":70.0,"ask":71.0,"iv":0.0,"open_interest":50.0,"volume":0.0,
 "delta":-0.5,"gamma":0.001,"last_trade_time":null},
{"option":"nonsense","bid":1.0,"ask":2.0,"iv":0.1,"open_interest":1.0,"volume":0.0,"delta":0.1,
 "gamma":0.0,"last_trade_time":null}]}}"#;

/// Fetched at 21:10 in New York: the chain is that of the session that had closed, its open interest was
/// public before that session's open.
#[test]
fn cboes_own_json_is_read() {
    let (_folder, path) = file("_SPX.json", CBOE_JSON);
    let (report, batch) = import(&ImportRequest::of(vec![path])).unwrap();
    assert_eq!(report.profile.name, "cboe-json");
    let chain = &batch.snapshots[0];
    assert_eq!(chain.head().session.to_string(), "2026-06-22");
    assert_eq!(chain.head().underlying, "SPX");
    let rows: Vec<_> = chain.rows().collect();
    let settles: Vec<String> = rows.iter().map(|row| row.expiry.to_rfc3339()).collect();
    assert_eq!(
        settles,
        ["2026-07-17T13:30:00+00:00", "2026-07-17T20:00:00+00:00"]
    );
    assert_eq!(
        (rows[0].root.as_str(), rows[1].root.as_str()),
        ("SPX", "SPXW")
    );
    assert_eq!(
        (rows[0].iv, rows[1].iv),
        (Some(0.12), None),
        "an iv of zero is unknown"
    );
    assert_eq!(batch.rejected.len(), 1);
    assert_eq!(batch.rejected[0].value, "nonsense");
    let (_folder, path) = file("_SPX.json", &CBOE_JSON[..400]);
    let error = import(&ImportRequest::of(vec![path]))
        .unwrap_err()
        .to_string();
    assert!(error.contains("truncated: _SPX.json, line 5"), "{error}");
}
