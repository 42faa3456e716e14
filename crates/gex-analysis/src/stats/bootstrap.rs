//! Stationary bootstrap: resampled rows, and the difference between regimes under it.
//!
//! ```text
//! row t starts a new block with probability 1/l, else it follows row t − 1, around the end
//! ```
//!
//! Politis and Romano (1994). Every test takes its resamples as draws, so that one draw serves many
//! statistics and published positions can be replayed.

use rand::{Rng, RngExt};

use super::Undefined;
use super::hac::floor_to_count;
use super::moments::{mean, quantile, standard_deviation};
use super::undefined::{require_finite, require_length, require_rows};

/// Turns starts (positions) and uniforms in `[0, 1)` into one resample.
///
/// A new block starts at row t ≥ 1 when its uniform is at most 1/`mean_block`.
///
/// # Errors
/// When lengths differ or the mean block is below one row.
///
/// ```
/// use gex_analysis::stats::bootstrap::stationary_indices;
/// assert_eq!(stationary_indices(&[2, 0, 1], &[0.9, 0.9, 0.1], 4.0)?, [2, 0, 1]);
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn stationary_indices(
    starts: &[usize],
    uniforms: &[f64],
    mean_block: f64,
) -> Result<Vec<usize>, Undefined> {
    require_length("uniforms", uniforms.len(), starts.len())?;
    require_block(mean_block)?;
    let mut previous = None;
    let rows = starts.len();
    Ok(starts
        .iter()
        .zip(uniforms)
        .map(|(start, uniform)| {
            let row = match previous {
                Some(before) if *uniform > mean_block.recip() => (before + 1) % rows,
                _ => *start,
            };
            previous = Some(row);
            row
        })
        .collect())
}

/// One resample, as runs of consecutive rows around the end.
///
/// A sum over a run is a difference of two sums from the start, so that a resampled mean costs a step a run in
/// place of one a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    rows: usize,
    /// First row and number of rows of each run; a run is no longer than the data.
    runs: Vec<(usize, usize)>,
}

impl Draw {
    /// Reads resampled positions, counted from 0, of `rows` rows.
    ///
    /// # Errors
    /// When a position is not a row, or there is none.
    ///
    /// ```
    /// use gex_analysis::stats::bootstrap::Draw;
    /// let draw = Draw::from_positions(&[3, 0, 1, 1], 4)?;
    /// assert_eq!(draw.positions().collect::<Vec<_>>(), [3, 0, 1, 1]);
    /// # Ok::<(), gex_analysis::stats::Undefined>(())
    /// ```
    pub fn from_positions(positions: &[usize], rows: usize) -> Result<Self, Undefined> {
        require_rows(positions.len(), 1)?;
        require_positions(&[positions.to_vec()], rows)?;
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for position in positions {
            match runs.last_mut() {
                Some((start, length))
                    if (*start + *length) % rows == *position && *length < rows =>
                {
                    *length += 1;
                }
                _ => runs.push((*position, 1)),
            }
        }
        Ok(Self { rows, runs })
    }

    /// The resampled rows, in order.
    pub fn positions(&self) -> impl Iterator<Item = usize> {
        let rows = self.rows;
        let run = move |(start, length): &(usize, usize)| {
            (*start..start + length).map(move |row| row % rows)
        };
        self.runs.iter().flat_map(run)
    }
}

/// Sums of a column from its start, over two rounds, so that a run that wraps around is one difference.
#[derive(Debug, Clone)]
pub(crate) struct RunningSums(Vec<f64>);

impl RunningSums {
    pub(crate) fn of(column: &[f64]) -> Self {
        let mut total = 0.0;
        let sums = column.iter().chain(column).map(|value| {
            total += value;
            total
        });
        Self(std::iter::once(0.0).chain(sums).collect())
    }

    /// Mean of the values at the drawn rows.
    pub(crate) fn mean(&self, draw: &Draw) -> f64 {
        let upto = |row: usize| self.0.get(row).copied().unwrap_or(f64::NAN);
        let (mut total, mut rows) = (0.0, 0);
        for (start, length) in &draw.runs {
            total += upto(start + length) - upto(*start);
            rows += length;
        }
        total / rows as f64
    }
}

/// Refuses draws that were made for another number of rows.
pub(crate) fn require_draws(draws: &[Draw], rows: usize) -> Result<(), Undefined> {
    require_rows(draws.len(), 1)?;
    match draws.iter().find(|draw| draw.rows != rows) {
        Some(draw) => require_length("rows of a resample", draw.rows, rows),
        None => Ok(()),
    }
}

