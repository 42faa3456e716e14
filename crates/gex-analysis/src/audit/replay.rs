//! What two panels of the same decisions differ in, and which leak that shows.

use gex_compute::market::Instant;

use super::cut::After;
use super::leaks::Leak;
use super::{AuditCheck, Case};
use crate::findings::CheckLevel;
use crate::panel::{HypothesisPanel, PanelRow};

/// Differences of one cut.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Differences {
    /// Numbers compared.
    compared: usize,
    /// The first that differs: its part of the row, and the decision.
    first: Option<(Part, Instant)>,
    /// Whether labels follow levels of the signal alone with the other future.
    follow_levels: bool,
}

/// A part of a row of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Rows,
    Signal,
    Regime,
    Controls,
    Outcome,
}

impl Part {
    fn words(self) -> &'static str {
        match self {
            Self::Rows => "the decisions themselves",
            Self::Signal => "the signal",
            Self::Regime => "the regime",
            Self::Controls => "the controls",
            Self::Outcome => "an outcome that had ended",
        }
    }
}

/// Compares every decision up to the cut, bit by bit; outcomes where they had ended by then.
pub(super) fn differences(
    whole: &HypothesisPanel,
    again: &HypothesisPanel,
    cut: Instant,
) -> Differences {
    let mut found = Differences {
        follow_levels: labels_follow_levels(again),
        ..Differences::default()
    };
    let upto = |panel: &HypothesisPanel| panel.rows.partition_point(|row| row.known_at <= cut);
    let (ours, theirs) = (upto(whole), upto(again));
    if ours != theirs {
        found.first = Some((Part::Rows, cut));
        return found;
    }
    for (row, again) in whole.rows[..ours].iter().zip(&again.rows) {
        found.compared += 4 + row.controls.len();
        if let Some(part) = part_that_differs(row, again, cut) {
            found.first = found.first.or(Some((part, row.known_at)));
        }
    }
    found
}

fn part_that_differs(row: &PanelRow, again: &PanelRow, cut: Instant) -> Option<Part> {
    let same = |a: Option<f64>, b: Option<f64>| a.map(f64::to_bits) == b.map(f64::to_bits);
    if row.known_at != again.known_at {
        return Some(Part::Rows);
    }
    if !(same(row.raw, again.raw)
        && same(row.signal, again.signal)
        && same(row.lagged, again.lagged))
    {
        return Some(Part::Signal);
    }
    if row.regime != again.regime {
        return Some(Part::Regime);
    }
    let bits = |row: &PanelRow| row.controls.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    if bits(row) != bits(again) {
        return Some(Part::Controls);
    }
    let ended = row.outcome.filter(|outcome| outcome.end <= cut)?;
    let again = again.outcome.map(|outcome| outcome.value);
    (!same(Some(ended.value), again)).then_some(Part::Outcome)
}

/// The check over all cuts of one kind.
pub(super) fn told(
    case: &Case<'_>,
    after: After,
    whole: &HypothesisPanel,
    cuts: &[Differences],
) -> AuditCheck {
    let (check, what) = match after {
        After::Nothing => ("truncation", "with inputs that end at the cut"),
        After::Garbage => ("poison", "with garbage and nulls after the cut"),
    };
    let compared = cuts.iter().map(|cut| cut.compared).sum();
    let first = cuts.iter().find_map(|cut| cut.first);
    // A threshold over all rows, whichever rows there are; states smoothed over few rows may look like one
    // by chance, and hardly at every cut.
    let made_by = if labels_follow_levels(whole) && cuts.iter().all(|cut| cut.follow_levels) {
        Labels::Levels
    } else {
        Labels::States
    };
    let differing = cuts.iter().filter(|cut| cut.first.is_some()).count();
    let (level, text) = match first {
        None if compared == 0 => (
            CheckLevel::Warning,
            "The panel is too short to be cut.".to_owned(),
        ),
        None => (
            CheckLevel::Pass,
            format!(
                "{compared} numbers before {} cuts have the same bits {what}.",
                cuts.len()
            ),
        ),
        Some((part, at)) => (
            CheckLevel::Fail,
            format!(
                "At {differing} of {} cuts {} differs {what}, first in the decision of {}.",
                cuts.len(),
                part.words(),
                at.format("%Y-%m-%d %H:%M UTC")
            ),
        ),
    };
    AuditCheck {
        check: check.to_owned(),
        hypothesis: case.hypothesis.id.clone(),
        level,
        text,
        compared,
        leak: first.and_then(|(part, _)| leak_of(part, made_by)),
    }
}

/// What regime labels can be told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Labels {
    /// Levels of the signal.
    Levels,
    /// More than the signal's own value.
    States,
}

/// Labels that one set of levels explains were made by it; others follow states.
fn leak_of(part: Part, made_by: Labels) -> Option<Leak> {
    match (part, made_by) {
        (Part::Signal, _) => Some(Leak::OpenInterestDayEarly),
        (Part::Regime, Labels::Levels) => Some(Leak::FullSampleQuantiles),
        (Part::Regime, Labels::States) => Some(Leak::SmoothedStates),
        (Part::Rows | Part::Controls | Part::Outcome, _) => None,
    }
}

fn labels_follow_levels(panel: &HypothesisPanel) -> bool {
    let mut labelled: Vec<(f64, usize)> = { panel.rows.iter() }
        .filter_map(|row| Some((row.signal?, row.regime?)))
        .collect();
    labelled.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    labelled.is_sorted_by_key(|(_, label)| *label)
}

/// No outcome may begin before its signal was public.
pub(super) fn windows(case: &Case<'_>, whole: &HypothesisPanel) -> AuditCheck {
    let measured = whole
        .rows
        .iter()
        .filter(|row| row.outcome.is_some())
        .count();
    let early = |row: &&PanelRow| row.outcome.is_some_and(|o| o.start < row.known_at);
    let first = whole.rows.iter().find(early);
    let leak = first.and_then(|row| {
        let close = case.inputs.calendar.session_on(row.session)?.close;
        let start = row.outcome?.start;
        Some(if start < close {
            Leak::WindowIncludesSignalBar
        } else {
            Leak::SameCloseExecution
        })
    });
    let text = match (first, first.and_then(|row| row.outcome)) {
        (Some(row), Some(outcome)) => format!(
            "An outcome begins at {}, its signal was public at {}.",
            outcome.start.format("%Y-%m-%d %H:%M UTC"),
            row.known_at.format("%Y-%m-%d %H:%M UTC")
        ),
        _ => format!("{measured} outcomes begin at or after the instant of their decision."),
    };
    AuditCheck {
        check: "windows".to_owned(),
        hypothesis: case.hypothesis.id.clone(),
        level: if first.is_some() {
            CheckLevel::Fail
        } else {
            CheckLevel::Pass
        },
        text,
        compared: measured,
        leak,
    }
}
