//! From the study file as typed to everything a run needs.

use std::collections::BTreeSet;
use std::path::Path;

use gex_analysis::controls::IMPLIED_NAMES;
use gex_analysis::findings::{Expect, Role};
use gex_analysis::study::{
    Control, Estimator, Horizon, Hypothesis, OutcomeKind, OutcomeSpec, RegimeRule, RegimeSpec,
    Scale, SignalColumn, SignalSpec, Study, VENDOR_POSITIONING, column_and_part,
};
use gex_compute::flip::FlipRule;
use gex_compute::positioning::Positioning;
use gex_compute::pricing::PricingConfig;
use serde_spanned::Spanned;

use crate::checker::Checker;
use crate::diagnostic::Diagnostic;
use crate::output_kind::OutputKind;
use crate::plan::{DataPlan, Source, data_plan, flip_plan, positioning_plan, pricing_plan};
use crate::study_file::{
    GridTable, HypothesisTable, OutcomeTable, OutputTable, RegimeTable, SignalTable, StudyFile,
};

/// Everything a run needs, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The hypotheses.
    pub study: Study,
    /// What is read.
    pub data: DataPlan,
    /// How contracts are priced.
    pub pricing: PricingConfig,
    /// How flips are found.
    pub flip: FlipRule,
    /// Positioning models, the study's own first.
    pub models: Vec<Positioning>,
    /// Tables of every snapshot that are written beside the series.
    pub outputs: BTreeSet<OutputKind>,
}

impl Plan {
    /// The positioning model of this name, gross among them.
    pub fn model(&self, name: &str) -> Option<Positioning> {
        let models = self.models.iter().copied().chain([Positioning::Gross]);
        { models }.find(|model| model.name() == name)
    }
}

/// Checks a study file as a whole; paths are relative to `base`, its folder.
///
/// # Errors
///
/// Every fault found, at its place.
pub fn plan(file: &StudyFile, base: &Path) -> Result<Plan, Vec<Diagnostic>> {
    let mut checker = Checker::default();
    let name = study_name(&mut checker, &file.study.name);
    let data = data_plan(&mut checker, &file.data, base);
    let pricing = pricing_plan(&mut checker, &file.pricing);
    let flip = flip_plan(&mut checker, &file.flip);
    let models = positioning_plan(&mut checker, &file.positioning);
    let outputs = output_plan(&mut checker, &file.output);
    let mut hypotheses: Vec<Hypothesis> = file
        .hypothesis
        .iter()
        .filter_map(|table| hypothesis(&mut checker, table))
        .collect();
    if let Some(grid) = &file.grid {
        hypotheses.extend(grid_family(&mut checker, grid, &hypotheses));
    }
    check_controls(&mut checker, file);
    if let Some(data) = &data {
        check_models(&mut checker, file, data, &models);
    }
    let seed = file.study.seed;
    let study = name.and_then(|name| checked_study(&mut checker, (&name, seed), hypotheses, file));
    let whole = match (study, data, pricing, flip) {
        (Some(study), Some(data), Some(pricing), Some(flip)) => Some(Plan {
            study,
            data,
            pricing,
            flip,
            models,
            outputs,
        }),
        _ => None,
    };
    checker.finish(whole)
}

fn output_plan(checker: &mut Checker, table: &OutputTable) -> BTreeSet<OutputKind> {
    let known = OutputKind::ALL.map(|kind| (kind.name(), kind));
    let tables = table.tables.iter();
    tables
        .filter_map(|typed| checker.choose("table", typed, &known))
        .collect()
}

/// A study's name is a folder's name too.
fn study_name(checker: &mut Checker, typed: &Spanned<String>) -> Option<String> {
    checker.read("name", typed, |name| {
        let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let plain = !name.is_empty()
            && name.len() <= 64
            && name.chars().all(legal)
            && !name.starts_with('.');
        plain.then(|| name.clone()).ok_or_else(|| {
            format!("study.name becomes a folder: letters, digits, `-`, `_`, `.`, got `{name}`")
        })
    })
}

fn checked_study(
    checker: &mut Checker,
    (name, seed): (&str, u64),
    hypotheses: Vec<Hypothesis>,
    file: &StudyFile,
) -> Option<Study> {
    if hypotheses.len() < file.hypothesis.len() {
        return None;
    }
    match Study::new(name, seed, hypotheses) {
        Ok(study) => Some(study),
        Err(fault) => {
            let text = fault.to_string();
            let place = file
                .hypothesis
                .iter()
                .rev()
                .find(|table| text.contains(&format!("{:?}", table.id.get_ref())))
                .map_or(file.study.name.span(), |table| table.id.span());
            checker.fault(Diagnostic::new(text, place, "this one"));
            None
        }
    }
}

