//! The ladder of controls: what the signal tells alone, beyond the past, beyond implied variance.
//!
//! A persistent effect is already inside past and implied variance, so each rung is a lower bound
//! of the one before. The last rung is the headline.

use crate::findings::{Estimate, PValue, Rung};
use crate::inference::{Answer, Effect, Question, answer, undefined};
use crate::panel::Sample;
use crate::stats::moments::{mean, standard_deviation};
use crate::stats::ols::{Design, Ols};
use crate::stats::transitions::spells;
use crate::stats::{Undefined, autocorrelation, predict};
use crate::study::{Control, Hypothesis, OutcomeKind};

/// One rung with what the verdict needs of it.
#[derive(Debug, Clone, PartialEq)]
pub struct RungAnswer {
    /// The rung as reported.
    pub rung: Rung,
    /// The answer for the signal's level.
    pub level: Result<Answer, String>,
}

/// Climbs the ladder; `refused` says why nothing, or no regime, may be estimated.
pub fn ladder(hypothesis: &Hypothesis, sample: &Sample, refused: &Refused) -> Vec<RungAnswer> {
    rungs(&hypothesis.controls)
        .into_iter()
        .map(|(name, controls)| rung(hypothesis.outcome.kind, sample, refused, (name, &controls)))
        .collect()
}

/// Why parts of the ladder are not estimated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why nothing is.
    pub all: Option<String>,
    /// Why regimes are not compared.
    pub regimes: Option<String>,
}

impl Refused {
    /// Why regimes are not compared, for whichever reason.
    pub fn any(&self) -> Option<&String> {
        self.all.as_ref().or(self.regimes.as_ref())
    }
}

/// The control sets: none, then the past, then implied variance on top.
pub(crate) fn rungs(declared: &[Control]) -> Vec<(&'static str, Vec<Control>)> {
    let mut found = vec![("marginal", Vec::new())];
    let past: Vec<Control> = declared
        .iter()
        .copied()
        .filter(|c| *c != Control::ImpliedVariance)
        .collect();
    match (
        past.contains(&Control::LogHar),
        past.contains(&Control::Leverage),
    ) {
        (true, true) => found.push(("har-leverage", past)),
        (true, false) => found.push(("log-har", past)),
        (false, true) => found.push(("leverage", past)),
        (false, false) => {}
    }
    if declared.contains(&Control::ImpliedVariance) {
        found.push(("implied-variance", declared.to_vec()));
    }
    found
}

