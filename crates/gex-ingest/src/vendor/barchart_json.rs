//! Barchart's chain of the nearest expiries as its API sends it, collected in one document a session.
//!
//! ```text
//! { "date": "2026-08-21", "timestamp": "2026-08-21T21:29:36.965022", "spot": 7674.0,
//!   "expiries": { "2026-08-21": [ { "strikePrice": 7675, "optionType": "Call", "openInterest": 1284, … } ] } }
//! ```
//!
//! `timestamp` is the instant of the fetch, in UTC. The document names no underlying: it is the beginning of
//! the file's name, as in `spx_2026-08-21.json`. Roots, and what `spot` is, are as in the table of the same
//! data: see `barchart`. A volatility of zero is unknown.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use gex_compute::market::calendar::Calendar;
use gex_compute::market::contract::Right;
use gex_compute::market::snapshot::Flags;
use serde::Deserialize;

use super::barchart::name_roots;
use super::cboe::{Dated, DatedFile};
use super::columns::{Columns, Field, check_units};
use super::us::{INDEX_TERMS, STOCK_TERMS, is_index, settles};
use super::{Entry, Mark, Profile, VendorFile};
use crate::accept::{Candidate, Quantities};
use crate::header;
use crate::sessions::OiClock;
use crate::source::{SourceError, SourceFile};

pub(super) const ENTRY: Entry = Entry {
    name: "barchart-json",
    marks: &[Mark::Keys(&["date", "timestamp", "spot", "expiries"])],
    profile,
    read,
};

#[derive(Deserialize)]
struct Document {
    date: NaiveDate,
    timestamp: NaiveDateTime,
    spot: Option<f64>,
    expiries: BTreeMap<NaiveDate, Vec<Quote>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Quote {
    strike_price: Option<f64>,
    option_type: String,
    volatility: Option<f64>,
    delta: Option<f64>,
    gamma: Option<f64>,
    open_interest: Option<f64>,
    volume: Option<f64>,
    bid_price: Option<f64>,
    ask_price: Option<f64>,
}

fn profile() -> Profile {
    Profile {
        name: ENTRY.name.to_owned(),
        columns: Columns::new([
            (Field::Ts, "timestamp"),
            (Field::Session, "date"),
            (Field::Expiry, "expiries"),
            (Field::Strike, "strikePrice"),
            (Field::Right, "optionType"),
            (Field::Bid, "bidPrice"),
            (Field::Ask, "askPrice"),
            (Field::Iv, "volatility"),
            (Field::OpenInterest, "openInterest"),
            (Field::Volume, "volume"),
            (Field::Spot, "spot"),
            (Field::VendorGamma, "gamma"),
            (Field::VendorDelta, "delta"),
        ]),
        terms: INDEX_TERMS,
        calendar: Calendar::Xnys,
        open_interest: OiClock::StartOfDay,
    }
}

fn read(source: &SourceFile) -> Result<VendorFile, SourceError> {
    let bytes = source.bytes()?;
    let document: Document = header::parse(source, &bytes)?;
    let underlying = underlying(source)?;
    let stamp = Some((document.date, document.timestamp.and_utc()));
    let quotes = document.expiries.into_iter();
    let quotes = quotes.flat_map(|(expiry, quotes)| quotes.into_iter().map(move |q| (expiry, q)));
    let rows: Vec<Dated> = quotes
        .enumerate()
        .map(|(row, (expiry, quote))| Dated {
            stamp,
            underlying: underlying.clone(),
            expiry: Some(expiry),
            candidate: candidate(row, &quote, document.spot),
        })
        .collect();
    let mut file = DatedFile::cut(&source.name, rows);
    for chain in &mut file.chains {
        check_units(&source.name, &profile().columns, &chain.chain.candidates)?;
        if underlying == "SPX" {
            name_roots(chain);
            continue;
        }
        for (candidate, expiry) in chain.chain.candidates.iter_mut().zip(&chain.expiries) {
            underlying.clone_into(&mut candidate.root);
            candidate.expiry = expiry.map(|date| settles(&underlying, date));
            candidate.terms = (!is_index(&underlying)).then_some(STOCK_TERMS);
        }
    }
    Ok(file.finish())
}

/// What stands before the first `_` of the file's name, in capitals.
fn underlying(source: &SourceFile) -> Result<String, SourceError> {
    let name = source.name.rsplit('/').next().unwrap_or(&source.name);
    let begin = name
        .split('_')
        .next()
        .unwrap_or_default()
        .to_ascii_uppercase();
    if !begin.is_empty() && begin != name && begin.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(begin);
    }
    Err(SourceError::NotATable {
        file: source.name.clone(),
        looks: "is a chain of Barchart's that names no underlying".to_owned(),
        cure: "let its name begin with it, as in spx_2026-08-21.json".to_owned(),
    })
}

fn candidate(row: usize, quote: &Quote, spot: Option<f64>) -> Candidate {
    let right = match quote.option_type.as_str() {
        "Call" => Ok(Right::Call),
        "Put" => Ok(Right::Put),
        other => Err(other.to_owned()),
    };
    Candidate {
        row,
        root: String::new(),
        expiry: None,
        strike: quote.strike_price,
        right,
        spot,
        values: Quantities {
            bid: quote.bid_price,
            ask: quote.ask_price,
            iv: quote.volatility.filter(|iv| *iv != 0.0),
            open_interest: quote.open_interest,
            volume: quote.volume,
            vendor_gamma: quote.gamma,
            vendor_delta: quote.delta,
            ..Quantities::default()
        },
        malformed: None,
        terms: None,
        flags: Flags::default(),
    }
}