fn hypothesis(checker: &mut Checker, table: &HypothesisTable) -> Option<Hypothesis> {
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
    let (column, part) = checker.read("measure", &table.measure, |name| {
        column_and_part(name).ok_or_else(|| unknown_measure(name))
    })?;
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

fn unknown_measure(name: &str) -> String {
    let known: Vec<&str> = gex_compute::series::Measure::ALL
        .iter()
        .map(|measure| measure.name())
        .collect();
    let bare = name.strip_prefix("abs-").unwrap_or(name);
    match crate::diagnostic::nearest(bare, &known) {
        Some(near) => format!("unknown measure `{name}`: did you mean `{near}`?"),
        None => format!(
            "unknown measure `{name}`: `value`, or one of {}",
            known.join(", ")
        ),
    }
}

fn scale(checker: &mut Checker, typed: &Spanned<String>) -> Option<Scale> {
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
        Some(typed) => {
            let known = Estimator::ALL.map(|estimator| (estimator.name(), estimator));
            checker.choose("estimator", typed, &known)?
        }
        None => Estimator::GarmanKlassOvernight,
    };
    let kinds = [
        (
            "log-realized-variance",
            OutcomeKind::LogRealizedVariance { estimator },
        ),
        ("abs-return", OutcomeKind::AbsReturn),
        ("return", OutcomeKind::Return),
        ("range", OutcomeKind::Range),
        ("tail", OutcomeKind::Tail),
        ("variance-ratio", OutcomeKind::VarianceRatio),
        ("autocorrelation", OutcomeKind::Autocorrelation),
        (
            "implied-less-realized",
            OutcomeKind::ImpliedLessRealized { estimator },
        ),
        ("jump-share", OutcomeKind::JumpShare),
    ];
    let kind = checker.choose("outcome", &table.kind, &kinds)?;
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

pub(crate) fn horizon(checker: &mut Checker, typed: &Spanned<String>) -> Option<Horizon> {
    checker.read("horizon", typed, |text| {
        Horizon::from_text(text)
            .ok_or_else(|| format!("a horizon looks like `1session` or `24h`, got `{text}`"))
    })
}

/// Every combination of the grid, each a hypothesis of its own, built on the first of the file;
/// one that the file declares already is not counted twice.
fn grid_family(
    checker: &mut Checker,
    grid: &GridTable,
    declared: &[Hypothesis],
) -> Vec<Hypothesis> {
    let Some(first) = declared.first() else {
        return Vec::new();
    };
    let names = |list: &Option<Vec<Spanned<String>>>| -> Option<Vec<String>> {
        list.as_ref()
            .map(|list| list.iter().map(|typed| typed.get_ref().clone()).collect())
    };
    let positions =
        names(&grid.positioning).unwrap_or_else(|| vec![first.signal.positioning.clone()]);
    let scales: Vec<Scale> = match &grid.scale {
        Some(list) => list
            .iter()
            .filter_map(|typed| scale(checker, typed))
            .collect(),
        None => vec![first.signal.scale],
    };
    let horizons: Vec<Horizon> = match &grid.horizon {
        Some(list) => list
            .iter()
            .filter_map(|typed| horizon(checker, typed))
            .collect(),
        None => vec![first.outcome.horizon],
    };
    let mut family = Vec::new();
    for positioning in &positions {
        for scale in &scales {
            for horizon in &horizons {
                family.push(variant(first, positioning, *scale, *horizon));
            }
        }
    }
    family.retain(|variant| {
        !declared
            .iter()
            .any(|hypothesis| same_test(hypothesis, variant))
    });
    for hypothesis in &mut family {
        hypothesis.id = grid_id(grid, hypothesis);
    }
    family
}

fn variant(first: &Hypothesis, positioning: &str, scale: Scale, horizon: Horizon) -> Hypothesis {
    let mut hypothesis = first.clone();
    hypothesis.role = Role::Exploratory;
    positioning.clone_into(&mut hypothesis.signal.positioning);
    hypothesis.signal.scale = scale;
    hypothesis.outcome.horizon = horizon;
    hypothesis
}

/// Whether two hypotheses test the same thing beyond the same controls.
fn same_test(a: &Hypothesis, b: &Hypothesis) -> bool {
    a.signal == b.signal && a.outcome == b.outcome && a.controls == b.controls
}

/// Names a variant by what the grid varies: `grid-per-adv-5session`.
fn grid_id(grid: &GridTable, hypothesis: &Hypothesis) -> String {
    let mut parts = vec!["grid".to_owned()];
    if grid.positioning.is_some() {
        parts.push(hypothesis.signal.positioning.clone());
    }
    if grid.scale.is_some() {
        parts.push(hypothesis.signal.scale.name().to_owned());
    }
    if grid.horizon.is_some() {
        parts.push(hypothesis.outcome.horizon.to_string());
    }
    parts.join("-")
}

/// Every positioning that a signal or the grid names must be computed, or the signal is a series.
fn check_models(checker: &mut Checker, file: &StudyFile, data: &DataPlan, models: &[Positioning]) {
    let mut known: Vec<String> = models.iter().map(ToString::to_string).collect();
    known.push(Positioning::Gross.to_string());
    let words: Vec<(&str, ())> = known.iter().map(|name| (name.as_str(), ())).collect();
    let is_series = matches!(data.source, Source::Series { .. });
    let signals = file
        .hypothesis
        .iter()
        .filter_map(|table| table.signal.positioning.as_ref());
    let grid = file
        .grid
        .iter()
        .filter_map(|grid| grid.positioning.as_ref())
        .flatten();
    for typed in signals.chain(grid) {
        checker.choose("positioning among [positioning] models", typed, &words);
    }
    for table in &file.hypothesis {
        let bare = table.signal.measure.get_ref().trim_start_matches("abs-");
        if is_series != (bare == "value") {
            let message = if is_series {
                "a series that somebody else computed has one measure: `value`"
            } else {
                "`value` is the measure of a series; an archive has `net-gex` and others"
            };
            checker.fault(Diagnostic::new(
                message,
                table.signal.measure.span(),
                "not in this data",
            ));
        }
    }
}

/// Every control series that a scale or a control needs must be among the data.
fn check_controls(checker: &mut Checker, file: &StudyFile) {
    let has = |name: &str| file.data.controls.contains_key(name);
    let grid = file
        .grid
        .iter()
        .filter_map(|grid| grid.scale.as_ref())
        .flatten();
    let scales = file
        .hypothesis
        .iter()
        .map(|table| &table.signal.scale)
        .chain(grid);
    for typed in scales {
        let needed = Scale::from_name(typed.get_ref()).and_then(Scale::control);
        if let Some(name) = needed.filter(|name| !has(name)) {
            checker.fault(missing_control(typed, name));
        }
    }
    let controls = file.hypothesis.iter().flat_map(|table| &table.controls);
    let outcomes = file.hypothesis.iter().map(|table| &table.outcome.kind);
    let implied = [Control::ImpliedVariance.name(), "implied-less-realized"];
    for typed in controls.chain(outcomes) {
        let needed = implied.contains(&typed.get_ref().as_str());
        if needed && !IMPLIED_NAMES.iter().any(|name| has(name)) {
            checker.fault(missing_control(typed, IMPLIED_NAMES[0]));
        }
    }
}

fn missing_control(typed: &Spanned<String>, name: &str) -> Diagnostic {
    let message = format!("`{}` needs the control series `{name}`", typed.get_ref());
    Diagnostic::new(message, typed.span(), "needs a series")
        .with_help(format!("add `controls.{name} = \"FILE\"` to [data]"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study_file::parse;

    const STUDY: &str = include_str!("demo_study.toml");

    #[test]
    fn the_demo_study_is_understood() {
        let plan = plan(&parse(STUDY).unwrap(), Path::new("x")).unwrap();
        assert_eq!(plan.study.name(), "demo");
        assert!(matches!(&plan.data.source, Source::Archive { path, .. } if path.starts_with("x")));
        let grid = plan
            .study
            .hypotheses()
            .iter()
            .filter(|h| h.id.starts_with("grid-"))
            .count();
        assert!(0 < grid, "the demo searches a grid");
    }

    #[test]
    fn every_fault_is_shown_at_its_place() {
        let broken = STUDY
            .replace("measure = \"net-gex\"", "measure = \"net-gax\"")
            .replace("kind = \"sign\"", "kind = \"sing\"");
        let faults = plan(&parse(&broken).unwrap(), Path::new("x")).unwrap_err();
        let shown: Vec<&str> = faults
            .iter()
            .map(|fault| &broken[fault.span.clone()])
            .collect();
        assert!(shown.contains(&"\"net-gax\""), "{shown:?}");
        assert!(shown.contains(&"\"sing\""), "{shown:?}");
    }

    #[test]
    fn a_missing_control_series_is_named_before_anything_is_read() {
        let broken = STUDY.replace("controls.adv", "controls.volume");
        let faults = plan(&parse(&broken).unwrap(), Path::new("x")).unwrap_err();
        assert_eq!(
            faults[0].message,
            "`per-adv` needs the control series `adv`"
        );
        let broken = STUDY.replace("controls.vix", "controls.volatility");
        let faults = plan(&parse(&broken).unwrap(), Path::new("x")).unwrap_err();
        assert!(
            faults[0].help.as_deref().unwrap().contains("controls.vix"),
            "{faults:?}"
        );
    }

    #[test]
    fn a_model_that_is_not_computed_is_refused() {
        let broken = STUDY.replace("positioning = \"gross\"", "positioning = \"inverted\"");
        assert_ne!(broken, STUDY);
        let faults = plan(&parse(&broken).unwrap(), Path::new("x")).unwrap_err();
        assert!(faults[0].message.contains("inverted"), "{faults:?}");
    }
}
