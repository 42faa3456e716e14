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
    /// Closed form in mpmath at 60 digits on the exact doubles of the row: right, F, K, T, r, vol, then
    /// price, delta, gamma, vega, theta, rho, vanna, charm, vomma, speed, zomma, color, d1, d2.
    const REFERENCE: [&str; 3] = [
        "p,0.5,0.5,0.00821917808219178,0.15,0.2,0.0036122922569517737,-0.49577164922701605,43.9483517086898,0.018060966455625944,-0.21919991470490624,-2.9690073344809096e-05,0.018060966455625944,-0.2941075059275014,-7.4223149817640865e-06,-131.84505512606938,-219.75981950990462,2680.3367234601433,0.009065968278232492,-0.009065968278232492",
        "p,4321.5,3664.7782,0.019178082191780823,0.02,0.5,0.7940809769489864,-0.007861024594024693,7.212929589409498e-05,12.916828914544698,-168.36420958791868,-0.015228950242857274,-0.1012657241699416,1.3199138267234296,146.36808604046732,-5.988629153437247e-07,0.0006730803276409643,-0.008772640256544688,2.4151650535324487,2.3459225770606675",
        "p,12.34,12.386333,0.00821917808219178,0.0,0.01,0.046333043900762746,-0.9999821222497527,0.00695598299215866,8.7059710990747e-05,-5.2961324186037766e-05,-0.0003808195389103787,0.03217232915780236,-0.019571500237663103,0.14876859046183755,2.5694092230995356,11.190861846854967,-6.807774290170105,-4.133323431408926,-4.1342300282367495",
    ];

    fn numbers(row: &str) -> (Right, Vec<f64>) {
        let (right, numbers) = row.split_once(',').unwrap();
        let right = if right == "c" {
            Right::Call
        } else {
            Right::Put
        };
        (
            right,
            numbers.split(',').map(|n| n.parse().unwrap()).collect(),
        )
    }

    fn check(got: &[f64], want: &[f64]) {
        assert_eq!(got.len(), want.len());
        for (i, (got, want)) in got.iter().zip(want).enumerate() {
            let gap = (got - want).abs();
            assert!(gap <= 1e-9 * want.abs(), "column {i}: {got:e} for {want:e}");
        }
    }

    fn columns(greeks: &Greeks) -> [f64; 14] {
        let g = *greeks;
        [
            g.price, g.delta, g.gamma, g.vega, g.theta, g.rho, g.vanna, g.charm, g.vomma, g.speed,
            g.zomma, g.color, g.d1, g.d2,
        ]
    }

    #[test]
    fn every_derivative_matches_the_reference_rows() {
        for row in REFERENCE {
            let (right, n) = numbers(row);
            let terms = Terms {
                right,
                forward: n[0],
                strike: n[1],
                years: n[2],
                rate: n[3],
                vol: n[4],
            };
            check(&columns(&terms.greeks().unwrap()), &n[5..]);
        }
    }

    const RATE: f64 = 0.03;

    fn grid() -> impl Iterator<Item = Terms> {
        let strikes = [70.0, 95.0, 100.0, 104.0, 150.0];
        let markets = [(0.02, 0.5), (0.3, 0.15), (1.5, 0.4), (6.0, 1.1)];
        strikes.into_iter().flat_map(move |strike| {
            markets.into_iter().flat_map(move |(years, vol)| {
                [Right::Call, Right::Put].map(|right| Terms {
                    right,
                    forward: 100.0,
                    strike,
                    years,
                    rate: RATE,
                    vol,
                })
            })
        })
    }

    /// Central difference of one column between two shifted terms.
    fn slope(terms: &Terms, column: usize, shift: fn(&mut Terms, f64), step: f64) -> f64 {
        let at = |step: f64| {
            let mut shifted = *terms;
            shift(&mut shifted, step);
            columns(&shifted.greeks().unwrap())[column]
        };
        (at(step) - at(-step)) / (2.0 * step)
    }

    #[test]
    fn every_derivative_is_the_finite_difference_of_its_parent() {
        const FORWARD: (fn(&mut Terms, f64), f64) = (|t, h| t.forward += h, 1e-3);
        const VOL: (fn(&mut Terms, f64), f64) = (|t, h| t.vol += h, 1e-5);
        const TIME: (fn(&mut Terms, f64), f64) = (|t, h| t.years -= h, 1e-6);
        const INTEREST: (fn(&mut Terms, f64), f64) = (|t, h| t.rate += h, 1e-5);
        // (derivative, parent, shift): positions in `columns`.
        let family = [
            (1, 0, FORWARD),
            (2, 1, FORWARD),
            (3, 0, VOL),
            (4, 0, TIME),
            (5, 0, INTEREST),
            (6, 1, VOL),
            (7, 1, TIME),
            (8, 3, VOL),
            (9, 2, FORWARD),
            (10, 2, VOL),
            (11, 2, TIME),
        ];
        for terms in grid() {
            let exact = columns(&terms.greeks().unwrap());
            for (derivative, parent, (shift, step)) in family {
                let want = slope(&terms, parent, shift, step);
                let gap = (exact[derivative] - want).abs();
                assert!(
                    gap < 2e-5 * want.abs() + 1e-7,
                    "{terms:?}: {derivative} by {want}"
                );
            }
        }
    }

    #[test]
    fn calls_less_puts_are_the_discounted_forward_contract() {
        for call in grid().filter(|terms| terms.right == Right::Call) {
            let put = Terms {
                right: Right::Put,
                ..call
            };
            let (call_greeks, put_greeks) = (call.greeks().unwrap(), put.greeks().unwrap());
            let contract = call.discount() * (call.forward - call.strike);
            assert!((call_greeks.price - put_greeks.price - contract).abs() < 1e-12);
            assert!((call_greeks.delta - put_greeks.delta - call.discount()).abs() < 1e-15);
        }
    }

    #[test]
    fn without_deviation_the_limits_hold_and_the_kink_is_refused() {
        for base in grid() {
            for terms in [Terms { years: 0.0, ..base }, Terms { vol: 0.0, ..base }] {
                let greeks = terms.greeks();
                if (terms.forward - terms.strike).abs() < f64::EPSILON {
                    assert_eq!(greeks, Err(Undefined::AtKink(100.0)));
                    assert!(terms.price().unwrap().abs() < f64::EPSILON);
                    continue;
                }
                let nearly = Terms {
                    vol: 1e-4,
                    years: terms.years.max(1e-9),
                    ..terms
                };
                let (limit, near) = (greeks.unwrap(), nearly.greeks().unwrap());
                for (limit, near) in columns(&limit)[..12].iter().zip(&columns(&near)) {
                    assert!((limit - near).abs() < 1e-6, "{terms:?}: {limit} {near}");
                }
            }
        }
    }

    #[test]
    fn terms_that_no_market_has_are_refused_by_name() {
        let good = grid().next().unwrap();
        let message = Terms { vol: -0.2, ..good }.price().unwrap_err().to_string();
        assert_eq!(
            message,
            "volatility must be finite and zero or more, got -0.2: set the row aside"
        );
        assert!(
            Terms {
                forward: 0.0,
                ..good
            }
            .greeks()
            .is_err()
        );
        assert!(
            Terms {
                rate: f64::NAN,
                ..good
            }
            .greeks()
            .is_err()
        );
    }
}
