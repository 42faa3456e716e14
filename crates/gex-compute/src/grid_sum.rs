//! A book's exposure over a whole grid of spots, for a small part of what every point of it costs.
//!
//! On a logarithmic scale of spot each row is a bell curve of width `σ√T`. A wide bell needs few
//! points: rows are added up on the coarsest of several nested grids that still has six steps to
//! their width, and each grid is then carried to the next finer one by interpolation. On a grid a
//! bell advances by two multiplications a point:
//!
//! ```text
//! e(j+1) = e(j)·r(j)      r(j+1) = r(j)·exp(−δ²)      δ = step/(σ√T)
//! ```
//!
//! Rows too narrow for the finest grid are left out of it and priced where they are asked for.
//!
//! Interpolation at 16 points with six steps to a width is off by 2e-12 of the bell's height.

use std::ops::Range;

use crate::profile::{GammaCurve, LogGrid};
use crate::wide::{self, Kernel, LANES, load, total};
use crate::wide_math::exp;

/// Steps of a grid to the width of the narrowest bell on it.
const STEPS_A_WIDTH: f64 = 6.0;
/// Nested grids, each of twice the step of the one before.
const GRIDS: usize = 6;
/// Points of an interpolation, half of them on either side.
const TAPS: usize = 16;
const HALF: i32 = 8;
/// Points between two exact evaluations of the recurrence.
const TILE: usize = 32;
/// Beyond this many widths a bell is below 1e-19 of its height, and taken for nothing.
const REACH: f64 = 9.5;

/// Signed exposure of a book over a range of spots, over the share of today's spot that is left.
pub(crate) struct Profile<'a> {
    curve: &'a GammaCurve,
    weights: &'a [f64],
    grid: LogGrid,
    /// The wide rows, from `HALF - 1` points before the grid to `HALF` points after it.
    smooth: Vec<f64>,
    /// Rows too narrow for the grid.
    narrow: Vec<Range<usize>>,
    /// The heights of all bells together: a bound of the sums without signs.
    pub(crate) height: f64,
}

impl<'a> Profile<'a> {
    pub(crate) fn new(curve: &'a GammaCurve, weights: &'a [f64], grid: &LogGrid) -> Self {
        let mut grids = nested(grid);
        let mut narrow = Vec::new();
        let height = wide::run(AddRows {
            curve,
            weights,
            grids: &mut grids,
            narrow: &mut narrow,
        });
        Self {
            curve,
            weights,
            grid: *grid,
            smooth: refined(&grids),
            narrow,
            height,
        }
    }

    /// The sums at every point of the grid.
    pub(crate) fn on_grid(&self) -> Vec<f64> {
        let first = place(HALF - 1);
        let mut sums = self.smooth[first..first + self.grid.points].to_vec();
        wide::run(AddNarrow {
            profile: self,
            sums: &mut sums,
        });
        sums
    }

    /// The sum at any logarithmic move within the grid.
    pub(crate) fn at(&self, ln_move: f64) -> f64 {
        let place = ((ln_move - self.grid.start) / self.grid.step).max(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "zero or more, and a place beyond the grid is taken back to its end"
        )]
        let below = (place as usize).min(self.grid.points - 1);
        let window = &self.smooth[below..below + TAPS];
        let smooth = interpolated(window, place - below as f64 + f64::from(HALF - 1));
        let narrow = self.narrow.iter();
        let sum_of = |rows: &Range<usize>| self.curve.sums(rows.clone(), self.weights, ln_move).net;
        smooth + narrow.map(sum_of).sum::<f64>()
    }
}

/// One of the nested grids: its points are multiples of its step, counted from the first point of
/// the finest.
struct Grid {
    start: f64,
    step: f64,
    /// Index of the first point.
    first: i32,
    sums: Vec<[f64; LANES]>,
}

impl Grid {
    fn ln_move(&self, point: usize) -> f64 {
        self.step
            .mul_add(f64::from(self.first) + point as f64, self.start)
    }
}

