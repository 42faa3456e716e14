//! An archive's files back into snapshots, one row group in memory at a time.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use chrono::NaiveDate;
use gex_compute::market::snapshot::{ChainColumns, ChainSnapshot, ColumnSet};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};

use super::document::{Document, hash_bytes, hash_file};
use super::error::ArchiveError;
use super::folder::{beside, resolved};
use super::group::{Fault, GroupRows, Where};
use super::rejected::REJECTED;
use super::schema::schema;
use crate::codec::{GroupReader, guarded};
use crate::table::{Table, file_name, read_parquet};

/// An archive that stands in a folder.
#[derive(Debug, Clone)]
pub struct Archive {
    folder: PathBuf,
    document: Document,
}

/// One file of an archive: the unit of work of a parallel replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Path inside the archive.
    pub file: String,
    path: PathBuf,
    blake3: String,
}

impl Archive {
    /// Opens the archive in a folder.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] where there is none, or none that this tool reads.
    pub fn open(folder: &Path) -> Result<Self, ArchiveError> {
        let document = Document::read(folder).map_err(|error| match error {
            ArchiveError::Missing(_) if cut_off(folder) => ArchiveError::CutOff(file_name(folder)),
            error => error,
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            document,
        })
    }

    /// What the archive is and was made from.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The files of one underlying with a session in the window, in time order; `None` is open.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::Underlying`] where the archive has none of that name.
    pub fn partitions(
        &self,
        underlying: &str,
        (from, to): (Option<NaiveDate>, Option<NaiveDate>),
    ) -> Result<Vec<Partition>, ArchiveError> {
        if !self.document.underlyings().contains(&underlying) {
            let found = self.document.underlyings().join(", ");
            return Err(ArchiveError::Underlying {
                wanted: underlying.to_owned(),
                found,
            });
        }
        let inside = |session: NaiveDate| {
            from.is_none_or(|from| from <= session) && to.is_none_or(|to| session <= to)
        };
        let files = self.document.files.iter();
        let wanted = files.filter(|(_, record)| {
            record.underlying == underlying && record.sessions.iter().any(|s| inside(s.session))
        });
        Ok(wanted
            .map(|(file, record)| Partition {
                file: file.clone(),
                path: self.folder.join(file),
                blake3: record.blake3.clone(),
            })
            .collect())
    }
}

impl Archive {
    /// Whether a source of this blake3, in hex, was imported already.
    pub fn holds_source(&self, blake3: &str) -> bool {
        let mut sources = self.document.sources.iter();
        sources.any(|source| source.blake3 == blake3)
    }

    /// What is wrong with each file whose bytes are not those that were written; empty where the
    /// archive is sound.
    pub fn damages(&self) -> Vec<ArchiveError> {
        let files = self.document.files.keys();
        let months = files.map(|file| self.partition(file)?.check());
        let rejected = self.rejected().map(|_| ());
        months.chain([rejected]).filter_map(Result::err).collect()
    }

    /// The rows set aside, as a table of `source`, `row`, `column`, `value` and `reason`; `None`
    /// where there is none.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] where the file is missing, altered or damaged.
    pub fn rejected(&self) -> Result<Option<Table>, ArchiveError> {
        let Some(blake3) = &self.document.rejected_blake3 else {
            return Ok(None);
        };
        let path = self.folder.join(REJECTED);
        check_hash(&path, REJECTED, blake3)?;
        Ok(Some(read_parquet(&path)?.0))
    }

    /// One file by its path inside the archive.
    pub(super) fn partition(&self, file: &str) -> Result<Partition, ArchiveError> {
        let record = self.document.files.get(file);
        let record = record.ok_or_else(|| ArchiveError::Listing(file.to_owned()))?;
        Ok(Partition {
            file: file.to_owned(),
            path: self.folder.join(file),
            blake3: record.blake3.clone(),
        })
    }
}

/// Whether an import ended between the two renames of its swap.
fn cut_off(folder: &Path) -> bool {
    !folder.exists() && resolved(folder).is_ok_and(|folder| beside(&folder, "old").exists())
}

fn check_hash(path: &Path, file: &str, blake3: &str) -> Result<(), ArchiveError> {
    let file = file.to_owned();
    match hash_file(path) {
        Err(source) => Err(ArchiveError::Io { file, source }),
        Ok(found) if found == blake3 => Ok(()),
        Ok(_) => Err(ArchiveError::Altered { file }),
    }
}

impl Partition {
    /// The snapshots of the file, in time order.
    ///
    /// The file's hash is checked first: a flipped bit in a compressed page can give wrong numbers
    /// without an error.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] where the file is missing, altered or damaged.
    pub fn snapshots(&self) -> Result<Snapshots, ArchiveError> {
        self.snapshots_with(ColumnSet::ALL)
    }

