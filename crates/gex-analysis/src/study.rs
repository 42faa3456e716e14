//! What a study means: hypotheses fixed before the run, checked, with units, without defaults.
//!
//! What was typed is the study file's affair; a [`Study`] exists only if every part of it can be
//! carried out.

mod event;
mod outcome;
mod regime;
mod signal;
mod strategy;

use crate::findings::{Expect, Role};

pub use event::{ESTIMATION_SESSIONS, EventKind, EventOutcome, EventSpec};
pub use outcome::{Estimator, Horizon, OutcomeKind, OutcomeSpec};
pub use regime::{RegimeRule, RegimeSpec};
pub use signal::{
    Scale, SignalColumn, SignalPart, SignalSpec, VENDOR_POSITIONING, column_and_part,
};

pub use strategy::{ForecastOf, Hold, StrategyKind, StrategySpec};

/// The greatest number of primary hypotheses: Holm over more would leave no power.
pub const MAX_PRIMARIES: usize = 4;

/// A study that can be carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    name: String,
    seed: u64,
    draws: usize,
    hypotheses: Vec<Hypothesis>,
    events: Vec<EventSpec>,
    strategies: Vec<StrategySpec>,
}

/// Bootstrap draws where a study does not say.
pub const DRAWS: usize = 1_999;
/// The fewest bootstrap draws: a p-value of 5 % then has a Monte-Carlo error of 1 %.
pub const MIN_DRAWS: usize = 499;

impl Study {
    /// Checks hypotheses one by one and as a family.
    ///
    /// # Errors
    ///
    /// [`StudyFault`] naming the hypothesis, the value and the cure.
    pub fn new(name: &str, seed: u64, hypotheses: Vec<Hypothesis>) -> Result<Self, StudyFault> {
        if hypotheses.is_empty() {
            return Err(StudyFault::NoHypothesis);
        }
        for (i, hypothesis) in hypotheses.iter().enumerate() {
            hypothesis.check()?;
            if hypotheses.iter().take(i).any(|h| h.id == hypothesis.id) {
                return Err(StudyFault::SameId(hypothesis.id.clone()));
            }
        }
        let primaries = hypotheses
            .iter()
            .filter(|h| h.role == Role::Primary)
            .count();
        if MAX_PRIMARIES < primaries {
            return Err(StudyFault::TooManyPrimaries(primaries));
        }
        Ok(Self {
            name: name.to_owned(),
            seed,
            draws: DRAWS,
            hypotheses,
            events: Vec::new(),
            strategies: Vec::new(),
        })
    }

    /// Asks for another number of bootstrap draws.
    ///
    /// # Errors
    ///
    /// [`StudyFault::FewDraws`] below [`MIN_DRAWS`].
    pub fn with_draws(self, draws: usize) -> Result<Self, StudyFault> {
        if draws < MIN_DRAWS {
            return Err(StudyFault::FewDraws(draws));
        }
        Ok(Self { draws, ..self })
    }

    /// Adds event studies.
    ///
    /// # Errors
    ///
    /// [`StudyFault`] naming the event, the value and the cure.
    pub fn with_events(self, events: Vec<EventSpec>) -> Result<Self, StudyFault> {
        for (i, event) in events.iter().enumerate() {
            if !is_kebab(&event.id) {
                return Err(StudyFault::BadId(event.id.clone()));
            }
            if events.iter().take(i).any(|other| other.id == event.id) {
                return Err(StudyFault::SameId(event.id.clone()));
            }
            event.check().map_err(|what| StudyFault::Event {
                id: event.id.clone(),
                what,
            })?;
        }
        Ok(Self { events, ..self })
    }

    /// The event studies, in the order of the study file.
    pub fn events(&self) -> &[EventSpec] {
        &self.events
    }

