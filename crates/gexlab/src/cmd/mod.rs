//! One verb, one file.

pub mod audit;
pub mod calibrate;
pub mod check;
pub mod compare;
pub mod completions;
pub mod demo;
pub mod doctor;
pub mod export;
pub mod import;
pub mod init;
pub mod inspect;
pub mod run;
pub mod runs;
pub mod schema;
pub mod series;
pub mod simulate;
pub mod snapshot;
