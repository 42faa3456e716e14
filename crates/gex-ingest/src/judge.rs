//! The rules on one row: what is taken as it is, repaired, made unknown, or costs the row.

use chrono::TimeDelta;
use gex_compute::market::Instant;
use gex_compute::market::contract::{Payoff, Right};
use gex_compute::market::snapshot::{ChainRow, Flags};

use crate::accept::Quantities;
use crate::quality::{Ledger, Rule};
use crate::vendor::columns::Field;

/// Where a fault is.
pub(crate) enum At {
    /// In a field, whatever the vendor calls it.
    Field(Field),
    /// In a column of this name.
    Column(String),
}

/// What costs a row its place.
pub(crate) struct Fault {
    /// Where.
    pub(crate) at: At,
    /// The value as text.
    pub(crate) value: String,
    /// The rule that it breaks.
    pub(crate) rule: Rule,
}

impl Fault {
    /// Finds fault with a field.
    pub(crate) fn new(field: Field, value: &impl ToString, rule: Rule) -> Self {
        Self {
            at: At::Field(field),
            value: value.to_string(),
            rule,
        }
    }

    /// Finds fault with text that could not be read.
    pub(crate) fn malformed(column: String, value: String) -> Self {
        Self {
            at: At::Column(column),
            value,
            rule: Rule::Malformed,
        }
    }
}

/// The doubts about one row, as they come up.
pub(crate) struct Notes<'a> {
    flags: Flags,
    ledger: &'a mut Ledger,
}

impl<'a> Notes<'a> {
    /// Starts with the doubts that the vendor's format raised.
    pub(crate) fn new(flags: Flags, ledger: &'a mut Ledger) -> Self {
        Self { flags, ledger }
    }

    /// The doubts so far.
    pub(crate) fn flags(&self) -> Flags {
        self.flags
    }
    fn raise(&mut self, rule: Rule) {
        rule.raise(&mut self.flags);
        self.ledger.count(rule);
    }

    /// Takes a strike that is finite and above zero; float noise is rounded away.
    pub(crate) fn strike(&mut self, strike: Option<f64>) -> Result<f64, Fault> {
        /// No underlying has ever had a price of ten digits.
        const HIGHEST: f64 = 1e9;
        /// Strikes are multiples of a thousandth (OCC's symbols hold no more).
        const TICKS: f64 = 1_000.0;
        let strike = required(strike, Field::Strike)?;
        if !(0.0 < strike && strike < HIGHEST) {
            return Err(Fault::new(Field::Strike, &strike, Rule::InvalidStrike));
        }
        let rounded = (strike * TICKS).round() / TICKS;
        let off = (strike - rounded).abs();
        if 0.0 < off && off < 1e-6 && 0.0 < rounded {
            self.raise(Rule::StrikeNoise);
            return Ok(rounded);
        }
        Ok(strike)
    }

    /// Takes a settlement after the quotes.
    pub(crate) fn expiry(
        &mut self,
        expiry: Option<Instant>,
        ts: Instant,
    ) -> Result<Instant, Fault> {
        const FURTHEST_DAYS: i64 = 50 * 366;
        let expiry = expiry.ok_or_else(|| Fault::new(Field::Expiry, &"", Rule::NullRequired))?;
        if expiry <= ts {
            return Err(Fault::new(Field::Expiry, &expiry, Rule::ExpiredContract));
        }
        if TimeDelta::days(FURTHEST_DAYS) < expiry - ts {
            self.ledger
                .note(Rule::ImplausibleExpiry, 1, format!("expiry {expiry}"));
        }
        Ok(expiry)
    }

    /// Takes prices, volatilities and counts; what can't be is unknown, or costs the row.
    pub(crate) fn quantities(&mut self, raw: Quantities) -> Result<Quantities, Fault> {
        let clean = Quantities {
            bid: self.price(raw.bid, Field::Bid),
            ask: self.offer(raw.ask),
            mark: self.price(raw.mark, Field::Mark),
            bid_iv: self.volatility(raw.bid_iv, Field::BidIv)?,
            ask_iv: self.volatility(raw.ask_iv, Field::AskIv)?,
            iv: self.volatility(raw.iv, Field::Iv)?,
            open_interest: count(raw.open_interest)?,
            volume: self.volume(raw.volume),
            forward: raw.forward.filter(|f| f.is_finite() && 0.0 < *f),
            vendor_gamma: raw.vendor_gamma.filter(|g| g.is_finite()),
            vendor_delta: raw.vendor_delta.filter(|d| d.is_finite()),
            dealer_position: raw.dealer_position.filter(|p| p.is_finite()),
            taker_net: raw.taker_net.filter(|n| n.is_finite()),
        };
        if let (Some(bid), Some(ask)) = (clean.bid, clean.ask)
            && ask < bid
        {
            self.raise(Rule::CrossedQuote);
        }
        Ok(clean)
    }

