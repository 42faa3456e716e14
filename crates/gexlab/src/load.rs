//! Everything that a study reads, but chains: bars, controls, somebody else's series, hashes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;
use gex_analysis::inputs::{KnownAtRule, VendorPoint};
use gex_compute::market::bar::{Adjustment, BarSeries, ControlSeries};
use gex_compute::market::calendar::Calendar;
use gex_ingest::archive::DOCUMENT;
use gex_ingest::daily::{ControlRequest, Daily, read_control};
use gex_ingest::prices::{read_bars_file, read_control_file};

use crate::exit::Failure;
use crate::plan::{DataPlan, Source};
use crate::run_folder::hash;

/// Reads the bars of the study's underlying.
///
/// # Errors
///
/// A data failure where the file can't be read, or its prices were adjusted for dividends: those
/// are not comparable with strikes.
pub fn bars(data: &DataPlan) -> Result<BarSeries, Failure> {
    let series = read_bars_file(&data.bars, &data.underlying)
        .with_context(|| format!("data.bars of underlying {}", data.underlying))
        .map_err(Failure::data)?;
    if series.adjustment == Adjustment::Total && matches!(data.source, Source::Archive { .. }) {
        return Err(Failure::data(anyhow::anyhow!(
            "the bars are adjusted for dividends and stand beside unadjusted strikes; import \
             prices as traded, with `--adjusted none` or `splits`"
        )));
    }
    Ok(series)
}

/// Reads the control series of a study, by name.
///
/// # Errors
///
/// A data failure naming the control whose file can't be read.
pub fn controls(data: &DataPlan) -> Result<Vec<ControlSeries>, Failure> {
    let read = |(name, path): (&String, &std::path::PathBuf)| {
        read_control_file(path, name)
            .with_context(|| format!("data.controls.{name}"))
            .map_err(Failure::data)
    };
    data.controls.iter().map(read).collect()
}

/// Reads somebody else's daily series and says when each value was public.
///
/// # Errors
///
/// A data failure where the file can't be read or holds no value on a session of the calendar.
pub fn vendor_series(
    path: &Path,
    column: Option<&String>,
    (calendar, rule): (Calendar, KnownAtRule),
) -> Result<(Vec<VendorPoint>, usize), Failure> {
    let request = ControlRequest {
        name: "value".to_owned(),
        column: column.cloned(),
        calendar,
    };
    let Daily {
        series, rejected, ..
    } = read_control(path, &request)
        .context("data.series")
        .map_err(Failure::data)?;
    let zone = calendar.time_zone();
    let points: Vec<VendorPoint> = series
        .points
        .iter()
        .filter_map(|point| {
            let session = point.ts.with_timezone(&zone).date_naive();
            rule.place(calendar, session, Some(point.value))
        })
        .collect();
    if points.is_empty() {
        return Err(Failure::data(anyhow::anyhow!(
            "data.series holds no value on a session of the calendar {}",
            calendar.name()
        )));
    }
    Ok((points, rejected.len()))
}

/// What makes an input that is missing.
fn cure(name: &str) -> String {
    match name.strip_prefix("data.controls.") {
        Some(control) => format!("make it with `gex import FILE --control {control} --out …`"),
        None if name == "data.bars" => {
            "make it with `gex import FILE --bars UNDERLYING --adjusted none --out …`".to_owned()
        }
        None if name == "data.archive" => "make it with `gex import FILES --out …`".to_owned(),
        None => "check the path, which is relative to the study file".to_owned(),
    }
}

/// blake3 of every input, by the name it has in the study file. An archive is its `archive.json`,
/// which holds the hash of each of its files.
///
/// # Errors
///
/// A data failure where an input can't be read.
pub fn input_hashes(data: &DataPlan) -> Result<BTreeMap<String, String>, Failure> {
    let mut hashes = BTreeMap::new();
    let mut add = |name: String, path: &Path| -> Result<(), Failure> {
        let bytes = fs::read(path)
            .with_context(|| format!("cannot read {name} = {}; {}", path.display(), cure(&name)));
        hashes.insert(name, hash(&bytes.map_err(Failure::data)?));
        Ok(())
    };
    match &data.source {
        Source::Archive { path, .. } => add("data.archive".to_owned(), &path.join(DOCUMENT))?,
        Source::Series { path, .. } => add("data.series".to_owned(), path)?,
    }
    add("data.bars".to_owned(), &data.bars)?;
    for (name, path) in &data.controls {
        add(format!("data.controls.{name}"), path)?;
    }
    Ok(hashes)
}
