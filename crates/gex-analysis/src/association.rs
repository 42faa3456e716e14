//! Rank correlation of a signal with the size of the next return, as published tables show it.
//!
//! ```text
//! ρ            Spearman(g_t, |r_{t+1}|)
//! given IV     partial rank correlation, implied volatility held (Kendall 1942)
//! block        2.5 and 97.5 % over the stationary bootstrap of rows
//! shift        2.5 and 97.5 % over all circular shifts of the signal
//! independent  ±1.96/√(n − 1), the band of a permutation: what is usually drawn
//! ```

use chrono::Datelike;

use crate::describe::Day;
use crate::findings::{Association, AssociationRow};
use crate::resamples::Resamples;
use crate::stats::Undefined;
use crate::stats::circular_shift::{ShiftPlacebo, embargo};
use crate::stats::cross_correlation::ShiftCorrelator;
use crate::stats::distribution::Reference;
use crate::stats::moments::{correlation, quantile, standard_deviation};
use crate::stats::ranks::{average_ranks, spearman};

/// Draws of the interval: ranks cost a sort a draw, and the ends of an interval need no more.
const MOST_DRAWS: usize = 999;
/// Groups of implied volatility.
const GROUPS: usize = 5;

/// A session with what followed it.
#[derive(Debug, Clone, Copy)]
struct Row {
    year: i32,
    signal: f64,
    implied: Option<f64>,
    size: f64,
}

/// Correlates a daily series with the size of the return that followed.
///
/// # Errors
///
/// [`Undefined`] if there are too few sessions, or one of the two does not vary.
pub fn association(days: &[Day], resamples: &Resamples) -> Result<Association, Undefined> {
    let rows: Vec<Row> = days.iter().zip(days.iter().skip(1)).map(row).collect();
    let whole = row_of("all sessions", &rows)?;
    let years: std::collections::BTreeSet<i32> = rows.iter().map(|row| row.year).collect();
    let of_year = |year: &i32| {
        let inside: Vec<Row> = rows
            .iter()
            .filter(|row| row.year == *year)
            .copied()
            .collect();
        row_of(&year.to_string(), &inside).ok()
    };
    let half = Reference::Normal.quantile(0.975)? / (rows.len() as f64 - 1.0).sqrt();
    Ok(Association {
        text: "Rank correlation of the signal with the size of the next session's log return"
            .to_owned(),
        rows: std::iter::once(whole)
            .chain(by_implied(&rows))
            .chain(years.iter().filter_map(of_year))
            .collect(),
        block_interval: block(&rows, resamples).ok(),
        shift_band: shift_band(&rows)?,
        independent_band: (-half, half),
    })
}

fn row((day, next): (&Day, &Day)) -> Row {
    Row {
        year: day.session.year(),
        signal: day.signal,
        implied: day.implied,
        size: libm::log(next.close / day.close).abs(),
    }
}

fn columns(rows: &[Row]) -> (Vec<f64>, Vec<f64>) {
    rows.iter().map(|row| (row.signal, row.size)).unzip()
}

fn row_of(name: &str, rows: &[Row]) -> Result<AssociationRow, Undefined> {
    let (signal, size) = columns(rows);
    Ok(AssociationRow {
        name: name.to_owned(),
        n: rows.len(),
        spearman: spearman(&signal, &size)?.correlation,
        given_implied: given_implied(rows).ok(),
    })
}

/// Partial rank correlation, over the rows with an implied volatility.
fn given_implied(rows: &[Row]) -> Result<f64, Undefined> {
    let known: Vec<(Row, f64)> = rows
        .iter()
        .filter_map(|row| Some((*row, row.implied?)))
        .collect();
    let ranks =
        |of: &dyn Fn(&(Row, f64)) -> f64| average_ranks(&known.iter().map(of).collect::<Vec<_>>());
    let signal = ranks(&|(row, _)| row.signal);
    let size = ranks(&|(row, _)| row.size);
    let held = ranks(&|(_, implied)| *implied);
    let (together, first, second) = (
        correlation(&signal, &size)?,
        correlation(&signal, &held)?,
        correlation(&size, &held)?,
    );
    let left = (1.0 - first * first) * (1.0 - second * second);
    // Rounding leaves a trace of what is nothing.
    if left <= 1e-12 {
        return Err(Undefined::ZeroVariance {
            what: "what implied volatility leaves",
        });
    }
    Ok((together - first * second) / left.sqrt())
}

