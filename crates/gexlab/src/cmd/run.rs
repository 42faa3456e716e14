//! `gex run`: a whole study.

use gex_analysis::findings::{Check, CheckLevel, Findings, HypothesisFinding, Role};
use serde_json::{Value, json};

use crate::args::RunArgs;
use crate::console::Console;
use crate::exit::Failure;
use crate::interrupt;
use crate::open_study::{OpenStudy, open_study_with};
use crate::run::{Finished, Reuse, place, run as run_study};
use crate::sweep::trials;
use crate::text_table::{MAX_WIDTH, Side, lay_out, wrap};

/// Runs the study and prints its verdicts and where the page is.
///
/// # Errors
///
/// A usage failure for the study file, a data failure for its inputs.
pub fn run(args: &RunArgs, console: Console) -> Result<(), Failure> {
    if !args.sweep.is_empty() {
        return sweep(args, console);
    }
    let study = open_study_with(&args.study.study, &args.study.settings)?;
    if args.dry_run {
        return dry_run(&study, args, console);
    }
    let reuse = if args.fresh {
        Reuse::Never
    } else {
        Reuse::Allowed
    };
    let finished = run_study(&study, &args.out, reuse, console)?;
    console.answer(
        &summary(&finished),
        "gexlab/finished/1",
        document(&finished),
    )?;
    Ok(())
}

/// Runs every trial of a sweep; one that stands finished is taken as it stands, so that a sweep broken off is taken up
/// by the same command.
fn sweep(args: &RunArgs, console: Console) -> Result<(), Failure> {
    let trials = trials(&args.sweep, args.max_trials)
        .map_err(|fault| Failure::usage(anyhow::anyhow!(fault)))?;
    let reuse = if args.fresh {
        Reuse::Never
    } else {
        Reuse::Allowed
    };
    let mut finished = Vec::new();
    interrupt::in_trials();
    for (i, trial) in trials.iter().enumerate() {
        if interrupt::asked() {
            break;
        }
        console.stage(
            "Trial",
            &format!("{} of {}: {}", i + 1, trials.len(), trial.join(" ")),
        );
        let settings = [args.study.settings.as_slice(), trial].concat();
        let study = open_study_with(&args.study.study, &settings)?;
        finished.push((trial, run_study(&study, &args.out, reuse, console)?));
    }
    let table = sweep_table(&finished);
    let list: Vec<Value> = finished
        .iter()
        .map(|(trial, finished)| json!({ "settings": trial, "run": document(finished) }))
        .collect();
    let whole = finished.len() == trials.len();
    let value = json!({ "trials": list, "of": trials.len(), "interrupted": !whole });
    console.answer(&table, "gexlab/sweep/1", value)?;
    if whole {
        return Ok(());
    }
    Err(Failure::interrupted(anyhow::anyhow!(
        "interrupted after {} of {} trials; the same command takes up the rest",
        finished.len(),
        trials.len()
    )))
}

/// One row a trial and primary hypothesis.
fn sweep_table(finished: &[(&Vec<String>, Finished)]) -> String {
    let header = [
        ("trial", Side::Right),
        ("effect", Side::Right),
        ("p", Side::Right),
        ("verdict", Side::Left),
        ("hypothesis", Side::Left),
    ];
    let mut rows = Vec::new();
    let mut legend = String::new();
    for (i, (trial, finished)) in finished.iter().enumerate() {
        let number = (i + 1).to_string();
        legend.push_str(&wrap(&format!("{number}: {}", trial.join(" ")), MAX_WIDTH).join("\n   "));
        legend.push('\n');
        let hypotheses = finished.findings.hypotheses.iter();
        for found in hypotheses.filter(|found| found.role == Role::Primary) {
            let [effect, _, p, verdict] = verdict_cells(found);
            rows.push(vec![number.clone(), effect, p, verdict, found.id.clone()]);
        }
    }
    let text = lay_out(&header, &rows);
    format!(
        "{text}effect of one standard deviation of the signal, in % of volatility;\np of each trial alone, adjusted over nothing\n\n{legend}"
    )
}

