//! A user's description of a table: which column means what, in which unit, zone and calendar.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use gex_compute::market::calendar::{Calendar, Settlement};
use gex_compute::market::contract::{Exercise, Payoff};
use gex_compute::market::units::{BadCurrency, Currency};
use serde::Deserialize;

use crate::accept::Terms;
use crate::sessions::{BadClock, OiClock};
use crate::vendor::Profile;
use crate::vendor::columns::{Columns, Field, Units};
use crate::vendor::frame::TimeRule;

/// A checked mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    pub(crate) name: String,
    pub(crate) columns: Columns,
    pub(crate) units: Units,
    pub(crate) time: TimeRule,
    pub(crate) expiry: TimeRule,
    pub(crate) underlying: Option<String>,
    pub(crate) root: Option<String>,
    pub(crate) settlement: Settlement,
    pub(crate) am_roots: Vec<String>,
    pub(crate) terms: Terms,
    pub(crate) calendar: Calendar,
    pub(crate) open_interest: OiClock,
}

/// Why a mapping can't be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MappingError {
    /// Not TOML, or a key that no mapping has.
    #[error("mapping: {0}")]
    Syntax(String),
    /// A word that is not among the choices.
    #[error("mapping: {key} must be {choices}, got {value:?}")]
    Choice {
        /// Key in the file.
        key: String,
        /// The value.
        value: String,
        /// The choices.
        choices: String,
    },
    /// A number out of range.
    #[error("mapping: {key} must be finite and above zero, got {value}")]
    Range {
        /// Key in the file.
        key: &'static str,
        /// The value.
        value: f64,
    },
    /// A column that every table must have.
    #[error("mapping: columns.{0} is missing; name the table's column")]
    Column(&'static str),
    /// The open-interest clock.
    #[error("mapping: open-interest: {0}")]
    Clock(#[from] BadClock),
    /// The currency.
    #[error("mapping: contract.currency: {0}")]
    Currency(#[from] BadCurrency),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Typed {
    name: String,
    calendar: String,
    /// No default: a wrong clock is a look-ahead that nothing else shows.
    open_interest: String,
    columns: BTreeMap<String, String>,
    #[serde(default)]
    units: TypedUnits,
    #[serde(default)]
    time: TypedTime,
    #[serde(default)]
    contract: TypedContract,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct TypedUnits {
    iv: String,
    strike_scale: f64,
    open_interest_scale: f64,
}

impl Default for TypedUnits {
    fn default() -> Self {
        Self {
            iv: "decimal".to_owned(),
            strike_scale: 1.0,
            open_interest_scale: 1.0,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct TypedTime {
    zone: Option<String>,
    format: Option<String>,
    expiry_format: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct TypedContract {
    underlying: Option<String>,
    root: Option<String>,
    settlement: String,
    /// Roots that settle at the open whatever `settlement` says: SPX beside SPXW.
    am_roots: Vec<String>,
    multiplier: f64,
    payoff: String,
    exercise: String,
    currency: String,
}

impl Default for TypedContract {
    fn default() -> Self {
        Self {
            underlying: None,
            root: None,
            settlement: "pm-close".to_owned(),
            am_roots: Vec::new(),
            multiplier: 100.0,
            payoff: "linear".to_owned(),
            exercise: "european".to_owned(),
            currency: "USD".to_owned(),
        }
    }
}

/// The mapping of `chain-table`, written as a user would write it.
const CHAIN_TABLE: &str = r#"
name = "chain-table"
calendar = "xnys"
open-interest = "start-of-day"

[columns]
ts = "ts"
underlying = "underlying"
expiry = "expiry"
strike = "strike"
right = "kind"
bid = "bid"
ask = "ask"
iv = "iv"
open_interest = "open_interest"
volume = "volume"
spot = "underlying_price"
"#;

impl Mapping {
    /// The plain table: `ts, underlying, expiry, strike, kind, bid, ask, iv, open_interest, volume,
    /// underlying_price`, of 100 linear European units in US dollars, New York sessions, the root
    /// being the underlying's name.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "a constant of this file, read by its own test"
    )]
    pub fn chain_table() -> Self {
        Self::parse(CHAIN_TABLE).expect("the built-in mapping is valid")
    }

    /// Reads a mapping from TOML.
    ///
    /// ```
    /// use gex_ingest::mapping::Mapping;
    ///
    /// let text = r#"
    /// name = "my-broker"
    /// calendar = "xnys"
    /// open-interest = "start-of-day"
    /// [columns]
    /// ts = "quote_time"
    /// expiry = "expiration"
    /// strike = "strike_price"
    /// right = "cp_flag"
    /// iv = "impl_volatility"
    /// open_interest = "open_interest"
    /// spot = "underlying_last"
    /// [units]
    /// iv = "percent"
    /// strike-scale = 0.001
    /// [time]
    /// zone = "America/New_York"
    /// [contract]
    /// underlying = "SPY"
    /// exercise = "american"
    /// "#;
    /// assert!(Mapping::parse(text).is_ok());
    /// ```
    ///
    /// # Errors
    ///
    /// [`MappingError`] naming the key, the value and the choices.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let typed: Typed =
            toml::from_str(text).map_err(|error| MappingError::Syntax(error.to_string()))?;
        Ok(Self {
            columns: columns(&typed)?,
            units: units(&typed.units)?,
            time: TimeRule {
                format: typed.time.format.clone(),
                zone: zone(&typed.time)?,
            },
            expiry: TimeRule {
                format: typed.time.expiry_format.clone(),
                zone: zone(&typed.time)?,
            },
            settlement: settlement(&typed.contract.settlement)?,
            am_roots: typed.contract.am_roots.clone(),
            terms: terms(&typed.contract)?,
            calendar: Calendar::from_name(&typed.calendar)
                .ok_or_else(|| choice("calendar", &typed.calendar, "xnys, xnse or deribit"))?,
            open_interest: OiClock::parse(&typed.open_interest)?,
            underlying: typed.contract.underlying,
            root: typed.contract.root,
            name: typed.name,
        })
    }

    /// How a contract of this root settles.
    pub(crate) fn settlement_of(&self, root: Option<&str>) -> Settlement {
        match root {
            Some(root) if self.am_roots.iter().any(|am| am == root) => Settlement::AmOpen,
            _ => self.settlement,
        }
    }

    /// Returns the facts that hold for every file of the mapping.
    pub fn profile(&self) -> Profile {
        Profile {
            name: self.name.clone(),
            columns: self.columns.clone(),
            terms: self.terms,
            calendar: self.calendar,
            open_interest: self.open_interest,
        }
    }
}

fn choice(key: &str, value: &str, choices: &str) -> MappingError {
    MappingError::Choice {
        key: key.to_owned(),
        value: value.to_owned(),
        choices: choices.to_owned(),
    }
}

fn columns(typed: &Typed) -> Result<Columns, MappingError> {
    const NEEDED: [Field; 6] = [
        Field::Ts,
        Field::Expiry,
        Field::Strike,
        Field::Right,
        Field::OpenInterest,
        Field::Spot,
    ];
    let mut pairs = Vec::new();
    for (key, name) in &typed.columns {
        let field = Field::from_name(key).ok_or_else(|| {
            let names: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
            choice("a key of columns", key, &names.join(", "))
        })?;
        pairs.push((field, name.as_str()));
    }
    let columns = Columns::new(pairs);
    for field in NEEDED {
        columns
            .get(field)
            .ok_or(MappingError::Column(field.name()))?;
    }
    if columns.get(Field::Underlying).is_none() && typed.contract.underlying.is_none() {
        return Err(MappingError::Column("underlying (or contract.underlying)"));
    }
    Ok(columns)
}

fn positive(key: &'static str, value: f64) -> Result<f64, MappingError> {
    if value.is_finite() && 0.0 < value {
        Ok(value)
    } else {
        Err(MappingError::Range { key, value })
    }
}

fn units(typed: &TypedUnits) -> Result<Units, MappingError> {
    const PERCENT: f64 = 0.01;
    Ok(Units {
        iv: match typed.iv.as_str() {
            "decimal" => 1.0,
            "percent" => PERCENT,
            other => return Err(choice("units.iv", other, "decimal or percent")),
        },
        strike: positive("units.strike-scale", typed.strike_scale)?,
        open_interest: positive("units.open-interest-scale", typed.open_interest_scale)?,
    })
}

fn zone(typed: &TypedTime) -> Result<Option<Tz>, MappingError> {
    let parse = |name: &String| {
        let choices = "a zone of the IANA list such as America/New_York";
        name.parse().map_err(|_| choice("time.zone", name, choices))
    };
    typed.zone.as_ref().map(parse).transpose()
}

fn settlement(word: &str) -> Result<Settlement, MappingError> {
    match word {
        "am-open" => Ok(Settlement::AmOpen),
        "pm-close" => Ok(Settlement::PmClose),
        "utc-0800" => Ok(Settlement::Utc0800),
        "kolkata-close" => Ok(Settlement::KolkataClose),
        _ => {
            let choices = "am-open, pm-close, utc-0800 or kolkata-close";
            Err(choice("contract.settlement", word, choices))
        }
    }
}

fn terms(typed: &TypedContract) -> Result<Terms, MappingError> {
    Ok(Terms {
        exercise: Exercise::from_word(&typed.exercise)
            .ok_or_else(|| choice("contract.exercise", &typed.exercise, "european or american"))?,
        payoff: Payoff::from_word(&typed.payoff)
            .ok_or_else(|| choice("contract.payoff", &typed.payoff, "linear or inverse"))?,
        multiplier: positive("contract.multiplier", typed.multiplier)?,
        currency: Currency::new(&typed.currency)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_mapping_is_valid() {
        let mapping = Mapping::chain_table();
        assert_eq!(mapping.columns.name(Field::Right), "kind");
        assert_eq!(mapping.open_interest, OiClock::StartOfDay);
        assert!((mapping.terms.multiplier - 100.0).abs() < f64::EPSILON);
    }

    #[test]
    fn an_undeclared_clock_is_refused() {
        let text = CHAIN_TABLE.replace("open-interest = \"start-of-day\"", "");
        let error = Mapping::parse(&text).unwrap_err().to_string();
        assert!(error.contains("open-interest"), "{error}");
    }

    #[test]
    fn unknown_words_are_refused_with_the_choices() {
        for (from, to, expected) in [
            (
                "calendar = \"xnys\"",
                "calendar = \"nyse\"",
                "xnse or deribit",
            ),
            ("start-of-day", "morning", "delay:DURATION"),
            ("bid = \"bid\"", "bod = \"bid\"", "bid_iv"),
            ("strike = \"strike\"", "", "columns.strike is missing"),
            ("name =", "nome =", "unknown field"),
        ] {
            let error = Mapping::parse(&CHAIN_TABLE.replacen(from, to, 1)).unwrap_err();
            assert!(error.to_string().contains(expected), "{to}: {error}");
        }
    }
}
