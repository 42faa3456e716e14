//! Hidden Markov regimes estimated by maximum likelihood, and labelled as they could have been in real time.
//!
//! ```text
//! E-step   γ_t = P(s_t | x), ξ_t(i, j) = P(s_t = i, s_{t+1} = j | x)
//! M-step   π = γ_0      a_ij = Σ ξ_t(i, j) / Σ γ_t(i)      μ_i, σ²_i = moments weighted by γ_t(i)
//! ```
//!
//! Baum, Petrie, Soules and Weiss (1970); Hamilton (1989). Starting values are the moments of equal parts of the
//! sorted sample, so that an estimate is a function of the sample alone.

use super::Undefined;
use super::hmm::GaussianHmm;
use super::moments::{mean, variance};
use super::undefined::{require_finite, require_rows};

/// Steps of the EM algorithm at most.
const MAX_STEPS: usize = 500;
/// Gain of the mean log likelihood at which it ends.
const TOLERANCE: f64 = 1e-10;
/// Smallest variance of a state, as a share of the sample's: a state on one point has no likelihood.
const SMALLEST_SHARE: f64 = 1e-4;
/// Probability of staying, to start with.
const STAYING: f64 = 0.95;

/// Estimates a model of `states` states, ascending by their means.
///
/// # Errors
/// When there are fewer than ten observations a state, one is not finite, or they do not vary.
pub fn fit(observations: &[f64], states: usize) -> Result<GaussianHmm, Undefined> {
    require_rows(observations.len(), 10 * states.max(1))?;
    require_finite("observation", observations)?;
    let smallest = SMALLEST_SHARE * variance(observations)?;
    if smallest <= 0.0 {
        return Err(Undefined::ZeroVariance { what: "the signal" });
    }
    let mut model = starting(observations, states, smallest)?;
    let mut before = f64::NEG_INFINITY;
    for _ in 0..MAX_STEPS {
        let (next, likelihood) = step(&model, observations, smallest)?;
        if likelihood - before <= TOLERANCE * observations.len() as f64 {
            break;
        }
        (model, before) = (next, likelihood);
    }
    model.ascending()
}

fn starting(observations: &[f64], states: usize, smallest: f64) -> Result<GaussianHmm, Undefined> {
    let mut sorted = observations.to_vec();
    sorted.sort_by(f64::total_cmp);
    let parts: Vec<&[f64]> = (0..states)
        .filter_map(|i| sorted.get(i * sorted.len() / states..(i + 1) * sorted.len() / states))
        .collect();
    let leaving = (1.0 - STAYING) / (states.max(2) - 1) as f64;
    let row = |i: usize| {
        let to = |j: usize| if i == j { STAYING } else { leaving };
        if states == 1 {
            vec![1.0]
        } else {
            (0..states).map(to).collect()
        }
    };
    GaussianHmm::new(
        vec![1.0 / states as f64; states],
        (0..states).map(row).collect(),
        parts
            .iter()
            .map(|part| mean(part))
            .collect::<Result<_, _>>()?,
        parts
            .iter()
            .map(|part| variance(part).map(|v| v.max(smallest)))
            .collect::<Result<_, _>>()?,
    )
}

/// One step of EM, with the log likelihood of the model that it starts from.
fn step(
    model: &GaussianHmm,
    observations: &[f64],
    smallest: f64,
) -> Result<(GaussianHmm, f64), Undefined> {
    let filtered = model.filter(observations)?;
    let smoothed = model.smoothed(observations)?;
    let states = model.states();
    let weight = |state: usize, row: &Vec<f64>| row.get(state).copied().unwrap_or_default();
    let mut means = Vec::with_capacity(states);
    let mut variances = Vec::with_capacity(states);
    for state in 0..states {
        let weighted = |f: &dyn Fn(f64) -> f64| -> f64 {
            let pairs = observations.iter().zip(&smoothed);
            pairs.map(|(x, row)| weight(state, row) * f(*x)).sum()
        };
        let total = weighted(&|_| 1.0).max(f64::MIN_POSITIVE);
        let centre = weighted(&|x| x) / total;
        means.push(centre);
        variances.push((weighted(&|x| (x - centre).powi(2)) / total).max(smallest));
    }
    let next = GaussianHmm::new(
        normalised(smoothed.first().cloned().unwrap_or_default()),
        model.transitions_of(&filtered.probabilities, &smoothed),
        means,
        variances,
    )?;
    Ok((next, filtered.log_likelihood))
}

fn normalised(weights: Vec<f64>) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

/// How a model is kept up to date while time goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refits {
    /// Number of states.
    pub states: usize,
    /// Values before the first estimate.
    pub min_history: usize,
    /// Values between two estimates.
    pub every: usize,
}

