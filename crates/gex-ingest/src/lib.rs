//! gex-ingest

pub mod accept;
pub mod assemble;
pub mod daily;
pub mod import;
mod judge;
pub mod mapping;
pub mod quality;
pub mod sessions;
pub mod source;
mod source_error;
pub mod vendor;
