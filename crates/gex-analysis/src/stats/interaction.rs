//! Autocorrelation of returns by regime: the signature of dealers' hedging.
//!
//! ```text
//! r_{t+1}/v_t = a + ρ x_t + d D_t + κ D_t x_t + u,   x_t = r_t/v_t,   v_t known at t
//! ρ: autocorrelation outside the regime      ρ + κ: inside
//! ```
//!
//! With long gamma dealers trade against a move (ρ < 0), with short gamma along with it (κ > 0).
//! Standardised by volatility: without it the least-squares error rejects 13 % at a nominal 5 %.

use super::Undefined;
use super::ols::{Design, Ols};
use super::undefined::require_length;

/// Column of ρ in the fit.
pub const RHO: usize = 1;
/// Column of κ in the fit.
pub const KAPPA: usize = 3;

/// The regression of the next return on this one, the regime and their product.
#[derive(Debug, Clone, PartialEq)]
pub struct Interaction {
    /// Columns: constant, x, D, D x. Test [`KAPPA`] with HC0 or EWC, not with classical errors.
    pub fit: Ols,
}

impl Interaction {
    /// Fits standardised next returns on standardised returns and the regime.
    ///
    /// # Errors
    /// When lengths differ, a value is not finite, or the regime holds always or never.
    pub fn fit(next: &[f64], now: &[f64], in_regime: &[bool]) -> Result<Self, Undefined> {
        require_length("regime", in_regime.len(), now.len())?;
        let dummy: Vec<f64> = in_regime
            .iter()
            .map(|inside| f64::from(u8::from(*inside)))
            .collect();
        let product: Vec<f64> = dummy.iter().zip(now).map(|(d, x)| d * x).collect();
        let fit = Ols::fit(next, Design::with_constant(&[now, &dummy, &product])?)?;
        Ok(Self { fit })
    }

    /// Slopes outside and inside the regime: ρ and ρ + κ.
    pub fn slopes(&self) -> (f64, f64) {
        let of = |column: usize| {
            self.fit
                .coefficients
                .get(column)
                .copied()
                .unwrap_or(f64::NAN)
        };
        (of(RHO), of(RHO) + of(KAPPA))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_slopes_are_recovered() -> Result<(), Undefined> {
        let now: Vec<f64> = (0..40).map(|t| libm::sin(f64::from(t) * 1.3)).collect();
        let regime: Vec<bool> = (0..40).map(|t| t % 5 < 2).collect();
        let next: Vec<f64> = now
            .iter()
            .zip(&regime)
            .map(|(x, inside)| if *inside { 0.2 + 0.1 * x } else { -0.1 * x })
            .collect();
        let (outside, inside) = Interaction::fit(&next, &now, &regime)?.slopes();
        assert!((outside + 0.1).abs() < 1e-12 && (inside - 0.1).abs() < 1e-12);
        assert!(Interaction::fit(&next, &now, &[false; 40]).is_err());
        Ok(())
    }
}
