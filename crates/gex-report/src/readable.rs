//! Findings as people read them: shares as percentages, units in few words.

use std::borrow::Cow;

use gex_analysis::findings::{Estimate, Findings, HypothesisFinding};

/// Copies findings with every share turned into per cent and every unit shortened.
///
/// `share of volatility per standard deviation of the signal`, −0.104, becomes
/// `% of volatility per s.d. of the signal`, −10.4. Standard errors stay: the page shows none.
pub(crate) fn findings(findings: &Findings) -> Findings {
    let mut findings = findings.clone();
    for found in &mut findings.hypotheses {
        estimates(found).for_each(rewrite);
        scrutinised(found).for_each(rewrite);
    }
    for found in &mut findings.pooled {
        let alone = found.underlyings.iter_mut().map(|row| &mut row.estimate);
        alone.chain(&mut found.panel).for_each(rewrite);
    }
    for event in &mut findings.events {
        rewrite(&mut event.difference);
        event.abnormal_difference.iter_mut().for_each(rewrite);
    }
    findings
}

fn scrutinised(found: &mut HypothesisFinding) -> impl Iterator<Item = &mut Estimate> {
    found.scrutiny.iter_mut().flat_map(|scrutiny| {
        let variants = scrutiny
            .variants
            .iter_mut()
            .map(|variant| &mut variant.estimate);
        variants.chain(scrutiny.dynamics.iter_mut().map(|row| &mut row.estimate))
    })
}

fn estimates(found: &mut HypothesisFinding) -> impl Iterator<Item = &mut Estimate> {
    let rungs = found.ladder.iter_mut();
    let conditional = found.conditional.iter_mut();
    rungs
        .flat_map(|rung| [&mut rung.level, &mut rung.regime])
        .chain(&mut found.lagged_open_interest)
        .chain(&mut found.difference)
        .chain(conditional.filter_map(|row| row.volatility.as_mut()))
}

fn rewrite(estimate: &mut Estimate) {
    let short = estimate.unit.replace("standard deviation", "s.d.");
    if let Some(whole) = short.strip_prefix("share of ") {
        estimate.unit = format!("% of {whole}");
        estimate.value = estimate.value.map(per_cent);
        estimate.mde80 = estimate.mde80.map(per_cent);
        estimate.interval = estimate
            .interval
            .map(|(low, high)| (per_cent(low), per_cent(high)));
    } else {
        estimate.unit = short.replace("per cent per year", "% a year");
    }
}

fn per_cent(share: f64) -> f64 {
    share * 100.0
}

/// Names a hypothesis: its identifier, or the cell of the grid in words.
pub(crate) fn name(found: &HypothesisFinding) -> Cow<'_, str> {
    if is_of_grid(found) {
        let horizon = horizon(&found.horizon);
        Cow::Owned(format!("{} · {horizon}", signal(found)))
    } else {
        Cow::Borrowed(&found.id)
    }
}

/// Whether a hypothesis is a cell of a study's grid rather than one with a name.
pub(crate) fn is_of_grid(found: &HypothesisFinding) -> bool {
    found.id.starts_with("grid-")
}

/// The signal in words: `net GEX, calls long puts short, per ADV`.
pub(crate) fn signal(found: &HypothesisFinding) -> String {
    match found.positioning.as_str() {
        "vendor" => format!("GEX as given, {}", scale(&found.scale)),
        positioning => format!(
            "{}, {}, {}",
            spaced(&found.measure).replace("gex", "GEX"),
            spaced(positioning),
            scale(&found.scale)
        ),
    }
}

/// Writes a scale in words.
fn scale(name: &str) -> String {
    match name {
        "usd" => "unscaled".to_owned(),
        "per-adv" => "per ADV".to_owned(),
        "own-deviation" => "own s.d.".to_owned(),
        other => spaced(other),
    }
}

/// Writes a horizon in words: `5session` becomes `5 sessions`.
pub(crate) fn horizon(text: &str) -> String {
    let digits = text.trim_end_matches(|character: char| !character.is_ascii_digit());
    match (digits, text.get(digits.len()..).unwrap_or("")) {
        ("1", "session") => "1 session".to_owned(),
        (number, "session") => format!("{number} sessions"),
        (number, unit) => format!("{number} {unit}").trim().to_owned(),
    }
}

fn spaced(name: &str) -> String {
    name.replace('-', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(unit: &str) -> Estimate {
        Estimate {
            value: Some(-0.104),
            unit: unit.to_owned(),
            std_error: None,
            interval: Some((-0.122, -0.087)),
            level: 0.95,
            method: String::new(),
            n: 10,
            n_effective: None,
            p_values: Vec::new(),
            mde80: Some(0.027),
            undefined: None,
        }
    }

    #[test]
    fn a_share_becomes_a_percentage_with_its_interval() {
        let mut found = estimate("share of volatility per standard deviation of the signal");
        rewrite(&mut found);
        assert_eq!(found.unit, "% of volatility per s.d. of the signal");
        assert_eq!(found.value, Some(-10.4));
        assert_eq!(found.interval, Some((-12.2, -8.7)));
        assert_eq!(found.mde80, Some(2.7));
    }

    #[test]
    fn what_is_no_share_keeps_its_size() {
        let mut found = estimate("per cent per year");
        rewrite(&mut found);
        assert_eq!(
            (found.unit.as_str(), found.value),
            ("% a year", Some(-0.104))
        );
    }

    #[test]
    fn horizons_are_words() {
        assert_eq!(horizon("1session"), "1 session");
        assert_eq!(horizon("21session"), "21 sessions");
        assert_eq!(horizon("24h"), "24 h");
        assert_eq!(horizon("soon"), "soon");
    }
}
