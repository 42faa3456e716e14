//! An archive's chains into the GEX series: months in parallel, each month in its own order.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use gex_compute::flow_history::FlowHistory;
use gex_compute::market::calendar::Calendar;
use gex_compute::market::snapshot::ChainSnapshot;
use gex_compute::points::{ForwardCounts, SeriesEngine, SeriesRequest};
use gex_compute::series::GexPoint;
use gex_compute::wanted::Wanted;
use gex_ingest::archive::{Archive, ArchiveError, Partition};
use indicatif::ProgressBar;

use crate::choose::{Chooser, next_session_end};
use crate::parallel::ordered_map_with;
use crate::plan::SnapshotChoice;
use crate::snapshot_tables::SnapshotTables;
use crate::study_plan::Plan;

/// What the replay of an archive gave.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    /// One point a chosen snapshot and positioning model, ascending in time.
    pub points: Vec<GexPoint>,
    /// Expiries by the source of their forward, over all chosen snapshots.
    pub forwards: ForwardCounts,
    /// The last chosen snapshot.
    pub last: Option<ChainSnapshot>,
    /// Sessions of the calendar, between the first and the last snapshot, without one.
    pub missing: Vec<NaiveDate>,
    /// Tables of every snapshot that the study asks for.
    pub tables: SnapshotTables,
}

/// Why an archive can't be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The archive can't be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A calendar that this tool does not know.
    #[error("the archive's calendar {0:?} is not known here; update the tool")]
    Calendar(String),
    /// No snapshot was chosen.
    #[error(
        "the archive has no snapshot of {0} in the study's window at the time asked for; \
         see `gex inspect` for its sessions"
    )]
    Nothing(String),
}

/// The calendar of an archive.
///
/// # Errors
///
/// [`ReplayError::Calendar`] for a name that this tool does not know.
pub fn calendar_of(archive: &Archive) -> Result<Calendar, ReplayError> {
    let name = &archive.document().calendar;
    Calendar::from_name(name).ok_or_else(|| ReplayError::Calendar(name.clone()))
}

/// Replays the study's part of an archive.
///
/// The result has the same bits on any number of threads: a month is worked through in order by
/// one task, and months come back in order.
///
/// # Errors
///
/// [`ReplayError`] where a file can't be read, or nothing was chosen.
pub fn replay(
    archive: &Archive,
    plan: &Plan,
    at: SnapshotChoice,
    bar: &ProgressBar,
) -> Result<Replay, ReplayError> {
    let calendar = calendar_of(archive)?;
    let month = Month { plan, at, calendar };
    let parts = match plan.models.iter().filter_map(|model| model.burn_in()).max() {
        None => month.replay_each(archive, bar)?,
        Some(burn_in) => month.replay_in_turn(archive, burn_in, bar)?,
    };
    let mut whole = Replay::default();
    for part in parts {
        whole.absorb(part?);
    }
    whole.missing = missing(&whole.points, calendar);
    if whole.points.is_empty() {
        return Err(ReplayError::Nothing(plan.data.underlying.clone()));
    }
    Ok(whole)
}

impl Replay {
    fn absorb(&mut self, later: Self) {
        self.points.extend(later.points);
        self.forwards = sum(self.forwards, later.forwards);
        self.tables.absorb(later.tables);
        if later.last.is_some() {
            self.last = later.last;
        }
    }
}

fn sum(a: ForwardCounts, b: ForwardCounts) -> ForwardCounts {
    ForwardCounts {
        vendor: a.vendor + b.vendor,
        parity: a.parity + b.parity,
        carry: a.carry + b.carry,
        fell_back: a.fell_back + b.fell_back,
        left_out: a.left_out + b.left_out,
        american_parity: a.american_parity + b.american_parity,
    }
}

/// What each month gave, in order.
type Parts = Vec<Result<Replay, ArchiveError>>;

/// The work on one month.
struct Month<'a> {
    plan: &'a Plan,
    at: SnapshotChoice,
    calendar: Calendar,
}

