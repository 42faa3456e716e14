//! Series in, findings out: joins a signal with what came strictly after it, and says what it told.

pub mod findings;
pub mod stats;
pub mod study;
