//! Two regimes compared by four statistics, each tested as if rows were independent and as they are.
//!
//! ```text
//! mean          mean in the lowest regime less mean in the highest
//! rank          P(lowest > highest) − ½, from mid-ranks                 (Mann and Whitney 1947)
//! spread        mean |y − median(y)| in the lowest less in the highest  (Brown and Forsythe 1974)
//! distribution  sup |F_lowest − F_highest|                              (Kolmogorov, Smirnov)
//! ```
//!
//! Under persistence the tests of the textbook reject a true null in two samples out of three. The same statistics are
//! therefore ranked among their values at every circular shift of the regime, and resampled in blocks.

use crate::findings::{Comparison, PlainP};
use crate::panel::Sample;
use crate::resamples::Resamples;
use crate::stats::Undefined;
use crate::stats::bootstrap::regime_mean_difference;
use crate::stats::circular_shift::{ShiftPlacebo, embargo, mean_difference};
use crate::stats::kolmogorov::{KolmogorovMethod, kolmogorov_smirnov};
use crate::stats::moments::median;
use crate::stats::ranks::{RankMethod, average_ranks, mann_whitney};
use crate::stats::two_sample::{SpreadCentre, equal_spread, welch};

/// Compares the rows of the lowest regime with those of the highest; those between are left out.
///
/// # Errors
///
/// [`Undefined`] if one of the two has no row.
pub fn comparisons(sample: &Sample, resamples: &Resamples) -> Result<Vec<Comparison>, Undefined> {
    let pair = Pair::of(sample)?;
    let ranks = average_ranks(&pair.outcome);
    let centre = median(&pair.outcome)?;
    let spread: Vec<f64> = pair.outcome.iter().map(|y| (y - centre).abs()).collect();
    let unit = "the outcome's own unit, lowest less highest";
    let welch = welch(&pair.low, &pair.high).map(|test| test.p_value);
    let ranked = mann_whitney(&pair.low, &pair.high, RankMethod::NormalContinuity);
    let spreads = equal_spread(&pair.low, &pair.high, SpreadCentre::Median);
    Ok(vec![
        pair.by_mean(&pair.outcome, resamples, ("mean", unit), ("Welch", welch)),
        Comparison {
            statistic: ranked.as_ref().ok().map(|test| test.auc - 0.5),
            ..pair.by_mean(
                &ranks,
                resamples,
                ("rank", "probability that a row of the lowest exceeds one of the highest, less one half"),
                ("Mann-Whitney", ranked.map(|test| test.p_value)),
            )
        },
        pair.by_mean(
            &spread,
            resamples,
            ("spread", unit),
            ("Brown-Forsythe", spreads.map(|test| test.p_value)),
        ),
        pair.by_distribution(),
    ])
}

/// The rows of two regimes, in the order of time.
struct Pair {
    outcome: Vec<f64>,
    in_low: Vec<bool>,
    low: Vec<f64>,
    high: Vec<f64>,
    embargo: usize,
}

impl Pair {
    fn of(sample: &Sample) -> Result<Self, Undefined> {
        let last = sample.regimes.len().saturating_sub(1);
        let rows = sample.outcome.iter().zip(&sample.labels);
        let chosen: Vec<(f64, bool)> = rows
            .filter(|(_, label)| **label == 0 || **label == last)
            .map(|(y, label)| (*y, *label == 0))
            .collect();
        let side = |low: bool| -> Vec<f64> {
            let of_side = chosen.iter().filter(|(_, in_low)| *in_low == low);
            of_side.map(|(y, _)| *y).collect()
        };
        let (low, high) = (side(true), side(false));
        if low.is_empty() || high.is_empty() {
            return Err(Undefined::ZeroVariance { what: "the regime" });
        }
        let (outcome, in_low) = chosen.into_iter().unzip();
        Ok(Self {
            outcome,
            in_low,
            low,
            high,
            embargo: embargo(sample.overlap),
        })
    }

    /// A statistic that is a difference of means of some function of the rows.
    fn by_mean(
        &self,
        values: &[f64],
        resamples: &Resamples,
        (name, unit): (&str, &str),
        (method, independent): (&str, Result<f64, Undefined>),
    ) -> Comparison {
        let shift = mean_difference(values, &self.in_low, self.embargo);
        let draws = resamples.of(values.len());
        let drawn = draws.and_then(|draws| {
            regime_mean_difference(values, &self.in_low, &draws, crate::inference::COVERAGE)
        });
        let block = Resamples::mean_block(values.len());
        Comparison {
            name: name.to_owned(),
            statistic: shift.as_ref().ok().map(|shift| shift.statistic),
            unit: unit.to_owned(),
            independent: PlainP {
                method: format!("{method}, rows taken as independent"),
                value: independent.ok(),
            },
            shift: shifted(&shift),
            bootstrap: PlainP {
                method: format!(
                    "stationary bootstrap, blocks of {block} rows, {} draws",
                    resamples.draws()
                ),
                value: drawn.ok().map(|drawn| drawn.p_value),
            },
        }
    }

