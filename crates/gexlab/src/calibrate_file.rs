//! A file with a `[calibrate]` table: which worlds, how often, and what is tested in them.

use gex_analysis::study::{Control, Estimator, Horizon, MAX_PRIMARIES, OutcomeKind};
use gex_sim::{Leverage, SeriesKind, SeriesWorldSpec};
use serde::Deserialize;
use serde_spanned::Spanned;

use crate::checker::Checker;
use crate::diagnostic::Diagnostic;
use crate::hypothesis_plan::horizon;
use crate::study_file::fault;

/// A file with a `[calibrate]` table, as typed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct CalibrateFile {
    calibrate: CalibrateTable,
    world: Vec<WorldTable>,
}

/// `[calibrate]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct CalibrateTable {
    seed: u64,
    simulations: Spanned<u32>,
    sessions: Vec<Spanned<u32>>,
    horizons: Vec<Spanned<String>>,
    /// `log-realized-variance`, `abs-return` or `return`.
    outcome: Option<Spanned<String>>,
}

/// `[[world]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WorldTable {
    kind: Spanned<String>,
    effect: Option<Spanned<f64>>,
    leverage: Option<Spanned<String>>,
}

/// What is to be calibrated, checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CalibratePlan {
    /// Seed of the first simulation; the next ones follow it.
    pub(crate) seed: u64,
    /// Simulations of each cell.
    pub(crate) simulations: u32,
    /// What is tested.
    pub(crate) outcome: Tests,
    /// Over how long, each a primary hypothesis.
    pub(crate) horizons: Vec<Horizon>,
    /// The worlds.
    pub(crate) cells: Vec<Cell>,
}

/// Which outcome the signal is tested on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tests {
    /// Log of realized variance.
    Variance,
    /// Size of the return.
    AbsReturn,
    /// The return.
    Return,
}

impl Tests {
    const ALL: [(&'static str, Self); 3] = [
        ("log-realized-variance", Self::Variance),
        ("abs-return", Self::AbsReturn),
        ("return", Self::Return),
    ];

    /// Past variance and implied variance say nothing of a return's direction.
    pub(crate) fn controls(self) -> Vec<Control> {
        match self {
            Self::Variance | Self::AbsReturn => Control::ALL.to_vec(),
            Self::Return => Vec::new(),
        }
    }

    /// The outcome as a study has it.
    pub(crate) fn kind(self, estimator: Estimator) -> OutcomeKind {
        match self {
            Self::Variance => OutcomeKind::LogRealizedVariance { estimator },
            Self::AbsReturn => OutcomeKind::AbsReturn,
            Self::Return => OutcomeKind::Return,
        }
    }
}

/// A world and how long it is watched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    /// The world.
    pub(crate) kind: WorldKind,
    /// κ, b or λ of the world.
    pub(crate) effect: f64,
    /// On which session's variance a return acts.
    pub(crate) leverage: Leverage,
    /// Sessions of each simulation.
    pub(crate) sessions: u32,
}

/// Where signal and market come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorldKind {
    /// One signal beside a market.
    Series(SeriesKind),
    /// Chains of a market in which dealers hedge, priced as a study prices them.
    Agents,
}

impl WorldKind {
    const ALL: [Self; 6] = [
        Self::Series(SeriesKind::N0),
        Self::Series(SeriesKind::N0r),
        Self::Series(SeriesKind::N1),
        Self::Series(SeriesKind::A),
        Self::Series(SeriesKind::B),
        Self::Agents,
    ];

    /// The name in a file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Series(kind) => kind.name(),
            Self::Agents => "agents",
        }
    }

    /// The greatest effect that the world may have.
    fn most(self) -> f64 {
        match self {
            Self::Series(_) => 0.5,
            Self::Agents => 20.0,
        }
    }

    /// Whether the effect is read at all.
    fn plants(self) -> bool {
        matches!(
            self,
            Self::Agents | Self::Series(SeriesKind::A | SeriesKind::B)
        )
    }
}

/// Whether a file is about worlds; a study is not.
pub(crate) fn is_about_worlds(text: &str) -> bool {
    let table = text.parse::<toml::Table>();
    table.is_ok_and(|table| table.contains_key("calibrate"))
}

/// Reads what is to be calibrated.
///
/// # Errors
///
/// Every fault found, at its place.
pub(crate) fn parse(text: &str) -> Result<CalibratePlan, Vec<Diagnostic>> {
    let file: CalibrateFile = toml::from_str(text).map_err(|error| vec![fault(&error)])?;
    let mut checker = Checker::default();
    let table = &file.calibrate;
    let simulations = count(
        &mut checker,
        "simulations",
        &table.simulations,
        (1, 100_000),
    );
    let sessions: Vec<u32> = { table.sessions.iter() }
        .filter_map(|typed| count(&mut checker, "sessions", typed, (60, 5_000)))
        .collect();
    let horizons: Vec<Horizon> = { table.horizons.iter() }
        .filter_map(|typed| horizon(&mut checker, typed))
        .collect();
    if MAX_PRIMARIES < horizons.len() {
        let span = table.horizons.last().map_or(0..0, Spanned::span);
        let message = "at most 4 horizons: each is a primary";
        checker.fault(Diagnostic::new(message, span, "one too many"));
    }
    let mut cells = Vec::new();
    for typed in &file.world {
        if let Some((kind, effect, leverage)) = world(&mut checker, typed) {
            cells.extend(sessions.iter().map(|sessions| Cell {
                kind,
                effect,
                leverage,
                sessions: *sessions,
            }));
        }
    }
    let outcome = match &table.outcome {
        Some(typed) => checker.choose("outcome", typed, &Tests::ALL),
        None => Some(Tests::Variance),
    };
    let whole = simulations.zip(outcome);
    let plan = whole.map(|(simulations, outcome)| CalibratePlan {
        seed: table.seed,
        simulations,
        outcome,
        horizons,
        cells,
    });
    checker.finish(plan)
}

fn count(
    checker: &mut Checker,
    what: &str,
    typed: &Spanned<u32>,
    (low, high): (u32, u32),
) -> Option<u32> {
    checker.read(what, typed, |value| {
        let inside = (low..=high).contains(value).then_some(*value);
        inside.ok_or_else(|| format!("{what} must lie between {low} and {high}, got {value}"))
    })
}

fn world(checker: &mut Checker, table: &WorldTable) -> Option<(WorldKind, f64, Leverage)> {
    let kinds = WorldKind::ALL.map(|kind| (kind.name(), kind));
    let leverages = [
        ("same-session", Leverage::SameSession),
        ("next-session", Leverage::NextSession),
    ];
    let usual = SeriesWorldSpec::default();
    let kind = checker.choose("kind", &table.kind, &kinds)?;
    let effect = match &table.effect {
        Some(typed) => checker.within("effect", typed, (0.0, kind.most()))?,
        None => usual.effect,
    };
    let leverage = match &table.leverage {
        Some(typed) => checker.choose("leverage", typed, &leverages)?,
        None => usual.leverage,
    };
    Some((kind, if kind.plants() { effect } else { 0.0 }, leverage))
}
