//! What came after a decision: the window and its variance and return.
//!
//! ```text
//! window    the H consecutive slots from the first that opens at or after known_at
//! base      the close before it if that is not before known_at, else the window's own open
//! return    ln(last close / base)
//! variance  mean over the slots, the first slot's overnight move only if the base is a close
//! tail      |return| > 2 σ √H            σ² the mean variance per slot of the past 22 sessions
//! ```

use gex_compute::market::Instant;
use gex_compute::market::bar::ControlSeries;

use crate::controls::{Past, log_implied};
use crate::grid::{Grid, Slot, SlotBar, SlotFault};
use crate::inputs::known_by;
use crate::intraday::IntradaySlot;
use crate::stats::rv_daily::{BarEstimator, Ohlc, yang_zhang};
use crate::study::{Estimator, OutcomeKind, OutcomeSpec};

/// Deviations of the past beyond which a return lies in the tail.
pub const TAIL_DEVIATIONS: f64 = 2.0;

/// Why a row has no place in the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exclusion {
    /// The signal is undefined.
    NoSignal,
    /// What the signal is divided by is not known.
    NoScale,
    /// Too few earlier values for a regime.
    NoRegime,
    /// The window ends after the last slot of the calendar that was given.
    WindowNotOver,
    /// A slot of the window has no bar.
    BarMissing,
    /// A slot of the window is not covered whole.
    BarPartial,
    /// A bar of the window has impossible prices.
    BarPrices,
    /// The window's variance is zero, so that its logarithm is undefined.
    ZeroVariance,
    /// The window's variance is below zero, as a single Garman-Klass bar can be.
    NegativeVariance,
    /// Too many past bars are missing for a control.
    PastMissing,
    /// A past variance is zero or below, so that its logarithm is undefined.
    PastVariance,
    /// No implied volatility was known, or the last one is more than a week old.
    NoImplied,
    /// A session of the window has too few bars within it.
    NoIntraday,
    /// The decision falls after the close, or prices have no open.
    NoNight,
}

impl Exclusion {
    /// The reason as printed.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoSignal => "the signal is undefined",
            Self::NoScale => "the signal's scale is not known yet",
            Self::NoRegime => "too little history for a regime",
            Self::WindowNotOver => "the window ends after the data",
            Self::BarMissing => "a bar of the window is missing",
            Self::BarPartial => "a session of the window is covered in part",
            Self::BarPrices => "a bar of the window has impossible prices",
            Self::ZeroVariance => "the window's variance is zero",
            Self::NegativeVariance => "the window's variance is below zero",
            Self::PastMissing => "past bars for a control are missing",
            Self::PastVariance => "a control's past variance is zero or below",
            Self::NoImplied => "no recent implied volatility was known",
            Self::NoNight => "no night lies between the decision and the next open",
            Self::NoIntraday => "a session of the window has too few bars within it",
        }
    }
}

impl From<SlotFault> for Exclusion {
    fn from(fault: SlotFault) -> Self {
        match fault {
            SlotFault::Missing => Self::BarMissing,
            SlotFault::Partial => Self::BarPartial,
            SlotFault::BadPrices => Self::BarPrices,
        }
    }
}

/// The bars strictly after a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The bar whose close is the first price, where it is not before the decision.
    base: Option<SlotBar>,
    /// The slots of the window.
    first: SlotBar,
    rest: Vec<SlotBar>,
}

impl Window {
    /// Opens a window of `slots` slots after `known_at`.
    ///
    /// A series of closes has no open to begin at: without a usable close before, its window
    /// begins at the first close after the decision.
    ///
    /// # Errors
    ///
    /// [`Exclusion`] if a slot lacks its prices or the data end before the window.
    pub fn after(grid: &Grid, known_at: Instant, slots: usize) -> Result<Self, Exclusion> {
        let mut from = grid.first_opening_at(known_at);
        let mut base = close_before(grid, from, known_at)?;
        let opening = grid.slots.get(from).ok_or(Exclusion::WindowNotOver)?;
        if base.is_none() && opening.bar.is_ok_and(|bar| bar.is_point()) {
            base = opening.bar.ok();
            from += 1;
        }
        let end = from.saturating_add(slots);
        let inside = grid.slots.get(from..end).ok_or(Exclusion::WindowNotOver)?;
        let mut bars = inside
            .iter()
            .map(prices_of)
            .collect::<Result<Vec<_>, _>>()?
            .into_iter();
        let first = bars.next().ok_or(Exclusion::WindowNotOver)?;
        Ok(Self {
            base,
            first,
            rest: bars.collect(),
        })
    }

    /// Instant of the first price, not before the decision.
    pub fn start(&self) -> Instant {
        self.base.map_or(self.first.start, |bar| bar.end)
    }

