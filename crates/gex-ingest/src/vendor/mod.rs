//! Vendor formats, one file each: a file's rows become [`VendorChain`]s of [`Candidate`]s.

mod barchart;
mod cboe;
mod cboe_delayed;
mod cboe_snap;
pub mod columns;
mod companion;
mod deribit_name;
mod deribit_summary;
mod deribit_ticker;
pub(crate) mod frame;
mod nse_udiff;
mod options_dataset;
mod schema;
mod statistics;
pub mod table;

use chrono::NaiveDate;
use gex_compute::market::Instant;
use gex_compute::market::calendar::Calendar;

use crate::accept::{Candidate, Rejected, Terms};
use crate::mapping::Mapping;
use crate::quality::Ledger;
use crate::sessions::OiClock;
use crate::source::{SourceError, SourceFile, printable};
use columns::Columns;

/// A vendor's file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Cboe delayed quotes: one full chain a file, with roots.
    CboeDelayed,
    /// Cboe delayed quotes reduced to days to expiry, without roots, several chains a file.
    CboeSnap,
    /// Barchart's chain of the nearest expiries, without roots.
    Barchart,
    /// Deribit's tickers, flattened: prices in coin, the index beside each row.
    DeribitTicker,
    /// Deribit's option chain by instrument name, volatilities in per cent.
    DeribitSummary,
    /// The free history of SPY, QQQ and IWM by year, prices of the underlying beside it.
    OptionsDataset,
    /// NSE's end-of-day report of derivatives, `UDiFF` layout: settlement prices, no volatility.
    NseUdiff,
    /// The plain table for data of one's own: ts, underlying, expiry, strike, kind, iv, …
    ChainTable,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[
        Self::CboeDelayed,
        Self::CboeSnap,
        Self::Barchart,
        Self::DeribitTicker,
        Self::DeribitSummary,
        Self::OptionsDataset,
        Self::NseUdiff,
        Self::ChainTable,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::CboeDelayed => "cboe-delayed",
            Self::CboeSnap => "cboe-snap",
            Self::Barchart => "barchart",
            Self::DeribitTicker => "deribit-ticker",
            Self::DeribitSummary => "deribit-summary",
            Self::OptionsDataset => "options-dataset",
            Self::NseUdiff => "nse-udiff",
            Self::ChainTable => "chain-table",
        }
    }

    /// Reads a name from the command line.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.name() == name)
    }

    /// Columns that no other format has together.
    fn signature(self) -> &'static [&'static str] {
        match self {
            Self::CboeDelayed => &["ts_utc", "session_date", "root", "last_trade_time_et"],
            Self::CboeSnap => &["ts_utc", "session_date", "dte", "cp", "oi"],
            Self::Barchart => &["ts_utc", "session_date", "dte", "right", "open_interest"],
            Self::DeribitTicker => &[
                "instrument_name",
                "index_price",
                "best_bid_price",
                "mark_iv",
            ],
            Self::DeribitSummary => &["instrument_name", "mark_iv", "bid_iv", "open_interest"],
            Self::OptionsDataset => &["contract_id", "expiration", "implied_volatility", "date"],
            Self::NseUdiff => &["TckrSymb", "FinInstrmTp", "SttlmPric", "NewBrdLotQty"],
            Self::ChainTable => &["ts", "underlying", "expiry", "strike", "kind"],
        }
    }

    /// Recognises a format by the names of its columns.
    ///
    /// # Errors
    ///
    /// [`SourceError::UnknownFormat`].
    pub fn detect(file: &str, columns: &[String]) -> Result<Self, SourceError> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| {
                let mut signature = format.signature().iter();
                signature.all(|name| columns.iter().any(|column| column == name))
            })
            .ok_or_else(|| SourceError::UnknownFormat {
                file: file.to_owned(),
                found: printable(&columns.join(", ")),
            })
    }
}

/// What a file is read by.
#[derive(Debug, Clone, PartialEq)]
pub enum Layout {
    /// A vendor's own format.
    Vendor(Format),
    /// A table whose columns the user has described.
    Mapped(Box<Mapping>),
}

impl Layout {
    /// Returns the facts that hold for every file of the layout.
    pub fn profile(&self) -> Profile {
        match self {
            Self::Vendor(Format::CboeDelayed) => cboe_delayed::profile(),
            Self::Vendor(Format::CboeSnap) => cboe_snap::profile(),
            Self::Vendor(Format::Barchart) => barchart::profile(),
            Self::Vendor(Format::DeribitTicker) => deribit_ticker::profile(),
            Self::Vendor(Format::DeribitSummary) => deribit_summary::profile(),
            Self::Vendor(Format::OptionsDataset) => options_dataset::profile(),
            Self::Vendor(Format::NseUdiff) => nse_udiff::profile(),
            Self::Vendor(Format::ChainTable) => Mapping::chain_table().profile(),
            Self::Mapped(mapping) => mapping.profile(),
        }
    }

    /// Reads one file, whole.
    ///
    /// # Errors
    ///
    /// [`SourceError`] naming the file, the place and the cure.
    pub fn read(&self, source: &SourceFile) -> Result<VendorFile, SourceError> {
        match self {
            Self::Vendor(Format::CboeDelayed) => cboe_delayed::read(source),
            Self::Vendor(Format::CboeSnap) => cboe_snap::read(source),
            Self::Vendor(Format::Barchart) => barchart::read(source),
            Self::Vendor(Format::DeribitTicker) => deribit_ticker::read(source),
            Self::Vendor(Format::DeribitSummary) => deribit_summary::read(source),
            Self::Vendor(Format::OptionsDataset) => options_dataset::read(source),
            Self::Vendor(Format::NseUdiff) => nse_udiff::read(source),
            Self::Vendor(Format::ChainTable) => table::read(source, &Mapping::chain_table()),
            Self::Mapped(mapping) => table::read(source, mapping),
        }
    }
}

/// Facts that hold for every file of one format.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Name of the format or of the mapping.
    pub name: String,
    /// The vendor's names of the columns.
    pub columns: Columns,
    /// What holds for every contract.
    pub terms: Terms,
    /// Calendar of the sessions.
    pub calendar: Calendar,
    /// What day's open interest the vendor gives, and when it was public.
    pub open_interest: OiClock,
}

/// When a chain was quoted, as far as the vendor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// The file knows when it was fetched; its label may lie.
    Fetched {
        /// Date on the label: the file's name, or a column made from it.
        label: NaiveDate,
        /// Instant of the fetch.
        fetched: Instant,
        /// Date of the last trade of any contract, in exchange time.
        last_trade: Option<NaiveDate>,
    },
    /// The file gives the instant of the quotes.
    Quoted(Instant),
}

/// The rows that one vendor saved together.
#[derive(Debug, Clone, PartialEq)]
pub struct VendorChain {
    /// Name of the underlying.
    pub underlying: String,
    /// When it was quoted.
    pub stamp: Stamp,
    /// First settlement date among the rows.
    pub first_expiry: Option<NaiveDate>,
    /// The rows, in the order of the file.
    pub candidates: Vec<Candidate>,
}

/// One file, read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VendorFile {
    /// Chains in order of time.
    pub chains: Vec<VendorChain>,
    /// Rows that belong to no chain.
    pub rejected: Vec<Rejected>,
    /// What the reader noticed about the file as a whole.
    pub ledger: Ledger,
    /// Rows in the file.
    pub rows: usize,
}
