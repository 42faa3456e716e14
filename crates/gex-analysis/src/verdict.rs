//! Four words, one rule.
//!
//! ```text
//! not testable    a gate fails
//! supported       adjusted EWC p ≤ .05, partial-shift p ≤ .05, the declared sign, no red flag
//! underpowered    the detectable effect exceeds the smallest that matters
//! not supported   otherwise
//! ```
//!
//! Primaries are adjusted by Holm (1979), the exploratory family by Benjamini and Yekutieli (2001).

use crate::findings::{Expect, Role, Verdict, VerdictWord};
use crate::stats::multiple::{Adjustment, adjust};

/// Size of every test.
pub const SIZE: f64 = 0.05;

/// What the verdict on one hypothesis rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Primary or exploratory.
    pub role: Role,
    /// Declared sign.
    pub expect: Expect,
    /// Smallest effect that matters, share of volatility per standard deviation.
    pub smallest_effect: f64,
    /// Why the data can't answer; empty if they can.
    pub gates: Vec<String>,
    /// EWC p-value of the headline.
    pub p_ewc: Option<f64>,
    /// p-value of the headline's partial shift.
    pub p_shift: Option<f64>,
    /// Effect of one standard deviation in the headline, share of volatility.
    pub effect: Option<f64>,
    /// Detectable effect of the headline, in the same unit.
    pub mde80: Option<f64>,
    /// Red flags that stand, in plain sentences.
    pub flags: Vec<String>,
}

/// Judges every hypothesis of a study, in order.
///
/// A hypothesis without a p-value stays in its family with p = 1: it was declared, and counts.
pub fn verdicts(evidence: &[Evidence]) -> Vec<Verdict> {
    let adjusted = adjusted(evidence);
    evidence
        .iter()
        .zip(adjusted)
        .map(|(evidence, p)| verdict(evidence, p))
        .collect()
}

/// A verdict before the family has been judged.
pub(crate) fn pending(smallest_effect: f64) -> Verdict {
    Verdict {
        word: VerdictWord::NotTestable,
        reasons: Vec::new(),
        holm_p: None,
        shift_p: None,
        sign_as_expected: None,
        mde80: None,
        smallest_effect,
    }
}

fn adjusted(evidence: &[Evidence]) -> Vec<Option<f64>> {
    let mut found = vec![None; evidence.len()];
    let families = [
        (Role::Primary, Adjustment::Holm),
        (Role::Exploratory, Adjustment::BenjaminiYekutieli),
    ];
    for (role, adjustment) in families {
        let family: Vec<f64> = evidence
            .iter()
            .filter(|e| e.role == role)
            .map(|e| e.p_ewc.filter(|_| e.gates.is_empty()).unwrap_or(1.0))
            .collect();
        let mut values = adjust(&family, adjustment).unwrap_or_default().into_iter();
        for (place, _) in found
            .iter_mut()
            .zip(evidence)
            .filter(|(_, e)| e.role == role)
        {
            *place = values.next();
        }
    }
    for (place, evidence) in found.iter_mut().zip(evidence) {
        *place = place.filter(|_| evidence.p_ewc.is_some() && evidence.gates.is_empty());
    }
    found
}

fn verdict(evidence: &Evidence, adjusted: Option<f64>) -> Verdict {
    let sign_as_expected = evidence.effect.map(|effect| match evidence.expect {
        Expect::Positive => 0.0 < effect,
        Expect::Negative => effect < 0.0,
    });
    let (word, reasons) = judge(evidence, adjusted, sign_as_expected);
    Verdict {
        word,
        reasons,
        holm_p: adjusted.filter(|_| evidence.role == Role::Primary),
        shift_p: evidence.p_shift,
        sign_as_expected,
        mde80: evidence.mde80,
        smallest_effect: evidence.smallest_effect,
    }
}

fn judge(
    evidence: &Evidence,
    adjusted: Option<f64>,
    sign_as_expected: Option<bool>,
) -> (VerdictWord, Vec<String>) {
    if !evidence.gates.is_empty() {
        return (VerdictWord::NotTestable, evidence.gates.clone());
    }
    let (Some(p), Some(mde80)) = (adjusted, evidence.mde80) else {
        let reason = "The headline regression could not be estimated.".to_owned();
        return (VerdictWord::NotTestable, vec![reason]);
    };
    let against = against(evidence, p, sign_as_expected);
    if against.is_empty() {
        let method = family_method(evidence.role);
        let reason = format!(
            "The effect has the declared sign, its p-value adjusted by {method} is {} and no \
             red flag stands.",
            printed(p)
        );
        return (VerdictWord::Supported, vec![reason]);
    }
    let (detectable, matters) = (100.0 * mde80, 100.0 * evidence.smallest_effect);
    if evidence.smallest_effect < mde80 {
        let reason = format!(
            "An effect below {detectable:.1} % per standard deviation of the signal would be \
             missed more than one time in five; {matters:.1} % was declared to matter."
        );
        return (VerdictWord::Underpowered, [vec![reason], against].concat());
    }
    let power = format!(
        "An effect of {detectable:.1} % would have been seen four times in five, and {matters:.1} \
         % was declared to matter."
    );
    (VerdictWord::NotSupported, [against, vec![power]].concat())
}

