//! Shares of open interest that dealers are assumed to hold, by side, delta and days to expiry.

use crate::market::contract::Right;

/// Most buckets of deltas and of days.
pub const MOST_BUCKETS: usize = 5;

/// A share for each side, bucket of days and bucket of deltas.
///
/// A value on an edge belongs to the bucket below it. Deltas are those of the forward without their
/// sign: N(d₁) of a call, 1 − N(d₁) of a put. Days are calendar days.
///
/// ```
/// use gex_compute::fractions::FractionTable;
/// use gex_compute::market::contract::Right;
///
/// // Up to a week dealers are short far calls and short all puts; beyond it they hold the calls.
/// let calls = [vec![-0.5, 0.2], vec![0.8, 0.8]];
/// let puts = [vec![-1.0, -1.0], vec![-0.4, -0.9]];
/// let table = FractionTable::new((&[0.25], &[7.0]), &calls, &puts)?;
/// assert_eq!(table.share(Right::Call, 0.1, 3.0), -0.5);
/// assert_eq!(table.share(Right::Call, 0.25, 7.0), -0.5);
/// assert_eq!(table.share(Right::Put, 0.6, 30.0), -0.9);
/// # Ok::<(), gex_compute::fractions::FractionError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FractionTable {
    deltas: Edges,
    days: Edges,
    calls: Shares,
    puts: Shares,
}

/// One share a bucket of days and bucket of deltas, in ten-thousandths, so that a positioning model stays
/// small enough to copy; those beyond the buckets in use are zero.
type Shares = [[i16; MOST_BUCKETS]; MOST_BUCKETS];

/// Shares are whole numbers of these.
const PARTS: f64 = 10_000.0;

/// Ascending edges between buckets; those beyond the ones in use are infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Edges {
    at: [f64; MOST_BUCKETS - 1],
    buckets: usize,
}

/// Why numbers make no table of fractions.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FractionError {
    /// More edges than buckets can be told apart by.
    #[error("{what} may have at most {} edges, got {got}", MOST_BUCKETS - 1)]
    TooMany {
        /// Which edges.
        what: &'static str,
        /// How many.
        got: usize,
    },
    /// Edges that don't ascend inside of their range.
    #[error("edges of {what} must ascend between 0 and {most}, got {got:?}")]
    Edges {
        /// Which edges.
        what: &'static str,
        /// The greatest edge that means something.
        most: f64,
        /// What was given.
        got: Vec<f64>,
    },
    /// Another number of lines or of shares than the edges ask for.
    #[error(
        "{side} need {days} lines, one a bucket of days, of {deltas} shares, one a bucket of deltas"
    )]
    Shape {
        /// Calls or puts.
        side: &'static str,
        /// Lines.
        days: usize,
        /// Shares a line.
        deltas: usize,
    },
    /// A share outside [-1, 1], or one that claims to be known better than anybody can.
    #[error("a share must lie in [-1, 1] and have at most four decimals, got {0}")]
    Share(f64),
}

impl FractionTable {
    /// Makes a table from the edges of deltas and of days, and a line of shares a bucket of days for
    /// each side, shortest first.
    ///
    /// # Errors
    ///
    /// [`FractionError`] for edges that don't ascend, another shape, or a share outside [-1, 1] or with
    /// more than four decimals.
    pub fn new(
        (deltas, days): (&[f64], &[f64]),
        calls: &[Vec<f64>],
        puts: &[Vec<f64>],
    ) -> Result<Self, FractionError> {
        let deltas = Edges::new("delta", deltas, 1.0)?;
        let days = Edges::new("days", days, f64::MAX)?;
        let buckets = (days.buckets, deltas.buckets);
        Ok(Self {
            deltas,
            days,
            calls: shares("calls", calls, buckets)?,
            puts: shares("puts", puts, buckets)?,
        })
    }

    /// The share of open interest that dealers hold of a contract, long above zero, from the size of its
    /// delta and the calendar days that it has left.
    pub fn share(&self, right: Right, delta_size: f64, days: f64) -> f64 {
        let shares = match right {
            Right::Call => &self.calls,
            Right::Put => &self.puts,
        };
        f64::from(shares[self.days.bucket(days)][self.deltas.bucket(delta_size)]) / PARTS
    }

