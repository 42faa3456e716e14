//! `quotedata.csv` of Cboe's web page: a preamble, then calls and puts of one strike side by side.
//!
//! ```text
//! Standard & Poors 500 Index,Last: 3990.5601,Change:  56.1801
//! "Date: December 12, 2022 at 8:30 PM EST",Bid: 3962.01,Ask: 4016.6299,Size: 1*1,Volume: 0
//! Expiration Date,Calls,Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest,Strike,Puts,…
//! Mon Dec 12 2022,SPXW221212C01000000,2943.2,0.25,0,0,8,0,0,0,1,1000.00,SPXW221212P01000000,…
//! ```
//!
//! The names of columns come twice, so that places count. The date is by the clock in New York and says when
//! the file was fetched; open interest is OCC's figure of the previous close. The underlying is the shortest
//! root among the contracts. A volatility of zero is unknown.

use chrono::{NaiveDateTime, TimeZone as _};
use gex_compute::market::Instant;
use gex_compute::market::calendar::Calendar;
use gex_compute::market::snapshot::Flags;

use super::cboe::{Dated, DatedFile};
use super::columns::{Columns, Field, check_units};
use super::osi::{self, Symbol};
use super::us::{INDEX_TERMS, STOCK_TERMS, is_index, settles};
use super::{Entry, Mark, Profile, VendorFile};
use crate::accept::{Candidate, Quantities};
use crate::sessions::OiClock;
use crate::source::{SourceError, SourceFile, printable};

/// How the line of names begins.
const NAMES: &str =
    "Expiration Date,Calls,Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest,Strike";
/// Fields of a row, and where those of a side begin: symbol, last, net, bid, ask, volume, iv, delta, gamma, oi.
const FIELDS: usize = 22;
const SIDES: [usize; 2] = [1, 12];

pub(super) const ENTRY: Entry = Entry {
    name: "cboe-dashboard",
    marks: &[Mark::Line(NAMES)],
    profile,
    read,
};

fn profile() -> Profile {
    Profile {
        name: ENTRY.name.to_owned(),
        columns: Columns::new([
            (Field::Ts, "Date"),
            (Field::Root, "Calls"),
            (Field::Expiry, "Expiration Date"),
            (Field::Strike, "Strike"),
            (Field::Bid, "Bid"),
            (Field::Ask, "Ask"),
            (Field::Iv, "IV"),
            (Field::OpenInterest, "Open Interest"),
            (Field::Volume, "Volume"),
            (Field::Spot, "Last"),
            (Field::VendorGamma, "Gamma"),
            (Field::VendorDelta, "Delta"),
        ]),
        terms: INDEX_TERMS,
        calendar: Calendar::Xnys,
        open_interest: OiClock::StartOfDay,
    }
}

fn read(source: &SourceFile) -> Result<VendorFile, SourceError> {
    let bytes = source.bytes()?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let names = lines
        .iter()
        .position(|line| line.starts_with(NAMES))
        .unwrap_or(0);
    let (spot, fetched) = preamble(source, &lines[..names])?;
    let label = fetched
        .with_timezone(&Calendar::Xnys.time_zone())
        .date_naive();
    let mut rows: Vec<(Option<Symbol>, Candidate)> = Vec::new();
    for line in lines[names..]
        .iter()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
    {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        for side in SIDES {
            rows.push(candidate(rows.len(), &fields, side, spot));
        }
    }
    let roots = rows
        .iter()
        .filter_map(|(symbol, _)| symbol.as_ref().map(|s| s.root.as_str()));
    let underlying = { roots }
        .min_by_key(|root| root.len())
        .unwrap_or_default()
        .to_owned();
    let terms = (!is_index(&underlying)).then_some(STOCK_TERMS);
    let dated = rows.into_iter().map(|(symbol, candidate)| Dated {
        stamp: Some((label, fetched)),
        underlying: underlying.clone(),
        expiry: symbol.map(|symbol| symbol.expiry),
        candidate: Candidate { terms, ..candidate },
    });
    let file = DatedFile::cut(&source.name, dated.collect());
    for chain in &file.chains {
        check_units(&source.name, &profile().columns, &chain.chain.candidates)?;
    }
    Ok(file.finish())
}

