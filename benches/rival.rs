//! Answers the bench kit's four tasks over an archive, through the functions that `gex series`
//! calls: the file reader, the column choice and the series engine.
//!
//! ```text
//! cargo run --release --example rival -- ARCHIVE TASK OUT.csv
//! ```
//!
//! `TASK` is `net`, `flip` (the linear rule of 60 spots), `log-flip` (the default rule), `iv`,
//! `ivall`, or `decode`, which reads the columns of `net` and computes nothing.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use chrono::TimeDelta;
use gex_compute::flip::{FlipMethod, FlipRule, SpotRange};
use gex_compute::market::snapshot::ChainSnapshot;
use gex_compute::market::units::Rate;
use gex_compute::points::{SeriesEngine, SeriesRequest, SnapshotResult};
use gex_compute::positioning::Positioning;
use gex_compute::pricing::{
    DoubtfulVol, ExpiryScope, ForwardFallback, ForwardSource, PricingConfig, VolSource,
};
use gex_compute::series::Measure;
use gex_compute::strikes::StrikeGamma;
use gex_compute::wanted::Wanted;
use gex_ingest::archive::{Archive, Partition};
use gexlab::parallel::ordered_map_with;

/// The kit's columns.
const HEADER: &str = "ts,spot,n_rows,n_used,net_gex,call_gex,put_gex,call_wall,put_wall,flip\n";

/// The kit's own rule: 60 equidistant spots within 15 % of today's.
const KIT_FLIP: FlipRule = FlipRule {
    method: FlipMethod::LinearGrid60,
    range: SpotRange {
        low: 0.85,
        high: 1.15,
    },
};

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(archive), Some(task), Some(out)) = (args.next(), args.next(), args.next()) else {
        bail!("usage: rival ARCHIVE net|flip|log-flip|iv|ivall|decode OUT.csv");
    };
    let archive = Archive::open(Path::new(&archive))?;
    let underlying = *archive
        .document()
        .underlyings()
        .first()
        .context("an empty archive")?;
    let months = archive.partitions(underlying, (None, None))?;
    let task = Task::named(&task)?;
    let mut lines = HEADER.to_owned();
    let engine = task.engine()?;
    for part in ordered_map_with(
        months,
        || engine.clone(),
        |engine, month| task.answer(engine, &month),
    ) {
        lines.push_str(&part?);
    }
    std::fs::write(out, lines)?;
    Ok(())
}

/// What is to be computed, and from what.
struct Task {
    flip: Option<FlipRule>,
    iv: VolSource,
    compute: bool,
}

impl Task {
    fn named(name: &str) -> Result<Self> {
        let (flip, iv, compute) = match name {
            "net" => (None, VolSource::Given, true),
            "flip" => (Some(KIT_FLIP), VolSource::Given, true),
            "log-flip" => (Some(FlipRule::DEFAULT), VolSource::Given, true),
            "iv" => (Some(KIT_FLIP), VolSource::GivenThenSolved, true),
            "ivall" => (None, VolSource::Solved, true),
            "decode" => (None, VolSource::Given, false),
            other => bail!("no task {other}"),
        };
        Ok(Self { flip, iv, compute })
    }

    fn engine(&self) -> Result<SeriesEngine> {
        let mut measures = vec![Measure::NetGex, Measure::CallWall, Measure::PutWall];
        measures.extend(self.flip.map(|_| Measure::Flip));
        Ok(SeriesEngine::new(SeriesRequest {
            pricing: PricingConfig {
                forward: ForwardSource::Carry,
                fallback: ForwardFallback::Carry,
                rate: Rate::new(0.03)?,
                dividend: Rate::new(0.015)?,
                iv: self.iv,
                doubtful: DoubtfulVol::Keep,
                expiries: ExpiryScope::All,
            },
            models: vec![Positioning::CallsLongPutsShort],
            flip: self.flip.unwrap_or(FlipRule::DEFAULT),
            wanted: Wanted::of(&measures),
        }))
    }

    fn answer(&self, engine: &mut SeriesEngine, month: &Partition) -> Result<String> {
        let mut lines = String::new();
        let mut snapshots = month.snapshots_with(engine.columns())?;
        while let Some(snapshot) = snapshots.next() {
            let snapshot = snapshot?;
            if self.compute {
                let next_session_end = snapshot.head().known_at + TimeDelta::days(1);
                let result = engine.points(&snapshot, next_session_end);
                write_line(&mut lines, &snapshot, &result, engine.strikes())?;
            }
            snapshots.recycle(snapshot);
        }
        Ok(lines)
    }
}

fn write_line(
    lines: &mut String,
    chain: &ChainSnapshot,
    result: &SnapshotResult,
    strikes: &[StrikeGamma],
) -> Result<()> {
    let head = chain.head();
    let measures = &result.points.first().context("a model")?.measures;
    let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:?}"));
    // An empty book is null to us and zero to the kit.
    let sum = |value: Option<f64>| format!("{:?}", value.unwrap_or(0.0));
    writeln!(
        lines,
        "{},{:?},{},{},{},{},{},{},{},{}",
        head.ts.timestamp_micros(),
        head.spot.get(),
        chain.len(),
        result.priced,
        sum(measures.net_gex),
        sum(measures.call_gex),
        sum(measures.put_gex),
        number(largest(strikes, |line| line.call)),
        number(largest(strikes, |line| line.put)),
        number(measures.flip),
    )?;
    Ok(())
}

/// The kit's walls: the strike of the largest gamma of one side wherever spot is, the lowest of
/// equals.
fn largest(strikes: &[StrikeGamma], side: impl Fn(&StrikeGamma) -> f64) -> Option<f64> {
    let mut best = (None, 0.0);
    for line in strikes {
        if best.1 < side(line) {
            best = (Some(line.strike), side(line));
        }
    }
    best.0
}
