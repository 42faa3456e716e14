//! Markets with a known truth through the whole command line, and what is proved of a run.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{findings, gex, gex_ok, root, run_folder, stderr};

/// Runs the commands that `gex simulate` names.
fn import_and_run(folder: &Path, said: &str) {
    for line in said.lines().filter(|line| line.starts_with("gex ")) {
        let arguments: Vec<&str> = line.split_whitespace().skip(1).collect();
        gex_ok(folder, &arguments);
    }
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((
                path.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read(&path).unwrap(),
            ));
        }
    }
    found.sort();
    found
}

#[test]
fn a_simulated_market_of_chains_goes_all_the_way_and_its_run_is_proved() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(
        at.join("world.toml"),
        "kind = \"agents\"\nseed = 11\nsessions = 400\nhedging = 3.0\n",
    )
    .unwrap();
    let said = gex_ok(at, &["simulate", "world.toml", "--out", "market"]);
    gex_ok(at, &["simulate", "world.toml", "--out", "again"]);
    assert_eq!(
        files(&at.join("market")),
        files(&at.join("again")),
        "same seed, same bytes"
    );
    let taken = gex(at, &["simulate", "world.toml", "--out", "market"]);
    assert_eq!(taken.status.code(), Some(2), "{}", stderr(&taken));

    let market = at.join("market");
    import_and_run(&market, &said);
    let run = run_folder(&market.join("reports"), "simulated");
    let effect = findings(&run)["hypotheses"][0]["ladder"][0]["level"]["value"]
        .as_f64()
        .unwrap();
    assert!(effect < 0.0, "dealers long gamma calm the market: {effect}");
    let page = fs::read_to_string(run.join("index.html")).unwrap();
    assert!(page.contains("Nobody has proved that this run did not look ahead"));

    let audited = gex_ok(&market, &["audit", "study.toml"]);
    for leak in [
        "same-close-execution",
        "open-interest-day-early",
        "full-sample-quantiles",
        "smoothed-states",
        "window-includes-signal-bar",
    ] {
        let line = audited.lines().find(|line| line.starts_with(leak)).unwrap();
        assert!(line.contains("caught"), "{line}");
    }
    assert!(audited.contains("replay"), "{audited}");
    assert!(
        audited.lines().all(|line| line.chars().count() <= 80),
        "{audited}"
    );
    let calibrated = gex_ok(&market, &["calibrate", "study.toml", "--placebos", "60"]);
    assert!(calibrated.contains("60  "), "{calibrated}");

    let page = fs::read_to_string(run.join("index.html")).unwrap();
    assert!(
        page.contains("No look-ahead:"),
        "the audit stands on the page"
    );
    assert!(page.contains("the 5 % test rejects"), "so do the placebos");
    let document: Value =
        serde_json::from_str(&fs::read_to_string(run.join("audit.json")).unwrap()).unwrap();
    assert_eq!(document["planted"].as_array().unwrap().len(), 5);
    // Proofs are about this study and these data alone.
    gex_ok(
        &market,
        &[
            "run",
            "study.toml",
            "--set",
            "study.seed=9",
            "--out",
            "other",
        ],
    );
    let other = run_folder(&market.join("other"), "simulated");
    assert!(!other.join("audit.json").exists());
    let again = gex_ok(&market, &["run", "study.toml", "--fresh"]);
    assert!(again.contains("report"), "{again}");
    assert!(run.join("audit.json").exists() && run.join("calibration.json").exists());
}

#[test]
fn a_simulated_signal_goes_all_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let world = "kind = \"a\"\nseed = 4\nsessions = 1250\neffect = 0.2\n";
    fs::write(at.join("world.toml"), world).unwrap();
    let said = gex_ok(at, &["simulate", "world.toml", "--out", "market"]);
    let market = at.join("market");
    import_and_run(&market, &said);
    let found = findings(&run_folder(&market.join("reports"), "simulated"));
    let ladder = &found["hypotheses"][0]["ladder"];
    // What it did before is in past variance: beyond that little is left, but it is there.
    let level = &ladder[1]["level"];
    assert!(level["value"].as_f64().unwrap() < 0.0, "{level}");
    assert!(
        level["p_values"][0]["value"].as_f64().unwrap() < 0.05,
        "{level}"
    );
}

