//! HistoricalOptionData.com, end of day: L2 with greeks, or the same table saved again by its readers.
//!
//! Quotes are of the close of `quotedate`; open interest is OCC's figure of the previous close. `optionroot` is
//! the whole symbol of the contract, from which the root is taken. Until 2015 expiries were dated on Saturdays.
//! A volatility of zero is unknown.

use chrono::NaiveDate;
use gex_compute::market::calendar::Calendar;

use super::columns::{Columns, Field, Table, Units, check_units};
use super::frame::TimeRule;
use super::osi::root_of;
use super::table::Groups;
use super::us::{INDEX_TERMS, STOCK_TERMS, closes, is_index, settles_on_its_session};
use super::{Entry, Mark, Profile, VendorFile};
use crate::sessions::OiClock;
use crate::source::{SourceError, SourceFile};

const SYMBOL: &str = "optionroot";

pub(super) const ENTRY: Entry = Entry {
    name: "historical-option-data",
    marks: &[Mark::Columns(&[
        "underlying_last",
        "optionroot",
        "quotedate",
        "openinterest",
        "impliedvol",
    ])],
    profile,
    read,
};

fn profile() -> Profile {
    Profile {
        name: ENTRY.name.to_owned(),
        columns: Columns::new([
            (Field::Ts, "quotedate"),
            (Field::Underlying, "underlying"),
            (Field::Expiry, "expiration"),
            (Field::Strike, "strike"),
            (Field::Right, "type"),
            (Field::Bid, "bid"),
            (Field::Ask, "ask"),
            (Field::Iv, "impliedvol"),
            (Field::OpenInterest, "openinterest"),
            (Field::Volume, "volume"),
            (Field::Spot, "underlying_last"),
            (Field::VendorGamma, "gamma"),
            (Field::VendorDelta, "delta"),
        ]),
        terms: STOCK_TERMS,
        calendar: Calendar::Xnys,
        open_interest: OiClock::StartOfDay,
    }
}

fn read(source: &SourceFile) -> Result<VendorFile, SourceError> {
    let columns = profile().columns;
    let mut table = Table::read(source, &columns, Units::PLAIN, &[SYMBOL])?;
    let days = TimeRule {
        format: Some("%Y-%m-%d".to_owned()),
        zone: None,
    };
    let dates = table.frame.dates("quotedate", &days)?;
    let expiries = table.frame.dates("expiration", &days)?;
    let underlyings = table.frame.texts("underlying")?;
    let symbols = table.frame.texts(SYMBOL)?;
    table.note_malformed();
    for (i, candidate) in table.candidates.iter_mut().enumerate() {
        let at = |column: &[Option<NaiveDate>]| column.get(i).copied().flatten();
        let text = |column: &'_ [Option<String>]| column.get(i).cloned().flatten();
        let underlying = text(&underlyings).unwrap_or_default();
        let symbol = text(&symbols).unwrap_or_default();
        let root = root_of(&symbol).unwrap_or(&underlying);
        candidate.expiry = at(&expiries).map(|date| settles_on_its_session(root, date));
        root.clone_into(&mut candidate.root);
        candidate.terms = is_index(&underlying).then_some(INDEX_TERMS);
        candidate.values.iv = candidate.values.iv.filter(|iv| *iv != 0.0);
    }
    check_units(&source.name, &columns, &table.candidates)?;
    let mut groups = Groups::new(source, &columns);
    for ((candidate, date), underlying) in table.candidates.into_iter().zip(dates).zip(underlyings)
    {
        groups.add(date.map(closes), underlying, candidate);
    }
    Ok(groups.finish())
}
