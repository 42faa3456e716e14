//! `gex init`: a commented study to begin with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use anyhow::{Context, anyhow};
use serde_json::json;

use crate::args::InitArgs;
use crate::cmd::import::make_parent;
use crate::console::Console;
use crate::exit::Failure;

/// The study that is written.
const STUDY: &str = include_str!("../init_study.toml");

/// Writes the study; a file that stands there is never overwritten.
///
/// # Errors
///
/// A usage failure where the file exists, any other where it can't be written.
pub fn init(args: &InitArgs, console: Console) -> Result<(), Failure> {
    let shown = args.study.display();
    make_parent(&args.study)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.study)
        .map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                Failure::usage(anyhow!("{shown} stands there already; choose another name"))
            }
            _ => Failure::failed(anyhow!(error).context(format!("cannot write {shown}"))),
        })?;
    file.write_all(STUDY.as_bytes())
        .with_context(|| format!("cannot write {shown}"))
        .map_err(Failure::failed)?;
    console.stage(
        "Wrote",
        "a commented study; change what it reads, then `gex check` it",
    );
    console.answer(
        &format!("{shown}\n"),
        "gexlab/file/1",
        json!({ "file": args.study }),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study_file::parse;
    use crate::study_plan::plan;
    use std::path::Path;

    #[test]
    fn the_study_that_is_written_has_no_fault() {
        let plan = plan(&parse(STUDY).unwrap(), Path::new("")).unwrap();
        assert_eq!(plan.study.name(), "my-study");
    }
}
