//! Sessions without an event that looked alike before: the placebo of an event study.

use super::rows::SessionRow;

/// Sessions over which the past return is taken.
const PAST_SESSIONS: usize = 5;

/// For each event, the session without one that is nearest in past variance and past return, each in its own standard
/// deviation; no session serves twice and none lies within `gap` of an event.
///
/// Returns the pairs, in the order of the events; an event without a candidate is left out.
pub(super) fn matched(
    rows: &[SessionRow],
    events: &[usize],
    gap: usize,
    usable: &dyn Fn(usize) -> bool,
) -> Vec<(usize, usize)> {
    let features: Vec<Option<[f64; 2]>> = (0..rows.len()).map(|i| feature(rows, i)).collect();
    let unit = units(&features);
    let far = |i: usize| events.iter().all(|event| gap <= event.abs_diff(i));
    let mut free: Vec<usize> = (0..rows.len()).filter(|i| far(*i) && usable(*i)).collect();
    let mut pairs = Vec::new();
    for event in events {
        let Some(own) = features.get(*event).copied().flatten() else {
            continue;
        };
        let distance = |i: &usize| {
            let other = features.get(*i).copied().flatten()?;
            let part = |k: usize| {
                let at = |values: [f64; 2]| values.get(k).copied().unwrap_or(f64::NAN);
                ((at(own) - at(other)) / at(unit)).powi(2)
            };
            Some(part(0) + part(1))
        };
        let nearest = free
            .iter()
            .enumerate()
            .filter_map(|(place, i)| Some((place, *i, distance(i)?)))
            .min_by(|a, b| a.2.total_cmp(&b.2));
        if let Some((place, partner, _)) = nearest {
            free.remove(place);
            pairs.push((*event, partner));
        }
    }
    pairs
}

/// Log of the deviation known before the session, and the return over the sessions up to its close.
fn feature(rows: &[SessionRow], i: usize) -> Option<[f64; 2]> {
    let row = rows.get(i)?;
    let before = rows.get(i.checked_sub(PAST_SESSIONS)?)?;
    Some([
        libm::log(row.deviation?),
        libm::log(row.close / before.close),
    ])
}

fn units(features: &[Option<[f64; 2]>]) -> [f64; 2] {
    let known: Vec<[f64; 2]> = features.iter().copied().flatten().collect();
    [0, 1].map(|k| {
        let column: Vec<f64> = known.iter().filter_map(|f| f.get(k).copied()).collect();
        let deviation = crate::stats::moments::standard_deviation(&column).unwrap_or(1.0);
        if 0.0 < deviation { deviation } else { 1.0 }
    })
}
