//! The words and the formulas of gamma exposure.
//!
//! This crate is pure: it reads no file, no clock and no environment, draws no random number and
//! logs nothing. [`market`] holds the nouns; every other module is a formula over slices.
//!
//! The whole path, from a chain to the signed gamma exposure and the flip of its book:
//!
//! ```
//! use gex_compute::book::{Book, CarryMarket, PlainContract};
//! use gex_compute::flip::sticky_strike;
//! use gex_compute::market::contract::Right::{self, Call, Put};
//! use gex_compute::market::units::{Currency, Rate, Spot, Strike, Vol, Years};
//! use gex_compute::positioning::Positioning;
//! use gex_compute::profile::GammaCurve;
//!
//! let spot = Spot::new(5_000.0)?;
//! let contract = |strike: f64, right: Right| {
//!     let (strike, tau, vol) = (Strike::new(strike)?, Years::new(30.0 / 365.0)?, Vol::new(0.2)?);
//!     // A thousand contracts of a hundred units each.
//!     Ok(PlainContract { strike, tau, right, vol, units: 1_000.0 * 100.0 })
//! };
//! let chain = vec![contract(5_500.0, Call)?, contract(4_500.0, Put)?];
//! let (rate, dividend, currency) = (Rate::ZERO, Rate::ZERO, Currency::USD);
//! let book = Book::from_contracts(CarryMarket { spot, rate, dividend, currency }, chain);
//! let curve = GammaCurve::new(&book);
//! let weights = Positioning::CallsLongPutsShort.weights(&book);
//! let flip = &sticky_strike(&curve, spot.get(), &[weights.clone()])[0];
//! assert_eq!(curve.net(&weights, spot.get()).round(), 3_063_531.0); // dollars per 1 %
//! assert_eq!(flip.nearest.map(f64::round), Some(4_967.0)); // √(5500·4500)·exp(−σ²T/2)
//! # Ok::<(), gex_compute::market::units::OutOfRange>(())
//! ```
//!
//! A study calls [`points::series_points`], which does the same for an archived snapshot.

#![allow(
    clippy::inline_always,
    reason = "the body of a wide kernel must be inlined to be compiled for its registers"
)]

pub mod black76;
pub mod book;
mod book_rows;
pub mod bsm;
pub mod buckets;
pub mod concentration;
pub mod exposure;
pub mod flip;
pub mod flip_band;
pub mod flow_history;
pub mod forward;
pub mod fractions;
mod grid_sum;
pub mod hedge_flow;
pub mod implied_vol;
pub mod implied_vols;
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
mod row_exposures;
pub mod sensitivity;
pub mod series;
pub mod smile;
pub mod strikes;
pub mod walls;
pub mod wanted;
mod wide;
mod wide_math;
