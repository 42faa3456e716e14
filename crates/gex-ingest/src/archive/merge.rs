//! One month's file: the sessions that the archive holds and the new ones, in time order.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use gex_compute::market::Instant;
use gex_compute::market::snapshot::{ChainRow, ChainSnapshot, SnapshotHead};
use parquet::errors::ParquetError;

use super::document::SessionRecord;
use super::error::ArchiveError;
use super::read::Snapshots;
use super::write::PartitionWriter;
use crate::import::Conflict;
use crate::table::file_name;

/// An underlying's month: one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month {
    underlying: String,
    year: i32,
    of_year: u32,
}

impl Month {
    pub(super) fn of(underlying: &str, session: NaiveDate) -> Self {
        Self {
            underlying: underlying.to_owned(),
            year: session.year(),
            of_year: session.month(),
        }
    }

    pub(super) fn underlying(&self) -> &str {
        &self.underlying
    }

    /// Path inside the archive.
    pub(super) fn file(&self) -> String {
        format!(
            "underlying={}/year={:04}/{:02}.parquet",
            self.underlying, self.year, self.of_year
        )
    }
}

/// Hands over the staged snapshots of a session.
pub(super) type Fresh<'a> = &'a dyn Fn(NaiveDate) -> Result<Vec<ChainSnapshot>, ArchiveError>;

/// Merges the sessions held with the new ones, session by session.
pub(super) struct Merge<'a> {
    pub(super) conflict: Conflict,
    /// Sessions of the import, ascending.
    pub(super) new: &'a [NaiveDate],
    pub(super) fresh: Fresh<'a>,
}

impl Merge<'_> {
    /// Writes the month's file and returns its sessions.
    pub(super) fn write(
        &self,
        path: &Path,
        old: Option<Snapshots>,
    ) -> Result<Vec<SessionRecord>, ArchiveError> {
        let mut out = MonthOut::create(path)?;
        let mut old = old.into_iter().flatten().peekable();
        for session in self.new {
            while let Some(earlier) = next_session(&mut old)?.filter(|held| held < session) {
                out.session(earlier, take_session(&mut old, earlier)?)?;
            }
            let held = take_session(&mut old, *session)?;
            let chains = self.both(held, (self.fresh)(*session)?)?;
            out.session(*session, chains)?;
        }
        while let Some(later) = next_session(&mut old)? {
            out.session(later, take_session(&mut old, later)?)?;
        }
        out.finish()
    }

    fn both(
        &self,
        held: Vec<ChainSnapshot>,
        fresh: Vec<ChainSnapshot>,
    ) -> Result<Vec<ChainSnapshot>, ArchiveError> {
        match self.conflict {
            Conflict::KeepBoth => by_instant(held.into_iter().chain(fresh)),
            Conflict::Refuse | Conflict::Replace => by_instant(fresh),
        }
    }
}

/// The session of the next snapshot.
fn next_session(
    snapshots: &mut Peekable<impl Iterator<Item = Result<ChainSnapshot, ArchiveError>>>,
) -> Result<Option<NaiveDate>, ArchiveError> {
    if let Some(Err(error)) = snapshots.next_if(Result::is_err) {
        return Err(error);
    }
    let next = snapshots.peek().and_then(|next| next.as_ref().ok());
    Ok(next.map(|snapshot| snapshot.head().session))
}

fn take_session(
    snapshots: &mut Peekable<impl Iterator<Item = Result<ChainSnapshot, ArchiveError>>>,
    session: NaiveDate,
) -> Result<Vec<ChainSnapshot>, ArchiveError> {
    let same = |next: &Result<ChainSnapshot, ArchiveError>| {
        next.as_ref()
            .map_or(true, |snapshot| snapshot.head().session == session)
    };
    std::iter::from_fn(|| snapshots.next_if(same)).collect()
}

