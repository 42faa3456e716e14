//! Cboe delayed quotes as Cboe sends them: `cdn.cboe.com/api/global/delayed_quotes/options/_SPX.json`.
//!
//! ```text
//! { "timestamp": "2023-09-21 03:17:42", "symbol": "^RUT",
//!   "data": { "current_price": …, "security_type": "index",
//!             "options": [ { "option": "RUT231020C01000000", "bid": …, "iv": …, "open_interest": … } ] } }
//! ```
//!
//! `timestamp` is the instant of the fetch, in UTC; `last_trade_time` is by the clock in New York. Open
//! interest is OCC's figure of the previous close, public before the open. `gamma` is rounded to four
//! decimals: kept to compare, never used. An `iv` of zero is unknown.

use chrono::{NaiveDate, NaiveDateTime};
use gex_compute::market::calendar::Calendar;
use gex_compute::market::snapshot::Flags;
use serde::Deserialize;

use super::columns::{Columns, Field, check_units};
use super::osi;
use super::us::{INDEX_TERMS, STOCK_TERMS, settles};
use super::{Entry, Mark, Profile, Stamp, VendorChain, VendorFile};
use crate::accept::{Candidate, Quantities, Terms};
use crate::header;
use crate::sessions::OiClock;
use crate::source::{SourceError, SourceFile};

pub(super) const ENTRY: Entry = Entry {
    name: "cboe-json",
    marks: &[Mark::Keys(&["timestamp", "data"])],
    profile,
    read,
};

/// The document, as far as it is read.
#[derive(Deserialize)]
struct Document {
    timestamp: String,
    symbol: Option<String>,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    symbol: Option<String>,
    security_type: Option<String>,
    current_price: Option<f64>,
    options: Vec<Quote>,
}

#[derive(Deserialize)]
struct Quote {
    option: String,
    bid: Option<f64>,
    ask: Option<f64>,
    iv: Option<f64>,
    open_interest: Option<f64>,
    volume: Option<f64>,
    delta: Option<f64>,
    gamma: Option<f64>,
    last_trade_time: Option<String>,
}

fn profile() -> Profile {
    Profile {
        name: ENTRY.name.to_owned(),
        columns: Columns::new([
            (Field::Ts, "timestamp"),
            (Field::Underlying, "symbol"),
            (Field::Root, "option"),
            (Field::Expiry, "option"),
            (Field::Strike, "option"),
            (Field::Right, "option"),
            (Field::Bid, "bid"),
            (Field::Ask, "ask"),
            (Field::Iv, "iv"),
            (Field::OpenInterest, "open_interest"),
            (Field::Volume, "volume"),
            (Field::Spot, "current_price"),
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
    let bad = |column: &str, value: &str| SourceError::Damaged {
        rule: "bad_json",
        file: source.name.clone(),
        place: format!("key {column:?}"),
        detail: format!("{value:?} is not what stands there"),
    };
    let fetched = NaiveDateTime::parse_from_str(&document.timestamp, "%Y-%m-%d %H:%M:%S")
        .map_err(|_| bad("timestamp", &document.timestamp))?
        .and_utc();
    let data = document.data;
    let symbol = data.symbol.or(document.symbol).unwrap_or_default();
    let underlying = symbol.trim_start_matches(['^', '_']).to_owned();
    if underlying.is_empty() {
        return Err(bad("symbol", &symbol));
    }
    let terms = terms(data.security_type.as_deref());
    let last_trade = data.options.iter().filter_map(traded_on).max();
    let rows = data.options.len();
    let candidates: Vec<Candidate> = { data.options.into_iter().enumerate() }
        .map(|(row, quote)| candidate(row, quote, data.current_price, terms))
        .collect();
    check_units(&source.name, &profile().columns, &candidates)?;
    let label = fetched
        .with_timezone(&Calendar::Xnys.time_zone())
        .date_naive();
    let expiries = candidates.iter().filter_map(|candidate| candidate.expiry);
    let chain = VendorChain {
        underlying,
        stamp: Stamp::Fetched {
            label,
            fetched,
            last_trade,
        },
        first_expiry: expiries.min().map(|first| first.date_naive()),
        candidates,
    };
    Ok(VendorFile {
        chains: vec![chain],
        rows,
        ..VendorFile::default()
    })
}

/// Options on indices are European; on funds and stocks they are American.
fn terms(security_type: Option<&str>) -> Option<Terms> {
    match security_type {
        Some("index") | None => None,
        Some(_) => Some(STOCK_TERMS),
    }
}

fn traded_on(quote: &Quote) -> Option<NaiveDate> {
    let text = quote.last_trade_time.as_deref()?;
    NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()
}

fn candidate(row: usize, quote: Quote, spot: Option<f64>, terms: Option<Terms>) -> Candidate {
    let values = Quantities {
        bid: quote.bid,
        ask: quote.ask,
        iv: quote.iv.filter(|iv| *iv != 0.0),
        open_interest: quote.open_interest,
        volume: quote.volume,
        vendor_gamma: quote.gamma,
        vendor_delta: quote.delta,
        ..Quantities::default()
    };
    let symbol = osi::parse(&quote.option);
    let read = symbol.as_ref();
    Candidate {
        row,
        root: read.map(|symbol| symbol.root.clone()).unwrap_or_default(),
        expiry: read.map(|symbol| settles(&symbol.root, symbol.expiry)),
        strike: read.map(|symbol| symbol.strike),
        right: read
            .map(|symbol| symbol.right)
            .ok_or_else(|| quote.option.clone()),
        spot,
        values,
        malformed: symbol
            .is_none()
            .then(|| ("option".to_owned(), quote.option)),
        terms,
        flags: Flags::default(),
    }
}
