//! Names of Deribit's options, which hold the terms of the contract.
//!
//! `BTC-13FEB26-100000-C` is underlying, expiry, strike and right; a decimal point in a strike is
//! written `d`. Names that begin with a coin are inverse, paid in coin; those of a pair (`SOL_USDC-`)
//! are linear.

use chrono::NaiveDate;
use gex_compute::market::Instant;
use gex_compute::market::calendar::{Calendar, Settlement};
use gex_compute::market::contract::{Exercise, Payoff, Right};
use gex_compute::market::units::Currency;

use crate::accept::{Candidate, Terms};
use crate::source::printable;

/// The column of names.
pub(super) const NAME: &str = "instrument_name";

/// One contract is one coin, strikes are in dollars.
pub(super) const INVERSE_TERMS: Terms = Terms {
    exercise: Exercise::European,
    payoff: Payoff::Inverse,
    multiplier: 1.0,
    currency: Currency::USD,
};

/// What the name of an option says.
#[derive(Debug, PartialEq)]
pub(super) struct Instrument {
    /// Coin, or pair of coin and currency: `BTC`, `SOL_USDC`.
    pub(super) underlying: String,
    expiry: Instant,
    strike: f64,
    right: Right,
}

impl Instrument {
    /// Reads the name beside a row into the row; a name that is no option's is noted in it.
    pub(super) fn of(name: Option<&str>, candidate: &mut Candidate) -> Option<Self> {
        let name = name?;
        let instrument = Self::parse(name);
        match &instrument {
            Some(instrument) => instrument.describe(candidate),
            None => candidate.malformed = Some((NAME.to_owned(), printable(name))),
        }
        instrument
    }

    fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split('-');
        let (underlying, date) = (parts.next()?, parts.next()?);
        let (strike, right) = (parts.next()?, parts.next()?);
        if underlying.is_empty() || parts.next().is_some() {
            return None;
        }
        let date = NaiveDate::parse_from_str(date, "%d%b%y").ok()?;
        Some(Self {
            underlying: underlying.to_owned(),
            expiry: settles(date),
            strike: strike.replacen('d', ".", 1).parse().ok()?,
            right: Right::from_letter(right)?,
        })
    }

    fn describe(&self, candidate: &mut Candidate) {
        self.underlying.clone_into(&mut candidate.root);
        candidate.expiry = Some(self.expiry);
        candidate.strike = Some(self.strike);
        candidate.right = Ok(self.right);
        if self.underlying.contains('_') {
            candidate.terms = Some(Terms {
                payoff: Payoff::Linear,
                ..INVERSE_TERMS
            });
        }
    }
}

/// Options settle at 08:00 UTC.
pub(super) fn settles(date: NaiveDate) -> Instant {
    Calendar::Deribit.settlement(date, Settlement::Utc0800)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names from docs.deribit.com ("Instrument Naming") and from a chain of 2026-03-09.
    #[test]
    fn names_hold_expiry_strike_and_right() {
        let option = Instrument::parse("BTC-9MAR26-74000-P").unwrap();
        assert_eq!(option.underlying, "BTC");
        assert_eq!(option.expiry.to_rfc3339(), "2026-03-09T08:00:00+00:00");
        assert_eq!((option.strike, option.right), (74_000.0, Right::Put));
        let option = Instrument::parse("XRP_USDC-30JUN23-0d45-C").unwrap();
        assert_eq!(option.underlying, "XRP_USDC");
        assert_eq!((option.strike, option.right), (0.45, Right::Call));
    }

    #[test]
    fn names_of_anything_else_are_none() {
        for name in ["BTC-PERPETUAL", "BTC-9MAR26", "BTC-9MAR26-74000-X", ""] {
            assert_eq!(Instrument::parse(name), None, "{name}");
        }
        assert_eq!(Instrument::parse("BTC-CS-28JAN22-40000_45000"), None);
        assert_eq!(Instrument::parse("BTC-31FEB26-74000-C"), None);
    }
}
