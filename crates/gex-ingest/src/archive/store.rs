//! One import into an archive: staged beside it, then swapped in.
//!
//! Sessions are staged one file each as they arrive, so that memory holds a session and not a
//! month; months are then put together session by session. Until the last rename the old archive
//! stands as it was.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use gex_compute::market::snapshot::ChainSnapshot;

use super::document::{Document, FileRecord, RuleRecord, SourceRecord, check_name, hash_file};
use super::error::ArchiveError;
use super::folder::{beside, fresh, is_free, link_missing, lock, recover, resolved, swap};
use super::group::first_infinite;
use super::merge::{Merge, Month, by_instant, write_file};
use super::read::{Archive, Snapshots};
use super::rejected::{REJECTED, write_rejected};
use crate::accept::Rejected;
use crate::import::Conflict;
use crate::table::file_name;

/// Under what terms an archive is made; one archive has one calendar and one clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveTerms {
    /// Name of the calendar.
    pub calendar: String,
    /// When open interest was public.
    pub open_interest: String,
    /// Whether the market was simulated.
    pub origin: Origin,
}

/// Where the rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A market.
    Market,
    /// A simulation: every page made from the archive says so.
    Simulation,
}

/// What an import tells the archive about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files read.
    pub sources: Vec<SourceRecord>,
    /// What the rules found.
    pub rules: BTreeMap<String, RuleRecord>,
}

/// One import on its way.
#[derive(Debug)]
pub struct ArchiveWriter {
    folder: PathBuf,
    staging: PathBuf,
    terms: ArchiveTerms,
    old: Option<Archive>,
    /// Files of each session that waits for its month.
    staged: BTreeMap<(String, NaiveDate), Vec<PathBuf>>,
    pieces: usize,
    rejected: Vec<Rejected>,
    _lock: File,
}

impl ArchiveWriter {
    /// Begins an import into `folder`, which may hold an archive already, or plain files alone.
    /// Leftovers of an import that was killed are healed first.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] where another import is writing, the terms differ from the archive's, the
    /// folder holds folders but no archive, or the file system refuses.
    pub fn begin(folder: &Path, terms: ArchiveTerms) -> Result<Self, ArchiveError> {
        let folder = resolved(folder)?;
        let lock = lock(&folder)?;
        recover(&folder)?;
        let old = match Archive::open(&folder) {
            Ok(archive) => Some(archive),
            Err(ArchiveError::Missing(_)) if is_free(&folder) => None,
            Err(error) => return Err(error),
        };
        if let Some(archive) = &old {
            same_terms(archive.document(), &terms)?;
        }
        let writer = Self {
            staging: beside(&folder, "partial"),
            folder,
            terms,
            old,
            staged: BTreeMap::new(),
            pieces: 0,
            rejected: Vec::new(),
            _lock: lock,
        };
        fresh(&writer.staging).map_err(|source| writer.io(source))?;
        fs::create_dir(writer.staging.join(PIECES)).map_err(|source| writer.io(source))?;
        Ok(writer)
    }

    /// Whether a source of this blake3, in hex, was imported already: a second import of it adds
    /// nothing.
    pub fn holds_source(&self, blake3: &str) -> bool {
        let old = self.old.as_ref();
        old.is_some_and(|archive| archive.holds_source(blake3))
    }

    /// Hashes of the sources that the archive was made from: what was imported already.
    pub fn known_sources(&self) -> Vec<&str> {
        let sources = self
            .old
            .iter()
            .flat_map(|archive| &archive.document().sources);
        sources.map(|source| source.blake3.as_str()).collect()
    }

    /// Takes snapshots, of one session or several, in any order; chains without a contract hold
    /// nothing to keep.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] for an underlying that can't name a folder, two chains of one instant that
    /// disagree, or where writing fails.
    pub fn add(&mut self, snapshots: Vec<ChainSnapshot>) -> Result<(), ArchiveError> {
        let mut sessions: BTreeMap<(String, NaiveDate), Vec<ChainSnapshot>> = BTreeMap::new();
        for snapshot in snapshots.into_iter().filter(|chain| !chain.is_empty()) {
            let head = snapshot.head();
            check_name(&head.underlying)?;
            check_finite(&snapshot)?;
            let key = (head.underlying.clone(), head.session);
            sessions.entry(key).or_default().push(snapshot);
        }
        for (key, snapshots) in sessions {
            self.stage(key, by_instant(snapshots)?)?;
        }
        Ok(())
    }

