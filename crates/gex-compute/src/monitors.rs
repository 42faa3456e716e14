//! What the volatility surface says at fixed horizons.

use std::collections::BTreeMap;

use chrono::Datelike as _;

use crate::forward::ExpiryForward;
use crate::market::Instant;
use crate::market::calendar::DAYS_PER_YEAR;
use crate::market::contract::Right;
use crate::math;
use crate::priced::{Life, PricedChain, PricedExpiry};
use crate::smile::{Smile, SmilePoint};

/// Surface monitors of one snapshot; `None` where the chain does not reach the horizon.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Monitors {
    /// At-the-money-forward volatility at 30 calendar days, annual, as a decimal.
    pub atm_iv_30d: Option<f64>,
    /// Volatility of the 25-delta put less that of the 25-delta call at 30 days.
    pub skew_25d: Option<f64>,
    /// At-the-money volatility at 90 days less that at 30 days.
    pub term_slope: Option<f64>,
    /// Model-free volatility at 30 days, annual, as a decimal.
    pub vol_index_30d: Option<f64>,
}

/// Fewest options on each side of the forward for the model-free variance.
const MIN_WING: usize = 2;

/// Volatilities of one tenor, annual, as decimals; `None` where the surface does not reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TenorVols {
    /// Calendar days.
    pub days: f64,
    /// Of the 10-delta put.
    pub put_10d: Option<f64>,
    /// Of the 25-delta put.
    pub put_25d: Option<f64>,
    /// At the forward.
    pub atm: Option<f64>,
    /// Of the 25-delta call.
    pub call_25d: Option<f64>,
    /// Of the 10-delta call.
    pub call_10d: Option<f64>,
    /// Model-free.
    pub vol_index: Option<f64>,
}

/// Reads the monitors off a priced snapshot: those of [`surface`] at 30 and 90 days.
pub fn monitors(priced: &PricedChain<'_>) -> Monitors {
    let surface = Surface::new(priced);
    let at = |delta| surface.at_delta(30.0, delta);
    Monitors {
        atm_iv_30d: surface.at_the_money(30.0),
        skew_25d: difference(at(0.75), at(0.25)),
        term_slope: difference(surface.at_the_money(90.0), surface.at_the_money(30.0)),
        vol_index_30d: surface.model_free(30.0),
    }
}

/// Reads volatilities at fixed tenors in calendar days and fixed deltas off a priced snapshot.
///
/// Volatilities at a horizon come from the nearest expiries on either side of it, linear in total
/// variance; nothing is extrapolated:
///
/// ```text
/// σ²(T)·T = σ₁²T₁ + (σ₂²T₂ − σ₁²T₁)·(T − T₁)/(T₂ − T₁)      T₁ ≤ T ≤ T₂
/// ```
///
/// A smile uses puts up to the forward and calls from it. At the money is the forward; deltas are
/// those of the forward, undiscounted: N(d₁) = 0.25 for the call, N(d₁) = 0.75 for the put.
pub fn surface(priced: &PricedChain<'_>, tenors: &[f64]) -> Vec<TenorVols> {
    let surface = Surface::new(priced);
    let at_tenor = |days: &f64| TenorVols {
        days: *days,
        put_10d: surface.at_delta(*days, 0.90),
        put_25d: surface.at_delta(*days, 0.75),
        atm: surface.at_the_money(*days),
        call_25d: surface.at_delta(*days, 0.25),
        call_10d: surface.at_delta(*days, 0.10),
        vol_index: surface.model_free(*days),
    };
    tenors.iter().map(at_tenor).collect()
}

/// The smiles of a snapshot by time left, ascending, and its model-free volatilities.
struct Surface {
    smiles: Vec<(f64, Smile)>,
    model_free: Vec<(f64, Option<f64>)>,
    /// Of `model_free`, the first settlement on the last day of each week that has any.
    weekly: Vec<bool>,
}

impl Surface {
    fn new(priced: &PricedChain<'_>) -> Self {
        let smiles = surfaces(priced).map(|(tau, f, e)| (tau, otm_smile(priced, e, f)));
        let variances = surfaces(priced)
            .map(|(tau, f, e)| (tau, model_free_variance(priced, e, f).map(math::sqrt)));
        let settlements: Vec<_> = surfaces(priced).map(|(_, _, e)| e.rows.expiry).collect();
        Self {
            smiles: smiles.collect(),
            model_free: variances.collect(),
            weekly: weekly(&settlements),
        }
    }

