//! Hypotheses judged together: adjusted p-values, the specification curve, superior ability, the confidence set.
//!
//! ```text
//! common rows   the sessions on which every member has a complete row
//! curve         effects ascending; its band by shifting all signals in time together
//! losses        QLIKE of the controls alone less QLIKE with the signal, second half of the common rows
//! ```
//!
//! Romano and Wolf (2005, 2016), Hansen (2005) studentised, Hansen, Lunde and Nason (2011), Westfall and Young (1993).

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::findings::{Family, Member};
use crate::gate::MIN_ROWS;
use crate::headline::{self, standardised};
use crate::panel::Sample;
use crate::parallel::ordered_map;
use crate::resamples::Resamples;
use crate::stats::Undefined;
use crate::stats::circular_shift::embargo;
use crate::stats::loss::Loss;
use crate::stats::mcs::{Comparison, confidence_set};
use crate::stats::moments::{median, quantile};
use crate::stats::multiple::{Adjustment, adjust};
use crate::stats::oos::{Origins, forecasts};
use crate::stats::partial_shift::shifted_coefficients;
use crate::stats::spa::{Differences, Recentring, Scale};
use crate::stats::stepdown::romano_wolf;
use crate::study::{Hypothesis, OutcomeKind};

/// One hypothesis as a family sees it.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The hypothesis.
    pub hypothesis: &'a Hypothesis,
    /// Its complete rows.
    pub sample: Sample,
    /// p-value of its headline; `None` if it has none, which counts as 1.
    pub p: Option<f64>,
}

