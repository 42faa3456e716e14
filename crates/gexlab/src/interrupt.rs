//! Ctrl-C: once ends after the current trial of a sweep, twice at once. What is finished stays.

use std::sync::atomic::{AtomicBool, Ordering};

static IN_TRIALS: AtomicBool = AtomicBool::new(false);
static ASKED: AtomicBool = AtomicBool::new(false);

/// The exit code of a process that was interrupted.
pub const CODE: u8 = 130;

/// Takes Ctrl-C over. A run's folder appears only when it is whole, so that ending at once leaves nothing half
/// written; a sweep is allowed to finish the trial it is at.
pub fn install() {
    // Where the signal can't be had the system's own way of ending stays.
    let taken = ctrlc::set_handler(|| {
        let first = !ASKED.swap(true, Ordering::SeqCst);
        if !(first && IN_TRIALS.load(Ordering::SeqCst)) {
            std::process::exit(i32::from(CODE));
        }
    });
    drop(taken);
}

/// Marks the time in which one Ctrl-C waits for the current trial.
pub(crate) fn in_trials() {
    IN_TRIALS.store(true, Ordering::SeqCst);
}

/// Whether Ctrl-C was pressed.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}
