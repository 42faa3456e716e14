//! The command as its users meet it: what it prints, how it fails, what it leaves behind.

use std::fs;

use crate::support::{findings, gex, gex_ok, run_folder, stderr};

#[test]
fn help_names_every_verb_and_shows_an_example() {
    let folder = tempfile::tempdir().unwrap();
    let help = gex_ok(folder.path(), &["--help"]);
    let verbs = [
        "demo",
        "init",
        "check",
        "import",
        "inspect",
        "series",
        "run",
        "runs",
        "compare",
        "export",
        "doctor",
        "completions",
    ];
    for verb in verbs {
        assert!(help.contains(verb), "{help}");
        let own = gex_ok(folder.path(), &[verb, "--help"]);
        assert!(own.contains("Example"), "{own}");
    }
}

#[test]
fn a_wrong_argument_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        gex(folder.path(), &["run", "--frsh"]).status.code(),
        Some(2)
    );
    assert_eq!(
        gex(folder.path(), &["run", "no-such.toml"]).status.code(),
        Some(2)
    );
}

#[test]
fn a_study_is_begun_checked_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    gex_ok(folder.path(), &["init"]);
    let written = fs::read(folder.path().join("study.toml")).unwrap();
    let again = gex(folder.path(), &["init"]);
    assert_eq!(again.status.code(), Some(2));
    assert_eq!(fs::read(folder.path().join("study.toml")).unwrap(), written);
    let checked = gex(folder.path(), &["check"]);
    assert_eq!(checked.status.code(), Some(3), "none of its data is here");
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    for part in ["1 primary and 5 exploratory", "archive", "bars", "unusable"] {
        assert!(said.contains(part), "{said}");
    }
    assert!(
        said.lines().all(|line| line.chars().count() <= 80),
        "{said}"
    );
}

