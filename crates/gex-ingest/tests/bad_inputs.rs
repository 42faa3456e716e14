//! The kit of bad inputs: what each case must come to, read as `chain-table`.
//!
//! `GEX_SHARED` names the folder that holds `bad_inputs`. Unset, the test says that it skipped.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test reads its own data and says when it has none"
)]

use std::path::{Path, PathBuf};

use gex_compute::market::snapshot::ChainSnapshot;
use gex_ingest::import::{Batch, ImportReport, ImportRequest, read_sources};
use gex_ingest::vendor::Format;

struct Imported {
    report: ImportReport,
    batch: Batch,
}

fn import(folder: &Path) -> Result<Imported, String> {
    let mut all = Batch::default();
    let request = ImportRequest::of(vec![folder.to_owned()]).with_format(Format::ChainTable);
    let report = read_sources(&request, &mut |_| (), &mut |batch| {
        all.snapshots.extend(batch.snapshots);
        all.rejected.extend(batch.rejected);
        Ok(())
    });
    match report {
        Ok(report) => Ok(Imported { report, batch: all }),
        Err(error) => Err(error.to_string()),
    }
}

/// Everything that a reader of the report, of `archive.json` and of `rejected.parquet` would see.
fn shown(imported: &Imported) -> String {
    let rules = imported.report.ledger.iter();
    let rules = rules.map(|(rule, tally)| {
        format!(
            "{} {} {}\n",
            rule.name(),
            tally.rows,
            tally.places.join("\n")
        )
    });
    let rows = imported.batch.rejected.iter();
    let rows = rows.map(|r| {
        format!(
            "{} {} {} {} {}\n",
            r.source,
            r.row,
            r.column,
            r.value,
            r.rule.name()
        )
    });
    rules.chain(rows).collect()
}

fn judge(
    outcome: &str,
    case: &serde_json::Value,
    result: &Result<Imported, String>,
) -> Result<(), String> {
    let mentions = |text: &str| {
        let all = case["mention"].as_array().unwrap().iter();
        let missing: Vec<_> = all
            .filter(|m| {
                !text
                    .to_lowercase()
                    .contains(&m.as_str().unwrap().to_lowercase())
            })
            .collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(format!(
                "lacks {missing:?} in {}",
                text.chars().take(300).collect::<String>()
            ))
        }
    };
    let reason = case["reason"].as_str().unwrap_or_default();
    match (outcome, result) {
        ("error" | "error_or_quarantine", Err(message)) => mentions(message),
        ("error", Ok(_)) => Err("accepted".to_owned()),
        ("bounded", _) => Ok(()),
        (_, Err(message)) => Err(format!("refused: {message}")),
        ("accept", Ok(imported)) => match imported.batch.rejected.first() {
            Some(row) => Err(format!("set aside: {row:?}")),
            None => Ok(()),
        },
        (_, Ok(imported)) => {
            let text = shown(imported);
            if text.contains(reason) {
                mentions(&text)
            } else {
                Err(format!(
                    "no {reason} in {}",
                    text.chars().take(300).collect::<String>()
                ))
            }
        }
    }
}

/// Cases that another part of the program answers, or none yet.
const ELSEWHERE: [&str; 3] = [
    // Statistics of a row group lie: nothing here trusts them, and the rows are read as they are.
    "A19", // No permission: a superuser reads the file all the same.
    "A41",
    // New York readings stored as UTC: needs the snapshot time that a study declares.
    "D05",
];

fn kit() -> Option<PathBuf> {
    let Ok(shared) = std::env::var("GEX_SHARED") else {
        eprintln!("SKIPPED: GEX_SHARED is unset, so bad_inputs can't be read");
        return None;
    };
    Some(PathBuf::from(shared).join("bad_inputs"))
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

#[test]
fn every_case_of_the_kit_comes_to_what_it_must() {
    let Some(kit) = kit() else { return };
    let mut cases: Vec<_> = std::fs::read_dir(kit)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    cases.sort();
    let mut failures = Vec::new();
    for folder in cases {
        let Ok(text) = std::fs::read_to_string(folder.join("expect.json")) else {
            continue;
        };
        let case: serde_json::Value = serde_json::from_str(&text).unwrap();
        if case["layout"].is_string() || ELSEWHERE.contains(&case["id"].as_str().unwrap()) {
            continue;
        }
        let outcome = case["outcome"].as_str().unwrap();
        if let Err(why) = judge(outcome, &case, &import(&folder)) {
            failures.push(format!(
                "{} ({outcome}, {}): {why}",
                case["id"], case["title"]
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
