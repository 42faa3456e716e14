//! The nouns: units, contracts, snapshots, bars and calendars.
//!
//! This module imports nothing from its siblings, so that readers of files can depend on the words
//! without depending on a formula.

pub mod bar;
pub mod calendar;
pub mod contract;
pub mod snapshot;
pub mod units;

/// An instant on the UTC time line.
pub type Instant = chrono::DateTime<chrono::Utc>;
