//! Sweeps: every combination a run of its own, broken off and taken up again.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{gex, gex_ok, stderr};

#[test]
fn every_combination_is_a_run_and_stands_for_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    gex_ok(at, &["demo", "--out", "demo"]);
    let sweep = [
        "--json",
        "run",
        "demo/study.toml",
        "--sweep",
        "pricing.rate=0.0,0.03",
        "--sweep",
        "study.seed=1,2",
        "--out",
        "reports",
    ];
    let first: Value = serde_json::from_str(&gex_ok(at, &sweep)).unwrap();
    let trials = first["trials"].as_array().unwrap();
    assert_eq!(
        (trials.len(), &first["interrupted"]),
        (4, &Value::Bool(false))
    );
    let folders: std::collections::BTreeSet<&str> = trials
        .iter()
        .map(|trial| trial["run"]["folder"].as_str().unwrap())
        .collect();
    assert_eq!(folders.len(), 4, "four settings, four folders");
    assert_eq!(trials[1]["settings"][1], "study.seed=2");
    let again: Value = serde_json::from_str(&gex_ok(at, &sweep)).unwrap();
    let reused = |trial: &Value| trial["run"]["reused"] == Value::Bool(true);
    assert!(again["trials"].as_array().unwrap().iter().all(reused));

    let table = gex_ok(
        at,
        &[
            "run",
            "demo/study.toml",
            "--sweep",
            "study.seed=1,2",
            "--out",
            "reports",
        ],
    );
    assert!(
        table.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
    assert!(table.contains("2: study.seed=2"), "{table}");

    let many = gex(
        at,
        &[
            "run",
            "demo/study.toml",
            "--sweep",
            "study.seed=1,2,3",
            "--max-trials",
            "2",
        ],
    );
    assert_eq!(many.status.code(), Some(2));
    assert!(
        stderr(&many).contains("--max-trials 3"),
        "{}",
        stderr(&many)
    );
}

/// One Ctrl-C while the first trial runs: it is finished, the rest is left, and the code says so.
#[test]
fn an_interrupted_sweep_keeps_what_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    gex_ok(at, &["demo", "--out", "demo"]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_gex"))
        .args([
            "run",
            "demo/study.toml",
            "--sweep",
            "study.seed=1,2,3",
            "--out",
            "reports",
        ])
        .current_dir(at)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = said.find(|line| line.as_ref().unwrap().contains("1 of 3"));
    assert!(first.is_some());
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let rest: Vec<String> = said.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert!(
        rest.iter().any(|line| line.contains("takes up the rest")),
        "{rest:?}"
    );
    let runs = std::fs::read_dir(at.join("reports/demo")).unwrap().count();
    assert!((1..3).contains(&runs), "{runs} runs stand");
    let done = gex_ok(
        at,
        &[
            "run",
            "demo/study.toml",
            "--resume",
            "--sweep",
            "study.seed=1,2,3",
            "--out",
            "reports",
        ],
    );
    assert!(done.contains("3: study.seed=3"), "{done}");
}
