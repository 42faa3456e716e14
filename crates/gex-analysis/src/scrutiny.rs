//! A headline under scrutiny: without each year, without its largest residuals, with other estimators, other forms of
//! the signal and of the outcome, and the numbers that say whether the regression may be believed.

use std::collections::BTreeSet;

use chrono::Datelike;

use crate::findings::{Diagnostic, Estimate, Scrutiny, Variant};
use crate::grid::Grid;
use crate::headline;
use crate::inference::{Effect, Question, answer, undefined};
use crate::inputs::Inputs;
use crate::panel::{HypothesisPanel, Sample, panel};
use crate::stats::Undefined;
use crate::stats::autocorrelation::ljung_box;
use crate::stats::block_length::{BlockRule, block_length};
use crate::stats::hac::newey_west_lags;
use crate::stats::moments::{correlation, mean, quantile};
use crate::stats::ols::{Design, Ols};
use crate::stats::unit_root::{augmented_dickey_fuller, kpss};
use crate::study::{Control, Estimator, Hypothesis, OutcomeKind};

/// Share of rows with the largest residuals that one variant leaves out.
const LARGEST: f64 = 0.01;
/// Lags of the test of residuals.
const RESIDUAL_LAGS: usize = 10;

/// Puts the headline under scrutiny.
pub fn scrutiny(
    hypothesis: &Hypothesis,
    inputs: &Inputs<'_>,
    grid: &Grid,
    panel: &HypothesisPanel,
    sample: &Sample,
) -> Scrutiny {
    let mut variants = years(hypothesis, sample);
    variants.push(without_largest(hypothesis, sample));
    variants.extend(forms(hypothesis, sample));
    variants.extend(estimators(hypothesis, inputs, grid));
    Scrutiny {
        variants,
        diagnostics: diagnostics(hypothesis, panel, sample),
        dynamics: crate::dynamics::dynamics(hypothesis, inputs, grid).unwrap_or_default(),
    }
}

fn again(hypothesis: &Hypothesis, sample: &Sample) -> Estimate {
    let kind = hypothesis.outcome.kind;
    match headline::level(kind, sample, &hypothesis.controls) {
        Ok(answer) => answer.estimate,
        Err(reason) => undefined(reason.to_string(), sample.rows(), "share of volatility"),
    }
}

fn variant(group: &str, name: String, estimate: Estimate) -> Variant {
    Variant {
        group: group.to_owned(),
        name,
        estimate,
    }
}

/// The headline without each calendar year: one episode must not carry it.
fn years(hypothesis: &Hypothesis, sample: &Sample) -> Vec<Variant> {
    let all: BTreeSet<i32> = sample.sessions.iter().map(Datelike::year).collect();
    if all.len() < 2 {
        return Vec::new();
    }
    let without = |year: &i32| {
        let kept = sample.filtered(|i| sample.sessions.get(i).is_some_and(|s| s.year() != *year));
        variant("year-left-out", year.to_string(), again(hypothesis, &kept))
    };
    all.iter().map(without).collect()
}

fn without_largest(hypothesis: &Hypothesis, sample: &Sample) -> Variant {
    let name = format!("{:.0} % of rows", 100.0 * LARGEST);
    let kept = residuals(hypothesis, sample).and_then(|residuals| {
        let size: Vec<f64> = residuals.iter().map(|u| u.abs()).collect();
        let bar = quantile(&size, 1.0 - LARGEST)?;
        Ok(sample.filtered(|i| size.get(i).is_some_and(|u| *u <= bar)))
    });
    let estimate = match kept {
        Ok(kept) => again(hypothesis, &kept),
        Err(reason) => undefined(reason.to_string(), sample.rows(), "share of volatility"),
    };
    variant("largest-residuals-left-out", name, estimate)
}

fn residuals(hypothesis: &Hypothesis, sample: &Sample) -> Result<Vec<f64>, Undefined> {
    let mut columns = vec![sample.signal.as_slice()];
    columns.extend(sample.columns(&hypothesis.controls));
    Ok(Ols::fit(&sample.outcome, Design::with_constant(&columns)?)?.residuals)
}

