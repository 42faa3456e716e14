//! Regime labels from the past only.
//!
//! Sign with a dead band (a Schmitt trigger), and the expanding percentile or the rolling z-score with
//! hysteresis. A missing signal keeps the last label; before the first label there is none.

use std::collections::VecDeque;

use super::Undefined;
use super::moments::{mean, standard_deviation};

/// Side of zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Below.
    Negative,
    /// At or above.
    Positive,
}

/// Labels the side of zero, changing only when the signal leaves the band on the other side.
///
/// ```text
/// first value: Positive iff g ≥ 0        then: Positive once g > b, Negative once g < −b
/// ```
///
/// `band` is in the unit of the signal and not negative; with 0 a signal of exactly zero keeps
/// the label.
///
/// # Errors
/// When the band is negative or NaN, or a signal is NaN.
///
/// ```
/// use gex_analysis::stats::regime::{Side, sign_dead_band};
/// let labels = sign_dead_band(&[Some(2.0), Some(-0.5), None, Some(-1.5)], 1.0)?;
/// assert_eq!(labels[1], Some(Side::Positive));
/// assert_eq!(labels[3], Some(Side::Negative));
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn sign_dead_band(signal: &[Option<f64>], band: f64) -> Result<Vec<Option<Side>>, Undefined> {
    if band.is_nan() || band < 0.0 {
        let needed = "zero or above";
        return Err(Undefined::Domain {
            what: "dead band",
            value: band,
            needed,
        });
    }
    require_no_nan(signal)?;
    let mut label = None;
    Ok(signal
        .iter()
        .map(|value| {
            if let Some(value) = value {
                label = Some(next_side(label, *value, band));
            }
            label
        })
        .collect())
}

fn next_side(label: Option<Side>, value: f64, band: f64) -> Side {
    match label {
        None if value >= 0.0 => Side::Positive,
        None => Side::Negative,
        Some(_) if value > band => Side::Positive,
        Some(_) if value < -band => Side::Negative,
        Some(unchanged) => unchanged,
    }
}

/// Place of the signal against its own past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Low.
    Low,
    /// Neither.
    Mid,
    /// High.
    High,
}

/// Thresholds of a score: shares for the percentile, standard deviations for the z-score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hysteresis {
    /// Earlier values needed before the first label.
    pub min_history: usize,
    /// Enters [`Level::Low`] at or below.
    pub enter_low: f64,
    /// Leaves [`Level::Low`] above.
    pub exit_low: f64,
    /// Enters [`Level::High`] at or above.
    pub enter_high: f64,
    /// Leaves [`Level::High`] below.
    pub exit_high: f64,
    /// Rows that a spell lasts at least, the row of the change counted.
    pub min_dwell: usize,
}

impl Hysteresis {
    fn check(&self) -> Result<(), Undefined> {
        let rising = [
            self.enter_low,
            self.exit_low,
            self.exit_high,
            self.enter_high,
        ];
        match rising
            .windows(2)
            .find(|pair| !matches!(pair, [low, high] if low <= high))
        {
            None => Ok(()),
            Some(pair) => Err(Undefined::Domain {
                what: "regime threshold",
                value: pair.first().copied().unwrap_or(f64::NAN),
                needed: "in the order enter low, exit low, exit high, enter high",
            }),
        }
    }

    fn next(&self, label: Option<Level>, rank: f64) -> Level {
        match label {
            Some(Level::Low) if rank <= self.exit_low => Level::Low,
            Some(Level::High) if rank >= self.exit_high => Level::High,
            _ if rank <= self.enter_low => Level::Low,
            _ if rank >= self.enter_high => Level::High,
            _ => Level::Mid,
        }
    }
}

/// Labels of the expanding percentile and the ranks behind them.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpandingLevels {
    /// One label a row.
    pub labels: Vec<Option<Level>>,
    /// Mid-rank percentile among strictly earlier values, from 0 to 1.
    pub ranks: Vec<Option<f64>>,
}

/// Labels each row by the signal's mid-rank percentile among strictly earlier values.
///
/// ```text
/// rank_t = (#{s < t: g_s < g_t} + ½ #{s < t: g_s = g_t}) / #{s < t}
/// ```
///
/// # Errors
/// When thresholds are out of order or a signal is NaN.
pub fn expanding_levels(
    signal: &[Option<f64>],
    thresholds: Hysteresis,
) -> Result<ExpandingLevels, Undefined> {
    require_no_nan(signal)?;
    let ranks = expanding_ranks(signal, thresholds.min_history);
    let labels = levels(&ranks, thresholds)?;
    Ok(ExpandingLevels { labels, ranks })
}

/// Labels each row by where its score lies between the thresholds; a missing score keeps the label.
///
/// # Errors
/// When thresholds are out of order.
pub fn levels(
    scores: &[Option<f64>],
    thresholds: Hysteresis,
) -> Result<Vec<Option<Level>>, Undefined> {
    thresholds.check()?;
    let mut spell = Spell {
        label: None,
        rows: 0,
    };
    let steps = scores.iter().map(|score| spell.step(*score, &thresholds));
    Ok(steps.collect())
}

