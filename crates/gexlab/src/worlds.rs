//! Size and power of the headline test over simulated worlds, through the analysis that `gex run` uses.

use std::path::Path;

use gex_analysis::findings::{Expect, HypothesisFinding, Role, Rung, VerdictWord};
use gex_analysis::inputs::{Facts, Inputs, KnownAtRule, Signals, VendorPoint};
use gex_analysis::run as analyse;
use gex_analysis::study::{
    Control, Estimator, Horizon, Hypothesis, OutcomeKind, OutcomeSpec, RegimeSpec, Scale,
    SignalColumn, SignalPart, SignalSpec, Study, VENDOR_POSITIONING,
};
use gex_analysis::verdict::SIZE;
use gex_compute::flip::FlipRule;
use gex_compute::market::bar::{Adjustment, BarSeries, ControlSeries};
use gex_compute::market::calendar::Calendar;
use gex_compute::market::units::Rate;
use gex_compute::points::{SeriesEngine, SeriesRequest};
use gex_compute::pricing::{
    DoubtfulVol, ExpiryScope, ForwardFallback, ForwardSource, PricingConfig, VolSource,
};
use gex_compute::series::Measure;
use gex_compute::wanted::Wanted;
use gex_sim::{DEALERS, Leverage, SeriesKind, SeriesWorldSpec, Simulation, WorldSpec};
use serde::{Deserialize, Serialize};
use serde_spanned::Spanned;

use crate::checker::Checker;
use crate::choose::next_session_end;
use crate::console::Console;
use crate::diagnostic::Diagnostic;
use crate::exit::Failure;
use crate::parallel::ordered_map;
use crate::run_folder::hash;
use crate::study_file::fault;
use crate::study_plan::horizon;

/// Smallest effect of the calibration's studies, as a share of volatility per standard deviation.
const SMALLEST_EFFECT: f64 = 0.05;

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
    seed: u64,
    simulations: u32,
    outcome: Tests,
    horizons: Vec<Horizon>,
    cells: Vec<Cell>,
}

/// Which outcome the signal is tested on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tests {
    Variance,
    AbsReturn,
    Return,
}

impl Tests {
    const ALL: [(&'static str, Self); 3] = [
        ("log-realized-variance", Self::Variance),
        ("abs-return", Self::AbsReturn),
        ("return", Self::Return),
    ];

    /// Past variance and implied variance say nothing of a return's direction.
    fn controls(self) -> Vec<Control> {
        match self {
            Self::Variance | Self::AbsReturn => Control::ALL.to_vec(),
            Self::Return => Vec::new(),
        }
    }

    fn kind(self, estimator: Estimator) -> OutcomeKind {
        match self {
            Self::Variance => OutcomeKind::LogRealizedVariance { estimator },
            Self::AbsReturn => OutcomeKind::AbsReturn,
            Self::Return => OutcomeKind::Return,
        }
    }
}

/// A world and how long it is watched.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cell {
    kind: WorldKind,
    /// κ, b or λ of the world.
    effect: f64,
    leverage: Leverage,
    sessions: u32,
}

/// Where signal and market come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WorldKind {
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

    fn name(self) -> &'static str {
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
    let count = |checker: &mut Checker, what: &str, typed: &Spanned<u32>, range: (u32, u32)| {
        checker.read(what, typed, |value| {
            let inside = (range.0..=range.1).contains(value);
            inside.then_some(*value).ok_or_else(|| {
                format!(
                    "{what} must lie between {} and {}, got {value}",
                    range.0, range.1
                )
            })
        })
    };
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
    if gex_analysis::study::MAX_PRIMARIES < horizons.len() {
        let span = table.horizons.last().map_or(0..0, Spanned::span);
        checker.fault(Diagnostic::new(
            "at most 4 horizons: each is a primary",
            span,
            "one too many",
        ));
    }
    let kinds = WorldKind::ALL.map(|kind| (kind.name(), kind));
    let mut cells = Vec::new();
    for world in &file.world {
        let Some(kind) = checker.choose("kind", &world.kind, &kinds) else {
            continue;
        };
        let effect = match &world.effect {
            Some(typed) => checker.within("effect", typed, (0.0, kind.most())),
            None => Some(SeriesWorldSpec::default().effect),
        };
        let effect = effect.filter(|_| kind.plants()).unwrap_or(0.0);
        let leverages = [
            ("same-session", Leverage::SameSession),
            ("next-session", Leverage::NextSession),
        ];
        let leverage = match &world.leverage {
            Some(typed) => checker.choose("leverage", typed, &leverages),
            None => Some(SeriesWorldSpec::default().leverage),
        };
        let Some(leverage) = leverage else { continue };
        cells.extend(sessions.iter().map(|sessions| Cell {
            kind,
            effect,
            leverage,
            sessions: *sessions,
        }));
    }
    let outcome = match &table.outcome {
        Some(typed) => checker.choose("outcome", typed, &Tests::ALL),
        None => Some(Tests::Variance),
    };
    let plan = simulations
        .zip(outcome)
        .map(|(simulations, outcome)| CalibratePlan {
            seed: table.seed,
            simulations,
            outcome,
            horizons,
            cells,
        });
    checker.finish(plan)
}

