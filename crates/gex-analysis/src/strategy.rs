//! Strategies on the signal of a hypothesis: secondary evidence, never the proof.
//!
//! ```text
//! weight     set at the decision, traded `delay` closes later, held to the next close
//! cost       c |Δw| + σ √((|Δw| K + F) / ADV) |Δw|      K the money that trades
//! F          dealers' hedge of the session's return, −g r/1 %, where it trades on the same side
//! ```
//!
//! The square-root law of impact with a constant of one (Almgren, Thum, Hauptmann and Li 2005). Sharpe ratios are of
//! net returns without interest on cash.

use gex_compute::market::bar::ControlSeries;
use gex_compute::series::Measure;

use crate::controls::Past;
use crate::findings::{Earned, StrategyFinding};
use crate::gate::MIN_ROWS;
use crate::grid::Grid;
use crate::inputs::Inputs;
use crate::panel::Sample;
use crate::resamples::Resamples;
use crate::signal::average_daily_volume;
use crate::stats::Undefined;
use crate::stats::bootstrap::Draw;
use crate::stats::circular_shift::embargo;
use crate::stats::moments::quantile;
use crate::stats::oos::{Origins, forecasts};
use crate::stats::sharpe::{Sharpe, expected_maximum, sharpe_ratio};
use crate::stats::strategy::{Account, Execution, max_drawdown};
use crate::study::{
    ForecastOf, Hold, Hypothesis, OutcomeKind, SignalColumn, StrategyKind, StrategySpec,
};

/// What a strategy is tried on.
pub struct Trial<'a> {
    /// The strategy.
    pub spec: &'a StrategySpec,
    /// The hypothesis that it uses.
    pub hypothesis: &'a Hypothesis,
    /// Its complete rows.
    pub sample: &'a Sample,
    /// Everything read.
    pub inputs: &'a Inputs<'a>,
    /// Sessions and their prices.
    pub grid: &'a Grid,
    /// Resampled rows.
    pub resamples: &'a Resamples,
}

/// What a strategy earned, and its net returns for a comparison with others.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// As reported.
    pub finding: StrategyFinding,
    /// Net returns by row; empty where undefined.
    pub net: Vec<f64>,
}

/// Tries one strategy.
pub fn try_strategy(trial: &Trial<'_>) -> Tried {
    let blank = StrategyFinding {
        id: trial.spec.id.clone(),
        rule: rule(trial),
        first_session: None,
        n: 0,
        strategy: Earned::default(),
        hold: Earned::default(),
        sharpe_difference: None,
        sharpe_difference_interval: None,
        sharpe_difference_p: None,
        random_timing_p: None,
        break_even_cost_bp: None,
        probabilistic_sharpe: None,
        deflated_sharpe: None,
        trials: trial.inputs.facts.ledger.hypotheses.max(1),
        minimum_track_record: None,
        wealth: Vec::new(),
        undefined: None,
    };
    match earned(trial, blank.clone()) {
        Ok(tried) => tried,
        Err(reason) => Tried {
            finding: StrategyFinding {
                undefined: Some(reason.to_string()),
                ..blank
            },
            net: Vec::new(),
        },
    }
}

fn rule(trial: &Trial<'_>) -> String {
    let spec = trial.spec;
    let labels = trial.hypothesis.regime.labels();
    let weights = match spec.kind {
        StrategyKind::RegimeLongFlat { hold } => {
            let label = match hold {
                Hold::Lowest => labels.first(),
                Hold::Highest => labels.last(),
            };
            format!(
                "one unit in the regime {}, else none",
                label.copied().unwrap_or_default()
            )
        }
        StrategyKind::VolatilityTarget {
            target,
            cap,
            forecast,
        } => {
            let of = match forecast {
                ForecastOf::Controls => "controls alone",
                ForecastOf::ControlsAndSignal => "controls and signal",
            };
            let percent = 100.0 * target;
            format!("{percent} % over the volatility forecast from {of}, {cap} at most")
        }
    };
    let impact = match spec.capital {
        Some(capital) => format!(" and the impact of {capital:e} on daily volume"),
        None => String::new(),
    };
    format!(
        "{weights}; traded {} closes after the decision's session, {} basis points a unit{impact}",
        spec.delay,
        1e4 * spec.cost
    )
}

