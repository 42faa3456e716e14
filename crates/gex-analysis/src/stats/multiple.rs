//! p-values adjusted for the number of hypotheses.
//!
//! ```text
//! p₍₁₎ ≤ … ≤ p₍ₘ₎
//! Bonferroni  m p            Holm  max_{j≤i} (m − j + 1) p₍ⱼ₎
//! BH  min_{j≥i} m p₍ⱼ₎/j     BY  BH times Σ_{j≤m} 1/j          each capped at 1
//! ```
//!
//! Holm (1979) bounds the family-wise error under any dependence. Benjamini and Hochberg (1995)
//! bound the false discovery rate under positive dependence, Benjamini and Yekutieli (2001) under
//! any.

use super::Undefined;
use super::undefined::require_rows;

/// How p-values are adjusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adjustment {
    /// Bonferroni.
    Bonferroni,
    /// Holm's step-down.
    Holm,
    /// Benjamini and Hochberg's step-up.
    BenjaminiHochberg,
    /// Benjamini and Yekutieli's step-up.
    BenjaminiYekutieli,
}

/// Adjusts a family of p-values; the result keeps the order of the input.
///
/// # Errors
/// When the family is empty or a value lies outside `[0, 1]`.
///
/// ```
/// use gex_analysis::stats::multiple::{Adjustment, adjust};
/// assert_eq!(adjust(&[0.25, 0.125], Adjustment::Holm)?, [0.25, 0.25]);
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn adjust(p_values: &[f64], adjustment: Adjustment) -> Result<Vec<f64>, Undefined> {
    require_rows(p_values.len(), 1)?;
    if let Some(value) = p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        let needed = "between 0 and 1";
        return Err(Undefined::Domain {
            what: "p-value",
            value: *value,
            needed,
        });
    }
    let mut ranked: Vec<(usize, f64)> = p_values.iter().copied().enumerate().collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    match adjustment {
        Adjustment::Bonferroni => scale_by_rank(&mut ranked, |_, family| family),
        Adjustment::Holm => {
            scale_by_rank(&mut ranked, |rank, family| family - rank + 1.0);
            keep_rising(&mut ranked);
        }
        Adjustment::BenjaminiHochberg => step_up(&mut ranked, 1.0),
        Adjustment::BenjaminiYekutieli => {
            let harmonic = (1..=p_values.len()).map(|j| (j as f64).recip()).sum();
            step_up(&mut ranked, harmonic);
        }
    }
    ranked.sort_by_key(|(position, _)| *position);
    Ok(ranked.into_iter().map(|(_, p)| p.min(1.0)).collect())
}

fn step_up(ranked: &mut [(usize, f64)], penalty: f64) {
    scale_by_rank(ranked, |rank, family| penalty * family / rank);
    let mut lowest = f64::INFINITY;
    for (_, p) in ranked.iter_mut().rev() {
        lowest = lowest.min(*p);
        *p = lowest;
    }
}

fn keep_rising(ranked: &mut [(usize, f64)]) {
    let mut highest = 0.0_f64;
    for (_, p) in ranked {
        highest = highest.max(*p);
        *p = highest;
    }
}

/// Multiplies each p-value by a factor of its rank (from 1) and the size of the family.
fn scale_by_rank(ranked: &mut [(usize, f64)], factor: impl Fn(f64, f64) -> f64) {
    let family = ranked.len() as f64;
    for (index, (_, p)) in ranked.iter_mut().enumerate() {
        *p *= factor(index as f64 + 1.0, family);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Benjamini and Hochberg (1995), section 4.1: at 5 % the step-up rejects the four smallest of
    // these fifteen, Bonferroni (and Holm) the three smallest.
    const PUBLISHED: [f64; 15] = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
        0.5719, 0.6528, 0.7590, 1.0000,
    ];

    fn rejected(adjustment: Adjustment) -> Result<usize, Undefined> {
        Ok(adjust(&PUBLISHED, adjustment)?
            .iter()
            .filter(|p| **p <= 0.05)
            .count())
    }

    #[test]
    fn rejections_match_the_published_example() -> Result<(), Undefined> {
        assert_eq!(rejected(Adjustment::Bonferroni)?, 3);
        assert_eq!(rejected(Adjustment::Holm)?, 3);
        assert_eq!(rejected(Adjustment::BenjaminiHochberg)?, 4);
        Ok(())
    }

    #[test]
    fn a_value_that_is_no_probability_is_refused() {
        assert!(adjust(&[0.2, f64::NAN], Adjustment::Holm).is_err());
        assert!(adjust(&[], Adjustment::Holm).is_err());
    }
}
