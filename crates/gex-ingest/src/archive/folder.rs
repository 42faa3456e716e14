//! The archive's folder as a whole: its lock, its swap with the staged one, and what a crash leaves.
//!
//! A swap is two renames: the old archive to `.NAME.old`, the staged one to `NAME`. A crash leaves
//! the old archive, either of the two beside the other, or the new one; the next import puts the
//! old one back or clears it away.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::document::DOCUMENT;
use super::error::ArchiveError;
use crate::table::file_name;

/// The folder's own path, so that `.`, `a/..` and links have a name and neighbours.
pub(super) fn resolved(folder: &Path) -> Result<PathBuf, ArchiveError> {
    let io = |source| failed(folder, source);
    if folder.exists() {
        return folder.canonicalize().map_err(io);
    }
    let name = folder.file_name().ok_or_else(|| {
        let text = folder.display().to_string();
        ArchiveError::Folder(text)
    })?;
    let parent = folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(io)?;
    Ok(parent.canonicalize().map_err(io)?.join(name))
}

/// A hidden neighbour of the archive's folder.
pub(super) fn beside(folder: &Path, what: &str) -> PathBuf {
    folder.with_file_name(format!(".{}.{what}", file_name(folder)))
}

/// Whether a first import may go in: there is no folder, or one with plain files alone, such as bars
/// and controls, which stay. A folder with folders in it is more likely a wrong path.
pub(super) fn is_free(folder: &Path) -> bool {
    let is_file = |entry: std::io::Result<fs::DirEntry>| {
        entry.is_ok_and(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
    };
    fs::read_dir(folder).map_or(true, |mut entries| entries.all(is_file))
}

/// Links every file below `from` to its place below `to`, except where one stands there already.
pub(super) fn link_missing(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            link_missing(&entry.path(), &target)?;
        } else if !target.exists() {
            let copy = |_| fs::copy(entry.path(), &target).map(|_| ());
            fs::hard_link(entry.path(), &target).or_else(copy)?;
        }
    }
    Ok(())
}

/// Takes the only place of a writer; the system gives it back when the process ends, however.
pub(super) fn lock(folder: &Path) -> Result<File, ArchiveError> {
    let io = |source| failed(folder, source);
    let file = File::create(beside(folder, "lock")).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ArchiveError::Locked(file_name(folder))),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

/// Puts the old archive back where a crash fell between the two renames of a swap, and clears it
/// away where the swap was done.
pub(super) fn recover(folder: &Path) -> Result<(), ArchiveError> {
    let io = |source| failed(folder, source);
    let old = beside(folder, "old");
    if !old.exists() {
        Ok(())
    } else if folder.join(DOCUMENT).exists() {
        fs::remove_dir_all(&old).map_err(io)
    } else {
        fs::rename(&old, folder).map_err(io)
    }
}

/// Makes an empty staging folder.
pub(super) fn fresh(staging: &Path) -> std::io::Result<()> {
    if staging.exists() {
        fs::remove_dir_all(staging)?;
    }
    fs::create_dir_all(staging)
}

/// Swaps the staged archive in; the old one is back in its place after an error.
pub(super) fn swap(staging: &Path, folder: &Path) -> Result<(), ArchiveError> {
    let io = |source| failed(folder, source);
    let old = beside(folder, "old");
    let held = folder.exists();
    if held {
        fs::rename(folder, &old).map_err(io)?;
    }
    if let Err(source) = fs::rename(staging, folder) {
        if held {
            fs::rename(&old, folder).map_err(io)?;
        }
        return Err(io(source));
    }
    sync_parent(folder);
    if held {
        fs::remove_dir_all(&old).map_err(io)?;
    }
    Ok(())
}

/// Makes the renames last through a loss of power, where the system can sync a folder.
fn sync_parent(folder: &Path) {
    let parent = folder.parent().map(File::open);
    if let Some(Ok(parent)) = parent {
        // A system that can't sync folders keeps the order of renames by itself or not at all.
        drop(parent.sync_all());
    }
}

fn failed(folder: &Path, source: std::io::Error) -> ArchiveError {
    ArchiveError::Io {
        file: file_name(folder),
        source,
    }
}
