//! Sharpe ratios with their uncertainty, and deflated by the number of trials.
//!
//! ```text
//! V = 1 − γ₃ SR + (γ₄ − 1)/4 SR²
//! PSR(SR*) = Φ( (SR − SR*) √(T−1) / √V )
//! E[max] = √Var(SR_k) ((1 − γ) Z(1 − 1/K) + γ Z(1 − 1/(K e)))       DSR = PSR(E[max])
//! MinTRL = 1 + V (Z(c)/(SR − SR*))²
//! Lo: se = √((1 + SR²/2)/T),  η(q) = q/√(q + 2 Σ_{k<q} (q − k) ρ_k)
//! ```
//!
//! Bailey and López de Prado (2012, 2014), Lo (2002). Every ratio is PER PERIOD: an annualised one
//! with the number of periods inflates the statistic by the root of the periods a year. Skewness
//! γ₃ and kurtosis γ₄ (not in excess) are the population formulas.

use super::Undefined;
use super::autocorrelation::autocorrelations;
use super::distribution::{normal_cdf, normal_quantile};
use super::moments::{Bias, excess_kurtosis, mean, skewness, standard_deviation, variance};
use super::undefined::{is_constant, require_positive_variance, require_rows};

/// The Euler-Mascheroni constant.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// Computes mean over standard deviation (n − 1), per period.
///
/// # Errors
/// When there are fewer than two returns or they do not vary.
pub fn sharpe_ratio(excess_returns: &[f64]) -> Result<f64, Undefined> {
    if is_constant(excess_returns) {
        return Err(Undefined::ZeroVariance {
            what: "the returns",
        });
    }
    Ok(mean(excess_returns)? / standard_deviation(excess_returns)?)
}

/// A Sharpe ratio and the shape of the returns behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sharpe {
    /// Ratio per period.
    pub ratio: f64,
    /// Population skewness of the returns.
    pub skewness: f64,
    /// Population kurtosis of the returns, three for a normal law.
    pub kurtosis: f64,
    /// Number of returns.
    pub periods: usize,
}

impl Sharpe {
    /// Measures excess returns.
    ///
    /// # Errors
    /// When there are fewer than four returns or they do not vary.
    pub fn measure(excess_returns: &[f64]) -> Result<Self, Undefined> {
        Ok(Self {
            ratio: sharpe_ratio(excess_returns)?,
            skewness: skewness(excess_returns, Bias::Kept)?,
            kurtosis: excess_kurtosis(excess_returns, Bias::Kept)? + 3.0,
            periods: excess_returns.len(),
        })
    }

    /// Annualised ratio, √periods a year times the ratio; for display only.
    pub fn annualised(&self, periods_per_year: f64) -> f64 {
        self.ratio * periods_per_year.sqrt()
    }

    /// Probability that the true ratio exceeds a benchmark per period.
    ///
    /// # Errors
    /// When skew and kurtosis leave the ratio no positive variance.
    pub fn probabilistic(&self, benchmark: f64) -> Result<f64, Undefined> {
        let root = (self.periods as f64 - 1.0).sqrt();
        Ok(normal_cdf(
            (self.ratio - benchmark) * root / self.shape_variance()?.sqrt(),
        ))
    }

    /// Periods needed to exceed a benchmark per period at the given confidence.
    ///
    /// # Errors
    /// When the ratio does not exceed the benchmark, or as [`Sharpe::probabilistic`].
    pub fn minimum_track_record(&self, benchmark: f64, confidence: f64) -> Result<f64, Undefined> {
        let edge = self.ratio - benchmark;
        if edge <= 0.0 {
            let needed = "above zero to be proved by any record";
            return Err(Undefined::Domain {
                what: "edge over the benchmark",
                value: edge,
                needed,
            });
        }
        Ok(1.0 + self.shape_variance()? * (normal_quantile(confidence)? / edge).powi(2))
    }

    /// Standard error of Lo (2002) for independent normal returns, per period.
    pub fn std_error_independent(&self) -> f64 {
        ((1.0 + 0.5 * self.ratio * self.ratio) / self.periods as f64).sqrt()
    }

    fn shape_variance(&self) -> Result<f64, Undefined> {
        let ratio = self.ratio;
        let curved = 0.25 * (self.kurtosis - 1.0) * ratio * ratio;
        require_positive_variance(1.0 - self.skewness * ratio + curved)
    }
}

/// Computes the largest ratio that `count` worthless trials would show on average, per period.
///
/// `trial_ratios` are the trials whose spread is known; `count` may exceed them.
///
/// # Errors
/// When fewer than two ratios are given or `count` is below two.
pub fn expected_maximum(trial_ratios: &[f64], count: usize) -> Result<f64, Undefined> {
    require_rows(count, 2)?;
    let trials = count as f64;
    let high = normal_quantile(1.0 - trials.recip())?;
    let higher = normal_quantile(1.0 - (trials * std::f64::consts::E).recip())?;
    let spread = variance(trial_ratios)?.sqrt();
    Ok(spread * ((1.0 - EULER_GAMMA) * high + EULER_GAMMA * higher))
}

/// Computes Lo's η(q): what a ratio per period is multiplied by to reach q periods.
///
/// # Errors
/// When returns are not more than q or do not vary, or the sum below the root is not positive.
///
/// ```
/// use gex_analysis::stats::sharpe::lo_scale;
/// assert_eq!(lo_scale(&[0.1, -0.2, 0.3], 1)?, 1.0);
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn lo_scale(returns: &[f64], periods: usize) -> Result<f64, Undefined> {
    require_rows(periods, 1)?;
    let q = periods as f64;
    let rho = autocorrelations(returns, periods - 1)?;
    let weighted: f64 = rho
        .iter()
        .enumerate()
        .map(|(index, r)| (q - index as f64 - 1.0) * r)
        .sum();
    Ok(q / require_positive_variance(q + 2.0 * weighted)?.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Bailey and López de Prado (2014), numerical example: 2.5 annualised over 5 years of daily
    // returns, 100 trials with a variance of ½ a year, skewness −3 and kurtosis 10 give
    // SR0 = 0.1132 and DSR = 0.9004.
    #[test]
    fn the_deflated_ratio_matches_its_paper() -> Result<(), Undefined> {
        let day = 250.0_f64;
        let ratio = 2.5 / day.sqrt();
        let sharpe = Sharpe {
            ratio,
            skewness: -3.0,
            kurtosis: 10.0,
            periods: 1250,
        };
        let half_width = (0.25 / day).sqrt();
        let benchmark = expected_maximum(&[half_width, -half_width], 100)?;
        assert!((benchmark - 0.1132).abs() < 5e-5, "{benchmark}");
        assert!((sharpe.probabilistic(benchmark)? - 0.9004).abs() < 5e-5);
        Ok(())
    }

    #[test]
    fn a_record_proves_what_it_just_proves() -> Result<(), Undefined> {
        let sharpe = Sharpe {
            ratio: 0.1,
            skewness: -0.5,
            kurtosis: 4.0,
            periods: 500,
        };
        let length = sharpe.minimum_track_record(0.0, 0.95)?;
        let z = 0.1 * (length - 1.0).sqrt() / sharpe.shape_variance()?.sqrt();
        assert!((normal_cdf(z) - 0.95).abs() < 1e-12);
        assert!(sharpe.minimum_track_record(0.2, 0.95).is_err());
        Ok(())
    }

    #[test]
    fn constant_returns_have_no_ratio() {
        assert!(sharpe_ratio(&[0.01; 5]).is_err());
    }
}
