//! Out of sample: does the signal help to forecast what was not yet known?
//!
//! ```text
//! first origin   the middle of the sample, 250 rows at least before it
//! training       rows whose windows closed an embargo of one horizon before the origin
//! variance       exp(f + s²/2) of a log forecast f with training variance s²
//! benchmark      every declared control, not the mean
//! ```
//!
//! Clark and West (2007) for nested models, Diebold and Mariano (1995) as corrected by Harvey, Leybourne and Newbold
//! (1997), QLIKE (Patton 2011), model confidence set (Hansen, Lunde and Nason 2011).

use crate::findings::{Contest, ForecastFinding, ModelRow};
use crate::gate::MIN_ROWS;
use crate::headline::rungs;
use crate::panel::Sample;
use crate::resamples::Resamples;
use crate::stats::Undefined;
use crate::stats::forecast_tests::{
    NestedForecasts, clark_west, diebold_mariano, mincer_zarnowitz,
};
use crate::stats::loss::Loss;
use crate::stats::mcs::{Comparison, confidence_set};
use crate::stats::moments::mean;
use crate::stats::oos::{Forecasts, Origins, forecasts, out_of_sample_r_squared};
use crate::study::{Control, Hypothesis};

/// Rows of the rolling window.
const ROLLING: usize = 750;

/// Forecasts the second half of a sample.
///
/// # Errors
///
/// [`Undefined`] if the sample is too short or a model can't be fitted.
pub fn forecast(
    hypothesis: &Hypothesis,
    sample: &Sample,
    resamples: &Resamples,
) -> Result<ForecastFinding, Undefined> {
    let first = (sample.rows() / 2).max(MIN_ROWS + 2 * sample.overlap);
    let origins = Origins {
        embargo: sample.overlap,
        ..Origins::expanding(first, sample.overlap)
    };
    let models = models(&hypothesis.controls, sample, origins)?;
    let actual = Actual::from(sample, first)?;
    let losses: Vec<Vec<f64>> = models
        .iter()
        .map(|model| Loss::Qlike.each(actual.variance, &model.forecasts.variances()))
        .collect::<Result<_, _>>()?;
    let confidence = in_confidence(&losses, resamples);
    let rows = models.iter().zip(&losses).enumerate();
    let rows = rows.map(|(i, (model, losses))| ModelRow {
        name: model.name.clone(),
        qlike: mean(losses).ok(),
        mse_log: mean_squared(actual.log, &model.forecasts.model),
        mcs_p: confidence.get(i).copied().flatten(),
        filtered: model.forecasts.filtered,
    });
    let sessions = sample.sessions.get(first..).unwrap_or_default();
    let contest = contest(hypothesis, sample, origins, &models, &losses);
    Ok(ForecastFinding {
        first_session: sessions
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
        n: sessions.len(),
        training: format!(
            "every earlier row whose window closed {} rows before the origin, refitted at each",
            sample.overlap
        ),
        models: rows.collect(),
        cumulative_gain: cumulative(sessions, &losses),
        undefined: contest.as_ref().err().map(ToString::to_string),
        contest: contest.ok(),
    })
}

struct Actual<'a> {
    log: &'a [f64],
    variance: &'a [f64],
}

impl<'a> Actual<'a> {
    fn from(sample: &'a Sample, first: usize) -> Result<Self, Undefined> {
        let short = Undefined::TooShort {
            rows: sample.rows(),
            needed: first + 1,
        };
        Ok(Self {
            log: sample.outcome.get(first..).ok_or(short.clone())?,
            variance: sample.variance.get(first..).ok_or(short)?,
        })
    }
}

struct Model {
    name: String,
    forecasts: Forecasts,
}

/// Each rung of the ladder without the signal and with it; the last two are benchmark and contender.
fn models(
    controls: &[Control],
    sample: &Sample,
    origins: Origins,
) -> Result<Vec<Model>, Undefined> {
    let mut found = Vec::new();
    for (name, controls) in rungs(controls) {
        let columns = sample.columns(&controls);
        let named = if controls.is_empty() { "mean" } else { name };
        found.push(Model {
            name: named.to_owned(),
            forecasts: forecasts(&sample.outcome, &columns, origins)?,
        });
        let with = [columns, vec![sample.signal.as_slice()]].concat();
        found.push(Model {
            name: format!("{named} and signal"),
            forecasts: forecasts(&sample.outcome, &with, origins)?,
        });
    }
    Ok(found)
}

fn mean_squared(actual: &[f64], forecast: &[f64]) -> Option<f64> {
    mean(&Loss::SquaredError.each(actual, forecast).ok()?).ok()
}

