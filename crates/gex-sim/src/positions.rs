//! Open interest that arrives, leaves and expires, line by line.

use std::collections::BTreeMap;

use gex_compute::market::Instant;
use gex_compute::market::contract::Right;
use gex_compute::math;

use crate::draws::Draws;
use crate::strikes::{Lattice, roundness};
use crate::timetable::Listing;

/// Contracts that investors open per session and line at the peak of demand.
const PEAK_ARRIVALS: f64 = 1_600.0;
/// Where demand peaks, in deviations to settlement out of the money: puts below, calls above.
const PEAK_DISTANCE: f64 = 0.8;
/// Width of demand around its peak, in the same unit.
const DEMAND_WIDTH: f64 = 1.1;
/// Share of open contracts closed per session, near the money and far from it.
const CLOSED_NEAR: f64 = 0.04;
const CLOSED_FAR: f64 = 0.10;
/// From how many deviations on a line is far from the money.
const FAR: f64 = 3.0;
/// Deviations of the logarithm of arrivals and of closures.
const ARRIVAL_NOISE: f64 = 0.8;
const CLOSURE_NOISE: f64 = 0.5;

/// One side of a line: the calls or the puts of one strike and expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Side {
    /// Open contracts as published before the session.
    pub(crate) published: u32,
    /// Open contracts now.
    pub(crate) open: u32,
    /// Contracts traded in the session.
    pub(crate) traded: u32,
}

/// The calls and puts of one strike and expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Line {
    pub(crate) call: Side,
    pub(crate) put: Side,
}

impl Line {
    /// Both sides with their rights, calls first.
    pub(crate) fn sides(&self) -> [(Right, &Side); 2] {
        [(Right::Call, &self.call), (Right::Put, &self.put)]
    }

    fn is_dead(&self) -> bool {
        self.call.open == 0 && self.put.open == 0
    }
}

/// The lines of one expiry, by index of their strike on the lattice.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lines {
    pub(crate) listing: Listing,
    pub(crate) by_strike: BTreeMap<u32, Line>,
}

/// What moves demand for the lines of one expiry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ExpiryDemand {
    /// Forward, in USD.
    pub(crate) forward: f64,
    /// Implied deviation to settlement at the money, a pure number.
    pub(crate) deviation: f64,
    /// How much of the demand this expiry draws, around one.
    pub(crate) weight: f64,
    /// Investors' tilt: above zero to puts, below to calls.
    pub(crate) tilt: f64,
}

/// Every open position of the market.
#[derive(Debug, Clone)]
pub(crate) struct Positions {
    expiries: BTreeMap<Instant, Lines>,
    lattice: Lattice,
    draws: Draws,
}

impl Positions {
    pub(crate) fn new(lattice: Lattice, draws: Draws) -> Self {
        Self {
            expiries: BTreeMap::new(),
            lattice,
            draws,
        }
    }

    /// Open expiries by instant of settlement.
    pub(crate) fn expiries(&self) -> impl Iterator<Item = &Lines> {
        self.expiries.values()
    }

    /// The lattice of strikes.
    pub(crate) fn lattice(&self) -> Lattice {
        self.lattice
    }

    /// Opens the session: publishes what is open, lists new strikes, delists dead ones.
    pub(crate) fn open_session(&mut self, listings: &[Listing], spot: f64, today: usize) {
        for listing in listings {
            let lines = self.expiries.entry(listing.settles).or_insert(Lines {
                listing: *listing,
                by_strike: BTreeMap::new(),
            });
            let window = self.lattice.window(spot, listing.session - today);
            lines
                .by_strike
                .retain(|strike, line| !line.is_dead() || window.contains(*strike));
            for strike in window.strikes() {
                lines.by_strike.entry(strike).or_default();
            }
        }
        for line in self.lines_mut() {
            for side in [&mut line.call, &mut line.put] {
                side.published = side.open;
                side.traded = 0;
            }
        }
    }

    /// Trades one session: closes some of what is open and opens new contracts.
    pub(crate) fn trade(&mut self, demand_of: impl Fn(&Listing) -> ExpiryDemand) {
        let (lattice, draws) = (self.lattice, &mut self.draws);
        for lines in self.expiries.values_mut() {
            let demand = demand_of(&lines.listing);
            for (index, line) in &mut lines.by_strike {
                let strike = lattice.strike(*index);
                let distance = math::ln(strike / demand.forward) / demand.deviation;
                let round = demand.weight * roundness(*index);
                let calls = round * math::exp(-demand.tilt) * bell(distance - PEAK_DISTANCE);
                let puts = round * math::exp(demand.tilt) * bell(distance + PEAK_DISTANCE);
                let closed = if distance.abs() < FAR {
                    CLOSED_NEAR
                } else {
                    CLOSED_FAR
                };
                trade_side(&mut line.call, PEAK_ARRIVALS * calls, closed, draws);
                trade_side(&mut line.put, PEAK_ARRIVALS * puts, closed, draws);
            }
        }
    }

    /// Takes out what has settled by `now`.
    pub(crate) fn settle(&mut self, now: Instant) {
        self.expiries.retain(|settles, _| now < *settles);
    }

    fn lines_mut(&mut self) -> impl Iterator<Item = &mut Line> {
        let expiries = self.expiries.values_mut();
        expiries.flat_map(|lines| lines.by_strike.values_mut())
    }
}

/// Stock and flow of one side: `open' = open − closed + opened`, never below zero.
fn trade_side(side: &mut Side, arrivals: f64, close_rate: f64, draws: &mut Draws) {
    let opened = whole(arrivals * draws.factor(ARRIVAL_NOISE));
    let closing = f64::from(side.open) * close_rate * draws.factor(CLOSURE_NOISE);
    let closed = whole(closing.ceil()).min(side.open);
    side.open = (side.open - closed).saturating_add(opened);
    side.traded = opened.saturating_add(closed);
}

/// A bell of height one and width [`DEMAND_WIDTH`].
fn bell(distance: f64) -> f64 {
    let x = distance / DEMAND_WIDTH;
    math::exp(-0.5 * x * x)
}

/// Whole contracts of a number that is not negative, rounded down.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates at both ends and takes NaN for zero"
)]
fn whole(contracts: f64) -> u32 {
    contracts as u32
}
