//! Vendor formats, one file each: a file's rows become [`VendorChain`]s of [`Candidate`]s.

mod barchart;
mod barchart_json;
mod cboe;
mod cboe_dashboard;
mod cboe_delayed;
mod cboe_json;
mod cboe_snap;
pub mod columns;
mod companion;
mod deribit_name;
mod deribit_summary;
mod deribit_ticker;
pub(crate) mod frame;
mod historical_option_data;
mod nse_udiff;
mod options_dataset;
mod osi;
mod schema;
mod statistics;
pub mod table;
mod us;

use chrono::NaiveDate;
use gex_compute::market::Instant;
use gex_compute::market::calendar::Calendar;

use crate::accept::{Candidate, Rejected, Terms};
use crate::mapping::Mapping;
use crate::quality::Ledger;
use crate::sessions::OiClock;
use crate::source::{Container, Face, SourceError, SourceFile, printable};
use columns::Columns;

/// What a format is recognised by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// Columns that no other format has together.
    Columns(&'static [&'static str]),
    /// Keys of a JSON object that no other format has together.
    Keys(&'static [&'static str]),
    /// How one of the first lines of a text begins.
    Line(&'static str),
}

impl Mark {
    fn is_on(self, container: Container, face: &Face) -> bool {
        let has = |names: &[&str]| {
            names
                .iter()
                .all(|name| face.names.iter().any(|n| n == name))
        };
        match self {
            Self::Columns(names) => container != Container::Json && has(names),
            Self::Keys(names) => container == Container::Json && has(names),
            Self::Line(begin) => face.lines.iter().any(|line| line.starts_with(begin)),
        }
    }
}

/// What each format's own file says of it.
#[derive(Debug)]
struct Entry {
    /// The name on the command line.
    name: &'static str,
    /// Any of these tells the format.
    marks: &'static [Mark],
    /// Facts that hold for every file.
    profile: fn() -> Profile,
    /// The reader.
    read: fn(&SourceFile) -> Result<VendorFile, SourceError>,
}

macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident, $module:ident;)*) => {
        /// A vendor's file format.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Format { $($(#[$doc])* $variant,)* }

        impl Format {
            /// Every format, in the order in which they are tried.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            fn entry(self) -> &'static Entry {
                match self { $(Self::$variant => &$module::ENTRY,)* }
            }
        }
    };
}

formats! {
    /// Cboe delayed quotes as tables: one full chain a file, with roots.
    CboeDelayed, cboe_delayed;
    /// Cboe delayed quotes as Cboe sends them: JSON.
    CboeJson, cboe_json;
    /// Cboe delayed quotes reduced to days to expiry, without roots, several chains a file.
    CboeSnap, cboe_snap;
    /// `quotedata.csv` of Cboe's web page, calls and puts side by side.
    CboeDashboard, cboe_dashboard;
    /// Barchart's chain of the nearest expiries as a table, without roots.
    Barchart, barchart;
    /// Barchart's chain of the nearest expiries as JSON.
    BarchartJson, barchart_json;
    /// HistoricalOptionData.com, end of day.
    HistoricalOptionData, historical_option_data;
    /// Deribit's tickers, flattened: prices in coin, the index beside each row.
    DeribitTicker, deribit_ticker;
    /// Deribit's option chain by instrument name, volatilities in per cent.
    DeribitSummary, deribit_summary;
    /// The free history of SPY, QQQ and IWM by year, prices of the underlying beside it.
    OptionsDataset, options_dataset;
    /// NSE's end-of-day report of derivatives, `UDiFF` layout: settlement prices, no volatility.
    NseUdiff, nse_udiff;
    /// The plain table for data of one's own: ts, underlying, expiry, strike, kind, iv, …
    ChainTable, table;
}

impl Format {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Reads a name from the command line.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.name() == name)
    }

    /// Recognises a format by what its files show.
    ///
    /// # Errors
    ///
    /// [`SourceError::UnknownFormat`].
    pub(crate) fn detect(source: &SourceFile, face: &Face) -> Result<Self, SourceError> {
        let shown = |format: &Self| {
            let mut marks = format.entry().marks.iter();
            marks.any(|mark| mark.is_on(source.container, face))
        };
        let found = Self::ALL.iter().copied().find(shown);
        found.ok_or_else(|| unknown(source, face))
    }
}

fn unknown(source: &SourceFile, face: &Face) -> SourceError {
    if source.container == Container::Dbn {
        return SourceError::NotATable {
            file: source.name.clone(),
            looks: "is in Databento's binary encoding".to_owned(),
            cure: "export it as CSV with dbn and describe that with --map".to_owned(),
        };
    }
    if let Some((what, cure)) = no_chain(face) {
        let file = source.name.clone();
        return SourceError::NotAChain { file, what, cure };
    }
    SourceError::UnknownFormat {
        file: source.name.clone(),
        parts: match source.container {
            Container::Json => "keys",
            _ => "columns",
        },
        found: printable(&face.names.join(", ")),
    }
}

/// What a table of dates without strikes holds, and where it belongs.
fn no_chain(face: &Face) -> Option<(&'static str, &'static str)> {
    let has = |name: &str| face.names.iter().any(|n| n.eq_ignore_ascii_case(name));
    if !has("date") || has("strike") {
        return None;
    }
    if ["open", "high", "low", "close"].into_iter().all(has) {
        let cure = "import it with --bars UNDERLYING";
        return Some(("prices of an underlying", cure));
    }
    (2..=6).contains(&face.names.len()).then_some((
        "a daily series",
        "name it in [data] series of a study, or import it with --control NAME, or --bars UNDERLYING",
    ))
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
            Self::Vendor(format) => (format.entry().profile)(),
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
            Self::Vendor(format) => (format.entry().read)(source),
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
