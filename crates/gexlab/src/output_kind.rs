//! The tables that a study may ask for beside its series: names, files and columns.

use gex_compute::market::snapshot::NumberColumn;

use crate::snapshot_rows::{Holds, Signed};

/// A table that a study may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutputKind {
    /// Net and gross gamma over hypothetical spots.
    Profile,
    /// Gamma by strike.
    Strikes,
    /// Every spot at which the book changes sign.
    Crossings,
    /// What dealers must trade in each of a set of moves.
    HedgeFlow,
    /// The flip at the volatilities of the bid and of the offer.
    FlipBand,
    /// Net gamma over a grid of shares that dealers may hold of each side.
    Sensitivity,
    /// Volatilities at fixed tenors and deltas.
    Surface,
    /// The forward and the discount factor of every expiry.
    Forwards,
    /// The break-even move of a hedged book against the move that came.
    GammaScalping,
}

use Holds::{Instants, Numbers, Texts};

impl OutputKind {
    /// Every table.
    pub const ALL: [Self; 9] = [
        Self::Profile,
        Self::Strikes,
        Self::Crossings,
        Self::HedgeFlow,
        Self::FlipBand,
        Self::Sensitivity,
        Self::Surface,
        Self::Forwards,
        Self::GammaScalping,
    ];

    /// The tables that one snapshot is enough for.
    pub fn of_one_snapshot() -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(|kind| *kind != Self::GammaScalping)
    }

    /// The name in a study file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Strikes => "strikes",
            Self::Crossings => "crossings",
            Self::HedgeFlow => "hedge-flow",
            Self::FlipBand => "flip-band",
            Self::Sensitivity => "sensitivity",
            Self::Surface => "surface",
            Self::Forwards => "forwards",
            Self::GammaScalping => "gamma-scalping",
        }
    }

    /// The name of its file in a run's folder.
    pub fn file(self) -> String {
        format!("{}.parquet", self.name().replace('-', "_"))
    }

    /// The columns of a snapshot that the table needs beside those of the series.
    pub fn columns(self) -> &'static [NumberColumn] {
        match self {
            Self::FlipBand => &[NumberColumn::BidIv, NumberColumn::AskIv],
            _ => &[],
        }
    }

    /// Whether it has rows for each positioning model.
    pub(crate) fn signed(self) -> Signed {
        match self {
            Self::Surface | Self::Forwards => Signed::No,
            _ => Signed::ByModel,
        }
    }

    /// Its columns after those that every table has: spots and strikes in quote currency, exposures in
    /// currency per 1 %, flows in currency of underlying bought, moves as shares of spot, times in
    /// calendar days, volatilities annual as decimals.
    pub(crate) fn layout(self) -> &'static [(&'static str, Holds)] {
        match self {
            Self::Profile => &[
                ("spot_level", Numbers),
                ("net_gex", Numbers),
                ("gross_gex", Numbers),
            ],
            Self::Strikes => &[
                ("strike", Numbers),
                ("call_gex", Numbers),
                ("put_gex", Numbers),
                ("net_gex", Numbers),
                ("cumulative_gex", Numbers),
            ],
            Self::Crossings => CROSSINGS,
            Self::HedgeFlow => HEDGE_FLOW,
            Self::FlipBand => &[
                ("flip_at_bid_iv", Numbers),
                ("flip", Numbers),
                ("flip_at_ask_iv", Numbers),
            ],
            Self::Sensitivity => &[
                ("net_least", Numbers),
                ("net_median", Numbers),
                ("net_most", Numbers),
                ("share_positive", Numbers),
            ],
            Self::Surface => &[
                ("tenor_days", Numbers),
                ("put_10d_iv", Numbers),
                ("put_25d_iv", Numbers),
                ("atm_iv", Numbers),
                ("call_25d_iv", Numbers),
                ("call_10d_iv", Numbers),
                ("vol_index", Numbers),
            ],
            Self::Forwards => FORWARDS,
            Self::GammaScalping => GAMMA_SCALPING,
        }
    }
}

const CROSSINGS: &[(&str, Holds)] = &[
    ("method", Texts),
    ("status", Texts),
    ("level", Numbers),
    ("slope", Numbers),
];
const HEDGE_FLOW: &[(&str, Holds)] = &[
    ("spot_move", Numbers),
    ("days", Numbers),
    ("vol_move", Numbers),
    ("flow", Numbers),
    ("flow_gamma", Numbers),
    ("flow_vanna", Numbers),
    ("flow_charm", Numbers),
    ("flow_residual", Numbers),
    ("break_even_move_1d", Numbers),
    ("flow_over_adv", Numbers),
];
const FORWARDS: &[(&str, Holds)] = &[
    ("expiry", Instants),
    ("days", Numbers),
    ("forward", Numbers),
    ("discount", Numbers),
    ("source", Texts),
    ("residual_iqr", Numbers),
    ("failure", Texts),
];
const GAMMA_SCALPING: &[(&str, Holds)] = &[
    ("from", Instants),
    ("to", Instants),
    ("days", Numbers),
    ("break_even_move", Numbers),
    ("realized_move", Numbers),
    ("from_gamma", Numbers),
    ("from_time", Numbers),
    ("total", Numbers),
];
