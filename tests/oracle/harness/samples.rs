//! Tests on two samples, rank correlations, conditional moments.

use gex_analysis::stats::Undefined;
use gex_analysis::stats::distribution::Reference;
use gex_analysis::stats::hac::{self, Kernel, SmallSample};
use gex_analysis::stats::kolmogorov::{KolmogorovMethod, kolmogorov_smirnov};
use gex_analysis::stats::moments::{
    Bias, excess_kurtosis, expected_shortfall, mean, median_absolute_deviation, quantile, skewness,
    standard_deviation, wilson_interval,
};
use gex_analysis::stats::ols::{Design, Ols};
use gex_analysis::stats::ranks::{
    RankMethod, average_ranks, kendall_tau_b, mann_whitney, spearman,
};
use gex_analysis::stats::two_sample::{SpreadCentre, equal_spread, welch};
use serde_json::{Value, json};

use super::Function;
use super::case::{Case, Failure, Outcome};
use super::expression::{Names, complete};

/// The functions of this family.
pub(crate) const FUNCTIONS: &[(&str, Function)] = &[
    ("test.welch", welch_test),
    ("test.mann_whitney", ranks),
    ("test.brown_forsythe", spread),
    ("test.ks_2samp", same_law),
    ("ic.spearman_ties", rank_correlations),
    ("cond.moments", moments),
];

/// The two groups of the table at a position.
fn groups(case: &Case, position: usize) -> Result<(Vec<f64>, Vec<f64>), Failure> {
    let table = case.table(position)?;
    let (first, second) = (case.word_or("a", "neg"), case.word_or("b", "pos"));
    Ok((table.group(first)?, table.group(second)?))
}

fn welch_test(case: &Case) -> Outcome {
    let (first, second) = groups(case, 0)?;
    let test = welch(&first, &second)?;
    Ok(json!({
        "t": test.statistic,
        "df": test.degrees,
        "p": test.p_value,
        "ci95": test.interval(0.95)?,
        "hedges_g": test.hedges_g,
    }))
}

fn ranks(case: &Case) -> Outcome {
    let (large, small) = (groups(case, 0)?, groups(case, 1)?);
    let corrected = mann_whitney(&large.0, &large.1, RankMethod::NormalContinuity)?;
    let plain = mann_whitney(&large.0, &large.1, RankMethod::Normal)?;
    let exact = mann_whitney(&small.0, &small.1, RankMethod::Exact)?;
    Ok(json!({
        "asymptotic_cc1":
            { "U1": corrected.statistic, "p": corrected.p_value, "auc": corrected.auc },
        "asymptotic_cc0": { "U1": plain.statistic, "p": plain.p_value, "auc": plain.auc },
        "exact_small": { "U1": exact.statistic, "p": exact.p_value },
    }))
}

fn spread(case: &Case) -> Outcome {
    let (first, second) = groups(case, 0)?;
    let mut result = json!({});
    for (name, centre) in [
        ("median", SpreadCentre::Median),
        ("mean", SpreadCentre::Mean),
    ] {
        let test = equal_spread(&first, &second, centre)?;
        result[name] = json!({ "W": test.statistic, "p": test.p_value });
    }
    Ok(result)
}

fn same_law(case: &Case) -> Outcome {
    let (large, small) = (groups(case, 0)?, groups(case, 1)?);
    let asymptotic = kolmogorov_smirnov(&large.0, &large.1, KolmogorovMethod::Asymptotic)?;
    let exact = kolmogorov_smirnov(&small.0, &small.1, KolmogorovMethod::Exact)?;
    Ok(json!({
        "asymp": { "D": asymptotic.statistic, "p": asymptotic.p_value },
        "exact_small": { "D": exact.statistic, "p": exact.p_value },
    }))
}

/// A formula without the words that follow it in parentheses, as in `gex_t (rounded: ties)`.
fn without_remark(formula: &str) -> &str {
    formula.split(" (").next().unwrap_or(formula)
}

fn rank_correlations(case: &Case) -> Outcome {
    let table = case.table(0)?;
    let names = Names::of(&table);
    let pair = [
        names.evaluate(without_remark(case.word("x")?))?,
        names.evaluate(without_remark(case.word("y")?))?,
    ];
    let [x, y]: [Vec<f64>; 2] = complete(&pair).try_into().map_err(|_| "two series")?;
    let correlation = spearman(&x, &y)?;
    let fit = Ols::fit(
        &average_ranks(&y),
        Design::with_constant(&[&average_ranks(&x)])?,
    )?;
    let lags = case.count("hac_lags")?;
    let covariance = hac::covariance(&fit, Kernel::Bartlett, lags, SmallSample::None)?;
    let test = fit.test(1, &covariance, Reference::Normal)?;
    Ok(json!({
        "n": x.len(),
        "ic": correlation.correlation,
        "p_iid": correlation.p_independent,
        "kendall_tau_b": kendall_tau_b(&x, &y)?,
        "t_hac": test.statistic,
        "p_hac": test.p_value,
    }))
}

fn moments(case: &Case) -> Outcome {
    let table = case.table(0)?;
    let names = Names::of(&table);
    let values = names.evaluate(case.word("x")?)?;
    let regime = names.condition(case.word("regime")?)?;
    let side = |wanted: bool| -> Vec<f64> {
        let rows = values.iter().zip(&regime);
        rows.filter(|(_, inside)| **inside == Some(wanted))
            .filter_map(|(x, _)| *x)
            .collect()
    };
    Ok(json!({ "neg": moments_of(&side(true))?, "pos": moments_of(&side(false))? }))
}

fn moments_of(values: &[f64]) -> Outcome {
    let levels = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
    let quantiles: Result<Vec<f64>, Undefined> = levels
        .iter()
        .map(|level| quantile(values, *level))
        .collect();
    let positive = values.iter().filter(|value| **value > 0.0).count();
    let result: Value = json!({
        "n": values.len(),
        "mean": mean(values)?,
        "sd": standard_deviation(values)?,
        "skew_biased": skewness(values, Bias::Kept)?,
        "skew_unbiased": skewness(values, Bias::Corrected)?,
        "exkurt_biased": excess_kurtosis(values, Bias::Kept)?,
        "exkurt_unbiased": excess_kurtosis(values, Bias::Corrected)?,
        "quantiles_type7": quantiles?,
        "es5": expected_shortfall(values, 0.05)?,
        "hit_pos": positive as f64 / values.len() as f64,
        "wilson95": wilson_interval(positive, values.len(), 0.95)?,
        "mad": median_absolute_deviation(values)?,
    });
    Ok(result)
}
