//! The headline with signals that are older: an effect of dealers' positions fades as positions change.

use serde::{Deserialize, Serialize};

use super::AuditCheck;
use crate::findings::CheckLevel;
use crate::headline;
use crate::outcome::Exclusion;
use crate::panel::{HypothesisPanel, Sample};
use crate::stats::autocorrelation::autocorrelations;
use crate::study::Hypothesis;
use crate::verdict::SIZE;

/// Rows by which signals are delayed; the first is the headline itself, the second what one more session of
/// publication lag leaves.
const DELAYS: [usize; 4] = [0, 1, 2, 5];
/// Share of what persistence would leave of an effect, below which it falls too fast.
const TOO_FAST: f64 = 0.25;

/// The headline with signals of some rows before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delayed {
    /// Identifier of the hypothesis.
    pub hypothesis: String,
    /// Rows, which are sessions for one signal a session.
    pub delay: usize,
    /// Effect of one standard deviation of the signal, in the unit of the headline.
    pub effect: Option<f64>,
    /// Its p-value by equal-weighted cosines.
    pub p_value: Option<f64>,
    /// Rows of the regression.
    pub rows: usize,
}

/// What a ladder shows that a reader must weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LadderFlag {
    /// One row later the effect has the other sign.
    Turns,
    /// One row later a quarter is left of what the signal's persistence would leave.
    FallsTooFast,
}

/// Climbs the ladder of one hypothesis.
pub(super) fn climb(
    hypothesis: &Hypothesis,
    panel: &HypothesisPanel,
) -> (Vec<Delayed>, AuditCheck) {
    let rung = |delay: &usize| {
        let sample = delayed(panel, *delay).sample(&hypothesis.controls);
        let answer = headline::level(hypothesis.outcome.kind, &sample, &hypothesis.controls).ok();
        Delayed {
            hypothesis: hypothesis.id.clone(),
            delay: *delay,
            effect: answer.as_ref().and_then(|answer| answer.estimate.value),
            p_value: answer.as_ref().map(|answer| answer.p_ewc),
            rows: sample.rows(),
        }
    };
    let rungs: Vec<Delayed> = DELAYS.iter().map(rung).collect();
    let persistence = persistence(&panel.sample(&hypothesis.controls));
    let flag = flag(&rungs, persistence);
    let check = AuditCheck {
        check: "ladder".to_owned(),
        hypothesis: hypothesis.id.clone(),
        level: match flag {
            Some(_) => CheckLevel::Warning,
            None => CheckLevel::Pass,
        },
        text: words(flag, &rungs),
        compared: rungs.iter().filter(|rung| rung.effect.is_some()).count(),
        leak: None,
    };
    (rungs, check)
}

/// The panel with every signal taken from `delay` rows before.
fn delayed(panel: &HypothesisPanel, delay: usize) -> HypothesisPanel {
    let mut later = panel.clone();
    for (i, row) in later.rows.iter_mut().enumerate() {
        row.signal = i.checked_sub(delay).and_then(|j| panel.rows[j].signal);
        if row.signal.is_none() {
            row.excluded = row.excluded.or(Some(Exclusion::NoSignal));
        }
    }
    later
}

fn persistence(sample: &Sample) -> f64 {
    let found = autocorrelations(&sample.signal, 1).ok();
    found
        .and_then(|found| found.first().copied())
        .unwrap_or(0.0)
}

/// Judges only an effect that is there: noise may turn as it likes.
fn flag(rungs: &[Delayed], persistence: f64) -> Option<LadderFlag> {
    let (now, next) = (rungs.first()?, rungs.get(1)?);
    let there = now.p_value.is_some_and(|p| p <= SIZE);
    let (now, next) = (now.effect?, next.effect?);
    if !there {
        None
    } else if next * now < 0.0 {
        Some(LadderFlag::Turns)
    } else if next.abs() < TOO_FAST * persistence.max(0.0) * now.abs() {
        Some(LadderFlag::FallsTooFast)
    } else {
        None
    }
}

fn words(flag: Option<LadderFlag>, rungs: &[Delayed]) -> String {
    let effect = |rung: &Delayed| match rung.effect {
        Some(effect) => format!("{:+.2} %", 100.0 * effect),
        None => "undefined".to_owned(),
    };
    let told: Vec<String> = rungs
        .iter()
        .map(|rung| format!("{} after {}", effect(rung), rung.delay))
        .collect();
    let told = told.join(", ");
    match flag {
        None => format!("Per standard deviation of a signal so many rows old: {told}."),
        Some(LadderFlag::Turns) => format!(
            "One row later the effect turns: {told}. An effect that lives for one row alone is what a leak \
             looks like."
        ),
        Some(LadderFlag::FallsTooFast) => format!(
            "The effect falls faster than the signal changes: {told}. An effect that lives for one row \
             alone is what a leak looks like."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rungs(effects: [f64; 2], p: f64) -> Vec<Delayed> {
        let rung = |(delay, effect): (usize, f64)| Delayed {
            hypothesis: "x".to_owned(),
            delay,
            effect: Some(effect),
            p_value: Some(p),
            rows: 100,
        };
        effects.into_iter().enumerate().map(rung).collect()
    }

    #[test]
    fn an_effect_may_fade_but_neither_turn_nor_vanish() {
        assert_eq!(flag(&rungs([-0.1, -0.08], 0.01), 0.95), None);
        assert_eq!(
            flag(&rungs([-0.1, 0.01], 0.01), 0.95),
            Some(LadderFlag::Turns)
        );
        let fast = flag(&rungs([-0.1, -0.02], 0.01), 0.95);
        assert_eq!(fast, Some(LadderFlag::FallsTooFast));
        assert_eq!(
            flag(&rungs([-0.1, -0.02], 0.01), 0.2),
            None,
            "a quick signal fades quickly"
        );
        assert_eq!(
            flag(&rungs([-0.1, 0.1], 0.4), 0.95),
            None,
            "noise turns as it likes"
        );
    }
}