/// Judges the candidates as one family; `None` if there are fewer than two.
pub fn family(name: &str, candidates: &[Candidate<'_>], resamples: &Resamples) -> Option<Family> {
    if candidates.len() < 2 {
        return None;
    }
    let common = common_sessions(candidates);
    let members: Vec<OnCommonRows<'_>> = candidates
        .iter()
        .map(|candidate| OnCommonRows::of(candidate, &common))
        .collect();
    let mut found = unjudged(name, candidates, common.len(), resamples);
    if common.len() < MIN_ROWS {
        let rows = common.len();
        found.undefined = Some(format!(
            "the members share {rows} complete rows, a comparison needs {MIN_ROWS}"
        ));
        return Some(found);
    }
    let mut missing = Vec::new();
    if let Err(reason) = curve(&members, &mut found) {
        missing.push(format!("no band of the curve: {reason}"));
    }
    if let Err(reason) = losses(&members, resamples, &mut found) {
        missing.push(format!("no comparison of losses: {reason}"));
    }
    found.undefined = (!missing.is_empty()).then(|| missing.join("; "));
    Some(found)
}

fn unjudged(
    name: &str,
    candidates: &[Candidate<'_>],
    common_rows: usize,
    resamples: &Resamples,
) -> Family {
    let p: Vec<f64> = candidates.iter().map(|c| c.p.unwrap_or(1.0)).collect();
    let by = |adjustment| adjust(&p, adjustment).unwrap_or_default();
    let adjusted = [
        by(Adjustment::Holm),
        by(Adjustment::BenjaminiHochberg),
        by(Adjustment::BenjaminiYekutieli),
    ];
    let member = |(i, candidate): (usize, &Candidate<'_>)| {
        let [holm, hochberg, yekutieli] = &adjusted;
        let at = |values: &[f64]| values.get(i).copied().filter(|_| candidate.p.is_some());
        Member {
            id: candidate.hypothesis.id.clone(),
            effect: None,
            interval: None,
            p: candidate.p,
            holm: at(holm),
            benjamini_hochberg: at(hochberg),
            benjamini_yekutieli: at(yekutieli),
            romano_wolf: None,
            westfall_young: None,
            mcs_p: None,
        }
    };
    Family {
        name: name.to_owned(),
        members: candidates.iter().enumerate().map(member).collect(),
        common_rows,
        forecast_rows: 0,
        same_sign: None,
        shift_band: Vec::new(),
        superior_ability_p: None,
        draws: resamples.draws(),
        undefined: None,
    }
}

fn common_sessions(candidates: &[Candidate<'_>]) -> BTreeSet<NaiveDate> {
    let mut sets = candidates.iter().map(|candidate| {
        let sessions = candidate.sample.sessions.iter().copied();
        sessions.collect::<BTreeSet<NaiveDate>>()
    });
    let first = sets.next().unwrap_or_default();
    sets.fold(first, |common, set| {
        common.intersection(&set).copied().collect()
    })
}

/// A candidate cut to the rows that all share, one a session: the last.
struct OnCommonRows<'a> {
    hypothesis: &'a Hypothesis,
    sample: Sample,
}

impl<'a> OnCommonRows<'a> {
    fn of(candidate: &Candidate<'a>, common: &BTreeSet<NaiveDate>) -> Self {
        let last = candidate.sample.one_a_session();
        let keeps = |i: usize| {
            last.sessions
                .get(i)
                .is_some_and(|session| common.contains(session))
        };
        Self {
            hypothesis: candidate.hypothesis,
            sample: last.filtered(keeps),
        }
    }
}

/// Effects on the common rows, and where they would lie if the signals told nothing.
fn curve(members: &[OnCommonRows<'_>], family: &mut Family) -> Result<(), Undefined> {
    let answers = ordered_map(members, |member| {
        let kind = member.hypothesis.outcome.kind;
        headline::level(kind, &member.sample, &member.hypothesis.controls)
    });
    for (row, answer) in family.members.iter_mut().zip(&answers) {
        let estimate = answer.as_ref().ok().map(|answer| &answer.estimate);
        row.effect = estimate.and_then(|estimate| estimate.value);
        row.interval = estimate.and_then(|estimate| estimate.interval);
    }
    let effects: Vec<f64> = family.members.iter().filter_map(|m| m.effect).collect();
    let centre = median(&effects)?;
    let alike = effects
        .iter()
        .filter(|effect| 0.0 < **effect * centre)
        .count();
    family.same_sign = Some(alike as f64 / effects.len() as f64);
    let widest = members.iter().map(|m| m.sample.overlap).max().unwrap_or(1);
    let nulls: Vec<Vec<f64>> = ordered_map(members, |member| shifted(member, embargo(widest)))
        .into_iter()
        .collect::<Result<_, _>>()?;
    family.shift_band = band(&nulls)?;
    for (i, row) in family.members.iter_mut().enumerate() {
        row.westfall_young = row.effect.and_then(|effect| exceeded(&nulls, i, effect));
    }
    Ok(())
}

/// Effects of the shifted signal, in the headline's unit.
fn shifted(member: &OnCommonRows<'_>, embargo: usize) -> Result<Vec<f64>, Undefined> {
    let sample = &member.sample;
    let effect = headline::effect(member.hypothesis.outcome.kind, &sample.outcome)?;
    let signal = standardised(&sample.signal)?;
    let controls = sample.columns(&member.hypothesis.controls);
    let found = shifted_coefficients(&sample.outcome, &signal, &controls, embargo)?;
    Ok(found
        .into_iter()
        .map(|coefficient| effect.of(coefficient))
        .collect())
}

/// 2.5 and 97.5 % of each rank over the shifts.
fn band(nulls: &[Vec<f64>]) -> Result<Vec<(f64, f64)>, Undefined> {
    let shifts = nulls.iter().map(Vec::len).min().unwrap_or(0);
    let sorted: Vec<Vec<f64>> = (0..shifts)
        .map(|k| {
            let mut at: Vec<f64> = nulls
                .iter()
                .filter_map(|null| null.get(k).copied())
                .collect();
            at.sort_by(f64::total_cmp);
            at
        })
        .collect();
    (0..nulls.len())
        .map(|rank| {
            let of_rank: Vec<f64> = sorted
                .iter()
                .filter_map(|at| at.get(rank).copied())
                .collect();
            Ok((quantile(&of_rank, 0.025)?, quantile(&of_rank, 0.975)?))
        })
        .collect()
}

/// How often the largest effect of a joint shift, each in its own deviations, exceeds this one.
fn exceeded(nulls: &[Vec<f64>], own: usize, effect: f64) -> Option<f64> {
    let deviation = |null: &Vec<f64>| {
        let squares: f64 = null.iter().map(|value| value * value).sum();
        (squares / null.len().max(1) as f64).sqrt()
    };
    let units: Vec<f64> = nulls.iter().map(deviation).collect();
    let bar = (effect / units.get(own)?).abs();
    let shifts = nulls.iter().map(Vec::len).min()?;
    let largest = |k: usize| {
        let scaled = nulls.iter().zip(&units);
        let sizes = scaled.filter_map(|(null, unit)| Some((null.get(k)? / unit).abs()));
        sizes.fold(0.0, f64::max)
    };
    let above = (0..shifts).filter(|k| bar <= largest(*k)).count();
    Some((1.0 + above as f64) / (1.0 + shifts as f64))
}

/// Losses out of sample against the controls alone.
fn losses(
    members: &[OnCommonRows<'_>],
    resamples: &Resamples,
    family: &mut Family,
) -> Result<(), Undefined> {
    let widest = members.iter().map(|m| m.sample.overlap).max().unwrap_or(1);
    let of_variance: Vec<usize> = members
        .iter()
        .enumerate()
        .filter(|(_, member)| {
            let kind = member.hypothesis.outcome.kind;
            matches!(kind, OutcomeKind::LogRealizedVariance { .. })
        })
        .map(|(i, _)| i)
        .collect();
    let chosen: Vec<&OnCommonRows<'_>> =
        of_variance.iter().filter_map(|i| members.get(*i)).collect();
    let pairs: Vec<(Vec<f64>, Vec<f64>)> = ordered_map(&chosen, |member| contest(member, widest))
        .into_iter()
        .collect::<Result<_, _>>()?;
    let rows = pairs.first().map_or(0, |(benchmark, _)| benchmark.len());
    family.forecast_rows = rows;
    let draws = resamples.of(rows)?;
    // Each member against its own benchmark: the gains are the differences, zero the common benchmark.
    let gains: Vec<Vec<f64>> = pairs
        .iter()
        .map(|(benchmark, with)| with.iter().zip(benchmark).map(|(w, b)| w - b).collect())
        .collect();
    let slices: Vec<&[f64]> = gains.iter().map(Vec::as_slice).collect();
    let block = Resamples::mean_block(rows);
    let differences = Differences::new(&vec![0.0; rows], &slices, &draws, block)?;
    let ability = differences.superior_ability(Scale::Studentised, Recentring::Consistent)?;
    family.superior_ability_p = Some(ability.p_value_plus_one);
    let adjusted = romano_wolf(&differences);
    for (i, p) in of_variance.iter().zip(adjusted) {
        if let Some(member) = family.members.get_mut(*i) {
            member.romano_wolf = Some(p);
        }
    }
    let set = confidence_set(&slices, &draws, Comparison::Max)?;
    for out in set.eliminations {
        let place = of_variance.get(out.model).copied();
        if let Some(member) = place.and_then(|i| family.members.get_mut(i)) {
            member.mcs_p = Some(out.p_value);
        }
    }
    Ok(())
}

/// QLIKE of the controls alone and of controls and signal, over the second half of the rows.
fn contest(member: &OnCommonRows<'_>, embargo: usize) -> Result<(Vec<f64>, Vec<f64>), Undefined> {
    let sample = &member.sample;
    let first = (sample.rows() / 2).max(MIN_ROWS / 2 + 2 * embargo);
    let origins = Origins {
        embargo,
        ..Origins::expanding(first, sample.overlap)
    };
    let controls = sample.columns(&member.hypothesis.controls);
    let with = [controls.clone(), vec![sample.signal.as_slice()]].concat();
    let actual = sample.variance.get(first..).unwrap_or_default();
    let loss = |columns: &[&[f64]]| {
        let found = forecasts(&sample.outcome, columns, origins)?;
        Loss::Qlike.each(actual, &found.variances())
    };
    Ok((loss(&controls)?, loss(&with)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{made_up, noise};

    fn family_of(effects: &[f64]) -> Family {
        let shocks = noise(1_200, 40);
        let signals: Vec<Vec<f64>> = (0..effects.len() as u64)
            .map(|i| noise(1_200, 50 + i))
            .collect();
        let mut outcome = shocks;
        for (signal, effect) in signals.iter().zip(effects) {
            outcome
                .iter_mut()
                .zip(signal)
                .for_each(|(y, g)| *y += effect * g);
        }
        let made: Vec<_> = signals
            .into_iter()
            .map(|g| made_up(g, outcome.clone()))
            .collect();
        let candidates: Vec<Candidate<'_>> = made
            .iter()
            .map(|(hypothesis, sample)| Candidate {
                hypothesis,
                sample: sample.clone(),
                p: headline::level(hypothesis.outcome.kind, sample, &[])
                    .ok()
                    .map(|a| a.p_ewc),
            })
            .collect();
        family("exploratory", &candidates, &Resamples::new(9, 999)).unwrap()
    }

    #[test]
    fn the_one_member_that_matters_is_found_by_every_method() {
        let found = family_of(&[0.0, 0.5, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(found.undefined, None);
        assert_eq!((found.common_rows, found.forecast_rows), (1_200, 600));
        let [true_one, others] = [&found.members[1], &found.members[2]];
        for p in [
            true_one.holm,
            true_one.benjamini_yekutieli,
            true_one.romano_wolf,
        ] {
            assert!(p.unwrap() < 0.01, "{true_one:?}");
        }
        assert!(true_one.westfall_young.unwrap() < 0.01);
        assert!(found.superior_ability_p.unwrap() < 0.01);
        assert!(
            0.1 < others.romano_wolf.unwrap() && 0.1 < others.holm.unwrap(),
            "{others:?}"
        );
        assert_eq!(
            (true_one.mcs_p, others.mcs_p.unwrap() < 0.05),
            (Some(1.0), true)
        );
        // The largest of six effects lies far above its band, the smallest inside.
        let effects: Vec<f64> = found.members.iter().filter_map(|m| m.effect).collect();
        let (low, high) = (effects.iter().copied().fold(1.0, f64::min), effects[1]);
        assert!(found.shift_band[5].1 < high, "{found:?}");
        assert!(
            found.shift_band[0].0 < low && low < found.shift_band[0].1,
            "{found:?}"
        );
    }

    #[test]
    fn without_any_effect_no_method_finds_one() {
        let found = family_of(&[0.0; 6]);
        assert!(0.05 < found.superior_ability_p.unwrap(), "{found:?}");
        assert!(
            found
                .members
                .iter()
                .all(|m| 0.05 < m.holm.unwrap() && 0.05 < m.romano_wolf.unwrap())
        );
    }

    #[test]
    fn one_hypothesis_is_no_family() {
        let (hypothesis, sample) = made_up(noise(300, 1), noise(300, 2));
        let alone = [Candidate {
            hypothesis: &hypothesis,
            sample,
            p: Some(0.5),
        }];
        assert!(family("primary", &alone, &Resamples::new(1, 499)).is_none());
    }
}
