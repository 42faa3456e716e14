//! One option chain at one instant, as columns.
//!
//! A [`ChainSnapshot`] is sorted by (expiry, strike, right, root) and unique in that key by
//! construction, so that kernels can walk one expiry after the other without looking anything up.

use std::ops::Range;

use chrono::NaiveDate;

use super::Instant;
use super::contract::{Exercise, Payoff, Right};
use super::units::{Currency, Spot};

/// A column of numbers, some of which may be unknown.
///
/// Unknown is stored as NaN, so that kernels read a plain slice; it leaves the column only as
/// `None`. Unknown open interest is not zero open interest. A column that its reader left out has
/// no rows, and every value of it is unknown.
#[derive(Debug, Clone, Default)]
pub struct Nullable(Vec<f64>);

impl Nullable {
    /// The value in row `i`; `None` where unknown.
    pub fn get(&self, i: usize) -> Option<f64> {
        self.0.get(i).copied().filter(|value| !value.is_nan())
    }

    /// Adds a row.
    pub fn push(&mut self, value: Option<f64>) {
        self.0.push(value.unwrap_or(f64::NAN));
    }

    /// The raw numbers, NaN where unknown.
    pub fn raw(&self) -> &[f64] {
        &self.0
    }

    /// The numbers themselves, to fill them anew.
    pub fn raw_mut(&mut self) -> &mut Vec<f64> {
        &mut self.0
    }

    /// Takes over raw numbers in which NaN means unknown.
    pub fn from_raw(raw: Vec<f64>) -> Self {
        Self(raw)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for Nullable {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self
                .0
                .iter()
                .zip(&other.0)
                .all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
    }
}

/// Repairs and doubts that a row carries, as a bit set; `gex-ingest` names the bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Flags(pub u32);

/// What holds for the whole snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotHead {
    /// Name of the underlying: SPX, BTC, NIFTY.
    pub underlying: String,
    /// Instant of the quotes.
    pub ts: Instant,
    /// Instant at which every input of the snapshot was public, never before `ts`.
    pub known_at: Instant,
    /// Session of the calendar that the quotes belong to.
    pub session: NaiveDate,
    /// Index or spot at `ts`.
    pub spot: Spot,
    /// Currency of strikes and exposures.
    pub currency: Currency,
}

/// One contract of a chain, as a reader hands it in.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainRow {
    /// Root symbol: SPX and SPXW are two roots of one underlying.
    pub root: String,
    /// Instant of settlement.
    pub expiry: Instant,
    /// Strike, in quote currency.
    pub strike: f64,
    /// Call or put.
    pub right: Right,
    /// European or American.
    pub exercise: Exercise,
    /// Linear or inverse.
    pub payoff: Payoff,
    /// Units of underlying per contract.
    pub multiplier: f64,
    /// Best bid, in `currency`; in coin for inverse options.
    pub bid: Option<f64>,
    /// Best offer, likewise.
    pub ask: Option<f64>,
    /// The venue's mark price, likewise.
    pub mark: Option<f64>,
    /// Volatility of the bid, annual, decimal.
    pub bid_iv: Option<f64>,
    /// Volatility of the offer, annual, decimal.
    pub ask_iv: Option<f64>,
    /// Volatility of the mid or mark, annual, decimal.
    pub iv: Option<f64>,
    /// Open contracts.
    pub open_interest: Option<f64>,
    /// Contracts traded in the session.
    pub volume: Option<f64>,
    /// Forward of this expiry where the vendor gives one.
    pub forward: Option<f64>,
    /// The vendor's gamma, per unit of underlying: kept to compare.
    pub vendor_gamma: Option<f64>,
    /// The vendor's delta: kept to compare.
    pub vendor_delta: Option<f64>,
    /// Dealers' position in contracts where a vendor gives inventory, long above zero.
    pub dealer_position: Option<f64>,
    /// Takers' net purchases in contracts where a vendor gives signed flow.
    pub taker_net: Option<f64>,
    /// Repairs and doubts.
    pub flags: Flags,
}