/// Draws `draws` resamples of `rows` rows.
///
/// # Errors
/// When there is no row or the mean block is below one row.
pub fn draw_stationary(
    rows: usize,
    draws: usize,
    mean_block: f64,
    random: &mut impl Rng,
) -> Result<Vec<Draw>, Undefined> {
    require_rows(rows, 1)?;
    require_block(mean_block)?;
    // A block goes on with probability 1 − 1/l: P(length > k) = (1 − 1/l)^k, inverted.
    let log_stay = libm::log1p(-mean_block.recip());
    let expected = floor_to_count(1.3 * rows as f64 / mean_block) + 8;
    let one = |_| {
        let (mut runs, mut left) = (Vec::with_capacity(expected), rows);
        while 0 < left {
            let start = random.random_range(0..rows);
            let uniform: f64 = random.random();
            // In (0, 1], where a logarithm is finite.
            let steps = libm::log(1.0 - uniform) / log_stay;
            let length = 1 + floor_to_count(steps).min(left - 1);
            runs.push((start, length));
            left -= length;
        }
        Draw { rows, runs }
    };
    Ok((0..draws).map(one).collect())
}

/// Difference of means, inside less outside a regime, under resampled pairs of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootstrapDifference {
    /// The difference, in the unit of the outcome.
    pub difference: f64,
    /// Standard deviation over the draws, n − 1.
    pub std_error: f64,
    /// Basic interval: twice the difference less the quantiles of the draws.
    pub basic: (f64, f64),
    /// Percentile interval.
    pub percentile: (f64, f64),
    /// (1 + #{ |S* − S| ≥ |S| }) / (1 + draws): centred, two-sided.
    pub p_value: f64,
    /// Draws in which both regimes occur.
    pub used: usize,
}

/// Bootstraps the difference of means between rows inside and outside a regime.
///
/// Indicative only: with blocks of 63 rows its size is still 10 to 19 % at a nominal 5 %.
///
/// # Errors
/// When lengths differ, a position lies outside the rows, the regime holds always or never, or
/// fewer than two draws hold both regimes.
pub fn regime_mean_difference(
    outcome: &[f64],
    in_regime: &[bool],
    draws: &[Draw],
    coverage: f64,
) -> Result<BootstrapDifference, Undefined> {
    require_length("regime", in_regime.len(), outcome.len())?;
    require_finite("outcome", outcome)?;
    require_draws(draws, outcome.len())?;
    let regime = Regime::of(outcome, in_regime)?;
    let whole = Draw::from_positions(&(0..outcome.len()).collect::<Vec<_>>(), outcome.len())?;
    let difference = regime
        .difference(&whole)
        .ok_or(Undefined::ZeroVariance { what: "the regime" })?;
    let draws: Vec<f64> = draws
        .iter()
        .filter_map(|draw| regime.difference(draw))
        .collect();
    let std_error = standard_deviation(&draws)?;
    let low = quantile(&draws, 0.5 - 0.5 * coverage)?;
    let high = quantile(&draws, 0.5 + 0.5 * coverage)?;
    let far = draws
        .iter()
        .filter(|draw| (*draw - difference).abs() >= difference.abs())
        .count();
    Ok(BootstrapDifference {
        difference,
        std_error,
        basic: (2.0 * difference - high, 2.0 * difference - low),
        percentile: (low, high),
        p_value: (1.0 + far as f64) / (1.0 + draws.len() as f64),
        used: draws.len(),
    })
}

/// An outcome and where a regime holds, ready to be resampled: sums of the outcome inside, outside, and of rows inside,
/// side by side, so that a run reads two places.
struct Regime(Vec<[f64; 3]>);

impl Regime {
    /// Centres the outcome, which changes no difference and keeps the sums small.
    fn of(outcome: &[f64], in_regime: &[bool]) -> Result<Self, Undefined> {
        let centre = mean(outcome)?;
        let rows = || outcome.iter().zip(in_regime);
        let mut total = [0.0; 3];
        let sums = rows().chain(rows()).map(|(y, inside)| {
            let [within, without, count] = &mut total;
            if *inside {
                *within += y - centre;
                *count += 1.0;
            } else {
                *without += y - centre;
            }
            total
        });
        Ok(Self(std::iter::once([0.0; 3]).chain(sums).collect()))
    }

