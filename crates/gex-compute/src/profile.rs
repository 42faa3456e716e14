//! The book's gamma exposure as a function of spot, by repricing.

use crate::book::Book;
use crate::exposure::pct_scale;
use crate::math;

/// Rows that are advanced together; sums over them have a fixed order.
const LANES: usize = 8;
/// Grid points between two exact evaluations of the recurrence.
const BLOCK: usize = 16;
/// Largest shift of d₁ over one block for which the recurrence keeps its precision.
const MAX_SHIFT: f64 = 4.0;
/// exp(−d²/2) is nothing beside any other row's beyond this |d₁|.
const NEGLIGIBLE_D1: f64 = 40.0;

/// The gamma exposure of every row of a book at any spot, with each strike's volatility held.
///
/// ```text
/// GEX_i(x) = (x/S) · A_i · exp(−d₁²/2)
/// d₁(x)    = [ln(F·x/(S·K)) + σ²T/2] / (σ√T)
/// A_i      = pct_scale(OI·M, F, D) / (F·σ·√T·√(2π))
/// ```
///
/// Each expiry's forward moves in proportion to spot, `F·x/S` (sticky strike). The exposure at
/// spot, on a grid and in the search for the flip is this one expression, so that the sign of the
/// net exposure and the side of the flip on which spot lies cannot disagree.
#[derive(Debug, Clone)]
pub struct GammaCurve {
    spot: f64,
    /// 1/(σ√T).
    inverse_std: Vec<f64>,
    /// d₁ at today's spot.
    d1: Vec<f64>,
    /// `A_i`, in currency per 1 %.
    amplitude: Vec<f64>,
}

/// Spots at equal steps of their logarithm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogGrid {
    /// ln(first spot / today's spot).
    pub start: f64,
    /// Step of the logarithm.
    pub step: f64,
    /// Number of spots.
    pub points: usize,
}

impl LogGrid {
    /// Spaces `points` spots, two at the least, from `low` to `high`, both as shares of today's spot.
    pub fn between(low: f64, high: f64, points: usize) -> Self {
        let points = points.max(2);
        let (start, end) = (math::ln(low), math::ln(high));
        Self {
            start,
            step: (end - start) / (points - 1) as f64,
            points,
        }
    }

    /// ln(spot / today's spot) at point `j`.
    pub fn ln_move(&self, j: usize) -> f64 {
        self.start + self.step * j as f64
    }

    /// The spots, as shares of today's spot.
    pub fn moves(&self) -> Vec<f64> {
        (0..self.points)
            .map(|j| math::exp(self.ln_move(j)))
            .collect()
    }
}

impl GammaCurve {
    /// Prepares the curve of a book.
    pub fn new(book: &Book) -> Self {
        let columns = book.columns();
        let mut curve = Self {
            spot: book.spot.get(),
            inverse_std: Vec::with_capacity(book.len()),
            d1: Vec::with_capacity(book.len()),
            amplitude: Vec::with_capacity(book.len()),
        };
        for expiry in book.expiries() {
            let ln_forward = math::ln(expiry.forward);
            for i in expiry.rows.clone() {
                let std = columns.vol[i] * expiry.sqrt_tau;
                let scale = pct_scale(columns.units[i], expiry.terms(columns.payoff[i]));
                curve.inverse_std.push(1.0 / std);
                curve
                    .d1
                    .push((ln_forward - columns.ln_strike[i]) / std + 0.5 * std);
                curve
                    .amplitude
                    .push(scale * math::norm_pdf(0.0) / (expiry.forward * std));
            }
        }
        curve
    }

    /// Gamma exposure of each row held long at today's spot, in currency per 1 % move.
    pub fn rows_at_spot(&self) -> Vec<f64> {
        (0..self.d1.len()).map(|i| self.row(i, 0.0)).collect()
    }

    /// Signed exposure at `level` of spot, in currency per 1 % move, added in row order.
    pub fn net(&self, weights: &[f64], level: f64) -> f64 {
        let ln_move = math::ln(level / self.spot);
        let rows = weights.iter().enumerate();
        level / self.spot * rows.map(|(i, w)| w * self.row(i, ln_move)).sum::<f64>()
    }

    /// The sign of [`Self::net`], times a positive factor that keeps it from underflow.
    ///
    /// Far from every strike with little time left each row's exposure is less than the least
    /// double, yet the book still has a sign: that of its rows over the largest of them.
    pub(crate) fn net_over_largest(&self, weights: &[f64], level: f64) -> f64 {
        let ln_move = math::ln(level / self.spot);
        let held = || (0..weights.len()).filter(|&i| weights[i] != 0.0);
        let exponent = |i: usize| {
            let d1 = self.d1_at(i, ln_move);
            0.5 * d1 * d1
        };
        let least = held().map(exponent).fold(f64::INFINITY, f64::min);
        held()
            .map(|i| weights[i] * self.amplitude[i] * math::exp(least - exponent(i)))
            .sum()
    }

