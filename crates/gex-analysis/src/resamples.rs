//! Resampled rows that every bootstrap of a study shares: drawn once for each length.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::stats::Undefined;
use crate::stats::bootstrap::{Draw, draw_stationary};

/// Mean block of the stationary bootstrap, in rows: a quarter of sessions, an eighth of the rows at most.
const MEAN_BLOCK: usize = 63;

/// Draws of the stationary bootstrap (Politis and Romano 1994), made when first asked for and kept.
///
/// A draw depends on the seed and on the number of rows alone, so that the order in which hypotheses ask does not
/// matter and every statistic over the same rows sees the same resamples.
#[derive(Debug)]
pub struct Resamples {
    seed: u64,
    draws: usize,
    known: Mutex<BTreeMap<usize, Arc<Vec<Draw>>>>,
}

impl Resamples {
    /// Promises `draws` resamples of every length.
    pub fn new(seed: u64, draws: usize) -> Self {
        Self {
            seed,
            draws,
            known: Mutex::new(BTreeMap::new()),
        }
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Number of resamples.
    pub fn draws(&self) -> usize {
        self.draws
    }

    /// Mean rows of a block in a sample of `rows` rows.
    pub fn mean_block(rows: usize) -> f64 {
        MEAN_BLOCK.min(rows / 8).max(1) as f64
    }

    /// Resampled positions of `rows` rows.
    ///
    /// # Errors
    ///
    /// [`Undefined`] if there is no row.
    pub fn of(&self, rows: usize) -> Result<Arc<Vec<Draw>>, Undefined> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&rows) {
            return Ok(Arc::clone(found));
        }
        let mut random = ChaCha8Rng::seed_from_u64(self.seed ^ (rows as u64).rotate_left(32));
        let block = Self::mean_block(rows);
        let drawn = Arc::new(draw_stationary(rows, self.draws, block, &mut random)?);
        known.insert(rows, Arc::clone(&drawn));
        Ok(drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_seed_and_length_alone() {
        let (a, b) = (Resamples::new(1, 20), Resamples::new(1, 20));
        let first = a.of(300).unwrap();
        b.of(200).unwrap();
        assert_eq!(first, b.of(300).unwrap());
        assert_ne!(first, Resamples::new(2, 20).of(300).unwrap());
        // Blocks of 37 rows on average: about one row in 37 starts anew.
        let whole = 300 / 8;
        let breaks: usize = first
            .iter()
            .map(|draw| {
                let rows: Vec<usize> = draw.positions().collect();
                rows.windows(2).filter(|p| p[1] != (p[0] + 1) % 300).count()
            })
            .sum();
        let expected = 20.0 * 299.0 / f64::from(whole);
        assert!(
            (breaks as f64 - expected).abs() < 5.0 * expected.sqrt(),
            "{breaks}"
        );
    }
}
