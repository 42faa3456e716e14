//! What followed events, and what prices did at walls and into expiries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;

/// One event study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventFinding {
    /// Identifier, in kebab case.
    pub id: String,
    /// The claim, in one sentence.
    pub claim: String,
    /// What an event is, in words.
    pub event: String,
    /// Positioning model.
    pub positioning: String,
    /// Outcome and unit, in words.
    pub outcome: String,
    /// Sessions of the events that were used.
    pub sessions: Vec<String>,
    /// Events found, before those too close to another or to an end were left out.
    pub candidates: usize,
    /// Sessions from the event; 0 is the event's own.
    pub offsets: Vec<i64>,
    /// Mean path over events, each less its own mean before.
    pub path: Vec<f64>,
    /// 95 % band of `path` over resampled whole events.
    pub band: Vec<(f64, f64)>,
    /// Mean path over as many sessions without an event, matched on past variance and return.
    pub placebo_path: Vec<f64>,
    /// Its band.
    pub placebo_band: Vec<(f64, f64)>,
    /// Mean after the event, events less matched sessions.
    pub difference: Estimate,
    /// The same of what a forecast from the past did not foresee; of variance alone.
    pub abnormal_difference: Option<Estimate>,
    /// Why there is no answer.
    pub undefined: Option<String>,
}

/// What prices did at a level that was known before the session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelFinding {
    /// Identifier, in kebab case.
    pub id: String,
    /// The claim, in one sentence.
    pub claim: String,
    /// The level, in words.
    pub level: String,
    /// Positioning model.
    pub positioning: String,
    /// Sessions with a level.
    pub sessions: usize,
    /// The statistics against those of placebo levels.
    pub rows: Vec<LevelRow>,
    /// Why there is no answer.
    pub undefined: Option<String>,
}

/// One statistic of a level against placebo levels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelRow {
    /// What it is, in words with its unit.
    pub name: String,
    /// Sessions that count: touches, or expiries.
    pub n: usize,
    /// The value.
    pub value: Option<f64>,
    /// Mean over placebos.
    pub placebo: Option<f64>,
    /// 2.5 and 97.5 % over placebos.
    pub placebo_band: Option<(f64, f64)>,
    /// Two-sided p-value: among placebos, by a uniform law, or by equal-weighted cosines against other sessions.
    pub p_value: Option<f64>,
}
