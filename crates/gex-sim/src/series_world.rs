//! Worlds of one daily signal and one daily market, without chains: nulls and planted effects.
//!
//! ```text
//! h   = φ·h₋₁ + s·√(1 − φ²)·(ρ·z + √(1 − ρ²)·w)    log variance, φ = 0.97, s = 0.9, ρ = −0.6
//! σ   = σ̄·e^(h/2)·e^(−κ·g)                         κ is zero but in the world `a`
//! r   = σ·(z − b·g·z₋₁)                            b is zero but in the world `b`
//! RV  = σ²·χ²(78)/78                               as five-minute returns of a session give it
//! g'  = φ·g + √(1 − φ²)·v                          unit variance
//! ```
//!
//! with `g` the signal of the close before, `z`, `w` and `v` standard normal. In the world `n0` the shock
//! `v` is independent of the market, in `n0r` its correlation with `z` is 0.6, as gamma that follows prices
//! has it, and in `n1` the signal is `−0.7` times the standardised log of five sessions' variance, and noise:
//! a measure of the past that knows nothing of what comes. In the three of them the signal adds nothing to
//! past variance, past losses and implied variance.
//!
//! A session's return and the shock to its own variance are drawn together, as when losses and turmoil come
//! on one day. With [`Leverage::NextSession`] the return moves the variance of the session after (Harvey and
//! Shephard 1996): then controls of past losses alone leave something for a signal that follows returns.
//!
//! Implied variance is the expected variance of the next 21 sessions, the planted effect included, with an
//! error. A bar's high and low stand where the Garman-Klass variance of the bar is `RV`.

use chrono::{Days, NaiveDate};
use gex_compute::market::bar::{Adjustment, Bar, BarSeries, ControlPoint, ControlSeries};
use gex_compute::market::calendar::{Calendar, Session};
use gex_compute::math;
use serde::{Deserialize, Serialize};

use crate::draws::{Draws, Stream};
use crate::world::{WorldError, within};

/// The calendar of these worlds.
const CALENDAR: Calendar = Calendar::Xnys;
/// Persistence φ of log variance and of the signal.
const PERSISTENCE: f64 = 0.97;
/// Stationary deviation of log variance.
const LOG_VARIANCE_SD: f64 = 0.9;
/// Correlation of the shock to log variance with the session's return.
const LEVERAGE: f64 = -0.6;
/// Correlation of the shock to the signal with the session's return, in `n0r`.
const SIGNAL_ON_RETURN: f64 = 0.6;
/// Loading of the signal on past variance, in `n1`.
const SIGNAL_ON_PAST: f64 = -0.7;
/// Mean and deviation of the log of five sessions' mean variance over its median: by simulation.
const LOG_FIVE: (f64, f64) = (0.02, 0.88);
/// Median volatility of a session.
const MEDIAN_VOL: f64 = 0.008;
/// Returns in a session's realized variance.
const RETURNS: u32 = 78;
/// Deviation of the error of log implied volatility.
const IMPLIED_ERROR: f64 = 0.08;
/// Sessions of implied variance.
const IMPLIED_SESSIONS: i32 = 21;
/// Sessions run through before the first one shown.
const RUN_IN: usize = 100;
/// `2·ln 2 − 1`, the weight of the open-to-close return in Garman and Klass (1980).
const GARMAN_KLASS: f64 = 2.0 * std::f64::consts::LN_2 - 1.0;

/// What relates the signal to the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeriesKind {
    /// Nothing.
    N0,
    /// The signal's shocks follow returns.
    N0r,
    /// The signal is a noisy measure of past variance.
    N1,
    /// The signal scales the next session's volatility by `e^(−κ·g)`.
    A,
    /// The signal turns the return of one session against, or along, the next one's.
    B,
}

impl SeriesKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::N0, Self::N0r, Self::N1, Self::A, Self::B];

    /// The name in a world file.
    pub fn name(self) -> &'static str {
        match self {
            Self::N0 => "n0",
            Self::N0r => "n0r",
            Self::N1 => "n1",
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// On which session's variance a return acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leverage {
    /// Its own.
    SameSession,
    /// That of the session after.
    NextSession,
}

/// A world of one signal as somebody writes it down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct SeriesWorldSpec {
    /// What relates signal and market.
    pub kind: SeriesKind,
    /// Seed of every draw.
    pub seed: u64,
    /// First day that may be a session of the calendar XNYS, 1992-01-01 or later.
    pub start: NaiveDate,
    /// Number of sessions, 1 to 5,000.
    pub sessions: u32,
    /// κ of the world `a`, or b of the world `b`, `0` to `0.5`; read by no other.
    pub effect: f64,
    /// On which session's variance a return acts.
    pub leverage: Leverage,
}

