//! What a session's close fixes: the terms of each expiry, the quotes, the dealers' gamma.

use gex_compute::black76;
use gex_compute::exposure::{ForwardTerms, pct_scale};
use gex_compute::market::Instant;
use gex_compute::market::calendar::years_between;
use gex_compute::market::contract::{Exercise, Payoff, Right};
use gex_compute::market::snapshot::{ChainRow, Flags};
use gex_compute::market::units::Years;
use gex_compute::math;
use gex_compute::positioning::Positioning;

use crate::exchange::{Exchange, OpenInterest};
use crate::positions::{Line, Lines, Positions, Side};
use crate::surface::{Surface, total_variance};
use crate::timetable::{Expiry, Listing, Style};
use crate::world::WorldSpec;

/// Who holds what in a synthetic market: the truth, not an assumption.
pub const DEALERS: Positioning = Positioning::CallsLongPutsShort;
/// Half of the spread: a share of the price, and its cap as a share of spot.
const HALF_SPREAD: f64 = 0.01;
const HALF_SPREAD_CAP: f64 = 0.0005;
/// Price from which ticks are twice as wide, in USD, and ticks per USD below and from there on.
const WIDE_TICKS_FROM: f64 = 3.0;
const NARROW_TICKS_PER_USD: f64 = 20.0;
const WIDE_TICKS_PER_USD: f64 = 10.0;
/// Price in coin from which ticks are five times as wide, and ticks per coin below and from there on.
const WIDE_COIN_TICKS_FROM: f64 = 0.005;
const NARROW_TICKS_PER_COIN: f64 = 10_000.0;
const WIDE_TICKS_PER_COIN: f64 = 2_000.0;
/// Decimals of a published volatility, as a power of ten.
const VOL_DECIMALS: f64 = 1e4;

/// The market at the end of a session's option trading.
#[derive(Debug)]
pub(crate) struct Close<'a> {
    pub(crate) spec: &'a WorldSpec,
    pub(crate) exchange: &'static Exchange,
    /// Instant of the quotes.
    pub(crate) ts: Instant,
    /// Position of the session in the timetable.
    pub(crate) position: usize,
    /// Level of the underlying, in USD.
    pub(crate) spot: f64,
    pub(crate) surface: &'a Surface,
}

/// One expiry at the close.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// Forward, in USD, and discount factor.
    pub(crate) forward: ForwardTerms,
    /// Time left, in years of 365 days.
    years: f64,
    /// Implied variance to settlement at the money.
    pub(crate) theta: f64,
    payoff: Payoff,
}

