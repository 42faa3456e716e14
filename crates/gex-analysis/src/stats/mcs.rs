//! Model confidence set: the models that the data cannot tell from the best.
//!
//! ```text
//! range: t_ij = (L̄_i − L̄_j)/√(var*(L̄_i − L̄_j)), T = max_ij t_ij, drop i of the largest
//! max:   t_i = (L̄_i − L̄_·)/√(var*(L̄_i − L̄_·)), T = max_i t_i, drop its i
//! p = share of resamples strictly above T, kept non-decreasing along the eliminations
//! ```
//!
//! Hansen, Lunde and Nason (2011); variances over the resamples, as in `arch`.

use super::Undefined;
use super::bootstrap::{Draw, RunningSums, require_draws};
use super::moments::mean;
use super::undefined::{require_finite, require_length, require_rows};

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Every pair of models.
    Range,
    /// Every model with the mean of those left.
    Max,
}

/// One model's place in the order of elimination.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Elimination {
    /// The model, by position.
    pub model: usize,
    /// Its p-value: in the set at size α iff above α.
    pub p_value: f64,
}

/// The models in the order of their elimination, the last with a p-value of one.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfidenceSet {
    /// The worst first.
    pub eliminations: Vec<Elimination>,
}

impl ConfidenceSet {
    /// Lists the models that stay at the given size, ascending by position.
    pub fn included(&self, size: f64) -> Vec<usize> {
        let stays = self.eliminations.iter().filter(|one| one.p_value > size);
        let mut models: Vec<usize> = stays.map(|one| one.model).collect();
        models.sort_unstable();
        models
    }
}

/// Eliminates models one by one. Losses are one slice a model, rows in time order.
///
/// # Errors
/// When there is no model or resample, lengths differ, a loss is not finite, or two models'
/// losses differ by a constant.
pub fn confidence_set(
    losses: &[&[f64]],
    draws: &[Draw],
    comparison: Comparison,
) -> Result<ConfidenceSet, Undefined> {
    let means = Means::new(losses, draws)?;
    let mut left: Vec<usize> = (0..losses.len()).collect();
    let mut eliminations = Vec::with_capacity(losses.len());
    let mut highest = 0.0_f64;
    while left.len() > 1 {
        let (worst, p_value) = match comparison {
            Comparison::Range => means.worst_by_range(&left)?,
            Comparison::Max => means.worst_by_max(&left)?,
        };
        highest = highest.max(p_value);
        eliminations.push(Elimination {
            model: worst,
            p_value: highest,
        });
        left.retain(|model| *model != worst);
    }
    eliminations.extend(left.into_iter().map(|model| Elimination {
        model,
        p_value: 1.0,
    }));
    Ok(ConfidenceSet { eliminations })
}

/// Mean loss of every model, and its error in every resample.
struct Means {
    sample: Vec<f64>,
    errors: Vec<Vec<f64>>,
}

/// The largest statistic, whose it is, and the largest of each resample.
struct Contest {
    worst: usize,
    statistic: f64,
    null: Vec<f64>,
}

impl Contest {
    fn new(draws: usize) -> Self {
        Self {
            worst: 0,
            statistic: f64::NEG_INFINITY,
            null: vec![f64::NEG_INFINITY; draws],
        }
    }

    /// Enters one gap in mean loss with its errors over the resamples.
    fn enter(&mut self, model: usize, gap: f64, errors: &[f64]) -> Result<(), Undefined> {
        let square_mean = errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64;
        if square_mean <= 0.0 {
            return Err(Undefined::ZeroVariance {
                what: "a difference between models' losses",
            });
        }
        let scale = square_mean.sqrt();
        if gap / scale > self.statistic {
            (self.worst, self.statistic) = (model, gap / scale);
        }
        for (largest, error) in self.null.iter_mut().zip(errors) {
            *largest = largest.max(error / scale);
        }
        Ok(())
    }

