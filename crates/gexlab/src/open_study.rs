//! Reads a study file from disk, with its faults shown at their place.

use std::fs;
use std::io::IsTerminal;
use std::path::Path;

use crate::diagnostic::Style;
use crate::exit::Failure;
use crate::study_file::{StudyFile, parse};
use crate::study_plan::{Plan, plan};

/// A study file and what it means.
#[derive(Debug, Clone)]
pub struct OpenStudy {
    /// The text of the file.
    pub text: String,
    /// As typed.
    pub file: StudyFile,
    /// As meant.
    pub plan: Plan,
}

/// Reads and checks a study file; its paths are relative to its folder.
///
/// # Errors
///
/// A usage failure: the file can't be read, or every fault in it at its place.
pub fn open_study(path: &Path) -> Result<OpenStudy, Failure> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::usage(anyhow::anyhow!(
            "cannot read the study {shown}: {error}; `studies/` has commented ones"
        ))
    })?;
    let style = if std::io::stderr().is_terminal() {
        Style::Coloured
    } else {
        Style::Plain
    };
    let faulty =
        |faults: &[crate::diagnostic::Diagnostic]| Failure::shown(faults, &text, &shown, style);
    let file = parse(&text).map_err(|fault| faulty(&[fault]))?;
    let base = path.parent().unwrap_or(Path::new(""));
    let plan = plan(&file, base).map_err(|faults| faulty(&faults))?;
    Ok(OpenStudy { text, file, plan })
}
