//! The folder of one run: written beside, checked, then renamed into place.
//!
//! `manifest.json` names every file with its hash, so a later run of the same inputs can trust what
//! stands there, and a reader can tell whether anything was altered.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of everything that a run writes; part of the run's identifier.
pub const RESULT_SCHEMA: &str = "gexlab/run/1";

/// The file that says what a run is.
pub const MANIFEST: &str = "manifest.json";

/// The file of timings: the only one that may differ between two equal runs.
pub const LOG: &str = "run.log.json";

/// What a run is: its study as understood, its inputs and its outputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// [`RESULT_SCHEMA`].
    pub schema: String,
    /// Identifier of the run.
    pub run: String,
    /// The study as understood.
    pub study: serde_json::Value,
    /// blake3 of the study as understood, in hex.
    pub study_hash: String,
    /// blake3 of each input, by the name it has in the study.
    pub inputs: BTreeMap<String, String>,
    /// Seed of every random draw.
    pub seed: u64,
    /// Version of the tool.
    pub tool: String,
    /// Warnings, as on the page.
    pub warnings: Vec<String>,
    /// blake3 of each output but this file and the log, by path inside the folder.
    pub outputs: BTreeMap<String, String>,
}

/// A run folder in the making.
#[derive(Debug)]
pub struct RunFolder {
    staging: PathBuf,
    place: PathBuf,
    outputs: BTreeMap<String, String>,
}

impl RunFolder {
    /// Opens an empty folder beside `place`.
    ///
    /// # Errors
    ///
    /// Any failure to make the folder.
    pub fn stage(place: &Path) -> std::io::Result<Self> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let staging = place.with_file_name(format!(".{name}.partial"));
        if staging.exists() {
            fs::remove_dir_all(&staging)?;
        }
        fs::create_dir_all(&staging)?;
        Ok(Self {
            staging,
            place: place.to_owned(),
            outputs: BTreeMap::new(),
        })
    }

    /// Path of a file inside the folder, its parents made.
    ///
    /// # Errors
    ///
    /// Any failure to make a folder.
    pub fn path(&self, inside: &str) -> std::io::Result<PathBuf> {
        let path = self.staging.join(inside);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        Ok(path)
    }

    /// Writes one file and remembers its hash.
    ///
    /// # Errors
    ///
    /// Any failure to write.
    pub fn write(&mut self, inside: &str, bytes: &[u8]) -> std::io::Result<()> {
        let mut file = fs::File::create(self.path(inside)?)?;
        file.write_all(bytes)?;
        self.outputs.insert(inside.to_owned(), hash(bytes));
        Ok(())
    }

    /// Remembers the hash of a file that somebody else wrote at [`Self::path`].
    ///
    /// # Errors
    ///
    /// Any failure to read it.
    pub fn adopt(&mut self, inside: &str) -> std::io::Result<()> {
        let bytes = fs::read(self.staging.join(inside))?;
        self.outputs.insert(inside.to_owned(), hash(&bytes));
        Ok(())
    }

    /// Writes manifest and log and moves the folder into place, over an older run of its name.
    ///
    /// # Errors
    ///
    /// Any failure to write or move.
    pub fn finish(self, mut manifest: Manifest, log: &serde_json::Value) -> std::io::Result<()> {
        manifest.outputs = self.outputs;
        write_json(&self.staging.join(MANIFEST), &manifest)?;
        write_json(&self.staging.join(LOG), log)?;
        if self.place.exists() {
            fs::remove_dir_all(&self.place)?;
        }
        fs::rename(&self.staging, &self.place)
    }
}

/// The manifest of a finished run whose files all stand as written; `None` where anything differs.
pub fn intact(place: &Path) -> Option<Manifest> {
    let text = fs::read_to_string(place.join(MANIFEST)).ok()?;
    let manifest: Manifest = serde_json::from_str(&text).ok()?;
    let stands = |(inside, expected): (&String, &String)| {
        fs::read(place.join(inside)).is_ok_and(|bytes| hash(&bytes) == *expected)
    };
    manifest.outputs.iter().all(stands).then_some(manifest)
}

/// blake3 of some bytes, in hex.
pub fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> std::io::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            schema: RESULT_SCHEMA.to_owned(),
            run: "abc".to_owned(),
            study: serde_json::json!({}),
            study_hash: String::new(),
            inputs: BTreeMap::new(),
            seed: 1,
            tool: "0".to_owned(),
            warnings: Vec::new(),
            outputs: BTreeMap::new(),
        }
    }

    #[test]
    fn a_finished_run_is_intact_until_a_file_changes() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("abc");
        let mut folder = RunFolder::stage(&place).unwrap();
        folder.write("tables/a.csv", b"x\n1\n").unwrap();
        assert!(!place.exists());
        folder.finish(manifest(), &serde_json::json!({})).unwrap();
        assert_eq!(intact(&place).unwrap().outputs.len(), 1);
        fs::write(place.join("tables/a.csv"), b"x\n2\n").unwrap();
        assert!(intact(&place).is_none());
    }
}
