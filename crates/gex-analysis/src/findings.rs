//! What a study found: the contract between estimation and drawing, and the content of
//! `findings.json`.
//!
//! Every number that may be undefined is an `Option` beside the reason why. Nothing here computes.

mod description;
mod event;
mod family;
mod forecast;
mod pooled;
mod scrutiny;
mod strategy;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use description::{
    Association, AssociationRow, Description, DescriptiveRegression, GroupRow, Grouping,
};
pub use event::{EventFinding, LevelFinding, LevelRow};
pub use family::{Family, Member};
pub use forecast::{Contest, ForecastFinding, ModelRow};
pub use pooled::{PooledFinding, UnderlyingRow};
pub use scrutiny::{Comparison, Diagnostic, NamedEstimate, PlainP, Scrutiny, Variant};
pub use strategy::{Earned, StrategyFinding};

/// Version of the schema of `findings.json`.
pub const SCHEMA: &str = "gexlab/findings/1";

/// Everything that a study found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Findings {
    /// [`SCHEMA`].
    pub schema: String,
    /// What was studied.
    pub study: StudyFacts,
    /// What a reader must know before quoting a number, the gravest first.
    pub checks: Vec<Check>,
    /// What was read and what was set aside.
    pub quality: QualityFacts,
    /// The hypotheses, in the order of the study file.
    pub hypotheses: Vec<HypothesisFinding>,
    /// How many distinct hypotheses were ever evaluated on this data set.
    pub ledger: LedgerFacts,
    /// Families of hypotheses judged as one: the primaries, the exploratory ones.
    #[serde(default)]
    pub families: Vec<Family>,
    /// Hypotheses on several underlyings.
    #[serde(default)]
    pub pooled: Vec<PooledFinding>,
    /// What followed events.
    #[serde(default)]
    pub events: Vec<EventFinding>,
    /// Prices at walls and into expiries.
    #[serde(default)]
    pub levels: Vec<LevelFinding>,
    /// Strategies: an appendix, never the proof.
    #[serde(default)]
    pub strategies: Vec<StrategyFinding>,
    /// Probability that the best strategy in half of the time lies below the median in the other half (Bailey,
    /// Borwein, López de Prado and Zhu 2017); of two strategies at least.
    #[serde(default)]
    pub overfitting_probability: Option<f64>,
    /// The whole sample described; not a test, and nothing that could have been traded.
    #[serde(default)]
    pub description: Option<Description>,
}

/// What was studied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StudyFacts {
    /// Name of the study.
    pub name: String,
    /// Name of the underlying.
    pub underlying: String,
    /// Name of the calendar: `xnys`, `deribit`, `xnse`.
    pub calendar: String,
    /// Whether the market was simulated.
    pub synthetic: bool,
    /// Chains from an archive, or a series that somebody else computed.
    pub source: SignalSource,
    /// First session with a signal, as `YYYY-MM-DD`.
    pub first_session: Option<String>,
    /// Last session with a signal.
    pub last_session: Option<String>,
    /// Sessions of the calendar between the two, both included.
    pub sessions: usize,
    /// Those of them with a signal.
    pub sessions_with_signal: usize,
    /// Positioning models, the first being the study's own.
    pub positioning: Vec<String>,
    /// Currency of exposures.
    pub currency: String,
    /// Seed of every random draw.
    pub seed: u64,
    /// Assumptions in plain sentences: forward, volatility source, open interest's clock.
    pub assumptions: Vec<String>,
}

/// Where the signal comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignalSource {
    /// Recomputed from option chains.
    Chains,
    /// A series that somebody else computed.
    VendorSeries,
}

/// How grave a check's outcome is, the gravest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum CheckLevel {
    /// A result may be wrong or is withheld.
    Fail,
    /// A result needs care.
    Warning,
    /// Good to know.
    Note,
    /// A check that passed.
    Pass,
}

/// One check or warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// Name in kebab case.
    pub id: String,
    /// How grave.
    pub level: CheckLevel,
    /// One plain sentence with its numbers.
    pub text: String,
}

/// What was read and what was set aside.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QualityFacts {
    /// Files read, by name, with hash and counts.
    pub sources: Vec<SourceFacts>,
    /// Rules that fired, with their action and count.
    pub rules: Vec<RuleCount>,
    /// Sessions of the calendar in the study's range that have no snapshot, as dates.
    pub missing_sessions: Vec<String>,
    /// Mean share of open interest with a usable volatility.
    pub mean_coverage: Option<f64>,
    /// Mean share of open interest whose volatility was solved from its price.
    pub mean_iv_solved: Option<f64>,
    /// Expiries by the source of their forward: `vendor`, `parity`, `carry`.
    pub forwards: Vec<(String, usize)>,
}

