//! `gex simulate`: a market with a known truth, as vendor files.

use std::fs;

use gex_sim::MarketKind;
use serde_json::json;

use crate::args::SimulateArgs;
use crate::console::Console;
use crate::diagnostic::Style;
use crate::exit::Failure;
use crate::overrides::apply;
use crate::vendor_files::{write_chains, write_series};
use crate::world_file::{WorldFile, parse};

/// Simulates the world and says how to import and study it.
///
/// # Errors
///
/// A usage failure for the world file or a folder that stands already, any other for what can't be written.
pub fn simulate(args: &SimulateArgs, console: Console) -> Result<(), Failure> {
    let shown = args.world.display().to_string();
    let text = fs::read_to_string(&args.world).map_err(|error| {
        Failure::usage(anyhow::anyhow!("cannot read the world {shown}: {error}"))
    })?;
    let text =
        apply(&text, &args.settings).map_err(|fault| Failure::usage(anyhow::anyhow!(fault)))?;
    let style = Style::of_stderr();
    let world = parse(&text).map_err(|faults| Failure::shown(&faults, &text, &shown, style))?;
    if args.out.exists() {
        return Err(Failure::usage(anyhow::anyhow!(
            "{} stands already; choose another --out, or remove it",
            args.out.display()
        )));
    }
    let sessions = match &world {
        WorldFile::Agents(world) => write_chains(world, &args.out)?,
        WorldFile::Series(spec) => {
            let market = spec.simulate().map_err(Failure::usage)?;
            write_series(&market, &args.out)?;
            market.sessions.len()
        }
    };
    fs::write(args.out.join("world.toml"), &text)?;
    console.stage("Simulated", &format!("{sessions} sessions"));
    let next = next_steps(&world);
    let told = format!("cd {}\n{}", args.out.display(), next.join("\n"));
    let value = json!({ "folder": args.out, "sessions": sessions, "next": next });
    console.answer(&format!("{told}\n"), "gexlab/simulated/1", value)?;
    Ok(())
}

/// The commands that turn the files into a run; a coin's bars and controls need no import.
fn next_steps(world: &WorldFile) -> Vec<String> {
    let chains = "gex import chains --map mapping.toml --out archive";
    let bars = |underlying: &str| {
        format!("gex import bars.csv --bars {underlying} --adjusted none --out bars.parquet")
    };
    let vix = "gex import vix.csv --control vix --out vix.parquet";
    let mut steps = match world {
        WorldFile::Agents(world) if world.spec().market == MarketKind::Crypto => {
            vec![chains.to_owned()]
        }
        WorldFile::Agents(world) => vec![
            chains.to_owned(),
            "gex import adv.csv --control adv --out adv.parquet".to_owned(),
            bars(&world.spec().underlying),
            vix.to_owned(),
        ],
        WorldFile::Series(_) => vec![bars("SYN"), vix.to_owned()],
    };
    steps.push("gex run study.toml".to_owned());
    steps
}
