//! The forward and the discount factor of each expiry.

use crate::market::contract::{Exercise, Payoff, Right};
use crate::market::snapshot::{ChainColumns, ChainSnapshot, ExpiryRows};
use crate::math;
use crate::pricing::{ForwardFallback, ForwardSource, PricingConfig};

/// The forward of one expiry and how it was had.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpiryForward {
    /// Forward, in quote currency per unit of underlying.
    pub forward: f64,
    /// Value today of one unit of quote currency at settlement; for linear options, as inverse ones
    /// pay in coin and are not discounted.
    pub discount: f64,
    /// Where the forward comes from.
    pub source: ForwardSource,
    /// Interquartile range of parity's residuals, in quote currency, where parity was fitted.
    pub residual_iqr: Option<f64>,
    /// Why the source that was asked for did not serve, where it did not.
    pub fell_back: Option<ForwardFailure>,
    /// Whether the expiry holds American options, for which parity is biased.
    pub american: bool,
}

/// Why an expiry's forward cannot be had from its source.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum ForwardFailure {
    /// No row of the expiry carries a forward.
    #[error("the vendor gives no forward for this expiry")]
    NoVendorForward,
    /// Too few strikes with a usable call and put.
    #[error("put–call parity needs at least {MIN_STRIKES} strikes near spot, got {0}")]
    FewStrikes(usize),
    /// The fitted discount factor is not one.
    #[error("put–call parity gives a discount factor of {0}, outside (0.5, 1.1]")]
    Discount(f64),
    /// The fitted forward is not above zero.
    #[error("put–call parity gives a forward of {0}")]
    Forward(f64),
    /// The quotes do not lie on a line.
    #[error("residuals of put–call parity spread by {0}, more than 0.1 % of spot")]
    Residuals(f64),
}

/// Fewest strikes for a fit.
pub const MIN_STRIKES: usize = 5;
/// Strikes of the fit lie within this share of spot.
const STRIKE_BAND: f64 = 0.05;
/// Largest interquartile range of residuals, as a share of spot.
const MAX_RESIDUAL_IQR: f64 = 0.001;

/// Time left and terms of one expiry, as the forward rules read them.
#[derive(Debug, Clone, Copy)]
pub struct ExpiryTerms<'a> {
    /// The snapshot.
    pub chain: &'a ChainSnapshot,
    /// The expiry's run of rows.
    pub rows: &'a ExpiryRows,
    /// Time left, in years (ACT/365).
    pub tau_years: f64,
}

/// Finds the forward of one expiry by the study's rule.
///
/// # Errors
///
/// [`ForwardFailure`] where the source fails and the study says [`ForwardFallback::LeaveOut`].
pub fn forward_of(
    terms: ExpiryTerms<'_>,
    config: &PricingConfig,
) -> Result<ExpiryForward, ForwardFailure> {
    let wanted = match config.forward {
        ForwardSource::Vendor => vendor(terms, config),
        ForwardSource::Parity => parity(terms, config),
        ForwardSource::Carry => Ok(carry(terms, config)),
    };
    match (wanted, config.fallback) {
        (Err(failure), ForwardFallback::Carry) => Ok(ExpiryForward {
            fell_back: Some(failure),
            ..carry(terms, config)
        }),
        (wanted, _) => wanted,
    }
}

/// The vendor's forward: the lower median of those that the expiry's rows carry.
fn vendor(terms: ExpiryTerms<'_>, config: &PricingConfig) -> Result<ExpiryForward, ForwardFailure> {
    let column = &terms.chain.columns().forward;
    let usable = |forward: &f64| forward.is_finite() && 0.0 < *forward;
    let mut given: Vec<f64> = rows_of(terms)
        .filter_map(|i| column.get(i))
        .filter(usable)
        .collect();
    given.sort_unstable_by(f64::total_cmp);
    let forward = given
        .get(given.len().saturating_sub(1) / 2)
        .copied()
        .ok_or(ForwardFailure::NoVendorForward)?;
    Ok(ExpiryForward {
        forward,
        source: ForwardSource::Vendor,
        ..carry(terms, config)
    })
}

