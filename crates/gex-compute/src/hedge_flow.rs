//! What dealers must trade when spot, time and volatility move: the whole book repriced.

use crate::book::{Book, Move};
use crate::buckets::BucketEdges;
use crate::market::Instant;
use crate::market::contract::Payoff;
use crate::market::snapshot::ChainSnapshot;
use crate::positioning::Positioning;
use crate::priced::PricedChain;
use crate::pricing::PricingConfig;
use crate::profile::GammaCurve;
use crate::row_exposures::RowExposures;

/// Currency of underlying that dealers buy (above zero) or sell in a move, and from what.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HedgeFlow {
    /// All of it, by full repricing.
    pub total: f64,
    /// What gamma at the start explains.
    pub gamma: f64,
    /// What vanna at the start explains.
    pub vanna: f64,
    /// What charm at the start explains.
    pub charm: f64,
    /// The rest: what the first order misses.
    pub residual: f64,
}

/// The book at the start of every move, so that many moves share its Greeks.
#[derive(Debug)]
pub struct Hedger<'a> {
    book: &'a Book,
    rows: RowExposures,
}

impl<'a> Hedger<'a> {
    /// Prices the book where it stands.
    pub fn new(book: &'a Book) -> Self {
        let rows = RowExposures::new(book, &GammaCurve::new(book));
        Self { book, rows }
    }

    /// Returns what dealers trade over a move, in quote currency of underlying at the new price.
    ///
    /// ```text
    /// linear    flow = −Σ w·OI·M·(Δ' − Δ)·S'           gamma −Σ w·OI·M·Γ·(S' − S)·S'
    /// inverse   flow = −Σ w·OI·M·((F'Δ' − V') − (FΔ − V))   gamma −Σ w·OI·M·F·Γ·(F' − F)
    /// ```
    ///
    /// with `w` the weights of a positioning model, row by row, and a prime for the end of the move.
    /// Vanna and charm are likewise first order in volatility and time. An option that settles within
    /// the move needs no hedge any more: what was held against it is traded back.
    ///
    /// Dealers who are long gamma sell as the underlying rises, so that the flow of a rise is below
    /// zero for them. Source: Alexander, Chen and Imeraj (2023) for inverse options.
    pub fn flow(&self, weights: &[f64], step: Move) -> HedgeFlow {
        let moved = self.book.moved(step);
        let after = RowExposures::new(&moved, &GammaCurve::new(&moved));
        let payoff = &self.book.columns().payoff;
        let share = 1.0 + step.spot;
        let mut flow = HedgeFlow::default();
        for (i, weight) in weights.iter().enumerate() {
            // Futures of fixed currency size keep theirs; units of underlying are worth more.
            let worth = match payoff[i] {
                Payoff::Linear => share,
                Payoff::Inverse => 1.0,
            };
            let left = after.delta.get(i).copied().unwrap_or(0.0);
            flow.total -= weight * (left - self.rows.delta[i] * worth);
            flow.gamma -= weight * self.rows.gamma[i] * PER_CENTS * step.spot * worth;
            flow.vanna -= weight * self.rows.vanna[i] * VOL_POINTS * step.vol * worth;
            flow.charm -= weight * self.rows.charm[i] * step.days * worth;
        }
        flow.residual = flow.total - flow.gamma - flow.vanna - flow.charm;
        flow
    }
}

/// What dealers trade under each of several models over each of several moves from one snapshot.
pub fn of_snapshot(
    chain: &ChainSnapshot,
    config: &PricingConfig,
    models: &[Positioning],
    (next_session_end, moves): (Instant, &[Move]),
) -> Vec<Vec<HedgeFlow>> {
    let edges = BucketEdges {
        ts: chain.head().ts,
        next_session_end,
    };
    let priced = PricedChain::new(chain, config);
    let (book, _) = Book::from_chain(&priced, config.expiries, edges);
    let hedger = Hedger::new(&book);
    let flows = |model: &Positioning| {
        let weights = model.weights(&book);
        moves
            .iter()
            .map(|step| hedger.flow(&weights, *step))
            .collect()
    };
    models.iter().map(flows).collect()
}

/// Per cents in a move of the whole.
const PER_CENTS: f64 = 100.0;
/// Volatility points in a volatility of one.
const VOL_POINTS: f64 = 100.0;

