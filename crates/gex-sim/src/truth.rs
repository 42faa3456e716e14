//! What was planted: the effect of dealers' hedging and the state behind each session.

use chrono::NaiveDate;
use gex_compute::math;

/// Largest size of `ln f`: dealers never more than e-fold or e-th the volatility.
const LOG_FACTOR_LIMIT: f64 = 1.0;

/// What drove one session; no field of it is visible in the market.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantedSession {
    /// The session.
    pub session: NaiveDate,
    /// Log variance of the session's fundamental return, known to the surface at the close before.
    pub log_variance: f64,
    /// Gamma of the book that dealers brought into the session, in USD per 1 % move: open interest
    /// after the trades of the session before, at that session's close, without what settles at the
    /// open.
    pub dealer_gex: f64,
    /// Average daily volume at that close, in USD: the median of twenty sessions.
    pub adv: f64,
    /// What hedging multiplied the session's volatility by: `f` of the crate's formula.
    pub volatility_factor: f64,
}

/// The truth of a synthetic market.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// Strength λ of hedging; zero is the null.
    pub hedging: f64,
    /// One entry per session shown, in order.
    pub sessions: Vec<PlantedSession>,
}

impl Truth {
    /// The slope of a session's log variance on the dealers' gamma per ADV brought into it, given
    /// the fundamental variance: `−2·λ`, wherever `f` is not at its limit.
    pub fn slope(&self) -> f64 {
        -2.0 * self.hedging
    }

    /// Sessions in which `f` stood at its limit, so that the slope does not hold.
    pub fn limited_sessions(&self) -> usize {
        let at_limit =
            |s: &&PlantedSession| LOG_FACTOR_LIMIT <= (self.hedging * s.dealer_gex / s.adv).abs();
        self.sessions.iter().filter(at_limit).count()
    }
}

/// The book that dealers hold overnight.
#[derive(Debug, Clone)]
pub(crate) struct Hedging {
    strength: f64,
    dealer_gex: f64,
    adv: f64,
}

impl Hedging {
    pub(crate) fn new(strength: f64) -> Self {
        Self {
            strength,
            dealer_gex: 0.0,
            adv: 1.0,
        }
    }

    /// Takes over the book of a close.
    pub(crate) fn hold(&mut self, dealer_gex: f64, adv: f64) {
        (self.dealer_gex, self.adv) = (dealer_gex, adv);
    }

    /// What the book does to the next session.
    pub(crate) fn planted(&self, session: NaiveDate, log_variance: f64) -> PlantedSession {
        let pull = self.strength * self.dealer_gex / self.adv;
        let log_factor = (-pull).clamp(-LOG_FACTOR_LIMIT, LOG_FACTOR_LIMIT);
        PlantedSession {
            session,
            log_variance,
            dealer_gex: self.dealer_gex,
            adv: self.adv,
            volatility_factor: math::exp(log_factor),
        }
    }
}
