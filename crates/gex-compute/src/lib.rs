//! The words and the formulas of gamma exposure.
//!
//! This crate is pure: it reads no file, no clock and no environment, draws no random number and
//! logs nothing. [`market`] holds the nouns; every other module is a formula over slices.

pub mod black76;
pub mod bsm;
pub mod implied_vol;
pub mod inverse;
pub mod market;
pub mod math;
pub mod series;
