//! Deribit's tickers as collectors flatten them: one row an instrument and a request.
//!
//! The columns are those of `public/ticker` with dots for nesting (`greeks.gamma`, `stats.volume`),
//! `timestamp` in milliseconds of UTC. Terms are in the instrument's name. Volatilities are in per
//! cent, prices of inverse options in coin, open interest in coin (a contract is one of them), greeks
//! in dollars and rounded to five decimals. An offer of 0 is none. Open interest is live.
//!
//! A collector asks for one instrument after the other, so that a chain takes minutes. A *pass* ends
//! where an instrument comes again or where nothing comes for a minute; its chain is stamped with its
//! last ticker, and the index of that ticker is the spot of them all. `underlying_price`, a future or
//! a synthetic, is the forward of the expiry.
//!
//! The test exchange has the same layout under the same names, with an artificial market. A file is
//! refused as its output where a quarter of the forwards within a week are more than 2 % off the index,
//! or where one volatility stands on a quarter of all rows: neither happens where money is at stake.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta};
use gex_compute::market::Instant;
use gex_compute::market::calendar::Calendar;

use super::columns::{Columns, Field, Table, Units, check_units};
use super::deribit_name::{INVERSE_TERMS, Instrument, NAME};
use super::table::Groups;
use super::{Entry, Mark, Profile, VendorFile};
use crate::accept::Candidate;
use crate::sessions::OiClock;
use crate::source::{SourceError, SourceFile};

const TIME: &str = "timestamp";
const INDEX: &str = "index_price";
const FORWARD: &str = "underlying_price";
const VOLATILITY: &str = "mark_iv";
/// Longest silence inside a pass.
const SILENCE: TimeDelta = TimeDelta::minutes(1);

pub(super) const ENTRY: Entry = Entry {
    name: "deribit-ticker",
    marks: &[Mark::Columns(&[
        "instrument_name",
        "index_price",
        "best_bid_price",
        "mark_iv",
    ])],
    profile,
    read,
};

fn profile() -> Profile {
    Profile {
        name: ENTRY.name.to_owned(),
        columns: Columns::new([
            (Field::Underlying, NAME),
            (Field::Ts, TIME),
            (Field::Spot, INDEX),
            (Field::Forward, FORWARD),
            (Field::Bid, "best_bid_price"),
            (Field::Ask, "best_ask_price"),
            (Field::Mark, "mark_price"),
            (Field::BidIv, "bid_iv"),
            (Field::AskIv, "ask_iv"),
            (Field::Iv, VOLATILITY),
            (Field::OpenInterest, "open_interest"),
            (Field::Volume, "stats.volume"),
            (Field::VendorGamma, "greeks.gamma"),
            (Field::VendorDelta, "greeks.delta"),
        ]),
        terms: INVERSE_TERMS,
        calendar: Calendar::Deribit,
        open_interest: OiClock::Live,
    }
}

fn read(source: &SourceFile) -> Result<VendorFile, SourceError> {
    const PER_CENT: f64 = 0.01;
    let columns = profile().columns;
    let units = Units {
        iv: PER_CENT,
        ..Units::PLAIN
    };
    let mut table = Table::read(source, &columns, units, &[])?;
    let millis = table.frame.numbers(TIME)?;
    let names = table.frame.texts(NAME)?;
    table.note_malformed();
    let mut tickers = Vec::with_capacity(names.len());
    for ((candidate, millis), name) in table.candidates.iter_mut().zip(millis).zip(names) {
        let instrument = Instrument::of(name.as_deref(), candidate);
        tickers.push(Ticker {
            underlying: instrument.map_or("unnamed".to_owned(), |i| i.underlying),
            name: name.unwrap_or_default(),
            at: millis.and_then(instant),
            index: candidate.spot,
        });
    }
    check_market(&source.name, &table.candidates, &tickers)?;
    let ends = ends_of_passes(&tickers);
    let mut groups = Groups::new(source, &columns);
    for ((mut candidate, ticker), end) in table.candidates.into_iter().zip(&tickers).zip(&ends) {
        candidate.spot = end.and_then(|end| tickers.get(end)?.index);
        let ts = end.and_then(|end| tickers.get(end)?.at);
        groups.add(ts, Some(ticker.underlying.clone()), candidate);
    }
    let file = groups.finish();
    for chain in &file.chains {
        check_units(&source.name, &columns, &chain.candidates)?;
    }
    Ok(file)
}

/// Where and when a row belongs.
struct Ticker {
    underlying: String,
    name: String,
    at: Option<Instant>,
    index: Option<f64>,
}

/// Milliseconds since 1970; beyond 2^53 a number would have lost some of them.
fn instant(millis: f64) -> Option<Instant> {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    if !(0.0..LIMIT).contains(&millis) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
    DateTime::from_timestamp_millis(millis as i64)
}

/// The row that ends the pass of each row; none for a row without a time.
fn ends_of_passes(tickers: &[Ticker]) -> Vec<Option<usize>> {
    let mut by_underlying: BTreeMap<&str, Vec<(Instant, usize)>> = BTreeMap::new();
    for (row, ticker) in tickers.iter().enumerate() {
        if let Some(at) = ticker.at {
            let rows = by_underlying.entry(&ticker.underlying).or_default();
            rows.push((at, row));
        }
    }
    let mut ends = vec![None; tickers.len()];
    for mut rows in by_underlying.into_values() {
        rows.sort_unstable();
        for pass in passes(&rows, tickers) {
            let last = pass.last().map(|&(_, row)| row);
            for &(_, row) in pass {
                if let Some(end) = ends.get_mut(row) {
                    *end = last;
                }
            }
        }
    }
    ends
}

