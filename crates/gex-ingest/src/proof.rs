//! A Parquet file, proved whole before a row of it is read.

use parquet::basic::{Compression, Type as PhysicalType};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader as _, FileReader as _, Length as _, SerializedFileReader};

use crate::content::{Content, content_of};
use crate::source::{Opened, SourceError, SourceFile, printable};

/// Names the columns of a Parquet file by its footer.
///
/// # Errors
///
/// [`SourceError`] for what is no Parquet file, or has no whole footer.
pub(crate) fn columns(source: &SourceFile, opened: Opened) -> Result<Vec<String>, SourceError> {
    Ok(names(&reader(source, opened)?))
}

/// Names the columns and reads every page against its checksum.
///
/// # Errors
///
/// [`SourceError`] naming the file, the row group and the column.
pub(crate) fn prove(source: &SourceFile, opened: Opened) -> Result<Vec<String>, SourceError> {
    let reader = reader(source, opened)?;
    for group in 0..reader.num_row_groups() {
        check_pages(source, &reader, group)?;
    }
    Ok(names(&reader))
}

/// Names the columns of Parquet's old 96-bit timestamps.
///
/// # Errors
///
/// As [`columns`].
pub(crate) fn int96_columns(
    source: &SourceFile,
    opened: Opened,
) -> Result<Vec<String>, SourceError> {
    let reader = reader(source, opened)?;
    let schema = reader.metadata().file_metadata().schema_descr();
    let columns = schema.columns().iter();
    Ok(columns
        .filter(|column| column.physical_type() == PhysicalType::INT96)
        .map(|column| column.name().to_owned())
        .collect())
}

/// Opens a Parquet file at its footer.
///
/// # Errors
///
/// [`SourceError`] for what is no Parquet file, or has no whole footer.
pub(crate) fn reader(
    source: &SourceFile,
    opened: Opened,
) -> Result<SerializedFileReader<Opened>, SourceError> {
    check_magic(source, &opened)?;
    SerializedFileReader::new(opened).map_err(|error| {
        let detail = error.to_string();
        let cut = detail.contains("Corrupt footer") || detail.contains("EOF");
        SourceError::Damaged {
            rule: if cut { "truncated" } else { "bad_footer" },
            file: source.name.clone(),
            place: "footer".to_owned(),
            detail: printable(&detail),
        }
    })
}

fn names(reader: &SerializedFileReader<Opened>) -> Vec<String> {
    let schema = reader.metadata().file_metadata().schema();
    let fields = schema.get_fields().iter();
    fields.map(|field| field.name().to_owned()).collect()
}

fn check_magic(source: &SourceFile, opened: &Opened) -> Result<(), SourceError> {
    /// Two magic numbers and the length of a footer.
    const LEAST: u64 = 12;
    let length = usize::try_from(opened.len().min(64)).unwrap_or(64);
    let head = opened
        .get_bytes(0, length)
        .map_err(|error| SourceError::Unreadable {
            file: source.name.clone(),
            detail: error.to_string(),
        })?;
    let looks = match content_of(&head) {
        Content::Parquet if LEAST < opened.len() => return Ok(()),
        Content::Parquet => "holds nothing between its two magic numbers",
        Content::Foreign(foreign) if foreign.looks != "holds bytes of no known format" => {
            foreign.looks
        }
        Content::Text | Content::Json => "looks like text",
        _ => "doesn't begin with PAR1",
    };
    Err(SourceError::NotParquet {
        file: source.name.clone(),
        looks: looks.to_owned(),
    })
}

fn check_pages(
    source: &SourceFile,
    reader: &SerializedFileReader<Opened>,
    group: usize,
) -> Result<(), SourceError> {
    let metadata = reader.metadata().row_group(group);
    let damaged = |column: &str, detail: String| SourceError::Damaged {
        rule: "checksum",
        file: source.name.clone(),
        place: format!("row group {group}, column {column:?}"),
        detail: printable(&detail),
    };
    let rows = reader
        .get_row_group(group)
        .map_err(|error| damaged("", error.to_string()))?;
    for (i, chunk) in metadata.columns().iter().enumerate() {
        let name = chunk.column_path().string();
        if !can_decompress(chunk) {
            continue;
        }
        let mut pages = rows
            .get_column_page_reader(i)
            .map_err(|error| damaged(&name, error.to_string()))?;
        while let Some(page) = pages
            .get_next_page()
            .map_err(|error| damaged(&name, error.to_string()))?
        {
            drop(page);
        }
    }
    Ok(())
}

/// The checksum reader is built with zstd alone; polars reads the other codecs itself.
fn can_decompress(chunk: &ColumnChunkMetaData) -> bool {
    matches!(
        chunk.compression(),
        Compression::UNCOMPRESSED | Compression::ZSTD(_)
    )
}
