//! Autocorrelation of returns by regime: what dealers' hedging leaves behind.
//!
//! ```text
//! r_{t+1}/v_t = a + ρ_low x_t D_t + ρ_high x_t (1 − D_t) + d D_t + u,   x_t = r_t/v_t,   v_t known at t
//! VR_R(q) = Σ_{t ∈ R} (r_t + … + r_{t+q−1})² / Σ_{t ∈ R} (r_t² + … + r_{t+q−1}²)
//! ```
//!
//! Standardised by the volatility of the past 22 sessions: without it least squares rejects 13 % at 5 %.

use crate::findings::{Estimate, NamedEstimate, PValue};
use crate::grid::Grid;
use crate::inference::{Effect, Question, answer, undefined};
use crate::inputs::Inputs;
use crate::panel::panel;
use crate::stats::Undefined;
use crate::stats::distribution::Reference;
use crate::stats::ols::{Design, Ols, Robust};
use crate::study::{Horizon, Hypothesis, OutcomeKind, OutcomeSpec};

/// Bars of the variance ratio.
const RATIO_BARS: u32 = 5;

/// Autocorrelation and variance ratio in the lowest regime, in the others, and their difference.
///
/// # Errors
///
/// [`Undefined`] if returns or regimes do not vary.
pub fn dynamics(
    hypothesis: &Hypothesis,
    inputs: &Inputs<'_>,
    grid: &Grid,
) -> Result<Vec<NamedEstimate>, Undefined> {
    let rows = Rows::of(hypothesis, inputs, grid)?;
    let [low, high] = rows.products();
    let lowest = hypothesis
        .regime
        .labels()
        .first()
        .copied()
        .unwrap_or_default();
    let ask = |focus: &[f64], controls: Vec<&[f64]>| {
        answer(&Question {
            outcome: &rows.next,
            focus,
            controls,
            overlap: 1,
            told: (Effect::Own, "autocorrelation".to_owned()),
        })
    };
    let in_low = ask(&low, vec![&high, &rows.dummy])?.estimate;
    let in_rest = ask(&high, vec![&low, &rows.dummy])?.estimate;
    let mut gap = ask(&low, vec![&rows.now, &rows.dummy])?.estimate;
    gap.p_values.push(heteroskedastic(&rows, &low)?);
    let mut found = vec![
        named(format!("autocorrelation-{lowest}"), in_low),
        named("autocorrelation-rest".to_owned(), in_rest),
        named("autocorrelation-difference".to_owned(), gap),
    ];
    found.push(named(
        format!("variance-ratio-{RATIO_BARS}-difference"),
        ratio_difference(hypothesis, inputs, grid),
    ));
    Ok(found)
}

fn named(name: String, estimate: Estimate) -> NamedEstimate {
    NamedEstimate { name, estimate }
}

/// Returns now and next in deviations of the past, and 1 in the lowest regime.
struct Rows {
    now: Vec<f64>,
    next: Vec<f64>,
    dummy: Vec<f64>,
}

impl Rows {
    fn of(hypothesis: &Hypothesis, inputs: &Inputs<'_>, grid: &Grid) -> Result<Self, Undefined> {
        let mut of_returns = hypothesis.clone();
        of_returns.controls = Vec::new();
        of_returns.outcome = OutcomeSpec {
            kind: OutcomeKind::Return,
            horizon: one_bar(hypothesis.outcome.horizon),
        };
        let past = crate::controls::Past::new(grid, OutcomeKind::Return);
        let rows = panel(&of_returns, inputs, grid)?.rows;
        let complete = rows
            .iter()
            .filter(|row| row.excluded.is_none())
            .filter_map(|row| {
                let deviation = past.deviation(row.known_at, 1).ok()?;
                let now = past.log_return(row.known_at, 1).ok()? / deviation;
                let next = row.outcome?.log_return / deviation;
                Some((now, next, f64::from(u8::from(row.regime? == 0))))
            });
        let mut found = Self {
            now: Vec::new(),
            next: Vec::new(),
            dummy: Vec::new(),
        };
        for (now, next, dummy) in complete {
            found.now.push(now);
            found.next.push(next);
            found.dummy.push(dummy);
        }
        Ok(found)
    }

    /// The return now in the lowest regime, else zero; and the other way round.
    fn products(&self) -> [Vec<f64>; 2] {
        let weighted = |weight: &dyn Fn(f64) -> f64| -> Vec<f64> {
            let rows = self.now.iter().zip(&self.dummy);
            rows.map(|(x, d)| x * weight(*d)).collect()
        };
        [weighted(&|d| d), weighted(&|d| 1.0 - d)]
    }
}

fn one_bar(horizon: Horizon) -> Horizon {
    match horizon {
        Horizon::Sessions(_) => Horizon::Sessions(1),
        Horizon::Hours(_) => Horizon::Hours(1),
    }
}

/// Under no autocorrelation at all the scores are a martingale difference: White's error holds.
fn heteroskedastic(rows: &Rows, low: &[f64]) -> Result<PValue, Undefined> {
    let fit = Ols::fit(
        &rows.next,
        Design::with_constant(&[low, &rows.now, &rows.dummy])?,
    )?;
    let covariance = fit.robust_covariance(Robust::Hc0)?;
    let test = fit.test(1, &covariance, Reference::Normal)?;
    Ok(PValue {
        method: "White (HC0), returns taken as a martingale difference".to_owned(),
        value: Some(test.p_value),
        valid: true,
    })
}

/// Variance ratio in the lowest regime less that in the rest.
fn ratio_difference(hypothesis: &Hypothesis, inputs: &Inputs<'_>, grid: &Grid) -> Estimate {
    const UNIT: &str = "variance ratio, lowest regime less the rest";
    let mut of_ratio = hypothesis.clone();
    of_ratio.controls = Vec::new();
    of_ratio.outcome = OutcomeSpec {
        kind: OutcomeKind::VarianceRatio,
        horizon: match hypothesis.outcome.horizon {
            Horizon::Sessions(_) => Horizon::Sessions(RATIO_BARS),
            Horizon::Hours(_) => Horizon::Hours(RATIO_BARS),
        },
    };
    let found = panel(&of_ratio, inputs, grid).and_then(|panel| {
        let sample = panel.sample(&[]);
        let estimate = answer(&Question {
            outcome: &sample.outcome,
            focus: &sample.indicator(0),
            controls: Vec::new(),
            overlap: sample.overlap,
            told: (Effect::Own, UNIT.to_owned()),
        })?;
        Ok(estimate.estimate)
    });
    found.unwrap_or_else(|reason| undefined(reason.to_string(), 0, UNIT))
}
