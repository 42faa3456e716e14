//! The outcome regime by regime, and the difference between regimes.

use crate::findings::{Estimate, Moments, PValue, RegimeRow, Transitions};
use crate::gate::{regime_gate, spell_count};
use crate::headline::Refused;
use crate::inference::{COVERAGE, Effect, Question, answer, undefined};
use crate::panel::Sample;
use crate::stats::autocorrelation::effective_rows;
use crate::stats::moments::{
    Bias, excess_kurtosis, expected_shortfall, mean, median, median_absolute_deviation, quantile,
    skewness, standard_deviation, wilson_interval,
};
use crate::stats::ols::{Design, Ols};
use crate::stats::ranks::{RankMethod, mann_whitney};
use crate::stats::two_sample::welch;
use crate::stats::{Undefined, ewc, transitions};

/// Levels of the quantiles of [`Moments::quantiles`].
const LEVELS: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// Describes the outcome in each regime, then in all rows.
pub fn table(sample: &Sample, per_year: f64) -> Vec<RegimeRow> {
    let mut rows: Vec<RegimeRow> = (0..sample.regimes.len())
        .map(|label| regime_row(sample, label, per_year))
        .collect();
    rows.push(all_row(sample, per_year));
    rows
}

fn regime_row(sample: &Sample, label: usize, per_year: f64) -> RegimeRow {
    let name = sample.regimes.get(label).copied().unwrap_or_default();
    let inside = sample.indicator(label);
    let row = described(sample, &inside, name);
    RegimeRow {
        spells: spell_count(sample, label),
        volatility: Some(volatility(sample, &inside, per_year)),
        gate: regime_gate(sample, label).map(|gate| gate.to_string()),
        ..row
    }
}

fn all_row(sample: &Sample, per_year: f64) -> RegimeRow {
    let everywhere = vec![1.0; sample.rows()];
    let spells = (0..sample.regimes.len())
        .map(|label| spell_count(sample, label))
        .sum();
    RegimeRow {
        spells,
        n_effective: effective_rows(&sample.outcome, &sample.outcome).ok(),
        volatility: Some(volatility(sample, &everywhere, per_year)),
        ..described(sample, &everywhere, "all")
    }
}

fn described(sample: &Sample, inside: &[f64], name: &str) -> RegimeRow {
    let outcome = inside_of(&sample.outcome, inside);
    let returns = inside_of(&sample.log_return, inside);
    let up = returns.iter().filter(|r| 0.0 < **r).count();
    RegimeRow {
        regime: name.to_owned(),
        n: outcome.len(),
        spells: 0,
        n_effective: effective_in(sample, inside),
        moments: moments(&outcome),
        volatility: None,
        mean_return_bp: mean(&returns).ok().map(|mean| 1e4 * mean),
        hit: (!returns.is_empty()).then(|| up as f64 / returns.len() as f64),
        hit_wilson: wilson_interval(up, returns.len(), COVERAGE).ok(),
        gate: None,
    }
}

fn inside_of(values: &[f64], inside: &[f64]) -> Vec<f64> {
    values
        .iter()
        .zip(inside)
        .filter_map(|(v, i)| (0.5 < *i).then_some(*v))
        .collect()
}

/// The regime's share of the rows that regime and outcome together are worth.
fn effective_in(sample: &Sample, inside: &[f64]) -> Option<f64> {
    let worth = effective_rows(inside, &sample.outcome).ok()?;
    let share = inside.iter().sum::<f64>() / sample.rows() as f64;
    Some((worth * share).max(1.0))
}

/// Computes moments and quantiles of the values; those that are undefined are none.
pub fn moments(values: &[f64]) -> Moments {
    let quantiles: Result<Vec<f64>, _> = LEVELS.iter().map(|p| quantile(values, *p)).collect();
    Moments {
        mean: mean(values).ok(),
        median: median(values).ok(),
        sd: standard_deviation(values).ok(),
        mad: median_absolute_deviation(values).ok(),
        skew: skewness(values, Bias::Corrected).ok(),
        excess_kurtosis: excess_kurtosis(values, Bias::Corrected).ok(),
        quantiles: quantiles.ok().and_then(|found| found.try_into().ok()),
        es5: expected_shortfall(values, 0.05).ok(),
    }
}

const VOLATILITY_UNIT: &str = "per cent per year";

/// Root of the mean variance in the regime, annualised.
///
/// The interval is that of the mean variance on a log scale, so that it never falls below zero.
fn volatility(sample: &Sample, inside: &[f64], per_year: f64) -> Estimate {
    let rows = inside_of(&sample.variance, inside).len();
    mean_variance(&sample.variance, inside, per_year, rows)
        .unwrap_or_else(|reason| undefined(reason.to_string(), rows, VOLATILITY_UNIT))
}

