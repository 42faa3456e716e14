//! Rows of a snapshot into a book: which of them count, and their columns side by side.

use std::ops::Range;

use crate::book::{BookColumns, BookCounts};
use crate::market::contract::{Payoff, Right};
use crate::priced::{Life, PricedChain, VolOrigin};
use crate::wide::{self, Kernel, LANES, total};

/// Counts what becomes of rows of one expiry, all with time left.
struct CountRows<'a> {
    open_interest: &'a [f64],
    lives: &'a [Life],
    origins: &'a [VolOrigin],
    /// Open interest of the rows that belong to the book, zero for the others.
    kept: &'a mut [f64],
}

/// Sums over lanes, each a number of rows or an open interest; whole numbers in doubles are exact.
#[derive(Default)]
struct LaneCounts {
    settling: [f64; LANES],
    unknown: [f64; LANES],
    contracts: [[f64; LANES]; 3],
    open_interest: [[f64; LANES]; 3],
}

impl LaneCounts {
    #[inline(always)]
    fn add(&mut self, l: usize, open: f64, life: Life, origin: VolOrigin) -> f64 {
        let live = if life == Life::Live { 1.0 } else { 0.0 };
        self.settling[l] += 1.0 - live;
        self.unknown[l] += if open.is_nan() { live } else { 0.0 };
        let above_zero = if 0.0 < open { open } else { 0.0 };
        let finite = if above_zero < f64::INFINITY {
            above_zero
        } else {
            0.0
        };
        let amount = finite * live;
        let one = if 0.0 < amount { 1.0 } else { 0.0 };
        for (k, of) in VolOrigin::ALL.into_iter().enumerate() {
            let here = if origin == of { 1.0 } else { 0.0 };
            self.contracts[k][l] += one * here;
            self.open_interest[k][l] += amount * here;
        }
        if origin == VolOrigin::Missing {
            0.0
        } else {
            amount
        }
    }
}

impl Kernel for CountRows<'_> {
    type Output = LaneCounts;

    #[inline(always)]
    fn run(self) -> LaneCounts {
        let mut counts = LaneCounts::default();
        let rows = self.kept.len();
        let (open, lives) = (&self.open_interest[..rows], &self.lives[..rows]);
        let origins = &self.origins[..rows];
        let whole = rows / LANES * LANES;
        for start in (0..whole).step_by(LANES) {
            for l in 0..LANES {
                let k = start + l;
                self.kept[k] = counts.add(l, open[k], lives[k], origins[k]);
            }
        }
        for k in whole..rows {
            self.kept[k] = counts.add(k - whole, open[k], lives[k], origins[k]);
        }
        counts
    }
}

impl BookCounts {
    /// Counts rows with time left; the open interest of those that belong to the book into `kept`,
    /// zero for the others.
    pub(crate) fn add(
        &mut self,
        priced: &PricedChain<'_>,
        rows: Range<usize>,
        kept: &mut Vec<f64>,
    ) {
        kept.clear();
        kept.resize(rows.len(), 0.0);
        let open_interest = priced.chain().columns().open_interest.raw();
        if open_interest.is_empty() {
            // The column was not asked for.
            self.open_interest_unknown += rows.len();
            return;
        }
        let counts = wide::run(CountRows {
            open_interest: &open_interest[rows.clone()],
            lives: &priced.lives()[rows.clone()],
            origins: &priced.origins()[rows.clone()],
            kept,
        });
        let (settling, unknown) = (whole(&counts.settling), whole(&counts.unknown));
        let mut open = 0;
        let tallies = [&mut self.given, &mut self.solved, &mut self.missing];
        for (k, tally) in tallies.into_iter().enumerate() {
            let contracts = whole(&counts.contracts[k]);
            open += contracts;
            tally.contracts += contracts;
            tally.open_interest += total(&counts.open_interest[k]);
        }
        self.settling += settling;
        self.open_interest_unknown += unknown;
        self.nothing_open += rows.len() - settling - unknown - open;
    }
}

/// A number of rows that was counted in lanes.
fn whole(lanes: &[f64; LANES]) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a sum of ones"
    )]
    let count = total(lanes) as usize;
    count
}

/// Rows that are compacted together.
const BLOCK: usize = 64;

impl BookColumns {
    pub(crate) fn clear(&mut self) {
        for column in [
            &mut self.strike,
            &mut self.ln_strike,
            &mut self.vol,
            &mut self.units,
        ] {
            column.clear();
        }
        self.right.clear();
        self.payoff.clear();
        self.vendor_gamma.clear();
        self.inventory.clear();
        self.bought.clear();
        self.flow.clear();
    }

    /// Adds the rows from `first` on whose open interest stands in `kept`; logarithms of strikes are
    /// left to the caller.
    pub(crate) fn extend(&mut self, priced: &PricedChain<'_>, first: usize, kept: &[f64]) {
        for (block, kept) in kept.chunks(BLOCK).enumerate() {
            self.extend_by_block(priced, first + block * BLOCK, kept);
        }
        let vendor_gamma = &priced.chain().columns().vendor_gamma;
        if !vendor_gamma.is_empty() {
            let rows = (first..).zip(kept).filter(|(_, open)| 0.0 < **open);
            self.vendor_gamma
                .extend(rows.map(|(i, _)| vendor_gamma.get(i)));
        }
        let chain = priced.chain();
        let shares = [
            (&mut self.inventory, chain.columns().dealer_position.raw()),
            (&mut self.bought, chain.bought()),
            (&mut self.flow, chain.columns().taker_net.raw()),
        ];
        for (share, contracts) in shares.into_iter().filter(|(_, c)| !c.is_empty()) {
            let rows = (first..).zip(kept).filter(|(_, open)| 0.0 < **open);
            share.extend(rows.map(|(i, open)| contracts[i] / open));
        }
    }

    /// Every row is written and the next one over it where it does not count: which rows are open
    /// can't be foreseen, and a wrong guess of the processor's costs more than a write.
    fn extend_by_block(&mut self, priced: &PricedChain<'_>, first: usize, kept: &[f64]) {
        let (from, rows) = (priced.chain().columns(), first..first + kept.len());
        let (strikes, vols) = (&from.strike[rows.clone()], &priced.vols()[rows.clone()]);
        let multipliers = &from.multiplier[rows.clone()];
        let (rights, payoffs) = (&from.right[rows.clone()], &from.payoff[rows]);
        let (mut strike, mut vol, mut units) = ([0.0; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
        let mut right = [Right::Call; BLOCK];
        let mut payoff = [Payoff::Linear; BLOCK];
        let mut next = 0;
        for (k, open) in kept.iter().enumerate() {
            (strike[next], vol[next]) = (strikes[k], vols[k]);
            units[next] = open * multipliers[k];
            (right[next], payoff[next]) = (rights[k], payoffs[k]);
            next += usize::from(0.0 < *open);
        }
        self.strike.extend_from_slice(&strike[..next]);
        self.vol.extend_from_slice(&vol[..next]);
        self.units.extend_from_slice(&units[..next]);
        self.right.extend_from_slice(&right[..next]);
        self.payoff.extend_from_slice(&payoff[..next]);
    }
}
