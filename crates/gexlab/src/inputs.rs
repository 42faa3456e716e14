//! Everything that a study reads, in memory, and what the page says about it.

use chrono::NaiveDate;
use gex_analysis::findings::{QualityFacts, RuleCount, SignalSource, SourceFacts};
use gex_analysis::inputs::{Facts, Inputs, KnownAtRule, Signals, VendorPoint};
use gex_compute::market::bar::{BarSeries, ControlSeries};
use gex_compute::market::calendar::{Calendar, Session};
use gex_compute::points::ForwardCounts;
use gex_compute::positioning::Positioning;
use gex_compute::series::{GexPoint, Measure};
use gex_ingest::archive::{Archive, Document};

use crate::assumptions::assumptions;
use crate::console::Console;
use crate::exit::Failure;
use crate::load;
use crate::plan::{SnapshotChoice, Source};
use crate::replay::{Replay, calendar_of, replay};
use crate::study_plan::Plan;

/// Everything that a study reads.
#[derive(Debug, Clone)]
pub struct StudyData {
    /// The signals.
    pub signals: SignalData,
    /// Price bars.
    pub bars: BarSeries,
    /// Control series.
    pub controls: Vec<ControlSeries>,
    /// The calendar.
    pub calendar: Calendar,
    /// Sessions of the calendar that the study spans.
    pub sessions: Vec<Session>,
    /// Currency of exposures.
    pub currency: String,
    /// What was read and set aside.
    pub quality: QualityFacts,
    /// Whether the market was simulated.
    pub synthetic: bool,
    /// Assumptions in plain sentences.
    pub assumptions: Vec<String>,
}

/// Where the signals come from.
#[derive(Debug, Clone)]
pub enum SignalData {
    /// Recomputed from chains.
    Chains(Box<Replay>),
    /// Computed by somebody else.
    Vendor {
        /// The values.
        points: Vec<VendorPoint>,
        /// When they were public.
        rule: KnownAtRule,
    },
}

impl StudyData {
    /// Reads and, for chains, computes everything that the plan names.
    ///
    /// # Errors
    ///
    /// A data failure naming the input that can't be read.
    pub fn gather(plan: &Plan, console: Console) -> Result<Self, Failure> {
        match &plan.data.source {
            Source::Archive { path, at } => {
                let archive = Archive::open(path).map_err(Failure::data)?;
                from_archive(&archive, plan, *at, console)
            }
            Source::Series {
                path,
                column,
                known_at,
                calendar,
            } => {
                let how = (*calendar, *known_at);
                let (points, set_aside) = load::vendor_series(path, column.as_ref(), how)?;
                let points = within(points, plan.data.window);
                from_series(plan, (points, set_aside), how)
            }
        }
    }

    /// Whether the signals are ours or somebody else's.
    pub fn source(&self) -> SignalSource {
        match self.signals {
            SignalData::Chains(_) => SignalSource::Chains,
            SignalData::Vendor { .. } => SignalSource::VendorSeries,
        }
    }

    /// The signals as the analysis reads them.
    pub fn analysis_signals(&self) -> Signals<'_> {
        match &self.signals {
            SignalData::Chains(replay) => Signals::Chains(&replay.points),
            SignalData::Vendor { points, rule } => Signals::Vendor {
                points,
                rule: *rule,
            },
        }
    }

    /// The inputs of the analysis; no estimate depends on the ledger.
    pub fn inputs(&self, plan: &Plan) -> Inputs<'_> {
        Inputs {
            signals: self.analysis_signals(),
            bars: &self.bars,
            controls: &self.controls,
            calendar: self.calendar,
            sessions: &self.sessions,
            facts: self.facts(plan),
        }
    }

    /// What the report repeats and no estimate depends on.
    pub fn facts(&self, plan: &Plan) -> Facts {
        Facts {
            underlying: plan.data.underlying.clone(),
            synthetic: self.synthetic,
            currency: self.currency.clone(),
            positioning: self.positioning(plan),
            assumptions: self.assumptions.clone(),
            quality: self.quality.clone(),
            ..Facts::default()
        }
    }

    fn positioning(&self, plan: &Plan) -> Vec<String> {
        match self.signals {
            SignalData::Chains(_) => {
                let mut names: Vec<String> = plan.models.iter().map(ToString::to_string).collect();
                let gross = Positioning::Gross.to_string();
                if !names.contains(&gross) {
                    names.push(gross);
                }
                names
            }
            SignalData::Vendor { .. } => vec![gex_analysis::study::VENDOR_POSITIONING.to_owned()],
        }
    }
}

fn within(
    points: Vec<VendorPoint>,
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
) -> Vec<VendorPoint> {
    let inside = |session: NaiveDate| {
        from.is_none_or(|from| from <= session) && to.is_none_or(|to| session <= to)
    };
    points
        .into_iter()
        .filter(|point| inside(point.session))
        .collect()
}

fn from_archive(
    archive: &Archive,
    plan: &Plan,
    at: SnapshotChoice,
    console: Console,
) -> Result<StudyData, Failure> {
    let calendar = calendar_of(archive).map_err(Failure::data)?;
    let progress = console.progress("Computing", 0);
    let replay = replay(archive, plan, at, &progress).map_err(Failure::data)?;
    progress.finish_and_clear();
    let sessions = replay.points.len() / models(&replay.points);
    console.stage(
        "Computed",
        &format!("{sessions} snapshots of {}", plan.data.underlying),
    );
    let bars = load::bars(&plan.data)?;
    let document = archive.document();
    let first = replay.points.first().map(|point| point.session);
    Ok(StudyData {
        sessions: spanned(calendar, &bars, first),
        controls: load::controls(&plan.data)?,
        calendar,
        currency: replay
            .points
            .first()
            .map(|p| p.currency.to_string())
            .unwrap_or_default(),
        quality: quality(document, &replay),
        synthetic: document.synthetic,
        assumptions: assumptions(plan, document, &replay),
        signals: SignalData::Chains(Box::new(replay)),
        bars,
    })
}

