//! The gate between a vendor's rows and the archive: a row becomes a [`ChainRow`] or a
//! [`Rejected`] that says why. Nothing vanishes.

use std::cmp::Ordering;

use gex_compute::market::Instant;
use gex_compute::market::contract::{Exercise, Payoff, Right};
use gex_compute::market::snapshot::{ChainRow, Flags};
use gex_compute::market::units::Currency;

use crate::judge::{At, Fault, Notes, check_solvable, judge_right, judge_root, judge_spot};
use crate::quality::{Ledger, Rule};
use crate::source::printable;
use crate::vendor::columns::{Columns, Field};

/// One row as a vendor gives it: numbers in the archive's units, nothing judged yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Row in the file, counted from 0.
    pub row: usize,
    /// Root symbol.
    pub root: String,
    /// Instant of settlement.
    pub expiry: Option<Instant>,
    /// Strike, in quote currency.
    pub strike: Option<f64>,
    /// Call or put, or the text that is neither.
    pub right: Result<Right, String>,
    /// Level of the underlying beside the row.
    pub spot: Option<f64>,
    /// Prices, volatilities and counts.
    pub values: Quantities,
    /// Fields that could not be read, by column and text.
    pub malformed: Option<(String, String)>,
    /// The contract's own terms, where a vendor's contracts differ in them.
    pub terms: Option<Terms>,
    /// Doubts raised so far.
    pub flags: Flags,
}

/// The numbers of a row that may be unknown, in the archive's units.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[expect(
    missing_docs,
    reason = "each field is documented at the field of ChainRow of its name"
)]
pub struct Quantities {
    pub bid: Option<f64>,
    pub ask: Option<f64>,
    pub mark: Option<f64>,
    pub bid_iv: Option<f64>,
    pub ask_iv: Option<f64>,
    pub iv: Option<f64>,
    pub open_interest: Option<f64>,
    pub volume: Option<f64>,
    pub forward: Option<f64>,
    pub vendor_gamma: Option<f64>,
    pub vendor_delta: Option<f64>,
    pub dealer_position: Option<f64>,
    pub taker_net: Option<f64>,
}

/// What holds for every contract of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// When the holder may exercise.
    pub exercise: Exercise,
    /// In what the contract pays.
    pub payoff: Payoff,
    /// Units of underlying per contract.
    pub multiplier: f64,
    /// Currency of strikes and exposures.
    pub currency: Currency,
}

/// A row that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Name of the source file.
    pub source: String,
    /// Row in the file, counted from 0.
    pub row: usize,
    /// The vendor's name of the column.
    pub column: String,
    /// The value as text.
    pub value: String,
    /// The rule that set it aside.
    pub rule: Rule,
}

/// The rows of one snapshot after judgement.
#[derive(Debug, Clone, Default)]
pub struct Accepted {
    /// Level of the underlying: that of most rows, the lower one on a tie.
    pub spot: Option<f64>,
    /// Rows kept, unique in (expiry, strike, right, root).
    pub rows: Vec<ChainRow>,
    /// Place in the file of each row of `rows`, counted from 0.
    pub places: Vec<usize>,
    /// Rows set aside.
    pub rejected: Vec<Rejected>,
    /// Counts of the rules that keep a row; those that set one aside are counted by `rejected`.
    pub ledger: Ledger,
}

/// Judges the rows of one snapshot whose quotes are of the instant `ts`.
///
/// Unknown is `None`: a volatility of zero, a price below zero or not finite. A contract that
/// stands twice with equal values counts once; where the copies differ, none can be trusted.
pub fn accept(
    gate: &Gate<'_>,
    ts: Instant,
    candidates: impl IntoIterator<Item = Candidate>,
) -> Accepted {
    let mut out = Accepted::default();
    let mut spots = Vec::new();
    let mut kept = Vec::new();
    for candidate in candidates {
        let row = candidate.row;
        match gate.judge(ts, candidate, &mut out.ledger) {
            Ok((contract, spot)) => {
                spots.push(spot);
                kept.push((row, contract));
            }
            Err(fault) => out.rejected.push(gate.rejected(row, fault)),
        }
    }
    out.spot = most_common(&mut spots);
    gate.set_aside_duplicates(kept, &mut out);
    if let Some(spot) = out.spot {
        gate.flag_other_spots(ts, (spot, &spots), &mut out);
    }
    warn_of_one_side(ts, &mut out);
    count_inferred(&mut out);
    out
}

/// What a row is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Gate<'a> {
    /// Name of the source file.
    pub source: &'a str,
    /// The vendor's names of the columns.
    pub columns: &'a Columns,
    /// What holds for every contract.
    pub terms: Terms,
}

/// What tells one contract of an underlying from another.
struct Contract {
    root: String,
    expiry: Instant,
    strike: f64,
    right: Right,
}

