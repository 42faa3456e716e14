//! Variance of a bar, and of a window of bars, from open, high, low and close.
//!
//! ```text
//! u = ln H/O, d = ln L/O, c = ln C/O, o = ln O/C₋₁, r = ln C/C₋₁
//! close to close          r²
//! Parkinson (1980)        (u − d)² / (4 ln 2)
//! Garman-Klass (1980)     ½ (u − d)² − (2 ln 2 − 1) c²
//!   in full               0.511 (u − d)² − 0.019 (c (u + d) − 2 u d) − 0.383 c²
//! Garman-Klass overnight  o² + Garman-Klass
//! Rogers-Satchell (1991)  u (u − c) + d (d − c)
//! Yang-Zhang (2000)       s_o² + k s_c² + (1 − k) s_rs²,  k = 0.34 / (1.34 + (n+1)/(n−1))
//! ```
//!
//! Every value is a variance per bar, in squared log returns. Annualise only for display.

use super::Undefined;
use super::moments::{mean, variance};
use super::undefined::{require_positive_variance, require_rows};

/// Four positive prices of one bar, the high not below and the low not above the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ohlc {
    open: f64,
    high: f64,
    low: f64,
    close: f64,
}

impl Ohlc {
    /// Checks four prices.
    ///
    /// # Errors
    /// When a price is not positive and finite, or the high and the low do not hold the others
    /// between them.
    pub fn new(open: f64, high: f64, low: f64, close: f64) -> Result<Self, Undefined> {
        for value in [open, high, low, close] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Undefined::Domain {
                    what: "price",
                    value,
                    needed: "positive",
                });
            }
        }
        if high < open.max(close) {
            let needed = "at least open and close";
            return Err(Undefined::Domain {
                what: "high",
                value: high,
                needed,
            });
        }
        if low > open.min(close) {
            let needed = "at most open and close";
            return Err(Undefined::Domain {
                what: "low",
                value: low,
                needed,
            });
        }
        Ok(Self {
            open,
            high,
            low,
            close,
        })
    }

    /// Last price.
    pub fn close(self) -> f64 {
        self.close
    }

    /// The high.
    pub fn high(self) -> f64 {
        self.high
    }

    /// The low.
    pub fn low(self) -> f64 {
        self.low
    }

    fn log_high(self) -> f64 {
        libm::log(self.high / self.open)
    }

    fn log_low(self) -> f64 {
        libm::log(self.low / self.open)
    }

    fn log_close(self) -> f64 {
        libm::log(self.close / self.open)
    }

    fn parkinson(self) -> f64 {
        libm::log(self.high / self.low).powi(2) / (4.0 * std::f64::consts::LN_2)
    }

    fn garman_klass(self) -> f64 {
        let range = libm::log(self.high / self.low);
        0.5 * range * range - (2.0 * std::f64::consts::LN_2 - 1.0) * self.log_close().powi(2)
    }

    fn garman_klass_full(self) -> f64 {
        let (u, d, c) = (self.log_high(), self.log_low(), self.log_close());
        0.511 * (u - d).powi(2) - 0.019 * (c * (u + d) - 2.0 * u * d) - 0.383 * c * c
    }

    fn rogers_satchell(self) -> f64 {
        let (u, d, c) = (self.log_high(), self.log_low(), self.log_close());
        u * (u - c) + d * (d - c)
    }
}

/// An estimator that one bar is enough for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarEstimator {
    /// Squared close-to-close return, no mean taken off.
    CloseToClose,
    /// Parkinson: no drift, no overnight move.
    Parkinson,
    /// Garman-Klass: no drift, no overnight move; one bar can be negative.
    GarmanKlass,
    /// Garman-Klass with its cross term.
    GarmanKlassFull,
    /// Garman-Klass plus the squared overnight return.
    GarmanKlassOvernight,
    /// Rogers-Satchell: any drift, no overnight move.
    RogersSatchell,
}

impl BarEstimator {
    /// Whether the estimator needs the close before the bar.
    pub fn needs_previous_close(self) -> bool {
        matches!(self, Self::CloseToClose | Self::GarmanKlassOvernight)
    }

    /// Estimates the variance of one bar; `previous_close` is a positive price.
    ///
    /// # Errors
    /// When the previous close is not a positive price.
    ///
    /// ```
    /// use gex_analysis::stats::rv_daily::{BarEstimator, Ohlc};
    /// let bar = Ohlc::new(100.0, 102.0, 99.0, 101.0)?;
    /// let variance = BarEstimator::CloseToClose.bar_variance(100.0, bar)?;
    /// assert!((variance - (1.01_f64).ln().powi(2)).abs() < 1e-15);
    /// # Ok::<(), gex_analysis::stats::Undefined>(())
    /// ```
    pub fn bar_variance(self, previous_close: f64, bar: Ohlc) -> Result<f64, Undefined> {
        match self {
            Self::CloseToClose => Ok(log_return(previous_close, bar.close)?.powi(2)),
            Self::GarmanKlassOvernight => {
                Ok(log_return(previous_close, bar.open)?.powi(2) + bar.garman_klass())
            }
            Self::Parkinson => Ok(bar.parkinson()),
            Self::GarmanKlass => Ok(bar.garman_klass()),
            Self::GarmanKlassFull => Ok(bar.garman_klass_full()),
            Self::RogersSatchell => Ok(bar.rogers_satchell()),
        }
    }