    /// Instant of the last price.
    pub fn end(&self) -> Instant {
        self.rest.last().unwrap_or(&self.first).end
    }

    fn first_price(&self) -> f64 {
        self.base.map_or(self.first.open, |bar| bar.prices.close())
    }

    fn bars(&self) -> impl Iterator<Item = &SlotBar> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// Log returns from price to price, one a slot.
    fn returns(&self) -> impl Iterator<Item = f64> {
        let mut before = self.first_price();
        self.bars().map(move |bar| {
            let close = bar.prices.close();
            libm::log(close / std::mem::replace(&mut before, close))
        })
    }

    /// Log return from the first price to the last.
    pub fn log_return(&self) -> f64 {
        let last = self.rest.last().unwrap_or(&self.first).prices.close();
        libm::log(last / self.first_price())
    }

    /// Mean variance per slot, in squared log returns.
    ///
    /// # Errors
    ///
    /// [`Exclusion`] if it is not above zero.
    pub fn variance(&self, estimator: Estimator) -> Result<f64, Exclusion> {
        let variance = if estimator == Estimator::YangZhang {
            let base = self.base.map(|bar| bar.prices);
            let prices = self.bars().map(|bar| bar.prices);
            let bars: Vec<Ohlc> = base.into_iter().chain(prices).collect();
            let estimate = yang_zhang(&bars).map_err(|_| Exclusion::BarPrices)?;
            estimate.variance
        } else {
            self.mean_variance(estimator)?
        };
        positive(variance)
    }

    fn mean_variance(&self, estimator: Estimator) -> Result<f64, Exclusion> {
        let mut before = self.first_price();
        let mut total = 0.0;
        for bar in self.bars() {
            total += slot_variance(estimator, Some(before), bar)?;
            before = bar.prices.close();
        }
        Ok(total / self.slots())
    }

    /// Log return from the close after the decision to the next open.
    fn overnight(&self) -> Result<f64, Exclusion> {
        let base = self.base.ok_or(Exclusion::NoNight)?;
        if self.first.is_point() {
            return Err(Exclusion::NoNight);
        }
        Ok(libm::log(self.first.open / base.prices.close()))
    }

    fn slots(&self) -> f64 {
        1.0 + self.rest.len() as f64
    }

    /// Logarithm of the highest price over the lowest; the first price counts.
    fn log_range(&self) -> f64 {
        let start = self.first_price();
        let highs = self.bars().map(|bar| bar.prices.high());
        let lows = self.bars().map(|bar| bar.prices.low());
        libm::log(highs.fold(start, f64::max) / lows.fold(start, f64::min))
    }

    /// Squared return over the sum of squared slot returns.
    fn variance_ratio(&self) -> Result<f64, Exclusion> {
        let parts = positive(self.returns().map(|r| r * r).sum())?;
        Ok(self.log_return() * self.log_return() / parts)
    }

    fn jump_share(&self) -> Result<f64, Exclusion> {
        let shares = self
            .bars()
            .map(|bar| bar.intraday.map(|slot| slot.jump_share));
        let total: Option<f64> = shares.sum();
        Ok(total.ok_or(Exclusion::NoIntraday)? / self.slots())
    }
}

/// Variance of one slot that follows the price `before`; Yang-Zhang has none, and takes Garman-Klass with the
/// overnight return.
pub(crate) fn slot_variance(
    estimator: Estimator,
    before: Option<f64>,
    bar: &SlotBar,
) -> Result<f64, Exclusion> {
    let of_bar = |estimator: BarEstimator| {
        if before.is_none() && estimator.needs_previous_close() {
            return Err(Exclusion::PastMissing);
        }
        let variance = estimator.bar_variance(before.unwrap_or(bar.open), bar.prices);
        variance.map_err(|_| Exclusion::BarPrices)
    };
    let within =
        |part: fn(IntradaySlot) -> f64| bar.intraday.map(part).ok_or(Exclusion::NoIntraday);
    match estimator {
        Estimator::CloseToClose => of_bar(BarEstimator::CloseToClose),
        Estimator::Parkinson => of_bar(BarEstimator::Parkinson),
        Estimator::GarmanKlass => of_bar(BarEstimator::GarmanKlass),
        Estimator::GarmanKlassOvernight | Estimator::YangZhang => {
            of_bar(BarEstimator::GarmanKlassOvernight)
        }
        Estimator::RogersSatchell => of_bar(BarEstimator::RogersSatchell),
        Estimator::Realized => {
            let before = before.ok_or(Exclusion::PastMissing)?;
            Ok(libm::log(bar.open / before).powi(2) + within(|slot| slot.realized)?)
        }
        Estimator::RealizedWithinSession => within(|slot| slot.realized),
        Estimator::Bipower => within(|slot| slot.bipower),
        Estimator::SemivarianceDown => within(|slot| slot.semivariance_down),
        Estimator::SemivarianceUp => within(|slot| slot.semivariance_up),
    }
}

