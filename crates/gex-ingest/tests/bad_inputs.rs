//! The kit of bad inputs: what each case must come to, read as `chain-table` and written as an
//! archive.
//!
//! `GEX_SHARED` names the folder that holds `bad_inputs`. Unset, the tests say that they skipped.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a test reads its own data and says when it has none"
)]

#[path = "bad_inputs/answer.rs"]
mod answer;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use gex_compute::market::snapshot::ChainSnapshot;
use gex_ingest::accept::Rejected;
use gex_ingest::archive::{
    Archive, ArchiveTerms, ArchiveWriter, Origin, RuleRecord, SourceRecord, Summary,
};
use gex_ingest::import::{Batch, Conflict, ImportReport, ImportRequest, read_sources};
use gex_ingest::quality::{Action, Rule};
use gex_ingest::vendor::Format;
use serde::Deserialize;

use answer::{computed, difference, expected};

/// What `expect.json` says.
#[derive(Deserialize)]
struct Case {
    id: String,
    title: String,
    outcome: String,
    mention: Vec<String>,
    reason: Option<String>,
    count: Option<u64>,
    #[serde(default)]
    rows: Vec<BadRow>,
    layout: Option<String>,
}

#[derive(Deserialize)]
struct BadRow {
    file: String,
    row_in_file: usize,
    column: Option<String>,
}

struct Imported {
    report: ImportReport,
    batch: Batch,
}

fn kit() -> Option<PathBuf> {
    let Ok(shared) = std::env::var("GEX_SHARED") else {
        eprintln!("SKIPPED: GEX_SHARED is unset, so bad_inputs can't be read");
        return None;
    };
    Some(PathBuf::from(shared).join("bad_inputs"))
}

fn import(folder: &Path) -> Result<Imported, String> {
    let mut batch = Batch::default();
    let request = ImportRequest::of(vec![folder.to_owned()]).with_format(Format::ChainTable);
    let report = read_sources(&request, &mut |_| (), &mut |more| {
        batch.snapshots.extend(more.snapshots);
        batch.rejected.extend(more.rejected);
        Ok(())
    });
    match report {
        Ok(report) => Ok(Imported { report, batch }),
        Err(error) => Err(error.to_string()),
    }
}

/// Writes the archive and returns what its reader sees: `archive.json`, the rows set aside, and the
/// snapshots of `underlying`.
fn archived(imported: &Imported, underlying: &str) -> Result<(String, Vec<ChainSnapshot>), String> {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("archive");
    let written = write_archive(imported, &folder);
    if written.is_err() {
        assert!(!folder.exists(), "an archive was left behind");
    }
    written?;
    let archive = Archive::open(&folder).unwrap();
    let mut text = std::fs::read_to_string(folder.join("archive.json")).unwrap();
    if let Some(table) = archive.rejected().unwrap() {
        write!(text, "{table:?}").unwrap();
    }
    let months = archive.partitions(underlying, (None, None)).unwrap();
    let snapshots = months.iter().flat_map(|month| month.snapshots().unwrap());
    Ok((text, snapshots.map(Result::unwrap).collect()))
}

fn write_archive(imported: &Imported, folder: &Path) -> Result<(), String> {
    let terms = ArchiveTerms {
        calendar: "xnys".to_owned(),
        open_interest: "start-of-day".to_owned(),
        origin: Origin::Market,
    };
    let mut writer = ArchiveWriter::begin(folder, terms).unwrap();
    writer.set_aside(imported.batch.rejected.clone());
    let added = writer.add(imported.batch.snapshots.clone());
    added.map_err(|error| error.to_string())?;
    let committed = writer.commit(summary(&imported.report), Conflict::Refuse);
    committed.map(|_| ()).map_err(|error| error.to_string())
}

fn summary(report: &ImportReport) -> Summary {
    let sources = report.sources.iter().map(|source| SourceRecord {
        name: source.name.clone(),
        blake3: source.hash.clone(),
        format: report.profile.name.clone(),
        rows_in: source.rows.rows,
        rows_kept: source.rows.kept,
        rows_set_aside: source.rows.set_aside,
    });
    let rules = report.ledger.iter().map(|(rule, tally)| {
        let record = RuleRecord {
            action: rule.action().word().to_owned(),
            rows: tally.rows,
            places: tally.places.clone(),
        };
        (rule.name().to_owned(), record)
    });
    Summary {
        sources: sources.collect(),
        rules: rules.collect::<BTreeMap<_, _>>(),
    }
}

