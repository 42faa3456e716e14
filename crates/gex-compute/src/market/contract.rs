//! What an option contract is: right, exercise, payoff.

use std::fmt;

/// Call or put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// The right to buy.
    Call,
    /// The right to sell.
    Put,
}

impl Right {
    /// `C` or `P`, as the archive writes it.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Call => "C",
            Self::Put => "P",
        }
    }

    /// Reads the archive's letter.
    pub fn from_letter(letter: &str) -> Option<Self> {
        match letter {
            "C" => Some(Self::Call),
            "P" => Some(Self::Put),
            _ => None,
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letter())
    }
}

/// When the holder may exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exercise {
    /// At settlement only.
    European,
    /// At any time: put–call parity holds only as an inequality.
    American,
}

impl Exercise {
    /// The archive's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::European => "european",
            Self::American => "american",
        }
    }

    /// Reads the archive's word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "european" => Some(Self::European),
            "american" => Some(Self::American),
            _ => None,
        }
    }
}

/// In what the contract pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Payoff {
    /// In quote currency.
    Linear,
    /// In the underlying itself, at its value on settlement: Deribit BTC and ETH.
    Inverse,
}

impl Payoff {
    /// The archive's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Inverse => "inverse",
        }
    }

    /// Reads the archive's word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "linear" => Some(Self::Linear),
            "inverse" => Some(Self::Inverse),
            _ => None,
        }
    }
}
