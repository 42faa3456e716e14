//! `gex inspect`: what an archive holds.

use gex_ingest::archive::{Archive, Document};

use crate::args::InspectArgs;
use crate::console::Console;
use crate::exit::Failure;
use crate::text_table::{Side, lay_out};

/// Prints coverage, sources and rules of an archive.
///
/// # Errors
///
/// A data failure where the folder holds no archive.
pub fn inspect(args: &InspectArgs, console: Console) -> Result<(), Failure> {
    let archive = Archive::open(&args.archive).map_err(Failure::data)?;
    let document = archive.document();
    let value = serde_json::to_value(document).map_err(Failure::failed)?;
    console.answer(&describe(document), "gexlab/archive/1", value)?;
    Ok(())
}

/// The description as printed; no line is wider than a terminal.
pub fn describe(document: &Document) -> String {
    let mut text = format!(
        "calendar {} · open interest {} · schema {}{}\n\n",
        document.calendar,
        document.open_interest,
        document.schema_version,
        if document.synthetic {
            " · synthetic"
        } else {
            ""
        },
    );
    text.push_str(&coverage(document));
    text.push('\n');
    text.push_str(&sources(document));
    if !document.rules.is_empty() {
        text.push('\n');
        text.push_str(&rules(document));
    }
    text
}

fn coverage(document: &Document) -> String {
    let header = [
        ("underlying", Side::Left),
        ("sessions", Side::Right),
        ("snapshots", Side::Right),
        ("rows", Side::Right),
        ("first", Side::Left),
        ("last", Side::Left),
    ];
    let rows: Vec<Vec<String>> = document
        .underlyings()
        .into_iter()
        .map(|underlying| {
            let sessions = document.sessions(underlying);
            let date = |record: Option<&&gex_ingest::archive::SessionRecord>| {
                record
                    .map(|record| record.session.to_string())
                    .unwrap_or_default()
            };
            vec![
                underlying.to_owned(),
                sessions.len().to_string(),
                sessions
                    .iter()
                    .map(|record| record.snapshots)
                    .sum::<u64>()
                    .to_string(),
                sessions
                    .iter()
                    .map(|record| record.rows)
                    .sum::<u64>()
                    .to_string(),
                date(sessions.first()),
                date(sessions.last()),
            ]
        })
        .collect();
    lay_out(&header, &rows)
}

/// Sources are shown one by one up to this many, then as a sum.
const FEW: usize = 40;

fn sources(document: &Document) -> String {
    let header = [
        ("source", Side::Left),
        ("rows in", Side::Right),
        ("kept", Side::Right),
        ("set aside", Side::Right),
    ];
    let sum = |read: fn(&gex_ingest::archive::SourceRecord) -> u64| {
        document.sources.iter().map(read).sum::<u64>().to_string()
    };
    let mut rows = Vec::new();
    if document.sources.len() <= FEW {
        rows.extend(document.sources.iter().map(|source| {
            vec![
                source.name.clone(),
                source.rows_in.to_string(),
                source.rows_kept.to_string(),
                source.rows_set_aside.to_string(),
            ]
        }));
    }
    rows.push(vec![
        format!("all {}", document.sources.len()),
        sum(|source| source.rows_in),
        sum(|source| source.rows_kept),
        sum(|source| source.rows_set_aside),
    ]);
    lay_out(&header, &rows)
}

fn rules(document: &Document) -> String {
    let header = [
        ("rule", Side::Left),
        ("action", Side::Left),
        ("rows", Side::Right),
        ("where", Side::Left),
    ];
    let rows: Vec<Vec<String>> = document
        .rules
        .iter()
        .map(|(name, found)| {
            let mut places: Vec<&str> = found.places.iter().take(4).map(String::as_str).collect();
            if places.len() < found.places.len() {
                places.push("…");
            }
            vec![
                name.clone(),
                found.action.clone(),
                found.rows.to_string(),
                places.join("; "),
            ]
        })
        .collect();
    lay_out(&header, &rows)
}