fn all_mentioned(case: &Case, text: &str) -> Result<(), String> {
    let text = text.to_lowercase();
    let missing = |mention: &&String| !text.contains(&mention.to_lowercase());
    match case.mention.iter().find(missing) {
        None => Ok(()),
        Some(mention) => {
            let start: String = text.chars().take(300).collect();
            Err(format!("lacks {mention:?} in {start}"))
        }
    }
}

/// Rows with two faults, or whose NaN became null when the kit wrote its file: case, row, our rule.
const OTHER_FAULTS: [(&str, usize, &str); 2] = [
    ("C13", 5_225, "null_required"),
    ("C31", 11, "invalid_strike"),
];

/// The case whose NaNs became null, which is unknown and no fault: one infinity is left.
const FAULTS_LEFT: (&str, u64) = ("C09", 1);

/// The rows set aside by the case's rule are its rows, each with the column at fault, and no others.
fn same_rows(case: &Case, rejected: &[Rejected]) -> Result<(), String> {
    let count = case.count.unwrap_or(case.rows.len() as u64);
    if rejected.len() as u64 != count {
        return Err(format!("{} rows set aside, not {count}", rejected.len()));
    }
    for bad in &case.rows {
        let found = rejected.iter().any(|row| {
            let place = (case.id.as_str(), row.row, row.rule.name());
            let column = bad.column.as_ref().is_none_or(|name| *name == row.column);
            let rule = case.reason.as_deref() == Some(row.rule.name());
            let fault = (column && rule) || OTHER_FAULTS.contains(&place);
            row.source == bad.file && row.row == bad.row_in_file && fault
        });
        if !found {
            let place = format!("{} row {} {:?}", bad.file, bad.row_in_file, bad.column);
            return Err(format!("{place} is not set aside so"));
        }
    }
    Ok(())
}

/// Rows are kept, and the rule counts each of them.
fn flagged(case: &Case, imported: &Imported) -> Result<(), String> {
    // Friday's contracts in the snapshot of a Saturday have settled, whatever the rule in question.
    let settled = |row: &&Rejected| row.rule == Rule::ExpiredContract && case.id == "D09";
    if let Some(row) = imported.batch.rejected.iter().find(|row| !settled(row)) {
        return Err(format!("set aside: {row:?}"));
    }
    let reason = case.reason.as_deref().unwrap_or_default();
    let mut tallies = imported.report.ledger.iter();
    let Some((_, tally)) = tallies.find(|(rule, _)| rule.name() == reason) else {
        return Err(format!("no {reason}"));
    };
    let (id, left) = FAULTS_LEFT;
    match case
        .count
        .map(|count| if case.id == id { left } else { count })
    {
        Some(count) if count != tally.rows => Err(format!("{} rows, not {count}", tally.rows)),
        _ => Ok(()),
    }
}

/// The table was made without a calendar, so that one snapshot falls on a holiday. That is a note
/// about the table and true of all of its copies; beyond it, nothing may be said of a good one.
fn nothing_wrong(imported: &Imported) -> Result<(), String> {
    if let Some(row) = imported.batch.rejected.first() {
        return Err(format!("set aside: {row:?}"));
    }
    for (rule, tally) in imported.report.ledger.iter() {
        let holiday = rule.action() == Action::Warn
            && rule == Rule::NotASession
            && tally
                .places
                .iter()
                .all(|place| place.contains("2024-01-15 is Martin Luther King"));
        if !holiday {
            return Err(format!("{}: {:?}", rule.name(), tally.places));
        }
    }
    Ok(())
}

/// The archive's text and, where the kit has the answer, its numbers.
fn agrees(case: &Case, folder: &Path, imported: &Imported) -> Result<(), String> {
    let heads = imported.batch.snapshots.iter().map(ChainSnapshot::head);
    let names: Vec<&str> = heads.map(|head| head.underlying.as_str()).collect();
    let name = names.iter().find(|name| **name == "SPX").or(names.first());
    let (text, snapshots) = archived(imported, name.unwrap_or(&""))?;
    all_mentioned(case, &text)?;
    same_answer(folder, &snapshots)
}

fn same_answer(folder: &Path, snapshots: &[ChainSnapshot]) -> Result<(), String> {
    let answer = folder.join("expected.csv");
    if !answer.exists() {
        return Ok(());
    }
    difference(&expected(&answer), &computed(snapshots)).map_or(Ok(()), Err)
}

/// Names that can't be folders: the table is read, and the archive refuses to be made.
const REFUSED_NAMES: [&str; 6] = ["E01", "E03", "E05", "E07", "E09", "E13"];

