//! Leaks of the known kinds, to be planted: the audit must catch each by its name.

use gex_compute::market::bar::ControlSeries;
use serde::{Deserialize, Serialize};

use crate::controls::{Past, implied_series};
use crate::grid::Grid;
use crate::inputs::Inputs;
use crate::outcome::measure;
use crate::panel::{HypothesisPanel, PanelRow, panel};
use crate::stats::Undefined;
use crate::stats::hmm::GaussianHmm;
use crate::stats::moments::{mean, quantile, standard_deviation};
use crate::study::Hypothesis;

/// A way in which backtests look ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leak {
    /// A signal that needs a session's close, or what was published after it, is acted upon at that close.
    SameCloseExecution,
    /// The signal holds what was published a session later.
    OpenInterestDayEarly,
    /// Regimes are cut at quantiles of the whole sample.
    FullSampleQuantiles,
    /// States are smoothed with what came later.
    SmoothedStates,
    /// The outcome's window holds the bar from which the signal was made.
    WindowIncludesSignalBar,
}

impl Leak {
    /// Every leak.
    pub const ALL: [Self; 5] = [
        Self::SameCloseExecution,
        Self::OpenInterestDayEarly,
        Self::FullSampleQuantiles,
        Self::SmoothedStates,
        Self::WindowIncludesSignalBar,
    ];

    /// The name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::SameCloseExecution => "same-close-execution",
            Self::OpenInterestDayEarly => "open-interest-day-early",
            Self::FullSampleQuantiles => "full-sample-quantiles",
            Self::SmoothedStates => "smoothed-states",
            Self::WindowIncludesSignalBar => "window-includes-signal-bar",
        }
    }
}

/// What outcomes are measured against.
struct Before<'a> {
    past: Past<'a>,
    implied: Option<&'a ControlSeries>,
}

/// The panel of a pipeline with a leak in it.
pub(super) fn leaky_panel(
    leak: Leak,
    hypothesis: &Hypothesis,
    inputs: &Inputs<'_>,
    grid: &Grid,
) -> Result<HypothesisPanel, Undefined> {
    let mut panel = panel(hypothesis, inputs, grid)?;
    let before = Before {
        past: Past::new(grid, hypothesis.outcome.kind),
        implied: implied_series(inputs.controls),
    };
    match leak {
        Leak::SameCloseExecution => decide_at(&mut panel, hypothesis, &before, |row| {
            Some(inputs.calendar.session_on(row.session)?.close)
        }),
        Leak::WindowIncludesSignalBar => decide_at(&mut panel, hypothesis, &before, |row| {
            let open = inputs.calendar.session_on(row.session)?.open;
            let own = grid.first_opening_at(open);
            // The close before is the price from which the signal's own session is measured.
            Some(grid.slots.get(own.checked_sub(1)?)?.close)
        }),
        Leak::OpenInterestDayEarly => publish_early(&mut panel.rows),
        Leak::FullSampleQuantiles => label_by_quantiles(&mut panel)?,
        Leak::SmoothedStates => label_by_smoothing(&mut panel)?,
    }
    Ok(panel)
}

/// Measures outcomes from an earlier instant than the decision's; clocks in the panel stay.
fn decide_at(
    panel: &mut HypothesisPanel,
    hypothesis: &Hypothesis,
    before: &Before<'_>,
    at: impl Fn(&PanelRow) -> Option<gex_compute::market::Instant>,
) {
    for row in &mut panel.rows {
        if let Some(at) = at(row) {
            // A decision that was public by then is not made earlier.
            let at = at.min(row.known_at);
            row.outcome = measure(&before.past, before.implied, at, hypothesis.outcome).ok();
        }
    }
}

fn publish_early(rows: &mut [PanelRow]) {
    let later: Vec<(Option<f64>, Option<f64>)> = rows
        .iter()
        .skip(1)
        .map(|row| (row.raw, row.signal))
        .collect();
    for (row, (raw, signal)) in rows.iter_mut().zip(later) {
        (row.raw, row.signal) = (raw, signal);
    }
}

fn label_by_quantiles(panel: &mut HypothesisPanel) -> Result<(), Undefined> {
    let known: Vec<f64> = panel.rows.iter().filter_map(|row| row.signal).collect();
    let thresholds = [quantile(&known, 1.0 / 3.0)?, quantile(&known, 2.0 / 3.0)?];
    for row in &mut panel.rows {
        row.regime = row
            .signal
            .map(|signal| thresholds.iter().filter(|level| **level < signal).count());
    }
    Ok(())
}

/// Two states of opposite means, as likely to stay as a month is long.
fn label_by_smoothing(panel: &mut HypothesisPanel) -> Result<(), Undefined> {
    const STAYS: f64 = 0.95;
    let known: Vec<f64> = panel.rows.iter().filter_map(|row| row.signal).collect();
    let (centre, deviation) = (mean(&known)?, standard_deviation(&known)?);
    let stays = vec![vec![STAYS, 1.0 - STAYS], vec![1.0 - STAYS, STAYS]];
    let means = vec![centre - deviation, centre + deviation];
    let model = GaussianHmm::new(vec![0.5, 0.5], stays, means, vec![deviation * deviation; 2])?;
    let mut states = model.smoothed(&known)?.into_iter();
    for row in panel.rows.iter_mut().filter(|row| row.signal.is_some()) {
        row.regime = states.next().map(|state| usize::from(0.5 < state[1]));
    }
    Ok(())
}
