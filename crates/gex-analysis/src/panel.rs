//! The panel: each decision beside what was known then and what came strictly after.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use gex_compute::market::Instant;
use gex_compute::market::bar::ControlSeries;

use crate::controls::{self, Past};
use crate::grid::Grid;
use crate::inputs::Inputs;
use crate::outcome::{Exclusion, WindowOutcome, measure};
use crate::regime::labels;
use crate::signal::{SignalValue, signal};
use crate::stats::Undefined;
use crate::study::{Control, Hypothesis, RegimeRule};

/// The panels of a study, in the order of its hypotheses.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// One a hypothesis.
    pub hypotheses: Vec<HypothesisPanel>,
}

/// The panel of one hypothesis.
#[derive(Debug, Clone, PartialEq)]
pub struct HypothesisPanel {
    /// Identifier of the hypothesis.
    pub id: String,
    /// Names of the control columns.
    pub control_names: Vec<String>,
    /// Names of the regimes.
    pub regimes: &'static [&'static str],
    /// One row a decision, in the order of time; none is left out.
    pub rows: Vec<PanelRow>,
}

/// One decision.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelRow {
    /// Instant of the quotes.
    pub ts: Instant,
    /// Instant at which every input was public.
    pub known_at: Instant,
    /// Session of the quotes.
    pub session: NaiveDate,
    /// The column's own value.
    pub raw: Option<f64>,
    /// The signal, in the unit of its scale.
    pub signal: Option<f64>,
    /// The signal of the session before.
    pub lagged: Option<f64>,
    /// Place of the regime among [`HypothesisPanel::regimes`].
    pub regime: Option<usize>,
    /// The controls, in the order of their names; empty where one is undefined.
    pub controls: Vec<f64>,
    /// What came after.
    pub outcome: Option<WindowOutcome>,
    /// Why the row has no place in the sample.
    pub excluded: Option<Exclusion>,
}

/// Joins signal, regime, controls and outcome of one hypothesis.
///
/// # Errors
///
/// When the signal can't be labelled.
pub fn panel(
    hypothesis: &Hypothesis,
    inputs: &Inputs<'_>,
    grid: &Grid,
) -> Result<HypothesisPanel, Undefined> {
    let signals = signal(&hypothesis.signal, inputs);
    let past = Past::new(grid, hypothesis.outcome.kind);
    let implied = controls::implied_series(inputs.controls);
    let decisive: Vec<Option<f64>> = signals
        .iter()
        .map(|value| decisive(hypothesis.regime.rule, value, &past))
        .collect();
    let regimes = labels(hypothesis.regime, &decisive)?;
    let rows = signals
        .iter()
        .zip(regimes)
        .map(|(value, regime)| {
            let known = known_controls(hypothesis, implied, &past, value.known_at);
            let outcome = measure(&past, implied, value.known_at, hypothesis.outcome);
            row(value, regime, known, outcome)
        })
        .collect();
    Ok(HypothesisPanel {
        id: hypothesis.id.clone(),
        control_names: hypothesis
            .controls
            .iter()
            .flat_map(|c| controls::names(*c))
            .collect(),
        regimes: hypothesis.regime.labels(),
        rows,
    })
}

/// What a rule sorts by: the scaled signal, or the distance from the flip in daily deviations.
fn decisive(rule: RegimeRule, value: &SignalValue, past: &Past<'_>) -> Option<f64> {
    match rule {
        RegimeRule::SpotVsFlip { buffer: 0.0 } => value.above_flip,
        RegimeRule::SpotVsFlip { .. } => {
            let session = past.grid().per_session;
            let deviation = past.deviation(value.known_at, session).ok()?;
            value.above_flip.map(|distance| distance / deviation)
        }
        _ => value.scaled.ok(),
    }
}

fn known_controls(
    hypothesis: &Hypothesis,
    implied: Option<&ControlSeries>,
    past: &Past<'_>,
    known_at: Instant,
) -> Result<Vec<f64>, Exclusion> {
    let mut values = Vec::new();
    for control in &hypothesis.controls {
        values.extend(past.values(*control, implied, known_at)?);
    }
    Ok(values)
}

fn row(
    value: &SignalValue,
    regime: Option<usize>,
    controls: Result<Vec<f64>, Exclusion>,
    outcome: Result<WindowOutcome, Exclusion>,
) -> PanelRow {
    let unlabelled = regime.is_none().then_some(Exclusion::NoRegime);
    let excluded = value
        .scaled
        .err()
        .or(outcome.err())
        .or(controls.as_ref().err().copied());
    PanelRow {
        ts: value.ts,
        known_at: value.known_at,
        session: value.session,
        raw: value.raw,
        signal: value.scaled.ok(),
        lagged: value.lagged,
        regime,
        controls: controls.unwrap_or_default(),
        outcome: outcome.ok(),
        excluded: excluded.or(unlabelled),
    }
}

impl HypothesisPanel {
    /// Counts the rows left out, by reason.
    pub fn excluded(&self) -> Vec<(String, usize)> {
        let mut counts = BTreeMap::new();
        for reason in self.rows.iter().filter_map(|row| row.excluded) {
            *counts.entry(reason).or_insert(0) += 1;
        }
        counts
            .into_iter()
            .map(|(reason, n)| (reason.words().to_owned(), n))
            .collect()
    }

