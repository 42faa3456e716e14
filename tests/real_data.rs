//! Real chains, end to end, against numbers computed outside this project's code.
//!
//! The data are private and found through `GEX_SHARED`; `tests/independent/figures.json` holds
//! aggregated results of `gex_by_scipy.py`, which names its packages and rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use gex_ingest::archive::Archive;
use gex_ingest::table::{Column, Table, read_parquet};
use serde_json::Value;

use crate::support::{findings, gex_ok, root, run_folder, shared};

/// Imports what the committed studies of chains read, into `folder/datasets/local`.
fn workplace(folder: &Path, data: &Path) {
    let local = folder.join("datasets/local");
    fs::create_dir_all(&local).unwrap();
    fs::create_dir_all(folder.join("studies")).unwrap();
    let entries = fs::read_dir(root().join("studies")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    for path in paths.filter(|path| path.is_file()) {
        fs::copy(
            &path,
            folder.join("studies").join(path.file_name().unwrap()),
        )
        .unwrap();
    }
    let import = |what: &str, arguments: &[&str]| {
        let path = data.join(what).to_string_lossy().into_owned();
        gex_ok(folder, &[&["import", &path], arguments].concat());
    };
    let bars = [
        "--bars",
        "SPX",
        "--adjusted",
        "none",
        "--out",
        "datasets/local/spx-bars.parquet",
    ];
    import("data/cboe_snap_2026/ohlc_spx.csv", &bars);
    let vix = ["--control", "vix", "--out", "datasets/local/vix.parquet"];
    import("raw/squeezemetrics/cboe_vix.csv", &vix);
    let closes = [
        "--bars",
        "SPX",
        "--adjusted",
        "none",
        "--out",
        "datasets/local/dix-bars.parquet",
    ];
    import("raw/squeezemetrics/DIX_2011_2026.csv", &closes);
    let series = data.join("raw/squeezemetrics/DIX_2011_2026.csv");
    fs::copy(series, local.join("DIX_2011_2026.csv")).unwrap();
}

fn import_chains(folder: &Path, data: &Path, what: &[&str], out: &str) {
    let paths: Vec<String> = what
        .iter()
        .map(|path| data.join(path).to_string_lossy().into_owned())
        .collect();
    let mut arguments = vec!["import"];
    arguments.extend(paths.iter().map(String::as_str));
    arguments.extend(["--out", out]);
    gex_ok(folder, &arguments);
}

const SNAPS: [&str; 2] = [
    "data/cboe_snap_2026/SPX_2026-06.parquet",
    "data/cboe_snap_2026/SPX_2026-07.parquet",
];

fn number(table: &Table, column: &str, row: usize) -> f64 {
    match table.column(column) {
        Some(Column::F64(values)) => values[row].unwrap_or_else(|| panic!("{column} is null")),
        other => panic!("{column}: {other:?}"),
    }
}

/// The row of a session under the naive model.
fn row_of(table: &Table, session: &str) -> usize {
    let (Some(Column::Date(sessions)), Some(Column::Text(models))) =
        (table.column("session"), table.column("positioning"))
    else {
        panic!("series without session or positioning")
    };
    let wanted = |i: &usize| {
        sessions[*i].unwrap().to_string() == session
            && models[*i].as_deref() == Some("calls-long-puts-short")
    };
    (0..sessions.len())
        .find(wanted)
        .unwrap_or_else(|| panic!("no row of {session}"))
}

/// One session's row against the figures, each within a relative gap of `1e-9`.
fn agrees(series: &Path, session: &str, figures: &Value) {
    let (table, _) = read_parquet(series).unwrap();
    let row = row_of(&table, session);
    let pairs = [
        ("net_gex", "net_gex_usd_per_pct"),
        ("gross_gex", "gross_gex_usd_per_pct"),
        ("call_gex", "call_gex_usd_per_pct"),
        ("put_gex", "put_gex_usd_per_pct"),
        ("flip", "flip_nearest_spot"),
        ("call_wall", "call_wall"),
        ("put_wall", "put_wall"),
    ];
    let scale = figures["gross_gex_usd_per_pct"].as_f64().unwrap();
    for (ours, theirs) in pairs {
        let (got, expected) = (number(&table, ours, row), figures[theirs].as_f64().unwrap());
        let size = if ours.ends_with("gex") {
            scale
        } else {
            expected.abs()
        };
        let gap = (got - expected).abs() / size;
        assert!(
            gap < 1e-9,
            "{session} {ours}: {got} against {expected}, gap {gap:.1e}"
        );
    }
    let Some(Column::I64(contracts)) = table.column("contracts") else {
        panic!("contracts")
    };
    assert_eq!(
        contracts[row].unwrap(),
        figures["contracts_usable"].as_i64().unwrap(),
        "{session}"
    );
    let crossings = figures["flips"].as_array().unwrap().len();
    let Some(Column::I64(counts)) = table.column("flip_count") else {
        panic!("flip_count")
    };
    assert_eq!(
        counts[row].unwrap(),
        i64::try_from(crossings).unwrap(),
        "{session}"
    );
}

/// Open interest of one session's contracts that have a volatility.
fn open_interest(archive: &Path, session: &str) -> f64 {
    let day = session.parse().unwrap();
    let archive = Archive::open(archive).unwrap();
    let mut total = 0.0;
    for partition in archive.partitions("SPX", (Some(day), Some(day))).unwrap() {
        for chain in partition.snapshots().unwrap().map(Result::unwrap) {
            if chain.head().session == day {
                let (held, iv) = (&chain.columns().open_interest, &chain.columns().iv);
                let usable = (0..chain.len()).filter(|i| iv.get(*i).is_some());
                total += usable.filter_map(|i| held.get(i)).sum::<f64>();
            }
        }
    }
    total
}

#[test]
fn three_sessions_agree_with_an_independent_computation() {
    let Some(data) = shared("three_sessions_agree_with_an_independent_computation") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    workplace(at, &data);
    import_chains(
        at,
        &data,
        &["data/cboe_delayed_2026/SPX"],
        "datasets/local/cboe-delayed-2026",
    );
    import_chains(at, &data, &SNAPS, "datasets/local/cboe-snap-2026");
    let text = fs::read_to_string(root().join("tests/independent/figures.json")).unwrap();
    let figures: Value = serde_json::from_str(&text).unwrap();
    gex_ok(
        at,
        &[
            "series",
            "studies/spx-cboe-delayed-2026.toml",
            "--out",
            "delayed.parquet",
        ],
    );
    for session in ["2026-07-28", "2026-08-19"] {
        let expected = &figures["cboe_delayed_2026"][session];
        agrees(&at.join("delayed.parquet"), session, expected);
        let held = open_interest(&at.join("datasets/local/cboe-delayed-2026"), session);
        assert_eq!(
            held,
            expected["open_interest_usable"].as_f64().unwrap(),
            "{session}"
        );
    }
    gex_ok(
        at,
        &[
            "series",
            "studies/spx-cboe-snap-2026.toml",
            "--out",
            "snap.parquet",
        ],
    );
    let both = &figures["cboe_snap_2026"]["2026-07-15"];
    let (table, _) = read_parquet(&at.join("snap.parquet")).unwrap();
    let net = number(&table, "net_gex", row_of(&table, "2026-07-15"));
    let bounds = ["single_monthly_rows_as_SPX", "single_monthly_rows_as_SPXW"]
        .map(|reading| both[reading]["net_gex_usd_per_pct"].as_f64().unwrap());
    let slack = 1e-3 * bounds[0].abs();
    let inside = bounds[0].min(bounds[1]) - slack <= net && net <= bounds[0].max(bounds[1]) + slack;
    assert!(inside, "{net} is not between {bounds:?}");
}

/// The known defects of a set, by rule and place: what its PROVENANCE page lists.
fn defects(study: &str) -> &'static [(&'static str, &'static str)] {
    if study == "spx-cboe-delayed-2026" {
        return &[
            ("repeated_session", "2026-07-23.parquet"),
            ("session_relabelled", "2026-08-06"),
        ];
    }
    &[
        ("closed_day", "Juneteenth"),
        ("closed_day", "Independence Day"),
        ("fetched_before_open", "2026-06-23"),
    ]
}

