//! The committed hypotheses: each has its page, is understood, and runs on chains.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{findings, gex, gex_ok, root, run_folder, stderr};

fn studies() -> Vec<PathBuf> {
    let folder = root().join("studies/hypotheses");
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    assert_eq!(found.len(), 16);
    found
}

fn stem(study: &Path) -> &str {
    study.file_stem().unwrap().to_str().unwrap()
}

#[test]
fn each_has_a_page_that_names_it() {
    for study in studies() {
        let name = stem(&study);
        let page = root().join(format!("docs/hypotheses/{}.md", &name[..3]));
        let text = fs::read_to_string(&page).unwrap();
        for part in [
            "**Claim.**",
            "**Source.**",
            "**Published effect.**",
            "can say.**",
            "can't.**",
        ] {
            assert!(text.contains(part), "{}: {part}", page.display());
        }
        assert!(
            text.contains(&format!("studies/hypotheses/{name}.toml")),
            "{name}"
        );
    }
}

/// Two need chains within the session, which the demo's market does not have; they say so.
#[test]
fn each_runs_on_simulated_chains_or_says_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    gex_ok(at, &["demo", "--out", "demo"]);
    for study in studies() {
        let name = stem(&study);
        let path = study.to_string_lossy().into_owned();
        let given = [
            "data.archive",
            "data.bars",
            "data.controls.vix",
            "data.controls.adv",
        ]
        .map(|key| {
            let file = match key {
                "data.archive" => "archive".to_owned(),
                _ => format!("{}.parquet", key.rsplit('.').next().unwrap()),
            };
            format!("{key}={}", at.join("demo").join(file).display())
        });
        let mut arguments = vec![
            "run",
            &path,
            "--out",
            "reports",
            "--set",
            "data.underlying=SIM",
        ];
        for setting in &given {
            arguments.extend(["--set", setting]);
        }
        let output = gex(at, &arguments);
        if ["h05-last-hour", "h12-vanna-charm"].contains(&name) {
            assert_eq!(output.status.code(), Some(3), "{name}");
            assert!(
                stderr(&output).contains("at the time asked for"),
                "{}",
                stderr(&output)
            );
            continue;
        }
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        let found = findings(&run_folder(&at.join("reports"), name));
        let estimate = &found["hypotheses"][0]["ladder"][0]["level"];
        assert!(estimate["value"].is_number(), "{name}: {estimate}");
        if name.starts_with("h07") {
            assert_eq!(found["events"].as_array().unwrap().len(), 3);
            assert!(
                found["events"][0]["difference"]["value"].is_number(),
                "{}",
                found["events"][0]
            );
        }
        if name.starts_with("h08") {
            assert_eq!(found["levels"].as_array().unwrap().len(), 2);
        }
        if name.starts_with("h14") {
            let family = &found["families"][0];
            assert!(family["superior_ability_p"].is_number(), "{family}");
        }
    }
}
