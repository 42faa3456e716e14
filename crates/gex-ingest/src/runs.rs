//! Columns as the runs and packed places in which a file holds them.
//!
//! The values of a chain repeat: one instant, one spot, a few roots, strikes that come back at every
//! expiry. Their pages hold a dictionary and places in it. Reading those takes a value that fills a
//! thousand rows once, and spares a reference-counted copy of every word: the library's own reader
//! takes several times as long. Rows come in the portions that the caller asks for, so that a
//! snapshot is decoded straight into its own columns.

use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::errors::{ParquetError, Result};

/// A value as a plain page holds it.
pub(crate) trait Plain: Clone + PartialEq {
    /// Takes one value off the front of a page; `None` where it is cut short or is none.
    fn take(bytes: &mut &[u8]) -> Option<Self>;
}

macro_rules! plain_numbers {
    ($($number:ty)*) => { $(
        impl Plain for $number {
            fn take(bytes: &mut &[u8]) -> Option<Self> {
                let raw = bytes.split_off(..size_of::<Self>())?;
                raw.first_chunk().map(|raw| Self::from_le_bytes(*raw))
            }
        }
    )* };
}

plain_numbers!(i32 i64 f64);

impl Plain for String {
    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let length = i32::take(bytes)?;
        let word = bytes.split_off(..usize::try_from(length).ok()?)?;
        Self::from_utf8(word.to_vec()).ok()
    }
}

/// One column of a row group, read from its first row to its last.
pub(crate) struct RunColumn<T> {
    pages: Box<dyn PageReader>,
    nullable: bool,
    dictionary: Vec<T>,
    /// Which rows have a value; not read where all have one.
    present: Places,
    values: Places,
    /// Rows of the page that are still to come.
    left: usize,
    /// Memory for places, and for levels and values of a column in which some are missing.
    places: Vec<u32>,
    present_rows: Vec<u32>,
    present_values: Vec<T>,
}

impl<T: Plain> RunColumn<T> {
    /// Begins at the first row of a column with a value in every row.
    pub(crate) fn required(pages: Box<dyn PageReader>) -> Self {
        Self {
            pages,
            nullable: false,
            dictionary: Vec::new(),
            present: Places::default(),
            values: Places::default(),
            left: 0,
            places: Vec::new(),
            present_rows: Vec::new(),
            present_values: Vec::new(),
        }
    }

    /// Begins at the first row of a column in which values may be missing.
    pub(crate) fn optional(pages: Box<dyn PageReader>) -> Self {
        Self {
            nullable: true,
            ..Self::required(pages)
        }
    }

    /// Reads the next run of equal values of a column that has one in every row: the value and in
    /// how many rows it stands, at most `limit`; `None` after the last row.
    pub(crate) fn next_run(&mut self, limit: usize) -> Result<Option<(&T, usize)>> {
        if !self.turn_to_rows()? {
            return Ok(None);
        }
        let (place, rows) = self.values.next(limit.min(self.left))?;
        self.left -= rows;
        let value = self.dictionary.get(place).ok_or_else(damaged)?;
        Ok(Some((value, rows)))
    }

    /// Reads the next `rows` rows of a column that has a value in every row, run by run.
    pub(crate) fn take_runs(
        &mut self,
        rows: usize,
        mut each: impl FnMut(&T, usize) -> Result<()>,
    ) -> Result<()> {
        let mut left = rows;
        while 0 < left {
            let (value, run) = self.next_run(left)?.ok_or_else(too_short)?;
            each(value, run)?;
            left -= run;
        }
        Ok(())
    }

    /// Adds the places of the next `rows` rows' values in [`Self::dictionary`], for a column that
    /// has a value in every row.
    pub(crate) fn add_places(&mut self, rows: usize, into: &mut Vec<u32>) -> Result<()> {
        let (first, mut left) = (into.len(), rows);
        while 0 < left {
            if !self.turn_to_rows()? {
                return Err(too_short());
            }
            let taken = left.min(self.left);
            self.values.add_places(taken, into)?;
            self.left -= taken;
            left -= taken;
        }
        let most = into[first..].iter().copied().max();
        if most.is_some_and(|most| self.dictionary.len() <= most as usize) {
            return Err(damaged());
        }
        Ok(())
    }

