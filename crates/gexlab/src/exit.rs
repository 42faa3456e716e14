//! How a command ends: the exit code and the message that goes with it.

use std::fmt;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Style, render};

/// The kinds of failure, each with the exit code that scripts rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The run failed: input/output, or a defect of ours.
    Failed,
    /// The command line or the study file is wrong.
    Usage,
    /// Data are missing, broken or refused.
    Data,
    /// The work is done, but a check that was asked for failed.
    Check,
    /// Somebody pressed Ctrl-C; what was finished stays.
    Interrupted,
}

impl FailureKind {
    /// The exit code: 1 failed, 2 usage or study error, 3 bad or missing data, 4 a failed check, 130 interrupted.
    pub fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Data => 3,
            Self::Check => 4,
            Self::Interrupted => crate::interrupt::CODE,
        }
    }
}

/// A failure on its way to the exit code.
#[derive(Debug)]
pub struct Failure {
    /// Which exit code.
    pub kind: FailureKind,
    /// What happened and what to do.
    pub words: Words,
}

/// What a failure says.
#[derive(Debug)]
pub enum Words {
    /// A chain of causes.
    Chain(anyhow::Error),
    /// Faults of a file, already shown at their places.
    Shown {
        /// The text with the faults under their lines.
        text: String,
        /// The file, as it was named.
        file: String,
        /// Each fault and its bytes in the file.
        faults: Vec<(String, std::ops::Range<usize>)>,
    },
}

impl Failure {
    /// A fault of the command line or the study file.
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self {
            kind: FailureKind::Usage,
            words: Words::Chain(error.into()),
        }
    }

    /// Faults of the study file, already shown at their places.
    pub fn shown(faults: &[Diagnostic], source: &str, file: &str, style: Style) -> Self {
        let places = faults.iter();
        Self {
            kind: FailureKind::Usage,
            words: Words::Shown {
                text: render(faults, source, file, style),
                file: file.to_owned(),
                faults: places
                    .map(|fault| (fault.message.clone(), fault.span.clone()))
                    .collect(),
            },
        }
    }

    /// A check that was asked for and failed.
    pub fn check(error: impl Into<anyhow::Error>) -> Self {
        Self {
            kind: FailureKind::Check,
            words: Words::Chain(error.into()),
        }
    }

    /// Work that was broken off and can be taken up again.
    pub fn interrupted(error: impl Into<anyhow::Error>) -> Self {
        Self {
            kind: FailureKind::Interrupted,
            words: Words::Chain(error.into()),
        }
    }

    /// Missing, broken or refused data.
    pub fn data(error: impl Into<anyhow::Error>) -> Self {
        Self {
            kind: FailureKind::Data,
            words: Words::Chain(error.into()),
        }
    }

    /// Anything else.
    pub fn failed(error: impl Into<anyhow::Error>) -> Self {
        Self {
            kind: FailureKind::Failed,
            words: Words::Chain(error.into()),
        }
    }

    /// The failure as a program reads it.
    pub fn json(&self) -> Value {
        let (file, faults) = match &self.words {
            Words::Chain(_) => (None, Vec::new()),
            Words::Shown { file, faults, .. } => (
                Some(file),
                faults
                    .iter()
                    .map(|(message, span)| json!({ "message": message, "span": [span.start, span.end] }))
                    .collect(),
            ),
        };
        let message = match &self.words {
            Words::Chain(error) => chain(error),
            Words::Shown { faults, file, .. } => format!("{} problems in {file}", faults.len()),
        };
        json!({ "error": {
            "code": self.kind.code(), "message": message, "file": file, "faults": faults,
        }})
    }

    /// The exit code as the operating system wants it.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind.code())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.words {
            Words::Chain(error) => f.write_str(&chain(error)),
            Words::Shown { text, .. } => f.write_str(text),
        }
    }
}

/// The chain of causes; one whose words the text above it holds already is not said twice.
fn chain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_that_scripts_rely_on() {
        let codes =
            [FailureKind::Failed, FailureKind::Usage, FailureKind::Data].map(FailureKind::code);
        assert_eq!(codes, [1, 2, 3]);
    }

    #[test]
    fn the_message_holds_the_whole_chain() {
        let inner = anyhow::anyhow!("no such file");
        let failure = Failure::data(inner.context("cannot read bars.parquet"));
        assert_eq!(
            failure.to_string(),
            "cannot read bars.parquet: no such file"
        );
    }
}
