//! One estimator a file: formula, source, unit, and where it differs from the reference package.
//!
//! Every function works on slices, in the order of time. A statistic without a value is an
//! [`Undefined`] with its reason, never a NaN.

pub mod autocorrelation;
pub mod circular_shift;
pub mod distribution;
pub mod ewc;
pub mod fixed_b;
pub mod hac;
pub mod moments;
pub mod multiple;
pub mod ols;
pub mod partial_shift;
pub mod regime;
pub mod rv_daily;
pub mod transitions;

mod cross_correlation;
mod undefined;

pub use undefined::Undefined;
