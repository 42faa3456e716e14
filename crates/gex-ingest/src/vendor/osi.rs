//! Option symbols of the US market: root, date, right and strike in one word.

use chrono::NaiveDate;
use gex_compute::market::contract::Right;

/// What a symbol such as `SPXW260918P07400000` says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Symbol {
    /// `SPXW`; spaces that pad it to six letters are gone.
    pub(super) root: String,
    /// Date of expiry.
    pub(super) expiry: NaiveDate,
    /// Call or put.
    pub(super) right: Right,
    /// Strike, in dollars.
    pub(super) strike: f64,
}

/// Six digits of date, a letter, eight digits of strike in thousandths.
const TAIL: usize = 15;

/// Reads a symbol of the Options Symbology Initiative (2010), padded or not.
pub(super) fn parse(symbol: &str) -> Option<Symbol> {
    let (root, tail) = split(symbol)?;
    let (date, rest) = tail.split_at_checked(6)?;
    let (right, strike) = rest.split_at_checked(1)?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(date) || !digits(strike) {
        return None;
    }
    let number = |text: &str| text.parse::<u32>().ok();
    let (year, month, day) = (
        number(&date[..2])?,
        number(&date[2..4])?,
        number(&date[4..])?,
    );
    Some(Symbol {
        root: root.to_owned(),
        expiry: NaiveDate::from_ymd_opt(2000 + i32::try_from(year).ok()?, month, day)?,
        right: Right::from_letter(right)?,
        strike: f64::from(number(strike)?) / 1_000.0,
    })
}

/// The root alone, whatever the rest says.
pub(super) fn root_of(symbol: &str) -> Option<&str> {
    split(symbol).map(|(root, _)| root)
}

fn split(symbol: &str) -> Option<(&str, &str)> {
    let (root, tail) = symbol.split_at_checked(symbol.len().checked_sub(TAIL)?)?;
    let root = root.trim();
    (!root.is_empty()).then_some((root, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_read_padded_or_not() {
        let weekly = parse("SPXW260918P07400000").unwrap();
        assert_eq!((weekly.root.as_str(), weekly.right), ("SPXW", Right::Put));
        assert_eq!(weekly.expiry.to_string(), "2026-09-18");
        assert!((weekly.strike - 7_400.0).abs() < 1e-12);
        let padded = parse("SPY   240105C00400500").unwrap();
        assert_eq!(padded.root, "SPY");
        assert!((padded.strike - 400.5).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_symbol_is_none() {
        for text in [
            "",
            "?",
            "240105C00400000",
            "SPY241305C00400000",
            "SPY240105X00400000",
            "SPY24O105C00400000",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(root_of("SPY1240105C00400000"), Some("SPY1"));
        assert_eq!(root_of("240105C00400000"), None);
        assert_eq!(root_of("?"), None);
    }
}
