//! The architecture's own rules: where arrows may point, what a file may say.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Floors of the crates: an arrow points to a lower floor only.
const ARROWS: &[(&str, &[&str])] = &[
    ("gex-compute", &[]),
    ("gex-ingest", &["gex-compute"]),
    ("gex-analysis", &["gex-compute"]),
    ("gex-sim", &["gex-compute"]),
    ("gex-report", &["gex-analysis", "gex-compute"]),
    (
        "gexlab",
        &[
            "gex-analysis",
            "gex-compute",
            "gex-ingest",
            "gex-report",
            "gex-sim",
        ],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn manifest(krate: &str) -> toml::Table {
    let path = root().join("crates").join(krate).join("Cargo.toml");
    fs::read_to_string(&path).unwrap().parse().unwrap()
}

fn own_dependencies(krate: &str) -> Vec<String> {
    let table = manifest(krate);
    let section = table["dependencies"].as_table().unwrap();
    section
        .keys()
        .filter(|name| name.starts_with("gex"))
        .cloned()
        .collect()
}

#[test]
fn arrows_point_down() {
    let allowed: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let krate = entry.unwrap().file_name().into_string().unwrap();
        let Some(allowed) = allowed.get(krate.as_str()) else {
            panic!("crate {krate} has no floor: add it to the table of arrows");
        };
        for dependency in own_dependencies(&krate) {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{krate} must not use {dependency}"
            );
        }
    }
}

#[test]
fn every_crate_takes_the_workspace_lints() {
    for (krate, _) in ARROWS {
        assert_eq!(
            manifest(krate)["lints"]["workspace"].as_bool(),
            Some(true),
            "{krate}"
        );
    }
}

/// Rust files below a folder, with their text.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// Words that a crate's sources must not use, and why.
const NEVER: &[(&str, &[&str], &str)] = &[
    (
        "gex-compute",
        &[
            "std::fs",
            "std::env",
            "std::io",
            "SystemTime",
            "rand::",
            "rayon",
            "log::",
            "println!",
        ],
        "the floor is pure: no files, environment, clock, randomness, threads or logging",
    ),
    (
        "gex-report",
        &["black76", "gex_compute::implied_vol", "::stats::"],
        "the report calls no formula",
    ),
    (
        "gex-analysis",
        &["polars", "parquet", "std::fs"],
        "analysis knows no file",
    ),
    (
        "gex-sim",
        &["std::fs", "gex_ingest"],
        "the simulator returns rows; gexlab writes them",
    ),
    (
        "gex-ingest",
        &[
            "black76",
            "gex_compute::exposure",
            "gex_compute::series",
            "gex_compute::flip",
        ],
        "ingest imports only the market nouns",
    ),
];

#[test]
fn crates_never_know_what_is_not_theirs() {
    for (krate, words, why) in NEVER {
        for (path, text) in sources(&root().join("crates").join(krate).join("src")) {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for line in code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
            {
                for word in *words {
                    assert!(!line.contains(word), "{}: `{word}`: {why}", path.display());
                }
            }
        }
    }
}

#[test]
fn parallelism_stands_in_one_module_a_crate() {
    for krate in ["gexlab", "gex-ingest", "gex-analysis"] {
        let users: Vec<_> = sources(&root().join("crates").join(krate).join("src"))
            .into_iter()
            .filter(|(_, text)| text.contains("rayon::"))
            .map(|(path, _)| path.file_name().unwrap().to_owned())
            .collect();
        assert!(
            users.iter().all(|name| name == "parallel.rs"),
            "{krate}: {users:?}"
        );
    }
}

#[test]
fn market_imports_nothing_from_its_siblings() {
    for (path, text) in sources(&root().join("crates/gex-compute/src/market")) {
        for line in text
            .lines()
            .filter(|line| line.trim_start().starts_with("use crate::"))
        {
            assert!(line.contains("crate::market"), "{}: {line}", path.display());
        }
    }
}

#[test]
fn the_readme_has_the_two_commands_that_work() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    for command in [
        "cargo run --release -- demo",
        "cargo test --release --workspace",
    ] {
        assert!(readme.contains(command), "README.md must show `{command}`");
        assert!(ci.contains(command), ".ci/run must run `{command}`");
    }
}
