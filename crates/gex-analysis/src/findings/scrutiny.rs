//! What a referee asks of a headline: other samples, other forms, other tests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;

/// The headline under scrutiny.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Scrutiny {
    /// The headline again with one thing changed.
    pub variants: Vec<Variant>,
    /// Numbers that say whether the regression may be believed.
    pub diagnostics: Vec<Diagnostic>,
    /// Autocorrelation of returns by regime.
    pub dynamics: Vec<NamedEstimate>,
}

/// The headline with one thing changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Variant {
    /// What is changed: `year-left-out`, `estimator`, `signal-form`, …
    pub group: String,
    /// To what.
    pub name: String,
    /// The estimate.
    pub estimate: Estimate,
}

/// One diagnostic number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnostic {
    /// Name in kebab case.
    pub name: String,
    /// The number.
    pub value: Option<f64>,
    /// Its p-value where it is a test.
    pub p_value: Option<f64>,
    /// What it means, with its unit and the value at which to worry.
    pub text: String,
}

/// An estimate with a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NamedEstimate {
    /// Name in kebab case.
    pub name: String,
    /// The estimate.
    pub estimate: Estimate,
}

/// One two-sample statistic, lowest regime against highest, by a test that takes rows as independent and by those that
/// do not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Name: `mean`, `rank`, `spread`, `distribution`.
    pub name: String,
    /// The statistic, lowest less highest.
    pub statistic: Option<f64>,
    /// What the statistic is.
    pub unit: String,
    /// Test that takes rows as independent: not valid under persistence, for contrast.
    pub independent: PlainP,
    /// Circular-shift placebo of the same statistic.
    pub shift: PlainP,
    /// Stationary bootstrap of pairs of rows, centred: indicative.
    pub bootstrap: PlainP,
}

/// A p-value and its method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlainP {
    /// Method in words.
    pub method: String,
    /// The p-value.
    pub value: Option<f64>,
}
