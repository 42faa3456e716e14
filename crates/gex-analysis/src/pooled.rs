//! Several underlyings in one study: side by side, and as a panel with one coefficient.
//!
//! ```text
//! x̃, ỹ      signal (in its own deviations) and outcome of each underlying beyond its own controls and mean
//! b         Σ_a Σ_t x̃ ỹ / Σ_a Σ_t x̃²
//! s_d       Σ_a x̃_{a,d} ũ_{a,d}, the scores of one date together    (Driscoll and Kraay 1998)
//! L_j       √(2/D) Σ_d cos(π j (d + ½)/D) s_d        V = D · mean L_j² / (Σ x̃²)²        t(ν)
//! placebo   all signals shifted along the dates together
//! ```
//!
//! Underlyings fall together, so that rows of one date are not independent: scores are summed by date before anything
//! else. Equity sessions and crypto days stand on one line of dates; a date that one of them lacks adds nothing.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::findings::{Estimate, PValue, PooledFinding, UnderlyingRow};
use crate::gate::sample_gates;
use crate::grid::{BarsTooCoarse, Step};
use crate::headline::{self, beyond, standardised};
use crate::inference::{COVERAGE, Effect, POWER, undefined};
use crate::inputs::Inputs;
use crate::panel::{Sample, panel};
use crate::stats::Undefined;
use crate::stats::circular_shift::{ShiftPlacebo, embargo};
use crate::stats::cross_correlation::ShiftCorrelator;
use crate::stats::distribution::Reference;
use crate::stats::ewc;
use crate::study::{Hypothesis, Study};

/// The inputs of one underlying, by the name that the study gives them.
#[derive(Debug)]
pub struct Underlying<'a> {
    /// The name.
    pub id: &'a str,
    /// What is read.
    pub inputs: Inputs<'a>,
}

/// Whether underlyings are only compared or also estimated as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// Side by side.
    SideBySide,
    /// With one coefficient for all.
    Panel,
}

