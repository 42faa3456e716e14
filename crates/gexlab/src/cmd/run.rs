//! `gex run`: a whole study.

use gex_analysis::findings::{CheckLevel, Findings};

use crate::args::RunArgs;
use crate::console::Console;
use crate::exit::Failure;
use crate::open_study::open_study;
use crate::run::{Finished, Reuse, run as run_study};
use crate::text_table::{Side, lay_out};

/// Runs the study and prints its verdicts and where the page is.
///
/// # Errors
///
/// A usage failure for the study file, a data failure for its inputs.
pub fn run(args: &RunArgs, console: Console) -> Result<(), Failure> {
    let study = open_study(&args.study)?;
    let reuse = if args.fresh {
        Reuse::Never
    } else {
        Reuse::Allowed
    };
    let finished = run_study(&study, &args.out, reuse, console)?;
    console.result(&summary(&finished))?;
    Ok(())
}

/// What a finished run says on stdout: verdicts, grave checks, the page.
pub fn summary(finished: &Finished) -> String {
    let mut text = verdicts(&finished.findings);
    for check in &finished.findings.checks {
        if matches!(check.level, CheckLevel::Fail | CheckLevel::Warning) {
            for (i, line) in crate::text_table::wrap(&check.text, 78).iter().enumerate() {
                text.push_str(if i == 0 { "! " } else { "  " });
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text.push_str(&format!(
        "\nreport  {}\n",
        finished.folder.join("index.html").display()
    ));
    text
}

fn verdicts(findings: &Findings) -> String {
    let header = [
        ("effect", Side::Right),
        ("95 % interval", Side::Right),
        ("p", Side::Right),
        ("verdict", Side::Left),
        ("hypothesis", Side::Left),
    ];
    let rows: Vec<Vec<String>> = findings
        .hypotheses
        .iter()
        .map(|finding| {
            let estimate = finding.ladder.last().map(|rung| &rung.level);
            let p = estimate
                .and_then(|e| e.p_values.first())
                .and_then(|p| p.value);
            vec![
                estimate
                    .and_then(|e| e.value)
                    .map_or("–".to_owned(), |v| format!("{v:+.3}")),
                estimate
                    .and_then(|e| e.interval)
                    .map_or("–".to_owned(), |(low, high)| {
                        format!("{low:+.3} to {high:+.3}")
                    }),
                p.map_or("–".to_owned(), |p| {
                    if p < 0.001 {
                        "<.001".to_owned()
                    } else {
                        format!("{p:.3}")
                    }
                }),
                finding.verdict.word.words().to_owned(),
                finding.id.clone(),
            ]
        })
        .collect();
    lay_out(&header, &rows)
}
