//! A whole study: inputs in, findings and panel out.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::checks::checks;
use crate::compared::comparisons;
use crate::conditional;
use crate::controls::{IMPLIED_NAMES, implied_series};
use crate::describe::{Day, describe};
use crate::event_study::{Aftermath, study_event};
use crate::family::{Candidate, family};
use crate::findings::{
    Description, Estimate, EventFinding, Family, Findings, HypothesisFinding, LevelFinding,
    QualityFacts, Role, SCHEMA, SignalSource, StudyFacts,
};
use crate::forecast::forecast;
use crate::gate::{Gate, regime_gates, sample_gates};
use crate::grid::{BarsTooCoarse, Step};
use crate::headline::{self, Refused, RungAnswer};
use crate::inference::undefined;
use crate::inputs::{InputFault, Inputs, Signals};
use crate::panel::{HypothesisPanel, Panel, Sample, panel};
use crate::parallel::ordered_map;
use crate::resamples::Resamples;
use crate::scrutiny::scrutiny;
use crate::stats::{Undefined, pbo};
use crate::strategy::{Trial, Tried, try_strategy};
use crate::study::{Hypothesis, OutcomeKind, Study};
use crate::verdict::{Evidence, SIZE, verdicts};

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
struct Judged {
    finding: HypothesisFinding,
    evidence: Evidence,
    panel: HypothesisPanel,
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

/// The red flags of a referee that one hypothesis alone can raise.
fn flags(hypothesis: &Hypothesis, sample: &Sample, rungs: &[RungAnswer]) -> Vec<String> {
    let mut flags = Vec::new();
    let level = |rung: Option<&RungAnswer>| rung.and_then(|rung| rung.level.as_ref().ok().cloned());
    let (first, last) = (level(rungs.first()), level(rungs.last()));
    let Some(headline) = last else {
        return flags;
    };
    let alone = first.as_ref().map(|first| first.coefficient);
    if headline.p_ewc <= SIZE && alone.is_some_and(|alone| !survives(sample, alone)) {
        flags.push("With signals one session older the effect is gone.".to_owned());
    }
    if let Ok(share) = headline::largest_spell_share(sample, &hypothesis.controls)
        && 0.5 < share
    {
        let percent = 100.0 * share;
        flags.push(format!(
            "One spell of a regime carries {percent:.0} % of the estimate."
        ));
    }
    let marginal = 1 < rungs.len() && first.is_some_and(|first| first.p_ewc <= SIZE);
    if marginal && SIZE < headline.p_ewc {
        flags.push(
            "Alone the signal is significant, beyond its controls it is not: consistent with \
             volatility clustering."
                .to_owned(),
        );
    }
    flags
}

/// Whether a signal one session older keeps its sign and a quarter of its effect, alone.
///
/// Alone, because beyond its controls an older signal says nothing even where a true effect lasts: what it did
/// to the session between is in that session's variance, which is a control.
fn survives(sample: &Sample, alone: f64) -> bool {
    const LEFT: f64 = 0.25;
    let older = sample.one_session_older();
    let coefficient = headline::coefficient(&older);
    coefficient.is_ok_and(|older| LEFT <= older / alone)
}

/// The red flag of an effect whose sign depends on what the signal is divided by.
///
/// Other positions are not asked: an inverted book turns every sign by construction.
fn turned_scale(judged: &Judged, family: &[Judged]) -> Option<String> {
    let own = &judged.finding;
    let effect = judged.evidence.effect?;
    let same_question = |other: &&Judged| {
        let other = &other.finding;
        other.positioning == own.positioning
            && other.measure == own.measure
            && other.outcome == own.outcome
            && other.horizon == own.horizon
            && other.scale != own.scale
    };
    let turned = family.iter().filter(same_question).find(|other| {
        other
            .evidence
            .effect
            .is_some_and(|theirs| theirs * effect < 0.0)
    })?;
    let scale = &turned.finding.scale;
    Some(format!(
        "With scale {scale} in place of {} the sign turns.",
        own.scale
    ))
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

fn events(
    study: &Study,
    inputs: &Inputs<'_>,
    resamples: &Resamples,
) -> Result<(Vec<EventFinding>, Vec<LevelFinding>), BarsTooCoarse> {
    let (mut paths, mut levels) = (Vec::new(), Vec::new());
    if study.events().is_empty() {
        return Ok((paths, levels));
    }
    let grid = inputs.grid(Step::Session)?;
    let found = ordered_map(study.events(), |spec| {
        study_event(spec, inputs, &grid, resamples)
    });
    for aftermath in found {
        match aftermath {
            Aftermath::Path(path) => paths.push(*path),
            Aftermath::Level(level) => levels.push(level),
        }
    }
    Ok((paths, levels))
}

fn tried(
    study: &Study,
    inputs: &Inputs<'_>,
    found: &[Judged],
    resamples: &Resamples,
) -> Result<Vec<Tried>, BarsTooCoarse> {
    if study.strategies().is_empty() {
        return Ok(Vec::new());
    }
    let grid = inputs.grid(Step::Session)?;
    let tried = ordered_map(study.strategies(), |spec| {
        let pairs = study.hypotheses().iter().zip(found);
        let own = { pairs }.find(|(hypothesis, _)| hypothesis.id == spec.hypothesis);
        own.map(|(hypothesis, judged)| {
            try_strategy(&Trial {
                spec,
                hypothesis,
                sample: &judged.panel.sample(&hypothesis.controls),
                inputs,
                grid: &grid,
                resamples,
            })
        })
    });
    Ok(tried.into_iter().flatten().collect())
}

/// Blocks into which the time is cut for the probability of overfitting.
const BLOCKS: usize = 10;

fn overfitting(tried: &[Tried]) -> Option<f64> {
    let rows = tried
        .iter()
        .map(|tried| tried.net.len())
        .min()
        .filter(|rows| 0 < *rows)?;
    // The latest rows, which all strategies have.
    let latest = |tried: &'_ Tried| tried.net.len() - rows;
    let trials: Vec<&[f64]> = tried
        .iter()
        .map(|tried| tried.net.get(latest(tried)..).unwrap_or_default())
        .collect();
    if trials.len() < 2 {
        return None;
    }
    pbo::overfitting(&trials, BLOCKS)
        .ok()
        .map(|found| found.probability)
}

/// The primaries and the exploratory hypotheses, each judged as one family.
fn families(study: &Study, found: &[Judged], resamples: &Resamples) -> Vec<Family> {
    let of = |name: &str, role: Role| {
        let pairs = study.hypotheses().iter().zip(found);
        let candidates: Vec<Candidate<'_>> = pairs
            .filter(|(hypothesis, _)| hypothesis.role == role)
            .map(|(hypothesis, judged)| Candidate {
                hypothesis,
                sample: judged.panel.sample(&hypothesis.controls),
                p: judged
                    .evidence
                    .p_ewc
                    .filter(|_| judged.evidence.gates.is_empty()),
            })
            .collect();
        family(name, &candidates, resamples)
    };
    let both = [
        ("primary", Role::Primary),
        ("exploratory", Role::Exploratory),
    ];
    both.into_iter()
        .filter_map(|(name, role)| of(name, role))
        .collect()
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