fn positive(variance: f64) -> Result<f64, Exclusion> {
    if 0.0 < variance {
        Ok(variance)
    } else if variance < 0.0 {
        Err(Exclusion::NegativeVariance)
    } else {
        Err(Exclusion::ZeroVariance)
    }
}

fn prices_of(slot: &Slot) -> Result<SlotBar, Exclusion> {
    slot.bar.map_err(Exclusion::from)
}

/// The bar before slot `from`, if it closes at or after the decision.
fn close_before(grid: &Grid, from: usize, known_at: Instant) -> Result<Option<SlotBar>, Exclusion> {
    let slot = from.checked_sub(1).and_then(|i| grid.slots.get(i));
    let Some(slot) = slot.filter(|slot| known_at <= slot.close) else {
        return Ok(None);
    };
    let bar = prices_of(slot)?;
    Ok((known_at <= bar.end).then_some(bar))
}

/// What one window gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowOutcome {
    /// The outcome: log of variance per slot, or log return, or its size.
    pub value: f64,
    /// Mean variance per slot, in squared log returns; squared return over slots for returns.
    pub variance: f64,
    /// Log return over the window.
    pub log_return: f64,
    /// Log return over its first slot.
    pub first_return: f64,
    /// Instant of the first price.
    pub start: Instant,
    /// Instant of the last price.
    pub end: Instant,
}

/// Measures the outcome of a decision whose inputs were public at `known_at`.
///
/// `past` and `implied` give what an outcome is measured against: the deviation of the past, the volatility implied
/// at the decision.
///
/// # Errors
///
/// [`Exclusion`] if the window or what it is measured against is undefined.
pub fn measure(
    past: &Past<'_>,
    implied: Option<&ControlSeries>,
    known_at: Instant,
    spec: OutcomeSpec,
) -> Result<WindowOutcome, Exclusion> {
    let grid = past.grid();
    let slots = grid.slots_in(spec.horizon);
    let window = Window::after(grid, known_at, slots)?;
    let log_return = window.log_return();
    let squared = log_return * log_return / slots as f64;
    let (value, variance) = match spec.kind {
        OutcomeKind::LogRealizedVariance { estimator } => {
            let variance = window.variance(estimator)?;
            (libm::log(variance), variance)
        }
        OutcomeKind::AbsReturn => (log_return.abs(), squared),
        OutcomeKind::Return => (log_return, squared),
        OutcomeKind::Range => (window.log_range(), squared),
        OutcomeKind::Tail => {
            let deviation = past.deviation(known_at, slots)?;
            let beyond = TAIL_DEVIATIONS * deviation < log_return.abs();
            (f64::from(u8::from(beyond)), squared)
        }
        OutcomeKind::VarianceRatio => (window.variance_ratio()?, squared),
        OutcomeKind::Autocorrelation => {
            let deviation = past.deviation(known_at, slots)?;
            let before = past.log_return(known_at, slots)?;
            (log_return * before / (deviation * deviation), squared)
        }
        OutcomeKind::ImpliedLessRealized { estimator } => {
            let series = implied.ok_or(Exclusion::NoImplied)?;
            let variance = window.variance(estimator)?;
            let log_implied = log_implied(series, known_at, grid.per_year)?;
            (log_implied - libm::log(variance), variance)
        }
        OutcomeKind::JumpShare => (window.jump_share()?, squared),
        OutcomeKind::Overnight => (window.overnight()?, squared),
        OutcomeKind::ImpliedChange => {
            let series = implied.ok_or(Exclusion::NoImplied)?;
            (implied_change(series, known_at, window.end())?, squared)
        }
    };
    Ok(WindowOutcome {
        value,
        variance,
        log_return,
        first_return: window.returns().next().unwrap_or(log_return),
        start: window.start(),
        end: window.end(),
    })
}

