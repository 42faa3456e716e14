//! Typed columns in and out of one row group: the only module that speaks to the Parquet library.
//!
//! A null number is NaN on our side and an absent value in the file. The library may panic on a
//! damaged file; [`guarded`] turns that into an error.

use std::collections::BTreeMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::column::reader::{ColumnReader, get_typed_column_reader};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::RowGroupReader;
use parquet::file::writer::SerializedRowGroupWriter;

/// Writes the columns of one row group, in the order of the schema.
pub(crate) struct GroupWriter<'a> {
    group: SerializedRowGroupWriter<'a, File>,
}

impl<'a> GroupWriter<'a> {
    pub(crate) fn new(group: SerializedRowGroupWriter<'a, File>) -> Self {
        Self { group }
    }

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
        let Some(mut column) = self.group.next_column()? else {
            return Err(ParquetError::General(
                "more columns than the schema has".to_owned(),
            ));
        };
        column.typed::<T>().write_batch(values, levels, None)?;
        column.close()
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
    pub(crate) fn new(group: Box<dyn RowGroupReader + 'a>) -> Result<Self, ParquetError> {
        let rows = usize::try_from(group.metadata().num_rows())
            .map_err(|_| ParquetError::General("negative number of rows".to_owned()))?;
        Ok(Self { group, rows })
    }

    pub(crate) fn doubles(&self, column: usize) -> Result<Vec<f64>, ParquetError> {
        self.read::<DoubleType>(column).map(|(values, _)| values)
    }

    /// Null becomes NaN.
    pub(crate) fn nullable_doubles(&self, column: usize) -> Result<Vec<f64>, ParquetError> {
        let (values, levels) = self.read::<DoubleType>(column)?;
        spread(values, &levels, |present| present.unwrap_or(f64::NAN))
    }

    pub(crate) fn longs(&self, column: usize) -> Result<Vec<i64>, ParquetError> {
        self.read::<Int64Type>(column).map(|(values, _)| values)
    }

    pub(crate) fn nullable_longs(&self, column: usize) -> Result<Vec<Option<i64>>, ParquetError> {
        let (values, levels) = self.read::<Int64Type>(column)?;
        spread(values, &levels, |present| present)
    }

    pub(crate) fn ints(&self, column: usize) -> Result<Vec<i32>, ParquetError> {
        self.read::<Int32Type>(column).map(|(values, _)| values)
    }

    pub(crate) fn nullable_ints(&self, column: usize) -> Result<Vec<Option<i32>>, ParquetError> {
        let (values, levels) = self.read::<Int32Type>(column)?;
        spread(values, &levels, |present| present)
    }

    /// Text that repeats, read in pieces that stay in the cache.
    pub(crate) fn words(&self, column: usize) -> Result<Words, ParquetError> {
        const PIECE: usize = 4_096;
        let reader = self.group.get_column_reader(column)?;
        let mut typed = get_typed_column_reader::<ByteArrayType>(reader);
        let mut words = Words::default();
        let mut piece = Vec::with_capacity(PIECE);
        while words.places.len() < self.rows {
            piece.clear();
            let wanted = PIECE.min(self.rows - words.places.len());
            typed.read_records(wanted, None, None, &mut piece)?;
            if piece.is_empty() {
                return Err(self.short(words.places.len()));
            }
            for word in &piece {
                words.push(word.data())?;
            }
        }
        Ok(words)
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
        let nullable = self
            .group
            .metadata()
            .column(column)
            .column_descr()
            .max_def_level()
            == 1;
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

/// A column of few distinct words: each word once, and each row's place among them.
#[derive(Debug, Default)]
pub(crate) struct Words {
    distinct: Vec<String>,
    places: Vec<u32>,
    by_text: BTreeMap<String, u32>,
}

impl Words {
    /// The words in the order of their first rows.
    pub(crate) fn distinct(&self) -> &[String] {
        &self.distinct
    }

    /// The place of a row's word in [`distinct`](Self::distinct).
    pub(crate) fn place(&self, row: usize) -> usize {
        self.places[row] as usize
    }

    /// The word of a row.
    pub(crate) fn text(&self, row: usize) -> &str {
        &self.distinct[self.place(row)]
    }

    /// Adds a row; most rows repeat the word before, which spares the look-up.
    fn push(&mut self, bytes: &[u8]) -> Result<(), ParquetError> {
        if let Some(last) = self.places.last().copied()
            && self.distinct[last as usize].as_bytes() == bytes
        {
            self.places.push(last);
            return Ok(());
        }
        let word = std::str::from_utf8(bytes)
            .map_err(|_| ParquetError::General("text that is not UTF-8".to_owned()))?;
        let place = match self.by_text.get(word) {
            Some(place) => *place,
            None => self.learn(word)?,
        };
        self.places.push(place);
        Ok(())
    }

    fn learn(&mut self, word: &str) -> Result<u32, ParquetError> {
        let place = u32::try_from(self.distinct.len())
            .map_err(|_| ParquetError::General("too many distinct words".to_owned()))?;
        self.distinct.push(word.to_owned());
        self.by_text.insert(word.to_owned(), place);
        Ok(place)
    }
}

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

/// Runs `read` and turns a panic of the library, as damaged files can cause, into an error.
pub(crate) fn guarded<T>(
    read: impl FnOnce() -> Result<T, ParquetError>,
) -> Result<T, ParquetError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(ParquetError::General(
            "the Parquet reader gave up on a damaged page".to_owned(),
        ))
    })
}