/// Returns the move of the underlying over so many days at which what a hedged book earns by gamma is
/// what it loses by time, as a share of spot; `None` where both have one sign.
///
/// ```text
/// ½·(GEX/0.01)·m² = −θ·days       m = √(−θ·days / (50·GEX))
/// ```
///
/// with `GEX` in currency per 1 % and `θ` in currency of value per calendar day, both of one positioning
/// model. A book that is long gamma gains from any larger move, one that is short from any smaller one.
///
/// ```
/// use gex_compute::hedge_flow::break_even_move;
///
/// // Nine million a per cent against five million of decay a day: 1.05 % a day.
/// let even = break_even_move(9e6, -5e4, 1.0).unwrap_or_default();
/// assert!((even - (5e4 / (50.0 * 9e6_f64)).sqrt()).abs() < 1e-15);
/// assert_eq!(break_even_move(9e6, 5e4, 1.0), None);
/// ```
pub fn break_even_move(gex_per_pct: f64, theta_per_day: f64, days: f64) -> Option<f64> {
    let square = -theta_per_day * days / (0.5 * PER_CENTS * gex_per_pct);
    (square.is_finite() && 0.0 < square).then(|| crate::math::sqrt(square))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{CarryMarket, PlainContract};
    use crate::market::contract::Right;
    use crate::market::units::{Currency, Rate, Spot, Strike, Vol, Years};

    fn book() -> Book {
        let market = CarryMarket {
            spot: Spot::new(4_000.0).unwrap(),
            rate: Rate::new(0.03).unwrap(),
            dividend: Rate::new(0.015).unwrap(),
            currency: Currency::USD,
        };
        let contract = |strike: f64, days: f64, right| PlainContract {
            strike: Strike::new(strike).unwrap(),
            tau: Years::new(days / 365.0).unwrap(),
            right,
            vol: Vol::new(0.18).unwrap(),
            units: 1e5,
        };
        let chain = vec![
            contract(3_900.0, 0.5, Right::Put),
            contract(3_950.0, 20.0, Right::Put),
            contract(4_100.0, 20.0, Right::Call),
            contract(4_200.0, 90.0, Right::Call),
        ];
        Book::from_contracts(market, chain)
    }

    const NOTHING: Move = Move {
        spot: 0.0,
        days: 0.0,
        vol: 0.0,
    };

    /// Small moves one at a time: the first order is all there is.
    #[test]
    fn a_small_move_is_what_the_greeks_say() {
        let book = book();
        let hedger = Hedger::new(&book);
        let weights = [1.0, -1.0, 1.0, 1.0];
        let still = hedger.flow(&weights, NOTHING).total;
        assert!(still.abs() < f64::MIN_POSITIVE, "{still:e}");
        let moves = [
            Move {
                spot: 1e-5,
                ..NOTHING
            },
            Move {
                vol: 1e-5,
                ..NOTHING
            },
            Move {
                days: 1e-4,
                ..NOTHING
            },
        ];
        for step in moves {
            let flow = hedger.flow(&weights, step);
            let gap = flow.residual.abs() / flow.total.abs();
            assert!(gap < 2e-3, "{step:?}: {flow:?}");
        }
    }

    /// Long gamma sells strength, short gamma buys it; the parts add up.
    #[test]
    fn a_large_move_has_the_sign_of_the_position() {
        let book = book();
        let hedger = Hedger::new(&book);
        let up = Move {
            spot: 0.02,
            days: 0.1,
            vol: -0.01,
        };
        let long = hedger.flow(&[1.0; 4], up);
        let short = hedger.flow(&[-1.0; 4], up);
        assert!(long.total < 0.0 && 0.0 < short.total);
        assert_eq!(long.total.to_bits(), (-short.total).to_bits());
        let parts = long.gamma + long.vanna + long.charm + long.residual;
        assert!((parts - long.total).abs() < 1e-6 * long.total.abs());
    }

    /// A put that settles: its delta of −N(−d₁) units was hedged by units held, which are sold.
    #[test]
    fn an_option_that_settles_gives_its_hedge_back() {
        let book = book();
        let hedger = Hedger::new(&book);
        let day = Move {
            days: 1.0,
            ..NOTHING
        };
        let only = |i: usize| -> Vec<f64> { (0..4).map(|k| f64::from(u8::from(k == i))).collect() };
        let flow = hedger.flow(&only(0), day);
        assert!((flow.total - hedger.rows.delta[0]).abs() < 1e-9 * flow.total.abs());
        assert!(flow.total < 0.0, "the hedge of a long put is long");
    }

    /// Against the profile: for a move of spot alone the flow of many small steps is minus the integral
    /// of gamma, here by Simpson's rule on shares, each step valued at its own price.
    #[test]
    fn shares_traded_over_a_path_add_up_to_the_change_of_delta() {
        let book = book();
        let hedger = Hedger::new(&book);
        let weights = [1.0; 4];
        let curve = GammaCurve::new(&book);
        let (steps, reach) = (200_u32, 0.03);
        let shares_per_unit = |k: u32| {
            let share = 1.0 + reach * f64::from(k) / f64::from(steps);
            // GEX/(0.01·x²) at spot x: shares a point.
            let level = 4_000.0 * share;
            curve.net(&weights, level) / (0.01 * level * level)
        };
        let h = 4_000.0 * reach / f64::from(steps);
        let simpson: f64 = (0..steps)
            .step_by(2)
            .map(|k| {
                let ends = shares_per_unit(k) + shares_per_unit(k + 2);
                h / 3.0 * (ends + 4.0 * shares_per_unit(k + 1))
            })
            .sum();
        let flow = hedger.flow(
            &weights,
            Move {
                spot: reach,
                ..NOTHING
            },
        );
        let shares = flow.total / (4_000.0 * (1.0 + reach));
        assert!((shares / -simpson - 1.0).abs() < 1e-6, "{shares} {simpson}");
    }
}