/// The contracts of one settlement instant: a run of rows of the snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiryRows {
    /// Instant of settlement.
    pub expiry: Instant,
    /// The rows, a range into every column.
    pub rows: Range<usize>,
}

/// The columns of a snapshot, all of one length.
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(
    missing_docs,
    reason = "each column is documented at the field of ChainRow of its name"
)]
pub struct ChainColumns {
    /// Distinct root symbols, sorted; `root` indexes into it.
    pub roots: Vec<String>,
    pub root: Vec<u16>,
    pub strike: Vec<f64>,
    pub right: Vec<Right>,
    pub exercise: Vec<Exercise>,
    pub payoff: Vec<Payoff>,
    pub multiplier: Vec<f64>,
    pub bid: Nullable,
    pub ask: Nullable,
    pub mark: Nullable,
    pub bid_iv: Nullable,
    pub ask_iv: Nullable,
    pub iv: Nullable,
    pub open_interest: Nullable,
    pub volume: Nullable,
    pub forward: Nullable,
    pub vendor_gamma: Nullable,
    pub vendor_delta: Nullable,
    pub dealer_position: Nullable,
    pub taker_net: Nullable,
    pub flags: Vec<Flags>,
}

/// A column of numbers that may be unknown, and that a reader may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "each column is documented at the field of ChainRow of its name"
)]
pub enum NumberColumn {
    Bid,
    Ask,
    Mark,
    BidIv,
    AskIv,
    Iv,
    OpenInterest,
    Volume,
    Forward,
    VendorGamma,
    VendorDelta,
    DealerPosition,
    TakerNet,
}

impl NumberColumn {
    /// Every such column, in the order of the archive.
    pub const ALL: [Self; 13] = [
        Self::Bid,
        Self::Ask,
        Self::Mark,
        Self::BidIv,
        Self::AskIv,
        Self::Iv,
        Self::OpenInterest,
        Self::Volume,
        Self::Forward,
        Self::VendorGamma,
        Self::VendorDelta,
        Self::DealerPosition,
        Self::TakerNet,
    ];
}

/// Columns that a reader is asked for.
///
/// ```
/// use gex_compute::market::snapshot::{ColumnSet, NumberColumn};
///
/// let set = ColumnSet::of(&[NumberColumn::Iv, NumberColumn::OpenInterest]);
/// assert!(set.has(NumberColumn::Iv) && !set.has(NumberColumn::Bid));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnSet(u16);

impl ColumnSet {
    /// All of them.
    pub const ALL: Self = Self((1 << NumberColumn::ALL.len()) - 1);

    /// Those listed.
    pub fn of(columns: &[NumberColumn]) -> Self {
        Self(
            columns
                .iter()
                .fold(0, |set, column| set | Self::bit(*column)),
        )
    }

    /// These and others.
    #[must_use]
    pub fn and(self, columns: &[NumberColumn]) -> Self {
        Self(self.0 | Self::of(columns).0)
    }

    /// Whether a column is among them.
    pub fn has(self, column: NumberColumn) -> bool {
        self.0 & Self::bit(column) != 0
    }

    fn bit(column: NumberColumn) -> u16 {
        1 << (column as u16)
    }
}

impl ChainColumns {
    /// Whether all columns have the length of `rows`, or none where they may be left out.
    fn complete(&self, rows: usize) -> bool {
        let plain = [
            self.root.len(),
            self.strike.len(),
            self.right.len(),
            self.exercise.len(),
        ];
        let more = [self.payoff.len(), self.multiplier.len(), self.flags.len()];
        let last_root = self.root.iter().copied().max();
        let nullable = NumberColumn::ALL.map(|column| self.number(column));
        last_root.is_none_or(|root| usize::from(root) < self.roots.len())
            && self.roots.is_sorted()
            && plain.into_iter().chain(more).all(|length| length == rows)
            && nullable
                .into_iter()
                .all(|column| column.is_empty() || column.len() == rows)
    }

