//! What the command says: results on stdout, progress on stderr.
//!
//! A result is text for a person or, with `--json`, one JSON document for a program.
//! Progress vanishes when stderr is no terminal; then each finished stage leaves one line. A reader
//! that closes the pipe early (`gex runs | head`) is no failure.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// Stages and progress.
    Normal,
}

/// For whom the result on stdout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A person: text.
    Person,
    /// A program: one JSON document.
    Program,
}

/// Where a command speaks.
#[derive(Debug, Clone, Copy)]
pub struct Console {
    verbosity: Verbosity,
    reader: Reader,
}

/// Width of the verb column, as in cargo's output.
const VERB_WIDTH: usize = 12;

impl Console {
    /// A console that says as much as asked for.
    pub fn new(verbosity: Verbosity, reader: Reader) -> Self {
        Self { verbosity, reader }
    }

    /// Writes what a command answers: `text`, or `value` under the name of its schema.
    ///
    /// # Errors
    ///
    /// Any failure to write but a pipe that its reader closed.
    pub fn answer(self, text: &str, schema: &str, value: Value) -> io::Result<()> {
        match self.reader {
            Reader::Person => self.result(text),
            Reader::Program => self.result(&document(schema, value)),
        }
    }

    /// One line about a finished stage: a verb in a column of its own, then what was done.
    pub fn stage(self, verb: &str, what: &str) {
        if self.verbosity == Verbosity::Normal {
            let green = anstyle::AnsiColor::Green.on_default().bold();
            anstream::eprintln!("{green}{verb:>VERB_WIDTH$}{green:#} {what}");
        }
    }

    /// A warning on stderr; said even when quiet would hide progress.
    pub fn warning(self, what: &str) {
        let yellow = anstyle::AnsiColor::Yellow.on_default().bold();
        let verb = "Warning";
        anstream::eprintln!("{yellow}{verb:>VERB_WIDTH$}{yellow:#} {what}");
    }

    /// A progress bar of `steps` steps that draws only on a terminal.
    pub fn progress(self, verb: &'static str, steps: u64) -> ProgressBar {
        let visible = self.verbosity == Verbosity::Normal && io::stderr().is_terminal();
        let target = if visible {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(steps), target).with_prefix(verb);
        let style = ProgressStyle::with_template(
            "{prefix:>12.green.bold} [{bar:24}] {pos}/{len} {msg} eta {eta}",
        );
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    /// Writes a result on stdout.
    ///
    /// # Errors
    ///
    /// Any failure to write but a pipe that its reader closed.
    pub fn result(self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// One JSON document, its schema first.
fn document(schema: &str, value: Value) -> String {
    let mut whole = serde_json::Map::new();
    whole.insert("schema".to_owned(), schema.into());
    match value {
        Value::Object(fields) => whole.extend(fields),
        other => drop(whole.insert("value".to_owned(), other)),
    }
    format!("{}\n", Value::Object(whole))
}
