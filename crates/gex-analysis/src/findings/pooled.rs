//! One hypothesis on several underlyings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;

/// One hypothesis on several underlyings, side by side and, where the study asks for it, as a panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PooledFinding {
    /// Identifier of the hypothesis.
    pub id: String,
    /// Each underlying alone, on its own calendar, beyond its own controls.
    pub underlyings: Vec<UnderlyingRow>,
    /// One coefficient for all of them; absent unless the study has `[panel]`.
    pub panel: Option<Estimate>,
}

/// One underlying.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnderlyingRow {
    /// Identifier of the data in the study.
    pub id: String,
    /// Name of the underlying.
    pub underlying: String,
    /// Name of its calendar.
    pub calendar: String,
    /// First and last session with a complete row.
    pub sessions: Option<(String, String)>,
    /// The headline.
    pub estimate: Estimate,
}
