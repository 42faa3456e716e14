//! How often the test of this study rejects on this study's own data, when the signal can't know anything.
//!
//! A placebo is the study's own signal, shifted in time in a circle: its level, persistence and
//! jumps stay, its relation to what came after is gone. It goes through scales, regimes, controls and
//! gates as the signal itself does. The share of placebos that a 5 % test rejects is its size on
//! these data.

use serde::{Deserialize, Serialize};

use crate::findings::Role;
use crate::gate::sample_gates;
use crate::grid::{Grid, Step};
use crate::headline;
use crate::inputs::{Inputs, Signals, VendorPoint};
use crate::panel::panel;
use crate::parallel::ordered_map;
use crate::run::StudyError;
use crate::stats::autocorrelation::autocorrelations;
use crate::stats::circular_shift::embargo;
use crate::study::{Hypothesis, Study};
use crate::verdict::SIZE;

/// Placebos of a study, as many as give the rate an error of one point.
pub const PLACEBOS: usize = 500;
/// Cells of the histogram of p-values.
const CELLS: usize = 10;

/// What became of the placebos of one hypothesis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaceboRate {
    /// Identifier of the hypothesis.
    pub hypothesis: String,
    /// Placebos whose headline could be estimated.
    pub placebos: usize,
    /// Of them, those with a p-value of 0.05 or below.
    pub rejected: usize,
    /// Share of the placebos that was rejected; null where none could be estimated.
    pub rate: Option<f64>,
    /// Error of the rate. Neighbouring shifts of a persistent signal reject together: their dependence is
    /// in it (Bartlett weights over `1.3·√n` neighbours).
    pub error: Option<f64>,
    /// Placebos by p-value, in ten cells of equal width; flat where the test has its size.
    pub histogram: Vec<usize>,
    /// Why there is no rate, where there is none.
    pub undefined: Option<String>,
}

/// Runs `count` placebos of every primary hypothesis, or of every one where none is primary.
///
/// Shifts are spread evenly over `[e, n − e]` sessions with `e = max(2h, 63)`; the p-value is that of the
/// headline, by equal-weighted cosines.
///
/// # Errors
///
/// [`StudyError`] where the study itself can't be carried out.
pub fn placebo_rates(
    study: &Study,
    inputs: &Inputs<'_>,
    count: usize,
) -> Result<Vec<PlaceboRate>, StudyError> {
    inputs.check()?;
    let primary = |h: &&Hypothesis| h.role == Role::Primary;
    let mut tested: Vec<&Hypothesis> = study.hypotheses().iter().filter(primary).collect();
    if tested.is_empty() {
        tested = study.hypotheses().iter().collect();
    }
    { tested.into_iter() }
        .map(|hypothesis| rate(hypothesis, inputs, count))
        .collect()
}

fn rate(
    hypothesis: &Hypothesis,
    inputs: &Inputs<'_>,
    count: usize,
) -> Result<PlaceboRate, StudyError> {
    let grid = inputs.grid(Step::of(hypothesis.outcome.horizon))?;
    let own = panel(hypothesis, inputs, &grid).map_err(|reason| StudyError::Regime {
        id: hypothesis.id.clone(),
        reason,
    })?;
    let sample = own.sample(&hypothesis.controls);
    let gates = sample_gates(&sample);
    let refused = gates.first().map(ToString::to_string);
    let shifts = shifts(own.rows.len(), embargo(sample.overlap), count);
    let p_values: Vec<f64> = match refused {
        Some(_) => Vec::new(),
        None => ordered_map(&shifts, |shift| p_value(hypothesis, inputs, &grid, *shift))
            .into_iter()
            .flatten()
            .collect(),
    };
    let undefined = match refused {
        Some(reason) => Some(reason),
        None if shifts.is_empty() => Some("the series is too short to be shifted".to_owned()),
        None if p_values.is_empty() => Some("no placebo could be estimated".to_owned()),
        None => None,
    };
    Ok(told(&hypothesis.id, &p_values, undefined))
}

fn told(id: &str, p_values: &[f64], undefined: Option<String>) -> PlaceboRate {
    let rejected = p_values.iter().filter(|p| **p <= SIZE).count();
    let share = |part: usize| part as f64 / p_values.len() as f64;
    let rate = (!p_values.is_empty()).then(|| share(rejected));
    let mut histogram = vec![0; CELLS];
    for p in p_values {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a p-value lies in [0, 1]"
        )]
        let cell = (p * CELLS as f64) as usize;
        histogram[cell.min(CELLS - 1)] += 1;
    }
    PlaceboRate {
        hypothesis: id.to_owned(),
        placebos: p_values.len(),
        rejected,
        rate,
        error: rate.map(|rate| error(p_values, rate)),
        histogram,
        undefined,
    }
}

