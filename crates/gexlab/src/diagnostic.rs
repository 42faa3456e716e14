//! A fault in a text file, shown at its place: line, column, caret and what to do.

use std::io::IsTerminal as _;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes of the file.
    pub span: Range<usize>,
    /// A few words at the caret.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A fault without advice.
    pub fn new(message: impl Into<String>, span: Range<usize>, label: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            span,
            label: label.into(),
            help: None,
        }
    }

    /// The same fault with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Text with colour or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// For pipes and files.
    Plain,
    /// For terminals.
    Coloured,
}

impl Style {
    /// Colour where errors go to a terminal.
    pub fn of_stderr() -> Self {
        if std::io::stderr().is_terminal() {
            Self::Coloured
        } else {
            Self::Plain
        }
    }
}

/// Shows every fault under its line of `source`, and a closing count.
pub fn render(faults: &[Diagnostic], source: &str, path: &str, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    let mut text = String::new();
    for fault in faults {
        let snippet = Snippet::source(source).path(path).annotation(
            AnnotationKind::Primary
                .span(fault.span.clone())
                .label(fault.label.as_str()),
        );
        let mut group = Level::ERROR
            .primary_title(fault.message.as_str())
            .element(snippet);
        if let Some(help) = &fault.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        text.push_str(&renderer.render(&[group]));
        text.push('\n');
    }
    let plural = if faults.len() == 1 { "" } else { "s" };
    format!("{text}{} problem{plural} in {path}", faults.len())
}

/// The known word nearest to `typed`, if one is near enough to be what was meant.
pub fn nearest<'a>(typed: &str, known: &[&'a str]) -> Option<&'a str> {
    let limit = (typed.chars().count() / 3).max(2);
    known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(typed, word), *word))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_shows_line_column_caret_and_help() {
        let source = "[data]\narchve = \"x\"\n";
        let fault = Diagnostic::new("unknown field `archve`", 7..13, "not a setting here")
            .with_help("did you mean `archive`?");
        let text = render(&[fault], source, "study.toml", Style::Plain);
        assert!(text.contains("study.toml:2:1"), "{text}");
        assert!(text.contains("^^^^^^ not a setting here"), "{text}");
        assert!(text.contains("did you mean `archive`?"), "{text}");
        assert!(text.ends_with("1 problem in study.toml"), "{text}");
    }

    #[test]
    fn only_near_words_are_offered() {
        assert_eq!(nearest("archve", &["archive", "bars"]), Some("archive"));
        assert_eq!(nearest("zebra", &["archive", "bars"]), None);
    }
}
