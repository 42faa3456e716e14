//! Inputs as they would have been at a cut, or with garbage after it.

use gex_compute::market::Instant;
use gex_compute::market::bar::{BarSeries, ControlSeries};
use gex_compute::series::{GexPoint, Measures};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

use crate::inputs::{Inputs, Signals, VendorPoint};
use crate::panel::HypothesisPanel;

/// What stands after a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Nothing: what was not public yet does not exist.
    Nothing,
    /// Garbage and nulls under the same clocks.
    Garbage,
}

/// Instants at which decisions were made, drawn from the later three quarters of a panel.
pub(super) fn cuts(panel: &HypothesisPanel, seed: u64, count: usize) -> Vec<Instant> {
    let rows = panel.rows.len();
    let from = rows / 4;
    if rows < from + 2 {
        return Vec::new();
    }
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    let mut found: Vec<Instant> = (0..count)
        .map(|_| panel.rows[generator.random_range(from..rows - 1)].known_at)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Signals, bars and controls with another future.
pub(super) struct Altered {
    chains: Vec<GexPoint>,
    vendor: Vec<VendorPoint>,
    bars: BarSeries,
    controls: Vec<ControlSeries>,
}

impl Altered {
    pub(super) fn new(inputs: &Inputs<'_>, cut: Instant, after: After) -> Self {
        let mut altered = Self {
            chains: Vec::new(),
            vendor: Vec::new(),
            bars: inputs.bars.clone(),
            controls: inputs.controls.to_vec(),
        };
        match inputs.signals {
            Signals::Chains(points) => altered.chains = points.to_vec(),
            Signals::Vendor { points, .. } => altered.vendor = points.to_vec(),
        }
        match after {
            After::Nothing => altered.end_at(cut),
            After::Garbage => altered.poison_after(cut),
        }
        altered
    }

    fn end_at(&mut self, cut: Instant) {
        self.chains.retain(|point| point.known_at <= cut);
        self.vendor.retain(|point| point.known_at <= cut);
        self.bars.bars.retain(|bar| bar.known_at <= cut);
        for control in &mut self.controls {
            control.points.retain(|point| point.known_at <= cut);
        }
    }

    /// Every third value is missing, the others are huge and of either sign.
    fn poison_after(&mut self, cut: Instant) {
        let garbage = |i: usize| match i % 3 {
            0 => None,
            1 => Some(1e15),
            _ => Some(-1e15),
        };
        let later = self.chains.iter_mut().filter(|point| cut < point.known_at);
        for (i, point) in later.enumerate() {
            point.measures = Measures {
                net_gex: garbage(i),
                gross_gex: garbage(i + 1),
                flip: garbage(i + 2),
                balance: garbage(i),
                net_dex: garbage(i + 1),
                net_vex: garbage(i + 2),
                net_chex: garbage(i),
                call_gex: garbage(i + 1),
                put_gex: garbage(i + 2),
                ..Measures::default()
            };
        }
        let later = self.vendor.iter_mut().filter(|point| cut < point.known_at);
        for (i, point) in later.enumerate() {
            point.value = garbage(i);
        }
        for (i, bar) in { self.bars.bars.iter_mut() }
            .filter(|bar| cut < bar.known_at)
            .enumerate()
        {
            let factor = if i % 2 == 0 { 1e3 } else { 1e-3 };
            bar.open *= factor;
            bar.close *= factor;
            bar.high *= 2.0 * factor;
            bar.low *= 0.5 * factor;
            bar.volume = None;
        }
        for control in &mut self.controls {
            let later = control
                .points
                .iter_mut()
                .filter(|point| cut < point.known_at);
            for (i, point) in later.enumerate() {
                point.value = garbage(i).unwrap_or(f64::NAN);
            }
        }
    }

    pub(super) fn inputs<'a>(&'a self, own: &Inputs<'a>) -> Inputs<'a> {
        let signals = match own.signals {
            Signals::Chains(_) => Signals::Chains(&self.chains),
            Signals::Vendor { rule, .. } => Signals::Vendor {
                points: &self.vendor,
                rule,
            },
        };
        Inputs {
            signals,
            bars: &self.bars,
            controls: &self.controls,
            ..own.clone()
        }
    }
}
