//! `[[hypothesis]]` as typed, to what it means.

use gex_analysis::findings::{Expect, Role};
use gex_analysis::study::{
    Control, Estimator, Horizon, Hypothesis, OutcomeKind, OutcomeSpec, RegimeRule, RegimeSpec,
    Scale, SignalColumn, SignalPart, SignalSpec, VENDOR_POSITIONING, column_and_part,
};
use serde_spanned::Spanned;

use crate::checker::Checker;
use crate::diagnostic::Diagnostic;
use crate::study_file::{HypothesisTable, OutcomeTable, RegimeTable, SignalTable};

/// Reads one hypothesis; every fault is noted at its place.
pub(crate) fn hypothesis(checker: &mut Checker, table: &HypothesisTable) -> Option<Hypothesis> {
    let roles = [
        ("primary", Role::Primary),
        ("exploratory", Role::Exploratory),
    ];
    let signs = [
        ("positive", Expect::Positive),
        ("negative", Expect::Negative),
    ];
    let controls = Control::ALL.map(|control| (control.name(), control));
    let role = checker.choose("role", &table.role, &roles);
    let expect = checker.choose("sign", &table.expect, &signs);
    let signal = signal(checker, &table.signal);
    let regime = regime(checker, &table.regime);
    let outcome = outcome(checker, &table.outcome);
    let controls: Vec<Control> = table
        .controls
        .iter()
        .filter_map(|typed| checker.choose("control", typed, &controls))
        .collect();
    Some(Hypothesis {
        id: table.id.get_ref().clone(),
        claim: table.claim.clone(),
        role: role?,
        signal: signal?,
        regime: regime?,
        outcome: outcome?,
        controls,
        expect: expect?,
        smallest_effect: *table.smallest_effect.get_ref(),
    })
}

fn signal(checker: &mut Checker, table: &SignalTable) -> Option<SignalSpec> {
    let (column, part) = measure(checker, &table.measure)?;
    let scale = scale(checker, &table.scale)?;
    let positioning = match (&table.positioning, column) {
        (None, SignalColumn::Vendor) => VENDOR_POSITIONING.to_owned(),
        (Some(typed), SignalColumn::Series(_)) => typed.get_ref().clone(),
        (Some(typed), SignalColumn::Vendor) => {
            let message = "a series that somebody else computed has no positioning of ours";
            checker.fault(Diagnostic::new(message, typed.span(), "remove this"));
            return None;
        }
        (None, SignalColumn::Series(_)) => {
            let message = "the signal names no positioning model";
            let fault = Diagnostic::new(message, table.measure.span(), "under whose positions?");
            checker.fault(fault.with_help("add `positioning = \"calls-long-puts-short\"`"));
            return None;
        }
    };
    Some(SignalSpec {
        positioning,
        column,
        part,
        scale,
    })
}

pub(crate) fn measure(
    checker: &mut Checker,
    typed: &Spanned<String>,
) -> Option<(SignalColumn, SignalPart)> {
    checker.read("measure", typed, |name| {
        column_and_part(name).ok_or_else(|| unknown_measure(name))
    })
}

fn unknown_measure(name: &str) -> String {
    let known: Vec<&str> = gex_compute::series::Measure::ALL
        .iter()
        .map(|measure| measure.name())
        .collect();
    let bare = name
        .strip_prefix("abs-")
        .or_else(|| name.strip_prefix("change-"))
        .unwrap_or(name);
    match crate::diagnostic::nearest(bare, &known) {
        Some(near) => format!("unknown measure `{name}`: did you mean `{near}`?"),
        None => format!(
            "unknown measure `{name}`: `value`, or one of {}",
            known.join(", ")
        ),
    }
}

pub(crate) fn scale(checker: &mut Checker, typed: &Spanned<String>) -> Option<Scale> {
    checker.choose(
        "scale",
        typed,
        &Scale::ALL.map(|scale| (scale.name(), scale)),
    )
}

/// Thresholds of the quantile regime where the study does not say: the outer quintiles.
const QUINTILES: (f64, f64) = (0.2, 0.8);
const HYSTERESIS: f64 = 0.05;
/// Thresholds of the z-score.
const DEVIATIONS: (f64, f64) = (-1.0, 1.0);
/// One year of sessions before the first label, and in a z-score's past.
const MIN_HISTORY: usize = 252;
/// A quarter of sessions between two estimates of a model.
const REFIT: usize = 63;

