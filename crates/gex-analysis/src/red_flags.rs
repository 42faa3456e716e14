//! What a referee would hold against an estimate, whatever its p-value.

use crate::headline::{self, RungAnswer};
use crate::panel::Sample;
use crate::run::Judged;
use crate::study::Hypothesis;
use crate::verdict::SIZE;

/// The red flags of a referee that one hypothesis alone can raise.
pub(crate) fn flags(hypothesis: &Hypothesis, sample: &Sample, rungs: &[RungAnswer]) -> Vec<String> {
    let mut flags = Vec::new();
    let level = |rung: Option<&RungAnswer>| rung.and_then(|rung| rung.level.as_ref().ok().cloned());
    let (first, last) = (level(rungs.first()), level(rungs.last()));
    let Some(headline) = last else {
        return flags;
    };
    let alone = first.as_ref().map(|first| first.coefficient);
    if headline.p_ewc <= SIZE && alone.is_some_and(|alone| !survives(sample, alone)) {
        flags.push("With signals one session older the effect is gone.".to_owned());
    }
    if let Ok(share) = headline::largest_spell_share(sample, &hypothesis.controls)
        && 0.5 < share
    {
        let percent = 100.0 * share;
        flags.push(format!(
            "One spell of a regime carries {percent:.0} % of the estimate."
        ));
    }
    let marginal = 1 < rungs.len() && first.is_some_and(|first| first.p_ewc <= SIZE);
    if marginal && SIZE < headline.p_ewc {
        flags.push(
            "Alone the signal is significant, beyond its controls it is not: consistent with \
             volatility clustering."
                .to_owned(),
        );
    }
    flags
}

/// Whether a signal one session older keeps its sign and a quarter of its effect, alone.
///
/// Alone, because beyond its controls an older signal says nothing even where a true effect lasts: what it did
/// to the session between is in that session's variance, which is a control.
fn survives(sample: &Sample, alone: f64) -> bool {
    const LEFT: f64 = 0.25;
    let older = sample.one_session_older();
    let coefficient = headline::coefficient(&older);
    coefficient.is_ok_and(|older| LEFT <= older / alone)
}

/// The red flag of an effect whose sign depends on what the signal is divided by.
///
/// Other positions are not asked: an inverted book turns every sign by construction.
pub(crate) fn turned_scale(judged: &Judged, family: &[Judged]) -> Option<String> {
    let own = &judged.finding;
    let effect = judged.evidence.effect?;
    let same_question = |other: &&Judged| {
        let other = &other.finding;
        other.positioning == own.positioning
            && other.measure == own.measure
            && other.outcome == own.outcome
            && other.horizon == own.horizon
            && other.scale != own.scale
    };
    let turned = family.iter().filter(same_question).find(|other| {
        other
            .evidence
            .effect
            .is_some_and(|theirs| theirs * effect < 0.0)
    })?;
    let scale = &turned.finding.scale;
    Some(format!(
        "With scale {scale} in place of {} the sign turns.",
        own.scale
    ))
}