/// Examines every hypothesis on every underlying.
///
/// # Errors
///
/// [`BarsTooCoarse`] if bars don't fit a horizon in hours.
pub fn pooled(
    study: &Study,
    underlyings: &[Underlying<'_>],
    pooling: Pooling,
) -> Result<Vec<PooledFinding>, BarsTooCoarse> {
    let of = |hypothesis: &Hypothesis| {
        let samples = underlyings
            .iter()
            .map(|underlying| sample(hypothesis, underlying))
            .collect::<Result<Vec<_>, _>>()?;
        let rows = underlyings.iter().zip(&samples);
        Ok(PooledFinding {
            id: hypothesis.id.clone(),
            underlyings: rows
                .map(|(u, sample)| alone(hypothesis, u, sample))
                .collect(),
            panel: (pooling == Pooling::Panel).then(|| together(hypothesis, &samples)),
        })
    };
    study.hypotheses().iter().map(of).collect()
}

type Found = Result<Sample, String>;

fn sample(hypothesis: &Hypothesis, underlying: &Underlying<'_>) -> Result<Found, BarsTooCoarse> {
    let inputs = &underlying.inputs;
    let grid = inputs.grid(Step::of(hypothesis.outcome.horizon))?;
    let missing = hypothesis.needs_implied_volatility()
        && crate::controls::implied_series(inputs.controls).is_none();
    if missing {
        return Ok(Err("it has no implied volatility series".to_owned()));
    }
    let found = panel(hypothesis, inputs, &grid).map_err(|reason| reason.to_string());
    Ok(found.and_then(|panel| {
        let sample = panel.sample(&hypothesis.controls);
        let gates: Vec<String> = sample_gates(&sample)
            .iter()
            .map(ToString::to_string)
            .collect();
        if gates.is_empty() {
            Ok(sample)
        } else {
            Err(gates.join(" "))
        }
    }))
}

fn alone(hypothesis: &Hypothesis, underlying: &Underlying<'_>, found: &Found) -> UnderlyingRow {
    let kind = hypothesis.outcome.kind;
    let answer = found.clone().and_then(|sample| {
        let answer = headline::level(kind, &sample, &hypothesis.controls);
        answer
            .map(|answer| answer.estimate)
            .map_err(|reason| reason.to_string())
    });
    let span = found.as_ref().ok().and_then(|sample| {
        let ends = (sample.sessions.first()?, sample.sessions.last()?);
        Some((ends.0.to_string(), ends.1.to_string()))
    });
    UnderlyingRow {
        id: underlying.id.to_owned(),
        underlying: underlying.inputs.facts.underlying.clone(),
        calendar: underlying.inputs.calendar.name().to_owned(),
        sessions: span,
        estimate: answer.unwrap_or_else(|reason| undefined(reason, 0, &headline::level_unit(kind))),
    }
}

/// One underlying beyond its controls, each row with its place on the line of dates.
struct Line {
    rows: Vec<(usize, f64, f64)>,
}

fn together(hypothesis: &Hypothesis, samples: &[Found]) -> Estimate {
    let usable: Vec<&Sample> = samples
        .iter()
        .filter_map(|found| found.as_ref().ok())
        .collect();
    let unit = headline::level_unit(hypothesis.outcome.kind);
    if usable.len() < 2 {
        let reason = format!(
            "{} of the underlyings can be estimated, a panel needs 2",
            usable.len()
        );
        return undefined(reason, 0, &unit);
    }
    let rows = usable.iter().map(|sample| sample.rows()).sum();
    estimate(hypothesis, &usable)
        .unwrap_or_else(|reason| undefined(reason.to_string(), rows, &unit))
}

fn estimate(hypothesis: &Hypothesis, samples: &[&Sample]) -> Result<Estimate, Undefined> {
    let dates: Vec<NaiveDate> = samples
        .iter()
        .flat_map(|sample| sample.sessions.iter().copied())
        .collect::<BTreeSet<NaiveDate>>()
        .into_iter()
        .collect();
    let lines = samples
        .iter()
        .map(|sample| line(hypothesis, sample, &dates))
        .collect::<Result<Vec<_>, _>>()?;
    let rows = || lines.iter().flat_map(|line| &line.rows);
    let squares: f64 = rows().map(|(_, x, _)| x * x).sum();
    let coefficient = rows().map(|(_, x, y)| x * y).sum::<f64>() / squares;
    let mut scores = vec![0.0; dates.len()];
    for (date, x, y) in rows() {
        if let Some(score) = scores.get_mut(*date) {
            *score += x * (y - coefficient * x);
        }
    }
    let terms = ewc::few_terms(dates.len());
    let error =
        ewc::long_run_variance(&scores, terms)?.sqrt() * (dates.len() as f64).sqrt() / squares;
    let law = Reference::StudentT {
        degrees: terms as f64,
    };
    let effect = pooled_effect(hypothesis, samples)?;
    let overlap = samples
        .iter()
        .map(|sample| sample.overlap)
        .max()
        .unwrap_or(1);
    let width = law.quantile(0.5 + 0.5 * COVERAGE)? * error;
    let detectable = (law.quantile(0.5 + 0.5 * COVERAGE)? + law.quantile(POWER)?) * error;
    let placebo = shifted(&lines, dates.len(), embargo(overlap));
    Ok(Estimate {
        value: Some(effect.of(coefficient)),
        unit: headline::level_unit(hypothesis.outcome.kind),
        std_error: Some(effect.std_error(coefficient, error)),
        interval: Some((
            effect.of(coefficient - width),
            effect.of(coefficient + width),
        )),
        level: COVERAGE,
        method: format!(
            "one coefficient for {} underlyings, each beyond its own controls; scores summed by \
             date (Driscoll and Kraay 1998), equal-weighted cosines with {terms} terms, t({terms})",
            samples.len()
        ),
        n: samples.iter().map(|sample| sample.rows()).sum(),
        n_effective: None,
        p_values: vec![
            PValue {
                method: "Driscoll-Kraay by equal-weighted cosines".to_owned(),
                value: Some(law.two_sided(coefficient / error)?),
                valid: true,
            },
            PValue {
                method: match &placebo {
                    Ok(placebo) => format!("joint circular shift, {} shifts", placebo.null.len()),
                    Err(reason) => format!("joint circular shift, undefined: {reason}"),
                },
                value: placebo.ok().map(|placebo| placebo.p_value),
                valid: true,
            },
        ],
        mde80: Some(effect.of(detectable)),
        undefined: None,
    })
}

fn line(hypothesis: &Hypothesis, sample: &Sample, dates: &[NaiveDate]) -> Result<Line, Undefined> {
    let controls = &hypothesis.controls;
    let signal = beyond(&standardised(&sample.signal)?, sample, controls)?;
    let outcome = beyond(&sample.outcome, sample, controls)?;
    let places = sample
        .sessions
        .iter()
        .map(|session| dates.binary_search(session));
    let rows = places.zip(signal.iter().zip(&outcome));
    Ok(Line {
        rows: rows
            .filter_map(|(date, (x, y))| Some((date.ok()?, *x, *y)))
            .collect(),
    })
}

impl Line {
    /// One of its columns along the dates; rows of one date add up.
    fn placed(&self, dates: usize, of: fn(&(usize, f64, f64)) -> f64) -> Vec<f64> {
        let mut placed = vec![0.0; dates];
        for row in &self.rows {
            if let Some(at) = placed.get_mut(row.0) {
                *at += of(row);
            }
        }
        placed
    }
}

/// How a coefficient is told; a share is of the mean over all rows.
fn pooled_effect(hypothesis: &Hypothesis, samples: &[&Sample]) -> Result<Effect, Undefined> {
    let all: Vec<f64> = samples
        .iter()
        .flat_map(|sample| sample.outcome.iter().copied())
        .collect();
    headline::effect(hypothesis.outcome.kind, &all)
}

/// The covariance of outcomes and signals, all signals moved by the same number of dates.
fn shifted(lines: &[Line], dates: usize, embargo: usize) -> Result<ShiftPlacebo, Undefined> {
    let mut total = vec![0.0; dates];
    for line in lines {
        let signal = line.placed(dates, |(_, x, _)| *x);
        let outcome = line.placed(dates, |(.., y)| *y);
        let by_shift = ShiftCorrelator::new(&signal).correlate(&outcome);
        for (total, one) in total.iter_mut().zip(by_shift) {
            *total += one;
        }
    }
    ShiftPlacebo::rank(&total, embargo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{made_up, noise};

    fn samples(effect: f64, shared: f64) -> (Hypothesis, Vec<Sample>) {
        let common = noise(1_000, 70);
        let one = |seed: u64| {
            let (signal, own) = (noise(1_000, seed), noise(1_000, seed + 100));
            let shocks = common.iter().zip(&own);
            let rows = signal.iter().zip(shocks);
            let outcome = rows
                .map(|(g, (c, e))| effect * g + shared * c + e)
                .collect();
            made_up(signal, outcome)
        };
        let made: Vec<_> = (1..=4).map(one).collect();
        let hypothesis = made[0].0.clone();
        (
            hypothesis,
            made.into_iter().map(|(_, sample)| sample).collect(),
        )
    }

    // A panel of one underlying must be that underlying's own regression, to rounding (Frisch, Waugh and Lovell).
    #[test]
    fn a_panel_of_one_is_its_own_headline() {
        let (hypothesis, samples) = samples(0.1, 0.0);
        let own = headline::level(hypothesis.outcome.kind, &samples[0], &[])
            .unwrap()
            .estimate;
        let pooled = estimate(&hypothesis, &[&samples[0]]).unwrap();
        assert!((pooled.value.unwrap() - own.value.unwrap()).abs() < 1e-12);
        let p = |estimate: &Estimate| estimate.p_values[0].value.unwrap();
        assert!((p(&pooled) - p(&own)).abs() < 1e-9, "{pooled:?} {own:?}");
        assert!((pooled.mde80.unwrap() - own.mde80.unwrap()).abs() < 1e-9);
    }

    #[test]
    fn four_underlyings_see_what_one_does_not() {
        let (hypothesis, samples) = samples(0.1, 0.3);
        let all: Vec<&Sample> = samples.iter().collect();
        let (one, four) = (
            estimate(&hypothesis, &all[..1]).unwrap(),
            estimate(&hypothesis, &all).unwrap(),
        );
        assert!(four.mde80.unwrap() < 0.65 * one.mde80.unwrap(), "{four:?}");
        assert!(
            four.p_values.iter().all(|p| p.value.unwrap() < 0.02),
            "{four:?}"
        );
        // exp(0.1/2) − 1 is the truth.
        assert!((four.value.unwrap() - 0.0513).abs() < 0.03);
    }
}