fn has_rule(found: &Value, rule: &str, words: &str) {
    let rules = found["quality"]["rules"].as_array().unwrap();
    let hit = rules
        .iter()
        .any(|r| r["rule"] == rule && r["text"].to_string().contains(words));
    assert!(hit, "no rule {rule} that says {words:?} among {rules:?}");
}

#[test]
fn real_chains_give_a_complete_report_without_a_verdict() {
    let Some(data) = shared("real_chains_give_a_complete_report_without_a_verdict") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    workplace(at, &data);
    import_chains(
        at,
        &data,
        &["data/cboe_delayed_2026/SPX"],
        "datasets/local/cboe-delayed-2026",
    );
    import_chains(at, &data, &SNAPS, "datasets/local/cboe-snap-2026");
    for (study, sessions) in [("spx-cboe-delayed-2026", 21), ("spx-cboe-snap-2026", 33)] {
        let said = gex_ok(
            at,
            &["run", &format!("studies/{study}.toml"), "--out", "runs"],
        );
        assert!(said.contains("not testable"), "{said}");
        let run = run_folder(&at.join("runs"), study);
        let found = findings(&run);
        assert_eq!(
            found["hypotheses"][0]["verdict"]["word"], "not-testable",
            "{study}"
        );
        assert_eq!(found["study"]["sessions_with_signal"], sessions, "{study}");
        for file in [
            "index.html",
            "figures/gex.png",
            "figures/profile.png",
            "figures/strikes.png",
        ] {
            assert!(run.join(file).exists(), "{study} {file}");
        }
        for (rule, words) in defects(study) {
            has_rule(&found, rule, words);
        }
    }
}

