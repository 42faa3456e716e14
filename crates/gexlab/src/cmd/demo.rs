//! `gex demo`: a simulated market, a study of it, and the page.

use std::fs;
use std::path::Path;

use gex_ingest::archive::{Archive, ArchiveTerms, ArchiveWriter, Origin, SourceRecord, Summary};
use gex_ingest::import::Conflict;
use gex_ingest::prices::{write_bars, write_control_file};
use gex_ingest::sessions::OiClock;
use gex_sim::{Market, World, WorldSpec};

use crate::args::DemoArgs;
use crate::cmd::run::{document, summary};
use crate::console::Console;
use crate::exit::Failure;
use crate::open_study::open_study;
use crate::run::{Reuse, run};
use crate::run_folder::hash;

/// The study of the demo, written beside its data.
const STUDY: &str = include_str!("../demo_study.toml");

/// Simulates, archives, runs and says where the page is.
///
/// # Errors
///
/// Any failure to write; a data failure would be a defect.
pub fn demo(args: &DemoArgs, console: Console) -> Result<(), Failure> {
    let world = WorldSpec {
        underlying: "SIM".to_owned(),
        ..WorldSpec::default()
    }
    .checked()
    .map_err(Failure::failed)?;
    let market = Market::simulate(&world).map_err(Failure::failed)?;
    console.stage(
        "Simulated",
        &format!(
            "{} sessions of chains, seed {}",
            market.snapshots.len(),
            world.spec().seed
        ),
    );
    fs::create_dir_all(&args.out)?;
    write_market(args, &world, market)?;
    let study = args.out.join("study.toml");
    fs::write(&study, STUDY)?;
    let finished = run(&open_study(&study)?, &args.out, Reuse::Never, console)?;
    let text = format!(
        "{}\nSynthetic data: these numbers say nothing about markets.\n",
        summary(&finished)
    );
    console.answer(&text, "gexlab/finished/1", document(&finished))?;
    Ok(())
}

/// Removes the archive of an earlier demo, and nothing else that may stand under its name.
fn remove_old_demo(archive: &Path) -> Result<(), Failure> {
    if !archive.exists() {
        return Ok(());
    }
    match Archive::open(archive) {
        Ok(old) if old.document().synthetic => Ok(fs::remove_dir_all(archive)?),
        _ => Err(Failure::usage(anyhow::anyhow!(
            "{} stands in the way and is no archive of a demo; choose another --out",
            archive.display()
        ))),
    }
}

fn write_market(args: &DemoArgs, world: &World, market: Market) -> Result<(), Failure> {
    let terms = ArchiveTerms {
        calendar: "xnys".to_owned(),
        open_interest: OiClock::StartOfDay.to_string(),
        origin: Origin::Simulation,
    };
    let archive = args.out.join("archive");
    remove_old_demo(&archive)?;
    write_bars(&args.out.join("bars.parquet"), &market.bars).map_err(Failure::failed)?;
    for control in [&market.vix, &market.adv] {
        let path = args.out.join(format!("{}.parquet", control.name));
        write_control_file(&path, control).map_err(Failure::failed)?;
    }
    let rows: u64 = market
        .snapshots
        .iter()
        .map(|snapshot| snapshot.len() as u64)
        .sum();
    let mut writer = ArchiveWriter::begin(&archive, terms).map_err(Failure::failed)?;
    writer.add(market.snapshots).map_err(Failure::failed)?;
    let settings = serde_json::to_string(world.spec()).map_err(Failure::failed)?;
    let source = SourceRecord {
        name: format!("simulated, seed {}", world.spec().seed),
        blake3: hash(settings.as_bytes()),
        format: "gex-sim".to_owned(),
        rows_in: rows,
        rows_kept: rows,
        rows_set_aside: 0,
    };
    let summary = Summary {
        sources: vec![source],
        ..Summary::default()
    };
    writer
        .commit(summary, Conflict::Refuse)
        .map_err(Failure::failed)?;
    Ok(())
}