/// One source file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceFacts {
    /// File name, without its folder.
    pub file: String,
    /// blake3 of its bytes, in hex.
    pub blake3: String,
    /// Rows read.
    pub rows_in: u64,
    /// Rows kept.
    pub rows_kept: u64,
    /// Rows set aside.
    pub rows_set_aside: u64,
}

/// How often a rule of data quality fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleCount {
    /// Name of the rule, in kebab case.
    pub rule: String,
    /// What was done: `set-aside`, `flagged`, `relabelled`, `refused`.
    pub action: String,
    /// How many rows, or sessions where the rule is about sessions.
    pub count: u64,
    /// One plain sentence: what it means, and the sessions where they are few.
    pub text: String,
}

/// How many distinct hypotheses were ever evaluated on a data set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerFacts {
    /// Distinct hypotheses so far, this run's included.
    pub hypotheses: u64,
    /// Hash of the ledger's entry that froze the count, in hex.
    pub head: Option<String>,
}

/// Whether a hypothesis counts for the verdict on the study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// One of at most four, adjusted by Holm.
    Primary,
    /// Part of the search.
    Exploratory,
}

/// The sign of the effect that was declared before the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// More of the signal, more of the outcome.
    Positive,
    /// More of the signal, less of the outcome.
    Negative,
}

/// The four words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictWord {
    /// A gate failed: the data can't answer.
    NotTestable,
    /// Every part of the rule holds.
    Supported,
    /// The smallest effect that matters could not have been seen.
    Underpowered,
    /// It could have been seen, and was not.
    NotSupported,
}

impl VerdictWord {
    /// The words as printed.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotTestable => "not testable",
            Self::Supported => "supported",
            Self::Underpowered => "underpowered",
            Self::NotSupported => "not supported",
        }
    }
}

/// The verdict on one hypothesis and each part of the rule that gave it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The word.
    pub word: VerdictWord,
    /// Why, in plain sentences, the decisive one first.
    pub reasons: Vec<String>,
    /// EWC p-value of the headline rung, adjusted by Holm over the primaries.
    pub holm_p: Option<f64>,
    /// p-value of the partial circular-shift placebo.
    pub shift_p: Option<f64>,
    /// Whether the estimate has the declared sign.
    pub sign_as_expected: Option<bool>,
    /// Minimum detectable effect at 80 % power, as a share of volatility per standard deviation.
    pub mde80: Option<f64>,
    /// The smallest effect that would matter, declared before the run, in the same unit.
    pub smallest_effect: f64,
}

/// One hypothesis and all that was estimated for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HypothesisFinding {
    /// Identifier, in kebab case.
    pub id: String,
    /// The claim, in one sentence.
    pub claim: String,
    /// Primary or exploratory.
    pub role: Role,
    /// Positioning model of the signal.
    pub positioning: String,
    /// Measure of the signal, in kebab case.
    pub measure: String,
    /// Scale of the signal, in kebab case.
    pub scale: String,
    /// How regimes are labelled, in words.
    pub regime: String,
    /// The outcome, in words, with estimator and unit.
    pub outcome: String,
    /// Horizon, as the study file writes it: `1session`.
    pub horizon: String,
    /// Declared sign.
    pub expect: Expect,
    /// The verdict.
    pub verdict: Verdict,
    /// The ladder: marginal first, then with each further set of controls; the last is the headline.
    pub ladder: Vec<Rung>,
    /// The headline again with one more session of open-interest lag.
    pub lagged_open_interest: Option<Estimate>,
    /// One row a regime.
    pub conditional: Vec<RegimeRow>,
    /// Difference between the regimes, lower less upper, on the outcome.
    pub difference: Option<Estimate>,
    /// Transitions between regimes.
    pub transitions: Option<Transitions>,
    /// First-order autocorrelation of the signal.
    pub signal_ar1: Option<f64>,
    /// Rows dropped from the panel, by reason.
    pub excluded: Vec<(String, usize)>,
    /// Lowest regime against highest, by tests that hold under persistence and by those that do not.
    #[serde(default)]
    pub comparisons: Vec<Comparison>,
    /// The headline under scrutiny; of primary hypotheses.
    #[serde(default)]
    pub scrutiny: Option<Scrutiny>,
    /// Forecasts out of sample; of primary hypotheses about variance.
    #[serde(default)]
    pub forecast: Option<ForecastFinding>,
}

