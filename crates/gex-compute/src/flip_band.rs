//! How sure a flip is: where it lies when every volatility is that of the bid, and of the offer.

use crate::book::Book;
use crate::buckets::BucketEdges;
use crate::flip::FlipRule;
use crate::market::Instant;
use crate::market::snapshot::{ChainSnapshot, NumberColumn, SnapshotError};
use crate::positioning::Positioning;
use crate::priced::PricedChain;
use crate::pricing::{PricingConfig, VolSource};
use crate::profile::GammaCurve;

/// The flip at three volatilities, in quote currency; `None` where the book does not change sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlipBand {
    /// With the bid's volatilities.
    pub at_bid: Option<f64>,
    /// With the volatilities of the study.
    pub at_mid: Option<f64>,
    /// With the offer's volatilities.
    pub at_ask: Option<f64>,
}

/// Finds the flip of each model with every volatility at its bid, as the study has it, and at its offer.
///
/// A contract without a volatility of the bid or of the offer keeps its own. Two markets of one width
/// need not move a flip alike: it is where opposite gammas balance, and both sides' widths enter.
///
/// # Errors
///
/// [`SnapshotError`] where the chain can't be rebuilt, which a sound one can.
pub fn flip_bands(
    chain: &ChainSnapshot,
    config: &PricingConfig,
    (models, rule): (&[Positioning], FlipRule),
    next_session_end: Instant,
) -> Result<Vec<FlipBand>, SnapshotError> {
    let given = PricingConfig {
        iv: match config.iv {
            // The volatilities put in place are given ones.
            VolSource::Solved => VolSource::GivenThenSolved,
            source => source,
        },
        ..*config
    };
    let edges = BucketEdges {
        ts: chain.head().ts,
        next_session_end,
    };
    let flips = |chain: &ChainSnapshot, config: &PricingConfig| -> Vec<Option<f64>> {
        let (book, _) = Book::from_chain(&PricedChain::new(chain, config), config.expiries, edges);
        let curve = GammaCurve::new(&book);
        let weights: Vec<Vec<f64>> = models.iter().map(|model| model.weights(&book)).collect();
        let found = rule.find(&book, &curve, &weights);
        found.into_iter().map(|flip| flip.nearest).collect()
    };
    let at_bid = flips(&held_at(chain, NumberColumn::BidIv)?, &given);
    let at_mid = flips(chain, config);
    let at_ask = flips(&held_at(chain, NumberColumn::AskIv)?, &given);
    let three = at_bid.into_iter().zip(at_mid).zip(at_ask);
    Ok(three
        .map(|((at_bid, at_mid), at_ask)| FlipBand {
            at_bid,
            at_mid,
            at_ask,
        })
        .collect())
}

/// The chain with the volatilities of one side of the market in place of its own, where it has them.
fn held_at(chain: &ChainSnapshot, side: NumberColumn) -> Result<ChainSnapshot, SnapshotError> {
    let head = chain.head().clone();
    let (expiries, mut columns) = chain.clone().into_parts();
    let own = columns.iv.clone();
    let quoted = columns.number(side).clone();
    let vols = columns.iv.raw_mut();
    vols.clear();
    vols.extend((0..chain.len()).map(|i| {
        let positive = quoted.get(i).filter(|vol| 0.0 < *vol);
        positive.or(own.get(i)).unwrap_or(f64::NAN)
    }));
    ChainSnapshot::from_columns(head, expiries, columns)
}
