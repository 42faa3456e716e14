//! Where ticks go: round numbers and the first session of a day, week, month, quarter or year.

use chrono::{Datelike, NaiveDate};

use crate::format::number;

/// A position on an axis and what is written there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    /// Position, in the axis' unit.
    pub(crate) at: f64,
    /// Label.
    pub(crate) label: String,
}

/// Places about `wanted` ticks on round numbers (1, 2 or 5 times a power of ten) within a range.
pub(crate) fn round_ticks(low: f64, high: f64, wanted: u32) -> Vec<Tick> {
    let (step, decimals) = round_step(low, high, wanted);
    if step <= 0.0 {
        return Vec::new();
    }
    let slack = 1e-9;
    let mut index = (low / step - slack).ceil();
    let mut ticks = Vec::new();
    while index <= high / step + slack && ticks.len() < 64 {
        let at = index * step;
        ticks.push(Tick {
            at,
            label: number(at, decimals),
        });
        index += 1.0;
    }
    ticks
}

/// The step between ticks and the decimals that its labels need; zero where there is no range.
fn round_step(low: f64, high: f64, wanted: u32) -> (f64, usize) {
    let raw = (high - low) / f64::from(wanted.max(1));
    if !raw.is_finite() || raw <= 0.0 {
        return (0.0, 0);
    }
    let exponent = raw.log10().floor();
    let power = 10_f64.powf(exponent);
    let (factor, carry) = match raw / power {
        share if share < 1.5 => (1.0, 0.0),
        share if share < 3.0 => (2.0, 0.0),
        share if share < 7.0 => (5.0, 0.0),
        _ => (10.0, 1.0),
    };
    let places = -(exponent + carry);
    let decimals = (0..=12)
        .rev()
        .find(|&n| f64::from(n) <= places)
        .unwrap_or(0);
    (factor * power, usize::try_from(decimals).unwrap_or(0))
}

/// Extends a range by a share of itself on both sides; an empty range becomes one around the value.
pub(crate) fn padded(range: (f64, f64), share: f64) -> (f64, f64) {
    let (low, high) = range;
    let width = high - low;
    if width > 0.0 {
        (low - share * width, high + share * width)
    } else {
        let around = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
        (low - around, high + around)
    }
}

/// Lowest and highest finite value; `None` where there is none.
pub(crate) fn extent(values: impl IntoIterator<Item = Option<f64>>) -> Option<(f64, f64)> {
    values
        .into_iter()
        .flatten()
        .filter(|value| value.is_finite())
        .fold(None, |range, value| match range {
            None => Some((value, value)),
            Some((low, high)) => Some((value.min(low), value.max(high))),
        })
}

/// How finely dates are ticked, the finest first.
#[derive(Debug, Clone, Copy)]
enum Grain {
    Day,
    Week,
    Month,
    Quarter,
    Years(i32),
}

impl Grain {
    const ALL: [Self; 8] = [
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Years(1),
        Self::Years(2),
        Self::Years(5),
        Self::Years(10),
    ];

    /// Number of the span that a date lies in.
    fn span(self, date: NaiveDate) -> i32 {
        let month = i32::try_from(date.month0()).unwrap_or(0);
        match self {
            Self::Day => date.num_days_from_ce(),
            // Day 1 was a Monday.
            Self::Week => (date.num_days_from_ce() - 1).div_euclid(7),
            Self::Month => date.year() * 12 + month,
            Self::Quarter => date.year() * 4 + month / 3,
            Self::Years(count) => date.year().div_euclid(count),
        }
    }

    fn label(self, date: NaiveDate) -> String {
        match self {
            Self::Day | Self::Week => date.format("%Y-%m-%d").to_string(),
            Self::Month | Self::Quarter => date.format("%Y-%m").to_string(),
            Self::Years(_) => date.year().to_string(),
        }
    }
}

/// Ticks the first row of each day, week, month, quarter or year: the finest grain with at most `most`
/// ticks. Positions are row numbers; the first row itself starts no span and has no tick.
pub(crate) fn date_ticks(sessions: &[NaiveDate], most: usize) -> Vec<Tick> {
    let ticks = |grain: Grain| -> Vec<Tick> {
        sessions
            .windows(2)
            .enumerate()
            .filter_map(|(index, pair)| match pair {
                &[before, date] if grain.span(before) != grain.span(date) => Some(Tick {
                    at: (index + 1) as f64,
                    label: grain.label(date),
                }),
                _ => None,
            })
            .collect()
    };
    Grain::ALL
        .into_iter()
        .map(ticks)
        .find(|found| found.len() <= most)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn ticks_fall_on_round_numbers() {
        assert_eq!(
            labels(&round_ticks(-3.4, 6.9, 5)),
            ["\u{2212}2", "0", "2", "4", "6"]
        );
        assert_eq!(
            labels(&round_ticks(0.0, 0.31, 3)),
            ["0.0", "0.1", "0.2", "0.3"]
        );
        assert_eq!(
            labels(&round_ticks(1800.0, 5200.0, 4)),
            ["2,000", "3,000", "4,000", "5,000"]
        );
    }

    #[test]
    fn a_range_without_width_has_no_ticks_and_does_not_hang() {
        assert!(round_ticks(1.0, 1.0, 5).is_empty());
        assert!(round_ticks(f64::NAN, 1.0, 5).is_empty());
        assert!(round_ticks(0.0, f64::INFINITY, 5).is_empty());
    }

    #[test]
    fn dates_tick_at_the_first_session_of_a_year_or_month() {
        let start = NaiveDate::from_ymd_opt(2016, 12, 28).unwrap();
        let days: Vec<NaiveDate> = start.iter_days().take(800).collect();
        assert_eq!(labels(&date_ticks(&days, 4)), ["2017", "2018", "2019"]);
        let months = date_ticks(&days[..100], 5);
        assert_eq!(
            labels(&months),
            ["2017-01", "2017-02", "2017-03", "2017-04"]
        );
        assert_eq!(days[4], NaiveDate::from_ymd_opt(2017, 1, 1).unwrap());
        assert!((months[0].at - 4.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_month_of_sessions_ticks_at_its_mondays() {
        let start = NaiveDate::from_ymd_opt(2026, 7, 22).unwrap();
        let days: Vec<NaiveDate> = start.iter_days().take(20).collect();
        assert_eq!(
            labels(&date_ticks(&days, 12)),
            ["2026-07-27", "2026-08-03", "2026-08-10"]
        );
    }

    #[test]
    fn ranges_ignore_what_is_not_finite() {
        let values = [
            None,
            Some(f64::NAN),
            Some(2.0),
            Some(-1.0),
            Some(f64::INFINITY),
        ];
        assert_eq!(extent(values), Some((-1.0, 2.0)));
        assert_eq!(extent([None, Some(f64::NAN)]), None);
        assert_eq!(padded((5.0, 5.0), 0.1), (4.5, 5.5));
    }
}
