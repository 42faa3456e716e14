//! `gex import`: vendor files into an archive, prices into bars and control series.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow};
use gex_compute::market::bar::Adjustment;
use gex_compute::market::calendar::Calendar;
use gex_ingest::archive::{ArchiveTerms, ArchiveWriter, Origin, RuleRecord, SourceRecord, Summary};
use gex_ingest::daily::{BarsRequest, ControlRequest, Pace, pace, read_bars, read_control};
use gex_ingest::import::{Conflict, ImportError, ImportReport, ImportRequest, read_sources};
use gex_ingest::mapping::Mapping;
use gex_ingest::prices::{write_bars, write_control_file};
use gex_ingest::sessions::OiClock;
use gex_ingest::vendor::Format;
use serde_json::json;

use crate::args::{ImportArgs, OnConflict};
use crate::cmd::inspect::describe;
use crate::console::Console;
use crate::exit::Failure;

/// Imports what the arguments name.
///
/// # Errors
///
/// A usage failure for arguments that contradict each other, a data failure for bad files.
pub fn import(args: &ImportArgs, console: Console) -> Result<(), Failure> {
    match (&args.bars, &args.control) {
        (Some(underlying), _) => import_bars(args, underlying, console),
        (None, Some(name)) => import_control(args, name, console),
        (None, None) => import_chains(args, console),
    }
}

fn import_chains(args: &ImportArgs, console: Console) -> Result<(), Failure> {
    let request = request(args)?;
    let terms = terms(&request)?;
    let mut writer = ArchiveWriter::begin(&args.out, terms).map_err(Failure::data)?;
    let bar = console.progress("Importing", 0);
    let report = read_sources(
        &request,
        &mut |progress| {
            bar.set_length(progress.files as u64);
            bar.set_position(progress.done as u64);
            bar.set_message(progress.file.to_owned());
        },
        &mut |batch| {
            writer.set_aside(batch.rejected);
            writer
                .add(batch.snapshots)
                .map_err(|error| ImportError::Taken(error.to_string()))
        },
    );
    bar.finish_and_clear();
    let report = report.map_err(Failure::data)?;
    if report.snapshots == 0 {
        return Err(Failure::data(nothing_kept(&report)));
    }
    let known = writer.known_sources();
    if report
        .sources
        .iter()
        .all(|source| known.contains(&source.hash.as_str()))
    {
        console.stage("Unchanged", "the archive was made from these files already");
        return Ok(());
    }
    let summary = summary(&report);
    let document = writer
        .commit(summary, conflict(args.on_conflict))
        .map_err(Failure::data)?;
    announce(&report, console);
    let value = serde_json::to_value(&document).map_err(Failure::failed)?;
    console.answer(&describe(&document), "gexlab/archive/1", value)?;
    Ok(())
}

/// The terms are the layout's; an archive made of files of several layouts has one calendar.
fn terms(request: &ImportRequest) -> Result<ArchiveTerms, Failure> {
    let profile = gex_ingest::import::profile_of(request).map_err(Failure::data)?;
    let clock = request.open_interest.unwrap_or(profile.open_interest);
    Ok(ArchiveTerms {
        calendar: profile.calendar.name().to_owned(),
        open_interest: clock.to_string(),
        origin: Origin::Market,
    })
}

fn request(args: &ImportArgs) -> Result<ImportRequest, Failure> {
    let mut request = ImportRequest::of(args.paths.clone());
    if let Some(name) = &args.format {
        let format = Format::from_name(name)
            .ok_or_else(|| Failure::usage(anyhow!("unknown format {name:?}: {}", formats())))?;
        request = request.with_format(format);
    }
    if let Some(path) = &args.map {
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the mapping {}", path.display()))
            .map_err(Failure::usage)?;
        let mapping = Mapping::parse(&text)
            .with_context(|| format!("mapping {}", path.display()))
            .map_err(Failure::usage)?;
        request = request.with_mapping(mapping);
    }
    if let Some(clock) = &args.open_interest {
        request.open_interest = Some(OiClock::parse(clock).map_err(Failure::usage)?);
    }
    Ok(request)
}

fn formats() -> String {
    let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    format!("use {}, or describe the table with --map", names.join(", "))
}

fn conflict(action: OnConflict) -> Conflict {
    match action {
        OnConflict::Refuse => Conflict::Refuse,
        OnConflict::Replace => Conflict::Replace,
        OnConflict::KeepBoth => Conflict::KeepBoth,
    }
}

fn nothing_kept(report: &ImportReport) -> anyhow::Error {
    let rules: Vec<String> = report
        .ledger
        .iter()
        .map(|(rule, tally)| format!("{} {}", rule.name(), tally.rows))
        .collect();
    anyhow!(
        "no snapshot could be kept; rows set aside by rule: {}",
        rules.join(", ")
    )
}