impl Default for SeriesWorldSpec {
    fn default() -> Self {
        Self {
            kind: SeriesKind::N0,
            seed: 20_260_221,
            start: NaiveDate::from_ymd_opt(2012, 1, 3).unwrap_or_default(),
            sessions: 1_250,
            effect: 0.1,
            leverage: Leverage::SameSession,
        }
    }
}

/// A market with its signal.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesMarket {
    /// The sessions, one value of everything for each.
    pub sessions: Vec<Session>,
    /// The signal at each session's close.
    pub signal: Vec<f64>,
    /// Daily bars.
    pub bars: BarSeries,
    /// Control `vix`, in volatility points, known at the close.
    pub vix: ControlSeries,
}

impl SeriesWorldSpec {
    /// Simulates every session; the same settings give the same bytes.
    ///
    /// ```
    /// use gex_sim::{SeriesKind, SeriesWorldSpec};
    ///
    /// let spec = SeriesWorldSpec { kind: SeriesKind::A, sessions: 50, ..SeriesWorldSpec::default() };
    /// let market = spec.simulate()?;
    /// assert_eq!((market.bars.bars.len(), market.signal.len()), (50, 50));
    /// assert_eq!(market, spec.simulate()?);
    /// # Ok::<(), gex_sim::WorldError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`WorldError`] names the first setting that is out of its range, and the range.
    pub fn simulate(&self) -> Result<SeriesMarket, WorldError> {
        within("sessions", f64::from(self.sessions), (1.0, 5_000.0))?;
        within("effect", self.effect, (0.0, 0.5))?;
        let sessions = self.calendar()?;
        let mut state = State::new(self);
        for _ in 0..RUN_IN {
            state.step();
        }
        let mut market = SeriesMarket {
            signal: Vec::with_capacity(sessions.len()),
            bars: BarSeries {
                underlying: "SYN".to_owned(),
                adjustment: Adjustment::None,
                bars: Vec::with_capacity(sessions.len()),
            },
            vix: ControlSeries {
                name: "vix".to_owned(),
                points: Vec::with_capacity(sessions.len()),
            },
            sessions,
        };
        for session in &market.sessions {
            let day = state.step();
            market.signal.push(day.signal);
            market.bars.bars.push(bar(*session, &day));
            market.vix.points.push(ControlPoint {
                ts: session.close,
                known_at: session.close,
                value: day.implied,
            });
        }
        Ok(market)
    }

    fn calendar(&self) -> Result<Vec<Session>, WorldError> {
        let count = self.sessions as usize;
        let span = Days::new(u64::from(self.sessions) * 3 / 2 + 10);
        let end = self.start.checked_add_days(span);
        let within_rules = |end: &NaiveDate| {
            let first = NaiveDate::from_ymd_opt(1992, 1, 1);
            first <= Some(self.start) && Some(*end) <= NaiveDate::from_ymd_opt(2029, 10, 31)
        };
        let mut sessions = end
            .filter(within_rules)
            .map(|end| CALENDAR.sessions(self.start, end))
            .unwrap_or_default();
        sessions.truncate(count);
        if sessions.len() == count {
            return Ok(sessions);
        }
        Err(WorldError::Period {
            start: self.start,
            sessions: self.sessions,
        })
    }
}

/// One session's numbers.
struct Day {
    open: f64,
    close: f64,
    variance: f64,
    /// At the close.
    signal: f64,
    /// In volatility points.
    implied: f64,
}

/// What one session leaves to the next.
struct State {
    kind: SeriesKind,
    effect: f64,
    leverage: Leverage,
    log_variance: f64,
    signal: f64,
    /// The standardised return of the session before.
    shock: f64,
    close: f64,
    /// Realized variances of the last five sessions over the median, the latest last.
    past: [f64; 5],
    prices: Draws,
    variance: Draws,
    signals: Draws,
    measurement: Draws,
}

impl State {
    fn new(spec: &SeriesWorldSpec) -> Self {
        let draws = |stream| Draws::new(spec.seed, stream);
        Self {
            kind: spec.kind,
            effect: spec.effect,
            leverage: spec.leverage,
            log_variance: 0.0,
            signal: 0.0,
            shock: 0.0,
            close: 3_000.0,
            past: [1.0; 5],
            prices: draws(Stream::Prices),
            variance: draws(Stream::Variance),
            signals: draws(Stream::Signal),
            measurement: draws(Stream::Measurement),
        }
    }

