//! One file of each vendor, as it was sent: what is kept of it, and why the rest is not.
//!
//! The files are private: `GEX_SHARED` names the folder that holds them. Unset, each test says that it skipped.

use std::path::PathBuf;

use gex_compute::market::snapshot::ChainSnapshot;
use gex_ingest::import::{Batch, ImportRequest, read_sources};
use gex_ingest::quality::Rule;

#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test may look for its data, and must say that it skipped"
)]
fn raw(file: &str) -> Option<PathBuf> {
    let Ok(folder) = std::env::var("GEX_SHARED") else {
        eprintln!("SKIPPED: GEX_SHARED is unset, so {file} can't be read");
        return None;
    };
    Some(PathBuf::from(folder).join("raw").join(file))
}

/// Name of the format, what was kept, and how many rows were set aside by which rule.
type Sample = (String, Batch, Vec<(Rule, usize)>);

fn read(path: PathBuf) -> Result<Sample, String> {
    let mut all = Batch::default();
    let request = ImportRequest::of(vec![path]);
    let report = read_sources(&request, &mut |_| {}, &mut |batch| {
        all.snapshots.extend(batch.snapshots);
        all.rejected.extend(batch.rejected);
        Ok(())
    })
    .map_err(|error| error.to_string())?;
    let mut by_rule: Vec<(Rule, usize)> = Vec::new();
    for row in &all.rejected {
        match by_rule.iter_mut().find(|(rule, _)| *rule == row.rule) {
            Some((_, count)) => *count += 1,
            None => by_rule.push((row.rule, 1)),
        }
    }
    by_rule.sort();
    let rows = &report.sources[0].rows;
    let kept: usize = all.snapshots.iter().map(ChainSnapshot::len).sum();
    assert_eq!(
        rows.rows,
        (kept + all.rejected.len()) as u64,
        "nothing vanishes"
    );
    Ok((report.profile.name.clone(), all, by_rule))
}

/// Fetched at 03:17 UTC: the chain of the session that closed on the evening before in New York; the
/// contracts that had settled at that close are set aside.
#[test]
fn cboes_json_of_the_russell() {
    let Some(path) = raw("cboe_delayed_json/rut_quotedata_2023-09-21.json") else {
        return;
    };
    let (format, batch, set_aside) = read(path).unwrap();
    assert_eq!(format, "cboe-json");
    let chain = &batch.snapshots[0];
    assert_eq!((batch.snapshots.len(), chain.len()), (1, 6_250));
    assert_eq!(chain.head().session.to_string(), "2023-09-20");
    assert_eq!(chain.head().underlying, "RUT");
    assert!((chain.head().spot.get() - 1_806.119_3).abs() < 1e-9);
    let expected = [(Rule::IvNotSolvable, 92), (Rule::ExpiredContract, 338)];
    assert_eq!(set_aside, expected);
}

#[test]
fn cboes_page_in_two_columns() {
    let Some(path) = raw("cboe_quotedata_csv/spx_quotedata_2022-12-12.csv") else {
        return;
    };
    let (format, batch, _) = read(path).unwrap();
    assert_eq!(format, "cboe-dashboard");
    let chain = &batch.snapshots[0];
    assert_eq!((batch.snapshots.len(), chain.len()), (1, 17_630));
    assert_eq!(chain.head().session.to_string(), "2022-12-12");
    assert_eq!(chain.head().underlying, "SPX");
    assert!((chain.head().spot.get() - 3_990.560_1).abs() < 1e-9);
    let rut = raw("cboe_quotedata_csv/rut_quotedata.csv").unwrap();
    let (_, batch, _) = read(rut).unwrap();
    assert_eq!(
        (
            batch.snapshots[0].head().underlying.as_str(),
            batch.snapshots[0].len()
        ),
        ("RUT", 7_012)
    );
}

/// The file of the holiday of 3 July 2026 repeats the session before: none of it is taken for a session.
#[test]
fn barcharts_json_and_its_holiday() {
    let Some(path) = raw("barchart_json/spx_2026-08-21.json") else {
        return;
    };
    let (format, batch, set_aside) = read(path).unwrap();
    assert_eq!(format, "barchart-json");
    assert_eq!(
        (batch.snapshots.len(), batch.snapshots[0].len()),
        (1, 3_425)
    );
    assert_eq!(
        set_aside,
        [(Rule::IvNotSolvable, 7), (Rule::ExpiredContract, 500)]
    );
    let holiday = raw("barchart_json/spx_2026-07-03_holiday_stale.json").unwrap();
    let (_, batch, set_aside) = read(holiday).unwrap();
    assert!(batch.snapshots.is_empty());
    assert_eq!(set_aside, [(Rule::ClosedDay, 3_542)]);
}

#[test]
fn historical_option_data_in_two_vintages() {
    let Some(path) = raw("historicaloptiondata/spx_2017_L2_sample.csv") else {
        return;
    };
    let (format, batch, set_aside) = read(path).unwrap();
    assert_eq!(
        (format.as_str(), batch.snapshots.len()),
        ("historical-option-data", 95)
    );
    assert_eq!(set_aside, [(Rule::ExpiredContract, 6)]);
    let older = raw("historicaloptiondata/spx_2014_2015_sample.csv").unwrap();
    let (_, batch, set_aside) = read(older).unwrap();
    assert_eq!((batch.snapshots.len(), set_aside.len()), (61, 0));
}

#[test]
fn what_is_no_chain_says_where_it_belongs() {
    for (file, words) in [
        ("squeezemetrics/DIX_2011_2026.csv", "holds a daily series"),
        ("squeezemetrics/cboe_vix.csv", "--control NAME"),
        (
            "historicaloptiondata/stocks_sample.csv",
            "--bars UNDERLYING",
        ),
        (
            "broken_in_the_wild/lfs_pointer_options_2024.parquet",
            "Git LFS pointer",
        ),
        ("nse_udiff/ind_close_all_10012025.csv", "is empty"),
    ] {
        let Some(path) = raw(file) else { return };
        let error = read(path).unwrap_err();
        assert!(error.contains(words), "{file}: {error}");
    }
}