    fn by_distribution(&self) -> Comparison {
        let independent = kolmogorov_smirnov(&self.low, &self.high, KolmogorovMethod::Asymptotic);
        let shift = self.distances();
        Comparison {
            name: "distribution".to_owned(),
            statistic: independent.as_ref().ok().map(|test| test.statistic),
            unit: "largest distance between distribution functions".to_owned(),
            independent: PlainP {
                method: "Kolmogorov-Smirnov, rows taken as independent".to_owned(),
                value: independent.ok().map(|test| test.p_value),
            },
            shift: shifted(&shift),
            bootstrap: PlainP {
                method: "none: a largest distance has no centre to resample about".to_owned(),
                value: None,
            },
        }
    }

    /// The largest distance at every shift of the regime. One sort serves them all.
    fn distances(&self) -> Result<ShiftPlacebo, Undefined> {
        let mut order: Vec<usize> = (0..self.outcome.len()).collect();
        let value = |t: &usize| self.outcome.get(*t).copied().unwrap_or(f64::NAN);
        order.sort_by(|a, b| value(a).total_cmp(&value(b)));
        let last_of_tie: Vec<bool> = order
            .iter()
            .zip(order.iter().skip(1).map(Some).chain([None]))
            .map(|(now, next)| next.is_none_or(|next| value(now) < value(next)))
            .collect();
        let rows = order.len();
        let by_shift: Vec<f64> = (0..rows)
            .map(|shift| self.distance(&order, &last_of_tie, rows - shift))
            .collect();
        ShiftPlacebo::rank(&by_shift, self.embargo)
    }

    fn distance(&self, order: &[usize], last_of_tie: &[bool], ahead: usize) -> f64 {
        let rows = order.len();
        let up = (self.low.len() as f64).recip();
        let down = (self.high.len() as f64).recip();
        let (mut gap, mut largest) = (0.0_f64, 0.0_f64);
        for (t, last) in order.iter().zip(last_of_tie) {
            let inside = self.in_low.get((t + ahead) % rows).copied();
            gap += if inside == Some(true) { up } else { -down };
            if *last {
                largest = largest.max(gap.abs());
            }
        }
        largest
    }
}

fn shifted(placebo: &Result<ShiftPlacebo, Undefined>) -> PlainP {
    PlainP {
        method: match placebo {
            Ok(placebo) => format!("circular shift, {} shifts", placebo.null.len()),
            Err(reason) => format!("circular shift, undefined: {reason}"),
        },
        value: placebo.as_ref().ok().map(|placebo| placebo.p_value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{made_up, noise};

    fn found(outcome: Vec<f64>) -> Vec<Comparison> {
        // Spells of 13 rows, so that no shift in the range repeats the regime.
        let regime: Vec<f64> = (0..997)
            .map(|t| if (t / 13) % 3 == 0 { -1.0 } else { 1.0 })
            .collect();
        let (_, sample) = made_up(regime, outcome);
        comparisons(&sample, &Resamples::new(3, 499)).unwrap()
    }

    #[test]
    fn a_statistic_at_shift_zero_is_the_textbooks() {
        let rows = found(noise(997, 1));
        let distribution = &rows[3];
        // The shift's own statistic and the test's must be one number.
        assert!(distribution.statistic.unwrap() < 0.12);
        assert!(distribution.shift.value.unwrap() > 0.01);
        assert!(
            rows.iter()
                .all(|row| row.independent.value.unwrap() > 0.001),
            "{rows:?}"
        );
    }

    #[test]
    fn a_regime_that_matters_is_found_by_every_test() {
        let shocks = noise(997, 2);
        let moved = |t: usize| if (t / 13).is_multiple_of(3) { 1.5 } else { 0.0 };
        let outcome = shocks
            .iter()
            .enumerate()
            .map(|(t, e)| e + moved(t))
            .collect();
        let rows = found(outcome);
        for row in [&rows[0], &rows[1], &rows[3]] {
            assert!(row.independent.value.unwrap() < 1e-6, "{row:?}");
            assert!(row.shift.value.unwrap() < 0.02, "{row:?}");
        }
        assert!((rows[0].statistic.unwrap() - 1.5).abs() < 0.3);
        // Two normals 1.5 apart: P(a > b) = Φ(1.5/√2) = 0.856.
        assert!((rows[1].statistic.unwrap() - 0.356).abs() < 0.05);
        assert!(rows[0].bootstrap.value.unwrap() < 0.01);
    }
}