    fn step(&mut self) -> Day {
        let (kappa, turn) = match self.kind {
            SeriesKind::A => (self.effect, 0.0),
            SeriesKind::B => (0.0, self.effect),
            SeriesKind::N0 | SeriesKind::N0r | SeriesKind::N1 => (0.0, 0.0),
        };
        let shock = self.prices.normal();
        if self.leverage == Leverage::SameSession {
            self.advance_variance(shock);
        }
        let vol = MEDIAN_VOL * math::exp(0.5 * self.log_variance - kappa * self.signal);
        let log_return = vol * (shock - turn * self.signal * self.shock);
        let variance = vol * vol * self.chi_squared() / f64::from(RETURNS);
        let open = self.close;
        self.close = open * math::exp(log_return);
        self.past.rotate_left(1);
        self.past[4] = variance / (MEDIAN_VOL * MEDIAN_VOL);
        if self.leverage == Leverage::NextSession {
            self.advance_variance(shock);
        }
        self.advance_signal(shock);
        self.shock = shock;
        Day {
            open,
            close: self.close,
            variance,
            signal: self.signal,
            implied: self.implied(kappa),
        }
    }

    fn chi_squared(&mut self) -> f64 {
        (0..RETURNS)
            .map(|_| self.measurement.normal())
            .map(|z| z * z)
            .sum()
    }

    fn advance_variance(&mut self, shock: f64) {
        let own = math::sqrt(1.0 - LEVERAGE * LEVERAGE) * self.variance.normal();
        let fresh = LOG_VARIANCE_SD * math::sqrt(1.0 - PERSISTENCE * PERSISTENCE);
        self.log_variance = PERSISTENCE * self.log_variance + fresh * (LEVERAGE * shock + own);
    }

    fn advance_signal(&mut self, shock: f64) {
        let own = self.signals.normal();
        if self.kind == SeriesKind::N1 {
            let (centre, deviation) = LOG_FIVE;
            let five = self.past.iter().sum::<f64>() / 5.0;
            let past = (math::ln(five) - centre) / deviation;
            let left = math::sqrt(1.0 - SIGNAL_ON_PAST * SIGNAL_ON_PAST);
            self.signal = SIGNAL_ON_PAST * past + left * own;
            return;
        }
        let on_return = match self.kind {
            SeriesKind::N0r => SIGNAL_ON_RETURN,
            _ => 0.0,
        };
        let shock = on_return * shock + math::sqrt(1.0 - on_return * on_return) * own;
        let fresh = math::sqrt(1.0 - PERSISTENCE * PERSISTENCE);
        self.signal = PERSISTENCE * self.signal + fresh * shock;
    }

    /// Annual volatility, in points, of the expected variance of the sessions to come, with an error.
    ///
    /// ```text
    /// E σ²(k) = σ̄²·exp(φʲh + ½s²(1 − φ²ʲ) − 2κφᵏ⁻¹g + 2κ²(1 − φ²⁽ᵏ⁻¹⁾))
    /// ```
    ///
    /// with j = k sessions from the last variance drawn, or one fewer where the next one's is drawn already.
    fn implied(&mut self, kappa: f64) -> f64 {
        let drawn = match self.leverage {
            Leverage::SameSession => 0,
            Leverage::NextSession => 1,
        };
        let expected = |k: i32| {
            let (ahead, before) = (PERSISTENCE.powi(k - drawn), PERSISTENCE.powi(k - 1));
            let spread = 0.5 * LOG_VARIANCE_SD * LOG_VARIANCE_SD * (1.0 - ahead * ahead);
            let planted = 2.0 * kappa * (kappa * (1.0 - before * before) - before * self.signal);
            math::exp(ahead * self.log_variance + spread + planted)
        };
        let sum: f64 = (1..=IMPLIED_SESSIONS).map(expected).sum();
        let variance = MEDIAN_VOL * MEDIAN_VOL * sum / f64::from(IMPLIED_SESSIONS);
        let error = math::exp(IMPLIED_ERROR * self.measurement.normal());
        100.0 * math::sqrt(CALENDAR.periods_per_year() * variance) * error
    }
}

