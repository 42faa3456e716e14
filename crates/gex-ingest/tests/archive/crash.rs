//! What a process that was killed leaves behind, and two imports at once.

use std::fs;
use std::path::{Path, PathBuf};

use gex_ingest::archive::{Archive, ArchiveError, ArchiveWriter, Summary};
use gex_ingest::import::Conflict;

use crate::chains::{bytes, chain, day, import, made, market, read, terms};

fn beside(folder: &Path, what: &str) -> PathBuf {
    folder.with_file_name(format!(".chains.{what}"))
}

fn neighbours(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.parent().unwrap()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn more() -> Vec<Vec<gex_compute::market::snapshot::ChainSnapshot>> {
    vec![vec![chain(day(1, 8), 9), chain(day(4, 1), 9)]]
}

/// The archive of a market and one more import, never interrupted.
fn expected() -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let (_parent, folder) = made(vec![market()]);
    import(&folder, more(), Conflict::Refuse).unwrap();
    bytes(&folder)
}

#[test]
fn a_kill_before_the_swap_leaves_the_old_archive_and_the_import_starts_again() {
    let (_parent, folder) = made(vec![market()]);
    let before = bytes(&folder);
    let staging = beside(&folder, "partial");
    fs::create_dir_all(staging.join(".sessions")).unwrap();
    fs::write(staging.join(".sessions/0.parquet"), "half a fi").unwrap();
    fs::write(staging.join("archive.json"), "{").unwrap();
    assert_eq!(read(&folder, "SIM").unwrap().len(), 5);
    assert_eq!(bytes(&folder), before);
    import(&folder, more(), Conflict::Refuse).unwrap();
    assert_eq!(bytes(&folder), expected());
    assert_eq!(neighbours(&folder), [".chains.lock", "chains"]);
}

#[test]
fn a_kill_between_the_two_renames_says_so_and_heals() {
    let (_parent, folder) = made(vec![market()]);
    fs::rename(&folder, beside(&folder, "old")).unwrap();
    fs::create_dir_all(beside(&folder, "partial")).unwrap();
    let error = Archive::open(&folder).unwrap_err();
    assert!(matches!(error, ArchiveError::CutOff(_)), "{error}");
    import(&folder, more(), Conflict::Refuse).unwrap();
    assert_eq!(bytes(&folder), expected());
    assert_eq!(neighbours(&folder), [".chains.lock", "chains"]);
}

#[test]
fn a_kill_after_the_swap_leaves_the_new_archive() {
    let (_parent, folder) = made(vec![market()]);
    let old = beside(&folder, "old");
    fs::create_dir_all(old.join("underlying=SIM")).unwrap();
    assert_eq!(read(&folder, "SIM").unwrap().len(), 5);
    import(&folder, more(), Conflict::Refuse).unwrap();
    assert_eq!(bytes(&folder), expected());
    assert!(!old.exists());
}

#[test]
fn only_one_import_writes_at_a_time() {
    let (_parent, folder) = made(vec![market()]);
    let first = ArchiveWriter::begin(&folder, terms()).unwrap();
    let second = ArchiveWriter::begin(&folder, terms()).unwrap_err();
    assert!(matches!(second, ArchiveError::Locked(_)), "{second}");
    drop(first);
    assert!(ArchiveWriter::begin(&folder, terms()).is_ok());
}

#[test]
fn an_import_that_is_given_up_leaves_nothing() {
    let (_parent, folder) = made(vec![market()]);
    let before = bytes(&folder);
    let mut writer = ArchiveWriter::begin(&folder, terms()).unwrap();
    writer.add(vec![chain(day(1, 4), 3)]).unwrap();
    assert!(beside(&folder, "partial").exists());
    let refused = writer.commit(Summary::default(), Conflict::Refuse);
    assert!(refused.is_err());
    assert_eq!(bytes(&folder), before);
    assert_eq!(neighbours(&folder), [".chains.lock", "chains"]);
}

#[test]
fn files_that_are_not_the_archives_stay() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("chains");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("bars.parquet"), "bars").unwrap();
    import(&folder, vec![market()], Conflict::Refuse).unwrap();
    fs::create_dir(folder.join("notes")).unwrap();
    fs::write(folder.join("notes/thesis.txt"), "years of work").unwrap();
    import(&folder, more(), Conflict::Refuse).unwrap();
    let mut found = bytes(&folder);
    let bars = found.remove(Path::new("bars.parquet"));
    assert_eq!(bars.as_deref(), Some(&b"bars"[..]));
    let thesis = found.remove(Path::new("notes/thesis.txt"));
    assert_eq!(thesis.as_deref(), Some(&b"years of work"[..]));
    assert!(found == expected());
}

#[test]
fn a_folder_of_folders_is_taken_for_a_wrong_path() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("chains");
    fs::create_dir_all(folder.join("photos")).unwrap();
    let error = ArchiveWriter::begin(&folder, terms()).unwrap_err();
    assert!(matches!(error, ArchiveError::Missing(_)), "{error}");
    let error = ArchiveWriter::begin(Path::new("/"), terms()).unwrap_err();
    assert!(error.to_string().contains("gex import"), "{error}");
    let error = ArchiveWriter::begin(&parent.path().join("new/.."), terms()).unwrap_err();
    assert!(matches!(error, ArchiveError::Folder(_)), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_to_an_archive_stays_a_link() {
    let (parent, folder) = made(vec![market()]);
    let link = parent.path().join("link");
    std::os::unix::fs::symlink(&folder, &link).unwrap();
    import(&link, more(), Conflict::Refuse).unwrap();
    assert!(link.is_symlink());
    assert!(bytes(&folder) == expected());
}