    fn verdict(self) -> (usize, f64) {
        let above = self
            .null
            .iter()
            .filter(|draw| **draw > self.statistic)
            .count();
        (self.worst, above as f64 / self.null.len() as f64)
    }
}

impl Means {
    fn new(losses: &[&[f64]], draws: &[Draw]) -> Result<Self, Undefined> {
        let rows = losses.first().map_or(0, |column| column.len());
        require_rows(rows, 2)?;
        require_draws(draws, rows)?;
        for column in losses {
            require_length("model losses", column.len(), rows)?;
            require_finite("model loss", column)?;
        }
        let sample: Result<Vec<f64>, Undefined> =
            losses.iter().map(|column| mean(column)).collect();
        let sample = sample?;
        let sums: Vec<RunningSums> = losses
            .iter()
            .map(|column| RunningSums::of(column))
            .collect();
        let error = |draw| -> Vec<f64> {
            let drawn = sums.iter().map(|column| column.mean(draw));
            drawn
                .zip(&sample)
                .map(|(drawn, mean)| drawn - mean)
                .collect()
        };
        let errors = draws.iter().map(error).collect();
        Ok(Self { sample, errors })
    }

    fn worst_by_range(&self, left: &[usize]) -> Result<(usize, f64), Undefined> {
        let mut contest = Contest::new(self.errors.len());
        for row in left {
            for column in left.iter().filter(|column| *column != row) {
                let gap = at(&self.sample, *row) - at(&self.sample, *column);
                let errors: Vec<f64> = self
                    .errors
                    .iter()
                    .map(|e| at(e, *row) - at(e, *column))
                    .collect();
                contest.enter(*row, gap, &errors)?;
            }
        }
        Ok(contest.verdict())
    }

    fn worst_by_max(&self, left: &[usize]) -> Result<(usize, f64), Undefined> {
        let centre = |values: &[f64]| {
            left.iter().map(|model| at(values, *model)).sum::<f64>() / left.len() as f64
        };
        let sample_centre = centre(&self.sample);
        let centres: Vec<f64> = self.errors.iter().map(|e| centre(e)).collect();
        let mut contest = Contest::new(self.errors.len());
        for model in left {
            let gap = at(&self.sample, *model) - sample_centre;
            let errors: Vec<f64> = self
                .errors
                .iter()
                .zip(&centres)
                .map(|(e, centre)| at(e, *model) - centre)
                .collect();
            contest.enter(*model, gap, &errors)?;
        }
        Ok(contest.verdict())
    }
}

/// A model's entry; NaN, which loses every comparison, where there is none.
fn at(values: &[f64], model: usize) -> f64 {
    values.get(model).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::bootstrap::draw_stationary;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_clearly_worst_model_leaves_first_under_both() -> Result<(), Undefined> {
        let wave = |pace: f64, shift: f64| -> Vec<f64> {
            (0..100)
                .map(|t| libm::sin(pace * f64::from(t)) + shift)
                .collect()
        };
        let models = [wave(0.5, 0.0), wave(0.9, 9.0), wave(1.3, 0.01)];
        let slices: Vec<&[f64]> = models.iter().map(Vec::as_slice).collect();
        let draws = draw_stationary(100, 199, 3.0, &mut ChaCha8Rng::seed_from_u64(9))?;
        for comparison in [Comparison::Range, Comparison::Max] {
            let set = confidence_set(&slices, &draws, comparison)?;
            assert_eq!(
                set.eliminations[0],
                Elimination {
                    model: 1,
                    p_value: 0.0
                }
            );
            assert_eq!(set.included(0.05), [0, 2]);
        }
        Ok(())
    }

    #[test]
    fn a_repeated_model_is_refused() {
        let losses = [1.0, 2.0, 3.0];
        let draws = [[0, 1, 2], [2, 2, 1]].map(|draw| Draw::from_positions(&draw, 3).unwrap());
        let refused = confidence_set(&[&losses, &losses], &draws, Comparison::Range);
        assert!(matches!(refused, Err(Undefined::ZeroVariance { .. })));
    }
}
