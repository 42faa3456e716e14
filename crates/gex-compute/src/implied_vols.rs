//! Volatilities of a whole column of prices: the wide twin of [`crate::implied_vol::solve`].
//!
//! The same twin out of the money and the same Halley's steps on `ln b(σ√T) = ln β`, all rows at
//! once and always four of them: from a start to the left of the root they leave an error of 1e-11
//! at the most, that of rounding included. A row that has not arrived by then, or whose price is
//! near the largest possible, goes to the scalar solver.
//!
//! With the Mills ratio `m(z) = N(−z)/φ(z)`, `h = x/s` and `t = s/2`, price and slope are
//!
//! ```text
//! b(s) = φ(h)·e^(−t²/2)·(m(h − t) − m(h + t))      b'/b = 1/(m(h − t) − m(h + t))
//! ```

use crate::implied_vol::{self, Conditioning, DETERMINED_WITHIN, Quote, ROUNDINGS, Solved};
use crate::market::contract::Right;
use crate::pricing::DoubtfulVol;
use crate::wide::{self, Kernel};
use crate::wide_math::{at_least, at_most, exp, ln, mills};

const SQRT_TWO_PI: f64 = 2.506_628_274_631_000_7;
const LN_SQRT_TWO_PI: f64 = 0.918_938_533_204_672_8;
/// Halley's steps.
const STEPS: usize = 4;
/// A last step of more than this share of the root may have left an error that shows.
const ARRIVED: f64 = 1e-3;
/// The share of the largest price beyond which `ln b` bends too much for four steps.
const MOST: f64 = 0.9;

/// Prices of options of one expiry, per unit of underlying and carried to settlement.
#[derive(Debug, Clone, Copy)]
pub struct Quotes<'a> {
    /// Forward of the expiry, in quote currency per unit of underlying.
    pub forward: f64,
    /// Time left, in years of 365 days.
    pub years: f64,
    /// Call or put.
    pub right: &'a [Right],
    /// Strike, in quote currency.
    pub strike: &'a [f64],
    /// Price, undiscounted, in quote currency; NaN where there is none.
    pub price: &'a [f64],
    /// What happens to a volatility that its price hardly fixes.
    pub doubtful: DoubtfulVol,
}

/// Solves every quote; NaN where the price has no volatility, or hardly fixes it and such are left
/// out.
///
/// ```
/// use gex_compute::implied_vols::{Quotes, solve_all};
/// use gex_compute::market::contract::Right;
/// use gex_compute::pricing::DoubtfulVol;
///
/// // The at-the-money price of 0.2·√T with T = 1/4: F·(2N(0.05) − 1).
/// let quotes = Quotes {
///     forward: 100.0,
///     years: 0.25,
///     right: &[Right::Call, Right::Put],
///     strike: &[100.0, 100.0],
///     price: &[3.987_761_167_674_498, -1.0],
///     doubtful: DoubtfulVol::LeaveOut,
/// };
/// let mut vols = Vec::new();
/// solve_all(quotes, &mut vols);
/// assert!((vols[0] - 0.2).abs() < 1e-12 && vols[1].is_nan());
/// ```
pub fn solve_all(quotes: Quotes<'_>, vols: &mut Vec<f64>) {
    vols.clear();
    vols.resize(quotes.price.len(), 0.0);
    wide::run(Solve { quotes, vols });
    for (i, vol) in vols.iter_mut().enumerate() {
        if *vol < 0.0 {
            *vol = one_by_one(quotes, i);
        }
    }
}

fn one_by_one(quotes: Quotes<'_>, i: usize) -> f64 {
    let solved = implied_vol::solve(&Quote {
        right: quotes.right[i],
        forward: quotes.forward,
        strike: quotes.strike[i],
        years: quotes.years,
        discount: 1.0,
        price: quotes.price[i],
    });
    match solved {
        Ok(solved) if quotes.doubtful == DoubtfulVol::Keep || is_firm(&solved) => solved.vol.get(),
        _ => f64::NAN,
    }
}

fn is_firm(solved: &Solved) -> bool {
    solved.conditioning == Conditioning::WellConditioned
}

/// Writes a volatility, NaN for a price that has none, and −1 for one that it can't tell.
struct Solve<'a> {
    quotes: Quotes<'a>,
    vols: &'a mut [f64],
}

/// Rows that are solved together, in arrays that stay in the nearest cache.
const BLOCK: usize = 64;

impl Kernel for Solve<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for start in (0..self.vols.len()).step_by(BLOCK) {
            let twins = Twins::load(self.quotes, start);
            let roots = twins.roots();
            let vols = twins.vols(&roots, self.quotes);
            let rows = BLOCK.min(self.vols.len() - start);
            self.vols[start..start + rows].copy_from_slice(&vols[..rows]);
        }
    }
}

