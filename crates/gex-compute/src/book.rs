//! The contracts that carry exposure: open, priced, with time left.

use std::ops::Range;

use chrono::{DateTime, TimeDelta};

use crate::buckets::{Bucket, BucketEdges};
use crate::exposure::ForwardTerms;
use crate::market::Instant;
use crate::market::calendar::DAYS_PER_YEAR;
use crate::market::contract::{Payoff, Right};
use crate::market::units::{Currency, Rate, Spot, Strike, Vol, Years};
use crate::math;
use crate::priced::{PricedChain, PricedExpiry};
use crate::pricing::ExpiryScope;
use crate::wide::{self, Kernel};
use crate::wide_math;

/// The contracts of one snapshot that carry exposure, grouped by expiry, in a fixed order.
#[derive(Debug, Clone, PartialEq)]
pub struct Book {
    /// Index or spot at the instant of the quotes.
    pub spot: Spot,
    /// Currency of strikes and of every exposure.
    pub currency: Currency,
    expiries: Vec<BookExpiry>,
    columns: BookColumns,
}

/// What the contracts of one expiry share.
#[derive(Debug, Clone, PartialEq)]
pub struct BookExpiry {
    /// Instant of settlement.
    pub settles: Instant,
    /// Time left, in years (ACT/365).
    pub tau_years: f64,
    /// Square root of the time left.
    pub sqrt_tau: f64,
    /// Forward, in quote currency per unit of underlying.
    pub forward: f64,
    /// Discount factor to settlement, for linear options.
    pub discount: f64,
    /// The rows of the expiry.
    pub rows: Range<usize>,
}

impl BookExpiry {
    /// Forward and discount factor of a contract with this payoff: coin is not discounted.
    pub fn terms(&self, payoff: Payoff) -> ForwardTerms {
        ForwardTerms {
            forward: self.forward,
            discount: match payoff {
                Payoff::Linear => self.discount,
                Payoff::Inverse => 1.0,
            },
        }
    }
}

/// The columns of a book, all of one length, by (settlement, strike, right).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BookColumns {
    /// Strike, in quote currency.
    pub strike: Vec<f64>,
    /// Natural logarithm of the strike.
    pub ln_strike: Vec<f64>,
    /// Volatility, annual, as a decimal.
    pub vol: Vec<f64>,
    /// Open contracts times units of underlying per contract, above zero.
    pub units: Vec<f64>,
    /// Call or put.
    pub right: Vec<Right>,
    /// Linear or inverse.
    pub payoff: Vec<Payoff>,
    /// The vendor's gamma per unit of underlying, where there is one: kept to compare. Empty where
    /// the snapshot was read without it.
    pub vendor_gamma: Vec<Option<f64>>,
    /// What a vendor says that dealers hold, as a share of open interest; NaN where unknown, empty where
    /// the snapshot was read without it.
    pub inventory: Vec<f64>,
    /// What takers have bought since listing, likewise.
    pub bought: Vec<f64>,
    /// What takers bought in the session, likewise.
    pub flow: Vec<f64>,
}

/// Contracts and open interest of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    /// Number of contracts.
    pub contracts: usize,
    /// Their open interest, in contracts.
    pub open_interest: f64,
}

/// What became of every row of a snapshot: the fields add up to its number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BookCounts {
    /// At or after settlement.
    pub expired: usize,
    /// Inside the averaging window of an inverse option's settlement.
    pub settling: usize,
    /// Outside the expiries of the study.
    pub out_of_scope: usize,
    /// With time left, but open interest unknown.
    pub open_interest_unknown: usize,
    /// With time left and nothing open.
    pub nothing_open: usize,
    /// Open, volatility given: in the book.
    pub given: Tally,
    /// Open, volatility solved from the price: in the book.
    pub solved: Tally,
    /// Open, without a usable volatility or forward.
    pub missing: Tally,
}

impl BookCounts {
    /// Open interest with time left, in contracts.
    pub fn open_interest(&self) -> f64 {
        self.given.open_interest + self.solved.open_interest + self.missing.open_interest
    }

    /// Share of the open interest with time left that `tally` holds; `None` where nothing is open.
    pub fn share(&self, tally: Tally) -> Option<f64> {
        let all = self.open_interest();
        (0.0 < all).then(|| tally.open_interest / all)
    }

    /// Share of the open interest with time left that has a usable volatility.
    pub fn coverage(&self) -> Option<f64> {
        let all = self.open_interest();
        (0.0 < all).then(|| (self.given.open_interest + self.solved.open_interest) / all)
    }
}

/// One contract with everything the book needs, for chains that come from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlainContract {
    /// Strike, in quote currency.
    pub strike: Strike,
    /// Time left.
    pub tau: Years,
    /// Call or put.
    pub right: Right,
    /// Volatility.
    pub vol: Vol,
    /// Open contracts times units of underlying per contract; rows without any are left out.
    pub units: f64,
}

