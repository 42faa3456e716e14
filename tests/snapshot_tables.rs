//! The tables that a study asks for beside its series: each against the series, and against one another.

use std::collections::BTreeMap;
use std::path::Path;

use gex_ingest::table::{Column, Table, read_parquet};

use crate::support::gex_ok;

const TABLES: &str = "profile strikes crossings hedge-flow flip-band sensitivity surface forwards \
                      gamma-scalping";

fn numbers<'t>(table: &'t Table, name: &str) -> &'t [Option<f64>] {
    match table.column(name) {
        Some(Column::F64(values)) => values,
        other => panic!("{name}: {other:?}"),
    }
}

fn texts<'t>(table: &'t Table, name: &str) -> &'t [Option<String>] {
    match table.column(name) {
        Some(Column::Text(values)) => values,
        other => panic!("{name}: {other:?}"),
    }
}

fn instants<'t>(table: &'t Table, name: &str) -> &'t [Option<i64>] {
    match table.column(name) {
        Some(Column::Instant(values)) => values,
        other => panic!("{name}: {other:?}"),
    }
}

/// What stands in the rows of a table, by instant and positioning model.
fn by_row(table: &Table, name: &str) -> BTreeMap<(i64, String), Vec<Option<f64>>> {
    let rows = instants(table, "ts")
        .iter()
        .zip(texts(table, "positioning"));
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for ((ts, model), value) in rows.zip(numbers(table, name)) {
        let key = (ts.unwrap(), model.clone().unwrap());
        found.entry(key).or_default().push(*value);
    }
    found
}

/// Fails unless both are unknown, or known and equal to within `tolerance` of their size.
fn same(what: &str, ours: Option<f64>, theirs: Option<f64>, tolerance: f64) {
    let equal = match (ours, theirs) {
        (Some(a), Some(b)) => (a - b).abs() <= tolerance * a.abs().max(b.abs()),
        (a, b) => a == b,
    };
    assert!(equal, "{what}: {ours:?} against {theirs:?}");
}

fn read(run: &Path, name: &str) -> Table {
    read_parquet(&run.join(format!("{name}.parquet")))
        .unwrap()
        .0
}

/// Runs the demo's study over a quarter with every table and a table of fractions.
fn run_with_tables(folder: &Path) -> std::path::PathBuf {
    gex_ok(folder, &["demo", "--out", "demo"]);
    let study = folder.join("demo/study.toml");
    let text = std::fs::read_to_string(&study).unwrap();
    let models = "models = [\"fractions\", ";
    let text = text.replace("models = [", models)
        + "\n[positioning.fractions]\ndays = [30]\ndelta = [0.5]\ncalls = [[0.5, 1], [0, -0.25]]\n\
           puts = [[-1, -0.75], [0.1, 0.2]]\n";
    std::fs::write(&study, text).unwrap();
    let words: Vec<String> = TABLES
        .split_whitespace()
        .map(|t| format!("{t:?}"))
        .collect();
    let tables = format!("output.tables=[{}]", words.join(", "));
    let arguments = ["run", "demo/study.toml", "--out", "runs", "--set", &tables];
    gex_ok(
        folder,
        &[&arguments[..], &["--set", "data.from=2022-10-03"]].concat(),
    );
    crate::support::run_folder(&folder.join("runs"), "demo")
}

