//! One import into an archive: staged beside it, then swapped in.
//!
//! Sessions are staged one file each as they arrive, so that memory holds a session and not a
//! month; months are then put together session by session. Until the last rename the old archive
//! stands as it was.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate};
use gex_compute::market::snapshot::ChainSnapshot;
use parquet::errors::ParquetError;

use super::document::{
    DOCUMENT, Document, FileRecord, RuleRecord, SessionRecord, SourceRecord, hash_file,
};
use super::error::ArchiveError;
use super::read::{Archive, Snapshots};
use super::write::PartitionWriter;
use crate::accept::Rejected;
use crate::import::Conflict;
use crate::table::{Column, Table, file_name, read_parquet, write_parquet};

/// Rows set aside, in the archive's folder.
const REJECTED: &str = "rejected.parquet";

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
    staged: BTreeMap<(String, NaiveDate), Staged>,
    rejected: Vec<Rejected>,
    _lock: File,
}

/// One session that waits for its month.
#[derive(Debug)]
struct Staged {
    pieces: Vec<PathBuf>,
    snapshots: u64,
    rows: u64,
}

impl ArchiveWriter {
    /// Begins an import into `folder`, which may hold an archive already.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] where another import is writing, the terms differ from the archive's, or
    /// the file system refuses.
    pub fn begin(folder: &Path, terms: ArchiveTerms) -> Result<Self, ArchiveError> {
        let io = |source| ArchiveError::Io {
            file: file_name(folder),
            source,
        };
        let parent = folder
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        fs::create_dir_all(parent.unwrap_or(Path::new("."))).map_err(io)?;
        let lock = lock(folder)?;
        recover(folder)?;
        let old = match Archive::open(folder) {
            Ok(archive) => Some(archive),
            Err(ArchiveError::Missing(_)) if is_empty(folder) => None,
            Err(error) => return Err(error),
        };
        if let Some(archive) = &old {
            same_terms(archive.document(), &terms)?;
        }
        let staging = beside(folder, "partial");
        if staging.exists() {
            fs::remove_dir_all(&staging).map_err(io)?;
        }
        fs::create_dir_all(staging.join(PIECES)).map_err(io)?;
        let staged = BTreeMap::new();
        let folder = folder.to_owned();
        Ok(Self {
            folder,
            staging,
            terms,
            old,
            staged,
            rejected: Vec::new(),
            _lock: lock,
        })
    }

    /// Hashes of the sources that the archive was made from: what was imported already.
    pub fn known_sources(&self) -> Vec<&str> {
        let sources = self
            .old
            .iter()
            .flat_map(|archive| &archive.document().sources);
        sources.map(|source| source.blake3.as_str()).collect()
    }

    /// Takes snapshots of one session or several, in time order within a session.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] for an underlying that can't name a folder, or where writing fails.
    pub fn add(&mut self, snapshots: Vec<ChainSnapshot>) -> Result<(), ArchiveError> {
        let mut sessions: BTreeMap<(String, NaiveDate), Vec<ChainSnapshot>> = BTreeMap::new();
        for snapshot in snapshots {
            let head = snapshot.head();
            check_name(&head.underlying)?;
            let key = (head.underlying.clone(), head.session);
            sessions.entry(key).or_default().push(snapshot);
        }
        for (key, snapshots) in sessions {
            self.stage(key, snapshots)?;
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
        let pieces: usize = self.staged.values().map(|staged| staged.pieces.len()).sum();
        let path = self.staging.join(PIECES).join(format!("{pieces}.parquet"));
        let staged = self.staged.entry(key).or_insert(Staged {
            pieces: Vec::new(),
            snapshots: 0,
            rows: 0,
        });
        staged.snapshots += snapshots.len() as u64;
        staged.rows += snapshots.iter().map(|s| s.len() as u64).sum::<u64>();
        staged.pieces.push(path.clone());
        write_file(&path, snapshots.into_iter().map(Ok))
    }

    /// Puts the months together and swaps the new archive in.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Conflict`] where sessions stand already and `conflict` refuses; any failure
    /// to write. The old archive stands as it was after every error.
    pub fn commit(self, summary: Summary, conflict: Conflict) -> Result<Document, ArchiveError> {
        if conflict == Conflict::Refuse {
            self.refuse_conflicts()?;
        }
        let mut document = self.new_document(summary);
        let months = self.months();
        for (month, sessions) in &months {
            let file = month.file();
            let record = self.write_month(&file, month, sessions, conflict)?;
            document.files.insert(file, record);
        }
        self.keep_other_files(&months)?;
        self.write_rejected()?;
        let pieces = self.staging.join(PIECES);
        fs::remove_dir_all(pieces).map_err(|source| self.io(source))?;
        document.write(&self.staging)?;
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
        file: &str,
        month: &Month,
        new: &[NaiveDate],
        conflict: Conflict,
    ) -> Result<FileRecord, ArchiveError> {
        let path = self.staging.join(file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|source| self.io(source))?;
        }
        let old = self.old_snapshots(file)?;
        let merge = Merge {
            writer: self,
            underlying: &month.underlying,
            conflict,
            new,
        };
        let sessions = merge.write(&path, old)?;
        let blake3 = hash_file(&path).map_err(|source| self.io(source))?;
        Ok(FileRecord {
            underlying: month.underlying.clone(),
            blake3,
            sessions,
        })
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
        let Some(staged) = self.staged.get(&(underlying.to_owned(), session)) else {
            return Ok(Vec::new());
        };
        let mut snapshots = Vec::new();
        for piece in &staged.pieces {
            for snapshot in Snapshots::open(piece, &file_name(piece))? {
                snapshots.push(snapshot?);
            }
        }
        snapshots.sort_by_key(|snapshot| snapshot.head().ts);
        Ok(snapshots)
    }

