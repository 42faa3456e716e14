//! Series in, findings out: joins a signal with what came strictly after it, and says what it told.

pub mod association;
pub mod audit;
pub mod checks;
pub mod compared;
pub mod conditional;
pub mod controls;
pub mod describe;
pub mod dynamics;
pub mod event_study;
pub mod family;
pub mod findings;
pub mod forecast;
pub mod gate;
pub mod grid;
pub mod headline;
pub mod inference;
pub mod inputs;
pub mod intraday;
pub mod outcome;
pub mod panel;
pub mod parallel;
pub mod placebo;
pub mod pooled;
mod red_flags;
pub mod regime;
pub mod resamples;
pub mod run;
pub mod scalping;
pub mod scrutiny;
pub mod signal;
pub mod stats;
pub mod strategy;
pub mod study;
mod study_wide;
pub mod verdict;

pub use run::{Outcome, StudyError, run};

#[cfg(test)]
pub(crate) mod fixture;
