//! Who is assumed to hold what: the only place where a sign is decided.
//!
//! Nobody publishes dealers' inventory, so every sign is an assumption and has a name. A weight is
//! the dealers' expected position per contract of open interest, from -1 (short) to +1 (long).
//! Gamma itself carries no sign: long options of either kind gain delta as the underlying rises.

use std::fmt;

use crate::book::Book;
use crate::fractions::FractionTable;
use crate::market::calendar::DAYS_PER_YEAR;
use crate::market::contract::Right;
use crate::market::snapshot::NumberColumn;
use crate::math;

/// Expected dealer position per contract of open interest, in [-1, 1]; long is above zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight(f64);

impl Weight {
    /// Wraps `value`.
    ///
    /// # Errors
    ///
    /// [`PositioningError::Weight`] unless `value` lies in [-1, 1].
    pub fn new(value: f64) -> Result<Self, PositioningError> {
        if (-1.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(PositioningError::Weight(value))
        }
    }

    /// The plain number.
    pub fn get(self) -> f64 {
        self.0
    }
}

/// The name of the model whose shares stand in a table.
const TABLE_NAME: &str = "fractions";

/// A named assumption about who holds what.
///
/// ```
/// use gex_compute::market::contract::Right;
/// use gex_compute::positioning::Positioning;
///
/// let naive = Positioning::from_name("calls-long-puts-short")?;
/// assert_eq!(naive.weight(Right::Put), Some(-1.0));
/// # Ok::<(), gex_compute::positioning::PositioningError>(())
/// ```
///
/// Sources: `CallsLongPutsShort` is SqueezeMetrics (2017) and Baltussen et al. (2021); `Inverted`
/// and `ShortAll` are used for crypto and for dealers who write to both sides; `TakerFlow` is the mirror
/// of takers as Glassnode (2025) describes it; `OpenClose` is Ni, Pearson, Poteshman and White (2021).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Positioning {
    /// Every contract long: size without a sign, the benchmark of every signed model.
    Gross,
    /// Dealers are long the calls that investors write and short the puts that investors buy.
    CallsLongPutsShort,
    /// Dealers have written every contract.
    ShortAll,
    /// Dealers are short the calls and long the puts.
    Inverted,
    /// Dealers hold a stated share of each side's open interest.
    Fractions {
        /// Weight of every call.
        calls: Weight,
        /// Weight of every put.
        puts: Weight,
    },
    /// Dealers hold shares of open interest that depend on side, delta and days to expiry.
    FractionTable(FractionTable),
    /// Dealers have written what is out of the money, which the public buys, and hold what is in it;
    /// the forward is the money.
    Moneyness,
    /// What a vendor says that dealers hold, over open interest; a contract of which it says nothing is
    /// not held.
    VendorInventory,
    /// Minus what takers have bought since a contract's listing, at most all of its open interest.
    TakerFlow {
        /// Sessions from the archive's first during which the sum says nothing yet.
        burn_in: u16,
    },
    /// Minus what customers and firms have bought since a contract's listing, in full; the archive's
    /// column of signed flow holds their purchases.
    OpenClose {
        /// Sessions from the archive's first during which the sum says nothing yet.
        burn_in: u16,
    },
    /// Calls long and puts short, of open interest that is moved by a share of the session's signed
    /// flow: `max(0, OI + α·net)`.
    FlowAdjusted {
        /// Share of the flow that opens positions, in [0, 1].
        alpha: Weight,
    },
}

/// What a contract of a book shows that a model may look at.
struct Seen {
    right: Right,
    /// Strike over forward.
    moneyness: f64,
    /// Forward delta of a call, N(d₁).
    call_delta: f64,
    /// Calendar days to settlement.
    days: f64,
    /// Shares of open interest, NaN where unknown: the vendor's inventory, takers' purchases since
    /// listing, and those of the session.
    inventory: f64,
    bought: f64,
    flow: f64,
}