    /// Adds strategies.
    ///
    /// # Errors
    ///
    /// [`StudyFault`] naming the strategy, the value and the cure.
    pub fn with_strategies(self, strategies: Vec<StrategySpec>) -> Result<Self, StudyFault> {
        for (i, strategy) in strategies.iter().enumerate() {
            if !is_kebab(&strategy.id) {
                return Err(StudyFault::BadId(strategy.id.clone()));
            }
            if strategies
                .iter()
                .take(i)
                .any(|other| other.id == strategy.id)
            {
                return Err(StudyFault::SameId(strategy.id.clone()));
            }
            let known = self.hypotheses.iter().find(|h| h.id == strategy.hypothesis);
            let sessions = known.is_some_and(|h| matches!(h.outcome.horizon, Horizon::Sessions(_)));
            let fault = match known {
                None => Some(format!("there is no hypothesis {:?}", strategy.hypothesis)),
                Some(_) if !sessions => Some("its hypothesis must count sessions".to_owned()),
                Some(_) => strategy.check().err(),
            };
            if let Some(what) = fault {
                let id = strategy.id.clone();
                return Err(StudyFault::Strategy { id, what });
            }
        }
        Ok(Self { strategies, ..self })
    }

    /// The strategies, in the order of the study file.
    pub fn strategies(&self) -> &[StrategySpec] {
        &self.strategies
    }

    /// Draws of every bootstrap.
    pub fn draws(&self) -> usize {
        self.draws
    }

    /// The name of the study.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The seed of every random draw.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The hypotheses, in the order of the study file.
    pub fn hypotheses(&self) -> &[Hypothesis] {
        &self.hypotheses
    }
}

/// One claim, fixed before the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// Identifier, in kebab case, unique in the study.
    pub id: String,
    /// The claim, in one sentence.
    pub claim: String,
    /// Primary or exploratory.
    pub role: Role,
    /// What predicts.
    pub signal: SignalSpec,
    /// How sessions are sorted into regimes.
    pub regime: RegimeSpec,
    /// What is predicted.
    pub outcome: OutcomeSpec,
    /// What is known already and must be beaten.
    pub controls: Vec<Control>,
    /// Sign of the effect of more signal on the outcome.
    pub expect: Expect,
    /// Smallest effect that would matter: share of volatility per standard deviation of signal.
    pub smallest_effect: f64,
}

impl Hypothesis {
    /// Whether it reads an implied volatility series: as a control, or in its outcome.
    pub fn needs_implied_volatility(&self) -> bool {
        self.controls.contains(&Control::ImpliedVariance)
            || matches!(
                self.outcome.kind,
                OutcomeKind::ImpliedLessRealized { .. } | OutcomeKind::ImpliedChange
            )
    }

    fn check(&self) -> Result<(), StudyFault> {
        let fault = |what: String| StudyFault::Hypothesis {
            id: self.id.clone(),
            what,
        };
        if !is_kebab(&self.id) {
            return Err(StudyFault::BadId(self.id.clone()));
        }
        if !(self.smallest_effect.is_finite() && 0.0 < self.smallest_effect) {
            let value = self.smallest_effect;
            return Err(fault(format!(
                "smallest-effect must be above zero, got {value}"
            )));
        }
        self.signal.check().map_err(fault)?;
        self.regime.check().map_err(fault)?;
        let flip = matches!(self.regime.rule, RegimeRule::SpotVsFlip { .. });
        if flip && self.signal.column == SignalColumn::Vendor {
            let what =
                "regime spot-vs-flip needs a chain, a series has no flip: use sign or quantile";
            return Err(fault(what.to_owned()));
        }
        self.outcome.check().map_err(fault)
    }
}

fn is_kebab(id: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !id.is_empty() && id.chars().all(legal)
}

/// What is known at the decision and must be beaten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control {
    /// Logs of past realized variance over 1, 5 and 22 sessions (Corsi 2009).
    LogHar,
    /// Past returns over 1, 5 and 22 sessions where negative, else zero (Corsi and Renò 2012).
    Leverage,
    /// Log of implied variance per bar; control series `vix`, in volatility points.
    ImpliedVariance,
}

impl Control {
    /// Every control.
    pub const ALL: [Self; 3] = [Self::LogHar, Self::Leverage, Self::ImpliedVariance];

    /// The name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogHar => "log-har",
            Self::Leverage => "leverage",
            Self::ImpliedVariance => "implied-variance",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|control| control.name() == name)
    }
}

