//! Price bars of the underlying, and control series such as a volatility index.

use super::Instant;

/// How a bar's prices were adjusted after the fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Adjustment {
    /// As traded.
    None,
    /// For splits only.
    Splits,
    /// For splits and dividends: not comparable with strikes.
    Total,
}

impl Adjustment {
    /// The archive's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Splits => "splits",
            Self::Total => "total",
        }
    }

    /// Reads the archive's word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "none" => Some(Self::None),
            "splits" => Some(Self::Splits),
            "total" => Some(Self::Total),
            _ => None,
        }
    }
}

/// One price bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Instant at which the bar opens.
    pub start: Instant,
    /// Instant at which the bar closes.
    pub end: Instant,
    /// Instant at which the whole bar was public, never before `end`.
    pub known_at: Instant,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Traded volume, where known.
    pub volume: Option<f64>,
}

/// The bars of one underlying, in time order.
#[derive(Debug, Clone, PartialEq)]
pub struct BarSeries {
    /// Name of the underlying.
    pub underlying: String,
    /// How the prices were adjusted.
    pub adjustment: Adjustment,
    /// Bars, ascending by `start`, none overlapping.
    pub bars: Vec<Bar>,
}

/// One value of a control series and the instant at which it was public.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ControlPoint {
    /// What instant the value is about.
    pub ts: Instant,
    /// When it was public, never before `ts`.
    pub known_at: Instant,
    /// The value, in the series' own unit.
    pub value: f64,
}

/// A control series: VIX, DVOL, average daily volume, market capitalisation.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlSeries {
    /// Name, in kebab case: `vix`, `adv`.
    pub name: String,
    /// Points, ascending by `known_at`.
    pub points: Vec<ControlPoint>,
}
