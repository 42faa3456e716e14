//! One simulated world through the analysis that `gex run` uses.

use gex_analysis::findings::{Expect, HypothesisFinding, Role, Rung, VerdictWord};
use gex_analysis::inputs::{Facts, Inputs, KnownAtRule, Signals, VendorPoint};
use gex_analysis::run as analyse;
use gex_analysis::study::{
    Estimator, Horizon, Hypothesis, OutcomeSpec, RegimeRule, Scale, SignalColumn, SignalPart,
    SignalSpec, Study, VENDOR_POSITIONING,
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
use gex_sim::{DEALERS, SeriesKind, SeriesWorldSpec, Simulation, WorldSpec};

use crate::calibrate_file::{Cell, Tests, WorldKind};
use crate::choose::next_session_end;
use crate::exit::Failure;

/// Smallest effect of the calibration's studies, as a share of volatility per standard deviation.
const SMALLEST_EFFECT: f64 = 0.05;

/// What one simulation gave: for each horizon the p-values and the verdict.
pub(crate) struct Simulated {
    /// One a horizon.
    pub(crate) horizons: Vec<Tested>,
    /// Whether the family, adjusted by Holm, rejected anything.
    pub(crate) family: bool,
}

/// p-values and verdict of one hypothesis.
pub(crate) struct Tested {
    pub(crate) alone: Option<f64>,
    pub(crate) beyond_past: Option<f64>,
    pub(crate) ewc: Option<f64>,
    pub(crate) shift: Option<f64>,
    pub(crate) effect: Option<f64>,
    pub(crate) word: VerdictWord,
}

/// Simulates a world and tests what the study asks.
///
/// # Errors
///
/// A failure to simulate or to analyse.
pub(crate) fn simulate_world(study: &Study, of: Cell, seed: u64) -> Result<Simulated, Failure> {
    match of.kind {
        WorldKind::Series(kind) => series_world(study, of, kind, seed),
        WorldKind::Agents => agents_world(study, of, seed),
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
///
/// # Errors
///
/// A usage failure where the horizons make no study.
pub(crate) fn study(kind: WorldKind, tests: Tests, horizons: &[Horizon]) -> Result<Study, Failure> {
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
        regime: RegimeRule::Sign { dead_band: 0.0 }.into(),
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
