//! The free history of SPY, QQQ and IWM by year, 2008 to 2025: `philippdubach/options-dataset-hist`.
//!
//! Quotes are of the close; open interest is OCC's figure of the previous close. Dates are text. The
//! chain has no price of the underlying: spot is `close` of `underlying_prices.parquet` in the same
//! folder (`date`, `close`, and `symbol` where it holds several), which must be as traded, not
//! adjusted for dividends. Days without a price lose their rows, one by one counted.
//!
//! Options of exchange-traded funds are American. Contracts listed before 2015 are dated on the
//! Saturday after their last session: an expiry on a closed day settles at the close before it, or
//! they would stand with a day left, and much gamma, after they have ended.
//!
//! Written from the data set's own description of its columns; no file of it was at hand.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use gex_compute::market::calendar::Calendar;

use super::columns::{Columns, Field, Table, Units, check_units};
use super::companion::Companion;
use super::frame::TimeRule;
use super::osi::root_of;
use super::table::Groups;
use super::us::{STOCK_TERMS, closes, settles_on_its_session};
use super::{Entry, Mark, Profile, VendorFile};
use crate::sessions::OiClock;
use crate::source::{SourceError, SourceFile};

const CONTRACT: &str = "contract_id";
const PRICES: Companion = Companion {
    what: "a price of the underlying",
    name: "underlying_prices.parquet",
    columns: &["date", "close"],
    more: &["symbol"],
};

pub(super) const ENTRY: Entry = Entry {
    name: "options-dataset",
    marks: &[Mark::Columns(&[
        "contract_id",
        "expiration",
        "implied_volatility",
        "date",
    ])],
    profile,
    read,
};

fn profile() -> Profile {
    Profile {
        name: ENTRY.name.to_owned(),
        columns: Columns::new([
            (Field::Ts, "date"),
            (Field::Underlying, "symbol"),
            (Field::Expiry, "expiration"),
            (Field::Strike, "strike"),
            (Field::Right, "type"),
            (Field::Bid, "bid"),
            (Field::Ask, "ask"),
            (Field::Iv, "implied_volatility"),
            (Field::OpenInterest, "open_interest"),
            (Field::Volume, "volume"),
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
    let mut table = Table::read(source, &columns, Units::PLAIN, &[CONTRACT])?;
    let prices = Prices::beside(source)?;
    let dates = table.frame.dates("date", &iso())?;
    let expiries = table.frame.dates("expiration", &iso())?;
    let symbols = table.frame.texts("symbol")?;
    let contracts = table.frame.texts(CONTRACT)?;
    table.note_malformed();
    for (i, candidate) in table.candidates.iter_mut().enumerate() {
        let at = |column: &[Option<NaiveDate>]| column.get(i).copied().flatten();
        let text = |column: &[Option<String>]| column.get(i).cloned().flatten();
        let symbol = text(&symbols);
        candidate.expiry = at(&expiries).map(|date| settles_on_its_session("", date));
        candidate.spot = at(&dates).and_then(|date| prices.on(symbol.as_deref(), date));
        candidate.root = text(&contracts)
            .and_then(|contract| root_of(&contract).map(str::to_owned))
            .or(symbol)
            .unwrap_or_default();
    }
    check_units(&source.name, &columns, &table.candidates)?;
    let mut groups = Groups::new(source, &columns);
    for ((candidate, date), symbol) in table.candidates.into_iter().zip(dates).zip(symbols) {
        groups.add(date.map(closes), symbol, candidate);
    }
    Ok(groups.finish())
}

fn iso() -> TimeRule {
    TimeRule {
        format: Some("%Y-%m-%d".to_owned()),
        zone: None,
    }
}

/// Closes by symbol, where the table names one, and date.
struct Prices(BTreeMap<(Option<String>, NaiveDate), f64>);

impl Prices {
    fn beside(source: &SourceFile) -> Result<Self, SourceError> {
        let mut frame = PRICES.read(source)?;
        let dates = frame.dates("date", &iso())?;
        let closes = frame.numbers("close")?;
        let symbols = if frame.has("symbol") {
            frame.texts("symbol")?
        } else {
            vec![None; frame.height()]
        };
        let rows = symbols.into_iter().zip(dates).zip(closes);
        Ok(Self(
            rows.filter_map(|((symbol, date), close)| Some(((symbol, date?), close?)))
                .collect(),
        ))
    }

    fn on(&self, symbol: Option<&str>, date: NaiveDate) -> Option<f64> {
        let named = self.0.get(&(symbol.map(str::to_owned), date));
        named.or_else(|| self.0.get(&(None, date))).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiries_on_closed_days_settle_at_the_close_before() {
        let settled =
            |text: &str| settles_on_its_session("SPY", text.parse().unwrap()).to_rfc3339();
        // A Saturday of 2012 (OCC moved to Fridays in February 2015), and Good Friday.
        assert_eq!(settled("2012-01-21"), "2012-01-20T21:00:00+00:00");
        assert_eq!(settled("2014-04-18"), "2014-04-17T20:00:00+00:00");
        assert_eq!(settled("2024-01-19"), "2024-01-19T21:00:00+00:00");
    }
}