    fn at_the_money(&self, days: f64) -> Option<f64> {
        self.at(days, |_, smile| smile.inside(0.0))
    }

    fn at_delta(&self, days: f64, delta: f64) -> Option<f64> {
        self.at(days, |tau, smile| vol_at_delta(smile, tau, delta))
    }

    fn at(&self, days: f64, vol: impl Fn(f64, &Smile) -> Option<f64>) -> Option<f64> {
        let terms = self.smiles.iter();
        let terms: Vec<_> = terms.map(|(tau, smile)| (*tau, vol(*tau, smile))).collect();
        vol_at(days, &terms)
    }

    /// From the week's last expiries within a week of the horizon, as Cboe does, or else from any.
    fn model_free(&self, days: f64) -> Option<f64> {
        let near = |tau: f64| (tau * DAYS_PER_YEAR - days).abs() < 7.0;
        let terms = self.model_free.iter().zip(&self.weekly);
        let weekly: Vec<_> = terms
            .filter_map(|(term, weekly)| (*weekly && near(term.0)).then_some(*term))
            .collect();
        vol_at(days, &weekly).or_else(|| vol_at(days, &self.model_free))
    }
}

/// Marks the first settlement on the last day of each week: a Friday, or the day before a holiday; of a
/// morning's and an evening's settlement the morning's.
fn weekly(settlements: &[Instant]) -> Vec<bool> {
    let days: Vec<_> = settlements.iter().map(Instant::date_naive).collect();
    let first_of_its_day = |i: usize| i == 0 || days[i - 1] < days[i];
    let last_of_its_week = |i: usize| {
        let later = days[i..].iter().find(|day| days[i] < **day);
        later.is_none_or(|later| later.iso_week() != days[i].iso_week())
    };
    (0..days.len())
        .map(|i| first_of_its_day(i) && last_of_its_week(i))
        .collect()
}

fn difference(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    Some(a? - b?)
}

fn surfaces<'p>(
    priced: &'p PricedChain<'_>,
) -> impl Iterator<Item = (f64, &'p ExpiryForward, &'p PricedExpiry)> {
    priced
        .expiries()
        .iter()
        .filter_map(|expiry| Some((expiry.tau_years, expiry.forward.as_ref().ok()?, expiry)))
}

/// Volatility at a horizon in calendar days from (years, volatility) of ascending expiries.
fn vol_at(days: f64, terms: &[(f64, Option<f64>)]) -> Option<f64> {
    let horizon = days / DAYS_PER_YEAR;
    let known = || terms.iter().filter_map(|&(tau, vol)| Some((tau, vol?)));
    let (tau1, vol1) = known().rfind(|&(tau, _)| tau <= horizon)?;
    let (tau2, vol2) = known().find(|&(tau, _)| horizon <= tau)?;
    let (total1, total2) = (vol1 * vol1 * tau1, vol2 * vol2 * tau2);
    let share = if tau1 < tau2 {
        (horizon - tau1) / (tau2 - tau1)
    } else {
        0.0
    };
    Some(math::sqrt((total1 + share * (total2 - total1)) / horizon))
}

/// The smile of one expiry from its out-of-the-money options.
fn otm_smile(priced: &PricedChain<'_>, expiry: &PricedExpiry, forward: &ExpiryForward) -> Smile {
    let columns = priced.chain().columns();
    let ln_forward = math::ln(forward.forward);
    let out_of_the_money = |i: usize| match columns.right[i] {
        Right::Call => forward.forward <= columns.strike[i],
        Right::Put => columns.strike[i] <= forward.forward,
    };
    let rows = expiry.rows.rows.clone();
    let live = rows.filter(|&i| priced.life(i) == Life::Live && out_of_the_money(i));
    Smile::new(
        live.filter_map(|i| {
            Some(SmilePoint {
                moneyness: math::ln(columns.strike[i]) - ln_forward,
                vol: priced.vol(i)?,
            })
        })
        .collect(),
    )
}

