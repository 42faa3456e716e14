//! An archive's files back into snapshots, one row group in memory at a time.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::vec;

use chrono::{DateTime, NaiveDate};
use gex_compute::market::Instant;
use gex_compute::market::contract::{Exercise, Payoff, Right};
use gex_compute::market::snapshot::{ChainColumns, ChainSnapshot, Flags, Nullable, SnapshotHead};
use gex_compute::market::units::{Currency, Spot};
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::document::{Document, hash_file};
use super::error::ArchiveError;
use super::schema::Place;
use crate::codec::{GroupReader, guarded};
use crate::table::date;

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
        Ok(Self {
            folder: folder.to_owned(),
            document: Document::read(folder)?,
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
    /// One file by its path inside the archive.
    pub(super) fn partition(&self, file: &str) -> Result<Partition, ArchiveError> {
        let record = self.document.files.get(file);
        let record = record.ok_or_else(|| ArchiveError::Missing(file.to_owned()))?;
        Ok(Partition {
            file: file.to_owned(),
            path: self.folder.join(file),
            blake3: record.blake3.clone(),
        })
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
        let io = |source| ArchiveError::Io {
            file: self.file.clone(),
            source,
        };
        if hash_file(&self.path).map_err(io)? != self.blake3 {
            return Err(ArchiveError::Altered {
                file: self.file.clone(),
            });
        }
        Snapshots::open(&self.path, &self.file)
    }
}

/// The snapshots of one file, in time order.
pub struct Snapshots {
    file: String,
    reader: SerializedFileReader<File>,
    group: usize,
    ready: vec::IntoIter<ChainSnapshot>,
}

impl Snapshots {
    /// Opens a file whose hash its caller knows.
    pub(super) fn open(path: &Path, file: &str) -> Result<Self, ArchiveError> {
        let io = |source| ArchiveError::Io {
            file: file.to_owned(),
            source,
        };
        let opened = File::open(path).map_err(io)?;
        let reader = guarded(|| SerializedFileReader::new(opened)).map_err(|source| {
            ArchiveError::Parquet {
                file: file.to_owned(),
                group: 0,
                source,
            }
        })?;
        let ready = Vec::new().into_iter();
        Ok(Self {
            file: file.to_owned(),
            reader,
            group: 0,
            ready,
        })
    }

    fn next_group(&mut self) -> Result<Vec<ChainSnapshot>, ArchiveError> {
        let (group, reader) = (self.group, &self.reader);
        self.group += 1;
        let columns =
            guarded(|| GroupColumns::read(&GroupReader::new(reader.get_row_group(group)?)?))
                .map_err(|source| ArchiveError::Parquet {
                    file: self.file.clone(),
                    group,
                    source,
                })?;
        let place = Where {
            file: &self.file,
            group,
        };
        columns.snapshots(place)
    }
}

impl Iterator for Snapshots {
    type Item = Result<ChainSnapshot, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(snapshot) = self.ready.next() {
                return Some(Ok(snapshot));
            }
            if self.reader.num_row_groups() <= self.group {
                return None;
            }
            match self.next_group() {
                Ok(snapshots) => self.ready = snapshots.into_iter(),
                Err(error) => {
                    self.group = self.reader.num_row_groups();
                    return Some(Err(error));
                }
            }
        }
    }
}

/// Where a value stands, for messages.
#[derive(Clone, Copy)]
struct Where<'a> {
    file: &'a str,
    group: usize,
}

impl Where<'_> {
    fn value(self, row: usize, column: &'static str, value: impl ToString) -> ArchiveError {
        let (file, value) = (self.file.to_owned(), value.to_string());
        ArchiveError::Value {
            file,
            group: self.group,
            row,
            column,
            value,
        }
    }
}

/// The decoded columns of one row group.
struct GroupColumns {
    ts: Vec<i64>,
    known_at: Vec<i64>,
    session: Vec<i32>,
    underlying: Vec<ByteArray>,
    root: Vec<ByteArray>,
    expiry: Vec<i64>,
    right: Vec<ByteArray>,
    exercise: Vec<ByteArray>,
    payoff: Vec<ByteArray>,
    currency: Vec<ByteArray>,
    flags: Vec<i32>,
    spot: Vec<f64>,
    strike: Vec<f64>,
    multiplier: Vec<f64>,
    /// In the order of [`NULLABLE`].
    nullable: Vec<Vec<f64>>,
}

/// The columns that may be null, in the order in which [`GroupColumns::columns`] takes them.
const NULLABLE: [Place; 13] = [
    Place::Bid,
    Place::Ask,
    Place::Mark,
    Place::BidIv,
    Place::AskIv,
    Place::Iv,
    Place::OpenInterest,
    Place::Volume,
    Place::Forward,
    Place::VendorGamma,
    Place::VendorDelta,
    Place::DealerPosition,
    Place::TakerNet,
];

