//! What a study file says, as typed: every key of the TOML, unknown keys refused.
//!
//! What was meant, checked and with units, is a [`crate::study_plan::Plan`]. Values keep their place in
//! the file, so that a fault found later can still be shown where it was typed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_spanned::Spanned;

use crate::diagnostic::{Diagnostic, nearest};

/// A whole study file.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StudyFile {
    /// `[study]`
    pub study: StudyTable,
    /// `[data]`, or `[[data]]` for several underlyings
    pub data: DataTables,
    /// `[pricing]`
    #[serde(default)]
    pub pricing: PricingTable,
    /// `[flip]`
    #[serde(default)]
    pub flip: FlipTable,
    /// `[positioning]`
    #[serde(default)]
    pub positioning: PositioningTable,
    /// `[output]`
    #[serde(default)]
    pub output: OutputTable,
    /// `[[hypothesis]]`
    #[serde(default)]
    pub hypothesis: Vec<HypothesisTable>,
    /// `[grid]`
    pub grid: Option<GridTable>,
    /// `[[event]]`
    #[serde(default)]
    pub event: Vec<EventTable>,
    /// `[[strategy]]`
    #[serde(default)]
    pub strategy: Vec<StrategyTable>,
    /// `[panel]`
    pub panel: Option<PanelTable>,
}

/// `[panel]`: one coefficient for all underlyings of `[[data]]`.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PanelTable {
    /// `driscoll-kraay`: scores summed by date; the joint shift stands beside it.
    #[schemars(with = "Option<String>")]
    pub inference: Option<Spanned<String>>,
}

/// `[study]`: name, seed and draws.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StudyTable {
    /// Name of the study and of its folder of runs.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Seed of every random draw.
    pub seed: u64,
    /// Draws of every bootstrap.
    #[schemars(with = "Option<usize>")]
    pub draws: Option<Spanned<usize>>,
}

/// The data of a study: the first table is its own, the others join its panel.
#[derive(Debug, Clone)]
pub struct DataTables {
    own: DataTable,
    /// The tables after the first.
    pub others: Vec<DataTable>,
}

impl Deref for DataTables {
    type Target = DataTable;

    fn deref(&self) -> &DataTable {
        &self.own
    }
}

impl Serialize for DataTables {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.others.is_empty() {
            return self.own.serialize(serializer);
        }
        serializer.collect_seq(std::iter::once(&self.own).chain(&self.others))
    }
}

impl JsonSchema for DataTables {
    fn schema_name() -> Cow<'static, str> {
        "DataTables".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<DataTable>();
        json_schema!({
            "description": "One table `[data]`, or several `[[data]]`, each with an `id`.",
            "anyOf": [one, { "type": "array", "minItems": 1, "items": one }],
        })
    }
}

/// Reads one table or several. An untagged enum would lose the places of the values.
impl<'de> Deserialize<'de> for DataTables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;

        impl<'de> Visitor<'de> for OneOrMore {
            type Value = DataTables;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a table `[data]` or tables `[[data]]`")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DataTables, A::Error> {
                Ok(DataTables {
                    own: DataTable::deserialize(MapAccessDeserializer::new(map))?,
                    others: Vec::new(),
                })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<DataTables, A::Error> {
                let own = seq.next_element()?;
                let own = own.ok_or_else(|| A::Error::custom("no table of data"))?;
                let mut others = Vec::new();
                while let Some(table) = seq.next_element()? {
                    others.push(table);
                }
                Ok(DataTables { own, others })
            }
        }

        deserializer.deserialize_any(OneOrMore)
    }
}