/// Spot and the rates that carry it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CarryMarket {
    /// Index or spot.
    pub spot: Spot,
    /// Interest rate.
    pub rate: Rate,
    /// Dividend yield.
    pub dividend: Rate,
    /// Currency of strikes and exposures.
    pub currency: Currency,
}

/// A row on its way into the book.
struct Entry {
    strike: f64,
    vol: f64,
    units: f64,
    right: Right,
    payoff: Payoff,
    vendor_gamma: Option<f64>,
}

impl Book {
    /// Takes the open contracts of a priced snapshot that lie in scope, in the snapshot's order.
    ///
    /// The counts say what became of every row.
    pub fn from_chain(
        priced: &PricedChain<'_>,
        scope: ExpiryScope,
        edges: BucketEdges,
    ) -> (Self, BookCounts) {
        let head = priced.chain().head();
        let mut book = Self::empty(head.spot, head.currency);
        let counts = book.refill(priced, scope, edges);
        (book, counts)
    }

    /// As [`Self::from_chain`], in the memory of an earlier book.
    pub fn refill(
        &mut self,
        priced: &PricedChain<'_>,
        scope: ExpiryScope,
        edges: BucketEdges,
    ) -> BookCounts {
        let head = priced.chain().head();
        (self.spot, self.currency) = (head.spot, head.currency);
        self.expiries.clear();
        self.columns.clear();
        let mut counts = BookCounts::default();
        let (mut live, mut kept) = (0, Vec::new());
        for expiry in priced.expiries() {
            let rows = expiry.rows.rows.clone();
            live += rows.len();
            if includes(scope, expiry.rows.expiry, edges) {
                counts.add(priced, rows, &mut kept);
                self.add_expiry(priced, expiry, &kept);
            } else {
                counts.out_of_scope += rows.len();
            }
        }
        counts.expired = priced.chain().len() - live;
        wide::run(Logarithms {
            of: &self.columns.strike,
            into: &mut self.columns.ln_strike,
        });
        counts
    }

    /// Builds a book of linear contracts on a spot that is carried at one rate and dividend.
    ///
    /// Contracts may come in any order, and one may come in parts: the book sorts them, so the
    /// order of the input does not change a bit of any result.
    ///
    /// ```
    /// use gex_compute::book::{Book, CarryMarket, PlainContract};
    /// use gex_compute::market::contract::Right;
    /// use gex_compute::market::units::{Currency, Rate, Spot, Strike, Vol, Years};
    ///
    /// let market = CarryMarket {
    ///     spot: Spot::new(3_900.0)?,
    ///     rate: Rate::new(0.03)?,
    ///     dividend: Rate::new(0.015)?,
    ///     currency: Currency::USD,
    /// };
    /// let call = PlainContract {
    ///     strike: Strike::new(4_000.0)?,
    ///     tau: Years::new(0.25)?,
    ///     right: Right::Call,
    ///     vol: Vol::new(0.2)?,
    ///     units: 100.0 * 567.0,
    /// };
    /// assert_eq!(Book::from_contracts(market, vec![call]).len(), 1);
    /// # Ok::<(), gex_compute::market::units::OutOfRange>(())
    /// ```
    pub fn from_contracts(market: CarryMarket, mut contracts: Vec<PlainContract>) -> Self {
        let order = |c: &PlainContract| {
            let [tau, strike] = [c.tau.get(), c.strike.get()].map(f64::to_bits);
            let [vol, units] = [c.vol.get(), c.units].map(f64::to_bits);
            (tau, strike, c.right, vol, units)
        };
        contracts.retain(|contract| contract.units.is_finite() && 0.0 < contract.units);
        contracts.sort_by_key(order);
        let mut book = Self::empty(market.spot, market.currency);
        for group in contracts.chunk_by(|a, b| a.tau == b.tau) {
            let start = book.len();
            for contract in group {
                book.push(&plain(contract));
            }
            let tau_years = group[0].tau.get();
            book.close_expiry(carried(market, tau_years, start));
        }
        book
    }

    /// A book without a contract.
    pub fn empty(spot: Spot, currency: Currency) -> Self {
        Self {
            spot,
            currency,
            expiries: Vec::new(),
            columns: BookColumns::default(),
        }
    }

    /// Adds the rows of one expiry that are open and have a volatility.
    fn add_expiry(&mut self, priced: &PricedChain<'_>, expiry: &PricedExpiry, kept: &[f64]) {
        let Ok(forward) = &expiry.forward else {
            return;
        };
        let start = self.len();
        self.columns.extend(priced, expiry.rows.rows.start, kept);
        self.close_expiry(BookExpiry {
            settles: expiry.rows.expiry,
            tau_years: expiry.tau_years,
            sqrt_tau: math::sqrt(expiry.tau_years),
            forward: forward.forward,
            discount: forward.discount,
            rows: start..start,
        });
    }

