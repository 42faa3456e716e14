//! Deribit's option chain as collectors save it: one row an instrument, known by its name alone.
//!
//! A name such as `BTC-13FEB26-100000-C` holds underlying, expiry, strike and right; a decimal point
//! in a strike is written `d`. Contracts settle at 08:00 UTC. Names that begin with `BTC-` or `ETH-`
//! are inverse, paid in coin; those of a pair (`SOL_USDC-`) are linear. Open interest and volume of
//! both are in coin, so that a contract is one unit of the underlying. Volatilities are in per cent.
//! Open interest is live.
//!
//! These chains carry no price of the underlying. The forward of each expiry is read from
//! `derived_implied_forward.parquet` beside the chain (`ts_utc`, `expiry`, `implied_forward`); without
//! it the file is refused. Spot is then the forward of the nearest expiry that has one, and every row
//! is flagged `spot_from_forward`: a few days' carry away from the index (one day's was about ten
//! dollars in 89,000 in January 2026). An expiry without a forward keeps its rows, `forward` unknown.

use std::collections::{BTreeMap, HashMap};

use chrono_tz::Tz;
use gex_compute::market::Instant;
use gex_compute::market::calendar::Calendar;

use super::columns::{Columns, Field, Table, Units, check_units};
use super::companion::Companion;
use super::deribit_name::{INVERSE_TERMS, Instrument, NAME, settles};
use super::frame::{Frame, TimeRule};
use super::table::Groups;
use super::{Entry, Mark, Profile, Stamp, VendorChain, VendorFile};
use crate::quality::Rule;
use crate::sessions::OiClock;
use crate::source::{SourceError, SourceFile};

/// Collectors write the hour in UTC, some of them without saying so.
const TIMES: [&str; 2] = ["ts_utc", "date"];
const FORWARDS: Companion = Companion {
    what: "the forward of an expiry",
    name: "derived_implied_forward.parquet",
    columns: &["ts_utc", "expiry", "implied_forward"],
    more: &[],
};

pub(super) const ENTRY: Entry = Entry {
    name: "deribit-summary",
    marks: &[Mark::Columns(&[
        "instrument_name",
        "mark_iv",
        "bid_iv",
        "open_interest",
    ])],
    profile,
    read,
};

fn profile() -> Profile {
    Profile {
        name: ENTRY.name.to_owned(),
        columns: Columns::new([
            (Field::Underlying, NAME),
            (Field::BidIv, "bid_iv"),
            (Field::AskIv, "ask_iv"),
            (Field::Iv, "mark_iv"),
            (Field::OpenInterest, "open_interest"),
            (Field::Volume, "volume"),
            (Field::VendorGamma, "gamma"),
            (Field::VendorDelta, "delta"),
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
    let mut table = Table::read(source, &columns, units, &TIMES)?;
    let forwards = Forwards::beside(source)?;
    let instants = table.frame.instants(time_column(&table.frame), &utc())?;
    let names = table.frame.texts(NAME)?;
    table.note_malformed();
    let mut groups = Groups::new(source, &columns);
    for ((mut candidate, ts), name) in table.candidates.into_iter().zip(instants).zip(names) {
        let instrument = Instrument::of(name.as_deref(), &mut candidate);
        candidate.values.forward = forwards.of(ts, candidate.expiry);
        let underlying = instrument.map_or("unnamed".to_owned(), |i| i.underlying);
        groups.add(ts, Some(underlying), candidate);
    }
    let mut file = groups.finish();
    for chain in &mut file.chains {
        take_spot_from_forward(chain);
        check_units(&source.name, &columns, &chain.candidates)?;
    }
    Ok(file)
}

fn time_column(frame: &Frame) -> &'static str {
    let mut columns = TIMES.into_iter();
    columns.find(|name| frame.has(name)).unwrap_or(TIMES[0])
}

fn utc() -> TimeRule {
    TimeRule {
        format: None,
        zone: Some(Tz::UTC),
    }
}

/// Forwards by instant and settlement.
struct Forwards(HashMap<(Instant, Instant), f64>);

impl Forwards {
    fn beside(source: &SourceFile) -> Result<Self, SourceError> {
        let mut frame = FORWARDS.read(source)?;
        let instants = frame.instants("ts_utc", &utc())?;
        let expiries = frame.dates("expiry", &TimeRule::default())?;
        let forwards = frame.numbers("implied_forward")?;
        let rows = instants.into_iter().zip(expiries).zip(forwards);
        Ok(Self(
            rows.filter_map(|((ts, expiry), forward)| Some(((ts?, settles(expiry?)), forward?)))
                .collect(),
        ))
    }

    fn of(&self, ts: Option<Instant>, expiry: Option<Instant>) -> Option<f64> {
        self.0.get(&(ts?, expiry?)).copied()
    }
}

fn take_spot_from_forward(chain: &mut VendorChain) {
    let Stamp::Quoted(ts) = chain.stamp else {
        return;
    };
    let forwards: BTreeMap<Instant, f64> = chain
        .candidates
        .iter()
        .filter_map(|row| Some((row.expiry?, row.values.forward?)))
        .collect();
    let nearest = forwards.into_iter().find(|(expiry, _)| ts < *expiry);
    for candidate in &mut chain.candidates {
        candidate.spot = nearest.map(|(_, forward)| forward);
        Rule::SpotFromForward.raise(&mut candidate.flags);
    }
}