    /// The table in words.
    pub(crate) fn words(&self) -> String {
        let lines = |shares: &Shares| {
            let used = shares[..self.days.buckets].iter();
            let line = |line: &[i16; MOST_BUCKETS]| {
                let shares = line[..self.deltas.buckets].iter();
                let shares: Vec<f64> = shares.map(|parts| f64::from(*parts) / PARTS).collect();
                format!("{shares:?}")
            };
            used.map(line).collect::<Vec<_>>().join(" ")
        };
        format!(
            "by size of delta with edges {:?} across and days to expiry with edges {:?} down, calls {} \
             and puts {}",
            self.deltas.in_use(),
            self.days.in_use(),
            lines(&self.calls),
            lines(&self.puts)
        )
    }
}

impl Edges {
    fn new(what: &'static str, given: &[f64], most: f64) -> Result<Self, FractionError> {
        if MOST_BUCKETS <= given.len() {
            let got = given.len();
            return Err(FractionError::TooMany { what, got });
        }
        let inside = given.iter().all(|edge| 0.0 < *edge && *edge < most);
        if !(inside && given.is_sorted_by(|a, b| a < b)) {
            let got = given.to_vec();
            return Err(FractionError::Edges { what, most, got });
        }
        let mut at = [f64::INFINITY; MOST_BUCKETS - 1];
        at[..given.len()].copy_from_slice(given);
        Ok(Self {
            at,
            buckets: given.len() + 1,
        })
    }

    fn bucket(&self, value: f64) -> usize {
        self.at.partition_point(|edge| *edge < value)
    }

    fn in_use(&self) -> &[f64] {
        &self.at[..self.buckets - 1]
    }
}

fn shares(
    side: &'static str,
    lines: &[Vec<f64>],
    (days, deltas): (usize, usize),
) -> Result<Shares, FractionError> {
    if lines.len() != days || lines.iter().any(|line| line.len() != deltas) {
        return Err(FractionError::Shape { side, days, deltas });
    }
    let mut table = [[0; MOST_BUCKETS]; MOST_BUCKETS];
    for (line, given) in table.iter_mut().zip(lines) {
        for (share, given) in line.iter_mut().zip(given) {
            *share = parts(*given).ok_or(FractionError::Share(*given))?;
        }
    }
    Ok(table)
}

/// A share in whole parts; `None` where it is none.
fn parts(share: f64) -> Option<i16> {
    /// Decimal fractions are not binary ones: a share is its parts to within rounding.
    const ROUNDING: f64 = 1e-9;
    let whole = (share * PARTS).round();
    let near = (share * PARTS - whole).abs() < ROUNDING * PARTS;
    #[expect(clippy::cast_possible_truncation, reason = "a share's parts are few")]
    (near && (-PARTS..=PARTS).contains(&whole)).then_some(whole as i16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_another_shape_is_refused() {
        let one = [vec![0.5]];
        let table = FractionTable::new((&[], &[]), &one, &one).unwrap();
        assert!((table.share(Right::Put, 0.9, 400.0) - 0.5).abs() < 1e-15);
        let error = FractionTable::new((&[0.5], &[]), &one, &one).unwrap_err();
        assert_eq!(
            error.to_string(),
            "calls need 1 lines, one a bucket of days, of 2 shares, one a bucket of deltas"
        );
    }

    #[test]
    fn edges_ascend_within_their_range() {
        let two = [vec![0.5, 0.5]];
        for edges in [[0.0], [1.0], [f64::NAN]] {
            let error = FractionTable::new((&edges, &[]), &two, &two).unwrap_err();
            assert!(matches!(error, FractionError::Edges { .. }), "{edges:?}");
        }
        let falling = FractionTable::new((&[], &[30.0, 7.0]), &two, &two).unwrap_err();
        assert!(falling.to_string().contains("[30.0, 7.0]"), "{falling}");
        let many = FractionTable::new((&[], &[1.0, 2.0, 3.0, 4.0, 5.0]), &two, &two).unwrap_err();
        assert_eq!(many.to_string(), "days may have at most 4 edges, got 5");
    }

    #[test]
    fn a_share_beyond_one_is_refused() {
        let error = FractionTable::new((&[], &[]), &[vec![0.5]], &[vec![-1.5]]).unwrap_err();
        assert_eq!(error, FractionError::Share(-1.5));
        let third = 1.0 / 3.0;
        let error = FractionTable::new((&[], &[]), &[vec![third]], &[vec![0.5]]).unwrap_err();
        assert_eq!(error, FractionError::Share(third));
    }
}
