//! Least squares and its covariances, long-run variances, long-horizon regressions.

use gex_analysis::stats::Undefined;
use gex_analysis::stats::distribution::Reference;
use gex_analysis::stats::ewc;
use gex_analysis::stats::fixed_b::{self, CriticalCubic};
use gex_analysis::stats::hac::{self, Kernel, SmallSample, newey_west_lags, wald_test};
use gex_analysis::stats::long_run::{
    AndrewsPlugIn, Centre, SpectralKernel, long_run_variance, newey_west_bandwidth,
};
use gex_analysis::stats::ols::{CoefficientTest, Design, Ols, Robust};
use gex_analysis::stats::predict::{LongHorizon, hodrick_1b, overlapping};
use nalgebra::DMatrix;
use serde_json::{Value, json};

use super::Function;
use super::case::{Case, Failure, Outcome, numbers, or_null, slices};

/// The functions of this family.
pub(crate) const FUNCTIONS: &[(&str, Function)] = &[
    ("ols.hc", robust),
    ("ols.hac", lags_and_kernels),
    ("ols.hac_wald", wald),
    ("lrv.kernel", kernels),
    ("lrv.andrews_bandwidth", andrews),
    ("hac.ewc", cosines),
    ("hac.nw_fixed_b", newey_west_fixed_b),
    ("predict.hodrick_1b", hodrick),
    ("predict.overlap_nw_hh", overlap),
];

/// Names of the regressors, `const` for the constant: from the case, else every other column.
fn regressors(case: &Case) -> Result<Vec<String>, Failure> {
    if let Ok(named) = case.words("x") {
        return Ok(named.into_iter().map(str::to_owned).collect());
    }
    let outcome = case.word_or("y", "y");
    let table = case.table(0)?;
    let others = table
        .names()
        .iter()
        .filter(|name| *name != outcome)
        .cloned();
    Ok(std::iter::once("const".to_owned()).chain(others).collect())
}

fn fit(case: &Case) -> Result<Ols, Failure> {
    let table = case.table(0)?;
    let outcome = table.column(case.word_or("y", "y"))?;
    let column = |name: &String| match name.as_str() {
        "const" => Ok(vec![1.0; outcome.len()]),
        other => table.column(other),
    };
    let columns: Result<Vec<Vec<f64>>, Failure> = regressors(case)?.iter().map(column).collect();
    Ok(Ols::fit(
        &outcome,
        Design::from_columns(&slices(&columns?))?,
    )?)
}

fn tests(
    fit: &Ols,
    covariance: &DMatrix<f64>,
    law: Reference,
) -> Result<Vec<CoefficientTest>, Undefined> {
    (0..fit.columns())
        .map(|column| fit.test(column, covariance, law))
        .collect()
}

fn each(tests: &[CoefficientTest], of: impl Fn(&CoefficientTest) -> f64) -> Vec<f64> {
    tests.iter().map(of).collect()
}

fn robust(case: &Case) -> Outcome {
    let fit = fit(case)?;
    let law = match case.param("use_t").as_bool() {
        Some(false) => Reference::Normal,
        _ => Reference::StudentT {
            degrees: fit.residual_degrees(),
        },
    };
    let covariances = [
        ("nonrobust", fit.classical_covariance()),
        ("HC0", fit.robust_covariance(Robust::Hc0)?),
        ("HC1", fit.robust_covariance(Robust::Hc1)?),
        ("HC2", fit.robust_covariance(Robust::Hc2)?),
        ("HC3", fit.robust_covariance(Robust::Hc3)?),
    ];
    let mut result = json!({
        "r2": fit.r_squared()?,
        "r2_adj": fit.r_squared_adjusted()?,
        "nobs": fit.rows(),
        "aic_gaussian": fit.aic()?,
        "loglik": fit.log_likelihood()?,
    });
    for (name, covariance) in covariances {
        let tests = tests(&fit, &covariance, law)?;
        result[name] = json!({
            "params": fit.coefficients,
            "se": each(&tests, |test| test.std_error),
            "t": each(&tests, |test| test.statistic),
            "p": each(&tests, |test| test.p_value),
        });
    }
    Ok(result)
}

