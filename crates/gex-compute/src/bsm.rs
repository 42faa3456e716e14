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

#[cfg(test)]
mod tests {
    use super::*;

    /// Closed form in mpmath at 60 digits on the exact doubles of the row: right, S, K, T, r, q, vol, then
    /// price, delta, gamma, vega, theta, rho, `rho_q`, vanna, charm, vomma, speed, zomma, color, d1, d2.
    const REFERENCE: [&str; 4] = [
        "p,12.34,12.34,1.902587519025875e-06,0.02,0.06,0.1,0.0006795130328753767,-0.500192540298186,234.38104390018947,0.006790432665244994,-178.699451890269,-1.1744778273045075e-05,1.174348544002971e-05,0.002476251782301659,50.58457487782802,2.034804308934715e-08,47.48400403164291,-2343.8097366614375,61595366.75567137,-0.00048277010168471456,-0.0006207044164517759",
        "p,100.0,103.77915,0.019178082191780823,0.02,-0.01,0.1,3.7220059425070207,-0.9959236612355714,0.00906629804900219,0.17387420915894614,2.608896200106745,-1.9813715190752033,1.909990583191507,0.3319665417408896,-0.8827238556448272,12.091437987563896,0.017128358001223483,0.5398191431472383,-1.4591333491309306,-2.6301532306774935,-2.64400172597185",
        "c,0.5,0.45147907,30.0,-0.05,0.013,0.01,7.019362641912165e-237,8.389389607779635e-234,1.0000695539517393e-230,7.500521654638045e-232,1.389061102689955e-235,1.2563026323743717e-232,-1.2584084411669454e-232,8.947726890336438e-229,1.660021900540917e-232,7.992203237226574e-227,1.1890299738290514e-227,1.0646270287429248e-225,1.978666564933337e-229,-32.61543444382153,-32.67020669957204",
        "c,0.5,0.50000091,1.902587519025875e-06,-0.0075,0.06,0.01,2.2916922914188227e-06,0.44383601065376527,57271.06222533848,0.00027240802047820813,-0.7009088296448587,4.222140670368935e-07,-4.222184271820446e-07,5.579685155679026,-12730.487608858666,0.0005435528052901343,1172843922.881057,-5612829.68074965,14790107185.46775,-0.14125041149418158,-0.14126420492565828",
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

    #[test]
    fn every_derivative_matches_the_reference_rows() {
        for row in REFERENCE {
            let (right, n) = numbers(row);
            let terms = Terms {
                right,
                spot: n[0],
                strike: n[1],
                years: n[2],
                rate: n[3],
                dividend: n[4],
                vol: n[5],
            };
            let SpotGreeks { on_spot: g, rho_q } = terms.greeks().unwrap();
            let got = [
                g.price, g.delta, g.gamma, g.vega, g.theta, g.rho, rho_q, g.vanna, g.charm,
                g.vomma, g.speed, g.zomma, g.color, g.d1, g.d2,
            ];
            check(&got, &n[6..]);
        }
    }
}
