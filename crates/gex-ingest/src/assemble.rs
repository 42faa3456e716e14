//! From vendor chains to snapshots, one for each session where the vendor saves one a day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use gex_compute::market::snapshot::{ChainSnapshot, SnapshotError, SnapshotHead};
use gex_compute::market::units::{OutOfRange, Spot};

use crate::accept::{Accepted, Gate, Rejected, accept, open_interest_hash};
use crate::cadence::{Cadence, Taken};
use crate::quality::{Ledger, Rule};
use crate::sessions::{OiClock, Placed, Placement, place};
use crate::source::printable;
use crate::vendor::columns::Field;
use crate::vendor::{Profile, Stamp, VendorChain, VendorFile};

/// Rows of one source file by what became of them; `rows = kept + set_aside`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowCounts {
    /// Rows in the file.
    pub rows: u64,
    /// Rows that went into snapshots.
    pub kept: u64,
    /// Rows set aside.
    pub set_aside: u64,
}

/// Rows that passed every check and still make no snapshot: a defect of this crate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AssembleError {
    /// The rows were refused.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The spot was refused.
    #[error(transparent)]
    Spot(#[from] OutOfRange),
}

/// A snapshot that waits for the next file: it may hold the same session again.
struct Ready {
    snapshot: ChainSnapshot,
    source: String,
    places: Vec<usize>,
    ledger: Ledger,
    label: Option<NaiveDate>,
}

impl Ready {
    fn session(&self) -> NaiveDate {
        self.snapshot.head().session
    }

    fn labelled_rightly(&self) -> bool {
        self.label == Some(self.session())
    }
}

/// What is remembered of the last session of an underlying.
#[derive(Clone, Copy)]
struct Last {
    session: NaiveDate,
    spot: f64,
    open_interest: f64,
    /// Open interest of the session before it.
    earlier_open_interest: Option<f64>,
}

/// Puts snapshots together, file by file, and keeps the books.
pub struct Assembler {
    profile: Profile,
    clock: OiClock,
    waiting: BTreeMap<String, Ready>,
    written: BTreeMap<(String, NaiveDate), String>,
    cadence: Cadence,
    last: BTreeMap<String, Last>,
    fingerprints: BTreeMap<String, (blake3::Hash, String)>,
    rejected: Vec<Rejected>,
    done: Vec<ChainSnapshot>,
    ledger: Ledger,
    sources: BTreeMap<String, RowCounts>,
}

impl Assembler {
    /// Starts with empty books.
    pub fn new(profile: Profile, clock: OiClock) -> Self {
        Self {
            profile,
            clock,
            waiting: BTreeMap::new(),
            written: BTreeMap::new(),
            cadence: Cadence::default(),
            last: BTreeMap::new(),
            fingerprints: BTreeMap::new(),
            rejected: Vec::new(),
            done: Vec::new(),
            ledger: Ledger::default(),
            sources: BTreeMap::new(),
        }
    }

    /// Takes one file in; files come in the order of their sessions.
    ///
    /// # Errors
    ///
    /// [`AssembleError`], which no data should bring about.
    pub fn add(&mut self, source: &str, file: VendorFile) -> Result<(), AssembleError> {
        let counts = self.sources.entry(source.to_owned()).or_default();
        counts.rows += file.rows as u64;
        self.ledger.absorb(file.ledger);
        self.set_aside(file.rejected);
        for chain in file.chains {
            if label_of(&chain).is_some() {
                self.compare_open_interest(source, &chain);
            }
            match place(self.profile.calendar, self.clock, &chain) {
                Placement::Kept(placed) => self.build(source, &placed, chain)?,
                Placement::SetAside { rule, why } => self.refuse(source, rule, &why, &chain),
            }
        }
        Ok(())
    }

    /// Ends the import: nothing waits any more.
    pub fn finish(&mut self) {
        for (_, ready) in std::mem::take(&mut self.waiting) {
            self.release(ready);
        }
        self.cadence.note_all(&self.profile, &mut self.ledger);
    }

    /// Takes the snapshots that are complete.
    pub fn take_snapshots(&mut self) -> Vec<ChainSnapshot> {
        std::mem::take(&mut self.done)
    }

    /// Takes the rows that were set aside since the last call.
    pub fn take_rejected(&mut self) -> Vec<Rejected> {
        std::mem::take(&mut self.rejected)
    }

    /// Counts by rule.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Counts by source file.
    pub fn sources(&self) -> &BTreeMap<String, RowCounts> {
        &self.sources
    }