    /// Mean inside less mean outside; `None` where a draw lacks one of them.
    fn difference(&self, draw: &Draw) -> Option<f64> {
        let upto = |row: usize| self.0.get(row).copied().unwrap_or([f64::NAN; 3]);
        let (mut sums, mut rows) = ([0.0; 3], 0);
        for (start, length) in &draw.runs {
            let (from, to) = (upto(*start), upto(start + length));
            for (sum, (from, to)) in sums.iter_mut().zip(from.iter().zip(&to)) {
                *sum += to - from;
            }
            rows += length;
        }
        let [within, without, inside] = sums;
        let outside = rows as f64 - inside;
        (0.0 < inside && 0.0 < outside).then(|| within / inside - without / outside)
    }
}

/// Refuses resamples with a position outside the rows.
pub(crate) fn require_positions(resamples: &[Vec<usize>], rows: usize) -> Result<(), Undefined> {
    match resamples.iter().flatten().find(|row| **row >= rows) {
        Some(row) => Err(Undefined::Domain {
            what: "resampled position",
            value: *row as f64,
            needed: "a row of the data, counted from 0",
        }),
        None => Ok(()),
    }
}

/// Refuses a mean block below one row.
pub(crate) fn require_block(mean_block: f64) -> Result<(), Undefined> {
    if mean_block >= 1.0 && mean_block.is_finite() {
        return Ok(());
    }
    Err(Undefined::Domain {
        what: "mean block",
        value: mean_block,
        needed: "at least one row",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    // Politis and Romano (1994): block lengths are geometric with mean l.
    #[test]
    fn blocks_have_the_asked_mean_length() -> Result<(), Undefined> {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let draws = draw_stationary(1_000, 200, 8.0, &mut random)?;
        let positions: Vec<Vec<usize>> = draws.iter().map(|d| d.positions().collect()).collect();
        let follows = |draw: &Vec<usize>| {
            draw.windows(2)
                .filter(|pair| pair[1] == (pair[0] + 1) % 1_000)
                .count()
        };
        let share = positions.iter().map(follows).sum::<usize>() as f64 / (200.0 * 999.0);
        assert!((share - 0.875).abs() < 0.004, "{share}");
        assert!(positions.iter().all(|draw| draw.len() == 1_000));
        assert!(positions.iter().flatten().all(|row| *row < 1_000));
        Ok(())
    }

    #[test]
    fn a_mean_over_runs_is_the_mean_over_rows() -> Result<(), Undefined> {
        let column: Vec<f64> = (0..50).map(|t| libm::sin(f64::from(t)) + 3.0).collect();
        let sums = RunningSums::of(&column);
        for draw in draw_stationary(50, 20, 6.0, &mut ChaCha8Rng::seed_from_u64(2))? {
            let slow = draw.positions().map(|row| column[row]).sum::<f64>() / 50.0;
            assert!((sums.mean(&draw) - slow).abs() < 1e-13);
            let read = Draw::from_positions(&draw.positions().collect::<Vec<_>>(), 50)?;
            assert!((sums.mean(&read) - slow).abs() < 1e-13);
        }
        Ok(())
    }

    #[test]
    fn the_same_seed_draws_the_same_rows() -> Result<(), Undefined> {
        let draw = |seed| draw_stationary(50, 3, 5.0, &mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(draw(1)?, draw(1)?);
        assert_ne!(draw(1)?, draw(2)?);
        Ok(())
    }

    #[test]
    fn a_draw_without_one_regime_is_not_used() -> Result<(), Undefined> {
        let draws = [[0, 0, 0], [0, 1, 2], [2, 1, 0]].map(|draw| Draw::from_positions(&draw, 3));
        let draws: Vec<Draw> = draws.into_iter().collect::<Result<_, _>>()?;
        let got = regime_mean_difference(&[3.0, 1.0, 2.0], &[true, false, false], &draws, 0.95)?;
        assert_eq!(got.used, 2);
        assert!((got.difference - 1.5).abs() < 1e-15);
        Ok(())
    }

    #[test]
    fn a_position_outside_the_rows_is_refused() {
        let refused = Draw::from_positions(&[0, 2], 2);
        assert!(matches!(refused, Err(Undefined::Domain { .. })));
        let three = Draw::from_positions(&[0, 2], 3).unwrap();
        let refused = regime_mean_difference(&[1.0, 2.0], &[true, false], &[three], 0.95);
        assert!(matches!(refused, Err(Undefined::Length { .. })));
    }
}
