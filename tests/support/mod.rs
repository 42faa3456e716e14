//! What tests of the command share: running it, temporary folders, private data.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs `gex` in a folder.
pub(crate) fn gex(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gex"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("gex {arguments:?}: {error}"))
}

/// Runs `gex` and fails with its words where it does not succeed.
pub(crate) fn gex_ok(folder: &Path, arguments: &[&str]) -> String {
    let output = gex(folder, arguments);
    assert!(
        output.status.success(),
        "gex {arguments:?}: {}",
        stderr(&output)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a command said on stderr.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder of private market data, or a word aloud that the test skips.
#[expect(
    clippy::disallowed_methods,
    reason = "private data are found through GEX_SHARED alone"
)]
pub(crate) fn shared(test: &str) -> Option<PathBuf> {
    let folder = std::env::var("GEX_SHARED").ok().map(PathBuf::from);
    if folder.is_none() {
        let said =
            format!("SKIPPED {test}: GEX_SHARED is unset, private market data are not at hand\n");
        // Not `eprintln!`, which the harness swallows in a test that passes.
        std::io::stderr().write_all(said.as_bytes()).unwrap();
    }
    folder
}

/// The one folder that a run made below `out/<study>/`.
pub(crate) fn run_folder(out: &Path, study: &str) -> PathBuf {
    let mut entries = std::fs::read_dir(out.join(study)).unwrap();
    let folder = entries.next().unwrap().unwrap().path();
    assert!(entries.next().is_none(), "one run below {study}");
    folder
}

/// The findings of a run.
pub(crate) fn findings(folder: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(folder.join("findings.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}