/// Rows of one underlying in order of time, cut where an instrument comes again or after a silence.
fn passes<'a>(rows: &'a [(Instant, usize)], tickers: &[Ticker]) -> Vec<&'a [(Instant, usize)]> {
    let mut seen = BTreeSet::new();
    let mut last = None;
    let mut cuts = vec![0];
    for (place, &(at, row)) in rows.iter().enumerate() {
        let name = tickers.get(row).map(|ticker| ticker.name.as_str());
        let silent = last.is_some_and(|last| SILENCE < at - last);
        if silent || seen.contains(&name) {
            cuts.push(place);
            seen.clear();
        }
        seen.insert(name);
        last = Some(at);
    }
    cuts.push(rows.len());
    cuts.windows(2)
        .filter_map(|cut| rows.get(cut[0]..cut[1]))
        .collect()
}

/// Refuses what looks like the test exchange.
fn check_market(
    source: &str,
    candidates: &[Candidate],
    tickers: &[Ticker],
) -> Result<(), SourceError> {
    let refuse = |column: &str, what: String| SourceError::Implausible {
        rule: "artificial_market",
        file: source.to_owned(),
        column: column.to_owned(),
        detail: format!("{what}; output of test.deribit.com looks so, and it is no market"),
    };
    if let Some((forward, index)) = forward_off_index(candidates, tickers) {
        let what = format!("{forward} within a week of settlement where the index is {index}");
        return Err(refuse(FORWARD, what));
    }
    match repeated_volatility(candidates) {
        Some((percent, rows)) => {
            let what = format!("{percent} on {rows} of {} rows", candidates.len());
            Err(refuse(VOLATILITY, what))
        }
        None => Ok(()),
    }
}

/// A forward of the next seven days that no carry explains, and the index beside it, where a quarter
/// of those forwards are such: a crash may part one of them from the index for a moment.
fn forward_off_index(candidates: &[Candidate], tickers: &[Ticker]) -> Option<(f64, f64)> {
    const FURTHEST: f64 = 0.02;
    let soon = |(row, ticker): (&Candidate, &Ticker)| {
        let (at, expiry) = (ticker.at?, row.expiry?);
        (at < expiry && expiry < at + TimeDelta::days(7))
            .then_some((row.values.forward?, ticker.index?))
    };
    let soon: Vec<(f64, f64)> = candidates.iter().zip(tickers).filter_map(soon).collect();
    let off = |(forward, index): &(f64, f64)| FURTHEST < (forward / index - 1.0).abs();
    let many = is_a_quarter(soon.iter().filter(|pair| off(pair)).count(), soon.len());
    soon.into_iter().find(off).filter(|_| many)
}

/// The volatility, in per cent, that stands on a quarter of the rows of a chain of some size.
///
/// Call and put of a strike share a mark: two rows of a chain with one strike mean nothing.
fn repeated_volatility(candidates: &[Candidate]) -> Option<(f64, usize)> {
    const SMALLEST_CHAIN: usize = 40;
    if candidates.len() < SMALLEST_CHAIN {
        return None;
    }
    let ivs = candidates.iter().filter_map(|row| row.values.iv);
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for iv in ivs.filter(|iv| 0.0 < *iv) {
        *counts.entry(iv.to_bits()).or_default() += 1;
    }
    let (bits, rows) = counts.into_iter().max_by_key(|&(_, rows)| rows)?;
    let percent = (f64::from_bits(bits) * 1e4).round() / 100.0;
    is_a_quarter(rows, candidates.len()).then_some((percent, rows))
}

fn is_a_quarter(some: usize, all: usize) -> bool {
    0 < some && all <= some * 4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticker(name: &str, second: u32, index: f64) -> Ticker {
        Ticker {
            underlying: "BTC".to_owned(),
            name: name.to_owned(),
            at: instant(1_613_068_625_000.0 + f64::from(second) * 1000.0),
            index: Some(index),
        }
    }

    #[test]
    fn milliseconds_count_from_1970() {
        let at = instant(1_613_068_625_266.0).unwrap();
        assert_eq!(at.to_rfc3339(), "2021-02-11T18:37:05.266+00:00");
        assert_eq!(instant(-1.0), None);
        assert_eq!(instant(f64::NAN), None);
        assert_eq!(instant(1e300), None);
    }

    #[test]
    fn a_pass_ends_where_an_instrument_comes_again_or_after_a_silence() {
        let mut rows = vec![
            ticker("b", 3, 1.0),
            ticker("a", 0, 1.0),
            ticker("a", 5, 1.0),
            ticker("b", 6, 1.0),
            ticker("c", 200, 1.0),
        ];
        rows.push(Ticker {
            at: None,
            ..ticker("d", 0, 1.0)
        });
        let ends = [Some(0), Some(0), Some(3), Some(3), Some(4), None];
        assert_eq!(ends_of_passes(&rows), ends);
    }
}