    /// Links the files of the old archive that this import does not change.
    fn keep_other_files(
        &self,
        changed: &BTreeMap<Month, Vec<NaiveDate>>,
    ) -> Result<(), ArchiveError> {
        let Some(archive) = &self.old else {
            return Ok(());
        };
        let changed: Vec<String> = changed.keys().map(Month::file).collect();
        for file in archive
            .document()
            .files
            .keys()
            .filter(|file| !changed.contains(file))
        {
            let (from, to) = (self.folder.join(file), self.staging.join(file));
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent).map_err(|source| self.io(source))?;
            }
            fs::hard_link(&from, &to)
                .or_else(|_| fs::copy(&from, &to).map(|_| ()))
                .map_err(|source| self.io(source))?;
        }
        Ok(())
    }

    /// Writes the rows set aside after those that the archive holds already.
    fn write_rejected(&self) -> Result<(), ArchiveError> {
        let before = match &self.old {
            Some(_) if self.folder.join(REJECTED).exists() => {
                Some(read_parquet(&self.folder.join(REJECTED))?.0)
            }
            _ => None,
        };
        if before.is_none() && self.rejected.is_empty() {
            return Ok(());
        }
        let table = rejected_table(before.as_ref(), &self.rejected);
        Ok(write_parquet(&self.staging.join(REJECTED), &table, &[])?)
    }
}

/// Folder of staged sessions inside the staging folder.
const PIECES: &str = ".sessions";

/// An underlying's month: one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Month {
    underlying: String,
    year: i32,
    month: u32,
}

impl Month {
    fn of(underlying: &str, session: NaiveDate) -> Self {
        Self {
            underlying: underlying.to_owned(),
            year: session.year(),
            month: session.month(),
        }
    }

    fn file(&self) -> String {
        format!(
            "underlying={}/year={}/{:02}.parquet",
            self.underlying, self.year, self.month
        )
    }
}

/// Merges the old sessions of a month with the new ones.
struct Merge<'a> {
    writer: &'a ArchiveWriter,
    underlying: &'a str,
    conflict: Conflict,
    new: &'a [NaiveDate],
}

impl Merge<'_> {
    fn write(
        &self,
        path: &Path,
        old: Option<Snapshots>,
    ) -> Result<Vec<SessionRecord>, ArchiveError> {
        let mut out = MonthOut::create(path)?;
        let mut pending = self.new.iter().copied().peekable();
        let mut old = old.into_iter().flatten().peekable();
        loop {
            let old_session = match old.peek() {
                Some(Ok(snapshot)) => Some(snapshot.head().session),
                Some(Err(_)) => {
                    return Err(old
                        .next()
                        .and_then(Result::err)
                        .unwrap_or_else(|| ArchiveError::Missing(file_name(path))));
                }
                None => None,
            };
            match (old_session, pending.peek().copied()) {
                (None, None) => return out.finish(),
                (Some(session), new) if new.is_none_or(|new| session < new) => {
                    out.session(session, take_session(&mut old, session)?)?;
                }
                (old_session, Some(session)) => {
                    pending.next();
                    let held = match old_session {
                        Some(same) if same == session => take_session(&mut old, session)?,
                        _ => Vec::new(),
                    };
                    let fresh = self.writer.staged_session(self.underlying, session)?;
                    out.session(session, self.both(held, fresh))?;
                }
                (Some(_), None) => return out.finish(),
            }
        }
    }

    /// The snapshots of a session that both sides have: instants of the import win.
    fn both(&self, held: Vec<ChainSnapshot>, fresh: Vec<ChainSnapshot>) -> Vec<ChainSnapshot> {
        let mut by_instant = BTreeMap::new();
        if self.conflict == Conflict::KeepBoth {
            by_instant.extend(
                held.into_iter()
                    .map(|snapshot| (snapshot.head().ts, snapshot)),
            );
        }
        for snapshot in fresh {
            let free = self.conflict != Conflict::KeepBoth
                || !by_instant.contains_key(&snapshot.head().ts);
            if free {
                by_instant.insert(snapshot.head().ts, snapshot);
            }
        }
        by_instant.into_values().collect()
    }
}

