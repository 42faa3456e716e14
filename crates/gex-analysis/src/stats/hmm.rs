//! Hidden Markov regimes with Gaussian observations: filtered, never smoothed, for a signal.
//!
//! ```text
//! predicted_t = filtered_{t−1} A      filtered_t ∝ predicted_t · φ(x_t; μ, σ²)
//! log L = Σ_t ln Σ_i predicted_{t,i} φ_i(x_t)
//! ```
//!
//! Hamilton (1989). The smoothed probabilities use the future: [`GaussianHmm::smoothed`] is for
//! description only. Parameters are taken as given; [`super::hmm_fit`] estimates them on expanding data.

use super::Undefined;
use super::undefined::{require_finite, require_length, require_rows};

/// Parameters of a hidden Markov model with one Gaussian a state.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianHmm {
    initial: Vec<f64>,
    transition: Vec<Vec<f64>>,
    means: Vec<f64>,
    variances: Vec<f64>,
}

/// Probabilities of the states, one row an observation, from the past and present alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Filtered {
    /// Log likelihood of the observations.
    pub log_likelihood: f64,
    /// `P(state_t | x_0 … x_t)`.
    pub probabilities: Vec<Vec<f64>>,
}

impl GaussianHmm {
    /// Checks parameters: probabilities that sum to one, positive variances.
    ///
    /// # Errors
    /// When shapes differ, a row of probabilities does not sum to one, or a variance is not
    /// positive.
    pub fn new(
        initial: Vec<f64>,
        transition: Vec<Vec<f64>>,
        means: Vec<f64>,
        variances: Vec<f64>,
    ) -> Result<Self, Undefined> {
        let states = initial.len();
        require_rows(states, 1)?;
        require_length("transition rows", transition.len(), states)?;
        require_length("means", means.len(), states)?;
        require_length("variances", variances.len(), states)?;
        require_finite("mean", &means)?;
        for row in transition.iter().chain([&initial]) {
            require_length("probabilities", row.len(), states)?;
            require_probabilities(row)?;
        }
        match variances
            .iter()
            .find(|variance| !(**variance > 0.0 && variance.is_finite()))
        {
            Some(variance) => Err(Undefined::VarianceNotPositive {
                variance: *variance,
            }),
            None => Ok(Self {
                initial,
                transition,
                means,
                variances,
            }),
        }
    }

    /// Number of states.
    pub fn states(&self) -> usize {
        self.initial.len()
    }

    /// Means by state.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// Variances by state.
    pub fn variances(&self) -> &[f64] {
        &self.variances
    }

    /// Probabilities of a step, one row a state that it starts from.
    pub fn transition(&self) -> &[Vec<f64>] {
        &self.transition
    }

    /// Orders the states by their means, the lowest first.
    ///
    /// # Errors
    /// None that a checked model can give.
    pub fn ascending(self) -> Result<Self, Undefined> {
        let mut order: Vec<usize> = (0..self.states()).collect();
        let mean = |i: &usize| self.means.get(*i).copied().unwrap_or_default();
        order.sort_by(|a, b| mean(a).total_cmp(&mean(b)));
        let reordered = |values: &[f64]| -> Vec<f64> {
            order
                .iter()
                .filter_map(|i| values.get(*i).copied())
                .collect()
        };
        let rows = order.iter().filter_map(|i| self.transition.get(*i));
        Self::new(
            reordered(&self.initial),
            rows.map(|row| reordered(row)).collect(),
            reordered(&self.means),
            reordered(&self.variances),
        )
    }

    /// Expected shares of steps between states, given probabilities that were filtered and smoothed.
    pub(super) fn transitions_of(
        &self,
        filtered: &[Vec<f64>],
        smoothed: &[Vec<f64>],
    ) -> Vec<Vec<f64>> {
        let states = self.states();
        let mut steps = vec![vec![0.0; states]; states];
        for (now, later) in filtered.iter().zip(smoothed.iter().skip(1)) {
            let predicted = self.one_step_ahead(now);
            let ratio: Vec<f64> = later.iter().zip(&predicted).map(|(l, p)| l / p).collect();
            for (row, (p, from)) in steps.iter_mut().zip(now.iter().zip(&self.transition)) {
                for (step, (a, ratio)) in row.iter_mut().zip(from.iter().zip(&ratio)) {
                    *step += p * a * ratio;
                }
            }
        }
        let share = |(row, old): (Vec<f64>, &Vec<f64>)| {
            let total: f64 = row.iter().sum();
            if 0.0 < total {
                row.into_iter().map(|step| step / total).collect()
            } else {
                old.clone()
            }
        };
        steps.into_iter().zip(&self.transition).map(share).collect()
    }

    /// Filters observations.
    ///
    /// # Errors
    /// When there is no observation or one is not finite.
    pub fn filter(&self, observations: &[f64]) -> Result<Filtered, Undefined> {
        require_rows(observations.len(), 1)?;
        require_finite("observation", observations)?;
        let mut log_likelihood = 0.0;
        let mut predicted = self.initial.clone();
        let mut probabilities = Vec::with_capacity(observations.len());
        for x in observations {
            let (now, log_density) = self.update(&predicted, *x);
            log_likelihood += log_density;
            predicted = self.one_step_ahead(&now);
            probabilities.push(now);
        }
        Ok(Filtered {
            log_likelihood,
            probabilities,
        })
    }

