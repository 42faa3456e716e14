//! One coefficient beyond its controls, by methods that persistence leaves standing.
//!
//! ```text
//! y = a + b x + c'controls + u
//! EWC with ν = max(4, ⌊0.1 n^(2/3)⌋) terms, t(ν)        the p-value that counts
//! Newey-West, S = max(⌈1.3 √n⌉, h + 1), fixed-b         second opinion
//! partial circular shift over k in [e, n − e]           placebo, e = max(2h, 63)
//! MDE80 = (t_{ν,.975} + t_{ν,.80}) · se
//! ```

use crate::findings::{Estimate, PValue};
use crate::stats::autocorrelation::effective_rows;
use crate::stats::circular_shift::{ShiftPlacebo, embargo};
use crate::stats::distribution::Reference;
use crate::stats::fixed_b::FixedBTest;
use crate::stats::ols::{CoefficientTest, Design, Ols};
use crate::stats::partial_shift::partial_shift;
use crate::stats::{Undefined, ewc, fixed_b};

/// Coverage of every interval.
pub const COVERAGE: f64 = 0.95;
/// Power at which an effect counts as detectable.
pub const POWER: f64 = 0.80;
/// Place of the regressor in question, behind the constant.
const FOCUS: usize = 1;

/// How a coefficient becomes an effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Effect {
    /// The outcome is a log of variance: exp(b/2) − 1 is the share of volatility.
    LogVariance,
    /// The outcome is in returns: b over a typical return.
    Share {
        /// The typical return, above zero.
        of: f64,
    },
    /// The coefficient itself.
    Own,
}

impl Effect {
    /// Translates a coefficient.
    ///
    /// ```
    /// use gex_analysis::inference::Effect;
    /// // A log variance higher by ln 1.21 is a volatility higher by a tenth.
    /// assert!((Effect::LogVariance.of(1.21_f64.ln()) - 0.1).abs() < 1e-12);
    /// ```
    pub fn of(self, coefficient: f64) -> f64 {
        match self {
            Self::LogVariance => libm::expm1(0.5 * coefficient),
            Self::Share { of } => coefficient / of,
            Self::Own => coefficient,
        }
    }

    /// Translates the error of a coefficient, by the slope of [`Effect::of`] there (delta method).
    pub(crate) fn std_error(self, coefficient: f64, std_error: f64) -> f64 {
        match self {
            Self::LogVariance => 0.5 * libm::exp(0.5 * coefficient) * std_error,
            Self::Share { of } => std_error / of,
            Self::Own => std_error,
        }
    }
}

/// One regressor in question.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// The outcome.
    pub outcome: &'a [f64],
    /// The regressor in question.
    pub focus: &'a [f64],
    /// What it must add to.
    pub controls: Vec<&'a [f64]>,
    /// The horizon in rows.
    pub overlap: usize,
    /// How the coefficient is told, and the unit of that.
    pub told: (Effect, String),
}

/// What the regression says.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The estimate as reported.
    pub estimate: Estimate,
    /// The coefficient, outcome per unit of the regressor.
    pub coefficient: f64,
    /// The p-value that counts: by EWC, or by Hodrick where returns overlap.
    pub p_ewc: f64,
    /// p-value of the partial circular shift.
    pub p_shift: Result<f64, Undefined>,
    /// Share of the variance left by the controls that the regressor explains.
    pub partial_r2: f64,
    /// Change of adjusted R² when the regressor is added.
    pub delta_r2_adjusted: f64,
}

/// Answers one question.
///
/// # Errors
///
/// [`Undefined`] if the regression or its error can't be estimated; a placebo that can't be run
/// leaves the rest standing.
pub fn answer(question: &Question<'_>) -> Result<Answer, Undefined> {
    let mut columns = vec![question.focus];
    columns.extend(&question.controls);
    let with = Ols::fit(question.outcome, Design::with_constant(&columns)?)?;
    let without = Ols::fit(question.outcome, baseline(question)?)?;
    let rows = with.rows();
    let terms = ewc::few_terms(rows);
    let test = ewc::test(&with, FOCUS, terms)?;
    let second = fixed_b::test(&with, FOCUS, fixed_b::bandwidth(rows, question.overlap))?;
    let placebo = partial_shift(
        question.outcome,
        question.focus,
        &question.controls,
        embargo(question.overlap),
    );
    let p_shift = placebo
        .as_ref()
        .map(|placebo| placebo.p_value)
        .map_err(Clone::clone);
    let naive = with.test(
        FOCUS,
        &with.classical_covariance(),
        Reference::StudentT {
            degrees: with.residual_degrees(),
        },
    )?;
    let left = without.residual_sum_of_squares();
    Ok(Answer {
        estimate: Estimate {
            n_effective: effective_rows(question.focus, question.outcome).ok(),
            p_values: p_values(&test, &second, &placebo, naive.p_value),
            ..told(&test, terms, rows, &question.told)?
        },
        coefficient: test.estimate,
        p_ewc: test.p_value,
        p_shift,
        partial_r2: (left - with.residual_sum_of_squares()) / left,
        delta_r2_adjusted: with.r_squared_adjusted()? - without.r_squared_adjusted()?,
    })
}

fn baseline(question: &Question<'_>) -> Result<Design, Undefined> {
    if question.controls.is_empty() {
        Design::constant_only(question.outcome.len())
    } else {
        Design::with_constant(&question.controls)
    }
}

