//! `gex snapshot`: one chain, one page: everything known about one instant.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use gex_compute::market::Instant;
use gex_compute::market::calendar::Calendar;
use gex_compute::market::snapshot::ChainSnapshot;
use gex_compute::points::{SeriesEngine, SeriesRequest};
use gex_compute::wanted::Wanted;
use gex_ingest::archive::Archive;
use gex_report::{Pages, render_snapshot};
use serde_json::json;

use crate::args::SnapshotArgs;
use crate::choose::next_session_end;
use crate::console::Console;
use crate::exit::Failure;
use crate::open_study::open_study;
use crate::replay::calendar_of;
use crate::snapshot_page::{Scene, input};
use crate::snapshot_tables::SnapshotTables;
use crate::study_file::parse;
use crate::study_plan::{Plan, plan};

/// Days before the instant in which a snapshot is looked for: a long closure of any exchange.
const REACH_DAYS: u64 = 14;

/// Writes the page, its figures and its tables.
///
/// # Errors
///
/// A usage failure for the instant or the study, a data failure for the archive.
pub fn snapshot(args: &SnapshotArgs, console: Console) -> Result<(), Failure> {
    let archive = Archive::open(&args.archive).map_err(Failure::data)?;
    let calendar = calendar_of(&archive).map_err(Failure::data)?;
    let underlying = underlying(&archive, args.underlying.as_deref())?;
    let at = args.at.as_deref().map(instant).transpose()?;
    let plan = plan_of(args, &underlying)?;
    let chain = chosen(&archive, &underlying, at)?;
    let end = session_end(calendar, &chain)?;
    let mut engine = SeriesEngine::new(SeriesRequest {
        pricing: plan.pricing,
        models: plan.models.clone(),
        flip: plan.flip,
        wanted: Wanted::ALL,
    });
    let points = engine.points(&chain, end).points;
    let mut tables = SnapshotTables::default();
    tables.add(&plan, &chain, &points, end);
    let command = command(args, &chain);
    let scene = Scene {
        plan: &plan,
        chain: &chain,
        points: &points,
        tables: &tables,
        end,
        document: archive.document(),
        command: &command,
    };
    let pages = render_snapshot(&input(&scene)).map_err(Failure::failed)?;
    let out = args.out.clone().unwrap_or_else(|| folder(&chain));
    write(&out, &pages, &scene)?;
    console.stage("Drawn", &format!("{} figures", pages.figures.len()));
    let page = out.join("index.html");
    let text = format!("{}\n", page.display());
    console.answer(&text, "gexlab/file/1", json!({ "file": page }))?;
    Ok(())
}

fn underlying(archive: &Archive, typed: Option<&str>) -> Result<String, Failure> {
    let known = archive.document().underlyings();
    match (typed, known.as_slice()) {
        (Some(name), _) => Ok(name.to_owned()),
        (None, [only]) => Ok((*only).to_owned()),
        (None, all) => Err(Failure::usage(anyhow::anyhow!(
            "the archive has {}; choose one with --underlying",
            all.join(", ")
        ))),
    }
}

/// An instant with its zone, or a date: its last instant in UTC.
fn instant(typed: &str) -> Result<Instant, Failure> {
    if let Ok(at) = DateTime::parse_from_rfc3339(typed) {
        return Ok(at.with_timezone(&Utc));
    }
    let date = typed.parse::<NaiveDate>().ok();
    let end = date.and_then(|date| date.and_hms_opt(23, 59, 59));
    end.map(|end| end.and_utc()).ok_or_else(|| {
        Failure::usage(anyhow::anyhow!(
            "--at takes an instant such as 2026-07-15T20:15:00Z or a date such as 2026-07-15, got {typed:?}"
        ))
    })
}

/// The study's assumptions, or those of a plain study.
fn plan_of(args: &SnapshotArgs, underlying: &str) -> Result<Plan, Failure> {
    let mut plan = match &args.study {
        Some(path) => open_study(path)?.plan,
        None => plain(underlying)?,
    };
    plan.outputs = crate::output_kind::OutputKind::of_one_snapshot().collect();
    Ok(plan)
}