/// One snapshot an instant, ascending: files that share an instant, such as one an expiry, make
/// one chain, whatever their order.
///
/// # Errors
///
/// [`ArchiveError::Disagree`] where two of them tell different things of the instant.
pub(super) fn by_instant(
    snapshots: impl IntoIterator<Item = ChainSnapshot>,
) -> Result<Vec<ChainSnapshot>, ArchiveError> {
    let mut chains: BTreeMap<i64, ChainSnapshot> = BTreeMap::new();
    for snapshot in snapshots {
        // The archive's instants are microseconds: what is closer is the same instant.
        let instant = snapshot.head().ts.timestamp_micros();
        let chain = match chains.remove(&instant) {
            Some(held) if held != snapshot => union(&held, &snapshot)?,
            _ => snapshot,
        };
        chains.insert(instant, chain);
    }
    Ok(chains.into_values().collect())
}

/// One chain of all the contracts of two; it was known when the later one was.
fn union(one: &ChainSnapshot, other: &ChainSnapshot) -> Result<ChainSnapshot, ArchiveError> {
    let mut head = one.head().clone();
    if !same_market(&head, other.head()) {
        return Err(disagree(
            &head,
            "spot, session or currency differ".to_owned(),
        ));
    }
    head.known_at = head.known_at.max(other.head().known_at);
    let mut rows: Vec<ChainRow> = one.rows().chain(other.rows()).collect();
    rows.sort_by(by_contract);
    rows.dedup();
    ChainSnapshot::from_rows(head.clone(), rows)
        .map_err(|source| disagree(&head, source.to_string()))
}

fn same_market(one: &SnapshotHead, other: &SnapshotHead) -> bool {
    (one.spot, one.session, one.currency) == (other.spot, other.session, other.currency)
}

fn by_contract(a: &ChainRow, b: &ChainRow) -> Ordering {
    let key = |row: &ChainRow| (row.expiry, row.right);
    let strikes = a.strike.total_cmp(&b.strike);
    key(a).cmp(&key(b)).then(strikes).then(a.root.cmp(&b.root))
}

fn disagree(head: &SnapshotHead, problem: String) -> ArchiveError {
    ArchiveError::Disagree {
        underlying: head.underlying.clone(),
        ts: head.ts,
        problem,
    }
}

/// A month's file in the making, and what it holds so far.
struct MonthOut {
    file: String,
    writer: PartitionWriter,
    records: Vec<SessionRecord>,
    last: Option<Instant>,
}

impl MonthOut {
    fn create(path: &Path) -> Result<Self, ArchiveError> {
        let file = file_name(path);
        let writer = PartitionWriter::create(path).map_err(|source| unwritten(&file, source))?;
        Ok(Self {
            file,
            writer,
            records: Vec::new(),
            last: None,
        })
    }

    fn session(
        &mut self,
        session: NaiveDate,
        chains: Vec<ChainSnapshot>,
    ) -> Result<(), ArchiveError> {
        self.records.push(SessionRecord {
            session,
            snapshots: chains.len() as u64,
            rows: chains.iter().map(|chain| chain.len() as u64).sum(),
        });
        for chain in chains {
            let ts = chain.head().ts;
            if self.last.is_some_and(|last| ts <= last) {
                return Err(disagree(
                    chain.head(),
                    format!("it is of session {session} but not after the session before"),
                ));
            }
            self.last = Some(ts);
            let added = self.writer.add(chain);
            added.map_err(|source| unwritten(&self.file, source))?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<SessionRecord>, ArchiveError> {
        let finished = self.writer.finish();
        finished.map_err(|source| unwritten(&self.file, source))?;
        Ok(self.records)
    }
}

/// Writes one file of snapshots that are in time order.
pub(super) fn write_file(path: &Path, snapshots: Vec<ChainSnapshot>) -> Result<(), ArchiveError> {
    let write = || {
        let mut writer = PartitionWriter::create(path)?;
        for snapshot in snapshots {
            writer.add(snapshot)?;
        }
        writer.finish()
    };
    write().map_err(|source| unwritten(&file_name(path), source))
}

fn unwritten(file: &str, source: ParquetError) -> ArchiveError {
    ArchiveError::Unwritten {
        file: file.to_owned(),
        source,
    }
}