/// A coin's days end at 08:00 UTC, its options are inverse and its open interest is live: the same commands.
#[test]
fn a_simulated_coin_goes_all_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let text = fs::read_to_string(root().join("datasets/worlds/crypto.toml")).unwrap();
    let text = text
        .replace("sessions = 1095", "sessions = 300")
        .replace("hedging = 1.0", "hedging = 4.0");
    fs::write(at.join("world.toml"), text).unwrap();
    let said = gex_ok(at, &["simulate", "world.toml", "--out", "market"]);
    let market = at.join("market");
    import_and_run(&market, &said);
    let found = findings(&run_folder(&market.join("reports"), "simulated"));
    assert_eq!(found["study"]["calendar"], "deribit");
    let level = &found["hypotheses"][0]["ladder"][0]["level"];
    assert!(level["value"].as_f64().unwrap() < 0.0, "{level}");
    let audited = gex_ok(&market, &["audit", "study.toml"]);
    assert!(
        audited.contains("replay  ") && !audited.contains("FAILED"),
        "{audited}"
    );
}

const TWO_MARKETS: &str = r#"
[study]
name = "two-markets"
seed = 5

[[data]]
id = "index"
archive = "index/archive"
underlying = "SYN"
bars = "index/bars.parquet"
controls.vix = "index/vix.parquet"
controls.adv = "index/adv.parquet"

[[data]]
id = "coin"
archive = "coin/archive"
underlying = "BTC"
bars = "coin/bars.parquet"
controls.dvol = "coin/dvol.parquet"
controls.adv = "coin/adv.parquet"

[panel]

[positioning]
models = ["calls-long-puts-short"]

[[hypothesis]]
id = "calm"
claim = "More gamma, less variance"
role = "primary"
signal = { positioning = "calls-long-puts-short", measure = "net-gex", scale = "per-adv" }
regime = { kind = "sign" }
outcome = { kind = "log-realized-variance", horizon = "1session" }
expect = "negative"
smallest-effect = 0.05
"#;

