//! A whole study: inputs in, findings and panel out.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::checks::checks;
use crate::compared::comparisons;
use crate::conditional;
use crate::controls::{IMPLIED_NAMES, implied_series};
use crate::describe::{Day, describe};
use crate::findings::{
    Description, Estimate, Findings, HypothesisFinding, QualityFacts, Role, SCHEMA, SignalSource,
    StudyFacts,
};
use crate::forecast::forecast;
use crate::gate::{Gate, regime_gates, sample_gates};
use crate::grid::{BarsTooCoarse, Step};
use crate::headline::{self, Refused, RungAnswer};
use crate::inference::undefined;
use crate::inputs::{InputFault, Inputs, Signals};
use crate::panel::{HypothesisPanel, Panel, Sample, panel};
use crate::parallel::ordered_map;
use crate::red_flags::{flags, turned_scale};
use crate::resamples::Resamples;
use crate::scrutiny::scrutiny;
use crate::stats::Undefined;
use crate::study::{Hypothesis, OutcomeKind, Study};
use crate::study_wide::{events, families, overfitting, tried};
use crate::verdict::{Evidence, verdicts};

/// What a study found and the rows it was found on.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The findings.
    pub findings: Findings,
    /// The panel.
    pub panel: Panel,
}

/// Why a study could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// An input can't be used.
    #[error(transparent)]
    Input(#[from] InputFault),
    /// Bars don't fit the horizon.
    #[error(transparent)]
    Bars(#[from] BarsTooCoarse),
    /// A signal can't be labelled.
    #[error("hypothesis {id:?}: {reason}")]
    Regime {
        /// The hypothesis.
        id: String,
        /// Why.
        reason: Undefined,
    },
}

/// Carries out a study.
///
/// Hypotheses are worked on in parallel; the result has the same bits on any number of threads.
///
/// # Errors
///
/// [`StudyError`] if an input is missing, out of order or does not fit. What merely can't be
/// estimated is undefined in the findings, with its reason.
pub fn run(study: &Study, inputs: &Inputs<'_>) -> Result<Outcome, StudyError> {
    inputs.check()?;
    for hypothesis in study.hypotheses() {
        require_inputs(hypothesis, inputs)?;
    }
    let examiner = Examiner {
        inputs,
        resamples: Resamples::new(study.seed(), study.draws()),
        thorough: study.hypotheses().len() <= THOROUGH,
    };
    let found: Result<Vec<Judged>, StudyError> = ordered_map(study.hypotheses(), |hypothesis| {
        examiner.examine(hypothesis)
    })
    .into_iter()
    .collect();
    let found = found?;
    let (events, levels) = events(study, inputs, &examiner.resamples)?;
    let tried = tried(study, inputs, &found, &examiner.resamples)?;
    let families = families(study, &found, &examiner.resamples);
    let judged = judge(found);
    let facts = facts(study, inputs);
    let findings = Findings {
        schema: SCHEMA.to_owned(),
        checks: checks(inputs, &facts, &judged),
        quality: quality(inputs, &facts),
        families,
        pooled: Vec::new(),
        events,
        levels,
        overfitting_probability: overfitting(&tried),
        strategies: tried.into_iter().map(|tried| tried.finding).collect(),
        description: description(inputs, &examiner.resamples)?,
        ledger: inputs.facts.ledger.clone(),
        study: facts,
        hypotheses: judged.iter().map(|(finding, _)| finding.clone()).collect(),
    };
    let hypotheses = judged.into_iter().map(|(_, panel)| panel).collect();
    Ok(Outcome {
        findings,
        panel: Panel { hypotheses },
    })
}

fn require_inputs(hypothesis: &Hypothesis, inputs: &Inputs<'_>) -> Result<(), InputFault> {
    let missing = |what: String, cure: String| {
        Err(InputFault::Missing {
            id: hypothesis.id.clone(),
            what,
            cure,
        })
    };
    if let Some(name) = hypothesis.signal.scale.control()
        && inputs.control(name).is_none()
    {
        return missing(
            format!("control {name}"),
            format!("controls.{name} to [data]"),
        );
    }
    let implied = hypothesis.needs_implied_volatility();
    if implied && implied_series(inputs.controls).is_none() {
        let names = IMPLIED_NAMES.join(", ");
        return missing(
            "an implied volatility series".to_owned(),
            format!("controls.vix to [data] (one of {names})"),
        );
    }
    if crate::signal::signal(&hypothesis.signal, inputs).is_empty() {
        let signal = &hypothesis.signal;
        return missing(
            format!("{} of {}", signal.measure_name(), signal.positioning),
            format!("{:?} to [positioning] models", signal.positioning),
        );
    }
    Ok(())
}

/// One hypothesis before the family is judged.
pub(crate) struct Judged {
    pub(crate) finding: HypothesisFinding,
    pub(crate) evidence: Evidence,
    pub(crate) panel: HypothesisPanel,
}

/// Exploratory hypotheses are put under scrutiny too in a study of this many at most.
const THOROUGH: usize = 12;

/// What the hypotheses of one study are examined with.
struct Examiner<'a> {
    inputs: &'a Inputs<'a>,
    resamples: Resamples,
    thorough: bool,
}

