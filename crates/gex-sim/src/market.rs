//! A whole synthetic market in memory.

use gex_compute::market::bar::{Adjustment, BarSeries, ControlSeries};
use gex_compute::market::snapshot::ChainSnapshot;

use crate::SimError;
use crate::simulation::Simulation;
use crate::truth::Truth;
use crate::world::World;

/// A synthetic market: what everybody sees, and the truth behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Market {
    /// One chain per session.
    pub snapshots: Vec<ChainSnapshot>,
    /// Daily bars of the underlying.
    pub bars: BarSeries,
    /// Control `vix` or `dvol`: volatility index in percent points, known at the end of the quotes.
    pub vix: ControlSeries,
    /// Control `adv`: each session's volume of the underlying in USD, known at the close; the
    /// average is taken by whoever reads it.
    pub adv: ControlSeries,
    /// What was planted.
    pub truth: Truth,
}

impl Market {
    /// Simulates every session of a world.
    ///
    /// Five years hold some 150 MB; [`Simulation`] holds one session at a time.
    ///
    /// # Errors
    ///
    /// [`SimError`] where the calendar has not the sessions that the world needs.
    pub fn simulate(world: &World) -> Result<Self, SimError> {
        let mut market = Self::empty(world);
        for session in Simulation::new(world)? {
            let session = session?;
            market.snapshots.push(session.snapshot);
            market.bars.bars.push(session.bar);
            market.vix.points.push(session.vix);
            market.adv.points.push(session.dollar_volume);
            market.truth.sessions.push(session.planted);
        }
        Ok(market)
    }

    fn empty(world: &World) -> Self {
        let control = |name: &str| ControlSeries {
            name: name.to_owned(),
            points: Vec::new(),
        };
        Self {
            snapshots: Vec::new(),
            bars: BarSeries {
                underlying: world.spec().underlying.clone(),
                adjustment: Adjustment::None,
                bars: Vec::new(),
            },
            vix: control(world.exchange().index_name),
            adv: control("adv"),
            truth: Truth {
                hedging: world.spec().hedging,
                sessions: Vec::new(),
            },
        }
    }
}
