//! The columns of one row group, and the snapshots that they make.

use std::fmt::Display;
use std::ops::Range;

use chrono::DateTime;
use gex_compute::market::Instant;
use gex_compute::market::contract::{Exercise, Payoff, Right};
use gex_compute::market::snapshot::SnapshotError;
use gex_compute::market::snapshot::{
    ChainColumns, ChainSnapshot, ColumnSet, ExpiryRows, Flags, NumberColumn, SnapshotHead,
};
use gex_compute::market::units::{Currency, Spot};
use parquet::errors::ParquetError;

use super::error::ArchiveError;
use super::schema::Place;
use crate::codec::GroupReader;
use crate::runs::{Plain, RunColumn};
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

/// What stops the reading of a row group.
pub(super) enum Fault {
    /// The file is no sound Parquet.
    Parquet(ParquetError),
    /// It is, but what it says can't be.
    Content(ArchiveError),
}

impl From<ParquetError> for Fault {
    fn from(source: ParquetError) -> Self {
        Self::Parquet(source)
    }
}

impl From<ArchiveError> for Fault {
    fn from(error: ArchiveError) -> Self {
        Self::Content(error)
    }
}

/// The columns of one row group on their way into snapshots, one snapshot after the other.
pub(super) struct GroupRows {
    rows: usize,
    /// First row of the next snapshot.
    row: usize,
    last_ts: Option<i64>,
    /// An instant that was read already, and its rows.
    ahead: Option<(i64, usize)>,
    ts: RunColumn<i64>,
    known_at: RunColumn<i64>,
    session: RunColumn<i32>,
    underlying: RunColumn<String>,
    root: RunColumn<String>,
    expiry: RunColumn<i64>,
    strike: RunColumn<f64>,
    right: RunColumn<String>,
    exercise: RunColumn<String>,
    spot: RunColumn<f64>,
    multiplier: RunColumn<f64>,
    payoff: RunColumn<String>,
    currency: RunColumn<String>,
    flags: RunColumn<i32>,
    numbers: Vec<(NumberColumn, RunColumn<f64>)>,
}

impl GroupRows {
    /// Begins at the first row of a group of a file whose schema is the archive's.
    pub(super) fn open(group: &GroupReader<'_>, columns: ColumnSet) -> Result<Self, ParquetError> {
        let wanted = NumberColumn::ALL.into_iter().filter(|c| columns.has(*c));
        let number = |column| Ok((column, group.runs(Place::of(column) as usize)?));
        Ok(Self {
            rows: group.rows(),
            row: 0,
            last_ts: None,
            ahead: None,
            ts: group.runs(Place::Ts as usize)?,
            known_at: group.runs(Place::KnownAt as usize)?,
            session: group.runs(Place::Session as usize)?,
            underlying: group.runs(Place::Underlying as usize)?,
            root: group.runs(Place::Root as usize)?,
            expiry: group.runs(Place::Expiry as usize)?,
            strike: group.runs(Place::Strike as usize)?,
            right: group.runs(Place::Right as usize)?,
            exercise: group.runs(Place::Exercise as usize)?,
            spot: group.runs(Place::Spot as usize)?,
            multiplier: group.runs(Place::Multiplier as usize)?,
            payoff: group.runs(Place::Payoff as usize)?,
            currency: group.runs(Place::Currency as usize)?,
            flags: group.runs(Place::Flags as usize)?,
            numbers: wanted.map(number).collect::<Result<_, ParquetError>>()?,
        })
    }

    /// Reads the next snapshot into `memory`; `None` after the last. Instants must ascend.
    pub(super) fn next(
        &mut self,
        place: Where<'_>,
        memory: ChainColumns,
    ) -> Result<Option<ChainSnapshot>, Fault> {
        let Some((ts, rows)) = self.next_instant()? else {
            self.finish()?;
            return Ok(None);
        };
        if self.last_ts.replace(ts).is_some_and(|last| ts <= last) {
            return Err(place.value(self.row, "ts", &ts).into());
        }
        let head = self.head(ts, rows, place)?;
        let expiries = self.settlements(rows, place)?;
        let columns = self.columns(rows, place, memory)?;
        if let Some((column, row)) = first_infinite(&columns) {
            return Err(place.value(self.row + row, column, &f64::INFINITY).into());
        }
        self.row += rows;
        let snapshot = ChainSnapshot::from_columns(head, expiries, columns);
        Ok(Some(snapshot.map_err(|e| place.snapshot(e))?))
    }