/// Size and square in place of the signal, variance in place of its log.
fn forms(hypothesis: &Hypothesis, sample: &Sample) -> Vec<Variant> {
    let with = |name: &str, form: &dyn Fn(f64) -> f64| {
        let mut changed = sample.clone();
        changed.signal = sample.signal.iter().map(|g| form(*g)).collect();
        variant("signal-form", name.to_owned(), again(hypothesis, &changed))
    };
    let mut found = vec![with("size", &f64::abs), with("square", &|g| g * g)];
    if let OutcomeKind::LogRealizedVariance { .. } = hypothesis.outcome.kind {
        let estimate = level_of_variance(hypothesis, sample);
        found.push(variant(
            "outcome-form",
            "variance, not its log".to_owned(),
            estimate,
        ));
    }
    found
}

fn level_of_variance(hypothesis: &Hypothesis, sample: &Sample) -> Estimate {
    const UNIT: &str = "share of the mean variance per standard deviation of the signal";
    let found = || {
        answer(&Question {
            outcome: &sample.variance,
            focus: &headline::standardised(&sample.signal)?,
            controls: sample.columns(&hypothesis.controls),
            overlap: sample.overlap,
            told: (
                Effect::Share {
                    of: mean(&sample.variance)?,
                },
                UNIT.to_owned(),
            ),
        })
    };
    match found() {
        Ok(answer) => answer.estimate,
        Err(reason) => undefined(reason.to_string(), sample.rows(), UNIT),
    }
}

/// Other estimators of the same variance, with and without the overnight return.
fn estimators(hypothesis: &Hypothesis, inputs: &Inputs<'_>, grid: &Grid) -> Vec<Variant> {
    let OutcomeKind::LogRealizedVariance { estimator: own } = hypothesis.outcome.kind else {
        return Vec::new();
    };
    let others = [
        Estimator::GarmanKlassOvernight,
        Estimator::GarmanKlass,
        Estimator::Parkinson,
        Estimator::RogersSatchell,
        Estimator::Realized,
        Estimator::RealizedWithinSession,
    ];
    let measured = others.into_iter().filter(|other| *other != own);
    let with = |estimator: Estimator| {
        let mut other = hypothesis.clone();
        other.outcome.kind = OutcomeKind::LogRealizedVariance { estimator };
        let sample = panel(&other, inputs, grid).ok()?.sample(&other.controls);
        // An estimator that the bars cannot feed says nothing about the claim.
        let fed = sample.rows() * 2 > inputs.sessions.len().min(crate::gate::MIN_ROWS);
        let name = estimator.name().to_owned();
        fed.then(|| variant("estimator", name, again(&other, &sample)))
    };
    measured.filter_map(with).collect()
}

fn diagnostics(
    hypothesis: &Hypothesis,
    panel: &HypothesisPanel,
    sample: &Sample,
) -> Vec<Diagnostic> {
    let mut found = vec![
        row(
            "variance-inflation",
            inflation(hypothesis, sample),
            "how many times the controls inflate the variance of the signal's coefficient; above \
             10 the two can hardly be told apart",
        ),
        tested(
            "residual-autocorrelation",
            residuals(hypothesis, sample)
                .and_then(|u| ljung_box(&u, RESIDUAL_LAGS))
                .map(|test| (test.statistic, test.p_value)),
            "Ljung-Box over 10 lags of the headline's residuals; small p: errors that assume \
             independence are wrong, which equal-weighted cosines do not",
        ),
        row(
            "dickey-fuller",
            augmented_dickey_fuller(&sample.signal, newey_west_lags(sample.rows())),
            "augmented Dickey-Fuller t of the signal with a constant; above -2.86 a unit root is \
             not rejected at 5 %",
        ),
        row(
            "kpss",
            kpss(&sample.signal, newey_west_lags(sample.rows())),
            "KPSS of the signal around a constant; above 0.463 stationarity is rejected at 5 %",
        ),
        row(
            "block-length-signal",
            block_length(&sample.signal, BlockRule::Arch).map(|block| block.stationary),
            "rows of a block after which the signal has forgotten itself (Politis and White 2004)",
        ),
        row(
            "block-length-outcome",
            block_length(&sample.outcome, BlockRule::Arch).map(|block| block.stationary),
            "the same of the outcome",
        ),
        missingness(panel),
    ];
    found.extend(confounds(sample));
    found
}

fn row(name: &str, value: Result<f64, Undefined>, text: &str) -> Diagnostic {
    tested(name, value.map(|value| (value, f64::NAN)), text)
}

