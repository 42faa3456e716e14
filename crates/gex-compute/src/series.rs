//! One row per snapshot and positioning model: the columns of `series.parquet`.

use chrono::NaiveDate;

use crate::exposure::GexPerPct;
use crate::market::Instant;
use crate::market::units::{Currency, Spot};

/// How many zero crossings the repriced book has over the range that was searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlipStatus {
    /// One crossing.
    Unique,
    /// Two or more.
    Multiple,
    /// The book changes sign nowhere and is positive everywhere.
    AlwaysPositive,
    /// The book changes sign nowhere and is negative everywhere.
    AlwaysNegative,
    /// No contract with open interest, volatility and time left.
    Degenerate,
}

impl FlipStatus {
    /// The word in files and tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unique => "unique",
            Self::Multiple => "multiple",
            Self::AlwaysPositive => "always-positive",
            Self::AlwaysNegative => "always-negative",
            Self::Degenerate => "degenerate",
        }
    }
}

macro_rules! measures {
    ($($(#[$doc:meta])* $variant:ident, $field:ident, $name:literal, $unit:ident;)*) => {
        /// A numeric column of the series: what a hypothesis may take as its signal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Measure { $($(#[$doc])* $variant,)* }

        impl Measure {
            /// Every measure, in the order of the columns.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in kebab case, as a study file writes it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The name of the column of `series.parquet`.
            pub fn column(self) -> &'static str {
                match self { $(Self::$variant => stringify!($field),)* }
            }

            /// In what the column is measured.
            pub fn unit(self) -> MeasureUnit {
                match self { $(Self::$variant => MeasureUnit::$unit,)* }
            }
        }

        /// The numbers of one snapshot under one positioning model; `None` where undefined.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct Measures { $($(#[$doc])* pub $field: Option<f64>,)* }

        impl Measures {
            /// The value of one measure.
            pub fn get(&self, measure: Measure) -> Option<f64> {
                match measure { $(Measure::$variant => self.$field,)* }
            }
        }
    };
}

/// In what a measure is measured; `currency` is the snapshot's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MeasureUnit {
    /// Currency of underlying that dealers trade per move of one per cent.
    CurrencyPerPct,
    /// Currency of underlying held: signed delta times spot.
    CurrencyDelta,
    /// Currency of underlying traded per volatility point (0.01).
    CurrencyPerVolPoint,
    /// Currency of underlying traded per calendar day.
    CurrencyPerDay,
    /// Currency of option value per volatility point.
    CurrencyValuePerVolPoint,
    /// Currency of option value per calendar day.
    CurrencyValuePerDay,
    /// Currency of option value per rate point (0.01).
    CurrencyValuePerRatePoint,
    /// A level of the underlying, in quote currency.
    Level,
    /// A pure number.
    Ratio,
    /// Annual volatility as a decimal.
    Vol,
}