    /// The next instant and its rows, which a page may cut in two.
    fn next_instant(&mut self) -> Result<Option<(i64, usize)>, ParquetError> {
        let mut found = self.ahead.take();
        let mut left = self.rows - self.row - found.map_or(0, |(_, rows)| rows);
        while 0 < left {
            let Some((ts, rows)) = self.ts.next_run(left)?.map(|(ts, rows)| (*ts, rows)) else {
                return Err(ParquetError::General("too few instants".to_owned()));
            };
            left -= rows;
            match &mut found {
                None => found = Some((ts, rows)),
                Some((same, so_far)) if *same == ts => *so_far += rows,
                Some(_) => {
                    self.ahead = Some((ts, rows));
                    break;
                }
            }
        }
        Ok(found)
    }

    fn finish(&mut self) -> Result<(), ParquetError> {
        let words = [&mut self.underlying, &mut self.root, &mut self.right];
        let more = [&mut self.exercise, &mut self.payoff, &mut self.currency];
        let longs = [&mut self.ts, &mut self.known_at, &mut self.expiry];
        let doubles = [&mut self.strike, &mut self.spot, &mut self.multiplier];
        let numbers = self.numbers.iter_mut().map(|(_, column)| column);
        { words.into_iter().chain(more) }.try_for_each(RunColumn::finish)?;
        longs.into_iter().try_for_each(RunColumn::finish)?;
        { doubles.into_iter().chain(numbers) }.try_for_each(RunColumn::finish)?;
        self.session.finish()?;
        self.flags.finish()
    }

    fn head(&mut self, ts: i64, rows: usize, place: Where<'_>) -> Result<SnapshotHead, Fault> {
        let row = self.row;
        let at = |column, micros| instant(micros).ok_or_else(|| place.value(row, column, &micros));
        let one = Portion { row, rows, place };
        let session = one.value("session", &mut self.session)?;
        let spot = one.value("spot", &mut self.spot)?;
        let code = one.value("currency", &mut self.currency)?;
        Ok(SnapshotHead {
            underlying: one.value("underlying", &mut self.underlying)?,
            ts: at("ts", ts)?,
            known_at: at("known_at", one.value("known_at", &mut self.known_at)?)?,
            session: date(session).ok_or_else(|| place.value(row, "session", &session))?,
            spot: Spot::new(spot).map_err(|_| place.value(row, "spot", &spot))?,
            currency: Currency::new(&code).map_err(|_| place.value(row, "currency", &code))?,
        })
    }

    /// The runs of one settlement instant each, counted from the snapshot's first row.
    fn settlements(&mut self, rows: usize, place: Where<'_>) -> Result<Vec<ExpiryRows>, Fault> {
        let mut runs: Vec<(i64, Range<usize>)> = Vec::new();
        self.expiry.take_runs(rows, |micros, count| {
            let start = runs.last().map_or(0, |(_, rows)| rows.end);
            match runs.last_mut() {
                Some((same, rows)) if same == micros => rows.end += count,
                _ => runs.push((*micros, start..start + count)),
            }
            Ok(())
        })?;
        let run = |(micros, rows): (i64, Range<usize>)| {
            let row = self.row + rows.start;
            let expiry = instant(micros).ok_or_else(|| place.value(row, "expiry", &micros))?;
            Ok(ExpiryRows { expiry, rows })
        };
        runs.into_iter().map(run).collect()
    }

