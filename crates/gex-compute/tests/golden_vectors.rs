//! Closed-form values of small books, computed outside this project's code.
//!
//! Source: "DOMAIN golden vectors, computed": evaluated from the formulas at r = q = 0 with a
//! general-purpose tool, the flip from its closed form.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first surprise, in its helpers too"
)]

use gex_compute::black76::{self, Greeks};
use gex_compute::book::{Book, CarryMarket, PlainContract};
use gex_compute::exposure::{GexPerPct, RowExposures, UnitsPerPoint};
use gex_compute::flip::{self, Flip, FlipRule};
use gex_compute::inverse;
use gex_compute::market::contract::Right;
use gex_compute::market::units::{Currency, Rate, Spot, Strike, Vol, Years};
use gex_compute::moneyness::MoneynessCurve;
use gex_compute::positioning::Positioning;
use gex_compute::profile::GammaCurve;
use gex_compute::series::FlipStatus;

fn book(spot: f64, days: f64, vol: f64, lines: &[(f64, Right, f64)]) -> Book {
    let market = CarryMarket {
        spot: Spot::new(spot).unwrap(),
        rate: Rate::ZERO,
        dividend: Rate::ZERO,
        currency: Currency::USD,
    };
    let contract = |&(strike, right, contracts): &(f64, Right, f64)| PlainContract {
        strike: Strike::new(strike).unwrap(),
        tau: Years::new(days / 365.0).unwrap(),
        right,
        vol: Vol::new(vol).unwrap(),
        units: 100.0 * contracts,
    };
    Book::from_contracts(market, lines.iter().map(contract).collect())
}

fn call_and_put(spot: f64) -> Book {
    let scale = spot / 5_000.0;
    let lines = [
        (5_500.0 * scale, Right::Call, 1_000.0),
        (4_500.0 * scale, Right::Put, 1_000.0),
    ];
    book(spot, 30.0, 0.2, &lines)
}

fn naive(book: &Book) -> Vec<f64> {
    Positioning::CallsLongPutsShort.weights(book)
}

fn flip_of(book: &Book, model: Positioning) -> Flip {
    let weights = model.weights(book);
    let curve = GammaCurve::new(book);
    flip::sticky_strike(&curve, book.spot.get(), &[weights]).remove(0)
}

#[track_caller]
fn close(got: f64, expected: f64, tolerance: f64) {
    let error = (got - expected).abs();
    assert!(
        error <= tolerance,
        "{got} is {error:e} away from {expected}"
    );
}

#[track_caller]
fn weighted(column: &[f64], weights: &[f64], expected: f64, tolerance: f64) {
    let got: f64 = column.iter().zip(weights).map(|(x, w)| x * w).sum();
    close(got, expected, tolerance);
}

#[test]
fn gamma_exposure_of_one_call_and_one_put_in_every_unit() {
    let book = call_and_put(5_000.0);
    let rows = RowExposures::new(&book, &GammaCurve::new(&book));
    // The book sorts by strike: the put stands first.
    let (put, call) = (rows.gamma[0], rows.gamma[1]);
    close(call, 9_161_425.503, 1e-3);
    close(put, 6_097_894.670, 1e-3);
    close(call - put, 3_063_530.833, 1e-3);
    close(call + put, 15_259_320.173, 1e-3);
    let gex = GexPerPct {
        amount: call,
        currency: Currency::USD,
    };
    close(gex.per_point(book.spot).amount, 183_228.510, 1e-3);
    let UnitsPerPoint(shares) = gex.units_per_point(book.spot);
    close(shares, 36.645_702_0, 1e-7);
}

#[test]
fn delta_vanna_and_charm_exposure_of_one_call_and_one_put() {
    let book = call_and_put(5_000.0);
    let rows = RowExposures::new(&book, &GammaCurve::new(&book));
    let weights = naive(&book);
    weighted(&rows.delta, &weights, 41_090_458.88, 0.01);
    weighted(&rows.vanna, &weights, 7_603_451.90, 0.01);
    weighted(&rows.charm, &weights, -2_534_483.97, 0.01);
}

/// `√(K_c·K_p)·exp(−σ²T/2)` solves φ(d₁) of the call = φ(d₁) of the put.
#[test]
fn flip_of_one_call_and_one_put_is_its_closed_form() {
    let found = flip_of(&call_and_put(5_000.0), Positioning::CallsLongPutsShort);
    assert_eq!(found.status, FlipStatus::Unique);
    close(found.nearest.unwrap(), 4_966.765_924_5, 1e-6);
    let closed = (5_500.0_f64 * 4_500.0).sqrt() * (-0.02_f64 * 30.0 / 365.0).exp();
    close(found.nearest.unwrap(), closed, 1e-10 * 5_000.0);
    assert!(0.0 < found.crossings[0].slope, "calls sit above the puts");
}