impl Close<'_> {
    /// The terms of one expiry that has not settled.
    pub(crate) fn terms(&self, listing: &Listing) -> Terms {
        // Settled expiries have left the book before the close, so that time is left.
        let years = years_between(self.ts, listing.settles).map_or(0.0, Years::get);
        let theta = self.surface.at_the_money(&Expiry {
            style: listing.style,
            sessions_left: listing.session.saturating_sub(self.position),
        });
        let (rate, dividend) = (self.spec.rate, self.spec.dividend);
        let forward = ForwardTerms {
            forward: self.spot * math::exp((rate - dividend) * years),
            discount: match self.exchange.payoff {
                Payoff::Linear => math::exp(-rate * years),
                Payoff::Inverse => 1.0,
            },
        };
        Terms {
            forward,
            years,
            theta,
            payoff: self.exchange.payoff,
        }
    }

    /// What dealers trade in the next session per 1 % move to stay hedged, in USD: above zero they
    /// sell as prices rise. Contracts that settle at its open are no longer theirs to hedge.
    pub(crate) fn dealer_gex(&self, positions: &Positions) -> f64 {
        let lattice = positions.lattice();
        let of_expiry = |lines: &Lines| {
            let terms = self.terms(&lines.listing);
            let of_line = |(index, line): (&u32, &Line)| {
                let strike = lattice.strike(*index);
                let gamma = black76::gamma(terms.forward.forward, strike, terms.deviation(strike));
                pct_scale(self.dealer_units(line), terms.forward) * gamma
            };
            lines.by_strike.iter().map(of_line).sum::<f64>()
        };
        let hedged = |lines: &&Lines| {
            let next = self.position + 1;
            lines.listing.style == Style::Pm || next < lines.listing.session
        };
        positions.expiries().filter(hedged).map(of_expiry).sum()
    }

    /// The chain, one row per contract.
    pub(crate) fn rows(&self, positions: &Positions) -> Vec<ChainRow> {
        let lattice = positions.lattice();
        let mut rows = Vec::new();
        for lines in positions.expiries() {
            let terms = self.terms(&lines.listing);
            let root = self.root(lines.listing.style);
            for (index, line) in &lines.by_strike {
                let strike = lattice.strike(*index);
                for (right, side) in line.sides() {
                    let quote = terms.quote(right, strike, self.spot);
                    let contract = (root.clone(), lines.listing.settles, strike, right);
                    rows.push(self.row(contract, quote, *side));
                }
            }
        }
        rows
    }

    fn row(&self, contract: (String, Instant, f64, Right), quote: Quote, side: Side) -> ChainRow {
        let (root, expiry, strike, right) = contract;
        ChainRow {
            root,
            expiry,
            strike,
            right,
            exercise: Exercise::European,
            payoff: self.exchange.payoff,
            multiplier: self.exchange.multiplier,
            bid: Some(quote.bid),
            ask: Some(quote.ask),
            mark: None,
            bid_iv: None,
            ask_iv: None,
            iv: Some(quote.vol),
            open_interest: Some(f64::from(match self.exchange.open_interest {
                OpenInterest::BeforeTheSession => side.published,
                OpenInterest::Live => side.open,
            })),
            volume: Some(f64::from(side.traded)),
            forward: None,
            vendor_gamma: None,
            vendor_delta: None,
            dealer_position: None,
            taker_net: None,
            flags: Flags::default(),
        }
    }

    fn root(&self, style: Style) -> String {
        match (self.exchange.payoff, style) {
            (Payoff::Inverse, _) | (_, Style::Am) => self.spec.underlying.clone(),
            (Payoff::Linear, Style::Pm) => format!("{}W", self.spec.underlying),
        }
    }

    /// Dealers' position in one line, in units of underlying; calls and puts share their gamma.
    fn dealer_units(&self, line: &Line) -> f64 {
        // The model weighs all calls alike, and all puts.
        let weight = |right| DEALERS.weight(right).unwrap_or_default();
        let signed = |(right, side): (Right, &Side)| weight(right) * f64::from(side.open);
        self.exchange.multiplier * line.sides().into_iter().map(signed).sum::<f64>()
    }
}

/// What the market shows of one contract.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Quote {
    bid: f64,
    ask: f64,
    vol: f64,
}

impl Terms {
    /// `σ√T` of one strike, a pure number.
    fn deviation(&self, strike: f64) -> f64 {
        let k = math::ln_ratio(strike, self.forward.forward);
        math::sqrt(total_variance(self.theta, k))
    }

    fn quote(&self, right: Right, strike: f64, spot: f64) -> Quote {
        let deviation = self.deviation(strike);
        let ForwardTerms { forward, discount } = self.forward;
        let usd = discount * black76::price(right, forward, strike, deviation);
        // Premium of inverse options is in coin: so are its ticks and the cap of its spread.
        let (fair, unit, ticks, narrow): (f64, f64, fn(f64) -> f64, f64) = match self.payoff {
            Payoff::Linear => (usd, spot, ticks_per_usd, NARROW_TICKS_PER_USD),
            Payoff::Inverse => (usd / forward, 1.0, ticks_per_coin, NARROW_TICKS_PER_COIN),
        };
        let half = (HALF_SPREAD * fair).min(HALF_SPREAD_CAP * unit) + 0.5 / narrow;
        let (low, high) = ((fair - half).max(0.0), fair + half);
        let vol = deviation / math::sqrt(self.years);
        Quote {
            bid: (low * ticks(low)).floor() / ticks(low),
            ask: (high * ticks(high)).ceil() / ticks(high),
            vol: (vol * VOL_DECIMALS).round() / VOL_DECIMALS,
        }
    }
}

/// Ticks per coin at a price in coin, as on Deribit.
fn ticks_per_coin(price: f64) -> f64 {
    if price < WIDE_COIN_TICKS_FROM {
        NARROW_TICKS_PER_COIN
    } else {
        WIDE_TICKS_PER_COIN
    }
}

/// Ticks per USD at a price, as on Cboe: five cents below three dollars, ten cents above.
fn ticks_per_usd(price: f64) -> f64 {
    if price < WIDE_TICKS_FROM {
        NARROW_TICKS_PER_USD
    } else {
        WIDE_TICKS_PER_USD
    }
}