/// Log change of the volatility index from the value known at one instant to a later one known at another.
fn implied_change(series: &ControlSeries, from: Instant, to: Instant) -> Result<f64, Exclusion> {
    let last = |at: Instant| known_by(series, at).last().map(|point| point.ts);
    if last(from) == last(to) {
        return Err(Exclusion::NoImplied);
    }
    // Logs of variances: half their difference is that of volatilities.
    Ok(0.5 * (log_implied(series, to, 1.0)? - log_implied(series, from, 1.0)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{at, point, priced, session};
    use crate::grid::Step;
    use crate::study::Horizon;
    use gex_compute::market::bar::Bar;

    fn days(bars: &[Bar]) -> Grid {
        let sessions = [session(2), session(3), session(4), session(5)];
        Grid::new(&sessions, bars, Step::Session, 252.0).unwrap()
    }

    fn four() -> Vec<Bar> {
        vec![
            priced(2, 10, 16, [100.0, 104.0, 99.0, 102.0]),
            priced(3, 10, 16, [105.0, 108.0, 103.0, 106.0]),
            priced(4, 10, 16, [107.0, 110.0, 104.0, 105.0]),
            priced(5, 10, 16, [104.0, 106.0, 101.0, 103.0]),
        ]
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-15
    }

    #[test]
    fn after_an_after_close_signal_the_first_session_counts_from_its_open() {
        let window = Window::after(&days(&four()), at(2, 17), 1).unwrap();
        assert_eq!((window.start(), window.end()), (at(3, 10), at(3, 16)));
        assert!(close(window.log_return(), (106.0_f64 / 105.0).ln()));
        let close_to_close = window.variance(Estimator::CloseToClose).unwrap();
        assert!(close(close_to_close, (106.0_f64 / 105.0).ln().powi(2)));
        // Garman and Klass by hand, without the move from 102 to 105 that came before the signal.
        let range = (108.0_f64 / 103.0).ln().powi(2);
        let body = (2.0 * 2.0_f64.ln() - 1.0) * (106.0_f64 / 105.0).ln().powi(2);
        let overnight = window.variance(Estimator::GarmanKlassOvernight).unwrap();
        assert!(close(overnight, 0.5 * range - body));
    }

    #[test]
    fn a_signal_known_before_the_close_takes_the_overnight_move() {
        let window = Window::after(&days(&four()), at(2, 15), 1).unwrap();
        assert_eq!((window.start(), window.end()), (at(2, 16), at(3, 16)));
        assert!(close(window.log_return(), (106.0_f64 / 102.0).ln()));
        let with = window.variance(Estimator::GarmanKlassOvernight).unwrap();
        let without = window.variance(Estimator::GarmanKlass).unwrap();
        assert!(close(with - without, (105.0_f64 / 102.0).ln().powi(2)));
    }

    #[test]
    fn later_overnight_moves_always_count() {
        let window = Window::after(&days(&four()), at(2, 17), 2).unwrap();
        let by_hand = (106.0_f64 / 105.0).ln().powi(2) + (105.0_f64 / 106.0).ln().powi(2);
        assert!(close(
            window.variance(Estimator::CloseToClose).unwrap(),
            by_hand / 2.0
        ));
    }

    #[test]
    fn a_series_of_closes_begins_at_the_first_close_after_the_decision() {
        let closes = [100.0, 102.0, 105.0, 103.0];
        let bars: Vec<Bar> = (2..6)
            .zip(closes)
            .map(|(day, price)| point(day, price))
            .collect();
        let at_next_open = Window::after(&days(&bars), at(3, 10), 1).unwrap();
        assert_eq!(at_next_open.start(), at(3, 16));
        assert!(close(at_next_open.log_return(), (105.0_f64 / 102.0).ln()));
        let at_the_close = Window::after(&days(&bars), at(2, 16), 1).unwrap();
        assert!(close(at_the_close.log_return(), (102.0_f64 / 100.0).ln()));
    }

    #[test]
    fn a_missing_bar_and_a_flat_bar_are_named() {
        let grid = days(&[four()[0], four()[2], four()[3]]);
        assert_eq!(
            Window::after(&grid, at(2, 17), 1),
            Err(Exclusion::BarMissing)
        );
        assert_eq!(
            Window::after(&grid, at(5, 10), 2),
            Err(Exclusion::WindowNotOver)
        );
        let flat = days(&[four()[0], priced(3, 10, 16, [100.0; 4])]);
        let window = Window::after(&flat, at(2, 17), 1).unwrap();
        assert_eq!(
            window.variance(Estimator::Parkinson),
            Err(Exclusion::ZeroVariance)
        );
    }

    #[test]
    fn bars_outside_the_window_do_not_matter() {
        let spec = OutcomeSpec {
            kind: OutcomeKind::LogRealizedVariance {
                estimator: Estimator::GarmanKlassOvernight,
            },
            horizon: Horizon::Sessions(1),
        };
        let outcome = |grid: &Grid| measure(&Past::new(grid, spec.kind), None, at(2, 17), spec);
        let before = outcome(&days(&four())).unwrap();
        let mut changed = four();
        changed[0].close = 100.5;
        changed[2].high = 500.0;
        assert_eq!(outcome(&days(&changed)), Ok(before));
    }
}
