//! NSE's end-of-day report of derivatives in the `UDiFF` layout, since 2024-07-08: index and stock
//! options and futures, one row a contract.
//!
//! There are no quotes and no volatilities: the mark is the settlement price, which the exchange
//! computes for untraded contracts too (their `ClsPric` is of an earlier day). On the day of expiry
//! `SttlmPric` holds the level of the index, but such contracts have settled at the instant of the
//! report and are set aside. Futures are set aside as `not_an_option`.
//!
//! `OpnIntrst` is in units of the index; lots differ by expiry on one day. A contract is one lot,
//! its multiplier the row's `NewBrdLotQty`, and open interest is divided by it (not always to a whole
//! number, where a lot was changed). It is the figure at the end of the day, public before the next
//! open. Expiries are the actual ones, moved off holidays; options are European.

use chrono::NaiveDate;
use gex_compute::market::Instant;
use gex_compute::market::calendar::{Calendar, Settlement};
use gex_compute::market::contract::{Exercise, Payoff};
use gex_compute::market::units::Currency;

use super::columns::{Columns, Field, Table, Units, check_units};
use super::table::Groups;
use super::{Entry, Mark, Profile, VendorFile};
use crate::accept::{Candidate, Rejected, Terms};
use crate::quality::Rule;
use crate::sessions::OiClock;
use crate::source::{SourceError, SourceFile, printable};

const INSTRUMENT: &str = "FinInstrmTp";
const LOT: &str = "NewBrdLotQty";
/// Index options and stock options.
const OPTIONS: [&str; 2] = ["IDO", "STO"];

/// The multiplier is each row's own.
const TERMS: Terms = Terms {
    exercise: Exercise::European,
    payoff: Payoff::Linear,
    multiplier: 1.0,
    currency: Currency::INR,
};

pub(super) const ENTRY: Entry = Entry {
    name: "nse-udiff",
    marks: &[Mark::Columns(&[
        "TckrSymb",
        "FinInstrmTp",
        "SttlmPric",
        "NewBrdLotQty",
    ])],
    profile,
    read,
};

fn profile() -> Profile {
    Profile {
        name: ENTRY.name.to_owned(),
        columns: Columns::new([
            (Field::Ts, "TradDt"),
            (Field::Underlying, "TckrSymb"),
            (Field::Expiry, "FininstrmActlXpryDt"),
            (Field::Strike, "StrkPric"),
            (Field::Right, "OptnTp"),
            (Field::Mark, "SttlmPric"),
            (Field::OpenInterest, "OpnIntrst"),
            (Field::Volume, "TtlTradgVol"),
            (Field::Spot, "UndrlygPric"),
        ]),
        terms: TERMS,
        calendar: Calendar::Xnse,
        open_interest: OiClock::EndOfDay,
    }
}

fn read(source: &SourceFile) -> Result<VendorFile, SourceError> {
    let columns = profile().columns;
    let mut table = Table::read(source, &columns, Units::PLAIN, &[INSTRUMENT, LOT])?;
    check_units(&source.name, &columns, &table.candidates)?;
    let dates = table.dates("TradDt")?;
    let expiries = table.dates("FininstrmActlXpryDt")?;
    let lots = table.frame.numbers(LOT)?;
    let symbols = table.frame.texts("TckrSymb")?;
    let kinds = table.frame.texts(INSTRUMENT)?;
    table.note_malformed();
    let mut groups = Groups::new(source, &columns);
    let mut others = Vec::new();
    let rows = table.candidates.into_iter().zip(kinds).zip(symbols);
    for (((mut candidate, kind), symbol), ((date, expiry), lot)) in
        rows.zip(dates.into_iter().zip(expiries).zip(lots))
    {
        let kind = kind.unwrap_or_default();
        if !OPTIONS.contains(&kind.as_str()) {
            others.push(not_an_option(source, candidate.row, &kind));
            continue;
        }
        candidate.expiry = expiry.map(settles);
        candidate.root = symbol.clone().unwrap_or_default();
        count_in_lots(&mut candidate, lot);
        groups.add(date.map(closes), symbol, candidate);
    }
    let mut file = groups.finish();
    file.rows += others.len();
    file.rejected.append(&mut others);
    Ok(file)
}

fn count_in_lots(candidate: &mut Candidate, lot: Option<f64>) {
    let Some(lot) = lot.filter(|lot| lot.is_finite() && 0.0 < *lot) else {
        let text = lot.map_or_else(String::new, |lot| lot.to_string());
        candidate.malformed.get_or_insert((LOT.to_owned(), text));
        return;
    };
    let units = candidate.values.open_interest;
    candidate.values.open_interest = units.map(|units| units / lot);
    candidate.terms = Some(Terms {
        multiplier: lot,
        ..TERMS
    });
}

fn not_an_option(source: &SourceFile, row: usize, kind: &str) -> Rejected {
    Rejected {
        source: source.name.clone(),
        row,
        column: INSTRUMENT.to_owned(),
        value: printable(kind),
        rule: Rule::NotAnOption,
    }
}

fn settles(date: NaiveDate) -> Instant {
    Calendar::Xnse.settlement(date, Settlement::KolkataClose)
}

/// Special sessions close at hours of their own.
fn closes(date: NaiveDate) -> Instant {
    let session = Calendar::Xnse.session_on(date);
    session.map_or_else(|| settles(date), |session| session.close)
}