    /// Computes the probabilities of the next row's states from this row's.
    pub fn one_step_ahead(&self, now: &[f64]) -> Vec<f64> {
        (0..self.initial.len())
            .map(|to| {
                let steps = now.iter().zip(&self.transition);
                steps
                    .map(|(p, row)| p * row.get(to).copied().unwrap_or_default())
                    .sum()
            })
            .collect()
    }

    /// Computes `P(state_t | every observation)`. Looks ahead: for description only.
    ///
    /// # Errors
    /// As [`GaussianHmm::filter`].
    pub fn smoothed(&self, observations: &[f64]) -> Result<Vec<Vec<f64>>, Undefined> {
        let mut rows = self.filter(observations)?.probabilities;
        let mut after: Option<Vec<f64>> = None;
        for row in rows.iter_mut().rev() {
            if let Some(later) = &after {
                *row = self.smooth(row, later);
            }
            after = Some(row.clone());
        }
        Ok(rows)
    }

    /// Kim's (1994) backward step: `filtered_t · A (smoothed_{t+1}/predicted_{t+1})`.
    fn smooth(&self, filtered: &[f64], later: &[f64]) -> Vec<f64> {
        let predicted = self.one_step_ahead(filtered);
        let ratio = |state: usize| {
            let below = predicted.get(state).copied().unwrap_or_default();
            let above = later.get(state).copied().unwrap_or_default();
            if below > 0.0 { above / below } else { 0.0 }
        };
        filtered
            .iter()
            .zip(&self.transition)
            .map(|(p, row)| {
                p * row
                    .iter()
                    .enumerate()
                    .map(|(to, a)| a * ratio(to))
                    .sum::<f64>()
            })
            .collect()
    }

    /// Weighs predicted states by the density of one observation, in logs against underflow.
    fn update(&self, predicted: &[f64], x: f64) -> (Vec<f64>, f64) {
        let logs: Vec<f64> = predicted
            .iter()
            .zip(self.means.iter().zip(&self.variances))
            .map(|(p, (mean, variance))| libm::log(*p) + log_density(x - mean, *variance))
            .collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let shares: Vec<f64> = logs.iter().map(|log| libm::exp(log - largest)).collect();
        let total: f64 = shares.iter().sum();
        (
            shares.iter().map(|share| share / total).collect(),
            largest + libm::log(total),
        )
    }
}

fn log_density(gap: f64, variance: f64) -> f64 {
    -0.5 * (libm::log(std::f64::consts::TAU * variance) + gap * gap / variance)
}

fn require_probabilities(row: &[f64]) -> Result<(), Undefined> {
    let total: f64 = row.iter().sum();
    let inside = row.iter().all(|p| (0.0..=1.0).contains(p));
    if inside && (total - 1.0).abs() < 1e-9 {
        return Ok(());
    }
    Err(Undefined::Domain {
        what: "sum of probabilities",
        value: total,
        needed: "one",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Result<GaussianHmm, Undefined> {
        let transition = vec![vec![0.9, 0.1], vec![0.2, 0.8]];
        GaussianHmm::new(vec![0.5, 0.5], transition, vec![-1.0, 1.0], vec![0.5, 2.0])
    }

    // Bayes' rule over all eight paths of three observations.
    #[test]
    fn agrees_with_a_sum_over_every_path() -> Result<(), Undefined> {
        let (model, x) = (model()?, [0.3, -0.7, 2.0]);
        let (mut total, mut first_state) = (0.0, 0.0);
        for path in 0..8_usize {
            let state = |t: usize| path >> t & 1;
            let mut weight = model.initial[state(0)];
            for (t, value) in x.iter().enumerate() {
                if t > 0 {
                    weight *= model.transition[state(t - 1)][state(t)];
                }
                let (mean, variance) = (model.means[state(t)], model.variances[state(t)]);
                weight *= libm::exp(log_density(value - mean, variance));
            }
            total += weight;
            first_state += if state(0) == 0 { weight } else { 0.0 };
        }
        assert!((model.filter(&x)?.log_likelihood - libm::log(total)).abs() < 1e-13);
        assert!((model.smoothed(&x)?[0][0] - first_state / total).abs() < 1e-13);
        Ok(())
    }

    #[test]
    fn the_future_changes_no_filtered_row() -> Result<(), Undefined> {
        let model = model()?;
        let whole = model.filter(&[0.3, -0.7, 2.0, 9.0])?.probabilities;
        let part = model.filter(&[0.3, -0.7])?.probabilities;
        assert_eq!(part, whole[..2]);
        Ok(())
    }

    #[test]
    fn parameters_that_are_no_model_are_refused() {
        let half = vec![vec![0.5, 0.4], vec![0.5, 0.5]];
        assert!(GaussianHmm::new(vec![1.0, 0.0], half, vec![0.0; 2], vec![1.0; 2]).is_err());
    }
}