    /// Whether the rows of one settlement instant are sorted, unique and sound.
    fn check_run(&self, rows: Range<usize>) -> Result<(), SnapshotError> {
        let strikes = &self.strike[rows.clone()];
        let (right, root) = (&self.right[rows.clone()], &self.root[rows.clone()]);
        let code = |i: usize| (u32::from(right[i] == Right::Put) << 16) | u32::from(root[i]);
        let mut out_of_order = 0;
        for i in 1..strikes.len() {
            let (before, after) = (strikes[i - 1], strikes[i]);
            let next_strike = u8::from(before < after);
            let same_strike = u8::from(before.to_bits() == after.to_bits());
            let next_code = u8::from(code(i - 1) < code(i));
            // Without a branch, for a row in two has the strike of the one before.
            out_of_order |= 1 ^ (next_strike | (same_strike & next_code));
        }
        let sorted = out_of_order == 0;
        // Strikes that ascend are sound where the first and the last are.
        let sound = |value: &f64| value.is_finite() && 0.0 < *value;
        let ends = [strikes.first(), strikes.last()];
        if sorted && ends.into_iter().flatten().all(sound) {
            return Ok(());
        }
        if let Some(strike) = strikes.iter().find(|strike| !sound(strike)) {
            return Err(SnapshotError::Strike(*strike));
        }
        let key = |i: usize| (strikes[i], code(i));
        let wrong = (1..strikes.len()).find(|&i| key(i - 1) >= key(i));
        wrong.map_or(Ok(()), |i| Err(SnapshotError::Order(rows.start + i)))
    }

    fn check_multipliers(&self) -> Result<(), SnapshotError> {
        let is_wrong = |value: &f64| !(value.is_finite() && 0.0 < *value);
        let wrong = self
            .multiplier
            .iter()
            .map(|value| u8::from(is_wrong(value)));
        if wrong.fold(0, |any, wrong| any | wrong) == 0 {
            return Ok(());
        }
        let found = self.multiplier.iter().find(|value| is_wrong(value));
        Err(SnapshotError::Multiplier(
            found.copied().unwrap_or(f64::NAN),
        ))
    }

    /// A column of numbers that may be unknown.
    pub fn number(&self, column: NumberColumn) -> &Nullable {
        match column {
            NumberColumn::Bid => &self.bid,
            NumberColumn::Ask => &self.ask,
            NumberColumn::Mark => &self.mark,
            NumberColumn::BidIv => &self.bid_iv,
            NumberColumn::AskIv => &self.ask_iv,
            NumberColumn::Iv => &self.iv,
            NumberColumn::OpenInterest => &self.open_interest,
            NumberColumn::Volume => &self.volume,
            NumberColumn::Forward => &self.forward,
            NumberColumn::VendorGamma => &self.vendor_gamma,
            NumberColumn::VendorDelta => &self.vendor_delta,
            NumberColumn::DealerPosition => &self.dealer_position,
            NumberColumn::TakerNet => &self.taker_net,
        }
    }

    /// The same column, to fill it anew.
    pub fn number_mut(&mut self, column: NumberColumn) -> &mut Nullable {
        match column {
            NumberColumn::Bid => &mut self.bid,
            NumberColumn::Ask => &mut self.ask,
            NumberColumn::Mark => &mut self.mark,
            NumberColumn::BidIv => &mut self.bid_iv,
            NumberColumn::AskIv => &mut self.ask_iv,
            NumberColumn::Iv => &mut self.iv,
            NumberColumn::OpenInterest => &mut self.open_interest,
            NumberColumn::Volume => &mut self.volume,
            NumberColumn::Forward => &mut self.forward,
            NumberColumn::VendorGamma => &mut self.vendor_gamma,
            NumberColumn::VendorDelta => &mut self.vendor_delta,
            NumberColumn::DealerPosition => &mut self.dealer_position,
            NumberColumn::TakerNet => &mut self.taker_net,
        }
    }
}

/// One option chain at one instant, sorted and unique by construction.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainSnapshot {
    head: SnapshotHead,
    expiries: Vec<ExpiryRows>,
    columns: ChainColumns,
    /// Takers' net purchases since listing, in contracts; empty where nobody has added them up.
    bought: Vec<f64>,
}

