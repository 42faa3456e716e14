//! From a snapshot to the measures, on chains whose answers are known in closed form.
//!
//! Prices come from Black-Scholes-Merton as textbooks print it, written here with libm alone.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first surprise, in its helpers too"
)]

use chrono::{NaiveDate, TimeDelta, TimeZone, Utc};
use gex_compute::flip::FlipRule;
use gex_compute::forward::{ExpiryTerms, ForwardFailure, forward_of};
use gex_compute::market::Instant;
use gex_compute::market::contract::{Exercise, Payoff, Right};
use gex_compute::market::snapshot::{ChainRow, ChainSnapshot, Flags, SnapshotHead};
use gex_compute::market::units::{Currency, Rate, Spot};
use gex_compute::points::{SnapshotResult, series_points, snapshot_figure};
use gex_compute::positioning::Positioning;
use gex_compute::pricing::{
    DoubtfulVol, ExpiryScope, ForwardFallback, ForwardSource, PricingConfig, VolSource,
};
use gex_compute::series::{FlipStatus, GexPoint};

const SPOT: f64 = 4_000.0;
const RATE: f64 = 0.04;
const DIVIDEND: f64 = 0.013;

fn now() -> Instant {
    Utc.with_ymd_and_hms(2024, 1, 5, 21, 0, 0).unwrap()
}

fn head(spot: f64) -> SnapshotHead {
    SnapshotHead {
        underlying: "SPX".to_owned(),
        ts: now(),
        known_at: now(),
        session: NaiveDate::from_ymd_opt(2024, 1, 5).unwrap(),
        spot: Spot::new(spot).unwrap(),
        currency: Currency::USD,
    }
}

fn row(minutes: i64, strike: f64, right: Right) -> ChainRow {
    ChainRow {
        root: "SPXW".to_owned(),
        expiry: now() + TimeDelta::minutes(minutes),
        strike,
        right,
        exercise: Exercise::European,
        payoff: Payoff::Linear,
        multiplier: 100.0,
        bid: None,
        ask: None,
        mark: None,
        bid_iv: None,
        ask_iv: None,
        iv: None,
        open_interest: Some(10.0),
        volume: None,
        forward: None,
        vendor_gamma: None,
        vendor_delta: None,
        dealer_position: None,
        taker_net: None,
        flags: Flags::default(),
    }
}

/// Undiscounted Black-76 gamma and price, with libm alone.
fn black(right: Right, forward: f64, strike: f64, std: f64) -> (f64, f64) {
    let d1 = libm::log(forward / strike) / std + 0.5 * std;
    let cdf = |x: f64| 0.5 * libm::erfc(-x / 2.0_f64.sqrt());
    let w = if right == Right::Call { 1.0 } else { -1.0 };
    let price = w * (forward * cdf(w * d1) - strike * cdf(w * (d1 - std)));
    let density = libm::exp(-0.5 * d1 * d1) / (2.0 * std::f64::consts::PI).sqrt();
    (density / (forward * std), price)
}

/// A quoted chain with strikes five points apart and the volatility `vol(years, strike)`.
fn quoted(days: &[i64], vol: fn(f64, f64) -> f64) -> Vec<ChainRow> {
    let mut rows = Vec::new();
    for &days in days {
        let years = f64::from(i32::try_from(days).unwrap()) / 365.0;
        let forward = SPOT * libm::exp((RATE - DIVIDEND) * years);
        for k in 0..900_u32 {
            let strike = 1_800.0 + 5.0 * f64::from(k);
            for right in [Right::Call, Right::Put] {
                let sigma = vol(years, strike);
                let (_, price) = black(right, forward, strike, sigma * years.sqrt());
                let price = price * libm::exp(-RATE * years);
                let mut row = row(days * 1_440, strike, right);
                if 1e-4 < price {
                    (row.bid, row.ask) = (Some(price * 0.999), Some(price * 1.001));
                }
                row.iv = Some(sigma);
                rows.push(row);
            }
        }
    }
    rows
}

