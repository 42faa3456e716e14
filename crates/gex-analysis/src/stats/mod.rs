//! One estimator a file: formula, source, unit, and where it differs from the reference package.
//!
//! Every function works on slices, in the order of time. A statistic without a value is an
//! [`Undefined`] with its reason, never a NaN.

pub mod autocorrelation;
pub mod block_length;
pub mod bootstrap;
pub mod circular_shift;
pub mod distribution;
pub mod event;
pub mod ewc;
pub mod fixed_b;
pub mod forecast_tests;
pub mod hac;
pub mod har;
pub mod hmm;
pub mod hmm_fit;
pub mod interaction;
pub mod kolmogorov;
pub mod long_run;
pub mod loss;
pub mod mcs;
pub mod moments;
pub mod multiple;
pub mod ols;
pub mod oos;
pub mod partial_shift;
pub mod pbo;
pub mod predict;
pub mod ranks;
pub mod regime;
pub mod rv_daily;
pub mod rv_intraday;
pub mod sharpe;
pub mod spa;
pub mod stepdown;
pub mod strategy;
pub mod transitions;
pub mod two_sample;
pub mod unit_root;
pub mod variance_ratio;
pub mod windows;

pub(crate) mod cross_correlation;
mod design;
mod undefined;

pub use undefined::Undefined;
