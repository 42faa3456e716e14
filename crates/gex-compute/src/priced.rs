//! A snapshot with a forward for every expiry and a volatility for every contract that has one.

use chrono::TimeDelta;

use crate::forward::{ExpiryForward, ExpiryTerms, ForwardFailure, forward_of, market_of};
use crate::implied_vol::{self, Conditioning, Quote};
use crate::market::Instant;
use crate::market::calendar::years_between;
use crate::market::contract::Payoff;
use crate::market::snapshot::{ChainSnapshot, ExpiryRows};
use crate::pricing::{PricingConfig, VolSource};

/// Deribit settles at an average over the last half hour, in which Black-Scholes gamma is wrong.
const AVERAGING_MINUTES: i64 = 30;

/// How a contract came by its volatility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VolOrigin {
    /// The row's own.
    Given,
    /// Solved from the mid of bid and ask.
    Solved,
    /// None that can be used.
    Missing,
}

/// Whether a contract still counts at the instant of the quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Life {
    /// Time left.
    Live,
    /// Inside the averaging window of its settlement.
    Settling,
    /// At or after settlement.
    Expired,
}

/// One expiry with time left.
#[derive(Debug, Clone, PartialEq)]
pub struct PricedExpiry {
    /// Its settlement instant and run of rows.
    pub rows: ExpiryRows,
    /// Time left, in years (ACT/365).
    pub tau_years: f64,
    /// Its forward, or why there is none.
    pub forward: Result<ExpiryForward, ForwardFailure>,
}

/// A snapshot with forwards and volatilities.
#[derive(Debug, Clone)]
pub struct PricedChain<'a> {
    chain: &'a ChainSnapshot,
    expiries: Vec<PricedExpiry>,
    vols: Vec<Option<f64>>,
    origins: Vec<VolOrigin>,
    lives: Vec<Life>,
}

impl<'a> PricedChain<'a> {
    /// Prices a snapshot by the choices of `config`; its expiry scope belongs to the book.
    pub fn new(chain: &'a ChainSnapshot, config: &PricingConfig) -> Self {
        let mut priced = Self {
            chain,
            expiries: Vec::new(),
            vols: vec![None; chain.len()],
            origins: vec![VolOrigin::Missing; chain.len()],
            lives: vec![Life::Expired; chain.len()],
        };
        for rows in chain.expiries() {
            priced.add_expiry(rows, config);
        }
        priced
    }

    fn add_expiry(&mut self, rows: &ExpiryRows, config: &PricingConfig) {
        let Some(tau) = years_between(self.chain.head().ts, rows.expiry) else {
            return;
        };
        let tau_years = tau.get();
        let terms = ExpiryTerms {
            chain: self.chain,
            rows,
            tau_years,
        };
        let expiry = PricedExpiry {
            rows: rows.clone(),
            tau_years,
            forward: forward_of(terms, config),
        };
        for i in rows.rows.clone() {
            self.lives[i] = self.life_until(i, rows.expiry);
            let (vol, origin) = self.vol_of(i, &expiry, config.iv);
            self.vols[i] = vol;
            self.origins[i] = origin;
        }
        self.expiries.push(expiry);
    }

    fn life_until(&self, i: usize, expiry: Instant) -> Life {
        let left = expiry - self.chain.head().ts;
        match self.chain.columns().payoff[i] {
            Payoff::Inverse if left <= TimeDelta::minutes(AVERAGING_MINUTES) => Life::Settling,
            _ => Life::Live,
        }
    }

    fn vol_of(&self, i: usize, expiry: &PricedExpiry, from: VolSource) -> (Option<f64>, VolOrigin) {
        let Ok(forward) = &expiry.forward else {
            return (None, VolOrigin::Missing);
        };
        let given = || self.given(i).map(|vol| (Some(vol), VolOrigin::Given));
        let solved = || {
            self.solved(i, forward, expiry.tau_years)
                .map(|vol| (Some(vol), VolOrigin::Solved))
        };
        match from {
            VolSource::Given => given(),
            VolSource::Solved => solved(),
            VolSource::GivenThenSolved => given().or_else(solved),
        }
        .unwrap_or((None, VolOrigin::Missing))
    }

    fn given(&self, i: usize) -> Option<f64> {
        self.chain.columns().iv.get(i).and_then(usable)
    }

    /// The volatility at which Black-76 returns the mid of an uncrossed market with a bid.
    ///
    /// Options in the money are solved as their twin out of the money, by parity with the expiry's
    /// own forward and discount factor; a price that does not fix its volatility gives none.
    fn solved(&self, i: usize, forward: &ExpiryForward, tau_years: f64) -> Option<f64> {
        let columns = self.chain.columns();
        let solved = implied_vol::solve(&Quote {
            right: columns.right[i],
            forward: forward.forward,
            strike: columns.strike[i],
            years: tau_years,
            discount: 1.0,
            price: self.forward_mid(i, forward)?,
        })
        .ok()?;
        match solved.conditioning {
            Conditioning::WellConditioned => usable(solved.vol.get()),
            Conditioning::IllConditioned => None,
        }
    }

    /// Mid of row `i` in quote currency, carried to settlement.
    ///
    /// A linear premium grows by the discount factor; one in coin is worth the forward.
    pub(crate) fn forward_mid(&self, i: usize, forward: &ExpiryForward) -> Option<f64> {
        let columns = self.chain.columns();
        let mid = market_of(columns, i)?.mid;
        Some(match columns.payoff[i] {
            Payoff::Linear => mid / forward.discount,
            Payoff::Inverse => mid * forward.forward,
        })
    }

    /// The snapshot.
    pub fn chain(&self) -> &'a ChainSnapshot {
        self.chain
    }

    /// The expiries with time left, ascending.
    pub fn expiries(&self) -> &[PricedExpiry] {
        &self.expiries
    }

    /// Volatility of row `i`, annual, as a decimal; `None` where missing.
    pub fn vol(&self, i: usize) -> Option<f64> {
        self.vols[i]
    }

    /// How row `i` came by its volatility.
    pub fn origin(&self, i: usize) -> VolOrigin {
        self.origins[i]
    }

    /// Whether row `i` still counts.
    pub fn life(&self, i: usize) -> Life {
        self.lives[i]
    }
}

/// The volatility if it can be one: beyond these bounds it is a sentinel, and exponentials overflow.
fn usable(vol: f64) -> Option<f64> {
    (1e-4..=100.0).contains(&vol).then_some(vol)
}