fn take_session(
    snapshots: &mut std::iter::Peekable<impl Iterator<Item = Result<ChainSnapshot, ArchiveError>>>,
    session: NaiveDate,
) -> Result<Vec<ChainSnapshot>, ArchiveError> {
    let same = |next: &Result<ChainSnapshot, ArchiveError>| {
        next.as_ref()
            .map_or(true, |snapshot| snapshot.head().session == session)
    };
    let mut taken = Vec::new();
    while let Some(next) = snapshots.next_if(same) {
        taken.push(next?);
    }
    Ok(taken)
}

/// A month's file in the making, and what it holds so far.
struct MonthOut {
    file: String,
    writer: PartitionWriter,
    records: Vec<SessionRecord>,
}

impl MonthOut {
    fn create(path: &Path) -> Result<Self, ArchiveError> {
        let file = file_name(path);
        let writer = PartitionWriter::create(path).map_err(|source| failed(&file, source))?;
        Ok(Self {
            file,
            writer,
            records: Vec::new(),
        })
    }

    fn session(
        &mut self,
        session: NaiveDate,
        chains: Vec<ChainSnapshot>,
    ) -> Result<(), ArchiveError> {
        let (snapshots, rows) = (
            chains.len() as u64,
            chains.iter().map(|c| c.len() as u64).sum(),
        );
        self.records.push(SessionRecord {
            session,
            snapshots,
            rows,
        });
        for chain in chains {
            self.writer
                .add(chain)
                .map_err(|source| failed(&self.file, source))?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<SessionRecord>, ArchiveError> {
        self.writer
            .finish()
            .map_err(|source| failed(&self.file, source))?;
        Ok(self.records)
    }
}

fn failed(file: &str, source: ParquetError) -> ArchiveError {
    ArchiveError::Parquet {
        file: file.to_owned(),
        group: 0,
        source,
    }
}

fn write_file(
    path: &Path,
    snapshots: impl Iterator<Item = Result<ChainSnapshot, ArchiveError>>,
) -> Result<(), ArchiveError> {
    let mut writer = PartitionWriter::create(path).map_err(|e| failed(&file_name(path), e))?;
    for snapshot in snapshots {
        writer
            .add(snapshot?)
            .map_err(|e| failed(&file_name(path), e))?;
    }
    writer.finish().map_err(|e| failed(&file_name(path), e))
}

fn rejected_table(before: Option<&Table>, rows: &[Rejected]) -> Table {
    let texts = |name: &str, read: fn(&Rejected) -> String| {
        let mut column = match before.and_then(|table| table.column(name)) {
            Some(Column::Text(texts)) => texts.clone(),
            _ => Vec::new(),
        };
        column.extend(rows.iter().map(|row| Some(read(row))));
        Column::Text(column)
    };
    let mut numbers = match before.and_then(|table| table.column("row")) {
        Some(Column::I64(numbers)) => numbers.clone(),
        _ => Vec::new(),
    };
    numbers.extend(rows.iter().map(|row| i64::try_from(row.row).ok()));
    Table::new()
        .with("source", texts("source", |row| row.source.clone()))
        .with("row", Column::I64(numbers))
        .with("column", texts("column", |row| row.column.clone()))
        .with("value", texts("value", |row| row.value.clone()))
        .with("reason", texts("reason", |row| row.rule.name().to_owned()))
}

/// A name that can be a folder on any system.
fn check_name(underlying: &str) -> Result<(), ArchiveError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let plain = !underlying.is_empty()
        && underlying.len() <= 32
        && underlying.chars().all(legal)
        && !underlying.starts_with('.');
    if plain {
        Ok(())
    } else {
        Err(ArchiveError::Name(underlying.to_owned()))
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
    for (what, old, new) in pairs {
        if old != new {
            return Err(ArchiveError::Terms {
                what,
                old: old.clone(),
                new: new.clone(),
            });
        }
    }
    Ok(())
}

/// A hidden neighbour of the archive's folder.
fn beside(folder: &Path, what: &str) -> PathBuf {
    folder.with_file_name(format!(".{}.{what}", file_name(folder)))
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

fn lock(folder: &Path) -> Result<File, ArchiveError> {
    let io = |source| ArchiveError::Io {
        file: file_name(folder),
        source,
    };
    let file = File::create(beside(folder, "lock")).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ArchiveError::Locked(file_name(folder))),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

/// Puts the old archive back where a crash fell between the two renames of a swap.
fn recover(folder: &Path) -> Result<(), ArchiveError> {
    let io = |source| ArchiveError::Io {
        file: file_name(folder),
        source,
    };
    let old = beside(folder, "old");
    if old.exists() {
        if folder.join(DOCUMENT).exists() {
            fs::remove_dir_all(&old).map_err(io)?;
        } else {
            fs::rename(&old, folder).map_err(io)?;
        }
    }
    Ok(())
}

fn swap(staging: &Path, folder: &Path) -> Result<(), ArchiveError> {
    let io = |source| ArchiveError::Io {
        file: file_name(folder),
        source,
    };
    let old = beside(folder, "old");
    if folder.exists() {
        fs::rename(folder, &old).map_err(io)?;
    }
    fs::rename(staging, folder).map_err(io)?;
    if old.exists() {
        fs::remove_dir_all(&old).map_err(io)?;
    }
    Ok(())
}
