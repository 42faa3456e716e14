//! What a synthetic market is made from: typed in [`WorldSpec`], checked in [`World`].

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::exchange::{Exchange, MarketKind};

/// A world as somebody writes it down; [`WorldSpec::checked`] makes it usable.
///
/// Every field has a value in [`WorldSpec::default`], so that a file names only what it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct WorldSpec {
    /// Seed of every draw: the same seed and settings give the same bytes.
    pub seed: u64,
    /// Sessions and linear options, or days around the clock and inverse ones.
    pub market: MarketKind,
    /// Name of the underlying, in capitals; PM-settled weeklies take it with a `W` as their root.
    pub underlying: String,
    /// First day that may be a session of the market's calendar, 1992-01-01 or later.
    pub start: NaiveDate,
    /// Number of sessions, 1 to 5,000.
    pub sessions: u32,
    /// Close before the first session of the run-up, in USD.
    pub spot: f64,
    /// Median annual volatility of the fundamental return, as a decimal.
    pub annual_vol: f64,
    /// Strength λ of dealers' hedging, `0` to `20`: see [`crate`] for what it scales.
    pub hedging: f64,
    /// PM-settled weekly expiries listed at once, 1 to 12.
    pub weeklies: u32,
    /// Strikes listed on each side of the money, 3 to 40.
    pub strikes_each_side: u32,
    /// Interest rate, continuously compounded, per year, as a decimal.
    pub rate: f64,
    /// Dividend yield, continuously compounded, per year, as a decimal.
    pub dividend: f64,
}

impl Default for WorldSpec {
    fn default() -> Self {
        Self {
            seed: 20_260_221,
            market: MarketKind::Equity,
            underlying: "SYN".to_owned(),
            start: NaiveDate::from_ymd_opt(2018, 1, 2).unwrap_or_default(),
            sessions: 1_258,
            spot: 3_000.0,
            annual_vol: 0.15,
            hedging: 1.0,
            weeklies: 6,
            strikes_each_side: 6,
            rate: 0.02,
            dividend: 0.015,
        }
    }
}

/// Why a world cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WorldError {
    /// A number outside its range.
    #[error("{field} must lie in [{low}, {high}], got {value}")]
    Range {
        /// Key of the world file.
        field: &'static str,
        /// Smallest value allowed.
        low: f64,
        /// Largest value allowed.
        high: f64,
        /// The value given.
        value: f64,
    },
    /// A name that cannot be a root symbol.
    #[error("underlying must be one to eight of A-Z and 0-9, got {0:?}")]
    Underlying(String),
    /// Sessions or expiries beyond the calendar.
    #[error(
        "a world of {sessions} sessions from {start} does not fit into 1992-01-01 to 2029-10-31: \
         start earlier or ask for fewer sessions"
    )]
    Period {
        /// First day asked for.
        start: NaiveDate,
        /// Sessions asked for.
        sessions: u32,
    },
}

/// A world whose every setting was found within its range.
#[derive(Debug, Clone, PartialEq)]
pub struct World(WorldSpec);

impl World {
    /// The settings.
    pub fn spec(&self) -> &WorldSpec {
        &self.0
    }

    pub(crate) fn exchange(&self) -> &'static Exchange {
        self.0.market.exchange()
    }
}

impl WorldSpec {
    /// Checks every setting.
    ///
    /// ```
    /// use gex_sim::WorldSpec;
    ///
    /// let world = WorldSpec { hedging: 0.0, ..WorldSpec::default() }.checked()?;
    /// assert_eq!(world.spec().sessions, 1_258);
    /// let error = WorldSpec { annual_vol: 15.0, ..WorldSpec::default() }.checked().unwrap_err();
    /// assert_eq!(error.to_string(), "annual-vol must lie in [0.01, 2], got 15");
    /// # Ok::<(), gex_sim::WorldError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`WorldError`] names the first setting that is out of its range, and the range.
    pub fn checked(self) -> Result<World, WorldError> {
        self.check_ranges()?;
        self.check_underlying()?;
        self.check_period()?;
        Ok(World(self))
    }

    fn check_ranges(&self) -> Result<(), WorldError> {
        within("sessions", f64::from(self.sessions), (1.0, 5_000.0))?;
        within("spot", self.spot, (10.0, 1e6))?;
        within("annual-vol", self.annual_vol, (0.01, 2.0))?;
        within("hedging", self.hedging, (0.0, 20.0))?;
        within("weeklies", f64::from(self.weeklies), (1.0, 12.0))?;
        within(
            "strikes-each-side",
            f64::from(self.strikes_each_side),
            (3.0, 40.0),
        )?;
        within("rate", self.rate, (-0.05, 0.2))?;
        within("dividend", self.dividend, (-0.05, 0.2))
    }

    fn check_underlying(&self) -> Result<(), WorldError> {
        let legal = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        if (1..=8).contains(&self.underlying.len()) && self.underlying.bytes().all(legal) {
            return Ok(());
        }
        Err(WorldError::Underlying(self.underlying.clone()))
    }

    fn check_period(&self) -> Result<(), WorldError> {
        // Five sessions a week less ten holidays a year are at most 1.5 calendar days a session.
        let span = Days::new(u64::from(self.sessions) * 3 / 2 + 10);
        let first = NaiveDate::from_ymd_opt(1992, 1, 1);
        let last = NaiveDate::from_ymd_opt(2029, 10, 31);
        let end = self.start.checked_add_days(span);
        if first <= Some(self.start) && end.is_some() && end <= last {
            return Ok(());
        }
        Err(WorldError::Period {
            start: self.start,
            sessions: self.sessions,
        })
    }
}

pub(crate) fn within(
    field: &'static str,
    value: f64,
    (low, high): (f64, f64),
) -> Result<(), WorldError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(WorldError::Range {
        field,
        low,
        high,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl FnOnce(&mut WorldSpec)) -> String {
        let mut spec = WorldSpec::default();
        change(&mut spec);
        spec.checked().unwrap_err().to_string()
    }

    #[test]
    fn every_setting_is_checked_and_named() {
        assert!(refusal(|w| w.spot = f64::NAN).starts_with("spot must lie in"));
        assert!(refusal(|w| w.hedging = -1.0).starts_with("hedging must lie in"));
        assert!(refusal(|w| w.sessions = 0).starts_with("sessions must lie in"));
        assert!(refusal(|w| w.underlying = "../X".to_owned()).contains("\"../X\""));
        assert!(refusal(|w| w.sessions = 5_000).contains("fewer sessions"));
    }
}
