//! The words and the formulas of gamma exposure.
//!
//! This crate is pure: it reads no file, no clock and no environment, draws no random number and
//! logs nothing. [`market`] holds the nouns; every other module is a formula over slices.

pub mod black76;
pub mod book;
pub mod bsm;
pub mod buckets;
pub mod concentration;
pub mod exposure;
pub mod flip;
pub mod forward;
pub mod implied_vol;
pub mod inverse;
pub mod market;
pub mod math;
pub mod moneyness;
pub mod monitors;
pub mod points;
pub mod positioning;
pub mod priced;
pub mod pricing;
pub mod profile;
pub mod series;
pub mod smile;
pub mod strikes;
pub mod walls;
