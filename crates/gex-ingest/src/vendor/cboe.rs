//! Rows under the label and the fetch time that a collector gave them, cut into chains.

use chrono::NaiveDate;
use gex_compute::market::Instant;

use super::columns::Table;
use super::{Stamp, VendorChain, VendorFile};
use crate::accept::{Candidate, Rejected};
use crate::quality::Rule;
use crate::source::SourceError;

/// The label and the fetch time of one row: what a collector writes on every row of a chain.
pub(super) type Stamped = (NaiveDate, Instant);

/// One row with what says to which chain it belongs.
pub(super) struct Dated {
    /// Label and fetch time.
    pub(super) stamp: Option<Stamped>,
    /// Name of the underlying.
    pub(super) underlying: String,
    /// Date of settlement.
    pub(super) expiry: Option<NaiveDate>,
    /// The row; its root and its instant of settlement are still open where the vendor has no root.
    pub(super) candidate: Candidate,
}

/// One chain with the settlement date of each row.
pub(super) struct DatedChain {
    /// The chain.
    pub(super) chain: VendorChain,
    /// Settlement dates, row by row.
    pub(super) expiries: Vec<Option<NaiveDate>>,
}

/// The chains of one file, and the rows that don't say to which they belong.
#[derive(Default)]
pub(super) struct DatedFile {
    /// Chains in the order of the file.
    pub(super) chains: Vec<DatedChain>,
    /// Rows that belong to none.
    pub(super) rejected: Vec<Rejected>,
    /// Rows in the file.
    pub(super) rows: usize,
}

impl DatedFile {
    /// Cuts a file into chains wherever label, fetch time or underlying change.
    pub(super) fn cut(source: &str, rows: Vec<Dated>) -> Self {
        let mut out = Self {
            rows: rows.len(),
            ..Self::default()
        };
        for row in rows {
            match row.stamp {
                Some(_) if row.underlying.is_empty() => out.reject(source, &row, "underlying"),
                Some(stamp) => out.push(stamp, row),
                None => out.reject(source, &row, "ts_utc"),
            }
        }
        out
    }

    fn reject(&mut self, source: &str, row: &Dated, column: &str) {
        self.rejected.push(Rejected {
            source: source.to_owned(),
            row: row.candidate.row,
            column: column.to_owned(),
            value: String::new(),
            rule: Rule::NullRequired,
        });
    }

    fn push(&mut self, (label, fetched): Stamped, row: Dated) {
        let stamp = Stamp::Fetched {
            label,
            fetched,
            last_trade: None,
        };
        let same = |last: &DatedChain| {
            last.chain.stamp == stamp && last.chain.underlying == row.underlying
        };
        if !self.chains.last().is_some_and(same) {
            self.chains.push(DatedChain {
                chain: VendorChain {
                    underlying: row.underlying,
                    stamp,
                    first_expiry: None,
                    candidates: Vec::new(),
                },
                expiries: Vec::new(),
            });
        }
        if let Some(last) = self.chains.last_mut() {
            last.chain.candidates.push(row.candidate);
            last.expiries.push(row.expiry);
        }
    }

    /// Closes the chains: every row has its root and its settlement by now.
    pub(super) fn finish(self) -> VendorFile {
        let chains = self.chains.into_iter().map(|dated| VendorChain {
            first_expiry: dated.expiries.iter().flatten().min().copied(),
            ..dated.chain
        });
        VendorFile {
            chains: chains.collect(),
            rejected: self.rejected,
            rows: self.rows,
            ..VendorFile::default()
        }
    }
}

/// Reads the label and the fetch time of every row.
pub(super) fn stamps(table: &mut Table) -> Result<Vec<Option<Stamped>>, SourceError> {
    let labels = table.dates("session_date")?;
    let fetched = table.instants("ts_utc")?;
    Ok(labels
        .into_iter()
        .zip(fetched)
        .map(|(label, fetched)| Some((label?, fetched?)))
        .collect())
}
