//! Many models against a benchmark, and many hypotheses at once.

use gex_analysis::stats::mcs::{Comparison, confidence_set};
use gex_analysis::stats::multiple::{Adjustment, adjust};
use gex_analysis::stats::spa::{Differences, Recentring, Scale};
use gex_analysis::stats::stepdown::{romano_wolf, step_m};
use serde_json::{Value, json};

use super::Function;
use super::case::{Case, Failure, Outcome, slices};

/// The functions of this family.
pub(crate) const FUNCTIONS: &[(&str, Function)] = &[
    ("spa.arch_unstudentised", plain_spa),
    ("spa.hansen_studentised", studentised_spa),
    ("stepm.arch", step_m_superior),
    ("stepm.multi_round", step_m_rounds),
    ("romano_wolf.adjusted_p", adjusted),
    ("mcs.arch", model_confidence_set),
    ("multi.pvalue_adjust", adjusted_families),
];

const RECENTRINGS: [(&str, Recentring); 3] = [
    ("lower", Recentring::Lower),
    ("consistent", Recentring::Consistent),
    ("upper", Recentring::Upper),
];

/// The columns of the losses, the benchmark (`bench`, else the first) before the models.
fn losses(case: &Case) -> Result<Vec<Vec<f64>>, Failure> {
    let table = case.table(0)?;
    let benchmark = case.word_or("benchmark", "bench");
    let known = table.names().iter().any(|name| name == benchmark);
    let first = if known {
        benchmark
    } else {
        table.names().first().map_or("", String::as_str)
    };
    let others = table
        .names()
        .iter()
        .map(String::as_str)
        .filter(|name| *name != first);
    std::iter::once(first)
        .chain(others)
        .map(|name| table.column(name))
        .collect()
}

fn differences(case: &Case) -> Result<Differences, Failure> {
    let losses = losses(case)?;
    let (benchmark, models) = losses.split_first().ok_or("no losses")?;
    Ok(Differences::new(
        benchmark,
        &slices(models),
        &case.draws(1, benchmark.len())?,
        case.number("mean_block")?,
    )?)
}

fn plain_spa(case: &Case) -> Outcome {
    let differences = differences(case)?;
    // What the reference package calls omega is the variance.
    let variances: Vec<f64> = differences
        .omega
        .iter()
        .map(|omega| omega * omega)
        .collect();
    let mut result = json!({ "omega": variances });
    for (name, recentring) in RECENTRINGS {
        let test = differences.superior_ability(Scale::Plain, recentring)?;
        result["pvalues"][name] = json!(test.p_value);
        result["critical_5pct"][name] = json!(test.critical_value(0.05)?);
    }
    Ok(result)
}

fn studentised_spa(case: &Case) -> Outcome {
    let differences = differences(case)?;
    let mut result = json!({ "t": differences.statistics(Scale::Studentised) });
    for (name, recentring) in RECENTRINGS {
        let test = differences.superior_ability(Scale::Studentised, recentring)?;
        result["stat"] = json!(test.statistic);
        result[format!("p_{name}")] = json!(test.p_value);
        result[format!("p_{name}_plus1")] = json!(test.p_value_plus_one);
    }
    Ok(result)
}

fn step_m_superior(case: &Case) -> Outcome {
    let found = step_m(&differences(case)?, Scale::Plain, case.number("size")?)?;
    Ok(json!({ "superior": found.superior }))
}

fn step_m_rounds(case: &Case) -> Outcome {
    let found = step_m(&differences(case)?, Scale::Plain, case.number("size")?)?;
    let rounds = found.rounds.iter();
    let rounds: Vec<Value> = rounds
        .map(|round| json!({ "critical": round.critical, "selected": round.selected }))
        .collect();
    Ok(json!({ "rounds": rounds, "superior": found.superior }))
}

fn adjusted(case: &Case) -> Outcome {
    let differences = differences(case)?;
    Ok(json!({
        "t": differences.statistics(Scale::Studentised),
        "p_adj": romano_wolf(&differences),
    }))
}

fn model_confidence_set(case: &Case) -> Outcome {
    let losses = losses(case)?;
    let draws = case.draws(1, losses.first().map_or(0, Vec::len))?;
    let size = case.number("size")?;
    let mut result = json!({});
    for (name, comparison) in [("R", Comparison::Range), ("max", Comparison::Max)] {
        let set = confidence_set(&slices(&losses), &draws, comparison)?;
        for one in &set.eliminations {
            result[name]["pvalues"][one.model.to_string()] = json!(one.p_value);
        }
        result[name]["included"] = json!(set.included(size));
    }
    Ok(result)
}

fn adjusted_families(case: &Case) -> Outcome {
    let p_values = case.table(0)?.column("p")?;
    Ok(json!({
        "bonferroni": adjust(&p_values, Adjustment::Bonferroni)?,
        "holm": adjust(&p_values, Adjustment::Holm)?,
        "fdr_bh": adjust(&p_values, Adjustment::BenjaminiHochberg)?,
        "fdr_by": adjust(&p_values, Adjustment::BenjaminiYekutieli)?,
    }))
}
