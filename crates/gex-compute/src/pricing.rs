//! How a study prices contracts: which forward, which volatility, which expiries.
//!
//! None of these has a default: each moves the result, so each is stated in the study.

use std::fmt;

use crate::market::units::Rate;

/// Where the forward of an expiry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ForwardSource {
    /// The vendor's forward of the expiry.
    Vendor,
    /// Put–call parity over the quotes of the expiry.
    Parity,
    /// Spot carried at the stated rate and dividend.
    Carry,
}

/// What happens to an expiry whose forward cannot be had from its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ForwardFallback {
    /// Spot is carried at the stated rate and dividend, and the expiry is counted under carry.
    Carry,
    /// Its contracts count as without a usable volatility.
    LeaveOut,
}

/// Where the volatility of a contract comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VolSource {
    /// The row's own.
    Given,
    /// Solved from the mid of bid and ask.
    Solved,
    /// The row's own, and where it has none the solved one.
    GivenThenSolved,
}

/// What happens to a volatility that the rounding of its price moves by more than 4e-9 of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DoubtfulVol {
    /// Its contract counts as without one.
    LeaveOut,
    /// It is taken as it is, to compare with tools that ask no such question.
    Keep,
}

/// Which expiries belong to the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpiryScope {
    /// All with time left.
    All,
    /// All but those that settle at or before the next session's end.
    Ex0dte,
    /// Those that settle within a number of calendar days of the quotes.
    UpTo {
        /// Calendar days.
        days: u16,
    },
}

/// The choices that turn a snapshot into a priced book.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PricingConfig {
    /// Source of each expiry's forward.
    pub forward: ForwardSource,
    /// What stands in where the source fails.
    pub fallback: ForwardFallback,
    /// Interest rate, continuously compounded, per year.
    pub rate: Rate,
    /// Dividend yield of the underlying, continuously compounded, per year.
    pub dividend: Rate,
    /// Source of each contract's volatility.
    pub iv: VolSource,
    /// Solved volatilities that their price hardly fixes.
    pub doubtful: DoubtfulVol,
    /// Expiries that belong to the book.
    pub expiries: ExpiryScope,
}

/// A word that names no choice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {word:?}: use {choices}")]
pub struct UnknownChoice {
    /// What was to be chosen.
    pub what: &'static str,
    /// The word that was read.
    pub word: String,
    /// The words that exist.
    pub choices: &'static str,
}

macro_rules! words {
    ($type:ident, $what:literal, $choices:literal, $($variant:ident => $word:literal,)*) => {
        impl $type {
            /// The word in a study file and in tables.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Reads the word of a study file.
            ///
            /// # Errors
            ///
            /// [`UnknownChoice`], which lists the words.
            pub fn from_word(word: &str) -> Result<Self, UnknownChoice> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(UnknownChoice {
                        what: $what,
                        word: word.to_owned(),
                        choices: $choices,
                    }),
                }
            }
        }
    };
}

words! {
    ForwardSource, "forward", "vendor, parity or carry",
    Vendor => "vendor",
    Parity => "parity",
    Carry => "carry",
}

words! {
    ForwardFallback, "fallback", "carry or leave-out",
    Carry => "carry",
    LeaveOut => "leave-out",
}

words! {
    VolSource, "iv", "given, solved or given-then-solved",
    Given => "given",
    Solved => "solved",
    GivenThenSolved => "given-then-solved",
}

impl ExpiryScope {
    /// Reads `all`, `ex-0dte` or `up-to-30d`.
    ///
    /// ```
    /// use gex_compute::pricing::ExpiryScope;
    ///
    /// assert_eq!(ExpiryScope::from_word("up-to-30d")?, ExpiryScope::UpTo { days: 30 });
    /// # Ok::<(), gex_compute::pricing::UnknownChoice>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UnknownChoice`], which lists the forms.
    pub fn from_word(word: &str) -> Result<Self, UnknownChoice> {
        let days = |text: &str| text.strip_suffix('d')?.parse().ok();
        match word {
            "all" => Ok(Self::All),
            "ex-0dte" => Ok(Self::Ex0dte),
            _ => word
                .strip_prefix("up-to-")
                .and_then(days)
                .map(|days| Self::UpTo { days })
                .ok_or_else(|| UnknownChoice {
                    what: "expiries",
                    word: word.to_owned(),
                    choices: "all, ex-0dte or up-to-DAYSd such as up-to-30d",
                }),
        }
    }
}

impl fmt::Display for ExpiryScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Ex0dte => f.write_str("ex-0dte"),
            Self::UpTo { days } => write!(f, "up-to-{days}d"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for source in ["vendor", "parity", "carry"] {
            assert_eq!(ForwardSource::from_word(source).unwrap().word(), source);
        }
        for fallback in ["carry", "leave-out"] {
            assert_eq!(
                ForwardFallback::from_word(fallback).unwrap().word(),
                fallback
            );
        }
        for iv in ["given", "solved", "given-then-solved"] {
            assert_eq!(VolSource::from_word(iv).unwrap().word(), iv);
        }
        for scope in ["all", "ex-0dte", "up-to-30d"] {
            assert_eq!(ExpiryScope::from_word(scope).unwrap().to_string(), scope);
        }
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_known_ones() {
        let message = ForwardSource::from_word("spot").unwrap_err().to_string();
        assert_eq!(
            message,
            "unknown forward \"spot\": use vendor, parity or carry"
        );
        for scope in ["up-to-30", "up-to--1d", "ex-0DTE"] {
            assert!(ExpiryScope::from_word(scope).is_err(), "{scope}");
        }
    }
}
