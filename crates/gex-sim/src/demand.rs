//! What investors want, and how much of the underlying trades.

use std::collections::VecDeque;

use gex_compute::math;

use crate::draws::Draws;
use crate::timetable::{Listing, Style};

/// Persistence, mean and stationary deviation of investors' tilt between calls and puts.
const TILT_PERSISTENCE: f64 = 0.98;
const TILT_MEAN: f64 = -0.15;
const TILT_SD: f64 = 0.3;
/// Correlation of the tilt's shock with the session's return: falls make investors buy puts.
const TILT_ON_RETURN: f64 = -0.5;
/// Deviation of the logarithm of volume, and its elasticity to volatility.
const VOLUME_NOISE: f64 = 0.2;
const VOLUME_ELASTICITY: f64 = 0.5;
/// Sessions whose median is the average daily volume.
const ADV_SESSIONS: usize = 20;
/// Demand for a monthly expiry over that for a weekly one.
const MONTHLY_WEIGHT: f64 = 2.0;
/// Sessions to settlement at which an expiry draws half of what the nearest one draws.
const HALF_WEIGHT_SESSIONS: f64 = 40.0;

/// Investors' tilt and the underlying's volume.
#[derive(Debug, Clone)]
pub(crate) struct Demand {
    /// Above zero investors prefer puts, below zero calls.
    pub(crate) tilt: f64,
    volumes_usd: VecDeque<f64>,
    units_per_session: f64,
    draws: Draws,
}

impl Demand {
    pub(crate) fn new(units_per_session: f64, draws: Draws) -> Self {
        Self {
            tilt: TILT_MEAN,
            volumes_usd: VecDeque::new(),
            units_per_session,
            draws,
        }
    }

    /// Moves investors' tilt by one session whose standardised return was `return_shock`.
    ///
    /// ```text
    /// u' = m + φ·(u − m) + s·√(1 − φ²)·(ρ·z + √(1 − ρ²)·w)
    /// ```
    pub(crate) fn tilt_by(&mut self, return_shock: f64) {
        let fresh = TILT_SD * math::sqrt(1.0 - TILT_PERSISTENCE * TILT_PERSISTENCE);
        let own = math::sqrt(1.0 - TILT_ON_RETURN * TILT_ON_RETURN) * self.draws.normal();
        let shock = fresh * (TILT_ON_RETURN * return_shock + own);
        self.tilt = TILT_MEAN + TILT_PERSISTENCE * (self.tilt - TILT_MEAN) + shock;
    }

    /// Draws the volume, in USD, of a session that closed at `spot` with `relative_vol` times the
    /// median volatility.
    pub(crate) fn draw_volume(&mut self, spot: f64, relative_vol: f64) -> f64 {
        let busy = math::exp(VOLUME_ELASTICITY * math::ln(relative_vol));
        let volume = self.units_per_session * spot * busy * self.draws.factor(VOLUME_NOISE);
        self.volumes_usd.push_back(volume);
        if ADV_SESSIONS < self.volumes_usd.len() {
            self.volumes_usd.pop_front();
        }
        volume
    }

    /// Average daily volume in USD: the median of the last twenty sessions.
    pub(crate) fn adv_usd(&self) -> f64 {
        let mut sorted: Vec<f64> = self.volumes_usd.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |i: usize| sorted.get(i).copied().unwrap_or(f64::INFINITY);
        let half = sorted.len() / 2;
        0.5 * (at(half.saturating_sub(1 - sorted.len() % 2)) + at(half))
    }
}

/// How much demand an expiry draws, as a multiple of that of the nearest weekly.
pub(crate) fn expiry_weight(listing: &Listing, today: usize) -> f64 {
    let sessions = listing.session.saturating_sub(today) as f64;
    let size = match listing.style {
        Style::Am => MONTHLY_WEIGHT,
        Style::Pm => 1.0,
    };
    size / (1.0 + sessions / HALF_WEIGHT_SESSIONS)
}