fn chain(rows: Vec<ChainRow>) -> ChainSnapshot {
    ChainSnapshot::from_rows(head(SPOT), rows).unwrap()
}

fn config() -> PricingConfig {
    PricingConfig {
        forward: ForwardSource::Parity,
        fallback: ForwardFallback::Carry,
        rate: Rate::new(RATE).unwrap(),
        dividend: Rate::new(DIVIDEND).unwrap(),
        iv: VolSource::Given,
        doubtful: DoubtfulVol::LeaveOut,
        expiries: ExpiryScope::All,
    }
}

fn points(chain: &ChainSnapshot, config: &PricingConfig) -> SnapshotResult {
    let models = [Positioning::CallsLongPutsShort];
    series_points(chain, config, &models, now() + TimeDelta::days(3))
}

fn naive(result: &SnapshotResult) -> &GexPoint {
    &result.points[0]
}

#[track_caller]
fn close(got: Option<f64>, expected: f64, tolerance: f64) {
    let error = (got.unwrap() - expected).abs();
    assert!(
        error <= tolerance,
        "{got:?} is {error:e} away from {expected}"
    );
}

#[test]
fn parity_finds_the_forward_and_the_discount_that_priced_the_quotes() {
    let chain = chain(quoted(&[5, 40, 120], |_, _| 0.2));
    for expiry in chain.expiries() {
        let tau_years = (expiry.expiry - now()).num_minutes() as f64 / 525_600.0;
        let terms = ExpiryTerms {
            chain: &chain,
            rows: expiry,
            tau_years,
        };
        let found = forward_of(terms, &config()).unwrap();
        assert_eq!(
            (found.source, found.fell_back),
            (ForwardSource::Parity, None)
        );
        close(
            Some(found.forward),
            SPOT * libm::exp((RATE - DIVIDEND) * tau_years),
            1e-8,
        );
        close(Some(found.discount), libm::exp(-RATE * tau_years), 1e-10);
        close(found.residual_iqr, 0.0, 1e-9);
    }
}

#[test]
fn parity_without_enough_quotes_falls_back_and_is_counted() {
    let mut rows = quoted(&[40], |_, _| 0.2);
    rows.retain(|row| (row.strike - SPOT).abs() <= 10.0 || 300.0 < (row.strike - SPOT).abs());
    rows.iter_mut()
        .filter(|row| row.strike == SPOT)
        .for_each(|row| row.bid = row.ask.map(|a| 2.0 * a));
    let chain = chain(rows);
    let terms = ExpiryTerms {
        chain: &chain,
        rows: &chain.expiries()[0],
        tau_years: 40.0 / 365.0,
    };
    let fallen = forward_of(terms, &config()).unwrap();
    assert_eq!(fallen.source, ForwardSource::Carry);
    assert_eq!(fallen.fell_back, Some(ForwardFailure::FewStrikes(4)));
    let counts = points(&chain, &config()).forwards;
    assert_eq!((counts.carry, counts.fell_back, counts.parity), (1, 1, 0));
    let strict = PricingConfig {
        fallback: ForwardFallback::LeaveOut,
        ..config()
    };
    let left_out = points(&chain, &strict);
    assert_eq!(left_out.forwards.left_out, 1);
    assert_eq!(naive(&left_out).measures.coverage, Some(0.0));
    assert_eq!(naive(&left_out).measures.net_gex, None);
}

#[test]
fn scattered_quotes_are_no_line() {
    let mut rows = quoted(&[40], |_, _| 0.2);
    for row in rows.iter_mut().filter(|row| row.right == Right::Call) {
        let shift = if row.strike % 10.0 == 0.0 {
            30.0
        } else {
            -30.0
        };
        (row.bid, row.ask) = (Some(200.0 + shift), Some(201.0 + shift));
    }
    for row in rows.iter_mut().filter(|row| row.right == Right::Put) {
        let slope = row.strike - SPOT;
        (row.bid, row.ask) = (Some(220.0 + slope), Some(221.0 + slope));
    }
    let chain = chain(
        rows.into_iter()
            .filter(|row| 3_800.0 <= row.strike)
            .collect(),
    );
    let terms = ExpiryTerms {
        chain: &chain,
        rows: &chain.expiries()[0],
        tau_years: 40.0 / 365.0,
    };
    let fallen = forward_of(terms, &config()).unwrap().fell_back;
    assert!(
        matches!(fallen, Some(ForwardFailure::Residuals(_))),
        "{fallen:?}"
    );
}

