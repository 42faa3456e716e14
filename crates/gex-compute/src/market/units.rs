//! Quantities that can be swapped by mistake, each as a type of its own.
//!
//! A type checks its range once, at construction; kernels then work on plain `f64` whose names
//! carry the unit. `get` is the way out of a type, `new` the only way in.

use std::fmt;

/// A value outside the range of its unit.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{unit} must be {range}, got {value}")]
pub struct OutOfRange {
    /// Name of the unit.
    pub unit: &'static str,
    /// The range in words.
    pub range: &'static str,
    /// The value that was refused.
    pub value: f64,
}

macro_rules! positive_unit {
    ($(#[$doc:meta])* $name:ident, $word:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
        pub struct $name(f64);

        impl $name {
            /// Wraps `value`.
            ///
            /// # Errors
            ///
            /// [`OutOfRange`] unless `value` is finite and above zero.
            pub fn new(value: f64) -> Result<Self, OutOfRange> {
                if value.is_finite() && 0.0 < value {
                    Ok(Self(value))
                } else {
                    Err(OutOfRange { unit: $word, range: "finite and above zero", value })
                }
            }

            /// The plain number, in the unit of the type.
            pub fn get(self) -> f64 {
                self.0
            }
        }
    };
}

positive_unit!(
    /// Level of the underlying, in quote currency per unit of underlying.
    Spot, "spot"
);
positive_unit!(
    /// Strike of a contract, in quote currency per unit of underlying.
    Strike, "strike"
);
positive_unit!(
    /// Forward of one expiry, in quote currency per unit of underlying.
    Forward, "forward"
);
positive_unit!(
    /// Volatility, annual, as a decimal: 0.2 is twenty per cent.
    Vol, "volatility"
);
positive_unit!(
    /// Time left, in years of 365 days (ACT/365).
    Years, "time to expiry"
);

/// An interest or dividend rate, continuously compounded, per year, as a decimal.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// Zero.
    pub const ZERO: Self = Self(0.0);

    /// Wraps `value`.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`] unless `value` is finite.
    pub fn new(value: f64) -> Result<Self, OutOfRange> {
        if value.is_finite() {
            Ok(Self(value))
        } else {
            Err(OutOfRange {
                unit: "rate",
                range: "finite",
                value,
            })
        }
    }

    /// The plain number, per year.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// Currency of strikes and of every exposure, as its code in capitals: USD, INR, USDC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 8]);

/// A currency code that is not one to eight capital letters or digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("currency code must be one to eight of A-Z and 0-9, got {0:?}")]
pub struct BadCurrency(pub String);

impl Currency {
    /// US dollar.
    pub const USD: Self = Self(*b"USD\0\0\0\0\0");
    /// Indian rupee.
    pub const INR: Self = Self(*b"INR\0\0\0\0\0");

    /// Reads a code such as `USD`.
    ///
    /// # Errors
    ///
    /// [`BadCurrency`] unless the code is one to eight capital letters or digits.
    pub fn new(code: &str) -> Result<Self, BadCurrency> {
        let legal = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        if code.is_empty() || 8 < code.len() || !code.bytes().all(legal) {
            return Err(BadCurrency(code.to_owned()));
        }
        let mut bytes = [0; 8];
        bytes[..code.len()].copy_from_slice(code.as_bytes());
        Ok(Self(bytes))
    }

    /// The code, without padding.
    pub fn code(&self) -> &str {
        let end = self.0.iter().position(|&b| b == 0).unwrap_or(8);
        std::str::from_utf8(&self.0[..end]).unwrap_or_default()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Currency({})", self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positive_units_refuse_what_is_not_positive() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Spot::new(bad).is_err(), "{bad}");
        }
        assert_eq!(Spot::new(5_000.0).map(Spot::get), Ok(5_000.0));
        let message = Vol::new(-0.2).unwrap_err().to_string();
        assert_eq!(
            message,
            "volatility must be finite and above zero, got -0.2"
        );
    }

    #[test]
    fn currency_round_trips_and_refuses_text() {
        assert_eq!(Currency::new("USD").unwrap(), Currency::USD);
        assert_eq!(Currency::new("USDC").unwrap().code(), "USDC");
        for bad in ["", "usd", "<b>", "TOOLONGCODE"] {
            assert!(Currency::new(bad).is_err(), "{bad}");
        }
    }
}
