//! Tests that cross crates, as one binary.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_cmp,
    clippy::format_push_string,
    reason = "a test stops at the first surprise, in its helpers too, and compares to the bit"
)]

mod cli;
mod determinism;
mod docs;
mod hypotheses;
mod real_data;
mod schemas;
mod snapshot_page;
mod snapshot_tables;
mod support;
mod sweep;
mod tidy;
mod trust;
