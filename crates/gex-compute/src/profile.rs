//! The book's gamma exposure as a function of spot, by repricing.

use std::ops::Range;

use crate::book::Book;
use crate::exposure::pct_scale;
use crate::grid_sum::Profile;
use crate::math;
use crate::wide::{self, Kernel, LANES, load, total};
use crate::wide_math::exp;

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
#[derive(Debug, Clone, Default)]
pub struct GammaCurve {
    spot: f64,
    /// 1/(σ√T).
    pub(crate) inverse_std: Vec<f64>,
    /// d₁ at today's spot.
    pub(crate) d1: Vec<f64>,
    /// `A_i`, in currency per 1 %.
    pub(crate) amplitude: Vec<f64>,
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

/// Signed exposure at one spot and what belongs to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Signed exposure, in currency per 1 % move.
    pub net: f64,
    /// The rows' exposures without their signs, in currency per 1 % move.
    pub size: f64,
    /// Derivative of `net`: currency per 1 % move, per point of spot.
    pub slope: f64,
}

impl GammaCurve {
    /// Prepares the curve of a book.
    pub fn new(book: &Book) -> Self {
        let mut curve = Self::default();
        curve.refill(book);
        curve
    }

    /// Prepares the curve of another book in the same memory.
    pub fn refill(&mut self, book: &Book) {
        self.spot = book.spot.get();
        for column in [&mut self.inverse_std, &mut self.d1, &mut self.amplitude] {
            column.clear();
            column.resize(book.len(), 0.0);
        }
        let columns = book.columns();
        for expiry in book.expiries() {
            let ln_forward = math::ln(expiry.forward);
            let mut start = expiry.rows.start;
            // One run an expiry but where linear and inverse contracts settle together.
            for run in columns.payoff[expiry.rows.clone()].chunk_by(|a, b| a == b) {
                let rows = start..start + run.len();
                start = rows.end;
                let scale = pct_scale(1.0, expiry.terms(run[0]));
                wide::run(Prepare {
                    ln_forward,
                    sqrt_tau: expiry.sqrt_tau,
                    scale: scale * math::norm_pdf(0.0) / expiry.forward,
                    ln_strike: &columns.ln_strike[rows.clone()],
                    vol: &columns.vol[rows.clone()],
                    units: &columns.units[rows.clone()],
                    inverse_std: &mut self.inverse_std[rows.clone()],
                    d1: &mut self.d1[rows.clone()],
                    amplitude: &mut self.amplitude[rows],
                });
            }
        }
    }

    /// Today's spot.
    pub fn spot(&self) -> f64 {
        self.spot
    }

    /// Gamma exposure of each row held long at today's spot, in currency per 1 % move.
    pub fn rows_at_spot(&self) -> Vec<f64> {
        let mut rows = Vec::new();
        self.fill_rows_at_spot(&mut rows);
        rows
    }

    /// As [`Self::rows_at_spot`], into memory that stands.
    pub(crate) fn fill_rows_at_spot(&self, rows: &mut Vec<f64>) {
        rows.clear();
        rows.resize(self.d1.len(), 0.0);
        wide::run(AtSpot {
            d1: &self.d1,
            amplitude: &self.amplitude,
            rows,
        });
    }

    /// Signed exposure at `level` of spot, in currency per 1 % move.
    pub fn net(&self, weights: &[f64], level: f64) -> f64 {
        self.point(weights, level).net
    }

    /// Signed exposure, its size and its slope at `level` of spot.
    ///
    /// ```text
    /// ∂GEX_i/∂x = A_i/S · exp(−d₁²/2) · (1 − d₁/(σ√T))
    /// ```
    pub fn point(&self, weights: &[f64], level: f64) -> CurvePoint {
        let sums = self.sums(0..weights.len(), weights, math::ln(level / self.spot));
        CurvePoint {
            net: level / self.spot * sums.net,
            size: level / self.spot * sums.size,
            slope: sums.slope / self.spot,
        }
    }

    /// Sums over some rows after a move of spot, over the share of today's spot that is left.
    pub(crate) fn sums(&self, rows: Range<usize>, weights: &[f64], ln_move: f64) -> Sums {
        wide::run(SumAt {
            ln_move,
            inverse_std: &self.inverse_std[rows.clone()],
            d1: &self.d1[rows.clone()],
            amplitude: &self.amplitude[rows.clone()],
            weights: &weights[rows],
        })
    }

