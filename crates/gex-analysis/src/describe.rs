//! A whole sample described as published tables do it: groups cut with the future included.
//!
//! ```text
//! r_t        ln(close_t / close_{t−1}), consecutive rows
//! groups     full-sample quantiles of the signal (type 7, upper edge included)
//! volatility √(periods per year · mean of r² over the next h rows), averaged over rows
//! regression |r_{t+1}| on |r_t|, its means over 5 and 22 rows, implied volatility in points,
//!            and the signal's percentile rank among its latest 252 values, its own included
//! ```
//!
//! Nothing here is a test, and no group could have been traded: the edges were not known.

use chrono::NaiveDate;

use crate::association::association;
use crate::findings::{Description, DescriptiveRegression, GroupRow, Grouping};
use crate::resamples::Resamples;
use crate::stats::Undefined;
use crate::stats::distribution::Reference;
use crate::stats::hac::{self, Kernel, SmallSample};
use crate::stats::moments::{Bias, excess_kurtosis, mean, quantile, standard_deviation};
use crate::stats::ols::{Design, Ols};

/// Values among which the percentile is taken.
const RANK_WINDOW: usize = 252;
/// Lags of the Bartlett kernel.
const LAGS: usize = 10;
/// Size of a large return.
const LARGE: f64 = 0.02;

/// One session of a daily series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    /// The session.
    pub session: NaiveDate,
    /// The signal, in its own unit.
    pub signal: f64,
    /// Close of the underlying, in quote currency.
    pub close: f64,
    /// Implied volatility, in points.
    pub implied: Option<f64>,
}

/// Describes a daily series; `per_year` is the number of sessions in a year, `resamples` are for one interval.
///
/// # Errors
///
/// [`Undefined`] if there are too few sessions to cut into groups.
pub fn describe(
    days: &[Day],
    per_year: f64,
    resamples: &Resamples,
) -> Result<Description, Undefined> {
    let rows = rows(days, per_year);
    Ok(Description {
        title: "What followed the signal, over the whole sample".to_owned(),
        note:
            "Descriptive, not tradable: groups are cut on the whole sample, and sessions are not \
               independent."
                .to_owned(),
        definitions: definitions(),
        groupings: vec![
            quantiles(&rows, 5, "quintiles of the signal", "Q")?,
            quantiles(&rows, 4, "quartiles of the signal", "quartile ")?,
            by_sign(&rows),
        ],
        regression: regression(days).ok(),
        association: association(days, resamples).ok(),
    })
}