/// `[data]`: what is read.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataTable {
    /// Name of the data in the study; needed where there are several.
    #[schemars(with = "Option<String>")]
    pub id: Option<Spanned<String>>,
    /// Folder of an archive, relative to the study file.
    #[schemars(with = "Option<String>")]
    pub archive: Option<Spanned<String>>,
    /// A daily series that somebody else computed, in place of an archive.
    #[schemars(with = "Option<String>")]
    pub series: Option<Spanned<String>>,
    /// Column of the series' values; its dates stand in `date`.
    pub column: Option<String>,
    /// When a value of the series was public: `next-open` or `session-close`.
    #[serde(rename = "known-at")]
    #[schemars(with = "Option<String>")]
    pub known_at: Option<Spanned<String>>,
    /// Calendar of the series; an archive names its own.
    #[schemars(with = "Option<String>")]
    pub calendar: Option<Spanned<String>>,
    /// Underlying, as the archive names it.
    #[schemars(with = "String")]
    pub underlying: Spanned<String>,
    /// First session, a date such as 2018-01-02 without quotes.
    #[schemars(with = "Option<String>")]
    pub from: Option<Spanned<toml::value::Datetime>>,
    /// Last session, likewise.
    #[schemars(with = "Option<String>")]
    pub to: Option<Spanned<toml::value::Datetime>>,
    /// Which snapshot of each session: `last`, `all`, or a local time such as `15:45`.
    #[schemars(with = "Option<String>")]
    pub at: Option<Spanned<String>>,
    /// The greatest age of the snapshot at a local time: `30min`, `2h`.
    #[serde(rename = "max-age")]
    #[schemars(with = "Option<String>")]
    pub max_age: Option<Spanned<String>>,
    /// Price bars of the underlying.
    #[schemars(with = "String")]
    pub bars: Spanned<String>,
    /// Control series by name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub controls: BTreeMap<String, Spanned<String>>,
}

/// `[pricing]`: forwards, volatilities and expiries.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PricingTable {
    /// `vendor`, `parity` or `carry`.
    #[schemars(with = "Option<String>")]
    pub forward: Option<Spanned<String>>,
    /// For an expiry whose parity fails: `carry` or `none`.
    #[schemars(with = "Option<String>")]
    pub fallback: Option<Spanned<String>>,
    /// Interest rate of carry, continuous, per year.
    #[schemars(with = "Option<f64>")]
    pub rate: Option<Spanned<f64>>,
    /// Dividend yield of carry, continuous, per year.
    #[schemars(with = "Option<f64>")]
    pub dividend: Option<Spanned<f64>>,
    /// `given`, `solved` or `given-then-solved`.
    #[schemars(with = "Option<String>")]
    pub iv: Option<Spanned<String>>,
    /// `all`, `ex-0dte` or `up-to-30d`.
    #[schemars(with = "Option<String>")]
    pub expiries: Option<Spanned<String>>,
}

/// `[flip]`: how the spot is found at which net gamma changes sign.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlipTable {
    /// `reprice-sticky-strike`, `reprice-sticky-moneyness` or `linear-grid-60`.
    #[schemars(with = "Option<String>")]
    pub method: Option<Spanned<String>>,
    /// Lowest spot of the search, as a share of today's.
    #[schemars(with = "Option<f64>")]
    pub low: Option<Spanned<f64>>,
    /// Highest spot of the search, likewise.
    #[schemars(with = "Option<f64>")]
    pub high: Option<Spanned<f64>>,
}

/// `[positioning]`: who is assumed to hold what.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PositioningTable {
    /// Models by name; gross is always added.
    #[schemars(with = "Option<Vec<String>>")]
    pub models: Option<Vec<Spanned<String>>>,
    /// `[positioning.fractions]`: the shares of the model `fractions`.
    #[schemars(with = "Option<FractionsTable>")]
    pub fractions: Option<Spanned<FractionsTable>>,
}

/// `[positioning.fractions]`: shares of open interest that dealers hold, by side, delta and days.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FractionsTable {
    /// Edges between buckets of the size of delta, ascending.
    #[serde(default)]
    pub delta: Vec<f64>,
    /// Edges between buckets of calendar days to expiry, ascending.
    #[serde(default)]
    pub days: Vec<f64>,
    /// Of calls: a line a bucket of days, a share a bucket of deltas.
    pub calls: Vec<Vec<f64>>,
    /// Of puts, likewise.
    pub puts: Vec<Vec<f64>>,
}

/// `[output]`: tables of every snapshot beside the series.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputTable {
    /// Names of [`crate::output_kind::OutputKind`].
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub tables: Vec<Spanned<String>>,
}

/// `[[hypothesis]]`: one claim, fixed before the run.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HypothesisTable {
    /// Identifier in kebab case.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// The claim in one sentence.
    pub claim: String,
    /// `primary` or `exploratory`.
    #[schemars(with = "String")]
    pub role: Spanned<String>,
    /// What predicts.
    pub signal: SignalTable,
    /// How regimes are labelled.
    pub regime: RegimeTable,
    /// What is predicted.
    pub outcome: OutcomeTable,
    /// `log-har`, `leverage`, `implied-variance`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub controls: Vec<Spanned<String>>,
    /// `positive` or `negative`: the sign of the effect.
    #[schemars(with = "String")]
    pub expect: Spanned<String>,
    /// Share of volatility per standard deviation that would matter.
    #[serde(rename = "smallest-effect")]
    #[schemars(with = "f64")]
    pub smallest_effect: Spanned<f64>,
}

