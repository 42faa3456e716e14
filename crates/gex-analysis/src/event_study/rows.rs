//! One row a session: prices, what was known at its end, and what was known before it.

use chrono::NaiveDate;
use gex_compute::market::Instant;
use gex_compute::series::{GexPoint, Measure};

use crate::controls::Past;
use crate::grid::{Grid, SlotBar};
use crate::inputs::{Inputs, Signals, VendorPoint};
use crate::outcome::slot_variance;
use crate::signal::above_flip;
use crate::stats::regime::{Hysteresis, expanding_levels};
use crate::study::{Estimator, EventOutcome, EventSpec, OutcomeKind};

/// One session whose prices are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionRow {
    pub session: NaiveDate,
    pub close_at: Instant,
    pub open: f64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
    /// Log return since the close before.
    pub log_return: Option<f64>,
    /// Standard deviation of a session's return, by the 22 sessions before this one.
    pub deviation: Option<f64>,
    /// What is followed.
    pub outcome: Option<f64>,
    /// Net gamma of the session's last snapshot.
    pub net: Option<f64>,
    /// Gamma of its calls.
    pub call: Option<f64>,
    /// ln(spot / flip) of the snapshot.
    pub above_flip: Option<f64>,
    /// Share of gross gamma that expires before the next session ends, by the snapshot.
    pub expiring: Option<f64>,
    /// The same by the last snapshot known before the session opened.
    pub expiring_before: Option<f64>,
    /// Call wall known before the session opened.
    pub call_wall: Option<f64>,
    /// Put wall known before the session opened.
    pub put_wall: Option<f64>,
}

/// The sessions with prices, in the order of time; one without is left out, and its neighbours touch.
pub(super) fn session_rows(spec: &EventSpec, inputs: &Inputs<'_>, grid: &Grid) -> Vec<SessionRow> {
    let past = Past::new(grid, OutcomeKind::Return);
    let states = States::of(spec, inputs);
    let mut rows: Vec<SessionRow> = Vec::new();
    for (session, slot) in inputs.sessions.iter().zip(&grid.slots) {
        let Ok(bar) = slot.bar else { continue };
        let now = states.of_session(session.date);
        let before = states.known_at(session.open);
        let previous = rows.last().map(|row| row.close);
        let log_return = previous.map(|close| libm::log(bar.prices.close() / close));
        rows.push(SessionRow {
            session: session.date,
            close_at: session.close,
            open: bar.open,
            high: bar.prices.high(),
            low: bar.prices.low(),
            close: bar.prices.close(),
            log_return,
            deviation: past.deviation(session.open, 1).ok(),
            outcome: outcome(spec.outcome, previous, &bar, log_return),
            net: now.net,
            call: now.call,
            above_flip: now.above_flip,
            expiring: now.expiring,
            expiring_before: before.expiring,
            call_wall: before.call_wall,
            put_wall: before.put_wall,
        });
    }
    rows
}

fn outcome(
    kind: EventOutcome,
    previous: Option<f64>,
    bar: &SlotBar,
    log_return: Option<f64>,
) -> Option<f64> {
    match kind {
        EventOutcome::LogVariance { estimator } => {
            // One bar has no Yang-Zhang variance of its own.
            let variance = slot_variance(estimator, previous, bar).ok()?;
            (0.0 < variance).then(|| libm::log(variance))
        }
        EventOutcome::AbsReturn => log_return.map(f64::abs),
        EventOutcome::CumulativeReturn => Some(libm::log(bar.prices.close())),
    }
}

/// What one snapshot says.
#[derive(Default, Clone, Copy)]
struct State {
    net: Option<f64>,
    call: Option<f64>,
    above_flip: Option<f64>,
    expiring: Option<f64>,
    call_wall: Option<f64>,
    put_wall: Option<f64>,
}

impl State {
    fn of(point: &GexPoint) -> Self {
        let value = |measure| point.measures.get(measure);
        let gross = value(Measure::GrossGex).filter(|gross| 0.0 < *gross);
        Self {
            net: value(Measure::NetGex),
            call: value(Measure::CallGex),
            above_flip: above_flip(point),
            expiring: value(Measure::Gex0dte)
                .zip(gross)
                .map(|(dte, gross)| dte.abs() / gross),
            call_wall: value(Measure::CallWall),
            put_wall: value(Measure::PutWall),
        }
    }
}

/// The snapshots of one model, or a vendor's values, in the order of time.
enum States<'a> {
    Chains(Vec<&'a GexPoint>),
    Vendor(&'a [VendorPoint]),
}

impl<'a> States<'a> {
    fn of(spec: &EventSpec, inputs: &Inputs<'a>) -> Self {
        match inputs.signals {
            Signals::Chains(points) => {
                let of_model = points.iter().filter(|p| p.positioning == spec.positioning);
                Self::Chains(of_model.collect())
            }
            Signals::Vendor { points, .. } => Self::Vendor(points),
        }
    }

    /// The last snapshot of a session.
    fn of_session(&self, session: NaiveDate) -> State {
        match self {
            Self::Chains(points) => {
                let upto = points.partition_point(|p| p.session <= session);
                let last = upto.checked_sub(1).and_then(|i| points.get(i));
                let own = last.filter(|p| p.session == session);
                own.map(|p| State::of(p)).unwrap_or_default()
            }
            Self::Vendor(points) => {
                let from = points.partition_point(|p| p.session < session);
                let own = points.get(from).filter(|p| p.session == session);
                State {
                    net: own.and_then(|p| p.value),
                    ..State::default()
                }
            }
        }
    }

    /// The last snapshot public at an instant.
    fn known_at(&self, at: Instant) -> State {
        let Self::Chains(points) = self else {
            return State::default();
        };
        let upto = points.partition_point(|p| p.known_at <= at);
        let last = upto.checked_sub(1).and_then(|i| points.get(i));
        last.map(|p| State::of(p)).unwrap_or_default()
    }
}

/// Rank of each size among earlier ones, after a year of them.
pub(super) fn size_ranks(rows: &[SessionRow]) -> Vec<Option<f64>> {
    let sizes: Vec<Option<f64>> = rows.iter().map(|row| row.net.map(f64::abs)).collect();
    let ranks = Hysteresis {
        min_history: 252,
        enter_low: 0.0,
        exit_low: 0.0,
        enter_high: 1.0,
        exit_high: 1.0,
        min_dwell: 1,
    };
    expanding_levels(&sizes, ranks)
        .map(|levels| levels.ranks)
        .unwrap_or_default()
}

/// The estimator of an outcome, for its past.
pub(super) fn estimator(outcome: EventOutcome) -> Estimator {
    match outcome {
        EventOutcome::LogVariance { estimator } => estimator,
        _ => Estimator::GarmanKlassOvernight,
    }
}