fn judge(case: &Case, folder: &Path) -> Result<(), String> {
    let imported = match (case.outcome.as_str(), import(folder)) {
        ("bounded", _) => return Ok(()),
        ("error" | "error_or_quarantine", Err(message)) => return all_mentioned(case, &message),
        (_, Err(message)) => return Err(format!("refused: {message}")),
        ("error", Ok(_)) => return Err("accepted".to_owned()),
        (_, Ok(imported)) => imported,
    };
    match case.outcome.as_str() {
        "accept" => nothing_wrong(&imported),
        "flag" => flagged(case, &imported),
        _ => same_rows(case, &imported.batch.rejected),
    }?;
    match agrees(case, folder, &imported) {
        Err(message) if REFUSED_NAMES.contains(&case.id.as_str()) => {
            if message.contains("can't name a folder") && !message.contains(char::is_control) {
                same_answer(folder, &imported.batch.snapshots)
            } else {
                Err(message)
            }
        }
        other => other,
    }
}

fn cases(kit: &Path) -> Vec<(Case, PathBuf)> {
    let entries = std::fs::read_dir(kit).unwrap();
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let with_case = folders.into_iter().filter_map(|folder| {
        let text = std::fs::read_to_string(folder.join("expect.json")).ok()?;
        Some((serde_json::from_str(&text).unwrap(), folder))
    });
    with_case.collect()
}

/// A superuser reads a file without permissions all the same.
fn is_readable_after_all(case: &Case, folder: &Path) -> bool {
    let readable = case.reason.as_deref() == Some("unreadable")
        && case.title.contains("permission")
        && std::fs::File::open(folder.join(&case.mention[0])).is_ok();
    if readable {
        eprintln!("SKIPPED: {} is readable for this user", case.id);
    }
    readable
}

#[test]
fn every_case_of_the_kit_comes_to_what_it_must() {
    let Some(kit) = kit() else { return };
    let all = cases(&kit);
    assert!(70 < all.len(), "the kit holds {} cases", all.len());
    let mut failures = Vec::new();
    for (case, folder) in &all {
        if case.layout.is_some() || is_readable_after_all(case, folder) {
            continue;
        }
        if let Err(why) = judge(case, folder) {
            let (id, outcome, title) = (&case.id, &case.outcome, &case.title);
            failures.push(format!("{id} ({outcome}, {title}): {why}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Other containers of the same rows, and the same rows in another order.
#[test]
fn what_is_the_same_table_gives_the_same_snapshots() {
    let Some(kit) = kit() else { return };
    let clean = import(&kit.join("clean")).unwrap().batch.snapshots;
    assert_eq!(clean.len(), 12);
    assert_eq!(clean.iter().map(ChainSnapshot::len).sum::<usize>(), 5_232);
    for case in [
        "A23", "A25", "A27", "A31", "A35", "A37", "B13", "B15", "B25", "B27", "D03",
    ] {
        let read = import(&kit.join(case)).unwrap().batch.snapshots;
        assert!(read == clean, "{case}");
    }
}

/// A hundred copies with one bit flipped each: an error, or the clean answer.
#[test]
fn a_flipped_bit_is_an_error_or_changes_nothing() {
    let Some(kit) = kit() else { return };
    let clean = import(&kit.join("clean")).unwrap().batch.snapshots;
    let mut wrong = Vec::new();
    for copy in 0..100 {
        let folder = format!("f{copy:03}");
        if let Ok(read) = import(&kit.join("A42").join(&folder))
            && read.batch.snapshots != clean
        {
            wrong.push(folder);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Set for a process that reads one case, so that nothing else is in its memory.
const CHILD: &str = "GEX_BOUNDED_CASE";

#[test]
fn bounded_cases_end_in_little_memory_and_time() {
    const LONGEST: Duration = Duration::from_secs(10);
    const MOST_KIB: u64 = 600 << 10;
    let Some(kit) = kit() else { return };
    if let Ok(id) = std::env::var(CHILD) {
        // Either verdict will do; the parent looks at what it cost.
        drop(import(&kit.join(id)));
        let peak = peak_kib();
        assert!(peak < MOST_KIB, "{peak} KiB");
        return;
    }
    for (case, _) in cases(&kit)
        .iter()
        .filter(|(case, _)| case.outcome == "bounded")
    {
        let name = "bounded_cases_end_in_little_memory_and_time";
        let start = Instant::now();
        let mut child = Command::new(std::env::current_exe().unwrap());
        let output = child
            .args(["--exact", name])
            .env(CHILD, &case.id)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}: {text}", case.id);
        assert!(
            start.elapsed() < LONGEST,
            "{}: {:?}",
            case.id,
            start.elapsed()
        );
    }
}

/// The most memory that this process ever held, as Linux counts it.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
