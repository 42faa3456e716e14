//! Hypotheses that were looked at together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A family of hypotheses judged as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Family {
    /// `primary` or `exploratory`.
    pub name: String,
    /// The members, in the order of the study.
    pub members: Vec<Member>,
    /// Sessions on which all of them have a complete row.
    pub common_rows: usize,
    /// Forecasts on which losses are compared, those of the second half of the common rows.
    pub forecast_rows: usize,
    /// Share of the members whose effect has the sign of the median effect.
    pub same_sign: Option<f64>,
    /// For each rank of the effects, ascending: where 95 % of the effects of that rank lie if all signals are shifted
    /// in time together.
    pub shift_band: Vec<(f64, f64)>,
    /// p-value of Hansen's studentised, consistent test that no member forecasts better than its controls alone.
    pub superior_ability_p: Option<f64>,
    /// Draws of the bootstrap behind Romano-Wolf, superior ability and the confidence set.
    pub draws: usize,
    /// Why a part is missing.
    pub undefined: Option<String>,
}

/// One member and its p-values, unadjusted and adjusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// Identifier of the hypothesis.
    pub id: String,
    /// Effect of one standard deviation of the signal on the common rows, in the headline's unit.
    pub effect: Option<f64>,
    /// Interval of `effect` at 95 %.
    pub interval: Option<(f64, f64)>,
    /// p-value of the headline on the member's own rows, not adjusted.
    pub p: Option<f64>,
    /// Adjusted by Holm (1979): family-wise error.
    pub holm: Option<f64>,
    /// By Benjamini and Hochberg (1995): false discoveries, under independence.
    pub benjamini_hochberg: Option<f64>,
    /// By Benjamini and Yekutieli (2001): false discoveries, under any dependence.
    pub benjamini_yekutieli: Option<f64>,
    /// By Romano and Wolf (2016) on QLIKE against the controls alone: family-wise error, one-sided.
    pub romano_wolf: Option<f64>,
    /// By the largest effect over joint shifts (Westfall and Young 1993): liberal, shown and not relied on.
    pub westfall_young: Option<f64>,
    /// p-value of the model confidence set over QLIKE; in the set at 10 % if above 0.1.
    pub mcs_p: Option<f64>,
}