/// Sessions in New York and days that end at 08:00 UTC on every day of the week, in one study.
#[test]
fn an_index_and_a_coin_are_one_panel() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let coin = fs::read_to_string(root().join("datasets/worlds/crypto.toml")).unwrap();
    let coin = coin
        .replace("sessions = 1095", "sessions = 420")
        .replace("hedging = 1.0", "hedging = 4.0");
    let index = "kind = \"agents\"\nseed = 11\nsessions = 420\nhedging = 4.0\n";
    for (name, world) in [("coin", coin.as_str()), ("index", index)] {
        let file = format!("{name}.toml");
        fs::write(at.join(&file), world).unwrap();
        let said = gex_ok(at, &["simulate", &file, "--out", name]);
        let imports: Vec<&str> = said
            .lines()
            .filter(|line| line.starts_with("gex import"))
            .collect();
        import_and_run(&at.join(name), &imports.join("\n"));
    }
    fs::write(at.join("study.toml"), TWO_MARKETS).unwrap();
    gex_ok(at, &["run", "study.toml"]);
    let run = run_folder(&at.join("reports"), "two-markets");
    let pooled = &findings(&run)["pooled"][0];
    let calendars: Vec<&str> = pooled["underlyings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["calendar"].as_str().unwrap())
        .collect();
    assert_eq!(calendars, ["xnys", "deribit"]);
    let panel = &pooled["panel"];
    let rows = pooled["underlyings"].as_array().unwrap();
    let effect = |row: &Value| row["estimate"]["value"].as_f64().unwrap();
    let (index, coin) = (effect(&rows[0]), effect(&rows[1]));
    let together = panel["value"].as_f64().unwrap();
    let between = index.min(coin) <= together && together <= index.max(coin);
    assert!(
        between && together < 0.0,
        "{together} of {index} and {coin}"
    );
    let n = |row: &Value| row["estimate"]["n"].as_u64().unwrap();
    assert_eq!(panel["n"].as_u64().unwrap(), n(&rows[0]) + n(&rows[1]));
    assert!(
        panel["p_values"][0]["value"].as_f64().unwrap() < 0.05,
        "{panel}"
    );
    let manifest = fs::read_to_string(run.join("manifest.json")).unwrap();
    assert!(
        manifest.contains("coin.data.archive"),
        "what the coin read is hashed too"
    );

    let nameless = TWO_MARKETS.replace("id = \"coin\"\n", "");
    fs::write(at.join("nameless.toml"), nameless).unwrap();
    let refused = gex(at, &["check", "nameless.toml"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        stderr(&refused).contains("this one has no name"),
        "{}",
        stderr(&refused)
    );
}

#[test]
fn faults_of_worlds_stand_at_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("world.toml"), "kind = \"agents\"\nhedgin = 1.0\n").unwrap();
    let refused = gex(at, &["simulate", "world.toml", "--out", "market"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = stderr(&refused);
    assert!(
        said.contains("world.toml:2:1") && said.contains("did you mean `hedging`?"),
        "{said}"
    );
    let text = "[calibrate]\nseed = 1\nsimulations = 0\nsessions = [500]\nhorizons = [\"1session\"]\n\
                [[world]]\nkind = \"n3\"\n";
    fs::write(at.join("worlds.toml"), text).unwrap();
    let refused = gex(at, &["calibrate", "worlds.toml", "--out", "cal"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = stderr(&refused);
    assert!(
        said.contains("simulations must lie between 1 and 100000, got 0"),
        "{said}"
    );
    assert!(said.contains("unknown kind `n3`"), "{said}");
}

/// The row of a world and horizon in a calibration, by the names of the header.
fn row(text: &str, world: &str, horizon: &str) -> std::collections::BTreeMap<String, f64> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let found = lines.map(|line| line.split(',').collect::<Vec<_>>());
    let found = { found }
        .find(|cells| cells[0] == world && cells[3] == horizon)
        .unwrap();
    let pairs = names.into_iter().zip(found);
    pairs
        .filter_map(|(name, cell)| Some((name.to_owned(), cell.parse().ok()?)))
        .collect()
}

/// A slice of the committed calibration, made again: the same seeds give the same simulations, so that the
/// first forty must reject about as often as all thousand. Four errors of a share of forty are allowed.
#[test]
fn the_committed_calibration_comes_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let worlds = root().join("datasets/worlds");
    let text = fs::read_to_string(worlds.join("headline.toml")).unwrap();
    let slice = text.replace("simulations = 1000", "simulations = 40");
    fs::write(at.join("headline.toml"), slice).unwrap();
    gex_ok(at, &["calibrate", "headline.toml", "--out", "cal"]);
    let ours = fs::read_to_string(at.join("cal/calibration.csv")).unwrap();
    let frozen = fs::read_to_string(worlds.join("headline.csv")).unwrap();
    for world in ["n0", "n0r", "n1", "a"] {
        for horizon in ["1session", "5session", "21session"] {
            let (ours, frozen) = (row(&ours, world, horizon), row(&frozen, world, horizon));
            for column in ["alone", "beyond_past", "beyond_implied", "shift"] {
                let share = frozen[column];
                let error = (share.max(0.02) * (1.0 - share).max(0.02) / 40.0).sqrt();
                let gap = (ours[column] - share).abs();
                assert!(
                    gap < 4.0 * error,
                    "{world} {horizon} {column}: {} against {share}",
                    ours[column]
                );
            }
        }
    }
    // What was finished is not simulated again: the second run gives the same bytes at once.
    let kept = fs::metadata(at.join("cal/cells"))
        .unwrap()
        .modified()
        .unwrap();
    gex_ok(at, &["calibrate", "headline.toml", "--out", "cal"]);
    assert_eq!(
        fs::read_to_string(at.join("cal/calibration.csv")).unwrap(),
        ours
    );
    assert_eq!(
        fs::metadata(at.join("cal/cells"))
            .unwrap()
            .modified()
            .unwrap(),
        kept
    );
}