    fn set_aside(&mut self, rejected: Vec<Rejected>) {
        for row in &rejected {
            self.ledger.count(row.rule);
            let counts = self.sources.entry(row.source.clone()).or_default();
            counts.set_aside += 1;
        }
        self.rejected.extend(rejected);
    }

    fn refuse(&mut self, source: &str, rule: Rule, why: &str, chain: &VendorChain) {
        self.ledger.note(rule, 0, format!("{source}: {why}"));
        let rows = chain.candidates.iter().map(|candidate| candidate.row);
        self.set_aside_rows(source, rule, why, rows.collect());
    }

    fn set_aside_rows(&mut self, source: &str, rule: Rule, why: &str, rows: Vec<usize>) {
        let column = self.profile.columns.name(Field::Session).to_owned();
        let rejected = rows.into_iter().map(|row| Rejected {
            source: source.to_owned(),
            row,
            column: column.clone(),
            value: why.to_owned(),
            rule,
        });
        self.set_aside(rejected.collect());
    }

    fn compare_open_interest(&mut self, source: &str, chain: &VendorChain) {
        let hash = open_interest_hash(&chain.candidates);
        let name = chain_name(source, chain);
        let earlier = self
            .fingerprints
            .insert(chain.underlying.clone(), (hash, name.clone()));
        if let Some((_, earlier)) = earlier.filter(|(before, _)| *before == hash) {
            let place = format!("{name}: open interest of {earlier}, contract by contract");
            let rows = chain.candidates.len() as u64;
            self.ledger.note(Rule::SameOpenInterest, rows, place);
        }
    }

    fn build(
        &mut self,
        source: &str,
        placed: &Placed,
        mut chain: VendorChain,
    ) -> Result<(), AssembleError> {
        for (rule, _) in &placed.findings {
            for candidate in &mut chain.candidates {
                rule.raise(&mut candidate.flags);
            }
        }
        let (label, rows) = (label_of(&chain), chain.candidates.len() as u64);
        let gate = Gate {
            source,
            columns: &self.profile.columns,
            terms: self.profile.terms,
        };
        let mut accepted = accept(&gate, placed.ts, chain.candidates);
        self.set_aside(std::mem::take(&mut accepted.rejected));
        for (rule, why) in &placed.findings {
            accepted
                .ledger
                .note(*rule, rows, format!("{source}: {why}"));
        }
        let Some(spot) = accepted.spot.filter(|_| !accepted.rows.is_empty()) else {
            self.ledger.absorb(accepted.ledger);
            return Ok(());
        };
        let head = SnapshotHead {
            underlying: chain.underlying,
            ts: placed.ts,
            known_at: placed.known_at,
            session: placed.session,
            spot: Spot::new(spot)?,
            currency: self.profile.terms.currency,
        };
        self.queue(ready(source, label, head, accepted)?);
        Ok(())
    }

    /// A vendor that saves one chain a session may save one twice: the next file tells.
    fn queue(&mut self, ready: Ready) {
        let underlying = ready.snapshot.head().underlying.clone();
        if ready.label.is_none() {
            return self.release(ready);
        }
        let key = (underlying.clone(), ready.session());
        if let Some(kept) = self.written.get(&key).cloned() {
            return self.drop_repeated(&ready, &kept, "the file read first");
        }
        match self.waiting.remove(&underlying) {
            Some(earlier) if earlier.session() == ready.session() => {
                let (better, worse, reason) = better_of(earlier, ready);
                self.drop_repeated(&worse, &better.source, reason);
                self.waiting.insert(underlying, better);
            }
            Some(earlier) => {
                self.release(earlier);
                self.waiting.insert(underlying, ready);
            }
            None => {
                self.waiting.insert(underlying, ready);
            }
        }
    }

    fn drop_repeated(&mut self, ready: &Ready, kept: &str, reason: &str) {
        let session = ready.session();
        let why = format!("session {session} again; kept: {kept}, {reason}");
        let place = format!("{}: {why}", ready.source);
        self.ledger.note(Rule::RepeatedSession, 0, place);
        self.set_aside_rows(
            &ready.source,
            Rule::RepeatedSession,
            &why,
            ready.places.clone(),
        );
        let relabelled = ready.ledger.tally(Rule::SessionRelabelled);
        for place in relabelled.places {
            self.ledger
                .note(Rule::SessionRelabelled, relabelled.rows, place);
        }
    }