    /// As [`Self::snapshots`], with these columns alone of those that may be unknown; the others
    /// are not decoded, and empty.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] where the file is missing, altered or damaged.
    pub fn snapshots_with(&self, columns: ColumnSet) -> Result<Snapshots, ArchiveError> {
        let length = fs::metadata(&self.path)
            .map_err(|source| self.io(source))?
            .len();
        let mut snapshots = if length <= READ_AT_ONCE {
            let bytes = fs::read(&self.path).map_err(|source| self.io(source))?;
            if hash_bytes(&bytes) != self.blake3 {
                let file = self.file.clone();
                return Err(ArchiveError::Altered { file });
            }
            Snapshots::of(&self.file, || reader_of(Bytes::from(bytes)))?
        } else {
            self.check()?;
            Snapshots::open(&self.path, &self.file)?
        };
        snapshots.columns = columns;
        Ok(snapshots)
    }

    fn io(&self, source: std::io::Error) -> ArchiveError {
        ArchiveError::Io {
            file: self.file.clone(),
            source,
        }
    }

    fn check(&self) -> Result<(), ArchiveError> {
        check_hash(&self.path, &self.file, &self.blake3)
    }
}

/// The snapshots of one file, in time order, decoded one by one.
pub struct Snapshots {
    file: String,
    reader: Box<dyn FileReader>,
    columns: ColumnSet,
    /// Row groups opened so far.
    groups: usize,
    open: Option<GroupRows>,
    /// Columns of a snapshot that was given back.
    memory: ChainColumns,
}

impl Snapshots {
    /// Opens a file whose hash its caller knows.
    pub(super) fn open(path: &Path, file: &str) -> Result<Self, ArchiveError> {
        let io = |source| ArchiveError::Io {
            file: file.to_owned(),
            source,
        };
        let opened = File::open(path).map_err(io)?;
        Self::of(file, || reader_of(opened))
    }

    fn of(
        file: &str,
        reader: impl FnOnce() -> Result<Box<dyn FileReader>, ParquetError>,
    ) -> Result<Self, ArchiveError> {
        let reader = guarded(reader).map_err(|source| ArchiveError::Parquet {
            file: file.to_owned(),
            group: 0,
            source,
        })?;
        Ok(Self {
            file: file.to_owned(),
            reader,
            columns: ColumnSet::ALL,
            groups: 0,
            open: None,
            memory: ChainColumns::default(),
        })
    }

    /// Gives a snapshot back whose memory the next one may take.
    pub fn recycle(&mut self, snapshot: ChainSnapshot) {
        self.memory = snapshot.into_parts().1;
    }

    /// Reads on within the open row group, or opens the next one; `None` after the last.
    fn read_next(&mut self) -> Result<Option<ChainSnapshot>, Fault> {
        loop {
            if let Some(group) = &mut self.open {
                let place = Where {
                    file: &self.file,
                    group: self.groups - 1,
                };
                if let Some(snapshot) = group.next(place, std::mem::take(&mut self.memory))? {
                    return Ok(Some(snapshot));
                }
            }
            if self.reader.num_row_groups() <= self.groups {
                return Ok(None);
            }
            self.groups += 1;
            let group = GroupReader::new(self.reader.get_row_group(self.groups - 1)?)?;
            self.open = Some(GroupRows::open(&group, self.columns)?);
        }
    }

    fn error(&self, fault: Fault) -> ArchiveError {
        match fault {
            Fault::Content(error) => error,
            Fault::Parquet(source) => ArchiveError::Parquet {
                file: self.file.clone(),
                group: self.groups.saturating_sub(1),
                source,
            },
        }
    }
}

impl Iterator for Snapshots {
    type Item = Result<ChainSnapshot, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        match guarded(|| self.read_next()) {
            Ok(snapshot) => snapshot.map(Ok),
            Err(fault) => {
                let error = self.error(fault);
                (self.groups, self.open) = (self.reader.num_row_groups(), None);
                Some(Err(error))
            }
        }
    }
}

/// Files up to this many bytes are read at once, so that their hash and their pages are taken from
/// the same bytes; larger ones page by page, so that memory stays within bounds.
const READ_AT_ONCE: u64 = 48 << 20;

/// A reader of a file that has exactly the archive's columns.
fn reader_of(file: impl ChunkReader + 'static) -> Result<Box<dyn FileReader>, ParquetError> {
    let reader = SerializedFileReader::new(file)?;
    let found = reader.metadata().file_metadata().schema();
    if *found == *schema()? {
        Ok(Box::new(reader))
    } else {
        Err(ParquetError::General(
            "its columns are not those of an archive".to_owned(),
        ))
    }
}
