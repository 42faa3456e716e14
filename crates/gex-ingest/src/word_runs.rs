//! Required text columns as runs of equal words.
//!
//! The words of a chain repeat: one underlying, two rights, a few roots. Their pages hold a
//! dictionary and runs of places in it; reading those spares a reference-counted copy of a word for
//! every row, which is most of the time that the library's own reader takes.

use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::errors::{ParquetError, Result};

/// Takes one word off the front of a plain page; `None` where it is cut short or is no UTF-8.
fn take_word(bytes: &mut &[u8]) -> Option<String> {
    let length = i32::from_le_bytes(*bytes.split_off(..4)?.first_chunk()?);
    let word = bytes.split_off(..usize::try_from(length).ok()?)?;
    String::from_utf8(word.to_vec()).ok()
}

/// One required text column of a row group, read from its first row to its last.
pub(crate) struct WordColumn {
    pages: Box<dyn PageReader>,
    dictionary: Vec<String>,
    page: Places,
}

impl WordColumn {
    /// Begins at the first row.
    pub(crate) fn new(pages: Box<dyn PageReader>) -> Self {
        Self {
            pages,
            dictionary: Vec::new(),
            page: Places::default(),
        }
    }

    /// Reads on: a place in the dictionary, the word there, and in how many of the next rows it
    /// stands, at most `limit`; `None` after the last row.
    fn next_run(&mut self, limit: usize) -> Result<Option<(usize, &str, usize)>> {
        while self.page.left == 0 {
            match self.pages.get_next_page()? {
                Some(page) => self.turn(page)?,
                None => return Ok(None),
            }
        }
        let (place, rows) = self.page.next(limit)?;
        let value = self.dictionary.get(place).ok_or_else(damaged)?;
        Ok(Some((place, value, rows)))
    }

    /// Reads the next `rows` rows run by run.
    pub(crate) fn take(
        &mut self,
        rows: usize,
        mut each: impl FnMut(usize, &str, usize) -> Result<()>,
    ) -> Result<()> {
        let mut left = rows;
        while 0 < left {
            let (place, value, run) = self.next_run(left)?.ok_or_else(too_short)?;
            each(place, value, run)?;
            left -= run;
        }
        Ok(())
    }

    /// Checks that no row is left.
    pub(crate) fn finish(&mut self) -> Result<()> {
        match self.next_run(1)? {
            Some(_) => Err(general("a column is longer than the others")),
            None => Ok(()),
        }
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
                self.read_plain(&buf, usize::try_from(num_values)?)
            }
            Page::DataPage {
                buf,
                num_values,
                encoding: Encoding::RLE_DICTIONARY,
                ..
            } => {
                self.page = Places::packed(&buf, usize::try_from(num_values)?)?;
                Ok(())
            }
            Page::DataPage {
                buf,
                num_values,
                encoding: Encoding::PLAIN,
                ..
            } => {
                let (first, rows) = (self.dictionary.len(), usize::try_from(num_values)?);
                self.read_plain(&buf, rows)?;
                self.page = Places::in_a_row(first, rows);
                Ok(())
            }
            other => Err(general(&format!(
                "a page is encoded as {:?}, which the archive never writes",
                other.encoding()
            ))),
        }
    }

    fn read_plain(&mut self, mut bytes: &[u8], values: usize) -> Result<()> {
        for _ in 0..values {
            self.dictionary
                .push(take_word(&mut bytes).ok_or_else(too_short)?);
        }
        match bytes {
            [] => Ok(()),
            _ => Err(damaged()),
        }
    }
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
    /// Rows of the page that are still to come.
    left: usize,
}

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

impl Places {
    fn packed(page: &[u8], left: usize) -> Result<Self> {
        let (width, runs) = page.split_first().ok_or_else(too_short)?;
        if 32 < *width {
            return Err(damaged());
        }
        let mut bytes = Vec::with_capacity(runs.len() + PADDING);
        bytes.extend_from_slice(runs);
        bytes.extend([0; PADDING]);
        Ok(Self {
            bytes,
            at: 0,
            width: usize::from(*width),
            run: Run::default(),
            left,
        })
    }

    fn in_a_row(place: usize, rows: usize) -> Self {
        Self {
            run: Run::Ascending { place, rows },
            left: rows,
            ..Self::default()
        }
    }

    /// The next place and the rows it stands in, at least one and at most `limit`.
    fn next(&mut self, limit: usize) -> Result<(usize, usize)> {
        let limit = limit.min(self.left);
        loop {
            let (place, taken) = match &mut self.run {
                Run::Same { rows: 0, .. }
                | Run::Packed { rows: 0, .. }
                | Run::Ascending { rows: 0, .. } => {
                    self.run = self.read_run()?;
                    continue;
                }
                Run::Same { place, rows } => {
                    let taken = limit.min(*rows);
                    *rows -= taken;
                    (*place, taken)
                }
                Run::Packed { bit, rows } => {
                    let place = unpack(&self.bytes, *bit, self.width).ok_or_else(too_short)?;
                    *bit += self.width;
                    *rows -= 1;
                    (place, 1)
                }
                Run::Ascending { place, rows } => {
                    let this = *place;
                    *place += 1;
                    *rows -= 1;
                    (this, 1)
                }
            };
            self.left -= taken;
            return Ok((place, taken));
        }
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
        let mut places = Places::packed(page, rows)?;
        let mut out = Vec::new();
        while 0 < places.left {
            let (place, taken) = places.next(usize::MAX)?;
            out.extend(std::iter::repeat_n(place, taken));
        }
        Ok(out)
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
