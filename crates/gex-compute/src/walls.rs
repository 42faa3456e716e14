//! Strikes that stand out: call wall, put wall, max pain.

use crate::market::contract::Right;
use crate::strikes::StrikeGamma;

/// The call wall and the put wall, as strikes in quote currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Walls {
    /// Strike at or above spot with the most call gamma; `None` where no such strike has any.
    pub call: Option<f64>,
    /// Strike at or below spot with the most put gamma; `None` where no such strike has any.
    pub put: Option<f64>,
}

/// Finds the walls in a table by strike, ascending, that already adds all expiries up.
///
/// Gamma counts unsigned, so the walls do not depend on a positioning model. The side rule keeps a
/// wall from landing beyond spot; of equal strikes the one nearest to spot wins.
///
/// ```
/// use gex_compute::strikes::StrikeGamma;
/// use gex_compute::walls::walls;
///
/// let line = |strike, call, put| StrikeGamma { strike, call, put, net: call - put };
/// let table = [line(90.0, 9.0, 4.0), line(95.0, 0.0, 4.0), line(105.0, 3.0, 8.0)];
/// let found = walls(&table, 100.0);
/// assert_eq!((found.call, found.put), (Some(105.0), Some(95.0)));
/// ```
pub fn walls(table: &[StrikeGamma], spot: f64) -> Walls {
    let above = table.iter().filter(|line| spot <= line.strike);
    let below = table.iter().rev().filter(|line| line.strike <= spot);
    Walls {
        call: first_largest(above.map(|line| (line.strike, line.call))),
        put: first_largest(below.map(|line| (line.strike, line.put))),
    }
}

/// The strike of the largest gamma above zero; of equals the first.
fn first_largest(lines: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let mut best = (None, 0.0);
    for (strike, gamma) in lines {
        if best.1 < gamma {
            best = (Some(strike), gamma);
        }
    }
    best.0
}

/// Open contracts of one expiry, as max pain reads them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenContract {
    /// Strike, in quote currency.
    pub strike: f64,
    /// Call or put.
    pub right: Right,
    /// Open contracts times units of underlying per contract.
    pub units: f64,
}

/// Finds the strike at which the holders of one expiry are paid least, in quote currency.
///
/// ```text
/// max pain = argmin over strikes k of Σ units·max(k − K, 0) over calls + Σ units·max(K − k, 0) over puts
/// ```
///
/// Of equal strikes the lowest wins. `None` where nothing is open.
///
/// ```
/// use gex_compute::market::contract::Right;
/// use gex_compute::walls::{max_pain, OpenContract};
///
/// let open = |strike, right, units| OpenContract { strike, right, units };
/// let book = [
///     open(90.0, Right::Call, 10.0),
///     open(100.0, Right::Call, 10.0),
///     open(100.0, Right::Put, 30.0),
/// ];
/// // Paid at 90: 30·10; at 100: 10·10.
/// assert_eq!(max_pain(&book), Some(100.0));
/// ```
pub fn max_pain(open: &[OpenContract]) -> Option<f64> {
    let held: Vec<_> = open.iter().filter(|line| 0.0 < line.units).collect();
    let mut strikes: Vec<f64> = held.iter().map(|line| line.strike).collect();
    strikes.sort_unstable_by(f64::total_cmp);
    strikes.dedup();
    let paid = |level: f64| -> f64 { held.iter().map(|line| payout(line, level)).sum() };
    let mut best: Option<(f64, f64)> = None;
    for strike in strikes {
        let total = paid(strike);
        if best.is_none_or(|(_, least)| total < least) {
            best = Some((strike, total));
        }
    }
    best.map(|(strike, _)| strike)
}

fn payout(line: &OpenContract, level: f64) -> f64 {
    let gain = match line.right {
        Right::Call => level - line.strike,
        Right::Put => line.strike - level,
    };
    line.units * gain.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(strike: f64, call: f64, put: f64) -> StrikeGamma {
        StrikeGamma {
            strike,
            call,
            put,
            net: call - put,
        }
    }

    #[test]
    fn equal_walls_go_to_the_strike_nearest_to_spot() {
        let table = [
            line(80.0, 0.0, 5.0),
            line(90.0, 0.0, 5.0),
            line(110.0, 7.0, 0.0),
            line(120.0, 7.0, 0.0),
        ];
        let found = walls(&table, 100.0);
        assert_eq!((found.call, found.put), (Some(110.0), Some(90.0)));
    }

    #[test]
    fn a_strike_at_spot_may_be_both_walls() {
        let found = walls(&[line(100.0, 1.0, 1.0)], 100.0);
        assert_eq!((found.call, found.put), (Some(100.0), Some(100.0)));
    }

    #[test]
    fn no_gamma_on_a_side_is_no_wall() {
        let found = walls(&[line(90.0, 3.0, 0.0)], 100.0);
        assert_eq!((found.call, found.put), (None, None));
    }

    /// Any level between the strikes pays both the same here: the lowest strike is the answer.
    #[test]
    fn equal_pain_goes_to_the_lowest_strike() {
        let open = |strike, right| OpenContract {
            strike,
            right,
            units: 10.0,
        };
        let book = [open(110.0, Right::Put), open(90.0, Right::Call)];
        assert_eq!(max_pain(&book), Some(90.0));
        assert_eq!(max_pain(&[]), None);
    }
}