#[test]
fn tables_of_every_snapshot_agree_with_the_series() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_with_tables(folder.path());
    let series = read(&run, "series");
    let net = by_row(&series, "net_gex");
    assert!(100 < net.len() && net.keys().any(|(_, model)| model == "fractions"));

    for (key, lines) in by_row(&read(&run, "strikes"), "net_gex") {
        let sum = lines.into_iter().flatten().sum::<f64>();
        same("gamma by strike adds up", Some(sum), net[&key][0], 1e-9);
    }
    let crossings = read(&run, "crossings");
    let (flips, spots) = (by_row(&series, "flip"), by_row(&series, "spot"));
    let methods = texts(&crossings, "method").to_vec();
    let repriced = |k: &usize| methods[*k].as_deref() == Some("reprice-sticky-strike");
    let mut nearest: BTreeMap<(i64, String), f64> = BTreeMap::new();
    for k in (0..crossings.rows()).filter(repriced) {
        let model = texts(&crossings, "positioning")[k].clone().unwrap();
        let key = (instants(&crossings, "ts")[k].unwrap(), model);
        let Some(level) = numbers(&crossings, "level")[k] else {
            assert_eq!(flips[&key][0], None);
            continue;
        };
        let spot = spots[&key][0].unwrap();
        let best = nearest.entry(key).or_insert(level);
        if (level - spot).abs() < (*best - spot).abs() {
            *best = level;
        }
    }
    assert!(!nearest.is_empty(), "the demo's book changes sign");
    for (key, level) in &nearest {
        same(
            "the nearest crossing is the flip",
            Some(*level),
            flips[key][0],
            1e-12,
        );
    }
    for (key, band) in by_row(&read(&run, "flip_band"), "flip") {
        same("the flip of the band", band[0], flips[&key][0], 1e-12);
    }
    let at_30_days = numbers(&read(&run, "surface"), "atm_iv")
        .chunks(6)
        .map(|tenors| tenors[1])
        .collect::<Vec<_>>();
    let gross =
        |(key, vols): (&(i64, String), &Vec<Option<f64>>)| (key.1 == "gross").then(|| vols[0]);
    let of_series: Vec<_> = by_row(&series, "atm_iv_30d")
        .iter()
        .filter_map(gross)
        .collect();
    assert_eq!(at_30_days, of_series);
}

#[test]
fn flows_and_scalping_agree_with_the_exposures() {
    let folder = tempfile::tempdir().unwrap();
    let run = run_with_tables(folder.path());
    let series = read(&run, "series");
    let flows = read(&run, "hedge_flow");
    let parts = ["flow_gamma", "flow_vanna", "flow_charm", "flow_residual"];
    for k in 0..flows.rows() {
        let sum = parts
            .iter()
            .map(|part| numbers(&flows, part)[k].unwrap())
            .sum::<f64>();
        let flow = numbers(&flows, "flow")[k].unwrap();
        let size = parts
            .iter()
            .map(|part| numbers(&flows, part)[k].unwrap().abs())
            .sum::<f64>();
        assert!(
            (sum - flow).abs() <= 1e-9 * size,
            "row {k}: {sum} against {flow}"
        );
    }
    assert!(numbers(&flows, "flow_over_adv").iter().flatten().count() > flows.rows() / 2);

    let scalping = read(&run, "gamma_scalping");
    assert!(scalping.rows() > 100);
    let (gex, theta) = (by_row(&series, "net_gex"), by_row(&series, "net_theta"));
    for k in 0..scalping.rows() {
        let ts = instants(&scalping, "ts")[k].unwrap();
        let key = (ts, texts(&scalping, "positioning")[k].clone().unwrap());
        let of = |name: &str| numbers(&scalping, name)[k];
        let known = instants(&scalping, "known_at")[k];
        assert!(
            known <= instants(&scalping, "from")[k],
            "nothing before it was known"
        );
        let earned = 50.0 * gex[&key][0].unwrap() * of("realized_move").unwrap().powi(2);
        same("what gamma earned", of("from_gamma"), Some(earned), 1e-12);
        let lost = theta[&key][0].unwrap() * of("days").unwrap();
        same("what time cost", of("from_time"), Some(lost), 1e-12);
        // At the break-even move one pays for the other.
        if let Some(even) = of("break_even_move") {
            let at_even = 50.0 * gex[&key][0].unwrap() * even * even;
            same("break-even", Some(at_even), Some(-lost), 1e-12);
        }
    }
}
