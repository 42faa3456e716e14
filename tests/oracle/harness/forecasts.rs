//! HAR models, out-of-sample forecasts, losses and forecast tests.

use gex_analysis::stats::ewc;
use gex_analysis::stats::fixed_b::CriticalCubic;
use gex_analysis::stats::forecast_tests::{
    NestedForecasts, Statistic, clark_west, diebold_mariano, mincer_zarnowitz,
};
use gex_analysis::stats::hac::{self, Kernel, SmallSample, overlap_lags};
use gex_analysis::stats::har::{Form, HarRows, incremental};
use gex_analysis::stats::loss::Loss;
use gex_analysis::stats::moments::mean;
use gex_analysis::stats::ols::{Design, Ols};
use gex_analysis::stats::oos::{Origins, forecasts, mean_squared_error, out_of_sample_r_squared};
use gex_analysis::stats::{Undefined, distribution::Reference};
use serde_json::{Value, json};

use super::Function;
use super::case::{Case, Failure, Outcome, slices};
use super::expression::Names;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[(&str, Function)] = &[
    ("har.fit", har),
    ("har.incremental_gex", incremental_signal),
    ("oos.nested_clark_west", nested),
    ("loss.vol", losses),
    ("dm.test", equal_losses),
    ("cw.test", nested_given),
    ("mz.regression", unbiased),
];

fn har(case: &Case) -> Outcome {
    let table = case.table(0)?;
    let variance = Names::of(&table).whole(case.word("rv")?)?;
    let correction = match case.param("correction").as_bool() {
        Some(true) => SmallSample::DegreesOfFreedom,
        _ => SmallSample::None,
    };
    let mut result = json!({});
    for horizon in case.counts("horizons")? {
        for (name, form) in [("level", Form::Level), ("log", Form::Log)] {
            let rows = HarRows::build(&variance, &case.counts("lags")?, horizon, form)?;
            let fit = Ols::fit(&rows.outcome, Design::with_constant(&rows.columns())?)?;
            let last_lag = overlap_lags(fit.rows(), horizon);
            let covariance = hac::covariance(&fit, Kernel::Bartlett, last_lag, correction)?;
            let errors: Result<Vec<f64>, Undefined> = (0..fit.columns())
                .map(|column| Ok(fit.test(column, &covariance, Reference::Normal)?.std_error))
                .collect();
            result[format!("h{horizon}_{name}")] = json!({
                "n": fit.rows(),
                "L": last_lag,
                "params": fit.coefficients,
                "se": errors?,
                "r2": fit.r_squared()?,
                "r2_adj": fit.r_squared_adjusted()?,
                "resid_var": fit.residual_variance(),
            });
        }
    }
    Ok(result)
}

/// Reads `log mean rv*1e4` as a form and the formula of the variance.
fn target(text: &str) -> Result<(Form, &str), Failure> {
    if let Some(formula) = text.strip_prefix("log mean ") {
        return Ok((Form::Log, formula));
    }
    let formula = text
        .strip_prefix("mean ")
        .ok_or_else(|| format!("target {text}"))?;
    Ok((Form::Level, formula))
}

fn incremental_signal(case: &Case) -> Outcome {
    let table = case.table(0)?;
    let names = Names::of(&table);
    let horizon = case.count("h")?;
    let (form, formula) = target(case.word("target")?)?;
    let variance = names.whole(formula)?;
    let rows = HarRows::build(&variance, &case.counts("lags")?, horizon, form)?;
    let mut controls: Vec<Vec<f64>> = Vec::new();
    for control in case.words("controls")? {
        match control {
            "log HAR lags" | "HAR lags" => {
                let form = if control.starts_with("log") {
                    Form::Log
                } else {
                    Form::Level
                };
                let lagged = HarRows::build(&variance, &case.counts("lags")?, horizon, form)?;
                controls.extend(lagged.lags);
            }
            formula => controls.push(rows.beside(&names.whole(formula)?)?.to_vec()),
        }
    }
    let signal = names.whole(case.word("x")?)?;
    let signal = rows.beside(&signal)?;
    let terms = ewc::published_terms;
    let model = incremental(&rows.outcome, signal, &slices(&controls), horizon, terms)?;
    let narrow = model.restricted.r_squared()?;
    let wide = model.unrestricted.r_squared()?;
    Ok(json!({
        "n": model.unrestricted.rows(),
        "L": model.last_lag,
        "S": model.fixed_b.bandwidth,
        "nu": model.ewc_terms,
        "r2_restricted": narrow,
        "r2_unrestricted": wide,
        "delta_r2": wide - narrow,
        "delta_r2_adj": model.delta_r_squared_adjusted()?,
        "partial_r2": model.partial_r_squared()?,
        "beta_gex": model.newey_west.estimate,
        "se_nw": model.newey_west.std_error,
        "t_nw": model.newey_west.statistic,
        "p_nw": model.newey_west.p_value,
        "t_fixed_b": model.fixed_b.statistic,
        "cv5_fixed_b": CriticalCubic::FIVE_PERCENT.at(model.fixed_b.b),
        "t_ewc": model.ewc.statistic,
        "p_ewc": model.ewc.p_value,
        "pct_vol_per_sd": model.volatility_effect(),
    }))
}