#[test]
fn a_program_gets_one_document_from_every_answer_and_error() {
    let folder = tempfile::tempdir().unwrap();
    let document = |arguments: &[&str]| -> serde_json::Value {
        let output = gex(folder.path(), &[arguments, &["--json"]].concat());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    assert_eq!(document(&["init"])["file"], "study.toml");
    assert_eq!(document(&["runs"])["runs"], serde_json::json!([]));
    let missing = document(&["inspect", "nothing"]);
    assert_eq!(missing["schema"], "gexlab/error/1");
    assert_eq!(missing["error"]["code"], 3);
    fs::write(folder.path().join("s.toml"), "[study]\nnane = \"x\"\n").unwrap();
    let fault = &document(&["run", "s.toml"])["error"]["faults"][0];
    assert_eq!(fault["span"], serde_json::json!([8, 12]));
}

#[test]
fn an_installation_is_examined_and_explained_to_shell_and_man() {
    let folder = tempfile::tempdir().unwrap();
    let said = gex_ok(folder.path(), &["doctor"]);
    assert!(said.contains("of a known book are right"), "{said}");
    for shell in ["bash", "zsh", "fish"] {
        let script = gex_ok(folder.path(), &["completions", shell]);
        assert!(script.contains("on-conflict"), "{shell}: {script}");
    }
    gex_ok(folder.path(), &["man"]);
    let page = fs::read_to_string(folder.path().join("man1/gex-run.1")).unwrap();
    assert!(page.contains("Study file"), "{page}");
}

#[test]
fn a_fault_of_the_study_file_is_shown_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let study = "[study]\nname = \"x\"\nseed = 1\n[data]\narchve = \"a\"\n";
    fs::write(folder.path().join("s.toml"), study).unwrap();
    let output = gex(folder.path(), &["run", "s.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    for part in [
        "s.toml:5:1",
        "did you mean `archive`?",
        "1 problem in s.toml",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn missing_and_broken_data_are_data_errors_that_name_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let output = gex(folder.path(), &["inspect", "nothing"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).contains("gex import --out"),
        "{}",
        stderr(&output)
    );
    fs::write(folder.path().join("x.parquet"), b"version https://git-lfs").unwrap();
    let output = gex(folder.path(), &["import", "x.parquet", "--out", "archive"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("x.parquet"), "{}", stderr(&output));
    assert!(
        !folder.path().join("archive").exists(),
        "a refused import creates nothing"
    );
}

/// A small chain table whose open interest, spot and strikes are easy to follow.
fn chain_table() -> String {
    let mut text = String::from(
        "ts,underlying,expiry,strike,kind,bid,ask,iv,open_interest,volume,underlying_price\n",
    );
    for day in ["2024-01-04", "2024-01-05"] {
        for (kind, strike) in [("C", 5500.0), ("P", 4500.0)] {
            text.push_str(&format!(
                "{day}T20:45:00Z,SPX,2024-02-16T21:00:00Z,{strike},{kind},1.0,1.2,0.2,1000,10,5000\n"
            ));
        }
    }
    text
}

#[test]
fn a_table_of_ones_own_becomes_an_archive_and_a_series() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.csv"), chain_table()).unwrap();
    let said = gex_ok(folder.path(), &["import", "mine.csv", "--out", "archive"]);
    assert!(said.contains("SPX"), "{said}");
    assert!(
        said.lines().all(|line| line.chars().count() <= 80),
        "{said}"
    );
    let document = folder.path().join("archive/archive.json");
    let before = fs::read(&document).unwrap();
    let again = gex(folder.path(), &["import", "mine.csv", "--out", "archive"]);
    assert!(
        again.status.success() && stderr(&again).contains("already"),
        "{}",
        stderr(&again)
    );
    fs::write(
        folder.path().join("other.csv"),
        chain_table().replace("1000", "1001"),
    )
    .unwrap();
    let refused = gex(folder.path(), &["import", "other.csv", "--out", "archive"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(
        stderr(&refused).contains("--on-conflict"),
        "{}",
        stderr(&refused)
    );
    assert_eq!(
        fs::read(&document).unwrap(),
        before,
        "neither import changed the archive"
    );
    let exported = gex_ok(
        folder.path(),
        &["export", "archive", "--from", "2024-01-05"],
    );
    let lines: Vec<&str> = exported.lines().collect();
    assert_eq!(lines.len(), 3, "{exported}");
    assert!(lines[0].starts_with("ts,known_at,session,underlying,root,expiry,strike,right"));
    assert!(
        lines[1].contains("2024-02-16T21:00:00Z,4500,P"),
        "{exported}"
    );
    let inspected = gex_ok(folder.path(), &["inspect", "archive"]);
    assert!(inspected.contains("2024-01-05"), "{inspected}");
}

#[test]
fn the_demo_is_complete_says_that_it_is_synthetic_and_is_reused() {
    let folder = tempfile::tempdir().unwrap();
    let said = gex_ok(folder.path(), &["demo", "--out", "demo"]);
    assert!(said.contains("Synthetic data"), "{said}");
    assert!(
        said.lines().all(|line| line.chars().count() <= 80),
        "{said}"
    );
    let run = run_folder(&folder.path().join("demo"), "demo");
    let page = fs::read_to_string(run.join("index.html")).unwrap();
    assert!(page.contains("Synthetic data: these numbers say nothing about markets."));
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    for file in [
        "series.parquet",
        "panel.parquet",
        "manifest.json",
        "figures/gex.png",
    ] {
        assert!(run.join(file).exists(), "{file}");
    }
    let checked = gex_ok(folder.path(), &["check", "demo/study.toml"]);
    assert!(checked.contains("control vix"), "{checked}");
    let listed = gex_ok(folder.path(), &["runs", "--out", "demo"]);
    let id = run.file_name().unwrap().to_string_lossy();
    assert!(listed.contains(&*id), "{listed}");
    assert!(listed.contains("distinct hypotheses so far"), "{listed}");
    let rate = ["--set", "pricing.rate=0.01", "--out", "demo"];
    let planned = gex_ok(
        folder.path(),
        &[&["run", "demo/study.toml", "--dry-run"], &rate[..]].concat(),
    );
    assert!(planned.contains("would be made"), "{planned}");
    gex_ok(
        folder.path(),
        &[&["run", "demo/study.toml"], &rate[..]].concat(),
    );
    let compared = gex_ok(
        folder.path(),
        &["compare", "latest", &id[..8], "--out", "demo"],
    );
    for part in ["pricing.rate", "0.01", "one sign"] {
        assert!(compared.contains(part), "{compared}");
    }
    assert!(
        compared.lines().all(|line| line.chars().count() <= 80),
        "{compared}"
    );
    let found = findings(&run);
    assert_eq!(
        found["hypotheses"][0]["verdict"]["word"], "supported",
        "the planted effect"
    );
    assert_ne!(
        found["hypotheses"][1]["verdict"]["word"], "supported",
        "no planted direction"
    );
    let again = gex(folder.path(), &["run", "demo/study.toml", "--out", "demo"]);
    assert!(stderr(&again).contains("Reused"), "{}", stderr(&again));
    fs::write(run.join("findings.json"), "{}").unwrap();
    let mended = gex(folder.path(), &["run", "demo/study.toml", "--out", "demo"]);
    assert!(
        !stderr(&mended).contains("Reused"),
        "an altered run is computed again"
    );
    assert_eq!(findings(&run), found);
}

#[test]
fn the_commented_mapping_reads_a_table_with_two_roots() {
    let folder = tempfile::tempdir().unwrap();
    let mapping = crate::support::root().join("datasets/mapping.toml");
    let mut text = String::from(
        "quote_time,root,expiration,strike_price,cp_flag,best_bid,best_offer,impl_volatility,\
         open_interest,volume,underlying_last\n",
    );
    for root in ["SPX", "SPXW"] {
        for right in ["C", "P"] {
            text.push_str(&format!(
                "2024-01-05 15:45:00,{root},2024-02-16,4700000,{right},90.1,91.3,12.5,100,7,4700.5\n"
            ));
        }
    }
    fs::write(folder.path().join("mine.csv"), text).unwrap();
    let map = mapping.to_string_lossy();
    gex_ok(
        folder.path(),
        &["import", "mine.csv", "--map", &map, "--out", "archive"],
    );
    let archive = gex_ingest::archive::Archive::open(&folder.path().join("archive")).unwrap();
    let partitions = archive.partitions("SPX", (None, None)).unwrap();
    let chain = partitions[0].snapshots().unwrap().next().unwrap().unwrap();
    let expiries: Vec<String> = chain
        .expiries()
        .iter()
        .map(|e| e.expiry.to_rfc3339())
        .collect();
    assert_eq!(
        expiries,
        ["2024-02-16T14:30:00+00:00", "2024-02-16T21:00:00+00:00"]
    );
    assert_eq!((chain.root(0), chain.root(2)), ("SPX", "SPXW"));
    assert_eq!(chain.head().ts.to_rfc3339(), "2024-01-05T20:45:00+00:00");
    assert_eq!(chain.columns().iv.get(0), Some(0.125));
    assert_eq!(chain.columns().strike[0], 4700.0);
}

#[test]
fn the_demo_removes_nothing_but_an_earlier_demo() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = folder.path().join("here/archive/thesis.txt");
    fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    fs::write(&theirs, "years of work").unwrap();
    let output = gex(folder.path(), &["demo", "--out", "here"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(theirs.exists());
}

#[test]
fn daily_bars_of_a_calendar_whose_days_end_at_eight_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bars = "date,open,high,low,close\n2024-01-02,1,2,1,2\n";
    fs::write(folder.path().join("btc.csv"), bars).unwrap();
    let arguments = [
        "--bars",
        "BTC",
        "--adjusted",
        "none",
        "--calendar",
        "deribit",
    ];
    let output = gex(
        folder.path(),
        &[
            &["import", "btc.csv", "--out", "bars.parquet"],
            &arguments[..],
        ]
        .concat(),
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("08:00 UTC"), "{}", stderr(&output));
}