/// The options out of the money: `x = |ln(F/K)|` and prices over `√(F·K)`.
struct Twins {
    moneyness: [f64; BLOCK],
    price: [f64; BLOCK],
    /// Intrinsic value of the options themselves, over `√(F·K)`.
    intrinsic: [f64; BLOCK],
    /// NaN where there is no volatility, otherwise zero.
    refusal: [f64; BLOCK],
}

struct Roots {
    std: [f64; BLOCK],
    /// `b'/b` near the root.
    slope: [f64; BLOCK],
    /// Length of the last step.
    last: [f64; BLOCK],
}

impl Twins {
    /// The rows from `start` on; beyond the last one, a twin that is refused.
    #[inline(always)]
    fn load(quotes: Quotes<'_>, start: usize) -> Self {
        let forward = quotes.forward;
        let (mut strike, mut price) = ([forward; BLOCK], [f64::NAN; BLOCK]);
        let mut call = [1.0; BLOCK];
        let rows = BLOCK.min(quotes.price.len() - start);
        strike[..rows].copy_from_slice(&quotes.strike[start..start + rows]);
        price[..rows].copy_from_slice(&quotes.price[start..start + rows]);
        for (call, right) in call.iter_mut().zip(&quotes.right[start..start + rows]) {
            *call = if *right == Right::Call { 1.0 } else { 0.0 };
        }
        let mut twins = Self {
            moneyness: [0.0; BLOCK],
            price: [0.0; BLOCK],
            intrinsic: [0.0; BLOCK],
            refusal: [0.0; BLOCK],
        };
        for l in 0..BLOCK {
            let gain = forward - strike[l];
            let is_call = 0.5 < call[l];
            let intrinsic = at_least(if is_call { gain } else { -gain }, 0.0);
            let largest = if is_call { forward } else { strike[l] };
            let rounding = ROUNDINGS * f64::EPSILON * at_least(forward, strike[l]);
            let rounding = if 0.0 < intrinsic { rounding } else { 0.0 };
            let time_value = price[l] - intrinsic;
            let scale = 1.0 / (forward * strike[l]).sqrt();
            let enough = if rounding < time_value { 0.0 } else { f64::NAN };
            let not_too_much = if price[l] < largest { 0.0 } else { f64::NAN };
            twins.refusal[l] = enough + not_too_much;
            twins.moneyness[l] = ln(forward / strike[l]).abs();
            // A harmless price where there is none.
            twins.price[l] = if rounding < time_value {
                time_value * scale
            } else {
                0.1
            };
            twins.intrinsic[l] = intrinsic * scale;
        }
        twins
    }

    #[inline(always)]
    fn roots(&self) -> Roots {
        let mut roots = Roots {
            std: [0.0; BLOCK],
            slope: [0.0; BLOCK],
            last: [0.0; BLOCK],
        };
        let mut target = [0.0; BLOCK];
        for (l, target) in target.iter_mut().enumerate() {
            *target = ln(self.price[l]);
            // Both starts lie left of the root: b(s) is below s/√(2π) and below e^(−x²/(2s²)).
            let tail = self.moneyness[l] / at_least(-2.0 * *target, 1e-12).sqrt();
            roots.std[l] = at_least(SQRT_TWO_PI * self.price[l], tail);
        }
        for _ in 0..STEPS {
            for (l, target) in target.iter().enumerate() {
                let std = roots.std[l];
                let step = step(self.moneyness[l], std, *target);
                let next = at_most(at_least(std + step.halley, 0.5 * std), 2.0 * std);
                roots.last[l] = (next - std).abs();
                roots.std[l] = next;
                roots.slope[l] = step.slope;
            }
        }
        roots
    }

    #[inline(always)]
    fn vols(&self, roots: &Roots, quotes: Quotes<'_>) -> [f64; BLOCK] {
        let sqrt_years = quotes.years.sqrt();
        let doubtful = match quotes.doubtful {
            DoubtfulVol::LeaveOut => f64::NAN,
            DoubtfulVol::Keep => 0.0,
        };
        let mut vols = [0.0; BLOCK];
        for (l, into) in vols.iter_mut().enumerate() {
            let (std, price) = (roots.std[l], self.price[l]);
            // Out of the money the price alone rounds; in it forward and strike do too.
            let largest = exp(-0.5 * self.moneyness[l]);
            let rounded = if 0.0 < self.intrinsic[l] {
                1.0 / (largest * price)
            } else {
                1.0
            };
            let fixed = f64::EPSILON * rounded < DETERMINED_WITHIN * roots.slope[l] * std;
            let doubt = if fixed { 0.0 } else { doubtful };
            let vol = std / sqrt_years + doubt;
            let vol = if roots.last[l] <= ARRIVED * std {
                vol
            } else {
                -1.0
            };
            let vol = if price < MOST * largest { vol } else { -1.0 };
            *into = vol + self.refusal[l];
        }
        vols
    }
}