/// Spot carried to settlement.
///
/// ```text
/// F = S·exp((r − q)·T)      D = exp(−r·T)
/// ```
fn carry(terms: ExpiryTerms<'_>, config: &PricingConfig) -> ExpiryForward {
    let spot = terms.chain.head().spot.get();
    let (rate, dividend) = (config.rate.get(), config.dividend.get());
    ExpiryForward {
        forward: spot * math::exp((rate - dividend) * terms.tau_years),
        discount: math::exp(-rate * terms.tau_years),
        source: ForwardSource::Carry,
        residual_iqr: None,
        fell_back: None,
        american: rows_of(terms).any(|i| terms.chain.columns().exercise[i] == Exercise::American),
    }
}

/// Fits put–call parity to the expiry's quotes.
///
/// ```text
/// linear    C − P = D·F − D·K        in quote currency
/// inverse   C − P = D − (D/F)·K      in coin, D near 1 and then not used
/// ```
///
/// Weighted least squares over strikes within 5 % of spot whose call and put both have a positive
/// bid and an uncrossed market; the weight is one over the squared sum of the two spreads. A locked
/// market would weigh without bound, so spreads are floored at a tenth of their median.
fn parity(terms: ExpiryTerms<'_>, config: &PricingConfig) -> Result<ExpiryForward, ForwardFailure> {
    let points = parity_points(terms);
    // Two roots may settle together and quote one strike twice.
    let strikes = points.chunk_by(|a, b| a.strike >= b.strike).count();
    if strikes < MIN_STRIKES {
        return Err(ForwardFailure::FewStrikes(strikes));
    }
    let spot = terms.chain.head().spot.get();
    let line = weighted_line(&points, spot);
    let payoff = payoff_of(terms);
    let (discount, currency_per_unit) = match payoff {
        Payoff::Linear => (-line.slope, 1.0),
        Payoff::Inverse => (line.at_zero(), spot),
    };
    if !(0.5 < discount && discount <= 1.1) {
        return Err(ForwardFailure::Discount(discount));
    }
    let forward = -line.at_zero() / line.slope;
    if !(forward.is_finite() && 0.0 < forward) {
        return Err(ForwardFailure::Forward(forward));
    }
    let residual_iqr = residual_iqr(&points, &line) * currency_per_unit;
    if residual_iqr.is_nan() || MAX_RESIDUAL_IQR * spot < residual_iqr {
        return Err(ForwardFailure::Residuals(residual_iqr));
    }
    let carried = carry(terms, config);
    Ok(ExpiryForward {
        forward,
        discount: match payoff {
            Payoff::Linear => discount,
            Payoff::Inverse => carried.discount,
        },
        source: ForwardSource::Parity,
        residual_iqr: Some(residual_iqr),
        ..carried
    })
}

/// A strike with the price of its synthetic forward.
#[derive(Debug, Clone, Copy)]
struct ParityPoint {
    strike: f64,
    call_less_put: f64,
    spread: f64,
}

fn parity_points(terms: ExpiryTerms<'_>) -> Vec<ParityPoint> {
    let columns = terms.chain.columns();
    let spot = terms.chain.head().spot.get();
    let payoff = payoff_of(terms);
    let near = |i: &usize| (columns.strike[*i] - spot).abs() <= STRIKE_BAND * spot;
    rows_of(terms)
        .filter(near)
        .filter(|&i| columns.right[i] == Right::Call && columns.payoff[i] == payoff)
        .filter_map(|call| parity_point(columns, call, terms.rows.rows.end))
        .collect()
}