    /// A number of the sign of [`Self::net`] that does not underflow.
    pub(crate) fn sign(&self, weights: &[f64], level: f64) -> f64 {
        /// Above it no row that matters was taken for zero.
        const SAFE: f64 = 1e-270;
        let point = self.point(weights, level);
        if SAFE < point.size {
            point.net
        } else {
            self.net_over_largest(weights, level)
        }
    }

    /// The sign of [`Self::net`], times a positive factor that keeps it from underflow.
    ///
    /// Far from every strike with little time left each row's exposure is less than the least
    /// double, yet the book still has a sign: that of its rows over the largest of them.
    fn net_over_largest(&self, weights: &[f64], level: f64) -> f64 {
        let ln_move = math::ln(level / self.spot);
        let held = || (0..weights.len()).filter(|&i| weights[i] != 0.0);
        let exponent = |i: usize| {
            let d1 = self.d1[i] + self.inverse_std[i] * ln_move;
            0.5 * d1 * d1
        };
        let least = held().map(exponent).fold(f64::INFINITY, f64::min);
        held()
            .map(|i| weights[i] * self.amplitude[i] * math::exp(least - exponent(i)))
            .sum()
    }

    /// Signed exposure of several models over a grid, one vector a model, in currency per 1 % move.
    ///
    /// Agrees with [`Self::net`] to 1e-11 of the largest gross exposure on the grid.
    pub fn nets_on(&self, models: &[Vec<f64>], grid: &LogGrid) -> Vec<Vec<f64>> {
        let moves = grid.moves();
        let nets = |weights: &Vec<f64>| {
            let profile = Profile::new(self, weights, grid);
            let on_grid = profile.on_grid();
            moves.iter().zip(on_grid).map(|(x, sum)| x * sum).collect()
        };
        models.iter().map(nets).collect()
    }
}

/// Columns of the curve from columns of the book, for rows of one expiry and payoff.
struct Prepare<'a> {
    ln_forward: f64,
    sqrt_tau: f64,
    /// Amplitude of one unit with a standard deviation of one.
    scale: f64,
    ln_strike: &'a [f64],
    vol: &'a [f64],
    units: &'a [f64],
    inverse_std: &'a mut [f64],
    d1: &'a mut [f64],
    amplitude: &'a mut [f64],
}

impl Kernel for Prepare<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let rows = self.vol.len();
        let (ln_strike, units) = (&self.ln_strike[..rows], &self.units[..rows]);
        let inverse_std = &mut self.inverse_std[..rows];
        let (d1, amplitude) = (&mut self.d1[..rows], &mut self.amplitude[..rows]);
        for i in 0..rows {
            let std = self.vol[i] * self.sqrt_tau;
            let inverse = 1.0 / std;
            inverse_std[i] = inverse;
            d1[i] = (self.ln_forward - ln_strike[i]).mul_add(inverse, 0.5 * std);
            amplitude[i] = units[i] * self.scale * inverse;
        }
    }
}

/// `A·exp(−d₁²/2)` of every row.
struct AtSpot<'a> {
    d1: &'a [f64],
    amplitude: &'a [f64],
    rows: &'a mut [f64],
}

impl Kernel for AtSpot<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let columns = self.d1.iter().zip(self.amplitude);
        for (row, (d1, amplitude)) in self.rows.iter_mut().zip(columns) {
            *row = amplitude * exp(-0.5 * d1 * d1);
        }
    }
}

/// The book's sums after a move of spot, over the share of today's spot that is left.
struct SumAt<'a> {
    ln_move: f64,
    inverse_std: &'a [f64],
    d1: &'a [f64],
    amplitude: &'a [f64],
    weights: &'a [f64],
}

/// Sums over rows: signed, without signs, and the signed one's slope times spot.
pub(crate) struct Sums {
    pub(crate) net: f64,
    size: f64,
    slope: f64,
}

impl Kernel for SumAt<'_> {
    type Output = Sums;

    #[inline(always)]
    fn run(self) -> Sums {
        let (mut net, mut size, mut slope) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for start in (0..self.d1.len()).step_by(LANES) {
            let inverse_std = load(self.inverse_std, start);
            let d1 = load(self.d1, start);
            let amplitude = load(self.amplitude, start);
            let weights = load(self.weights, start);
            for l in 0..LANES {
                let d = inverse_std[l].mul_add(self.ln_move, d1[l]);
                let row = weights[l] * (amplitude[l] * exp(-0.5 * d * d));
                net[l] += row;
                size[l] += row.abs();
                slope[l] += row * d.mul_add(-inverse_std[l], 1.0);
            }
        }
        Sums {
            net: total(&net),
            size: total(&size),
            slope: total(&slope),
        }
    }
}
