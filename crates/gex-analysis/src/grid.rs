//! The time grid of outcomes: one slot a session or a bar, filled where prices cover it whole.

use chrono::TimeDelta;
use gex_compute::market::Instant;
use gex_compute::market::bar::Bar;
use gex_compute::market::calendar::Session;

use crate::intraday::IntradaySlot;
use crate::stats::rv_daily::Ohlc;
use crate::study::Horizon;

/// How long one slot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// One session of the calendar.
    Session,
    /// One bar of the price series, of an hour or a whole fraction of it.
    Bar,
}

impl Step {
    /// The step in which a horizon is counted.
    pub fn of(horizon: Horizon) -> Self {
        match horizon {
            Horizon::Sessions(_) => Self::Session,
            Horizon::Hours(_) => Self::Bar,
        }
    }
}

/// Prices of one slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlotBar {
    /// Instant of the first price.
    pub start: Instant,
    /// Instant of the last price.
    pub end: Instant,
    /// Instant at which all of it was public.
    pub known_at: Instant,
    /// First price.
    pub open: f64,
    /// Open, high, low and close, checked.
    pub prices: Ohlc,
    /// What the bars within say of its variance; `None` where they are too few.
    pub intraday: Option<IntradaySlot>,
}

impl SlotBar {
    /// Whether the slot has one price and so no open: a series of closes.
    pub fn is_point(&self) -> bool {
        self.start == self.end
    }
}

/// Why a slot has no prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SlotFault {
    /// No bar.
    Missing,
    /// Bars that leave part of the slot uncovered.
    Partial,
    /// A price that is not positive, or a high below a low.
    BadPrices,
}

/// One slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slot {
    /// Instant at which it opens.
    pub open: Instant,
    /// Instant at which it closes.
    pub close: Instant,
    /// Its prices.
    pub bar: Result<SlotBar, SlotFault>,
}

/// Slots in time order, none overlapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// The slots.
    pub slots: Vec<Slot>,
    /// Slots in a whole session.
    pub per_session: usize,
    /// Slots in an hour; one where a slot is a session.
    pub per_hour: usize,
    /// Slots in a year.
    pub per_year: f64,
}

/// Why bars don't fit a grid of hours.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "a horizon in hours needs bars of an hour or of a whole fraction of it, the shortest bar has \
     {seconds} seconds: give finer bars or a horizon in sessions"
)]
pub struct BarsTooCoarse {
    /// Length of the shortest bar.
    pub seconds: i64,
}

impl Grid {
    /// Cuts sessions into slots and fills them with bars.
    ///
    /// A slot is filled only if its bars follow one another from its open to its close; a single
    /// price, a bar without length, fills the slot that it falls into.
    ///
    /// # Errors
    ///
    /// [`BarsTooCoarse`] if slots are to be bars and no bar divides an hour.
    pub fn new(
        sessions: &[Session],
        bars: &[Bar],
        step: Step,
        sessions_per_year: f64,
    ) -> Result<Self, BarsTooCoarse> {
        let bounds: Vec<(Instant, Instant)> = match step {
            Step::Session => sessions.iter().map(|s| (s.open, s.close)).collect(),
            Step::Bar => {
                let length = bar_length(bars)?;
                sessions.iter().flat_map(|s| cut(*s, length)).collect()
            }
        };
        let per_session = longest_session(sessions, &bounds);
        let per_hour = match step {
            Step::Session => 1,
            Step::Bar => 3600 / usize::try_from(bar_length(bars)?.num_seconds()).unwrap_or(3600),
        };
        let slots = bounds
            .into_iter()
            .map(|(open, close)| Slot {
                open,
                close,
                bar: fill(bars, open, close),
            })
            .collect();
        Ok(Self {
            slots,
            per_session,
            per_hour,
            per_year: sessions_per_year * per_session as f64,
        })
    }

    /// The number of slots in a horizon.
    pub fn slots_in(&self, horizon: Horizon) -> usize {
        let length = usize::try_from(horizon.length()).unwrap_or(usize::MAX);
        match horizon {
            Horizon::Sessions(_) => length,
            Horizon::Hours(_) => length.saturating_mul(self.per_hour),
        }
    }

    /// The first slot that opens at or after `instant`.
    pub fn first_opening_at(&self, instant: Instant) -> usize {
        self.slots.partition_point(|slot| slot.open < instant)
    }

    /// The last slot that had closed by `instant`, and whose bar was public by then, among the
    /// `reach` latest; what was published later is not looked at.
    pub fn last_known_at(&self, instant: Instant, reach: usize) -> Option<usize> {
        let closed = self.slots.partition_point(|slot| slot.close <= instant);
        (closed.saturating_sub(reach)..closed).rev().find(|&i| {
            let bar = self.slots.get(i).and_then(|slot| slot.bar.ok());
            bar.is_some_and(|bar| bar.known_at <= instant)
        })
    }

    /// The bar of slot `i`, where there is one.
    pub fn bar(&self, i: usize) -> Option<SlotBar> {
        self.slots.get(i).and_then(|slot| slot.bar.ok())
    }
}

