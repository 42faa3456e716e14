//! What a synthetic market must be: free of arbitrage, plausible, repeatable, and honest about what
//! was planted in it.
#![expect(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a failed unwrap is a failed test, and the null's slope is exactly zero"
)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::TimeDelta;
use gex_compute::market::Instant;
use gex_compute::market::contract::{Payoff, Right};
use gex_compute::market::snapshot::{ChainRow, ChainSnapshot};
use gex_sim::{Market, MarketKind, WorldSpec};

/// Five years with the default seed; hedging is the only setting that differs.
fn five_years(hedging: f64) -> Market {
    let spec = WorldSpec {
        hedging,
        ..WorldSpec::default()
    };
    Market::simulate(&spec.checked().unwrap()).unwrap()
}

static UNHEDGED: LazyLock<Market> = LazyLock::new(|| five_years(0.0));
static HEDGED: LazyLock<Market> = LazyLock::new(|| five_years(2.0));

/// Smallest price step, in USD.
const TICK: f64 = 0.05;

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

/// Slope of `y` on `x` with an intercept, and its t-value for independent errors.
fn slope(x: &[f64], y: &[f64]) -> (f64, f64) {
    let (mx, my) = (mean(x), mean(y));
    let sxx: f64 = x.iter().map(|x| (x - mx).powi(2)).sum();
    let sxy: f64 = x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum();
    let b = sxy / sxx;
    let residuals = x.iter().zip(y).map(|(x, y)| y - my - b * (x - mx));
    let sse: f64 = residuals.map(|e| e * e).sum();
    (b, b / (sse / (x.len() - 2) as f64 / sxx).sqrt())
}

/// The gamma per ADV brought into each session, and the session's log variance over what the
/// surface knew: Garman and Klass (1980) from the open, which needs nothing before it.
fn gamma_and_surprise(market: &Market) -> (Vec<f64>, Vec<f64>) {
    let pairs = market.truth.sessions.iter().zip(&market.bars.bars);
    pairs
        .map(|(planted, bar)| {
            let range = (bar.high / bar.low).ln().powi(2);
            let body = (bar.close / bar.open).ln().powi(2);
            let variance = 0.5 * range - (2.0 * 2.0_f64.ln() - 1.0) * body;
            let surprise = variance.ln() - planted.log_variance;
            (planted.dealer_gex / planted.adv, surprise)
        })
        .unzip()
}

/// Fundamental variance is known here, so that errors are independent and the t-value is exact; the
/// bound of 3 has a size of 0.3 % over seeds, and the seed is fixed.
#[test]
fn without_hedging_gamma_says_nothing_beyond_the_state_of_variance() {
    let (gamma, surprise) = gamma_and_surprise(&UNHEDGED);
    let (b, t) = slope(&gamma, &surprise);
    assert!(t.abs() < 3.0, "slope {b}, t {t}");
    assert_eq!(UNHEDGED.truth.slope(), 0.0);
}

#[test]
fn with_hedging_the_slope_is_the_planted_one() {
    let (gamma, surprise) = gamma_and_surprise(&HEDGED);
    let (b, t) = slope(&gamma, &surprise);
    let (planted, error) = (HEDGED.truth.slope(), b / t);
    assert!(t < -5.0, "slope {b}, t {t}");
    assert!(
        (b - planted).abs() < 3.0 * error.abs(),
        "{b} for {planted}, error {error}"
    );
    let limited = HEDGED.truth.limited_sessions();
    assert!(
        limited * 100 < HEDGED.bars.bars.len(),
        "{limited} sessions at the limit"
    );
}

/// The same over eight seeds: their squared t-values are χ² with 8 degrees of freedom, whose 99.9 %
/// quantile is 26.1 (Abramowitz and Stegun 1964, table 26.8).
#[test]
fn without_hedging_the_null_holds_over_seeds() {
    let squared_t = |seed: u64| {
        let spec = WorldSpec {
            seed,
            sessions: 400,
            hedging: 0.0,
            ..WorldSpec::default()
        };
        let market = Market::simulate(&spec.checked().unwrap()).unwrap();
        let (gamma, surprise) = gamma_and_surprise(&market);
        slope(&gamma, &surprise).1.powi(2)
    };
    let total: f64 = (1..=8).map(squared_t).sum();
    assert!(total < 26.1, "{total}");
}