/// Why a text names no positioning model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PositioningError {
    /// No model has this name.
    #[error(
        "unknown positioning {0:?}: use gross, calls-long-puts-short, short-all, inverted, moneyness, \
         vendor-inventory, taker-flow(SESSIONS), open-close(SESSIONS), flow-adjusted(SHARE), \
         fractions(CALLS,PUTS) such as fractions(0.5,-0.8), or fractions with its table"
    )]
    Unknown(String),
    /// A weight outside [-1, 1].
    #[error("a weight must lie in [-1, 1], got {0}")]
    Weight(f64),
    /// A table that stands nowhere.
    #[error(
        "the model `fractions` needs its table: add [positioning.fractions], or name two shares as in \
         fractions(0.5,-0.8)"
    )]
    NoTable,
    /// A share of the flow below zero.
    #[error("a share of the flow must lie in [0, 1], got {0}")]
    Share(f64),
}

impl Positioning {
    /// The models without parameters.
    pub const NAMED: [Self; 6] = [
        Self::Gross,
        Self::CallsLongPutsShort,
        Self::ShortAll,
        Self::Inverted,
        Self::Moneyness,
        Self::VendorInventory,
    ];

    /// Expected dealer position per contract of open interest, in [-1, 1], where it is the same for
    /// every call and every put.
    pub fn weight(self, right: Right) -> Option<f64> {
        Some(match (self, right) {
            (Self::Gross, _)
            | (Self::CallsLongPutsShort, Right::Call)
            | (Self::Inverted, Right::Put) => 1.0,
            (Self::ShortAll, _)
            | (Self::CallsLongPutsShort, Right::Put)
            | (Self::Inverted, Right::Call) => -1.0,
            (Self::Fractions { calls, .. }, Right::Call) => calls.get(),
            (Self::Fractions { puts, .. }, Right::Put) => puts.get(),
            (
                Self::FractionTable(_)
                | Self::Moneyness
                | Self::VendorInventory
                | Self::TakerFlow { .. }
                | Self::OpenClose { .. }
                | Self::FlowAdjusted { .. },
                _,
            ) => return None,
        })
    }

    /// The weights of a book, row by row: expected dealer position per contract of open interest.
    ///
    /// NaN, which makes every sum undefined, where the model needs what the book does not know: a column
    /// that the archive leaves empty, or a sum of flows that has only begun.
    pub fn weights(self, book: &Book) -> Vec<f64> {
        let columns = book.columns();
        if let (Some(call), Some(put)) = (self.weight(Right::Call), self.weight(Right::Put)) {
            let side = |right: &Right| if *right == Right::Call { call } else { put };
            return columns.right.iter().map(side).collect();
        }
        let known = |column: &[f64], i: usize| column.get(i).copied().unwrap_or(f64::NAN);
        let mut weights = Vec::with_capacity(book.len());
        for expiry in book.expiries() {
            weights.extend(expiry.rows.clone().map(|i| {
                let moneyness = columns.strike[i] / expiry.forward;
                let deviation = columns.vol[i] * expiry.sqrt_tau;
                self.weight_of(&Seen {
                    right: columns.right[i],
                    moneyness,
                    call_delta: math::norm_cdf(0.5 * deviation - math::ln(moneyness) / deviation),
                    days: expiry.tau_years * DAYS_PER_YEAR,
                    inventory: known(&columns.inventory, i),
                    bought: known(&columns.bought, i),
                    flow: known(&columns.flow, i),
                })
            }));
        }
        if self == Self::VendorInventory {
            not_held_where_unknown(&mut weights);
        }
        weights
    }

