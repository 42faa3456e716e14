//! Exposures of every contract of a book, before any positioning model.

use crate::book::{Book, BookExpiry};
use crate::market::calendar::DAYS_PER_YEAR;
use crate::market::contract::{Payoff, Right};
use crate::math;
use crate::profile::GammaCurve;
use crate::wide::{self, Kernel};
use crate::wide_math::{norm_cdf, norm_pdf};

/// A volatility point: 0.01 of annual volatility.
const VOL_POINT: f64 = 0.01;
/// A rate point: 0.01 of a yearly rate.
const RATE_POINT: f64 = 0.01;

/// Exposures of every row of a book held long; weights of a positioning model sign them.
#[derive(Debug, Clone, PartialEq, Default)]
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
    /// Linear options, by Black-Scholes-Merton on spot at the interest rate `r` and the dividend `q`
    /// that the discount factor `D` and the forward `F` of the expiry imply, `w` being +1 for calls
    /// and −1 for puts:
    ///
    /// ```text
    /// DEX   = OI·M · S·Δ                  = OI·M · D·F·w·N(w·d₁)                currency of underlying
    /// VEX   = OI·M · S·vanna · 0.01       = −OI·M · D·F·φ(d₁)·d₂/σ · 0.01       … per vol point
    /// CHEX  = OI·M · S·charm / 365        currency of underlying per calendar day, spot held
    /// vega  = OI·M · vega · 0.01          = OI·M · D·F·φ(d₁)·√T · 0.01          currency per vol point
    /// theta = OI·M · θ / 365              currency per calendar day, spot held
    /// rho   = OI·M · ρ · 0.01             = OI·M · w·T·D·K·N(w·d₂) · 0.01       currency per rate point
    ///
    /// S·charm = D·F·(w·q·N(w·d₁) − φ(d₁)·((r − q)/(σ√T) − d₂/(2T)))
    /// θ = D·(w·q·F·N(w·d₁) − w·r·K·N(w·d₂) − F·φ(d₁)·σ/(2√T))
    /// ```
    ///
    /// Inverse options take premium-adjusted Greeks with the forward held, because the premium is
    /// coin and a hedger with futures of fixed currency size holds `−(F·Δ − V)`; `V` is the value
    /// in currency:
    ///
    /// ```text
    /// DEX = OI·M·(F·Δ − V)    VEX = OI·M·(F·vanna − vega)·0.01    CHEX = OI·M·(F·charm − θ)/365
    ///     = OI·M·w·K·N(w·d₂)      = −OI·M·F·φ(d₁)·d₁/σ·0.01           = OI·M·F·φ(d₁)·d₁/(2T)/365
    /// ```
    ///
    /// Source: Alexander, Chen and Imeraj (2023), Mathematical Finance, for inverse options.
    pub fn new(book: &Book, curve: &GammaCurve) -> Self {
        let mut rows = Self::default();
        rows.refill_gamma(curve);
        rows.refill_greeks(book, curve);
        rows
    }

    /// Computes gamma alone, in memory that stands.
    pub(crate) fn refill_gamma(&mut self, curve: &GammaCurve) {
        curve.fill_rows_at_spot(&mut self.gamma);
    }

    /// Computes all but gamma, in memory that stands.
    pub(crate) fn refill_greeks(&mut self, book: &Book, curve: &GammaCurve) {
        let mut rho = self.rho.take().unwrap_or_default();
        let columns = [
            &mut self.delta,
            &mut self.vanna,
            &mut self.charm,
            &mut self.vega,
            &mut self.theta,
            &mut rho,
        ];
        for column in columns {
            column.clear();
            column.resize(book.len(), 0.0);
        }
        let mut inverse = false;
        for expiry in book.expiries() {
            let mut start = expiry.rows.start;
            // One run an expiry but where linear and inverse contracts settle together.
            for run in book.columns().payoff[expiry.rows.clone()].chunk_by(|a, b| a == b) {
                inverse |= run[0] == Payoff::Inverse;
                let rows = start..start + run.len();
                start = rows.end;
                let kernel = Greeks {
                    market: ExpiryMarket::new(book, expiry, run[0]),
                    right: &book.columns().right[rows.clone()],
                    strike: &book.columns().strike[rows.clone()],
                    vol: &book.columns().vol[rows.clone()],
                    units: &book.columns().units[rows.clone()],
                    d1: &curve.d1[rows.clone()],
                    delta: &mut self.delta[rows.clone()],
                    vanna: &mut self.vanna[rows.clone()],
                    charm: &mut self.charm[rows.clone()],
                    vega: &mut self.vega[rows.clone()],
                    theta: &mut self.theta[rows.clone()],
                    rho: &mut rho[rows],
                };
                wide::run(kernel);
            }
        }
        self.rho = (!inverse).then_some(rho);
    }
}

