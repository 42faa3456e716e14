//! Typed columns in and out of one row group: the only module that speaks to the Parquet library.
//!
//! A null number is NaN on our side and an absent value in the file. The library may panic on a
//! damaged file; [`guarded`] turns that into an error.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::column::reader::{ColumnReader, get_typed_column_reader};
use parquet::column::writer::{get_column_writer, get_typed_column_writer};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{
    EnabledStatistics, WriterProperties, WriterPropertiesPtr, WriterVersion,
};
use parquet::file::reader::RowGroupReader;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnDescPtr, TypePtr};

use crate::pages::ChecksummedPages;
use crate::runs::{Plain, RunColumn};

/// A Parquet file in the making, every page with its checksum.
pub(crate) struct FileWriter {
    writer: SerializedFileWriter<File>,
    columns: Vec<ColumnDescPtr>,
    settings: WriterPropertiesPtr,
}

impl FileWriter {
    /// Begins a file of these columns, with `metadata` as key and value.
    pub(crate) fn new(
        file: File,
        schema: TypePtr,
        metadata: &[(&str, String)],
    ) -> Result<Self, ParquetError> {
        let settings = Arc::new(settings(metadata));
        let writer = SerializedFileWriter::new(file, schema, Arc::clone(&settings))?;
        Ok(Self {
            columns: writer.schema_descr().columns().to_vec(),
            writer,
            settings,
        })
    }

    pub(crate) fn group(&mut self) -> Result<GroupWriter<'_>, ParquetError> {
        Ok(GroupWriter {
            group: self.writer.next_row_group()?,
            columns: self.columns.iter(),
            settings: &self.settings,
        })
    }

    /// Writes the footer and waits until the disk has everything.
    pub(crate) fn finish(self) -> Result<(), ParquetError> {
        let file = self.writer.into_inner()?;
        Ok(file.sync_all()?)
    }
}

/// What every file that is written says of its writer.
pub(crate) const WRITER: &str = "gexlab";

/// The same bytes for the same values, whatever the release: no version among the metadata.
/// Version 1 pages: every reader knows them, and the checksum covers a whole page.
///
/// Dictionaries and runs make a chain small already: compressing what they leave would save a third
/// of the disk and cost more than a third of the time in which a snapshot is decoded.
fn settings(metadata: &[(&str, String)]) -> WriterProperties {
    let pairs: Vec<KeyValue> = metadata
        .iter()
        .map(|(key, value)| KeyValue::new((*key).to_owned(), Some(value.clone())))
        .collect();
    WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::UNCOMPRESSED)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_created_by(WRITER.to_owned())
        .set_key_value_metadata(Some(pairs))
        .build()
}

/// Writes the columns of one row group, in the order of the schema.
pub(crate) struct GroupWriter<'a> {
    group: SerializedRowGroupWriter<'a, File>,
    columns: std::slice::Iter<'a, ColumnDescPtr>,
    settings: &'a WriterPropertiesPtr,
}