fn regime(checker: &mut Checker, table: &RegimeTable) -> Option<RegimeSpec> {
    let value = |typed: &Option<Spanned<f64>>, otherwise| {
        typed.as_ref().map_or(otherwise, |typed| *typed.get_ref())
    };
    let count = |typed: &Option<Spanned<usize>>, otherwise| {
        typed.as_ref().map_or(otherwise, |typed| *typed.get_ref())
    };
    let min_history = count(&table.min_history, MIN_HISTORY);
    let sign = RegimeRule::Sign {
        dead_band: value(&table.dead_band, 0.0),
    };
    let quantile = RegimeRule::Quantile {
        lower: value(&table.lower, QUINTILES.0),
        upper: value(&table.upper, QUINTILES.1),
        hysteresis: value(&table.hysteresis, HYSTERESIS),
        min_history,
    };
    let zscore = RegimeRule::ZScore {
        lower: value(&table.lower, DEVIATIONS.0),
        upper: value(&table.upper, DEVIATIONS.1),
        hysteresis: value(&table.hysteresis, 0.0),
        window: count(&table.window, MIN_HISTORY),
        min_history,
    };
    let flip = RegimeRule::SpotVsFlip {
        buffer: value(&table.buffer, 0.0),
    };
    let hmm = RegimeRule::Hmm {
        states: count(&table.states, 2),
        min_history,
        refit: count(&table.refit, REFIT),
    };
    let rules = [
        ("sign", sign),
        ("quantile", quantile),
        ("zscore", zscore),
        ("spot-vs-flip", flip),
        ("hmm", hmm),
    ];
    let rule = checker.choose("regime", &table.kind, &rules)?;
    foreign_keys(checker, table);
    Some(RegimeSpec {
        rule,
        min_dwell: count(&table.min_dwell, 1),
    })
}

/// A key that another kind of regime has would be ignored in silence: it is refused.
fn foreign_keys(checker: &mut Checker, table: &RegimeTable) {
    let kind = table.kind.get_ref().as_str();
    let thresholds = ["quantile", "zscore"].as_slice();
    let place = |typed: &Option<Spanned<f64>>| typed.as_ref().map(Spanned::span);
    let place_of = |typed: &Option<Spanned<usize>>| typed.as_ref().map(Spanned::span);
    let keys = [
        ("dead-band", place(&table.dead_band), ["sign"].as_slice()),
        ("lower", place(&table.lower), thresholds),
        ("upper", place(&table.upper), thresholds),
        ("hysteresis", place(&table.hysteresis), thresholds),
        (
            "min-history",
            place_of(&table.min_history),
            &["quantile", "zscore", "hmm"],
        ),
        ("window", place_of(&table.window), &["zscore"]),
        ("buffer", place(&table.buffer), &["spot-vs-flip"]),
        ("states", place_of(&table.states), &["hmm"]),
        ("refit", place_of(&table.refit), &["hmm"]),
    ];
    for (key, span, kinds) in keys {
        if let Some(span) = span.filter(|_| !kinds.contains(&kind)) {
            let message = format!("a regime of kind `{kind}` has no `{key}`");
            let help = format!("remove it, or use kind {}", kinds.join(" or "));
            checker.fault(Diagnostic::new(message, span, "has no effect here").with_help(help));
        }
    }
}

fn outcome(checker: &mut Checker, table: &OutcomeTable) -> Option<OutcomeSpec> {
    let horizon = horizon(checker, &table.horizon);
    let estimator = match &table.estimator {
        Some(typed) => self::estimator(checker, typed)?,
        None => Estimator::GarmanKlassOvernight,
    };
    let kind = outcome_kind(checker, &table.kind, estimator)?;
    if let Some(typed) = table
        .estimator
        .as_ref()
        .filter(|_| kind.estimator().is_none())
    {
        let message = format!("an outcome of kind `{}` has no `estimator`", kind.name());
        let fault = Diagnostic::new(message, typed.span(), "has no effect here");
        checker.fault(fault.with_help("remove it, or use kind log-realized-variance"));
    }
    Some(OutcomeSpec {
        kind,
        horizon: horizon?,
    })
}

pub(crate) fn estimator(checker: &mut Checker, typed: &Spanned<String>) -> Option<Estimator> {
    let known = Estimator::ALL.map(|estimator| (estimator.name(), estimator));
    checker.choose("estimator", typed, &known)
}

/// An outcome by its name, of this estimator where it has one.
pub(crate) fn outcome_kind(
    checker: &mut Checker,
    typed: &Spanned<String>,
    estimator: Estimator,
) -> Option<OutcomeKind> {
    let kinds = OutcomeKind::all(estimator).map(|kind| (kind.name(), kind));
    checker.choose("outcome", typed, &kinds)
}

pub(crate) fn horizon(checker: &mut Checker, typed: &Spanned<String>) -> Option<Horizon> {
    checker.read("horizon", typed, |text| {
        Horizon::from_text(text)
            .ok_or_else(|| format!("a horizon looks like `1session` or `24h`, got `{text}`"))
    })
}
