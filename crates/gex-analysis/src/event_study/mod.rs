//! Event studies: what came after, against matched sessions without an event, placebo levels and the strike lattice.

mod levels;
mod matching;
mod paths;
mod rows;

use crate::findings::{EventFinding, LevelFinding};
use crate::grid::Grid;
use crate::inputs::Inputs;
use crate::resamples::Resamples;
use crate::study::{EventKind, EventSpec};

use rows::SessionRow;

/// What one event study found: a path around events, or prices at a level.
#[derive(Debug, Clone, PartialEq)]
pub enum Aftermath {
    /// A path around events.
    Path(Box<EventFinding>),
    /// Prices at a level.
    Level(LevelFinding),
}

/// Studies one kind of event on a grid of sessions.
pub fn study_event(
    spec: &EventSpec,
    inputs: &Inputs<'_>,
    grid: &Grid,
    resamples: &Resamples,
) -> Aftermath {
    let rows = rows::session_rows(spec, inputs, grid);
    match spec.kind {
        EventKind::CallWallTouch | EventKind::PutWallTouch => {
            Aftermath::Level(levels::touches(spec, &rows))
        }
        EventKind::Pinning { lattice, share } => {
            Aftermath::Level(levels::pinning(spec, &rows, lattice, share))
        }
        _ => Aftermath::Path(Box::new(paths::aftermath(
            spec,
            &rows,
            (inputs, grid),
            resamples,
        ))),
    }
}

/// Rows at which an event happens.
fn events(kind: EventKind, rows: &[SessionRow]) -> Vec<usize> {
    let pairs = rows.iter().zip(rows.iter().skip(1)).enumerate();
    let crossing = |of: fn(&SessionRow) -> Option<f64>, falls: fn(f64, f64) -> bool| {
        let hits = pairs.clone().filter(|(_, (before, now))| {
            of(before)
                .zip(of(now))
                .is_some_and(|(before, now)| falls(before, now))
        });
        hits.map(|(i, _)| i + 1).collect::<Vec<_>>()
    };
    let where_it = |holds: &dyn Fn(&SessionRow) -> Option<bool>| {
        let hits = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| holds(row) == Some(true));
        hits.map(|(i, _)| i).collect::<Vec<_>>()
    };
    match kind {
        EventKind::FlipCrossingDown => crossing(|row| row.above_flip, |b, n| 0.0 <= b && n < 0.0),
        EventKind::FlipCrossingUp => crossing(|row| row.above_flip, |b, n| b < 0.0 && 0.0 <= n),
        EventKind::GammaInversion => crossing(|row| row.net, |b, n| 0.0 <= b && n < 0.0),
        EventKind::SizeOnset => {
            let tenth: Vec<Option<f64>> = rows::size_ranks(rows);
            let high = |i: usize| tenth.get(i).copied().flatten().map(|rank| HIGHEST <= rank);
            (1..rows.len())
                .filter(|i| high(*i) == Some(true) && high(i - 1) == Some(false))
                .collect()
        }
        EventKind::Squeeze => where_it(&|row| {
            Some(row.call? < 0.0 && SQUEEZE_DEVIATIONS * row.deviation? < row.log_return?)
        }),
        EventKind::RollOff { share } => where_it(&|row| Some(share <= row.expiring?)),
        EventKind::StopRun { beyond } => where_it(&|row| {
            let overshoot = libm::log(row.high / row.call_wall?);
            // A level already below the open was not run over in this session.
            Some(row.open < row.call_wall? && beyond * row.deviation? < overshoot)
        }),
        EventKind::CallWallTouch | EventKind::PutWallTouch | EventKind::Pinning { .. } => {
            Vec::new()
        }
    }
}

/// Rank among earlier sizes from which on a size is large.
const HIGHEST: f64 = 0.9;
/// Deviations of the past 22 sessions that make a return a squeeze.
const SQUEEZE_DEVIATIONS: f64 = 2.0;

