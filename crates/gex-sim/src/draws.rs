//! Random numbers that are the same on every machine.

use gex_compute::math;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of draws feeds.
///
/// Each use has a stream of its own, so that a change in one (more strikes, stronger hedging)
/// leaves the draws of the others as they were: worlds that differ in one setting share their luck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Prices of the underlying, overnight and intraday.
    Prices = 1,
    /// The part of variance that returns do not drive.
    Variance = 2,
    /// Investors' demand and the volume of the underlying.
    Demand = 3,
    /// Contracts opened and closed, line by line.
    Positions = 4,
    /// The signal of a world without chains.
    Signal = 5,
    /// Realized variance about its mean, and the error of implied variance.
    Measurement = 6,
}

/// One stream of draws from a seed.
#[derive(Debug, Clone)]
pub(crate) struct Draws(ChaCha12Rng);

impl Draws {
    pub(crate) fn new(seed: u64, stream: Stream) -> Self {
        let mut generator = ChaCha12Rng::seed_from_u64(seed);
        generator.set_stream(stream as u64);
        Self(generator)
    }

    /// A uniform number strictly between 0 and 1, on a lattice of 2⁻⁵³.
    fn uniform(&mut self) -> f64 {
        let high_bits = self.0.next_u64() >> 12;
        (high_bits as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// A standard normal number, by inversion: one uniform each, so that draws never slip.
    pub(crate) fn normal(&mut self) -> f64 {
        // The quantile is undefined at 0 and 1 only, which `uniform` never returns.
        math::norm_quantile(self.uniform()).unwrap_or_default()
    }

    /// A positive factor of mean one: `exp(σ·z − σ²/2)`.
    pub(crate) fn factor(&mut self, log_sd: f64) -> f64 {
        math::exp(log_sd * self.normal() - 0.5 * log_sd * log_sd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bounds are five standard errors of each moment of 40,000 normals.
    #[test]
    fn normals_have_normal_moments() {
        let mut draws = Draws::new(7, Stream::Prices);
        let sample: Vec<f64> = (0..40_000).map(|_| draws.normal()).collect();
        let moment = |k: i32| sample.iter().map(|z| z.powi(k)).sum::<f64>() / 40_000.0;
        assert!(moment(1).abs() < 5.0 * 0.005, "{}", moment(1));
        assert!((moment(2) - 1.0).abs() < 5.0 * 0.0071, "{}", moment(2));
        assert!(moment(3).abs() < 5.0 * 0.0194, "{}", moment(3));
        assert!((moment(4) - 3.0).abs() < 5.0 * 0.049, "{}", moment(4));
    }

    #[test]
    fn streams_of_one_seed_differ_and_repeat() {
        let first = |stream| Draws::new(7, stream).normal().to_bits();
        assert_eq!(first(Stream::Prices), first(Stream::Prices));
        assert_ne!(first(Stream::Prices), first(Stream::Positions));
    }
}
