//! From a contract to currency: the only place where a scale is decided.
//!
//! One convention for every sign: an exposure belongs to the holder's position, and dealers' signed
//! exposure is the weight of [`crate::positioning`] times that of the contract held long. Positive
//! gamma exposure means that dealers' delta rises with the underlying, so that a hedger sells as it
//! rises; what a hedger trades is minus the change of delta.

use crate::black76::Undefined;
use crate::book::{Book, BookExpiry};
use crate::bsm;
use crate::inverse;
use crate::market::contract::Payoff;
use crate::market::units::{Currency, Spot};
use crate::math;
use crate::profile::GammaCurve;

/// A move of one per cent of the underlying.
const ONE_PERCENT: f64 = 0.01;
/// A volatility point: 0.01 of annual volatility.
const VOL_POINT: f64 = 0.01;
/// A rate point: 0.01 of a yearly rate.
const RATE_POINT: f64 = 0.01;
/// Calendar days of a year of 365 days.
const DAYS_PER_YEAR: f64 = 365.0;

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

/// Exposures of every row of a book held long; weights of a positioning model sign them.
#[derive(Debug, Clone, PartialEq)]
pub struct RowExposures {
    /// Underlying traded per 1 % move, in currency.
    pub gamma: Vec<f64>,
    /// Delta times spot, in currency of underlying.
    pub delta: Vec<f64>,
    /// Underlying traded per volatility point, in currency.
    pub vanna: Vec<f64>,
    /// Underlying traded per calendar day that passes, in currency.
    pub charm: Vec<f64>,
    /// Option value per volatility point, in currency.
    pub vega: Vec<f64>,
    /// Option value per calendar day that passes, in currency.
    pub theta: Vec<f64>,
    /// Option value per rate point, in currency; `None` where a row is inverse, as coin has no rate.
    pub rho: Option<Vec<f64>>,
}

impl RowExposures {
    /// Computes the exposures of every row at today's spot.
    ///
    /// Linear options, by Black-Scholes-Merton on spot at the interest rate and dividend that the
    /// discount factor and the forward of the expiry imply:
    ///
    /// ```text
    /// DEX   = OI·M · S·Δ                  currency of underlying
    /// VEX   = OI·M · S·vanna · 0.01       currency of underlying per vol point
    /// CHEX  = OI·M · S·charm / 365        currency of underlying per calendar day, spot held
    /// vega  = OI·M · vega · 0.01          currency per vol point
    /// theta = OI·M · θ / 365              currency per calendar day, spot held
    /// rho   = OI·M · ρ · 0.01             currency per rate point, spot and dividend held
    /// ```
    ///
    /// Inverse options take premium-adjusted Greeks with the forward held, because the premium is
    /// coin and a hedger with futures of fixed currency size holds `−(F·Δ − V)`; `V` is the value
    /// in currency:
    ///
    /// ```text
    /// DEX = OI·M·(F·Δ − V)    VEX = OI·M·(F·vanna − vega)·0.01    CHEX = OI·M·(F·charm − θ)/365
    /// ```
    ///
    /// Source: Alexander, Chen and Imeraj (2023), Mathematical Finance, for inverse options.
    pub fn new(book: &Book, curve: &GammaCurve) -> Self {
        let mut rows = Self {
            gamma: curve.rows_at_spot(),
            delta: Vec::with_capacity(book.len()),
            vanna: Vec::with_capacity(book.len()),
            charm: Vec::with_capacity(book.len()),
            vega: Vec::with_capacity(book.len()),
            theta: Vec::with_capacity(book.len()),
            rho: Some(Vec::with_capacity(book.len())),
        };
        for expiry in book.expiries() {
            for i in expiry.rows.clone() {
                let units = book.columns().units[i];
                rows.push(&unit_exposure(book, expiry, i), units);
            }
        }
        rows
    }

    fn push(&mut self, unit: &UnitExposure, units: f64) {
        self.delta.push(units * unit.delta);
        self.vanna.push(units * unit.vanna_per_vol * VOL_POINT);
        self.charm.push(units * unit.charm_per_year / DAYS_PER_YEAR);
        self.vega.push(units * unit.vega_per_vol * VOL_POINT);
        self.theta.push(units * unit.theta_per_year / DAYS_PER_YEAR);
        match unit.rho_per_rate {
            Some(rho) => self
                .rho
                .iter_mut()
                .for_each(|rows| rows.push(units * rho * RATE_POINT)),
            None => self.rho = None,
        }
    }
}

/// Exposures of an option on one unit of underlying, in currency, per 1.00 and per year.
struct UnitExposure {
    delta: f64,
    vanna_per_vol: f64,
    charm_per_year: f64,
    vega_per_vol: f64,
    theta_per_year: f64,
    rho_per_rate: Option<f64>,
}

/// Row `i` of a book; NaN, which no sum lets out, where its terms are no market's.
fn unit_exposure(book: &Book, expiry: &BookExpiry, i: usize) -> UnitExposure {
    match book.columns().payoff[i] {
        Payoff::Linear => linear(book, expiry, i),
        Payoff::Inverse => inverse(book, expiry, i),
    }
    .unwrap_or(UnitExposure {
        delta: f64::NAN,
        vanna_per_vol: f64::NAN,
        charm_per_year: f64::NAN,
        vega_per_vol: f64::NAN,
        theta_per_year: f64::NAN,
        rho_per_rate: Some(f64::NAN),
    })
}

/// Greeks on spot, at the rates that the expiry's forward and discount factor imply.
fn linear(book: &Book, expiry: &BookExpiry, i: usize) -> Result<UnitExposure, Undefined> {
    let columns = book.columns();
    let spot = book.spot.get();
    let rate = -math::ln(expiry.discount) / expiry.tau_years;
    let greeks = bsm::Terms {
        right: columns.right[i],
        spot,
        strike: columns.strike[i],
        years: expiry.tau_years,
        rate,
        dividend: rate - math::ln(expiry.forward / spot) / expiry.tau_years,
        vol: columns.vol[i],
    }
    .greeks()?
    .on_spot;
    Ok(UnitExposure {
        delta: spot * greeks.delta,
        vanna_per_vol: spot * greeks.vanna,
        charm_per_year: spot * greeks.charm,
        vega_per_vol: greeks.vega,
        theta_per_year: greeks.theta,
        rho_per_rate: Some(greeks.rho),
    })
}

/// The premium is coin, and itself a holding of the underlying.
fn inverse(book: &Book, expiry: &BookExpiry, i: usize) -> Result<UnitExposure, Undefined> {
    let columns = book.columns();
    let greeks = inverse::Terms {
        right: columns.right[i],
        forward: expiry.forward,
        strike: columns.strike[i],
        years: expiry.tau_years,
        vol: columns.vol[i],
    }
    .greeks()?;
    Ok(UnitExposure {
        delta: expiry.forward * greeks.delta_adjusted,
        vanna_per_vol: expiry.forward * greeks.vanna_adjusted,
        charm_per_year: expiry.forward * greeks.charm_adjusted,
        vega_per_vol: greeks.linear.vega,
        theta_per_year: greeks.linear.theta,
        rho_per_rate: None,
    })
}

/// Gross gamma exposure by the vendor's gammas over that recomputed, on the rows that have both.
///
/// The vendor's gamma is taken per unit of underlying: of spot for linear options (`S²·Γ`), of the
/// forward for inverse ones (`F²·Γ`, as Deribit quotes it). `None` where no row has both.
pub fn vendor_gamma_ratio(book: &Book, recomputed: &[f64]) -> Option<f64> {
    let columns = book.columns();
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