fn bar_length(bars: &[Bar]) -> Result<TimeDelta, BarsTooCoarse> {
    let shortest = bars
        .iter()
        .map(|bar| (bar.end - bar.start).num_seconds())
        .min();
    match shortest {
        Some(seconds) if 0 < seconds && 3600 % seconds == 0 => Ok(TimeDelta::seconds(seconds)),
        seconds => Err(BarsTooCoarse {
            seconds: seconds.unwrap_or(0),
        }),
    }
}

fn cut(session: Session, length: TimeDelta) -> Vec<(Instant, Instant)> {
    let mut slots = Vec::new();
    let mut open = session.open;
    while open < session.close {
        let close = (open + length).min(session.close);
        slots.push((open, close));
        open = close;
    }
    slots
}

/// Slots of the longest session: a half day is not the measure of a year.
fn longest_session(sessions: &[Session], bounds: &[(Instant, Instant)]) -> usize {
    let count = |session: &Session| {
        let from = bounds.partition_point(|(open, _)| *open < session.open);
        let to = bounds.partition_point(|(open, _)| *open < session.close);
        to - from
    };
    sessions.iter().map(count).max().unwrap_or(1).max(1)
}

fn fill(bars: &[Bar], open: Instant, close: Instant) -> Result<SlotBar, SlotFault> {
    let from = bars.partition_point(|bar| bar.start < open);
    let to = bars.partition_point(|bar| bar.start <= close);
    let belongs = |bar: &&Bar| {
        if bar.start == bar.end {
            open < bar.start
        } else {
            bar.start < close
        }
    };
    let inside: Vec<&Bar> = bars
        .get(from..to)
        .unwrap_or_default()
        .iter()
        .filter(belongs)
        .collect();
    let (Some(first), Some(last)) = (inside.first(), inside.last()) else {
        return Err(SlotFault::Missing);
    };
    if last.start == last.end {
        return merge(&[last]);
    }
    let gapless = inside
        .iter()
        .zip(inside.iter().skip(1))
        .all(|(a, b)| a.end == b.start);
    if first.start != open || last.end < close || !gapless {
        return Err(SlotFault::Partial);
    }
    merge(&inside)
}

fn merge(bars: &[&Bar]) -> Result<SlotBar, SlotFault> {
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else {
        return Err(SlotFault::Missing);
    };
    if bars
        .iter()
        .any(|bar| Ohlc::new(bar.open, bar.high, bar.low, bar.close).is_err())
    {
        return Err(SlotFault::BadPrices);
    }
    let high = bars
        .iter()
        .map(|bar| bar.high)
        .fold(f64::NEG_INFINITY, f64::max);
    let low = bars.iter().map(|bar| bar.low).fold(f64::INFINITY, f64::min);
    let prices = Ohlc::new(first.open, high, low, last.close).map_err(|_| SlotFault::BadPrices)?;
    let known_at = bars
        .iter()
        .map(|bar| bar.known_at)
        .max()
        .unwrap_or(last.known_at);
    Ok(SlotBar {
        start: first.start,
        end: last.end,
        known_at,
        open: first.open,
        prices,
        intraday: IntradaySlot::of(bars),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{at, bar, point, session};

    #[test]
    fn a_session_is_filled_only_by_bars_that_cover_it() {
        let sessions = [session(2), session(3), session(4)];
        let mut bars = vec![bar(2, 10, 13), bar(2, 13, 16), bar(3, 10, 13)];
        bars.push(bar(4, 10, 16));
        let grid = Grid::new(&sessions, &bars, Step::Session, 252.0).unwrap();
        let first = grid.bar(0).unwrap();
        assert_eq!((first.start, first.end), (at(2, 10), at(2, 16)));
        assert_eq!(grid.slots[1].bar, Err(SlotFault::Partial));
        assert!(grid.slots[2].bar.is_ok());
        assert!((grid.per_year - 252.0).abs() < 1e-9);
    }

    #[test]
    fn a_close_alone_fills_its_session() {
        let sessions = [session(2), session(3)];
        let grid = Grid::new(&sessions, &[point(2, 100.0)], Step::Session, 252.0).unwrap();
        assert!(grid.bar(0).unwrap().is_point());
        assert_eq!(grid.slots[1].bar, Err(SlotFault::Missing));
    }

    #[test]
    fn hours_count_bars_within_sessions() {
        let bars: Vec<Bar> = (10..16).map(|hour| bar(2, hour, hour + 1)).collect();
        let grid = Grid::new(&[session(2)], &bars, Step::Bar, 252.0).unwrap();
        assert_eq!((grid.slots.len(), grid.per_session), (6, 6));
        assert!((grid.per_year - 6.0 * 252.0).abs() < 1e-9);
        assert_eq!(grid.slots_in(Horizon::Hours(3)), 3);
        assert!(Grid::new(&[session(2)], &[bar(2, 10, 16)], Step::Bar, 252.0).is_err());
    }

    #[test]
    fn a_bar_published_late_is_not_known_early() {
        let mut late = bar(2, 10, 16);
        late.known_at = at(3, 9);
        let bars = [late, bar(3, 10, 16)];
        let grid = Grid::new(&[session(2), session(3)], &bars, Step::Session, 252.0).unwrap();
        assert_eq!(grid.last_known_at(at(2, 16), 3), None);
        assert_eq!(grid.last_known_at(at(3, 9), 3), Some(0));
        assert_eq!(grid.last_known_at(at(3, 16), 3), Some(1));
    }
}