    /// Takes rows that were set aside.
    pub fn set_aside(&mut self, rows: Vec<Rejected>) {
        self.rejected.extend(rows);
    }

    fn stage(
        &mut self,
        key: (String, NaiveDate),
        snapshots: Vec<ChainSnapshot>,
    ) -> Result<(), ArchiveError> {
        let name = format!("{}.parquet", self.pieces);
        let path = self.staging.join(PIECES).join(name);
        self.pieces += 1;
        self.staged.entry(key).or_default().push(path.clone());
        write_file(&path, snapshots)
    }

    /// Puts the months together and swaps the new archive in.
    ///
    /// A session that stands already is refused, gives way as a whole, or is joined instant by
    /// instant; of one instant, chains are joined contract by contract, and those that disagree
    /// are an error. Files in the folder that are not the archive's stay.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Conflict`] where sessions stand already and `conflict` refuses,
    /// [`ArchiveError::Disagree`] as said; damage of a month that changes; any failure to write. The old archive stands as it was after every error.
    pub fn commit(self, summary: Summary, conflict: Conflict) -> Result<Document, ArchiveError> {
        if conflict == Conflict::Refuse {
            self.refuse_conflicts()?;
        }
        let mut document = self.new_document(summary);
        let months = self.months();
        for (month, sessions) in &months {
            let record = self.write_month(month, sessions, conflict)?;
            document.files.insert(month.file(), record);
        }
        document.rejected_blake3 = self.write_rejected()?;
        let pieces = self.staging.join(PIECES);
        fs::remove_dir_all(pieces).map_err(|source| self.io(source))?;
        document.write(&self.staging)?;
        self.keep_other_files()?;
        swap(&self.staging, &self.folder)?;
        Ok(document)
    }

    fn io(&self, source: std::io::Error) -> ArchiveError {
        ArchiveError::Io {
            file: file_name(&self.folder),
            source,
        }
    }

    fn refuse_conflicts(&self) -> Result<(), ArchiveError> {
        let Some(old) = &self.old else { return Ok(()) };
        for underlying in old.document().underlyings() {
            let held = old.document().sessions(underlying);
            let both: Vec<NaiveDate> = held
                .iter()
                .map(|record| record.session)
                .filter(|session| self.staged.contains_key(&(underlying.to_owned(), *session)))
                .collect();
            if let Some(first) = both.first() {
                let (underlying, count) = (underlying.to_owned(), both.len());
                return Err(ArchiveError::Conflict {
                    underlying,
                    count,
                    first: *first,
                });
            }
        }
        Ok(())
    }

    fn new_document(&self, summary: Summary) -> Document {
        let mut document = match &self.old {
            Some(archive) => archive.document().clone(),
            None => Document::new(&self.terms.calendar, &self.terms.open_interest),
        };
        document.synthetic |= self.terms.origin == Origin::Simulation;
        document.sources.extend(summary.sources);
        for (rule, found) in summary.rules {
            document.absorb_rule(&rule, found);
        }
        document
    }

    /// The months that change, each with its staged sessions.
    fn months(&self) -> BTreeMap<Month, Vec<NaiveDate>> {
        let mut months: BTreeMap<Month, Vec<NaiveDate>> = BTreeMap::new();
        for (underlying, session) in self.staged.keys() {
            months
                .entry(Month::of(underlying, *session))
                .or_default()
                .push(*session);
        }
        months
    }

    /// Writes one month: the old file's sessions and the staged ones, in time order.
    fn write_month(
        &self,
        month: &Month,
        new: &[NaiveDate],
        conflict: Conflict,
    ) -> Result<FileRecord, ArchiveError> {
        let file = month.file();
        let path = self.staged_path(&file)?;
        let merge = Merge {
            conflict,
            new,
            fresh: &|session| self.staged_session(month.underlying(), session),
        };
        let sessions = merge.write(&path, self.old_snapshots(&file)?)?;
        Ok(FileRecord {
            underlying: month.underlying().to_owned(),
            blake3: hash_file(&path).map_err(|source| self.io(source))?,
            sessions,
        })
    }

