//! Black-76: the price of a European option on a forward, and its derivatives.
//!
//! [`Terms`] is one contract at one market. The formulas hold for the forward of the expiry, so that
//! dividends and carry are in the forward; [`crate::bsm`] restates them on spot and
//! [`crate::inverse`] in coin. [`gamma`] and its neighbours are the bare kernels for loops.
//!
//! Source: F. Black, "The pricing of commodity contracts", Journal of Financial Economics 3 (1976).

use crate::market::contract::Right;
use crate::math::{exp, ln_ratio, mills, norm_cdf, norm_pdf, sqrt, sqrt_two_pi};

/// Half of the deviation `σ√T` below which the price is summed as a series of its odd powers.
const SERIES_BELOW: f64 = 0.2;
/// Terms of that series: the ninth adds less than 1e-17 of the sum at [`SERIES_BELOW`].
const SERIES_TERMS: u32 = 9;

/// One European option and the market that prices it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// Call or put.
    pub right: Right,
    /// Forward of the expiry, in quote currency per unit of underlying; above zero.
    pub forward: f64,
    /// Strike, in the same unit; above zero.
    pub strike: f64,
    /// Time left, in years of 365 days; zero or more.
    pub years: f64,
    /// Interest rate, continuously compounded, per year, as a decimal.
    pub rate: f64,
    /// Volatility, annual, as a decimal; zero or more.
    pub vol: f64,
}

/// The price of one option per unit of underlying, and its derivatives.
///
/// The level is the forward in [`crate::black76`] and the spot in [`crate::bsm`]. Volatility counts
/// per 1.00, so that a volatility point is a hundredth of it; time counts per year of calendar time
/// that passes, so that a day is 1/365 of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Greeks {
    /// Price, in quote currency.
    pub price: f64,
    /// `∂V/∂F`: units of underlying, above zero for calls.
    pub delta: f64,
    /// `∂²V/∂F²`: units of underlying per point of quote currency.
    pub gamma: f64,
    /// `∂V/∂σ`: quote currency per 1.00 of volatility.
    pub vega: f64,
    /// `−∂V/∂T`: quote currency per year that passes.
    pub theta: f64,
    /// `∂V/∂r`: quote currency per 1.00 of rate.
    pub rho: f64,
    /// `∂Δ/∂σ`: units of underlying per 1.00 of volatility.
    pub vanna: f64,
    /// `−∂Δ/∂T`: units of underlying per year that passes.
    pub charm: f64,
    /// `∂²V/∂σ²`: quote currency per 1.00 of volatility, squared.
    pub vomma: f64,
    /// `∂Γ/∂F`: units of underlying per point, squared.
    pub speed: f64,
    /// `∂Γ/∂σ`: units of underlying per point and 1.00 of volatility.
    pub zomma: f64,
    /// `−∂Γ/∂T`: units of underlying per point and year that passes.
    pub color: f64,
    /// `(ln(F/K) + σ²T/2) / (σ√T)`; infinite where no deviation is left.
    pub d1: f64,
    /// `d₁ − σ√T`.
    pub d2: f64,
}

/// Why a price or its derivatives are undefined.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Undefined {
    /// A term that no market has.
    #[error("{term} must be finite and {range}, got {value}: set the row aside")]
    Term {
        /// Which term.
        term: &'static str,
        /// What it may be.
        range: &'static str,
        /// What it was.
        value: f64,
    },
    /// The payoff's kink: nothing is left to spread it and forward equals strike.
    #[error("delta and gamma jump where forward equals strike ({0}) and no deviation is left")]
    AtKink(f64),
}

/// Returns `Γ₇₆`, undiscounted: units of underlying per point of quote currency.
///
/// ```text
/// Γ₇₆ = φ(d₁) / (F·σ√T)       d₁ = ln(F/K)/(σ√T) + σ√T/2
/// ```
///
/// `std` is `σ√T`; forward, strike and `std` must be above zero. Calls and puts share it.
///
/// ```
/// use gex_compute::black76;
///
/// let std = 0.2 * (30.0_f64 / 365.0).sqrt();
/// let gamma = black76::gamma(5_000.0, 5_500.0, std);
/// assert!((gamma - 3.664570201257e-4).abs() < 1e-16);
/// ```
pub fn gamma(forward: f64, strike: f64, std: f64) -> f64 {
    norm_pdf(d1(forward, strike, std)) / (forward * std)
}

/// Returns the undiscounted delta of a call or put, in units of underlying: `N(d₁)` or `−N(−d₁)`.
///
/// `std` is `σ√T`; forward, strike and `std` must be above zero.
pub fn delta(right: Right, forward: f64, strike: f64, std: f64) -> f64 {
    let sign = sign_of(right);
    sign * norm_cdf(sign * d1(forward, strike, std))
}

/// Returns `d₁ = ln(F/K)/(σ√T) + σ√T/2`, a pure number; `std` is `σ√T`.
pub fn d1(forward: f64, strike: f64, std: f64) -> f64 {
    ln_ratio(forward, strike) / std + 0.5 * std
}

