//! Replays the reference cases of a folder: statistics from `cases.jsonl`, options from
//! `options/*.csv`.
//!
//! The folder is `oracle/` beside this file, or the one that `GEX_ORACLE` names. One line a case;
//! the run fails on a difference beyond the case's tolerance, on a key too many or too few, and on
//! a function that is neither known nor listed in [`NOT_BUILT_YET`].

#![expect(
    clippy::print_stdout,
    reason = "the harness is a program whose output is its report"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[path = "oracle/harness/mod.rs"]
mod harness;

use harness::case::{Case, Failure};
use harness::compare::compare;

/// Functions whose cases are skipped, visibly, until the engine has them.
const NOT_BUILT_YET: &[&str] = &[];

fn main() -> ExitCode {
    match run(&folder()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failures) => {
            println!("{failures} failed");
            ExitCode::FAILURE
        }
        Err(failure) => {
            println!("FAIL {failure}");
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the harness is no part of a study"
)]
fn folder() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle");
    std::env::var("GEX_ORACLE").map_or(beside, PathBuf::from)
}

fn run(folder: &Path) -> Result<usize, Failure> {
    let text = harness::case::read(&folder.join("cases.jsonl"))?;
    let mut failures = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        failures += usize::from(!report(&Case::parse(line, folder)?));
    }
    Ok(failures + harness::options::run(folder)?)
}

/// Runs one case and prints its line; false where it failed.
fn report(case: &Case) -> bool {
    let Some(function) = harness::find(&case.function) else {
        let listed = NOT_BUILT_YET.contains(&case.function.as_str());
        let word = if listed { "skip" } else { "FAIL" };
        println!("{word} {} function {} is not built", case.id, case.function);
        return listed;
    };
    match function(case).and_then(|got| compare(&case.expected, &got, case.tolerance)) {
        Ok(worst) => {
            println!("ok   {} worst {worst:.1e} of tolerance", case.id);
            true
        }
        Err(failure) => {
            println!("FAIL {} {failure}", case.id);
            false
        }
    }
}
