//! A snapshot with a forward for every expiry and a volatility for every contract that has one.

use std::ops::Range;

use chrono::TimeDelta;

use crate::forward::{ExpiryForward, ExpiryTerms, ForwardFailure, forward_of, market_of};
use crate::implied_vols::{Quotes, solve_all};
use crate::market::calendar::years_between;
use crate::market::contract::{Payoff, Right};
use crate::market::snapshot::{ChainColumns, ChainSnapshot, ExpiryRows};
use crate::pricing::{DoubtfulVol, PricingConfig, VolSource};

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

impl VolOrigin {
    /// Every origin.
    pub(crate) const ALL: [Self; 3] = [Self::Given, Self::Solved, Self::Missing];
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
    memory: PricedMemory,
}

/// The memory of a priced chain, which the next one can take over.
#[derive(Debug, Clone, Default)]
pub struct PricedMemory {
    expiries: Vec<PricedExpiry>,
    /// NaN where missing.
    vols: Vec<f64>,
    origins: Vec<VolOrigin>,
    lives: Vec<Life>,
    to_solve: ToSolve,
}

/// Rows of one expiry whose volatilities are to be solved.
#[derive(Debug, Clone, Default)]
struct ToSolve {
    rows: Vec<usize>,
    right: Vec<Right>,
    strike: Vec<f64>,
    price: Vec<f64>,
    vols: Vec<f64>,
}

impl ToSolve {
    fn clear(&mut self) {
        self.rows.clear();
        self.right.clear();
        self.strike.clear();
        self.price.clear();
    }

    fn push(&mut self, columns: &ChainColumns, row: usize, price: f64) {
        self.rows.push(row);
        self.right.push(columns.right[row]);
        self.strike.push(columns.strike[row]);
        self.price.push(price);
    }
}

impl PricedMemory {
    fn clear(&mut self, rows: usize) {
        self.expiries.clear();
        self.vols.clear();
        self.vols.resize(rows, f64::NAN);
        self.origins.clear();
        self.origins.resize(rows, VolOrigin::Missing);
        self.lives.clear();
        self.lives.resize(rows, Life::Expired);
    }
}

impl<'a> PricedChain<'a> {
    /// Prices a snapshot by the choices of `config`; its expiry scope belongs to the book.
    pub fn new(chain: &'a ChainSnapshot, config: &PricingConfig) -> Self {
        Self::in_memory(chain, config, PricedMemory::default())
    }

    /// As [`Self::new`], in memory that an earlier one gave back.
    pub fn in_memory(
        chain: &'a ChainSnapshot,
        config: &PricingConfig,
        mut memory: PricedMemory,
    ) -> Self {
        memory.clear(chain.len());
        let mut priced = Self { chain, memory };
        for rows in chain.expiries() {
            priced.add_expiry(rows, config);
        }
        priced
    }

    /// Gives the memory back.
    pub fn into_memory(self) -> PricedMemory {
        self.memory
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
        self.set_lives(rows);
        if let Ok(forward) = &expiry.forward {
            if config.iv != VolSource::Solved {
                self.take_given(rows.rows.clone());
            }
            if config.iv != VolSource::Given {
                self.solve_missing(rows.rows.clone(), forward, (tau_years, config.doubtful));
            }
        }
        self.memory.expiries.push(expiry);
    }

    fn set_lives(&mut self, rows: &ExpiryRows) {
        let settling = rows.expiry - self.chain.head().ts <= TimeDelta::minutes(AVERAGING_MINUTES);
        let lives = &mut self.memory.lives[rows.rows.clone()];
        lives.fill(Life::Live);
        if settling {
            let payoffs = &self.chain.columns().payoff[rows.rows.clone()];
            for (life, payoff) in lives.iter_mut().zip(payoffs) {
                if *payoff == Payoff::Inverse {
                    *life = Life::Settling;
                }
            }
        }
    }

    /// Takes the rows' own volatilities.
    fn take_given(&mut self, rows: Range<usize>) {
        let Some(given) = self.chain.columns().iv.raw().get(rows.clone()) else {
            return;
        };
        let (vols, origins) = (
            &mut self.memory.vols[rows.clone()],
            &mut self.memory.origins[rows],
        );
        for ((vol, origin), given) in vols.iter_mut().zip(origins).zip(given) {
            let usable = USABLE.contains(given);
            *vol = if usable { *given } else { f64::NAN };
            *origin = if usable {
                VolOrigin::Given
            } else {
                VolOrigin::Missing
            };
        }
    }

    /// Solves the volatilities that are missing: those at which Black-76 returns the mid of an
    /// uncrossed market with a bid.
    ///
    /// Options in the money are solved as their twin out of the money, by parity with the expiry's
    /// own forward and discount factor; `doubtful` says what a price gives that hardly fixes its
    /// volatility.
    fn solve_missing(
        &mut self,
        rows: Range<usize>,
        forward: &ExpiryForward,
        (years, doubtful): (f64, DoubtfulVol),
    ) {
        let mut to_solve = std::mem::take(&mut self.memory.to_solve);
        to_solve.clear();
        for i in rows {
            if self.memory.origins[i] == VolOrigin::Missing
                && let Some(price) = self.forward_mid(i, forward)
            {
                to_solve.push(self.chain.columns(), i, price);
            }
        }
        let quotes = Quotes {
            forward: forward.forward,
            years,
            right: &to_solve.right,
            strike: &to_solve.strike,
            price: &to_solve.price,
            doubtful,
        };
        solve_all(quotes, &mut to_solve.vols);
        for (i, vol) in to_solve.rows.iter().zip(&to_solve.vols) {
            if SOLVED.contains(vol) {
                self.memory.vols[*i] = *vol;
                self.memory.origins[*i] = VolOrigin::Solved;
            }
        }
        self.memory.to_solve = to_solve;
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
        &self.memory.expiries
    }

    /// Volatility of row `i`, annual, as a decimal; `None` where missing.
    pub fn vol(&self, i: usize) -> Option<f64> {
        let vol = self.memory.vols[i];
        (!vol.is_nan()).then_some(vol)
    }

    /// How row `i` came by its volatility.
    pub fn origin(&self, i: usize) -> VolOrigin {
        self.memory.origins[i]
    }

    /// Volatilities of all rows, annual, as decimals; NaN where missing.
    pub(crate) fn vols(&self) -> &[f64] {
        &self.memory.vols
    }

    /// How every row came by its volatility.
    pub(crate) fn origins(&self) -> &[VolOrigin] {
        &self.memory.origins
    }

    /// Whether every row still counts.
    pub(crate) fn lives(&self) -> &[Life] {
        &self.memory.lives
    }

    /// Whether row `i` still counts.
    pub fn life(&self, i: usize) -> Life {
        self.memory.lives[i]
    }
}

/// Beyond these bounds a volatility is a sentinel, and exponentials overflow.
const USABLE: std::ops::RangeInclusive<f64> = 1e-4..=100.0;
/// Above 1,000 % a solved volatility is the tick of a contract that settles within minutes.
const SOLVED: std::ops::RangeInclusive<f64> = 1e-4..=10.0;
