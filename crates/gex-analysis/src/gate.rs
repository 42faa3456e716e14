//! When data can't answer: too short, too few independent spells, no variation.
//!
//! ```text
//! n ≥ 250        h < n/8        each regime: ≥ 8 spells and ≥ 60 sessions
//! ```

use std::fmt;

use crate::panel::Sample;
use crate::stats::transitions::spells;

/// Rows that inference needs.
pub const MIN_ROWS: usize = 250;
/// Spells that a regime needs: days within a spell are not independent.
pub const MIN_SPELLS: usize = 8;
/// Sessions that a regime needs.
pub const MIN_SESSIONS: usize = 60;
/// Rows a horizon needs per row of its own length.
pub const ROWS_PER_HORIZON: usize = 8;

/// Why a question can't be answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Gate {
    /// Too few rows.
    TooShort {
        /// Rows of the sample.
        rows: usize,
    },
    /// The horizon is too long for the sample.
    HorizonTooLong {
        /// Horizon in rows.
        horizon: usize,
        /// Rows of the sample.
        rows: usize,
    },
    /// The signal never changes.
    ConstantSignal,
    /// The outcome never changes.
    ConstantOutcome,
    /// Every row lies in one regime.
    OneRegime {
        /// Its name.
        regime: &'static str,
    },
    /// A regime has too few spells or sessions.
    FewEpisodes {
        /// Its name.
        regime: &'static str,
        /// Its spells.
        spells: usize,
        /// Its sessions.
        sessions: usize,
    },
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { rows } => write!(
                f,
                "The sample has {rows} complete rows; inference needs at least {MIN_ROWS}."
            ),
            Self::HorizonTooLong { horizon, rows } => write!(
                f,
                "A window overlaps {horizon} rows of a sample of {rows}; it may overlap fewer than \
                 an eighth of them."
            ),
            Self::ConstantSignal => {
                write!(f, "The signal never changes, so nothing can depend on it.")
            }
            Self::ConstantOutcome => {
                write!(f, "The outcome never changes, so nothing can explain it.")
            }
            Self::OneRegime { regime } => write!(
                f,
                "Every row lies in the regime {regime}, so there is nothing to compare it with."
            ),
            Self::FewEpisodes {
                regime,
                spells,
                sessions,
            } => write!(
                f,
                "The regime {regime} has {spells} spells over {sessions} sessions; a comparison \
                 needs at least {MIN_SPELLS} spells and {MIN_SESSIONS} sessions."
            ),
        }
    }
}

/// Finds what keeps the whole sample from an answer: its length, its horizon, its variation.
pub fn sample_gates(sample: &Sample) -> Vec<Gate> {
    let rows = sample.rows();
    let mut gates = Vec::new();
    if rows < MIN_ROWS {
        gates.push(Gate::TooShort { rows });
    }
    if rows <= ROWS_PER_HORIZON * sample.overlap {
        gates.push(Gate::HorizonTooLong {
            horizon: sample.overlap,
            rows,
        });
    }
    if is_constant(&sample.signal) {
        gates.push(Gate::ConstantSignal);
    }
    if is_constant(&sample.outcome) {
        gates.push(Gate::ConstantOutcome);
    }
    gates
}

/// Finds what keeps the regimes from being compared.
pub fn regime_gates(sample: &Sample) -> Vec<Gate> {
    let present = |label: &usize| sample.labels.contains(label);
    let mut places = (0..sample.regimes.len()).filter(present);
    if let (Some(only), None) = (places.next(), places.next()) {
        let regime = sample.regimes.get(only).copied().unwrap_or_default();
        return vec![Gate::OneRegime { regime }];
    }
    (0..sample.regimes.len())
        .filter_map(|label| regime_gate(sample, label))
        .collect()
}

/// Says whether one regime has enough spells and sessions.
pub fn regime_gate(sample: &Sample, label: usize) -> Option<Gate> {
    let spells = spell_count(sample, label);
    let mut sessions: Vec<_> = sample
        .labels
        .iter()
        .zip(&sample.sessions)
        .filter_map(|(l, session)| (*l == label).then_some(*session))
        .collect();
    sessions.dedup();
    let enough = MIN_SPELLS <= spells && MIN_SESSIONS <= sessions.len();
    let regime = sample.regimes.get(label).copied().unwrap_or_default();
    (!enough).then_some(Gate::FewEpisodes {
        regime,
        spells,
        sessions: sessions.len(),
    })
}

/// Counts the spells of a regime over the rows of the sample; a row left out does not end one.
pub fn spell_count(sample: &Sample, label: usize) -> usize {
    let labels: Vec<Option<usize>> = sample.labels.iter().copied().map(Some).collect();
    spells(&labels)
        .iter()
        .filter(|spell| spell.label == label)
        .count()
}

fn is_constant(values: &[f64]) -> bool {
    values
        .iter()
        .zip(values.iter().skip(1))
        .all(|(a, b)| a.to_bits() == b.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::date;

    fn sample(labels: Vec<usize>) -> Sample {
        let rows = labels.len();
        let values: Vec<f64> = (0..rows).map(|i| i as f64).collect();
        Sample {
            regimes: &["negative", "positive"],
            sessions: (1..=rows)
                .map(|day| date(i64::try_from(day).unwrap()))
                .collect(),
            signal: values.clone(),
            lagged: vec![None; rows],
            labels,
            controls: Vec::new(),
            outcome: values.clone(),
            variance: values.clone(),
            log_return: values.clone(),
            first_return: values,
            overlap: 1,
        }
    }

    #[test]
    fn episodes_are_counted_not_days() {
        // 300 negative sessions in one spell are one episode.
        let one_spell = sample([vec![0; 300], vec![1; 300]].concat());
        let gates = regime_gates(&one_spell);
        assert_eq!(
            gates[0],
            Gate::FewEpisodes {
                regime: "negative",
                spells: 1,
                sessions: 300
            }
        );
        let many = sample((0..600).map(|i| (i / 30) % 2).collect());
        assert_eq!(regime_gates(&many), []);
        assert_eq!(sample_gates(&many), []);
    }

    #[test]
    fn one_regime_short_samples_and_long_horizons_fail() {
        let gates = regime_gates(&sample(vec![1; 300]));
        assert_eq!(gates, [Gate::OneRegime { regime: "positive" }]);
        assert_eq!(
            sample_gates(&sample(vec![0; 249])),
            [Gate::TooShort { rows: 249 }]
        );
        let mut long = sample(vec![0; 400]);
        long.overlap = 50;
        assert_eq!(
            sample_gates(&long),
            [Gate::HorizonTooLong {
                horizon: 50,
                rows: 400
            }]
        );
    }
}