    /// Exposure of row `i` after a move of spot, over the share of today's spot that is left.
    fn row(&self, i: usize, ln_move: f64) -> f64 {
        let d1 = self.d1_at(i, ln_move);
        self.amplitude[i] * math::exp(-0.5 * d1 * d1)
    }

    fn d1_at(&self, i: usize, ln_move: f64) -> f64 {
        self.d1[i] + self.inverse_std[i] * ln_move
    }

    /// Signed exposure of several models over a grid, one vector a model, in currency per 1 % move.
    ///
    /// Agrees with [`Self::net`] to 1e-11 of the gross exposure at the point. On equal steps of
    /// ln x the exponential of a parabola advances by two multiplications:
    ///
    /// ```text
    /// e(j+1) = e(j)·r(j)      r(j+1) = r(j)·exp(−δ²)      δ = step/(σ√T)
    /// ```
    pub fn nets_on(&self, models: &[Vec<f64>], grid: &LogGrid) -> Vec<Vec<f64>> {
        let mut sums = vec![vec![[0.0; LANES]; grid.points]; models.len()];
        for start in (0..self.d1.len()).step_by(LANES) {
            let lanes = Lanes::load(self, start);
            for first in (0..grid.points).step_by(BLOCK) {
                let Some(tile) = lanes.tile(grid, first) else {
                    continue;
                };
                for (sums, model) in sums.iter_mut().zip(models) {
                    add_tile(&mut sums[first..], &tile, &load(model, start));
                }
            }
        }
        let moves = grid.moves();
        let total = |(sums, share): (&[f64; LANES], &f64)| share * sums.iter().sum::<f64>();
        let nets = sums
            .iter()
            .map(|sums| sums.iter().zip(&moves).map(total).collect());
        nets.collect()
    }
}

/// The rows `start..start + LANES`, with nothing where the book ends.
struct Lanes {
    inverse_std: [f64; LANES],
    d1: [f64; LANES],
    amplitude: [f64; LANES],
}

type Tile = [[f64; LANES]; BLOCK];

impl Lanes {
    fn load(curve: &GammaCurve, start: usize) -> Self {
        Self {
            inverse_std: load(&curve.inverse_std, start),
            d1: load(&curve.d1, start),
            amplitude: load(&curve.amplitude, start),
        }
    }

    /// Exposures of the rows at `BLOCK` points; `None` where all of them are negligible.
    fn tile(&self, grid: &LogGrid, first: usize) -> Option<Tile> {
        let d1 = self.d1_at(grid.ln_move(first));
        let shift = self.inverse_std.map(|inverse_std| inverse_std * grid.step);
        let widest = shift.iter().copied().fold(0.0, f64::max) * BLOCK as f64;
        if d1.iter().all(|d| NEGLIGIBLE_D1 + widest < d.abs()) {
            return None;
        }
        Some(if widest <= MAX_SHIFT {
            self.advance(&d1, &shift)
        } else {
            self.evaluate(grid, first)
        })
    }

    fn d1_at(&self, ln_move: f64) -> [f64; LANES] {
        std::array::from_fn(|l| self.d1[l] + self.inverse_std[l] * ln_move)
    }

    fn exposure_at(&self, d1: &[f64; LANES]) -> [f64; LANES] {
        std::array::from_fn(|l| self.amplitude[l] * math::exp(-0.5 * d1[l] * d1[l]))
    }

    fn advance(&self, d1: &[f64; LANES], shift: &[f64; LANES]) -> Tile {
        let mut value = self.exposure_at(d1);
        // Where the exponent is that large, `value` is zero and stays so over the block.
        let mut ratio: [f64; LANES] =
            std::array::from_fn(|l| math::exp((-shift[l] * (d1[l] + 0.5 * shift[l])).min(700.0)));
        let fall = shift.map(|s| math::exp(-s * s));
        std::array::from_fn(|_| {
            let now = value;
            for l in 0..LANES {
                value[l] *= ratio[l];
                ratio[l] *= fall[l];
            }
            now
        })
    }

    fn evaluate(&self, grid: &LogGrid, first: usize) -> Tile {
        std::array::from_fn(|j| self.exposure_at(&self.d1_at(grid.ln_move(first + j))))
    }
}

fn load(column: &[f64], start: usize) -> [f64; LANES] {
    std::array::from_fn(|l| column.get(start + l).copied().unwrap_or(0.0))
}

/// Adds a tile to the first points of `sums`, each lane to its own.
fn add_tile(sums: &mut [[f64; LANES]], tile: &Tile, weights: &[f64; LANES]) {
    for (sum, lanes) in sums.iter_mut().zip(tile) {
        for l in 0..LANES {
            sum[l] += weights[l] * lanes[l];
        }
    }
}
