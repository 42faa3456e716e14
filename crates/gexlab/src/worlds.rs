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
use gex_compute::market::calendar::Calendar;
use gex_sim::{SeriesKind, SeriesMarket, SeriesWorldSpec};
use serde::{Deserialize, Serialize};
use serde_spanned::Spanned;

use crate::checker::Checker;
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
}

/// `[[world]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WorldTable {
    kind: Spanned<String>,
    effect: Option<Spanned<f64>>,
}

/// What is to be calibrated, checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CalibratePlan {
    seed: u64,
    simulations: u32,
    horizons: Vec<Horizon>,
    /// World and sessions of each cell.
    cells: Vec<(SeriesKind, f64, u32)>,
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
    let kinds = SeriesKind::ALL.map(|kind| (kind.name(), kind));
    let mut cells = Vec::new();
    for world in &file.world {
        let kind = checker.choose("kind", &world.kind, &kinds);
        let effect = match &world.effect {
            Some(typed) => checker.within("effect", typed, (0.0, 0.5)),
            None => Some(SeriesWorldSpec::default().effect),
        };
        if let Some((kind, effect)) = kind.zip(effect) {
            cells.extend(sessions.iter().map(|count| (kind, effect, *count)));
        }
    }
    let plan = simulations.map(|simulations| CalibratePlan {
        seed: table.seed,
        simulations,
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
    let study = study(&plan.horizons)?;
    let steps = plan.cells.len() as u64 * u64::from(plan.simulations);
    let bar = console.progress("Simulating", steps);
    let mut results = Vec::new();
    for (kind, effect, sessions) in &plan.cells {
        let settings = format!(
            "{} {kind:?} {effect:?} {sessions} {:?} {} {}",
            plan.seed,
            plan.horizons,
            plan.simulations,
            env!("CARGO_PKG_VERSION")
        );
        let place = cells.join(format!("{}.json", &hash(settings.as_bytes())[..16]));
        let stands = std::fs::read_to_string(&place).ok();
        let result = match stands.and_then(|text| serde_json::from_str(&text).ok()) {
            Some(result) => {
                bar.inc(u64::from(plan.simulations));
                result
            }
            None => {
                let result = cell(plan, &study, (*kind, *effect, *sessions), &bar)?;
                let text = serde_json::to_string_pretty(&result).map_err(Failure::failed)?;
                let partial = place.with_extension("partial");
                std::fs::write(&partial, text)?;
                std::fs::rename(&partial, &place)?;
                result
            }
        };
        results.push(result);
    }
    bar.finish_and_clear();
    Ok(results)
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
    word: VerdictWord,
}

fn cell(
    plan: &CalibratePlan,
    study: &Study,
    (kind, effect, sessions): (SeriesKind, f64, u32),
    bar: &indicatif::ProgressBar,
) -> Result<CellResult, Failure> {
    let simulate = |k: u32| {
        let spec = SeriesWorldSpec {
            kind,
            effect,
            sessions,
            // Worlds of one number share their luck, whatever they plant.
            seed: plan.seed.wrapping_add(u64::from(k)),
            ..SeriesWorldSpec::default()
        };
        let market = spec.simulate().map_err(Failure::failed)?;
        let found = examine(study, &market);
        bar.inc(1);
        found
    };
    let found: Vec<Result<Simulated, Failure>> =
        ordered_map((0..plan.simulations).collect(), simulate);
    let found = found.into_iter().collect::<Result<Vec<_>, _>>()?;
    let family = found.iter().filter(|simulated| simulated.family).count();
    let horizons = { plan.horizons.iter().enumerate() }
        .map(|(place, horizon)| horizon_result(horizon, place, &found))
        .collect();
    Ok(CellResult {
        world: kind.name().to_owned(),
        effect: match kind {
            SeriesKind::A | SeriesKind::B => effect,
            SeriesKind::N0 | SeriesKind::N0r | SeriesKind::N1 => 0.0,
        },
        sessions,
        simulations: plan.simulations,
        horizons,
        family: Share::of(family, found.len()),
    })
}

fn horizon_result(horizon: &Horizon, place: usize, found: &[Simulated]) -> HorizonResult {
    let of = || { found.iter() }.filter_map(|simulated| simulated.horizons.get(place));
    let tested = of().filter(|found| found.ewc.is_some()).count();
    let rejected = |p: fn(&Tested) -> Option<f64>| {
        let count = of()
            .filter(|found| p(found).is_some_and(|p| p <= SIZE))
            .count();
        Share::of(count, tested)
    };
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
        verdicts: words.map(|word| {
            let count = of().filter(|found| found.word == word).count();
            Share::of(count, found.len())
        }),
    }
}

fn examine(study: &Study, market: &SeriesMarket) -> Result<Simulated, Failure> {
    let points: Vec<VendorPoint> = { market.sessions.iter().zip(&market.signal) }
        .map(|(session, value)| VendorPoint {
            ts: session.close,
            known_at: session.close,
            session: session.date,
            value: Some(*value),
        })
        .collect();
    let inputs = Inputs {
        signals: Signals::Vendor {
            points: &points,
            rule: KnownAtRule::SessionClose,
        },
        bars: &market.bars,
        controls: std::slice::from_ref(&market.vix),
        calendar: Calendar::Xnys,
        sessions: &market.sessions,
        facts: Facts::default(),
    };
    let outcome = analyse(study, &inputs).map_err(Failure::failed)?;
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
        word: found.verdict.word,
    }
}

/// One primary hypothesis a horizon, beyond every control.
fn study(horizons: &[Horizon]) -> Result<Study, Failure> {
    let hypothesis = |horizon: &Horizon| Hypothesis {
        id: format!("variance-{horizon}"),
        claim: "Realized variance is lower after a higher signal".to_owned(),
        role: Role::Primary,
        signal: SignalSpec {
            positioning: VENDOR_POSITIONING.to_owned(),
            column: SignalColumn::Vendor,
            part: SignalPart::Signed,
            scale: Scale::Usd,
        },
        regime: RegimeSpec::Sign { dead_band: 0.0 },
        outcome: OutcomeSpec {
            kind: OutcomeKind::LogRealizedVariance {
                estimator: Estimator::GarmanKlass,
            },
            horizon: *horizon,
        },
        controls: Control::ALL.to_vec(),
        expect: Expect::Negative,
        smallest_effect: SMALLEST_EFFECT,
    };
    let hypotheses = horizons.iter().map(hypothesis).collect();
    Study::new("calibration", 1, hypotheses).map_err(Failure::usage)
}