    /// The values that were met so far, each at its place.
    pub(crate) fn dictionary(&self) -> &[T] {
        &self.dictionary
    }

    /// Checks that no row is left.
    pub(crate) fn finish(&mut self) -> Result<()> {
        if self.turn_to_rows()? {
            return Err(general("a column is longer than the others"));
        }
        Ok(())
    }

    /// Turns pages until one has rows; whether there is one.
    fn turn_to_rows(&mut self) -> Result<bool> {
        while self.left == 0 {
            match self.pages.get_next_page()? {
                Some(page) => self.turn(page)?,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    fn turn(&mut self, page: Page) -> Result<()> {
        match page {
            Page::DictionaryPage {
                buf,
                num_values,
                encoding: Encoding::PLAIN,
                ..
            } => {
                if !self.dictionary.is_empty() {
                    return Err(general("a column has two dictionaries"));
                }
                let mut bytes = &buf[..];
                for _ in 0..num_values {
                    self.dictionary
                        .push(T::take(&mut bytes).ok_or_else(too_short)?);
                }
                if bytes.is_empty() {
                    Ok(())
                } else {
                    Err(damaged())
                }
            }
            Page::DataPage {
                buf,
                num_values,
                encoding,
                ..
            } => self.turn_to_data(&buf, usize::try_from(num_values)?, encoding),
            other => Err(unwritten(other.encoding())),
        }
    }

    fn turn_to_data(&mut self, page: &[u8], rows: usize, encoding: Encoding) -> Result<()> {
        let values = self.read_levels(page)?;
        match encoding {
            Encoding::RLE_DICTIONARY => self.values = Places::of_dictionary(values)?,
            Encoding::PLAIN => {
                let first = self.dictionary.len();
                let mut bytes = values;
                while !bytes.is_empty() {
                    self.dictionary
                        .push(T::take(&mut bytes).ok_or_else(too_short)?);
                }
                self.values = Places::in_a_row(first, self.dictionary.len() - first);
            }
            other => return Err(unwritten(other)),
        }
        self.left = rows;
        Ok(())
    }

    /// Reads which rows have a value off the front of a page, where not all need have one.
    fn read_levels<'p>(&mut self, page: &'p [u8]) -> Result<&'p [u8]> {
        if !self.nullable {
            return Ok(page);
        }
        let mut rest = page;
        let length = i32::take(&mut rest).ok_or_else(too_short)?;
        let levels = rest
            .split_off(..usize::try_from(length)?)
            .ok_or_else(too_short)?;
        self.present = Places::packed(levels, 1);
        Ok(rest)
    }

    /// Adds the next `count` values, whichever rows they stand in.
    fn add_values(&mut self, count: usize, into: &mut Vec<T>) -> Result<()> {
        let mut left = count;
        while 0 < left {
            let piece = self.values.piece(left)?;
            match piece {
                Run::Same { place, rows } => {
                    let value = self.dictionary.get(place).ok_or_else(damaged)?;
                    into.resize(into.len() + rows, value.clone());
                }
                Run::Packed { bit, rows } => {
                    self.places.resize(rows.max(self.places.len()), 0);
                    let places = &mut self.places[..rows];
                    self.values.unpack_all(bit, places)?;
                    let most = places.iter().copied().fold(0, u32::max);
                    if self.dictionary.len() <= most as usize {
                        return Err(damaged());
                    }
                    let value = |place: &u32| self.dictionary[*place as usize].clone();
                    into.extend(places.iter().map(value));
                }
                Run::Ascending { place, rows } => {
                    let values = self.dictionary.get(place..place + rows);
                    into.extend_from_slice(values.ok_or_else(damaged)?);
                }
            }
            left -= piece.rows();
        }
        Ok(())
    }
}

impl RunColumn<f64> {
    /// Adds the next `rows` rows; where there is no value, NaN.
    pub(crate) fn add_rows(&mut self, rows: usize, into: &mut Vec<f64>) -> Result<()> {
        let mut left = rows;
        while 0 < left {
            if !self.turn_to_rows()? {
                return Err(too_short());
            }
            let taken = left.min(self.left);
            if self.nullable {
                self.add_nullable(taken, into)?;
            } else {
                self.add_values(taken, into)?;
            }
            self.left -= taken;
            left -= taken;
        }
        Ok(())
    }

