//! Superior predictive ability: does the best of many models beat a benchmark?
//!
//! ```text
//! d_k = mean of benchmark loss − model loss
//! ω_k² = γ₀ + 2 Σ_{i=1..n−1} κ_i γ_i     κ_i = (1 − i/n)(1 − 1/l)^i + (i/n)(1 − 1/l)^{n−i}
//! T = max(0, max_k √n d_k/ω_k)           T* = max(0, max_k √n (d*_k − g_k)/ω_k)
//! g lower: max(d, 0)    consistent: d where √n d/ω ≥ −√(2 ln ln n), else 0    upper: d
//! ```
//!
//! Hansen (2005); ω after Politis and Romano (1994). Unstudentised, "upper" is White's Reality
//! Check (2000). `arch` 8.0.0 does not studentise even where asked to: [`Scale::Plain`] is its
//! statistic, which has no floor at zero.

use super::Undefined;
use super::autocorrelation::lagged_product;
use super::bootstrap::{Draw, RunningSums, require_block, require_draws};
use super::moments::{mean, quantile};
use super::undefined::{require_finite, require_length, require_positive_variance, require_rows};

/// Loss differences of every model against the benchmark, and their means in every resample.
#[derive(Debug, Clone, PartialEq)]
pub struct Differences {
    rows: f64,
    /// d, positive where the model beats the benchmark.
    pub means: Vec<f64>,
    /// ω, the long-run standard deviation of √n d.
    pub omega: Vec<f64>,
    /// One row a resample, one column a model.
    draws: Vec<Vec<f64>>,
}

/// Whether differences are divided by their standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// As they are: models with noisy losses dominate.
    Plain,
    /// By ω/√n (Hansen).
    Studentised,
}

/// How much of each model's mean the null takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recentring {
    /// max(d, 0): liberal.
    Lower,
    /// d unless the model is clearly worse: Hansen's choice.
    Consistent,
    /// d: conservative.
    Upper,
}

impl Differences {
    /// Resamples the differences. Losses are rows in time order.
    ///
    /// # Errors
    /// When there is no model or resample, lengths differ, a loss is not finite, or a model's
    /// difference does not vary.
    pub fn new(
        benchmark: &[f64],
        models: &[&[f64]],
        draws: &[Draw],
        mean_block: f64,
    ) -> Result<Self, Undefined> {
        require_rows(benchmark.len(), 3)?;
        require_rows(models.len(), 1)?;
        require_block(mean_block)?;
        require_draws(draws, benchmark.len())?;
        require_finite("benchmark loss", benchmark)?;
        let columns: Result<Vec<Vec<f64>>, Undefined> = models
            .iter()
            .map(|model| difference(benchmark, model))
            .collect();
        let columns = columns?;
        let means: Result<Vec<f64>, Undefined> = columns.iter().map(|c| mean(c)).collect();
        let omega: Result<Vec<f64>, Undefined> = columns
            .iter()
            .map(|column| omega(column, mean_block))
            .collect();
        let sums: Vec<RunningSums> = columns.iter().map(|c| RunningSums::of(c)).collect();
        let drawn = |draw| sums.iter().map(|column| column.mean(draw)).collect();
        let draws = draws.iter().map(drawn).collect();
        Ok(Self {
            rows: benchmark.len() as f64,
            means: means?,
            omega: omega?,
            draws,
        })
    }

    /// Number of resamples.
    pub fn draws(&self) -> usize {
        self.draws.len()
    }

    /// Number of models.
    pub fn models(&self) -> usize {
        self.means.len()
    }

    /// The statistic of every model at the given scale.
    pub fn statistics(&self, scale: Scale) -> Vec<f64> {
        self.means
            .iter()
            .zip(self.factors(scale))
            .map(|(d, factor)| d * factor)
            .collect()
    }

    /// 1, or √n/ω.
    fn factors(&self, scale: Scale) -> Vec<f64> {
        let of = |omega: &f64| match scale {
            Scale::Plain => 1.0,
            Scale::Studentised => self.rows.sqrt() / omega,
        };
        self.omega.iter().map(of).collect()
    }

    /// Statistics of every resample under the null: one row a resample, one column a model.
    pub fn null_statistics(&self, scale: Scale, recentring: Recentring) -> Vec<Vec<f64>> {
        let factors = self.factors(scale);
        let centres: Vec<f64> = self
            .statistics(Scale::Studentised)
            .iter()
            .zip(&self.means)
            .map(|(t, d)| self.centre(*t, *d, recentring))
            .collect();
        let null = |draw: &Vec<f64>| -> Vec<f64> {
            let recentred = draw.iter().zip(&centres).map(|(d, centre)| d - centre);
            recentred
                .zip(&factors)
                .map(|(d, factor)| d * factor)
                .collect()
        };
        self.draws.iter().map(null).collect()
    }