/// Returns the undiscounted price, in quote currency.
///
/// ```text
/// V = w·(F·N(w·d₁) − K·N(w·d₂))       w = +1 for calls, −1 for puts
/// ```
///
/// An option in the money is its intrinsic value plus its twin out of the money, and the twin is
/// computed without cancellation, so that a price of 1e-237 has as many digits as one of 10.
/// `std` is `σ√T`, zero or more; forward and strike must be above zero.
pub fn price(right: Right, forward: f64, strike: f64, std: f64) -> f64 {
    let intrinsic = (sign_of(right) * (forward - strike)).max(0.0);
    intrinsic + twin(forward, strike, ln_ratio(forward, strike), std)
}

/// The undiscounted price of the twin out of the money.
fn twin(forward: f64, strike: f64, log_moneyness: f64, std: f64) -> f64 {
    sqrt(forward) * sqrt(strike) * otm(log_moneyness.abs(), std)
}

/// Returns the price of the twin out of the money over `√(F·K)`, undiscounted: a pure number below
/// `e^(−x/2)`, with `x = |ln(F/K)|` and `std = σ√T`.
///
/// ```text
/// b = e^(−x/2)·N(h + t) − e^(x/2)·N(h − t)       h = −x/std, t = std/2
///   = φ(h)·e^(−t²/2)·(Y(h + t) − Y(h − t))        Y = N/φ
/// ```
///
/// The first line loses every digit as `std` falls, the second keeps them, and for small `t` the
/// difference of Mills ratios is its own Taylor series (the idea is Jaeckel's, "Let's be rational",
/// 2015).
pub(crate) fn otm(x: f64, std: f64) -> f64 {
    if std <= 0.0 {
        return 0.0;
    }
    let (h, t) = (-x / std, 0.5 * std);
    if t < SERIES_BELOW {
        return otm_scale(h, t) * mills_difference_series(h, t);
    }
    if h + t < 0.0 {
        return otm_scale(h, t) * (mills(h + t) - mills(h - t));
    }
    exp(-0.5 * x) * norm_cdf(h + t) - exp(0.5 * x) * norm_cdf(h - t)
}

/// `φ(h)·e^(−t²/2)`: also the derivative of [`otm`] by `std`.
pub(crate) fn otm_scale(h: f64, t: f64) -> f64 {
    exp(-0.5 * (h * h + t * t)) / sqrt_two_pi()
}

/// `Y(h + t) − Y(h − t) = 2·Σ Y⁽²ᵏ⁺¹⁾(h)·t²ᵏ⁺¹/(2k+1)!`, from `Y' = 1 + h·Y` and
/// `Y⁽ⁿ⁺¹⁾ = h·Y⁽ⁿ⁾ + n·Y⁽ⁿ⁻¹⁾`.
fn mills_difference_series(h: f64, t: f64) -> f64 {
    let mut even = mills(h);
    let mut odd = 1.0 + h * even;
    let mut power = t;
    let mut sum = odd * power;
    for k in 1..SERIES_TERMS {
        let n = f64::from(2 * k);
        even = h * odd + (n - 1.0) * even;
        odd = h * even + n * odd;
        power *= t * t / (n * (n + 1.0));
        sum += odd * power;
    }
    2.0 * sum
}

/// `+1` for calls and `−1` for puts: the sign of the payoff, not of anybody's position.
pub(crate) fn sign_of(right: Right) -> f64 {
    match right {
        Right::Call => 1.0,
        Right::Put => -1.0,
    }
}

impl Terms {
    /// Returns the price per unit of underlying, in quote currency.
    ///
    /// Without time or volatility left it is the discounted intrinsic value.
    ///
    /// # Errors
    ///
    /// [`Undefined::Term`] for a term out of its range.
    pub fn price(&self) -> Result<f64, Undefined> {
        let Self {
            right,
            forward,
            strike,
            ..
        } = *self.checked()?;
        Ok(self.discount() * price(right, forward, strike, self.std()))
    }

    /// Returns the price and every derivative, per unit of underlying.
    ///
    /// ```text
    /// Δ = w·D·N(w·d₁)         Γ = D·φ(d₁)/(F·σ√T)       vega = D·F·φ(d₁)·√T
    /// Θ = r·V − D·F·φ(d₁)·σ/(2√T)                        ρ = −T·V
    /// vanna = −D·φ(d₁)·d₂/σ   charm = r·Δ + D·φ(d₁)·d₂/(2T)
    /// vomma = vega·d₁·d₂/σ    speed = −Γ·(d₁/(σ√T) + 1)/F
    /// zomma = Γ·(d₁·d₂ − 1)/σ color = Γ·(r + (1 − d₁·d₂)/(2T))
    /// ```
    ///
    /// with `D = e^(−rT)`. Theta and rho hold the forward. Without time or volatility left these are
    /// the limits.
    ///
    /// # Errors
    ///
    /// [`Undefined::Term`] for a term out of its range; [`Undefined::AtKink`] without time or
    /// volatility where forward equals strike.
    pub fn greeks(&self) -> Result<Greeks, Undefined> {
        self.greeks_at(ln_ratio(self.forward, self.strike))
    }

