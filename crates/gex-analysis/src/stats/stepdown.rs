//! Stepwise tests: which of many models beat the benchmark, at a family-wise error rate.
//!
//! ```text
//! StepM: select every model whose statistic exceeds the critical value of the largest; drop them;
//!        repeat with the rest until none is selected or none is left
//! Romano-Wolf: p_(j) = max_{i≤j} (1 + #{ max_{k ranked ≥ i} t*_k ≥ t_(i) }) / (1 + B)
//! ```
//!
//! Romano and Wolf (2005, algorithm 3.1; 2016). `arch` 8.0.0 raises where every model is selected
//! over several rounds; the loop here stops when no model is left.

use super::Undefined;
use super::moments::quantile;
use super::spa::{Differences, Recentring, Scale};

/// One round of the stepwise test.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// Critical value of the largest statistic among the models still in.
    pub critical: f64,
    /// Models selected in this round, by position.
    pub selected: Vec<usize>,
}

/// The stepwise test.
#[derive(Debug, Clone, PartialEq)]
pub struct StepM {
    /// Rounds that selected a model.
    pub rounds: Vec<Round>,
    /// Every model selected, ascending by position.
    pub superior: Vec<usize>,
}

/// Finds the models that beat the benchmark, with consistent recentring.
///
/// # Errors
/// When the size lies outside `[0, 1]`.
pub fn step_m(differences: &Differences, scale: Scale, size: f64) -> Result<StepM, Undefined> {
    let statistics = differences.statistics(scale);
    let null = differences.null_statistics(scale, Recentring::Consistent);
    let mut left: Vec<usize> = (0..differences.models()).collect();
    let mut found = StepM {
        rounds: Vec::new(),
        superior: Vec::new(),
    };
    while !left.is_empty() {
        let critical = quantile(&largest_of(&null, &left), 1.0 - size)?;
        let beats = |model: &usize| statistics.get(*model).is_some_and(|t| *t > critical);
        let (selected, rest): (Vec<usize>, Vec<usize>) = left.into_iter().partition(beats);
        if selected.is_empty() {
            break;
        }
        found.superior.extend(&selected);
        found.rounds.push(Round { critical, selected });
        left = rest;
    }
    found.superior.sort_unstable();
    Ok(found)
}

/// Computes one-sided p-values adjusted by the studentised step-down of Romano and Wolf.
///
/// The result keeps the order of the models.
pub fn romano_wolf(differences: &Differences) -> Vec<f64> {
    let statistics = differences.statistics(Scale::Studentised);
    let null = differences.null_statistics(Scale::Studentised, Recentring::Upper);
    let mut ranked: Vec<(usize, f64)> = statistics.into_iter().enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let order: Vec<usize> = ranked.iter().map(|(model, _)| *model).collect();
    let mut adjusted = Vec::with_capacity(ranked.len());
    let mut highest = 0.0_f64;
    for (rank, (model, statistic)) in ranked.into_iter().enumerate() {
        let among = order.get(rank..).unwrap_or_default();
        let above = largest_of(&null, among)
            .iter()
            .filter(|draw| **draw >= statistic)
            .count();
        highest = highest.max((1.0 + above as f64) / (1.0 + null.len() as f64));
        adjusted.push((model, highest));
    }
    adjusted.sort_by_key(|(model, _)| *model);
    adjusted.into_iter().map(|(_, p_value)| p_value).collect()
}

/// The largest entry of each row among the given columns.
fn largest_of(rows: &[Vec<f64>], columns: &[usize]) -> Vec<f64> {
    rows.iter()
        .map(|row| {
            let chosen = columns.iter().filter_map(|column| row.get(*column));
            chosen.copied().fold(f64::NEG_INFINITY, f64::max)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::bootstrap::draw_stationary;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    // Every model beats the benchmark by a wide margin: the loop must end by itself.
    #[test]
    fn selecting_every_model_ends_the_loop() -> Result<(), Undefined> {
        let noise = |pace: f64| -> Vec<f64> {
            (0..90)
                .map(|t| 0.1 * libm::sin(pace * f64::from(t)))
                .collect()
        };
        let benchmark: Vec<f64> = noise(0.3).iter().map(|loss| loss + 5.0).collect();
        let models = [noise(0.7), noise(1.1), noise(1.9)];
        let slices: Vec<&[f64]> = models.iter().map(Vec::as_slice).collect();
        let draws = draw_stationary(90, 199, 3.0, &mut ChaCha8Rng::seed_from_u64(5))?;
        let differences = Differences::new(&benchmark, &slices, &draws, 3.0)?;
        assert_eq!(
            step_m(&differences, Scale::Plain, 0.05)?.superior,
            [0, 1, 2]
        );
        assert!(
            romano_wolf(&differences)
                .iter()
                .all(|p| (p - 0.005).abs() < 1e-15)
        );
        Ok(())
    }
}
