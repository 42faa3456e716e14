//! Regime labels, transitions, the hidden Markov filter and event studies.

use gex_analysis::stats::event::{EventPaths, EventWindow, downward_crossings, keep_apart};
use gex_analysis::stats::hmm::GaussianHmm;
use gex_analysis::stats::regime::{
    ExpandingLevels, Hysteresis, Level, Side, expanding_levels, sign_dead_band,
};
use gex_analysis::stats::transitions::transitions;
use serde_json::{Value, json};

use super::Function;
use super::case::{Case, Failure, Outcome, Table, numbers};
use super::expression::Names;

/// The rule that the engine knows by itself.
const CROSSING: &str = "gex_{t-1}>=0 and gex_t<0";

/// The functions of this family.
pub(crate) const FUNCTIONS: &[(&str, Function)] = &[
    ("regime.sign_deadband", sign),
    ("regime.expanding_hysteresis", expanding),
    ("regime.transition_durations", durations),
    ("regime.hmm_filter", hidden_markov),
    ("event.flip_crossing", crossings),
];

const LEVELS: [(Level, &str); 3] = [
    (Level::Low, "LOW"),
    (Level::Mid, "MID"),
    (Level::High, "HIGH"),
];

fn sign(case: &Case) -> Outcome {
    let signal = case.table(0)?.optional(case.word_or("x", "gex"))?;
    let labels = sign_dead_band(&signal, case.number("band")?)?;
    let word = |label: &Option<Side>| match label {
        Some(Side::Positive) => "POS",
        Some(Side::Negative) => "NEG",
        None => "NA",
    };
    Ok(json!({ "labels": labels.iter().map(word).collect::<Vec<&str>>() }))
}

fn levels(case: &Case) -> Result<ExpandingLevels, Failure> {
    let signal = case.table(0)?.optional(case.word_or("x", "gex"))?;
    let thresholds = Hysteresis {
        min_history: case.count("min_history")?,
        enter_low: case.number("enter_lo")?,
        exit_low: case.number("exit_lo")?,
        enter_high: case.number("enter_hi")?,
        exit_high: case.number("exit_hi")?,
        min_dwell: case.count("min_dwell")?,
    };
    Ok(expanding_levels(&signal, thresholds)?)
}

fn expanding(case: &Case) -> Outcome {
    let levels = levels(case)?;
    let word = |label: &Option<Level>| {
        let known = LEVELS.iter().find(|(level, _)| Some(*level) == *label);
        known.map_or("NA", |(_, word)| word)
    };
    Ok(json!({
        "labels": levels.labels.iter().map(word).collect::<Vec<&str>>(),
        "percentile_rank": levels.ranks,
    }))
}

fn durations(case: &Case) -> Outcome {
    let table = transitions(&levels(case)?.labels, &LEVELS.map(|(level, _)| level));
    let mut result = json!({});
    for (i, (_, from)) in LEVELS.iter().enumerate() {
        for (j, (_, to)) in LEVELS.iter().enumerate() {
            result["counts"][*from][*to] = json!(table.counts[i][j]);
            result["prob"][*from][*to] = json!(table.probabilities[i][j]);
        }
        result["spells"][*from] = json!(table.spells[i]);
        result["mean_duration"][*from] = json!(table.mean_duration[i]);
        result["max_duration"][*from] = json!(table.max_duration[i]);
        result["implied_duration"][*from] = json!(table.implied_duration[i]);
    }
    Ok(result)
}

fn hidden_markov(case: &Case) -> Outcome {
    let series = Names::of(&case.table(0)?).whole(case.word("x")?)?;
    let rows = case.param("A").as_array().ok_or("no transition matrix")?;
    let transition: Option<Vec<Vec<f64>>> = rows.iter().map(numbers).collect();
    let transition = transition.ok_or("a transition matrix of numbers")?;
    let (means, variances) = (case.numbers("mu")?, case.numbers("var")?);
    let model = GaussianHmm::new(case.numbers("pi")?, transition, means, variances)?;
    let filtered = model.filter(&series)?;
    let rows = case.counts("report_at")?;
    let shown: Vec<&Vec<f64>> = rows
        .iter()
        .map(|row| &filtered.probabilities[*row])
        .collect();
    let last = filtered.probabilities.last().ok_or("no observation")?;
    Ok(json!({
        "loglik": filtered.log_likelihood,
        "filtered": shown,
        "smoothed_t0": model.smoothed(&series)?[0],
        "one_step_ahead_last": model.one_step_ahead(last),
    }))
}

/// Rows of the events: crossings by the engine, any other rule by its formula.
fn events(case: &Case, table: &Table) -> Result<Vec<usize>, Failure> {
    let rule = case.word_or("event", CROSSING);
    if rule == CROSSING {
        return Ok(downward_crossings(&table.column("gex")?));
    }
    let names = Names::of(table);
    let parts: Result<Vec<_>, Failure> = rule
        .split(" and ")
        .map(|part| names.condition(part))
        .collect();
    let parts = parts?;
    let holds = |row: &usize| parts.iter().all(|part| part[*row] == Some(true));
    Ok((0..table.rows()).filter(holds).collect())
}

fn crossings(case: &Case) -> Outcome {
    let table = case.table(0)?;
    let variance = table.column("rv")?;
    let outcome: Vec<f64> = variance.iter().map(|value| value.ln()).collect();
    let all = events(case, &table)?;
    let kept = keep_apart(&all, case.count("min_gap")?);
    let window = EventWindow {
        pre: case.count("pre")?,
        post: case.count("post")?,
        estimation: case.count("estimation")?,
    };
    let study = EventPaths::cut(&outcome, &kept, window)?;
    let path = study.mean_path();
    let band = study.band(&case.resamples(1)?, case.number("coverage").unwrap_or(0.95))?;
    let (low, high): (Vec<f64>, Vec<f64>) = band.into_iter().unzip();
    let after: f64 = path.iter().skip(window.pre + 1).sum();
    let result: Value = json!({
        "events_all": all.len(),
        "events_kept": kept,
        "events_used": study.events,
        "mean_path": path,
        "band_lo": low,
        "band_hi": high,
        "cum_post_mean": after,
    });
    Ok(result)
}
