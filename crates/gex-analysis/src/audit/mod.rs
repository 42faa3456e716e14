//! Proofs that a study did not look ahead, and proofs of the proofs.
//!
//! Each check asks the study's own pipeline, signals to panel, a question whose answer is known if nothing
//! looks ahead. Then leaks of the known kinds are planted into it, one at a time, and the same checks must
//! catch each by its name: an audit that finds nothing in a pipeline with a leak proves nothing.
//!
//! ```text
//! truncation   inputs end at a cut: what was decided up to it has the same bits
//! poison       inputs are garbage and nulls after a cut: likewise
//! windows      no outcome begins before what it is compared with was public
//! ladder       signals are delayed by 1, 2 and 5 rows: the effect may fade, it must not turn
//! ```

mod cut;
mod ladder;
mod leaks;
mod replay;

use serde::{Deserialize, Serialize};

pub use ladder::Delayed;
pub use leaks::Leak;

use crate::findings::CheckLevel;
use crate::grid::{BarsTooCoarse, Grid, Step};
use crate::inputs::Inputs;
use crate::panel::{HypothesisPanel, panel};
use crate::parallel::ordered_map;
use crate::run::StudyError;
use crate::stats::Undefined;
use crate::study::{Hypothesis, Study};

/// Cuts of each kind that an audit makes.
pub const CUTS: usize = 12;

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// The checks, one a hypothesis and question.
    pub checks: Vec<AuditCheck>,
    /// The leaks that were planted, and whether they were caught.
    pub planted: Vec<Planted>,
    /// The headline with delayed signals.
    pub ladder: Vec<Delayed>,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditCheck {
    /// `truncation`, `poison`, `windows` or `ladder`.
    pub check: String,
    /// Identifier of the hypothesis.
    pub hypothesis: String,
    /// How it ended.
    pub level: CheckLevel,
    /// What was compared, or what was found, in one sentence.
    pub text: String,
    /// Numbers that were compared.
    pub compared: usize,
    /// The kind of leak that the finding shows, where there is one.
    pub leak: Option<Leak>,
}

/// One planted leak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planted {
    /// Which.
    pub leak: Leak,
    /// How it ended.
    pub fate: Fate,
    /// The check that caught it, or what was seen instead.
    pub by: String,
}

/// What became of a planted leak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// A check named it.
    Caught,
    /// No check did.
    Missed,
    /// It changes nothing in this study: a decision before the close can't be executed too early at it.
    Harmless,
}

impl Audit {
    /// Whether no check failed and every planted leak was caught.
    pub fn passed(&self) -> bool {
        let clean = self
            .checks
            .iter()
            .all(|check| check.level != CheckLevel::Fail);
        clean
            && self
                .planted
                .iter()
                .all(|planted| planted.fate != Fate::Missed)
    }
}

/// The way from inputs to the panel of one hypothesis, as it is or with a leak in it.
type Pipeline<'p> =
    &'p (dyn Fn(&Hypothesis, &Inputs<'_>, &Grid) -> Result<HypothesisPanel, Undefined> + Sync);

/// Audits a study on its own data.
///
/// `cuts` is the number of truncations and of poisonings of each hypothesis.
///
/// # Errors
///
/// [`StudyError`] where the study can't be carried out at all.
pub fn audit(study: &Study, inputs: &Inputs<'_>, cuts: usize) -> Result<Audit, StudyError> {
    inputs.check()?;
    let mut whole = Audit {
        checks: Vec::new(),
        planted: Vec::new(),
        ladder: Vec::new(),
    };
    for hypothesis in study.hypotheses() {
        let case = Case::new(hypothesis, inputs, study.seed(), cuts)?;
        whole.checks.extend(case.examine(&panel)?);
        let (delayed, check) = ladder::climb(hypothesis, &case.panel(&panel)?);
        whole.checks.push(check);
        whole.ladder.extend(delayed);
    }
    if let Some(first) = study.hypotheses().first() {
        let case = Case::new(first, inputs, study.seed(), cuts)?;
        let planted = ordered_map(&Leak::ALL, |leak| case.plant(*leak));
        whole.planted = planted.into_iter().collect::<Result<_, _>>()?;
    }
    Ok(whole)
}