/// What speaks against the claim, the decisive part first.
fn against(evidence: &Evidence, p: f64, sign_as_expected: Option<bool>) -> Vec<String> {
    let mut reasons = Vec::new();
    if SIZE < p {
        let method = family_method(evidence.role);
        reasons.push(format!(
            "The p-value adjusted by {method} is {p:.3}, above {SIZE}."
        ));
    }
    match evidence.p_shift {
        Some(p) if p <= SIZE => {}
        Some(p) => reasons.push(format!(
            "Shifted in time, the signal does as well: the partial-shift p-value is {}.",
            printed(p)
        )),
        None => reasons.push("The placebo of shifted signals could not be run.".to_owned()),
    }
    if sign_as_expected != Some(true) {
        reasons.push("The estimate does not have the declared sign.".to_owned());
    }
    reasons.extend(evidence.flags.iter().cloned());
    reasons
}

fn printed(p: f64) -> String {
    if p < 0.001 {
        "below 0.001".to_owned()
    } else {
        format!("{p:.3}")
    }
}

fn family_method(role: Role) -> &'static str {
    match role {
        Role::Primary => "Holm",
        Role::Exploratory => "Benjamini-Yekutieli",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Evidence {
        Evidence {
            role: Role::Primary,
            expect: Expect::Negative,
            smallest_effect: 0.05,
            gates: Vec::new(),
            p_ewc: Some(0.01),
            p_shift: Some(0.02),
            effect: Some(-0.1),
            mde80: Some(0.04),
            flags: Vec::new(),
        }
    }

    fn word(change: impl Fn(&mut Evidence)) -> VerdictWord {
        let mut evidence = good();
        change(&mut evidence);
        verdicts(&[evidence])[0].word
    }

    #[test]
    fn every_part_of_the_rule_can_decide() {
        assert_eq!(word(|_| ()), VerdictWord::Supported);
        assert_eq!(
            word(|e| e.gates.push("too short".into())),
            VerdictWord::NotTestable
        );
        assert_eq!(word(|e| e.p_ewc = Some(0.06)), VerdictWord::NotSupported);
        assert_eq!(word(|e| e.p_shift = Some(0.06)), VerdictWord::NotSupported);
        assert_eq!(word(|e| e.p_shift = None), VerdictWord::NotSupported);
        assert_eq!(word(|e| e.effect = Some(0.1)), VerdictWord::NotSupported);
        assert_eq!(
            word(|e| e.flags.push("one spell".into())),
            VerdictWord::NotSupported
        );
        assert_eq!(word(|e| e.p_ewc = None), VerdictWord::NotTestable);
        let weak = |e: &mut Evidence| {
            e.p_ewc = Some(0.06);
            e.mde80 = Some(0.06);
        };
        assert_eq!(word(weak), VerdictWord::Underpowered);
        // What was found counts, whatever could have been missed.
        assert_eq!(word(|e| e.mde80 = Some(0.06)), VerdictWord::Supported);
    }

    #[test]
    fn primaries_pay_for_each_other_and_untestable_ones_too() {
        let other = Evidence {
            p_ewc: Some(0.5),
            ..good()
        };
        let close = Evidence {
            p_ewc: Some(0.03),
            ..good()
        };
        let found = verdicts(&[close.clone(), other]);
        assert_eq!(found[0].holm_p, Some(0.06));
        assert_eq!(found[0].word, VerdictWord::NotSupported);
        let closed = Evidence {
            gates: vec!["one regime".into()],
            p_ewc: None,
            ..good()
        };
        let found = verdicts(&[close.clone(), closed]);
        assert_eq!(found[0].holm_p, Some(0.06));
        assert_eq!(
            (found[1].holm_p, found[1].word),
            (None, VerdictWord::NotTestable)
        );
        let exploratory = Evidence {
            role: Role::Exploratory,
            p_ewc: Some(0.5),
            ..good()
        };
        assert_eq!(verdicts(&[close, exploratory])[0].holm_p, Some(0.03));
    }
}