/// One row a session: what was held and what the price did.
struct Rows {
    sessions: Vec<String>,
    weights: Vec<f64>,
    /// Log return from the row before to this one.
    returns: Vec<f64>,
    impact: Option<Vec<f64>>,
}

fn earned(trial: &Trial<'_>, blank: StrategyFinding) -> Result<Tried, Undefined> {
    let per_year = trial.grid.per_year;
    let execution = Execution {
        delay: trial.spec.delay,
        cost_per_turnover: trial.spec.cost,
        periods_per_year: per_year,
    };
    let rows = rows(trial)?;
    if rows.weights.len() < MIN_ROWS {
        let (rows, needed) = (rows.weights.len(), MIN_ROWS);
        return Err(Undefined::TooShort { rows, needed });
    }
    let account = Account::run(
        &rows.weights,
        &rows.returns,
        rows.impact.as_deref(),
        execution,
    )?;
    let ones = vec![1.0; rows.weights.len()];
    let free = Execution {
        cost_per_turnover: 0.0,
        ..execution
    };
    let hold = Account::run(&ones, &rows.returns, None, free)?;
    let draws = trial.resamples.of(account.net.len())?;
    let root = per_year.sqrt();
    let gap = |a: &[f64], b: &[f64]| Some(root * (sharpe_ratio(a).ok()? - sharpe_ratio(b).ok()?));
    let difference = gap(&account.net, &hold.net);
    let drawn: Vec<f64> = draws
        .iter()
        .filter_map(|draw| gap(&taken(&account.net, draw), &taken(&hold.net, draw)))
        .collect();
    let shifted = shifted_ratios(&rows, execution)?;
    let own = sharpe_ratio(&account.net)?;
    let sharpe = Sharpe::measure(&account.net)?;
    let trials = usize::try_from(blank.trials).unwrap_or(usize::MAX);
    let best_of_luck = expected_maximum(&shifted, trials.max(2));
    let lead = trial.spec.delay + 1;
    let dates = rows.sessions.iter().skip(lead);
    let mut wealth = 1.0;
    let path = dates.zip(&account.net).map(|(session, net)| {
        wealth *= 1.0 + net;
        (session.clone(), wealth)
    });
    let finding = StrategyFinding {
        first_session: rows.sessions.get(lead).cloned(),
        n: account.net.len(),
        strategy: summed_up(&account, per_year, &draws)?,
        hold: summed_up(&hold, per_year, &draws)?,
        sharpe_difference: difference,
        sharpe_difference_interval: interval(&drawn),
        sharpe_difference_p: difference.map(|d| centred(d, &drawn)),
        random_timing_p: Some(above(own, &shifted)),
        break_even_cost_bp: account.break_even_cost().map(|cost| 1e4 * cost),
        probabilistic_sharpe: sharpe.probabilistic(0.0).ok(),
        deflated_sharpe: best_of_luck
            .and_then(|best| sharpe.probabilistic(best))
            .ok(),
        minimum_track_record: sharpe.minimum_track_record(0.0, 0.95).ok(),
        wealth: path.collect(),
        ..blank
    };
    Ok(Tried {
        finding,
        net: account.net,
    })
}

fn taken(values: &[f64], draw: &Draw) -> Vec<f64> {
    draw.positions()
        .filter_map(|row| values.get(row).copied())
        .collect()
}

fn interval(drawn: &[f64]) -> Option<(f64, f64)> {
    Some((quantile(drawn, 0.025).ok()?, quantile(drawn, 0.975).ok()?))
}

fn centred(value: f64, drawn: &[f64]) -> f64 {
    let far = drawn
        .iter()
        .filter(|d| value.abs() <= (*d - value).abs())
        .count();
    (1.0 + far as f64) / (1.0 + drawn.len() as f64)
}

