//! Small hand-made markets for this crate's tests: sessions from 10:00 to 16:00 UTC in March 2026.

use chrono::{NaiveDate, TimeDelta};
use gex_compute::market::Instant;
use gex_compute::market::bar::{Adjustment, Bar, BarSeries};
use gex_compute::market::calendar::Session;
use gex_compute::series::Measure;

use crate::findings::{Expect, Role};
use crate::panel::Sample;
use crate::study::{
    Estimator, Horizon, Hypothesis, OutcomeKind, OutcomeSpec, RegimeRule, Scale, SignalColumn,
    SignalPart, SignalSpec,
};

/// Day `day` counted from 1 March 2026, at `hour`.
pub(crate) fn at(day: i64, hour: i64) -> Instant {
    let first = date(1).and_hms_opt(0, 0, 0).unwrap().and_utc();
    first + TimeDelta::days(day - 1) + TimeDelta::hours(hour)
}

/// Day `day` counted from 1 March 2026.
pub(crate) fn date(day: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap() + TimeDelta::days(day - 1)
}

/// The session of a day; every day has one.
pub(crate) fn session(day: i64) -> Session {
    Session {
        date: date(day),
        open: at(day, 10),
        close: at(day, 16),
    }
}

/// A bar with prices that depend on its place.
pub(crate) fn bar(day: i64, from: i64, to: i64) -> Bar {
    let open = 100.0 + (day as f64) + 0.25 * (from as f64);
    priced(day, from, to, [open, open + 2.0, open - 1.0, open + 0.5])
}

/// A bar with open, high, low and close.
pub(crate) fn priced(day: i64, from: i64, to: i64, [open, high, low, close]: [f64; 4]) -> Bar {
    let (start, end) = (at(day, from), at(day, to));
    Bar {
        start,
        end,
        known_at: end,
        open,
        high,
        low,
        close,
        volume: None,
    }
}

/// A close without an open.
pub(crate) fn point(day: i64, close: f64) -> Bar {
    priced(day, 16, 16, [close; 4])
}

/// Bars of one underlying.
pub(crate) fn series(bars: Vec<Bar>) -> BarSeries {
    BarSeries {
        underlying: "X".to_owned(),
        adjustment: Adjustment::None,
        bars,
    }
}

/// Standard normal noise from a seed.
pub(crate) fn noise(rows: usize, seed: u64) -> Vec<f64> {
    use rand::{RngExt, SeedableRng};
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut uniform = || rng.random_range(f64::EPSILON..1.0);
    (0..rows)
        .map(|_| (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos())
        .collect()
}

/// A hypothesis without controls and a sample of it, made from a signal and the log variance that follows.
pub(crate) fn made_up(signal: Vec<f64>, outcome: Vec<f64>) -> (Hypothesis, Sample) {
    let rows = outcome.len();
    let sample = Sample {
        regimes: &["negative", "positive"],
        sessions: (1..).take(rows).map(date).collect(),
        lagged: vec![None; rows],
        labels: signal.iter().map(|g| usize::from(0.0 <= *g)).collect(),
        signal,
        controls: Vec::new(),
        variance: outcome.iter().map(|y| y.exp()).collect(),
        log_return: noise(rows, 99),
        first_return: noise(rows, 99),
        outcome,
        overlap: 1,
    };
    (plain_hypothesis(), sample)
}

/// A primary about the next session's variance, without controls.
pub(crate) fn plain_hypothesis() -> Hypothesis {
    Hypothesis {
        id: "plain".to_owned(),
        claim: "more gamma, less variance".to_owned(),
        role: Role::Primary,
        signal: SignalSpec {
            positioning: "gross".to_owned(),
            column: SignalColumn::Series(Measure::NetGex),
            part: SignalPart::Signed,
            scale: Scale::Usd,
        },
        regime: RegimeRule::Sign { dead_band: 0.0 }.into(),
        outcome: OutcomeSpec {
            kind: OutcomeKind::LogRealizedVariance {
                estimator: Estimator::GarmanKlassOvernight,
            },
            horizon: Horizon::Sessions(1),
        },
        controls: Vec::new(),
        expect: Expect::Negative,
        smallest_effect: 0.05,
    }
}
