//! How regimes follow one another: counts, probabilities and spells.

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
