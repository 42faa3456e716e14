//! Series in, findings out: joins a signal with what came strictly after it, and says what it told.

pub mod controls;
pub mod findings;
pub mod gate;
pub mod grid;
pub mod inputs;
pub mod outcome;
pub mod panel;
pub mod parallel;
pub mod regime;
pub mod signal;
pub mod stats;
pub mod study;

#[cfg(test)]
pub(crate) mod fixture;
