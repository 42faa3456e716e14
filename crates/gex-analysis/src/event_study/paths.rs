//! Paths around events against those of matched sessions.
//!
//! ```text
//! a_{e,j} = y_{e+j} − mean(y over the 60 sessions before the window)
//! difference = mean over pairs of mean_{1 ≤ j ≤ post} (a_{e,j} − a_{m(e),j})
//! ```
//!
//! Crossings follow falls of the price, so a path alone proves nothing: each event is compared with a session of like
//! past variance and return. Whole pairs are resampled; sessions within a window are not independent.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::matching::matched;
use super::rows::{SessionRow, estimator};
use super::{described, events};
use crate::controls::{LAGS, Past, implied_series, log_implied};
use crate::findings::{Estimate, EventFinding, PValue};
use crate::grid::Grid;
use crate::inference::{COVERAGE, undefined};
use crate::inputs::Inputs;
use crate::resamples::Resamples;
use crate::stats::Undefined;
use crate::stats::event::{EventPaths, EventWindow, keep_apart};
use crate::stats::moments::{mean, quantile, standard_deviation};
use crate::stats::oos::{Origins, forecasts};
use crate::study::{Control, ESTIMATION_SESSIONS, EventOutcome, EventSpec, OutcomeKind};

/// Events below which no p-value is given.
const MIN_EVENTS: usize = 8;
/// Rows before the first forecast of an abnormal variance.
const MIN_TRAINING: usize = 250;