#[test]
fn the_vendors_forward_is_taken_where_it_stands() {
    let mut rows = vec![
        row(40 * 1_440, 4_000.0, Right::Call),
        row(40 * 1_440, 4_100.0, Right::Call),
    ];
    rows[1].forward = Some(4_012.5);
    let vendor = PricingConfig {
        forward: ForwardSource::Vendor,
        ..config()
    };
    let with = chain(rows.clone());
    let terms = ExpiryTerms {
        chain: &with,
        rows: &with.expiries()[0],
        tau_years: 40.0 / 365.0,
    };
    let found = forward_of(terms, &vendor).map(|found| found.forward);
    assert_eq!(found, Ok(4_012.5));
    rows[1].forward = None;
    let without = chain(rows);
    let terms = ExpiryTerms {
        chain: &without,
        ..terms
    };
    let strict = PricingConfig {
        fallback: ForwardFallback::LeaveOut,
        ..vendor
    };
    assert_eq!(
        forward_of(terms, &strict),
        Err(ForwardFailure::NoVendorForward)
    );
}

/// A flat smile: every monitor is the volatility that priced the chain, or nothing.
#[test]
fn monitors_of_a_flat_surface_are_its_volatility() {
    let result = points(&chain(quoted(&[10, 60, 150], |_, _| 0.2)), &config());
    let measures = &naive(&result).measures;
    close(measures.atm_iv_30d, 0.2, 1e-12);
    close(measures.skew_25d, 0.0, 1e-12);
    close(measures.term_slope, 0.0, 1e-12);
    // Discrete strikes and the cut-off tails leave a little.
    close(measures.vol_index_30d, 0.2, 2e-4);
}

/// Volatility by term alone: total variance 0.04·T + 0.001 is linear in time, so exactly found.
#[test]
fn monitors_interpolate_total_variance_in_time() {
    let by_term: fn(f64, f64) -> f64 = |years, _| (0.04 + 0.001 / years).sqrt();
    let result = points(&chain(quoted(&[10, 60, 150], by_term)), &config());
    let measures = &naive(&result).measures;
    let at = |days: f64| by_term(days / 365.0, SPOT);
    close(measures.atm_iv_30d, at(30.0), 1e-12);
    close(measures.term_slope, at(90.0) - at(30.0), 1e-12);
    close(measures.vol_index_30d, at(30.0), 3e-4);
}

/// A smile falling in the strike: puts cost more, and the wings' own deltas say at which strikes.
#[test]
fn skew_is_the_difference_of_the_wings() {
    let falling: fn(f64, f64) -> f64 = |_, strike| 0.2 - 0.4 * (strike / SPOT - 1.0);
    let result = points(&chain(quoted(&[30], falling)), &config());
    let years: f64 = 30.0 / 365.0;
    let forward = SPOT * libm::exp((RATE - DIVIDEND) * years);
    let delta = |strike: f64| {
        let std = falling(years, strike) * years.sqrt();
        let d1 = libm::log(forward / strike) / std + 0.5 * std;
        0.5 * libm::erfc(-d1 / 2.0_f64.sqrt())
    };
    let strike_at = |target: f64| {
        let (mut low, mut high) = (3_000.0, 5_000.0);
        for _ in 0..60 {
            let mid = 0.5 * (low + high);
            if target < delta(mid) {
                low = mid;
            } else {
                high = mid;
            }
        }
        low
    };
    let skew = falling(years, strike_at(0.75)) - falling(years, strike_at(0.25));
    close(naive(&result).measures.skew_25d, skew, 1e-5);
}

