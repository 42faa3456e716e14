//! The kit's answer: one line a snapshot, by the formulas of its README.

use std::collections::BTreeMap;
use std::path::Path;

use gex_compute::book::Book;
use gex_compute::buckets::BucketEdges;
use gex_compute::market::contract::Right;
use gex_compute::market::snapshot::ChainSnapshot;
use gex_compute::market::units::Rate;
use gex_compute::positioning::Positioning;
use gex_compute::priced::PricedChain;
use gex_compute::pricing::{
    DoubtfulVol, ExpiryScope, ForwardFallback, ForwardSource, PricingConfig, VolSource,
};
use gex_compute::profile::GammaCurve;

/// The columns that are compared; `n_rows` may or may not count rows that were set aside.
const FIELDS: [&str; 8] = [
    "spot",
    "n_used",
    "net_gex",
    "call_gex",
    "put_gex",
    "call_wall",
    "put_wall",
    "flip",
];

/// The values of one snapshot in the order of [`FIELDS`].
pub(crate) type Line = [Option<f64>; 8];

/// Answers by instant, in microseconds.
pub(crate) type Answer = BTreeMap<i64, Line>;

/// Reads `expected.csv`.
pub(crate) fn expected(path: &Path) -> Answer {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let place = |name: &str| header.iter().position(|field| *field == name).unwrap();
    lines
        .map(|fields| {
            let value = |name| fields[place(name)].parse().ok();
            (fields[place("ts")].parse().unwrap(), FIELDS.map(value))
        })
        .collect()
}

/// Computes the answer of every snapshot.
pub(crate) fn computed(snapshots: &[ChainSnapshot]) -> Answer {
    let line = |chain: &ChainSnapshot| (chain.head().ts.timestamp_micros(), line_of(chain));
    snapshots.iter().map(line).collect()
}

/// The first value that is further off than 1e-9, or than 1e-12 of the gross for the net.
pub(crate) fn difference(expected: &Answer, found: &Answer) -> Option<String> {
    if !expected.keys().eq(found.keys()) {
        return Some(format!("{} snapshots, not {}", found.len(), expected.len()));
    }
    let mut both = expected.iter().zip(found.values());
    both.find_map(|((ts, expected), found)| {
        let gross = expected[3].unwrap_or(0.0).abs() + expected[4].unwrap_or(0.0).abs();
        let mut fields = FIELDS.iter().zip(expected.iter().zip(found));
        fields.find_map(|(name, pair)| {
            let cancelled = if *name == "net_gex" {
                1e-12 * gross
            } else {
                0.0
            };
            let agree = match pair {
                (Some(a), Some(b)) => (a - b).abs() <= cancelled.max(1e-9 * a.abs().max(b.abs())),
                (a, b) => a == b,
            };
            (!agree).then(|| format!("{ts} {name}: {pair:?}"))
        })
    })
}

fn line_of(chain: &ChainSnapshot) -> Line {
    let config = PricingConfig {
        forward: ForwardSource::Carry,
        fallback: ForwardFallback::Carry,
        rate: Rate::new(0.03).unwrap(),
        dividend: Rate::new(0.015).unwrap(),
        iv: VolSource::Given,
        doubtful: DoubtfulVol::LeaveOut,
        expiries: ExpiryScope::All,
    };
    let (ts, spot) = (chain.head().ts, chain.head().spot.get());
    let edges = BucketEdges {
        ts,
        next_session_end: ts,
    };
    let (book, _) = Book::from_chain(&PricedChain::new(chain, &config), config.expiries, edges);
    let curve = GammaCurve::new(&book);
    let (calls, puts) = sides(&book, &curve.rows_at_spot());
    let sum = |side: &BTreeMap<u64, f64>| side.values().sum::<f64>();
    let weights = Positioning::CallsLongPutsShort.weights(&book);
    let usable =
        |row: &gex_compute::market::snapshot::ChainRow| row.iv.is_some() && ts < row.expiry;
    let used = chain.rows().filter(usable).count();
    [
        Some(spot),
        Some(used as f64),
        Some(sum(&calls) - sum(&puts)),
        Some(sum(&calls)),
        Some(-sum(&puts)),
        wall(&calls),
        wall(&puts),
        flip(spot, |level| curve.net(&weights, level)),
    ]
}

/// Gamma exposure by strike; bits of numbers above zero sort as the numbers do.
fn sides(book: &Book, gamma: &[f64]) -> (BTreeMap<u64, f64>, BTreeMap<u64, f64>) {
    let (mut calls, mut puts) = (BTreeMap::new(), BTreeMap::new());
    let columns = book.columns();
    for ((strike, right), gamma) in columns.strike.iter().zip(&columns.right).zip(gamma) {
        let side = if *right == Right::Call {
            &mut calls
        } else {
            &mut puts
        };
        *side.entry(strike.to_bits()).or_insert(0.0) += gamma;
    }
    (calls, puts)
}

/// The strike with the largest sum, the lowest on a tie.
fn wall(side: &BTreeMap<u64, f64>) -> Option<f64> {
    let mut largest = (None, 0.0);
    for (strike, sum) in side {
        if largest.1 < *sum {
            largest = (Some(f64::from_bits(*strike)), *sum);
        }
    }
    largest.0
}

/// The crossing nearest to spot on 60 equidistant levels from 0.85 to 1.15 of it.
fn flip(spot: f64, net: impl Fn(f64) -> f64) -> Option<f64> {
    let levels = (0..60).map(|i| spot * (0.85 + 0.30 * f64::from(i) / 59.0));
    let profile: Vec<(f64, f64)> = levels.map(|level| (level, net(level))).collect();
    let crossings = profile.windows(2).filter_map(|pair| {
        let [(a, net_a), (b, net_b)] = [pair[0], pair[1]];
        ((net_a < 0.0) != (net_b < 0.0)).then(|| a - net_a * (b - a) / (net_b - net_a))
    });
    crossings.min_by(|a, b| (a - spot).abs().total_cmp(&(b - spot).abs()))
}
