//! Vendor files on disk: finding them, naming them, and proving them whole before a row is read.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

pub use crate::source_error::SourceError;

use parquet::basic::{Compression, Type as PhysicalType};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader as _, SerializedFileReader};

/// The container that a vendor file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// Text with a header line, fields between commas.
    Csv,
    /// Apache Parquet.
    Parquet,
}

/// One vendor file, proved readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its name in messages and in the archive: relative to the path that was asked for, escaped.
    pub name: String,
    /// What it is written in.
    pub container: Container,
}

/// The files that were found, and those that were passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Files to read, in the order of their names.
    pub files: Vec<SourceFile>,
    /// Names of files passed over: hidden, unfinished, or not a table.
    pub ignored: Vec<String>,
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

/// Finds the tables below `paths`: files as they are, folders with everything below them.
///
/// A folder with Parquet files is read for those alone; text files beside them are passed over and
/// named. Hidden files (`.x`, `_x`) and files that are no tables are passed over and named likewise.
///
/// # Errors
///
/// [`SourceError`] for what can't be opened and for links that lead out of their folder.
pub fn find_sources(paths: &[PathBuf]) -> Result<Sources, SourceError> {
    let mut found = Sources::default();
    for path in paths {
        let kind = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if kind.is_dir() {
            let root = path
                .canonicalize()
                .map_err(|error| unreadable(path, &error))?;
            walk(path, "", &root, &mut found)?;
        } else {
            let name = printable(&file_name(path));
            match container_of(path) {
                Some(container) => found.files.push(source(path, name, container)),
                None => found.ignored.push(name),
            }
        }
    }
    if found
        .files
        .iter()
        .any(|file| file.container == Container::Parquet)
    {
        pass_over_text_in(paths, &mut found);
    }
    found.ignored.sort();
    Ok(found)
}

/// Text files stand for themselves where they were named one by one, and are notes beside Parquet.
fn pass_over_text_in(named: &[PathBuf], found: &mut Sources) {
    let files = std::mem::take(&mut found.files);
    for file in files {
        if file.container == Container::Csv && !named.contains(&file.path) {
            found.ignored.push(file.name);
        } else {
            found.files.push(file);
        }
    }
}

fn source(path: &Path, name: String, container: Container) -> SourceFile {
    SourceFile {
        path: path.to_owned(),
        name,
        container,
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.to_string_lossy().into_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn unreadable(path: &Path, error: &std::io::Error) -> SourceError {
    SourceError::Unreadable {
        file: printable(&file_name(path)),
        detail: error.to_string(),
    }
}

fn walk(folder: &Path, prefix: &str, root: &Path, found: &mut Sources) -> Result<(), SourceError> {
    let listing = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut entries: Vec<PathBuf> = listing
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(|error| unreadable(folder, &error))?;
    entries.sort();
    for path in entries {
        visit(&path, prefix, root, found)?;
    }
    Ok(())
}

fn visit(path: &Path, prefix: &str, root: &Path, found: &mut Sources) -> Result<(), SourceError> {
    let plain = file_name(path);
    let name = format!("{prefix}{}", printable(&plain));
    if plain.starts_with(['.', '_']) {
        found.ignored.push(name);
        return Ok(());
    }
    let target = path
        .canonicalize()
        .map_err(|error| unreadable(path, &error))?;
    if !target.starts_with(root) {
        return Err(SourceError::Outside { file: name });
    }
    if target.is_dir() {
        // A link to a folder inside the folder would be read twice.
        if path.is_symlink() {
            found.ignored.push(name);
            return Ok(());
        }
        return walk(path, &format!("{name}/"), root, found);
    }
    match container_of(path) {
        Some(container) => found.files.push(source(path, name, container)),
        None => found.ignored.push(name),
    }
    Ok(())
}

fn container_of(path: &Path) -> Option<Container> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "parquet" => Some(Container::Parquet),
        "csv" => Some(Container::Csv),
        _ => None,
    }
}

impl SourceFile {
    /// Returns the blake3 hash of the file, in hexadecimal.
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

    /// Names the columns, in the order of the file, and proves a Parquet file whole: its magic, its
    /// footer, and the checksum of every page that carries one.
    ///
    /// # Errors
    ///
    /// [`SourceError`] naming the file, the row group and the column.
    pub fn check(&self) -> Result<Vec<String>, SourceError> {
        let names = match self.container {
            Container::Csv => self.csv_header()?,
            Container::Parquet => self.check_parquet()?,
        };
        match repeated(&names) {
            Some(column) => Err(SourceError::DuplicateColumn {
                file: self.name.clone(),
                column: printable(column),
            }),
            None => Ok(names),
        }
    }