fn mean_variance(
    variance: &[f64],
    inside: &[f64],
    per_year: f64,
    rows: usize,
) -> Result<Estimate, Undefined> {
    let outside: Vec<f64> = inside.iter().map(|i| 1.0 - i).collect();
    let mut columns = vec![inside];
    if outside.iter().any(|o| 0.5 < *o) {
        columns.push(&outside);
    }
    let fit = Ols::fit(variance, Design::from_columns(&columns)?)?;
    let terms = ewc::few_terms(fit.rows());
    let test = ewc::test(&fit, 0, terms)?;
    let percent = |variance: f64| 100.0 * (per_year * variance).sqrt();
    let (low, high) = test.interval(COVERAGE)?;
    let width = 0.5 * (high - low) / test.estimate;
    let factor = libm::exp(width);
    Ok(Estimate {
        value: Some(percent(test.estimate)),
        unit: VOLATILITY_UNIT.to_owned(),
        std_error: Some(0.5 * percent(test.estimate) * test.std_error / test.estimate),
        interval: Some((
            percent(test.estimate / factor),
            percent(test.estimate * factor),
        )),
        level: COVERAGE,
        method: format!(
            "root of the mean variance, {per_year} periods a year; interval from equal-weighted \
             cosines with {terms} terms on the log of the mean"
        ),
        n: rows,
        n_effective: None,
        p_values: Vec::new(),
        mde80: None,
        undefined: None,
    })
}

/// Estimates the outcome in the lowest regime less that in the highest, in the outcome's own unit.
pub fn difference(sample: &Sample, refused: &Refused) -> Estimate {
    const UNIT: &str = "the outcome's own unit, lowest regime less highest";
    let found = match refused.any() {
        Some(reason) => Err(reason.clone()),
        None => difference_of(sample, UNIT).map_err(|reason| reason.to_string()),
    };
    found.unwrap_or_else(|reason| undefined(reason, sample.rows(), UNIT))
}

fn difference_of(sample: &Sample, unit: &str) -> Result<Estimate, Undefined> {
    let middle: Vec<Vec<f64>> = (1..sample.regimes.len().saturating_sub(1))
        .map(|label| sample.indicator(label))
        .collect();
    let mut estimate = answer(&Question {
        outcome: &sample.outcome,
        focus: &sample.indicator(0),
        controls: middle.iter().map(Vec::as_slice).collect(),
        overlap: sample.overlap,
        told: (Effect::Own, unit.to_owned()),
    })?
    .estimate;
    estimate.p_values.extend(naive(sample));
    Ok(estimate)
}

/// Tests that take rows as independent, for contrast: they reject a true null far too often.
fn naive(sample: &Sample) -> [PValue; 2] {
    let last = sample.regimes.len().saturating_sub(1);
    let low = inside_of(&sample.outcome, &sample.indicator(0));
    let high = inside_of(&sample.outcome, &sample.indicator(last));
    let ranks = mann_whitney(&low, &high, RankMethod::NormalContinuity);
    [
        PValue {
            method: "Welch, rows taken as independent".to_owned(),
            value: welch(&low, &high).ok().map(|test| test.p_value),
            valid: false,
        },
        PValue {
            method: "Mann-Whitney, rows taken as independent".to_owned(),
            value: ranks.ok().map(|test| test.p_value),
            valid: false,
        },
    ]
}

/// Tabulates steps between regimes over the rows of the sample.
pub fn steps(sample: &Sample) -> Transitions {
    let labels: Vec<Option<usize>> = sample.labels.iter().copied().map(Some).collect();
    let states: Vec<usize> = (0..sample.regimes.len()).collect();
    let table = transitions::transitions(&labels, &states);
    let staying = |(i, row): (usize, &Vec<usize>)| {
        let (stays, all) = (row.get(i).copied()?, row.iter().sum::<usize>());
        let (low, high) = wilson_interval(stays, all, COVERAGE).ok()?;
        Some((stays as f64 / all as f64, low, high))
    };
    let spells = transitions::spells(&labels);
    let dependence = |state: &usize| {
        // The last spell is cut short by the end of the sample.
        let whole = spells.iter().take(spells.len().saturating_sub(1));
        let of_state = whole.filter(|spell| spell.label == *state);
        transitions::duration_dependence(&of_state.map(|spell| spell.rows).collect::<Vec<_>>()).ok()
    };
    Transitions {
        labels: sample
            .regimes
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        staying: table.counts.iter().enumerate().map(staying).collect(),
        duration_dependence_p: states.iter().map(dependence).collect(),
        counts: table.counts,
        mean_spell: table.mean_duration,
        spells: table.spells,
        longest_spell: table.max_duration,
        implied_spell: table.implied_duration,
    }
}