fn tested(name: &str, found: Result<(f64, f64), Undefined>, text: &str) -> Diagnostic {
    let (value, p_value) = match &found {
        Ok((value, p)) => (Some(*value), p.is_finite().then_some(*p)),
        Err(_) => (None, None),
    };
    let text = match found {
        Ok(_) => text.to_owned(),
        Err(reason) => format!("{text}; undefined: {reason}"),
    };
    Diagnostic {
        name: name.to_owned(),
        value,
        p_value,
        text,
    }
}

/// 1 / (1 − R²) of the signal on the controls.
fn inflation(hypothesis: &Hypothesis, sample: &Sample) -> Result<f64, Undefined> {
    let columns = sample.columns(&hypothesis.controls);
    if columns.is_empty() {
        return Ok(1.0);
    }
    let explained = Ols::fit(&sample.signal, Design::with_constant(&columns)?)?.r_squared()?;
    Ok((1.0 - explained).recip())
}

/// Whether rows are missing where the signal is high or low.
fn missingness(panel: &HypothesisPanel) -> Diagnostic {
    let rows: Vec<(f64, f64)> = panel
        .rows
        .iter()
        .filter_map(|row| Some((row.signal?, f64::from(u8::from(row.excluded.is_some())))))
        .collect();
    let (signal, missing): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
    let found = headline::standardised(&signal).and_then(|focus| {
        answer(&Question {
            outcome: &missing,
            focus: &focus,
            controls: Vec::new(),
            overlap: 1,
            told: (Effect::Own, "share of rows".to_owned()),
        })
    });
    let text = "change in the share of rows left out with one standard deviation of the signal; \
                small p: what is missing depends on the signal";
    if missing.iter().all(|m| *m < 0.5) {
        return tested(
            "missingness",
            Ok((0.0, f64::NAN)),
            "no row with a signal is left out",
        );
    }
    tested(
        "missingness",
        found.map(|answer| (answer.coefficient, answer.p_ewc)),
        text,
    )
}

/// Correlations of the signal with what moves it mechanically.
fn confounds(sample: &Sample) -> Vec<Diagnostic> {
    let named = [
        (
            Control::LogHar,
            "correlation-past-variance",
            "the last session's log variance",
        ),
        (
            Control::Leverage,
            "correlation-past-loss",
            "the last session's loss",
        ),
        (
            Control::ImpliedVariance,
            "correlation-implied-variance",
            "log implied variance",
        ),
    ];
    let with = |(control, name, what): (Control, &str, &str)| {
        let columns = sample.columns(&[control]);
        let column = columns.first()?;
        let text = format!("correlation of the signal with {what}");
        Some(row(name, correlation(&sample.signal, column), &text))
    };
    named.into_iter().filter_map(with).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{made_up, noise};

    #[test]
    fn an_effect_of_one_year_is_gone_without_it() {
        let signal = noise(900, 5);
        let shocks = noise(900, 6);
        // Days count from March 2026: rows 306 to 670 are of 2027.
        let effect = |i: usize| if (306..671).contains(&i) { 1.0 } else { 0.0 };
        let rows = signal.iter().zip(&shocks).enumerate();
        let outcome = rows.map(|(i, (g, e))| effect(i) * g + 0.5 * e).collect();
        let (hypothesis, sample) = made_up(signal, outcome);
        let found = years(&hypothesis, &sample);
        let of = |year: &str| {
            let row = found.iter().find(|variant| variant.name == year).unwrap();
            row.estimate.value.unwrap()
        };
        assert_eq!(found.len(), 3);
        assert!(of("2027").abs() < 0.05 && 0.15 < of("2026") && 0.15 < of("2028"));
    }

    #[test]
    fn a_square_effect_shows_in_the_size_alone() {
        let signal = noise(2_000, 8);
        let shocks = noise(2_000, 9);
        let outcome = signal.iter().zip(&shocks).map(|(g, e)| g * g + e).collect();
        let (hypothesis, sample) = made_up(signal, outcome);
        let found = forms(&hypothesis, &sample);
        let p = |variant: &Variant| variant.estimate.p_values[0].value.unwrap();
        assert!(p(&found[0]) < 1e-6 && p(&found[1]) < 1e-6, "{found:?}");
        let (size, plain) = (
            found[0].estimate.value.unwrap(),
            again(&hypothesis, &sample),
        );
        assert!(plain.value.unwrap().abs() < 0.3 * size);
    }
}