/// The trap that a study must not fall into: gamma moves with the past, so the raw relation is there
/// without any hedging.
#[test]
fn without_hedging_gamma_still_goes_with_the_level_of_variance() {
    let (gamma, _) = gamma_and_surprise(&UNHEDGED);
    let level: Vec<f64> = UNHEDGED
        .truth
        .sessions
        .iter()
        .map(|s| s.log_variance)
        .collect();
    let (_, t) = slope(&gamma, &level);
    assert!(t < -5.0, "t {t}");
}

/// Worlds that differ in hedging alone share every fundamental shock.
#[test]
fn worlds_share_their_luck() {
    let log_variance = |m: &Market| -> Vec<u64> {
        m.truth
            .sessions
            .iter()
            .map(|s| s.log_variance.to_bits())
            .collect()
    };
    assert_eq!(log_variance(&UNHEDGED), log_variance(&HEDGED));
}

/// Calls and puts of one root, expiry and strike.
fn pairs(chain: &ChainSnapshot) -> Vec<(ChainRow, ChainRow)> {
    let rows: Vec<ChainRow> = chain.rows().collect();
    let (calls, puts): (Vec<_>, Vec<_>) = rows.into_iter().partition(|r| r.right == Right::Call);
    assert_eq!(calls.len(), puts.len());
    calls.into_iter().zip(puts).collect()
}

fn bid_ask(row: &ChainRow) -> (f64, f64) {
    (row.bid.unwrap(), row.ask.unwrap())
}

/// Buying one side of the conversion and selling the other never pays at the quotes shown.
#[test]
fn parity_holds_within_the_spread() {
    let world = WorldSpec::default();
    for chain in UNHEDGED.snapshots.iter().step_by(50) {
        for (call, put) in pairs(chain) {
            assert_eq!((call.expiry, call.strike), (put.expiry, put.strike));
            let left = call.expiry - chain.head().ts;
            let years = left.as_seconds_f64() / (365.0 * 86_400.0);
            let spot = chain.head().spot.get() * (-world.dividend * years).exp();
            let conversion = spot - call.strike * (-world.rate * years).exp();
            let ((call_bid, call_ask), (put_bid, put_ask)) = (bid_ask(&call), bid_ask(&put));
            assert!(call_bid - put_ask <= conversion, "{call:?} {put:?}");
            assert!(conversion <= call_ask - put_bid, "{call:?} {put:?}");
        }
    }
}

#[test]
fn quotes_are_ordered_by_strike_and_uncrossed() {
    for chain in UNHEDGED.snapshots.iter().step_by(50) {
        for neighbours in pairs(chain).windows(2) {
            let [(call, put), (next_call, next_put)] = neighbours else {
                unreachable!("windows of two")
            };
            assert!(call.bid < call.ask && put.bid < put.ask);
            if (call.expiry, &call.root) == (next_call.expiry, &next_call.root) {
                assert!(next_call.bid <= call.bid && next_call.ask <= call.ask);
                assert!(put.bid <= next_put.bid && put.ask <= next_put.ask);
            }
        }
    }
}

/// Volatilities are published to 1e-4, so a price from them may miss the quotes by vega times half of
/// that: less than a tick for every line of a chain at this level of spot.
#[test]
fn published_volatilities_price_within_the_quotes() {
    let world = WorldSpec::default();
    for chain in UNHEDGED.snapshots.iter().step_by(100) {
        for row in chain.rows() {
            let years = (row.expiry - chain.head().ts).as_seconds_f64() / (365.0 * 86_400.0);
            let carry = ((world.rate - world.dividend) * years).exp();
            let terms = gex_compute::black76::Terms {
                right: row.right,
                forward: chain.head().spot.get() * carry,
                strike: row.strike,
                years,
                rate: world.rate,
                vol: row.iv.unwrap(),
            };
            let (price, (bid, ask)) = (terms.price().unwrap(), bid_ask(&row));
            assert!(
                bid <= price + TICK && price - TICK <= ask,
                "{row:?} {price}"
            );
        }
    }
}