/// Why rows do not make a snapshot.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SnapshotError {
    /// Two rows share expiry, strike, right and root.
    #[error("contract {root} {expiry} {strike} {right} stands twice in the snapshot of {ts}")]
    Duplicate {
        /// Instant of the snapshot.
        ts: Instant,
        /// Root symbol.
        root: String,
        /// Settlement instant.
        expiry: Instant,
        /// Strike.
        strike: f64,
        /// Call or put.
        right: Right,
    },
    /// A strike that is not finite and above zero.
    #[error("strike must be finite and above zero, got {0}")]
    Strike(f64),
    /// A multiplier that is not finite and above zero.
    #[error("multiplier must be finite and above zero, got {0}")]
    Multiplier(f64),
    /// `known_at` lies before `ts`.
    #[error("snapshot of {ts} says that it was known earlier, at {known_at}")]
    KnownTooEarly {
        /// Instant of the quotes.
        ts: Instant,
        /// The instant claimed.
        known_at: Instant,
    },
    /// Columns of unequal length, or a root that is not in the list.
    #[error("columns of unequal length or a root without a name")]
    Columns,
    /// Rows that are not sorted by (expiry, strike, right, root) and unique in it.
    #[error("row {0} does not come after the one before in (expiry, strike, right, root)")]
    Order(usize),
    /// More than 65,536 distinct roots.
    #[error("more than 65,536 roots in one snapshot")]
    Roots,
}

