//! `gex compare`: what differs between runs, in their settings and in what they found.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::anyhow;
use gex_analysis::findings::HypothesisFinding;
use serde_json::{Value, json};

use crate::args::CompareArgs;
use crate::cmd::run::verdict_cells;
use crate::console::Console;
use crate::exit::Failure;
use crate::finished::{FinishedRun, find};
use crate::text_table::{Side, lay_out};

/// Prints the settings that differ, then every hypothesis of more than one run side by side.
///
/// # Errors
///
/// A usage failure for fewer than two runs, a data failure for one that can't be found.
pub fn compare(args: &CompareArgs, console: Console) -> Result<(), Failure> {
    let runs = args
        .runs
        .iter()
        .map(|name| find(name, &args.out))
        .collect::<Result<Vec<_>, _>>()?;
    let distinct: BTreeSet<&str> = runs.iter().map(id).collect();
    if distinct.len() < 2 {
        return Err(Failure::usage(anyhow!(
            "a comparison takes two runs or more; `gex runs` lists them"
        )));
    }
    let differs = differing(&runs);
    let text = format!("{}\n{}", settings_table(&differs), found_table(&runs));
    let value = json!({
        "runs": runs.iter().map(id).collect::<Vec<_>>(),
        "differs": differs,
        "found": found(&runs),
    });
    console.answer(&text, "gexlab/comparison/1", value)?;
    Ok(())
}

fn id(run: &FinishedRun) -> &str {
    &run.manifest.run
}

/// The settings that are not the same in all runs, by path: the value of each run that has one.
fn differing(runs: &[FinishedRun]) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut settings: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for run in runs {
        let mut flat = BTreeMap::new();
        flatten("", &run.manifest.study, &mut flat);
        for (input, hash) in &run.manifest.inputs {
            flat.insert(format!("hash of {input}"), hash.chars().take(12).collect());
        }
        for (path, value) in flat {
            let values = settings.entry(path).or_default();
            values.insert(id(run).to_owned(), value);
        }
    }
    settings.retain(|_, values| {
        let distinct: BTreeSet<&String> = values.values().collect();
        1 < distinct.len() || values.len() < runs.len()
    });
    settings
}

/// Puts every leaf under its path; a list's member with an `id` is named by it.
fn flatten(path: &str, value: &Value, out: &mut BTreeMap<String, String>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                flatten(&below(name), inner, out);
            }
        }
        Value::Array(members) if members.iter().any(|member| member["id"].is_string()) => {
            for member in members {
                flatten(
                    &below(member["id"].as_str().unwrap_or_default()),
                    member,
                    out,
                );
            }
        }
        Value::Null => {}
        Value::String(text) => drop(out.insert(path.to_owned(), text.clone())),
        other => drop(out.insert(path.to_owned(), other.to_string())),
    }
}

fn settings_table(differs: &BTreeMap<String, BTreeMap<String, String>>) -> String {
    if differs.is_empty() {
        return "the same settings on the same data\n".to_owned();
    }
    let header = [("run", Side::Left), ("value", Side::Left)];
    let mut text = String::new();
    for (path, values) in differs {
        let rows: Vec<Vec<String>> = values
            .iter()
            .map(|(run, value)| vec![run.clone(), value.clone()])
            .collect();
        let table = lay_out(&header, &rows);
        let body = table.split_once('\n').map_or("", |(_, body)| body);
        text.extend([path, "\n", &indented(body)]);
    }
    text
}

fn indented(text: &str) -> String {
    text.lines().flat_map(|line| ["  ", line, "\n"]).collect()
}

/// The hypotheses that at least two runs tested, each with the runs that did.
fn shared(runs: &[FinishedRun]) -> BTreeMap<&str, Vec<(&FinishedRun, &HypothesisFinding)>> {
    let mut by_id: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for run in runs {
        for found in &run.findings.hypotheses {
            by_id.entry(&found.id).or_default().push((run, found));
        }
    }
    by_id.retain(|_, found| 1 < found.len());
    by_id
}

fn found_table(runs: &[FinishedRun]) -> String {
    let header = [
        ("run", Side::Left),
        ("effect", Side::Right),
        ("95 % interval", Side::Right),
        ("p", Side::Right),
        ("rows", Side::Right),
        ("verdict", Side::Left),
    ];
    let mut text = String::new();
    for (hypothesis, found) in shared(runs) {
        let rows: Vec<Vec<String>> = found
            .iter()
            .map(|(run, found)| {
                let [effect, interval, p, verdict] = verdict_cells(found);
                let rows = found.ladder.last().map_or(0, |rung| rung.level.n);
                vec![
                    id(run).to_owned(),
                    effect,
                    interval,
                    p,
                    rows.to_string(),
                    verdict,
                ]
            })
            .collect();
        text.extend([hypothesis, ": ", agreement(&found), "\n"]);
        text.push_str(&indented(&lay_out(&header, &rows)));
    }
    if text.is_empty() {
        return "no hypothesis of one identifier stands in two of the runs\n".to_owned();
    }
    text.push_str("effect of one standard deviation of the signal, in % of volatility\n");
    text
}

/// Whether the estimates that are defined have one sign.
fn agreement(found: &[(&FinishedRun, &HypothesisFinding)]) -> &'static str {
    let signs: BTreeSet<bool> = found
        .iter()
        .filter_map(|(_, found)| found.ladder.last()?.level.value)
        .map(f64::is_sign_positive)
        .collect();
    match signs.len() {
        0 => "no estimate",
        1 => "one sign",
        _ => "signs disagree",
    }
}

fn found(runs: &[FinishedRun]) -> Vec<Value> {
    let mut all = Vec::new();
    for (hypothesis, found) in shared(runs) {
        let estimates: Vec<Value> = found
            .iter()
            .map(|(run, found)| {
                json!({
                    "run": id(run),
                    "verdict": found.verdict,
                    "effect": found.ladder.last().map(|rung| &rung.level),
                })
            })
            .collect();
        let signs = agreement(&found);
        all.push(json!({ "hypothesis": hypothesis, "signs": signs, "runs": estimates }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_stand_under_their_paths_and_hypotheses_under_their_identifiers() {
        let study = json!({
            "pricing": { "rate": 0.0, "iv": "given" },
            "hypotheses": [{ "id": "a", "scale": "usd" }],
            "none": null,
        });
        let mut flat = BTreeMap::new();
        flatten("", &study, &mut flat);
        let pairs: Vec<(&str, &str)> = flat.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("hypotheses.a.id", "a"),
                ("hypotheses.a.scale", "usd"),
                ("pricing.iv", "given"),
                ("pricing.rate", "0.0"),
            ]
        );
    }
}
