//! Models that look at each contract: the signed book against sums done by hand.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first surprise, in its helpers too"
)]

use chrono::{NaiveDate, TimeDelta, TimeZone, Utc};
use gex_compute::flip::FlipRule;
use gex_compute::flip_band::flip_bands;
use gex_compute::flow_history::FlowHistory;
use gex_compute::fractions::FractionTable;
use gex_compute::market::Instant;
use gex_compute::market::contract::{Exercise, Payoff, Right};
use gex_compute::market::snapshot::{ChainRow, ChainSnapshot, Flags, SnapshotHead};
use gex_compute::market::units::{Currency, Rate, Spot};
use gex_compute::points::series_points;
use gex_compute::positioning::Positioning;
use gex_compute::pricing::{
    DoubtfulVol, ExpiryScope, ForwardFallback, ForwardSource, PricingConfig, VolSource,
};

fn now() -> Instant {
    Utc.with_ymd_and_hms(2024, 1, 5, 21, 0, 0).unwrap()
}

fn contract(strike: f64, right: Right) -> ChainRow {
    ChainRow {
        root: "SPXW".to_owned(),
        expiry: now() + TimeDelta::days(30),
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
        iv: Some(0.2),
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

/// A call and a put below the money, a call and a put above it.
fn rows() -> Vec<ChainRow> {
    let mut rows = Vec::new();
    for strike in [4_600.0, 4_900.0] {
        for right in [Right::Call, Right::Put] {
            rows.push(contract(strike, right));
        }
    }
    rows
}

fn chain(rows: Vec<ChainRow>) -> ChainSnapshot {
    let head = SnapshotHead {
        underlying: "SPX".to_owned(),
        ts: now(),
        known_at: now(),
        session: NaiveDate::from_ymd_opt(2024, 1, 5).unwrap(),
        spot: Spot::new(4_700.0).unwrap(),
        currency: Currency::USD,
    };
    ChainSnapshot::from_rows(head, rows).unwrap()
}

const CONFIG: PricingConfig = PricingConfig {
    forward: ForwardSource::Carry,
    fallback: ForwardFallback::Carry,
    rate: Rate::ZERO,
    dividend: Rate::ZERO,
    iv: VolSource::Given,
    doubtful: DoubtfulVol::LeaveOut,
    expiries: ExpiryScope::All,
};

/// Net and gross gamma under a model.
fn net(chain: &ChainSnapshot, model: &str) -> (Option<f64>, f64) {
    let model = Positioning::from_name(model).unwrap();
    let points = series_points(chain, &CONFIG, &[model], now() + TimeDelta::days(3)).points;
    let gross = points[0].measures.gross_gex.unwrap();
    (points[0].measures.net_gex, gross)
}

/// Gamma of one contract of the chain, held long.
fn gamma(k: usize) -> f64 {
    net(&chain(vec![rows().swap_remove(k)]), "gross").1
}

#[track_caller]
fn same(got: Option<f64>, expected: f64) {
    let gap = (got.unwrap() - expected).abs();
    assert!(gap <= 1e-12 * gamma(0), "{got:?} {expected}");
}

#[test]
fn what_is_out_of_the_money_is_short_and_what_is_in_it_long() {
    // In the money: the call at 4,600 and the put at 4,900.
    let expected = gamma(0) - gamma(1) - gamma(2) + gamma(3);
    same(net(&chain(rows()), "moneyness").0, expected);
}

#[test]
fn an_inventory_holds_what_the_vendor_says() {
    let mut held = rows();
    held[0].dealer_position = Some(-4.0);
    held[3].dealer_position = Some(10.0);
    let expected = -0.4 * gamma(0) + gamma(3);
    same(net(&chain(held), "vendor-inventory").0, expected);
    assert_eq!(
        net(&chain(rows()), "vendor-inventory").0,
        None,
        "a vendor that says nothing is not one who says zero"
    );
}

#[test]
fn dealers_mirror_takers_up_to_the_open_interest() {
    let mut flows = rows();
    flows[0].taker_net = Some(3.0);
    flows[1].taker_net = Some(-25.0);
    let seen = FlowHistory::default().add(chain(flows.clone()), 0);
    same(net(&seen, "taker-flow(0)").0, -0.3 * gamma(0) + gamma(1));
    same(
        net(&seen, "open-close(0)").0,
        -0.3 * gamma(0) + 2.5 * gamma(1),
    );
    let begun = FlowHistory::default().add(chain(flows), 5);
    assert_eq!(
        net(&begun, "taker-flow(5)").0,
        None,
        "the sum has only begun"
    );
    assert_eq!(net(&chain(rows()), "taker-flow(0)").0, None);
}

/// One call and one put, so that the flip is `√(K_c·K_p)·exp(−σ²T/2)` at each volatility.
#[test]
fn a_band_of_the_flip_is_its_closed_form_at_the_quoted_volatilities() {
    let mut pair = vec![rows()[1].clone(), rows()[2].clone()];
    for row in &mut pair {
        (row.bid_iv, row.ask_iv) = (Some(0.19), Some(0.23));
    }
    pair[0].strike = 4_500.0;
    let naive = Positioning::CallsLongPutsShort;
    let end = now() + TimeDelta::days(3);
    let rule = (&[naive][..], FlipRule::DEFAULT);
    let band = flip_bands(&chain(pair.clone()), &CONFIG, rule, end).unwrap()[0];
    let closed =
        |vol: f64| (4_500.0_f64 * 4_900.0).sqrt() * (-0.5 * vol * vol * 30.0 / 365.0).exp();
    for (found, vol) in [(band.at_bid, 0.19), (band.at_mid, 0.2), (band.at_ask, 0.23)] {
        assert!(
            (found.unwrap() - closed(vol)).abs() < 1e-6,
            "{found:?} {vol}"
        );
    }
    pair[0].ask_iv = None;
    let kept = flip_bands(&chain(pair), &CONFIG, rule, end).unwrap()[0];
    assert_ne!(
        kept.at_ask, band.at_ask,
        "a contract without an offer keeps its own"
    );
}

#[test]
fn a_share_of_the_flow_moves_the_open_interest() {
    let mut flows = rows();
    for (row, flow) in flows.iter_mut().zip([5.0, 0.0, -50.0, 10.0]) {
        row.taker_net = Some(flow);
    }
    // max(0, 10 + 0.4·net)/10: 1.2, 1, 0 and 1.4.
    let expected = 1.2 * gamma(0) - gamma(1) - 1.4 * gamma(3);
    same(net(&chain(flows), "flow-adjusted(0.4)").0, expected);
}

/// Of four contracts at 30 days, the call of 4,600 and the put of 4,900 lie in the money: their deltas
/// stand above a half, those of the others below.
#[test]
fn fractions_follow_side_delta_and_days() {
    let chain = chain(rows());
    let calls = [vec![0.9, 0.9], vec![0.1, 0.2]];
    let puts = [vec![0.9, 0.9], vec![-0.3, -0.4]];
    let table = FractionTable::new((&[0.5], &[7.0]), &calls, &puts).unwrap();
    let model = Positioning::FractionTable(table);
    let end = now() + TimeDelta::days(3);
    let point = series_points(&chain, &CONFIG, &[model], end)
        .points
        .remove(0);
    let gamma_of = |strike: f64| {
        // Equal open interest: the gamma of a strike is that of its call, and of its put.
        let only = |row: &ChainRow| (row.strike - strike).abs() < 1.0 && row.right == Right::Call;
        let rows = rows().into_iter().filter(only).collect();
        let alone = series_points(&self::chain(rows), &CONFIG, &[Positioning::Gross], end);
        alone.points[0].measures.gross_gex.unwrap()
    };
    let (low, high) = (gamma_of(4_600.0), gamma_of(4_900.0));
    let by_hand = (0.2 - 0.3) * low + (0.1 - 0.4) * high;
    let net = point.measures.net_gex.unwrap();
    assert!(
        (net - by_hand).abs() < 1e-9 * by_hand.abs(),
        "{net} against {by_hand}"
    );
    assert_eq!(point.positioning, "fractions");
}