/// A study that says nothing but the defaults; its hypothesis is never tested.
const PLAIN: &str = r#"
[study]
name = "snapshot"
seed = 0
[data]
archive = "archive"
underlying = "X"
bars = "bars.parquet"
[pricing]
forward = "parity"
fallback = "carry"
[positioning]
models = ["calls-long-puts-short", "short-all"]
[[hypothesis]]
id = "none"
claim = "none"
role = "exploratory"
signal = { positioning = "gross", measure = "net-gex", scale = "usd" }
regime = { kind = "sign" }
outcome = { kind = "abs-return", horizon = "1session" }
expect = "negative"
smallest-effect = 0.05
"#;

fn plain(underlying: &str) -> Result<Plan, Failure> {
    let broken = || Failure::failed(anyhow::anyhow!("the plain study is not understood"));
    let file = parse(PLAIN).map_err(|_| broken())?;
    let mut plan = plan(&file, Path::new("")).map_err(|_| broken())?;
    underlying.clone_into(&mut plan.data.underlying);
    Ok(plan)
}

/// The last snapshot at or before an instant; without one the archive's last.
fn chosen(
    archive: &Archive,
    underlying: &str,
    at: Option<Instant>,
) -> Result<ChainSnapshot, Failure> {
    let day = at.map(|at| at.date_naive());
    let from = day.and_then(|day| day.checked_sub_days(chrono::Days::new(REACH_DAYS)));
    let until = day.and_then(|day| day.succ_opt());
    let partitions = archive
        .partitions(underlying, (from, until))
        .map_err(Failure::data)?;
    for partition in partitions.iter().rev() {
        let mut last = None;
        for snapshot in partition.snapshots().map_err(Failure::data)? {
            let snapshot = snapshot.map_err(Failure::data)?;
            if at.is_none_or(|at| snapshot.head().ts <= at) {
                last = Some(snapshot);
            }
        }
        if let Some(found) = last {
            return Ok(found);
        }
    }
    Err(Failure::data(anyhow::anyhow!(
        "the archive has no snapshot of {underlying} at or up to {REACH_DAYS} days before {}; see \
         `gex inspect` for its sessions",
        at.map_or_else(|| "its end".to_owned(), |at| at.to_rfc3339())
    )))
}

fn session_end(calendar: Calendar, chain: &ChainSnapshot) -> Result<Instant, Failure> {
    let head = chain.head();
    next_session_end(calendar, head.session, head.known_at).ok_or_else(|| {
        let session = head.session;
        Failure::data(anyhow::anyhow!(
            "the calendar has no session after {session}"
        ))
    })
}

fn folder(chain: &ChainSnapshot) -> PathBuf {
    let head = chain.head();
    // An underlying's name comes from data and must not become a path of its own.
    let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = head.underlying.chars().map(safe).collect();
    let stamp = head.ts.format("%Y-%m-%dT%H%M%SZ");
    PathBuf::from("snapshots").join(format!("{name}-{stamp}"))
}

fn command(args: &SnapshotArgs, chain: &ChainSnapshot) -> String {
    let name = |path: &Path| {
        let last = path.file_name().unwrap_or_default();
        last.to_string_lossy().into_owned()
    };
    let head = chain.head();
    let study = args
        .study
        .as_ref()
        .map(|path| format!(" --study {}", name(path)));
    format!(
        "gex snapshot {} --at {} --underlying {}{}",
        name(&args.archive),
        head.ts.format("%Y-%m-%dT%H:%M:%SZ"),
        head.underlying,
        study.unwrap_or_default()
    )
}

fn write(out: &Path, pages: &Pages, scene: &Scene<'_>) -> Result<(), Failure> {
    let figures = out.join("figures");
    let tables = out.join("tables");
    for folder in [&figures, &tables] {
        fs::create_dir_all(folder)?;
    }
    for figure in &pages.figures {
        fs::write(figures.join(format!("{}.svg", figure.name)), &figure.svg)?;
        fs::write(figures.join(format!("{}.png", figure.name)), &figure.png)?;
        fs::write(figures.join(format!("{}.csv", figure.name)), &figure.csv)?;
    }
    for (name, table) in scene.csvs() {
        fs::write(tables.join(format!("{name}.csv")), table.to_csv())?;
    }
    fs::write(out.join("index.html"), &pages.html)?;
    Ok(())
}
