//! Tests that cross crates, as one binary.

mod cli;
mod determinism;
mod real_data;
mod support;
mod tidy;