    fn weight_of(self, seen: &Seen) -> f64 {
        match self {
            Self::FractionTable(table) => {
                let delta_size = match seen.right {
                    Right::Call => seen.call_delta,
                    Right::Put => 1.0 - seen.call_delta,
                };
                table.share(seen.right, delta_size, seen.days)
            }
            Self::Moneyness => {
                let out = match seen.right {
                    Right::Call => 1.0 < seen.moneyness,
                    Right::Put => seen.moneyness < 1.0,
                };
                if out { -1.0 } else { 1.0 }
            }
            Self::VendorInventory => seen.inventory,
            Self::TakerFlow { .. } => (-seen.bought).clamp(-1.0, 1.0),
            Self::OpenClose { .. } => -seen.bought,
            Self::FlowAdjusted { alpha } => {
                let moved = (1.0 + alpha.get() * seen.flow).max(0.0);
                // `max` would take zero for a flow that is unknown.
                let open = if seen.flow.is_nan() { f64::NAN } else { moved };
                match seen.right {
                    Right::Call => open,
                    Right::Put => -open,
                }
            }
            _ => self.weight(seen.right).unwrap_or(f64::NAN),
        }
    }

    /// The columns of a snapshot that the model reads beside those of the exposures.
    pub fn columns(self) -> &'static [NumberColumn] {
        match self {
            Self::VendorInventory => &[NumberColumn::DealerPosition],
            Self::TakerFlow { .. } | Self::OpenClose { .. } | Self::FlowAdjusted { .. } => {
                &[NumberColumn::TakerNet]
            }
            _ => &[],
        }
    }

    /// Sessions of flows that the model needs behind it; `None` for one that needs no history.
    pub fn burn_in(self) -> Option<u16> {
        match self {
            Self::TakerFlow { burn_in } | Self::OpenClose { burn_in } => Some(burn_in),
            _ => None,
        }
    }

    /// The name in kebab case; [`Self::from_name`] reads it back, but for `fractions`, whose table it
    /// can't know.
    pub fn name(self) -> String {
        match self {
            Self::Gross => "gross".to_owned(),
            Self::CallsLongPutsShort => "calls-long-puts-short".to_owned(),
            Self::ShortAll => "short-all".to_owned(),
            Self::Inverted => "inverted".to_owned(),
            Self::Fractions { calls, puts } => {
                format!("fractions({},{})", calls.get(), puts.get())
            }
            Self::FractionTable(_) => TABLE_NAME.to_owned(),
            Self::Moneyness => "moneyness".to_owned(),
            Self::VendorInventory => "vendor-inventory".to_owned(),
            Self::TakerFlow { burn_in } => format!("taker-flow({burn_in})"),
            Self::OpenClose { burn_in } => format!("open-close({burn_in})"),
            Self::FlowAdjusted { alpha } => format!("flow-adjusted({})", alpha.get()),
        }
    }

    /// Reads a name such as `short-all` or `fractions(0.5,-0.8)`.
    ///
    /// # Errors
    ///
    /// [`PositioningError`] for a name that no model has, a weight outside [-1, 1], or a table that a
    /// name can't hold.
    pub fn from_name(name: &str) -> Result<Self, PositioningError> {
        if name == TABLE_NAME {
            return Err(PositioningError::NoTable);
        }
        let unknown = || PositioningError::Unknown(name.to_owned());
        if let Some(model) = Self::NAMED.into_iter().find(|model| model.name() == name) {
            return Ok(model);
        }
        let (kind, inner) = name
            .strip_suffix(')')
            .and_then(|rest| rest.split_once('('))
            .ok_or_else(unknown)?;
        let weight = |text: &str| Weight::new(text.trim().parse().map_err(|_| unknown())?);
        let sessions = || inner.trim().parse().map_err(|_| unknown());
        match kind {
            "fractions" => {
                let (calls, puts) = inner.split_once(',').ok_or_else(unknown)?;
                Ok(Self::Fractions {
                    calls: weight(calls)?,
                    puts: weight(puts)?,
                })
            }
            "taker-flow" => Ok(Self::TakerFlow {
                burn_in: sessions()?,
            }),
            "open-close" => Ok(Self::OpenClose {
                burn_in: sessions()?,
            }),
            "flow-adjusted" => match weight(inner)? {
                alpha if 0.0 <= alpha.get() => Ok(Self::FlowAdjusted { alpha }),
                alpha => Err(PositioningError::Share(alpha.get())),
            },
            _ => Err(unknown()),
        }
    }

    /// The assumption as one sentence for a reader of the report.
    pub fn assumption(self) -> String {
        match self {
            Self::Gross => {
                "Every contract counts as held long: size of gamma without a sign.".to_owned()
            }
            Self::CallsLongPutsShort => {
                "Dealers are long every call and short every put.".to_owned()
            }
            Self::ShortAll => "Dealers are short every contract.".to_owned(),
            Self::Inverted => "Dealers are short every call and long every put.".to_owned(),
            Self::Fractions { calls, puts } => format!(
                "Dealers hold {} of each call's and {} of each put's open interest, \
                 long above zero.",
                calls.get(),
                puts.get()
            ),
            Self::FractionTable(table) => format!(
                "Dealers hold a share of each contract's open interest, long above zero: {}.",
                table.words()
            ),
            Self::Moneyness => "Dealers are short what is out of the money, the forward being the \
                                money, and long what is in it."
                .to_owned(),
            Self::VendorInventory => {
                "Dealers hold what the vendor says; a contract of which it says \
                                      nothing is not held."
                    .to_owned()
            }
            Self::TakerFlow { burn_in } => format!(
                "Dealers hold minus what takers bought since listing, at most all of the open \
                 interest; undefined for the archive's first {burn_in} sessions."
            ),
            Self::OpenClose { burn_in } => format!(
                "Dealers hold minus what customers and firms bought since listing; undefined for the \
                 archive's first {burn_in} sessions."
            ),
            Self::FlowAdjusted { alpha } => format!(
                "Dealers are long every call and short every put, of open interest moved by {} of the \
                 session's signed flow.",
                alpha.get()
            ),
        }
    }
}

