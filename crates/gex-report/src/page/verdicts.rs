//! Verdicts: a card for each primary hypothesis and a table of all.

use gex_analysis::findings::{
    Estimate, Expect, Findings, HypothesisFinding, Role, Rung, VerdictWord,
};
use serde::Serialize;

use super::table::{Cell, Table};
use crate::format::{UNDEFINED, count, estimate_decimals, finite, interval, number, p_value};

/// A card.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Card {
    id: String,
    claim: String,
    word: &'static str,
    class: &'static str,
    estimate: String,
    estimate_title: String,
    facts: Vec<(String, String)>,
    reasons: Vec<String>,
}

/// A card for each primary hypothesis.
pub(super) fn cards(findings: &Findings) -> Vec<Card> {
    let primaries = findings
        .hypotheses
        .iter()
        .filter(|found| found.role == Role::Primary);
    primaries.map(card).collect()
}

fn card(found: &HypothesisFinding) -> Card {
    let headline = found.ladder.last().map(|rung| &rung.level);
    Card {
        id: found.id.clone(),
        claim: found.claim.clone(),
        word: found.verdict.word.words(),
        class: class(found.verdict.word),
        estimate: headline.map_or_else(|| UNDEFINED.to_owned(), sentence),
        estimate_title: headline.map_or_else(String::new, |estimate| estimate.method.clone()),
        facts: facts(found, headline),
        reasons: found.verdict.reasons.clone(),
    }
}

fn class(word: VerdictWord) -> &'static str {
    match word {
        VerdictWord::Supported => "supported",
        VerdictWord::NotSupported => "refused",
        VerdictWord::Underpowered | VerdictWord::NotTestable => "open",
    }
}

/// `−0.031 (95 % interval −0.052 to −0.010) log variance per standard deviation`.
fn sentence(estimate: &Estimate) -> String {
    let Some(value) = finite(estimate.value) else {
        let reason = estimate.undefined.as_deref().unwrap_or("not estimated");
        return format!("undefined: {reason}");
    };
    let decimals = estimate_decimals(value, estimate.interval);
    let bounds = estimate.interval.map_or_else(String::new, |bounds| {
        let level = number(estimate.level * 100.0, 0);
        format!(" ({level} % interval {})", interval(bounds, decimals))
    });
    format!("{}{bounds}, {}", number(value, decimals), estimate.unit)
}