#[test]
fn monitors_extrapolate_nothing() {
    let result = points(&chain(quoted(&[40, 60], |_, _| 0.2)), &config());
    let measures = &naive(&result).measures;
    assert_eq!((measures.atm_iv_30d, measures.vol_index_30d), (None, None));
    assert_eq!((measures.skew_25d, measures.term_slope), (None, None));
}

#[test]
fn volatility_is_solved_where_none_is_given_and_a_market_stands() {
    let mut rows = quoted(&[40], |_, _| 0.2);
    rows.retain(|row| (3_600.0..=4_400.0).contains(&row.strike));
    let total = rows.len();
    let from_given = points(&chain(rows.clone()), &config());
    for (i, row) in rows.iter_mut().enumerate() {
        match i % 3 {
            0 => row.iv = None,
            1 => {
                row.iv = Some(0.0);
                row.bid = Some(0.0);
            }
            _ => {}
        }
    }
    let config = PricingConfig {
        iv: VolSource::GivenThenSolved,
        ..config()
    };
    let result = points(&chain(rows), &config);
    let counts = result.counts;
    let thirds = [counts.given, counts.solved, counts.missing].map(|tally| tally.contracts);
    assert_eq!(thirds.iter().sum::<usize>(), total);
    assert!(
        thirds
            .iter()
            .all(|&third| total / 3 <= third && third <= total / 3 + 1),
        "{thirds:?}"
    );
    let measures = &naive(&result).measures;
    close(
        measures.coverage,
        1.0 - thirds[2] as f64 / total as f64,
        1e-12,
    );
    close(measures.iv_solved, thirds[1] as f64 / total as f64, 1e-12);
    // Solved from the mid, the same volatility comes back, so the same gamma.
    let solved_only = PricingConfig {
        iv: VolSource::Solved,
        ..config
    };
    let mut again = quoted(&[40], |_, _| 0.2);
    again.retain(|row| (3_600.0..=4_400.0).contains(&row.strike));
    let solved = points(&chain(again), &solved_only);
    let given = naive(&from_given).measures.gross_gex.unwrap();
    close(naive(&solved).measures.gross_gex, given, 1e-8 * given);
}

#[test]
fn every_row_is_accounted_for() {
    let mut rows = vec![
        row(-10, 4_000.0, Right::Call),
        row(0, 4_000.0, Right::Call),
        row(1_440, 4_000.0, Right::Call),
        row(1_440, 4_000.0, Right::Put),
        row(1_440, 4_010.0, Right::Call),
        row(1_440, 4_020.0, Right::Call),
        row(20 * 1_440, 4_000.0, Right::Call),
    ];
    for row in &mut rows {
        row.iv = Some(0.2);
    }
    rows[3].open_interest = None;
    rows[4].open_interest = Some(0.0);
    rows[5].iv = None;
    rows[5].open_interest = Some(30.0);
    let config = PricingConfig {
        forward: ForwardSource::Carry,
        expiries: ExpiryScope::UpTo { days: 7 },
        ..config()
    };
    let result = points(&chain(rows), &config);
    let counts = result.counts;
    assert_eq!((counts.expired, counts.out_of_scope), (2, 1));
    assert_eq!((counts.open_interest_unknown, counts.nothing_open), (1, 1));
    assert_eq!((counts.given.contracts, counts.missing.contracts), (1, 1));
    close(naive(&result).measures.coverage, 0.25, 0.0);
    assert_eq!(naive(&result).contracts, 1);
}

/// The averaging window of Deribit's settlement: at 07:30 a contract of 08:00 is out.
#[test]
fn an_inverse_contract_leaves_half_an_hour_before_its_settlement() {
    let at = |minutes| {
        let mut row = row(minutes, 4_000.0, Right::Call);
        row.payoff = Payoff::Inverse;
        row.iv = Some(0.5);
        let config = PricingConfig {
            forward: ForwardSource::Carry,
            ..config()
        };
        points(&chain(vec![row]), &config).counts
    };
    assert_eq!((at(30).settling, at(30).given.contracts), (1, 0));
    assert_eq!((at(31).settling, at(31).given.contracts), (0, 1));
}

