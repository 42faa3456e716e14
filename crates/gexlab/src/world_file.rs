//! World files: what `gex simulate` makes a market from, faults shown at their place.

use std::ops::Range;

use gex_sim::{SeriesKind, SeriesWorldSpec, World, WorldSpec};
use serde::Deserialize;
use serde_spanned::Spanned;

use crate::checker::Checker;
use crate::diagnostic::Diagnostic;
use crate::study_file::fault;

/// What a world file asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum WorldFile {
    /// Chains of a market in which dealers hedge.
    Agents(World),
    /// One signal beside a market.
    Series(SeriesWorldSpec),
}

/// The key that decides which settings the rest of the file may have.
#[derive(Deserialize)]
struct Kind {
    kind: Option<Spanned<String>>,
}

/// Reads a world file.
///
/// # Errors
///
/// Every fault found, at its place.
pub fn parse(text: &str) -> Result<WorldFile, Vec<Diagnostic>> {
    let one = |error: &toml::de::Error| vec![fault(error)];
    let typed = toml::from_str::<Kind>(text)
        .map_err(|error| one(&error))?
        .kind;
    let Some(typed) = typed else {
        return agents(text);
    };
    let mut known: Vec<(&str, Option<SeriesKind>)> = vec![("agents", None)];
    known.extend(SeriesKind::ALL.map(|kind| (kind.name(), Some(kind))));
    let mut checker = Checker::default();
    let chosen = checker.choose("kind", &typed, &known);
    if checker.finish(chosen)?.is_none() {
        return agents(&without_line(text, &typed.span()));
    }
    // Simulating checks the numbers, and a fault of one names its setting.
    let spec: SeriesWorldSpec = toml::from_str(text).map_err(|error| one(&error))?;
    Ok(WorldFile::Series(spec))
}

fn agents(text: &str) -> Result<WorldFile, Vec<Diagnostic>> {
    let spec: WorldSpec = toml::from_str(text).map_err(|error| vec![fault(&error)])?;
    let world = spec.checked();
    let world =
        world.map_err(|error| vec![Diagnostic::new(error.to_string(), 0..0, "this world")])?;
    Ok(WorldFile::Agents(world))
}

/// The text with the line of `span` blank, so that other faults keep their place.
fn without_line(text: &str, span: &Range<usize>) -> String {
    let from = text[..span.start].rfind('\n').map_or(0, |end| end + 1);
    let to = text[span.end..]
        .find('\n')
        .map_or(text.len(), |end| span.end + end);
    format!("{}{}{}", &text[..from], " ".repeat(to - from), &text[to..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_decides_which_settings_there_are() {
        let world = parse("kind = \"agents\"\nhedging = 0.0\nsessions = 30\n").unwrap();
        assert!(matches!(world, WorldFile::Agents(w) if w.spec().sessions == 30));
        let world = parse("kind = \"a\"\neffect = 0.2\n").unwrap();
        assert!(matches!(world, WorldFile::Series(spec) if spec.kind == SeriesKind::A));
        assert!(matches!(parse("seed = 3"), Ok(WorldFile::Agents(_))));
    }

    #[test]
    fn faults_stand_at_their_place() {
        let faults = parse("kind = \"n00\"\n").unwrap_err();
        assert_eq!(faults[0].help.as_deref(), Some("did you mean `n0`?"));
        let faults = parse("kind = \"agents\"\nhedgin = 1.0\n").unwrap_err();
        assert_eq!(
            (faults[0].span.start, faults[0].help.as_deref()),
            (16, Some("did you mean `hedging`?"))
        );
        let faults = parse("kind = \"n0\"\nhedging = 1.0\n").unwrap_err();
        assert!(
            faults[0].message.contains("hedging"),
            "{}",
            faults[0].message
        );
        assert!(
            parse("hedging = 99.0").unwrap_err()[0]
                .message
                .contains("[0, 20]")
        );
    }
}
