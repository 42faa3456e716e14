//! What options on indices in New York have in common, whoever sends them.

use chrono::NaiveDate;
use gex_compute::market::Instant;
use gex_compute::market::calendar::{Calendar, Settlement};
use gex_compute::market::contract::{Exercise, Payoff};
use gex_compute::market::units::Currency;

use crate::accept::Terms;

/// Cash-settled, European, 100 dollars a point.
pub(super) const INDEX_TERMS: Terms = Terms {
    exercise: Exercise::European,
    payoff: Payoff::Linear,
    multiplier: 100.0,
    currency: Currency::USD,
};

/// When contracts of a root settle: SPX, VIX and VIXW on the opening prices, SPXW on the close.
fn settlement_of(root: &str) -> Settlement {
    match root {
        "SPX" | "VIX" | "VIXW" | "NDX" | "RUT" => Settlement::AmOpen,
        _ => Settlement::PmClose,
    }
}

/// Instant at which a contract of `root` that expires on `date` settles.
pub(super) fn settles(root: &str, date: NaiveDate) -> Instant {
    Calendar::Xnys.settlement(date, settlement_of(root))
}