    fn add_nullable(&mut self, rows: usize, into: &mut Vec<f64>) -> Result<()> {
        let mut present = std::mem::take(&mut self.present_rows);
        present.clear();
        self.present.add_places(rows, &mut present)?;
        let count = present.iter().sum::<u32>() as usize;
        if count == rows {
            self.add_values(rows, into)?;
        } else {
            let mut values = std::mem::take(&mut self.present_values);
            values.clear();
            self.add_values(count, &mut values)?;
            // A number after the last, so that every row may look at one.
            values.push(f64::NAN);
            spread(&present, &values, into)?;
            self.present_values = values;
        }
        self.present_rows = present;
        Ok(())
    }
}

/// Puts values into the rows whose level is one, and NaN into the others.
fn spread(present: &[u32], values: &[f64], into: &mut Vec<f64>) -> Result<()> {
    let mut next = 0;
    let most = present.iter().copied().fold(0, u32::max);
    if 1 < most {
        return Err(damaged());
    }
    into.extend(present.iter().map(|&level| {
        let value = values[next];
        next += level as usize;
        if level == 1 { value } else { f64::NAN }
    }));
    Ok(())
}

/// Zeros after a page's bytes, so that eight bytes can be read at any of its places.
const PADDING: usize = 8;

/// The places in the dictionary that one page lists: runs and bit-packed groups in turn (the
/// format's RLE / bit-packing hybrid).
#[derive(Default)]
struct Places {
    bytes: Vec<u8>,
    /// Next byte to read, without the padding.
    at: usize,
    /// Bits of one packed place.
    width: usize,
    run: Run,
}

#[derive(Clone, Copy)]
enum Run {
    /// The same place in so many rows.
    Same { place: usize, rows: usize },
    /// So many places from a bit of the page on, packed.
    Packed { bit: usize, rows: usize },
    /// So many places, each one above the last.
    Ascending { place: usize, rows: usize },
}

impl Default for Run {
    fn default() -> Self {
        Self::Same { place: 0, rows: 0 }
    }
}

impl Run {
    fn rows(self) -> usize {
        match self {
            Self::Same { rows, .. } | Self::Packed { rows, .. } | Self::Ascending { rows, .. } => {
                rows
            }
        }
    }

    /// The first `rows` rows, and what is left; a packed place has `width` bits.
    fn split(self, rows: usize, width: usize) -> (Self, Self) {
        let left = self.rows() - rows;
        match self {
            Self::Same { place, .. } => {
                (Self::Same { place, rows }, Self::Same { place, rows: left })
            }
            Self::Packed { bit, .. } => {
                let rest = bit + rows * width;
                (
                    Self::Packed { bit, rows },
                    Self::Packed {
                        bit: rest,
                        rows: left,
                    },
                )
            }
            Self::Ascending { place, .. } => {
                let rest = place + rows;
                (
                    Self::Ascending { place, rows },
                    Self::Ascending {
                        place: rest,
                        rows: left,
                    },
                )
            }
        }
    }
}

impl Places {
    /// The places of a data page, whose first byte is their width; a page without a value may be
    /// empty.
    fn of_dictionary(page: &[u8]) -> Result<Self> {
        let (width, runs) = page.split_first().unwrap_or((&0, &[]));
        if 32 < *width {
            return Err(damaged());
        }
        Ok(Self::packed(runs, usize::from(*width)))
    }

    fn packed(runs: &[u8], width: usize) -> Self {
        let mut bytes = Vec::with_capacity(runs.len() + PADDING);
        bytes.extend_from_slice(runs);
        bytes.extend([0; PADDING]);
        Self {
            bytes,
            at: 0,
            width,
            run: Run::default(),
        }
    }

    fn in_a_row(place: usize, rows: usize) -> Self {
        Self {
            run: Run::Ascending { place, rows },
            ..Self::default()
        }
    }

