//! One session's prices: a gap overnight, then steps through the day.

use gex_compute::math;

use crate::draws::Draws;
use crate::timetable::CALENDAR;

/// Share of a session's variance that falls between the previous close and the open.
pub(crate) const OVERNIGHT_SHARE: f64 = 0.2;
/// Steps of the day: quarters of an hour of a full session.
const STEPS: u32 = 26;
/// Expected return, continuously compounded, per year.
const DRIFT: f64 = 0.05;

/// Prices of one session, in USD.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DayPrices {
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    /// The fundamental shock of the whole session, in its own deviations: standard normal.
    pub(crate) shock: f64,
}

/// Draws a session that follows a close at `previous_close`, with a volatility of `vol` per session.
///
/// High and low are those of the steps, so that they understate the range of a continuous path, as
/// prints do.
pub(crate) fn trade(previous_close: f64, vol: f64, draws: &mut Draws) -> DayPrices {
    let drift = DRIFT / CALENDAR.periods_per_year() - 0.5 * vol * vol;
    let overnight = math::sqrt(OVERNIGHT_SHARE);
    let per_step = math::sqrt((1.0 - OVERNIGHT_SHARE) / f64::from(STEPS));
    let mut shock = overnight * draws.normal();
    let open = previous_close * math::exp(vol * shock);
    let (mut high, mut low, mut close) = (open, open, open);
    for step in 1..=STEPS {
        shock += per_step * draws.normal();
        let elapsed = f64::from(step) / f64::from(STEPS);
        close = previous_close * math::exp(vol * shock + drift * elapsed);
        high = high.max(close);
        low = low.min(close);
    }
    DayPrices {
        open,
        high,
        low,
        close,
        shock,
    }
}