/// `signal = { … }`
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignalTable {
    /// Positioning model; a series that somebody else computed has none.
    #[schemars(with = "Option<String>")]
    pub positioning: Option<Spanned<String>>,
    /// A measure in kebab case, `abs-` before it for its size, or `value` for a series.
    #[schemars(with = "String")]
    pub measure: Spanned<String>,
    /// `usd`, `per-adv`, `own-deviation`, …
    #[schemars(with = "String")]
    pub scale: Spanned<String>,
}

/// `regime = { … }`
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegimeTable {
    /// `sign`, `quantile`, `zscore`, `spot-vs-flip` or `hmm`.
    #[schemars(with = "String")]
    pub kind: Spanned<String>,
    /// Half-width of the band around zero in which the label stays.
    #[serde(rename = "dead-band")]
    #[schemars(with = "Option<f64>")]
    pub dead_band: Option<Spanned<f64>>,
    /// Quantile, or z-score, at or below which the regime becomes low.
    #[schemars(with = "Option<f64>")]
    pub lower: Option<Spanned<f64>>,
    /// Quantile, or z-score, at or above which the regime becomes high.
    #[schemars(with = "Option<f64>")]
    pub upper: Option<Spanned<f64>>,
    /// How far inside a threshold the quantile or the score must come for the label to end.
    #[schemars(with = "Option<f64>")]
    pub hysteresis: Option<Spanned<f64>>,
    /// Earlier values that a quantile, a z-score or a model needs.
    #[serde(rename = "min-history")]
    #[schemars(with = "Option<usize>")]
    pub min_history: Option<Spanned<usize>>,
    /// Earlier values that a z-score is measured against at most.
    #[schemars(with = "Option<usize>")]
    pub window: Option<Spanned<usize>>,
    /// Half-width of the band around the flip in which the label stays, in daily deviations.
    #[schemars(with = "Option<f64>")]
    pub buffer: Option<Spanned<f64>>,
    /// States of a hidden Markov model: 2 or 3.
    #[schemars(with = "Option<usize>")]
    pub states: Option<Spanned<usize>>,
    /// Values between two estimates of a hidden Markov model.
    #[schemars(with = "Option<usize>")]
    pub refit: Option<Spanned<usize>>,
    /// Rows that a label stays at least.
    #[serde(rename = "min-dwell")]
    #[schemars(with = "Option<usize>")]
    pub min_dwell: Option<Spanned<usize>>,
}

/// `outcome = { … }`
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeTable {
    /// `log-realized-variance`, `abs-return`, `return`, `range`, `tail`, …
    #[schemars(with = "String")]
    pub kind: Spanned<String>,
    /// Estimator of the variance.
    #[schemars(with = "Option<String>")]
    pub estimator: Option<Spanned<String>>,
    /// `1session`, `5session`, `24h`.
    #[schemars(with = "String")]
    pub horizon: Spanned<String>,
}

/// `[grid]`: the exploratory family; what it does not name is that of the first hypothesis.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GridTable {
    /// Positioning models.
    #[schemars(with = "Option<Vec<String>>")]
    pub positioning: Option<Vec<Spanned<String>>>,
    /// Measures.
    #[schemars(with = "Option<Vec<String>>")]
    pub measure: Option<Vec<Spanned<String>>>,
    /// Scales.
    #[schemars(with = "Option<Vec<String>>")]
    pub scale: Option<Vec<Spanned<String>>>,
    /// Kinds of outcome.
    #[schemars(with = "Option<Vec<String>>")]
    pub outcome: Option<Vec<Spanned<String>>>,
    /// Estimators of variance, for outcomes that have one.
    #[schemars(with = "Option<Vec<String>>")]
    pub estimator: Option<Vec<Spanned<String>>>,
    /// Horizons.
    #[schemars(with = "Option<Vec<String>>")]
    pub horizon: Option<Vec<Spanned<String>>>,
}

