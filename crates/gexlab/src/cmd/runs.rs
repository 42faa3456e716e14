//! `gex runs`: the runs that stand in a folder, and the count of everything ever tried.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gex_analysis::findings::{Findings, VerdictWord};
use serde::Serialize;
use serde_json::json;

use crate::args::RunsArgs;
use crate::console::Console;
use crate::exit::Failure;
use crate::ledger;
use crate::run_folder::{LOG, MANIFEST, Manifest};
use crate::text_table::{Side, lay_out};

/// One run.
#[derive(Serialize)]
struct Run {
    study: String,
    #[serde(rename = "run")]
    id: String,
    started: String,
    hypotheses: usize,
    supported: usize,
}

/// Lists the runs, the latest first, and what the ledger counts.
///
/// # Errors
///
/// A data failure for a ledger that was altered, any other for a folder that can't be read.
pub fn runs(args: &RunsArgs, console: Console) -> Result<(), Failure> {
    let mut found: Vec<Run> = folders(&args.out)?
        .iter()
        .flat_map(|study| folders(study).unwrap_or_default())
        .filter_map(|folder| read(&folder))
        .collect();
    found.sort_by(|a, b| b.started.cmp(&a.started).then(a.id.cmp(&b.id)));
    let header = [
        ("run", Side::Left),
        ("started", Side::Left),
        ("tested", Side::Right),
        ("supported", Side::Right),
        ("study", Side::Left),
    ];
    let document = json!({ "runs": found });
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|run| {
            let counts = [run.hypotheses, run.supported].map(|count| count.to_string());
            [vec![run.id, run.started], counts.to_vec(), vec![run.study]].concat()
        })
        .collect();
    let text = format!("{}{}", lay_out(&header, &rows), counted(&args.out)?);
    console.answer(&text, "gexlab/runs/1", document)?;
    Ok(())
}

/// Distinct hypotheses on each data set, so that the best of many is never shown as one of one.
fn counted(out: &Path) -> Result<String, Failure> {
    let entries = ledger::read(&out.join("ledger.jsonl")).map_err(Failure::data)?;
    let sets: BTreeSet<&str> = entries.iter().map(|entry| entry.data.as_str()).collect();
    let lines = sets.into_iter().map(|set| {
        let of_set = entries.iter().filter(|entry| entry.data == set);
        let count = of_set.map(|entry| entry.count).max().unwrap_or(0);
        let short: String = set.chars().take(12).collect();
        format!("{count} distinct hypotheses so far on data {short}\n")
    });
    Ok(lines.collect())
}

/// The folders in a folder, by name; hidden ones are runs in the making.
fn folders(parent: &Path) -> std::io::Result<Vec<PathBuf>> {
    let listing = match fs::read_dir(parent) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing?,
    };
    let mut found = Vec::new();
    for entry in listing {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn read(folder: &Path) -> Option<Run> {
    let text = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let manifest: Manifest = serde_json::from_str(&text(MANIFEST)?).ok()?;
    let findings: Findings = serde_json::from_str(&text("findings.json")?).ok()?;
    let log: serde_json::Value = serde_json::from_str(&text(LOG)?).ok()?;
    let started = log["started"].as_str().unwrap_or_default();
    let supported = |word: VerdictWord| word == VerdictWord::Supported;
    let words = findings.hypotheses.iter().map(|found| found.verdict.word);
    Some(Run {
        study: findings.study.name.clone(),
        id: manifest.run,
        started: started
            .chars()
            .take(16)
            .collect::<String>()
            .replace('T', " "),
        hypotheses: findings.hypotheses.len(),
        supported: words.filter(|word| supported(*word)).count(),
    })
}