/// The level of the underlying and the instant of the fetch.
fn preamble(source: &SourceFile, lines: &[&str]) -> Result<(Option<f64>, Instant), SourceError> {
    let after = |begin: &str| {
        let parts = lines.iter().flat_map(|line| line.split(begin).skip(1));
        { parts }.next()
    };
    let last = after("Last: ").and_then(|rest| rest.split(',').next()?.trim().parse().ok());
    let date = after("Date: ").unwrap_or_default();
    let read = |text: &str| {
        // The zone at the end is that of New York, in summer or in winter.
        let clock = text.split('"').next()?.rsplit_once(' ')?.0;
        let wall = NaiveDateTime::parse_from_str(clock, "%B %d, %Y at %I:%M %p").ok()?;
        let zone = Calendar::Xnys.time_zone();
        Some(zone.from_local_datetime(&wall).earliest()?.to_utc())
    };
    let fetched = read(date).ok_or_else(|| SourceError::Damaged {
        rule: "malformed_value",
        file: source.name.clone(),
        place: "the line that begins with Date".to_owned(),
        detail: format!(
            "{:?} is no date such as December 12, 2022 at 8:30 PM EST",
            printable(date)
        ),
    })?;
    Ok((last, fetched))
}

fn candidate(
    row: usize,
    fields: &[&str],
    side: usize,
    spot: Option<f64>,
) -> (Option<Symbol>, Candidate) {
    let text = |place: usize| fields.get(side + place).copied().unwrap_or_default();
    let mut malformed = None;
    let mut number = |place: usize, name: &str| {
        let typed = text(place);
        let read = typed.parse().ok();
        if read.is_none() && !typed.is_empty() && malformed.is_none() {
            malformed = Some((name.to_owned(), printable(typed)));
        }
        read
    };
    let values = Quantities {
        bid: number(3, "Bid"),
        ask: number(4, "Ask"),
        volume: number(5, "Volume"),
        iv: number(6, "IV").filter(|iv| *iv != 0.0),
        vendor_delta: number(7, "Delta"),
        vendor_gamma: number(8, "Gamma"),
        open_interest: number(9, "Open Interest"),
        ..Quantities::default()
    };
    let symbol = osi::parse(text(0));
    if symbol.is_none() || fields.len() != FIELDS {
        malformed = malformed.or_else(|| Some(("Calls".to_owned(), printable(text(0)))));
    }
    let read = symbol.as_ref();
    let settles_at = |symbol: &Symbol| settles(&symbol.root, symbol.expiry);
    let candidate = Candidate {
        row,
        root: read.map(|symbol| symbol.root.clone()).unwrap_or_default(),
        expiry: read.map(settles_at),
        strike: read.map(|symbol| symbol.strike),
        right: read
            .map(|symbol| symbol.right)
            .ok_or_else(|| text(0).to_owned()),
        spot,
        values,
        malformed,
        terms: None,
        flags: Flags::default(),
    };
    (symbol, candidate)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn the_preamble_gives_level_and_instant() {
        let source = SourceFile {
            path: "quotedata.csv".into(),
            name: "quotedata.csv".to_owned(),
            packing: Vec::new(),
            container: crate::source::Container::Csv,
        };
        let lines = [
            "Standard & Poors 500 Index,Last: 3990.5601,Change:  56.1801",
            "\"Date: December 12, 2022 at 8:30 PM EST\",Bid: 3962.01,Ask: 4016.6299",
        ];
        let (last, fetched) = preamble(&source, &lines).unwrap();
        assert_eq!(last, Some(3_990.560_1));
        assert_eq!(fetched.to_rfc3339(), "2022-12-13T01:30:00+00:00");
        let error = preamble(&source, &lines[..1]).unwrap_err().to_string();
        assert!(error.contains("the line that begins with Date"), "{error}");
    }

    #[test]
    fn both_sides_of_a_row_are_contracts() {
        let line = "Mon Dec 12 2022,SPXW221212C03990000,1,0,2.5,2.7,8,0.12,0.5,0.01,10,3990.00,\
                    SPXW221212P03990000,1,0,1.5,x,9,0,-0.5,0.01,20";
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let (symbol, call) = candidate(0, &fields, SIDES[0], Some(3_990.0));
        assert_eq!(
            symbol.unwrap().expiry,
            NaiveDate::from_ymd_opt(2022, 12, 12).unwrap()
        );
        assert_eq!(
            (call.values.bid, call.values.open_interest),
            (Some(2.5), Some(10.0))
        );
        let (_, put) = candidate(1, &fields, SIDES[1], Some(3_990.0));
        assert_eq!(
            (put.values.iv, put.values.open_interest),
            (None, Some(20.0))
        );
        assert_eq!(put.malformed, Some(("Ask".to_owned(), "x".to_owned())));
    }
}