/// One row a fifth of the sample by implied volatility, edges of the whole sample.
fn by_implied(rows: &[Row]) -> Vec<AssociationRow> {
    let known: Vec<f64> = rows.iter().filter_map(|row| row.implied).collect();
    let edges: Vec<f64> = (1..GROUPS)
        .filter_map(|k| quantile(&known, k as f64 / GROUPS as f64).ok())
        .collect();
    if edges.len() + 1 < GROUPS {
        return Vec::new();
    }
    let group = |k: usize| {
        let place = |value: f64| edges.iter().filter(|edge| **edge < value).count();
        let inside: Vec<Row> = rows
            .iter()
            .filter(|row| row.implied.is_some_and(|value| place(value) == k))
            .copied()
            .collect();
        let name = format!("fifth {} of implied volatility", k + 1);
        row_of(&name, &inside).ok()
    };
    (0..GROUPS).filter_map(group).collect()
}

/// Standardised ranks of a column.
fn standard_ranks(values: &[f64]) -> Result<Vec<f64>, Undefined> {
    let ranks = average_ranks(values);
    let centre = 0.5 * (values.len() as f64 + 1.0);
    let unit = standard_deviation(&ranks)?;
    if unit <= 0.0 {
        return Err(Undefined::ZeroVariance { what: "the ranks" });
    }
    Ok(ranks.iter().map(|rank| (rank - centre) / unit).collect())
}

/// Where 95 % of the correlations of the shifted signal lie.
fn shift_band(rows: &[Row]) -> Result<(f64, f64), Undefined> {
    let (signal, size) = columns(rows);
    let (signal, size) = (standard_ranks(&signal)?, standard_ranks(&size)?);
    let degrees = rows.len() as f64 - 1.0;
    let by_shift: Vec<f64> = ShiftCorrelator::new(&signal)
        .correlate(&size)
        .iter()
        .map(|product| product / degrees)
        .collect();
    let null = ShiftPlacebo::rank(&by_shift, embargo(1))?.null;
    Ok((quantile(&null, 0.025)?, quantile(&null, 0.975)?))
}

fn block(rows: &[Row], resamples: &Resamples) -> Result<(f64, f64), Undefined> {
    let (signal, size) = columns(rows);
    let draws = resamples.of(rows.len())?;
    let drawn: Vec<f64> = draws
        .iter()
        .take(MOST_DRAWS)
        .filter_map(|draw| {
            let take = |values: &[f64]| -> Vec<f64> {
                draw.positions()
                    .filter_map(|row| values.get(row).copied())
                    .collect()
            };
            Some(spearman(&take(&signal), &take(&size)).ok()?.correlation)
        })
        .collect();
    Ok((quantile(&drawn, 0.025)?, quantile(&drawn, 0.975)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{date, noise};

    #[test]
    fn what_implied_volatility_explains_is_gone_when_it_is_held() {
        let (volatility, shocks) = (noise(1_200, 1), noise(1_200, 2));
        let mut close = 100.0;
        let days: Vec<Day> = (1..)
            .zip(volatility.iter().zip(&shocks))
            .map(|(day, (v, e))| {
                let today = Day {
                    session: date(day),
                    signal: -v,
                    close,
                    implied: Some(v.exp()),
                };
                close *= (0.01 * v.exp() * e).exp();
                today
            })
            .collect();
        let found = association(&days, &Resamples::new(1, 499)).unwrap();
        let all = &found.rows[0];
        assert!(all.spearman < -0.3, "{all:?}");
        // The signal is implied volatility itself: nothing is left of either.
        assert_eq!(all.given_implied, None);
        assert_eq!(found.rows[5].name, "fifth 5 of implied volatility");
        let (low, high) = found.block_interval.unwrap();
        assert!(low < all.spearman && all.spearman < high && high < -0.2);
        assert!(
            found.shift_band.0 < -0.03 && 0.03 < found.shift_band.1,
            "{found:?}"
        );
    }
}