impl GroupColumns {
    fn read(group: &GroupReader<'_>) -> Result<Self, ParquetError> {
        let nullable = NULLABLE
            .iter()
            .map(|place| group.nullable_doubles(*place as usize))
            .collect::<Result<Vec<_>, _>>()?;
        let columns = Self {
            ts: group.longs(Place::Ts as usize)?,
            known_at: group.longs(Place::KnownAt as usize)?,
            session: group.ints(Place::Session as usize)?,
            underlying: group.texts(Place::Underlying as usize)?,
            root: group.texts(Place::Root as usize)?,
            expiry: group.longs(Place::Expiry as usize)?,
            right: group.texts(Place::Right as usize)?,
            exercise: group.texts(Place::Exercise as usize)?,
            payoff: group.texts(Place::Payoff as usize)?,
            currency: group.texts(Place::Currency as usize)?,
            flags: group.ints(Place::Flags as usize)?,
            spot: group.doubles(Place::Spot as usize)?,
            strike: group.doubles(Place::Strike as usize)?,
            multiplier: group.doubles(Place::Multiplier as usize)?,
            nullable,
        };
        debug_assert_eq!(columns.ts.len(), group.rows());
        Ok(columns)
    }

    fn snapshots(&self, place: Where<'_>) -> Result<Vec<ChainSnapshot>, ArchiveError> {
        let mut snapshots = Vec::new();
        let mut start = 0;
        while start < self.ts.len() {
            let ts = self.ts[start];
            let length = self.ts[start..].partition_point(|other| *other == ts);
            snapshots.push(self.snapshot(start..start + length, place)?);
            start += length;
        }
        Ok(snapshots)
    }

    fn snapshot(
        &self,
        rows: std::ops::Range<usize>,
        place: Where<'_>,
    ) -> Result<ChainSnapshot, ArchiveError> {
        let first = rows.start;
        let mixed = rows.clone().find(|&i| {
            self.spot[i] != self.spot[first]
                || self.known_at[i] != self.known_at[first]
                || self.session[i] != self.session[first]
        });
        if let Some(row) = mixed {
            return Err(place.value(row, "spot", "another head than its snapshot's first row"));
        }
        let head = self.head(first, place)?;
        let expiry = rows
            .clone()
            .map(|i| {
                instant(self.expiry[i]).ok_or_else(|| place.value(i, "expiry", self.expiry[i]))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let columns = self.columns(rows, place)?;
        ChainSnapshot::from_columns(head, &expiry, columns).map_err(|source| {
            ArchiveError::Snapshot {
                file: place.file.to_owned(),
                group: place.group,
                source,
            }
        })
    }

    fn head(&self, row: usize, place: Where<'_>) -> Result<SnapshotHead, ArchiveError> {
        let at = |column, micros| instant(micros).ok_or_else(|| place.value(row, column, micros));
        let code = text(&self.currency[row]);
        Ok(SnapshotHead {
            underlying: text(&self.underlying[row]).to_owned(),
            ts: at("ts", self.ts[row])?,
            known_at: at("known_at", self.known_at[row])?,
            session: date(self.session[row])
                .ok_or_else(|| place.value(row, "session", self.session[row]))?,
            spot: Spot::new(self.spot[row])
                .map_err(|_| place.value(row, "spot", self.spot[row]))?,
            currency: Currency::new(code).map_err(|_| place.value(row, "currency", code))?,
        })
    }

    fn columns(
        &self,
        rows: std::ops::Range<usize>,
        place: Where<'_>,
    ) -> Result<ChainColumns, ArchiveError> {
        let number = |k: usize| Nullable::from_raw(self.nullable[k][rows.clone()].to_vec());
        let (roots, root) = interned(&self.root[rows.clone()]);
        Ok(ChainColumns {
            roots,
            root,
            strike: self.strike[rows.clone()].to_vec(),
            right: words(&self.right[rows.clone()], Right::from_letter)
                .map_err(|(i, word)| place.value(rows.start + i, "right", word))?,
            exercise: words(&self.exercise[rows.clone()], Exercise::from_word)
                .map_err(|(i, word)| place.value(rows.start + i, "exercise", word))?,
            payoff: words(&self.payoff[rows.clone()], Payoff::from_word)
                .map_err(|(i, word)| place.value(rows.start + i, "payoff", word))?,
            multiplier: self.multiplier[rows.clone()].to_vec(),
            bid: number(0),
            ask: number(1),
            mark: number(2),
            bid_iv: number(3),
            ask_iv: number(4),
            iv: number(5),
            open_interest: number(6),
            volume: number(7),
            forward: number(8),
            vendor_gamma: number(9),
            vendor_delta: number(10),
            dealer_position: number(11),
            taker_net: number(12),
            flags: self.flags[rows]
                .iter()
                .map(|bits| Flags(bits.cast_unsigned()))
                .collect(),
        })
    }
}

/// Reads every word; the place and the text of the first that is none.
fn words<T>(
    values: &[ByteArray],
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, (usize, String)> {
    let words = values.iter().map(text).enumerate();
    words
        .map(|(i, word)| read(word).ok_or_else(|| (i, word.to_owned())))
        .collect()
}

/// The distinct words, sorted, and each row's place among them.
fn interned(values: &[ByteArray]) -> (Vec<String>, Vec<u16>) {
    let mut distinct: Vec<&str> = Vec::new();
    for value in values.iter().map(text) {
        if let Err(place) = distinct.binary_search(&value) {
            distinct.insert(place, value);
        }
    }
    let place = |value: &ByteArray| distinct.partition_point(|word| *word < text(value));
    let places = values
        .iter()
        .map(|value| u16::try_from(place(value)).unwrap_or(u16::MAX));
    let places = places.collect();
    (distinct.into_iter().map(str::to_owned).collect(), places)
}

fn text(bytes: &ByteArray) -> &str {
    bytes.as_utf8().unwrap_or_default()
}

fn instant(micros: i64) -> Option<Instant> {
    DateTime::from_timestamp_micros(micros)
}
