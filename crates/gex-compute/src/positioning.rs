//! Who is assumed to hold what: the only place where a sign is decided.
//!
//! Nobody publishes dealers' inventory, so every sign is an assumption and has a name. A weight is
//! the dealers' expected position per contract of open interest, from -1 (short) to +1 (long).
//! Gamma itself carries no sign: long options of either kind gain delta as the underlying rises.

use std::fmt;

use crate::market::contract::Right;

/// Expected dealer position per contract of open interest, in [-1, 1]; long is above zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight(f64);

impl Weight {
    /// Wraps `value`.
    ///
    /// # Errors
    ///
    /// [`PositioningError::Weight`] unless `value` lies in [-1, 1].
    pub fn new(value: f64) -> Result<Self, PositioningError> {
        if (-1.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(PositioningError::Weight(value))
        }
    }

    /// The plain number.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// A named assumption about who holds what.
///
/// ```
/// use gex_compute::market::contract::Right;
/// use gex_compute::positioning::Positioning;
///
/// let naive = Positioning::from_name("calls-long-puts-short")?;
/// assert_eq!(naive.weight(Right::Put), -1.0);
/// # Ok::<(), gex_compute::positioning::PositioningError>(())
/// ```
///
/// Sources: `CallsLongPutsShort` is SqueezeMetrics (2017) and Baltussen et al. (2021); `Inverted`
/// and `ShortAll` are used for crypto and for dealers who write to both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Positioning {
    /// Every contract long: size without a sign, the benchmark of every signed model.
    Gross,
    /// Dealers are long the calls that investors write and short the puts that investors buy.
    CallsLongPutsShort,
    /// Dealers have written every contract.
    ShortAll,
    /// Dealers are short the calls and long the puts.
    Inverted,
    /// Dealers hold a stated share of each side's open interest.
    Fractions {
        /// Weight of every call.
        calls: Weight,
        /// Weight of every put.
        puts: Weight,
    },
}

/// Why a text names no positioning model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PositioningError {
    /// No model has this name.
    #[error(
        "unknown positioning {0:?}: use gross, calls-long-puts-short, short-all, inverted \
         or fractions(CALLS,PUTS) such as fractions(0.5,-0.8)"
    )]
    Unknown(String),
    /// A weight outside [-1, 1].
    #[error("a weight must lie in [-1, 1], got {0}")]
    Weight(f64),
}

impl Positioning {
    /// The models without parameters.
    pub const NAMED: [Self; 4] = [
        Self::Gross,
        Self::CallsLongPutsShort,
        Self::ShortAll,
        Self::Inverted,
    ];

    /// Expected dealer position per contract of open interest, in [-1, 1].
    pub fn weight(self, right: Right) -> f64 {
        match (self, right) {
            (Self::Gross, _)
            | (Self::CallsLongPutsShort, Right::Call)
            | (Self::Inverted, Right::Put) => 1.0,
            (Self::ShortAll, _)
            | (Self::CallsLongPutsShort, Right::Put)
            | (Self::Inverted, Right::Call) => -1.0,
            (Self::Fractions { calls, .. }, Right::Call) => calls.get(),
            (Self::Fractions { puts, .. }, Right::Put) => puts.get(),
        }
    }

    /// The weights of a column of contracts, row by row.
    pub fn weights(self, rights: &[Right]) -> Vec<f64> {
        rights.iter().map(|&right| self.weight(right)).collect()
    }

    /// The name in kebab case; [`Self::from_name`] reads it back.
    pub fn name(self) -> String {
        match self {
            Self::Gross => "gross".to_owned(),
            Self::CallsLongPutsShort => "calls-long-puts-short".to_owned(),
            Self::ShortAll => "short-all".to_owned(),
            Self::Inverted => "inverted".to_owned(),
            Self::Fractions { calls, puts } => {
                format!("fractions({},{})", calls.get(), puts.get())
            }
        }
    }

    /// Reads a name such as `short-all` or `fractions(0.5,-0.8)`.
    ///
    /// # Errors
    ///
    /// [`PositioningError`] for a name that no model has or a weight outside [-1, 1].
    pub fn from_name(name: &str) -> Result<Self, PositioningError> {
        let unknown = || PositioningError::Unknown(name.to_owned());
        if let Some(model) = Self::NAMED.into_iter().find(|model| model.name() == name) {
            return Ok(model);
        }
        let inner = name
            .strip_prefix("fractions(")
            .and_then(|rest| rest.strip_suffix(')'))
            .ok_or_else(unknown)?;
        let (calls, puts) = inner.split_once(',').ok_or_else(unknown)?;
        let weight = |text: &str| Weight::new(text.trim().parse().map_err(|_| unknown())?);
        Ok(Self::Fractions {
            calls: weight(calls)?,
            puts: weight(puts)?,
        })
    }

    /// The assumption as one sentence for a reader of the report.
    pub fn assumption(self) -> String {
        match self {
            Self::Gross => {
                "Every contract counts as held long: size of gamma without a sign.".to_owned()
            }
            Self::CallsLongPutsShort => {
                "Dealers are long every call and short every put.".to_owned()
            }
            Self::ShortAll => "Dealers are short every contract.".to_owned(),
            Self::Inverted => "Dealers are short every call and long every put.".to_owned(),
            Self::Fractions { calls, puts } => format!(
                "Dealers hold {} of each call's and {} of each put's open interest, \
                 long above zero.",
                calls.get(),
                puts.get()
            ),
        }
    }
}

impl fmt::Display for Positioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        let fractions = Positioning::Fractions {
            calls: Weight::new(0.5).unwrap(),
            puts: Weight::new(-0.8).unwrap(),
        };
        for model in Positioning::NAMED.into_iter().chain([fractions]) {
            assert_eq!(Positioning::from_name(&model.name()), Ok(model));
        }
        assert_eq!(fractions.name(), "fractions(0.5,-0.8)");
    }

    #[test]
    fn bad_names_say_what_is_wrong() {
        for text in ["Gross", "", "fractions", "fractions(1)", "fractions(a,b)"] {
            let error = Positioning::from_name(text).unwrap_err();
            assert_eq!(error, PositioningError::Unknown(text.to_owned()));
        }
        for text in ["fractions(1.5,0)", "fractions(0,-1.01)", "fractions(NaN,0)"] {
            let error = Positioning::from_name(text).unwrap_err();
            assert!(matches!(error, PositioningError::Weight(_)), "{text}");
        }
    }

    /// Signs as SqueezeMetrics (2017), Perfiliev (2022) and Baltussen et al. (2021) state them.
    #[test]
    fn signs_follow_the_table() {
        let signs = |model: Positioning| (model.weight(Right::Call), model.weight(Right::Put));
        assert_eq!(signs(Positioning::Gross), (1.0, 1.0));
        assert_eq!(signs(Positioning::CallsLongPutsShort), (1.0, -1.0));
        assert_eq!(signs(Positioning::ShortAll), (-1.0, -1.0));
        assert_eq!(signs(Positioning::Inverted), (-1.0, 1.0));
    }
}