impl Gate<'_> {
    fn judge(
        &self,
        ts: Instant,
        candidate: Candidate,
        ledger: &mut Ledger,
    ) -> Result<(ChainRow, f64), Fault> {
        if let Some((column, value)) = candidate.malformed {
            return Err(Fault::malformed(column, value));
        }
        // A row that is set aside counts under that rule alone.
        let mut found = Ledger::default();
        let mut notes = Notes::new(candidate.flags, &mut found);
        let spot = judge_spot(candidate.spot)?;
        let contract = Contract {
            root: judge_root(candidate.root)?,
            right: judge_right(candidate.right)?,
            strike: notes.strike(candidate.strike)?,
            expiry: notes.expiry(candidate.expiry, ts)?,
        };
        let values = notes.quantities(candidate.values)?;
        let flags = notes.flags();
        let terms = candidate.terms.unwrap_or(self.terms);
        let row = row_of(contract, terms, values, flags);
        check_solvable(&row, spot, ts)?;
        ledger.absorb(found);
        Ok((row, spot))
    }

    fn rejected(&self, row: usize, fault: Fault) -> Rejected {
        let column = match fault.at {
            At::Field(field) => self.columns.name(field).to_owned(),
            At::Column(column) => column,
        };
        Rejected {
            source: self.source.to_owned(),
            row,
            column,
            value: printable(&fault.value),
            rule: fault.rule,
        }
    }

    fn set_aside_duplicates(&self, mut kept: Vec<(usize, ChainRow)>, out: &mut Accepted) {
        kept.sort_by(|a, b| by_key(&a.1, &b.1).then(a.0.cmp(&b.0)));
        for run in kept.chunk_by(|a, b| by_key(&a.1, &b.1) == Ordering::Equal) {
            let [(place, first), copies @ ..] = run else {
                continue;
            };
            let agree = copies.iter().all(|(_, copy)| same_values(first, copy));
            let surplus = if agree { copies } else { run };
            if agree {
                out.rows.push(first.clone());
                out.places.push(*place);
            }
            let rejected = surplus.iter().map(|(row, copy)| {
                let text = contract_text(copy);
                let fault = Fault::new(Field::Strike, &text, Rule::DuplicateContract);
                self.rejected(*row, fault)
            });
            out.rejected.extend(rejected);
        }
    }

    fn flag_other_spots(&self, ts: Instant, (spot, spots): (f64, &[f64]), out: &mut Accepted) {
        let differing = spots
            .iter()
            .filter(|other| other.to_bits() != spot.to_bits())
            .count();
        if 0 < differing {
            let column = self.columns.name(Field::Spot);
            out.ledger.note(
                Rule::InconsistentSpot,
                differing as u64,
                format!(
                    "{}, {ts}, column {column:?}: {spot} is the value of most rows",
                    self.source
                ),
            );
            for row in &mut out.rows {
                Rule::InconsistentSpot.raise(&mut row.flags);
            }
        }
    }
}

fn row_of(contract: Contract, terms: Terms, values: Quantities, flags: Flags) -> ChainRow {
    ChainRow {
        root: contract.root,
        expiry: contract.expiry,
        strike: contract.strike,
        right: contract.right,
        exercise: terms.exercise,
        payoff: terms.payoff,
        multiplier: terms.multiplier,
        bid: values.bid,
        ask: values.ask,
        mark: values.mark,
        bid_iv: values.bid_iv,
        ask_iv: values.ask_iv,
        iv: values.iv,
        open_interest: values.open_interest,
        volume: values.volume,
        forward: values.forward,
        vendor_gamma: values.vendor_gamma,
        vendor_delta: values.vendor_delta,
        dealer_position: values.dealer_position,
        taker_net: values.taker_net,
        flags,
    }
}

/// The vendor's format raised these before the row was judged: they count on rows that were kept.
fn count_inferred(out: &mut Accepted) {
    for row in &out.rows {
        for rule in [
            Rule::RootInferred,
            Rule::RootAmbiguous,
            Rule::SpotFromForward,
        ] {
            if row.flags.0 & rule.bit() != 0 {
                out.ledger.count(rule);
            }
        }
    }
}

fn warn_of_one_side(ts: Instant, out: &mut Accepted) {
    let calls = out
        .rows
        .iter()
        .filter(|row| row.right == Right::Call)
        .count();
    let missing = match (calls, out.rows.len() - calls) {
        (0, 1..) => "no call",
        (1.., 0) => "no put",
        _ => return,
    };
    let rows = out.rows.len() as u64;
    out.ledger
        .note(Rule::OneSidedChain, rows, format!("{ts}: {missing}"));
}

/// Order-independent: the value of most rows, the lower one on a tie.
fn most_common(spots: &mut [f64]) -> Option<f64> {
    spots.sort_by(f64::total_cmp);
    let mut best: Option<(usize, f64)> = None;
    for run in spots.chunk_by(|a, b| a.to_bits() == b.to_bits()) {
        if best.is_none_or(|(rows, _)| rows < run.len()) {
            best = run.first().map(|spot| (run.len(), *spot));
        }
    }
    best.map(|(_, spot)| spot)
}

fn by_key(a: &ChainRow, b: &ChainRow) -> Ordering {
    a.expiry
        .cmp(&b.expiry)
        .then(a.strike.total_cmp(&b.strike))
        .then(a.right.cmp(&b.right))
        .then_with(|| a.root.cmp(&b.root))
}

fn same_values(a: &ChainRow, b: &ChainRow) -> bool {
    ChainRow {
        flags: a.flags,
        ..b.clone()
    } == *a
}

fn contract_text(row: &ChainRow) -> String {
    format!("{} {} {} {}", row.root, row.expiry, row.strike, row.right)
}

/// Hashes contract by contract what is open, in an order of its own.
pub(crate) fn open_interest_hash(candidates: &[Candidate]) -> blake3::Hash {
    let mut lines: Vec<String> = candidates
        .iter()
        .map(|c| {
            let strike = c.strike.unwrap_or(f64::NAN);
            let open = c.values.open_interest.unwrap_or(f64::NAN);
            format!("{} {:?} {strike} {:?} {open}\n", c.root, c.expiry, c.right)
        })
        .collect();
    lines.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    for line in &lines {
        hasher.update(line.as_bytes());
    }
    hasher.finalize()
}