/// Follows the outcome around the events.
pub(super) fn aftermath(
    spec: &EventSpec,
    rows: &[SessionRow],
    market: (&Inputs<'_>, &Grid),
    resamples: &Resamples,
) -> EventFinding {
    let candidates = events(spec.kind, rows);
    let mut found = EventFinding {
        id: spec.id.clone(),
        claim: spec.claim.clone(),
        event: described(spec.kind),
        positioning: spec.positioning.clone(),
        outcome: spec.outcome.words(),
        sessions: Vec::new(),
        candidates: candidates.len(),
        offsets: offsets(spec),
        path: Vec::new(),
        band: Vec::new(),
        placebo_path: Vec::new(),
        placebo_band: Vec::new(),
        difference: undefined("no event".to_owned(), 0, &spec.outcome.words()),
        abnormal_difference: None,
        undefined: None,
    };
    let kept = keep_apart(&candidates, spec.min_gap);
    if let Err(reason) = follow(spec, rows, &kept, resamples, &mut found) {
        found.undefined = Some(reason.to_string());
    }
    if let EventOutcome::LogVariance { .. } = spec.outcome {
        let abnormal = abnormal(spec, rows, market, &kept, resamples);
        found.abnormal_difference = abnormal.ok();
    }
    found
}

fn offsets(spec: &EventSpec) -> Vec<i64> {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    (-count(spec.pre)..=count(spec.post)).collect()
}

fn window(spec: &EventSpec) -> EventWindow {
    EventWindow {
        pre: spec.pre,
        post: spec.post,
        estimation: ESTIMATION_SESSIONS,
    }
}

fn follow(
    spec: &EventSpec,
    rows: &[SessionRow],
    events: &[usize],
    resamples: &Resamples,
    found: &mut EventFinding,
) -> Result<(), Undefined> {
    let outcome: Vec<Option<f64>> = rows.iter().map(|row| row.outcome).collect();
    let pairs = Pairs::cut(spec, rows, &outcome, events)?;
    let draws = pairs.draws(resamples);
    found.sessions = pairs
        .events
        .events
        .iter()
        .filter_map(|i| rows.get(*i))
        .map(|row| row.session.to_string())
        .collect();
    found.path = pairs.events.mean_path();
    found.band = pairs.events.band(&draws, COVERAGE)?;
    found.placebo_path = pairs.placebo.mean_path();
    found.placebo_band = pairs.placebo.band(&draws, COVERAGE)?;
    found.difference = pairs.difference(spec, &draws, &spec.outcome.words())?;
    Ok(())
}

/// The paths of events and of the sessions matched to them, one to one.
struct Pairs {
    events: EventPaths,
    placebo: EventPaths,
    seed: u64,
}

impl Pairs {
    fn cut(
        spec: &EventSpec,
        rows: &[SessionRow],
        outcome: &[Option<f64>],
        events: &[usize],
    ) -> Result<Self, Undefined> {
        let reach = spec.pre + ESTIMATION_SESSIONS;
        let whole = |i: usize| {
            let span = i.checked_sub(reach).map(|from| from..=i + spec.post);
            let inside = span.and_then(|span| outcome.get(span));
            inside.is_some_and(|values| values.iter().all(Option::is_some))
        };
        let usable: Vec<usize> = events.iter().copied().filter(|i| whole(*i)).collect();
        let pairs = matched(rows, &usable, spec.post + 1, &whole);
        // Rows outside every whole window are never read.
        let filled: Vec<f64> = outcome.iter().map(|value| value.unwrap_or(0.0)).collect();
        let (events, partners): (Vec<usize>, Vec<usize>) = pairs.into_iter().unzip();
        Ok(Self {
            seed: events.iter().fold(0, |seed, i| seed * 31 + *i as u64),
            events: based(spec, EventPaths::cut(&filled, &events, window(spec))?),
            placebo: based(spec, EventPaths::cut(&filled, &partners, window(spec))?),
        })
    }

    /// Resampled whole pairs.
    fn draws(&self, resamples: &Resamples) -> Vec<Vec<usize>> {
        let count = self.events.paths.len();
        let mut random = ChaCha8Rng::seed_from_u64(resamples.seed() ^ self.seed);
        let mut draw = || (0..count).map(|_| random.random_range(0..count)).collect();
        (0..resamples.draws()).map(|_| draw()).collect()
    }

    /// Mean after the event, events less partners.
    fn difference(
        &self,
        spec: &EventSpec,
        draws: &[Vec<usize>],
        unit: &str,
    ) -> Result<Estimate, Undefined> {
        let after = |path: &Vec<f64>| mean(path.get(spec.pre + 1..).unwrap_or_default());
        let gaps = { self.events.paths.iter().zip(&self.placebo.paths) }
            .map(|(event, placebo)| Ok(after(event)? - after(placebo)?))
            .collect::<Result<Vec<f64>, Undefined>>()?;
        let value = mean(&gaps)?;
        let drawn: Vec<f64> = draws
            .iter()
            .filter_map(|draw| {
                let chosen: Vec<f64> = draw.iter().filter_map(|i| gaps.get(*i).copied()).collect();
                mean(&chosen).ok()
            })
            .collect();
        let far = drawn
            .iter()
            .filter(|d| value.abs() <= (*d - value).abs())
            .count();
        let p = (1.0 + far as f64) / (1.0 + drawn.len() as f64);
        let enough = MIN_EVENTS <= gaps.len();
        Ok(Estimate {
            value: Some(value),
            unit: format!(
                "{unit}, mean of the {} sessions after, events less matched",
                spec.post
            ),
            std_error: standard_deviation(&drawn).ok(),
            interval: Some((quantile(&drawn, 0.025)?, quantile(&drawn, 0.975)?)),
            level: COVERAGE,
            method: format!(
                "matched on past variance and five-session return; {} draws of whole pairs",
                draws.len()
            ),
            n: gaps.len(),
            n_effective: Some(gaps.len() as f64),
            p_values: vec![PValue {
                method: if enough {
                    "bootstrap of whole pairs, centred".to_owned()
                } else {
                    format!("none: fewer than {MIN_EVENTS} events")
                },
                value: enough.then_some(p),
                valid: true,
            }],
            mde80: None,
            undefined: None,
        })
    }
}

/// A cumulative return starts at the close of the event's own session.
fn based(spec: &EventSpec, mut paths: EventPaths) -> EventPaths {
    if spec.outcome == EventOutcome::CumulativeReturn {
        for path in &mut paths.paths {
            let base = path.get(spec.pre).copied().unwrap_or_default();
            for value in path.iter_mut() {
                *value -= base;
            }
        }
    }
    paths
}

/// The difference of what a forecast from past variance, losses and implied variance did not foresee.
fn abnormal(
    spec: &EventSpec,
    rows: &[SessionRow],
    market: (&Inputs<'_>, &Grid),
    events: &[usize],
    resamples: &Resamples,
) -> Result<Estimate, Undefined> {
    let surprises = surprises(spec, rows, market)?;
    let pairs = Pairs::cut(spec, rows, &surprises, events)?;
    let unit = format!("{}, less its forecast", spec.outcome.words());
    pairs.difference(spec, &pairs.draws(resamples), &unit)
}

/// Each session's log variance less its forecast at the open, from rows before alone.
fn surprises(
    spec: &EventSpec,
    rows: &[SessionRow],
    (inputs, grid): (&Inputs<'_>, &Grid),
) -> Result<Vec<Option<f64>>, Undefined> {
    let kind = OutcomeKind::LogRealizedVariance {
        estimator: estimator(spec.outcome),
    };
    let past = Past::new(grid, kind);
    let implied = implied_series(inputs.controls);
    let known: Vec<(usize, f64, Vec<f64>)> = rows
        .iter()
        .enumerate()
        .filter_map(|(i, row)| {
            // Known a session earlier, at its close: the forecast of this row uses nothing of it.
            let at = rows.get(i.checked_sub(1)?)?.close_at;
            let mut values = past.values(Control::LogHar, None, at).ok()?;
            values.extend(past.values(Control::Leverage, None, at).ok()?);
            if let Some(series) = implied {
                values.push(log_implied(series, at, grid.per_year).ok()?);
            }
            Some((i, row.outcome?, values))
        })
        .collect();
    let outcome: Vec<f64> = known.iter().map(|(_, y, _)| *y).collect();
    let width = 2 * LAGS.len() + usize::from(implied.is_some());
    let columns: Vec<Vec<f64>> = (0..width)
        .map(|j| {
            known
                .iter()
                .filter_map(|(.., values)| values.get(j).copied())
                .collect()
        })
        .collect();
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let found = forecasts(&outcome, &slices, Origins::expanding(MIN_TRAINING, 1))?;
    let mut surprises = vec![None; rows.len()];
    let forecast = known.iter().skip(MIN_TRAINING).zip(&found.model);
    for ((i, y, _), forecast) in forecast {
        if let Some(place) = surprises.get_mut(*i) {
            *place = Some(y - forecast);
        }
    }
    Ok(surprises)
}
