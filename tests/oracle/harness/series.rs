//! Diagnostics of one series and autocorrelation by regime.

use gex_analysis::stats::autocorrelation::{autocorrelations, ljung_box};
use gex_analysis::stats::hac::{self, Kernel, SmallSample};
use gex_analysis::stats::interaction::Interaction;
use gex_analysis::stats::ols::{CoefficientTest, Robust};
use gex_analysis::stats::unit_root::{augmented_dickey_fuller, kpss};
use gex_analysis::stats::variance_ratio::variance_ratio;
use gex_analysis::stats::{Undefined, distribution::Reference};
use serde_json::json;

use super::Function;
use super::case::{Case, Failure, Outcome};
use super::expression::Names;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[(&str, Function)] = &[
    ("diag.ljung_box", portmanteau),
    ("diag.adf_kpss", unit_root),
    ("diag.variance_ratio", ratio),
    ("cond.autocorr_interaction", interaction),
];

fn named_series(case: &Case) -> Result<Vec<f64>, Failure> {
    Names::of(&case.table(0)?).whole(case.word("x")?)
}

fn portmanteau(case: &Case) -> Outcome {
    let series = named_series(case)?;
    let lags = case.counts("lags")?;
    let mut result = json!({});
    for lag in &lags {
        let test = ljung_box(&series, *lag)?;
        result["Q"][lag.to_string()] = json!(test.statistic);
        result["p"][lag.to_string()] = json!(test.p_value);
    }
    let last = lags.iter().max().copied().unwrap_or(0);
    result["acf"] = json!(autocorrelations(&series, last)?);
    Ok(result)
}

fn unit_root(case: &Case) -> Outcome {
    let series = named_series(case)?;
    Ok(json!({
        "adf_t": augmented_dickey_fuller(&series, case.count("adf_lags")?)?,
        "kpss": kpss(&series, case.count("kpss_lags")?)?,
    }))
}

fn ratio(case: &Case) -> Outcome {
    let test = variance_ratio(&named_series(case)?, case.count("q")?)?;
    Ok(json!({ "vr": test.ratio, "stat": test.statistic, "p": test.p_value }))
}

fn interaction(case: &Case) -> Outcome {
    let table = case.table(0)?;
    let names = Names::of(&table).with_param(case, "v_t")?;
    let next = names.evaluate(case.word("y")?)?;
    let now = names.evaluate(case.word("x")?)?;
    let regime = names.condition(case.word("regime")?)?;
    let (mut y, mut x, mut inside) = (Vec::new(), Vec::new(), Vec::new());
    for ((next, now), regime) in next.into_iter().zip(now).zip(regime) {
        if let (Some(next), Some(now), Some(regime)) = (next, now, regime) {
            y.push(next);
            x.push(now);
            inside.push(regime);
        }
    }
    let model = Interaction::fit(&y, &x, &inside)?;
    let hac = hac::covariance(
        &model.fit,
        Kernel::Bartlett,
        case.count("L")?,
        SmallSample::None,
    )?;
    let white = model.fit.robust_covariance(Robust::Hc0)?;
    let tests = |covariance| -> Result<Vec<CoefficientTest>, Undefined> {
        (0..model.fit.columns())
            .map(|column| model.fit.test(column, covariance, Reference::Normal))
            .collect()
    };
    let (hac, white) = (tests(&hac)?, tests(&white)?);
    let (outside, inside) = model.slopes();
    Ok(json!({
        "params": model.fit.coefficients,
        "se_hac": hac.iter().map(|test| test.std_error).collect::<Vec<f64>>(),
        "t_hac": hac.iter().map(|test| test.statistic).collect::<Vec<f64>>(),
        "se_hc0": white.iter().map(|test| test.std_error).collect::<Vec<f64>>(),
        "ar1_pos": outside,
        "ar1_neg": inside,
    }))
}
