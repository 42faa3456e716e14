//! The column types that can be read, told from the footer before any row is.

use parquet::basic::{ConvertedType, LogicalType};
use parquet::file::reader::FileReader as _;
use parquet::schema::types::Type;

use crate::proof;
use crate::source::{SourceError, SourceFile};

/// Refuses a Parquet file with one of `wanted` in a type that holds no plain number, text or time.
///
/// # Errors
///
/// [`SourceError::WrongType`] naming the column and its type.
pub(super) fn check_types(source: &SourceFile, wanted: &[String]) -> Result<(), SourceError> {
    let reader = proof::reader(source, source.open()?)?;
    let schema = reader.metadata().file_metadata().schema();
    for column in schema.get_fields() {
        if let Some(found) = foreign(column)
            && wanted.iter().any(|name| name == column.name())
        {
            return Err(SourceError::WrongType {
                file: source.name.clone(),
                column: column.name().to_owned(),
                found: found.to_owned(),
                wanted: "text, a date, a timestamp, or a number of 32 or 64 bits",
            });
        }
    }
    Ok(())
}

/// What is foreign about a type, if anything.
fn foreign(column: &Type) -> Option<&'static str> {
    if column.is_group() {
        return Some("nested");
    }
    let info = column.get_basic_info();
    if matches!(info.logical_type_ref(), Some(LogicalType::Decimal { .. })) {
        return Some("decimal");
    }
    match info.converted_type() {
        ConvertedType::DECIMAL => Some("decimal"),
        ConvertedType::INT_8 | ConvertedType::UINT_8 => Some("an 8-bit integer"),
        ConvertedType::INT_16 | ConvertedType::UINT_16 => Some("a 16-bit integer"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use parquet::schema::parser::parse_message_type;

    use super::*;

    #[test]
    fn types_without_a_plain_value_are_named() {
        let text = "message m {
            required double strike;
            required int64 ts (TIMESTAMP(MICROS, true));
            required binary kind (UTF8);
            required int32 open_interest (INTEGER(32, false));
            required int64 price (DECIMAL(12, 3));
            required int32 small (INTEGER(16, true));
            required int32 tiny (UINT_8);
            optional group many (LIST) { repeated group list { required double element; } }
        }";
        let schema = parse_message_type(text).unwrap();
        let found: Vec<_> = schema.get_fields().iter().map(|f| foreign(f)).collect();
        let (small, tiny) = (Some("a 16-bit integer"), Some("an 8-bit integer"));
        let plain = [None; 4];
        assert_eq!(found[..4], plain);
        assert_eq!(found[4..], [Some("decimal"), small, tiny, Some("nested")]);
    }
}