/// A share of simulations with its Monte-Carlo error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Share {
    pub(crate) share: f64,
    pub(crate) error: f64,
}

impl Share {
    fn of(part: usize, whole: usize) -> Self {
        let share = part as f64 / whole.max(1) as f64;
        let error = (share * (1.0 - share) / whole.max(1) as f64).sqrt();
        Self { share, error }
    }
}

/// What one horizon of a world gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct HorizonResult {
    pub(crate) horizon: String,
    /// Simulations whose headline had a p-value.
    pub(crate) tested: usize,
    /// Rejections at 5 % by equal-weighted cosines beyond every control: size in a null world, power elsewhere.
    pub(crate) ewc: Share,
    /// The same by the partial shift.
    pub(crate) shift: Share,
    /// The first, of the signal alone: what clustering of volatility does to a test without controls.
    pub(crate) alone: Share,
    /// The first, beyond past variance and past losses, but not implied variance.
    pub(crate) beyond_past: Share,
    /// Effect of each simulation, by its number; null where it could not be estimated.
    pub(crate) effects: Vec<Option<f64>>,
    /// Mean effect of one standard deviation of the signal beyond every control, as a share of volatility.
    pub(crate) effect: f64,
    /// Simulations in which it has the declared sign, which is below zero.
    pub(crate) sign: Share,
    /// Shares of the four verdicts: supported, not supported, underpowered, not testable.
    pub(crate) verdicts: [Share; 4],
}

/// What one world gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CellResult {
    pub(crate) world: String,
    pub(crate) effect: f64,
    pub(crate) sessions: u32,
    pub(crate) simulations: u32,
    pub(crate) horizons: Vec<HorizonResult>,
    /// Simulations in which the family, adjusted by Holm, rejected anything.
    pub(crate) family: Share,
}

/// Works through every cell; a cell that stands finished in `cells` is taken from there.
///
/// # Errors
///
/// A failure to simulate, to analyse or to write.
pub(crate) fn calibrate(
    plan: &CalibratePlan,
    cells: &Path,
    console: Console,
) -> Result<Vec<CellResult>, Failure> {
    std::fs::create_dir_all(cells)?;
    let steps = plan.cells.len() as u64 * u64::from(plan.simulations);
    let bar = console.progress("Simulating", steps);
    let mut results = Vec::new();
    for of in &plan.cells {
        let place = cells.join(format!(
            "{}.json",
            &hash(plan.settings(*of).as_bytes())[..16]
        ));
        let stands = std::fs::read_to_string(&place).ok();
        if let Some(result) = stands.and_then(|text| serde_json::from_str(&text).ok()) {
            bar.inc(u64::from(plan.simulations));
            results.push(result);
            continue;
        }
        let result = cell(plan, *of, &bar)?;
        let text = serde_json::to_string_pretty(&result).map_err(Failure::failed)?;
        let partial = place.with_extension("partial");
        std::fs::write(&partial, text)?;
        std::fs::rename(&partial, &place)?;
        results.push(result);
    }
    bar.finish_and_clear();
    Ok(results)
}

impl CalibratePlan {
    /// Everything that a cell's result depends on.
    fn settings(&self, cell: Cell) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let Self {
            seed,
            simulations,
            outcome,
            horizons,
            ..
        } = self;
        format!("{version} {seed} {cell:?} {outcome:?} {horizons:?} {simulations}")
    }
}

/// Share of the simulations, which share their luck, in which the stronger world has the stronger effect.
pub(crate) fn in_order(weaker: &HorizonResult, stronger: &HorizonResult) -> Share {
    let pairs = weaker.effects.iter().zip(&stronger.effects);
    let pairs: Vec<(f64, f64)> = pairs.filter_map(|(a, b)| (*a).zip(*b)).collect();
    let right = pairs.iter().filter(|(weak, strong)| strong < weak).count();
    Share::of(right, pairs.len())
}