fn above(value: f64, null: &[f64]) -> f64 {
    let high = null.iter().filter(|placebo| value <= **placebo).count();
    (1.0 + high as f64) / (1.0 + null.len() as f64)
}

fn summed_up(account: &Account, per_year: f64, draws: &[Draw]) -> Result<Earned, Undefined> {
    let performance = account.performance(per_year)?;
    let resampled: Vec<Vec<f64>> = draws.iter().map(|draw| taken(&account.net, draw)).collect();
    let ratios: Vec<f64> = resampled
        .iter()
        .filter_map(|net| sharpe_ratio(net).ok())
        .map(|ratio| ratio * per_year.sqrt())
        .collect();
    let falls: Vec<f64> = resampled.iter().map(|net| max_drawdown(net)).collect();
    Ok(Earned {
        sharpe: performance.sharpe_annual,
        sharpe_interval: interval(&ratios),
        growth: performance.growth_per_year,
        max_drawdown: Some(performance.max_drawdown),
        max_drawdown_interval: interval(&falls),
        turnover: Some(performance.turnover_per_year),
        cost: Some(performance.cost_total),
        exposure: Some(performance.exposure),
    })
}

/// Sharpe ratios of the same weights at other times: the same exposure, turnover and costs by chance.
fn shifted_ratios(rows: &Rows, execution: Execution) -> Result<Vec<f64>, Undefined> {
    let count = rows.weights.len();
    let first = embargo(1);
    let of = |shift: usize| {
        let weights: Vec<f64> = rows
            .weights
            .iter()
            .cycle()
            .skip(count - shift)
            .take(count)
            .copied()
            .collect();
        let account = Account::run(&weights, &rows.returns, rows.impact.as_deref(), execution)?;
        sharpe_ratio(&account.net)
    };
    let shifts: Vec<usize> = (first..count.saturating_sub(first)).collect();
    let found: Vec<f64> = shifts
        .into_iter()
        .filter_map(|shift| of(shift).ok())
        .collect();
    match found.len() {
        0 | 1 => Err(Undefined::TooShort {
            rows: count,
            needed: 2 * first + 2,
        }),
        _ => Ok(found),
    }
}

fn rows(trial: &Trial<'_>) -> Result<Rows, Undefined> {
    let sample = trial.sample;
    let weights = weights(trial)?;
    let skipped = sample.rows() - weights.len();
    let closes = closes(trial);
    let mut rows = Rows {
        sessions: Vec::new(),
        weights: Vec::new(),
        returns: Vec::new(),
        impact: trial.spec.capital.map(|_| Vec::new()),
    };
    let costs = impact(trial, &weights, skipped);
    let mut before: Option<f64> = None;
    for (i, (session, weight)) in sample
        .sessions
        .iter()
        .skip(skipped)
        .zip(&weights)
        .enumerate()
    {
        let Ok(place) = closes.binary_search_by_key(session, |(date, _)| *date) else {
            continue;
        };
        let Some((_, close)) = closes.get(place) else {
            continue;
        };
        rows.sessions.push(session.to_string());
        rows.weights.push(*weight);
        rows.returns
            .push(before.map_or(0.0, |before| libm::log(close / before)));
        if let (Some(list), Some(costs)) = (rows.impact.as_mut(), &costs) {
            list.push(costs.get(i).copied().flatten().unwrap_or(0.0));
        }
        before = Some(*close);
    }
    Ok(rows)
}

fn closes(trial: &Trial<'_>) -> Vec<(chrono::NaiveDate, f64)> {
    let slots = trial.inputs.sessions.iter().zip(&trial.grid.slots);
    let known =
        slots.filter_map(|(session, slot)| Some((session.date, slot.bar.ok()?.prices.close())));
    known.collect()
}

