//! Gamma exposure added up by strike, over all expiries.

use std::collections::BTreeMap;

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
    // Strikes are above zero, so their bit patterns sort as they do.
    let mut table: BTreeMap<u64, StrikeGamma> = BTreeMap::new();
    for (i, &strike) in rows.strike.iter().enumerate() {
        let line = table.entry(strike.to_bits()).or_insert(StrikeGamma {
            strike,
            call: 0.0,
            put: 0.0,
            net: 0.0,
        });
        match rows.right[i] {
            Right::Call => line.call += rows.gamma[i],
            Right::Put => line.put += rows.gamma[i],
        }
        line.net += rows.weight[i] * rows.gamma[i];
    }
    table.into_values().collect()
}