/// What one simulation gave: for each horizon the p-values and the verdict.
struct Simulated {
    horizons: Vec<Tested>,
    family: bool,
}

/// p-values and verdict of one hypothesis.
struct Tested {
    alone: Option<f64>,
    beyond_past: Option<f64>,
    ewc: Option<f64>,
    shift: Option<f64>,
    effect: Option<f64>,
    word: VerdictWord,
}

fn cell(
    plan: &CalibratePlan,
    of: Cell,
    bar: &indicatif::ProgressBar,
) -> Result<CellResult, Failure> {
    let study = study(of.kind, plan.outcome, &plan.horizons)?;
    let simulate = |k: u32| {
        // Worlds of one number share their luck, whatever they plant.
        let seed = plan.seed.wrapping_add(u64::from(k));
        let found = match of.kind {
            WorldKind::Series(kind) => series_world(&study, of, kind, seed),
            WorldKind::Agents => agents_world(&study, of, seed),
        };
        bar.inc(1);
        found
    };
    let found: Vec<Result<Simulated, Failure>> =
        ordered_map((0..plan.simulations).collect(), simulate);
    let found = found.into_iter().collect::<Result<Vec<_>, _>>()?;
    let family = found.iter().filter(|simulated| simulated.family).count();
    let horizons = { plan.horizons.iter().enumerate() }
        .map(|(place, horizon)| horizon_result(*horizon, place, &found))
        .collect();
    Ok(CellResult {
        world: match of.leverage {
            Leverage::SameSession => of.kind.name().to_owned(),
            Leverage::NextSession => format!("{}, leverage a session late", of.kind.name()),
        },
        effect: of.effect,
        sessions: of.sessions,
        simulations: plan.simulations,
        horizons,
        family: Share::of(family, found.len()),
    })
}

fn horizon_result(horizon: Horizon, place: usize, found: &[Simulated]) -> HorizonResult {
    let of = || { found.iter() }.filter_map(|simulated| simulated.horizons.get(place));
    let tested = of().filter(|found| found.ewc.is_some()).count();
    let rejected = |p: fn(&Tested) -> Option<f64>| {
        let count = of()
            .filter(|found| p(found).is_some_and(|p| p <= SIZE))
            .count();
        Share::of(count, tested)
    };
    let by_number: Vec<Option<f64>> = { found.iter() }
        .map(|simulated| simulated.horizons.get(place)?.effect)
        .collect();
    let effects: Vec<f64> = by_number.iter().copied().flatten().collect();
    let words = [
        VerdictWord::Supported,
        VerdictWord::NotSupported,
        VerdictWord::Underpowered,
        VerdictWord::NotTestable,
    ];
    HorizonResult {
        horizon: horizon.to_string(),
        tested,
        ewc: rejected(|found| found.ewc),
        shift: rejected(|found| found.shift),
        alone: rejected(|found| found.alone),
        beyond_past: rejected(|found| found.beyond_past),
        effects: by_number,
        effect: effects.iter().sum::<f64>() / effects.len().max(1) as f64,
        sign: Share::of(
            effects.iter().filter(|effect| **effect < 0.0).count(),
            effects.len(),
        ),
        verdicts: words.map(|word| {
            let count = of().filter(|found| found.word == word).count();
            Share::of(count, found.len())
        }),
    }
}

fn series_world(
    study: &Study,
    of: Cell,
    kind: SeriesKind,
    seed: u64,
) -> Result<Simulated, Failure> {
    let spec = SeriesWorldSpec {
        kind,
        effect: of.effect,
        leverage: of.leverage,
        sessions: of.sessions,
        seed,
        ..SeriesWorldSpec::default()
    };
    let market = spec.simulate().map_err(Failure::failed)?;
    let points: Vec<VendorPoint> = { market.sessions.iter().zip(&market.signal) }
        .map(|(session, value)| VendorPoint {
            ts: session.close,
            known_at: session.close,
            session: session.date,
            value: Some(*value),
        })
        .collect();
    let rule = KnownAtRule::SessionClose;
    let inputs = Inputs {
        signals: Signals::Vendor {
            points: &points,
            rule,
        },
        bars: &market.bars,
        controls: std::slice::from_ref(&market.vix),
        calendar: Calendar::Xnys,
        sessions: &market.sessions,
        facts: Facts::default(),
    };
    examine(study, &inputs)
}