/// One rung of the ladder of controls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rung {
    /// Name: `marginal`, `har-leverage`, `implied-variance`.
    pub name: String,
    /// Names of the controls.
    pub controls: Vec<String>,
    /// Effect of one standard deviation of the signal.
    pub level: Estimate,
    /// Effect of being in the negative regime.
    pub regime: Estimate,
    /// Share of the variance left by the controls that the signal explains.
    pub partial_r2: Option<f64>,
    /// Change of adjusted R² when the signal is added.
    pub delta_r2_adjusted: Option<f64>,
}

/// One estimate with everything needed to judge it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The value.
    pub value: Option<f64>,
    /// Unit of value, interval and detectable effect, in words.
    pub unit: String,
    /// Standard error, in the same unit: by the delta method where the value is not linear in the
    /// coefficient, so that the interval, made on the coefficient's scale, is not symmetric about it.
    pub std_error: Option<f64>,
    /// Interval at `level`.
    pub interval: Option<(f64, f64)>,
    /// Coverage of the interval.
    pub level: f64,
    /// Estimator, kernel, bandwidth and reference distribution in full.
    pub method: String,
    /// Rows.
    pub n: usize,
    /// Effective number of independent rows.
    pub n_effective: Option<f64>,
    /// p-values by method; the first is the one that counts.
    pub p_values: Vec<PValue>,
    /// Minimum detectable effect at 80 % power.
    pub mde80: Option<f64>,
    /// Why the value is undefined.
    pub undefined: Option<String>,
}

/// A p-value and whether it may be believed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PValue {
    /// Method, in words.
    pub method: String,
    /// Two-sided p-value.
    pub value: Option<f64>,
    /// Whether the method holds its size under persistence; shown greyed where it does not.
    pub valid: bool,
}

/// The outcome in one regime.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegimeRow {
    /// Label: `negative`, `positive`, `low`, `mid`, `high`, `all`.
    pub regime: String,
    /// Rows.
    pub n: usize,
    /// Uninterrupted spells.
    pub spells: usize,
    /// Effective number of independent rows.
    pub n_effective: Option<f64>,
    /// Moments of the outcome in its own unit (logs for log variance).
    pub moments: Moments,
    /// Annualised realized volatility, in per cent: root of the mean variance.
    pub volatility: Option<Estimate>,
    /// Mean return over the horizon, in basis points.
    pub mean_return_bp: Option<f64>,
    /// Share of rows with a positive return.
    pub hit: Option<f64>,
    /// Wilson interval of `hit` at 95 %.
    pub hit_wilson: Option<(f64, f64)>,
    /// Why no p-value is given for this regime.
    pub gate: Option<String>,
}

/// Moments and quantiles.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Moments {
    /// Mean.
    pub mean: Option<f64>,
    /// Median.
    pub median: Option<f64>,
    /// Standard deviation, n − 1.
    pub sd: Option<f64>,
    /// Median absolute deviation from the median.
    pub mad: Option<f64>,
    /// Bias-corrected skewness G1.
    pub skew: Option<f64>,
    /// Bias-corrected excess kurtosis G2.
    pub excess_kurtosis: Option<f64>,
    /// Quantiles 1, 5, 25, 50, 75, 95, 99 %, type 7.
    pub quantiles: Option<[f64; 7]>,
    /// Mean of the lowest 5 %.
    pub es5: Option<f64>,
}

/// Transitions between regimes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Transitions {
    /// Labels, in the order of rows and columns.
    pub labels: Vec<String>,
    /// `counts[i][j]`: steps from label i to label j.
    pub counts: Vec<Vec<usize>>,
    /// Mean spell length by label, in rows.
    pub mean_spell: Vec<Option<f64>>,
    /// Number of spells by label.
    #[serde(default)]
    pub spells: Vec<usize>,
    /// Longest spell by label, in rows.
    #[serde(default)]
    pub longest_spell: Vec<Option<usize>>,
    /// Mean spell of a Markov chain with the same probability of staying, `1/(1 − p_ii)`, by label.
    #[serde(default)]
    pub implied_spell: Vec<Option<f64>>,
    /// Probability of staying, by label, with its Wilson interval at 95 %.
    #[serde(default)]
    pub staying: Vec<Option<(f64, f64, f64)>>,
    /// p-value that leaving does not depend on how long a spell has lasted, by label.
    #[serde(default)]
    pub duration_dependence_p: Vec<Option<f64>>,
}
