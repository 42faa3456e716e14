//! Cboe delayed quotes, one full chain a file: `cdn.cboe.com/api/global/delayed_quotes/options`.
//!
//! Open interest is OCC's figure of the previous close, public before the open. `gamma` is rounded
//! to four decimals: kept to compare, never used. An `iv` of zero is unknown.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use gex_compute::market::calendar::Calendar;

use super::cboe::{Dated, DatedFile, stamps};
use super::columns::{Columns, Field, Table, Units, check_units};
use super::us::{INDEX_TERMS, settles};
use super::{Entry, Mark, Profile, Stamp, VendorFile};
use crate::sessions::OiClock;
use crate::source::{SourceError, SourceFile};

const LAST_TRADE: &str = "last_trade_time_et";

pub(super) const ENTRY: Entry = Entry {
    name: "cboe-delayed",
    marks: &[Mark::Columns(&[
        "ts_utc",
        "session_date",
        "root",
        "last_trade_time_et",
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
            (Field::Root, "root"),
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
    let mut table = Table::read(source, &profile.columns, Units::PLAIN, &[LAST_TRADE])?;
    check_units(&source.name, &profile.columns, &table.candidates)?;
    let stamps = stamps(&mut table)?;
    let last_trades = last_trades(&table, &stamps)?;
    let underlyings = table.frame.texts("underlying")?;
    let roots = table.frame.texts("root")?;
    let expiries = table.dates("expiry")?;
    table.note_malformed();
    let rows = table
        .candidates
        .into_iter()
        .zip(stamps)
        .zip(underlyings)
        .zip(roots)
        .zip(expiries)
        .map(|((((mut candidate, stamp), underlying), root), expiry)| {
            let root = root.unwrap_or_default();
            candidate.expiry = expiry.map(|date| settles(&root, date));
            candidate.root = root;
            Dated {
                stamp,
                underlying: underlying.unwrap_or_default(),
                expiry,
                candidate,
            }
        })
        .collect();
    let mut file = DatedFile::cut(&source.name, rows).finish();
    for chain in &mut file.chains {
        if let Stamp::Fetched {
            label, last_trade, ..
        } = &mut chain.stamp
        {
            *last_trade = last_trades.get(label).copied();
        }
    }
    Ok(file)
}

/// The latest day, in New York, on which any contract under a label traded.
fn last_trades(
    table: &Table,
    stamps: &[Option<super::cboe::Stamped>],
) -> Result<BTreeMap<NaiveDate, NaiveDate>, SourceError> {
    let mut latest = BTreeMap::new();
    for (reading, stamp) in table.frame.wall_clock(LAST_TRADE)?.into_iter().zip(stamps) {
        if let (Some(reading), Some((label, _))) = (reading, stamp) {
            let day = latest.entry(*label).or_insert(reading.date());
            *day = reading.date().max(*day);
        }
    }
    Ok(latest)
}
