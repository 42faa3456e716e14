//! Strategies: secondary evidence, never the proof.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one strategy earned, and what luck would have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StrategyFinding {
    /// Identifier, in kebab case.
    pub id: String,
    /// The rule in words: weights, delay, costs.
    pub rule: String,
    /// First session with a position.
    pub first_session: Option<String>,
    /// Rows with a position.
    pub n: usize,
    /// The strategy after costs.
    pub strategy: Earned,
    /// Holding one unit all the time, without costs after the first trade.
    pub hold: Earned,
    /// Sharpe ratio less that of holding, a year.
    pub sharpe_difference: Option<f64>,
    /// 95 % interval of the difference, by the stationary bootstrap.
    pub sharpe_difference_interval: Option<(f64, f64)>,
    /// p-value of the difference, centred.
    pub sharpe_difference_p: Option<f64>,
    /// Share of circular shifts of the same weights that earned as high a Sharpe ratio.
    pub random_timing_p: Option<f64>,
    /// Cost per unit traded at which nothing is earned, in basis points.
    pub break_even_cost_bp: Option<f64>,
    /// Probability that the true Sharpe ratio is above zero (Bailey and López de Prado 2012).
    pub probabilistic_sharpe: Option<f64>,
    /// The same against the best of as many trials as the ledger counts (2014).
    pub deflated_sharpe: Option<f64>,
    /// Trials that `deflated_sharpe` counts.
    pub trials: u64,
    /// Rows that a Sharpe ratio as high needs to be told from zero at 95 %.
    pub minimum_track_record: Option<f64>,
    /// Wealth by session, starting at 1.
    pub wealth: Vec<(String, f64)>,
    /// Why there is no answer.
    pub undefined: Option<String>,
}

/// What was earned.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Earned {
    /// Sharpe ratio a year, without interest on cash.
    pub sharpe: Option<f64>,
    /// Its 95 % interval, by the stationary bootstrap.
    pub sharpe_interval: Option<(f64, f64)>,
    /// Compound growth a year, as a share.
    pub growth: Option<f64>,
    /// Largest fall from a peak, as a share.
    pub max_drawdown: Option<f64>,
    /// 95 % interval of the largest fall, by the stationary bootstrap.
    pub max_drawdown_interval: Option<(f64, f64)>,
    /// Weight traded a year.
    pub turnover: Option<f64>,
    /// Costs over the whole time, as a share.
    pub cost: Option<f64>,
    /// Mean weight.
    pub exposure: Option<f64>,
}