fn facts(found: &HypothesisFinding, headline: Option<&Estimate>) -> Vec<(String, String)> {
    let verdict = &found.verdict;
    let p = |value: Option<f64>| finite(value).map_or_else(|| UNDEFINED.to_owned(), p_value);
    let share = |value: Option<f64>| {
        finite(value).map_or_else(|| UNDEFINED.to_owned(), |share| number(share, 3))
    };
    let sample = headline.map_or_else(
        || UNDEFINED.to_owned(),
        |estimate| {
            let effective = finite(estimate.n_effective)
                .map_or_else(|| UNDEFINED.to_owned(), |n| number(n, 0));
            format!("{} ({effective})", count(estimate.n))
        },
    );
    let declared = match (found.expect, verdict.sign_as_expected) {
        (Expect::Negative, Some(true)) => "negative, as found",
        (Expect::Negative, Some(false)) => "negative, found otherwise",
        (Expect::Positive, Some(true)) => "positive, as found",
        (Expect::Positive, Some(false)) => "positive, found otherwise",
        (Expect::Negative, None) => "negative, sign undefined",
        (Expect::Positive, None) => "positive, sign undefined",
    };
    [
        ("Holm-adjusted p", p(verdict.holm_p)),
        ("Placebo p (partial shift)", p(verdict.shift_p)),
        ("Declared sign", declared.to_owned()),
        ("n (effective n)", sample),
        ("Detectable at 80 % power", share(verdict.mde80)),
        ("Smallest effect that matters", share(Some(verdict.smallest_effect))),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Every hypothesis, one a row.
pub(super) fn table(findings: &Findings) -> Table {
    let mut table = Table::new(
        "Every hypothesis, with every control. MDE80: smallest effect seen with 80 % power, as a share of volatility per standard deviation.",
        &[
            "hypothesis", "role", "verdict", "signal", "outcome", "#estimate", "#interval", "unit",
            "#n", "#effective n", "#Holm p", "#placebo p", "#MDE80",
        ],
    );
    table.rows = findings.hypotheses.iter().map(row).collect();
    table
}

fn row(found: &HypothesisFinding) -> Vec<Cell> {
    let verdict = &found.verdict;
    let role = match found.role {
        Role::Primary => "primary",
        Role::Exploratory => "exploratory",
    };
    let signal = format!("{} {} ({})", found.positioning, found.measure, found.scale);
    let outcome = format!("{}, {}", found.outcome, found.horizon);
    let mut cells = vec![
        Cell::text(&found.id).titled(&found.claim),
        Cell::text(role),
        Cell::text(verdict.word.words())
            .class("strong")
            .titled(&verdict.reasons.join(" ")),
        Cell::text(signal).titled(&found.regime),
        Cell::text(outcome),
    ];
    match found.ladder.last() {
        Some(rung) => cells.extend(estimate_cells(&rung.level)),
        None => cells.extend((0..5).map(|_| Cell::undefined("no rung was estimated"))),
    }
    let holm = match found.role {
        Role::Primary => "the gates failed",
        Role::Exploratory => "only primaries are adjusted by Holm",
    };
    cells.extend([
        Cell::written(verdict.holm_p, holm, p_value),
        Cell::written(verdict.shift_p, "no placebo was run", p_value),
        Cell::number(verdict.mde80, 3, "not computed"),
    ]);
    cells
}

fn estimate_cells(estimate: &Estimate) -> [Cell; 5] {
    [
        Cell::value(estimate),
        Cell::interval(estimate),
        Cell::text(&estimate.unit),
        Cell::count(estimate.n),
        Cell::number(estimate.n_effective, 0, "not computed"),
    ]
}

/// Every rung of every primary hypothesis.
pub(super) fn ladder(findings: &Findings) -> Table {
    let mut table = Table::new(
        "The ladder of controls for the primaries. p-values in brackets come from methods that do not hold their size under persistence: never quote them.",
        &[
            "hypothesis", "rung", "controls", "#one sd of signal", "#interval", "unit",
            "#negative regime", "#n", "#effective n", "p by method", "#partial R²", "#MDE80",
        ],
    );
    for found in &findings.hypotheses {
        if found.role == Role::Primary {
            table.rows.extend(found.ladder.iter().map(|rung| rung_row(found, rung)));
            table.rows.extend(lagged_row(found));
        }
    }
    table
}

fn rung_row(found: &HypothesisFinding, rung: &Rung) -> Vec<Cell> {
    let controls = if rung.controls.is_empty() {
        "none".to_owned()
    } else {
        rung.controls.join(", ")
    };
    let [value, bounds, unit, n, effective] = estimate_cells(&rung.level);
    vec![
        Cell::text(&found.id),
        Cell::text(&rung.name),
        Cell::text(controls),
        value,
        bounds,
        unit,
        Cell::value(&rung.regime),
        n,
        effective,
        Cell::text(p_values(&rung.level)),
        Cell::number(rung.partial_r2, 4, "not computed"),
        Cell::number(rung.level.mde80, 3, "not computed"),
    ]
}

/// The headline again, with one more session of open-interest lag.
fn lagged_row(found: &HypothesisFinding) -> Option<Vec<Cell>> {
    let estimate = found.lagged_open_interest.as_ref()?;
    let [value, bounds, unit, n, effective] = estimate_cells(estimate);
    Some(vec![
        Cell::text(&found.id),
        Cell::text("headline, lagged"),
        Cell::text("all, with one more session of open-interest lag"),
        value,
        bounds,
        unit,
        Cell::undefined("not estimated for this row"),
        n,
        effective,
        Cell::text(p_values(estimate)),
        Cell::undefined("not estimated for this row"),
        Cell::number(estimate.mde80, 3, "not computed"),
    ])
}

/// `EWC 0.012; (HAC 0.001)`: methods that don't hold their size stand in brackets.
fn p_values(estimate: &Estimate) -> String {
    let written = estimate.p_values.iter().map(|p| {
        let value = finite(p.value).map_or_else(|| UNDEFINED.to_owned(), p_value);
        if p.valid {
            format!("{} {value}", p.method)
        } else {
            format!("({} {value}, not valid)", p.method)
        }
    });
    written.collect::<Vec<_>>().join("; ")
}