/// `value` rounds to what is printed.
fn printed(value: &Value, digits: usize, expected: &str) {
    assert_eq!(
        format!("{:.digits$}", value.as_f64().unwrap()),
        expected,
        "{value}"
    );
}

/// What is printed of the quintiles, quartiles and signs of SqueezeMetrics' series: the grouping's
/// place, the column, digits, and the figures.
const PUBLISHED: &[(usize, &str, usize, &[&str])] = &[
    (
        0,
        "sd_percent",
        3,
        &["1.795", "1.024", "0.778", "0.711", "0.723"],
    ),
    (
        0,
        "mean_absolute_percent",
        3,
        &["1.253", "0.764", "0.560", "0.502", "0.510"],
    ),
    (
        0,
        "excess_kurtosis",
        1,
        &["7.6", "1.4", "4.2", "3.1", "8.3"],
    ),
    (
        0,
        "beyond_two_percent",
        1,
        &["17.1", "5.8", "1.8", "1.9", "1.6"],
    ),
    (
        0,
        "volatility_5_percent",
        1,
        &["23.0", "14.1", "11.2", "10.1", "10.5"],
    ),
    (
        0,
        "volatility_20_percent",
        1,
        &["21.2", "15.0", "11.8", "11.8", "13.2"],
    ),
    (
        0,
        "implied_volatility_percent",
        1,
        &["25.1", "18.0", "15.7", "15.1", "16.8"],
    ),
    (
        0,
        "mean_return_bp",
        1,
        &["17.3", "-3.4", "0.4", "5.7", "2.4"],
    ),
    (1, "sd_percent", 3, &["1.692", "0.908", "0.704", "0.739"]),
    (2, "n", 0, &["347", "3502"]),
    (2, "sd_percent", 3, &["2.259", "0.894"]),
    (2, "volatility_5_percent", 1, &["28.0", "12.4"]),
];

#[test]
fn the_published_series_gives_the_published_table() {
    let Some(data) = shared("the_published_series_gives_the_published_table") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    workplace(at, &data);
    gex_ok(at, &["run", "studies/dix-2011-2026.toml", "--out", "runs"]);
    let found = findings(&run_folder(&at.join("runs"), "dix-2011-2026"));
    let description = &found["description"];
    for (grouping, name, digits, expected) in PUBLISHED {
        let rows = description["groupings"][grouping]["rows"]
            .as_array()
            .unwrap();
        assert_eq!(rows.len(), expected.len(), "{name}");
        for (row, text) in rows.iter().zip(*expected) {
            printed(&row[name], *digits, text);
        }
    }
    let regression = &description["regression"];
    assert_eq!(regression["n"], 3_598);
    printed(&regression["coefficient"], 5, "-0.00254");
    printed(&regression["t_statistic"], 2, "-4.21");
    printed(&regression["r2_without"], 4, "0.3068");
    printed(&regression["r2_with"], 4, "0.3139");
}

