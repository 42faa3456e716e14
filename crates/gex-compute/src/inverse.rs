//! Inverse options: premium and payoff in the coin that underlies them (Deribit BTC and ETH).
//!
//! There is no interest on the quote currency in them: the forward carries it all. A position is
//! hedged with inverse futures of fixed size in quote currency, so that its delta is the
//! premium-adjusted one, `Δ − V/F`: the premium itself is worth more as the coin rises.
//!
//! Source: C. Alexander, D. Chen and A. Imeraj, "Crypto quanto and inverse options", Mathematical
//! Finance 33 (2023).

use crate::black76::{self, Greeks, Undefined, sign_of};
use crate::market::contract::Right;
use crate::math::{norm_cdf, norm_pdf};

/// One inverse European option and the market that prices it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// Call or put.
    pub right: Right,
    /// Forward of the expiry, in quote currency per coin; above zero.
    pub forward: f64,
    /// Strike, in the same unit; above zero.
    pub strike: f64,
    /// Time left, in years of 365 days; zero or more.
    pub years: f64,
    /// Volatility, annual, as a decimal; zero or more.
    pub vol: f64,
}

/// The price of an inverse option for one coin, in coin, and its derivatives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InverseGreeks {
    /// The linear option of the same terms: derivatives of the value in quote currency.
    pub linear: Greeks,
    /// `V/F`: price, in coin.
    pub price_coin: f64,
    /// `Δ − V/F`, coins: the hedge in futures of fixed size in quote currency, over `F`.
    pub delta_adjusted: f64,
    /// `∂(Δ − V/F)/∂F`: coins per point of quote currency.
    pub gamma_adjusted: f64,
    /// `∂(Δ − V/F)/∂σ`: coins per 1.00 of volatility.
    pub vanna_adjusted: f64,
    /// `−∂(Δ − V/F)/∂T`: coins per year that passes.
    pub charm_adjusted: f64,
    /// `∂(V/F)/∂F`: coins per point of quote currency.
    pub coin_delta: f64,
    /// `∂²(V/F)/∂F²`: coins per point, squared.
    pub coin_gamma: f64,
    /// `∂(V/F)/∂σ`: coins per 1.00 of volatility.
    pub coin_vega: f64,
    /// `−∂(V/F)/∂T`: coins per year that passes.
    pub coin_theta: f64,
}

impl Terms {
    /// Returns the linear option of the same terms, at an interest rate of zero.
    pub fn linear(&self) -> black76::Terms {
        black76::Terms {
            right: self.right,
            forward: self.forward,
            strike: self.strike,
            years: self.years,
            rate: 0.0,
            vol: self.vol,
        }
    }

    /// Returns the price for one coin, in coin: `w·(N(w·d₁) − (K/F)·N(w·d₂))`.
    ///
    /// # Errors
    ///
    /// [`Undefined::Term`] for a term out of its range.
    pub fn price_coin(&self) -> Result<f64, Undefined> {
        Ok(self.linear().price()? / self.forward)
    }

    /// Returns the price in coin and every derivative, for one coin of underlying.
    ///
    /// ```text
    /// Δ − V/F = w·(K/F)·N(w·d₂)                 ∂/∂F = Γ − (Δ − V/F)/F
    /// ∂/∂σ = −φ(d₁)·d₁/σ                        −∂/∂T = φ(d₁)·d₁/(2T)
    /// ∂(V/F)/∂F = (Δ − V/F)/F                   ∂²(V/F)/∂F² = (Γ − 2·(Δ − V/F)/F)/F
    /// ```
    ///
    /// # Errors
    ///
    /// [`Undefined::Term`] for a term out of its range; [`Undefined::AtKink`] without time or
    /// volatility where forward equals strike.
    pub fn greeks(&self) -> Result<InverseGreeks, Undefined> {
        let linear = self.linear().greeks()?;
        let Self {
            forward, strike, ..
        } = *self;
        let sign = sign_of(self.right);
        let delta_adjusted = sign * strike / forward * norm_cdf(sign * linear.d2);
        let coin_delta = delta_adjusted / forward;
        let (vanna_adjusted, charm_adjusted) = self.adjusted_drifts(linear.d1);
        Ok(InverseGreeks {
            linear,
            price_coin: linear.price / forward,
            delta_adjusted,
            gamma_adjusted: linear.gamma - coin_delta,
            vanna_adjusted,
            charm_adjusted,
            coin_delta,
            coin_gamma: (linear.gamma - 2.0 * coin_delta) / forward,
            coin_vega: linear.vega / forward,
            coin_theta: linear.theta / forward,
        })
    }

    /// Vanna and charm of the premium-adjusted delta; both vanish where no deviation is left.
    fn adjusted_drifts(&self, d1: f64) -> (f64, f64) {
        if d1.is_infinite() {
            return (0.0, 0.0);
        }
        let flow = norm_pdf(d1) * d1;
        (-flow / self.vol, flow / (2.0 * self.years))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Closed form in mpmath at 60 digits on the exact doubles of the row: right, F, K, T, vol, then
    /// the columns in the order of `columns`.
    const REFERENCE: [&str; 2] = [
        "p,27123.5,27123.5,0.5,0.3,0.08447002662322806,2291.122767115126,-0.457764986688386,6.894696801466441e-05,-0.5422350133116141,8.893830443185297e-05,-1.9991336417188563e-05,4.016061380317494e-09,0.2805124630418625,-0.08415373891255876,0.14025623152093125,-0.04207686945627938,-0.14025623152093125,0.04207686945627938,0.10606601717798213,-0.10606601717798213",
        "c,27123.5,27728.26,0.00821917808219178,0.05,5.01817534770176e-10,1.3611047904338869e-05,5.797624913498204e-07,2.3829544254821828e-08,5.792606738150502e-07,2.380818784160764e-08,2.1356413214188812e-11,8.769823742656165e-13,2.6561944257355884e-07,-8.079258044945748e-07,0.00028518970274698727,-0.0008674520125220865,0.0002849240833044137,-0.0008666440867175918,-4.8624315221709296,-4.866964506310046",
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

    fn columns(greeks: &InverseGreeks) -> [f64; 16] {
        let (g, l) = (*greeks, greeks.linear);
        [
            g.price_coin,
            l.price,
            l.delta,
            l.gamma,
            g.delta_adjusted,
            g.gamma_adjusted,
            g.coin_delta,
            g.coin_gamma,
            g.coin_vega,
            g.coin_theta,
            l.vanna,
            l.charm,
            g.vanna_adjusted,
            g.charm_adjusted,
            l.d1,
            l.d2,
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
                vol: n[3],
            };
            check(&columns(&terms.greeks().unwrap()), &n[4..]);
        }
    }
}