impl Month<'_> {
    fn engine(&self) -> SeriesEngine {
        SeriesEngine::new(SeriesRequest {
            pricing: self.plan.pricing,
            models: self.plan.models.clone(),
            flip: self.plan.flip,
            wanted: Wanted::ALL,
        })
    }

    /// Months on all threads: no snapshot needs another.
    fn replay_each(&self, archive: &Archive, bar: &ProgressBar) -> Result<Parts, ArchiveError> {
        let partitions = archive.partitions(&self.plan.data.underlying, self.plan.data.window)?;
        bar.set_length(partitions.len() as u64);
        let work = |engine: &mut SeriesEngine, partition: Partition| {
            let part = self.replay(engine, &partition, &mut None);
            bar.inc(1);
            part
        };
        Ok(ordered_map_with(partitions, || self.engine(), work))
    }

    /// Months one after the other from the archive's first, whatever the study's window: flows add up
    /// since a contract's listing. Of several models the longest burn-in holds for all.
    fn replay_in_turn(
        &self,
        archive: &Archive,
        burn_in: u16,
        bar: &ProgressBar,
    ) -> Result<Parts, ArchiveError> {
        let until = (None, self.plan.data.window.1);
        let partitions = archive.partitions(&self.plan.data.underlying, until)?;
        bar.set_length(partitions.len() as u64);
        let mut engine = self.engine();
        let mut history = Some((FlowHistory::default(), burn_in));
        let mut parts = Vec::new();
        for partition in &partitions {
            parts.push(self.replay(&mut engine, partition, &mut history));
            bar.inc(1);
        }
        Ok(parts)
    }

    fn replay(
        &self,
        engine: &mut SeriesEngine,
        partition: &Partition,
        history: &mut Option<(FlowHistory, u16)>,
    ) -> Result<Replay, ArchiveError> {
        let mut chooser = Chooser::new(self.at, self.calendar);
        let mut part = Replay::default();
        let outputs = self.plan.outputs.iter();
        let columns = outputs.fold(engine.columns(), |columns, kind| {
            columns.and(kind.columns())
        });
        let mut snapshots = partition.snapshots_with(columns)?;
        while let Some(snapshot) = snapshots.next() {
            let snapshot = match history {
                Some((history, burn_in)) => history.add(snapshot?, *burn_in),
                None => snapshot?,
            };
            if self.inside(snapshot.head().session)
                && let Some(chosen) = chooser.offer(snapshot)
            {
                let done = self.take(chosen, engine, &mut part);
                if let Some(done) = done {
                    snapshots.recycle(done);
                }
            }
        }
        if let Some(chosen) = chooser.finish() {
            self.take(chosen, engine, &mut part);
        }
        Ok(part)
    }

    fn inside(&self, session: NaiveDate) -> bool {
        let (from, to) = self.plan.data.window;
        from.is_none_or(|from| from <= session) && to.is_none_or(|to| session <= to)
    }

    /// Computes a chosen snapshot and keeps it as the last; gives back the one before.
    fn take(
        &self,
        snapshot: ChainSnapshot,
        engine: &mut SeriesEngine,
        part: &mut Replay,
    ) -> Option<ChainSnapshot> {
        let head = snapshot.head();
        let Some(end) = next_session_end(self.calendar, head.session, head.known_at) else {
            return Some(snapshot);
        };
        let result = engine.points(&snapshot, end);
        part.tables.add(self.plan, &snapshot, &result.points, end);
        part.points.extend(result.points);
        part.forwards = sum(part.forwards, result.forwards);
        part.last.replace(snapshot)
    }
}

/// Sessions of the calendar between the first and the last point that have none.
fn missing(points: &[GexPoint], calendar: Calendar) -> Vec<NaiveDate> {
    let held: BTreeSet<NaiveDate> = points.iter().map(|point| point.session).collect();
    let (Some(first), Some(last)) = (held.first(), held.last()) else {
        return Vec::new();
    };
    let sessions = calendar
        .sessions(*first, *last)
        .into_iter()
        .map(|session| session.date);
    sessions.filter(|date| !held.contains(date)).collect()
}