/// What the rows of one expiry and payoff share.
#[derive(Clone, Copy)]
struct ExpiryMarket {
    payoff: Payoff,
    forward: f64,
    discount: f64,
    rate: f64,
    dividend: f64,
    years: f64,
    sqrt_years: f64,
}

impl ExpiryMarket {
    fn new(book: &Book, expiry: &BookExpiry, payoff: Payoff) -> Self {
        let rate = -math::ln(expiry.discount) / expiry.tau_years;
        let carry = math::ln_ratio(expiry.forward, book.spot.get()) / expiry.tau_years;
        Self {
            payoff,
            forward: expiry.forward,
            discount: expiry.discount,
            rate,
            dividend: rate - carry,
            years: expiry.tau_years,
            sqrt_years: expiry.sqrt_tau,
        }
    }
}

/// Every exposure but gamma, for rows of one expiry and payoff.
struct Greeks<'a> {
    market: ExpiryMarket,
    right: &'a [Right],
    strike: &'a [f64],
    vol: &'a [f64],
    units: &'a [f64],
    d1: &'a [f64],
    delta: &'a mut [f64],
    vanna: &'a mut [f64],
    charm: &'a mut [f64],
    vega: &'a mut [f64],
    theta: &'a mut [f64],
    rho: &'a mut [f64],
}

/// Exposures of an option on one unit of underlying, in currency, per 1.00 and per year.
struct Unit {
    delta: f64,
    vanna: f64,
    charm: f64,
    vega: f64,
    theta: f64,
    rho: f64,
}

/// One row of its expiry.
#[derive(Clone, Copy)]
struct Row {
    sign: f64,
    strike: f64,
    vol: f64,
    d1: f64,
}

impl Kernel for Greeks<'_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        match self.market.payoff {
            Payoff::Linear => self.fill(linear),
            Payoff::Inverse => self.fill(inverse),
        }
    }
}

impl Greeks<'_> {
    #[inline(always)]
    fn fill(&mut self, unit: impl Fn(ExpiryMarket, Row) -> Unit) {
        let rows = self.right.len();
        let (strike, vol) = (&self.strike[..rows], &self.vol[..rows]);
        let (units, d1) = (&self.units[..rows], &self.d1[..rows]);
        let (delta, vanna) = (&mut self.delta[..rows], &mut self.vanna[..rows]);
        let (charm, vega) = (&mut self.charm[..rows], &mut self.vega[..rows]);
        let (theta, rho) = (&mut self.theta[..rows], &mut self.rho[..rows]);
        for i in 0..rows {
            let sign = match self.right[i] {
                Right::Call => 1.0,
                Right::Put => -1.0,
            };
            let row = Row {
                sign,
                strike: strike[i],
                vol: vol[i],
                d1: d1[i],
            };
            let of_one = unit(self.market, row);
            delta[i] = units[i] * of_one.delta;
            vanna[i] = units[i] * of_one.vanna * VOL_POINT;
            charm[i] = units[i] * of_one.charm / DAYS_PER_YEAR;
            vega[i] = units[i] * of_one.vega * VOL_POINT;
            theta[i] = units[i] * of_one.theta / DAYS_PER_YEAR;
            rho[i] = units[i] * of_one.rho * RATE_POINT;
        }
    }
}

/// Greeks on spot, at the rates that the expiry's forward and discount factor imply.
#[inline(always)]
fn linear(market: ExpiryMarket, row: Row) -> Unit {
    let std = row.vol * market.sqrt_years;
    let d2 = row.d1 - std;
    let density = norm_pdf(row.d1);
    let above = row.sign * norm_cdf(row.sign * row.d1, density);
    let exercised = row.sign * norm_cdf(row.sign * d2, norm_pdf(d2));
    let (asset, cash) = (
        market.discount * market.forward,
        market.discount * row.strike,
    );
    let carry = market.rate - market.dividend;
    Unit {
        delta: asset * above,
        vanna: -asset * density * d2 / row.vol,
        charm: asset
            * (market.dividend * above - density * (carry / std - d2 / (2.0 * market.years))),
        vega: asset * density * market.sqrt_years,
        theta: market.dividend * asset * above
            - market.rate * cash * exercised
            - asset * density * row.vol / (2.0 * market.sqrt_years),
        rho: market.years * cash * exercised,
    }
}

/// The premium is coin, and itself a holding of the underlying.
#[inline(always)]
fn inverse(market: ExpiryMarket, row: Row) -> Unit {
    let d2 = row.d1 - row.vol * market.sqrt_years;
    let density = market.forward * norm_pdf(row.d1);
    let exercised = row.sign * norm_cdf(row.sign * d2, norm_pdf(d2));
    Unit {
        delta: row.strike * exercised,
        vanna: -density * row.d1 / row.vol,
        charm: density * row.d1 / (2.0 * market.years),
        vega: density * market.sqrt_years,
        theta: -density * row.vol / (2.0 * market.sqrt_years),
        rho: 0.0,
    }
}
