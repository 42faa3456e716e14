//! Synthetic markets with a known truth: demo data, and a test of every claim a study can make.
//!
//! A [`World`] is a few settings and a seed; [`Simulation`] yields its sessions, [`Market`] holds
//! them all. The same world gives the same bytes on every machine.
//!
//! # What is planted
//!
//! Investors buy puts below the money and write calls above it; dealers take the other side
//! ([`DEALERS`]) and hedge. A dealer who is long gamma sells as prices rise and buys as they fall, so
//! a fundamental shock ε moves the price by less:
//!
//! ```text
//! r = ε − λ·g·r   so that   r = ε/(1 + λ·g) ≈ ε·e^(−λ·g)       g = GEX/ADV
//! ```
//!
//! with `GEX` the dealers' gamma in USD per 1 % move at the close before, after that session's
//! trades, `ADV` the median dollar volume of twenty sessions, and `λ` ([`WorldSpec::hedging`]) the
//! impact, in moves of 1 %, of trading a day's volume. The market moves by the exponential, which is
//! positive for any book and makes log variance linear in `g`:
//!
//! ```text
//! σ'² = e^h·f²       f = exp(−λ·g), λ·g within [−1, 1]       ∂ ln σ'²/∂g = −2·λ
//! ```
//!
//! `λ = 0` is the null: what then relates gamma to later volatility is the clustering of volatility
//! alone, since chains, positions and variance share the same past.
//!
//! # What is simplified
//!
//! Hedging scales a whole session, night included, and changes neither its path nor the implied
//! surface; positions are traded at the close; no contract is listed and settled within one session;
//! rates are constant. Published open interest is the session's before its trades, so the public
//! measure of the book lags the book by a session, as it does in listed options.

mod close;
mod demand;
mod draws;
mod exchange;
mod market;
mod positions;
mod prices;
mod series_world;
mod simulation;
mod strikes;
mod surface;
mod timetable;
mod truth;
mod variance;
mod world;

pub use close::DEALERS;
pub use exchange::MarketKind;
pub use market::Market;
pub use series_world::{Leverage, SeriesKind, SeriesMarket, SeriesWorldSpec};
pub use simulation::{SimulatedSession, Simulation};
pub use truth::{PlantedSession, Truth};
pub use world::{World, WorldError, WorldSpec};

/// Why a simulation cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The timetable ends before an expiry does.
    #[error("the calendar has no session that far ahead: start earlier")]
    OutOfSessions,
    /// A price beyond every bound.
    #[error("the simulated price left its range")]
    Price(#[from] gex_compute::market::units::OutOfRange),
    /// Rows that make no snapshot.
    #[error("the simulated chain is not one")]
    Snapshot(#[from] gex_compute::market::snapshot::SnapshotError),
}
