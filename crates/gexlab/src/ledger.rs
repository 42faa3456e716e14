//! The ledger of every hypothesis ever evaluated: append-only, hash-chained, one line an entry.
//!
//! "Best of N" is honest only if N survives the session in which it grew. Each entry holds the
//! hash of the one before, so a deleted or altered line shows. A run freezes the count at its first
//! entry: the same run, run again, reads the same count.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// One run's entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Identifier of the run.
    pub run: String,
    /// Name of the study.
    pub study: String,
    /// Hash of the data set, in hex.
    pub data: String,
    /// Hashes of the hypotheses, sorted, in hex.
    pub hypotheses: Vec<String>,
    /// Distinct hypotheses on this data set so far, this run's included.
    pub count: u64,
    /// Hash of the entry before; empty for the first.
    pub previous: String,
    /// blake3 of this entry with `hash` empty, in hex.
    pub hash: String,
}

/// Why a ledger can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Reading or writing failed.
    #[error("cannot use the ledger {path}: {source}")]
    Io {
        /// The ledger's file name.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A line does not follow from the one before.
    #[error(
        "the ledger {path} is broken at line {line}: an entry was altered or removed; \
         restore the file, or move it away to begin a new count"
    )]
    Broken {
        /// The ledger's file name.
        path: String,
        /// Line, from 1.
        line: usize,
    },
}

/// What a run asks the ledger to remember.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Identifier of the run.
    pub run: String,
    /// Name of the study.
    pub study: String,
    /// Hash of the data set, in hex.
    pub data: String,
    /// Hashes of the hypotheses, in hex.
    pub hypotheses: BTreeSet<String>,
}

/// Enters a run, unless it stands there already, and returns its entry.
///
/// # Errors
///
/// [`LedgerError`] where the file can't be read or written, or its chain of hashes is broken.
pub fn enter(path: &Path, claim: &Claim) -> Result<Entry, LedgerError> {
    let entries = read(path)?;
    if let Some(known) = entries.iter().find(|entry| entry.run == claim.run) {
        return Ok(known.clone());
    }
    let mut seen = claim.hypotheses.clone();
    for entry in entries.iter().filter(|entry| entry.data == claim.data) {
        seen.extend(entry.hypotheses.iter().cloned());
    }
    let mut entry = Entry {
        run: claim.run.clone(),
        study: claim.study.clone(),
        data: claim.data.clone(),
        hypotheses: claim.hypotheses.iter().cloned().collect(),
        count: seen.len() as u64,
        previous: entries
            .last()
            .map(|last| last.hash.clone())
            .unwrap_or_default(),
        hash: String::new(),
    };
    entry.hash = hash_of(&entry);
    append(path, &entry)?;
    Ok(entry)
}

/// Reads and checks a ledger; a missing file is an empty one.
///
/// # Errors
///
/// [`LedgerError`] where the file can't be read or its chain of hashes is broken.
pub fn read(path: &Path) -> Result<Vec<Entry>, LedgerError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => {
            return Err(LedgerError::Io {
                path: name(path),
                source,
            });
        }
    };
    let mut entries: Vec<Entry> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let broken = || LedgerError::Broken {
            path: name(path),
            line: i + 1,
        };
        let entry: Entry = serde_json::from_str(line).map_err(|_| broken())?;
        let previous = entries.last().map_or("", |last| last.hash.as_str());
        if entry.previous != previous || entry.hash != hash_of(&entry) {
            return Err(broken());
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn append(path: &Path, entry: &Entry) -> Result<(), LedgerError> {
    let io = |source| LedgerError::Io {
        path: name(path),
        source,
    };
    let mut line = serde_json::to_string(entry).map_err(|error| io(error.into()))?;
    line.push('\n');
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(io)?;
    file.write_all(line.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(io)
}

fn hash_of(entry: &Entry) -> String {
    let bare = Entry {
        hash: String::new(),
        ..entry.clone()
    };
    let text = serde_json::to_string(&bare).unwrap_or_default();
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(run: &str, data: &str, hypotheses: &[&str]) -> Claim {
        Claim {
            run: run.to_owned(),
            study: "s".to_owned(),
            data: data.to_owned(),
            hypotheses: hypotheses.iter().map(|h| (*h).to_owned()).collect(),
        }
    }

    #[test]
    fn distinct_hypotheses_are_counted_once_per_data_set() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.jsonl");
        assert_eq!(
            enter(&path, &claim("r1", "d", &["a", "b"])).unwrap().count,
            2
        );
        assert_eq!(
            enter(&path, &claim("r2", "d", &["b", "c"])).unwrap().count,
            3
        );
        assert_eq!(
            enter(&path, &claim("r3", "other", &["a"])).unwrap().count,
            1
        );
    }

    #[test]
    fn the_same_run_reads_the_count_of_its_first_entry() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.jsonl");
        let first = enter(&path, &claim("r1", "d", &["a"])).unwrap();
        enter(&path, &claim("r2", "d", &["b"])).unwrap();
        assert_eq!(enter(&path, &claim("r1", "d", &["a"])).unwrap(), first);
        assert_eq!(read(&path).unwrap().len(), 2);
    }

    #[test]
    fn a_removed_line_shows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.jsonl");
        for run in ["r1", "r2", "r3"] {
            enter(&path, &claim(run, "d", &[run])).unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        let kept: Vec<&str> = text
            .lines()
            .enumerate()
            .filter(|(i, _)| *i != 1)
            .map(|l| l.1)
            .collect();
        fs::write(&path, kept.join("\n")).unwrap();
        assert!(matches!(
            read(&path),
            Err(LedgerError::Broken { line: 2, .. })
        ));
    }
}