    /// The next run or a part of it, of at least one row and at most `limit`.
    fn piece(&mut self, limit: usize) -> Result<Run> {
        while self.run.rows() == 0 {
            self.run = self.read_run()?;
        }
        let (piece, rest) = self.run.split(limit.min(self.run.rows()), self.width);
        self.run = rest;
        Ok(piece)
    }

    /// The next place and the rows it stands in, at least one and at most `limit`.
    fn next(&mut self, limit: usize) -> Result<(usize, usize)> {
        while self.run.rows() == 0 {
            self.run = self.read_run()?;
        }
        let limit = match self.run {
            Run::Same { .. } => limit,
            Run::Packed { .. } | Run::Ascending { .. } => 1,
        };
        Ok(match self.piece(limit)? {
            Run::Same { place, rows } | Run::Ascending { place, rows } => (place, rows),
            Run::Packed { bit, rows } => {
                let place = unpack(&self.bytes, bit, self.width).ok_or_else(too_short)?;
                (place, rows)
            }
        })
    }

    /// Adds the next `count` places.
    fn add_places(&mut self, count: usize, into: &mut Vec<u32>) -> Result<()> {
        let mut left = count;
        while 0 < left {
            let piece = self.piece(left)?;
            let first = into.len();
            match piece {
                Run::Same { place, rows } => into.resize(first + rows, u32::try_from(place)?),
                Run::Packed { bit, rows } => {
                    into.resize(first + rows, 0);
                    self.unpack_all(bit, &mut into[first..])?;
                }
                Run::Ascending { place, rows } => {
                    let (from, to) = (u32::try_from(place)?, u32::try_from(place + rows)?);
                    into.extend(from..to);
                }
            }
            left -= piece.rows();
        }
        Ok(())
    }

    /// Unpacks places from a bit of the page on.
    fn unpack_all(&self, bit: usize, into: &mut [u32]) -> Result<()> {
        // Whole bytes begin at one of the first eight places, and every eight places after it.
        let to_byte = (0..8).find(|k| (bit + k * self.width).is_multiple_of(8));
        let (head, rest) = into.split_at_mut(to_byte.unwrap_or(8).min(into.len()));
        self.unpack_each(bit, head)?;
        let from = bit + head.len() * self.width;
        let groups = rest.len() / 8 * 8;
        let (whole, tail) = rest.split_at_mut(groups);
        let bytes = self.bytes.get(from / 8..).ok_or_else(too_short)?;
        unpack_groups(bytes, self.width, whole).ok_or_else(too_short)?;
        self.unpack_each(from + groups * self.width, tail)
    }

    fn unpack_each(&self, bit: usize, into: &mut [u32]) -> Result<()> {
        for (k, place) in into.iter_mut().enumerate() {
            let found = unpack(&self.bytes, bit + k * self.width, self.width);
            *place = u32::try_from(found.ok_or_else(too_short)?)?;
        }
        Ok(())
    }

    fn read_run(&mut self) -> Result<Run> {
        let header = self.read_varint()?;
        let count = usize::try_from(header >> 1)?;
        if header & 1 == 0 {
            let place = unpack(&self.bytes, self.at * 8, self.width).ok_or_else(too_short)?;
            self.advance(self.width.div_ceil(8))?;
            return Ok(Run::Same { place, rows: count });
        }
        let bit = self.at * 8;
        self.advance(count.checked_mul(self.width).ok_or_else(damaged)?)?;
        let rows = count.checked_mul(8).ok_or_else(damaged)?;
        Ok(Run::Packed { bit, rows })
    }

    fn read_varint(&mut self) -> Result<u32> {
        let mut value = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = *self.bytes.get(self.at).ok_or_else(too_short)?;
            self.advance(1)?;
            value |= u32::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(damaged())
    }