    fn centre(&self, t: f64, d: f64, recentring: Recentring) -> f64 {
        let clearly_worse = -(2.0 * libm::log(libm::log(self.rows))).sqrt();
        match recentring {
            Recentring::Lower => d.max(0.0),
            Recentring::Consistent if t >= clearly_worse => d,
            Recentring::Consistent => 0.0,
            Recentring::Upper => d,
        }
    }

    /// Tests that no model beats the benchmark.
    ///
    /// # Errors
    /// When there is no resample.
    pub fn superior_ability(
        &self,
        scale: Scale,
        recentring: Recentring,
    ) -> Result<SuperiorAbility, Undefined> {
        let floor = match scale {
            Scale::Plain => f64::NEG_INFINITY,
            Scale::Studentised => 0.0,
        };
        let largest = |values: &[f64]| values.iter().copied().fold(floor, f64::max);
        let statistic = largest(&self.statistics(scale));
        let null: Vec<f64> = self
            .null_statistics(scale, recentring)
            .iter()
            .map(|row| largest(row))
            .collect();
        require_rows(null.len(), 1)?;
        let above = null.iter().filter(|draw| **draw > statistic).count() as f64;
        let draws = null.len() as f64;
        Ok(SuperiorAbility {
            statistic,
            p_value: above / draws,
            p_value_plus_one: (1.0 + above) / (1.0 + draws),
            null,
        })
    }
}

/// The test of superior predictive ability.
#[derive(Debug, Clone, PartialEq)]
pub struct SuperiorAbility {
    /// The largest statistic.
    pub statistic: f64,
    /// Share of resamples strictly above it.
    pub p_value: f64,
    /// The same with one added above and below: never zero.
    pub p_value_plus_one: f64,
    null: Vec<f64>,
}

impl SuperiorAbility {
    /// The value that a test of the given size must exceed, in the statistic's unit.
    ///
    /// # Errors
    /// When the size lies outside `[0, 1]`.
    pub fn critical_value(&self, size: f64) -> Result<f64, Undefined> {
        quantile(&self.null, 1.0 - size)
    }
}

fn difference(benchmark: &[f64], model: &[f64]) -> Result<Vec<f64>, Undefined> {
    require_length("model losses", model.len(), benchmark.len())?;
    require_finite("model loss", model)?;
    Ok(benchmark.iter().zip(model).map(|(b, m)| b - m).collect())
}

fn omega(column: &[f64], mean_block: f64) -> Result<f64, Undefined> {
    let centre = mean(column)?;
    let centred: Vec<f64> = column.iter().map(|value| value - centre).collect();
    let n = column.len() as f64;
    let stay = 1.0 - mean_block.recip();
    let weight = |lag: usize| {
        let i = lag as f64;
        (1.0 - i / n) * libm::pow(stay, i) + i / n * libm::pow(stay, n - i)
    };
    let covariances: f64 = (1..column.len())
        .map(|lag| weight(lag) * lagged_product(&centred, lag))
        .sum();
    let variance = (lagged_product(&centred, 0) + 2.0 * covariances) / n;
    Ok(require_positive_variance(variance)?.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::bootstrap::draw_stationary;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn wave(pace: f64) -> Vec<f64> {
        (0..120)
            .map(|t| libm::sin(pace * f64::from(t)) + 1.5)
            .collect()
    }

    #[test]
    fn recentring_orders_the_p_values() -> Result<(), Undefined> {
        let draws = draw_stationary(120, 400, 4.0, &mut ChaCha8Rng::seed_from_u64(3))?;
        let worse: Vec<f64> = wave(0.4).iter().map(|loss| loss + 0.3).collect();
        let models = [wave(0.9), worse];
        let slices: Vec<&[f64]> = models.iter().map(Vec::as_slice).collect();
        let differences = Differences::new(&wave(0.5), &slices, &draws, 4.0)?;
        let p = |recentring| -> Result<f64, Undefined> {
            Ok(differences
                .superior_ability(Scale::Studentised, recentring)?
                .p_value)
        };
        assert!(p(Recentring::Lower)? <= p(Recentring::Consistent)?);
        assert!(p(Recentring::Consistent)? <= p(Recentring::Upper)?);
        Ok(())
    }

    #[test]
    fn a_model_equal_to_the_benchmark_has_no_statistic() {
        let losses = wave(0.5);
        let draws = [Draw::from_positions(&[0; 120], 120).unwrap()];
        let refused = Differences::new(&losses, &[&losses], &draws, 4.0);
        assert!(matches!(
            refused,
            Err(Undefined::VarianceNotPositive { .. })
        ));
    }
}