#[test]
fn chains_have_the_size_and_the_clock_of_listed_options() {
    for chain in &UNHEDGED.snapshots {
        let head = chain.head();
        assert!(head.ts <= head.known_at);
        assert!(
            chain.expiries().iter().all(|e| head.ts < e.expiry),
            "{}",
            head.ts
        );
        assert!(
            (8..=14).contains(&chain.expiries().len()),
            "{}",
            chain.expiries().len()
        );
        assert!(
            (300..=650).contains(&chain.len()),
            "{} contracts",
            chain.len()
        );
    }
    for bar in &UNHEDGED.bars.bars {
        assert!(bar.start < bar.end && bar.end <= bar.known_at);
        assert!(bar.low <= bar.open.min(bar.close) && bar.open.max(bar.close) <= bar.high);
    }
}

/// The flow of a day is in the open interest published on the next: what opened or closed cannot
/// exceed what traded.
#[test]
fn open_interest_follows_from_the_volume_of_the_session_before() {
    for days in UNHEDGED.snapshots.windows(2).step_by(20) {
        let [before, after] = days else {
            unreachable!("windows of two")
        };
        let after = published(after);
        for row in before.rows() {
            let Some(next) = after.get(&(row.expiry, row.strike.to_bits(), row.right)) else {
                continue;
            };
            assert!(0.0 <= *next && next.fract() == 0.0);
            let change = (next - row.open_interest.unwrap()).abs();
            assert!(change <= row.volume.unwrap(), "{row:?} then {next}");
        }
    }
}

/// Open contracts by expiry, strike and right.
type OpenInterest = BTreeMap<(Instant, u64, Right), f64>;

fn published(chain: &ChainSnapshot) -> OpenInterest {
    let key = |r: &ChainRow| (r.expiry, r.strike.to_bits(), r.right);
    chain
        .rows()
        .map(|r| (key(&r), r.open_interest.unwrap()))
        .collect()
}

/// Net and gross gamma of a chain with other open interest, on spot by Black-Scholes-Merton, and
/// straight from the published rows: calls long, puts short, USD per 1 %.
fn net_and_gross(chain: &ChainSnapshot, open: &OpenInterest) -> (f64, f64) {
    let world = WorldSpec::default();
    let spot = chain.head().spot.get();
    let (mut net, mut gross) = (0.0, 0.0);
    for row in chain.rows() {
        let years = (row.expiry - chain.head().ts).as_seconds_f64() / (365.0 * 86_400.0);
        let std = row.iv.unwrap() * years.sqrt();
        let d1 = ((spot / row.strike).ln() + (world.rate - world.dividend) * years) / std;
        let d1 = d1 + 0.5 * std;
        let density = (-0.5 * d1 * d1).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let gamma = (-world.dividend * years).exp() * density / (spot * std);
        let contracts = open.get(&(row.expiry, row.strike.to_bits(), row.right));
        let dollars = contracts.unwrap_or(&0.0) * 100.0 * spot * spot * 0.01 * gamma;
        gross += dollars;
        net += if row.right == Right::Call {
            dollars
        } else {
            -dollars
        };
    }
    (net, gross)
}

/// The gamma planted into a session is that of the chain shown the evening before with the open
/// interest published the next morning: nothing that moves the market is hidden from an archive.
/// Sessions in which something settles are left out, since what settles is not in the next chain;
/// volatilities are published to 1e-4, hence the tolerance.
#[test]
fn planted_gamma_can_be_recomputed_from_what_is_shown() {
    let mut compared = 0;
    for (i, days) in HEDGED.snapshots.windows(2).enumerate() {
        let [evening, next] = days else {
            unreachable!("windows of two")
        };
        if evening.expiries()[0].expiry <= next.head().ts {
            continue;
        }
        let (net, gross) = net_and_gross(evening, &published(next));
        let planted = HEDGED.truth.sessions[i + 1].dealer_gex;
        assert!((net - planted).abs() < 1e-3 * gross, "{net} for {planted}");
        compared += 1;
    }
    assert!(900 < compared, "{compared} sessions");
}

