//! `[[event]]` and `[[strategy]]` as typed, to what they mean.

use gex_analysis::study::{
    Estimator, EventKind, EventOutcome, EventSpec, ForecastOf, Hold, StrategyKind, StrategySpec,
    Study, VENDOR_POSITIONING,
};
use serde_spanned::Spanned;

use crate::checker::Checker;
use crate::diagnostic::Diagnostic;
use crate::hypothesis_plan::estimator;
use crate::plan::{DataPlan, Source};
use crate::study_file::{EventTable, StrategyTable, StudyFile};

/// Sessions shown around an event, and between two, where the study does not say.
const PRE: usize = 5;
const POST: usize = 10;
const MIN_GAP: usize = 10;
/// Share of gross gamma that makes an expiry large.
const SHARE: f64 = 0.25;
/// Daily deviations past a wall that make a stop run.
const BEYOND: f64 = 0.25;
/// Cost of a unit traded, in basis points: about the spread of an index future.
const COST_BP: f64 = 1.0;
/// Largest weight of a volatility target.
const CAP: f64 = 2.0;

/// Adds the events and strategies of a file to its study.
pub(crate) fn with_appendices(
    checker: &mut Checker,
    study: Study,
    file: &StudyFile,
    data: Option<&DataPlan>,
) -> Option<Study> {
    let source = data.map(|data| &data.source);
    let events: Vec<EventSpec> = file
        .event
        .iter()
        .filter_map(|table| event(checker, table, source))
        .collect();
    let strategies: Vec<StrategySpec> = file
        .strategy
        .iter()
        .filter_map(|table| strategy(checker, table))
        .collect();
    check_volume(checker, file);
    if events.len() < file.event.len() || strategies.len() < file.strategy.len() {
        return None;
    }
    let found = study
        .with_events(events)
        .and_then(|study| study.with_strategies(strategies));
    match found {
        Ok(study) => Some(study),
        Err(fault) => {
            let text = fault.to_string();
            let ids = file.event.iter().map(|table| &table.id);
            let ids = ids.chain(file.strategy.iter().map(|table| &table.id)).rev();
            let named = |id: &&Spanned<String>| text.contains(&format!("{:?}", id.get_ref()));
            let place = { ids }
                .find(named)
                .map_or(file.study.name.span(), Spanned::span);
            checker.fault(Diagnostic::new(text, place, "this one"));
            None
        }
    }
}

fn event(checker: &mut Checker, table: &EventTable, source: Option<&Source>) -> Option<EventSpec> {
    let share = value(table.share.as_ref(), SHARE);
    let kinds = [
        EventKind::FlipCrossingDown,
        EventKind::FlipCrossingUp,
        EventKind::GammaInversion,
        EventKind::SizeOnset,
        EventKind::Squeeze,
        EventKind::RollOff { share },
        EventKind::StopRun {
            beyond: value(table.beyond.as_ref(), BEYOND),
        },
        EventKind::CallWallTouch,
        EventKind::PutWallTouch,
        EventKind::Pinning {
            lattice: value(table.lattice.as_ref(), f64::NAN),
            share,
        },
    ];
    let kind = checker.choose("event", &table.kind, &kinds.map(|kind| (kind.name(), kind)))?;
    foreign_keys(checker, table);
    let estimator = match &table.estimator {
        Some(typed) => estimator(checker, typed)?,
        None => Estimator::GarmanKlassOvernight,
    };
    let outcomes = [
        ("log-variance", EventOutcome::LogVariance { estimator }),
        ("abs-return", EventOutcome::AbsReturn),
        ("cumulative-return", EventOutcome::CumulativeReturn),
    ];
    let outcome = match &table.outcome {
        Some(typed) => checker.choose("outcome", typed, &outcomes)?,
        None => EventOutcome::LogVariance { estimator },
    };
    Some(EventSpec {
        id: table.id.get_ref().clone(),
        claim: table.claim.clone(),
        positioning: positioning(checker, table, kind, source)?,
        kind,
        outcome,
        pre: value(table.pre.as_ref(), PRE),
        post: value(table.post.as_ref(), POST),
        min_gap: value(table.min_gap.as_ref(), MIN_GAP),
    })
}

