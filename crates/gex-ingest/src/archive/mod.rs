//! The archive: option chains as Parquet, one file an underlying and month, beside `archive.json`.
//!
//! ```text
//! archive/
//!   archive.json                       what it is, sources, rules, files with their hashes
//!   rejected.parquet                   rows set aside: source, row, column, value, rule
//!   underlying=SPX/year=2024/01.parquet
//! ```
//!
//! Rows are sorted by (ts, expiry, strike, right, root); a row group ends where a snapshot ends.
//! A file's hash is checked before its rows are believed. An import builds the whole archive beside
//! the old one and swaps the two folders, so that a crash leaves either.

mod document;
mod error;
mod folder;
mod group;
mod merge;
mod read;
mod rejected;
mod schema;
mod store;
mod write;

pub use document::{DOCUMENT, Document, FileRecord, RuleRecord, SessionRecord, SourceRecord};
pub use error::ArchiveError;
pub use read::{Archive, Partition, Snapshots};
pub use schema::SCHEMA_VERSION;
pub use store::{ArchiveTerms, ArchiveWriter, Origin, Summary};
