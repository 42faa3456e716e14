//! The one place where this crate uses more than one thread.

use rayon::prelude::*;

/// Applies `work` to every item on the current pool, results in the items' order.
///
/// The order of the results does not depend on the pool; each item is worked on by one thread, so
/// the numbers don't either.
pub fn ordered_map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    items.par_iter().map(work).collect()
}