    fn columns(
        &mut self,
        rows: usize,
        place: Where<'_>,
        mut memory: ChainColumns,
    ) -> Result<ChainColumns, Fault> {
        let portion = Portion {
            row: self.row,
            rows,
            place,
        };
        let columns = &mut memory;
        portion.meanings("right", &mut self.right, &mut columns.right)?;
        portion.meanings("exercise", &mut self.exercise, &mut columns.exercise)?;
        portion.meanings("payoff", &mut self.payoff, &mut columns.payoff)?;
        read_roots(&mut self.root, rows, columns)?.map_err(|e| place.snapshot(e))?;
        columns.flags.clear();
        self.flags.take_runs(rows, |bits, count| {
            let flags = Flags(bits.cast_unsigned());
            columns.flags.resize(columns.flags.len() + count, flags);
            Ok(())
        })?;
        columns.strike.clear();
        self.strike.add_rows(rows, &mut columns.strike)?;
        columns.multiplier.clear();
        self.multiplier.add_rows(rows, &mut columns.multiplier)?;
        for (number, column) in &mut self.numbers {
            let raw = columns.number_mut(*number).raw_mut();
            raw.clear();
            column.add_rows(rows, raw)?;
        }
        Ok(memory)
    }
}

/// The rows of one snapshot in a row group.
#[derive(Clone, Copy)]
struct Portion<'a> {
    row: usize,
    rows: usize,
    place: Where<'a>,
}

impl Portion<'_> {
    /// The one value of a column that holds for the whole snapshot.
    fn value<T: Plain>(self, name: &'static str, column: &mut RunColumn<T>) -> Result<T, Fault> {
        let (mut first, mut row, mut other) = (None, 0, None);
        column.take_runs(self.rows, |value, count| {
            match &first {
                None => first = Some(value.clone()),
                Some(first) if first != value => other = other.or(Some(row)),
                Some(_) => {}
            }
            row += count;
            Ok(())
        })?;
        match (first, other) {
            (Some(value), None) => Ok(value),
            (_, row) => {
                let value = "another value than the snapshot's first row";
                let row = self.row + row.unwrap_or(0);
                Err(self.place.value(row, name, &value).into())
            }
        }
    }

    /// What each row's word means.
    fn meanings<T: Meaning>(
        self,
        name: &'static str,
        column: &mut RunColumn<String>,
        into: &mut Vec<T>,
    ) -> Result<(), Fault> {
        into.clear();
        let mut places = Vec::with_capacity(self.rows.min(MOST_TRUSTED));
        column.add_places(self.rows, &mut places)?;
        let words = column.dictionary();
        let known: Option<Vec<T>> = words.iter().map(|word| T::of(word)).collect();
        if let Some(meanings) = known {
            into.extend(places.iter().map(|place| meanings[*place as usize]));
            return Ok(());
        }
        for (row, place) in places.into_iter().enumerate() {
            let word = &words[place as usize];
            let meaning = T::of(word);
            into.push(meaning.ok_or_else(|| self.place.value(self.row + row, name, word))?);
        }
        Ok(())
    }
}

/// Rows for which memory is set aside before one is read: a damaged count must not exhaust it.
const MOST_TRUSTED: usize = 1 << 16;

/// What a word of the archive stands for.
trait Meaning: Copy {
    fn of(word: &str) -> Option<Self>;
}

impl Meaning for Right {
    fn of(word: &str) -> Option<Self> {
        Self::from_letter(word)
    }
}

impl Meaning for Exercise {
    fn of(word: &str) -> Option<Self> {
        Self::from_word(word)
    }
}

impl Meaning for Payoff {
    fn of(word: &str) -> Option<Self> {
        Self::from_word(word)
    }
}

/// Reads the distinct roots of some rows, sorted, and each row's place among them.
fn read_roots(
    column: &mut RunColumn<String>,
    rows: usize,
    into: &mut ChainColumns,
) -> Result<Result<(), SnapshotError>, ParquetError> {
    let mut found: Vec<String> = Vec::new();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    column.take_runs(rows, |root, count| {
        let known = found.iter().position(|known| known == root);
        let place = known.unwrap_or_else(|| {
            found.push(root.clone());
            found.len() - 1
        });
        runs.push((place, count));
        Ok(())
    })?;
    if usize::from(u16::MAX) < found.len() {
        return Ok(Err(SnapshotError::Roots));
    }
    into.roots.clone_from(&found);
    into.roots.sort_unstable();
    into.root.clear();
    for (place, count) in runs {
        let sorted = into.roots.partition_point(|root| *root < found[place]);
        let root = u16::try_from(sorted).unwrap_or(u16::MAX);
        into.root.resize(into.root.len() + count, root);
    }
    Ok(Ok(()))
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

fn instant(micros: i64) -> Option<Instant> {
    DateTime::from_timestamp_micros(micros)
}