/// Chains are priced as a study prices them: parity forwards, volatilities as quoted.
fn agents_world(study: &Study, of: Cell, seed: u64) -> Result<Simulated, Failure> {
    let spec = WorldSpec {
        seed,
        sessions: of.sessions,
        hedging: of.effect,
        start: SeriesWorldSpec::default().start,
        ..WorldSpec::default()
    };
    let world = spec.checked().map_err(Failure::usage)?;
    let (mut bars, mut vix, mut adv) = (Vec::new(), Vec::new(), Vec::new());
    let (mut points, mut engine) = (Vec::new(), engine());
    for session in Simulation::new(&world).map_err(Failure::failed)? {
        let session = session.map_err(Failure::failed)?;
        let head = session.snapshot.head();
        let end = next_session_end(Calendar::Xnys, head.session, head.known_at);
        if let Some(end) = end {
            points.extend(engine.points(&session.snapshot, end).points);
        }
        bars.push(session.bar);
        vix.push(session.vix);
        adv.push(session.dollar_volume);
    }
    let bars = BarSeries {
        underlying: world.spec().underlying.clone(),
        adjustment: Adjustment::None,
        bars,
    };
    let control = |name: &str, points| ControlSeries {
        name: name.to_owned(),
        points,
    };
    let controls = [control("vix", vix), control("adv", adv)];
    let dates = points.first().zip(points.last());
    let sessions = dates.map(|(first, last)| Calendar::Xnys.sessions(first.session, last.session));
    let inputs = Inputs {
        signals: Signals::Chains(&points),
        bars: &bars,
        controls: &controls,
        calendar: Calendar::Xnys,
        sessions: &sessions.unwrap_or_default(),
        facts: Facts::default(),
    };
    examine(study, &inputs)
}

fn engine() -> SeriesEngine {
    SeriesEngine::new(SeriesRequest {
        pricing: PricingConfig {
            forward: ForwardSource::Parity,
            fallback: ForwardFallback::Carry,
            rate: Rate::ZERO,
            dividend: Rate::ZERO,
            iv: VolSource::GivenThenSolved,
            doubtful: DoubtfulVol::LeaveOut,
            expiries: ExpiryScope::All,
        },
        models: vec![DEALERS],
        flip: FlipRule::DEFAULT,
        wanted: Wanted::of(&[Measure::NetGex]),
    })
}

fn examine(study: &Study, inputs: &Inputs<'_>) -> Result<Simulated, Failure> {
    let outcome = analyse(study, inputs).map_err(Failure::failed)?;
    let horizons = outcome.findings.hypotheses.iter().map(tested).collect();
    let holm = |p: &Option<f64>| p.is_some_and(|p| p <= SIZE);
    let family = { outcome.findings.hypotheses.iter() }.any(|found| holm(&found.verdict.holm_p));
    Ok(Simulated { horizons, family })
}

fn tested(found: &HypothesisFinding) -> Tested {
    let p = |rung: Option<&Rung>| rung.and_then(|rung| rung.level.p_values.first()?.value);
    Tested {
        alone: p(found.ladder.first()),
        beyond_past: p(found.ladder.get(1)),
        ewc: p(found.ladder.last()),
        shift: found.verdict.shift_p,
        effect: found.ladder.last().and_then(|rung| rung.level.value),
        word: found.verdict.word,
    }
}

/// One primary hypothesis a horizon, beyond every control.
fn study(kind: WorldKind, tests: Tests, horizons: &[Horizon]) -> Result<Study, Failure> {
    let (signal, estimator) = match kind {
        WorldKind::Series(_) => (
            SignalSpec {
                positioning: VENDOR_POSITIONING.to_owned(),
                column: SignalColumn::Vendor,
                part: SignalPart::Signed,
                scale: Scale::Usd,
            },
            Estimator::GarmanKlass,
        ),
        WorldKind::Agents => (
            SignalSpec {
                positioning: DEALERS.name(),
                column: SignalColumn::Series(Measure::NetGex),
                part: SignalPart::Signed,
                scale: Scale::PerAdv,
            },
            Estimator::GarmanKlassOvernight,
        ),
    };
    let hypothesis = |horizon: &Horizon| Hypothesis {
        id: format!("variance-{horizon}"),
        claim: "Realized variance is lower after a higher signal".to_owned(),
        role: Role::Primary,
        signal: signal.clone(),
        regime: RegimeSpec::Sign { dead_band: 0.0 },
        outcome: OutcomeSpec {
            kind: tests.kind(estimator),
            horizon: *horizon,
        },
        controls: tests.controls(),
        expect: Expect::Negative,
        smallest_effect: SMALLEST_EFFECT,
    };
    let hypotheses = horizons.iter().map(hypothesis).collect();
    Study::new("calibration", 1, hypotheses).map_err(Failure::usage)
}
