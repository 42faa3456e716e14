//! `gex series`: the GEX series of a study's data, alone.

use gex_ingest::archive::Archive;
use gex_ingest::table::write_parquet;
use serde_json::json;

use crate::args::SeriesArgs;
use crate::cmd::import::make_parent;
use crate::console::Console;
use crate::exit::Failure;
use crate::open_study::open_study_with;
use crate::plan::Source;
use crate::replay::replay;
use crate::series_table::series_table;

/// Computes the series and writes it as Parquet.
///
/// # Errors
///
/// A usage failure for the study file, a data failure for the archive.
pub fn series(args: &SeriesArgs, console: Console) -> Result<(), Failure> {
    let study = open_study_with(&args.study.study, &args.study.settings)?;
    let Source::Archive { path, at } = &study.plan.data.source else {
        return Err(Failure::usage(anyhow::anyhow!(
            "the study reads a series that somebody else computed: there is nothing to compute"
        )));
    };
    let archive = Archive::open(path).map_err(Failure::data)?;
    let bar = console.progress("Computing", 0);
    let replay = replay(&archive, &study.plan, *at, &bar).map_err(Failure::data)?;
    bar.finish_and_clear();
    let table = series_table(&replay.points);
    make_parent(&args.out)?;
    write_parquet(&args.out, &table, &[]).map_err(Failure::failed)?;
    let sessions = replay.points.len() / models(&study.plan.models);
    console.stage(
        "Finished",
        &format!("{sessions} snapshots, {} rows", table.rows()),
    );
    console.answer(
        &format!("{}\n", args.out.display()),
        "gexlab/file/1",
        json!({ "file": args.out }),
    )?;
    Ok(())
}

/// Rows a snapshot: the study's models, and gross where it is not among them.
fn models(models: &[gex_compute::positioning::Positioning]) -> usize {
    let gross = gex_compute::positioning::Positioning::Gross;
    models.len() + usize::from(!models.contains(&gross))
}