impl ChainSnapshot {
    /// Builds a snapshot from rows in any order.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] for a duplicate contract, a strike or multiplier that is not finite and
    /// above zero, or a `known_at` before `ts`. Readers set such rows aside before they come here.
    pub fn from_rows(head: SnapshotHead, mut rows: Vec<ChainRow>) -> Result<Self, SnapshotError> {
        check(&head, &rows)?;
        rows.sort_by(|a, b| {
            key(a)
                .partial_cmp(&key(b))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        if let Some(pair) = rows.windows(2).find(|pair| key(&pair[0]) == key(&pair[1])) {
            return Err(SnapshotError::Duplicate {
                ts: head.ts,
                root: pair[0].root.clone(),
                expiry: pair[0].expiry,
                strike: pair[0].strike,
                right: pair[0].right,
            });
        }
        let expiries = runs_of_expiry(&rows);
        let columns = columns_of(rows)?;
        Ok(Self {
            head,
            expiries,
            columns,
            bought: Vec::new(),
        })
    }

    /// Builds a snapshot from columns that are sorted already and their runs of one settlement
    /// instant each. Columns of numbers that may be unknown may be left out, and are then empty.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] for columns of unequal length, rows out of order, a duplicate contract, a
    /// strike or multiplier that is not finite and above zero, or a `known_at` before `ts`.
    pub fn from_columns(
        head: SnapshotHead,
        expiries: Vec<ExpiryRows>,
        columns: ChainColumns,
    ) -> Result<Self, SnapshotError> {
        if head.known_at < head.ts {
            return Err(SnapshotError::KnownTooEarly {
                ts: head.ts,
                known_at: head.known_at,
            });
        }
        let rows = expiries.last().map_or(0, |last| last.rows.end);
        if !columns.complete(rows) {
            return Err(SnapshotError::Columns);
        }
        columns.check_multipliers()?;
        let (mut start, mut before) = (0, None);
        for run in &expiries {
            if run.rows.start != start || before.is_some_and(|before| run.expiry <= before) {
                return Err(SnapshotError::Order(run.rows.start));
            }
            columns.check_run(run.rows.clone())?;
            (start, before) = (run.rows.end, Some(run.expiry));
        }
        Ok(Self {
            head,
            expiries,
            columns,
            bought: Vec::new(),
        })
    }

    /// Takers' net purchases of each row since its listing, in contracts, NaN where unknown; empty where
    /// nobody has added them up.
    pub fn bought(&self) -> &[f64] {
        &self.bought
    }

    /// Says what takers have bought of each row since its listing; a column of another length says
    /// nothing.
    #[must_use]
    pub fn with_bought(mut self, bought: Vec<f64>) -> Self {
        if bought.len() == self.len() {
            self.bought = bought;
        }
        self
    }

    /// Takes the snapshot apart, so that the next one can be read into the same memory.
    pub fn into_parts(self) -> (Vec<ExpiryRows>, ChainColumns) {
        (self.expiries, self.columns)
    }

    /// What holds for the whole snapshot.
    pub fn head(&self) -> &SnapshotHead {
        &self.head
    }

    /// Settlement instants, ascending, each with its run of rows.
    pub fn expiries(&self) -> &[ExpiryRows] {
        &self.expiries
    }

    /// The columns.
    pub fn columns(&self) -> &ChainColumns {
        &self.columns
    }

    /// Number of contracts.
    pub fn len(&self) -> usize {
        self.columns.strike.len()
    }

    /// Whether the chain holds no contract.
    pub fn is_empty(&self) -> bool {
        self.columns.strike.is_empty()
    }

    /// The root symbol of row `i`.
    pub fn root(&self, i: usize) -> &str {
        &self.columns.roots[usize::from(self.columns.root[i])]
    }

    /// The contracts again as rows, in the snapshot's order.
    pub fn rows(&self) -> impl Iterator<Item = ChainRow> + '_ {
        self.expiries
            .iter()
            .flat_map(move |group| group.rows.clone().map(move |i| self.row(group.expiry, i)))
    }

    fn row(&self, expiry: Instant, i: usize) -> ChainRow {
        let c = &self.columns;
        ChainRow {
            root: self.root(i).to_owned(),
            expiry,
            strike: c.strike[i],
            right: c.right[i],
            exercise: c.exercise[i],
            payoff: c.payoff[i],
            multiplier: c.multiplier[i],
            bid: c.bid.get(i),
            ask: c.ask.get(i),
            mark: c.mark.get(i),
            bid_iv: c.bid_iv.get(i),
            ask_iv: c.ask_iv.get(i),
            iv: c.iv.get(i),
            open_interest: c.open_interest.get(i),
            volume: c.volume.get(i),
            forward: c.forward.get(i),
            vendor_gamma: c.vendor_gamma.get(i),
            vendor_delta: c.vendor_delta.get(i),
            dealer_position: c.dealer_position.get(i),
            taker_net: c.taker_net.get(i),
            flags: c.flags[i],
        }
    }
}

fn key(row: &ChainRow) -> (Instant, f64, Right, &str) {
    (row.expiry, row.strike, row.right, &row.root)
}

fn check(head: &SnapshotHead, rows: &[ChainRow]) -> Result<(), SnapshotError> {
    if head.known_at < head.ts {
        return Err(SnapshotError::KnownTooEarly {
            ts: head.ts,
            known_at: head.known_at,
        });
    }
    for row in rows {
        if !(row.strike.is_finite() && 0.0 < row.strike) {
            return Err(SnapshotError::Strike(row.strike));
        }
        if !(row.multiplier.is_finite() && 0.0 < row.multiplier) {
            return Err(SnapshotError::Multiplier(row.multiplier));
        }
    }
    Ok(())
}

fn runs_of_expiry(rows: &[ChainRow]) -> Vec<ExpiryRows> {
    let mut runs: Vec<ExpiryRows> = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if run.expiry == row.expiry => run.rows.end = i + 1,
            _ => runs.push(ExpiryRows {
                expiry: row.expiry,
                rows: i..i + 1,
            }),
        }
    }
    runs
}

