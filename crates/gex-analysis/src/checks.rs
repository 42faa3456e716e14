//! What a reader must know before quoting a number.

use gex_compute::market::bar::Adjustment;

use crate::findings::{Check, CheckLevel, HypothesisFinding, StudyFacts, VerdictWord};
use crate::inputs::{Inputs, KnownAtRule, Signals};
use crate::panel::HypothesisPanel;

/// Share of rows left out above which a reader is warned.
const EXCLUDED_WARNING: f64 = 0.10;
/// Share of sessions without a signal above which a reader is warned.
const MISSING_WARNING: f64 = 0.05;
/// Mean coverage below which a reader is warned.
const COVERAGE_WARNING: f64 = 0.90;

/// Collects checks and warnings, the gravest first.
pub fn checks(
    inputs: &Inputs<'_>,
    facts: &StudyFacts,
    found: &[(HypothesisFinding, HypothesisPanel)],
) -> Vec<Check> {
    let mut checks = Vec::new();
    checks.extend(not_testable(found));
    checks.extend(data_checks(inputs));
    checks.push(session_check(facts));
    checks.extend(coverage_check(inputs));
    checks.extend(
        found
            .iter()
            .filter_map(|(finding, panel)| excluded_check(finding, panel)),
    );
    checks.sort_by_key(|check| check.level);
    checks
}

fn check(id: &str, level: CheckLevel, text: String) -> Check {
    Check {
        id: id.to_owned(),
        level,
        text,
    }
}

fn not_testable(found: &[(HypothesisFinding, HypothesisPanel)]) -> Vec<Check> {
    found
        .iter()
        .filter(|(finding, _)| finding.verdict.word == VerdictWord::NotTestable)
        .map(|(finding, _)| {
            let reason = finding.verdict.reasons.first().map_or("", String::as_str);
            check(
                "not-testable",
                CheckLevel::Fail,
                format!("{}: {reason}", finding.id),
            )
        })
        .collect()
}

fn data_checks(inputs: &Inputs<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    if inputs.facts.synthetic {
        checks.push(check(
            "synthetic",
            CheckLevel::Warning,
            "The market was simulated: these numbers say nothing about real ones.".to_owned(),
        ));
    }
    if let Signals::Vendor {
        rule: KnownAtRule::SessionClose,
        ..
    } = inputs.signals
    {
        checks.push(check(
            "optimistic-known-at",
            CheckLevel::Warning,
            "Each value counts as known at the close of its own session, which is optimistic: it \
             needs that close, and open interest that is published later. Use known-at = \
             \"next-open\" for a result that could have been had."
                .to_owned(),
        ));
    }
    if inputs.bars.adjustment == Adjustment::Total {
        checks.push(check(
            "adjusted-bars",
            CheckLevel::Warning,
            "Bars are adjusted for dividends after the fact, so that past prices carry later \
             knowledge and don't compare with strikes."
                .to_owned(),
        ));
    }
    checks
}

fn session_check(facts: &StudyFacts) -> Check {
    let (with, all) = (facts.sessions_with_signal, facts.sessions);
    let missing = all.saturating_sub(with);
    let text = format!("{with} of {all} sessions have a signal; {missing} have none.");
    let share = missing as f64 / all.max(1) as f64;
    let level = if MISSING_WARNING < share {
        CheckLevel::Warning
    } else if 0 < missing {
        CheckLevel::Note
    } else {
        CheckLevel::Pass
    };
    check("missing-sessions", level, text)
}

fn coverage_check(inputs: &Inputs<'_>) -> Option<Check> {
    let coverage = inputs.facts.quality.mean_coverage?;
    let percent = 100.0 * coverage;
    let level = if coverage < COVERAGE_WARNING {
        CheckLevel::Warning
    } else {
        CheckLevel::Pass
    };
    let text = format!(
        "On average {percent:.1} % of open interest with time left has a usable volatility."
    );
    Some(check("coverage", level, text))
}

fn excluded_check(finding: &HypothesisFinding, panel: &HypothesisPanel) -> Option<Check> {
    let (rows, out) = (
        panel.rows.len(),
        finding.excluded.iter().map(|(_, n)| n).sum::<usize>(),
    );
    let share = out as f64 / rows.max(1) as f64;
    let (reason, most) = finding.excluded.iter().max_by_key(|(_, n)| n)?;
    (EXCLUDED_WARNING < share).then(|| {
        let percent = 100.0 * share;
        let id = &finding.id;
        let text = format!(
            "{id}: {out} of {rows} rows ({percent:.0} %) are left out, {most} of them because \
             {reason}."
        );
        check("excluded-rows", CheckLevel::Warning, text)
    })
}
