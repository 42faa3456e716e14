//! Barchart's chain of the nearest SPX expiries: at most 500 contracts each, without roots.
//!
//! `underlying_price` is a contract for difference after hours, a few points from the index: studies
//! should price off the parity forward. Where SPX and SPXW share an expiry the vendor returns one of
//! the two, another one on other days: all rows of that expiry are flagged `root_ambiguous` and taken
//! for SPXW (so it was on four of five days against rooted chains, June 2026). Where a key stands
//! twice, the first row is SPX and the second SPXW.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gex_compute::market::calendar::Calendar;
use gex_compute::market::contract::Right;

use super::cboe::{Dated, DatedChain, DatedFile, stamps};
use super::columns::{Columns, Field, Table, Units, check_units};
use super::us::{INDEX_TERMS, settles};
use super::{Entry, Mark, Profile, VendorFile};
use crate::quality::Rule;
use crate::sessions::OiClock;
use crate::source::{SourceError, SourceFile};

pub(super) const ENTRY: Entry = Entry {
    name: "barchart",
    marks: &[Mark::Columns(&[
        "ts_utc",
        "session_date",
        "dte",
        "right",
        "open_interest",
    ])],
    profile,
    read,
};

fn profile() -> Profile {
    Profile {
        name: ENTRY.name.to_owned(),
        columns: Columns::new([
            (Field::Ts, "ts_utc"),
            (Field::Session, "session_date"),
            (Field::Underlying, "underlying"),
            (Field::Expiry, "expiry"),
            (Field::Strike, "strike"),
            (Field::Right, "right"),
            (Field::Bid, "bid"),
            (Field::Ask, "ask"),
            (Field::Iv, "iv"),
            (Field::OpenInterest, "open_interest"),
            (Field::Volume, "volume"),
            (Field::Spot, "underlying_price"),
            (Field::VendorGamma, "gamma"),
            (Field::VendorDelta, "delta"),
        ]),
        terms: INDEX_TERMS,
        calendar: Calendar::Xnys,
        open_interest: OiClock::StartOfDay,
    }
}

fn read(source: &SourceFile) -> Result<VendorFile, SourceError> {
    let profile = profile();
    let mut table = Table::read(source, &profile.columns, Units::PLAIN, &[])?;
    check_units(&source.name, &profile.columns, &table.candidates)?;
    let stamps = stamps(&mut table)?;
    let underlyings = table.frame.texts("underlying")?;
    let expiries = table.dates("expiry")?;
    table.note_malformed();
    let rows = table
        .candidates
        .into_iter()
        .zip(stamps)
        .zip(underlyings)
        .zip(expiries)
        .map(|(((candidate, stamp), underlying), expiry)| Dated {
            stamp,
            underlying: underlying.unwrap_or_default(),
            expiry,
            candidate,
        })
        .collect();
    let mut chains = DatedFile::cut(&source.name, rows);
    for chain in &mut chains.chains {
        name_roots(chain);
    }
    Ok(chains.finish())
}

type Key = (Option<NaiveDate>, Option<u64>, Option<Right>);

/// Names the roots of a chain of SPX, whose rows have none.
pub(super) fn name_roots(dated: &mut DatedChain) {
    let keys: Vec<Key> = dated
        .chain
        .candidates
        .iter()
        .zip(&dated.expiries)
        .map(|(c, expiry)| (*expiry, c.strike.map(f64::to_bits), c.right.clone().ok()))
        .collect();
    let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
    for key in &keys {
        if !seen.insert(*key) {
            twice.insert(*key);
        }
    }
    let mut first = BTreeSet::new();
    for (candidate, key) in dated.chain.candidates.iter_mut().zip(keys) {
        let monthly = twice.contains(&key) && first.insert(key);
        let root = if monthly { "SPX" } else { "SPXW" };
        candidate.expiry = key.0.map(|date| settles(root, date));
        root.clone_into(&mut candidate.root);
        Rule::RootInferred.raise(&mut candidate.flags);
        if !twice.contains(&key) && key.0.is_some_and(|d| Calendar::Xnys.is_monthly_expiry(d)) {
            Rule::RootAmbiguous.raise(&mut candidate.flags);
        }
    }
}