fn lags_and_kernels(case: &Case) -> Outcome {
    let fit = fit(case)?;
    let mut result = json!({});
    for kernel_name in case.words("kernels")? {
        let kernel = match kernel_name {
            "bartlett" => Kernel::Bartlett,
            "uniform" => Kernel::Uniform,
            other => return Err(format!("kernel {other} is not known").into()),
        };
        for lag in case.counts("lags")? {
            for suffix in ["corr0_z", "corr1_t"] {
                let key = format!("{kernel_name}_L{lag}_{suffix}");
                // The cases leave out long uniform windows: report the pairs they list.
                if !case.expected[&key].is_null() {
                    result[key] = one_covariance(&fit, (kernel, lag), suffix)?;
                }
            }
        }
    }
    Ok(result)
}

fn one_covariance(fit: &Ols, (kernel, lag): (Kernel, usize), suffix: &str) -> Outcome {
    let (correction, law) = if suffix == "corr1_t" {
        let student = Reference::StudentT {
            degrees: fit.residual_degrees(),
        };
        (SmallSample::DegreesOfFreedom, student)
    } else {
        (SmallSample::None, Reference::Normal)
    };
    let covariance = hac::covariance(fit, kernel, lag, correction)?;
    let tests: Vec<Result<CoefficientTest, Undefined>> = (0..fit.columns())
        .map(|column| fit.test(column, &covariance, law))
        .collect();
    let each = |of: fn(&CoefficientTest) -> f64| -> Vec<Value> {
        tests
            .iter()
            .map(|test| or_null(test.as_ref().map(of)))
            .collect()
    };
    let rows: Vec<Vec<f64>> = covariance
        .row_iter()
        .map(|row| row.iter().copied().collect())
        .collect();
    Ok(json!({
        "params": fit.coefficients,
        "cov": rows,
        "se": each(|test| test.std_error),
        "stat": each(|test| test.statistic),
        "p": each(|test| test.p_value),
    }))
}

fn wald(case: &Case) -> Outcome {
    let fit = fit(case)?;
    let lags = case
        .count("lags")
        .unwrap_or_else(|_| newey_west_lags(fit.rows()));
    let correction = match case.param("correction").as_bool() {
        Some(true) => SmallSample::DegreesOfFreedom,
        _ => SmallSample::None,
    };
    let covariance = hac::covariance(&fit, Kernel::Bartlett, lags, correction)?;
    let restrictions = restrictions(case.word("restriction")?, &regressors(case)?)?;
    let test = wald_test(&fit, &covariance, &restrictions)?;
    Ok(json!({
        "lags": lags,
        "chi2": test.chi_squared,
        "p_chi2": test.p_chi_squared,
        "F": test.f,
        "p_F": test.p_f,
    }))
}

/// Reads `x1=x2=0` or `const=0,x1=1`.
fn restrictions(text: &str, names: &[String]) -> Result<Vec<(usize, f64)>, Failure> {
    let mut found = Vec::new();
    for part in text.split(',') {
        let words: Vec<&str> = part.split('=').map(str::trim).collect();
        let (value, columns) = words.split_last().ok_or("an empty restriction")?;
        for name in columns {
            let column = names.iter().position(|known| known == name);
            found.push((
                column.ok_or_else(|| format!("no column {name}"))?,
                value.parse()?,
            ));
        }
    }
    Ok(found)
}

fn kernels(case: &Case) -> Outcome {
    let series = case.table(0)?.column(case.word("column")?)?;
    let centre = match case.param("center").as_bool() {
        Some(false) => Centre::Zero,
        _ => Centre::Mean,
    };
    let bandwidths = case
        .param("bandwidths")
        .as_array()
        .cloned()
        .unwrap_or_default();
    let kernels = [
        ("Bartlett", SpectralKernel::Bartlett),
        ("Parzen", SpectralKernel::Parzen),
        ("QuadraticSpectral", SpectralKernel::QuadraticSpectral),
    ];
    let mut result = json!({});
    for (name, kernel) in kernels {
        for bandwidth in &bandwidths {
            let width = bandwidth.as_f64().ok_or("a bandwidth that is no number")?;
            let variance = long_run_variance(&series, kernel, width, centre)?;
            result[format!("{name}_bw{bandwidth}")] = json!(variance);
        }
        let automatic = newey_west_bandwidth(&series, kernel, centre)?;
        let variance = long_run_variance(&series, kernel, automatic, centre)?;
        result[format!("{name}_nw94_bandwidth")] = json!(automatic);
        result[format!("{name}_nw94_lrv")] = json!(variance);
    }
    Ok(result)
}

