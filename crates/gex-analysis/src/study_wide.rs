//! What a study asks beyond its single hypotheses: families, events, strategies.

use crate::event_study::{Aftermath, study_event};
use crate::family::{Candidate, family};
use crate::findings::{EventFinding, Family, LevelFinding, Role};
use crate::grid::{BarsTooCoarse, Step};
use crate::inputs::Inputs;
use crate::parallel::ordered_map;
use crate::resamples::Resamples;
use crate::run::Judged;
use crate::stats::pbo;
use crate::strategy::{Trial, Tried, try_strategy};
use crate::study::Study;

/// What followed the events of a study, and prices at levels.
pub(crate) fn events(
    study: &Study,
    inputs: &Inputs<'_>,
    resamples: &Resamples,
) -> Result<(Vec<EventFinding>, Vec<LevelFinding>), BarsTooCoarse> {
    let (mut paths, mut levels) = (Vec::new(), Vec::new());
    if study.events().is_empty() {
        return Ok((paths, levels));
    }
    let grid = inputs.grid(Step::Session)?;
    let found = ordered_map(study.events(), |spec| {
        study_event(spec, inputs, &grid, resamples)
    });
    for aftermath in found {
        match aftermath {
            Aftermath::Path(path) => paths.push(*path),
            Aftermath::Level(level) => levels.push(level),
        }
    }
    Ok((paths, levels))
}

/// The strategies of a study, each on the hypothesis that it names.
pub(crate) fn tried(
    study: &Study,
    inputs: &Inputs<'_>,
    found: &[Judged],
    resamples: &Resamples,
) -> Result<Vec<Tried>, BarsTooCoarse> {
    if study.strategies().is_empty() {
        return Ok(Vec::new());
    }
    let grid = inputs.grid(Step::Session)?;
    let tried = ordered_map(study.strategies(), |spec| {
        let pairs = study.hypotheses().iter().zip(found);
        let own = { pairs }.find(|(hypothesis, _)| hypothesis.id == spec.hypothesis);
        own.map(|(hypothesis, judged)| {
            try_strategy(&Trial {
                spec,
                hypothesis,
                sample: &judged.panel.sample(&hypothesis.controls).one_a_session(),
                inputs,
                grid: &grid,
                resamples,
            })
        })
    });
    Ok(tried.into_iter().flatten().collect())
}

/// Blocks into which the time is cut for the probability of overfitting.
const BLOCKS: usize = 10;

/// Probability of overfitting over the latest rows that all strategies have.
pub(crate) fn overfitting(tried: &[Tried]) -> Option<f64> {
    let rows = tried
        .iter()
        .map(|tried| tried.net.len())
        .min()
        .filter(|rows| 0 < *rows)?;
    // The latest rows, which all strategies have.
    let latest = |tried: &'_ Tried| tried.net.len() - rows;
    let trials: Vec<&[f64]> = tried
        .iter()
        .map(|tried| tried.net.get(latest(tried)..).unwrap_or_default())
        .collect();
    if trials.len() < 2 {
        return None;
    }
    pbo::overfitting(&trials, BLOCKS)
        .ok()
        .map(|found| found.probability)
}

/// The primaries and the exploratory hypotheses, each judged as one family.
pub(crate) fn families(study: &Study, found: &[Judged], resamples: &Resamples) -> Vec<Family> {
    let of = |name: &str, role: Role| {
        let pairs = study.hypotheses().iter().zip(found);
        let candidates: Vec<Candidate<'_>> = pairs
            .filter(|(hypothesis, _)| hypothesis.role == role)
            .map(|(hypothesis, judged)| Candidate {
                hypothesis,
                sample: judged.panel.sample(&hypothesis.controls),
                p: judged
                    .evidence
                    .p_ewc
                    .filter(|_| judged.evidence.gates.is_empty()),
            })
            .collect();
        family(name, &candidates, resamples)
    };
    let both = [
        ("primary", Role::Primary),
        ("exploratory", Role::Exploratory),
    ];
    both.into_iter()
        .filter_map(|(name, role)| of(name, role))
        .collect()
}
