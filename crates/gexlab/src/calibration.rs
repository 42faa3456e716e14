//! Size and power of the headline test over simulated worlds.

use std::path::Path;

use gex_analysis::findings::VerdictWord;
use gex_analysis::study::Horizon;
use gex_analysis::verdict::SIZE;
use gex_sim::Leverage;
use serde::{Deserialize, Serialize};

use crate::calibrate_file::{CalibratePlan, Cell};
use crate::console::Console;
use crate::exit::Failure;
use crate::parallel::ordered_map;
use crate::run_folder::hash;
use crate::worlds::{Simulated, Tested, simulate_world, study};

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
    /// The first, beyond past variance and past losses, but not implied variance; null without controls.
    pub(crate) beyond_past: Option<Share>,
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
        std::fs::write(&partial, &text)?;
        std::fs::rename(&partial, &place)?;
        // As a later run will read it, so that both say the same to the last digit.
        results.push(serde_json::from_str(&text).map_err(Failure::failed)?);
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

fn cell(
    plan: &CalibratePlan,
    of: Cell,
    bar: &indicatif::ProgressBar,
) -> Result<CellResult, Failure> {
    let study = study(of.kind, plan.outcome, &plan.horizons)?;
    let simulate = |k: u32| {
        // Worlds of one number share their luck, whatever they plant.
        let seed = plan.seed.wrapping_add(u64::from(k));
        let found = simulate_world(&study, of, seed);
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
        beyond_past: of()
            .any(|found| found.beyond_past.is_some())
            .then(|| rejected(|found| found.beyond_past)),
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