/// The grids, the finest first, each wide enough to interpolate the one before.
fn nested(grid: &LogGrid) -> Vec<Grid> {
    let mut grids: Vec<Grid> = Vec::with_capacity(GRIDS);
    let last_point = i32::try_from(grid.points - 1).unwrap_or(i32::MAX / 2);
    let (mut first, mut last, mut step) = (0_i32, last_point, grid.step);
    for k in 0..GRIDS {
        if 0 < k {
            (first, last, step) = (first.div_euclid(2), last.div_euclid(2), 2.0 * step);
        }
        (first, last) = (first - (HALF - 1), last + HALF);
        grids.push(Grid {
            start: grid.start,
            step,
            first,
            sums: vec![[0.0; LANES]; place(last - first + 1)],
        });
    }
    grids
}

/// Carries every grid to the next finer one; the finest one's sums.
fn refined(grids: &[Grid]) -> Vec<f64> {
    let midpoint = taps(f64::from(HALF) - 0.5);
    let mut carried: Option<(i32, Vec<f64>)> = None;
    for grid in grids.iter().rev() {
        let mut sums: Vec<f64> = grid.sums.iter().map(total).collect();
        if let Some((first, coarse)) = &carried {
            for (point, sum) in (grid.first..).zip(&mut sums) {
                let below = place(point.div_euclid(2) - first);
                *sum += if point.rem_euclid(2) == 0 {
                    coarse[below]
                } else {
                    let from = below - place(HALF - 1);
                    dot(&coarse[from..from + TAPS], &midpoint)
                };
            }
        }
        carried = Some((grid.first, sums));
    }
    carried.map(|(_, sums)| sums).unwrap_or_default()
}

/// An index that is zero or more.
fn place(index: i32) -> usize {
    usize::try_from(index).unwrap_or(0)
}

fn dot(values: &[f64], taps: &[f64; TAPS]) -> f64 {
    values
        .iter()
        .zip(taps)
        .map(|(value, tap)| value * tap)
        .sum()
}

fn interpolated(window: &[f64], place: f64) -> f64 {
    dot(window, &taps(place))
}

/// Weights of the polynomial through the points 0 to 15 at `place` among them (Lagrange, in the
/// barycentric form of Berrut and Trefethen, SIAM Review 46 (2004), equation 5.1).
fn taps(place: f64) -> [f64; TAPS] {
    /// Binomial coefficients of 15 with alternating signs.
    const BARYCENTRIC: [f64; TAPS] = [
        1.0, -15.0, 105.0, -455.0, 1_365.0, -3_003.0, 5_005.0, -6_435.0, 6_435.0, -5_005.0,
        3_003.0, -1_365.0, 455.0, -105.0, 15.0, -1.0,
    ];
    let away: [f64; TAPS] = std::array::from_fn(|k| place - k as f64);
    if let Some(at) = away.iter().position(|distance| *distance == 0.0) {
        return std::array::from_fn(|k| if k == at { 1.0 } else { 0.0 });
    }
    let terms: [f64; TAPS] = std::array::from_fn(|k| BARYCENTRIC[k] / away[k]);
    let sum: f64 = terms.iter().sum();
    terms.map(|term| term / sum)
}

/// Rows that advance together.
struct Group {
    inverse_std: [f64; LANES],
    d1: [f64; LANES],
    amplitude: [f64; LANES],
}

impl Group {
    /// The rows from `start` on, weighted; rows beyond the book weigh nothing.
    #[inline(always)]
    fn load(curve: &GammaCurve, weights: &[f64], start: usize) -> Self {
        let (amplitude, weights) = (load(&curve.amplitude, start), load(weights, start));
        let mut group = Self {
            inverse_std: load(&curve.inverse_std, start),
            d1: load(&curve.d1, start),
            amplitude: std::array::from_fn(|l| amplitude[l] * weights[l]),
        };
        for l in 1..LANES {
            if group.inverse_std[l] == 0.0 {
                group.inverse_std[l] = group.inverse_std[0];
                group.d1[l] = group.d1[0];
            }
        }
        group
    }

