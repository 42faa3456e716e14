//! What differs between the two kinds of market: hours, settlement, payoff, and when open interest is known.

use chrono::TimeDelta;
use gex_compute::market::Instant;
use gex_compute::market::calendar::{Calendar, Session};
use gex_compute::market::contract::Payoff;
use serde::{Deserialize, Serialize};

use crate::SimError;

/// A kind of market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarketKind {
    /// An index with sessions in New York: linear options in two roots, open interest published before the
    /// open.
    Equity,
    /// A coin that trades around the clock, with days that end at 08:00 UTC: inverse options as on Deribit,
    /// open interest live.
    Crypto,
}

/// When the open interest of a chain was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpenInterest {
    /// Before the session, whose trades it does not know.
    BeforeTheSession,
    /// At the quotes.
    Live,
}

/// The rules of one kind of market.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Exchange {
    pub(crate) calendar: Calendar,
    pub(crate) payoff: Payoff,
    pub(crate) open_interest: OpenInterest,
    /// Units of underlying per contract.
    pub(crate) multiplier: f64,
    /// Share of a session's variance that falls between the previous close and the open.
    pub(crate) overnight_share: f64,
    /// Steps of a session's path, and those of them that are over when chains are quoted.
    pub(crate) steps: u32,
    pub(crate) steps_before_quotes: u32,
    /// Sessions in the thirty calendar days of a volatility index, and its name.
    pub(crate) index_sessions: usize,
    pub(crate) index_name: &'static str,
    /// Median units of underlying traded in a session.
    pub(crate) units_per_session: f64,
    /// Distance of strikes over that of an index of 15 % volatility.
    pub(crate) strike_spacing: f64,
}

const EQUITY: Exchange = Exchange {
    calendar: Calendar::Xnys,
    payoff: Payoff::Linear,
    open_interest: OpenInterest::BeforeTheSession,
    multiplier: 100.0,
    overnight_share: 0.2,
    // Quarters of an hour of a full session; options are quoted after it.
    steps: 26,
    steps_before_quotes: 26,
    index_sessions: 21,
    index_name: "vix",
    units_per_session: 1e8,
    strike_spacing: 1.0,
};

const CRYPTO: Exchange = Exchange {
    calendar: Calendar::Deribit,
    payoff: Payoff::Inverse,
    open_interest: OpenInterest::Live,
    multiplier: 1.0,
    overnight_share: 0.0,
    // Half hours; chains are quoted before the last one, over which settlement prices are averaged.
    steps: 48,
    steps_before_quotes: 47,
    index_sessions: 30,
    index_name: "dvol",
    units_per_session: 1e6,
    strike_spacing: 4.0,
};

impl MarketKind {
    pub(crate) fn exchange(self) -> &'static Exchange {
        match self {
            Self::Equity => &EQUITY,
            Self::Crypto => &CRYPTO,
        }
    }

    /// The calendar of its sessions.
    pub fn calendar(self) -> Calendar {
        self.exchange().calendar
    }

    /// The name of its control of implied volatility.
    pub fn index_name(self) -> &'static str {
        self.exchange().index_name
    }
}

/// Chains of a market without a close are quoted half an hour before the day ends, as settlement prices
/// are averaged from then on.
const BEFORE_THE_END: TimeDelta = TimeDelta::minutes(30);

impl Exchange {
    /// The instant at which the chain of a session is quoted.
    pub(crate) fn quotes_end(&self, session: Session) -> Result<Instant, SimError> {
        match self.calendar {
            Calendar::Deribit => Ok(session.close - BEFORE_THE_END),
            Calendar::Xnys | Calendar::Xnse => {
                let end = self.calendar.quotes_end(session.date);
                end.ok_or(SimError::OutOfSessions)
            }
        }
    }
}