    /// Averages over a window of bars.
    ///
    /// Where the estimator needs the close before, the first bar only supplies it.
    ///
    /// # Errors
    /// When the window is too short.
    pub fn mean_variance(self, bars: &[Ohlc]) -> Result<f64, Undefined> {
        if self.needs_previous_close() {
            require_rows(bars.len(), 2)?;
            return mean(&each_pair(bars, |before, bar| {
                self.bar_variance(before.close, bar)
            })?);
        }
        let variances: Result<Vec<f64>, Undefined> = bars
            .iter()
            .map(|bar| self.bar_variance(bar.open, *bar))
            .collect();
        mean(&variances?)
    }
}

/// Computes the variance of close-to-close returns around their mean, n − 1 below.
///
/// The first bar only supplies the previous close.
///
/// # Errors
/// When there are fewer than three bars.
pub fn close_to_close_demeaned(bars: &[Ohlc]) -> Result<f64, Undefined> {
    require_rows(bars.len(), 3)?;
    variance(&each_pair(bars, |before, bar| {
        log_return(before.close, bar.close)
    })?)
}

/// The Yang-Zhang estimate of a window and its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct YangZhang {
    /// Variance per bar.
    pub variance: f64,
    /// Weight of the open-to-close variance.
    pub weight: f64,
    /// Overnight returns in the window: one less than the bars.
    pub returns: usize,
}

/// Estimates the variance of a window free of drift and with overnight moves.
///
/// The first bar only supplies the previous close, so as an outcome the window must lie wholly
/// after the signal, its first overnight move included.
///
/// # Errors
/// When there are fewer than three bars.
pub fn yang_zhang(bars: &[Ohlc]) -> Result<YangZhang, Undefined> {
    require_rows(bars.len(), 3)?;
    let returns = bars.len() - 1;
    let rows = returns as f64;
    let weight = 0.34 / (1.34 + (rows + 1.0) / (rows - 1.0));
    let overnight = variance(&each_pair(bars, |before, bar| {
        log_return(before.close, bar.open)
    })?)?;
    let session = variance(&each_pair(bars, |_, bar| Ok(bar.log_close()))?)?;
    let within = mean(&each_pair(bars, |_, bar| Ok(bar.rogers_satchell()))?)?;
    let variance = overnight + weight * session + (1.0 - weight) * within;
    Ok(YangZhang {
        variance,
        weight,
        returns,
    })
}

/// Computes √(periods per year × variance per bar), a decimal annual volatility.
///
/// # Errors
/// When the variance is not positive, as a single Garman-Klass bar can be.
pub fn annualised_volatility(
    variance_per_bar: f64,
    periods_per_year: f64,
) -> Result<f64, Undefined> {
    Ok((periods_per_year * require_positive_variance(variance_per_bar)?).sqrt())
}

fn each_pair(
    bars: &[Ohlc],
    of_pair: impl Fn(Ohlc, Ohlc) -> Result<f64, Undefined>,
) -> Result<Vec<f64>, Undefined> {
    bars.iter()
        .zip(bars.iter().skip(1))
        .map(|(before, bar)| of_pair(*before, *bar))
        .collect()
}

fn log_return(from: f64, to: f64) -> Result<f64, Undefined> {
    if from > 0.0 && from.is_finite() {
        return Ok(libm::log(to / from));
    }
    Err(Undefined::Domain {
        what: "previous close",
        value: from,
        needed: "positive",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // A bar that runs straight from its low to its high: with x = ln H/L the formulas reduce to
    // x²/(4 ln 2), x²(3/2 − 2 ln 2) and zero.
    #[test]
    fn a_straight_bar_reduces_to_its_range() -> Result<(), Undefined> {
        let bar = Ohlc::new(100.0, 110.0, 100.0, 110.0)?;
        let squared = libm::log(1.1).powi(2);
        let of = |estimator: BarEstimator| estimator.bar_variance(100.0, bar);
        let ln2 = std::f64::consts::LN_2;
        assert!((of(BarEstimator::Parkinson)? - squared / (4.0 * ln2)).abs() < 1e-15);
        assert!((of(BarEstimator::GarmanKlass)? - squared * (1.5 - 2.0 * ln2)).abs() < 1e-15);
        assert!(of(BarEstimator::RogersSatchell)?.abs() < 1e-15);
        Ok(())
    }

    #[test]
    fn the_overnight_move_is_added_once() -> Result<(), Undefined> {
        let bar = Ohlc::new(105.0, 106.0, 104.0, 105.0)?;
        let with = BarEstimator::GarmanKlassOvernight.bar_variance(100.0, bar)?;
        let without = BarEstimator::GarmanKlass.bar_variance(100.0, bar)?;
        assert!((with - without - libm::log(1.05).powi(2)).abs() < 1e-15);
        Ok(())
    }

    #[test]
    fn impossible_bars_are_refused() {
        assert!(Ohlc::new(100.0, 99.0, 98.0, 99.0).is_err());
        assert!(Ohlc::new(100.0, 101.0, 100.5, 101.0).is_err());
        assert!(Ohlc::new(0.0, 101.0, 0.0, 101.0).is_err());
        assert!(annualised_volatility(-1e-9, 252.0).is_err());
    }
}