/// A bar whose Garman-Klass variance is the session's realized one, where its own return leaves room.
fn bar(session: Session, day: &Day) -> Bar {
    let log_return = math::ln(day.close / day.open);
    let range = math::sqrt(2.0 * (day.variance + GARMAN_KLASS * log_return * log_return));
    let beyond = math::exp(0.5 * (range - log_return.abs()).max(0.0));
    Bar {
        start: session.open,
        end: session.close,
        known_at: session.close,
        open: day.open,
        high: day.open.max(day.close) * beyond,
        low: day.open.min(day.close) / beyond,
        close: day.close,
        volume: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn market(kind: SeriesKind, effect: f64) -> SeriesMarket {
        let spec = SeriesWorldSpec {
            kind,
            effect,
            sessions: 4_000,
            ..SeriesWorldSpec::default()
        };
        spec.simulate().unwrap()
    }

    fn garman_klass(bar: &Bar) -> f64 {
        let (range, own) = ((bar.high / bar.low).ln(), (bar.close / bar.open).ln());
        0.5 * range * range - GARMAN_KLASS * own * own
    }

    fn correlation(x: &[f64], y: &[f64]) -> f64 {
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        let (mx, my) = (mean(x), mean(y));
        let sum = |f: &dyn Fn(f64, f64) -> f64| {
            x.iter().zip(y).map(|(a, b)| f(a - mx, b - my)).sum::<f64>()
        };
        sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
    }

    /// Log variance has a deviation of 0.9 and its measurement one of √(2/78) = 0.16: together 0.91. A
    /// persistence of 0.97 leaves some 60 independent values, and an error of a tenth.
    #[test]
    fn variance_has_the_moments_that_were_asked_for() {
        let bars = market(SeriesKind::N0, 0.0).bars.bars;
        let logs: Vec<f64> = bars.iter().map(|bar| garman_klass(bar).ln()).collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let variance = logs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / logs.len() as f64;
        assert!((variance.sqrt() - 0.91).abs() < 0.2, "{}", variance.sqrt());
        assert!((mean - 2.0 * MEDIAN_VOL.ln()).abs() < 0.4, "{mean}");
    }

    /// A null signal follows nothing of the next session beyond its mean; a planted one does, and
    /// in `n1` it is the past that it follows.
    #[test]
    fn what_is_planted_is_there_and_nothing_else() {
        let next = |market: &SeriesMarket| -> Vec<f64> {
            market.bars.bars[1..]
                .iter()
                .map(|bar| garman_klass(bar).ln())
                .collect()
        };
        let surprise = |market: &SeriesMarket| -> Vec<f64> {
            let implied = market.vix.points.iter().map(|point| 2.0 * point.value.ln());
            next(market)
                .iter()
                .zip(implied)
                .map(|(rv, iv)| rv - iv)
                .collect()
        };
        let strong = market(SeriesKind::A, 0.4);
        let of = |market: &SeriesMarket, y: &[f64]| correlation(&market.signal[..y.len()], y);
        assert!(of(&strong, &next(&strong)) < -0.4);
        let null = market(SeriesKind::N0, 0.0);
        assert!(of(&null, &surprise(&null)).abs() < 0.1);
        let past = market(SeriesKind::N1, 0.0);
        let today: Vec<f64> = past
            .bars
            .bars
            .iter()
            .map(|bar| garman_klass(bar).ln())
            .collect();
        assert!(of(&past, &today) < -0.5);
        let unit = past.signal.iter().map(|g| g * g).sum::<f64>() / past.signal.len() as f64;
        assert!((unit - 1.0).abs() < 0.25, "{unit}");
    }

    #[test]
    fn returns_turn_with_the_signal_where_that_is_planted() {
        let market = market(SeriesKind::B, 0.3);
        let returns: Vec<f64> = { market.bars.bars.iter() }
            .map(|bar| (bar.close / bar.open).ln() / garman_klass(bar).sqrt())
            .collect();
        let product: Vec<f64> = { market.signal.iter().zip(&returns) }
            .map(|(g, r)| g * r)
            .collect();
        let found = correlation(&product[..product.len() - 1], &returns[1..]);
        assert!((-0.4..-0.2).contains(&found), "{found}");
    }

    #[test]
    fn a_world_out_of_range_names_its_setting() {
        let spec = SeriesWorldSpec {
            effect: 2.0,
            ..SeriesWorldSpec::default()
        };
        let error = spec.simulate().unwrap_err();
        assert_eq!(error.to_string(), "effect must lie in [0, 0.5], got 2");
    }
}
