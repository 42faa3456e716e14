//! The book repriced with its smile moving along with spot (sticky moneyness).

use crate::book::{Book, BookExpiry};
use crate::exposure::pct_scale;
use crate::market::contract::Right;
use crate::math;
use crate::smile::{Smile, SmilePoint};

/// The gamma exposure of a book at any spot, with each moneyness's volatility held.
///
/// A contract of strike `K` takes, at spot `x`, the volatility that strike `K·S/x` has today:
///
/// ```text
/// σ(x) = smile(ln(K·S / (F·x)))
/// ```
///
/// Calls and puts have a smile each, linear in ln(K/F) and level beyond the last strike, so that
/// at today's spot every contract has its own volatility.
#[derive(Debug, Clone)]
pub struct MoneynessCurve<'a> {
    book: &'a Book,
    smiles: Vec<[Smile; 2]>,
}

impl<'a> MoneynessCurve<'a> {
    /// Prepares the smiles of a book.
    pub fn new(book: &'a Book) -> Self {
        let of = |expiry: &BookExpiry| [Right::Call, Right::Put].map(|r| smile(book, expiry, r));
        Self {
            book,
            smiles: book.expiries().iter().map(of).collect(),
        }
    }

    /// Signed exposure at `level` of spot, in currency per 1 % move, added in row order.
    pub fn net(&self, weights: &[f64], level: f64) -> f64 {
        let share = level / self.book.spot.get();
        let expiries = self.book.expiries().iter().zip(&self.smiles);
        expiries
            .flat_map(|(expiry, smiles)| {
                expiry
                    .rows
                    .clone()
                    .map(move |i| weights[i] * self.row(i, expiry, smiles, share))
            })
            .sum()
    }

    fn row(&self, i: usize, expiry: &BookExpiry, smiles: &[Smile; 2], share: f64) -> f64 {
        let columns = self.book.columns();
        let mut terms = expiry.terms(columns.payoff[i]);
        terms.forward *= share;
        let moneyness = columns.ln_strike[i] - math::ln(terms.forward);
        let side = usize::from(columns.right[i] == Right::Put);
        // A row's own smile holds at least its own point.
        let vol = smiles[side]
            .level_beyond(moneyness)
            .unwrap_or(columns.vol[i]);
        let std = vol * expiry.sqrt_tau;
        let d1 = 0.5 * std - moneyness / std;
        pct_scale(columns.units[i], terms) * math::norm_pdf(d1) / (terms.forward * std)
    }
}

fn smile(book: &Book, expiry: &BookExpiry, right: Right) -> Smile {
    let columns = book.columns();
    let ln_forward = math::ln(expiry.forward);
    let rows = expiry.rows.clone().filter(|&i| columns.right[i] == right);
    Smile::new(
        rows.map(|i| SmilePoint {
            moneyness: columns.ln_strike[i] - ln_forward,
            vol: columns.vol[i],
        })
        .collect(),
    )
}
