//! Which strikes are listed: a lattice that is finer near expiry and near the money.

use std::ops::RangeInclusive;

/// Lattice steps as shares of spot, by sessions left: the nearer the expiry, the finer.
const STEPS: [(usize, f64); 4] = [(10, 0.006), (45, 0.012), (90, 0.02), (usize::MAX, 0.03)];

/// Every strike that can be listed, as multiples of one quantum.
///
/// Strikes are keyed by their index, so that no two of them differ by a rounding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lattice {
    quantum: f64,
    each_side: u32,
    /// Distance of strikes over that of [`STEPS`].
    spacing: f64,
}

/// The strikes that must stand listed for one expiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    step: u32,
    multiples: RangeInclusive<u32>,
}

impl Lattice {
    /// A lattice whose quantum is 1, 2 or 5 times a power of ten and near a 600th of `spot`.
    pub(crate) fn new(spot: f64, each_side: u32, spacing: f64) -> Self {
        let target = spot / 600.0;
        let mut quantum = 0.01;
        // A ladder without logarithms: exact decimals, and at most thirty rungs for any legal spot.
        let mut rung = 0;
        while quantum * next_factor(rung) <= target {
            quantum *= next_factor(rung);
            rung += 1;
        }
        Self {
            quantum: (quantum * 100.0).round() / 100.0,
            each_side,
            spacing,
        }
    }

    /// The strike at `index`, in USD.
    pub(crate) fn strike(self, index: u32) -> f64 {
        // The quantum is whole hundredths, so the strike is the nearest double to its decimals.
        (f64::from(index) * self.quantum * 100.0).round() / 100.0
    }

    /// The strikes around `spot` of an expiry with so many sessions left.
    pub(crate) fn window(self, spot: f64, sessions_left: usize) -> Window {
        let share = STEPS
            .iter()
            .find(|(sessions, _)| sessions_left <= *sessions)
            .map_or(0.03, |(_, share)| *share);
        let wanted = share * self.spacing * spot / self.quantum;
        let step = round_steps()
            .find(|step| wanted <= f64::from(*step))
            .unwrap_or(u32::MAX);
        let middle = nearest(spot / self.quantum / f64::from(step));
        let lowest = middle.saturating_sub(self.each_side).max(1);
        Window {
            step,
            multiples: lowest..=middle.saturating_add(self.each_side),
        }
    }
}

impl Window {
    /// Indices of the strikes, ascending.
    pub(crate) fn strikes(&self) -> impl Iterator<Item = u32> {
        self.multiples
            .clone()
            .filter_map(|m| m.checked_mul(self.step))
    }

    /// Whether the strike at `index` is one of them.
    pub(crate) fn contains(&self, index: u32) -> bool {
        index.is_multiple_of(self.step) && self.multiples.contains(&(index / self.step))
    }
}

/// How much more demand a round strike draws than its neighbours.
pub(crate) fn roundness(index: u32) -> f64 {
    match index {
        i if i.is_multiple_of(100) => 4.0,
        i if i.is_multiple_of(20) => 2.0,
        i if i.is_multiple_of(10) => 1.4,
        _ => 1.0,
    }
}

/// 1, 2, 5, 10, 20, 50, …
fn round_steps() -> impl Iterator<Item = u32> {
    (0..9).flat_map(|power| [1, 2, 5].map(|lead: u32| lead * 10_u32.pow(power)))
}

/// The factor from one rung of 1, 2, 5, 10, … to the next.
fn next_factor(rung: u32) -> f64 {
    if rung % 3 == 1 { 2.5 } else { 2.0 }
}

/// The nearest whole number that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates at both ends and takes NaN for zero"
)]
fn nearest(x: f64) -> u32 {
    x.round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::float_cmp,
        reason = "strikes are the nearest doubles to their decimals"
    )]
    fn strikes_are_round_decimals() {
        assert_eq!(Lattice::new(3_000.0, 7, 1.0).quantum, 5.0);
        assert_eq!(Lattice::new(100.0, 7, 1.0).quantum, 0.1);
        assert_eq!(Lattice::new(100.0, 7, 1.0).strike(1_003), 100.3);
        assert_eq!(Lattice::new(30.0, 7, 1.0).quantum, 0.05);
    }

    #[test]
    fn a_window_surrounds_spot_and_knows_its_members() {
        let window = Lattice::new(3_000.0, 2, 1.0).window(3_010.0, 5);
        let strikes: Vec<u32> = window.strikes().collect();
        // Wanted 18 points, so steps of 25, which are five quanta.
        assert_eq!(strikes, [590, 595, 600, 605, 610]);
        assert!(window.contains(605) && !window.contains(606) && !window.contains(615));
    }
}