/// Says what would be run; the inputs are hashed, so that a missing one is named.
fn dry_run(study: &OpenStudy, args: &RunArgs, console: Console) -> Result<(), Failure> {
    let place = place(study, &args.out)?;
    let hypotheses = study.plan.study.hypotheses().len();
    let state = if place.exists() {
        "stands already"
    } else {
        "would be made"
    };
    let text = format!("{hypotheses} hypotheses; {} {state}\n", place.display());
    let value = json!({ "hypotheses": hypotheses, "folder": place, "stands": place.exists() });
    console.answer(&text, "gexlab/dry-run/1", value)?;
    Ok(())
}

/// What a finished run says to a program: where it is, its verdicts, its grave checks.
pub fn document(finished: &Finished) -> Value {
    let findings = &finished.findings;
    let verdicts: Vec<Value> = findings
        .hypotheses
        .iter()
        .map(|found| {
            json!({
                "id": found.id,
                "role": found.role,
                "verdict": found.verdict,
                "effect": found.ladder.last().map(|rung| &rung.level),
            })
        })
        .collect();
    json!({
        "folder": finished.folder,
        "reused": finished.reused,
        "synthetic": findings.study.synthetic,
        "verdicts": verdicts,
        "checks": findings.checks,
        "distinct-hypotheses": findings.ledger.hypotheses,
    })
}

/// What a finished run says on stdout: verdicts, grave checks, the page.
pub fn summary(finished: &Finished) -> String {
    let page = finished.folder.join("index.html");
    let grave = |check: &&Check| matches!(check.level, CheckLevel::Fail | CheckLevel::Warning);
    let checks: String = finished
        .findings
        .checks
        .iter()
        .filter(grave)
        .map(warning)
        .collect();
    format!(
        "{}{checks}\nreport  {}\n",
        verdicts(&finished.findings),
        page.display()
    )
}

/// A check as a bulleted paragraph.
fn warning(check: &Check) -> String {
    format!("! {}\n", wrap(&check.text, MAX_WIDTH - 2).join("\n  "))
}

fn verdicts(findings: &Findings) -> String {
    let header = [
        ("effect", Side::Right),
        ("95 % interval", Side::Right),
        ("p", Side::Right),
        ("verdict", Side::Left),
        ("hypothesis", Side::Left),
    ];
    let rows: Vec<Vec<String>> = findings.hypotheses.iter().map(verdict_row).collect();
    let mut text = lay_out(&header, &rows);
    text.push_str("effect of one standard deviation of the signal, in % of volatility\n");
    text
}

fn verdict_row(finding: &HypothesisFinding) -> Vec<String> {
    let mut row = verdict_cells(finding).to_vec();
    row.push(finding.id.clone());
    row
}

/// Effect, interval, p-value and verdict of a hypothesis' last rung; a dash where undefined.
pub(crate) fn verdict_cells(finding: &HypothesisFinding) -> [String; 4] {
    let none = || "–".to_owned();
    let estimate = finding.ladder.last().map(|rung| &rung.level);
    let percent = |share: f64| format!("{:+.1}", 100.0 * share);
    let interval = estimate.and_then(|estimate| estimate.interval);
    let p = estimate
        .and_then(|estimate| estimate.p_values.first())
        .and_then(|p| p.value);
    [
        estimate
            .and_then(|estimate| estimate.value)
            .map_or_else(none, percent),
        interval.map_or_else(none, |(low, high)| {
            format!("{} to {}", percent(low), percent(high))
        }),
        p.map_or_else(none, |p| {
            if p < 0.001 {
                "<.001".to_owned()
            } else {
                format!("{p:.3}")
            }
        }),
        finding.verdict.word.words().to_owned(),
    ]
}