/// F 60,000, K 65,000, 14 days, 55 %: "DOMAIN golden vectors, computed".
#[test]
fn an_inverse_call_has_its_premium_adjusted_exposures() {
    let mut call = row(14 * 1_440, 65_000.0, Right::Call);
    (call.payoff, call.iv, call.multiplier) = (Payoff::Inverse, Some(0.55), 1.0);
    call.open_interest = Some(1.0);
    let chain = ChainSnapshot::from_rows(head(60_000.0), vec![call]).unwrap();
    let config = PricingConfig {
        forward: ForwardSource::Carry,
        rate: Rate::ZERO,
        dividend: Rate::ZERO,
        ..config()
    };
    let result = points(&chain, &config);
    let measures = &naive(&result).measures;
    close(measures.net_gex, 1_752.375_7, 5e-5);
    close(measures.net_dex, 60_000.0 * 0.230_468_96, 60_000.0 * 5e-9);
    assert_eq!(measures.net_rho, None);
    // Premium-adjusted vanna and charm by differences of F·(Δ − V/F) over volatility and time.
    let dex = |vol: f64, days: f64| {
        let std = vol * (days / 365.0).sqrt();
        let price = |forward| black(Right::Call, forward, 65_000.0, std).1;
        let h = 0.5;
        let delta = (price(60_000.0 + h) - price(60_000.0 - h)) / (2.0 * h);
        60_000.0 * delta - price(60_000.0)
    };
    let vex = 0.01 * (dex(0.5501, 14.0) - dex(0.5499, 14.0)) / 0.0002;
    let chex = (dex(0.55, 13.99) - dex(0.55, 14.01)) / 0.02;
    close(measures.net_vex, vex, 1e-5 * vex.abs());
    close(measures.net_chex, chex, 1e-5 * chex.abs());
}

/// Deribit's premiums: V/F in coin. Parity in coin is C − P = 1 − K/F, and the solver sees V.
#[test]
fn coin_premiums_give_back_their_forward_and_volatility() {
    let (forward, years, vol) = (60_500.0_f64, 20.0_f64 / 365.0, 0.6_f64);
    let mut rows = Vec::new();
    for k in 0..21_u32 {
        for right in [Right::Call, Right::Put] {
            let strike = 55_000.0 + 500.0 * f64::from(k);
            let (_, price) = black(right, forward, strike, vol * years.sqrt());
            let mut row = row(20 * 1_440, strike, right);
            (row.payoff, row.multiplier) = (Payoff::Inverse, 1.0);
            row.bid = Some(price / forward * 0.998);
            row.ask = Some(price / forward * 1.002);
            rows.push(row);
        }
    }
    let config = PricingConfig {
        iv: VolSource::Solved,
        ..config()
    };
    let strikes: Vec<f64> = rows.iter().map(|row| row.strike).collect();
    let chain = ChainSnapshot::from_rows(head(60_000.0), rows).unwrap();
    let result = points(&chain, &config);
    assert_eq!(result.forwards.parity, 1);
    assert_eq!(result.counts.solved.contracts, 42);
    let gamma = |strike: &f64| black(Right::Call, forward, *strike, vol * years.sqrt()).0;
    let gross = 10.0 * 0.01 * forward * forward * strikes.iter().map(gamma).sum::<f64>();
    close(naive(&result).measures.gross_gex, gross, 1e-9 * gross);
}

/// A linear and an inverse call of one strike and expiry: the scale differs by the discount alone.
#[test]
fn coin_is_not_discounted_beside_a_linear_contract() {
    let mut calls = vec![row(90 * 1_440, 4_000.0, Right::Call); 2];
    calls[1].root = "COIN".to_owned();
    calls[1].payoff = Payoff::Inverse;
    let gross = |calls: &[ChainRow]| {
        let mut calls = calls.to_vec();
        for call in &mut calls {
            call.iv = Some(0.5);
        }
        let config = PricingConfig {
            forward: ForwardSource::Carry,
            ..config()
        };
        naive(&points(&chain(calls), &config))
            .measures
            .gross_gex
            .unwrap()
    };
    let discount = libm::exp(-RATE * 90.0 / 365.0);
    let (linear, inverse) = (gross(&calls[..1]), gross(&calls[1..]));
    close(Some(linear), inverse * discount, 1e-12 * inverse);
    close(Some(gross(&calls)), linear + inverse, 1e-12 * inverse);
}