    fn push(&mut self, entry: &Entry) {
        let columns = &mut self.columns;
        columns.strike.push(entry.strike);
        columns.ln_strike.push(math::ln(entry.strike));
        columns.vol.push(entry.vol);
        columns.units.push(entry.units);
        columns.right.push(entry.right);
        columns.payoff.push(entry.payoff);
        columns.vendor_gamma.push(entry.vendor_gamma);
    }

    /// Adds an expiry over the rows pushed since its first; none were, none is added.
    fn close_expiry(&mut self, mut expiry: BookExpiry) {
        expiry.rows.end = self.len();
        if !expiry.rows.is_empty() {
            self.expiries.push(expiry);
        }
    }

    /// The expiries that hold contracts, ascending.
    pub fn expiries(&self) -> &[BookExpiry] {
        &self.expiries
    }

    /// The columns.
    pub fn columns(&self) -> &BookColumns {
        &self.columns
    }

    /// Number of contracts.
    pub fn len(&self) -> usize {
        self.columns.strike.len()
    }

    /// Whether no contract carries exposure.
    pub fn is_empty(&self) -> bool {
        self.columns.strike.is_empty()
    }
}

/// A move of the market.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Move {
    /// Change of spot, as a share of it; forwards move in proportion.
    pub spot: f64,
    /// Calendar days that pass.
    pub days: f64,
    /// Change of every volatility, annual, as a decimal.
    pub vol: f64,
}

/// The least volatility that a fall leaves.
const LEAST_VOL: f64 = 1e-4;

impl Book {
    /// The book after a move, row by row; contracts that settled within it have no exposure left.
    ///
    /// Each expiry keeps the rate and the dividend that its discount factor and forward imply.
    pub(crate) fn moved(&self, step: Move) -> Self {
        let mut moved = self.clone();
        let share = 1.0 + step.spot;
        // A market that fell to nothing has no price to hedge at.
        let Ok(spot) = Spot::new(self.spot.get() * share) else {
            return Self::empty(self.spot, self.currency);
        };
        moved.spot = spot;
        for expiry in &mut moved.expiries {
            let left = expiry.tau_years - step.days / DAYS_PER_YEAR;
            if left <= 0.0 {
                moved.columns.units[expiry.rows.clone()].fill(0.0);
                continue;
            }
            let of_time = left / expiry.tau_years;
            let carry = math::ln(expiry.forward / self.spot.get());
            expiry.forward = moved.spot.get() * math::exp(carry * of_time);
            expiry.discount = math::exp(math::ln(expiry.discount) * of_time);
            expiry.tau_years = left;
            expiry.sqrt_tau = math::sqrt(left);
        }
        for vol in &mut moved.columns.vol {
            *vol = (*vol + step.vol).max(LEAST_VOL);
        }
        moved
    }
}

/// Whether a settlement instant lies in the study's scope.
pub fn includes(scope: ExpiryScope, settles: Instant, edges: BucketEdges) -> bool {
    match scope {
        ExpiryScope::All => true,
        ExpiryScope::Ex0dte => Bucket::of(settles, edges) != Bucket::NextSession,
        ExpiryScope::UpTo { days } => settles <= edges.ts + TimeDelta::days(i64::from(days)),
    }
}

/// Natural logarithms of a column.
struct Logarithms<'a> {
    of: &'a [f64],
    into: &'a mut Vec<f64>,
}

impl Kernel for Logarithms<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.into.clear();
        self.into.resize(self.of.len(), 0.0);
        for (into, of) in self.into.iter_mut().zip(self.of) {
            *into = wide_math::ln(*of);
        }
    }
}

fn plain(contract: &PlainContract) -> Entry {
    Entry {
        strike: contract.strike.get(),
        vol: contract.vol.get(),
        units: contract.units,
        right: contract.right,
        payoff: Payoff::Linear,
        vendor_gamma: None,
    }
}

/// An expiry `tau_years` away; its settlement counts from the start of 1970, as no instant is known.
fn carried(market: CarryMarket, tau_years: f64, start: usize) -> BookExpiry {
    const SECONDS_PER_YEAR: f64 = 365.0 * 86_400.0;
    let (rate, dividend) = (market.rate.get(), market.dividend.get());
    #[expect(
        clippy::cast_possible_truncation,
        reason = "casts saturate, and chrono refuses what lies beyond its years"
    )]
    let seconds = (tau_years * SECONDS_PER_YEAR) as i64;
    BookExpiry {
        settles: DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<chrono::Utc>::MAX_UTC),
        tau_years,
        sqrt_tau: math::sqrt(tau_years),
        forward: market.spot.get() * math::exp((rate - dividend) * tau_years),
        discount: math::exp(-rate * tau_years),
        rows: start..start,
    }
}
