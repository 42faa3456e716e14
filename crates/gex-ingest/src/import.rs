//! Vendor files in, snapshots out: the whole way, with a report of what was found.

use std::path::PathBuf;

use gex_compute::market::snapshot::ChainSnapshot;

use crate::accept::Rejected;
use crate::assemble::{AssembleError, Assembler, RowCounts};
use crate::mapping::Mapping;
use crate::quality::Ledger;
use crate::sessions::OiClock;
use crate::source::{SourceError, SourceFile, Sources, find_sources};
use crate::vendor::{Format, Layout, Profile};

/// What to do with a session that the archive already holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Conflict {
    /// End the import with an error; the archive stays as it is.
    #[default]
    Refuse,
    /// The new snapshot takes the place of the old one.
    Replace,
    /// Both stay where their instants differ.
    KeepBoth,
}

impl Conflict {
    /// Reads the word of the command line.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "refuse" => Some(Self::Refuse),
            "replace" => Some(Self::Replace),
            "keep-both" => Some(Self::KeepBoth),
            _ => None,
        }
    }
}

/// What to import, and how to read it.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportRequest {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// How the files are laid out; recognised by their columns where none is given.
    pub layout: Option<Layout>,
    /// Another clock of open interest than the format's own.
    pub open_interest: Option<OiClock>,
}

impl ImportRequest {
    /// Reads `paths` by what their columns look like and by the vendor's own clock.
    pub fn of(paths: Vec<PathBuf>) -> Self {
        Self {
            paths,
            layout: None,
            open_interest: None,
        }
    }

    /// Reads the files as this format.
    #[must_use]
    pub fn with_format(mut self, format: Format) -> Self {
        self.layout = Some(Layout::Vendor(format));
        self
    }

    /// Reads the files as this mapping says.
    #[must_use]
    pub fn with_mapping(mut self, mapping: Mapping) -> Self {
        self.layout = Some(Layout::Mapped(Box::new(mapping)));
        self
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// Name of the file that is read now.
    pub file: &'a str,
    /// Files before it.
    pub done: usize,
    /// Files in all.
    pub files: usize,
}

/// What one file gave, on its way to the archive.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// Snapshots in order of time, for each underlying.
    pub snapshots: Vec<ChainSnapshot>,
    /// Rows set aside.
    pub rejected: Vec<Rejected>,
}

/// One file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceReport {
    /// Name of the file.
    pub name: String,
    /// blake3 of its bytes, in hexadecimal.
    pub hash: String,
    /// Rows in, kept and set aside.
    pub rows: RowCounts,
}

/// What an import found.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportReport {
    /// The format or the mapping, with its calendar and its terms.
    pub profile: Profile,
    /// Clock of the open interest that was used.
    pub open_interest: OiClock,
    /// Files read, in order.
    pub sources: Vec<SourceReport>,
    /// Files passed over: hidden, no tables, or tables of something else.
    pub ignored: Vec<String>,
    /// Snapshots made.
    pub snapshots: usize,
    /// Counts by rule.
    pub ledger: Ledger,
}

/// Why an import ended; nothing was created or replaced.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// A file can't be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// No table below the paths.
    #[error("no CSV or Parquet file among the {0} given; name files, or a folder that holds them")]
    Nothing(usize),
    /// Files of two formats in one import.
    #[error("{first} is {one} and {other} is {two}; import them one after the other")]
    Mixed {
        /// A file.
        first: String,
        /// Its format.
        one: &'static str,
        /// Another file.
        other: String,
        /// Its format.
        two: &'static str,
    },
    /// Checked rows that make no snapshot.
    #[error("{file}: {error}")]
    Assemble {
        /// Name of the file.
        file: String,
        /// What is wrong.
        error: AssembleError,
    },
    /// Whoever takes the batches could not.
    #[error("{0}")]
    Taken(String),
}

