//! `gex run`: a whole study.

use gex_analysis::findings::{Check, CheckLevel, Findings, HypothesisFinding};
use serde_json::{Value, json};

use crate::args::RunArgs;
use crate::console::Console;
use crate::exit::Failure;
use crate::open_study::{OpenStudy, open_study_with};
use crate::run::{Finished, Reuse, place, run as run_study};
use crate::text_table::{MAX_WIDTH, Side, lay_out, wrap};

/// Runs the study and prints its verdicts and where the page is.
///
/// # Errors
///
/// A usage failure for the study file, a data failure for its inputs.
pub fn run(args: &RunArgs, console: Console) -> Result<(), Failure> {
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
