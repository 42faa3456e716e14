//! The columns of one row group, and the snapshots that they make.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;

use chrono::DateTime;
use gex_compute::market::Instant;
use gex_compute::market::contract::{Exercise, Payoff, Right};
use gex_compute::market::snapshot::SnapshotError;
use gex_compute::market::snapshot::{
    ChainColumns, ChainSnapshot, ExpiryRows, Flags, Nullable, SnapshotHead,
};
use gex_compute::market::units::{Currency, Spot};
use parquet::errors::ParquetError;

use super::error::ArchiveError;
use super::schema::Place;
use crate::codec::{GroupReader, Words};
use crate::table::date;

/// Where a value stands, for messages.
#[derive(Clone, Copy)]
pub(super) struct Where<'a> {
    pub(super) file: &'a str,
    pub(super) group: usize,
}

impl Where<'_> {
    fn value(self, row: usize, column: &'static str, value: &dyn Display) -> ArchiveError {
        let (file, value) = (self.file.to_owned(), value.to_string());
        ArchiveError::Value {
            file,
            group: self.group,
            row,
            column,
            value,
        }
    }

    fn snapshot(self, source: SnapshotError) -> ArchiveError {
        ArchiveError::Snapshot {
            file: self.file.to_owned(),
            group: self.group,
            source,
        }
    }
}

/// The decoded columns of one row group, all of one length.
pub(super) struct GroupColumns {
    ts: Vec<i64>,
    known_at: Vec<i64>,
    session: Vec<i32>,
    underlying: Words,
    root: Words,
    expiry: Vec<i64>,
    right: Words,
    exercise: Words,
    payoff: Words,
    currency: Words,
    flags: Vec<i32>,
    spot: Vec<f64>,
    strike: Vec<f64>,
    multiplier: Vec<f64>,
    /// In the order of [`NULLABLE`].
    nullable: Vec<Vec<f64>>,
}

/// The columns that may be null, in the order in which [`GroupColumns::columns`] takes them.
const NULLABLE: [Place; 13] = [
    Place::Bid,
    Place::Ask,
    Place::Mark,
    Place::BidIv,
    Place::AskIv,
    Place::Iv,
    Place::OpenInterest,
    Place::Volume,
    Place::Forward,
    Place::VendorGamma,
    Place::VendorDelta,
    Place::DealerPosition,
    Place::TakerNet,
];

impl GroupColumns {
    /// Reads a group of a file whose schema is the archive's.
    pub(super) fn read(group: &GroupReader<'_>) -> Result<Self, ParquetError> {
        let nullable = NULLABLE
            .iter()
            .map(|place| group.nullable_doubles(*place as usize))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            ts: group.longs(Place::Ts as usize)?,
            known_at: group.longs(Place::KnownAt as usize)?,
            session: group.ints(Place::Session as usize)?,
            underlying: group.words(Place::Underlying as usize)?,
            root: group.words(Place::Root as usize)?,
            expiry: group.longs(Place::Expiry as usize)?,
            right: group.words(Place::Right as usize)?,
            exercise: group.words(Place::Exercise as usize)?,
            payoff: group.words(Place::Payoff as usize)?,
            currency: group.words(Place::Currency as usize)?,
            flags: group.ints(Place::Flags as usize)?,
            spot: group.doubles(Place::Spot as usize)?,
            strike: group.doubles(Place::Strike as usize)?,
            multiplier: group.doubles(Place::Multiplier as usize)?,
            nullable,
        })
    }

    /// Cuts the rows where the instant changes; instants must ascend.
    pub(super) fn snapshots(&self, place: Where<'_>) -> Result<Vec<ChainSnapshot>, ArchiveError> {
        let mut snapshots = Vec::new();
        let mut start = 0;
        for run in self.ts.chunk_by(|a, b| a == b) {
            if 0 < start && self.ts[start] < self.ts[start - 1] {
                return Err(place.value(start, "ts", &self.ts[start]));
            }
            snapshots.push(self.snapshot(start..start + run.len(), place)?);
            start += run.len();
        }
        Ok(snapshots)
    }

    fn snapshot(
        &self,
        rows: Range<usize>,
        place: Where<'_>,
    ) -> Result<ChainSnapshot, ArchiveError> {
        self.check_head(rows.clone(), place)?;
        let head = self.head(rows.start, place)?;
        let expiries = self.settlements(rows.clone(), place)?;
        let first = rows.start;
        let columns = self.columns(rows, place)?;
        if let Some((column, row)) = first_infinite(&columns) {
            return Err(place.value(first + row, column, &f64::INFINITY));
        }
        ChainSnapshot::from_columns(head, expiries, columns).map_err(|e| place.snapshot(e))
    }

    /// Refuses rows of one instant that tell different things of the whole snapshot.
    fn check_head(&self, rows: Range<usize>, place: Where<'_>) -> Result<(), ArchiveError> {
        let (first, all) = (rows.start, rows.clone());
        let others = [
            ("known_at", other(&self.known_at[all.clone()])),
            ("session", other(&self.session[all.clone()])),
            ("spot", other(&self.spot[all.clone()])),
            ("underlying", other(self.underlying.places(all.clone()))),
            ("currency", other(self.currency.places(all))),
        ];
        match others
            .into_iter()
            .find_map(|(name, row)| Some((name, row?)))
        {
            None => Ok(()),
            Some((column, row)) => {
                let value = "another value than the snapshot's first row";
                Err(place.value(first + row, column, &value))
            }
        }
    }

    /// The runs of one settlement instant each, counted from the snapshot's first row.
    fn settlements(
        &self,
        rows: Range<usize>,
        place: Where<'_>,
    ) -> Result<Vec<ExpiryRows>, ArchiveError> {
        let mut runs = Vec::new();
        let mut start = 0;
        for run in self.expiry[rows.clone()].chunk_by(|a, b| a == b) {
            let (row, end) = (rows.start + start, start + run.len());
            let expiry = instant(run[0]).ok_or_else(|| place.value(row, "expiry", &run[0]))?;
            runs.push(ExpiryRows {
                expiry,
                rows: start..end,
            });
            start = end;
        }
        Ok(runs)
    }

    fn head(&self, row: usize, place: Where<'_>) -> Result<SnapshotHead, ArchiveError> {
        let at = |column, micros| instant(micros).ok_or_else(|| place.value(row, column, &micros));
        let code = self.currency.text(row);
        Ok(SnapshotHead {
            underlying: self.underlying.text(row).to_owned(),
            ts: at("ts", self.ts[row])?,
            known_at: at("known_at", self.known_at[row])?,
            session: date(self.session[row])
                .ok_or_else(|| place.value(row, "session", &self.session[row]))?,
            spot: Spot::new(self.spot[row])
                .map_err(|_| place.value(row, "spot", &self.spot[row]))?,
            currency: Currency::new(code).map_err(|_| place.value(row, "currency", &code))?,
        })
    }

    fn columns(&self, rows: Range<usize>, place: Where<'_>) -> Result<ChainColumns, ArchiveError> {
        let number = |k: usize| Nullable::from_raw(self.nullable[k][rows.clone()].to_vec());
        let flags = self.flags[rows.clone()].iter();
        let (roots, root) = roots(&self.root, rows.clone()).map_err(|e| place.snapshot(e))?;
        Ok(ChainColumns {
            roots,
            root,
            strike: self.strike[rows.clone()].to_vec(),
            right: meanings(&self.right, rows.clone(), Right::from_letter)
                .map_err(|i| place.value(i, "right", &self.right.text(i)))?,
            exercise: meanings(&self.exercise, rows.clone(), Exercise::from_word)
                .map_err(|i| place.value(i, "exercise", &self.exercise.text(i)))?,
            payoff: meanings(&self.payoff, rows.clone(), Payoff::from_word)
                .map_err(|i| place.value(i, "payoff", &self.payoff.text(i)))?,
            multiplier: self.multiplier[rows.clone()].to_vec(),
            bid: number(0),
            ask: number(1),
            mark: number(2),
            bid_iv: number(3),
            ask_iv: number(4),
            iv: number(5),
            open_interest: number(6),
            volume: number(7),
            forward: number(8),
            vendor_gamma: number(9),
            vendor_delta: number(10),
            dealer_position: number(11),
            taker_net: number(12),
            flags: flags.map(|bits| Flags(bits.cast_unsigned())).collect(),
        })
    }
}

