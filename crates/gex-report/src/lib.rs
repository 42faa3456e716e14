//! Draws what a study found: one self-contained page, and each figure as SVG, PNG and CSV.

pub mod input;
