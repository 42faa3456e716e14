//! Why a statistic has no value.

/// The reason why a statistic is undefined.
///
/// Every estimator of this crate returns it in place of a NaN or a zero, so that a report can say
/// what was missing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Undefined {
    /// Too few rows for the estimator.
    #[error("{rows} rows are too few, at least {needed} are needed")]
    TooShort {
        /// Rows given.
        rows: usize,
        /// Rows needed.
        needed: usize,
    },
    /// A series is constant where its variation carries the answer.
    #[error("{what} does not vary")]
    ZeroVariance {
        /// Which series.
        what: &'static str,
    },
    /// The regressors nearly repeat one another.
    #[error(
        "the regressors are collinear (condition number {condition:.2e} exceeds 1e10), drop one"
    )]
    Collinear {
        /// Condition number of the design with columns of unit length.
        condition: f64,
    },
    /// A kernel without a guarantee of positivity gave a variance of zero or less.
    #[error("the estimated variance {variance:e} is not positive, use a Bartlett kernel instead")]
    VarianceNotPositive {
        /// The estimate.
        variance: f64,
    },
    /// Two inputs that belong together differ in length.
    #[error("{what} has {got} values where {expected} belong")]
    Length {
        /// Which input.
        what: &'static str,
        /// Its length.
        got: usize,
        /// The length it should have.
        expected: usize,
    },
    /// An input holds a NaN or an infinity.
    #[error("{what} is not finite at row {row}, exclude and count the row first")]
    NotFinite {
        /// Which input.
        what: &'static str,
        /// Row, from 0.
        row: usize,
    },
    /// A parameter or value lies outside the domain of the formula.
    #[error("{what} is {value}, it must be {needed}")]
    Domain {
        /// Which quantity.
        what: &'static str,
        /// Its value.
        value: f64,
        /// What the formula needs.
        needed: &'static str,
    },
}

/// Refuses fewer rows than the estimator needs.
pub(crate) fn require_rows(rows: usize, needed: usize) -> Result<(), Undefined> {
    if rows < needed {
        Err(Undefined::TooShort { rows, needed })
    } else {
        Ok(())
    }
}

/// Refuses an input whose length differs from its partner's.
pub(crate) fn require_length(
    what: &'static str,
    got: usize,
    expected: usize,
) -> Result<(), Undefined> {
    if got == expected {
        Ok(())
    } else {
        Err(Undefined::Length {
            what,
            got,
            expected,
        })
    }
}

/// Refuses an input with a NaN or an infinity.
pub(crate) fn require_finite(what: &'static str, values: &[f64]) -> Result<(), Undefined> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(row) => Err(Undefined::NotFinite { what, row }),
        None => Ok(()),
    }
}

/// Passes a variance that is positive, and refuses any other.
pub(crate) fn require_positive_variance(variance: f64) -> Result<f64, Undefined> {
    if variance > 0.0 && variance.is_finite() {
        Ok(variance)
    } else {
        Err(Undefined::VarianceNotPositive { variance })
    }
}

/// Whether every value equals the first, rounding not forgiven.
pub(crate) fn is_constant(values: &[f64]) -> bool {
    values
        .first()
        .is_some_and(|first| values.iter().all(|value| value - first == 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_the_value_and_the_cure() {
        let reason = Undefined::TooShort { rows: 3, needed: 8 };
        assert_eq!(
            reason.to_string(),
            "3 rows are too few, at least 8 are needed"
        );
    }

    #[test]
    fn nan_is_refused_with_its_row() {
        let reason = require_finite("signal", &[1.0, f64::NAN]);
        assert_eq!(
            reason,
            Err(Undefined::NotFinite {
                what: "signal",
                row: 1
            })
        );
    }
}
