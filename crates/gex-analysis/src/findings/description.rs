//! The whole sample described, as published tables do it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The whole sample described: groups are cut on all of it, the future included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Description {
    /// What is described.
    pub title: String,
    /// The warning that belongs beside every number: descriptive, not tradable.
    pub note: String,
    /// How each column is defined, one sentence each.
    pub definitions: Vec<String>,
    /// Tables of groups.
    pub groupings: Vec<Grouping>,
    /// Next session's absolute return on the signal's percentile beyond its own past and implied
    /// volatility.
    pub regression: Option<DescriptiveRegression>,
    /// Rank correlation of the signal with the size of the next return.
    #[serde(default)]
    pub association: Option<Association>,
}

/// A rank correlation over the whole sample and parts of it, and the bands of none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Association {
    /// What is correlated with what, in words.
    pub text: String,
    /// The whole sample first, then fifths of implied volatility, then years.
    pub rows: Vec<AssociationRow>,
    /// 95 % interval of the whole sample's, by the stationary bootstrap.
    pub block_interval: Option<(f64, f64)>,
    /// Where 95 % of the correlations of a shifted signal lie.
    pub shift_band: (f64, f64),
    /// Where 95 % would lie if rows were independent: too narrow under persistence.
    pub independent_band: (f64, f64),
}

/// The rank correlation in one part of the sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AssociationRow {
    /// Which part.
    pub name: String,
    /// Rows.
    pub n: usize,
    /// Spearman's rank correlation.
    pub spearman: f64,
    /// The same with implied volatility held.
    pub given_implied: Option<f64>,
}

/// One way to cut the sample into groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Grouping {
    /// Name: `quintiles of the signal`.
    pub name: String,
    /// One row a group, from the lowest signal to the highest.
    pub rows: Vec<GroupRow>,
}

/// What followed in one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupRow {
    /// Label: `Q1`, `negative`.
    pub label: String,
    /// Sessions with a next close.
    pub n: usize,
    /// Mean of the signal, in its own unit.
    pub mean_signal: Option<f64>,
    /// Standard deviation of the next session's log return, in per cent.
    pub sd_percent: Option<f64>,
    /// Mean absolute log return of the next session, in per cent.
    pub mean_absolute_percent: Option<f64>,
    /// Excess kurtosis of the next session's log return, population formula.
    pub excess_kurtosis: Option<f64>,
    /// Share of sessions whose next log return exceeds 2 % in size, in per cent.
    pub beyond_two_percent: Option<f64>,
    /// Mean annualised realized volatility of the next 5 sessions, in per cent.
    pub volatility_5_percent: Option<f64>,
    /// Mean annualised realized volatility of the next 20 sessions, in per cent.
    pub volatility_20_percent: Option<f64>,
    /// Mean implied volatility at the session, in per cent.
    pub implied_volatility_percent: Option<f64>,
    /// Mean log return of the next session, in basis points.
    pub mean_return_bp: Option<f64>,
}

/// A regression over the whole sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DescriptiveRegression {
    /// Outcome, regressors and their timing, in words.
    pub text: String,
    /// Rows.
    pub n: usize,
    /// Coefficient of the signal's percentile, absolute log return per whole range of percentiles.
    pub coefficient: f64,
    /// Its t statistic.
    pub t_statistic: f64,
    /// R² without the signal.
    pub r2_without: f64,
    /// R² with it.
    pub r2_with: f64,
    /// Estimator, kernel and lags in full.
    pub method: String,
}