    /// Collects the complete rows as columns.
    pub fn sample(&self, controls: &[Control]) -> Sample {
        let rows: Vec<(&PanelRow, f64, usize, WindowOutcome)> = self
            .rows
            .iter()
            .filter(|row| row.excluded.is_none())
            .filter_map(|row| Some((row, row.signal?, row.regime?, row.outcome?)))
            .collect();
        let column = |j| {
            rows.iter()
                .filter_map(|(row, ..)| row.controls.get(j).copied())
                .collect()
        };
        let kinds = controls
            .iter()
            .flat_map(|c| controls::names(*c).into_iter().map(|_| *c));
        Sample {
            regimes: self.regimes,
            sessions: rows.iter().map(|(row, ..)| row.session).collect(),
            signal: rows.iter().map(|(_, signal, ..)| *signal).collect(),
            lagged: rows.iter().map(|(row, ..)| row.lagged).collect(),
            labels: rows.iter().map(|(_, _, label, _)| *label).collect(),
            controls: kinds
                .enumerate()
                .map(|(j, kind)| (kind, column(j)))
                .collect(),
            outcome: rows.iter().map(|(.., outcome)| outcome.value).collect(),
            variance: rows.iter().map(|(.., outcome)| outcome.variance).collect(),
            log_return: rows
                .iter()
                .map(|(.., outcome)| outcome.log_return)
                .collect(),
            first_return: rows
                .iter()
                .map(|(.., outcome)| outcome.first_return)
                .collect(),
            overlap: overlap(
                &rows
                    .iter()
                    .map(|(.., outcome)| *outcome)
                    .collect::<Vec<_>>(),
            ),
        }
    }
}

/// The greatest number of rows whose windows share an instant: the horizon in rows.
fn overlap(outcomes: &[WindowOutcome]) -> usize {
    let open_by = |end: Instant| outcomes.partition_point(|outcome| outcome.start < end);
    let counts = outcomes
        .iter()
        .enumerate()
        .map(|(i, o)| open_by(o.end).saturating_sub(i));
    counts.max().unwrap_or(1).max(1)
}

/// The complete rows of a panel as columns of equal length, in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Names of the regimes.
    pub regimes: &'static [&'static str],
    /// Sessions of the quotes.
    pub sessions: Vec<NaiveDate>,
    /// The signal, in the unit of its scale.
    pub signal: Vec<f64>,
    /// The signal of the session before.
    pub lagged: Vec<Option<f64>>,
    /// Place of the regime among `regimes`.
    pub labels: Vec<usize>,
    /// Columns of controls and where each belongs.
    pub controls: Vec<(Control, Vec<f64>)>,
    /// The outcome.
    pub outcome: Vec<f64>,
    /// Mean variance per slot over the window.
    pub variance: Vec<f64>,
    /// Log return over the window.
    pub log_return: Vec<f64>,
    /// Log return over the window's first slot.
    pub first_return: Vec<f64>,
    /// The horizon in rows: the greatest number of windows that share an instant.
    pub overlap: usize,
}

impl Sample {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.outcome.len()
    }

    /// 1 in the regime at place `label`, else 0.
    pub fn indicator(&self, label: usize) -> Vec<f64> {
        self.labels
            .iter()
            .map(|l| f64::from(u8::from(*l == label)))
            .collect()
    }

    /// The columns of the controls of some kinds.
    pub fn columns(&self, kinds: &[Control]) -> Vec<&[f64]> {
        let chosen = self
            .controls
            .iter()
            .filter(|(kind, _)| kinds.contains(kind));
        chosen.map(|(_, column)| column.as_slice()).collect()
    }

    /// The rows for which `lagged` is known, with it in the place of the signal.
    #[must_use]
    pub fn one_session_older(&self) -> Self {
        let lagged = |i: usize| self.lagged.get(i).copied().flatten();
        let mut older = self.filtered(|i| lagged(i).is_some());
        older.signal = (0..self.rows()).filter_map(lagged).collect();
        older
    }

    /// The last row of each session.
    #[must_use]
    pub fn one_a_session(&self) -> Self {
        self.filtered(|i| self.sessions.get(i) != self.sessions.get(i + 1))
    }

    /// The rows whose place `keeps` accepts.
    #[must_use]
    pub fn filtered(&self, keeps: impl Fn(usize) -> bool) -> Self {
        let kept: Vec<usize> = (0..self.rows()).filter(|i| keeps(*i)).collect();
        let controls = self.controls.iter();
        Self {
            regimes: self.regimes,
            sessions: take(&self.sessions, &kept),
            signal: take(&self.signal, &kept),
            lagged: take(&self.lagged, &kept),
            labels: take(&self.labels, &kept),
            controls: controls
                .map(|(kind, column)| (*kind, take(column, &kept)))
                .collect(),
            outcome: take(&self.outcome, &kept),
            variance: take(&self.variance, &kept),
            log_return: take(&self.log_return, &kept),
            first_return: take(&self.first_return, &kept),
            overlap: self.overlap,
        }
    }
}

fn take<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter()
        .filter_map(|i| column.get(*i).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::at;

    #[test]
    fn overlap_is_the_number_of_windows_that_share_an_instant() {
        let window = |from, to| WindowOutcome {
            value: 0.0,
            variance: 1.0,
            log_return: 0.0,
            first_return: 0.0,
            start: at(from, 10),
            end: at(to, 16),
        };
        let apart: Vec<_> = (1..9).map(|day| window(day, day)).collect();
        assert_eq!(overlap(&apart), 1);
        let five: Vec<_> = (1..9).map(|day| window(day, day + 4)).collect();
        assert_eq!(overlap(&five), 5);
        assert_eq!(overlap(&[]), 1);
    }
}
