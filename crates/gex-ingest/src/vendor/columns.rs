//! What the columns of a table mean, and the rows that they make.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use gex_compute::market::Instant;
use gex_compute::market::contract::Right;
use gex_compute::market::snapshot::Flags;

use super::frame::{Frame, Malformed, TimeRule};
use crate::accept::{Candidate, Quantities};
use crate::source::{SourceError, SourceFile, printable};

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident, $name:literal;)*) => {
        /// A meaning that a column can have; the name is that of the archive's column.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field { $($(#[$doc])* $variant,)* }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in mappings and messages.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

fields! {
    /// Instant of the quotes, or of the fetch.
    Ts, "ts";
    /// Date of the session as the vendor labels it.
    Session, "session";
    /// Name of the underlying.
    Underlying, "underlying";
    /// Root symbol.
    Root, "root";
    /// Settlement, as a date or an instant.
    Expiry, "expiry";
    /// Strike.
    Strike, "strike";
    /// Call or put.
    Right, "right";
    /// Best bid.
    Bid, "bid";
    /// Best offer.
    Ask, "ask";
    /// Mark price.
    Mark, "mark";
    /// Volatility of the bid.
    BidIv, "bid_iv";
    /// Volatility of the offer.
    AskIv, "ask_iv";
    /// Volatility.
    Iv, "iv";
    /// Open contracts.
    OpenInterest, "open_interest";
    /// Contracts traded.
    Volume, "volume";
    /// Level of the underlying.
    Spot, "spot";
    /// Forward of the expiry.
    Forward, "forward";
    /// The vendor's gamma.
    VendorGamma, "vendor_gamma";
    /// The vendor's delta.
    VendorDelta, "vendor_delta";
    /// Dealers' position.
    DealerPosition, "dealer_position";
    /// Takers' net purchases.
    TakerNet, "taker_net";
}

impl Field {
    /// Reads the name of a field.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }
}

/// The vendor's name of each column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns(BTreeMap<Field, String>);

impl Columns {
    /// Builds from pairs of field and name.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (Field, &'a str)>) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(field, name)| (field, name.to_owned()))
                .collect(),
        )
    }

    /// The vendor's name; the archive's own where the vendor has no such column.
    pub fn name(&self, field: Field) -> &str {
        self.get(field).unwrap_or(field.name())
    }

    /// The vendor's name, if the table has the column.
    pub fn get(&self, field: Field) -> Option<&str> {
        self.0.get(&field).map(String::as_str)
    }

    /// Every name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }
}

/// Factors that turn a vendor's numbers into the archive's units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Units {
    /// Decimal volatility in one unit of the column: 1 or, for per cent, 0.01.
    pub iv: f64,
    /// Quote currency in one unit of the strike column.
    pub strike: f64,
    /// Contracts in one unit of the open-interest column.
    pub open_interest: f64,
}

impl Units {
    /// Decimal volatility, strikes in quote currency, open interest in contracts.
    pub const PLAIN: Self = Self {
        iv: 1.0,
        strike: 1.0,
        open_interest: 1.0,
    };
}

/// What a chain can't do without; a format may lack one of them only by design.
pub(super) const NEEDED: [Field; 8] = [
    Field::Ts,
    Field::Session,
    Field::Underlying,
    Field::Expiry,
    Field::Strike,
    Field::Right,
    Field::OpenInterest,
    Field::Spot,
];

/// A table's rows with the columns that say which chain each belongs to.
pub(crate) struct Table {
    /// The columns that were read.
    pub(crate) frame: Frame,
    /// The rows; root and settlement are the format's to fill in.
    pub(crate) candidates: Vec<Candidate>,
}

impl Table {
    /// Reads the columns that every format has in common.
    pub(crate) fn read(
        source: &SourceFile,
        columns: &Columns,
        units: Units,
        more: &[&str],
    ) -> Result<Self, SourceError> {
        let wanted: Vec<&str> = columns.names().chain(more.iter().copied()).collect();
        let mut frame = Frame::read(source, &wanted)?;
        let needed = NEEDED.iter().filter_map(|field| columns.get(*field));
        frame.require(needed)?;
        let candidates = candidates(&mut frame, columns, units)?;
        let mut table = Self { frame, candidates };
        table.note_malformed();
        Ok(table)
    }

    /// Marks the rows with fields that could not be read since the last call.
    pub(crate) fn note_malformed(&mut self) {
        let fields = self.frame.take_malformed();
        note(&fields, &mut self.candidates);
    }

    /// Reads a column of dates.
    pub(crate) fn dates(&mut self, column: &str) -> Result<Vec<Option<NaiveDate>>, SourceError> {
        self.frame.dates(column, &TimeRule::default())
    }

    /// Reads a column of instants that name their zone.
    pub(crate) fn instants(&mut self, column: &str) -> Result<Vec<Option<Instant>>, SourceError> {
        self.frame.instants(column, &TimeRule::default())
    }
}

