//! What a page is drawn from: plain data, already computed.
//!
//! Nothing in this crate prices, estimates or labels. Whoever calls [`crate::render`] fills these
//! structs; an undefined number is `None`, never a NaN (which is drawn as a gap all the same).

use chrono::{NaiveDate, NaiveDateTime};
use gex_analysis::findings::Findings;

/// Everything that one page shows.
#[derive(Debug, Clone)]
pub struct ReportInput<'a> {
    /// What the study found.
    pub findings: &'a Findings,
    /// The series of the study's own positioning model.
    pub series: SeriesFigure,
    /// The repriced book over spot, of one snapshot.
    pub profile: Option<ProfileFigure>,
    /// Exposure by strike, of one snapshot.
    pub strikes: Option<StrikesFigure>,
    /// How to run it again.
    pub reproduction: Reproduction,
}

/// In what exposures are measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExposureUnit {
    /// Currency of the study (three letters, as `USD`) that dealers trade per move of one per cent.
    CurrencyPerPct(String),
    /// As somebody else computed it, in their own words.
    AsGiven(String),
}

impl ExposureUnit {
    /// Names the signed exposure as a title or a sentence begins with it.
    pub(crate) fn signed_name(&self) -> &'static str {
        match self {
            Self::CurrencyPerPct(_) => "Net GEX",
            Self::AsGiven(_) => "GEX as given",
        }
    }
}

/// The series, one row a snapshot, in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesFigure {
    /// Name of the underlying.
    pub underlying: String,
    /// Positioning model, in kebab case.
    pub positioning: String,
    /// Unit of `net_gex` and `gross_gex`.
    pub unit: ExposureUnit,
    /// How regimes are labelled, in words: the rule of the study's first hypothesis.
    pub regime_rule: String,
    /// What `realized_vol` is, in words: `21 sessions to date, Garman-Klass`.
    pub realized_vol_name: String,
    /// The rows.
    pub rows: Vec<SeriesRow>,
}

/// One snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesRow {
    /// Session that the quotes belong to.
    pub session: NaiveDate,
    /// Instant of the quotes, UTC.
    pub at: NaiveDateTime,
    /// Index or spot, in quote currency.
    pub spot: Option<f64>,
    /// Signed gamma exposure, in the figure's unit.
    pub net_gex: Option<f64>,
    /// Gamma exposure with every contract counted as held long, in the figure's unit.
    pub gross_gex: Option<f64>,
    /// The zero crossing nearest to spot, in quote currency.
    pub flip: Option<f64>,
    /// Share of open interest with a usable volatility, in [0, 1].
    pub coverage: Option<f64>,
    /// Label of the regime: `negative`, `positive`, `low`, `mid`, `high`; `negative` and `low` are shaded.
    pub regime: Option<String>,
    /// Annualised realized volatility for display, in per cent.
    pub realized_vol: Option<f64>,
}

/// The repriced book over hypothetical spots.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileFigure {
    /// Session of the snapshot.
    pub session: NaiveDate,
    /// Positioning model of `net`, in kebab case.
    pub positioning: String,
    /// Unit of `net` and `gross`.
    pub unit: ExposureUnit,
    /// How the book was repriced, in words: `sticky strike, 401 log-spaced spots`.
    pub method: String,
    /// Spot of the snapshot.
    pub spot: f64,
    /// The crossing nearest to spot.
    pub flip: Option<f64>,
    /// Every crossing, ascending.
    pub crossings: Vec<f64>,
    /// The curve, ascending in spot.
    pub points: Vec<ProfilePoint>,
}

/// One hypothetical spot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProfilePoint {
    /// Hypothetical spot.
    pub spot: f64,
    /// Signed gamma exposure there.
    pub net: Option<f64>,
    /// Gross gamma exposure there.
    pub gross: Option<f64>,
}

/// Exposure by strike of one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct StrikesFigure {
    /// Session of the snapshot.
    pub session: NaiveDate,
    /// Positioning model, in kebab case.
    pub positioning: String,
    /// Unit of the exposures.
    pub unit: ExposureUnit,
    /// Spot of the snapshot.
    pub spot: f64,
    /// Strike at or above spot with the most call gamma.
    pub call_wall: Option<f64>,
    /// Strike at or below spot with the most put gamma.
    pub put_wall: Option<f64>,
    /// The strikes, ascending.
    pub rows: Vec<StrikeRow>,
}

/// One strike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StrikeRow {
    /// Strike, in quote currency.
    pub strike: f64,
    /// Signed exposure of the calls.
    pub call: Option<f64>,
    /// Signed exposure of the puts.
    pub put: Option<f64>,
    /// Their sum.
    pub net: Option<f64>,
}

/// One instant and everything known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotInput {
    /// What it is of: `SPX, 2026-07-15 20:15 UTC`.
    pub title: String,
    /// Its session and clock, in words.
    pub subtitle: String,
    /// Whether the market was simulated.
    pub synthetic: bool,
    /// Key numbers, formatted.
    pub facts: Vec<(String, String)>,
    /// What the numbers rest on, one sentence each.
    pub assumptions: Vec<String>,
    /// The repriced book over spot.
    pub profile: Option<ProfileFigure>,
    /// Exposure by strike.
    pub strikes: Option<StrikesFigure>,
    /// What dealers must trade in a move.
    pub hedge_flow: Option<HedgeFlowFigure>,
    /// The sections, in order.
    pub sections: Vec<SnapshotSection>,
    /// The command that makes the page again.
    pub command: String,
}

/// What dealers must trade in moves of the spot.
#[derive(Debug, Clone, PartialEq)]
pub struct HedgeFlowFigure {
    /// Positioning model, in kebab case.
    pub positioning: String,
    /// Currency of the flows.
    pub currency: String,
    /// The moves, ascending; the flow of none is zero.
    pub points: Vec<FlowPoint>,
}

/// One move of the spot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlowPoint {
    /// The move, as a share of spot.
    pub spot_move: f64,
    /// Currency of underlying bought if the move comes at once; negative: sold.
    pub at_once: Option<f64>,
    /// The same if it takes a day.
    pub in_a_day: Option<f64>,
}

/// A section of a snapshot's page.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotSection {
    /// Its heading.
    pub title: String,
    /// Names of the figures that open it: `profile`, `strikes`.
    pub figures: Vec<&'static str>,
    /// Its tables.
    pub tables: Vec<PlainTable>,
}

/// A table of texts and numbers; numbers of a column share a unit, named in its heading.
#[derive(Debug, Clone, PartialEq)]
pub struct PlainTable {
    /// What it holds.
    pub caption: String,
    /// Headings, with units.
    pub columns: Vec<String>,
    /// Rows of as many cells.
    pub rows: Vec<Vec<PlainCell>>,
    /// What stands below it.
    pub notes: Vec<String>,
}

/// A text or a number.
#[derive(Debug, Clone, PartialEq)]
pub enum PlainCell {
    /// A text.
    Text(String),
    /// A number in its column's unit; `None` where it is undefined.
    Number(Option<f64>),
    /// A number with a unit of its own, where rows measure different things.
    Alone(Option<f64>),
}

/// How to run it again. Relative paths only: a page is sent to people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reproduction {
    /// Identifier of the run.
    pub run_id: String,
    /// Commands, one a line.
    pub commands: Vec<String>,
    /// The study as understood, as TOML.
    pub study: String,
    /// Hashes by what they are of: `study`, `data`, `ledger`.
    pub hashes: Vec<(String, String)>,
    /// Versions by name: `gexlab`, `result schema`.
    pub versions: Vec<(String, String)>,
}
