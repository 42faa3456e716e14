//! A card for each primary hypothesis: the word, the number, why.

use gex_analysis::findings::{Estimate, Expect, Findings, HypothesisFinding, Role, VerdictWord};
use serde::Serialize;

use crate::format::{
    UNDEFINED, estimate_decimals, finite, interval, number, p_value, percent, sample,
};

/// A card.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Card {
    id: String,
    claim: String,
    word: &'static str,
    class: &'static str,
    estimate: String,
    bounds: String,
    method: String,
    facts: Vec<(&'static str, String)>,
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
        estimate: headline.map_or_else(|| "Not estimated".to_owned(), sentence),
        bounds: headline.and_then(bounds).unwrap_or_default(),
        method: headline.map_or_else(String::new, |estimate| estimate.method.clone()),
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

/// `−10.4 % of volatility per s.d. of the signal`.
fn sentence(estimate: &Estimate) -> String {
    if let Some(value) = finite(estimate.value) {
        let value = number(value, estimate_decimals(estimate));
        return format!("{value} {}", estimate.unit);
    }
    let reason = estimate.undefined.as_deref();
    format!("Not estimated: {}", reason.unwrap_or("no reason is given"))
}

/// `95 % interval −12.2 to −8.7`.
fn bounds(estimate: &Estimate) -> Option<String> {
    finite(estimate.value)?;
    let level = percent(estimate.level, 0);
    let bounds = interval(estimate.interval?, estimate_decimals(estimate));
    Some(format!("{level} interval {bounds}"))
}

fn facts(found: &HypothesisFinding, headline: Option<&Estimate>) -> Vec<(&'static str, String)> {
    let verdict = &found.verdict;
    let p = |value: Option<f64>| finite(value).map(p_value);
    let size = |share: f64| headline.map(|estimate| effect(share, &estimate.unit));
    let facts = [
        ("Holm-adjusted p", p(verdict.holm_p)),
        ("Placebo p (partial shift)", p(verdict.shift_p)),
        ("Declared sign", Some(declared(found).to_owned())),
        ("n (effective n)", headline.map(sample)),
        (
            "Detectable at 80 % power",
            finite(verdict.mde80).and_then(size),
        ),
        (
            "Smallest effect that matters",
            finite(Some(verdict.smallest_effect)).and_then(size),
        ),
    ];
    facts
        .map(|(name, value)| (name, value.unwrap_or_else(|| UNDEFINED.to_owned())))
        .into()
}

/// A share in the words of the estimate's unit: `2.7 % of volatility per s.d.`.
fn effect(share: f64, unit: &str) -> String {
    let whole = unit.strip_prefix('%').unwrap_or_default();
    let whole = whole.strip_suffix(" of the signal").unwrap_or(whole);
    format!("{}{whole}", percent(share, 1))
}

fn declared(found: &HypothesisFinding) -> &'static str {
    match (found.expect, found.verdict.sign_as_expected) {
        (Expect::Negative, Some(true)) => "negative, as found",
        (Expect::Negative, Some(false)) => "negative, found otherwise",
        (Expect::Positive, Some(true)) => "positive, as found",
        (Expect::Positive, Some(false)) => "positive, found otherwise",
        (Expect::Negative, None) => "negative",
        (Expect::Positive, None) => "positive",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detectable_effect_is_in_the_unit_of_its_estimate() {
        let volatility = "% of volatility per s.d. of the signal";
        assert_eq!(effect(0.027, volatility), "2.7 % of volatility per s.d.");
        let direction = "% of the return's s.d. per s.d. of the signal";
        assert_eq!(
            effect(0.058, direction),
            "5.8 % of the return's s.d. per s.d."
        );
    }
}
