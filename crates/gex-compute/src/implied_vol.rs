//! From a price back to the volatility that explains it.
//!
//! The price is turned into that of the option's twin out of the money, so that only time value is
//! left, and `σ√T` is the root of `ln b(σ√T) = ln β`: a function so nearly straight in the logarithm
//! that Halley's steps reach the last digit in two to five rounds, at a price of 1e-237 as at 10.
//! Near the largest price the same is done for what is missing to it.
//!
//! Sources: P. Jaeckel, "Let's be rational", Wilmott (2015), for the twin and the logarithm; the
//! inflection point as a start is that of Manaster and Koehler, Journal of Finance 37 (1982).

use crate::black76::{Terms, Undefined, above_zero, otm, otm_scale, sign_of};
use crate::market::contract::Right;
use crate::market::units::Vol;
use crate::math::{exp, ln, ln_ratio, norm_cdf, sqrt, sqrt_two_pi};

/// Roundings of the forward that an intrinsic value may carry: less time value than these is none.
pub(crate) const ROUNDINGS: f64 = 4.0;
/// The share of itself by which rounding may move a volatility that still counts as determined:
/// 2⁻²⁸, half of a double's digits.
pub(crate) const DETERMINED_WITHIN: f64 = 1.0 / (1_u64 << 28) as f64;
/// A cubic step shorter than this share of its target has arrived.
const ARRIVED: f64 = 1e-8;
/// Steps before the solver settles for its bracket. Two to five are usual.
const MOST_STEPS: u32 = 64;

/// A price of one European option and the market in which it was quoted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quote {
    /// Call or put.
    pub right: Right,
    /// Forward of the expiry, in quote currency per unit of underlying.
    pub forward: f64,
    /// Strike, in the same unit.
    pub strike: f64,
    /// Time left, in years of 365 days.
    pub years: f64,
    /// Value today of one unit of quote currency at settlement.
    pub discount: f64,
    /// Price per unit of underlying, in quote currency; for inverse options that in coin times the
    /// forward.
    pub price: f64,
}

/// How firmly a price fixes its volatility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Conditioning {
    /// The rounding of the inputs moves the volatility by less than 4e-9 of itself.
    WellConditioned,
    /// The volatility is lost in the rounding of a price that is nearly all intrinsic value, or
    /// nearly the largest possible: do not use it.
    IllConditioned,
}

/// A volatility and what it is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Solved {
    /// Volatility, annual, as a decimal.
    pub vol: Vol,
    /// How firmly the price fixes it.
    pub conditioning: Conditioning,
}

/// Why a price has no volatility.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum NoVol {
    /// The price is not a number.
    #[error("price is not a number: {0}")]
    NanInput(f64),
    /// Less than exercise would pay, or below zero.
    #[error("price {price} lies below the discounted intrinsic value {intrinsic}")]
    BelowIntrinsic {
        /// The price.
        price: f64,
        /// What it may not undercut.
        intrinsic: f64,
    },
    /// Intrinsic value alone, up to rounding: volatility zero, which prices nothing else.
    #[error("price {0} holds no time value")]
    NoTimeValue(f64),
    /// At or above what the option could ever be worth.
    #[error("price {price} reaches the largest possible value {max}")]
    AboveMax {
        /// The price.
        price: f64,
        /// Discounted forward for calls, discounted strike for puts.
        max: f64,
    },
    /// A market that cannot be: forward, strike, time or discount not above zero.
    #[error(transparent)]
    Market(#[from] Undefined),
}

impl NoVol {
    /// Returns the reason as a word for counts and tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NanInput(_) => "nan-input",
            Self::BelowIntrinsic { .. } => "below-intrinsic",
            Self::NoTimeValue(_) => "no-time-value",
            Self::AboveMax { .. } => "above-max",
            Self::Market(_) => "bad-market",
        }
    }
}

/// Returns the annual volatility at which Black-76 returns the price.
///
/// ```
/// use gex_compute::implied_vol::{Conditioning, Quote, solve};
/// use gex_compute::market::contract::Right;
///
/// let quote = Quote {
///     right: Right::Put,
///     forward: 0.5,
///     strike: 0.5,
///     years: 3.0 / 365.0,
///     discount: (-0.15_f64 * 3.0 / 365.0).exp(),
///     price: 0.003_612_292_256_951_773_7,
/// };
/// let solved = solve(&quote)?;
/// assert!((solved.vol.get() - 0.2).abs() < 1e-12);
/// assert_eq!(solved.conditioning, Conditioning::WellConditioned);
/// # Ok::<(), gex_compute::implied_vol::NoVol>(())
/// ```
///
/// # Errors
///
/// [`NoVol`], which says what is wrong with the price or the market.
pub fn solve(quote: &Quote) -> Result<Solved, NoVol> {
    quote.check_market()?;
    let time_value = quote.time_value()?;
    let scale = sqrt(quote.forward) * sqrt(quote.strike);
    let moneyness = ln_ratio(quote.forward, quote.strike).abs();
    let target = time_value / scale;
    let std = std_of(moneyness, target);
    let vol = Vol::new(std / sqrt(quote.years)).map_err(|_| NoVol::NoTimeValue(quote.price))?;
    let conditioning = quote.conditioning(moneyness, std);
    Ok(Solved { vol, conditioning })
}

