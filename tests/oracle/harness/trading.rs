//! Sharpe ratios, overfitting and strategies after costs.

use gex_analysis::stats::Undefined;
use gex_analysis::stats::moments::variance;
use gex_analysis::stats::pbo::overfitting;
use gex_analysis::stats::sharpe::{Sharpe, expected_maximum, lo_scale, sharpe_ratio};
use gex_analysis::stats::strategy::{Execution, Performance, run};
use serde_json::{Value, json};

use super::Function;
use super::case::{Case, Failure, Outcome, slices};
use super::expression::Names;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[(&str, Function)] = &[
    ("sharpe.psr_dsr", deflated),
    ("pbo.cscv", overfitted),
    ("strategy.costs", strategies),
];

fn trials(case: &Case) -> Result<Vec<Vec<f64>>, Failure> {
    let table = case.table(0)?;
    table
        .names()
        .iter()
        .map(|name| table.column(name))
        .collect()
}

fn deflated(case: &Case) -> Outcome {
    let trials = trials(case)?;
    let ratios: Result<Vec<f64>, Undefined> =
        trials.iter().map(|trial| sharpe_ratio(trial)).collect();
    let ratios = ratios?;
    let ranked = ratios.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    let (best, _) = ranked.ok_or("no trial")?;
    let sharpe = Sharpe::measure(&trials[best])?;
    let benchmark = case.number("psr_benchmark")?;
    let largest = expected_maximum(&ratios, case.count("n_trials")?)?;
    Ok(json!({
        "sharpe_per_period": ratios,
        "best": best,
        "sharpe_annual": sharpe.annualised(case.number("ann")?),
        "skew": sharpe.skewness,
        "kurt_nonexcess": sharpe.kurtosis,
        "psr": sharpe.probabilistic(benchmark)?,
        "psr_benchmark_per_period": benchmark,
        "var_trials": variance(&ratios)?,
        "expected_max_sr": largest,
        "dsr": sharpe.probabilistic(largest)?,
        "se_lo_iid": sharpe.std_error_independent(),
        "lo_eta_q": lo_scale(&trials[best], case.count("lo_q")?)?,
        "min_trl_95": sharpe.minimum_track_record(benchmark, 0.95)?,
    }))
}

fn overfitted(case: &Case) -> Outcome {
    let trials = trials(case)?;
    let got = overfitting(&slices(&trials), case.count("blocks")?)?;
    Ok(json!({
        "pbo": got.probability,
        "n_combinations": got.combinations,
        "mean_logit": got.mean_logit,
        "median_logit": got.median_logit,
        "degradation_slope": got.degradation,
        "prob_oos_loss": got.loss_probability,
    }))
}

fn strategies(case: &Case) -> Outcome {
    let table = case.table(0)?;
    let returns = table.column("ret")?;
    let volatility = Names::of(&table).evaluate(case.word("vol")?)?;
    let (target, cap) = (case.number("target_vol")?, case.number("cap")?);
    let long_flat: Vec<f64> = table
        .column("gex")?
        .iter()
        .map(|g| f64::from(u8::from(*g >= 0.0)))
        .collect();
    let vol_target: Vec<f64> = volatility
        .iter()
        .map(|vol| vol.map_or(0.0, |vol| (target / vol).min(cap)))
        .collect();
    let execution = Execution {
        delay: 1,
        cost_per_turnover: case.number("cost_per_unit_turnover")?,
        periods_per_year: case.number("ann").unwrap_or(252.0),
    };
    Ok(json!({
        "long_flat": performance(&run(&long_flat, &returns, execution)?),
        "vol_target": performance(&run(&vol_target, &returns, execution)?),
    }))
}

fn performance(got: &Performance) -> Value {
    json!({
        "n": got.rows,
        "total_return": got.total_return,
        "mean": got.mean,
        "sharpe_annual": got.sharpe_annual,
        "max_drawdown": got.max_drawdown,
        "turnover_per_year": got.turnover_per_year,
        "cost_total": got.cost_total,
        "exposure": got.exposure,
        "cagr": got.growth_per_year,
    })
}