/// A vendor that knows some contracts says of the others that nobody holds them; one that knows none
/// says nothing.
fn not_held_where_unknown(weights: &mut [f64]) {
    if weights.iter().any(|weight| !weight.is_nan()) {
        for weight in weights.iter_mut().filter(|weight| weight.is_nan()) {
            *weight = 0.0;
        }
    }
}

impl fmt::Display for Positioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        let fractions = Positioning::Fractions {
            calls: Weight::new(0.5).unwrap(),
            puts: Weight::new(-0.8).unwrap(),
        };
        let flows = [
            Positioning::TakerFlow { burn_in: 0 },
            Positioning::OpenClose { burn_in: 250 },
            Positioning::FlowAdjusted {
                alpha: Weight::new(0.4).unwrap(),
            },
        ];
        let named = Positioning::NAMED.into_iter().chain(flows);
        for model in named.chain([fractions]) {
            assert_eq!(Positioning::from_name(&model.name()), Ok(model));
        }
        assert_eq!(fractions.name(), "fractions(0.5,-0.8)");
    }

    #[test]
    fn bad_names_say_what_is_wrong() {
        for text in ["Gross", "", "fractions(1)", "taker-flow(-1)"] {
            let error = Positioning::from_name(text).unwrap_err();
            assert_eq!(error, PositioningError::Unknown(text.to_owned()));
        }
        assert_eq!(
            Positioning::from_name("fractions"),
            Err(PositioningError::NoTable)
        );
        for text in ["fractions(1.5,0)", "fractions(0,-1.01)", "fractions(NaN,0)"] {
            let error = Positioning::from_name(text).unwrap_err();
            assert!(matches!(error, PositioningError::Weight(_)), "{text}");
        }
    }

    /// Signs as SqueezeMetrics (2017), Perfiliev (2022) and Baltussen et al. (2021) state them.
    #[test]
    fn signs_follow_the_table() {
        let signs = |model: Positioning| {
            let sign = |right| model.weight(right).unwrap();
            (sign(Right::Call), sign(Right::Put))
        };
        assert_eq!(signs(Positioning::Gross), (1.0, 1.0));
        assert_eq!(signs(Positioning::CallsLongPutsShort), (1.0, -1.0));
        assert_eq!(signs(Positioning::ShortAll), (-1.0, -1.0));
        assert_eq!(signs(Positioning::Inverted), (-1.0, 1.0));
    }
}