fn nested(case: &Case) -> Outcome {
    let table = case.table(0)?;
    let names = Names::of(&table);
    let horizon = case.count("h")?;
    // Scaling a variance moves its log and the lags' logs alike: forecasts' errors stay.
    let variance = names.whole(case.word_or("rv", "rv*1e4"))?;
    let form = if case.word("small")?.contains("log") {
        Form::Log
    } else {
        Form::Level
    };
    let rows = HarRows::build(&variance, &case.counts("lags")?, horizon, form)?;
    let added = case
        .word("big")?
        .rsplit('+')
        .next()
        .unwrap_or_default()
        .trim();
    let signal = names.whole(added)?;
    let first = case.count("first_origin")? - rows.first;
    let origins = Origins::expanding(first, horizon);
    let mut columns = rows.columns();
    let small = forecasts(&rows.outcome, &columns, origins)?;
    columns.push(rows.beside(&signal)?);
    let big = forecasts(&rows.outcome, &columns, origins)?;
    let actual = &rows.outcome[first..];
    let forecasts = NestedForecasts {
        actual,
        small: &small.model,
        big: &big.model,
    };
    let test = clark_west(forecasts, case.count("nw_lags")?)?;
    let means = &small.training_mean;
    Ok(json!({
        "n_oos": actual.len(),
        "mse_mean": mean_squared_error(actual, means)?,
        "mse_small": mean_squared_error(actual, &small.model)?,
        "mse_big": mean_squared_error(actual, &big.model)?,
        "oos_r2_big_vs_small": out_of_sample_r_squared(actual, &big.model, &small.model)?,
        "oos_r2_small_vs_mean": out_of_sample_r_squared(actual, &small.model, means)?,
        "cw_mean": test.mean,
        "cw_se": test.std_error,
        "cw_t": test.statistic,
        "cw_p_one_sided": test.p_value,
    }))
}

/// Outcome and the forecasts of the small and the big model.
fn given(case: &Case) -> Result<[Vec<f64>; 3], Failure> {
    let table = case.table(0)?;
    Ok([
        table.column("actual")?,
        table.column("f_small")?,
        table.column("f_big")?,
    ])
}

fn loss(name: &str) -> Result<Loss, Failure> {
    match name {
        "mse" => Ok(Loss::SquaredError),
        "mae" => Ok(Loss::AbsoluteError),
        "qlike" => Ok(Loss::Qlike),
        "mse_log" => Ok(Loss::SquaredLogError),
        other => Err(format!("loss {other} is not known").into()),
    }
}

fn losses(case: &Case) -> Outcome {
    let [actual, small, big] = given(case)?;
    let mut result = json!({});
    for name in case.words("losses")? {
        let loss = loss(name)?;
        result[name] = json!({
            "small": mean(&loss.each(&actual, &small)?)?,
            "big": mean(&loss.each(&actual, &big)?)?,
        });
    }
    Ok(result)
}

fn equal_losses(case: &Case) -> Outcome {
    let [actual, small, big] = given(case)?;
    let mut result = json!({});
    for name in case.words("losses")? {
        let (first, second) = (
            loss(name)?.each(&actual, &small)?,
            loss(name)?.each(&actual, &big)?,
        );
        for horizon in case.counts("h")? {
            let test = diebold_mariano(&first, &second, horizon)?;
            let value = |part: &Result<Statistic, Undefined>| part.as_ref().ok().map(|s| s.value);
            let p_value =
                |part: &Result<Statistic, Undefined>| part.as_ref().ok().map(|s| s.p_value);
            result[format!("{name}_h{horizon}")] = json!({
                "mean_diff": test.mean_difference,
                "dm_rect": value(&test.rectangular),
                "p_dm_normal": p_value(&test.rectangular),
                "hln": value(&test.corrected),
                "p_hln_t": p_value(&test.corrected),
                "L_bartlett": test.bartlett_lag,
                "dm_bartlett": test.bartlett.value,
                "p_bartlett": test.bartlett.p_value,
            });
        }
    }
    Ok(result)
}

fn nested_given(case: &Case) -> Outcome {
    let [actual, small, big] = given(case)?;
    let forecasts = NestedForecasts {
        actual: &actual,
        small: &small,
        big: &big,
    };
    let test = clark_west(forecasts, case.count("h")?.saturating_sub(1))?;
    Ok(json!({
        "mean": test.mean,
        "se": test.std_error,
        "t": test.statistic,
        "p_one_sided": test.p_value,
    }))
}

fn unbiased(case: &Case) -> Outcome {
    let table = case.table(0)?;
    let forecast = table.column(case.word_or("forecast", "f_big"))?;
    let test = mincer_zarnowitz(&table.column("actual")?, &forecast, case.count("L")?)?;
    let values: Value = json!({
        "params": [test.intercept.estimate, test.slope.estimate],
        "se": [test.intercept.std_error, test.slope.std_error],
        "r2": test.r_squared,
        "wald": test.unbiased.chi_squared,
        "p": test.unbiased.p_chi_squared,
    });
    Ok(values)
}
