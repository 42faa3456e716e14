//! One session after the other.

use gex_compute::market::Instant;
use gex_compute::market::bar::{Bar, ControlPoint};
use gex_compute::market::calendar::Session;
use gex_compute::market::snapshot::{ChainSnapshot, SnapshotHead};
use gex_compute::market::units::{Currency, Spot};
use gex_compute::math;

use crate::SimError;
use crate::close::Close;
use crate::demand::{Demand, expiry_weight};
use crate::draws::{Draws, Stream};
use crate::positions::{ExpiryDemand, Positions};
use crate::prices::{self, DayPrices};
use crate::strikes::Lattice;
use crate::surface::Surface;
use crate::timetable::{RUN_UP, Timetable};
use crate::truth::{Hedging, PlantedSession};
use crate::variance::LogVariance;
use crate::world::World;

/// One session of a synthetic market.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedSession {
    /// The chain after the close, with the open interest that was published before the open.
    pub snapshot: ChainSnapshot,
    /// The underlying's prices; volume in units of underlying.
    pub bar: Bar,
    /// Volatility index of the chain's surface, in percent points: 30 days, at the money.
    pub vix: ControlPoint,
    /// Volume of the underlying, in USD.
    pub dollar_volume: ControlPoint,
    /// What drove the session, which no market shows.
    pub planted: PlantedSession,
}

/// A synthetic market that yields its sessions in order, holding one at a time.
///
/// ```
/// use gex_sim::{Simulation, WorldSpec};
///
/// let world = WorldSpec { sessions: 3, ..WorldSpec::default() }.checked()?;
/// for session in Simulation::new(&world)? {
///     let session = session?;
///     let head = session.snapshot.head();
///     assert_eq!(head.spot.get(), session.bar.close);
///     assert!(session.bar.known_at <= head.known_at);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Simulation {
    world: World,
    timetable: Timetable,
    /// Position of the next session.
    today: usize,
    end: usize,
    previous_close: f64,
    prices: Draws,
    variance: LogVariance,
    demand: Demand,
    positions: Positions,
    hedging: Hedging,
}

/// What a session's trading left behind.
struct Day {
    session: Session,
    /// Position of the session in the timetable.
    position: usize,
    quotes_end: Instant,
    prices: DayPrices,
    volume_usd: f64,
    surface: Surface,
    planted: PlantedSession,
}

impl Simulation {
    /// Sets a market up and runs it in before its first session.
    ///
    /// # Errors
    ///
    /// [`SimError`] where the calendar has not the sessions that the world needs.
    pub fn new(world: &World) -> Result<Self, SimError> {
        let spec = world.spec();
        let timetable = Timetable::new(world);
        let first = timetable.first_shown;
        let exchange = world.exchange();
        let spacing = exchange.strike_spacing;
        let lattice = Lattice::new(spec.spot, spec.strikes_each_side, spacing);
        let annual = (spec.annual_vol, exchange.calendar.periods_per_year());
        let draws = |stream| Draws::new(spec.seed, stream);
        let mut simulation = Self {
            world: world.clone(),
            timetable,
            today: first.saturating_sub(RUN_UP),
            end: first + spec.sessions as usize,
            previous_close: spec.spot,
            prices: draws(Stream::Prices),
            variance: LogVariance::new(annual, draws(Stream::Variance)),
            demand: Demand::new(exchange.units_per_session, draws(Stream::Demand)),
            positions: Positions::new(lattice, draws(Stream::Positions)),
            hedging: Hedging::new(spec.hedging),
        };
        while simulation.today < first {
            simulation.trade_day()?;
        }
        Ok(simulation)
    }

