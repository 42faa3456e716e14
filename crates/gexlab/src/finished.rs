//! The runs that stand below a folder, and finding one of them by name.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use gex_analysis::findings::Findings;

use crate::exit::Failure;
use crate::run_folder::{LOG, MANIFEST, Manifest};

/// A run that stands.
#[derive(Debug, Clone)]
pub struct FinishedRun {
    /// Its folder.
    pub folder: PathBuf,
    /// What it is.
    pub manifest: Manifest,
    /// What it found.
    pub findings: Findings,
    /// When it was started, as its log says.
    pub started: String,
}

/// The name that means the run started last.
pub const LATEST: &str = "latest";

/// Every run below `out`, the latest first; what is no finished run is passed over.
///
/// # Errors
///
/// Any failure to list the folder; a missing one has no runs.
pub fn finished_runs(out: &Path) -> std::io::Result<Vec<FinishedRun>> {
    let mut found = Vec::new();
    for study in folders(out)? {
        found.extend(folders(&study)?.iter().filter_map(|folder| read(folder)));
    }
    found.sort_by(|a, b| {
        let (a_id, b_id) = (&a.manifest.run, &b.manifest.run);
        b.started.cmp(&a.started).then(a_id.cmp(b_id))
    });
    Ok(found)
}

/// The run of a name: its folder, the beginning of its identifier, or `latest`.
///
/// # Errors
///
/// A data failure where no run or more than one has the name.
pub fn find(name: &str, out: &Path) -> Result<FinishedRun, Failure> {
    if let Some(run) = read(Path::new(name)) {
        return Ok(run);
    }
    let all = finished_runs(out)?;
    let named = |run: &FinishedRun| name == LATEST || run.manifest.run.starts_with(name);
    let mut matching = all.into_iter().filter(named);
    let first = matching.next();
    match (first, matching.next()) {
        (Some(run), None) => Ok(run),
        (Some(run), Some(_)) if name == LATEST => Ok(run),
        (Some(_), Some(_)) => Err(Failure::data(anyhow!(
            "more than one run begins with {name:?}; give more of its identifier"
        ))),
        (None, _) => Err(Failure::data(anyhow!(
            "no run {name:?} below {}; `gex runs` lists them",
            out.display()
        ))),
    }
}

/// The folders in a folder, by name; hidden ones are runs in the making.
fn folders(parent: &Path) -> std::io::Result<Vec<PathBuf>> {
    let listing = match fs::read_dir(parent) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing?,
    };
    let mut found = Vec::new();
    for entry in listing {
        let entry = entry?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if entry.path().is_dir() && !hidden {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn read(folder: &Path) -> Option<FinishedRun> {
    let text = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let manifest = serde_json::from_str(&text(MANIFEST)?).ok()?;
    let findings = serde_json::from_str(&text("findings.json")?).ok()?;
    let log: serde_json::Value = serde_json::from_str(&text(LOG)?).ok()?;
    Some(FinishedRun {
        folder: folder.to_owned(),
        manifest,
        findings,
        started: log["started"].as_str().unwrap_or_default().to_owned(),
    })
}
