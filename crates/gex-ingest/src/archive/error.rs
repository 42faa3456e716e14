//! Why an archive can't be read or written.

use chrono::NaiveDate;
use gex_compute::market::Instant;
use gex_compute::market::snapshot::SnapshotError;
use parquet::errors::ParquetError;

use crate::table::TableError;

/// Why an archive can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// No archive stands there.
    #[error("{0} holds no archive.json; give the folder that `gex import --out` made")]
    Missing(String),
    /// The file system.
    #[error("cannot use {file}: {source}")]
    Io {
        /// Name of the file.
        file: String,
        /// The cause.
        source: std::io::Error,
    },
    /// `archive.json` is not one.
    #[error("archive.json is damaged: {0}; import the sources again")]
    Document(serde_json::Error),
    /// An archive of a version that this tool does not know.
    #[error(
        "archive.json has schema version {found}, this tool reads 1 to {known}; update the tool"
    )]
    Version {
        /// Version in `archive.json`.
        found: u32,
        /// Latest version known.
        known: u32,
    },
    /// A file whose bytes are not those that were written.
    #[error(
        "{file} was altered or damaged: its hash is not the one in archive.json; restore it or import again"
    )]
    Altered {
        /// Path inside the archive.
        file: String,
    },
    /// A file that the Parquet reader refuses.
    #[error("{file}, row group {group}: {source}; restore the file or import again")]
    Parquet {
        /// Path inside the archive.
        file: String,
        /// Row group, counted from 0.
        group: usize,
        /// The cause.
        source: ParquetError,
    },
    /// A file that can't be written.
    #[error("cannot write {file}: {source}; the archive stands as it was")]
    Unwritten {
        /// Name of the file.
        file: String,
        /// The cause.
        source: ParquetError,
    },
    /// Two chains of one instant that can't both be true, or an instant in the wrong session.
    #[error(
        "{underlying} at {ts}: {problem}; import one source of that instant, or use \
         --on-conflict replace"
    )]
    Disagree {
        /// The underlying.
        underlying: String,
        /// The instant.
        ts: Instant,
        /// What does not fit.
        problem: String,
    },
    /// A number without bounds.
    #[error(
        "{underlying} at {ts}, contract {row}: {column} is infinite; set the row aside, or leave \
         the value unknown"
    )]
    Infinite {
        /// The underlying.
        underlying: String,
        /// The instant.
        ts: Instant,
        /// Place of the contract in the snapshot, counted from 0.
        row: usize,
        /// Name of the column.
        column: &'static str,
    },
    /// A path without a name of its own.
    #[error("{0} names no folder; give a path that ends in the archive's name")]
    Folder(String),
    /// A swap that a crash cut in two.
    #[error(
        "an import into {0} was cut off while it put the new archive in place; \
         begin any import into {0}, which puts the old one back"
    )]
    CutOff(String),
    /// `archive.json` names a file that an archive never holds.
    #[error("archive.json is damaged: it names the file {0:?}; import the sources again")]
    Listing(String),
    /// Rows that make no snapshot.
    #[error("{file}, row group {group}: {source}; import the sources again")]
    Snapshot {
        /// Path inside the archive.
        file: String,
        /// Row group, counted from 0.
        group: usize,
        /// The cause.
        source: SnapshotError,
    },
    /// A value that an archive never holds.
    #[error(
        "{file}, row group {group}, row {row}: column {column} holds {value:?}; import the sources again"
    )]
    Value {
        /// Path inside the archive.
        file: String,
        /// Row group, counted from 0.
        group: usize,
        /// Row in the group, counted from 0.
        row: usize,
        /// Name of the column.
        column: &'static str,
        /// The value as text.
        value: String,
    },
    /// An underlying that is not there.
    #[error("the archive has no underlying {wanted:?}; it has {found}")]
    Underlying {
        /// The name asked for.
        wanted: String,
        /// Those that are there.
        found: String,
    },
    /// A name that can't be a folder.
    #[error("underlying {0:?} can't name a folder: use at most 32 of A-Z, a-z, 0-9, `.`, `_`, `-`")]
    Name(String),
    /// Sessions that the archive holds already.
    #[error(
        "{underlying}: the archive already holds {count} of these sessions, the first {first}; \
         use --on-conflict replace or keep-both"
    )]
    Conflict {
        /// The underlying.
        underlying: String,
        /// How many sessions.
        count: usize,
        /// The first of them.
        first: NaiveDate,
    },
    /// The archive was made under other terms.
    #[error("the archive has {what} {old}, the import {new}; import into another folder")]
    Terms {
        /// What differs.
        what: &'static str,
        /// In the archive.
        old: String,
        /// In the import.
        new: String,
    },
    /// Somebody else writes.
    #[error("another import is writing to {0}; wait for it to end")]
    Locked(String),
    /// The table of rows set aside.
    #[error(transparent)]
    Table(#[from] TableError),
}