/// Halley's step from `std` for one twin.
#[inline(always)]
fn step(moneyness: f64, std: f64, target: f64) -> Step {
    let (h, t) = (moneyness / std, 0.5 * std);
    let near = h - t;
    let beyond = mills(near.abs());
    let whole = SQRT_TWO_PI * exp(0.5 * near * near) - beyond;
    let gap = (if near < 0.0 { whole } else { beyond }) - mills(h + t);
    let slope = 1.0 / gap;
    let price = ln(gap) - 0.5 * h.mul_add(h, t * t) - LN_SQRT_TWO_PI;
    let newton = (target - price) * gap;
    let bend = (h * h / std - 0.25 * std) - slope;
    let divisor = at_most(at_least((0.5 * newton).mul_add(bend, 1.0), 0.5), 2.0);
    Step {
        halley: newton / divisor,
        slope,
    }
}

struct Step {
    halley: f64,
    slope: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::black76::Terms;
    use crate::wide::Level;

    /// Prices of every moneyness and deviation that a chain holds, and far beyond: right, log strike
    /// and `σ√T`.
    fn grid() -> impl Iterator<Item = (Right, f64, f64)> {
        let strikes = [0.0, 1e-9, 1e-3, 0.01, 0.05, 0.2, 0.7, 2.0];
        let stds = [5e-4, 0.003, 0.011, 0.04, 0.13, 0.4, 0.9, 2.5];
        let signed = strikes.into_iter().flat_map(|x| [x, -x]);
        signed.flat_map(move |x| {
            let of = move |std| [(Right::Call, x, std), (Right::Put, x, std)];
            stds.into_iter().flat_map(of)
        })
    }

    /// Strikes, prices and rights at a forward of 4,000 and a quarter of a year.
    fn quoted() -> (Vec<f64>, Vec<f64>, Vec<Right>) {
        let (mut strikes, mut prices, mut rights) = (Vec::new(), Vec::new(), Vec::new());
        for (right, x, std) in grid() {
            let terms = Terms {
                right,
                forward: 4_000.0,
                strike: 4_000.0 * crate::math::exp(x),
                years: 0.25,
                rate: 0.0,
                vol: 2.0 * std,
            };
            let price = terms.price().unwrap();
            for price in [price, 1.003 * price, price - 1e-9, price + 1e-7, -price] {
                strikes.push(terms.strike);
                prices.push(price);
                rights.push(right);
            }
        }
        prices[7] = f64::NAN;
        prices[8] = f64::INFINITY;
        (strikes, prices, rights)
    }

    #[test]
    fn every_price_has_the_volatility_or_the_refusal_of_the_scalar_twin() {
        let (strike, price, right) = quoted();
        let quotes = Quotes {
            forward: 4_000.0,
            years: 0.25,
            right: &right,
            strike: &strike,
            price: &price,
            doubtful: DoubtfulVol::LeaveOut,
        };
        let mut vols = Vec::new();
        solve_all(quotes, &mut vols);
        let mut solved = 0;
        for (i, vol) in vols.into_iter().enumerate() {
            let twin = one_by_one(quotes, i);
            let terms = (right[i], strike[i], price[i]);
            assert_eq!(vol.is_nan(), twin.is_nan(), "{terms:?}: {vol} {twin}");
            if !twin.is_nan() {
                solved += 1;
                // As firm as the price fixes it in the money, to rounding out of it.
                assert!((vol / twin - 1.0).abs() < 4e-9, "{terms:?}: {vol} {twin}");
                let in_the_money = (strike[i] < 4_000.0) == (right[i] == Right::Call);
                let far = in_the_money || (strike[i] / 4_000.0 - 1.0).abs() < 1e-6;
                let gap = (vol / twin - 1.0).abs();
                assert!(far || gap < 2e-11, "{terms:?}: {vol} {twin}");
            }
        }
        assert!(300 < solved, "{solved}");
    }

    #[test]
    fn every_width_of_registers_gives_the_same_bits() {
        let (strike, price, right) = quoted();
        let quotes = Quotes {
            forward: 4_000.0,
            years: 0.25,
            right: &right,
            strike: &strike,
            price: &price,
            doubtful: DoubtfulVol::LeaveOut,
        };
        let bits = |level: Level| {
            let mut vols = vec![0.0; price.len()];
            level.run(Solve {
                quotes,
                vols: &mut vols,
            });
            vols.into_iter().map(f64::to_bits).collect::<Vec<_>>()
        };
        let levels = Level::all();
        assert!(levels.iter().all(|level| bits(*level) == bits(levels[0])));
    }
}