impl GroupWriter<'_> {
    pub(crate) fn doubles(&mut self, values: &[f64]) -> Result<(), ParquetError> {
        self.write::<DoubleType>(values, None)
    }

    /// NaN is written as null.
    pub(crate) fn nullable_doubles(&mut self, values: &[f64]) -> Result<(), ParquetError> {
        let present: Vec<f64> = values
            .iter()
            .copied()
            .filter(|value| !value.is_nan())
            .collect();
        let levels: Vec<i16> = values
            .iter()
            .map(|value| i16::from(!value.is_nan()))
            .collect();
        self.write::<DoubleType>(&present, Some(&levels))
    }

    pub(crate) fn longs(&mut self, values: &[i64]) -> Result<(), ParquetError> {
        self.write::<Int64Type>(values, None)
    }

    pub(crate) fn nullable_longs(&mut self, values: &[Option<i64>]) -> Result<(), ParquetError> {
        self.nullable::<Int64Type, _>(values, |value| *value)
    }

    pub(crate) fn ints(&mut self, values: &[i32]) -> Result<(), ParquetError> {
        self.write::<Int32Type>(values, None)
    }

    pub(crate) fn nullable_ints(&mut self, values: &[Option<i32>]) -> Result<(), ParquetError> {
        self.nullable::<Int32Type, _>(values, |value| *value)
    }

    pub(crate) fn texts(&mut self, values: &[&str]) -> Result<(), ParquetError> {
        let bytes: Vec<ByteArray> = values.iter().map(|text| ByteArray::from(*text)).collect();
        self.write::<ByteArrayType>(&bytes, None)
    }

    pub(crate) fn nullable_texts(&mut self, values: &[Option<String>]) -> Result<(), ParquetError> {
        self.nullable::<ByteArrayType, _>(values, |text| ByteArray::from(text.as_str()))
    }

    fn nullable<T: DataType, V>(
        &mut self,
        values: &[Option<V>],
        read: impl Fn(&V) -> T::T,
    ) -> Result<(), ParquetError> {
        let present: Vec<T::T> = values.iter().flatten().map(read).collect();
        let levels: Vec<i16> = values
            .iter()
            .map(|value| i16::from(value.is_some()))
            .collect();
        self.write::<T>(&present, Some(&levels))
    }

    fn write<T: DataType>(
        &mut self,
        values: &[T::T],
        levels: Option<&[i16]>,
    ) -> Result<(), ParquetError> {
        let Some(column) = self.columns.next() else {
            return Err(ParquetError::General(
                "more columns than the schema has".to_owned(),
            ));
        };
        let mut chunk = Vec::new();
        let pages = Box::new(ChecksummedPages::new(&mut chunk));
        let writer = get_column_writer(Arc::clone(column), Arc::clone(self.settings), pages);
        let mut writer = get_typed_column_writer::<T>(writer);
        writer.write_batch(values, levels, None)?;
        let closed = writer.close()?;
        self.group.append_column(&Bytes::from(chunk), closed)
    }

    pub(crate) fn close(self) -> Result<(), ParquetError> {
        self.group.close().map(|_| ())
    }
}

/// Reads the columns of one row group by their place in the schema.
pub(crate) struct GroupReader<'a> {
    group: Box<dyn RowGroupReader + 'a>,
    rows: usize,
}

impl<'a> GroupReader<'a> {
    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn new(group: Box<dyn RowGroupReader + 'a>) -> Result<Self, ParquetError> {
        let rows = usize::try_from(group.metadata().num_rows())
            .map_err(|_| ParquetError::General("negative number of rows".to_owned()))?;
        Ok(Self { group, rows })
    }

    /// Null becomes NaN.
    pub(crate) fn nullable_doubles(&self, column: usize) -> Result<Vec<f64>, ParquetError> {
        let (mut values, levels) = self.read::<DoubleType>(column)?;
        spread_in_place(&mut values, &levels)?;
        Ok(values)
    }

    pub(crate) fn nullable_longs(&self, column: usize) -> Result<Vec<Option<i64>>, ParquetError> {
        let (values, levels) = self.read::<Int64Type>(column)?;
        spread(values, &levels, |present| present)
    }

    pub(crate) fn nullable_ints(&self, column: usize) -> Result<Vec<Option<i32>>, ParquetError> {
        let (values, levels) = self.read::<Int32Type>(column)?;
        spread(values, &levels, |present| present)
    }

    /// A column to be read in portions of rows.
    pub(crate) fn runs<T: Plain>(&self, column: usize) -> Result<RunColumn<T>, ParquetError> {
        let pages = self.group.get_column_page_reader(column)?;
        Ok(if self.is_nullable(column) {
            RunColumn::optional(pages)
        } else {
            RunColumn::required(pages)
        })
    }

    fn is_nullable(&self, column: usize) -> bool {
        let column = self.group.metadata().column(column);
        column.column_descr().max_def_level() == 1
    }

