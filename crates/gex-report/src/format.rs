//! Numbers as people read them: thousands separators, a true minus sign, decimals that the
//! interval justifies.

use gex_analysis::findings::Estimate;

/// What stands for an undefined number; the reason goes into the cell's title.
pub(crate) const UNDEFINED: &str = "–";

/// Writes a number with thousands separators and `decimals` decimals.
///
/// The minus sign is U+2212, and a negative number that rounds to zero has none.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return UNDEFINED.to_owned();
    }
    let digits = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let rounds_to_zero = digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let sign = if value < 0.0 && !rounds_to_zero {
        "\u{2212}"
    } else {
        ""
    };
    format!("{sign}{}{fraction}", with_separators(whole))
}

fn with_separators(whole: &str) -> String {
    let mut out = String::with_capacity(whole.len() + whole.len() / 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Writes a count with thousands separators.
pub(crate) fn count(value: usize) -> String {
    with_separators(&value.to_string())
}

/// How many decimals show `size` with two significant digits, at most six.
pub(crate) fn decimals_for(size: f64) -> usize {
    if !size.is_finite() || size <= 0.0 {
        return 2;
    }
    let magnitude = size.log10().floor();
    (0..=6)
        .find(|&decimals| magnitude + f64::from(decimals) >= 1.0)
        .map_or(6, |decimals| usize::try_from(decimals).unwrap_or(6))
}

/// How many decimals an estimate deserves: two significant digits of its interval's width, and at
/// least one where it is a percentage, so that a column of them lines up.
pub(crate) fn estimate_decimals(estimate: &Estimate) -> usize {
    let decimals = match estimate.interval {
        Some((low, high)) if (high - low).abs() > 0.0 => decimals_for((high - low).abs()),
        _ => decimals_for(estimate.value.unwrap_or(0.0).abs()),
    };
    decimals.max(usize::from(estimate.unit.starts_with('%')))
}

/// Writes rows with the effective number of independent ones: `1,235 (64)`.
pub(crate) fn sample(estimate: &Estimate) -> String {
    match finite(estimate.n_effective) {
        Some(effective) => format!("{} ({})", count(estimate.n), number(effective, 0)),
        None => count(estimate.n),
    }
}

/// Writes an interval: `−2.3 to 1.5`.
pub(crate) fn interval(bounds: (f64, f64), decimals: usize) -> String {
    format!(
        "{} to {}",
        number(bounds.0, decimals),
        number(bounds.1, decimals)
    )
}

/// Writes a p-value: three decimals, and `<0.001` below.
pub(crate) fn p_value(value: f64) -> String {
    if value < 0.001 {
        "<0.001".to_owned()
    } else {
        number(value, 3)
    }
}

/// Writes a share in [0, 1] as a percentage: `12.5 %`.
pub(crate) fn percent(share: f64, decimals: usize) -> String {
    format!("{} %", number(share * 100.0, decimals))
}

/// Writes a price or strike: no decimals from 1,000 up, two from 1, more below.
pub(crate) fn level(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 1000.0 => 0,
        size if size >= 1.0 => 2,
        _ => 5,
    };
    let text = number(value, decimals);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Keeps a finite number and turns everything else into a gap.
pub(crate) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_separators_and_a_true_minus() {
        assert_eq!(number(1_234_567.891, 1), "1,234,567.9");
        assert_eq!(number(-999.0, 0), "\u{2212}999");
        assert_eq!(number(-1000.0, 0), "\u{2212}1,000");
        assert_eq!(number(-0.001, 2), "0.00");
        assert_eq!(number(f64::NAN, 2), UNDEFINED);
    }

    #[test]
    fn decimals_follow_the_width_of_the_interval() {
        let decimals =
            |value, interval, unit: &str| estimate_decimals(&estimate(value, interval, unit));
        assert_eq!(decimals(0.0314, Some((0.0101, 0.0527)), "log"), 3);
        assert_eq!(decimals(3.2, Some((-1.0, 5.0)), "log"), 1);
        assert_eq!(decimals(320.0, Some((100.0, 900.0)), "log"), 0);
        assert_eq!(decimals(0.0, None, "log"), 2);
        assert_eq!(decimals(-9.1, Some((-15.4, -2.2)), "% of volatility"), 1);
    }

    fn estimate(value: f64, interval: Option<(f64, f64)>, unit: &str) -> Estimate {
        Estimate {
            value: Some(value),
            unit: unit.to_owned(),
            std_error: None,
            interval,
            level: 0.95,
            method: String::new(),
            n: 1235,
            n_effective: Some(64.07),
            p_values: Vec::new(),
            mde80: None,
            undefined: None,
        }
    }

    #[test]
    fn a_sample_says_how_much_of_it_counts() {
        let mut found = estimate(1.0, None, "log");
        assert_eq!(sample(&found), "1,235 (64)");
        found.n_effective = None;
        assert_eq!(sample(&found), "1,235");
    }

    #[test]
    fn p_values_never_read_as_zero() {
        assert_eq!(p_value(0.000_01), "<0.001");
        assert_eq!(p_value(0.0421), "0.042");
    }

    #[test]
    fn levels_drop_needless_decimals() {
        assert_eq!(level(6001.4), "6,001");
        assert_eq!(level(412.5), "412.5");
        assert_eq!(level(410.0), "410");
    }
}
