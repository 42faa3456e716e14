//! `archive.json`: what an archive is, what it was made from, and what was set aside.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::error::ArchiveError;
use super::merge::Month;
use super::schema::SCHEMA_VERSION;
use crate::table::file_name;

/// Name of the document in the archive's folder.
pub const DOCUMENT: &str = "archive.json";

/// What an archive is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Version of the columns.
    pub schema_version: u32,
    /// Name of the calendar of its sessions.
    pub calendar: String,
    /// When open interest was public: `start-of-day`, `end-of-day`, `live` or a delay.
    pub open_interest: String,
    /// Whether the market was simulated.
    pub synthetic: bool,
    /// Files read, in the order of import.
    pub sources: Vec<SourceRecord>,
    /// Rules that found something, by name.
    pub rules: BTreeMap<String, RuleRecord>,
    /// Files of the archive, by path inside it.
    pub files: BTreeMap<String, FileRecord>,
    /// blake3 of `rejected.parquet`, in hex, where rows were set aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_blake3: Option<String>,
}

/// One file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRecord {
    /// Name, without its folder.
    pub name: String,
    /// blake3 of its bytes, in hex.
    pub blake3: String,
    /// Format or mapping that it was read as.
    pub format: String,
    /// Rows read.
    pub rows_in: u64,
    /// Rows kept.
    pub rows_kept: u64,
    /// Rows set aside.
    pub rows_set_aside: u64,
}

/// What one rule found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRecord {
    /// What the rule does: `set-aside`, `repair-and-flag` or `warn`.
    pub action: String,
    /// Rows caught.
    pub rows: u64,
    /// Places in words, the first ones found.
    pub places: Vec<String>,
}

/// One Parquet file of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Underlying of its rows.
    pub underlying: String,
    /// blake3 of its bytes, in hex.
    pub blake3: String,
    /// Its sessions, ascending.
    pub sessions: Vec<SessionRecord>,
}

impl FileRecord {
    /// Whether the path is the one that follows from underlying and sessions, so that no damaged
    /// or hostile document leads out of the archive's folder.
    fn stands_at(&self, file: &str) -> bool {
        let month = |record: &SessionRecord| Month::of(&self.underlying, record.session).file();
        check_name(&self.underlying).is_ok()
            && !self.sessions.is_empty()
            && self.sessions.iter().all(|record| month(record) == file)
    }
}

/// One session of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// The session.
    pub session: NaiveDate,
    /// Snapshots.
    pub snapshots: u64,
    /// Rows.
    pub rows: u64,
}

#[derive(Deserialize)]
struct Version {
    schema_version: u32,
}

impl Document {
    /// An empty archive's.
    pub fn new(calendar: &str, open_interest: &str) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            calendar: calendar.to_owned(),
            open_interest: open_interest.to_owned(),
            synthetic: false,
            sources: Vec::new(),
            rules: BTreeMap::new(),
            files: BTreeMap::new(),
            rejected_blake3: None,
        }
    }

    /// Reads the document of the archive in a folder.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] where there is none, or none that this tool reads.
    pub fn read(folder: &Path) -> Result<Self, ArchiveError> {
        let path = folder.join(DOCUMENT);
        let text = fs::read_to_string(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => ArchiveError::Missing(file_name(folder)),
            _ => ArchiveError::Io {
                file: DOCUMENT.to_owned(),
                source,
            },
        })?;
        Self::parse(&text)
    }

    /// The version is read by itself first: another one may have other fields.
    fn parse(text: &str) -> Result<Self, ArchiveError> {
        let Version {
            schema_version: found,
        } = serde_json::from_str(text).map_err(ArchiveError::Document)?;
        if !(1..=SCHEMA_VERSION).contains(&found) {
            return Err(ArchiveError::Version {
                found,
                known: SCHEMA_VERSION,
            });
        }
        let document: Self = serde_json::from_str(text).map_err(ArchiveError::Document)?;
        let foreign = |(file, record): &(&String, &FileRecord)| !record.stands_at(file);
        match document.files.iter().find(foreign) {
            None => Ok(document),
            Some((file, _)) => Err(ArchiveError::Listing(file.clone())),
        }
    }

    /// Writes the document into a folder, synced to the disk.
    pub(super) fn write(&self, folder: &Path) -> Result<(), ArchiveError> {
        let io = |source| ArchiveError::Io {
            file: DOCUMENT.to_owned(),
            source,
        };
        let mut text = serde_json::to_string_pretty(self).map_err(ArchiveError::Document)?;
        text.push('\n');
        let mut file = File::create(folder.join(DOCUMENT)).map_err(io)?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(io)
    }

    /// Names of the underlyings, sorted.
    pub fn underlyings(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.files.values().map(|f| f.underlying.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The sessions of an underlying, ascending.
    pub fn sessions(&self, underlying: &str) -> Vec<&SessionRecord> {
        let files = self
            .files
            .values()
            .filter(|file| file.underlying == underlying);
        let mut sessions: Vec<_> = files.flat_map(|file| &file.sessions).collect();
        sessions.sort_unstable_by_key(|record| record.session);
        sessions
    }

    /// Adds what a further import found.
    pub(super) fn absorb_rule(&mut self, name: &str, found: RuleRecord) {
        let known = self.rules.entry(name.to_owned()).or_default();
        known.action = found.action;
        known.rows += found.rows;
        for place in found.places {
            if !known.places.contains(&place) {
                known.places.push(place);
            }
        }
    }
}

/// Takes a name that can be a folder on any system.
pub(super) fn check_name(underlying: &str) -> Result<(), ArchiveError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let plain = (1..=32).contains(&underlying.len())
        && underlying.chars().all(legal)
        && !underlying.starts_with('.');
    if plain {
        Ok(())
    } else {
        Err(ArchiveError::Name(underlying.to_owned()))
    }
}

/// The blake3 hash of a file's bytes, in hex.
pub(super) fn hash_bytes(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// blake3 of a file's bytes, in hex, read in pieces.
pub(super) fn hash_file(path: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut file = File::open(path)?;
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok(hasher.finalize().to_hex().to_string());
        }
        hasher.update(&piece[..read]);
    }
}