fn columns_of(rows: Vec<ChainRow>) -> Result<ChainColumns, SnapshotError> {
    let mut c = ChainColumns::default();
    let mut roots: Vec<String> = rows.iter().map(|row| row.root.clone()).collect();
    roots.sort_unstable();
    roots.dedup();
    for row in rows {
        let place = roots.partition_point(|root| *root < row.root);
        c.root
            .push(u16::try_from(place).map_err(|_| SnapshotError::Roots)?);
        c.strike.push(row.strike);
        c.right.push(row.right);
        c.exercise.push(row.exercise);
        c.payoff.push(row.payoff);
        c.multiplier.push(row.multiplier);
        c.bid.push(row.bid);
        c.ask.push(row.ask);
        c.mark.push(row.mark);
        c.bid_iv.push(row.bid_iv);
        c.ask_iv.push(row.ask_iv);
        c.iv.push(row.iv);
        c.open_interest.push(row.open_interest);
        c.volume.push(row.volume);
        c.forward.push(row.forward);
        c.vendor_gamma.push(row.vendor_gamma);
        c.vendor_delta.push(row.vendor_delta);
        c.dealer_position.push(row.dealer_position);
        c.taker_net.push(row.taker_net);
        c.flags.push(row.flags);
    }
    c.roots = roots;
    Ok(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone, Utc};

    fn head() -> SnapshotHead {
        let ts = Utc.with_ymd_and_hms(2024, 1, 5, 21, 15, 0).unwrap();
        SnapshotHead {
            underlying: "SPX".to_owned(),
            ts,
            known_at: ts,
            session: NaiveDate::from_ymd_opt(2024, 1, 5).unwrap(),
            spot: Spot::new(4_700.0).unwrap(),
            currency: Currency::USD,
        }
    }

    fn row(root: &str, day: u32, strike: f64, right: Right) -> ChainRow {
        ChainRow {
            root: root.to_owned(),
            expiry: Utc.with_ymd_and_hms(2024, 1, day, 21, 0, 0).unwrap(),
            strike,
            right,
            exercise: Exercise::European,
            payoff: Payoff::Linear,
            multiplier: 100.0,
            bid: Some(1.0),
            ask: Some(1.2),
            mark: None,
            bid_iv: None,
            ask_iv: None,
            iv: Some(0.15),
            open_interest: None,
            volume: Some(0.0),
            forward: None,
            vendor_gamma: None,
            vendor_delta: None,
            dealer_position: None,
            taker_net: None,
            flags: Flags::default(),
        }
    }

    #[test]
    fn rows_come_out_sorted_and_complete() {
        let rows = vec![
            row("SPXW", 19, 4_700.0, Right::Put),
            row("SPXW", 12, 4_800.0, Right::Call),
            row("SPX", 19, 4_700.0, Right::Put),
            row("SPXW", 12, 4_700.0, Right::Call),
        ];
        let mut expected = rows.clone();
        expected.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap());
        let chain = ChainSnapshot::from_rows(head(), rows).unwrap();
        assert_eq!(chain.rows().collect::<Vec<_>>(), expected);
        let runs: Vec<_> = chain.expiries().iter().map(|e| e.rows.clone()).collect();
        assert_eq!(runs, vec![0..2, 2..4]);
        assert_eq!((chain.root(2), chain.root(3)), ("SPX", "SPXW"));
    }

    #[test]
    fn the_same_contract_twice_is_refused() {
        let twice = vec![row("SPX", 19, 4_700.0, Right::Put); 2];
        let error = ChainSnapshot::from_rows(head(), twice).unwrap_err();
        assert!(matches!(error, SnapshotError::Duplicate { .. }), "{error}");
    }

    #[test]
    fn unknown_open_interest_is_not_zero() {
        let chain =
            ChainSnapshot::from_rows(head(), vec![row("SPX", 19, 4_700.0, Right::Put)]).unwrap();
        assert_eq!(chain.columns().open_interest.get(0), None);
        assert_eq!(chain.columns().volume.get(0), Some(0.0));
    }

    #[test]
    fn knowledge_before_the_quotes_is_refused() {
        let mut early = head();
        early.known_at -= chrono::TimeDelta::seconds(1);
        let error = ChainSnapshot::from_rows(early, Vec::new()).unwrap_err();
        assert!(
            matches!(error, SnapshotError::KnownTooEarly { .. }),
            "{error}"
        );
    }
}
