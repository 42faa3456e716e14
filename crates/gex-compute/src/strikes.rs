//! Gamma exposure added up by strike, over all expiries.

use crate::market::contract::Right;

/// Gamma exposure of one strike, in currency per 1 % move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StrikeGamma {
    /// Strike, in quote currency.
    pub strike: f64,
    /// Of the calls, each counted as held long.
    pub call: f64,
    /// Of the puts, each counted as held long.
    pub put: f64,
    /// Of both, with the weights of the positioning model.
    pub net: f64,
}

impl StrikeGamma {
    /// Calls and puts, each counted as held long.
    pub fn gross(&self) -> f64 {
        self.call + self.put
    }
}

/// Parallel columns of contracts, as the table by strike reads them.
#[derive(Debug, Clone, Copy)]
pub struct GammaColumns<'a> {
    /// Strike, in quote currency.
    pub strike: &'a [f64],
    /// Call or put.
    pub right: &'a [Right],
    /// Gamma exposure of the row held long, in currency per 1 % move.
    pub gamma: &'a [f64],
    /// Weight of the positioning model, in [-1, 1].
    pub weight: &'a [f64],
}

/// Adds gamma exposure up by strike, ascending; rows are added in their order.
///
/// ```
/// use gex_compute::market::contract::Right;
/// use gex_compute::strikes::{by_strike, GammaColumns};
///
/// let table = by_strike(GammaColumns {
///     strike: &[110.0, 90.0, 110.0],
///     right: &[Right::Call, Right::Put, Right::Put],
///     gamma: &[5.0, 2.0, 1.0],
///     weight: &[1.0, -1.0, -1.0],
/// });
/// assert_eq!((table[1].strike, table[1].call, table[1].put, table[1].net), (110.0, 5.0, 1.0, 4.0));
/// ```
pub fn by_strike(rows: GammaColumns<'_>) -> Vec<StrikeGamma> {
    let mut table = StrikeTable::default();
    let mut net = Vec::new();
    table.refill(rows.strike, rows.right, rows.gamma);
    for (i, &strike) in rows.strike.iter().enumerate() {
        let place = table.place(strike);
        net.resize(table.strikes.len(), 0.0);
        net[place] += rows.weight[i] * rows.gamma[i];
    }
    let lines = table.order.iter().map(|&place| StrikeGamma {
        net: net[place],
        ..table.line(place)
    });
    lines.collect()
}

/// Strikes at which the running sum of net gamma over ascending strikes changes sign.
///
/// ```text
/// C(K) = Σ_{k ≤ K} net(k)
/// ```
///
/// Each is the first strike whose sum has the other sign. This is not a flip: it adds up gamma at today's
/// spot by where contracts are struck and reprices nothing, depends on far strikes, and often has no
/// crossing where the repriced book has one.
///
/// ```
/// use gex_compute::strikes::{StrikeGamma, strike_cumulation_zeros};
///
/// let line = |strike, net| StrikeGamma { strike, call: 0.0, put: 0.0, net };
/// let lines = [line(90.0, -3.0), line(95.0, -1.0), line(100.0, 6.0)];
/// assert_eq!(strike_cumulation_zeros(&lines), [100.0]);
/// assert!(strike_cumulation_zeros(&lines[..2]).is_empty());
/// ```
pub fn strike_cumulation_zeros(lines: &[StrikeGamma]) -> Vec<f64> {
    let (mut sum, mut sign) = (0.0_f64, 0.0_f64);
    let mut zeros = Vec::new();
    for line in lines {
        sum += line.net;
        if sum == 0.0 {
            continue;
        }
        if sign * sum.signum() < 0.0 {
            zeros.push(line.strike);
        }
        sign = sum.signum();
    }
    zeros
}

/// A table by strike whose memory serves one snapshot after another.
///
/// Strikes come back at every expiry and in every snapshot: each is looked up by its bits, and stays
/// known.
#[derive(Debug, Clone, Default)]
pub(crate) struct StrikeTable {
    /// In the order in which they were first met.
    strikes: Vec<f64>,
    /// Gamma exposure of the calls and of the puts of each strike.
    sides: Vec<[f64; 2]>,
    /// Places in `strikes`, plus one, at the hash of the strike or in the next free slot.
    slots: Vec<u32>,
    /// Places in `strikes`, ascending by strike.
    order: Vec<usize>,
}

/// Slots of the smallest table.
const FEWEST_SLOTS: usize = 2_048;

impl StrikeTable {
    /// The lines with any gamma, ascending; net exposures are zero.
    pub(crate) fn lines_with_gamma(&self) -> Vec<StrikeGamma> {
        let lines = self.order.iter().map(|&place| self.line(place));
        lines.filter(|line| 0.0 < line.gross()).collect()
    }

    fn line(&self, place: usize) -> StrikeGamma {
        let [call, put] = self.sides[place];
        StrikeGamma {
            strike: self.strikes[place],
            call,
            put,
            net: 0.0,
        }
    }

    /// Adds the rows up anew, in their order.
    pub(crate) fn refill(&mut self, strike: &[f64], right: &[Right], gamma: &[f64]) {
        let in_use = self.sides.iter().filter(|s| s[0] + s[1] != 0.0).count();
        if self.slots.is_empty() || 2 * in_use < self.strikes.len() {
            self.forget();
        }
        self.sides.fill([0.0; 2]);
        for ((strike, right), gamma) in strike.iter().zip(right).zip(gamma) {
            let place = self.place(*strike);
            self.sides[place][usize::from(*right == Right::Put)] += gamma;
        }
        if self.order.len() < self.strikes.len() {
            self.order = (0..self.strikes.len()).collect();
            let strikes = &self.strikes;
            self.order
                .sort_by(|a, b| strikes[*a].total_cmp(&strikes[*b]));
        }
    }

    fn forget(&mut self) {
        self.strikes.clear();
        self.sides.clear();
        self.order.clear();
        self.slots.clear();
        self.slots.resize(FEWEST_SLOTS, 0);
    }

    /// Where a strike stands; a new one gets a place.
    fn place(&mut self, strike: f64) -> usize {
        let mut slot = slot_of(strike, self.slots.len());
        loop {
            let place = self.slots[slot] as usize;
            if place == 0 {
                return self.admit(strike, slot);
            }
            if self.strikes[place - 1].to_bits() == strike.to_bits() {
                return place - 1;
            }
            slot = (slot + 1) % self.slots.len();
        }
    }

    fn admit(&mut self, strike: f64, slot: usize) -> usize {
        self.strikes.push(strike);
        self.sides.push([0.0; 2]);
        let places = u32::try_from(self.strikes.len()).unwrap_or(u32::MAX);
        self.slots[slot] = places;
        if self.slots.len() < 4 * self.strikes.len() {
            self.widen();
        }
        self.strikes.len() - 1
    }

    /// Doubles the slots, so that most strikes keep one of their own.
    fn widen(&mut self) {
        let slots = 2 * self.slots.len();
        self.slots.clear();
        self.slots.resize(slots, 0);
        for (place, strike) in (1..).zip(&self.strikes) {
            let mut slot = slot_of(*strike, slots);
            while self.slots[slot] != 0 {
                slot = (slot + 1) % slots;
            }
            self.slots[slot] = place;
        }
    }
}

/// The slot of a strike among a power of two, by multiplication (Knuth, volume 3, 6.4).
fn slot_of(strike: f64, slots: usize) -> usize {
    const GOLDEN_RATIO: u64 = 0x9E37_79B9_7F4A_7C15;
    let hash = strike.to_bits().wrapping_mul(GOLDEN_RATIO);
    (hash >> 40) as usize % slots
}
