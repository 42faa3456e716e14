//! Forecasts out of sample and what they lost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Forecasts of one hypothesis's outcome, with and without its signal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ForecastFinding {
    /// First session that was forecast.
    pub first_session: String,
    /// Rows forecast.
    pub n: usize,
    /// How training rows were chosen, in words.
    pub training: String,
    /// The models, the smallest first.
    pub models: Vec<ModelRow>,
    /// Benchmark and the same with the signal, one against the other.
    pub contest: Option<Contest>,
    /// Running sum of the benchmark's QLIKE less that with the signal, by session: rises where the signal helped.
    pub cumulative_gain: Vec<(String, f64)>,
    /// Why there is no contest.
    pub undefined: Option<String>,
}

/// One model's losses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelRow {
    /// Name: its controls, and whether the signal is among them.
    pub name: String,
    /// Mean QLIKE of the variance forecast.
    pub qlike: Option<f64>,
    /// Mean squared error of the log forecast.
    pub mse_log: Option<f64>,
    /// p-value of the model confidence set over QLIKE; in the set at 10 % if above 0.1.
    pub mcs_p: Option<f64>,
    /// Forecasts that left the range of their training outcomes and became their mean.
    pub filtered: usize,
}

/// The signal's model against the benchmark without it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contest {
    /// Name of the model with the signal.
    pub model: String,
    /// Name of the benchmark.
    pub benchmark: String,
    /// 1 less the ratio of squared errors of log forecasts.
    pub r2_out_of_sample: Option<f64>,
    /// Clark and West's one-sided p-value that the signal does not help, on log forecasts.
    pub clark_west_p: Option<f64>,
    /// Diebold and Mariano's two-sided p-value on QLIKE, with the correction of Harvey, Leybourne and Newbold.
    pub diebold_mariano_p: Option<f64>,
    /// Constant, slope and R² of outcomes on forecasts, and the p-value that the forecast is unbiased.
    pub mincer_zarnowitz: Option<[f64; 4]>,
    /// The same contest with the latest 750 rows as training sample: R² out of sample.
    pub r2_rolling: Option<f64>,
}
