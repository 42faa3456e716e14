//! How regimes follow one another: counts, probabilities and spells.

use super::Undefined;
use super::distribution::chi_squared_upper_tail;
use super::undefined::require_rows;

/// An uninterrupted run of one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell<L> {
    /// The label.
    pub label: L,
    /// First row, from 0.
    pub start: usize,
    /// Rows.
    pub rows: usize,
}

/// Splits labels into spells; rows without a label end one.
pub fn spells<L: Copy + PartialEq>(labels: &[Option<L>]) -> Vec<Spell<L>> {
    let mut start = 0;
    let mut found = Vec::new();
    for run in labels.chunk_by(PartialEq::eq) {
        if let Some(Some(label)) = run.first() {
            found.push(Spell {
                label: *label,
                start,
                rows: run.len(),
            });
        }
        start += run.len();
    }
    found
}

/// Transitions and spells by state; every vector follows the order of the states asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionTable {
    /// `counts[i][j]`: steps from state i to state j in one row.
    pub counts: Vec<Vec<usize>>,
    /// Counts over their row's sum; none in a state that is never left nor kept.
    pub probabilities: Vec<Vec<Option<f64>>>,
    /// Spells, the last one included though it is cut short by the end.
    pub spells: Vec<usize>,
    /// Mean rows a spell.
    pub mean_duration: Vec<Option<f64>>,
    /// Rows of the longest spell.
    pub max_duration: Vec<Option<usize>>,
    /// `1/(1 − p_ii)`, the mean of a geometric law; none where the state is never left.
    pub implied_duration: Vec<Option<f64>>,
}

/// Tabulates steps between consecutive labelled rows.
///
/// ```
/// use gex_analysis::stats::transitions::transitions;
/// let table = transitions(&[Some('a'), Some('a'), Some('b')], &['a', 'b']);
/// assert_eq!(table.counts, [[1, 1], [0, 0]]);
/// assert_eq!(table.implied_duration, [Some(2.0), None]);
/// ```
pub fn transitions<L: Copy + PartialEq>(labels: &[Option<L>], states: &[L]) -> TransitionTable {
    let counts: Vec<Vec<usize>> = states
        .iter()
        .map(|from| steps(labels, *from, states))
        .collect();
    let probabilities: Vec<Vec<Option<f64>>> = counts.iter().map(|row| shares(row)).collect();
    let all = spells(labels);
    let rows_of = |state: &L| -> Vec<usize> {
        all.iter()
            .filter(|spell| spell.label == *state)
            .map(|spell| spell.rows)
            .collect()
    };
    let by_state: Vec<Vec<usize>> = states.iter().map(rows_of).collect();
    TransitionTable {
        implied_duration: probabilities
            .iter()
            .enumerate()
            .map(|(i, row)| implied(i, row))
            .collect(),
        counts,
        probabilities,
        spells: by_state.iter().map(Vec::len).collect(),
        mean_duration: by_state.iter().map(|rows| mean_rows(rows)).collect(),
        max_duration: by_state
            .iter()
            .map(|rows| rows.iter().max().copied())
            .collect(),
    }
}

/// Tests that a spell's chance of ending does not depend on its age, against a geometric law with the same mean.
///
/// ```text
/// χ² = Σ_cells (observed − expected)² / expected        cells − 2 degrees of freedom
/// ```
///
/// Cells are lengths 1, 2, 3, …, the last one open, each with five spells expected at least. Returns the p-value.
///
/// # Errors
/// When there are too few spells for three cells.
///
/// ```
/// use gex_analysis::stats::transitions::duration_dependence;
/// // Spells that all last three rows are no memoryless chance.
/// assert!(duration_dependence(&[3; 60])? < 1e-6);
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn duration_dependence(lengths: &[usize]) -> Result<f64, Undefined> {
    const EXPECTED: f64 = 5.0;
    let spells = lengths.len() as f64;
    let total: usize = lengths.iter().sum();
    let ending = spells / total.max(1) as f64;
    let mut cells: Vec<(f64, f64)> = Vec::new();
    let (mut from, mut surviving) = (1_usize, 1.0);
    while EXPECTED <= spells * surviving && ending < 1.0 {
        // A cell grows until five spells are expected in it and five beyond it, or it is the last.
        let (mut to, mut beyond) = (from, surviving * (1.0 - ending));
        while spells * (surviving - beyond) < EXPECTED && EXPECTED <= spells * beyond {
            to += 1;
            beyond *= 1.0 - ending;
        }
        let last = spells * beyond < EXPECTED;
        let inside = |length: &&usize| from <= **length && (last || **length <= to);
        let expected = spells * if last { surviving } else { surviving - beyond };
        cells.push((lengths.iter().filter(inside).count() as f64, expected));
        if last {
            break;
        }
        (from, surviving) = (to + 1, beyond);
    }
    require_rows(cells.len(), 3)?;
    let statistic: f64 = cells.iter().map(|(o, e)| (o - e).powi(2) / e).sum();
    chi_squared_upper_tail(statistic, cells.len() as f64 - 2.0)
}

fn steps<L: Copy + PartialEq>(labels: &[Option<L>], from: L, states: &[L]) -> Vec<usize> {
    let pair = |to: L| [Some(from), Some(to)];
    states
        .iter()
        .map(|to| labels.windows(2).filter(|step| **step == pair(*to)).count())
        .collect()
}

fn shares(counts: &[usize]) -> Vec<Option<f64>> {
    let total: usize = counts.iter().sum();
    counts
        .iter()
        .map(|count| (total > 0).then(|| *count as f64 / total as f64))
        .collect()
}

fn implied(state: usize, probabilities: &[Option<f64>]) -> Option<f64> {
    let stay = probabilities.get(state).copied().flatten()?;
    (stay < 1.0).then(|| (1.0 - stay).recip())
}

fn mean_rows(rows: &[usize]) -> Option<f64> {
    (!rows.is_empty()).then(|| rows.iter().sum::<usize>() as f64 / rows.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Lengths of a memoryless chance, by inversion of the golden-ratio sequence: expected counts, no dependence.
    #[test]
    fn geometric_spells_show_no_dependence() -> Result<(), Undefined> {
        let uniform = |i: u32| (f64::from(i) * 0.618_033_988_749_895).fract();
        let length = |u: f64| 1 + crate::stats::hac::floor_to_count(u.ln() / 0.8_f64.ln());
        let lengths: Vec<usize> = (1..400).map(|i| length(uniform(i))).collect();
        assert!(0.2 < duration_dependence(&lengths)?);
        assert!(duration_dependence(&lengths[..8]).is_err());
        Ok(())
    }

    #[test]
    fn a_gap_ends_a_spell_and_is_no_transition() {
        let labels = [Some(1), Some(1), None, Some(1), Some(2)];
        let table = transitions(&labels, &[1, 2, 3]);
        assert_eq!(table.counts, [[1, 1, 0], [0, 0, 0], [0, 0, 0]]);
        assert_eq!(table.spells, [2, 1, 0]);
        assert_eq!(table.mean_duration, [Some(1.5), Some(1.0), None]);
        assert_eq!(table.max_duration, [Some(2), Some(1), None]);
        assert_eq!(table.probabilities[2], [None, None, None]);
    }

    #[test]
    fn spells_cover_every_labelled_row() {
        let found = spells(&[None, Some('x'), Some('x'), Some('y')]);
        let expected = [
            Spell {
                label: 'x',
                start: 1,
                rows: 2,
            },
            Spell {
                label: 'y',
                start: 3,
                rows: 1,
            },
        ];
        assert_eq!(found, expected);
    }
}