/// The same closed form an hour before settlement, where each gamma between the strikes is less
/// than the least double.
#[test]
fn a_flip_is_found_where_every_gamma_underflows() {
    let lines = [
        (5_500.0, Right::Call, 1_000.0),
        (4_500.0, Right::Put, 1_000.0),
    ];
    let days = 1.0 / 24.0;
    let book = book(5_000.0, days, 0.2, &lines);
    let net = GammaCurve::new(&book).net(&naive(&book), 5_000.0);
    assert!(net.abs() < f64::MIN_POSITIVE, "{net:e}");
    let found = flip_of(&book, Positioning::CallsLongPutsShort);
    let closed = (5_500.0_f64 * 4_500.0).sqrt() * (-0.02_f64 * days / 365.0).exp();
    assert_eq!(found.status, FlipStatus::Unique);
    close(found.nearest.unwrap(), closed, 1e-10 * 5_000.0);
}

#[test]
fn the_common_grid_of_60_points_is_off_by_its_interpolation() {
    let book = call_and_put(100.0);
    let curve = GammaCurve::new(&book);
    let common = flip::linear_grid_60(&curve, &naive(&book), FlipRule::DEFAULT.range);
    close(common.nearest.unwrap(), 99.334_74, 1e-5);
    let refined = flip_of(&book, Positioning::CallsLongPutsShort);
    close(refined.nearest.unwrap(), 99.335_318_5, 1e-7);
}

/// The levels to more digits than the source prints: SciPy 1.17.1, `brentq` on the printed formula.
#[test]
fn three_crossings_are_all_found() {
    let lines = [
        (90.0, Right::Put, 1_000.0),
        (97.0, Right::Call, 900.0),
        (103.0, Right::Put, 900.0),
        (110.0, Right::Call, 1_000.0),
    ];
    let book = book(100.0, 7.0, 0.15, &lines);
    let found = flip_of(&book, Positioning::CallsLongPutsShort);
    assert_eq!(found.status, FlipStatus::Multiple);
    let levels: Vec<f64> = found.crossings.iter().map(|c| c.level).collect();
    assert_eq!(levels.len(), 3);
    let by_brentq = [93.471_079_758_637, 99.933_475_058_595, 106.345_829_345_310];
    for (level, expected) in levels.iter().zip(by_brentq) {
        close(*level, expected, 2e-8);
    }
    assert_eq!(found.nearest, Some(levels[1]));
    let curve = GammaCurve::new(&book);
    close(curve.net(&naive(&book), 100.0), -56_334.08, 5e-3);
}

/// A flat smile moves nowhere: both rules of stickiness must agree.
#[test]
fn sticky_moneyness_agrees_with_sticky_strike_on_a_flat_smile() {
    let book = call_and_put(5_000.0);
    let curve = MoneynessCurve::new(&book);
    let found = flip::sticky_moneyness(&curve, 5_000.0, &naive(&book));
    close(found.nearest.unwrap(), 4_966.765_924_5, 1e-6);
}

/// The greeks of one contract at r = 0: spot or forward, strike, days, volatility.
fn greeks(right: Right, market: (f64, f64, f64, f64)) -> Greeks {
    let (forward, strike, days, vol) = market;
    let (years, rate) = (days / 365.0, 0.0);
    black76::Terms {
        right,
        forward,
        strike,
        years,
        rate,
        vol,
    }
    .greeks()
    .unwrap()
}

#[test]
fn gamma_vanna_charm_and_delta_of_one_call_and_one_put() {
    let call = greeks(Right::Call, (5_000.0, 5_500.0, 30.0, 0.2));
    let put = greeks(Right::Put, (5_000.0, 4_500.0, 30.0, 0.2));
    close(call.gamma, 3.664_570_201_257e-4, 5e-17);
    close(put.gamma, 2.439_157_868_057e-4, 5e-17);
    close(call.vanna, 0.888_236_99, 5e-9);
    close(put.vanna, -0.632_453_39, 5e-9);
    close(call.charm, -1.080_688_34, 5e-9);
    close(put.charm, 0.769_484_96, 5e-9);
    close(call.delta, 0.051_173_94, 5e-9);
    close(put.delta, -0.031_006_98, 5e-9);
}

/// A Deribit call: V 892.17869 USD, premium 0.01486964 coin, USD hedge per 1 % -1752.3757.
#[test]
fn an_inverse_call_is_hedged_in_dollars_by_its_plain_gamma() {
    let (forward, strike, days, vol) = (60_000.0, 65_000.0, 14.0, 0.55);
    let right = Right::Call;
    let terms = inverse::Terms {
        right,
        forward,
        strike,
        years: days / 365.0,
        vol,
    };
    let greeks = terms.greeks().unwrap();
    close(greeks.linear.price, 892.178_69, 5e-6);
    close(greeks.linear.delta, 0.245_338_60, 5e-9);
    close(greeks.linear.gamma, 4.867_71e-5, 5e-11);
    close(greeks.price_coin, 0.014_869_64, 5e-9);
    close(greeks.delta_adjusted, 0.230_468_96, 5e-9);
    close(
        -greeks.linear.gamma * forward * forward * 0.01,
        -1_752.375_7,
        5e-5,
    );
}