    /// Names the columns of Parquet's old 96-bit timestamps.
    pub(crate) fn int96_columns(&self) -> Result<Vec<String>, SourceError> {
        if self.container == Container::Csv {
            return Ok(Vec::new());
        }
        let file = File::open(&self.path).map_err(|error| unreadable(&self.path, &error))?;
        let reader = SerializedFileReader::new(file).map_err(|error| self.bad_footer(&error))?;
        let schema = reader.metadata().file_metadata().schema_descr();
        let columns = schema.columns().iter();
        Ok(columns
            .filter(|column| column.physical_type() == PhysicalType::INT96)
            .map(|column| column.name().to_owned())
            .collect())
    }

    fn csv_header(&self) -> Result<Vec<String>, SourceError> {
        use std::io::BufRead as _;
        /// A header longer than this is not one.
        const LONGEST_HEADER: u64 = 64 * 1024;
        let file = File::open(&self.path).map_err(|error| unreadable(&self.path, &error))?;
        let mut line = Vec::new();
        std::io::BufReader::new(file.take(LONGEST_HEADER))
            .read_until(b'\n', &mut line)
            .map_err(|error| unreadable(&self.path, &error))?;
        let line = String::from_utf8_lossy(&line);
        let names = line.trim_start_matches('\u{feff}').trim_end().split(',');
        Ok(names
            .map(|name| name.trim_matches('"').to_owned())
            .collect())
    }

    fn check_parquet(&self) -> Result<Vec<String>, SourceError> {
        let file = File::open(&self.path).map_err(|error| unreadable(&self.path, &error))?;
        self.check_magic(&file)?;
        let reader = SerializedFileReader::new(file).map_err(|error| self.bad_footer(&error))?;
        for group in 0..reader.num_row_groups() {
            self.check_pages(&reader, group)?;
        }
        let schema = reader.metadata().file_metadata().schema();
        Ok(schema
            .get_fields()
            .iter()
            .map(|field| field.name().to_owned())
            .collect())
    }

    fn check_magic(&self, file: &File) -> Result<(), SourceError> {
        let mut head = Vec::new();
        file.take(64)
            .read_to_end(&mut head)
            .map_err(|error| unreadable(&self.path, &error))?;
        if head.starts_with(b"PAR1") && 12 < head.len() {
            return Ok(());
        }
        let looks = if head.is_empty() {
            "is empty"
        } else if head.starts_with(b"version https://git-lfs") {
            "is a Git LFS pointer, not the data itself"
        } else if head.starts_with(b"ARROW1") {
            "is an Arrow IPC file"
        } else if head.starts_with(b"PAR1") {
            "holds nothing between its two magic numbers"
        } else if head
            .iter()
            .all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace())
        {
            "looks like text"
        } else {
            "doesn't begin with PAR1"
        };
        Err(SourceError::NotParquet {
            file: self.name.clone(),
            looks: looks.to_owned(),
        })
    }

    fn bad_footer(&self, error: &parquet::errors::ParquetError) -> SourceError {
        let detail = error.to_string();
        let cut = detail.contains("Corrupt footer") || detail.contains("EOF");
        SourceError::Damaged {
            rule: if cut { "truncated" } else { "bad_footer" },
            file: self.name.clone(),
            place: "footer".to_owned(),
            detail: printable(&detail),
        }
    }

    fn check_pages(
        &self,
        reader: &SerializedFileReader<File>,
        group: usize,
    ) -> Result<(), SourceError> {
        let metadata = reader.metadata().row_group(group);
        let damaged = |column: &str, detail: String| SourceError::Damaged {
            rule: "checksum",
            file: self.name.clone(),
            place: format!("row group {group}, column {column:?}"),
            detail: printable(&detail),
        };
        let rows = reader
            .get_row_group(group)
            .map_err(|error| damaged("", error.to_string()))?;
        for (i, chunk) in metadata.columns().iter().enumerate() {
            let name = chunk.column_path().string();
            if !can_decompress(chunk) {
                continue;
            }
            let mut pages = rows
                .get_column_page_reader(i)
                .map_err(|error| damaged(&name, error.to_string()))?;
            while let Some(page) = pages
                .get_next_page()
                .map_err(|error| damaged(&name, error.to_string()))?
            {
                drop(page);
            }
        }
        Ok(())
    }
}

/// The checksum reader is built with zstd alone; polars reads the other codecs itself.
fn can_decompress(chunk: &ColumnChunkMetaData) -> bool {
    matches!(
        chunk.compression(),
        Compression::UNCOMPRESSED | Compression::ZSTD(_)
    )
}

fn repeated(names: &[String]) -> Option<&str> {
    let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted
        .windows(2)
        .find_map(|pair| (pair[0] == pair[1]).then_some(pair[0]))
}
