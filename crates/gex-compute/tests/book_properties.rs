//! What must hold for every book, whatever its numbers.
//!
//! Properties: negating, padding, splitting, scaling and permuting a book, as listed in the
//! project's domain reference ("DOMAIN golden vectors, properties").

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first surprise, in its helpers too"
)]

use gex_compute::book::{Book, CarryMarket, PlainContract};
use gex_compute::exposure::RowExposures;
use gex_compute::flip::{self, Flip};
use gex_compute::market::contract::Right;
use gex_compute::market::units::{Currency, Rate, Spot, Strike, Vol, Years};
use gex_compute::positioning::Positioning;
use gex_compute::profile::{GammaCurve, LogGrid};
use gex_compute::series::FlipStatus;

/// A ragged chain of three expiries with carry, its open interest uneven but fixed.
fn contracts(level: f64) -> Vec<PlainContract> {
    let mut chain = Vec::new();
    for (e, days) in [0.2, 9.0, 65.0].into_iter().enumerate() {
        for k in 0..41_u32 {
            let share = 0.8 + 0.01 * f64::from(k);
            for (side, right) in [Right::Call, Right::Put].into_iter().enumerate() {
                let turn = (u32::try_from(e + side).unwrap() * 7 + k * 13) % 17;
                let tilt = if (share < 1.0) == (right == Right::Put) {
                    3.0
                } else {
                    1.0
                };
                chain.push(PlainContract {
                    strike: Strike::new(level * share).unwrap(),
                    tau: Years::new(days / 365.0).unwrap(),
                    right,
                    vol: Vol::new(0.18 - 0.3 * (share - 1.0)).unwrap(),
                    units: 100.0 * tilt * f64::from(turn + 1),
                });
            }
        }
    }
    chain
}

fn book_at(level: f64, chain: Vec<PlainContract>) -> Book {
    let market = CarryMarket {
        spot: Spot::new(level).unwrap(),
        rate: Rate::new(0.03).unwrap(),
        dividend: Rate::new(0.015).unwrap(),
        currency: Currency::USD,
    };
    Book::from_contracts(market, chain)
}

fn gamma(book: &Book) -> Vec<f64> {
    GammaCurve::new(book).rows_at_spot()
}

fn net(book: &Book, model: Positioning) -> f64 {
    let weights = model.weights(book);
    GammaCurve::new(book).net(&weights, book.spot.get())
}

fn flip_of(book: &Book, model: Positioning) -> Flip {
    let weights = model.weights(book);
    flip::sticky_strike(&GammaCurve::new(book), book.spot.get(), &[weights]).remove(0)
}

#[test]
fn a_negated_book_has_the_same_flips_and_the_opposite_net() {
    let book = book_at(4_000.0, contracts(4_000.0));
    let naive = flip_of(&book, Positioning::CallsLongPutsShort);
    let inverted = flip_of(&book, Positioning::Inverted);
    assert!(!naive.crossings.is_empty());
    let levels = |flip: &Flip| flip.crossings.iter().map(|c| c.level).collect::<Vec<_>>();
    assert_eq!(levels(&naive), levels(&inverted));
    let nets = [Positioning::CallsLongPutsShort, Positioning::Inverted].map(|m| net(&book, m));
    assert_eq!(nets[0].to_bits(), (-nets[1]).to_bits());
}

#[test]
fn the_order_of_rows_changes_no_bit() {
    let forwards = book_at(4_000.0, contracts(4_000.0));
    let mut reversed = contracts(4_000.0);
    reversed.reverse();
    reversed.rotate_left(31);
    assert_eq!(forwards, book_at(4_000.0, reversed));
}

#[test]
fn rows_without_open_interest_change_nothing() {
    let mut padded = contracts(4_000.0);
    let mut empty = padded[5];
    empty.units = 0.0;
    padded.push(empty);
    assert_eq!(
        book_at(4_000.0, padded),
        book_at(4_000.0, contracts(4_000.0))
    );
}

#[test]
fn a_row_in_two_parts_counts_as_one() {
    let mut split = contracts(4_000.0);
    let mut part = split[40];
    part.units *= 0.25;
    split[40].units *= 0.75;
    split.push(part);
    let (whole, split) = (
        book_at(4_000.0, contracts(4_000.0)),
        book_at(4_000.0, split),
    );
    assert_eq!(split.len(), whole.len() + 1);
    let model = Positioning::CallsLongPutsShort;
    let gross = net(&whole, Positioning::Gross);
    assert!((net(&whole, model) - net(&split, model)).abs() < 1e-14 * gross);
    let [a, b] = [&whole, &split].map(|book| flip_of(book, model).nearest.unwrap());
    assert!((a - b).abs() < 4e-7, "{a} {b}");
}

/// Strikes, spot and forwards times c: shares per point ÷ c, currency per point equal, per 1 % × c.
#[test]
fn a_scaled_market_scales_the_exposure_alike() {
    let (small, large) = (
        book_at(4_000.0, contracts(4_000.0)),
        book_at(40_000.0, contracts(40_000.0)),
    );
    let gross = net(&large, Positioning::Gross);
    for (a, b) in gamma(&small).iter().zip(gamma(&large)) {
        assert!((10.0 * a - b).abs() <= 1e-11 * b + 1e-20 * gross, "{a} {b}");
    }
    let model = Positioning::CallsLongPutsShort;
    let [a, b] = [&small, &large].map(|book| flip_of(book, model).nearest.unwrap());
    assert!((10.0 * a - b).abs() < 1e-5, "{a} {b}");
}