/// Reads every file of `request` and hands over what each one gives.
///
/// Every row of every file is either in a snapshot or among the rejected, by count. A snapshot is
/// handed over once the next file has shown that it doesn't hold the same session again, so that
/// one session is held in memory besides the file that is read.
///
/// # Errors
///
/// [`ImportError`] at the first bad file, or if `take` refuses.
pub fn read_sources(
    request: &ImportRequest,
    progress: &mut dyn FnMut(Progress<'_>),
    take: &mut dyn FnMut(Batch) -> Result<(), ImportError>,
) -> Result<ImportReport, ImportError> {
    let Sources { files, mut ignored } = find_sources(&request.paths)?;
    let (layout, files) = layout_of(request, files, &mut ignored)?;
    let profile = layout.profile();
    let clock = request.open_interest.unwrap_or(profile.open_interest);
    let mut books = Assembler::new(profile.clone(), clock);
    let mut report = ImportReport {
        profile,
        open_interest: clock,
        sources: Vec::new(),
        ignored,
        snapshots: 0,
        ledger: Ledger::default(),
    };
    for (done, file) in files.iter().enumerate() {
        progress(Progress {
            file: &file.name,
            done,
            files: files.len(),
        });
        let read = layout.read(file)?;
        books
            .add(&file.name, read)
            .map_err(|error| ImportError::Assemble {
                file: file.name.clone(),
                error,
            })?;
        hand_over(&mut books, &mut report, take)?;
    }
    books.finish();
    hand_over(&mut books, &mut report, take)?;
    for file in &files {
        let rows = books.sources().get(&file.name).copied();
        report.sources.push(SourceReport {
            name: file.name.clone(),
            hash: file.hash()?,
            rows: rows.unwrap_or_default(),
        });
    }
    report.ledger = books.ledger().clone();
    Ok(report)
}

/// The profile that [`read_sources`] will read by, known before any row is read.
///
/// # Errors
///
/// [`ImportError`] where no table is found, or the files are of no format or of two.
pub fn profile_of(request: &ImportRequest) -> Result<Profile, ImportError> {
    let Sources { files, mut ignored } = find_sources(&request.paths)?;
    let (layout, _) = layout_of(request, files, &mut ignored)?;
    Ok(layout.profile())
}

fn hand_over(
    books: &mut Assembler,
    report: &mut ImportReport,
    take: &mut dyn FnMut(Batch) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let batch = Batch {
        snapshots: books.take_snapshots(),
        rejected: books.take_rejected(),
    };
    report.snapshots += batch.snapshots.len();
    take(batch)
}

/// The layout that was asked for, or the one that every table's columns show.
fn layout_of(
    request: &ImportRequest,
    files: Vec<SourceFile>,
    ignored: &mut Vec<String>,
) -> Result<(Layout, Vec<SourceFile>), ImportError> {
    let nothing = || ImportError::Nothing(request.paths.len());
    if let Some(layout) = &request.layout {
        if files.is_empty() {
            return Err(nothing());
        }
        return Ok((layout.clone(), files));
    }
    let mut seen: Option<(Format, String)> = None;
    let mut chains = Vec::new();
    for file in files {
        let face = file.face()?;
        if (is_bars(&face.names) || is_forwards(&face.names)) && !request.paths.contains(&file.path)
        {
            ignored.push(file.name);
            continue;
        }
        let format = Format::detect(&file, &face)?;
        let (first, name) = seen.get_or_insert_with(|| (format, file.name.clone()));
        if *first != format {
            return Err(ImportError::Mixed {
                first: name.clone(),
                one: first.name(),
                other: file.name,
                two: format.name(),
            });
        }
        chains.push(file);
    }
    let (format, _) = seen.ok_or_else(nothing)?;
    Ok((Layout::Vendor(format), chains))
}

/// Prices of the underlying lie beside some chains: they are `--bars`, not chains.
fn is_bars(columns: &[String]) -> bool {
    let has = |name: &str| columns.iter().any(|column| column == name);
    ["open", "high", "low", "close"].into_iter().all(has) && !has("strike")
}

/// Forwards by expiry lie beside chains that have none: the chain's format reads them.
fn is_forwards(columns: &[String]) -> bool {
    let has = |name: &str| columns.iter().any(|column| column == name);
    ["ts_utc", "expiry", "implied_forward"].into_iter().all(has) && !has("strike")
}
