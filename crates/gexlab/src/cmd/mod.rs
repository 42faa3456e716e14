//! One verb, one file.

pub mod demo;
pub mod import;
pub mod inspect;
pub mod run;
pub mod series;