    fn step(&mut self) -> Result<SimulatedSession, SimError> {
        let day = self.trade_day()?;
        let close = day.close(&self.world);
        let head = SnapshotHead {
            underlying: self.world.spec().underlying.clone(),
            ts: day.quotes_end,
            known_at: day.quotes_end,
            session: day.session.date,
            spot: Spot::new(day.prices.quoted)?,
            currency: Currency::USD,
        };
        Ok(SimulatedSession {
            snapshot: ChainSnapshot::from_rows(head, close.rows(&self.positions))?,
            bar: bar(&day),
            vix: point(day.quotes_end, day.surface.index()),
            dollar_volume: point(day.session.close, day.volume_usd),
            planted: day.planted,
        })
    }

    /// Runs one session from its open to the end of its quotes.
    fn trade_day(&mut self) -> Result<Day, SimError> {
        let spec = self.world.spec();
        let session = self.timetable.session(self.today)?;
        let quotes_end = self.world.exchange().quotes_end(session)?;
        let listings = self.timetable.listings(self.today, spec.weeklies)?;
        self.positions.settle(session.open);
        self.positions
            .open_session(&listings, self.previous_close, self.today);

        let day = self.trade_underlying(session, quotes_end);
        // What settles within the session is not in its chain.
        self.positions.settle(quotes_end.max(session.close));
        self.trade_options(&day);
        self.previous_close = day.prices.close;
        self.today += 1;
        Ok(day)
    }

    /// Draws the session's prices and volume, and moves variance and demand on.
    fn trade_underlying(&mut self, session: Session, quotes_end: Instant) -> Day {
        let planted = self.hedging.planted(session.date, self.variance.log());
        let vol = self.variance.session_vol();
        let hedged_vol = vol * planted.volatility_factor;
        let exchange = self.world.exchange();
        let prices = prices::trade(self.previous_close, hedged_vol, &mut self.prices, exchange);
        let periods = exchange.calendar.periods_per_year();
        let median_vol = self.world.spec().annual_vol / math::sqrt(periods);
        let volume_usd = self.demand.draw_volume(prices.close, vol / median_vol);
        self.demand.tilt_by(prices.shock);
        // Implied volatility knows what had come when it was quoted.
        let mut seen = self.variance.clone();
        seen.advance(prices.shock_quoted);
        self.variance.advance(prices.shock);
        Day {
            session,
            position: self.today,
            quotes_end,
            prices,
            volume_usd,
            surface: Surface::new(&seen, exchange),
            planted,
        }
    }

    /// Lets investors trade at the close, then weighs the book that dealers take into the night.
    fn trade_options(&mut self, day: &Day) {
        let close = day.close(&self.world);
        let (today, tilt) = (day.position, self.demand.tilt);
        self.positions.trade(|listing| {
            let terms = close.terms(listing);
            ExpiryDemand {
                forward: terms.forward.forward,
                deviation: math::sqrt(terms.theta),
                weight: expiry_weight(listing, today),
                tilt,
            }
        });
        let dealer_gex = close.dealer_gex(&self.positions);
        self.hedging.hold(dealer_gex, self.demand.adv_usd());
    }
}

impl Iterator for Simulation {
    type Item = Result<SimulatedSession, SimError>;

    fn next(&mut self) -> Option<Self::Item> {
        (self.today < self.end).then(|| self.step())
    }
}

impl Day {
    fn close<'a>(&'a self, world: &'a World) -> Close<'a> {
        Close {
            spec: world.spec(),
            exchange: world.exchange(),
            ts: self.quotes_end,
            position: self.position,
            spot: self.prices.quoted,
            surface: &self.surface,
        }
    }
}

fn bar(day: &Day) -> Bar {
    Bar {
        start: day.session.open,
        end: day.session.close,
        known_at: day.session.close,
        open: day.prices.open,
        high: day.prices.high,
        low: day.prices.low,
        close: day.prices.close,
        volume: Some((day.volume_usd / day.prices.close).round()),
    }
}

/// A control that is public at the instant it is about.
fn point(ts: Instant, value: f64) -> ControlPoint {
    ControlPoint {
        ts,
        known_at: ts,
        value,
    }
}
