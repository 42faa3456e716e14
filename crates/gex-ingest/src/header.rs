//! The names that a text or a JSON document gives to its parts.

use serde_json::Value;

use crate::source::{SourceError, SourceFile, printable};

/// What separates the fields of a line.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The separator of a header: the one that occurs most, a comma where none does.
pub(crate) fn separator(head: &[u8]) -> u8 {
    let line = first_line(head);
    let count = |separator: u8| line.split(|byte| *byte == separator).count();
    let most = SEPARATORS.into_iter().rev().max_by_key(|s| count(*s));
    most.unwrap_or(b',')
}

/// The columns of a header line, without the spaces, quotes and brackets around their names.
///
/// ```text
/// [QUOTE_DATE], [STRIKE]   →   QUOTE_DATE, STRIKE
/// ```
pub(crate) fn columns(head: &[u8]) -> Vec<String> {
    let separator = char::from(separator(head));
    let line = String::from_utf8_lossy(first_line(head)).into_owned();
    let names = line.trim_start_matches('\u{feff}').trim_end();
    names.split(separator).map(plain_name).collect()
}

/// The first lines of a text.
pub(crate) fn lines(head: &[u8]) -> Vec<String> {
    /// Lines that may stand before a header.
    const LINES: usize = 8;
    let lines = head.split(|byte| *byte == b'\n').take(LINES);
    lines
        .map(|line| String::from_utf8_lossy(line).trim().to_owned())
        .collect()
}

/// The keys of a JSON object, or of the first object in a list.
///
/// # Errors
///
/// [`SourceError::Damaged`] with the line and the column at which the text is no JSON.
pub(crate) fn keys(source: &SourceFile, bytes: &[u8]) -> Result<Vec<String>, SourceError> {
    let listed = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let first = if listed {
        let objects: Vec<Value> = parse(source, bytes)?;
        objects.into_iter().next()
    } else {
        Some(parse(source, bytes)?)
    };
    Ok(match first {
        Some(Value::Object(object)) => object.into_iter().map(|(key, _)| key).collect(),
        _ => Vec::new(),
    })
}

/// Reads a JSON document.
///
/// # Errors
///
/// [`SourceError::Damaged`] with the place.
pub(crate) fn parse<'a, T: serde::Deserialize<'a>>(
    source: &SourceFile,
    bytes: &'a [u8],
) -> Result<T, SourceError> {
    serde_json::from_slice(bytes).map_err(|error| SourceError::Damaged {
        rule: if error.is_eof() {
            "truncated"
        } else {
            "bad_json"
        },
        file: source.name.clone(),
        place: format!("line {}, column {}", error.line(), error.column()),
        detail: printable(&error.to_string()),
    })
}

fn first_line(head: &[u8]) -> &[u8] {
    head.split(|byte| *byte == b'\n').next().unwrap_or_default()
}

fn plain_name(name: &str) -> String {
    let name = name.trim().trim_matches('"').trim();
    let inner = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    inner.unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_lose_what_stands_around_their_names() {
        let names = |line: &str| columns(line.as_bytes()).join("|");
        assert_eq!(
            names("\u{feff}ts,\"strike\",kind\r\n1,2,3"),
            "ts|strike|kind"
        );
        assert_eq!(names("[QUOTE_DATE], [STRIKE]\n"), "QUOTE_DATE|STRIKE");
        assert_eq!(names("a, exchange,b\n"), "a|exchange|b");
        assert_eq!(names("a;b;c\n"), "a|b|c");
        assert_eq!(names("a\tb\n"), "a|b");
        assert_eq!(names(""), "");
    }
}
