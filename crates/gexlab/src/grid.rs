//! The exploratory family: every combination of what `[grid]` lists, each a hypothesis of its own.

use gex_analysis::findings::Role;
use gex_analysis::study::{Estimator, Hypothesis};
use serde_spanned::Spanned;

use crate::checker::Checker;
use crate::hypothesis_plan::{estimator, horizon, measure, outcome_kind, scale};
use crate::study_file::GridTable;

/// Builds the family on the first hypothesis of the file; one that the file declares already is not counted twice.
pub(crate) fn family(
    checker: &mut Checker,
    grid: &GridTable,
    declared: &[Hypothesis],
) -> Vec<Hypothesis> {
    let Some(first) = declared.first() else {
        return Vec::new();
    };
    let mut family = vec![Variant::of(first)];
    for axis in AXES {
        if let Some(list) = axis.list(grid) {
            family = varied(checker, &family, axis, list);
        }
    }
    let mut found: Vec<Hypothesis> = Vec::new();
    for variant in family {
        let mut hypothesis = variant.hypothesis;
        let known = declared
            .iter()
            .chain(&found)
            .any(|other| same_test(other, &hypothesis));
        if !known {
            hypothesis.id = variant.id;
            found.push(hypothesis);
        }
    }
    found
}

/// What a grid varies, in the order in which it names a variant.
#[derive(Clone, Copy)]
enum Axis {
    Positioning,
    Measure,
    Scale,
    Outcome,
    Estimator,
    Horizon,
}

const AXES: [Axis; 6] = [
    Axis::Positioning,
    Axis::Measure,
    Axis::Scale,
    Axis::Outcome,
    Axis::Estimator,
    Axis::Horizon,
];

impl Axis {
    fn list(self, grid: &GridTable) -> Option<&Vec<Spanned<String>>> {
        match self {
            Self::Positioning => grid.positioning.as_ref(),
            Self::Measure => grid.measure.as_ref(),
            Self::Scale => grid.scale.as_ref(),
            Self::Outcome => grid.outcome.as_ref(),
            Self::Estimator => grid.estimator.as_ref(),
            Self::Horizon => grid.horizon.as_ref(),
        }
    }

    /// Changes one thing of a hypothesis; `None` where the value is unknown.
    fn change(
        self,
        checker: &mut Checker,
        hypothesis: &mut Hypothesis,
        typed: &Spanned<String>,
    ) -> Option<()> {
        let (signal, outcome) = (&mut hypothesis.signal, &mut hypothesis.outcome);
        let own = outcome.kind.estimator();
        match self {
            Self::Positioning => typed.get_ref().clone_into(&mut signal.positioning),
            Self::Measure => (signal.column, signal.part) = measure(checker, typed)?,
            Self::Scale => signal.scale = scale(checker, typed)?,
            Self::Outcome => {
                let estimator = own.unwrap_or(Estimator::GarmanKlassOvernight);
                outcome.kind = outcome_kind(checker, typed, estimator)?;
            }
            Self::Estimator => outcome.kind = outcome.kind.with(estimator(checker, typed)?),
            Self::Horizon => outcome.horizon = horizon(checker, typed)?,
        }
        Some(())
    }
}

/// A hypothesis and its name so far: `grid-per-adv-5session`.
struct Variant {
    id: String,
    hypothesis: Hypothesis,
}

impl Variant {
    fn of(first: &Hypothesis) -> Self {
        Self {
            id: "grid".to_owned(),
            hypothesis: Hypothesis {
                role: Role::Exploratory,
                ..first.clone()
            },
        }
    }
}

/// Every variant with every value of one more axis.
fn varied(
    checker: &mut Checker,
    family: &[Variant],
    axis: Axis,
    list: &[Spanned<String>],
) -> Vec<Variant> {
    let mut found = Vec::new();
    for variant in family {
        for typed in list {
            let mut hypothesis = variant.hypothesis.clone();
            if axis.change(checker, &mut hypothesis, typed).is_some() {
                found.push(Variant {
                    id: format!("{}-{}", variant.id, typed.get_ref()),
                    hypothesis,
                });
            }
        }
    }
    found
}

/// Whether two hypotheses test the same thing beyond the same controls.
fn same_test(a: &Hypothesis, b: &Hypothesis) -> bool {
    a.signal == b.signal && a.outcome == b.outcome && a.controls == b.controls
}
