//! Verdicts: a card for each primary hypothesis and a table of all.

use gex_analysis::findings::{
    Estimate, Expect, Findings, HypothesisFinding, Role, Rung, VerdictWord,
};
use serde::Serialize;

use super::table::{Cell, Table};
use crate::format::{
    UNDEFINED, count, estimate_decimals, finite, interval, number, p_value, percent,
};

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
        finite(value).map_or_else(
            || UNDEFINED.to_owned(),
            |share| format!("{} of volatility per sd", percent(share, 1)),
        )
    };
    let sample = headline.map_or_else(
        || UNDEFINED.to_owned(),
        |estimate| {
            let effective =
                finite(estimate.n_effective).map_or_else(|| UNDEFINED.to_owned(), |n| number(n, 0));
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
        (
            "Smallest effect that matters",
            share(Some(verdict.smallest_effect)),
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Every hypothesis, one a row.
pub(super) fn table(findings: &Findings) -> Table {
    let headlines = || {
        findings
            .hypotheses
            .iter()
            .filter_map(|found| found.ladder.last())
    };
    let unit = shared_unit(headlines().map(|rung| &rung.level));
    let caption = format!(
        "Every hypothesis, with every control{}. MDE80: smallest effect seen with 80 % power, in % of volatility per standard deviation of the signal.",
        in_unit(unit)
    );
    let mut headings = vec![
        "hypothesis",
        "role",
        "verdict",
        "signal",
        "horizon",
        "#estimate",
    ];
    headings.extend([
        "#interval",
        "#n",
        "#effective n",
        "#Holm p",
        "#placebo p",
        "#MDE80",
    ]);
    headings.extend(unit.is_none().then_some("unit"));
    let mut table = Table::new(&caption, &headings);
    let rows = findings.hypotheses.iter();
    table.rows = rows
        .map(|found| {
            let mut cells = row(found);
            if unit.is_none() {
                cells.push(found.ladder.last().map_or_else(
                    || Cell::undefined(NO_RUNG),
                    |rung| Cell::text(&rung.level.unit),
                ));
            }
            cells
        })
        .collect();
    table
}

const NO_RUNG: &str = "no rung was estimated";

/// The unit of all estimates, where they have one in common.
fn shared_unit<'a>(mut estimates: impl Iterator<Item = &'a Estimate>) -> Option<&'a str> {
    let first = estimates.next()?.unit.as_str();
    estimates
        .all(|estimate| estimate.unit == first)
        .then_some(first)
}

fn in_unit(unit: Option<&str>) -> String {
    unit.map_or_else(String::new, |unit| format!("; estimates in: {unit}"))
}

fn row(found: &HypothesisFinding) -> Vec<Cell> {
    let verdict = &found.verdict;
    let role = match found.role {
        Role::Primary => "primary",
        Role::Exploratory => "exploratory",
    };
    let signal = format!("{} {} ({})", found.positioning, found.measure, found.scale);
    let mut cells = vec![
        Cell::text(&found.id).titled(&found.claim),
        Cell::text(role).class("short"),
        Cell::text(verdict.word.words())
            .class("strong")
            .titled(&verdict.reasons.join(" ")),
        Cell::text(signal).titled(&found.regime),
        Cell::text(&found.horizon)
            .class("short")
            .titled(&found.outcome),
    ];
    match found.ladder.last() {
        Some(rung) => cells.extend(estimate_cells(&rung.level)),
        None => cells.extend((0..4).map(|_| Cell::undefined(NO_RUNG))),
    }
    let holm = match found.role {
        Role::Primary => "a gate failed",
        Role::Exploratory => "only primaries are adjusted by Holm",
    };
    cells.extend([
        Cell::written(verdict.holm_p, holm, p_value),
        Cell::written(verdict.shift_p, "no placebo was run", p_value),
        Cell::written(verdict.mde80, "not computed", |share| percent(share, 1)),
    ]);
    cells
}

/// Value, interval, n and effective n.
pub(super) fn estimate_cells(estimate: &Estimate) -> [Cell; 4] {
    [
        Cell::value(estimate),
        Cell::interval(estimate),
        Cell::count(estimate.n),
        Cell::number(estimate.n_effective, 0, "not computed"),
    ]
}

/// Every rung of every primary hypothesis.
pub(super) fn ladder(findings: &Findings) -> Table {
    let primaries = || {
        let all = findings.hypotheses.iter();
        all.filter(|found| found.role == Role::Primary)
    };
    let rungs = primaries().flat_map(|found| &found.ladder);
    let caption = format!(
        "The ladder of controls for the primaries{}. p-values in brackets come from methods that do not hold their size under persistence: never quote them.",
        in_unit(shared_unit(rungs.map(|rung| &rung.level)))
    );
    let mut table = Table::new(
        &caption,
        &[
            "hypothesis",
            "rung",
            "controls",
            "#one sd of signal",
            "#interval",
            "#n",
            "#effective n",
            "p by method",
            "#in the negative regime",
            "#interval",
            "#partial R²",
        ],
    );
    for found in primaries() {
        table
            .rows
            .extend(found.ladder.iter().map(|rung| rung_row(found, rung)));
        table.rows.extend(lagged_row(found));
    }
    table
}

fn rung_row(found: &HypothesisFinding, rung: &Rung) -> Vec<Cell> {
    let controls = if rung.controls.is_empty() {
        "none".to_owned()
    } else {
        rung.controls.join(", ")
    };
    let mut cells = vec![
        Cell::text(&found.id),
        Cell::text(&rung.name),
        Cell::text(controls),
    ];
    cells.extend(estimate_cells(&rung.level));
    cells.extend([
        Cell::text(p_values(&rung.level)),
        Cell::value(&rung.regime),
        Cell::interval(&rung.regime),
        Cell::number(rung.partial_r2, 4, "not computed"),
    ]);
    cells
}

/// The headline again, with one more session of open-interest lag.
fn lagged_row(found: &HypothesisFinding) -> Option<Vec<Cell>> {
    let estimate = found.lagged_open_interest.as_ref()?;
    let mut cells = vec![
        Cell::text(&found.id),
        Cell::text("headline, lagged"),
        Cell::text("all, open interest one session older"),
    ];
    cells.extend(estimate_cells(estimate));
    cells.push(Cell::text(p_values(estimate)));
    cells.extend((0..3).map(|_| Cell::undefined("not estimated for this row")));
    Some(cells)
}

/// `EWC 0.012; (HAC 0.001, not valid)`: methods that don't hold their size stand in brackets.
pub(super) fn p_values(estimate: &Estimate) -> String {
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
