//! Files under gzip and in zips, unpacked into memory within bounds.

use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::find::is_hidden;
use crate::source::{SourceError, printable};

/// One wrapping around a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// The file is under gzip.
    Gzip,
    /// The file is a member of a zip, by its place there.
    Zip {
        /// Place in the zip, counted from 0.
        index: usize,
    },
}

/// How much of a file to unpack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The first bytes.
    Head(usize),
    /// Everything, within the bounds.
    Whole,
}

/// Packed files that unpack to no more than this are never refused for how well they were packed.
const SMALL: u64 = 64 << 20;
/// No table of numbers packs better than this; deflate itself reaches 1,032.
const BEST_RATIO: u64 = 200;
/// Unpacking happens in memory.
const LARGEST: u64 = 2 << 30;

trait Bytes: Read + Seek {}
impl<T: Read + Seek> Bytes for T {}

/// Unpacks the file at `path` through its layers, from the outermost to the innermost.
///
/// # Errors
///
/// [`SourceError`] for a cut, damaged, locked or boundless file; `name` is its name in messages.
pub(crate) fn unpack(
    path: &Path,
    name: &str,
    layers: &[Layer],
    extent: Extent,
) -> Result<Vec<u8>, SourceError> {
    let file = File::open(path).map_err(|error| SourceError::Unreadable {
        file: name.to_owned(),
        detail: error.to_string(),
    })?;
    let mut packed = file.metadata().map_or(0, |metadata| metadata.len());
    let mut reader: Box<dyn Bytes> = Box::new(file);
    for (i, layer) in layers.iter().enumerate() {
        let extent = if i + 1 == layers.len() {
            extent
        } else {
            Extent::Whole
        };
        let bytes = match layer {
            Layer::Gzip => bounded(MultiGzDecoder::new(reader), packed, name, extent),
            Layer::Zip { index } => member(reader, *index, name, extent),
        }?;
        packed = bytes.len() as u64;
        reader = Box::new(Cursor::new(bytes));
    }
    bounded(reader, LARGEST, name, extent)
}

/// Names the files in a zip, with their places, without folders and what systems leave behind.
///
/// # Errors
///
/// [`SourceError`] for what is no whole zip.
pub(crate) fn members(bytes: Vec<u8>, name: &str) -> Result<Vec<(usize, String)>, SourceError> {
    let mut zip = open_zip(Box::new(Cursor::new(bytes)), name)?;
    list(&mut zip, name)
}

/// Names the files of the zip at `path`, without reading it whole.
///
/// # Errors
///
/// [`SourceError`] for what is no whole zip.
pub(crate) fn members_of(path: &Path, name: &str) -> Result<Vec<(usize, String)>, SourceError> {
    let file = File::open(path).map_err(|error| SourceError::Unreadable {
        file: name.to_owned(),
        detail: error.to_string(),
    })?;
    list(&mut open_zip(Box::new(file), name)?, name)
}

type Zip = ZipArchive<Box<dyn Bytes>>;

fn open_zip(reader: Box<dyn Bytes>, name: &str) -> Result<Zip, SourceError> {
    ZipArchive::new(reader).map_err(|error| bad_zip(name, &error))
}

fn list(zip: &mut Zip, name: &str) -> Result<Vec<(usize, String)>, SourceError> {
    let mut files = Vec::new();
    for index in 0..zip.len() {
        let entry = zip
            .by_index_raw(index)
            .map_err(|error| bad_zip(name, &error))?;
        let title = entry.name().map_err(|error| bad_zip(name, &error))?;
        let hidden = title.split(['/', '\\']).any(is_hidden);
        if entry.is_file() && !hidden {
            files.push((index, printable(&title)));
        }
    }
    files.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(files)
}

fn member(
    reader: Box<dyn Bytes>,
    index: usize,
    name: &str,
    extent: Extent,
) -> Result<Vec<u8>, SourceError> {
    let mut zip = open_zip(reader, name)?;
    let entry = zip.by_index(index).map_err(|error| bad_zip(name, &error))?;
    let packed = entry.compressed_size();
    bounded(entry, packed, name, extent)
}

/// Reads to the end, or says that there is no end to be expected.
fn bounded(
    reader: impl Read,
    packed: u64,
    name: &str,
    extent: Extent,
) -> Result<Vec<u8>, SourceError> {
    let most = packed.saturating_mul(BEST_RATIO).clamp(SMALL, LARGEST);
    let limit = match extent {
        Extent::Head(bytes) => bytes as u64,
        Extent::Whole => most + 1,
    };
    let mut bytes = Vec::new();
    reader
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| cut(name, &error))?;
    if extent == Extent::Whole && most < bytes.len() as u64 {
        return Err(boundless(name, packed, most));
    }
    Ok(bytes)
}

fn boundless(name: &str, packed: u64, most: u64) -> SourceError {
    let detail = if most == LARGEST {
        format!("unpacks to more than {LARGEST} bytes; unpack it and import the files inside")
    } else {
        format!(
            "unpacks {packed} bytes to more than {most}, which no table does; \
             fetch the file again, or unpack it yourself"
        )
    };
    SourceError::Boundless {
        file: name.to_owned(),
        detail,
    }
}

fn cut(name: &str, error: &std::io::Error) -> SourceError {
    let truncated = error.kind() == std::io::ErrorKind::UnexpectedEof;
    SourceError::Damaged {
        rule: if truncated { "truncated" } else { "corrupt" },
        file: name.to_owned(),
        place: "packed bytes".to_owned(),
        detail: printable(&error.to_string()),
    }
}

fn bad_zip(name: &str, error: &ZipError) -> SourceError {
    if let ZipError::UnsupportedArchive(what) = error {
        return SourceError::NotATable {
            file: name.to_owned(),
            looks: format!("is packed in a way that no reader takes ({what})"),
            cure: "unpack it and import the files inside".to_owned(),
        };
    }
    SourceError::Damaged {
        rule: "corrupt",
        file: name.to_owned(),
        place: "zip directory".to_owned(),
        detail: printable(&error.to_string()),
    }
}
