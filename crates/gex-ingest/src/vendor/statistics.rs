//! The minimum and maximum that a Parquet file claims for each row group, held against its rows.
//!
//! Nothing here prunes by them, but a file whose summary contradicts its rows was damaged or put
//! together by hand, and other readers of it see other rows.

use std::fmt::Display;

use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::FileReader as _;
use parquet::file::statistics::Statistics;
use polars::prelude::{Column, DataFrame, DataType};

use crate::proof;
use crate::source::{SourceError, SourceFile};

/// What one row group says of one column.
struct Claim<T> {
    rows: usize,
    least: Option<T>,
    greatest: Option<T>,
}

/// Refuses a file with a 64-bit number or instant outside the bounds that its row group claims.
///
/// # Errors
///
/// [`SourceError::Damaged`] naming the row group, the column, the claim and the value.
pub(super) fn check_statistics(source: &SourceFile, data: &DataFrame) -> Result<(), SourceError> {
    let reader = proof::reader(source, source.open()?)?;
    let groups = reader.metadata().row_groups();
    for column in data.columns() {
        if let Err((group, detail)) = check_column(column, groups) {
            let place = format!("row group {group}, column {:?}", column.name().as_str());
            return Err(disagree(source, place, detail));
        }
    }
    Ok(())
}

fn disagree(source: &SourceFile, place: String, detail: String) -> SourceError {
    SourceError::Damaged {
        rule: "statistics_disagree",
        file: source.name.clone(),
        place,
        detail,
    }
}

/// Types of other widths and orders (decimals, unsigned, text) are left alone.
fn check_column(column: &Column, groups: &[RowGroupMetaData]) -> Result<(), (usize, String)> {
    let name = column.name().as_str();
    let physical = column.to_physical_repr();
    match column.dtype() {
        DataType::Int64 | DataType::Datetime(..) => {
            let claims = groups.iter().map(|group| integers(group, name));
            physical
                .i64()
                .map_or(Ok(()), |values| find_liar(values.iter(), claims))
        }
        DataType::Float64 => {
            let claims = groups.iter().map(|group| floats(group, name));
            physical
                .f64()
                .map_or(Ok(()), |values| find_liar(values.iter(), claims))
        }
        _ => Ok(()),
    }
}

fn statistics<'a>(group: &'a RowGroupMetaData, name: &str) -> Option<&'a Statistics> {
    let mut chunks = group.columns().iter();
    chunks
        .find(|chunk| chunk.column_path().string() == name)?
        .statistics()
}

fn integers(group: &RowGroupMetaData, name: &str) -> Claim<i64> {
    let claimed = match statistics(group, name) {
        Some(Statistics::Int64(of)) => (of.min_opt().copied(), of.max_opt().copied()),
        _ => (None, None),
    };
    claim(group, claimed)
}

fn floats(group: &RowGroupMetaData, name: &str) -> Claim<f64> {
    let claimed = match statistics(group, name) {
        Some(Statistics::Double(of)) => (of.min_opt().copied(), of.max_opt().copied()),
        _ => (None, None),
    };
    claim(group, claimed)
}

fn claim<T>(group: &RowGroupMetaData, (least, greatest): (Option<T>, Option<T>)) -> Claim<T> {
    Claim {
        rows: usize::try_from(group.num_rows()).unwrap_or(0),
        least,
        greatest,
    }
}

/// NaN is outside no bounds: writers leave it out of them.
fn find_liar<T: PartialOrd + Display>(
    mut values: impl Iterator<Item = Option<T>>,
    claims: impl Iterator<Item = Claim<T>>,
) -> Result<(), (usize, String)> {
    for (group, claim) in claims.enumerate() {
        for value in values.by_ref().take(claim.rows).flatten() {
            if let Some(least) = claim.least.as_ref().filter(|least| value < **least) {
                let detail = format!("the statistics say at least {least}, a row holds {value}");
                return Err((group, detail));
            }
            if let Some(most) = claim.greatest.as_ref().filter(|most| **most < value) {
                let detail = format!("the statistics say at most {most}, a row holds {value}");
                return Err((group, detail));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(least: f64, greatest: f64) -> Claim<f64> {
        Claim {
            rows: 2,
            least: Some(least),
            greatest: Some(greatest),
        }
    }

    #[test]
    fn a_value_outside_the_bounds_of_its_own_group_is_found() {
        let values = [Some(1.0), None, Some(f64::NAN), Some(4.0)];
        let held = |claims: [Claim<f64>; 2]| find_liar(values.into_iter(), claims.into_iter());
        assert_eq!(held([claim(1.0, 1.0), claim(3.0, 5.0)]), Ok(()));
        let (group, detail) = held([claim(0.0, 9.0), claim(0.0, 3.0)]).unwrap_err();
        assert_eq!(group, 1);
        assert!(
            detail.contains("at most 3") && detail.contains("holds 4"),
            "{detail}"
        );
        let (group, detail) = held([claim(2.0, 9.0), claim(0.0, 3.0)]).unwrap_err();
        assert_eq!(group, 0);
        assert!(detail.contains("at least 2"), "{detail}");
    }
}
