//! Black-Scholes-Merton: Black-76 restated on spot, with an interest and a dividend rate.
//!
//! With `F = S·e^((r−q)T)` every derivative on spot is that on the forward times the growth of the
//! forward, plus what the forward's own drift adds. There is one set of formulas.
//!
//! Sources: F. Black and M. Scholes, Journal of Political Economy 81 (1973); R. Merton, Bell Journal
//! of Economics 4 (1973).

use crate::black76::{self, Greeks, Undefined, above_zero, finite, sign_of, zero_or_more};
use crate::market::contract::Right;
use crate::math::{exp, ln_ratio, norm_cdf};

/// One European option and the spot market that prices it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// Call or put.
    pub right: Right,
    /// Spot, in quote currency per unit of underlying; above zero.
    pub spot: f64,
    /// Strike, in the same unit; above zero.
    pub strike: f64,
    /// Time left, in years of 365 days; zero or more.
    pub years: f64,
    /// Interest rate, continuously compounded, per year, as a decimal.
    pub rate: f64,
    /// Dividend yield, continuously compounded, per year, as a decimal.
    pub dividend: f64,
    /// Volatility, annual, as a decimal; zero or more.
    pub vol: f64,
}

/// Derivatives on spot, and the one that a forward does not have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpotGreeks {
    /// Price and derivatives with the spot as level; `rho` holds the spot.
    pub on_spot: Greeks,
    /// `∂V/∂q`: quote currency per 1.00 of dividend yield.
    pub rho_q: f64,
}

impl Terms {
    /// Returns the forward `S·e^((r−q)T)`, in quote currency.
    pub fn forward(&self) -> f64 {
        self.spot * self.growth()
    }

    /// Returns the same option on its forward.
    ///
    /// # Errors
    ///
    /// [`Undefined::Term`] for a term out of its range.
    pub fn on_forward(&self) -> Result<black76::Terms, Undefined> {
        above_zero("spot", self.spot)?;
        zero_or_more("time to expiry", self.years)?;
        finite("dividend yield", self.dividend)?;
        Ok(black76::Terms {
            right: self.right,
            forward: self.forward(),
            strike: self.strike,
            years: self.years,
            rate: self.rate,
            vol: self.vol,
        })
    }

    /// Returns the price per unit of underlying, in quote currency.
    ///
    /// ```text
    /// V = w·(S·e^(−qT)·N(w·d₁) − K·e^(−rT)·N(w·d₂))
    /// ```
    ///
    /// # Errors
    ///
    /// [`Undefined::Term`] for a term out of its range.
    pub fn price(&self) -> Result<f64, Undefined> {
        self.on_forward()?.price()
    }

    /// Returns the price and every derivative on spot, per unit of underlying.
    ///
    /// With `g = e^((r−q)T)`, `b = r − q` and the derivatives of Black-76 at right:
    ///
    /// ```text
    /// Δ = g·Δ      Γ = g²·Γ     vanna = g·vanna     speed = g³·speed     zomma = g²·zomma
    /// Θ = Θ − b·F·Δ             charm = g·(charm − b·(Δ + F·Γ))
    /// color = g²·(color − b·(2Γ + F·speed))
    /// ρ = w·T·D·K·N(w·d₂)       ρ_q = −T·F·Δ
    /// ```
    ///
    /// # Errors
    ///
    /// [`Undefined::Term`] for a term out of its range; [`Undefined::AtKink`] without time or
    /// volatility where the forward equals the strike.
    pub fn greeks(&self) -> Result<SpotGreeks, Undefined> {
        let terms = self.on_forward()?;
        let (growth, carry) = (self.growth(), self.rate - self.dividend);
        let log_moneyness = ln_ratio(self.spot, self.strike) + carry * self.years;
        let on_forward = terms.greeks_at(log_moneyness)?;
        let Greeks {
            delta,
            gamma,
            speed,
            d2,
            ..
        } = on_forward;
        let (forward, sign) = (terms.forward, sign_of(self.right));
        let strike_leg = sign * terms.discount() * self.strike * norm_cdf(sign * d2);
        Ok(SpotGreeks {
            on_spot: Greeks {
                delta: growth * delta,
                gamma: growth * growth * gamma,
                theta: on_forward.theta - carry * forward * delta,
                rho: self.years * strike_leg,
                vanna: growth * on_forward.vanna,
                charm: growth * (on_forward.charm - carry * (delta + forward * gamma)),
                speed: growth.powi(3) * speed,
                zomma: growth * growth * on_forward.zomma,
                color: growth
                    * growth
                    * (on_forward.color - carry * (2.0 * gamma + forward * speed)),
                ..on_forward
            },
            rho_q: -self.years * forward * delta,
        })
    }

    fn growth(&self) -> f64 {
        exp((self.rate - self.dividend) * self.years)
    }
}