    fn release(&mut self, ready: Ready) {
        self.compare_with_last(&ready);
        let counts = self.sources.entry(ready.source.clone()).or_default();
        counts.kept += ready.places.len() as u64;
        let key = (ready.snapshot.head().underlying.clone(), ready.session());
        self.remember(&ready);
        self.written.insert(key, ready.source);
        self.ledger.absorb(ready.ledger);
        self.done.push(ready.snapshot);
    }

    /// A snapshot of a closed day has no part in the rhythm of the sessions, and a fetch time is not
    /// the instant of the quotes.
    fn remember(&mut self, ready: &Ready) {
        if ready.label.is_none() && ready.ledger.tally(Rule::NotASession).rows == 0 {
            let head = ready.snapshot.head();
            let taken = Taken {
                session: head.session,
                ts: head.ts,
                rows: ready.snapshot.len() as u64,
            };
            self.cadence.add(&head.underlying, taken);
        }
    }

    fn compare_with_last(&mut self, ready: &Ready) {
        let head = ready.snapshot.head();
        let open_interest = ready.snapshot.columns().open_interest.raw();
        let last = self.last.get(&head.underlying).copied();
        let now = Last {
            session: head.session,
            spot: head.spot.get(),
            open_interest: open_interest.iter().filter(|n| !n.is_nan()).sum(),
            earlier_open_interest: last.map(|last| last.open_interest),
        };
        self.last.insert(head.underlying.clone(), now);
        let Some(last) = last else { return };
        self.note_missing_sessions(last.session, now.session);
        let rows = ready.snapshot.len() as u64;
        let column = |field| self.profile.columns.name(field).to_owned();
        if (now.spot / last.spot).ln().abs() > SPOT_JUMP {
            let (name, from, to) = (column(Field::Spot), last.spot, now.spot);
            let place = format!("{}: {name} {from} to {to}", now.session);
            self.ledger.note(Rule::SpotJump, rows, place);
        }
        // The session after a spike is back where it was, and not at fault.
        let back = last
            .earlier_open_interest
            .is_some_and(|earlier| !jumps(earlier, now.open_interest));
        if jumps(last.open_interest, now.open_interest) && !back {
            let (name, from, to) = (
                column(Field::OpenInterest),
                last.open_interest,
                now.open_interest,
            );
            let place = format!("{}: {name} {from} to {to}", now.session);
            self.ledger.note(Rule::OpenInterestJump, rows, place);
        }
    }

    fn note_missing_sessions(&mut self, from: NaiveDate, to: NaiveDate) {
        let mut day = from;
        while let Some(session) = self.profile.calendar.next_session(day)
            && session.date < to
        {
            day = session.date;
            let place = format!("{day}: no snapshot");
            self.ledger.note(Rule::MissingSession, 0, place);
        }
    }
}

/// A quarter between two sessions, in logarithms: more than any index ever moved in one.
const SPOT_JUMP: f64 = 0.25;
/// Even a quarterly expiry takes away less than nine tenths of all open interest.
const OPEN_INTEREST_JUMP: f64 = 100.0;

fn jumps(from: f64, to: f64) -> bool {
    let ratio = to / from;
    0.0 < ratio && ratio.is_finite() && OPEN_INTEREST_JUMP.ln() < ratio.ln().abs()
}

fn ready(
    source: &str,
    label: Option<NaiveDate>,
    head: SnapshotHead,
    accepted: Accepted,
) -> Result<Ready, SnapshotError> {
    Ok(Ready {
        snapshot: ChainSnapshot::from_rows(head, accepted.rows)?,
        source: source.to_owned(),
        places: accepted.places,
        ledger: accepted.ledger,
        label,
    })
}

/// The chain whose label is the session's own; else the one that was read, and fetched, first.
fn better_of(earlier: Ready, later: Ready) -> (Ready, Ready, &'static str) {
    if later.labelled_rightly() && !earlier.labelled_rightly() {
        return (later, earlier, "whose label is the session's own");
    }
    let reason = if earlier.labelled_rightly() {
        "whose label is the session's own"
    } else {
        "fetched first"
    };
    (earlier, later, reason)
}

fn label_of(chain: &VendorChain) -> Option<NaiveDate> {
    match chain.stamp {
        Stamp::Fetched { label, .. } => Some(label),
        Stamp::Quoted(_) => None,
    }
}

fn chain_name(source: &str, chain: &VendorChain) -> String {
    let underlying = printable(&chain.underlying);
    match label_of(chain) {
        Some(label) => format!("{underlying} {label} in {source}"),
        None => format!("{underlying} in {source}"),
    }
}
