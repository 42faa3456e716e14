//! The one place where this crate uses more than one thread.

use rayon::prelude::*;

/// Applies `work` to every item, on as many threads as the pool has, results in the items' order.
///
/// The order of the results, and so every byte written from them, does not depend on the pool.
pub fn ordered_map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    items.into_par_iter().map(work).collect()
}

/// As [`ordered_map`], with something that each thread makes once and hands to its next items: memory
/// that results must not depend on.
pub fn ordered_map_with<T: Send, W, R: Send>(
    items: Vec<T>,
    make: impl Fn() -> W + Send + Sync,
    work: impl Fn(&mut W, T) -> R + Send + Sync,
) -> Vec<R> {
    items.into_par_iter().map_init(make, work).collect()
}

/// Sets the number of threads for the whole process; `None` takes every core.
///
/// # Errors
///
/// The pool's own error where threads can't be started, or were started before.
pub fn set_threads(threads: Option<u16>) -> Result<(), rayon::ThreadPoolBuildError> {
    let count = threads.map_or(0, usize::from);
    rayon::ThreadPoolBuilder::new()
        .num_threads(count)
        .build_global()
}

/// Number of threads that work.
pub fn threads() -> usize {
    rayon::current_num_threads()
}