/// Weights of the last rows of the sample.
fn weights(trial: &Trial<'_>) -> Result<Vec<f64>, Undefined> {
    let sample = trial.sample;
    match trial.spec.kind {
        StrategyKind::RegimeLongFlat { hold } => {
            let wanted = match hold {
                Hold::Lowest => 0,
                Hold::Highest => sample.regimes.len().saturating_sub(1),
            };
            let unit = |label: &usize| f64::from(u8::from(*label == wanted));
            Ok(sample.labels.iter().map(unit).collect())
        }
        StrategyKind::VolatilityTarget {
            target,
            cap,
            forecast,
        } => {
            let OutcomeKind::LogRealizedVariance { .. } = trial.hypothesis.outcome.kind else {
                return Err(Undefined::Domain {
                    what: "outcome of the hypothesis",
                    value: f64::NAN,
                    needed: "log-realized-variance, to target a volatility",
                });
            };
            let first = (sample.rows() / 2).max(MIN_ROWS + 2 * sample.overlap);
            let origins = Origins {
                embargo: sample.overlap,
                ..Origins::expanding(first, sample.overlap)
            };
            let mut columns = sample.columns(&trial.hypothesis.controls);
            if forecast == ForecastOf::ControlsAndSignal {
                columns.push(&sample.signal);
            }
            let variances = forecasts(&sample.outcome, &columns, origins)?.variances();
            let per_year = trial.grid.per_year;
            let weight = |variance: &f64| (target / (per_year * variance).sqrt()).min(cap);
            Ok(variances.iter().map(weight).collect())
        }
    }
}

/// Impact per unit of weight traded, where volume is known.
fn impact(trial: &Trial<'_>, weights: &[f64], skipped: usize) -> Option<Vec<Option<f64>>> {
    let capital = trial.spec.capital?;
    let adv = trial.inputs.control("adv")?;
    let past = Past::new(trial.grid, OutcomeKind::Return);
    let flows = hedge_flows(trial);
    let before = std::iter::once(&0.0).chain(weights);
    let rows = trial
        .sample
        .sessions
        .iter()
        .skip(skipped)
        .zip(weights.iter().zip(before));
    let of = |(session, (now, then)): (&chrono::NaiveDate, (&f64, &f64))| {
        let (volume, deviation) = volume_and_deviation(trial, adv, &past, *session)?;
        let trade = (now - then) * capital;
        let flow = flows.binary_search_by_key(session, |(date, _)| *date);
        let flow = flow
            .ok()
            .and_then(|i| flows.get(i))
            .map_or(0.0, |(_, flow)| *flow);
        let alongside = if 0.0 < flow * trade { flow.abs() } else { 0.0 };
        Some(deviation * ((trade.abs() + alongside) / volume).sqrt())
    };
    Some(rows.map(of).collect())
}

fn volume_and_deviation(
    trial: &Trial<'_>,
    adv: &ControlSeries,
    past: &Past<'_>,
    session: chrono::NaiveDate,
) -> Option<(f64, f64)> {
    let open = trial.inputs.calendar.session_on(session)?.open;
    Some((
        average_daily_volume(adv, open)?,
        past.deviation(open, 1).ok()?,
    ))
}

/// Dealers' hedge of each session's return, in currency: they sell strength where net gamma is positive.
fn hedge_flows(trial: &Trial<'_>) -> Vec<(chrono::NaiveDate, f64)> {
    let signal = &trial.hypothesis.signal;
    if signal.column != SignalColumn::Series(Measure::NetGex) {
        return Vec::new();
    }
    let crate::inputs::Signals::Chains(points) = trial.inputs.signals else {
        return Vec::new();
    };
    let closes = closes(trial);
    let pairs = closes.iter().zip(closes.iter().skip(1));
    let found = pairs.filter_map(|((yesterday, before), (today, now))| {
        // The book of the evening before meets the session's return.
        let upto = points.partition_point(|point| point.session <= *yesterday);
        let of_model = points.get(..upto)?.iter().rev();
        let book = { of_model }.find(|point| point.positioning == signal.positioning)?;
        let percent = 100.0 * libm::log(now / before);
        Some((*today, -book.measures.net_gex? * percent))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_among_placebos_counts_itself() {
        assert!((above(1.0, &[0.0, 2.0, 0.5]) - 0.5).abs() < 1e-15);
        assert!((centred(1.0, &[1.5, 2.5, 1.0]) - 0.5).abs() < 1e-15);
    }
}