/// p-values of the model confidence set, in the order of the models.
fn in_confidence(losses: &[Vec<f64>], resamples: &Resamples) -> Vec<Option<f64>> {
    let mut found = vec![None; losses.len()];
    let rows = losses.first().map_or(0, Vec::len);
    let slices: Vec<&[f64]> = losses.iter().map(Vec::as_slice).collect();
    let draws = resamples.of(rows);
    if let Ok(set) = draws.and_then(|draws| confidence_set(&slices, &draws, Comparison::Max)) {
        for out in set.eliminations {
            if let Some(place) = found.get_mut(out.model) {
                *place = Some(out.p_value);
            }
        }
    }
    found
}

fn contest(
    hypothesis: &Hypothesis,
    sample: &Sample,
    origins: Origins,
    models: &[Model],
    losses: &[Vec<f64>],
) -> Result<Contest, Undefined> {
    let ([.., small, big], [.., small_losses, big_losses]) = (models, losses) else {
        return Err(Undefined::TooShort { rows: 0, needed: 2 });
    };
    let actual = sample.outcome.get(origins.first..).unwrap_or_default();
    let lag = sample.overlap.saturating_sub(1);
    let nested = NestedForecasts {
        actual,
        small: &small.forecasts.model,
        big: &big.forecasts.model,
    };
    let against = diebold_mariano(small_losses, big_losses, sample.overlap)?;
    let fitted = mincer_zarnowitz(actual, &big.forecasts.model, lag);
    Ok(Contest {
        model: big.name.clone(),
        benchmark: small.name.clone(),
        r2_out_of_sample: out_of_sample_r_squared(actual, nested.big, nested.small).ok(),
        clark_west_p: clark_west(nested, lag).ok().map(|test| test.p_value),
        diebold_mariano_p: Some(match against.corrected {
            Ok(test) => test.p_value,
            Err(_) => against.bartlett.p_value,
        }),
        mincer_zarnowitz: fitted.ok().map(|fit| {
            let (a, b) = (fit.intercept.estimate, fit.slope.estimate);
            [a, b, fit.r_squared, fit.unbiased.p_f]
        }),
        r2_rolling: rolling(hypothesis, sample, origins).ok(),
    })
}

fn rolling(hypothesis: &Hypothesis, sample: &Sample, origins: Origins) -> Result<f64, Undefined> {
    let first = origins.first.max(ROLLING + 2 * sample.overlap);
    let origins = Origins {
        first,
        window: Some(ROLLING),
        ..origins
    };
    let columns = sample.columns(&hypothesis.controls);
    let with = [columns.clone(), vec![sample.signal.as_slice()]].concat();
    let small = forecasts(&sample.outcome, &columns, origins)?;
    let big = forecasts(&sample.outcome, &with, origins)?;
    let actual = sample.outcome.get(first..).unwrap_or_default();
    out_of_sample_r_squared(actual, &big.model, &small.model)
}

fn cumulative(sessions: &[chrono::NaiveDate], losses: &[Vec<f64>]) -> Vec<(String, f64)> {
    let [.., small, big] = losses else {
        return Vec::new();
    };
    let mut total = 0.0;
    let gains = small.iter().zip(big).map(|(small, big)| small - big);
    let running = sessions.iter().zip(gains).map(|(session, gain)| {
        total += gain;
        (session.to_string(), total)
    });
    running.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{made_up, noise};

    // y_{t+1} = 0.8 g_t + noise of deviation 1: the signal's share of the variance is 0.64/1.64 = 0.39.
    #[test]
    fn a_signal_that_forecasts_wins_and_noise_does_not() {
        let signal = noise(1_500, 3);
        let shocks = noise(1_500, 4);
        let outcome: Vec<f64> = signal
            .iter()
            .zip(&shocks)
            .map(|(g, e)| 0.8 * g + e)
            .collect();
        let resamples = Resamples::new(1, 499);
        let contest = |signal: Vec<f64>, outcome: Vec<f64>| {
            let (hypothesis, sample) = made_up(signal, outcome);
            let found = forecast(&hypothesis, &sample, &resamples).unwrap();
            assert_eq!(found.n, 750);
            found.contest.unwrap()
        };
        let won = contest(signal.clone(), outcome);
        assert!(
            (won.r2_out_of_sample.unwrap() - 0.39).abs() < 0.06,
            "{won:?}"
        );
        assert!(won.clark_west_p.unwrap() < 1e-6 && won.diebold_mariano_p.unwrap() < 1e-3);
        let lost = contest(signal, shocks);
        assert!(lost.r2_out_of_sample.unwrap() < 0.01, "{lost:?}");
        assert!(0.05 < lost.clark_west_p.unwrap(), "{lost:?}");
    }
}