/// Stationary moments of the model: a median volatility of 15 % and a log volatility whose deviation
/// is 0.18/(2·√(1 − 0.97²)) = 0.37 give an annual volatility of 15 %·e^(0.37²) = 17 % on average; and
/// returns are fat-tailed and their squares autocorrelated, as in every equity index.
#[test]
fn returns_have_plausible_moments() {
    let closes: Vec<f64> = UNHEDGED.bars.bars.iter().map(|b| b.close).collect();
    let returns: Vec<f64> = closes.windows(2).map(|w| (w[1] / w[0]).ln()).collect();
    let squares: Vec<f64> = returns.iter().map(|r| r * r).collect();
    let annual = (252.0 * mean(&squares)).sqrt();
    let fourth = mean(&squares.iter().map(|s| s * s).collect::<Vec<_>>());
    let kurtosis = fourth / mean(&squares).powi(2);
    let sizes: Vec<f64> = returns.iter().map(|r| r.abs()).collect();
    let (_, t) = slope(&sizes[..sizes.len() - 1], &sizes[1..]);
    assert!((0.11..0.25).contains(&annual), "annual volatility {annual}");
    assert!((3.5..20.0).contains(&kurtosis), "kurtosis {kurtosis}");
    assert!(3.0 < t, "volatility does not cluster: t {t}");
}

/// Falls raise variance: the planted correlation of return and shock is −0.6.
#[test]
fn variance_rises_after_falls() {
    let sessions = &UNHEDGED.truth.sessions;
    let bars = &UNHEDGED.bars.bars;
    let standardised: Vec<f64> = (1..bars.len() - 1)
        .map(|i| (bars[i].close / bars[i - 1].close).ln() / (0.5 * sessions[i].log_variance).exp())
        .collect();
    let change: Vec<f64> = (1..bars.len() - 1)
        .map(|i| sessions[i + 1].log_variance - sessions[i].log_variance)
        .collect();
    let (b, t) = slope(&standardised, &change);
    assert!(
        t < -20.0 && (b + 0.6 * 0.18).abs() < 0.02,
        "slope {b}, t {t}"
    );
}

/// Dealers' gamma must be worth a share of a day's volume, and take both signs, for regimes to exist.
#[test]
fn dealers_gamma_has_both_signs_and_a_plausible_size() {
    let (gamma, _) = gamma_and_surprise(&UNHEDGED);
    let negative = gamma.iter().filter(|g| **g < 0.0).count() as f64 / gamma.len() as f64;
    let centre = mean(&gamma);
    let sd = gamma.iter().map(|g| (g - centre).powi(2)).sum::<f64>() / gamma.len() as f64;
    assert!(
        (0.1..0.9).contains(&negative),
        "{negative} of sessions negative"
    );
    assert!((0.03..0.3).contains(&sd.sqrt()), "deviation {}", sd.sqrt());
}

#[test]
fn the_same_seed_gives_the_same_market_and_another_another() {
    let short = |seed| {
        let spec = WorldSpec {
            seed,
            sessions: 20,
            ..WorldSpec::default()
        };
        Market::simulate(&spec.checked().unwrap()).unwrap()
    };
    assert_eq!(short(1), short(1));
    assert_ne!(short(1).bars, short(2).bars);
}

