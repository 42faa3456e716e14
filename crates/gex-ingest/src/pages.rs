//! Pages with a checksum in their headers, which the `parquet` crate checks but does not write.
//!
//! Without one, a flipped bit in a compressed page is a wrong number more often than an error.

use parquet::column::page::{CompressedPage, Page, PageWriteSpec, PageWriter};
use parquet::errors::{ParquetError, Result};

/// Gathers the pages of one column chunk, header by header, as they will stand in the file.
pub(crate) struct ChecksummedPages<'a> {
    chunk: &'a mut Vec<u8>,
}

impl<'a> ChecksummedPages<'a> {
    /// Appends to `chunk`, which must be empty: offsets count from its start.
    pub(crate) fn new(chunk: &'a mut Vec<u8>) -> Self {
        Self { chunk }
    }
}

impl PageWriter for ChecksummedPages<'_> {
    fn write_page(&mut self, page: CompressedPage) -> Result<PageWriteSpec> {
        let offset = self.chunk.len();
        write_header(&page, self.chunk)?;
        let header = self.chunk.len() - offset;
        self.chunk.extend_from_slice(page.data());
        let mut spec = PageWriteSpec::new();
        spec.page_type = page.page_type();
        spec.uncompressed_size = page.uncompressed_size() + header;
        spec.compressed_size = page.compressed_size() + header;
        spec.num_values = page.num_values();
        spec.offset = offset as u64;
        spec.bytes_written = spec.compressed_size as u64;
        Ok(spec)
    }

    fn close(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Field headers of Thrift's compact protocol: the step from the last field's number in the high
/// half, the type in the low.
const INT_NEXT: u8 = 0x15;
const STRUCT_NEXT: u8 = 0x1C;
const STRUCT_THIRD_NEXT: u8 = 0x3C;
const FALSE_NEXT: u8 = 0x12;
const STOP: u8 = 0;

/// Writes the `PageHeader` of parquet.thrift with its field 4, the checksum of the stored bytes.
fn write_header(page: &CompressedPage, out: &mut Vec<u8>) -> Result<()> {
    let crc = crc32fast::hash(page.data());
    write_int(page.page_type() as i32, out);
    write_int(size(page.uncompressed_size())?, out);
    write_int(size(page.compressed_size())?, out);
    write_int(i32::from_le_bytes(crc.to_le_bytes()), out);
    match page.compressed_page() {
        Page::DataPage {
            def_level_encoding,
            rep_level_encoding,
            ..
        } => {
            out.push(STRUCT_NEXT);
            write_values(page, out)?;
            write_int(*def_level_encoding as i32, out);
            write_int(*rep_level_encoding as i32, out);
        }
        Page::DictionaryPage { .. } => {
            out.push(STRUCT_THIRD_NEXT);
            write_values(page, out)?;
            // Values stand in the order of their first row.
            out.push(FALSE_NEXT);
        }
        Page::DataPageV2 { .. } => {
            return Err(ParquetError::General(
                "version 2 pages are not written".to_owned(),
            ));
        }
    }
    out.extend([STOP, STOP]);
    Ok(())
}

fn write_values(page: &CompressedPage, out: &mut Vec<u8>) -> Result<()> {
    let values = usize::try_from(page.num_values())?;
    write_int(size(values)?, out);
    write_int(page.encoding() as i32, out);
    Ok(())
}

fn size(bytes: usize) -> Result<i32> {
    i32::try_from(bytes).map_err(ParquetError::from)
}

/// An integer field: zigzag, then seven bits a byte, the lowest first.
fn write_int(value: i32, out: &mut Vec<u8>) {
    out.push(INT_NEXT);
    let mut rest = ((value << 1) ^ (value >> 31)).cast_unsigned();
    loop {
        let [low, ..] = rest.to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            return out.push(low & 0x7F);
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples are of the Thrift compact protocol's specification: 0, -1, 1, -2 become
    /// 0, 1, 2, 3; 150 zigzags to 300, which is 0xAC 0x02.
    #[test]
    fn integers_are_written_as_the_protocol_says() {
        for (value, bytes) in [
            (0, &[0x00][..]),
            (-1, &[0x01]),
            (1, &[0x02]),
            (-2, &[0x03]),
            (150, &[0xAC, 0x02]),
            (i32::MIN, &[0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
        ] {
            let mut out = Vec::new();
            write_int(value, &mut out);
            assert_eq!(out[1..], *bytes, "{value}");
        }
    }
}
