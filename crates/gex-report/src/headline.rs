//! Titles by rule: what the numbers say, or a neutral name where they say nothing clear.
//!
//! No title claims a cause. Where an interval is missing, no comparison is made.

use gex_analysis::findings::{Estimate, HypothesisFinding, RegimeRow, Role, VerdictWord};

use crate::format::{count, finite, level, number, percent};
use crate::input::{ProfileFigure, SeriesRow, StrikesFigure};

/// Counts hypotheses: `1 hypothesis`, `11 hypotheses`.
pub(crate) fn hypotheses(number: u64) -> String {
    let word = if number == 1 {
        "hypothesis"
    } else {
        "hypotheses"
    };
    format!("{number} {word}")
}

/// Says how often an exposure, named as a sentence begins, was negative.
pub(crate) fn series(name: &str, rows: &[SeriesRow]) -> String {
    let defined = rows.iter().filter_map(|row| finite(row.net_gex));
    let (below, all) = defined.fold((0_usize, 0_usize), |(below, all), net| {
        (below + usize::from(net < 0.0), all + 1)
    });
    match (all, below) {
        (0, _) => format!("{name} is undefined in every snapshot"),
        (_, 0) => format!("{name} was never negative in {} snapshots", count(all)),
        _ => format!(
            "{name} was negative in {} of {} snapshots",
            percent(below as f64 / all as f64, 0),
            count(all)
        ),
    }
}

/// Compares volatility after the first regime with the last, where their intervals are apart.
pub(crate) fn volatility(rows: &[&RegimeRow]) -> String {
    let neutral = "Realized volatility after each regime".to_owned();
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return neutral;
    };
    if rows.len() < 2 {
        return neutral;
    }
    if rows.iter().any(|row| row.gate.is_some()) {
        return format!("{neutral}: too few rows to compare");
    }
    let known = |row: &RegimeRow| {
        let estimate = row.volatility.as_ref()?;
        Some((finite(estimate.value)?, estimate.interval?))
    };
    let (Some((a, a_bounds)), Some((b, b_bounds))) = (known(first), known(last)) else {
        return neutral;
    };
    let numbers = format!("{} % against {} %", number(a, 1), number(b, 1));
    let (one, other) = (&first.regime, &last.regime);
    if a_bounds.0 > b_bounds.1 {
        format!("Volatility after {one} sessions was higher than after {other}: {numbers}")
    } else if a_bounds.1 < b_bounds.0 {
        format!("Volatility after {one} sessions was lower than after {other}: {numbers}")
    } else {
        format!("Volatility after {one} and {other} sessions: intervals overlap, {numbers}")
    }
}

/// Says whether the estimate stays away from zero once controls enter.
pub(crate) fn ladder(hypothesis: &HypothesisFinding) -> String {
    let neutral = "Each estimate, without and with controls".to_owned();
    let (Some(first), Some(last)) = (hypothesis.ladder.first(), hypothesis.ladder.last()) else {
        return neutral;
    };
    if hypothesis.ladder.len() < 2 {
        return neutral;
    }
    match (away_from_zero(&first.level), away_from_zero(&last.level)) {
        (Some(true), Some(true)) => {
            "The estimate stays away from zero with every control".to_owned()
        }
        (Some(true), Some(false)) => {
            "The marginal estimate is not distinguishable from zero once controls enter".to_owned()
        }
        (Some(false), Some(false)) => {
            "Not distinguishable from zero, with or without controls".to_owned()
        }
        (Some(false), Some(true)) => {
            "Distinguishable from zero only once controls enter".to_owned()
        }
        _ => neutral,
    }
}

/// Whether an interval excludes zero; `None` where there is none.
pub(crate) fn away_from_zero(estimate: &Estimate) -> Option<bool> {
    let (low, high) = estimate.interval?;
    (low.is_finite() && high.is_finite()).then_some(low > 0.0 || high < 0.0)
}

/// Counts the verdicts on the primaries.
pub(crate) fn forest(hypotheses: &[HypothesisFinding]) -> String {
    let primaries: Vec<&HypothesisFinding> = hypotheses
        .iter()
        .filter(|hypothesis| hypothesis.role == Role::Primary)
        .collect();
    let supported = primaries
        .iter()
        .filter(|hypothesis| hypothesis.verdict.word == VerdictWord::Supported)
        .count();
    match primaries.len() {
        0 => format!(
            "{} exploratory hypotheses, no primary",
            count(hypotheses.len())
        ),
        1 if supported == 1 => "The primary hypothesis is supported".to_owned(),
        1 => {
            let word = primaries
                .first()
                .map_or("", |only| only.verdict.word.words());
            format!("The primary hypothesis is {word}")
        }
        all => format!("{supported} of {all} primary hypotheses are supported"),
    }
}

/// Says where net gamma changes sign.
pub(crate) fn profile(figure: &ProfileFigure) -> String {
    let nets = figure.points.iter().filter_map(|point| finite(point.net));
    let (negative, positive) = nets.fold((false, false), |(negative, positive), net| {
        (negative || net < 0.0, positive || net > 0.0)
    });
    match (figure.flip, figure.crossings.len()) {
        (Some(flip), crossings) => {
            let distance = (flip - figure.spot) / figure.spot;
            let side = if distance < 0.0 { "below" } else { "above" };
            let nearest = if crossings > 1 {
                ", the nearest of "
            } else {
                ""
            };
            let others = if crossings > 1 {
                format!("{crossings} crossings")
            } else {
                String::new()
            };
            format!(
                "Net gamma changes sign at {}, {} {side} spot{nearest}{others}",
                level(flip),
                percent(distance.abs(), 1)
            )
        }
        (None, _) if positive && !negative => {
            "Net gamma is positive at every spot searched".to_owned()
        }
        (None, _) if negative && !positive => {
            "Net gamma is negative at every spot searched".to_owned()
        }
        (None, _) => "Net gamma over hypothetical spots".to_owned(),
    }
}