fn rung(
    kind: OutcomeKind,
    sample: &Sample,
    refused: &Refused,
    (name, controls): (&'static str, &[Control]),
) -> RungAnswer {
    let level = match &refused.all {
        Some(reason) => Err(reason.clone()),
        None => level(kind, sample, controls).map_err(|reason| reason.to_string()),
    };
    let regime = match refused.any() {
        Some(reason) => Err(reason.clone()),
        None => in_lowest_regime(kind, sample, controls).map_err(|reason| reason.to_string()),
    };
    let rows = sample.rows();
    let lowest = sample.regimes.first().copied().unwrap_or_default();
    RungAnswer {
        rung: Rung {
            name: name.to_owned(),
            controls: controls
                .iter()
                .map(|control| control.name().to_owned())
                .collect(),
            level: estimate_of(&level, rows, &level_unit(kind)),
            regime: estimate_of(&regime, rows, &regime_unit(kind, lowest)),
            partial_r2: level.as_ref().ok().map(|answer| answer.partial_r2),
            delta_r2_adjusted: level.as_ref().ok().map(|answer| answer.delta_r2_adjusted),
        },
        level,
    }
}

fn estimate_of(answer: &Result<Answer, String>, rows: usize, unit: &str) -> Estimate {
    match answer {
        Ok(answer) => answer.estimate.clone(),
        Err(reason) => undefined(reason.clone(), rows, unit),
    }
}

/// Asks for the effect of one standard deviation of the signal beyond the controls.
///
/// The deviation is the whole sample's: it fixes the unit of the effect, not the decision.
///
/// # Errors
///
/// [`Undefined`] if the signal does not vary or the regression can't be estimated.
pub fn level(
    kind: OutcomeKind,
    sample: &Sample,
    controls: &[Control],
) -> Result<Answer, Undefined> {
    let signal = standardised(&sample.signal)?;
    let found = answer(&Question {
        outcome: &sample.outcome,
        focus: &signal,
        controls: sample.columns(controls),
        overlap: sample.overlap,
        told: (effect(kind, &sample.outcome)?, level_unit(kind)),
    })?;
    if kind == OutcomeKind::Return && 1 < sample.overlap {
        return with_hodrick(found, sample, &beyond(&signal, sample, controls)?);
    }
    Ok(found)
}

/// Puts Hodrick's p-value first: sums of returns that overlap are tested by what does not.
///
/// One-slot returns are regressed on sums of the signal beyond its controls (Hodrick 1992, form 1B): equal-weighted
/// cosines reject a true null on overlapping returns too often.
fn with_hodrick(mut found: Answer, sample: &Sample, signal: &[f64]) -> Result<Answer, Undefined> {
    // Row t of the oracle's form holds the return up to t: the window's first return stands a row later.
    let returns: Vec<f64> = std::iter::once(0.0)
        .chain(sample.first_return.iter().copied())
        .collect();
    let signal: Vec<f64> = signal.iter().copied().chain([0.0]).collect();
    let test = predict::hodrick_1b(&returns, &signal, sample.overlap)?.slope;
    found.p_ewc = test.p_value;
    found.estimate.p_values.insert(
        0,
        PValue {
            method: "Hodrick 1B, non-overlapping returns on sums of the signal".to_owned(),
            value: Some(test.p_value),
            valid: true,
        },
    );
    Ok(found)
}

/// The outcome's change with one standard deviation of the signal, without controls and without an error.
///
/// # Errors
///
/// [`Undefined`] if the signal does not vary.
pub fn coefficient(sample: &Sample) -> Result<f64, Undefined> {
    let signal = standardised(&sample.signal)?;
    let fit = Ols::fit(&sample.outcome, Design::with_constant(&[&signal])?)?;
    fit.coefficients
        .get(1)
        .copied()
        .ok_or(Undefined::ZeroVariance { what: "the signal" })
}

fn in_lowest_regime(
    kind: OutcomeKind,
    sample: &Sample,
    controls: &[Control],
) -> Result<Answer, Undefined> {
    let lowest = sample.regimes.first().copied().unwrap_or_default();
    answer(&Question {
        outcome: &sample.outcome,
        focus: &sample.indicator(0),
        controls: sample.columns(controls),
        overlap: sample.overlap,
        told: (effect(kind, &sample.outcome)?, regime_unit(kind, lowest)),
    })
}

/// What is left of a column beyond the controls.
pub(crate) fn beyond(
    values: &[f64],
    sample: &Sample,
    controls: &[Control],
) -> Result<Vec<f64>, Undefined> {
    let columns = sample.columns(controls);
    let design = if columns.is_empty() {
        Design::constant_only(sample.rows())?
    } else {
        Design::with_constant(&columns)?
    };
    Ok(Ols::fit(values, design)?.residuals)
}

pub(crate) fn standardised(signal: &[f64]) -> Result<Vec<f64>, Undefined> {
    let (centre, deviation) = (mean(signal)?, standard_deviation(signal)?);
    if 0.0 < deviation {
        Ok(signal
            .iter()
            .map(|value| (value - centre) / deviation)
            .collect())
    } else {
        Err(Undefined::ZeroVariance { what: "the signal" })
    }
}

pub(crate) fn effect(kind: OutcomeKind, outcome: &[f64]) -> Result<Effect, Undefined> {
    let of = match kind {
        OutcomeKind::LogRealizedVariance { .. } | OutcomeKind::ImpliedLessRealized { .. } => {
            return Ok(Effect::LogVariance);
        }
        OutcomeKind::Autocorrelation => return Ok(Effect::Own),
        OutcomeKind::Return | OutcomeKind::Overnight | OutcomeKind::ImpliedChange => {
            standard_deviation(outcome)?
        }
        OutcomeKind::AbsReturn
        | OutcomeKind::Range
        | OutcomeKind::Tail
        | OutcomeKind::VarianceRatio
        | OutcomeKind::JumpShare => mean(outcome)?,
    };
    if 0.0 < of {
        Ok(Effect::Share { of })
    } else {
        Err(Undefined::ZeroVariance {
            what: "the outcome",
        })
    }
}

fn share(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::LogRealizedVariance { .. } => "share of volatility",
        OutcomeKind::AbsReturn => "share of the mean absolute return",
        OutcomeKind::Return => "share of the return's standard deviation",
        OutcomeKind::Range => "share of the mean range",
        OutcomeKind::Tail => "share of the tail's mean frequency",
        OutcomeKind::VarianceRatio => "share of the mean variance ratio",
        OutcomeKind::Autocorrelation => "autocorrelation",
        OutcomeKind::ImpliedLessRealized { .. } => "share of implied over realized volatility",
        OutcomeKind::JumpShare => "share of the mean jump share",
        OutcomeKind::Overnight => "share of the overnight return's standard deviation",
        OutcomeKind::ImpliedChange => "share of the change's standard deviation",
    }
}

