//! Gamma exposure added up by strike, over all expiries.

use std::ops::Range;

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
    fn empty(strike: f64) -> Self {
        Self {
            strike,
            call: 0.0,
            put: 0.0,
            net: 0.0,
        }
    }

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
    table.refill(rows);
    table.lines
}

/// A table by strike whose memory serves one snapshot after another.
#[derive(Debug, Clone, Default)]
pub(crate) struct StrikeTable {
    lines: Vec<StrikeGamma>,
    spare: Vec<StrikeGamma>,
}

impl StrikeTable {
    pub(crate) fn clear(&mut self) {
        self.lines.clear();
    }

    pub(crate) fn lines(&self) -> &[StrikeGamma] {
        &self.lines
    }

    /// Adds the rows up anew.
    ///
    /// Within an expiry strikes ascend, and most of them stand in the table already: one walk along
    /// it places them all.
    pub(crate) fn refill(&mut self, rows: GammaColumns<'_>) {
        self.lines.clear();
        let mut start = 0;
        for run in rows.strike.chunk_by(|a, b| a <= b) {
            self.add_run(rows, start..start + run.len());
            start += run.len();
        }
    }

    fn add_run(&mut self, rows: GammaColumns<'_>, run: Range<usize>) {
        let mut place = 0;
        for i in run.clone() {
            let strike = rows.strike[i];
            while self
                .lines
                .get(place)
                .is_some_and(|line| line.strike < strike)
            {
                place += 1;
            }
            if self
                .lines
                .get(place)
                .is_none_or(|line| strike < line.strike)
            {
                self.make_room(&rows.strike[i..run.end], place);
            }
            let line = &mut self.lines[place];
            match rows.right[i] {
                Right::Call => line.call += rows.gamma[i],
                Right::Put => line.put += rows.gamma[i],
            }
            line.net += rows.weight[i] * rows.gamma[i];
        }
    }

    /// Merges ascending strikes into the table from `place` on.
    fn make_room(&mut self, strikes: &[f64], place: usize) {
        self.spare.clear();
        self.spare.extend_from_slice(&self.lines[place..]);
        self.lines.truncate(place);
        let mut old = self.spare.iter().peekable();
        for &strike in strikes {
            while let Some(line) = old.next_if(|line| line.strike <= strike) {
                self.lines.push(*line);
            }
            if self.lines[place..]
                .last()
                .is_none_or(|line| line.strike < strike)
            {
                self.lines.push(StrikeGamma::empty(strike));
            }
        }
        self.lines.extend(old);
    }
}