/// One hypothesis, its data, and where they are cut.
struct Case<'a> {
    hypothesis: &'a Hypothesis,
    inputs: &'a Inputs<'a>,
    seed: u64,
    cuts: usize,
}

impl<'a> Case<'a> {
    fn new(
        hypothesis: &'a Hypothesis,
        inputs: &'a Inputs<'a>,
        seed: u64,
        cuts: usize,
    ) -> Result<Self, StudyError> {
        let case = Self {
            hypothesis,
            inputs,
            seed,
            cuts,
        };
        case.panel(&panel)?;
        Ok(case)
    }

    fn panel(&self, pipeline: Pipeline<'_>) -> Result<HypothesisPanel, StudyError> {
        Ok(self.panel_of(self.inputs, pipeline)?)
    }

    fn panel_of(
        &self,
        inputs: &Inputs<'_>,
        pipeline: Pipeline<'_>,
    ) -> Result<HypothesisPanel, CaseError> {
        let grid = inputs.grid(Step::of(self.hypothesis.outcome.horizon))?;
        pipeline(self.hypothesis, inputs, &grid).map_err(|reason| CaseError::Regime {
            id: self.hypothesis.id.clone(),
            reason,
        })
    }

    /// The checks of one pipeline.
    fn examine(&self, pipeline: Pipeline<'_>) -> Result<Vec<AuditCheck>, StudyError> {
        let whole = self.panel(pipeline)?;
        let cuts = cut::cuts(&whole, self.seed, self.cuts);
        let mut checks = vec![replay::windows(self, &whole)];
        for kind in [cut::After::Nothing, cut::After::Garbage] {
            let found = ordered_map(&cuts, |cut| {
                let later = cut::Altered::new(self.inputs, *cut, kind);
                let again = self.panel_of(&later.inputs(self.inputs), pipeline)?;
                Ok::<_, CaseError>(replay::differences(&whole, &again, *cut))
            });
            let found: Result<Vec<_>, _> = found.into_iter().collect();
            checks.push(replay::told(self, kind, &whole, &found?));
        }
        Ok(checks)
    }

    fn plant(&self, leak: Leak) -> Result<Planted, StudyError> {
        let leaky = |hypothesis: &Hypothesis, inputs: &Inputs<'_>, grid: &Grid| {
            leaks::leaky_panel(leak, hypothesis, inputs, grid)
        };
        if self.panel(&leaky)? == self.panel(&panel)? {
            return Ok(Planted {
                leak,
                fate: Fate::Harmless,
                by: "it changes nothing in this study".to_owned(),
            });
        }
        let checks = self.examine(&leaky)?;
        let named = checks.iter().find(|check| check.leak == Some(leak));
        let seen = checks.iter().find(|check| check.level == CheckLevel::Fail);
        Ok(Planted {
            leak,
            fate: match named {
                Some(_) => Fate::Caught,
                None => Fate::Missed,
            },
            by: match named.or(seen) {
                Some(check) => format!("{}: {}", check.check, check.text),
                None => "nothing was seen".to_owned(),
            },
        })
    }
}

/// Why a panel can't be made; small, so that it can be handed about.
enum CaseError {
    Bars(BarsTooCoarse),
    Regime { id: String, reason: Undefined },
}

impl From<BarsTooCoarse> for CaseError {
    fn from(fault: BarsTooCoarse) -> Self {
        Self::Bars(fault)
    }
}

impl From<CaseError> for StudyError {
    fn from(error: CaseError) -> Self {
        match error {
            CaseError::Bars(fault) => Self::Bars(fault),
            CaseError::Regime { id, reason } => Self::Regime { id, reason },
        }
    }
}
