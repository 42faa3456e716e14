//! Prices at walls and into expiries, against placebo levels and the lattice of strikes.
//!
//! ```text
//! wall at distance d_t = ln(W_t / open_t) / σ_t      placebo at shift k: open_t · exp(d_{t−k} σ_t)
//! held = the session touched the level and closed on its own side of it
//! pinning: distance of the close from the nearest multiple of the lattice, over the lattice; ¼ if closes are uniform
//! ```
//!
//! A placebo level lies as far away, in deviations, as a wall did at another time: a level that is far away is rarely
//! run over, whoever stands there. Ni, Pearson and Poteshman (2005) for pinning.

use super::described;
use super::rows::SessionRow;
use crate::findings::{LevelFinding, LevelRow};
use crate::inference::{Effect, Question, answer};
use crate::stats::Undefined;
use crate::stats::circular_shift::embargo;
use crate::stats::distribution::Reference;
use crate::stats::moments::{mean, quantile};
use crate::study::{EventKind, EventSpec};

/// Touches below which nothing is said.
const MIN_TOUCHES: usize = 20;

/// A session with a level: its prices over the open in daily deviations, signed so that the level lies above.
#[derive(Clone, Copy)]
struct Standard {
    level: f64,
    extreme: f64,
    close: f64,
}

/// Compares touches of a wall with touches of placebo levels.
pub(super) fn touches(spec: &EventSpec, rows: &[SessionRow]) -> LevelFinding {
    let days: Vec<Standard> = rows
        .iter()
        .filter_map(|row| standard(spec.kind, row))
        .collect();
    let shifted = |k: usize| -> Vec<Standard> {
        let later = days.iter().cycle().skip(days.len() - k);
        let pairs = days.iter().zip(later);
        pairs
            .map(|(day, other)| Standard {
                level: other.level,
                ..*day
            })
            .collect()
    };
    let first = embargo(1);
    let shifts: Vec<Vec<Standard>> = (first..days.len().saturating_sub(first))
        .map(shifted)
        .collect();
    let touched = days.iter().filter(|day| day.level <= day.extreme).count();
    let statistic = |name: &str, of: fn(&[Standard]) -> Option<f64>| {
        let null: Vec<f64> = shifts.iter().filter_map(|days| of(days)).collect();
        against(
            name,
            touched,
            of(&days).filter(|_| MIN_TOUCHES <= touched),
            &null,
        )
    };
    let few = (touched < MIN_TOUCHES)
        .then(|| format!("{touched} touches are too few, {MIN_TOUCHES} are needed"));
    LevelFinding {
        id: spec.id.clone(),
        claim: spec.claim.clone(),
        level: described(spec.kind),
        positioning: spec.positioning.clone(),
        sessions: days.len(),
        rows: vec![
            statistic(
                "share of touches after which the session closes short of the level",
                held,
            ),
            statistic("mean overshoot of touches, in daily deviations", overshoot),
        ],
        undefined: few,
    }
}

fn standard(kind: EventKind, row: &SessionRow) -> Option<Standard> {
    let unit = row.deviation?;
    let (level, extreme, sign) = match kind {
        EventKind::PutWallTouch => (row.put_wall?, row.low, -1.0),
        _ => (row.call_wall?, row.high, 1.0),
    };
    let of = |price: f64| sign * libm::log(price / row.open) / unit;
    // A level behind the open can't be touched from its own side.
    (0.0 < of(level)).then(|| Standard {
        level: of(level),
        extreme: of(extreme),
        close: of(row.close),
    })
}

fn held(days: &[Standard]) -> Option<f64> {
    let touched = days.iter().filter(|day| day.level <= day.extreme);
    let held: Vec<f64> = touched
        .map(|day| f64::from(u8::from(day.close < day.level)))
        .collect();
    mean(&held).ok()
}