    fn price(&mut self, price: Option<f64>, field: Field) -> Option<f64> {
        let price = price?;
        if price.is_finite() && 0.0 <= price {
            return Some(price);
        }
        Rule::InvalidQuote.raise(&mut self.flags);
        let place = format!("column {:?}", field.name());
        self.ledger.note(Rule::InvalidQuote, 1, place);
        None
    }

    fn offer(&mut self, ask: Option<f64>) -> Option<f64> {
        let ask = self.price(ask, Field::Ask)?;
        if 0.0 < ask {
            return Some(ask);
        }
        self.raise(Rule::NoOffer);
        None
    }

    fn volume(&mut self, volume: Option<f64>) -> Option<f64> {
        let volume = volume.filter(|v| !v.is_nan())?;
        if volume.is_finite() && 0.0 <= volume {
            return Some(volume);
        }
        self.raise(Rule::InvalidVolume);
        None
    }

    fn volatility(&mut self, vol: Option<f64>, field: Field) -> Result<Option<f64>, Fault> {
        /// Below a hundredth of a point no option is quoted; above 5,000 points none is priced.
        const PLAUSIBLE: std::ops::RangeInclusive<f64> = 1e-4..=50.0;
        let Some(vol) = vol.filter(|v| !v.is_nan()) else {
            return Ok(None);
        };
        if vol.is_sign_negative() || vol.is_infinite() {
            return Err(Fault::new(field, &vol, Rule::InvalidIv));
        }
        if vol == 0.0 {
            self.raise(Rule::ZeroIv);
            return Ok(None);
        }
        if !PLAUSIBLE.contains(&vol) {
            return Err(Fault::new(field, &vol, Rule::ImplausibleIv));
        }
        Ok(Some(vol))
    }
}

/// Refuses a contract without a volatility whose price holds none either: there is no price, or the
/// offer is below what exercise is worth whatever the carry. No gamma can ever be computed of it.
pub(crate) fn check_solvable(row: &ChainRow, spot: f64, ts: Instant) -> Result<(), Fault> {
    if row.iv.is_some() {
        return Ok(());
    }
    let text = |price: Option<f64>| price.map_or("none".to_owned(), |price| price.to_string());
    let quote = format!("bid {}, ask {}", text(row.bid), text(row.ask));
    let priced = row.ask.or(row.bid.filter(|bid| 0.0 < *bid)).or(row.mark);
    if priced.is_none() {
        let missing = format!("no volatility; {quote}");
        return Err(Fault::new(Field::Iv, &missing, Rule::IvNotSolvable));
    }
    let least = least_worth(row, spot, ts);
    if row.payoff == Payoff::Linear && row.ask.is_some_and(|ask| ask < least) {
        let below = format!("{quote}; exercise is worth {least} or more");
        return Err(Fault::new(Field::Bid, &below, Rule::IvNotSolvable));
    }
    Ok(())
}

fn required(value: Option<f64>, field: Field) -> Result<f64, Fault> {
    value.ok_or_else(|| Fault::new(field, &"", Rule::NullRequired))
}

/// Least worth of a European option at any rate and dividend yield from 0 to 10 % a year, from
/// e^(−x) ≥ 1 − x:
///
/// ```text
/// call ≥ S(1 − 0.1 T) − K        put ≥ K(1 − 0.1 T) − S
/// ```
fn least_worth(row: &ChainRow, spot: f64, ts: Instant) -> f64 {
    const HIGHEST_CARRY: f64 = 0.1;
    const DAYS_PER_YEAR: f64 = 365.0;
    let years = (row.expiry - ts).num_days() as f64 / DAYS_PER_YEAR + 1.0 / DAYS_PER_YEAR;
    let least = 1.0 - HIGHEST_CARRY * years;
    match row.right {
        Right::Call => spot * least - row.strike,
        Right::Put => row.strike * least - spot,
    }
}

/// Takes a level of the underlying that is finite and above zero.
pub(crate) fn judge_spot(spot: Option<f64>) -> Result<f64, Fault> {
    let spot = required(spot, Field::Spot)?;
    if spot.is_finite() && 0.0 < spot {
        Ok(spot)
    } else {
        Err(Fault::new(Field::Spot, &spot, Rule::InvalidSpot))
    }
}

/// Takes a root symbol that is there.
pub(crate) fn judge_root(root: String) -> Result<String, Fault> {
    if root.is_empty() {
        return Err(Fault::new(Field::Root, &"", Rule::NullRequired));
    }
    Ok(root)
}

/// Takes a right, or the text that is none.
pub(crate) fn judge_right(right: Result<Right, String>) -> Result<Right, Fault> {
    right.map_err(|text| Fault::new(Field::Right, &text, Rule::UnknownKind))
}

fn count(contracts: Option<f64>) -> Result<Option<f64>, Fault> {
    /// More than every contract ever traded.
    const MOST: f64 = 1e12;
    match contracts.filter(|n| !n.is_nan()) {
        Some(n) if !(0.0..=MOST).contains(&n) => Err(Fault::new(
            Field::OpenInterest,
            &n,
            Rule::InvalidOpenInterest,
        )),
        other => Ok(other),
    }
}