pub(crate) fn level_unit(kind: OutcomeKind) -> String {
    format!("{} per standard deviation of the signal", share(kind))
}

fn regime_unit(kind: OutcomeKind, lowest: &str) -> String {
    format!("{} in the regime {lowest}, against the rest", share(kind))
}

/// First-order autocorrelation of the signal over the rows of the sample.
pub fn signal_ar1(sample: &Sample) -> Option<f64> {
    autocorrelation::autocorrelations(&sample.signal, 1)
        .ok()?
        .first()
        .copied()
}

/// The greatest share of the headline coefficient that one regime spell carries.
///
/// ```text
/// b ∝ Σ_t x̃_t ỹ_t        share of a spell = Σ_{t in spell} x̃_t ỹ_t / Σ_t x̃_t ỹ_t
/// ```
///
/// with signal and outcome each beyond the controls (Frisch and Waugh 1933).
///
/// # Errors
///
/// [`Undefined`] if the controls are collinear.
pub fn largest_spell_share(sample: &Sample, controls: &[Control]) -> Result<f64, Undefined> {
    let signal = beyond(&standardised(&sample.signal)?, sample, controls)?;
    let outcome = beyond(&sample.outcome, sample, controls)?;
    let parts: Vec<f64> = signal.iter().zip(&outcome).map(|(x, y)| x * y).collect();
    let total: f64 = parts.iter().sum();
    let labels: Vec<Option<usize>> = sample.labels.iter().copied().map(Some).collect();
    let shares = spells(&labels).into_iter().map(|spell| {
        let inside = parts.iter().skip(spell.start).take(spell.rows);
        inside.sum::<f64>() / total
    });
    Ok(shares.fold(0.0, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_follow_the_declared_controls() {
        let names = |controls: &[Control]| -> Vec<&str> {
            rungs(controls).into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(&[]), ["marginal"]);
        assert_eq!(
            names(&Control::ALL),
            ["marginal", "har-leverage", "implied-variance"]
        );
        assert_eq!(names(&[Control::LogHar]), ["marginal", "log-har"]);
        assert_eq!(
            names(&[Control::ImpliedVariance]),
            ["marginal", "implied-variance"]
        );
    }

    #[test]
    fn one_episode_that_carries_the_estimate_is_seen() {
        let labels: Vec<usize> = (0..300).map(|i| (i / 10) % 2).collect();
        let signal: Vec<f64> = (0..300).map(|i| f64::from((i * 7) % 11) - 5.0).collect();
        let sample = |outcome: Vec<f64>| Sample {
            regimes: &["negative", "positive"],
            sessions: vec![crate::fixture::date(1); 300],
            signal: signal.clone(),
            lagged: vec![None; 300],
            labels: labels.clone(),
            controls: Vec::new(),
            variance: outcome.clone(),
            log_return: outcome.clone(),
            first_return: outcome.clone(),
            outcome,
            overlap: 1,
        };
        // The outcome follows the signal on ten rows alone, one spell, or on all of them.
        let once = (0..)
            .zip(&signal)
            .map(|(i, g)| if (100..110).contains(&i) { *g } else { 0.0 });
        let share = largest_spell_share(&sample(once.collect()), &[]).unwrap();
        assert!(0.95 < share, "{share}");
        let share = largest_spell_share(&sample(signal.clone()), &[]).unwrap();
        assert!(share < 0.05, "{share}");
    }
}
