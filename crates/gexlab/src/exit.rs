//! How a command ends: the exit code and the message that goes with it.

use std::fmt;
use std::process::ExitCode;

/// The kinds of failure, each with the exit code that scripts rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The run failed: input/output, or a defect of ours.
    Failed,
    /// The command line or the study file is wrong.
    Usage,
    /// Data are missing, broken or refused.
    Data,
}

impl FailureKind {
    /// The exit code: 1 failed, 2 usage or study error, 3 bad or missing data.
    pub fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Data => 3,
        }
    }
}

/// A failure on its way to the exit code.
#[derive(Debug)]
pub struct Failure {
    /// Which exit code.
    pub kind: FailureKind,
    /// What happened and what to do, as a chain of causes.
    pub error: anyhow::Error,
}

impl Failure {
    /// A fault of the command line or the study file.
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self {
            kind: FailureKind::Usage,
            error: error.into(),
        }
    }

    /// Missing, broken or refused data.
    pub fn data(error: impl Into<anyhow::Error>) -> Self {
        Self {
            kind: FailureKind::Data,
            error: error.into(),
        }
    }

    /// Anything else.
    pub fn failed(error: impl Into<anyhow::Error>) -> Self {
        Self {
            kind: FailureKind::Failed,
            error: error.into(),
        }
    }

    /// The exit code as the operating system wants it.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind.code())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)
    }
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
        let codes = [FailureKind::Failed, FailureKind::Usage, FailureKind::Data].map(|k| k.code());
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