/// Labels each value by its most probable state under a model estimated on strictly earlier values.
///
/// The model is estimated again every [`Refits::every`] values; the probabilities are filtered, so that a label
/// rests on values up to its own. States count from 0, ascending by mean. A missing value keeps the label.
///
/// # Errors
/// When a value is not finite. A past that holds no model gives no label.
pub fn labels(signal: &[Option<f64>], refits: Refits) -> Result<Vec<Option<usize>>, Undefined> {
    let known: Vec<f64> = signal.iter().copied().flatten().collect();
    require_finite("signal", &known)?;
    let mut of_known = vec![None; known.len()];
    let mut from = refits.min_history;
    while from < known.len() {
        let to = (from + refits.every.max(1)).min(known.len());
        let (past, seen) = (known.get(..from), known.get(..to));
        if let (Some(past), Some(seen)) = (past, seen)
            && let Ok(model) = fit(past, refits.states)
        {
            let probabilities = model.filter(seen)?.probabilities;
            let fresh = of_known.iter_mut().zip(&probabilities).skip(from);
            fresh.for_each(|(label, row)| *label = Some(most_probable(row)));
        }
        from = to;
    }
    let mut values = of_known.into_iter();
    let mut label = None;
    let carried = signal.iter().map(|value| {
        if value.is_some() {
            label = values.next().flatten().or(label);
        }
        label
    });
    Ok(carried.collect())
}

fn most_probable(row: &[f64]) -> usize {
    let best = |best: (usize, f64), (i, p): (usize, &f64)| if best.1 < *p { (i, *p) } else { best };
    row.iter().enumerate().fold((0, f64::NEG_INFINITY), best).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::noise;

    /// Two states that stay 50 rows each, means ∓2, deviations 1 and 0.5.
    fn switching(rows: usize) -> Vec<f64> {
        let draws = noise(rows, 7);
        let value = |(i, e): (usize, &f64)| {
            if (i / 50) % 2 == 0 {
                e - 2.0
            } else {
                0.5 * e + 2.0
            }
        };
        draws.iter().enumerate().map(value).collect()
    }

    #[test]
    fn planted_states_are_found() {
        let model = fit(&switching(2_000), 2).unwrap();
        assert!((model.means()[0] + 2.0).abs() < 0.1, "{model:?}");
        assert!((model.means()[1] - 2.0).abs() < 0.1, "{model:?}");
        assert!((model.variances()[0] - 1.0).abs() < 0.1, "{model:?}");
        assert!((model.variances()[1] - 0.25).abs() < 0.05, "{model:?}");
        assert!((model.transition()[0][0] - 0.98).abs() < 0.01, "{model:?}");
    }

    // hmmlearn 0.3.3, GaussianHMM(2, "diag", tol=1e-12, n_iter=1000, min_covar=1e-12, priors off) from the same
    // starting values on x_t = sin(t) + 2 [t mod 40 < 20], t = 0 … 199.
    #[test]
    fn an_estimate_agrees_with_another_program() {
        let x: Vec<f64> = (0..200)
            .map(|t| f64::from(t).sin() + if t % 40 < 20 { 2.0 } else { 0.0 })
            .collect();
        let model = fit(&x, 2).unwrap();
        let likelihood = model.filter(&x).unwrap().log_likelihood;
        assert!((likelihood - HMMLEARN.0).abs() < 1e-5, "{likelihood}");
        assert!((model.means()[0] - HMMLEARN.1).abs() < 1e-5, "{model:?}");
        assert!((model.means()[1] - HMMLEARN.2).abs() < 1e-5, "{model:?}");
        assert!(
            (model.variances()[0] - HMMLEARN.3).abs() < 1e-5,
            "{model:?}"
        );
    }

    const HMMLEARN: (f64, f64, f64, f64) =
        (-246.274_707_45, -0.005_461_96, 1.990_544_41, 0.505_548_91);

    #[test]
    fn labels_do_not_move_when_the_future_does() {
        let refits = Refits {
            states: 2,
            min_history: 200,
            every: 50,
        };
        let signal: Vec<Option<f64>> = switching(600).into_iter().map(Some).collect();
        let whole = labels(&signal, refits).unwrap();
        assert!(whole[..200].iter().all(Option::is_none) && whole[200].is_some());
        let mut poisoned = signal.clone();
        poisoned.iter_mut().skip(430).for_each(|x| *x = Some(1e9));
        assert_eq!(labels(&poisoned, refits).unwrap()[..430], whole[..430]);
        assert_eq!(labels(&signal[..430], refits).unwrap(), whole[..430]);
        let right = (200..600)
            .filter(|i| whole[*i] == Some((i / 50) % 2))
            .count();
        assert!(385 < right, "{right} of 400");
    }
}
