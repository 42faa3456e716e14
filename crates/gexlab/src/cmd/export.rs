//! `gex export`: an archive's rows as text for other tools.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use anyhow::Context;
use gex_ingest::archive::Archive;
use serde_json::json;

use crate::args::ExportArgs;
use crate::chain_table::chain_table;
use crate::cmd::import::make_parent;
use crate::console::Console;
use crate::exit::Failure;

/// Writes every row of an underlying's snapshots, one snapshot in memory at a time.
///
/// # Errors
///
/// A data failure for the archive, any other where the text can't be written.
pub fn export(args: &ExportArgs, console: Console) -> Result<(), Failure> {
    let archive = Archive::open(&args.archive).map_err(Failure::data)?;
    let Some(path) = &args.out else {
        return match rows(&archive, args, &mut BufWriter::new(io::stdout().lock())) {
            Err(failure) if closed(&failure) => Ok(()),
            other => other.map(|_| ()),
        };
    };
    make_parent(path)?;
    let file = File::create(path)
        .with_context(|| format!("cannot write {}", path.display()))
        .map_err(Failure::failed)?;
    let written = rows(&archive, args, &mut BufWriter::new(file))?;
    console.stage("Exported", &format!("{written} rows"));
    let text = format!("{}\n", path.display());
    console.answer(&text, "gexlab/file/1", json!({ "file": path }))?;
    Ok(())
}

/// Writes the rows and counts them.
fn rows(archive: &Archive, args: &ExportArgs, out: &mut impl Write) -> Result<usize, Failure> {
    let known = archive.document().underlyings();
    let underlying = match (&args.underlying, known.as_slice()) {
        (Some(name), _) => name.as_str(),
        (None, [only]) => only,
        (None, all) => {
            return Err(Failure::usage(anyhow::anyhow!(
                "the archive has {}; choose one with --underlying",
                all.join(", ")
            )));
        }
    };
    let partitions = archive.partitions(underlying, (args.from, args.until));
    let mut written = 0;
    for partition in partitions.map_err(Failure::data)? {
        for snapshot in partition.snapshots().map_err(Failure::data)? {
            let snapshot = snapshot.map_err(Failure::data)?;
            let session = snapshot.head().session;
            let inside = args.from.is_none_or(|from| from <= session)
                && args.until.is_none_or(|until| session <= until);
            if inside {
                let table = chain_table(&snapshot);
                let whole = table.to_csv();
                // The header stands above the first snapshot alone.
                let text = match whole.split_once('\n') {
                    Some((_, body)) if 0 < written => body,
                    _ => &whole,
                };
                out.write_all(text.as_bytes())?;
                written += table.rows();
            }
        }
    }
    out.flush()?;
    Ok(written)
}

/// Whether the reader of the pipe has gone, as `head` does.
fn closed(failure: &Failure) -> bool {
    let broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    match &failure.words {
        crate::exit::Words::Chain(error) => error.downcast_ref().is_some_and(broken),
        crate::exit::Words::Shown { .. } => false,
    }
}