/// Measures each value from the mean of up to `window` strictly earlier ones, in their standard deviations.
///
/// ```text
/// z_t = (g_t − mean(g_{t−w} … g_{t−1})) / sd(g_{t−w} … g_{t−1})
/// ```
///
/// None before `min_history` earlier values, where the value is missing, or where the past does not vary.
///
/// # Errors
/// When a signal is NaN.
///
/// ```
/// use gex_analysis::stats::regime::rolling_z;
/// let signal = [Some(1.0), Some(3.0), Some(4.0)];
/// // The two before have mean 2 and standard deviation √2.
/// let z = rolling_z(&signal, 252, 2)?;
/// assert!((z[2].unwrap() - 2.0_f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn rolling_z(
    signal: &[Option<f64>],
    window: usize,
    min_history: usize,
) -> Result<Vec<Option<f64>>, Undefined> {
    require_no_nan(signal)?;
    let mut past = VecDeque::with_capacity(window + 1);
    let scores = signal.iter().map(|value| {
        let value = (*value)?;
        let before = past.make_contiguous();
        let enough = min_history.max(2) <= before.len();
        let score = enough.then(|| z_score(value, before)).flatten();
        past.push_back(value);
        if window < past.len() {
            past.pop_front();
        }
        score
    });
    Ok(scores.collect())
}

fn z_score(value: f64, before: &[f64]) -> Option<f64> {
    let (centre, deviation) = (mean(before).ok()?, standard_deviation(before).ok()?);
    (0.0 < deviation).then(|| (value - centre) / deviation)
}

/// Keeps every label for `rows` rows at least, the row of the change counted.
///
/// ```
/// use gex_analysis::stats::regime::hold;
/// let wanted = [Some(0), Some(1), Some(0), Some(0)];
/// assert_eq!(hold(&wanted, 3), [Some(0), Some(0), Some(0), Some(0)]);
/// assert_eq!(hold(&wanted, 1), wanted);
/// ```
pub fn hold<L: Copy + PartialEq>(wanted: &[Option<L>], rows: usize) -> Vec<Option<L>> {
    let (mut label, mut age) = (None, 0);
    let held = wanted.iter().map(|next| {
        age += 1;
        if next.is_some() && *next != label && (label.is_none() || rows < age) {
            (label, age) = (*next, 1);
        }
        label
    });
    held.collect()
}

/// Computes the mid-rank percentile of each value among strictly earlier ones, none before
/// `min_history` of them or where the value is missing.
fn expanding_ranks(signal: &[Option<f64>], min_history: usize) -> Vec<Option<f64>> {
    let mut past: Vec<f64> = Vec::with_capacity(signal.len());
    signal
        .iter()
        .map(|value| {
            let value = (*value)?;
            let below = past.partition_point(|earlier| *earlier < value);
            let upto = past.partition_point(|earlier| *earlier <= value);
            let history = past.len();
            past.insert(upto, value);
            (history >= min_history.max(1))
                .then(|| 0.5 * (below as f64 + upto as f64) / history as f64)
        })
        .collect()
}

/// The current spell while labels are made row by row.
struct Spell {
    label: Option<Level>,
    rows: usize,
}

impl Spell {
    fn step(&mut self, rank: Option<f64>, thresholds: &Hysteresis) -> Option<Level> {
        self.rows += 1;
        if let Some(rank) = rank {
            let wanted = Some(thresholds.next(self.label, rank));
            let free = self.label.is_none() || self.rows >= thresholds.min_dwell;
            if wanted != self.label && free {
                *self = Self {
                    label: wanted,
                    rows: 0,
                };
            }
        }
        self.label
    }
}

fn require_no_nan(signal: &[Option<f64>]) -> Result<(), Undefined> {
    match signal
        .iter()
        .position(|value| value.is_some_and(f64::is_nan))
    {
        Some(row) => Err(Undefined::NotFinite {
            what: "signal",
            row,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLDS: Hysteresis = Hysteresis {
        min_history: 2,
        enter_low: 0.2,
        exit_low: 0.3,
        enter_high: 0.8,
        exit_high: 0.7,
        min_dwell: 1,
    };

    fn signal() -> Vec<Option<f64>> {
        (0..200)
            .map(|t| (t % 7 != 3).then(|| libm::sin(f64::from(t) * 0.37)))
            .collect()
    }

    // The past is all that a label may use: cutting the future leaves every earlier label as is.
    #[test]
    fn truncation_changes_no_earlier_label() -> Result<(), Undefined> {
        let whole = expanding_levels(&signal(), THRESHOLDS)?;
        for cut in [5, 50, 121] {
            let part = expanding_levels(&signal()[..cut], THRESHOLDS)?;
            assert_eq!(part.labels, whole.labels[..cut]);
            assert_eq!(part.ranks, whole.ranks[..cut]);
        }
        Ok(())
    }

    #[test]
    fn a_spell_lasts_its_least_dwell() -> Result<(), Undefined> {
        let levels = expanding_levels(
            &signal(),
            Hysteresis {
                min_dwell: 5,
                ..THRESHOLDS
            },
        )?;
        let labels: Vec<Level> = levels.labels.into_iter().flatten().collect();
        let spells: Vec<usize> = labels.chunk_by(PartialEq::eq).map(<[Level]>::len).collect();
        let (_, closed) = spells
            .split_last()
            .ok_or(Undefined::TooShort { rows: 0, needed: 1 })?;
        assert!(
            closed.len() > 3 && closed.iter().all(|rows| *rows >= 5),
            "{closed:?}"
        );
        Ok(())
    }

    #[test]
    fn a_tie_with_the_past_ranks_in_the_middle() -> Result<(), Undefined> {
        let levels = expanding_levels(&[Some(1.0), Some(1.0), Some(1.0)], THRESHOLDS)?;
        assert_eq!(levels.ranks, [None, None, Some(0.5)]);
        Ok(())
    }

    #[test]
    fn zero_keeps_the_side_without_a_band() -> Result<(), Undefined> {
        let labels = sign_dead_band(&[Some(-1.0), Some(0.0), Some(1e-9)], 0.0)?;
        assert_eq!(
            labels,
            [
                Some(Side::Negative),
                Some(Side::Negative),
                Some(Side::Positive)
            ]
        );
        assert!(sign_dead_band(&[Some(f64::NAN)], 0.0).is_err());
        Ok(())
    }
}