/// Error of a share of rejections among placebos in the order of their shifts.
///
/// ```text
/// √(π·(1 − π)·v/n)      v = 1 + 2·Σ (1 − j/(L + 1))·ρ_j, at least 1
/// ```
fn error(p_values: &[f64], rate: f64) -> f64 {
    let n = p_values.len() as f64;
    let rejections: Vec<f64> = p_values
        .iter()
        .map(|p| f64::from(u8::from(*p <= SIZE)))
        .collect();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a root of a count"
    )]
    let lags = (1.3 * libm::sqrt(n)) as usize;
    let correlations = autocorrelations(&rejections, lags).unwrap_or_default();
    let weighed = correlations.iter().zip(1..);
    let sum: f64 = weighed
        .map(|(rho, j)| (1.0 - f64::from(j) / (lags as f64 + 1.0)) * rho)
        .sum();
    libm::sqrt(rate * (1.0 - rate) * (1.0 + 2.0 * sum).max(1.0) / n)
}

/// Shifts in rows, evenly over `[embargo, rows − embargo]`, none twice.
fn shifts(rows: usize, embargo: usize, count: usize) -> Vec<usize> {
    let room = (rows + 1).saturating_sub(2 * embargo);
    let count = count.min(room);
    (0..count).map(|k| embargo + k * room / count).collect()
}

fn p_value(hypothesis: &Hypothesis, inputs: &Inputs<'_>, grid: &Grid, shift: usize) -> Option<f64> {
    let placebo = Shifted::new(hypothesis, inputs, shift);
    let panel = panel(hypothesis, &placebo.inputs(inputs), grid).ok()?;
    let sample = panel.sample(&hypothesis.controls);
    let answer = headline::level(hypothesis.outcome.kind, &sample, &hypothesis.controls).ok()?;
    Some(answer.p_ewc)
}

/// A study's signals, shifted in a circle; their clocks stay.
enum Shifted {
    Chains(Vec<gex_compute::series::GexPoint>),
    Vendor(Vec<VendorPoint>),
}

impl Shifted {
    fn new(hypothesis: &Hypothesis, inputs: &Inputs<'_>, shift: usize) -> Self {
        match inputs.signals {
            Signals::Chains(points) => {
                let model = &hypothesis.signal.positioning;
                let own: Vec<_> = points.iter().filter(|p| p.positioning == *model).collect();
                let moved = own.iter().enumerate().map(|(i, point)| {
                    let mut moved = (*point).clone();
                    moved.measures = own[(i + shift) % own.len()].measures.clone();
                    moved
                });
                Self::Chains(moved.collect())
            }
            Signals::Vendor { points, .. } => {
                let moved = points.iter().enumerate().map(|(i, point)| VendorPoint {
                    value: points[(i + shift) % points.len()].value,
                    ..*point
                });
                Self::Vendor(moved.collect())
            }
        }
    }

    fn inputs<'a>(&'a self, own: &Inputs<'a>) -> Inputs<'a> {
        let signals = match (self, own.signals) {
            (Self::Vendor(points), Signals::Vendor { rule, .. }) => {
                Signals::Vendor { points, rule }
            }
            (Self::Chains(points), _) => Signals::Chains(points),
            (Self::Vendor(_), signals) => signals,
        };
        Inputs {
            signals,
            ..own.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_keep_their_distance_and_none_comes_twice() {
        assert_eq!(shifts(1_000, 63, 3), [63, 354, 646]);
        let all = shifts(130, 63, 500);
        assert_eq!(all, [63, 64, 65, 66, 67]);
        assert!(shifts(100, 63, 500).is_empty());
    }

    #[test]
    fn a_rate_is_told_with_its_error_and_a_histogram() {
        // Rejections far apart, then the same number side by side.
        let apart: Vec<f64> = (0..100)
            .map(|i| f64::from((i * 37) % 100) / 100.0)
            .collect();
        let rate = told("x", &apart, None);
        assert_eq!((rate.placebos, rate.rejected), (100, 6));
        assert_eq!(rate.histogram, vec![10; 10]);
        let independent = (0.06_f64 * 0.94 / 100.0).sqrt();
        assert!(rate.error.unwrap() < 1.3 * independent);
        let together: Vec<f64> = (0..100).map(|i| f64::from(i) / 100.0).collect();
        let error = told("x", &together, None).error.unwrap();
        assert!(1.8 * independent < error, "{error} against {independent}");
        assert_eq!(told("x", &[], Some("short".to_owned())).rate, None);
    }
}