    /// The grid for these rows, counted from the finest; `None` where they are too narrow for it.
    #[inline(always)]
    fn grid(&self, step: f64) -> Option<usize> {
        let narrowest = self.inverse_std.iter().copied().fold(0.0, f64::max);
        let mut widths = 1.0 / (narrowest * step * STEPS_A_WIDTH);
        if widths.is_nan() || widths < 1.0 {
            return None;
        }
        let mut grid = 0;
        while 2.0 <= widths && grid + 1 < GRIDS {
            widths *= 0.5;
            grid += 1;
        }
        Some(grid)
    }

    /// The logarithmic moves between which any row is more than nothing.
    #[inline(always)]
    fn reach(&self) -> (f64, f64) {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for l in 0..LANES {
            let width = 1.0 / self.inverse_std[l];
            let (left, right) = ((-REACH - self.d1[l]) * width, (REACH - self.d1[l]) * width);
            low = if left < low { left } else { low };
            high = if high < right { right } else { high };
        }
        (low, high)
    }

    /// Adds the rows to a grid by the recurrence.
    #[inline(always)]
    fn add_to(&self, grid: &mut Grid) {
        let shift: [f64; LANES] = std::array::from_fn(|l| self.inverse_std[l] * grid.step);
        let fall: [f64; LANES] = std::array::from_fn(|l| exp(-shift[l] * shift[l]));
        let (low, high) = self.reach();
        let reached = |ln_move: f64| (ln_move - grid.ln_move(0)) / grid.step;
        let (first, end) = (reached(low), reached(high) + 1.0);
        let mut point = clamped(first, grid.sums.len());
        let end = clamped(end, grid.sums.len());
        while point < end {
            let next = (point + TILE).min(end);
            let ln_move = grid.ln_move(point);
            let d1: [f64; LANES] =
                std::array::from_fn(|l| self.inverse_std[l].mul_add(ln_move, self.d1[l]));
            let mut value: [f64; LANES] =
                std::array::from_fn(|l| self.amplitude[l] * exp(-0.5 * d1[l] * d1[l]));
            let mut ratio: [f64; LANES] =
                std::array::from_fn(|l| exp(-shift[l] * shift[l].mul_add(0.5, d1[l])));
            for sums in &mut grid.sums[point..next] {
                for l in 0..LANES {
                    sums[l] += value[l];
                    value[l] *= ratio[l];
                    ratio[l] *= fall[l];
                }
            }
            point = next;
        }
    }
}

/// A place on a grid, taken back to its ends.
#[inline(always)]
fn clamped(place: f64, points: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "zero or more, and casts saturate"
    )]
    let whole = place.max(0.0) as usize;
    whole.min(points)
}

/// Adds every row to its grid, and notes the rows that have none.
struct AddRows<'a> {
    curve: &'a GammaCurve,
    weights: &'a [f64],
    grids: &'a mut [Grid],
    narrow: &'a mut Vec<Range<usize>>,
}

impl Kernel for AddRows<'_> {
    /// The heights of all bells together.
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let mut heights = [0.0; LANES];
        let (rows, step) = (self.curve.d1.len(), self.grids[0].step);
        for start in (0..rows).step_by(LANES) {
            let group = Group::load(self.curve, self.weights, start);
            for (height, amplitude) in heights.iter_mut().zip(group.amplitude) {
                *height += amplitude.abs();
            }
            match group.grid(step) {
                Some(grid) => group.add_to(&mut self.grids[grid]),
                None => extend(self.narrow, start..(start + LANES).min(rows)),
            }
        }
        total(&heights)
    }
}

/// Adds rows to the last range where they follow it.
fn extend(ranges: &mut Vec<Range<usize>>, rows: Range<usize>) {
    match ranges.last_mut() {
        Some(last) if last.end == rows.start => last.end = rows.end,
        _ => ranges.push(rows),
    }
}

