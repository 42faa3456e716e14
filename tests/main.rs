//! Tests that cross crates, as one binary.

mod tidy;
