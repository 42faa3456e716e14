//! Exposures on an axis: which power of ten, and the words of the unit.

use crate::input::ExposureUnit;

/// A unit with the power of ten that suits a figure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ShownUnit {
    /// What values are divided by before they are shown.
    pub(crate) divisor: f64,
    /// The unit in words: `$bn per 1 % move`.
    pub(crate) words: String,
}

impl ShownUnit {
    /// Chooses billions, millions, thousands or ones by the largest size to be shown.
    pub(crate) fn new(unit: &ExposureUnit, largest: f64) -> Self {
        let (divisor, power) = match largest.abs() {
            size if !size.is_finite() => (1.0, ""),
            size if size >= 5e8 => (1e9, "bn"),
            size if size >= 5e5 => (1e6, "m"),
            size if size >= 5e3 => (1e3, "k"),
            _ => (1.0, ""),
        };
        match unit {
            ExposureUnit::CurrencyPerPct(currency) => Self {
                divisor,
                words: format!("{} per 1 % move", money(currency, power)),
            },
            ExposureUnit::AsGiven(words) => Self {
                divisor,
                words: match power {
                    "" => words.clone(),
                    power => format!("{words}, in {power}"),
                },
            },
        }
    }

    /// A value in the shown unit.
    pub(crate) fn scale(&self, value: Option<f64>) -> Option<f64> {
        value
            .map(|number| number / self.divisor)
            .filter(|number| number.is_finite())
    }
}

fn money(currency: &str, power: &str) -> String {
    match (currency, power) {
        ("USD", _) => format!("${power}"),
        (other, "") => other.to_owned(),
        (other, _) => format!("{other} {power}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_written_in_the_power_that_suits() {
        let unit = ExposureUnit::CurrencyPerPct("USD".to_owned());
        let billions = ShownUnit::new(&unit, 6.7e9);
        assert_eq!(billions.words, "$bn per 1 % move");
        assert_eq!(billions.scale(Some(-4.5e9)), Some(-4.5));
        assert_eq!(billions.scale(Some(f64::NAN)), None);
        assert_eq!(ShownUnit::new(&unit, 2.0e6).words, "$m per 1 % move");
        assert_eq!(ShownUnit::new(&unit, 12.0).words, "$ per 1 % move");
    }

    #[test]
    fn other_currencies_and_given_units_keep_their_names() {
        let rupees = ExposureUnit::CurrencyPerPct("INR".to_owned());
        assert_eq!(ShownUnit::new(&rupees, 3e9).words, "INR bn per 1 % move");
        let given = ExposureUnit::AsGiven("index points".to_owned());
        assert_eq!(ShownUnit::new(&given, 30.0).words, "index points");
        assert_eq!(ShownUnit::new(&given, 30.0).scale(Some(7.0)), Some(7.0));
        assert_eq!(ShownUnit::new(&given, 3e9).words, "index points, in bn");
        assert_eq!(ShownUnit::new(&given, 3e9).scale(Some(7e9)), Some(7.0));
    }
}
