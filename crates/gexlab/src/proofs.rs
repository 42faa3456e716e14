//! What was proved about a run after it: the audit and the placebos, beside it and on its page.

use std::path::Path;

use gex_analysis::audit::{Audit, Fate};
use gex_analysis::findings::{Check, CheckLevel};
use gex_analysis::placebo::PlaceboRate;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::exit::Failure;

/// File of the audit in a run's folder.
const AUDIT: &str = "audit.json";
/// File of the placebos in a run's folder.
const CALIBRATION: &str = "calibration.json";

/// Which study and data a proof is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Identifier of the run.
    pub run: String,
    /// Hash of the study as understood.
    pub study_hash: String,
    /// Hash of the data.
    pub data_hash: String,
}

/// A proof with what it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proof<T> {
    /// Schema of the document.
    pub schema: String,
    /// What it is about.
    #[serde(flatten)]
    pub signature: Signature,
    /// What was found.
    #[serde(flatten)]
    pub found: T,
    /// The document as it was read, so that it is written again as it was, to the last digit.
    #[serde(skip)]
    pub text: Option<String>,
}

impl<T: Serialize> Proof<T> {
    fn document(&self) -> Result<String, Failure> {
        if let Some(text) = &self.text {
            return Ok(text.clone());
        }
        let mut text = serde_json::to_string_pretty(self).map_err(Failure::failed)?;
        text.push('\n');
        Ok(text)
    }
}

/// How often the test rejects placebos of the study's own signals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placebos {
    /// One a hypothesis.
    pub placebos: Vec<PlaceboRate>,
}

/// What was proved about one study and its data.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Proofs {
    /// By `gex audit`.
    pub audit: Option<Proof<Audit>>,
    /// By `gex calibrate`.
    pub calibration: Option<Proof<Placebos>>,
}

impl Proofs {
    /// Those that stand in a run's folder and are about this study and these data.
    pub fn beside(place: &Path, study_hash: &str, data_hash: &str) -> Self {
        Self {
            audit: read(&place.join(AUDIT), study_hash, data_hash),
            calibration: read(&place.join(CALIBRATION), study_hash, data_hash),
        }
    }

    /// The files by name.
    ///
    /// # Errors
    ///
    /// A failure to write numbers as JSON.
    pub fn documents(&self) -> Result<Vec<(&'static str, String)>, Failure> {
        let mut found = Vec::new();
        if let Some(proof) = &self.audit {
            found.push((AUDIT, proof.document()?));
        }
        if let Some(proof) = &self.calibration {
            found.push((CALIBRATION, proof.document()?));
        }
        Ok(found)
    }

    /// What the page's list of checks says of them; that there are none is worth a word too.
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = vec![match &self.audit {
            Some(proof) => audit_check(&proof.found),
            None => check(
                "audit",
                CheckLevel::Note,
                "Nobody has proved that this run did not look ahead: `gex audit` does.".to_owned(),
            ),
        }];
        match &self.calibration {
            Some(proof) => checks.extend(proof.found.placebos.iter().map(placebo_check)),
            None => checks.push(check(
                "placebos",
                CheckLevel::Note,
                "How often the 5 % test rejects placebos on these data is not known: `gex calibrate` says."
                    .to_owned(),
            )),
        }
        checks
    }
}

fn check(id: &str, level: CheckLevel, text: String) -> Check {
    Check {
        id: id.to_owned(),
        level,
        text,
    }
}

fn audit_check(audit: &Audit) -> Check {
    let compared: usize = audit.checks.iter().map(|check| check.compared).sum();
    let caught = audit
        .planted
        .iter()
        .filter(|p| p.fate == Fate::Caught)
        .count();
    let failed = audit
        .checks
        .iter()
        .find(|check| check.level == CheckLevel::Fail);
    if audit.passed() {
        let text = format!(
            "No look-ahead: {compared} numbers stood as they were when later data were cut off or poisoned, \
             and {caught} planted leaks were caught by name."
        );
        return check("audit", CheckLevel::Pass, text);
    }
    let text = match failed {
        Some(found) => format!("Look-ahead in {}: {}", found.hypothesis, found.text),
        None => "A planted leak was not caught: the audit proves nothing.".to_owned(),
    };
    check("audit", CheckLevel::Fail, text)
}

/// Sizes from 3.5 to 8.5 % are what the test has where it works.
fn placebo_check(rate: &PlaceboRate) -> Check {
    let Some((share, error)) = rate.rate.zip(rate.error) else {
        let reason = rate.undefined.clone().unwrap_or_default();
        let text = format!("{}: no placebos, as {reason}", rate.hypothesis);
        return check("placebos", CheckLevel::Note, text);
    };
    let text = format!(
        "{}: on these data the 5 % test rejects {:.1} % of {} placebos (error {:.1}).",
        rate.hypothesis,
        100.0 * share,
        rate.placebos,
        100.0 * error
    );
    let level = if share <= 0.085 {
        CheckLevel::Pass
    } else {
        CheckLevel::Warning
    };
    check("placebos", level, text)
}

fn read<T: DeserializeOwned>(path: &Path, study_hash: &str, data_hash: &str) -> Option<Proof<T>> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut proof: Proof<T> = serde_json::from_str(&text).ok()?;
    proof.text = Some(text);
    let own = &proof.signature;
    (own.study_hash == study_hash && own.data_hash == data_hash).then_some(proof)
}
