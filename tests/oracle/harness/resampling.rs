//! Block lengths, bootstraps and the shift placebo.

use gex_analysis::stats::block_length::{BlockRule, block_length};
use gex_analysis::stats::bootstrap::{regime_mean_difference, stationary_indices};
use gex_analysis::stats::circular_shift::mean_difference;
use serde_json::json;

use super::Function;
use super::case::{Case, Failure, Outcome};
use super::expression::Names;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[(&str, Function)] = &[
    ("boot.block_length", block_lengths),
    ("boot.stationary_indices", indices),
    ("boot.regime_mean_diff", regime_difference),
    ("placebo.circular_shift", shift),
];

fn block_lengths(case: &Case) -> Outcome {
    let rule = match case.variant.as_str() {
        "arch" => BlockRule::Arch,
        "bstar" => BlockRule::BStar {
            constant: case.number("c")?,
        },
        other => return Err(format!("variant {other} is not known").into()),
    };
    let mut result = json!({});
    for position in 0..case.input_count() {
        let (name, table) = (case.input_name(position)?, case.table(position)?);
        let names = Names::of(&table);
        for key in case
            .expected
            .as_object()
            .into_iter()
            .flat_map(|wanted| wanted.keys())
        {
            let Some(formula) = key.strip_prefix(&format!("{name}.")) else {
                continue;
            };
            let formula = formula
                .strip_prefix("log_")
                .map_or_else(|| formula.to_owned(), |inside| format!("log({inside})"));
            let scale = case.param("scaling")[key].as_f64().unwrap_or(1.0);
            let series: Vec<f64> = names
                .whole(&formula)?
                .iter()
                .map(|value| value * scale)
                .collect();
            let length = block_length(&series, rule)?;
            result[key] = json!({ "stationary": length.stationary, "circular": length.circular });
        }
    }
    Ok(result)
}

fn indices(case: &Case) -> Outcome {
    let table = case.table(0)?;
    let starts: Result<Vec<usize>, _> = table.text("start")?.into_iter().map(str::parse).collect();
    let uniforms = table.column("u")?;
    let index = stationary_indices(&starts?, &uniforms, case.number("mean_block")?)?;
    Ok(json!({ "index": index }))
}

/// Outcome and regime on the rows where both are defined.
fn outcome_and_regime(case: &Case) -> Result<(Vec<f64>, Vec<bool>), Failure> {
    let table = case.table(0)?;
    let names = Names::of(&table).with_count("h", case.count("h")?);
    let outcome = names.evaluate(case.word("y")?)?;
    let regime = names.condition(case.word("regime")?)?;
    let rows = outcome.into_iter().zip(regime);
    Ok(rows.filter_map(|(y, inside)| Some((y?, inside?))).unzip())
}

fn regime_difference(case: &Case) -> Outcome {
    let (outcome, regime) = outcome_and_regime(case)?;
    let coverage = case.number("coverage").unwrap_or(0.95);
    let got = regime_mean_difference(&outcome, &regime, &case.draws(1, outcome.len())?, coverage)?;
    Ok(json!({
        "diff": got.difference,
        "boot_se": got.std_error,
        "ci_basic": got.basic,
        "ci_percentile": got.percentile,
        "p_two_sided": got.p_value,
        "used": got.used,
    }))
}

fn shift(case: &Case) -> Outcome {
    let (outcome, regime) = outcome_and_regime(case)?;
    let placebo = mean_difference(&outcome, &regime, case.count("embargo")?)?;
    Ok(json!({
        "stat": placebo.statistic,
        "n_shifts": placebo.null.len(),
        "p_two_sided": placebo.p_value,
        "null_mean": placebo.null_mean()?,
        "null_sd": placebo.null_sd()?,
    }))
}