fn overshoot(days: &[Standard]) -> Option<f64> {
    let touched = days.iter().filter(|day| day.level <= day.extreme);
    mean(
        &touched
            .map(|day| day.extreme - day.level)
            .collect::<Vec<_>>(),
    )
    .ok()
}

/// A value among those of placebos, two-sided about their mean.
fn against(name: &str, n: usize, value: Option<f64>, null: &[f64]) -> LevelRow {
    let centre = mean(null).ok();
    let band = || Some((quantile(null, 0.025).ok()?, quantile(null, 0.975).ok()?));
    let p = value.zip(centre).map(|(value, centre)| {
        let bar = (value - centre).abs() * (1.0 - 1e-12);
        let far = null
            .iter()
            .filter(|placebo| bar <= (*placebo - centre).abs())
            .count();
        (1.0 + far as f64) / (1.0 + null.len() as f64)
    });
    LevelRow {
        name: name.to_owned(),
        n,
        value,
        placebo: centre,
        placebo_band: band(),
        p_value: p,
    }
}

/// Compares closes of expiries with the lattice of strikes, by a uniform law and by other sessions.
pub(super) fn pinning(
    spec: &EventSpec,
    rows: &[SessionRow],
    lattice: f64,
    share: f64,
) -> LevelFinding {
    let known: Vec<(f64, bool)> = rows
        .iter()
        .filter_map(|row| {
            let expiry = share <= row.expiring_before?;
            Some((
                (row.close / lattice - (row.close / lattice).round()).abs(),
                expiry,
            ))
        })
        .collect();
    let (distances, expiries): (Vec<f64>, Vec<bool>) = known.iter().copied().unzip();
    let on: Vec<f64> = known.iter().filter(|(_, e)| *e).map(|(d, _)| *d).collect();
    let name = "distance of the close from the nearest strike, over the strikes' distance";
    let uniform = uniform(name, &on);
    let others = beside_other_sessions(&distances, &expiries, on.len());
    let undefined = match (&uniform, &others) {
        (Ok(_), Ok(_)) => None,
        (Err(reason), _) | (_, Err(reason)) => Some(reason.to_string()),
    };
    LevelFinding {
        id: spec.id.clone(),
        claim: spec.claim.clone(),
        level: described(spec.kind),
        positioning: spec.positioning.clone(),
        sessions: known.len(),
        rows: [uniform, others].into_iter().flatten().collect(),
        undefined,
    }
}

/// Expiries less other sessions, by equal-weighted cosines: a shift of weekly expiries would meet expiries again.
fn beside_other_sessions(
    distances: &[f64],
    expiries: &[bool],
    n: usize,
) -> Result<LevelRow, Undefined> {
    let dummy: Vec<f64> = expiries.iter().map(|e| f64::from(u8::from(*e))).collect();
    let found = answer(&Question {
        outcome: distances,
        focus: &dummy,
        controls: Vec::new(),
        overlap: 1,
        told: (Effect::Own, String::new()),
    })?;
    Ok(LevelRow {
        name: "the same, expiries less other sessions".to_owned(),
        n,
        value: Some(found.coefficient),
        placebo: Some(0.0),
        placebo_band: None,
        p_value: Some(found.p_ewc),
    })
}

/// The mean distance against that of a uniform close: mean ¼, variance 1/48.
fn uniform(name: &str, distances: &[f64]) -> Result<LevelRow, Undefined> {
    let needed = MIN_TOUCHES;
    if distances.len() < needed {
        let rows = distances.len();
        return Err(Undefined::TooShort { rows, needed });
    }
    let error = (1.0 / (48.0 * distances.len() as f64)).sqrt();
    let value = mean(distances)?;
    let margin = Reference::Normal.quantile(0.975)? * error;
    Ok(LevelRow {
        name: name.to_owned(),
        n: distances.len(),
        value: Some(value),
        placebo: Some(0.25),
        placebo_band: Some((0.25 - margin, 0.25 + margin)),
        p_value: Some(Reference::Normal.two_sided((value - 0.25) / error)?),
    })
}
