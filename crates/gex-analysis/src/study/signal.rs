//! What predicts: a column, its sign or its size, and what it is divided by.

use gex_compute::series::{Measure, MeasureUnit};

/// What predicts.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalSpec {
    /// Name of the positioning model, in kebab case; [`VENDOR_POSITIONING`] for a vendor's series.
    pub positioning: String,
    /// Which column.
    pub column: SignalColumn,
    /// The value with its sign, its size, or its change.
    pub part: SignalPart,
    /// What the value is divided by.
    pub scale: Scale,
}

/// Positioning of a series that somebody else computed: whatever its author assumed.
pub const VENDOR_POSITIONING: &str = "vendor";

impl SignalSpec {
    /// The measure as a study file writes it: `net-gex`, `abs-net-gex`, `change-net-gex`, `value`.
    pub fn measure_name(&self) -> String {
        match self.part {
            SignalPart::Signed => self.column.name().to_owned(),
            SignalPart::Size => format!("abs-{}", self.column.name()),
            SignalPart::Change => format!("change-{}", self.column.name()),
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let SignalColumn::Series(measure) = self.column else {
            return match self.scale {
                Scale::Balance => Err("scale balance needs a chain's gross-gex".to_owned()),
                _ => Ok(()),
            };
        };
        let money = measure.unit() == MeasureUnit::CurrencyPerPct;
        let name = measure.name();
        match self.scale {
            Scale::PerAdv | Scale::PerMarketCap | Scale::Balance if !money => Err(format!(
                "scale {} needs a gamma exposure in currency per 1 %, and {name} is not one: \
                 use scale own-deviation or usd (as it is)",
                self.scale.name()
            )),
            _ => Ok(()),
        }
    }
}

/// Which column predicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignalColumn {
    /// A column of the series recomputed from chains.
    Series(Measure),
    /// The value of a series that somebody else computed.
    Vendor,
}

impl SignalColumn {
    /// The name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Series(measure) => measure.name(),
            Self::Vendor => "value",
        }
    }
}

/// Reads `net-gex`, `abs-net-gex`, `change-net-gex`, `value` and the like.
///
/// ```
/// use gex_analysis::study::{SignalColumn, SignalPart, column_and_part};
/// use gex_compute::series::Measure;
///
/// let read = column_and_part("abs-net-gex");
/// assert_eq!(read, Some((SignalColumn::Series(Measure::NetGex), SignalPart::Size)));
/// assert_eq!(column_and_part("gamma"), None);
/// ```
pub fn column_and_part(name: &str) -> Option<(SignalColumn, SignalPart)> {
    let parts = [("abs-", SignalPart::Size), ("change-", SignalPart::Change)];
    let prefixed = parts.into_iter();
    let (rest, part) = { prefixed }
        .find_map(|(prefix, part)| Some((name.strip_prefix(prefix)?, part)))
        .unwrap_or((name, SignalPart::Signed));
    let column = match rest {
        "value" => SignalColumn::Vendor,
        _ => SignalColumn::Series(Measure::from_name(rest)?),
    };
    Some((column, part))
}

/// The value with its sign, its size, or its change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignalPart {
    /// As it is.
    Signed,
    /// Its absolute value.
    Size,
    /// The value less that of the last snapshot of an earlier session.
    Change,
}

/// What a signal is divided by. Every divisor is known at the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scale {
    /// Nothing: the column's own unit, quote currency per 1 % for gamma exposures.
    Usd,
    /// Average daily volume in currency, the median of the 20 sessions before; control `adv`.
    PerAdv,
    /// Market capitalisation in currency, last value known; control `market-cap`.
    PerMarketCap,
    /// Standard deviation of the 252 values before (at least 63), the value itself not among them.
    OwnDeviation,
    /// Gross gamma of the same snapshot.
    Balance,
}

impl Scale {
    /// Every scale.
    pub const ALL: [Self; 5] = [
        Self::Usd,
        Self::PerAdv,
        Self::PerMarketCap,
        Self::OwnDeviation,
        Self::Balance,
    ];

    /// The name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usd => "usd",
            Self::PerAdv => "per-adv",
            Self::PerMarketCap => "per-market-cap",
            Self::OwnDeviation => "own-deviation",
            Self::Balance => "balance",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scale| scale.name() == name)
    }

    /// The control series that the scale needs.
    pub fn control(self) -> Option<&'static str> {
        match self {
            Self::PerAdv => Some("adv"),
            Self::PerMarketCap => Some("market-cap"),
            Self::Usd | Self::OwnDeviation | Self::Balance => None,
        }
    }
}