/// An event in words.
fn described(kind: EventKind) -> String {
    match kind {
        EventKind::FlipCrossingDown => "spot falls through the flip".to_owned(),
        EventKind::FlipCrossingUp => "spot rises through the flip".to_owned(),
        EventKind::GammaInversion => "net gamma falls below zero".to_owned(),
        EventKind::SizeOnset => {
            "the size of net gamma enters its highest tenth among earlier values".to_owned()
        }
        EventKind::Squeeze => {
            "gamma of calls is negative and the return above two deviations".to_owned()
        }
        EventKind::RollOff { share } => format!(
            "{:.0} % of gross gamma or more expires before the next session ends",
            100.0 * share
        ),
        EventKind::StopRun { beyond } => {
            format!("the high passes the call wall known before by {beyond} daily deviations")
        }
        EventKind::CallWallTouch => "call wall known before the session".to_owned(),
        EventKind::PutWallTouch => "put wall known before the session".to_owned(),
        EventKind::Pinning { lattice, share } => format!(
            "multiples of {lattice} in sessions before which {:.0} % of gross gamma or more expires",
            100.0 * share
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{date, noise, session};

    /// Sessions with an open of 100, one daily deviation of 1 %, and nothing known.
    fn row(day: i64, close: f64) -> SessionRow {
        SessionRow {
            session: date(day),
            close_at: session(day).close,
            open: 100.0,
            high: close.max(100.0),
            low: close.min(100.0),
            close,
            log_return: Some(0.01),
            deviation: Some(0.01),
            outcome: None,
            net: None,
            call: None,
            above_flip: None,
            expiring: None,
            expiring_before: None,
            call_wall: None,
            put_wall: None,
        }
    }

    fn spec(kind: EventKind) -> EventSpec {
        EventSpec {
            id: "e".to_owned(),
            claim: "c".to_owned(),
            kind,
            positioning: "gross".to_owned(),
            outcome: crate::study::EventOutcome::AbsReturn,
            pre: 3,
            post: 5,
            min_gap: 5,
        }
    }

    #[test]
    fn events_are_seen_where_they_happen() {
        let mut rows: Vec<SessionRow> = (1..8).map(|day| row(day, 100.0)).collect();
        for (row, above) in rows
            .iter_mut()
            .zip([0.1, -0.1, -0.2, 0.0, f64::INFINITY, -0.1, -0.1])
        {
            (row.above_flip, row.net) = (Some(above), Some(above));
        }
        assert_eq!(events(EventKind::FlipCrossingDown, &rows), [1, 5]);
        assert_eq!(events(EventKind::FlipCrossingUp, &rows), [3]);
        assert_eq!(events(EventKind::GammaInversion, &rows), [1, 5]);
        (rows[4].call, rows[4].log_return) = (Some(-1.0), Some(0.021));
        (rows[5].call, rows[5].log_return) = (Some(-1.0), Some(0.019));
        assert_eq!(events(EventKind::Squeeze, &rows), [4]);
        (rows[2].call_wall, rows[2].high) = (Some(101.0), 102.0);
        (rows[3].call_wall, rows[3].high) = (Some(99.0), 102.0);
        assert_eq!(events(EventKind::StopRun { beyond: 0.25 }, &rows), [2]);
        rows[6].expiring = Some(0.3);
        assert_eq!(events(EventKind::RollOff { share: 0.3 }, &rows), [6]);
    }

    /// Closes scatter about the open; where walls hold, a close above the wall falls back to it.
    fn walled(holds: &str) -> LevelFinding {
        let (moves, distances) = (noise(1_500, 1), noise(1_500, 2));
        let rows: Vec<SessionRow> = (1..)
            .zip(moves.iter().zip(&distances))
            .map(|(day, (step, distance))| {
                let high = 100.0 * (0.012 * step.abs()).exp();
                let wall = 100.0 * (0.01 * distance.abs()).exp();
                let close = 100.0 * (0.01 * step.abs()).exp();
                let close = if holds == "hold" && wall < close {
                    wall * 0.999
                } else {
                    close
                };
                SessionRow {
                    high,
                    call_wall: Some(wall),
                    ..row(day, close)
                }
            })
            .collect();
        levels::touches(&spec(EventKind::CallWallTouch), &rows)
    }

    #[test]
    fn a_wall_that_holds_is_told_from_placebo_levels() {
        let held = &walled("hold").rows[0];
        assert!(
            held.p_value.unwrap() < 0.01 && held.placebo < held.value,
            "{held:?}"
        );
        let not = &walled("not").rows[0];
        assert!(0.05 < not.p_value.unwrap(), "{not:?}");
    }

    #[test]
    fn closes_on_strikes_are_pinned_and_scattered_closes_are_not() {
        let scatter = noise(1_000, 4);
        let found = |share_on_strike: f64| {
            let rows: Vec<SessionRow> = (1..)
                .zip(&scatter)
                .map(|(day, e)| {
                    let expiry = day % 5 == 0;
                    let nearest = 5.0 * ((100.0 + 10.0 * e) / 5.0).round();
                    let weight = if expiry { share_on_strike } else { 0.0 };
                    SessionRow {
                        expiring_before: Some(f64::from(u8::from(expiry))),
                        ..row(day, weight * nearest + (1.0 - weight) * (100.0 + 10.0 * e))
                    }
                })
                .collect();
            let kind = EventKind::Pinning {
                lattice: 5.0,
                share: 0.5,
            };
            levels::pinning(&spec(kind), &rows, 5.0, 0.5)
        };
        let (pinned, free) = (found(0.5), found(0.0));
        assert_eq!(pinned.rows[0].n, 200);
        // Half the distance of a uniform law is an eighth.
        assert!(
            (pinned.rows[0].value.unwrap() - 0.125).abs() < 0.02,
            "{pinned:?}"
        );
        assert!(
            pinned.rows.iter().all(|row| row.p_value.unwrap() < 0.01),
            "{pinned:?}"
        );
        assert!(
            free.rows.iter().all(|row| 0.05 < row.p_value.unwrap()),
            "{free:?}"
        );
    }
}