    /// Where a file of the new archive is made, in a folder that stands.
    fn staged_path(&self, file: &str) -> Result<PathBuf, ArchiveError> {
        let path = self.staging.join(file);
        let folder = path.parent().unwrap_or(&self.staging);
        fs::create_dir_all(folder).map_err(|source| self.io(source))?;
        Ok(path)
    }

    fn old_snapshots(&self, file: &str) -> Result<Option<Snapshots>, ArchiveError> {
        let Some(archive) = &self.old else {
            return Ok(None);
        };
        if !archive.document().files.contains_key(file) {
            return Ok(None);
        }
        archive.partition(file)?.snapshots().map(Some)
    }

    fn staged_session(
        &self,
        underlying: &str,
        session: NaiveDate,
    ) -> Result<Vec<ChainSnapshot>, ArchiveError> {
        let pieces = self.staged.get(&(underlying.to_owned(), session));
        let mut snapshots = Vec::new();
        for piece in pieces.into_iter().flatten() {
            for snapshot in Snapshots::open(piece, &file_name(piece))? {
                snapshots.push(snapshot?);
            }
        }
        by_instant(snapshots)
    }

    /// Keeps every file that this import does not write, ours or not: bars and controls of the
    /// user's stand in the folder too. `archive.json` and `rejected.parquet` stand there already
    /// where the new archive has them.
    fn keep_other_files(&self) -> Result<(), ArchiveError> {
        for file in self
            .old
            .iter()
            .flat_map(|archive| archive.document().files.keys())
        {
            let path = self.folder.join(file);
            if !path.exists() {
                let source = std::io::ErrorKind::NotFound.into();
                return Err(ArchiveError::Io {
                    file: file.clone(),
                    source,
                });
            }
        }
        if !self.folder.exists() {
            return Ok(());
        }
        link_missing(&self.folder, &self.staging).map_err(|source| self.io(source))
    }

    /// Writes the rows set aside after those that the archive holds already; the file's hash.
    fn write_rejected(&self) -> Result<Option<String>, ArchiveError> {
        let before = match &self.old {
            Some(archive) => archive.rejected()?,
            None => None,
        };
        if before.is_none() && self.rejected.is_empty() {
            return Ok(None);
        }
        let path = self.staging.join(REJECTED);
        write_rejected(&path, before.as_ref(), &self.rejected)?;
        let hash = hash_file(&path).map_err(|source| self.io(source))?;
        Ok(Some(hash))
    }
}

/// Folder of staged sessions inside the staging folder.
const PIECES: &str = ".sessions";

impl Drop for ArchiveWriter {
    /// Clears away what was staged and not committed.
    fn drop(&mut self) {
        if self.staging.exists() {
            // What can't be removed now is removed by the next import.
            drop(fs::remove_dir_all(&self.staging));
        }
    }
}

/// Unknown is null; an infinite price or volatility is neither known nor unknown.
fn check_finite(snapshot: &ChainSnapshot) -> Result<(), ArchiveError> {
    let head = snapshot.head();
    match first_infinite(snapshot.columns()) {
        None => Ok(()),
        Some((column, row)) => Err(ArchiveError::Infinite {
            underlying: head.underlying.clone(),
            ts: head.ts,
            row,
            column,
        }),
    }
}

fn same_terms(document: &Document, terms: &ArchiveTerms) -> Result<(), ArchiveError> {
    let pairs = [
        ("calendar", &document.calendar, &terms.calendar),
        (
            "open-interest clock",
            &document.open_interest,
            &terms.open_interest,
        ),
    ];
    match pairs.into_iter().find(|(_, old, new)| old != new) {
        None => Ok(()),
        Some((what, old, new)) => Err(ArchiveError::Terms {
            what,
            old: old.clone(),
            new: new.clone(),
        }),
    }
}
