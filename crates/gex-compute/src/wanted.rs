//! Which measures a caller wants: what is not asked for is neither read nor computed.

use crate::market::snapshot::{ColumnSet, NumberColumn};
use crate::pricing::{ForwardSource, PricingConfig, VolSource};
use crate::series::Measure;

/// A set of measures.
///
/// ```
/// use gex_compute::series::Measure;
/// use gex_compute::wanted::Wanted;
///
/// let wanted = Wanted::of(&[Measure::NetGex, Measure::Flip]);
/// assert!(wanted.has(Measure::Flip) && !wanted.has(Measure::NetVega));
/// assert!(Wanted::ALL.has(Measure::NetVega));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted(u64);

impl Wanted {
    /// Every measure.
    pub const ALL: Self = Self(u64::MAX);

    /// Those listed.
    pub fn of(measures: &[Measure]) -> Self {
        Self(
            measures
                .iter()
                .fold(0, |set, measure| set | Self::bit(*measure)),
        )
    }

    /// Whether a measure is among them.
    pub fn has(self, measure: Measure) -> bool {
        self.0 & Self::bit(measure) != 0
    }

    /// Whether any of some measures is among them.
    pub fn any(self, measures: &[Measure]) -> bool {
        self.0 & Self::of(measures).0 != 0
    }

    /// Whether a Greek other than gamma is among them.
    pub(crate) fn greeks(self) -> bool {
        self.any(&[
            Measure::NetDex,
            Measure::NetVex,
            Measure::NetChex,
            Measure::NetVega,
            Measure::NetTheta,
            Measure::NetRho,
        ])
    }

    /// Whether a monitor of the surface is among them.
    pub(crate) fn monitors(self) -> bool {
        self.any(&[
            Measure::AtmIv30d,
            Measure::Skew25d,
            Measure::TermSlope,
            Measure::VolIndex30d,
        ])
    }

    /// Whether the flip is among them.
    pub(crate) fn flip(self) -> bool {
        self.any(&[Measure::Flip, Measure::FlipDistance])
    }

    /// The columns of a snapshot from which these measures are computed.
    pub fn columns(self, config: &PricingConfig) -> ColumnSet {
        let mut columns = ColumnSet::of(&[NumberColumn::OpenInterest]);
        let quoted = config.forward == ForwardSource::Parity
            || config.iv != VolSource::Given
            || self.has(Measure::VolIndex30d);
        if quoted {
            columns = columns.and(&[NumberColumn::Bid, NumberColumn::Ask]);
        }
        if config.iv != VolSource::Solved {
            columns = columns.and(&[NumberColumn::Iv]);
        }
        if config.forward == ForwardSource::Vendor {
            columns = columns.and(&[NumberColumn::Forward]);
        }
        if self.has(Measure::VendorGammaRatio) {
            columns = columns.and(&[NumberColumn::VendorGamma]);
        }
        columns
    }

    fn bit(measure: Measure) -> u64 {
        1 << (measure as u64)
    }
}