/// Volatility at which the forward delta N(d₁) is `delta`, linear in delta between strikes.
fn vol_at_delta(smile: &Smile, tau_years: f64, delta: f64) -> Option<f64> {
    let delta_of = |point: &SmilePoint| {
        let std = point.vol * math::sqrt(tau_years);
        math::norm_cdf(0.5 * std - point.moneyness / std)
    };
    let pair = |pair: &&[SmilePoint]| delta <= delta_of(&pair[0]) && delta_of(&pair[1]) <= delta;
    let pairs = smile.points().windows(2);
    // A ragged smile may pass a delta twice: the pair nearest to the money counts.
    let found = if delta < 0.5 {
        { pairs }.find(pair)
    } else {
        pairs.rev().find(pair)
    }?;
    let (near, far) = (delta_of(&found[0]), delta_of(&found[1]));
    let share = if far < near {
        (near - delta) / (near - far)
    } else {
        0.0
    };
    Some(found[0].vol + share * (found[1].vol - found[0].vol))
}

/// What a chain says of one option.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Quote {
    /// Nothing: the option is not in the chain.
    #[default]
    Absent,
    /// Quoted without a bid.
    NoBid,
    /// The mid, carried to settlement.
    Mid(f64),
}

impl Quote {
    fn mid(self) -> Option<f64> {
        match self {
            Self::Mid(mid) => Some(mid),
            Self::Absent | Self::NoBid => None,
        }
    }
}

/// The two options of one strike.
#[derive(Debug, Clone, Copy, Default)]
struct StrikeQuotes {
    call: Quote,
    put: Quote,
}

/// Annual variance of one expiry from the prices of all its out-of-the-money options.
///
/// ```text
/// σ² = (2/T)·Σ ΔK/K²·Q(K) − (1/T)·(F/K₀ − 1)²
/// ```
///
/// `K₀` is the highest strike not above the forward; `Q` the mid, carried to settlement, of the put
/// below it, of the call above it and their average at it; `ΔK` half the distance between the
/// neighbours. Options without a bid are left out, and on each side everything beyond two strikes in
/// a row without one; an option that the chain does not hold says nothing of that.
///
/// Source: Cboe, Volatility Index Methodology. It differs in the forward, which is the study's own; and
/// where no two expiries that end a week stand within a week of the horizon, the nearest ones do.
fn model_free_variance(
    priced: &PricedChain<'_>,
    expiry: &PricedExpiry,
    forward: &ExpiryForward,
) -> Option<f64> {
    let quotes = quotes_by_strike(priced, expiry, forward);
    let (below, above): (Vec<_>, Vec<_>) = quotes
        .into_iter()
        .partition(|(strike, _)| *strike <= forward.forward);
    let (&(k0, at), puts) = below.split_last()?;
    let mut strip = wing(puts.iter().rev().map(|(strike, q)| (*strike, q.put)));
    strip.reverse();
    let calls = wing(above.iter().map(|(strike, q)| (*strike, q.call)));
    if strip.len() < MIN_WING || calls.len() < MIN_WING {
        return None;
    }
    strip.push((k0, 0.5 * (at.call.mid()? + at.put.mid()?)));
    strip.extend(calls);
    let excess = forward.forward / k0 - 1.0;
    let variance = (2.0 * strip_sum(&strip) - excess * excess) / expiry.tau_years;
    (0.0 < variance).then_some(variance)
}

fn quotes_by_strike(
    priced: &PricedChain<'_>,
    expiry: &PricedExpiry,
    forward: &ExpiryForward,
) -> Vec<(f64, StrikeQuotes)> {
    let columns = priced.chain().columns();
    let mut table: BTreeMap<u64, StrikeQuotes> = BTreeMap::new();
    for i in expiry.rows.rows.clone() {
        let quotes = table.entry(columns.strike[i].to_bits()).or_default();
        let side = match columns.right[i] {
            Right::Call => &mut quotes.call,
            Right::Put => &mut quotes.put,
        };
        // Two roots may settle together: the first with a market counts.
        if side.mid().is_none() {
            *side = priced
                .forward_mid(i, forward)
                .map_or(Quote::NoBid, Quote::Mid);
        }
    }
    let strikes = table.into_iter();
    strikes
        .map(|(bits, quotes)| (f64::from_bits(bits), quotes))
        .collect()
}

/// The options with a bid, going outwards until two in a row have none.
fn wing(outwards: impl Iterator<Item = (f64, Quote)>) -> Vec<(f64, f64)> {
    let mut kept = Vec::new();
    let mut silent = 0;
    for (strike, quote) in outwards {
        match quote {
            Quote::Mid(mid) => {
                silent = 0;
                kept.push((strike, mid));
            }
            Quote::NoBid => silent += 1,
            Quote::Absent => {}
        }
        if silent == 2 {
            break;
        }
    }
    kept
}