    fn advance(&mut self, bytes: usize) -> Result<()> {
        let at = self.at.checked_add(bytes).ok_or_else(damaged)?;
        if self.bytes.len() < at + PADDING {
            return Err(too_short());
        }
        self.at = at;
        Ok(())
    }
}

/// The number of `width` bits, at most 32, from `bit` on.
fn unpack(bytes: &[u8], bit: usize, width: usize) -> Option<usize> {
    let word = u64::from_le_bytes(*bytes.get(bit / 8..)?.first_chunk()?);
    usize::try_from(word >> (bit % 8) & ((1 << width) - 1)).ok()
}

/// Unpacks groups of eight places, each in as many bytes as a place has bits.
fn unpack_groups(bytes: &[u8], width: usize, into: &mut [u32]) -> Option<()> {
    macro_rules! by_width {
        ($($width:literal)*) => {
            match width {
                $($width => unpack_groups_of::<$width>(bytes, into),)*
                _ => unpack_any_groups(bytes, width, into),
            }
        };
    }
    by_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17)
}

/// As [`unpack_groups`], of a width that the compiler knows: no shift is computed when it runs.
fn unpack_groups_of<const WIDTH: usize>(bytes: &[u8], into: &mut [u32]) -> Option<()> {
    for (group, places) in into.chunks_exact_mut(8).enumerate() {
        let window = bytes.get(group * WIDTH..)?.get(..WIDTH + PADDING)?;
        for (k, place) in places.iter_mut().enumerate() {
            let bit = k * WIDTH;
            let word = u32::from_le_bytes(*window[bit / 8..].first_chunk()?);
            *place = word >> (bit % 8) & ((1 << WIDTH) - 1);
        }
    }
    Some(())
}

fn unpack_any_groups(bytes: &[u8], width: usize, into: &mut [u32]) -> Option<()> {
    for (k, place) in into.iter_mut().enumerate() {
        *place = u32::try_from(unpack(bytes, k * width, width)?).ok()?;
    }
    Some(())
}

fn unwritten(encoding: Encoding) -> ParquetError {
    general(&format!(
        "a page is encoded as {encoding:?}, which the archive never writes"
    ))
}

fn general(text: &str) -> ParquetError {
    ParquetError::General(text.to_owned())
}

fn too_short() -> ParquetError {
    general("a column is shorter than the others")
}

fn damaged() -> ParquetError {
    general("a page is damaged")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(page: &[u8], rows: usize) -> Result<Vec<usize>> {
        let mut places = Places::of_dictionary(page)?;
        let mut out = Vec::new();
        while out.len() < rows {
            let (place, taken) = places.next(rows - out.len())?;
            out.extend(std::iter::repeat_n(place, taken));
        }
        Ok(out)
    }

    /// The slow obvious twin: bit by bit.
    #[test]
    fn places_of_every_width_are_unpacked_from_every_bit() {
        let bytes: Vec<u8> = (0..600_u32)
            .map(|k| (k * k * 167 + k * 89).to_le_bytes()[1])
            .collect();
        for width in 0..=32 {
            let places = Places::packed(&bytes, width);
            for first in 0..9 {
                let mut found = [0; 100];
                places.unpack_all(first * width, &mut found).unwrap();
                for (k, found) in found.into_iter().enumerate() {
                    let bit = |b: usize| u32::from(bytes[b / 8] >> (b % 8) & 1);
                    let start = (first + k) * width;
                    let expected = (0..width).fold(0, |sum, b| sum | (bit(start + b) << b));
                    assert_eq!(found, expected, "{width} {first} {k}");
                }
            }
        }
    }

    /// The packed bytes are the example of the Parquet format's Encodings.md: 0 to 7 in three bits.
    #[test]
    fn packed_places_are_read_as_the_format_says() {
        let page = [3, 0x03, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        assert_eq!(places(&page, 8).unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(places(&page, 5).unwrap(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn runs_and_packed_groups_follow_one_another() {
        let page = [3, 0x08, 5, 0x03, 0x88, 0xC6, 0xFA, 0x04, 1];
        let expected = [5, 5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7, 1, 1];
        assert_eq!(places(&page, 14).unwrap(), expected);
    }

    #[test]
    fn a_page_that_promises_more_than_it_holds_is_an_error() {
        for page in [
            &[][..],
            &[3],
            &[3, 0x03, 0x88],
            &[33, 0x04, 1],
            &[8, 0xFF, 0xFF],
        ] {
            assert!(places(page, 8).is_err(), "{page:?}");
        }
        assert!(places(&[3, 0x08, 5], 5).is_err());
    }
}