fn definitions() -> Vec<String> {
    [
        "Returns are log returns from close to close of consecutive sessions.",
        "Volatility over 5 and 20 sessions is the root of the annualised mean squared return, \
         averaged over sessions; its windows overlap.",
        "Excess kurtosis is the population formula; the standard deviation divides by n − 1.",
        "Quantile groups are cut on the whole sample, upper edges included.",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// A session and what followed it.
struct Row {
    signal: f64,
    implied: Option<f64>,
    next: f64,
    volatility_5: Option<f64>,
    volatility_20: Option<f64>,
}

/// Log returns; `returns[i]` leads from day i to day i + 1.
fn returns(days: &[Day]) -> Vec<f64> {
    days.iter()
        .zip(days.iter().skip(1))
        .map(|(a, b)| libm::log(b.close / a.close))
        .collect()
}

fn rows(days: &[Day], per_year: f64) -> Vec<Row> {
    let returns = returns(days);
    let volatility = |from: usize, length: usize| {
        let window = returns.get(from..from + length)?;
        let squares: f64 = window.iter().map(|r| r * r).sum();
        Some((per_year * squares / length as f64).sqrt())
    };
    let row = |(i, (day, next)): (usize, (&Day, &f64))| Row {
        signal: day.signal,
        implied: day.implied,
        next: *next,
        volatility_5: volatility(i, 5),
        volatility_20: volatility(i, 20),
    };
    days.iter().zip(&returns).enumerate().map(row).collect()
}

fn quantiles(rows: &[Row], groups: usize, name: &str, prefix: &str) -> Result<Grouping, Undefined> {
    let signals: Vec<f64> = rows.iter().map(|row| row.signal).collect();
    let edges: Vec<f64> = (1..groups)
        .map(|k| quantile(&signals, k as f64 / groups as f64))
        .collect::<Result<_, _>>()?;
    let place = |row: &Row| edges.iter().filter(|edge| **edge < row.signal).count();
    let group = |k: usize| {
        let inside: Vec<&Row> = rows.iter().filter(|row| place(row) == k).collect();
        group_row(&format!("{prefix}{}", k + 1), &inside)
    };
    Ok(Grouping {
        name: name.to_owned(),
        rows: (0..groups).map(group).collect(),
    })
}

fn by_sign(rows: &[Row]) -> Grouping {
    let (negative, positive): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| row.signal < 0.0);
    Grouping {
        name: "sign of the signal".to_owned(),
        rows: vec![
            group_row("negative", &negative),
            group_row("zero or positive", &positive),
        ],
    }
}

fn group_row(label: &str, rows: &[&Row]) -> GroupRow {
    let next: Vec<f64> = rows.iter().map(|row| row.next).collect();
    let average = |of: &dyn Fn(&Row) -> Option<f64>| {
        let known: Vec<f64> = rows.iter().filter_map(|row| of(row)).collect();
        mean(&known).ok()
    };
    let percent = |value: Option<f64>| value.map(|value| 100.0 * value);
    let large = |row: &Row| Some(f64::from(u8::from(LARGE < row.next.abs())));
    GroupRow {
        label: label.to_owned(),
        n: rows.len(),
        mean_signal: average(&|row| Some(row.signal)),
        sd_percent: percent(standard_deviation(&next).ok()),
        mean_absolute_percent: percent(average(&|row| Some(row.next.abs()))),
        excess_kurtosis: excess_kurtosis(&next, Bias::Kept).ok(),
        beyond_two_percent: percent(average(&large)),
        volatility_5_percent: percent(average(&|row| row.volatility_5)),
        volatility_20_percent: percent(average(&|row| row.volatility_20)),
        implied_volatility_percent: average(&|row| row.implied),
        mean_return_bp: mean(&next).ok().map(|mean| 1e4 * mean),
    }
}

fn regression(days: &[Day]) -> Result<DescriptiveRegression, Undefined> {
    let sizes: Vec<f64> = returns(days).iter().map(|r| r.abs()).collect();
    let mut columns: [Vec<f64>; 6] = Default::default();
    for (i, day) in days.iter().enumerate() {
        if let Some(values) = regression_row(days, &sizes, i, day) {
            for (column, value) in columns.iter_mut().zip(values) {
                column.push(value);
            }
        }
    }
    let [outcome, one, five, month, implied, rank] = &columns;
    let without = Ols::fit(
        outcome,
        Design::with_constant(&[one, five, month, implied])?,
    )?;
    let with = Ols::fit(
        outcome,
        Design::with_constant(&[one, five, month, implied, rank])?,
    )?;
    let covariance = hac::covariance(&with, Kernel::Bartlett, LAGS, SmallSample::None)?;
    let test = with.test(5, &covariance, Reference::Normal)?;
    Ok(DescriptiveRegression {
        text: "Next session's absolute log return on this session's, its means over 5 and 22 \
               sessions, implied volatility in points, and the signal's percentile among its \
               latest 252 values, its own included"
            .to_owned(),
        n: with.rows(),
        coefficient: test.estimate,
        t_statistic: test.statistic,
        r2_without: without.r_squared()?,
        r2_with: with.r_squared()?,
        method: format!(
            "least squares; Newey-West, Bartlett kernel, {LAGS} lags, no small-sample factor"
        ),
    })
}

/// Outcome and regressors of day `i`, if all of them are known.
fn regression_row(days: &[Day], sizes: &[f64], i: usize, day: &Day) -> Option<[f64; 6]> {
    let outcome = *sizes.get(i)?;
    // sizes[i − 1] is the return that ends on day i.
    let past = |length: usize| {
        let window = sizes.get(i.checked_sub(length)?..i)?;
        Some(window.iter().sum::<f64>() / length as f64)
    };
    let latest = days.get((i + 1).checked_sub(RANK_WINDOW)?..=i)?;
    let below = latest
        .iter()
        .filter(|other| other.signal < day.signal)
        .count();
    let upto = latest
        .iter()
        .filter(|other| other.signal <= day.signal)
        .count();
    let rank = 0.5 * (below + upto + 1) as f64 / RANK_WINDOW as f64;
    Some([outcome, past(1)?, past(5)?, past(22)?, day.implied?, rank])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::noise;

    #[test]
    fn groups_hold_every_session_with_a_next_close() {
        let signals = noise(400, 7);
        let steps = noise(400, 8);
        let mut close = 100.0;
        let days: Vec<Day> = signals
            .iter()
            .zip(&steps)
            .map(|(signal, step)| {
                close *= (0.01 * step).exp();
                Day {
                    session: crate::fixture::date(1),
                    signal: *signal,
                    close,
                    implied: Some(16.0 + step),
                }
            })
            .collect();
        let found = describe(&days, 252.0, &Resamples::new(1, 499)).unwrap();
        for grouping in &found.groupings {
            assert_eq!(grouping.rows.iter().map(|row| row.n).sum::<usize>(), 399);
        }
        let quintiles = &found.groupings[0].rows;
        let means: Vec<f64> = quintiles.iter().filter_map(|row| row.mean_signal).collect();
        assert!(means.windows(2).all(|pair| pair[0] < pair[1]));
        // 399 rows with a next close, less 251 before the first full rank window.
        assert_eq!(found.regression.unwrap().n, 148);
    }
}