    /// The same with `ln(F/K)` from outside: near the money a rounded forward has lost its digits.
    pub(crate) fn greeks_at(&self, log_moneyness: f64) -> Result<Greeks, Undefined> {
        self.checked()?;
        if self.std() == 0.0 {
            return self.limit();
        }
        Ok(self.interior(log_moneyness))
    }

    fn interior(&self, log_moneyness: f64) -> Greeks {
        let Self {
            right,
            forward,
            strike,
            years,
            rate,
            vol,
        } = *self;
        let (discount, std, sign) = (self.discount(), self.std(), sign_of(right));
        let d1 = log_moneyness / std + 0.5 * std;
        let d2 = d1 - std;
        let density = discount * norm_pdf(d1);
        let intrinsic = (sign * (forward - strike)).max(0.0);
        let price = discount * (intrinsic + twin(forward, strike, log_moneyness, std));
        let delta = sign * discount * norm_cdf(sign * d1);
        let gamma = density / (forward * std);
        let vega = density * forward * sqrt(years);
        Greeks {
            price,
            delta,
            gamma,
            vega,
            theta: rate * price - vega * vol / (2.0 * years),
            rho: -years * price,
            vanna: -density * d2 / vol,
            charm: rate * delta + density * d2 / (2.0 * years),
            vomma: vega * d1 * d2 / vol,
            speed: -gamma * (d1 / std + 1.0) / forward,
            zomma: gamma * (d1 * d2 - 1.0) / vol,
            color: gamma * (rate + (1.0 - d1 * d2) / (2.0 * years)),
            d1,
            d2,
        }
    }

    /// The limit as `σ√T` falls to zero: a forward contract, or nothing.
    fn limit(&self) -> Result<Greeks, Undefined> {
        let Self {
            right,
            forward,
            strike,
            years,
            rate,
            ..
        } = *self;
        #[expect(clippy::float_cmp, reason = "the kink is one point")]
        if forward == strike {
            return Err(Undefined::AtKink(strike));
        }
        let price = self.discount() * price(right, forward, strike, 0.0);
        let delta = if 0.0 < price {
            sign_of(right) * self.discount()
        } else {
            0.0
        };
        let d1 = (forward - strike).signum() * f64::INFINITY;
        Ok(Greeks {
            price,
            delta,
            gamma: 0.0,
            vega: 0.0,
            theta: rate * price,
            rho: -years * price,
            vanna: 0.0,
            charm: rate * delta,
            vomma: 0.0,
            speed: 0.0,
            zomma: 0.0,
            color: 0.0,
            d1,
            d2: d1,
        })
    }

    /// `e^(−rT)`.
    pub(crate) fn discount(&self) -> f64 {
        exp(-self.rate * self.years)
    }

    /// `σ√T`, a pure number.
    pub(crate) fn std(&self) -> f64 {
        self.vol * sqrt(self.years)
    }

    fn checked(&self) -> Result<&Self, Undefined> {
        above_zero("forward", self.forward)?;
        above_zero("strike", self.strike)?;
        zero_or_more("time to expiry", self.years)?;
        zero_or_more("volatility", self.vol)?;
        finite("rate", self.rate)?;
        Ok(self)
    }
}

pub(crate) fn above_zero(term: &'static str, value: f64) -> Result<(), Undefined> {
    if value.is_finite() && 0.0 < value {
        return Ok(());
    }
    Err(Undefined::Term {
        term,
        range: "above zero",
        value,
    })
}

pub(crate) fn zero_or_more(term: &'static str, value: f64) -> Result<(), Undefined> {
    if value.is_finite() && 0.0 <= value {
        return Ok(());
    }
    Err(Undefined::Term {
        term,
        range: "zero or more",
        value,
    })
}

pub(crate) fn finite(term: &'static str, value: f64) -> Result<(), Undefined> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Undefined::Term {
        term,
        range: "a number",
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// mpmath 1.4.1 at 60 digits, at T = 30/365 and a volatility of 0.2.
    #[test]
    fn gamma_and_delta_match_the_reference_vectors() {
        let std = 0.2 * sqrt(30.0 / 365.0);
        assert!((gamma(5_000.0, 5_500.0, std) - 3.664_570_201_257_266e-4).abs() < 1e-18);
        assert!((gamma(5_000.0, 4_500.0, std) - 2.439_157_868_056_935_2e-4).abs() < 1e-18);
        assert!(
            (delta(Right::Call, 5_000.0, 5_500.0, std) - 0.051_173_941_509_223_8).abs() < 1e-15
        );
        assert!(
            (delta(Right::Put, 5_000.0, 4_500.0, std) + 0.031_006_976_250_705_14).abs() < 1e-15
        );
    }
}