fn value<T: Copy>(typed: Option<&Spanned<T>>, otherwise: T) -> T {
    typed.map_or(otherwise, |typed| *typed.get_ref())
}

fn positioning(
    checker: &mut Checker,
    table: &EventTable,
    kind: EventKind,
    source: Option<&Source>,
) -> Option<String> {
    let series = matches!(source, Some(Source::Series { .. }));
    match (&table.positioning, series) {
        (None, true) if kind.needs_chain() => {
            let message = format!(
                "`{}` is seen in chains, a series is not enough",
                kind.name()
            );
            let fault = Diagnostic::new(message, table.kind.span(), "needs an archive");
            checker.fault(fault.with_help("use gamma-inversion or size-onset"));
            None
        }
        (None, true) => Some(VENDOR_POSITIONING.to_owned()),
        (Some(typed), true) => {
            let message = "a series that somebody else computed has no positioning of ours";
            checker.fault(Diagnostic::new(message, typed.span(), "remove this"));
            None
        }
        (None, false) => {
            let message = "the event names no positioning model";
            let fault = Diagnostic::new(message, table.kind.span(), "under whose positions?");
            checker.fault(fault.with_help("add `positioning = \"calls-long-puts-short\"`"));
            None
        }
        (Some(typed), false) => Some(typed.get_ref().clone()),
    }
}

/// A key that another kind of event has would be ignored in silence: it is refused.
fn foreign_keys(checker: &mut Checker, table: &EventTable) {
    let kind = table.kind.get_ref().as_str();
    let place = |typed: &Option<Spanned<f64>>| typed.as_ref().map(Spanned::span);
    let keys = [
        (
            "share",
            place(&table.share),
            ["roll-off", "pinning"].as_slice(),
        ),
        ("beyond", place(&table.beyond), &["stop-run"]),
        ("lattice", place(&table.lattice), &["pinning"]),
    ];
    for (key, span, kinds) in keys {
        if let Some(span) = span.filter(|_| !kinds.contains(&kind)) {
            let message = format!("an event of kind `{kind}` has no `{key}`");
            let help = format!("remove it, or use kind {}", kinds.join(" or "));
            checker.fault(Diagnostic::new(message, span, "has no effect here").with_help(help));
        }
    }
}

fn strategy(checker: &mut Checker, table: &StrategyTable) -> Option<StrategySpec> {
    let holds = [("lowest", Hold::Lowest), ("highest", Hold::Highest)];
    let knows = [
        ("controls", ForecastOf::Controls),
        ("controls-and-signal", ForecastOf::ControlsAndSignal),
    ];
    let hold = match &table.hold {
        Some(typed) => checker.choose("hold", typed, &holds)?,
        None => Hold::Highest,
    };
    let forecast = match &table.forecast {
        Some(typed) => checker.choose("forecast", typed, &knows)?,
        None => ForecastOf::ControlsAndSignal,
    };
    let target = StrategyKind::VolatilityTarget {
        target: value(table.target.as_ref(), 0.15),
        cap: value(table.cap.as_ref(), CAP),
        forecast,
    };
    let kinds = [
        ("regime-long-flat", StrategyKind::RegimeLongFlat { hold }),
        ("volatility-target", target),
    ];
    let kind = checker.choose("strategy", &table.kind, &kinds)?;
    Some(StrategySpec {
        id: table.id.get_ref().clone(),
        hypothesis: table.hypothesis.get_ref().clone(),
        kind,
        delay: value(table.delay.as_ref(), 1),
        cost: 1e-4 * value(table.cost_bp.as_ref(), COST_BP),
        capital: table.capital.as_ref().map(|typed| *typed.get_ref()),
    })
}

/// Impact is measured against the average daily volume.
fn check_volume(checker: &mut Checker, file: &StudyFile) {
    let given = file.data.controls.contains_key("adv");
    for typed in file
        .strategy
        .iter()
        .filter_map(|table| table.capital.as_ref())
    {
        if !given {
            let message = "`capital` needs the control series `adv`";
            let fault = Diagnostic::new(message, typed.span(), "needs a series");
            checker.fault(fault.with_help("add `controls.adv = \"FILE\"` to [data]"));
        }
    }
}