/// What the archive remembers of an import.
fn summary(report: &ImportReport) -> Summary {
    let sources = report.sources.iter().map(|source| SourceRecord {
        name: source.name.clone(),
        blake3: source.hash.clone(),
        format: report.profile.name.clone(),
        rows_in: source.rows.rows,
        rows_kept: source.rows.kept,
        rows_set_aside: source.rows.set_aside,
    });
    let rules: BTreeMap<String, RuleRecord> = report
        .ledger
        .iter()
        .map(|(rule, tally)| {
            let action = rule.action().word().to_owned();
            let places = tally.places.clone();
            (
                rule.name().to_owned(),
                RuleRecord {
                    action,
                    rows: tally.rows,
                    places,
                },
            )
        })
        .collect();
    Summary {
        sources: sources.collect(),
        rules,
    }
}

fn announce(report: &ImportReport, console: Console) {
    console.stage(
        "Imported",
        &format!(
            "{} snapshots from {} files as {}",
            report.snapshots,
            report.sources.len(),
            report.profile.name
        ),
    );
    console.stage(
        "Clock",
        &format!("open interest is {}", report.open_interest),
    );
    for name in &report.ignored {
        console.stage("Ignored", name);
    }
}

/// The calendar whose sessions the dates of a daily table are.
///
/// A day of Deribit's calendar ends at 08:00 UTC; a daily table's ends at midnight, so that its
/// values would be taken for known sixteen hours early. Rows with instants say when they are.
fn calendar(args: &ImportArgs) -> Result<Calendar, Failure> {
    let daily = pace(the_path(args)?).map_err(Failure::data)? == Pace::Daily;
    match Calendar::from_name(&args.calendar) {
        Some(Calendar::Deribit) if daily => Err(Failure::usage(anyhow!(
            "a daily table ends its days at midnight and Deribit's end at 08:00 UTC: give bars or \
             values of an hour or less, with a column of instants such as ts_utc"
        ))),
        Some(calendar) => Ok(calendar),
        None => Err(Failure::usage(anyhow!(
            "unknown calendar {:?}",
            args.calendar
        ))),
    }
}

fn the_path(args: &ImportArgs) -> Result<&Path, Failure> {
    match args.paths.as_slice() {
        [path] => Ok(path),
        paths => Err(Failure::usage(anyhow!(
            "one file is needed, {} were given",
            paths.len()
        ))),
    }
}

fn import_bars(args: &ImportArgs, underlying: &str, console: Console) -> Result<(), Failure> {
    let adjustment = args
        .adjusted
        .as_deref()
        .and_then(Adjustment::from_word)
        .ok_or_else(|| {
            Failure::usage(anyhow!(
                "say how the prices were adjusted: --adjusted none, splits or total"
            ))
        })?;
    let request = BarsRequest {
        underlying: underlying.to_owned(),
        adjustment,
        calendar: calendar(args)?,
    };
    let daily = read_bars(the_path(args)?, &request).map_err(Failure::data)?;
    if daily.series.bars.is_empty() {
        return Err(Failure::data(anyhow!(
            "no bar could be kept of {} rows",
            daily.rows
        )));
    }
    make_parent(&args.out)?;
    write_bars(&args.out, &daily.series).map_err(Failure::failed)?;
    let kept = format!("{} bars of {underlying}", daily.series.bars.len());
    said_aside(&kept, &daily.rejected, console);
    console.answer(
        &format!("{}\n", args.out.display()),
        "gexlab/file/1",
        json!({ "file": args.out }),
    )?;
    Ok(())
}

fn import_control(args: &ImportArgs, name: &str, console: Console) -> Result<(), Failure> {
    let request = ControlRequest {
        name: name.to_owned(),
        column: args.column.clone(),
        calendar: calendar(args)?,
    };
    let daily = read_control(the_path(args)?, &request).map_err(Failure::data)?;
    if daily.series.points.is_empty() {
        return Err(Failure::data(anyhow!(
            "no value could be kept of {} rows",
            daily.rows
        )));
    }
    make_parent(&args.out)?;
    write_control_file(&args.out, &daily.series).map_err(Failure::failed)?;
    let kept = format!("{} values of {name}", daily.series.points.len());
    said_aside(&kept, &daily.rejected, console);
    console.answer(
        &format!("{}\n", args.out.display()),
        "gexlab/file/1",
        json!({ "file": args.out }),
    )?;
    Ok(())
}

/// Makes the folder that a file goes into.
pub(crate) fn make_parent(path: &Path) -> Result<(), Failure> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => Ok(fs::create_dir_all(parent)?),
        _ => Ok(()),
    }
}

/// Rows that did not enter a daily series, by rule, with the first of each.
fn said_aside(kept: &str, rejected: &[gex_ingest::accept::Rejected], console: Console) {
    console.stage("Imported", kept);
    let mut rules: BTreeMap<&str, Vec<&gex_ingest::accept::Rejected>> = BTreeMap::new();
    for row in rejected {
        rules.entry(row.rule.name()).or_default().push(row);
    }
    for (rule, rows) in rules {
        let first = rows[0];
        console.warning(&format!(
            "{rule}: {} rows set aside, the first is row {} with {} {:?}",
            rows.len(),
            first.row,
            first.column,
            first.value
        ));
    }
}
