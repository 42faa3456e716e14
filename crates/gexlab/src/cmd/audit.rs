//! `gex audit`: proofs that a study did not look ahead.

use gex_analysis::audit::{Audit, AuditCheck, CUTS, Fate, audit as examine};
use gex_analysis::findings::CheckLevel;
use gex_ingest::archive::Archive;
use serde_json::json;

use crate::args::AuditArgs;
use crate::console::Console;
use crate::exit::Failure;
use crate::inputs::SignalData;
use crate::open_study::{OpenStudy, open_study_with};
use crate::plan::Source;
use crate::proofs::Proof;
use crate::replay::{Replay, replay};
use crate::run::{Prepared, prepare};
use crate::text_table::{Side, lay_out};

/// Sessions at which an archive is replayed again, as shares of all of them.
const REPLAYS: [(usize, usize); 3] = [(1, 2), (3, 4), (19, 20)];

/// Audits the study, writes `audit.json` beside its run and shows it on the run's page.
///
/// # Errors
///
/// A usage failure for the study file, a data failure for its inputs, and a failed check where a look-ahead
/// was found or a planted leak was not.
pub fn audit(args: &AuditArgs, console: Console) -> Result<(), Failure> {
    let study = open_study_with(&args.study.study, &args.study.settings)?;
    let prepared = prepare(&study, &args.out, console)?;
    let mut found = examine(&study.plan.study, &prepared.inputs(), CUTS).map_err(Failure::data)?;
    found
        .checks
        .extend(replay_check(&study, &prepared, console)?);
    console.stage("Audited", &format!("{} checks", found.checks.len()));
    let mut proofs = prepared.proofs();
    proofs.audit = Some(Proof {
        schema: "gexlab/audit/1".to_owned(),
        signature: prepared.signature(),
        found: found.clone(),
        text: None,
    });
    let finished = prepared.finish(&proofs, console)?;
    let passed = found.passed();
    let place = finished.folder.join("audit.json");
    let text = format!("{}\naudit  {}\n", told(&found), place.display());
    let value = json!({ "passed": passed, "file": place, "audit": found });
    console.answer(&text, "gexlab/audited/1", value)?;
    if passed {
        return Ok(());
    }
    Err(Failure::check(anyhow::anyhow!(
        "the audit failed; {} says where",
        place.display()
    )))
}

/// Checks that passed, one line a kind; every other one in its own words.
fn told(audit: &Audit) -> String {
    let header = [
        ("check", Side::Left),
        ("result", Side::Left),
        ("of", Side::Left),
        ("", Side::Left),
    ];
    let mut rows = Vec::new();
    for kind in ["replay", "truncation", "poison", "windows", "ladder"] {
        let of_kind = || audit.checks.iter().filter(|check| check.check == kind);
        let passed = || of_kind().filter(|check| check.level == CheckLevel::Pass);
        let (count, compared) = (
            passed().count(),
            passed().map(|check| check.compared).sum::<usize>(),
        );
        if 0 < count {
            let of = match count {
                1 => passed().map(|check| check.hypothesis.clone()).collect(),
                _ => format!("{count} hypotheses"),
            };
            let told = format!("{compared} numbers compared");
            rows.push(vec![kind.to_owned(), "passed".to_owned(), of, told]);
        }
        let open = of_kind().filter(|check| check.level != CheckLevel::Pass);
        rows.extend(open.map(row));
    }
    let planted = [
        ("planted leak", Side::Left),
        ("fate", Side::Left),
        ("", Side::Left),
    ];
    let leaks: Vec<_> = { audit.planted.iter() }
        .map(|planted| {
            let fate = match planted.fate {
                Fate::Caught => "caught",
                Fate::Missed => "MISSED",
                Fate::Harmless => "harmless",
            };
            let name = planted.leak.name().to_owned();
            vec![name, fate.to_owned(), planted.by.clone()]
        })
        .collect();
    format!("{}\n{}", lay_out(&header, &rows), lay_out(&planted, &leaks))
}

/// Replays the archive up to some sessions alone: every point up to there must have the same bits.
fn replay_check(
    study: &OpenStudy,
    prepared: &Prepared<'_>,
    console: Console,
) -> Result<Option<AuditCheck>, Failure> {
    let (SignalData::Chains(whole), Source::Archive { path, at }) =
        (&prepared.data.signals, &study.plan.data.source)
    else {
        return Ok(None);
    };
    let archive = Archive::open(path).map_err(Failure::data)?;
    let mut sessions: Vec<_> = whole.points.iter().map(|point| point.session).collect();
    sessions.dedup();
    let (mut compared, mut differs) = (0, None);
    for (part, of) in REPLAYS {
        let Some(cut) = sessions.get(sessions.len() * part / of).copied() else {
            continue;
        };
        let mut plan = study.plan.clone();
        plan.data.window.1 = Some(cut);
        plan.outputs.clear();
        let bar = console.progress("Replaying", 0);
        let again = replay(&archive, &plan, *at, &bar).map_err(Failure::data)?;
        bar.finish_and_clear();
        compared += again.points.len();
        differs = differs.or_else(|| first_difference(whole, &again));
    }
    Ok(Some(AuditCheck {
        check: "replay".to_owned(),
        hypothesis: "every positioning".to_owned(),
        level: match differs {
            Some(_) => CheckLevel::Fail,
            None => CheckLevel::Pass,
        },
        text: match differs {
            Some(at) => format!("Without later chains the point of {at} is another."),
            None => format!(
                "{compared} points of the series are the same to the bit when the archive ends at the cut."
            ),
        },
        compared,
        leak: None,
    }))
}

/// The first instant whose point is another one, or is missing, in a replay that ended early.
fn first_difference(whole: &Replay, again: &Replay) -> Option<String> {
    let last = again.points.last()?.session;
    let ours = whole
        .points
        .iter()
        .take_while(|point| point.session <= last);
    let mut theirs = again.points.iter();
    for point in ours {
        if theirs.next() != Some(point) {
            return Some(point.ts.to_rfc3339());
        }
    }
    theirs.next().map(|point| point.ts.to_rfc3339())
}

fn row(check: &AuditCheck) -> Vec<String> {
    let level = match check.level {
        CheckLevel::Fail => "FAILED",
        CheckLevel::Warning => "warning",
        CheckLevel::Note => "note",
        CheckLevel::Pass => "passed",
    };
    vec![
        check.check.clone(),
        level.to_owned(),
        check.hypothesis.clone(),
        check.text.clone(),
    ]
}