/// The bytes of a market, in a fold that no optimiser, thread or machine may change (FNV-1a).
fn fingerprint(market: &Market) -> u64 {
    let fold = |hash: u64, value: f64| (hash ^ value.to_bits()).wrapping_mul(0x0100_0000_01b3);
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for (chain, bar) in market.snapshots.iter().zip(&market.bars.bars) {
        let of_bar = [bar.open, bar.high, bar.low, bar.close];
        hash = of_bar.into_iter().fold(hash, fold);
        for row in chain.rows() {
            let of_row = [
                row.strike,
                row.bid.unwrap(),
                row.ask.unwrap(),
                row.iv.unwrap(),
            ];
            hash = of_row.into_iter().fold(hash, fold);
            hash = fold(hash, row.open_interest.unwrap());
        }
    }
    hash
}

/// The figure is this crate's own: it changes only with the model, and then knowingly.
#[test]
fn a_market_is_the_same_on_every_machine() {
    let spec = WorldSpec {
        sessions: 10,
        ..WorldSpec::default()
    };
    let market = Market::simulate(&spec.checked().unwrap()).unwrap();
    assert_eq!(fingerprint(&market), 0xf16d_512c_8d19_7e67);
}

fn crypto(sessions: u32) -> Market {
    let spec = WorldSpec {
        market: MarketKind::Crypto,
        underlying: "BTC".to_owned(),
        spot: 60_000.0,
        annual_vol: 0.6,
        rate: 0.0,
        dividend: 0.0,
        sessions,
        ..WorldSpec::default()
    };
    Market::simulate(&spec.checked().unwrap()).unwrap()
}

/// A day ends at 08:00 UTC on every day of the week; chains are quoted at 07:30, when the price of 08:00 is
/// not known, and hold nothing that settles at 08:00.
#[test]
fn a_coin_trades_around_the_clock_and_is_quoted_before_its_day_ends() {
    let market = crypto(60);
    for (chain, bar) in market.snapshots.iter().zip(&market.bars.bars) {
        let head = chain.head();
        assert_eq!(bar.end - bar.start, TimeDelta::hours(24));
        assert_eq!(bar.end - head.ts, TimeDelta::minutes(30));
        assert_eq!(head.ts, head.known_at);
        assert_ne!(head.spot.get(), bar.close);
        assert!((head.spot.get() / bar.close - 1.0).abs() < 0.05);
        assert!(chain.expiries().iter().all(|e| bar.end < e.expiry));
        assert!(
            chain
                .expiries()
                .iter()
                .all(|e| e.expiry.time() == bar.end.time())
        );
    }
    let pairs = market.bars.bars.windows(2);
    assert!(pairs.clone().all(|pair| pair[0].end == pair[1].start));
    assert!(
        pairs.clone().all(|pair| pair[0].close == pair[1].open),
        "no gap overnight"
    );
    assert_eq!(market.vix.name, "dvol");
}

/// Prices of inverse options are in coin: `C − P = 1 − K/F`, within the quotes; and open interest is live.
#[test]
fn inverse_options_are_quoted_in_coin_and_their_open_interest_is_live() {
    let market = crypto(30);
    let mut checked = 0;
    for chain in &market.snapshots {
        for (call, put) in pairs(chain) {
            assert_eq!(call.payoff, Payoff::Inverse);
            assert_eq!(call.multiplier, 1.0);
            let ((call_bid, call_ask), (put_bid, put_ask)) = (bid_ask(&call), bid_ask(&put));
            let parity = 1.0 - call.strike / chain.head().spot.get();
            assert!(call_bid - put_ask <= parity + 1e-12 && parity - 1e-12 <= call_ask - put_bid);
            checked += 1;
        }
    }
    assert!(1_000 < checked);
    // What was traded in a session moves the open interest of its own chain, by no more than that.
    for pair in market.snapshots.windows(2) {
        let before: BTreeMap<(Instant, u64, Right), f64> = { pair[0].rows() }
            .map(|row| {
                (
                    (row.expiry, row.strike.to_bits(), row.right),
                    row.open_interest.unwrap(),
                )
            })
            .collect();
        for row in pair[1].rows() {
            if let Some(open) = before.get(&(row.expiry, row.strike.to_bits(), row.right)) {
                let change = (row.open_interest.unwrap() - open).abs();
                assert!(change <= row.volume.unwrap(), "{row:?}");
            }
        }
    }
}
