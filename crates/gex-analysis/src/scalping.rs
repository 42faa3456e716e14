//! Gamma scalping: the move at which a hedged book breaks even, against the move that came.

use gex_compute::hedge_flow::break_even_move;
use gex_compute::market::Instant;
use gex_compute::series::GexPoint;

use crate::grid::Grid;
use crate::outcome::{Exclusion, Window};

/// What a book, hedged at the start, earned by gamma and lost by time over the session that came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scalp {
    /// First and last instant of the move, the first not before the signal was known.
    pub window: (Instant, Instant),
    /// Calendar days from the one to the other.
    pub days: f64,
    /// The move at which gamma pays for time, as a share of spot; `None` where both have one sign.
    pub break_even: Option<f64>,
    /// The move that came, as a share of the first price, without its sign.
    pub realized: f64,
    /// What gamma earned: `½·(GEX/0.01)·m²`, in the currency of the exposures.
    pub from_gamma: f64,
    /// What time cost: `θ·days`, likewise, below zero for a cost.
    pub from_time: f64,
}

impl Scalp {
    /// The result of the hedged book, to second order in the move.
    pub fn total(&self) -> f64 {
        self.from_gamma + self.from_time
    }
}

/// Compares a point's break-even move with the move of the first session after it was known.
///
/// ```text
/// break-even   √(−θ·days / (50·GEX))        result   50·GEX·m² + θ·days
/// ```
///
/// with `GEX` in currency per 1 % and `θ` in currency per calendar day. Dealers who are long gamma gain
/// when the move exceeds the break-even move, dealers who are short gain when it falls short of it. It is
/// the second-order result of one hedge at the start, without volatility's own change.
///
/// `None` where the point has no gamma or no theta.
///
/// # Errors
///
/// [`Exclusion`] where the bars don't hold the session whole.
pub fn scalp(point: &GexPoint, grid: &Grid) -> Option<Result<Scalp, Exclusion>> {
    let (gex, theta) = (point.measures.net_gex?, point.measures.net_theta?);
    let window = Window::after(grid, point.known_at, grid.per_session);
    Some(window.map(|window| {
        let (start, end) = (window.start(), window.end());
        let days = (end - start).as_seconds_f64() / 86_400.0;
        let realized = libm::expm1(window.log_return()).abs();
        Scalp {
            window: (start, end),
            days,
            break_even: break_even_move(gex, theta, days),
            realized,
            from_gamma: 50.0 * gex * realized * realized,
            from_time: theta * days,
        }
    }))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use gex_compute::market::units::{Currency, Spot};
    use gex_compute::series::{FlipStatus, Measures};

    use super::*;
    use crate::fixture::{at, date, priced, session};
    use crate::grid::Step;

    fn point(gex: f64, theta: f64) -> GexPoint {
        GexPoint {
            ts: at(2, 16),
            known_at: at(2, 16),
            session: date(2),
            underlying: "X".to_owned(),
            positioning: "gross".to_owned(),
            spot: Spot::new(100.0).unwrap(),
            currency: Currency::USD,
            contracts: 1,
            flip_status: FlipStatus::AlwaysPositive,
            flip_count: 0,
            measures: Measures {
                net_gex: Some(gex),
                net_theta: Some(theta),
                ..Measures::default()
            },
        }
    }

    fn grid(close: f64) -> Grid {
        let days = [
            priced(2, 10, 16, [100.0, 101.0, 99.0, 100.0]),
            priced(3, 10, 16, [100.0, 104.0, 96.0, close]),
        ];
        Grid::new(&[session(2), session(3)], &days, Step::Session, 252.0).unwrap()
    }

    /// A day from close to close: 10,000 a per cent gains 50·10,000·0.02² = 200 on a move of 2 %, and
    /// its break-even move is the one at which that equals the decay of 50, 1 %.
    #[test]
    fn a_move_past_the_break_even_pays_who_is_long() {
        let earned = scalp(&point(1e4, -50.0), &grid(102.0)).unwrap().unwrap();
        assert_eq!(earned.window, (at(2, 16), at(3, 16)));
        assert!((earned.days - 1.0).abs() < 1e-15);
        assert!((earned.break_even.unwrap() - 0.01).abs() < 1e-15);
        assert!((earned.realized - 0.02).abs() < 1e-14);
        assert!((earned.total() - 150.0).abs() < 1e-9);
        let short = scalp(&point(-1e4, 50.0), &grid(100.5)).unwrap().unwrap();
        assert!((short.break_even.unwrap() - 0.01).abs() < 1e-15);
        assert!(0.0 < short.total(), "half a per cent is less than one");
    }

    #[test]
    fn what_can_not_be_had_is_named() {
        let unknown = GexPoint {
            measures: Measures::default(),
            ..point(1.0, 1.0)
        };
        assert_eq!(scalp(&unknown, &grid(100.0)), None);
        let late = GexPoint {
            known_at: at(3, 16) + TimeDelta::hours(1),
            ..point(1.0, -1.0)
        };
        let late = scalp(&late, &grid(100.0)).unwrap();
        assert_eq!(late, Err(Exclusion::WindowNotOver));
    }
}