measures! {
    /// Open interest with a usable volatility over open interest with time left.
    Coverage, coverage, "coverage", Ratio;
    /// Signed gamma exposure of the book.
    NetGex, net_gex, "net-gex", CurrencyPerPct;
    /// Gamma exposure with every contract counted as held long.
    GrossGex, gross_gex, "gross-gex", CurrencyPerPct;
    /// Signed gamma exposure of the calls.
    CallGex, call_gex, "call-gex", CurrencyPerPct;
    /// Signed gamma exposure of the puts.
    PutGex, put_gex, "put-gex", CurrencyPerPct;
    /// Net over gross, in [-1, 1].
    Balance, balance, "balance", Ratio;
    /// Signed delta times spot; premium-adjusted for inverse options.
    NetDex, net_dex, "net-dex", CurrencyDelta;
    /// Signed vanna exposure.
    NetVex, net_vex, "net-vex", CurrencyPerVolPoint;
    /// Signed charm exposure.
    NetChex, net_chex, "net-chex", CurrencyPerDay;
    /// Signed vega.
    NetVega, net_vega, "net-vega", CurrencyValuePerVolPoint;
    /// Signed theta.
    NetTheta, net_theta, "net-theta", CurrencyValuePerDay;
    /// Signed rho.
    NetRho, net_rho, "net-rho", CurrencyValuePerRatePoint;
    /// The zero crossing of the repriced book nearest to spot.
    Flip, flip, "flip", Level;
    /// (spot - flip) / spot.
    FlipDistance, flip_distance, "flip-distance", Ratio;
    /// Strike at or above spot with the most call gamma.
    CallWall, call_wall, "call-wall", Level;
    /// Strike at or below spot with the most put gamma.
    PutWall, put_wall, "put-wall", Level;
    /// Strike at which holders of the nearest expiry are paid least.
    MaxPain, max_pain, "max-pain", Level;
    /// Herfindahl index of gross gamma by strike, in (0, 1].
    HhiStrike, hhi_strike, "hhi-strike", Ratio;
    /// Herfindahl index of gross gamma by expiry, in (0, 1].
    HhiExpiry, hhi_expiry, "hhi-expiry", Ratio;
    /// Net gamma that settles before the next session's end.
    Gex0dte, gex_0dte, "gex-0dte", CurrencyPerPct;
    /// Net gamma that settles later, within 7 calendar days.
    Gex7d, gex_7d, "gex-7d", CurrencyPerPct;
    /// Net gamma that settles later, within 30 calendar days.
    Gex30d, gex_30d, "gex-30d", CurrencyPerPct;
    /// Net gamma that settles later, within 90 calendar days.
    Gex90d, gex_90d, "gex-90d", CurrencyPerPct;
    /// Net gamma that settles beyond 90 calendar days.
    GexFar, gex_far, "gex-far", CurrencyPerPct;
    /// At-the-money volatility at 30 calendar days.
    AtmIv30d, atm_iv_30d, "atm-iv-30d", Vol;
    /// Volatility of the 25-delta put less that of the 25-delta call, at 30 days.
    Skew25d, skew_25d, "skew-25d", Vol;
    /// At-the-money volatility at 90 days less that at 30 days.
    TermSlope, term_slope, "term-slope", Vol;
    /// Model-free volatility at 30 days by the Cboe method.
    VolIndex30d, vol_index_30d, "vol-index-30d", Vol;
    /// Share of open interest with time left whose volatility was given.
    IvGiven, iv_given, "iv-given", Ratio;
    /// Share whose volatility was solved from its price.
    IvSolved, iv_solved, "iv-solved", Ratio;
    /// Share without a volatility.
    IvMissing, iv_missing, "iv-missing", Ratio;
    /// Gross gamma from the vendor's gammas over gross gamma recomputed, on the rows that have both.
    VendorGammaRatio, vendor_gamma_ratio, "vendor-gamma-ratio", Ratio;
}

impl Measure {
    /// Net gamma by time to settlement, the nearest bucket first.
    pub(crate) const BUCKETS: [Self; 5] = [
        Self::Gex0dte,
        Self::Gex7d,
        Self::Gex30d,
        Self::Gex90d,
        Self::GexFar,
    ];

    /// Reads a name in kebab case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|measure| measure.name() == name)
    }
}

/// One snapshot under one positioning model.
#[derive(Debug, Clone, PartialEq)]
pub struct GexPoint {
    /// Instant of the quotes.
    pub ts: Instant,
    /// Instant at which every input was public.
    pub known_at: Instant,
    /// Session that the quotes belong to.
    pub session: NaiveDate,
    /// Name of the underlying.
    pub underlying: String,
    /// Name of the positioning model, in kebab case.
    pub positioning: String,
    /// Index or spot at `ts`.
    pub spot: Spot,
    /// Currency of every exposure.
    pub currency: Currency,
    /// Contracts of the snapshot with open interest, a volatility and time left.
    pub contracts: usize,
    /// What the search for the flip found.
    pub flip_status: FlipStatus,
    /// Number of zero crossings on the range that was searched.
    pub flip_count: usize,
    /// The numbers.
    pub measures: Measures,
}

impl GexPoint {
    /// Net gamma exposure with its currency, ready for conversion to other scales.
    pub fn net_gex(&self) -> Option<GexPerPct> {
        self.measures.net_gex.map(|amount| GexPerPct {
            amount,
            currency: self.currency,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_columns_in_kebab_case_and_read_back() {
        for &measure in Measure::ALL {
            assert_eq!(measure.column().replace('_', "-"), measure.name());
            assert_eq!(Measure::from_name(measure.name()), Some(measure));
        }
        assert_eq!(Measure::from_name("net_gex"), None);
    }

    #[test]
    fn each_measure_reads_its_own_column() {
        let measures = Measures {
            put_wall: Some(4_000.0),
            ..Measures::default()
        };
        let filled = |measure: &&Measure| measures.get(**measure).is_some();
        let found: Vec<_> = Measure::ALL.iter().filter(filled).collect();
        assert_eq!(found, [&Measure::PutWall]);
    }
}