/// The first row that has another value than the first one.
fn other<T: PartialEq>(values: &[T]) -> Option<usize> {
    let first = values.first()?;
    values.iter().position(|value| value != first)
}

/// Name and row of the first number without bounds.
pub(super) fn first_infinite(columns: &ChainColumns) -> Option<(&'static str, usize)> {
    let named = [
        ("bid", &columns.bid),
        ("ask", &columns.ask),
        ("mark", &columns.mark),
        ("bid_iv", &columns.bid_iv),
        ("ask_iv", &columns.ask_iv),
        ("iv", &columns.iv),
        ("open_interest", &columns.open_interest),
        ("volume", &columns.volume),
        ("forward", &columns.forward),
        ("vendor_gamma", &columns.vendor_gamma),
        ("vendor_delta", &columns.vendor_delta),
        ("dealer_position", &columns.dealer_position),
        ("taker_net", &columns.taker_net),
    ];
    named.into_iter().find_map(|(name, column)| {
        let row = column.raw().iter().position(|value| value.is_infinite())?;
        Some((name, row))
    })
}

/// What each row's word means, each distinct word read once; the row of the first that means
/// nothing.
fn meanings<T: Copy>(
    words: &Words,
    rows: Range<usize>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, usize> {
    let known: Vec<Option<T>> = words.distinct().iter().map(|word| read(word)).collect();
    rows.map(|i| known[words.place(i)].ok_or(i)).collect()
}

/// The distinct roots of some rows, sorted, and each row's place among them.
fn roots(words: &Words, rows: Range<usize>) -> Result<(Vec<String>, Vec<u16>), SnapshotError> {
    let mut seen = vec![false; words.distinct().len()];
    for i in rows.clone() {
        seen[words.place(i)] = true;
    }
    let distinct = words.distinct().iter().enumerate();
    let sorted: BTreeMap<&str, usize> = distinct
        .filter(|(place, _)| seen[*place])
        .map(|(place, word)| (word.as_str(), place))
        .collect();
    let mut new_place = vec![0; seen.len()];
    for (new, old) in sorted.values().enumerate() {
        new_place[*old] = u16::try_from(new).map_err(|_| SnapshotError::Roots)?;
    }
    let root = rows.map(|i| new_place[words.place(i)]).collect();
    Ok((sorted.into_keys().map(str::to_owned).collect(), root))
}

fn instant(micros: i64) -> Option<Instant> {
    DateTime::from_timestamp_micros(micros)
}