impl Quote {
    /// Puts a price beside the market of `terms`, whose volatility is left aside.
    pub fn of(terms: &Terms, price: f64) -> Self {
        Self {
            right: terms.right,
            forward: terms.forward,
            strike: terms.strike,
            years: terms.years,
            discount: terms.discount(),
            price,
        }
    }

    fn check_market(&self) -> Result<(), NoVol> {
        above_zero("forward", self.forward)?;
        above_zero("strike", self.strike)?;
        above_zero("time to expiry", self.years)?;
        above_zero("discount factor", self.discount)?;
        if !self.price.is_finite() {
            return Err(NoVol::NanInput(self.price));
        }
        Ok(())
    }

    /// What is left of the undiscounted price above intrinsic value: that of the twin out of the
    /// money.
    fn time_value(&self) -> Result<f64, NoVol> {
        let undiscounted = self.price / self.discount;
        let intrinsic = self.intrinsic();
        let time_value = undiscounted - intrinsic;
        let rounding = if 0.0 < intrinsic {
            ROUNDINGS * f64::EPSILON * self.forward.max(self.strike)
        } else {
            0.0
        };
        let max = match self.right {
            Right::Call => self.forward,
            Right::Put => self.strike,
        };
        if time_value < -rounding {
            let intrinsic = self.discount * intrinsic;
            return Err(NoVol::BelowIntrinsic {
                price: self.price,
                intrinsic,
            });
        }
        if time_value <= rounding {
            return Err(NoVol::NoTimeValue(self.price));
        }
        if max <= undiscounted {
            return Err(NoVol::AboveMax {
                price: self.price,
                max: self.discount * max,
            });
        }
        Ok(time_value)
    }

    fn intrinsic(&self) -> f64 {
        (sign_of(self.right) * (self.forward - self.strike)).max(0.0)
    }

    /// Weighs the rounding of the inputs against vega: out of the money the price alone rounds, in
    /// the money the forward and the strike do too.
    fn conditioning(&self, moneyness: f64, std: f64) -> Conditioning {
        let rounded = if 0.0 < self.intrinsic() {
            exp(0.5 * moneyness)
        } else {
            otm(moneyness, std)
        };
        let vega = otm_scale(-moneyness / std, 0.5 * std);
        if f64::EPSILON * rounded < DETERMINED_WITHIN * vega * std {
            Conditioning::WellConditioned
        } else {
            Conditioning::IllConditioned
        }
    }
}

/// The `σ√T` at which [`otm`] returns `target`, above zero and below `e^(−x/2)`.
fn std_of(x: f64, target: f64) -> f64 {
    let max = exp(-0.5 * x);
    let inflection = sqrt(2.0 * x);
    // Each start lies left of the root: b(x, s) is below s/√(2π) and below e^(−x²/(2s²)), and from
    // the left Newton's steps on a concave function never overshoot.
    let tail = if target < otm(x, inflection) {
        x / sqrt(-2.0 * ln(target))
    } else {
        inflection
    };
    let start = tail.max(sqrt_two_pi() * target);
    if target < 0.5 * max {
        root(start, |s| step_on_price(x, s, target))
    } else {
        root(start, |s| step_on_gap(x, s, max - target))
    }
}

/// A step towards the root: Newton's, and the ratio of second to first derivative there.
struct Step {
    newton: f64,
    bend: f64,
}

/// For `ln b(s) − ln β`, which rises.
fn step_on_price(x: f64, s: f64, target: f64) -> Step {
    let price = otm(x, s);
    let slope = otm_scale(-x / s, 0.5 * s) / price;
    Step {
        newton: -ln_ratio(price, target) / slope,
        bend: vega_bend(x, s) - slope,
    }
}

/// For `ln(bmax − b(s)) − ln(bmax − β)`, which falls.
fn step_on_gap(x: f64, s: f64, target: f64) -> Step {
    let (h, t) = (-x / s, 0.5 * s);
    let gap = exp(-0.5 * x) * norm_cdf(-h - t) + exp(0.5 * x) * norm_cdf(h - t);
    let slope = -otm_scale(h, t) / gap;
    Step {
        newton: -ln_ratio(gap, target) / slope,
        bend: vega_bend(x, s) - slope,
    }
}