/// A study whose series alone is asked for.
const DERIBIT_STUDY: &str = r#"
study = { name = "btc", seed = 1 }
data = { archive = "btc", underlying = "BTC", at = "all", bars = "none.parquet" }
pricing = { forward = "vendor", fallback = "leave-out", iv = "given" }
[[hypothesis]]
id = "gross-gamma"
claim = "none is tested"
role = "exploratory"
signal = { positioning = "gross", measure = "net-gex", scale = "usd" }
regime = { kind = "sign" }
outcome = { kind = "abs-return", horizon = "24h" }
expect = "negative"
smallest-effect = 0.05
"#;

/// Inverse options in coin: gross gamma agrees with the venue's own gammas, which are rounded to
/// five decimals, within what the rounding allows.
#[test]
fn a_deribit_chain_gives_the_venues_gamma() {
    let Some(data) = shared("a_deribit_chain_gives_the_venues_gamma") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    import_chains(at, &data, &["data/deribit_btc_hourly_202601"], "btc");
    fs::write(at.join("btc.toml"), DERIBIT_STUDY).unwrap();
    gex_ok(at, &["series", "btc.toml", "--out", "btc.parquet"]);
    let (table, _) = read_parquet(&at.join("btc.parquet")).unwrap();
    assert_eq!(table.rows(), 2 * 37, "37 hours, one model and gross");
    for row in 0..table.rows() {
        let (ratio, spot) = (
            number(&table, "vendor_gamma_ratio", row),
            number(&table, "spot", row),
        );
        assert!((0.9..1.1).contains(&ratio), "row {row}: {ratio}");
        assert!((80_000.0..100_000.0).contains(&spot), "row {row}: {spot}");
        assert!(
            (0.2..2.0).contains(&number(&table, "atm_iv_30d", row)),
            "row {row}"
        );
    }
}

/// Published closes of the VIX by date.
fn vix_closes(data: &Path) -> BTreeMap<String, f64> {
    let text = fs::read_to_string(data.join("raw/squeezemetrics/cboe_vix.csv")).unwrap();
    let rows = text.lines().skip(1).filter_map(|line| line.split_once(','));
    rows.map(|(date, value)| (date.to_owned(), value.parse().unwrap()))
        .collect()
}

/// Cboe publishes the index to two decimals from the same chains. What stays apart is a day on which the
/// chain was fetched at another time than the index was struck, and strikes that the set lacks.
#[test]
fn the_model_free_index_is_the_published_vix() {
    let Some(data) = shared("the model-free index against the VIX") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    workplace(at, &data);
    let chains = "datasets/local/cboe-delayed-2026";
    import_chains(at, &data, &["data/cboe_delayed_2026/SPX"], chains);
    import_chains(at, &data, &SNAPS, "datasets/local/cboe-snap-2026");
    let published = vix_closes(&data);
    for (study, sessions, reach) in [
        ("spx-cboe-delayed-2026", 20, 0.15),
        ("spx-cboe-snap-2026", 33, 0.5),
    ] {
        let path = format!("studies/{study}.toml");
        let settings = [
            "--set",
            "pricing.forward=parity",
            "--set",
            "pricing.iv=given-then-solved",
        ];
        gex_ok(
            at,
            &[&["series", &path, "--out", "series.parquet"], &settings[..]].concat(),
        );
        let (series, _) = read_parquet(&at.join("series.parquet")).unwrap();
        let Some(Column::Date(days)) = series.column("session") else {
            panic!("a series has sessions");
        };
        let days: BTreeSet<String> = days.iter().flatten().map(ToString::to_string).collect();
        let gap = |day: &String| {
            let ours = 100.0 * number(&series, "vol_index_30d", row_of(&series, day));
            published.get(day).map(|close| (ours - close).abs())
        };
        let mut gaps: Vec<f64> = days.iter().filter_map(gap).collect();
        gaps.sort_by(f64::total_cmp);
        assert_eq!(gaps.len(), sessions, "{study}");
        let median = gaps[gaps.len() / 2];
        let most = gaps[gaps.len() - 1];
        assert!(
            median < 0.01 && most < reach,
            "{study}: median gap {median}, most {most}"
        );
    }
}