impl Examiner<'_> {
    fn examine(&self, hypothesis: &Hypothesis) -> Result<Judged, StudyError> {
        let grid = self.inputs.grid(Step::of(hypothesis.outcome.horizon))?;
        let panel = panel(hypothesis, self.inputs, &grid).map_err(|reason| StudyError::Regime {
            id: hypothesis.id.clone(),
            reason,
        })?;
        let sample = panel.sample(&hypothesis.controls);
        let (gates, refused) = gates(&sample);
        let rungs = headline::ladder(hypothesis, &sample, &refused);
        let lagged = lagged(hypothesis, &sample, &refused);
        let evidence = evidence(hypothesis, &sample, &rungs, &gates);
        let comparisons = match refused.any() {
            None => comparisons(&sample, &self.resamples).unwrap_or_default(),
            Some(_) => Vec::new(),
        };
        let close = self.thorough || hypothesis.role == Role::Primary;
        let scrutinised = close && refused.all.is_none();
        let of_variance = matches!(
            hypothesis.outcome.kind,
            OutcomeKind::LogRealizedVariance { .. }
        );
        let forecast = (scrutinised && of_variance)
            .then(|| forecast(hypothesis, &sample, &self.resamples).ok())
            .flatten();
        let finding = HypothesisFinding {
            ladder: rungs.into_iter().map(|rung| rung.rung).collect(),
            lagged_open_interest: Some(lagged),
            conditional: conditional::table(&sample, grid.per_year),
            difference: Some(conditional::difference(&sample, &refused)),
            transitions: Some(conditional::steps(&sample)),
            signal_ar1: headline::signal_ar1(&sample),
            excluded: panel.excluded(),
            comparisons,
            scrutiny: scrutinised
                .then(|| scrutiny(hypothesis, self.inputs, &grid, &panel, &sample)),
            forecast,
            ..declared(hypothesis)
        };
        Ok(Judged {
            finding,
            evidence,
            panel,
        })
    }
}

fn gates(sample: &Sample) -> (Vec<String>, Refused) {
    let words = |gates: &[Gate]| gates.iter().map(Gate::to_string).collect::<Vec<_>>();
    let (all, regimes) = (words(&sample_gates(sample)), words(&regime_gates(sample)));
    let joined = |reasons: &[String]| (!reasons.is_empty()).then(|| reasons.join(" "));
    let refused = Refused {
        all: joined(&all),
        regimes: joined(&regimes),
    };
    ([all, regimes].concat(), refused)
}

/// The headline with every signal one session older: what one more session of publication lag
/// would leave.
fn lagged(hypothesis: &Hypothesis, sample: &Sample, refused: &Refused) -> Estimate {
    let older = sample.one_session_older();
    let answer = match &refused.all {
        Some(reason) => Err(reason.clone()),
        None => headline::level(hypothesis.outcome.kind, &older, &hypothesis.controls)
            .map(|answer| answer.estimate)
            .map_err(|reason| reason.to_string()),
    };
    match answer {
        Ok(estimate) => Estimate {
            method: format!("{}; the signal of the session before", estimate.method),
            ..estimate
        },
        Err(reason) => undefined(reason, older.rows(), "share of volatility"),
    }
}

fn evidence(
    hypothesis: &Hypothesis,
    sample: &Sample,
    rungs: &[RungAnswer],
    gates: &[String],
) -> Evidence {
    let headline = rungs.last().and_then(|rung| rung.level.as_ref().ok());
    Evidence {
        role: hypothesis.role,
        expect: hypothesis.expect,
        smallest_effect: hypothesis.smallest_effect,
        gates: gates.to_vec(),
        p_ewc: headline.map(|answer| answer.p_ewc),
        p_shift: headline.and_then(|answer| answer.p_shift.as_ref().ok().copied()),
        effect: headline.and_then(|answer| answer.estimate.value),
        mde80: headline.and_then(|answer| answer.estimate.mde80),
        flags: flags(hypothesis, sample, rungs),
    }
}

