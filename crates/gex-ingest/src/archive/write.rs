//! Snapshots into one Parquet file whose row groups end where a snapshot ends.

use std::fs::File;
use std::path::Path;

use gex_compute::market::snapshot::{ChainColumns, ChainSnapshot, Nullable};
use parquet::errors::ParquetError;

use super::schema::{SCHEMA_VERSION, schema};
use crate::codec::{FileWriter, GroupWriter};
use crate::table::days;

/// A row group closes at the first snapshot that ends at or beyond this many rows: large enough
/// to compress well, small enough that a reader's memory stays in tens of megabytes.
pub(super) const GROUP_ROWS: usize = 131_072;

/// Writes snapshots of one underlying, ascending in time, into one file.
pub(super) struct PartitionWriter {
    writer: FileWriter,
    waiting: Vec<ChainSnapshot>,
    rows: usize,
}

impl PartitionWriter {
    pub(super) fn create(path: &Path) -> Result<Self, ParquetError> {
        let version = SCHEMA_VERSION.to_string();
        let metadata = [("gexlab.archive.schema_version", version)];
        let writer = FileWriter::new(File::create(path)?, schema()?, &metadata)?;
        Ok(Self {
            writer,
            waiting: Vec::new(),
            rows: 0,
        })
    }

    pub(super) fn add(&mut self, snapshot: ChainSnapshot) -> Result<(), ParquetError> {
        self.rows += snapshot.len();
        self.waiting.push(snapshot);
        if GROUP_ROWS <= self.rows {
            self.flush()
        } else {
            Ok(())
        }
    }

    pub(super) fn finish(mut self) -> Result<(), ParquetError> {
        self.flush()?;
        self.writer.finish()
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        let snapshots: Vec<_> = std::mem::take(&mut self.waiting);
        if 0 < self.rows {
            write_group(self.writer.group()?, &snapshots)?;
        }
        self.rows = 0;
        Ok(())
    }
}

fn write_group(mut group: GroupWriter<'_>, chains: &[ChainSnapshot]) -> Result<(), ParquetError> {
    group.longs(&each(chains, |c| c.head().ts.timestamp_micros()))?;
    group.longs(&each(chains, |c| c.head().known_at.timestamp_micros()))?;
    group.ints(&each(chains, |c| days(c.head().session)))?;
    group.texts(&each(chains, |c| c.head().underlying.as_str()))?;
    group.texts(&rows(chains, ChainSnapshot::root))?;
    group.longs(&expiries(chains))?;
    group.doubles(&rows(chains, |c, i| c.columns().strike[i]))?;
    group.texts(&rows(chains, |c, i| c.columns().right[i].letter()))?;
    group.texts(&rows(chains, |c, i| c.columns().exercise[i].word()))?;
    for column in [|c| &c.bid, |c| &c.ask, |c| &c.mark] as [Pick; 3] {
        group.nullable_doubles(&nullable(chains, column))?;
    }
    for column in [|c| &c.bid_iv, |c| &c.ask_iv, |c| &c.iv] as [Pick; 3] {
        group.nullable_doubles(&nullable(chains, column))?;
    }
    for column in [|c| &c.open_interest, |c| &c.volume] as [Pick; 2] {
        group.nullable_doubles(&nullable(chains, column))?;
    }
    group.doubles(&each(chains, |c| c.head().spot.get()))?;
    group.nullable_doubles(&nullable(chains, |c| &c.forward))?;
    group.doubles(&rows(chains, |c, i| c.columns().multiplier[i]))?;
    group.texts(&rows(chains, |c, i| c.columns().payoff[i].word()))?;
    group.texts(&each(chains, |c| c.head().currency.code()))?;
    for column in [|c| &c.vendor_gamma, |c| &c.vendor_delta] as [Pick; 2] {
        group.nullable_doubles(&nullable(chains, column))?;
    }
    for column in [|c| &c.dealer_position, |c| &c.taker_net] as [Pick; 2] {
        group.nullable_doubles(&nullable(chains, column))?;
    }
    group.ints(&rows(chains, |c, i| c.columns().flags[i].0.cast_signed()))?;
    group.close()
}

/// Picks a column of a chain.
type Pick = fn(&ChainColumns) -> &Nullable;

/// A value of the head, once a row.
fn each<'a, T: Copy>(chains: &'a [ChainSnapshot], read: impl Fn(&'a ChainSnapshot) -> T) -> Vec<T> {
    chains
        .iter()
        .flat_map(|chain| std::iter::repeat_n(read(chain), chain.len()))
        .collect()
}

/// A value of every row.
fn rows<'a, T>(
    chains: &'a [ChainSnapshot],
    read: impl Fn(&'a ChainSnapshot, usize) -> T + Copy,
) -> Vec<T> {
    chains
        .iter()
        .flat_map(|chain| (0..chain.len()).map(move |i| read(chain, i)))
        .collect()
}

fn nullable(chains: &[ChainSnapshot], pick: Pick) -> Vec<f64> {
    chains
        .iter()
        .flat_map(|chain| pick(chain.columns()).raw().iter().copied())
        .collect()
}

fn expiries(chains: &[ChainSnapshot]) -> Vec<i64> {
    chains
        .iter()
        .flat_map(ChainSnapshot::expiries)
        .flat_map(|run| std::iter::repeat_n(run.expiry.timestamp_micros(), run.rows.len()))
        .collect()
}