#[test]
fn puts_and_calls_of_one_strike_and_volatility_have_one_gamma() {
    let mut chain = contracts(4_000.0);
    for contract in &mut chain {
        contract.units = 100.0;
    }
    let book = book_at(4_000.0, chain);
    for pair in gamma(&book).chunks(2) {
        assert_eq!(pair[0].to_bits(), pair[1].to_bits());
    }
}

#[test]
fn an_empty_book_has_no_flip() {
    let found = flip_of(&book_at(4_000.0, Vec::new()), Positioning::Gross);
    assert_eq!(
        (found.status, found.nearest),
        (FlipStatus::Degenerate, None)
    );
}

#[test]
fn gross_gamma_never_changes_sign() {
    let book = book_at(4_000.0, contracts(4_000.0));
    assert_eq!(
        flip_of(&book, Positioning::Gross).status,
        FlipStatus::AlwaysPositive
    );
    assert_eq!(
        flip_of(&book, Positioning::ShortAll).status,
        FlipStatus::AlwaysNegative
    );
}

/// The slow obvious twin: every point of the grid by the closed form.
#[test]
fn the_recurrence_agrees_with_the_closed_form_at_every_point() {
    let book = book_at(4_000.0, contracts(4_000.0));
    let curve = GammaCurve::new(&book);
    let models =
        [Positioning::CallsLongPutsShort, Positioning::Gross].map(|model| model.weights(&book));
    let grid = LogGrid::between(0.8, 1.2, 401);
    let fast = curve.nets_on(&models, &grid);
    for (j, share) in grid.moves().iter().enumerate() {
        let gross = curve.net(&models[1], 4_000.0 * share);
        for (model, fast) in models.iter().zip(&fast) {
            let slow = curve.net(model, 4_000.0 * share);
            assert!(
                (slow - fast[j]).abs() <= 1e-11 * gross,
                "{j}: {slow} {}",
                fast[j]
            );
        }
    }
}

/// Black-Scholes-Merton gamma by finite differences of the dollar delta through full repricing.
#[test]
fn every_exposure_is_the_finite_difference_of_repriced_value() {
    let book = book_at(4_000.0, contracts(4_000.0));
    let rows = RowExposures::new(&book, &GammaCurve::new(&book));
    let rho = rows.rho.as_ref().unwrap();
    for expiry in &book.expiries()[1..] {
        for i in expiry.rows.clone() {
            let value = |m: Market| repriced(&book, i, expiry.tau_years, m);
            let at = Market {
                spot: 4_000.0,
                vol: 0.0,
                years: 0.0,
                rate: 0.0,
            };
            let delta = |m: Market| {
                let h = 0.5;
                let [up, down] = [h, -h].map(|h| Market {
                    spot: m.spot + h,
                    ..m
                });
                (value(up) - value(down)) / (2.0 * h)
            };
            let bumped = |f: &dyn Fn(Market) -> f64, bump: fn(Market, f64) -> Market, h: f64| {
                (f(bump(at, h)) - f(bump(at, -h))) / (2.0 * h)
            };
            let spot: fn(Market, f64) -> Market = |m, h| Market {
                spot: m.spot + h,
                ..m
            };
            let vol: fn(Market, f64) -> Market = |m, h| Market {
                vol: m.vol + h,
                ..m
            };
            let years: fn(Market, f64) -> Market = |m, h| Market {
                years: m.years - h,
                ..m
            };
            let rate: fn(Market, f64) -> Market = |m, h| Market {
                rate: m.rate + h,
                ..m
            };
            let checks = [
                (
                    "gex",
                    rows.gamma[i],
                    4_000.0 * 40.0 * bumped(&delta, spot, 0.5),
                ),
                ("dex", rows.delta[i], 4_000.0 * delta(at)),
                ("vex", rows.vanna[i], 40.0 * bumped(&delta, vol, 1e-4)),
                (
                    "chex",
                    rows.charm[i],
                    4_000.0 / 365.0 * bumped(&delta, years, 1e-5),
                ),
                ("vega", rows.vega[i], 0.01 * bumped(&value, vol, 1e-5)),
                ("theta", rows.theta[i], bumped(&value, years, 1e-6) / 365.0),
                ("rho", rho[i], 0.01 * bumped(&value, rate, 1e-5)),
            ];
            let size = book.columns().units[i] * 4_000.0;
            for (name, got, expected) in checks {
                let tolerance = 2e-4 * expected.abs() + 2e-7 * size;
                assert!(
                    (got - expected).abs() <= tolerance,
                    "{name} {i}: {got} {expected}"
                );
            }
        }
    }
}

/// Spot, and shifts of volatility, time and rate.
#[derive(Clone, Copy)]
struct Market {
    spot: f64,
    vol: f64,
    years: f64,
    rate: f64,
}

/// Value of row `i` by Black-Scholes-Merton as textbooks print it, with no code of the crate's own.
fn repriced(book: &Book, i: usize, tau_years: f64, market: Market) -> f64 {
    let columns = book.columns();
    let (rate, dividend) = (0.03 + market.rate, 0.015);
    let (strike, vol) = (columns.strike[i], columns.vol[i] + market.vol);
    let years = tau_years + market.years;
    let std = vol * years.sqrt();
    let d1 = ((market.spot / strike).ln() + (rate - dividend + 0.5 * vol * vol) * years) / std;
    let d2 = d1 - std;
    let cdf = |x: f64| 0.5 * libm::erfc(-x / 2.0_f64.sqrt());
    let (stock, bond) = (
        market.spot * (-dividend * years).exp(),
        strike * (-rate * years).exp(),
    );
    let price = match columns.right[i] {
        Right::Call => stock * cdf(d1) - bond * cdf(d2),
        Right::Put => bond * cdf(-d2) - stock * cdf(-d1),
    };
    columns.units[i] * price
}
