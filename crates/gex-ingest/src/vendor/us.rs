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

/// The close of a session of stocks.
pub(super) fn closes(date: NaiveDate) -> Instant {
    Calendar::Xnys.settlement(date, Settlement::PmClose)
}

/// When contracts settle that are dated by a vendor: at the close of their day, or, where the market was closed
/// on it, of the session before. Until 2015 expiries were dated on the Saturday after their last session.
pub(super) fn settles_on_its_session(root: &str, date: NaiveDate) -> Instant {
    let session = Calendar::Xnys.session_on(date);
    let last = session.or_else(|| Calendar::Xnys.previous_session(date));
    settles(root, last.map_or(date, |session| session.date))
}

/// Options of funds and stocks: American, 100 shares.
pub(super) const STOCK_TERMS: Terms = Terms {
    exercise: Exercise::American,
    ..INDEX_TERMS
};

/// Whether options on an underlying settle in cash and can't be exercised before they expire.
pub(super) fn is_index(underlying: &str) -> bool {
    matches!(
        underlying,
        "SPX" | "XSP" | "VIX" | "NDX" | "XND" | "RUT" | "MRUT" | "DJX"
    )
}