fn andrews(case: &Case) -> Outcome {
    let table = case.table(0)?;
    let mut result = json!({});
    for name in case.words("columns")? {
        let plug_in = AndrewsPlugIn::fit(&table.column(name)?)?;
        result[name] = json!({
            "rho": plug_in.rho,
            "alpha1": plug_in.alpha1,
            "alpha2": plug_in.alpha2,
            "bartlett": plug_in.bandwidth(SpectralKernel::Bartlett),
            "parzen": plug_in.bandwidth(SpectralKernel::Parzen),
            "qs": plug_in.bandwidth(SpectralKernel::QuadraticSpectral),
        });
    }
    Ok(result)
}

fn cosines(case: &Case) -> Outcome {
    let fit = fit(case)?;
    let published = ewc::published_terms(fit.rows());
    let mut terms = vec![case.count("nu_default").unwrap_or(published)];
    terms.extend(case.counts("nu_extra").unwrap_or_default());
    let mut result = json!({});
    for (column, name) in regressors(case)?
        .iter()
        .enumerate()
        .filter(|(_, n)| *n != "const")
    {
        for nu in &terms {
            let test = ewc::test(&fit, column, *nu)?;
            result[format!("{name}_nu{nu}")] = json!({
                "beta": test.estimate,
                "se": test.std_error,
                "t": test.statistic,
                "p": test.p_value,
            });
        }
    }
    Ok(result)
}

fn newey_west_fixed_b(case: &Case) -> Outcome {
    let fit = fit(case)?;
    let bandwidth = fixed_b::bandwidth(fit.rows(), case.count("h").unwrap_or(1));
    let cubic = |level: &str| -> Result<CriticalCubic, Failure> {
        let given = numbers(&case.param("coef")[level]).ok_or("no cubic of critical values")?;
        Ok(CriticalCubic(
            given
                .try_into()
                .map_err(|_| "a cubic has four coefficients")?,
        ))
    };
    let b = bandwidth as f64 / fit.rows() as f64;
    let mut result = json!({ "S": bandwidth, "b": b });
    for level in ["0.10", "0.05", "0.02"] {
        result["cv"][level] = json!(cubic(level)?.at(b));
    }
    let names = regressors(case)?;
    for (column, name) in names.iter().enumerate().filter(|(_, n)| *n != "const") {
        let test = fixed_b::test(&fit, column, bandwidth)?;
        result[name.as_str()] = json!({
            "beta": test.estimate,
            "se": test.std_error,
            "t": test.statistic,
            "reject5": test.statistic.abs() > cubic("0.05")?.at(b),
        });
    }
    Ok(result)
}

fn returns_and_signal(case: &Case) -> Result<(Vec<f64>, Vec<f64>), Failure> {
    let table = case.table(0)?;
    Ok((
        table.column(case.word("return")?)?,
        table.column(case.word("x")?)?,
    ))
}

fn both(fit: &LongHorizon, of: impl Fn(&CoefficientTest) -> f64) -> [f64; 2] {
    [of(&fit.constant), of(&fit.slope)]
}

fn hodrick(case: &Case) -> Outcome {
    let (returns, signal) = returns_and_signal(case)?;
    let mut result = json!({});
    for horizon in case.counts("horizons")? {
        let fit = hodrick_1b(&returns, &signal, horizon)?;
        result[format!("h{horizon}")] = json!({
            "beta": both(&fit, |test| test.estimate),
            "se": both(&fit, |test| test.std_error),
            "t": both(&fit, |test| test.statistic),
            "p": both(&fit, |test| test.p_value),
            "n": fit.rows,
        });
    }
    Ok(result)
}

fn overlap(case: &Case) -> Outcome {
    let (returns, signal) = returns_and_signal(case)?;
    let mut result = json!({});
    for horizon in case.counts("horizons")? {
        let fit = overlapping(&returns, &signal, horizon)?;
        let hansen_hodrick = fit.hansen_hodrick.as_ref().ok();
        result[format!("h{horizon}")] = json!({
            "L": fit.last_lag,
            "beta": both(&fit.newey_west, |test| test.estimate),
            "se_nw": both(&fit.newey_west, |test| test.std_error),
            "t_nw": both(&fit.newey_west, |test| test.statistic),
            "p_nw": both(&fit.newey_west, |test| test.p_value),
            "se_hh": hansen_hodrick.map(|fit| both(fit, |test| test.std_error)),
            "r2": fit.r_squared,
        });
    }
    Ok(result)
}