    pub(crate) fn nullable_texts(
        &self,
        column: usize,
    ) -> Result<Vec<Option<ByteArray>>, ParquetError> {
        let (values, levels) = self.read::<ByteArrayType>(column)?;
        spread(values, &levels, |present| present)
    }

    /// Every value of a column that is present, and the definition levels of its rows.
    fn read<T: DataType>(&self, column: usize) -> Result<(Vec<T::T>, Vec<i16>), ParquetError> {
        let reader: ColumnReader = self.group.get_column_reader(column)?;
        let nullable = self.is_nullable(column);
        let mut typed = get_typed_column_reader::<T>(reader);
        let (mut values, mut levels) =
            (Vec::with_capacity(self.rows.min(TRUSTED_ROWS)), Vec::new());
        let mut read = 0;
        while read < self.rows {
            let wanted = nullable.then_some(&mut levels);
            let (records, ..) = typed.read_records(self.rows - read, wanted, None, &mut values)?;
            if records == 0 {
                break;
            }
            read += records;
        }
        if read != self.rows || (!nullable && values.len() != self.rows) {
            return Err(self.short(read));
        }
        Ok((values, levels))
    }

    fn short(&self, read: usize) -> ParquetError {
        ParquetError::General(format!("{read} of {} rows in a column", self.rows))
    }
}

/// The most rows for which memory is set aside before a value is read: a damaged count of rows
/// must not exhaust it.
const TRUSTED_ROWS: usize = 1 << 20;

/// Puts present values in their rows; a column that is not nullable has no levels.
fn spread<T, R>(
    values: Vec<T>,
    levels: &[i16],
    make: impl Fn(Option<T>) -> R,
) -> Result<Vec<R>, ParquetError> {
    if levels.is_empty() {
        return Ok(values.into_iter().map(|value| make(Some(value))).collect());
    }
    let mut present = values.into_iter();
    let rows: Vec<R> = levels
        .iter()
        .map(|level| make(if *level == 1 { present.next() } else { None }))
        .collect();
    match present.next() {
        None => Ok(rows),
        Some(_) => Err(ParquetError::General("more values than rows".to_owned())),
    }
}

/// Moves present numbers to their rows, the last one first, and fills the other rows with NaN; a
/// column that is not nullable has no levels.
fn spread_in_place(values: &mut Vec<f64>, levels: &[i16]) -> Result<(), ParquetError> {
    let mut present = values.len();
    if levels.is_empty() || present == levels.len() {
        return Ok(());
    }
    let known = levels.iter().filter(|level| **level == 1).count();
    if known != present {
        let text = format!("{present} values in {known} rows that have one");
        return Err(ParquetError::General(text));
    }
    values.resize(levels.len(), f64::NAN);
    for (row, level) in levels.iter().enumerate().rev() {
        if present == row + 1 {
            break;
        }
        if *level == 1 {
            present -= 1;
            values[row] = values[present];
        } else {
            values[row] = f64::NAN;
        }
    }
    Ok(())
}

/// Runs `read` and turns a panic of the library, as damaged files can cause, into an error.
pub(crate) fn guarded<T, E: From<ParquetError>>(
    read: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        let text = "the Parquet reader gave up on a damaged page";
        Err(ParquetError::General(text.to_owned()).into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_to_their_rows() {
        for levels in [
            &[1, 1, 0, 0, 1, 0, 1][..],
            &[0, 0, 1, 0],
            &[1, 1],
            &[0, 0, 0],
            &[1, 0, 0, 0],
            &[0, 1, 1, 1],
            &[],
        ] {
            let rows = levels.iter().enumerate();
            let expected: Vec<f64> = rows
                .map(|(row, level)| if *level == 1 { row as f64 } else { f64::NAN })
                .collect();
            let mut values = expected.clone();
            values.retain(|value| !value.is_nan());
            spread_in_place(&mut values, levels).unwrap();
            let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&values), bits(&expected));
        }
        assert!(spread_in_place(&mut vec![1.0], &[1, 1]).is_err());
        assert!(spread_in_place(&mut vec![1.0, 2.0], &[1, 0, 0]).is_err());
    }
}