/// Adds the narrow rows to the points of the grid that they reach.
struct AddNarrow<'a> {
    profile: &'a Profile<'a>,
    sums: &'a mut [f64],
}

impl Kernel for AddNarrow<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Profile {
            curve,
            weights,
            grid,
            ..
        } = self.profile;
        for start in self
            .profile
            .narrow
            .iter()
            .flat_map(|r| r.clone().step_by(LANES))
        {
            let group = Group::load(curve, weights, start);
            let (low, high) = group.reach();
            let points = self.sums.len();
            let first = clamped((low - grid.start) / grid.step, points);
            let end = clamped((high - grid.start) / grid.step + 1.0, points);
            for (j, sum) in self.sums.iter_mut().enumerate().take(end).skip(first) {
                *sum += row_sum(&group, grid.ln_move(j));
            }
        }
    }
}

/// The sum of a group's rows at one spot.
#[inline(always)]
fn row_sum(group: &Group, ln_move: f64) -> f64 {
    let rows: [f64; LANES] = std::array::from_fn(|l| {
        let d1 = group.inverse_std[l].mul_add(ln_move, group.d1[l]);
        group.amplitude[l] * exp(-0.5 * d1 * d1)
    });
    total(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math;
    use crate::wide::Level;

    /// Bells from 0.002 to 0.8 wide around and beyond the grid, of both signs.
    fn ragged() -> (GammaCurve, Vec<f64>) {
        let mut curve = GammaCurve::default();
        let mut weights = Vec::new();
        for k in 0..1_003_u32 {
            let width = 0.002 * math::exp(0.006 * f64::from(k));
            let centre = 0.0011 * f64::from(k * 7_919 % 601) - 0.33;
            curve.inverse_std.push(1.0 / width);
            curve.d1.push(-centre / width);
            curve.amplitude.push(f64::from(k % 17 + 1) / width);
            weights.push(if k % 3 == 0 { -1.0 } else { 0.5 });
        }
        (curve, weights)
    }

    /// The slow obvious twin: every bell at every point by its closed form.
    fn closed_form(curve: &GammaCurve, weights: &[f64], ln_move: f64) -> f64 {
        let bell = |i: usize| {
            let d1 = curve.d1[i] + curve.inverse_std[i] * ln_move;
            weights[i] * curve.amplitude[i] * math::exp(-0.5 * d1 * d1)
        };
        (0..weights.len()).map(bell).sum()
    }

    #[test]
    fn on_the_grid_and_between_its_points_sums_are_those_of_the_closed_form() {
        let (curve, weights) = ragged();
        for points in [401, 200, 61] {
            let grid = LogGrid::between(0.8, 1.2, points);
            let profile = Profile::new(&curve, &weights, &grid);
            let tolerance = 2e-12 * profile.height;
            for (j, sum) in profile.on_grid().into_iter().enumerate() {
                let (at, between) = (grid.ln_move(j), grid.start + grid.step * (j as f64 - 0.37));
                let gap = sum - closed_form(&curve, &weights, at);
                assert!(gap.abs() < tolerance, "{points} {j}: {gap:e}");
                if 0 < j {
                    let gap = profile.at(between) - closed_form(&curve, &weights, between);
                    assert!(gap.abs() < tolerance, "{points} before {j}: {gap:e}");
                }
            }
        }
    }

    #[test]
    fn every_width_of_registers_gives_the_same_bits() {
        let (curve, weights) = ragged();
        let grid = LogGrid::between(0.8, 1.2, 401);
        let bits = |level: Level| {
            let (mut grids, mut narrow) = (nested(&grid), Vec::new());
            level.run(AddRows {
                curve: &curve,
                weights: &weights,
                grids: &mut grids,
                narrow: &mut narrow,
            });
            let sums = refined(&grids);
            sums.into_iter().map(f64::to_bits).collect::<Vec<_>>()
        };
        let levels = Level::all();
        assert!(levels.iter().all(|level| bits(*level) == bits(levels[0])));
    }
}