/// Why hypotheses don't make a study.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StudyFault {
    /// Nothing to test.
    #[error("a study needs at least one hypothesis, add a [[hypothesis]] table")]
    NoHypothesis,
    /// Two hypotheses share an id.
    #[error("two have the id {0:?}, rename one")]
    SameId(String),
    /// An id that can't name a file or an anchor.
    #[error("the id {0:?} must be in kebab case: a-z, 0-9 and -")]
    BadId(String),
    /// More primaries than can be adjusted for.
    #[error("{0} primary hypotheses, at most 4 are allowed: make the rest exploratory")]
    TooManyPrimaries(usize),
    /// Too few bootstrap draws for a p-value.
    #[error("study.draws must be at least {MIN_DRAWS}, got {0}")]
    FewDraws(usize),
    /// One strategy can't be carried out.
    #[error("strategy {id:?}: {what}")]
    Strategy {
        /// Its id.
        id: String,
        /// What is wrong, and the cure.
        what: String,
    },
    /// One event study can't be carried out.
    #[error("event {id:?}: {what}")]
    Event {
        /// Its id.
        id: String,
        /// What is wrong, and the cure.
        what: String,
    },
    /// One hypothesis can't be carried out.
    #[error("hypothesis {id:?}: {what}")]
    Hypothesis {
        /// Its id.
        id: String,
        /// What is wrong, and the cure.
        what: String,
    },
}

#[cfg(test)]
mod tests {
    use gex_compute::series::Measure;

    use super::*;

    fn hypothesis(id: &str) -> Hypothesis {
        let mut plain = crate::fixture::plain_hypothesis();
        id.clone_into(&mut plain.id);
        plain
    }

    fn fault_of(change: impl Fn(&mut Hypothesis)) -> String {
        let mut changed = hypothesis("a");
        change(&mut changed);
        Study::new("s", 1, vec![changed]).unwrap_err().to_string()
    }

    #[test]
    fn a_study_that_cannot_be_carried_out_is_refused_by_name() {
        assert!(Study::new("s", 1, vec![hypothesis("a"), hypothesis("b")]).is_ok());
        assert!(fault_of(|h| h.smallest_effect = 0.0).contains("smallest-effect"));
        assert!(
            fault_of(|h| h.regime = RegimeRule::Sign { dead_band: -1.0 }.into()).contains("-1")
        );
        assert!(fault_of(|h| h.id = "../x".to_owned()).contains("kebab"));
        let short = fault_of(|h| {
            h.outcome.kind = OutcomeKind::LogRealizedVariance {
                estimator: Estimator::YangZhang,
            };
            h.outcome.horizon = Horizon::Sessions(2);
        });
        assert!(short.contains("yang-zhang"), "{short}");
        let ratio = fault_of(|h| {
            h.signal.column = SignalColumn::Series(Measure::Balance);
            h.signal.scale = Scale::PerAdv;
        });
        assert!(ratio.contains("per-adv"), "{ratio}");
        assert!(
            fault_of(|h| {
                h.regime = RegimeRule::Quantile {
                    lower: 0.6,
                    upper: 0.4,
                    hysteresis: 0.0,
                    min_history: 252,
                }
                .into();
            })
            .contains("lower 0.6")
        );
    }

    #[test]
    fn a_family_is_checked_as_one() {
        let same = Study::new("s", 1, vec![hypothesis("a"), hypothesis("a")]);
        assert_eq!(same, Err(StudyFault::SameId("a".to_owned())));
        let many = ["a", "b", "c", "d", "e"].map(hypothesis).to_vec();
        assert_eq!(
            Study::new("s", 1, many),
            Err(StudyFault::TooManyPrimaries(5))
        );
        assert_eq!(
            Study::new("s", 1, Vec::new()),
            Err(StudyFault::NoHypothesis)
        );
    }

    #[test]
    fn names_read_back() {
        for scale in Scale::ALL {
            assert_eq!(Scale::from_name(scale.name()), Some(scale));
        }
        for estimator in Estimator::ALL {
            assert_eq!(Estimator::from_name(estimator.name()), Some(estimator));
        }
        for control in Control::ALL {
            assert_eq!(Control::from_name(control.name()), Some(control));
        }
        for horizon in [Horizon::Sessions(21), Horizon::Hours(24)] {
            assert_eq!(Horizon::from_text(&horizon.to_string()), Some(horizon));
        }
        assert_eq!(Horizon::from_text("0session"), None);
    }
}