/// `b''/b' = x²/s³ − s/4`.
fn vega_bend(x: f64, s: f64) -> f64 {
    (x / s) * (x / s) / s - 0.25 * s
}

/// Follows Halley's steps inside the bracket that their signs draw.
fn root(start: f64, step_at: impl Fn(f64) -> Step) -> f64 {
    let (mut low, mut high, mut s) = (0.0, f64::INFINITY, start);
    for _ in 0..MOST_STEPS {
        let Step { newton, bend } = step_at(s);
        if 0.0 < newton {
            low = s;
        } else {
            high = s;
        }
        let next = s + newton / (1.0 + 0.5 * newton * bend).clamp(0.5, 2.0);
        let inside = low <= next && next <= high;
        let next = if inside { next } else { between(low, high) };
        if (next - s).abs() <= ARRIVED * next {
            return next;
        }
        s = next;
    }
    s
}

fn between(low: f64, high: f64) -> f64 {
    if high.is_finite() {
        0.5 * (low + high)
    } else {
        2.0 * low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(right: Right, log_strike: f64, std: f64) -> Terms {
        Terms {
            right,
            forward: 100.0,
            strike: 100.0 * exp(log_strike),
            years: 0.25,
            rate: 0.03,
            vol: 2.0 * std,
        }
    }

    #[test]
    fn a_price_out_of_the_money_returns_its_volatility() {
        for x in [0.0, 1e-9, 1e-4, 0.01, 0.1, 0.7, 3.0, 9.0] {
            for std in [1e-4, 0.003, 0.02, 0.1, 0.39, 0.41, 1.0, 3.0, 8.0] {
                let terms = terms(Right::Call, x, std);
                let price = terms.price().unwrap();
                if price < f64::MIN_POSITIVE {
                    continue;
                }
                let Ok(solved) = solve(&Quote::of(&terms, price)) else {
                    assert!(7.0 < std, "x {x}, std {std} is refused");
                    continue;
                };
                let gap = (solved.vol.get() / terms.vol - 1.0).abs();
                if std < 4.0 {
                    assert_eq!(solved.conditioning, Conditioning::WellConditioned);
                    assert!(gap < 1e-8, "x {x}, std {std}: off by {gap:e}");
                }
            }
        }
    }

    #[test]
    fn in_the_money_a_volatility_is_as_firm_as_its_flag_says() {
        let mut flagged = 0;
        for x in [1e-4, 0.01, 0.1, 0.7] {
            for std in [0.002, 0.01, 0.05, 0.2, 0.8] {
                let terms = terms(Right::Put, x, std);
                match solve(&Quote::of(&terms, terms.price().unwrap())) {
                    Ok(solved) if solved.conditioning == Conditioning::WellConditioned => {
                        let gap = (solved.vol.get() / terms.vol - 1.0).abs();
                        assert!(gap < 8.0 * DETERMINED_WITHIN, "x {x}, std {std}: {gap:e}");
                    }
                    Ok(_) | Err(NoVol::NoTimeValue(_)) => flagged += 1,
                    Err(other) => panic!("x {x}, std {std}: {other}"),
                }
            }
        }
        assert!((1..20).contains(&flagged), "{flagged}");
    }

    /// The reasons for which a price is refused, at F = 100·e^0.01, T = 1/2 and r = 3 %.
    #[test]
    fn prices_without_a_volatility_are_refused_by_name() {
        let quote = |right, price| Quote {
            right,
            forward: 100.0 * exp(0.01),
            strike: 125.0,
            years: 0.5,
            discount: exp(-0.015),
            price,
        };
        for (right, price, word) in [
            (Right::Call, -1e-9, "below-intrinsic"),
            (Right::Put, 23.637_720_892_370_06, "below-intrinsic"),
            (Right::Call, 0.0, "no-time-value"),
            (Right::Put, 23.637_744_531_114_592, "no-time-value"),
            (Right::Call, 99.501_248_018_769_49, "above-max"),
            (Right::Put, 123.138_992_573_521_83, "above-max"),
            (Right::Put, f64::NAN, "nan-input"),
        ] {
            assert_eq!(
                solve(&quote(right, price)).unwrap_err().word(),
                word,
                "{price}"
            );
        }
        let expired = Quote {
            years: 0.0,
            ..quote(Right::Call, 1.0)
        };
        assert_eq!(solve(&expired).unwrap_err().word(), "bad-market");
    }
}