/// Distinct positioning models among the points.
fn models(points: &[GexPoint]) -> usize {
    points
        .iter()
        .take_while(|point| point.ts == points[0].ts)
        .count()
        .max(1)
}

fn from_series(
    plan: &Plan,
    (points, set_aside): (Vec<VendorPoint>, usize),
    (calendar, rule): (Calendar, KnownAtRule),
) -> Result<StudyData, Failure> {
    let bars = load::bars(&plan.data)?;
    let first = points.first().map(|point| point.session);
    let rows = points.len() + set_aside;
    let rules = (0 < set_aside).then(|| RuleCount {
        rule: "not-a-value-of-a-session".to_owned(),
        action: "set-aside".to_owned(),
        count: set_aside as u64,
        text: "Rows of the series on days without a session, or without a number.".to_owned(),
    });
    let source = SourceFacts {
        file: file_name(plan),
        blake3: load::input_hashes(&plan.data)?
            .remove("data.series")
            .unwrap_or_default(),
        rows_in: rows as u64,
        rows_kept: points.len() as u64,
        rows_set_aside: set_aside as u64,
    };
    let controls = as_early_as(load::controls(&plan.data)?, rule);
    let clock = match rule {
        KnownAtRule::NextOpen => "each value is taken to be public at the next session's open",
        KnownAtRule::SessionClose => {
            "each value, controls included, is taken to be public at its own session's close, \
             which is optimistic"
        }
    };
    Ok(StudyData {
        sessions: spanned(calendar, &bars, first),
        controls,
        calendar,
        currency: "as given".to_owned(),
        quality: QualityFacts {
            sources: vec![source],
            rules: rules.into_iter().collect(),
            ..QualityFacts::default()
        },
        synthetic: false,
        assumptions: vec![
            "The series was computed by somebody else, under positions of their choice.".to_owned(),
            format!("Clock: {clock}."),
        ],
        signals: SignalData::Vendor { points, rule },
        bars,
    })
}

/// A signal that is read as known too early is compared with controls read alike: otherwise it
/// would owe part of its effect to a volatility index of the day before.
fn as_early_as(mut controls: Vec<ControlSeries>, rule: KnownAtRule) -> Vec<ControlSeries> {
    if rule == KnownAtRule::SessionClose {
        for point in controls.iter_mut().flat_map(|series| &mut series.points) {
            point.known_at = point.ts;
        }
    }
    controls
}

fn file_name(plan: &Plan) -> String {
    match &plan.data.source {
        Source::Archive { path, .. } | Source::Series { path, .. } => path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
    }
}

/// Sessions from the first bar or signal, whichever is earlier, to the last bar.
fn spanned(calendar: Calendar, bars: &BarSeries, first: Option<NaiveDate>) -> Vec<Session> {
    let zone = calendar.time_zone();
    let date = |instant: gex_compute::market::Instant| instant.with_timezone(&zone).date_naive();
    let (Some(start), Some(end)) = (bars.bars.first(), bars.bars.last()) else {
        return Vec::new();
    };
    let start = date(start.start);
    calendar.sessions(first.map_or(start, |first| first.min(start)), date(end.end))
}

fn quality(document: &Document, replay: &Replay) -> QualityFacts {
    let sources = document.sources.iter().map(|source| SourceFacts {
        file: source.name.clone(),
        blake3: source.blake3.clone(),
        rows_in: source.rows_in,
        rows_kept: source.rows_kept,
        rows_set_aside: source.rows_set_aside,
    });
    let rules = document.rules.iter().map(|(rule, found)| RuleCount {
        rule: rule.clone(),
        action: found.action.clone(),
        count: found.rows.max(found.places.len() as u64),
        text: first_places(&found.places),
    });
    let mean = |measure: Measure| {
        let values: Vec<f64> = replay
            .points
            .iter()
            .filter_map(|point| point.measures.get(measure))
            .collect();
        gex_analysis::stats::moments::mean(&values).ok()
    };
    QualityFacts {
        sources: sources.collect(),
        rules: rules.collect(),
        missing_sessions: replay.missing.iter().map(ToString::to_string).collect(),
        mean_coverage: mean(Measure::Coverage),
        mean_iv_solved: mean(Measure::IvSolved),
        forwards: forward_counts(&replay.forwards),
    }
}

/// Places named in a report; `archive.json` has more.
const PLACES: usize = 5;

fn first_places(places: &[String]) -> String {
    let mut text = places
        .iter()
        .take(PLACES)
        .cloned()
        .collect::<Vec<_>>()
        .join("; ");
    if PLACES < places.len() {
        text.push_str("; …");
    }
    text
}

fn forward_counts(counts: &ForwardCounts) -> Vec<(String, usize)> {
    let own = counts.carry - counts.fell_back;
    [
        ("vendor", counts.vendor),
        ("parity", counts.parity),
        ("carry", own),
        ("carry, after its own source failed", counts.fell_back),
        ("none: left out", counts.left_out),
    ]
    .into_iter()
    .filter(|(_, count)| 0 < *count)
    .map(|(name, count)| (name.to_owned(), count))
    .collect()
}
