//! One vendor file: where it is, how it is packed, what it holds.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use parquet::errors::Result as ParquetResult;
use parquet::file::reader::{ChunkReader, Length};

pub use crate::find::{Sources, find_sources};
pub use crate::packing::Layer;
pub use crate::source_error::SourceError;

use crate::content::HEAD;
use crate::header;
use crate::packing::{Extent, unpack};
use crate::proof;

/// What a vendor file is written in, once it is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// Text with a header line; commas, semicolons, tabs or bars between its fields.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// One JSON document.
    Json,
    /// Databento's binary encoding.
    Dbn,
}

/// One vendor file, proved readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is; of a file in a zip, where the zip is.
    pub path: PathBuf,
    /// Its name in messages and in the archive: relative to the path that was asked for, escaped.
    pub name: String,
    /// What it is wrapped in, from the outside in.
    pub packing: Vec<Layer>,
    /// What it is written in.
    pub container: Container,
}

/// What a file shows of itself before its rows are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Face {
    /// Names of the columns, or keys of the JSON object (of the first one in a list).
    pub(crate) names: Vec<String>,
    /// The first lines of a text, for formats that begin with something else than a header.
    pub(crate) lines: Vec<String>,
}

/// Longest file name and column list shown in a message.
const SHOWN: usize = 200;

/// Escapes control characters of text from outside and cuts it at 200 characters.
///
/// ```
/// assert_eq!(gex_ingest::source::printable("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
/// ```
pub fn printable(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().take(SHOWN) {
        if c.is_control() {
            // Writing to a String can't fail.
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    if text.chars().nth(SHOWN).is_some() {
        out.push('…');
    }
    out
}

impl SourceFile {
    /// Returns the blake3 hash of the file on disk, in hexadecimal.
    ///
    /// # Errors
    ///
    /// [`SourceError::Unreadable`].
    pub fn hash(&self) -> Result<String, SourceError> {
        let mut hasher = blake3::Hasher::new();
        File::open(&self.path)
            .and_then(|file| hasher.update_reader(file).map(|_| ()))
            .map_err(|error| unreadable(&self.path, &error))?;
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// Shows what formats are recognised by.
    ///
    /// # Errors
    ///
    /// [`SourceError`] for a file that can't be unpacked, or is not what its container says.
    pub(crate) fn face(&self) -> Result<Face, SourceError> {
        match self.container {
            Container::Csv => {
                let head = self.head()?;
                Ok(Face {
                    names: header::columns(&head),
                    lines: header::lines(&head),
                })
            }
            Container::Parquet => Ok(Face {
                names: proof::columns(self, self.open()?)?,
                ..Face::default()
            }),
            Container::Json => Ok(Face {
                names: header::keys(self, &self.bytes()?)?,
                ..Face::default()
            }),
            Container::Dbn => Ok(Face::default()),
        }
    }

    /// Names the columns of a table, in the order of the file, and proves a Parquet file whole: its
    /// magic, its footer, and the checksum of every page that carries one.
    ///
    /// # Errors
    ///
    /// [`SourceError`] naming the file, the row group and the column.
    pub fn check(&self) -> Result<Vec<String>, SourceError> {
        let names = match self.container {
            Container::Csv => header::columns(&self.head()?),
            Container::Parquet => proof::prove(self, self.open()?)?,
            Container::Json | Container::Dbn => {
                return Err(SourceError::NotATable {
                    file: self.name.clone(),
                    looks: "is no table of rows and columns".to_owned(),
                    cure: "name its format with --format, or write it as CSV or Parquet".to_owned(),
                });
            }
        };
        match repeated(&names) {
            Some(column) => Err(SourceError::DuplicateColumn {
                file: self.name.clone(),
                column: printable(column),
            }),
            None => Ok(names),
        }
    }

    /// Opens the file: as it is on disk, or unpacked.
    pub(crate) fn open(&self) -> Result<Opened, SourceError> {
        if self.packing.is_empty() {
            let file = File::open(&self.path).map_err(|error| unreadable(&self.path, &error))?;
            return Ok(Opened::File(file));
        }
        Ok(Opened::Unpacked(self.bytes()?.into()))
    }

    /// Reads the whole file, unpacked.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, SourceError> {
        self.unpacked(Extent::Whole)
    }

    /// Reads the first bytes, unpacked.
    pub(crate) fn head(&self) -> Result<Vec<u8>, SourceError> {
        self.unpacked(Extent::Head(HEAD))
    }

    fn unpacked(&self, extent: Extent) -> Result<Vec<u8>, SourceError> {
        unpack(&self.path, &self.name, &self.packing, extent)
    }

    /// The same place in the folder under another name: a file that lies beside this one.
    pub(crate) fn sibling(&self, name: &str) -> PathBuf {
        self.path.with_file_name(name)
    }
}

/// An opened file; both kinds are read at any place.
pub(crate) enum Opened {
    /// As it is on disk.
    File(File),
    /// In memory.
    Unpacked(Bytes),
}

impl Length for Opened {
    fn len(&self) -> u64 {
        match self {
            Self::File(file) => Length::len(file),
            Self::Unpacked(bytes) => bytes.len() as u64,
        }
    }
}

impl ChunkReader for Opened {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(match self {
            Self::File(file) => Box::new(file.get_read(start)?),
            Self::Unpacked(bytes) => Box::new(bytes.get_read(start)?),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        match self {
            Self::File(file) => file.get_bytes(start, length),
            Self::Unpacked(bytes) => bytes.get_bytes(start, length),
        }
    }
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.to_string_lossy().into_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> SourceError {
    SourceError::Unreadable {
        file: printable(&file_name(path)),
        detail: error.to_string(),
    }
}

fn repeated(names: &[String]) -> Option<&str> {
    let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted
        .windows(2)
        .find_map(|pair| (pair[0] == pair[1]).then_some(pair[0]))
}
