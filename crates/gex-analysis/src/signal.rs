//! The signal of a hypothesis: one column, scaled by what was known at each decision.
//!
//! ```text
//! usd             g
//! per-adv         g / median of the daily volumes of the 20 sessions before
//! per-market-cap  g / latest market capitalisation known
//! own-deviation   g / standard deviation of the up to 252 values before (63 at least)
//! balance         g / gross gamma of the same snapshot
//! ```

use std::collections::VecDeque;

use chrono::NaiveDate;
use gex_compute::market::Instant;
use gex_compute::market::bar::ControlSeries;
use gex_compute::series::{FlipStatus, GexPoint};

use crate::controls::MAX_AGE;
use crate::inputs::{Inputs, Signals, known_by};
use crate::outcome::Exclusion;
use crate::stats::moments::{median, standard_deviation};
use crate::study::{Scale, SignalColumn, SignalPart, SignalSpec};

/// Sessions of the median daily volume.
pub const ADV_SESSIONS: usize = 20;
/// Values of the trailing deviation.
pub const DEVIATION_WINDOW: usize = 252;
/// Values that a trailing deviation needs.
pub const DEVIATION_MINIMUM: usize = 63;

/// One value of the signal, at the decision that it allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignalValue {
    /// Instant of the quotes.
    pub ts: Instant,
    /// Instant at which every input was public.
    pub known_at: Instant,
    /// Session of the quotes.
    pub session: NaiveDate,
    /// The column's own value, in its own unit.
    pub raw: Option<f64>,
    /// The value in the unit of the scale, or why it is undefined.
    pub scaled: Result<f64, Exclusion>,
    /// The scaled value of the last point of an earlier session: one session older.
    pub lagged: Option<f64>,
    /// ln(spot / flip) of the same snapshot: infinite where the book never changes sign, `None` without a chain.
    pub above_flip: Option<f64>,
}

/// Takes the signal of `spec` out of the inputs, one value a point, in the order of time.
pub fn signal(spec: &SignalSpec, inputs: &Inputs<'_>) -> Vec<SignalValue> {
    let mut points = raw_points(spec, inputs);
    if spec.part == SignalPart::Change {
        take_changes(&mut points);
    }
    scale(&mut points, spec.scale, inputs);
    lag(&points)
}

/// Replaces each value by its change since the last point of an earlier session.
fn take_changes(points: &mut [RawPoint]) {
    let values: Vec<(NaiveDate, Option<f64>)> = points.iter().map(|p| (p.session, p.raw)).collect();
    for point in points {
        let earlier = values.partition_point(|(session, _)| *session < point.session);
        let before = earlier.checked_sub(1).and_then(|i| values.get(i));
        let before = before.and_then(|(_, value)| *value);
        point.raw = point.raw.zip(before).map(|(now, before)| now - before);
    }
}

struct RawPoint {
    ts: Instant,
    known_at: Instant,
    session: NaiveDate,
    raw: Option<f64>,
    gross: Option<f64>,
    above_flip: Option<f64>,
    scaled: Result<f64, Exclusion>,
}

fn raw_points(spec: &SignalSpec, inputs: &Inputs<'_>) -> Vec<RawPoint> {
    match (inputs.signals, spec.column) {
        (Signals::Chains(points), SignalColumn::Series(measure)) => points
            .iter()
            .filter(|point| point.positioning == spec.positioning)
            .map(|point| chain_point(point, point.measures.get(measure), spec.part))
            .collect(),
        (Signals::Vendor { points, .. }, SignalColumn::Vendor) => points
            .iter()
            .map(|point| RawPoint {
                ts: point.ts,
                known_at: point.known_at,
                session: point.session,
                raw: part_of(point.value, spec.part),
                gross: None,
                above_flip: None,
                scaled: Err(Exclusion::NoSignal),
            })
            .collect(),
        (Signals::Chains(_), SignalColumn::Vendor)
        | (Signals::Vendor { .. }, SignalColumn::Series(_)) => Vec::new(),
    }
}

fn chain_point(point: &GexPoint, value: Option<f64>, part: SignalPart) -> RawPoint {
    RawPoint {
        ts: point.ts,
        known_at: point.known_at,
        session: point.session,
        raw: part_of(value, part),
        gross: point.measures.gross_gex,
        above_flip: above_flip(point),
        scaled: Err(Exclusion::NoSignal),
    }
}

/// ln(spot / flip); infinite where the book never changes sign.
pub(crate) fn above_flip(point: &GexPoint) -> Option<f64> {
    match point.flip_status {
        FlipStatus::AlwaysPositive => Some(f64::INFINITY),
        FlipStatus::AlwaysNegative => Some(f64::NEG_INFINITY),
        FlipStatus::Degenerate => None,
        FlipStatus::Unique | FlipStatus::Multiple => {
            let flip = point
                .measures
                .flip
                .filter(|flip| flip.is_finite() && 0.0 < *flip)?;
            Some(libm::log(point.spot.get() / flip))
        }
    }
}

