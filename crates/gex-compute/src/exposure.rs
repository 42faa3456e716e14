//! From a contract to currency: the only place where a scale is decided.
//!
//! One convention for every sign: an exposure belongs to the holder's position, and dealers' signed
//! exposure is the weight of [`crate::positioning`] times that of the contract held long. Positive
//! gamma exposure means that dealers' delta rises with the underlying, so that a hedger sells as it
//! rises; what a hedger trades is minus the change of delta.

use crate::book::Book;
use crate::market::contract::Payoff;
use crate::market::units::{Currency, Spot};
pub use crate::row_exposures::RowExposures;

/// A move of one per cent of the underlying.
const ONE_PERCENT: f64 = 0.01;

/// Currency of underlying that dealers trade per move of one per cent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GexPerPct {
    /// Amount, signed by the position.
    pub amount: f64,
    /// In what it is counted.
    pub currency: Currency,
}

/// Units of underlying that dealers trade per move of one point of quote currency.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct UnitsPerPoint(pub f64);

/// Currency of underlying that dealers trade per move of one point of quote currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurrencyPerPoint {
    /// Amount, signed by the position.
    pub amount: f64,
    /// In what it is counted.
    pub currency: Currency,
}

impl GexPerPct {
    /// Converts to currency per point: `GEX / (0.01·S)`.
    pub fn per_point(self, spot: Spot) -> CurrencyPerPoint {
        CurrencyPerPoint {
            amount: self.amount / (ONE_PERCENT * spot.get()),
            currency: self.currency,
        }
    }

    /// Converts to units of underlying, shares or coins, per point: `GEX / (0.01·S²)`.
    pub fn units_per_point(self, spot: Spot) -> UnitsPerPoint {
        UnitsPerPoint(self.amount / (ONE_PERCENT * spot.get() * spot.get()))
    }
}

/// Net over gross, in [-1, 1]; `None` where there is no gamma at all.
pub fn balance(net: f64, gross: f64) -> Option<f64> {
    (0.0 < gross).then(|| (net / gross).clamp(-1.0, 1.0))
}

/// What one unit of forward gamma is worth, in currency per 1 % move.
///
/// ```text
/// GEX = w·OI·M · D·F²·Γ₇₆ · 0.01       Γ₇₆ = φ(d₁) / (F·σ·√T)
/// ```
///
/// with `w` the weight in [-1, 1], `OI` open contracts, `M` units of underlying per contract, `D`
/// the discount factor, `F` the forward (quote currency) and `Γ₇₆` the undiscounted Black-76 gamma
/// (1/quote currency). The function returns everything but `Γ₇₆`, for `units = w·OI·M`. It equals
/// `S²·Γ_S` of Black-Scholes-Merton in place of `D·F²·Γ₇₆`. Inverse options take `D = 1`: a hedger
/// with futures of fixed currency size trades `Γ·F²·0.01` whatever the premium is paid in.
///
/// ```
/// use gex_compute::exposure::{pct_scale, ForwardTerms};
///
/// // 1,000 contracts of 100 at a forward of 5,000 and a gamma of 3.66e-4: nine million a per cent.
/// let terms = ForwardTerms { forward: 5_000.0, discount: 1.0 };
/// let gex = pct_scale(1_000.0 * 100.0, terms) * 3.664570201257e-4;
/// assert!((gex - 9_161_425.503).abs() < 1e-3);
/// ```
///
/// Sources: Perfiliev (2022) for the scale per 1 %; Alexander, Chen and Imeraj (2023) for inverse
/// options.
pub fn pct_scale(units: f64, terms: ForwardTerms) -> f64 {
    units * terms.discount * terms.forward * terms.forward * ONE_PERCENT
}

/// Forward and discount factor of one expiry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForwardTerms {
    /// Forward, in quote currency per unit of underlying.
    pub forward: f64,
    /// Value today of one unit of quote currency at settlement.
    pub discount: f64,
}

/// Gross gamma exposure by the vendor's gammas over that recomputed, on the rows that have both.
///
/// The vendor's gamma is taken per unit of underlying: of spot for linear options (`S²·Γ`), of the
/// forward for inverse ones (`F²·Γ`, as Deribit quotes it). `None` where no row has both.
pub fn vendor_gamma_ratio(book: &Book, recomputed: &[f64]) -> Option<f64> {
    let columns = book.columns();
    if columns.vendor_gamma.is_empty() {
        return None;
    }
    let (mut vendor, mut ours) = (0.0, 0.0);
    for expiry in book.expiries() {
        for i in expiry.rows.clone() {
            let Some(gamma) = columns.vendor_gamma[i].filter(|gamma| gamma.is_finite()) else {
                continue;
            };
            let forward = match columns.payoff[i] {
                Payoff::Linear => book.spot.get(),
                Payoff::Inverse => expiry.forward,
            };
            let terms = ForwardTerms {
                forward,
                discount: 1.0,
            };
            vendor += pct_scale(columns.units[i], terms) * gamma;
            ours += recomputed[i];
        }
    }
    let ratio = vendor / ours;
    (0.0 < ours && ratio.is_finite()).then_some(ratio)
}