/// The finding as far as the study file fixes it.
fn declared(hypothesis: &Hypothesis) -> HypothesisFinding {
    HypothesisFinding {
        id: hypothesis.id.clone(),
        claim: hypothesis.claim.clone(),
        role: hypothesis.role,
        positioning: hypothesis.signal.positioning.clone(),
        measure: hypothesis.signal.measure_name(),
        scale: hypothesis.signal.scale.name().to_owned(),
        regime: hypothesis.regime.to_string(),
        outcome: hypothesis.outcome.kind.to_string(),
        horizon: hypothesis.outcome.horizon.to_string(),
        expect: hypothesis.expect,
        verdict: crate::verdict::pending(hypothesis.smallest_effect),
        ladder: Vec::new(),
        lagged_open_interest: None,
        conditional: Vec::new(),
        difference: None,
        transitions: None,
        signal_ar1: None,
        excluded: Vec::new(),
        comparisons: Vec::new(),
        scrutiny: None,
        forecast: None,
    }
}

fn judge(found: Vec<Judged>) -> Vec<(HypothesisFinding, HypothesisPanel)> {
    let mut evidence: Vec<Evidence> = found.iter().map(|judged| judged.evidence.clone()).collect();
    for (own, judged) in evidence.iter_mut().zip(&found) {
        own.flags.extend(turned_scale(judged, &found));
    }
    found
        .into_iter()
        .zip(verdicts(&evidence))
        .map(|(judged, verdict)| {
            (
                HypothesisFinding {
                    verdict,
                    ..judged.finding
                },
                judged.panel,
            )
        })
        .collect()
}

fn facts(study: &Study, inputs: &Inputs<'_>) -> StudyFacts {
    let with_signal = signal_sessions(inputs);
    let (first, last) = (with_signal.first().copied(), with_signal.last().copied());
    let within = |date: NaiveDate| first.is_some_and(|f| f <= date) && Some(date) <= last;
    let given = &inputs.facts;
    StudyFacts {
        name: study.name().to_owned(),
        underlying: given.underlying.clone(),
        calendar: inputs.calendar.name().to_owned(),
        synthetic: given.synthetic,
        source: match inputs.signals {
            Signals::Chains(_) => SignalSource::Chains,
            Signals::Vendor { .. } => SignalSource::VendorSeries,
        },
        first_session: first.map(|date| date.to_string()),
        last_session: last.map(|date| date.to_string()),
        sessions: inputs
            .sessions
            .iter()
            .filter(|session| within(session.date))
            .count(),
        sessions_with_signal: with_signal.len(),
        positioning: given.positioning.clone(),
        currency: given.currency.clone(),
        seed: study.seed(),
        assumptions: given.assumptions.clone(),
    }
}

fn signal_sessions(inputs: &Inputs<'_>) -> BTreeSet<NaiveDate> {
    match inputs.signals {
        Signals::Chains(points) => points.iter().map(|point| point.session).collect(),
        Signals::Vendor { points, .. } => points
            .iter()
            .filter(|p| p.value.is_some())
            .map(|p| p.session)
            .collect(),
    }
}

/// The quality facts as given; missing sessions are found here where nobody counted them.
fn quality(inputs: &Inputs<'_>, facts: &StudyFacts) -> QualityFacts {
    let mut quality = inputs.facts.quality.clone();
    if quality.missing_sessions.is_empty() && facts.sessions_with_signal < facts.sessions {
        let with_signal = signal_sessions(inputs);
        let within = |date: &NaiveDate| {
            with_signal.first() <= Some(date) && Some(date) <= with_signal.last()
        };
        quality.missing_sessions = inputs
            .sessions
            .iter()
            .map(|session| session.date)
            .filter(|date| within(date) && !with_signal.contains(date))
            .map(|date| date.to_string())
            .collect();
    }
    quality
}

/// Describes a vendor's series; a chain's own series is described by its hypotheses.
fn description(
    inputs: &Inputs<'_>,
    resamples: &Resamples,
) -> Result<Option<Description>, BarsTooCoarse> {
    let Signals::Vendor { points, .. } = inputs.signals else {
        return Ok(None);
    };
    let grid = inputs.grid(Step::Session)?;
    let implied = implied_series(inputs.controls);
    let mut days = Vec::new();
    let mut before = None;
    for (session, slot) in inputs.sessions.iter().zip(&grid.slots) {
        let i = points.partition_point(|point| point.session < session.date);
        let point = points.get(i).filter(|point| point.session == session.date);
        let quoted = implied.and_then(|series| {
            let to = series
                .points
                .partition_point(|point| point.ts <= slot.close);
            let last = to.checked_sub(1).and_then(|i| series.points.get(i))?;
            before
                .is_none_or(|before| before < last.ts)
                .then_some(last.value)
        });
        before = Some(slot.close);
        if let (Some(signal), Ok(bar)) = (point.and_then(|point| point.value), slot.bar) {
            days.push(Day {
                session: session.date,
                signal,
                close: bar.prices.close(),
                implied: quoted,
            });
        }
    }
    Ok(describe(&days, grid.per_year, resamples).ok())
}