fn told(
    test: &CoefficientTest,
    terms: usize,
    rows: usize,
    (effect, unit): &(Effect, String),
) -> Result<Estimate, Undefined> {
    let (low, high) = test.interval(COVERAGE)?;
    let law = Reference::StudentT {
        degrees: terms as f64,
    };
    let detectable = (law.quantile(0.5 + 0.5 * COVERAGE)? + law.quantile(POWER)?) * test.std_error;
    Ok(Estimate {
        value: Some(effect.of(test.estimate)),
        unit: unit.clone(),
        std_error: Some(effect.std_error(test.estimate, test.std_error)),
        interval: Some((effect.of(low), effect.of(high))),
        level: COVERAGE,
        method: format!(
            "least squares; equal-weighted cosines with {terms} terms, t({terms}) (Lazarus, \
             Lewis, Stock and Watson 2018, with fewer terms)"
        ),
        n: rows,
        n_effective: None,
        p_values: Vec::new(),
        mde80: Some(effect.of(detectable)),
        undefined: None,
    })
}

fn p_values(
    test: &CoefficientTest,
    second: &FixedBTest,
    placebo: &Result<ShiftPlacebo, Undefined>,
    naive: f64,
) -> Vec<PValue> {
    let shift = match placebo {
        Ok(placebo) => format!(
            "circular shift beyond controls, {} shifts",
            placebo.null.len()
        ),
        Err(reason) => format!("circular shift beyond controls, undefined: {reason}"),
    };
    let bracket = second.p_value.words();
    let fixed_b = format!(
        "Newey-West, Bartlett, S = {}, fixed-b: {bracket}",
        second.bandwidth
    );
    vec![
        PValue {
            method: "equal-weighted cosines".to_owned(),
            value: Some(test.p_value),
            valid: true,
        },
        // The published cubics give critical values, so the p-value is known by its bracket alone.
        PValue {
            method: fixed_b,
            value: None,
            valid: true,
        },
        PValue {
            method: shift,
            value: placebo.as_ref().ok().map(|placebo| placebo.p_value),
            valid: true,
        },
        PValue {
            method: "independent rows (least squares t)".to_owned(),
            value: Some(naive),
            valid: false,
        },
    ]
}

/// An estimate without a value.
pub fn undefined(reason: String, rows: usize, unit: &str) -> Estimate {
    Estimate {
        value: None,
        unit: unit.to_owned(),
        std_error: None,
        interval: None,
        level: COVERAGE,
        method: "not estimated".to_owned(),
        n: rows,
        n_effective: None,
        p_values: Vec::new(),
        mde80: None,
        undefined: Some(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::noise;

    fn question<'a>(outcome: &'a [f64], focus: &'a [f64], effect: Effect) -> Question<'a> {
        let told = (effect, "share".to_owned());
        Question {
            outcome,
            focus,
            controls: Vec::new(),
            overlap: 1,
            told,
        }
    }

    #[test]
    fn a_planted_effect_is_found_and_told_as_a_share_of_volatility() {
        let (signal, error) = (noise(600, 1), noise(600, 2));
        let planted = -0.4;
        let outcome: Vec<f64> = signal
            .iter()
            .zip(&error)
            .map(|(g, e)| planted * g + 0.5 * e)
            .collect();
        let found = answer(&question(&outcome, &signal, Effect::LogVariance)).unwrap();
        assert!(
            (found.coefficient - planted).abs() < 0.07,
            "{}",
            found.coefficient
        );
        assert_eq!(
            found.estimate.value,
            Some((0.5 * found.coefficient).exp_m1())
        );
        let (low, high) = found.estimate.interval.unwrap();
        assert!(low < found.estimate.value.unwrap() && found.estimate.value.unwrap() < high);
        assert!(found.p_ewc < 0.001 && found.p_shift.unwrap() < 0.01);
        assert!(found.estimate.p_values.iter().any(|p| !p.valid));
    }

    #[test]
    fn an_error_is_told_in_the_unit_of_its_effect() {
        for effect in [Effect::LogVariance, Effect::Share { of: 0.02 }, Effect::Own] {
            let (coefficient, error, step) = (-0.3, 0.1, 1e-6);
            let slope = (effect.of(coefficient + step) - effect.of(coefficient - step)) / step;
            let by_difference = 0.5 * slope * error;
            let told = effect.std_error(coefficient, error);
            assert!((told / by_difference - 1.0).abs() < 1e-8, "{effect:?}");
        }
    }

    #[test]
    fn the_detectable_effect_is_power_plus_size_times_error() {
        let (signal, outcome) = (noise(1250, 3), noise(1250, 4));
        let estimate = answer(&question(&outcome, &signal, Effect::Own))
            .unwrap()
            .estimate;
        // Student's t with 11 degrees: 2.200985 and 0.875530 (any printed table).
        let expected = (2.200_985 + 0.875_530) * estimate.std_error.unwrap();
        assert!((estimate.mde80.unwrap() / expected - 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_signal_that_repeats_its_control_is_undefined() {
        let signal = noise(300, 5);
        let outcome = noise(300, 6);
        let mut asked = question(&outcome, &signal, Effect::Own);
        asked.controls = vec![&signal];
        assert!(matches!(answer(&asked), Err(Undefined::Collinear { .. })));
    }
}