fn part_of(value: Option<f64>, part: SignalPart) -> Option<f64> {
    let value = value.filter(|value| value.is_finite())?;
    Some(match part {
        SignalPart::Signed | SignalPart::Change => value,
        SignalPart::Size => value.abs(),
    })
}

fn scale(points: &mut [RawPoint], scale: Scale, inputs: &Inputs<'_>) {
    let control = scale.control().and_then(|name| inputs.control(name));
    let mut past = VecDeque::with_capacity(DEVIATION_WINDOW + 1);
    for point in points {
        let divisor = match scale {
            Scale::Usd => Some(1.0),
            Scale::PerAdv => {
                let opens = inputs.calendar.session_on(point.session).map(|s| s.open);
                let known = control.zip(opens);
                known.and_then(|(series, open)| average_daily_volume(series, open))
            }
            Scale::PerMarketCap => control.and_then(|series| latest(series, point.known_at)),
            Scale::OwnDeviation => deviation(&mut past, point.raw),
            Scale::Balance => point.gross,
        };
        point.scaled = match (point.raw, divisor.filter(|d| d.is_finite() && 0.0 < *d)) {
            (None, _) => Err(Exclusion::NoSignal),
            (_, None) => Err(Exclusion::NoScale),
            (Some(value), Some(divisor)) => Ok(value / divisor),
        };
    }
}

/// Average daily volume for a session that opens at `open`: the median of the 20 volumes known by then,
/// in the series' own unit. The session's own volume, though known at an after-close decision, would bring
/// its turnover into the signal. `None` where there are fewer, or the series has ended.
pub fn average_daily_volume(series: &ControlSeries, open: Instant) -> Option<f64> {
    let known = known_by(series, open);
    known.last().filter(|last| open - last.ts <= MAX_AGE)?;
    let from = known.len().checked_sub(ADV_SESSIONS)?;
    let volumes: Vec<f64> = known.get(from..)?.iter().map(|point| point.value).collect();
    median(&volumes).ok()
}

fn latest(series: &ControlSeries, at: Instant) -> Option<f64> {
    known_by(series, at).last().map(|point| point.value)
}

/// Deviation of the values before `value`, which then joins them.
fn deviation(past: &mut VecDeque<f64>, value: Option<f64>) -> Option<f64> {
    let enough = DEVIATION_MINIMUM <= past.len();
    let deviation = if enough {
        standard_deviation(past.make_contiguous()).ok()
    } else {
        None
    };
    past.extend(value);
    if DEVIATION_WINDOW < past.len() {
        past.pop_front();
    }
    deviation
}

fn lag(points: &[RawPoint]) -> Vec<SignalValue> {
    points
        .iter()
        .map(|point| {
            let earlier = points.partition_point(|other| other.session < point.session);
            let before = earlier.checked_sub(1).and_then(|i| points.get(i));
            SignalValue {
                ts: point.ts,
                known_at: point.known_at,
                session: point.session,
                raw: point.raw,
                scaled: point.scaled,
                lagged: before.and_then(|point| point.scaled.ok()),
                above_flip: point.above_flip,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{at, session};
    use gex_compute::market::bar::ControlPoint;

    #[test]
    fn a_deviation_is_of_earlier_values_alone() {
        let values: Vec<f64> = (0..400).map(|i| f64::from((i * 37) % 101)).collect();
        let run = |values: &[f64]| {
            let mut past = VecDeque::new();
            values
                .iter()
                .map(|v| deviation(&mut past, Some(*v)))
                .collect::<Vec<_>>()
        };
        let all = run(&values);
        assert!(all[62].is_none() && all[63].is_some());
        assert_eq!(all[63], standard_deviation(&values[..63]).ok());
        assert_eq!(all[399], standard_deviation(&values[147..399]).ok());
        let mut poisoned = values.clone();
        poisoned[300] = 1e9;
        assert_eq!(run(&poisoned)[..=300], all[..=300]);
    }

    // By hand: at the open of day 21 the volumes 1 to 20 are known, at that of day 25 those of 5 to 24;
    // the volume of the signal's own day is never among them.
    #[test]
    fn a_median_volume_is_of_earlier_sessions_alone() {
        let points: Vec<ControlPoint> = (1..=30)
            .map(|day| ControlPoint {
                ts: at(day, 16),
                known_at: at(day, 16),
                value: day as f64,
            })
            .collect();
        let series = ControlSeries {
            name: "adv".to_owned(),
            points,
        };
        let on = |day| average_daily_volume(&series, session(day).open);
        assert_eq!((on(20), on(21), on(25)), (None, Some(10.5), Some(14.5)));
        // The last volume is of day 30: a week later it still serves, a day on it does not.
        assert_eq!((on(37), on(38)), (Some(20.5), None));
    }

    #[test]
    fn a_missing_value_keeps_its_place_and_gives_no_signal() {
        assert_eq!(part_of(Some(f64::NAN), SignalPart::Signed), None);
        assert_eq!(part_of(Some(-2.0), SignalPart::Size), Some(2.0));
    }
}