/// Makes a candidate of every row from the columns that are there.
///
/// # Errors
///
/// [`SourceError`] for a column of another type.
pub(crate) fn candidates(
    frame: &mut Frame,
    columns: &Columns,
    units: Units,
) -> Result<Vec<Candidate>, SourceError> {
    let rights = rights(frame, columns)?;
    let strikes = scaled(
        frame.numbers_if_any(columns.get(Field::Strike))?,
        units.strike,
    );
    let spots = frame.numbers_if_any(columns.get(Field::Spot))?;
    let quantities = quantities(frame, columns, units)?;
    Ok(rights
        .into_iter()
        .zip(strikes)
        .zip(spots)
        .zip(quantities)
        .enumerate()
        .map(|(row, (((right, strike), spot), values))| Candidate {
            row,
            root: String::new(),
            expiry: None,
            strike,
            right,
            spot,
            values,
            malformed: None,
            terms: None,
            flags: Flags::default(),
        })
        .collect())
}

/// Notes fields that could not be read in the rows that they belong to.
pub(crate) fn note(fields: &[Malformed], candidates: &mut [Candidate]) {
    for field in fields {
        if let Some(candidate) = candidates.get_mut(field.row) {
            let what = || (field.column.clone(), field.value.clone());
            candidate.malformed.get_or_insert_with(what);
        }
    }
}

fn rights(frame: &Frame, columns: &Columns) -> Result<Vec<Result<Right, String>>, SourceError> {
    let Some(column) = columns.get(Field::Right) else {
        return Ok(vec![Err(String::new()); frame.height()]);
    };
    let words = frame.texts(column)?;
    Ok(words.into_iter().map(right_of).collect())
}

/// The words that vendors use for call and put.
fn right_of(word: Option<String>) -> Result<Right, String> {
    let word = word.unwrap_or_default();
    match word.as_str() {
        "C" | "c" | "call" | "Call" | "CALL" | "CE" => Ok(Right::Call),
        "P" | "p" | "put" | "Put" | "PUT" | "PE" => Ok(Right::Put),
        _ => Err(printable(&word)),
    }
}

fn scaled(values: Vec<Option<f64>>, factor: f64) -> Vec<Option<f64>> {
    if (factor - 1.0).abs() < f64::EPSILON {
        return values;
    }
    values
        .into_iter()
        .map(|value| value.map(|value| value * factor))
        .collect()
}

/// The place of one field in a row.
type Slot = fn(&mut Quantities) -> &mut Option<f64>;

fn quantities(
    frame: &mut Frame,
    columns: &Columns,
    units: Units,
) -> Result<Vec<Quantities>, SourceError> {
    let mut out = vec![Quantities::default(); frame.height()];
    let slots: [(Field, f64, Slot); 13] = [
        (Field::Bid, 1.0, |q| &mut q.bid),
        (Field::Ask, 1.0, |q| &mut q.ask),
        (Field::Mark, 1.0, |q| &mut q.mark),
        (Field::BidIv, units.iv, |q| &mut q.bid_iv),
        (Field::AskIv, units.iv, |q| &mut q.ask_iv),
        (Field::Iv, units.iv, |q| &mut q.iv),
        (Field::OpenInterest, units.open_interest, |q| {
            &mut q.open_interest
        }),
        (Field::Volume, 1.0, |q| &mut q.volume),
        (Field::Forward, 1.0, |q| &mut q.forward),
        (Field::VendorGamma, 1.0, |q| &mut q.vendor_gamma),
        (Field::VendorDelta, 1.0, |q| &mut q.vendor_delta),
        (Field::DealerPosition, 1.0, |q| &mut q.dealer_position),
        (Field::TakerNet, 1.0, |q| &mut q.taker_net),
    ];
    for (field, factor, slot) in slots {
        let values = scaled(frame.numbers_if_any(columns.get(field))?, factor);
        for (quantities, value) in out.iter_mut().zip(values) {
            *slot(quantities) = value;
        }
    }
    Ok(out)
}

/// Refuses a file whose strikes or volatilities are in another unit than declared.
///
/// The median of strike over spot lies far from 1 where strikes are in thousandths, and the median
/// volatility above 3 where it is in per cent: single rows can't be told, a whole file can.
///
/// # Errors
///
/// [`SourceError::Implausible`].
pub(crate) fn check_units(
    source: &str,
    columns: &Columns,
    candidates: &[Candidate],
) -> Result<(), SourceError> {
    /// A quarter of all strikes of a chain may be far away, half of them never are.
    const MONEYNESS: std::ops::RangeInclusive<f64> = 0.1..=10.0;
    const HIGHEST_MEDIAN_IV: f64 = 3.0;
    let moneyness = median(candidates.iter().filter_map(|c| Some(c.strike? / c.spot?)));
    let implausible = |rule, field, detail| SourceError::Implausible {
        rule,
        file: source.to_owned(),
        column: columns.name(field).to_owned(),
        detail,
    };
    if let Some(ratio) = moneyness.filter(|ratio| !MONEYNESS.contains(ratio)) {
        let detail = format!("median of strike over spot is {ratio:?}; state units.strike-scale");
        return Err(implausible("implausible_strike", Field::Strike, detail));
    }
    let iv = median(
        candidates
            .iter()
            .filter_map(|c| c.values.iv)
            .filter(|v| 0.0 < *v),
    );
    if let Some(iv) = iv.filter(|iv| HIGHEST_MEDIAN_IV < *iv) {
        let detail = format!("median volatility is {iv:?}; if it is in per cent, state units.iv");
        return Err(implausible("implausible_iv", Field::Iv, detail));
    }
    Ok(())
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let (_, median, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*median)
}