/// `[[event]]`: events whose aftermath is studied.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventTable {
    /// Identifier in kebab case.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// The claim in one sentence.
    pub claim: String,
    /// `flip-crossing-down`, `gamma-inversion`, `squeeze`, `roll-off`, `call-wall-touch`, `pinning`, …
    #[schemars(with = "String")]
    pub kind: Spanned<String>,
    /// Positioning model; a series that somebody else computed has none.
    #[schemars(with = "Option<String>")]
    pub positioning: Option<Spanned<String>>,
    /// `log-variance`, `abs-return` or `cumulative-return`.
    #[schemars(with = "Option<String>")]
    pub outcome: Option<Spanned<String>>,
    /// Estimator of the variance.
    #[schemars(with = "Option<String>")]
    pub estimator: Option<Spanned<String>>,
    /// Sessions shown before an event.
    #[schemars(with = "Option<usize>")]
    pub pre: Option<Spanned<usize>>,
    /// Sessions shown after an event.
    #[schemars(with = "Option<usize>")]
    pub post: Option<Spanned<usize>>,
    /// Sessions between two events at least.
    #[serde(rename = "min-gap")]
    #[schemars(with = "Option<usize>")]
    pub min_gap: Option<Spanned<usize>>,
    /// Share of gross gamma that must expire: of `roll-off` and `pinning`.
    #[schemars(with = "Option<f64>")]
    pub share: Option<Spanned<f64>>,
    /// Daily deviations beyond the wall: of `stop-run`.
    #[schemars(with = "Option<f64>")]
    pub beyond: Option<Spanned<f64>>,
    /// Distance between strikes: of `pinning`.
    #[schemars(with = "Option<f64>")]
    pub lattice: Option<Spanned<f64>>,
}

/// `[[strategy]]`: what a trader would have earned; an appendix, never the proof.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StrategyTable {
    /// Identifier in kebab case.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// The hypothesis whose signal, regimes and controls are used.
    #[schemars(with = "String")]
    pub hypothesis: Spanned<String>,
    /// `regime-long-flat` or `volatility-target`.
    #[schemars(with = "String")]
    pub kind: Spanned<String>,
    /// Regime to be long in: `lowest` or `highest`.
    #[schemars(with = "Option<String>")]
    pub hold: Option<Spanned<String>>,
    /// Volatility aimed at, a year, as a share.
    #[schemars(with = "Option<f64>")]
    pub target: Option<Spanned<f64>>,
    /// Largest weight.
    #[schemars(with = "Option<f64>")]
    pub cap: Option<Spanned<f64>>,
    /// What the forecast knows: `controls` or `controls-and-signal`.
    #[schemars(with = "Option<String>")]
    pub forecast: Option<Spanned<String>>,
    /// Closes between the decision's session and the trade.
    #[schemars(with = "Option<usize>")]
    pub delay: Option<Spanned<usize>>,
    /// Cost of a unit of weight traded, in basis points.
    #[serde(rename = "cost-bp")]
    #[schemars(with = "Option<f64>")]
    pub cost_bp: Option<Spanned<f64>>,
    /// Money that trades, for impact on the average daily volume; needs the control `adv`.
    #[schemars(with = "Option<f64>")]
    pub capital: Option<Spanned<f64>>,
}

/// Reads the text of a study file.
///
/// # Errors
///
/// The first fault of structure, at its place, with the nearest known key where one is near.
pub fn parse(text: &str) -> Result<StudyFile, Diagnostic> {
    toml::from_str(text).map_err(|error| fault(&error))
}

/// A fault that the TOML reader found, with the nearest known key.
pub(crate) fn fault(error: &toml::de::Error) -> Diagnostic {
    let message = error.message();
    let span = error.span().unwrap_or(0..0);
    let short = message.split(", expected").next().unwrap_or(message);
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    match quoted.split_first() {
        Some((typed, known)) if unknown => {
            let help = match nearest(typed, known) {
                Some(word) => format!("did you mean `{word}`?"),
                None => format!("known here: {}", known.join(", ")),
            };
            Diagnostic::new(short, span, "not a setting here").with_help(help)
        }
        _ => Diagnostic::new(short, span, "here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        let text = "[study]\nname = \"x\"\nsed = 1\n";
        let fault = parse(text).unwrap_err();
        assert_eq!(&text[fault.span.clone()], "sed");
        assert_eq!(fault.help.as_deref(), Some("did you mean `seed`?"));
    }

    #[test]
    fn a_missing_table_is_named() {
        let fault = parse("[study]\nname = \"x\"\nseed = 1\n").unwrap_err();
        assert!(fault.message.contains("data"), "{fault:?}");
    }
}
