//! One session's prices: a gap overnight, then steps through the day.

use gex_compute::math;

use crate::draws::Draws;
use crate::exchange::Exchange;

/// Expected return, continuously compounded, per year.
const DRIFT: f64 = 0.05;

/// Prices of one session, in USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DayPrices {
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    /// When chains are quoted.
    pub(crate) quoted: f64,
    /// The fundamental shock of the whole session, in its own deviations: standard normal.
    pub(crate) shock: f64,
    /// The part of it that had come when chains were quoted.
    pub(crate) shock_quoted: f64,
}

/// Draws a session that follows a close at `previous_close`, with a volatility of `vol` per session.
///
/// High and low are those of the steps, so that they understate the range of a continuous path, as
/// prints do.
pub(crate) fn trade(
    previous_close: f64,
    vol: f64,
    draws: &mut Draws,
    exchange: &Exchange,
) -> DayPrices {
    let drift = DRIFT / exchange.calendar.periods_per_year() - 0.5 * vol * vol;
    let (steps, share) = (exchange.steps, exchange.overnight_share);
    let overnight = math::sqrt(share);
    let per_step = math::sqrt((1.0 - share) / f64::from(steps));
    let mut shock = overnight * draws.normal();
    let open = previous_close * math::exp(vol * shock);
    let (mut high, mut low, mut close) = (open, open, open);
    let (mut quoted, mut shock_quoted) = (open, shock);
    for step in 1..=steps {
        shock += per_step * draws.normal();
        let elapsed = f64::from(step) / f64::from(steps);
        close = previous_close * math::exp(vol * shock + drift * elapsed);
        high = high.max(close);
        low = low.min(close);
        if step == exchange.steps_before_quotes {
            (quoted, shock_quoted) = (close, shock);
        }
    }
    DayPrices {
        open,
        high,
        low,
        close,
        quoted,
        shock,
        shock_quoted,
    }
}
