//! Reads a study file from disk, with its faults shown at their place.

use std::fs;
use std::path::Path;

use crate::diagnostic::Style;
use crate::exit::Failure;
use crate::overrides::apply;
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
    open_study_with(path, &[])
}

/// Reads and checks a study file with settings of the command line in place of its own.
///
/// # Errors
///
/// Those of [`open_study`], and a setting that can't be applied.
pub fn open_study_with(path: &Path, settings: &[String]) -> Result<OpenStudy, Failure> {
    let shown = shown_as(path, settings);
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::usage(anyhow::anyhow!(
            "cannot read the study {shown}: {error}; `gex init` writes a commented one"
        ))
    })?;
    let text = apply(&text, settings).map_err(|fault| Failure::usage(anyhow::anyhow!(fault)))?;
    let style = Style::of_stderr();
    let faulty =
        |faults: &[crate::diagnostic::Diagnostic]| Failure::shown(faults, &text, &shown, style);
    let file = parse(&text).map_err(|fault| faulty(&[fault]))?;
    let base = path.parent().unwrap_or(Path::new(""));
    let plan = plan(&file, base).map_err(|faults| faulty(&faults))?;
    Ok(OpenStudy { text, file, plan })
}

/// How messages name the study: faults of an edited text stand elsewhere than in the file.
fn shown_as(path: &Path, settings: &[String]) -> String {
    match settings {
        [] => path.display().to_string(),
        _ => format!("{} with --set {}", path.display(), settings.join(" ")),
    }
}