/// Σ ΔK/K²·Q(K) over (strike, price) of ascending strikes.
fn strip_sum(strip: &[(f64, f64)]) -> f64 {
    let last = strip.len() - 1;
    let term = |(j, &(strike, price)): (usize, &(f64, f64))| {
        let (left, right) = (j.saturating_sub(1), (j + 1).min(last));
        let width = (strip[right].0 - strip[left].0) / (right - left) as f64;
        width / (strike * strike) * price
    };
    strip.iter().enumerate().map(term).sum()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    /// The worked example of the Cboe VIX white paper: near term 35,924 minutes with
    /// σ² 0.01846292, next term 46,394 minutes with σ² 0.01882101, index 13.685821.
    #[test]
    fn the_index_of_cboes_example_comes_out() {
        let years = |minutes: f64| minutes / 525_600.0;
        let terms = [
            (years(35_924.0), Some(0.018_462_92_f64.sqrt())),
            (years(46_394.0), Some(0.018_821_01_f64.sqrt())),
        ];
        let index = vol_at(30.0, &terms).unwrap();
        assert!((index - 0.136_858_21).abs() < 3e-8, "{index}");
    }

    #[test]
    fn an_expiry_at_the_horizon_needs_no_other() {
        let at = [(30.0 / 365.0, Some(0.2))];
        let index = vol_at(30.0, &at).unwrap();
        assert!((index - 0.2).abs() < 1e-15, "{index}");
        assert_eq!(vol_at(29.0, &at), None);
        assert_eq!(vol_at(31.0, &at), None);
    }

    #[test]
    fn an_expiry_without_a_value_is_passed_over() {
        let terms = [(0.05, Some(0.2)), (0.08, None), (0.1, Some(0.2))];
        let index = vol_at(30.0, &terms).unwrap();
        assert!((index - 0.2).abs() < 1e-15, "{index}");
    }

    #[test]
    fn a_wing_ends_at_two_strikes_in_a_row_without_a_bid() {
        use Quote::{Absent, Mid, NoBid};
        let quotes = [Mid(5.0), NoBid, Mid(3.0), NoBid, Absent, NoBid, Mid(1.0)];
        let outwards = (1..).map(f64::from).zip(quotes);
        assert_eq!(wing(outwards), [(1.0, 5.0), (3.0, 3.0)]);
        let sparse = [Mid(5.0), Absent, Absent, Mid(1.0)];
        let outwards = (1..).map(f64::from).zip(sparse);
        assert_eq!(wing(outwards), [(1.0, 5.0), (4.0, 1.0)]);
    }

    /// July 2026: the 17th is a third Friday with a morning's and an evening's settlement; Good Friday
    /// 2026 is the 3rd of April.
    #[test]
    fn a_week_ends_on_friday_or_the_day_before_its_holiday() {
        let at = |month, day, hour| {
            let date = NaiveDate::from_ymd_opt(2026, month, day).unwrap();
            date.and_hms_opt(hour, 0, 0).unwrap().and_utc()
        };
        let settlements = [
            at(4, 1, 20),
            at(4, 2, 20),
            at(4, 6, 20),
            at(7, 16, 20),
            at(7, 17, 13),
            at(7, 17, 20),
            at(7, 20, 20),
        ];
        let ends = [false, true, true, false, true, false, true];
        assert_eq!(weekly(&settlements), ends);
    }

    /// 5/1370²·0.2·exp(0.000305·0.0683486) = 5.328e-7: the put of 1,370 in the same example.
    #[test]
    fn a_strike_weighs_by_half_the_distance_of_its_neighbours() {
        let with = strip_sum(&[(1_365.0, 0.0), (1_370.0, 0.2), (1_375.0, 0.0)]);
        let contribution = with * (0.000_305_f64 * 0.068_348_6).exp();
        assert!((contribution - 5.328e-7).abs() < 5e-11, "{contribution:e}");
        let edge = strip_sum(&[(100.0, 1.0), (110.0, 0.0)]);
        assert!((edge - 10.0 / 10_000.0).abs() < 1e-18, "{edge}");
    }
}
