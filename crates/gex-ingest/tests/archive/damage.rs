//! Damaged archives: an error that names the file, never other numbers, never a panic.

use std::fs;
use std::path::Path;

use gex_ingest::archive::{Archive, ArchiveError, DOCUMENT};

use crate::chains::{chain, day, import, made, market, read};
use gex_ingest::import::Conflict;

const MONTH: &str = "underlying=SIM/year=2024/01.parquet";

fn altered(folder: &Path, change: impl Fn(&mut Vec<u8>)) -> ArchiveError {
    let path = folder.join(MONTH);
    let sound = fs::read(&path).unwrap();
    let mut bytes = sound.clone();
    change(&mut bytes);
    fs::write(&path, bytes).unwrap();
    let error = read(folder, "SIM").unwrap_err();
    fs::write(&path, sound).unwrap();
    error
}

#[test]
fn one_flipped_bit_anywhere_is_an_error_that_names_the_file() {
    let (_parent, folder) = made(vec![market()]);
    let length = fs::read(folder.join(MONTH)).unwrap().len();
    for k in 0..200 {
        let place = k * (length - 1) / 199;
        let error = altered(&folder, |bytes| bytes[place] ^= 1 << (k % 8)).to_string();
        assert!(error.contains(MONTH), "{place}: {error}");
    }
    assert!(read(&folder, "SIM").is_ok(), "the undamaged file reads");
}

#[test]
fn damage_with_a_hash_that_fits_ends_in_an_error_or_in_rows_but_never_in_a_panic() {
    let (_parent, folder) = made(vec![market()]);
    let document = fs::read_to_string(folder.join(DOCUMENT)).unwrap();
    let sound = fs::read(folder.join(MONTH)).unwrap();
    let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
    let expected = read(&folder, "SIM").unwrap();
    for k in 0..400 {
        let mut bytes = sound.clone();
        bytes[k * (sound.len() - 1) / 399] ^= 1 << (k % 8);
        let forged = document.replace(&hash(&sound), &hash(&bytes));
        fs::write(folder.join(MONTH), &bytes).unwrap();
        fs::write(folder.join(DOCUMENT), forged).unwrap();
        if let Ok(chains) = read(&folder, "SIM") {
            // A bit of a statistic or of a name that nobody reads.
            assert!(chains == expected, "bit {} of byte {}", k % 8, k);
        }
    }
}

/// Other tables carry their own hash.
#[test]
fn a_flipped_bit_in_a_table_is_an_error_or_changes_nothing() {
    use gex_ingest::table::{Column, Table, read_parquet, write_parquet};
    let numbers = (0..500).map(|k| (k % 7 != 3).then_some(f64::from(k * k % 101) / 7.0));
    let words = (0..500).map(|k| (k % 5 != 3).then(|| format!("word {}", k % 11)));
    let table = Table::new()
        .with("at", Column::Instant((0..500).map(Some).collect()))
        .with("number", Column::F64(numbers.collect()))
        .with("word", Column::Text(words.collect()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bars.parquet");
    write_parquet(&path, &table, &[]).unwrap();
    let sound = fs::read(&path).unwrap();
    let mut errors = 0;
    for k in 0..2_000 {
        let mut bytes = sound.clone();
        let place = k * (sound.len() - 1) / 1_999;
        bytes[place] ^= 1 << (k % 8);
        fs::write(&path, bytes).unwrap();
        match read_parquet(&path) {
            Ok((read, _)) => assert!(read == table, "bit {} of {place}", k % 8),
            Err(error) => {
                assert!(error.to_string().contains("bars.parquet"), "{error}");
                errors += 1;
            }
        }
    }
    assert!(1_000 < errors, "{errors} of 2,000");
}

#[test]
fn a_file_cut_short_gone_or_of_other_columns_is_named() {
    let (_parent, folder) = made(vec![market()]);
    let cut = altered(&folder, |bytes| bytes.truncate(bytes.len() / 2));
    assert!(
        matches!(&cut, ArchiveError::Altered { file } if file == MONTH),
        "{cut}"
    );
    fs::remove_file(folder.join(MONTH)).unwrap();
    let gone = read(&folder, "SIM").unwrap_err();
    assert!(
        matches!(&gone, ArchiveError::Io { file, .. } if file == MONTH),
        "{gone}"
    );
    let damages = Archive::open(&folder).unwrap().damages();
    assert_eq!(damages.len(), 1, "{damages:?}");
    assert!(damages[0].to_string().contains(MONTH));
}

#[test]
fn a_table_in_the_place_of_a_month_is_refused_even_with_its_own_hash() {
    use gex_ingest::table::{Column, Table, write_parquet};
    let (_parent, folder) = made(vec![market()]);
    let old = blake3::hash(&fs::read(folder.join(MONTH)).unwrap())
        .to_hex()
        .to_string();
    let table = Table::new().with("ts", Column::F64(vec![Some(1.0), None]));
    write_parquet(&folder.join(MONTH), &table, &[]).unwrap();
    let new = blake3::hash(&fs::read(folder.join(MONTH)).unwrap())
        .to_hex()
        .to_string();
    edit(&folder, &old, &new);
    let error = read(&folder, "SIM").unwrap_err().to_string();
    assert!(
        error.contains(MONTH) && error.contains("columns"),
        "{error}"
    );
}

fn edit(folder: &Path, from: &str, to: &str) {
    let path = folder.join(DOCUMENT);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(&path, text.replace(from, to)).unwrap();
}

#[test]
fn another_schema_version_is_told_from_damage() {
    for version in ["0", "2"] {
        let (_parent, folder) = made(vec![market()]);
        edit(
            &folder,
            "\"schema_version\": 1",
            &format!("\"schema_version\": {version}"),
        );
        edit(&folder, "\"sources\"", "\"whatever_comes_later\"");
        let error = Archive::open(&folder).unwrap_err();
        assert!(matches!(error, ArchiveError::Version { .. }), "{error}");
    }
}

#[test]
fn a_damaged_document_says_where() {
    let (_parent, folder) = made(vec![market()]);
    let text = fs::read_to_string(folder.join(DOCUMENT)).unwrap();
    fs::write(folder.join(DOCUMENT), &text[..text.len() / 2]).unwrap();
    let error = Archive::open(&folder).unwrap_err();
    assert!(matches!(error, ArchiveError::Document(_)), "{error}");
    assert!(error.to_string().contains("line"), "{error}");
    let import = import(&folder, vec![vec![chain(day(4, 1), 3)]], Conflict::Replace);
    assert!(
        import.is_err(),
        "an import does not write over what it cannot read"
    );
}

#[test]
fn a_document_that_leads_out_of_the_folder_is_refused() {
    for hostile in [
        "../../01.parquet",
        "/01.parquet",
        "underlying=SIM/year=2024/02.parquet/..",
    ] {
        let (_parent, folder) = made(vec![vec![chain(day(1, 4), 3)]]);
        edit(&folder, MONTH, hostile);
        let error = Archive::open(&folder).unwrap_err();
        assert!(matches!(error, ArchiveError::Listing(_)), "{error}");
    }
}

#[test]
fn a_folder_without_an_archive_and_an_unknown_underlying_are_named() {
    let empty = tempfile::tempdir().unwrap();
    let error = Archive::open(empty.path()).unwrap_err();
    assert!(matches!(error, ArchiveError::Missing(_)), "{error}");
    let (_parent, folder) = made(vec![market()]);
    let error = read(&folder, "SPX").unwrap_err().to_string();
    assert!(
        error.contains("\"SPX\"") && error.contains("SIM, SIM-2.x_y"),
        "{error}"
    );
}
