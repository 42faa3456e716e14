//! What a file holds, told from its first bytes and never from its name.

use std::io::Read as _;

/// Bytes that tell one content from another; a header line may be long, a magic number is not.
pub(crate) const HEAD: usize = 64 * 1024;

/// What the first bytes of a file show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Text: a table with a header line, or a note.
    Text,
    /// One JSON document.
    Json,
    /// Apache Parquet.
    Parquet,
    /// Databento's binary encoding, plain or under Zstandard.
    Dbn,
    /// One file under gzip.
    Gzip,
    /// Files in a zip.
    Zip,
    /// Something that no reader takes.
    Foreign(Foreign),
}

/// A content that no reader takes: what it looks like, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// What it looks like, after the file's name: `is empty`.
    pub(crate) looks: &'static str,
    /// What to do.
    pub(crate) cure: &'static str,
}

const UNPACK: &str = "unpack it and import the files inside";
const AGAIN: &str = "fetch the file again";

/// Magic numbers of contents that no reader takes.
const FOREIGN: [(&[u8], Foreign); 8] = [
    (
        b"version https://git-lfs",
        foreign(
            "is a Git LFS pointer, not the data itself",
            "run git lfs pull where it came from",
        ),
    ),
    (b"7z\xbc\xaf\x27\x1c", foreign("is a 7z archive", UNPACK)),
    (b"Rar!", foreign("is a rar archive", UNPACK)),
    (b"BZh", foreign("is compressed by bzip2", UNPACK)),
    (b"\xfd7zXZ", foreign("is compressed by xz", UNPACK)),
    (
        b"ARROW1",
        foreign("is an Arrow IPC file", "write it as Parquet"),
    ),
    (
        b"\xff\xfe",
        foreign("is text in UTF-16", "save it as UTF-8"),
    ),
    (
        b"\xfe\xff",
        foreign("is text in UTF-16", "save it as UTF-8"),
    ),
];

const fn foreign(looks: &'static str, cure: &'static str) -> Foreign {
    Foreign { looks, cure }
}

/// Tells a content by its first bytes.
pub(crate) fn content_of(head: &[u8]) -> Content {
    if head.is_empty() {
        return Content::Foreign(foreign("is empty", AGAIN));
    }
    if let Some((_, foreign)) = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Content::Foreign(*foreign);
    }
    if head.starts_with(b"PAR1") {
        return Content::Parquet;
    }
    if head.starts_with(b"\x1f\x8b") {
        return Content::Gzip;
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Content::Zip;
    }
    if head.starts_with(b"DBN") {
        return Content::Dbn;
    }
    if head.starts_with(b"\x28\xb5\x2f\xfd") {
        return under_zstandard(head);
    }
    of_text(head)
}

fn under_zstandard(head: &[u8]) -> Content {
    let mut magic = [0; 3];
    let read = dbn::decode::DynReader::inferred_with_buffer(head)
        .is_ok_and(|mut reader| reader.read_exact(&mut magic).is_ok());
    if read && &magic == b"DBN" {
        return Content::Dbn;
    }
    Content::Foreign(foreign("is compressed by Zstandard", UNPACK))
}

fn of_text(head: &[u8]) -> Content {
    if head.contains(&0) {
        let cure = "import CSV, Parquet or JSON, plain, under gzip or in a zip";
        return Content::Foreign(foreign("holds bytes of no known format", cure));
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let mut marks = text.iter().copied().filter(|b| !b.is_ascii_whitespace());
    match (marks.next(), marks.next()) {
        // A name in brackets begins some headers of text.
        (Some(b'{'), Some(b'"' | b'}'))
        | (Some(b'['), Some(b'{' | b'[' | b']' | b'"' | b'-' | b'0'..=b'9')) => Content::Json,
        (Some(b'<'), Some(b'!' | b'h' | b'H' | b'?')) => Content::Foreign(foreign(
            "is a web page, as servers send for an error",
            AGAIN,
        )),
        _ => Content::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(head: &[u8]) -> &'static str {
        match content_of(head) {
            Content::Foreign(foreign) => foreign.looks,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn contents_are_told_from_their_first_bytes() {
        assert_eq!(content_of(b"PAR1\x15\x04"), Content::Parquet);
        assert_eq!(content_of(b"\x1f\x8b\x08\0"), Content::Gzip);
        assert_eq!(content_of(b"PK\x03\x04\x14"), Content::Zip);
        assert_eq!(content_of(b"DBN\x01\0\0"), Content::Dbn);
        assert_eq!(content_of(b"\xef\xbb\xbfts,strike\n"), Content::Text);
        assert_eq!(content_of(b" {\n \"timestamp\": 1}"), Content::Json);
        assert_eq!(content_of(b"[[1609459200000, 80.1]]"), Content::Json);
    }

    /// The header of OptionsDX's files begins with a bracket and is no JSON.
    #[test]
    fn names_in_brackets_are_text() {
        assert_eq!(content_of(b"[QUOTE_UNIXTIME], [STRIKE]\n"), Content::Text);
    }

    #[test]
    fn what_no_reader_takes_is_named() {
        assert_eq!(looks(b""), "is empty");
        assert!(looks(b"version https://git-lfs.github.com/spec/v1").contains("pointer"));
        assert!(looks(b"<!DOCTYPE html>").contains("web page"));
        assert!(looks(b"7z\xbc\xaf\x27\x1c\0\x04").contains("7z"));
        assert!(looks(b"\x28\xb5\x2f\xfdnothing").contains("Zstandard"));
        assert!(looks(b"a,b\n\0\0\0").contains("no known format"));
    }
}
