//! The library face of the command `gex`: reads what was typed, wires the crates, writes a run.
//!
//! The only crate that reads the clock, the environment or a path that was not handed to it.

pub mod args;
mod assumptions;
mod calibrate_file;
mod calibration;
mod chain_table;
pub mod checker;
pub mod choose;
pub mod cmd;
pub mod console;
pub mod diagnostic;
mod event_plan;
pub mod exit;
pub mod finished;
mod grid;
mod hypothesis_plan;
pub mod inputs;
pub mod interrupt;
pub mod ledger;
pub mod load;
pub mod open_study;
pub mod output_kind;
pub mod overrides;
pub mod page;
pub mod parallel;
pub mod plan;
pub mod proofs;
pub mod replay;
pub mod run;
pub mod run_folder;
pub mod schema;
pub mod series_table;
mod snapshot_page;
mod snapshot_rows;
pub mod snapshot_tables;
pub mod study_file;
pub mod study_plan;
pub mod sweep;
pub mod tables;
pub mod text_table;
pub mod understood;
mod vendor_files;
pub mod world_file;
mod worlds;
