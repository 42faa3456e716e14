//! What takers have bought of each contract since its listing, added up snapshot by snapshot.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::market::Instant;
use crate::market::contract::Right;
use crate::market::snapshot::ChainSnapshot;

/// A contract, whatever the snapshot.
type Contract = (Instant, u64, Right, String);

/// Sums of signed flow by contract; snapshots are taken in the order of time, every one of them.
#[derive(Debug, Clone, Default)]
pub struct FlowHistory {
    bought: BTreeMap<Contract, f64>,
    sessions: BTreeSet<NaiveDate>,
}

impl FlowHistory {
    /// Adds a snapshot's flow and writes the sums beside its rows.
    ///
    /// A row whose flow is unknown traded nothing that anybody knows of. Within the first `burn_in`
    /// sessions every sum is unknown: what was bought before the archive begins is not in it. A snapshot
    /// without the column adds nothing, and leaves the sums out.
    #[must_use]
    pub fn add(&mut self, chain: ChainSnapshot, burn_in: u16) -> ChainSnapshot {
        let ts = chain.head().ts;
        self.sessions.insert(chain.head().session);
        if chain.columns().taker_net.is_empty() {
            return chain;
        }
        let known = usize::from(burn_in) < self.sessions.len();
        let mut sums = Vec::with_capacity(chain.len());
        for expiry in chain.expiries() {
            for i in expiry.rows.clone() {
                let columns = chain.columns();
                let strike = columns.strike[i].to_bits();
                let root = chain.root(i).to_owned();
                let contract = (expiry.expiry, strike, columns.right[i], root);
                let sum = self.bought.entry(contract).or_insert(0.0);
                *sum += columns.taker_net.get(i).unwrap_or(0.0);
                sums.push(if known { *sum } else { f64::NAN });
            }
        }
        // What has settled is never asked for again.
        self.bought.retain(|(expiry, ..), _| ts < *expiry);
        chain.with_bought(sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone, Utc};

    use crate::market::contract::{Exercise, Payoff};
    use crate::market::snapshot::{ChainRow, Flags, SnapshotHead};
    use crate::market::units::{Currency, Spot};

    fn chain(day: u32, flows: &[(f64, Option<f64>)]) -> ChainSnapshot {
        let ts = Utc.with_ymd_and_hms(2024, 1, day, 21, 0, 0).unwrap();
        let head = SnapshotHead {
            underlying: "SPX".to_owned(),
            ts,
            known_at: ts,
            session: ts.date_naive(),
            spot: Spot::new(100.0).unwrap(),
            currency: Currency::USD,
        };
        let row = |(strike, taker_net): &(f64, Option<f64>)| ChainRow {
            root: "SPX".to_owned(),
            expiry: Utc.with_ymd_and_hms(2024, 1, 10, 21, 0, 0).unwrap() + TimeDelta::days(20),
            strike: *strike,
            right: Right::Call,
            exercise: Exercise::European,
            payoff: Payoff::Linear,
            multiplier: 100.0,
            bid: None,
            ask: None,
            mark: None,
            bid_iv: None,
            ask_iv: None,
            iv: None,
            open_interest: Some(10.0),
            volume: None,
            forward: None,
            vendor_gamma: None,
            vendor_delta: None,
            dealer_position: None,
            taker_net: *taker_net,
            flags: Flags::default(),
        };
        ChainSnapshot::from_rows(head, flows.iter().map(row).collect()).unwrap()
    }

    #[test]
    fn purchases_add_up_by_contract_and_are_unknown_at_first() {
        let mut history = FlowHistory::default();
        let days = [
            vec![(90.0, Some(3.0)), (95.0, None)],
            vec![(90.0, Some(-5.0)), (95.0, Some(2.0)), (99.0, Some(1.0))],
        ];
        let first = history.add(chain(4, &days[0]), 1);
        assert!(first.bought().iter().all(|sum| sum.is_nan()));
        let second = history.add(chain(5, &days[1]), 1);
        assert_eq!(second.bought(), [-2.0, 2.0, 1.0]);
    }

    #[test]
    fn without_the_column_nothing_is_added_up() {
        let mut history = FlowHistory::default();
        let bare = ChainSnapshot::from_columns(
            chain(4, &[]).head().clone(),
            Vec::new(),
            crate::market::snapshot::ChainColumns::default(),
        );
        assert!(history.add(bare.unwrap(), 0).bought().is_empty());
    }
}