#[test]
fn sides_and_buckets_add_up_and_gross_stands_beside() {
    let result = points(&chain(quoted(&[2, 6, 25, 80, 200], |_, _| 0.2)), &config());
    assert_eq!(result.points.len(), 2);
    let (naive, gross) = (&result.points[0], &result.points[1]);
    assert_eq!(gross.positioning, "gross");
    assert_eq!(gross.flip_status, FlipStatus::AlwaysPositive);
    assert_eq!(gross.measures.net_gex, naive.measures.gross_gex);
    let m = &naive.measures;
    let size = m.gross_gex.unwrap();
    let buckets = [m.gex_0dte, m.gex_7d, m.gex_30d, m.gex_90d, m.gex_far];
    close(m.net_gex, buckets.iter().flatten().sum(), 1e-12 * size);
    close(
        m.net_gex,
        m.call_gex.unwrap() + m.put_gex.unwrap(),
        1e-12 * size,
    );
    let g = &gross.measures;
    let sides = [g.gex_0dte, g.gex_7d, g.gex_30d, g.gex_90d, g.gex_far];
    assert!(
        sides.iter().all(|side| 0.0 < side.unwrap()),
        "one expiry a bucket"
    );
}

/// A vendor that rounds nothing: spot gamma of Black-Scholes-Merton is e^(−qT)·φ(d₁)/(S·σ√T).
#[test]
fn the_vendors_exact_gammas_give_a_ratio_of_one() {
    let mut rows = quoted(&[25], |_, _| 0.2);
    let years: f64 = 25.0 / 365.0;
    let forward = SPOT * libm::exp((RATE - DIVIDEND) * years);
    for row in &mut rows {
        let (gamma, _) = black(row.right, forward, row.strike, 0.2 * years.sqrt());
        let carried = forward / SPOT;
        row.vendor_gamma = Some(gamma * carried * carried * libm::exp(-RATE * years));
    }
    let result = points(&chain(rows), &config());
    close(naive(&result).measures.vendor_gamma_ratio, 1.0, 1e-9);
}

#[test]
fn an_empty_snapshot_has_no_numbers() {
    let result = points(&chain(Vec::new()), &config());
    let point = naive(&result);
    assert_eq!(
        (point.contracts, point.flip_status),
        (0, FlipStatus::Degenerate)
    );
    assert_eq!(point.measures, gex_compute::series::Measures::default());
}

#[test]
fn the_figure_and_the_point_show_one_flip() {
    let mut rows = quoted(&[25], |_, _| 0.2);
    for row in &mut rows {
        let far = (row.strike - SPOT) / SPOT;
        let favoured = (row.right == Right::Call) == (0.0 < far);
        row.open_interest = Some(if favoured { 500.0 } else { 20.0 });
    }
    let chain = chain(rows);
    let point = &points(&chain, &config()).points[0];
    let model = Positioning::CallsLongPutsShort;
    let figure = snapshot_figure(
        &chain,
        &config(),
        (model, FlipRule::DEFAULT),
        now() + TimeDelta::days(3),
    );
    assert_eq!(figure.flip.nearest, point.measures.flip);
    let flip = point.measures.flip.unwrap();
    assert_eq!(point.measures.flip_distance, Some((SPOT - flip) / SPOT));
    let below = figure
        .levels
        .iter()
        .position(|&level| flip < level)
        .unwrap();
    assert!(figure.net[below - 1] * figure.net[below] < 0.0);
    let net: f64 = figure.strikes.iter().map(|line| line.net).sum();
    close(
        point.measures.net_gex,
        net,
        1e-12 * point.measures.gross_gex.unwrap(),
    );
}