/// The call in row `call` beside its put, which stands a few rows further down at the same strike.
fn parity_point(columns: &ChainColumns, call: usize, end: usize) -> Option<ParityPoint> {
    let strike = columns.strike[call];
    let put = (call + 1..end)
        .take_while(|&i| columns.strike[i].total_cmp(&strike).is_eq())
        .find(|&i| columns.right[i] == Right::Put && columns.root[i] == columns.root[call])?;
    let (call, put) = (market_of(columns, call)?, market_of(columns, put)?);
    Some(ParityPoint {
        strike,
        call_less_put: call.mid - put.mid,
        spread: call.spread + put.spread,
    })
}

/// Mid and width of a market that can be traded on both sides, in the currency of the premium.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Market {
    /// Half-way between bid and offer.
    pub(crate) mid: f64,
    /// Offer less bid.
    pub(crate) spread: f64,
}

/// The market of row `i`; `None` without a positive bid or with an offer below it.
pub(crate) fn market_of(columns: &ChainColumns, i: usize) -> Option<Market> {
    let (bid, ask) = (columns.bid.get(i)?, columns.ask.get(i)?);
    (0.0 < bid && bid <= ask && ask.is_finite()).then_some(Market {
        mid: 0.5 * (bid + ask),
        spread: ask - bid,
    })
}

/// A line about `centre`, which keeps the sums small.
#[derive(Debug, Clone, Copy)]
struct Line {
    centre: f64,
    at_centre: f64,
    slope: f64,
}

impl Line {
    fn at(&self, x: f64) -> f64 {
        self.at_centre + self.slope * (x - self.centre)
    }

    fn at_zero(&self) -> f64 {
        self.at(0.0)
    }
}

fn weighted_line(points: &[ParityPoint], centre: f64) -> Line {
    let floor = spread_floor(points);
    let (mut w, mut wx, mut wy, mut wxx, mut wxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for point in points {
        let spread = point.spread.max(floor);
        let weight = 1.0 / (spread * spread);
        let (x, y) = (point.strike - centre, point.call_less_put);
        w += weight;
        wx += weight * x;
        wy += weight * y;
        wxx += weight * x * x;
        wxy += weight * x * y;
    }
    let slope = (w * wxy - wx * wy) / (w * wxx - wx * wx);
    Line {
        centre,
        at_centre: (wy - slope * wx) / w,
        slope,
    }
}

/// A tenth of the median spread, or 1 where every market is locked and weights are equal.
fn spread_floor(points: &[ParityPoint]) -> f64 {
    let mut spreads: Vec<f64> = points.iter().map(|point| point.spread).collect();
    spreads.sort_unstable_by(f64::total_cmp);
    let floor = 0.1 * quantile(&spreads, 0.5);
    if 0.0 < floor { floor } else { 1.0 }
}

fn residual_iqr(points: &[ParityPoint], line: &Line) -> f64 {
    let mut residuals: Vec<f64> = points
        .iter()
        .map(|point| point.call_less_put - line.at(point.strike))
        .collect();
    residuals.sort_unstable_by(f64::total_cmp);
    quantile(&residuals, 0.75) - quantile(&residuals, 0.25)
}

/// Quantile of sorted values, linear between order statistics (Hyndman and Fan 1996, type 7).
fn quantile(sorted: &[f64], level: f64) -> f64 {
    let place = level * (sorted.len() - 1) as f64;
    let below = place.floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place within the slice"
    )]
    let i = below as usize;
    let next = (i + 1).min(sorted.len() - 1);
    sorted[i] + (place - below) * (sorted[next] - sorted[i])
}

fn rows_of(terms: ExpiryTerms<'_>) -> std::ops::Range<usize> {
    terms.rows.rows.clone()
}

/// The payoff of the expiry's first row; pairs of the other kind take no part in the fit.
fn payoff_of(terms: ExpiryTerms<'_>) -> Payoff {
    terms.chain.columns().payoff[terms.rows.rows.start]
}
