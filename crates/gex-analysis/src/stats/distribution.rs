//! Distribution functions and quantiles of the normal, Student's t, chi-squared and F laws.
//!
//! Tails are computed as tails, never as one minus a probability, so that a p-value of 1e-90 keeps
//! its digits. Incomplete beta and gamma come from `statrs`, erfc from `libm`.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use statrs::function::beta::checked_beta_reg;
use statrs::function::gamma::checked_gamma_ur;

use super::Undefined;

/// The law that a test statistic is referred to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reference {
    /// Standard normal.
    Normal,
    /// Student's t.
    StudentT {
        /// Degrees of freedom, above zero.
        degrees: f64,
    },
}

impl Reference {
    /// Computes P(|X| ≥ |statistic|).
    ///
    /// # Errors
    /// When the statistic is NaN or the degrees of freedom are not positive.
    ///
    /// ```
    /// use gex_analysis::stats::distribution::Reference;
    /// let p = Reference::StudentT { degrees: 10.0 }.two_sided(2.228_138_851_986_274)?;
    /// assert!((p - 0.05).abs() < 1e-12);
    /// # Ok::<(), gex_analysis::stats::Undefined>(())
    /// ```
    pub fn two_sided(self, statistic: f64) -> Result<f64, Undefined> {
        match self {
            Self::Normal => finite(
                "p-value",
                libm::erfc(statistic.abs() / std::f64::consts::SQRT_2),
            ),
            Self::StudentT { degrees } => student_two_sided(statistic, degrees),
        }
    }

    /// Computes P(X ≥ statistic).
    ///
    /// # Errors
    /// As [`Reference::two_sided`].
    pub fn upper_tail(self, statistic: f64) -> Result<f64, Undefined> {
        let both = self.two_sided(statistic)?;
        Ok(if statistic >= 0.0 {
            0.5 * both
        } else {
            1.0 - 0.5 * both
        })
    }

    /// Finds the value below which the given probability lies.
    ///
    /// # Errors
    /// When the probability is not strictly between 0 and 1, or the degrees of freedom are not
    /// positive.
    pub fn quantile(self, probability: f64) -> Result<f64, Undefined> {
        require_probability(probability)?;
        match self {
            Self::Normal => normal_quantile(probability),
            Self::StudentT { degrees } => {
                let law = StudentsT::new(0.0, 1.0, degrees).map_err(|_| bad_degrees(degrees))?;
                finite("quantile", law.inverse_cdf(probability))
            }
        }
    }
}

/// Computes P(X ≤ z) of the standard normal law.
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// Finds the value below which the given probability of the standard normal law lies.
///
/// # Errors
/// When the probability is not strictly between 0 and 1.
pub fn normal_quantile(probability: f64) -> Result<f64, Undefined> {
    require_probability(probability)?;
    let start = Normal::standard().inverse_cdf(probability);
    // One Newton step: the library's inverse keeps ten digits, the tail nearly sixteen.
    let density = libm::exp(-0.5 * start * start) / std::f64::consts::TAU.sqrt();
    finite(
        "quantile",
        start - (normal_cdf(start) - probability) / density,
    )
}

/// Computes P(X ≥ statistic) of the chi-squared law.
///
/// # Errors
/// When the statistic is negative or NaN, or the degrees of freedom are not positive.
pub fn chi_squared_upper_tail(statistic: f64, degrees: f64) -> Result<f64, Undefined> {
    if statistic == 0.0 {
        return Ok(1.0);
    }
    checked_gamma_ur(0.5 * degrees, 0.5 * statistic).map_err(|_| bad_statistic(statistic))
}

/// Computes P(X ≥ statistic) of the F law with `above` and `below` degrees of freedom.
///
/// # Errors
/// When the statistic is negative or NaN, or a degree of freedom is not positive.
pub fn f_upper_tail(statistic: f64, above: f64, below: f64) -> Result<f64, Undefined> {
    let share = below / (below + above * statistic);
    checked_beta_reg(0.5 * below, 0.5 * above, share).map_err(|_| bad_statistic(statistic))
}

fn student_two_sided(statistic: f64, degrees: f64) -> Result<f64, Undefined> {
    if degrees <= 0.0 || degrees.is_nan() {
        return Err(bad_degrees(degrees));
    }
    let share = degrees / (degrees + statistic * statistic);
    checked_beta_reg(0.5 * degrees, 0.5, share).map_err(|_| bad_statistic(statistic))
}

fn require_probability(probability: f64) -> Result<(), Undefined> {
    if probability > 0.0 && probability < 1.0 {
        return Ok(());
    }
    Err(Undefined::Domain {
        what: "probability",
        value: probability,
        needed: "between 0 and 1",
    })
}

fn finite(what: &'static str, value: f64) -> Result<f64, Undefined> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(Undefined::Domain {
        what,
        value,
        needed: "finite",
    })
}

fn bad_statistic(value: f64) -> Undefined {
    Undefined::Domain {
        what: "test statistic",
        value,
        needed: "a number in the law's support",
    }
}

fn bad_degrees(value: f64) -> Undefined {
    Undefined::Domain {
        what: "degrees of freedom",
        value,
        needed: "above zero",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Quantiles of Student's t: NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2.
    #[test]
    fn student_quantiles_match_the_printed_table() -> Result<(), Undefined> {
        for (degrees, printed) in [(1.0, 12.706), (4.0, 2.776), (11.0, 2.201), (100.0, 1.984)] {
            let got = Reference::StudentT { degrees }.quantile(0.975)?;
            assert!(
                (got - printed).abs() < 5.1e-4,
                "t({degrees}): {got} is not {printed}"
            );
        }
        Ok(())
    }

    #[test]
    fn quantile_and_tail_undo_each_other() -> Result<(), Undefined> {
        for degrees in [3.0, 11.0, 480.0] {
            let law = Reference::StudentT { degrees };
            let back = law.upper_tail(law.quantile(0.8)?)?;
            assert!((back - 0.2).abs() < 1e-10, "t({degrees}): {back}");
        }
        let back = normal_cdf(normal_quantile(0.001)?);
        assert!((back - 0.001).abs() < 1e-17, "{back:e}");
        Ok(())
    }

    // Abramowitz and Stegun (1964), table 26.8: the upper 5 % point of chi-squared(3) is 7.81473.
    #[test]
    fn chi_squared_matches_the_printed_table() -> Result<(), Undefined> {
        assert!((chi_squared_upper_tail(7.814_727_9, 3.0)? - 0.05).abs() < 1e-8);
        Ok(())
    }

    #[test]
    fn f_with_one_degree_above_is_t_squared() -> Result<(), Undefined> {
        let t = Reference::StudentT { degrees: 7.0 }.two_sided(1.7)?;
        assert!((f_upper_tail(1.7 * 1.7, 1.0, 7.0)? - t).abs() < 1e-14);
        Ok(())
    }

    #[test]
    fn a_probability_outside_the_unit_interval_is_refused() {
        assert!(Reference::Normal.quantile(1.0).is_err());
        assert!(Reference::StudentT { degrees: 0.0 }.two_sided(1.0).is_err());
    }
}
