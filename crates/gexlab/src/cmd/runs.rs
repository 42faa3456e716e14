//! `gex runs`: the runs that stand in a folder, and the count of everything ever tried.

use std::collections::BTreeSet;
use std::path::Path;

use gex_analysis::findings::VerdictWord;
use serde_json::{Value, json};

use crate::args::RunsArgs;
use crate::console::Console;
use crate::exit::Failure;
use crate::finished::{FinishedRun, finished_runs};
use crate::ledger;
use crate::text_table::{Side, lay_out};

/// Lists the runs, the latest first, and what the ledger counts.
///
/// # Errors
///
/// A data failure for a ledger that was altered, any other for a folder that can't be read.
pub fn runs(args: &RunsArgs, console: Console) -> Result<(), Failure> {
    let found = finished_runs(&args.out)?;
    let header = [
        ("run", Side::Left),
        ("started", Side::Left),
        ("tested", Side::Right),
        ("supported", Side::Right),
        ("study", Side::Left),
    ];
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    let counts = counts(&args.out)?;
    let mut text = lay_out(&header, &rows);
    for (data, count) in &counts {
        let short: String = data.chars().take(12).collect();
        text.extend([
            &count.to_string(),
            " distinct hypotheses so far on data ",
            &short,
            "
",
        ]);
    }
    let runs: Vec<Value> = found.iter().map(value).collect();
    let tried: Vec<Value> = counts
        .iter()
        .map(|(data, count)| json!({ "data": data, "distinct-hypotheses": count }))
        .collect();
    console.answer(
        &text,
        "gexlab/runs/1",
        json!({ "runs": runs, "ledger": tried }),
    )?;
    Ok(())
}

fn supported(run: &FinishedRun) -> usize {
    let hypotheses = run.findings.hypotheses.iter();
    hypotheses
        .filter(|found| found.verdict.word == VerdictWord::Supported)
        .count()
}

fn row(run: &FinishedRun) -> Vec<String> {
    let minute: String = run.started.chars().take(16).collect();
    vec![
        run.manifest.run.clone(),
        minute.replace('T', " "),
        run.findings.hypotheses.len().to_string(),
        supported(run).to_string(),
        run.findings.study.name.clone(),
    ]
}

fn value(run: &FinishedRun) -> Value {
    json!({
        "run": run.manifest.run,
        "study": run.findings.study.name,
        "started": run.started,
        "hypotheses": run.findings.hypotheses.len(),
        "supported": supported(run),
        "folder": run.folder,
    })
}

/// Distinct hypotheses by data set, so that the best of many is never shown as one of one.
fn counts(out: &Path) -> Result<Vec<(String, u64)>, Failure> {
    let entries = ledger::read(&out.join("ledger.jsonl")).map_err(Failure::data)?;
    let sets: BTreeSet<&str> = entries.iter().map(|entry| entry.data.as_str()).collect();
    let count = |set: &str| {
        let of_set = entries.iter().filter(|entry| entry.data == set);
        of_set.map(|entry| entry.count).max().unwrap_or(0)
    };
    Ok(sets
        .into_iter()
        .map(|set| (set.to_owned(), count(set)))
        .collect())
}
