//! Any table through a [`Mapping`]: one row a contract, CSV or Parquet.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use gex_compute::market::Instant;

use super::columns::{Columns, Field, Table, check_units};
use super::{Entry, Mark, Stamp, VendorChain, VendorFile};
use crate::accept::{Candidate, Rejected};
use crate::mapping::Mapping;
use crate::quality::{Ledger, Rule};
use crate::source::{SourceError, SourceFile, printable};

/// Rows of one snapshot that were written one after the other differ by less.
const JITTER: TimeDelta = TimeDelta::seconds(1);
/// Longest name of an underlying or root; longer ones are set aside.
const LONGEST_NAME: usize = 64;

pub(super) const ENTRY: Entry = Entry {
    name: "chain-table",
    marks: &[Mark::Columns(&[
        "ts",
        "underlying",
        "expiry",
        "strike",
        "kind",
    ])],
    profile: || Mapping::chain_table().profile(),
    read: |source| read(source, &Mapping::chain_table()),
};

pub(super) fn read(source: &SourceFile, mapping: &Mapping) -> Result<VendorFile, SourceError> {
    let columns = &mapping.columns;
    let mut table = Table::read(source, columns, mapping.units, &[])?;
    check_units(&source.name, columns, &table.candidates)?;
    let instants = table
        .frame
        .instants(columns.name(Field::Ts), &mapping.time)?;
    let underlyings = names(
        &table,
        columns.get(Field::Underlying),
        mapping.underlying.as_deref(),
    )?;
    let root = mapping.root.as_deref();
    let roots = match (columns.get(Field::Root), root) {
        (None, None) => underlyings.clone(),
        (column, fixed) => names(&table, column, fixed)?,
    };
    let expiries = expiries(&mut table, mapping, &roots)?;
    table.note_malformed();
    let mut groups = Groups::new(source, columns);
    let rows = table.candidates.into_iter().zip(instants).zip(expiries);
    for (((mut candidate, ts), expiry), (underlying, root)) in
        rows.zip(underlyings.into_iter().zip(roots))
    {
        candidate.expiry = expiry;
        candidate.root = root.or_else(|| underlying.clone()).unwrap_or_default();
        groups.add(ts, underlying, candidate);
    }
    Ok(groups.finish())
}

fn names(
    table: &Table,
    column: Option<&str>,
    fixed: Option<&str>,
) -> Result<Vec<Option<String>>, SourceError> {
    match column {
        Some(column) => table.frame.texts(column),
        None => Ok(vec![fixed.map(str::to_owned); table.frame.height()]),
    }
}

/// Settlements given as instants stand; dates settle by the mapping's rule for the row's root.
fn expiries(
    table: &mut Table,
    mapping: &Mapping,
    roots: &[Option<String>],
) -> Result<Vec<Option<Instant>>, SourceError> {
    let column = mapping.columns.name(Field::Expiry);
    if table.frame.is_date(column, &mapping.expiry) {
        let dates = table.frame.dates(column, &mapping.expiry)?;
        let settle = |(date, root): (Option<_>, &Option<String>)| {
            let settlement = mapping.settlement_of(root.as_deref());
            date.map(|date| mapping.calendar.settlement(date, settlement))
        };
        return Ok(dates.into_iter().zip(roots).map(settle).collect());
    }
    table.frame.instants(column, &mapping.expiry)
}

/// Rows gathered into chains by underlying and instant.
pub(super) struct Groups<'a> {
    source: &'a SourceFile,
    columns: &'a Columns,
    chains: BTreeMap<(String, Instant), Vec<Candidate>>,
    rejected: Vec<Rejected>,
    rows: usize,
}

impl<'a> Groups<'a> {
    /// Starts with no chain.
    pub(super) fn new(source: &'a SourceFile, columns: &'a Columns) -> Self {
        Self {
            source,
            columns,
            chains: BTreeMap::new(),
            rejected: Vec::new(),
            rows: 0,
        }
    }

    /// Puts one row into its chain, or sets it aside.
    pub(super) fn add(
        &mut self,
        ts: Option<Instant>,
        underlying: Option<String>,
        candidate: Candidate,
    ) {
        self.rows += 1;
        let row = candidate.row;
        let Some(underlying) = underlying.filter(|name| !name.is_empty()) else {
            return self.reject(row, Field::Underlying, "", Rule::NullRequired);
        };
        if LONGEST_NAME < underlying.len() {
            return self.reject(row, Field::Underlying, &underlying, Rule::StringTooLong);
        }
        if LONGEST_NAME < candidate.root.len() {
            return self.reject(row, Field::Root, &candidate.root, Rule::StringTooLong);
        }
        match (ts, &candidate.malformed) {
            (Some(ts), _) => {
                let chain = self.chains.entry((underlying, ts)).or_default();
                chain.push(candidate);
            }
            (None, Some((_, value))) => {
                self.reject(row, Field::Ts, &value.clone(), Rule::Malformed);
            }
            (None, None) => self.reject(row, Field::Ts, "", Rule::NullRequired),
        }
    }

    fn reject(&mut self, row: usize, field: Field, value: &str, rule: Rule) {
        self.rejected.push(Rejected {
            source: self.source.name.clone(),
            row,
            column: self.columns.name(field).to_owned(),
            value: printable(value),
            rule,
        });
    }

    /// Closes the chains; those within a second of each other are one.
    pub(super) fn finish(self) -> VendorFile {
        let mut ledger = Ledger::default();
        let mut chains: Vec<VendorChain> = Vec::new();
        for ((underlying, ts), candidates) in self.chains {
            if let Some(last) = chains.last_mut()
                && let Stamp::Quoted(before) = &mut last.stamp
                && last.underlying == underlying
                && ts - *before <= JITTER
            {
                let place = format!(
                    "column {:?}: {before} and {ts}",
                    self.columns.name(Field::Ts)
                );
                ledger.note(Rule::SnapshotJitter, candidates.len() as u64, place);
                *before = ts;
                last.candidates.extend(candidates);
                continue;
            }
            chains.push(VendorChain {
                underlying,
                stamp: Stamp::Quoted(ts),
                first_expiry: None,
                candidates,
            });
        }
        VendorFile {
            chains,
            rejected: self.rejected,
            ledger,
            rows: self.rows,
        }
    }
}