/// Names the walls.
pub(crate) fn strikes(figure: &StrikesFigure) -> String {
    match (figure.call_wall, figure.put_wall) {
        (Some(call), Some(put)) => {
            format!("Call wall at {}, put wall at {}", level(call), level(put))
        }
        (Some(call), None) => format!("Call wall at {}, no put wall", level(call)),
        (None, Some(put)) => format!("Put wall at {}, no call wall", level(put)),
        (None, None) => "Gamma exposure by strike".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regime(name: &str, value: f64, interval: Option<(f64, f64)>) -> RegimeRow {
        RegimeRow {
            regime: name.to_owned(),
            n: 100,
            spells: 10,
            n_effective: Some(50.0),
            moments: gex_analysis::findings::Moments::default(),
            volatility: Some(Estimate {
                value: Some(value),
                unit: "%".to_owned(),
                std_error: None,
                interval,
                level: 0.95,
                method: "test".to_owned(),
                n: 100,
                n_effective: Some(50.0),
                p_values: Vec::new(),
                mde80: None,
                undefined: None,
            }),
            mean_return_bp: None,
            hit: None,
            hit_wilson: None,
            gate: None,
        }
    }

    #[test]
    fn a_comparison_is_made_only_where_intervals_are_apart() {
        let apart = [
            regime("negative", 24.0, Some((21.0, 27.0))),
            regime("positive", 13.0, Some((12.0, 14.0))),
        ];
        let rows: Vec<&RegimeRow> = apart.iter().collect();
        assert_eq!(
            volatility(&rows),
            "Volatility after negative sessions was higher than after positive: 24.0 % against 13.0 %"
        );
        let reversed: Vec<&RegimeRow> = apart.iter().rev().collect();
        assert!(volatility(&reversed).contains("was lower than"));
        let close = [
            regime("low", 15.0, Some((11.0, 19.0))),
            regime("high", 13.0, Some((12.0, 14.0))),
        ];
        assert!(volatility(&close.iter().collect::<Vec<_>>()).contains("intervals overlap"));
        let bare = [regime("low", 15.0, None), regime("high", 13.0, None)];
        assert_eq!(
            volatility(&bare.iter().collect::<Vec<_>>()),
            "Realized volatility after each regime"
        );
    }

    #[test]
    fn no_title_names_a_cause() {
        let source = include_str!("headline.rs");
        let rules = source.split("#[cfg(test)]").next().unwrap();
        for verb in [
            "causes",
            "drives",
            "leads to",
            "raises",
            "lowers",
            "because of",
        ] {
            let quoted = rules.lines().filter(|line| line.contains('"'));
            assert!(
                quoted.into_iter().all(|line| !line.contains(verb)),
                "a title says {verb}"
            );
        }
    }

    fn curve(nets: &[f64], flip: Option<f64>, crossings: &[f64]) -> ProfileFigure {
        let point = |(index, &net): (usize, &f64)| crate::input::ProfilePoint {
            spot: 90.0 + index as f64 * 10.0,
            net: Some(net),
            gross: None,
        };
        ProfileFigure {
            session: chrono::NaiveDate::MIN,
            positioning: String::new(),
            unit: crate::input::ExposureUnit::AsGiven(String::new()),
            method: String::new(),
            spot: 100.0,
            flip,
            crossings: crossings.to_vec(),
            points: nets.iter().enumerate().map(point).collect(),
        }
    }

    #[test]
    fn a_profile_is_told_by_where_it_changes_sign() {
        let told = |nets: &[f64], flip, crossings: &[f64]| profile(&curve(nets, flip, crossings));
        assert_eq!(
            told(&[-1.0, 1.0], Some(95.0), &[95.0]),
            "Net gamma changes sign at 95, 5.0 % below spot"
        );
        assert_eq!(
            told(&[-1.0, 1.0, -1.0], Some(104.0), &[95.0, 104.0]),
            "Net gamma changes sign at 104, 4.0 % above spot, the nearest of 2 crossings"
        );
        assert_eq!(
            told(&[1.0, 2.0], None, &[]),
            "Net gamma is positive at every spot searched"
        );
        assert_eq!(
            told(&[-1.0, -2.0], None, &[]),
            "Net gamma is negative at every spot searched"
        );
        assert_eq!(told(&[], None, &[]), "Net gamma over hypothetical spots");
    }

    #[test]
    fn an_interval_is_away_from_zero_only_if_it_excludes_it() {
        let estimate = |interval| regime("x", 1.0, interval).volatility.unwrap();
        assert_eq!(away_from_zero(&estimate(Some((0.1, 0.2)))), Some(true));
        assert_eq!(away_from_zero(&estimate(Some((-0.1, 0.2)))), Some(false));
        assert_eq!(away_from_zero(&estimate(Some((0.0, 0.2)))), Some(false));
        assert_eq!(away_from_zero(&estimate(Some((f64::NAN, 0.2)))), None);
        assert_eq!(away_from_zero(&estimate(None)), None);
    }

    #[test]
    fn a_series_without_numbers_says_so() {
        assert_eq!(
            series("Net GEX", &[]),
            "Net GEX is undefined in every snapshot"
        );
    }
}
