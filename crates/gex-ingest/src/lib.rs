//! Vendor files ↔ archive: every row is kept, or set aside with its reason.
//!
//! Polars reads vendor files (`vendor`), the Parquet library the archive (`codec`); neither type
//! leaves this crate. Nothing here knows a greek, an exposure or a statistic.

pub mod accept;
pub mod archive;
pub mod assemble;
mod cadence;
mod codec;
mod content;
mod content_hash;
pub mod daily;
mod find;
mod header;
pub mod import;
mod intraday;
mod judge;
pub mod mapping;
mod packing;
mod pages;
pub mod prices;
mod proof;
pub mod quality;
mod runs;
pub mod sessions;
pub mod source;
mod source_error;
pub mod table;
pub mod vendor;
