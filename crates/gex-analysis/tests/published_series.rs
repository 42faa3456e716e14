//! The numbers of a vendor's published series, reproduced from its own file.
//!
//! The file is not ours to ship: `GEX_SHARED` names the folder that holds
//! `raw/squeezemetrics/DIX_2011_2026.csv` and `cboe_vix.csv`. Without it the test says that it
//! skipped. The figures are an independent calculation with pandas and statsmodels.

#![expect(
    clippy::disallowed_methods,
    reason = "the user's own files are found through GEX_SHARED"
)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test fails as the test does"
)]

use std::io::Write;
use std::path::Path;

use chrono::NaiveDate;
use gex_analysis::findings::{Association, Description, Expect, GroupRow, Role, VerdictWord};
use gex_analysis::inputs::{Facts, Inputs, KnownAtRule, Signals, VendorPoint};
use gex_analysis::run;
use gex_analysis::study::{
    Control, Estimator, Horizon, Hypothesis, OutcomeKind, OutcomeSpec, RegimeRule, Scale,
    SignalColumn, SignalPart, SignalSpec, Study, VENDOR_POSITIONING,
};
use gex_compute::market::bar::{Adjustment, Bar, BarSeries, ControlPoint, ControlSeries};
use gex_compute::market::calendar::{Calendar, Session};

/// Says something aloud: the harness swallows what `eprintln!` says in a test that passes.
fn say(what: &str) {
    std::io::stderr()
        .write_all(format!("{what}\n").as_bytes())
        .unwrap();
}

/// The last session of the published figures.
fn last_session() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 8, 21).unwrap()
}

fn table(folder: &str, file: &str) -> Vec<(NaiveDate, Vec<f64>)> {
    let path = Path::new(folder).join("raw/squeezemetrics").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let row = |line: &str| {
        let (date, values) = line.split_once(',').unwrap();
        let values = values
            .split(',')
            .map(|value| value.parse().unwrap())
            .collect();
        (date.parse().unwrap(), values)
    };
    text.lines().skip(1).map(row).collect()
}

struct Market {
    points: Vec<VendorPoint>,
    bars: BarSeries,
    vix: ControlSeries,
    sessions: Vec<Session>,
}

fn close_bar(session: Session, close: f64) -> Bar {
    let (start, end, known_at) = (session.close, session.close, session.close);
    Bar {
        start,
        end,
        known_at,
        open: close,
        high: close,
        low: close,
        close,
        volume: None,
    }
}

fn market(folder: &str, rule: KnownAtRule) -> Market {
    let xnys = Calendar::Xnys;
    let mut rows = table(folder, "DIX_2011_2026.csv");
    rows.retain(|(date, _)| *date <= last_session());
    let session = |date: NaiveDate| xnys.session_on(date).unwrap_or_else(|| panic!("{date}"));
    let first = rows.first().unwrap().0;
    let vix = table(folder, "cboe_vix.csv");
    let of_vix = vix
        .iter()
        .filter(|(date, _)| first <= *date)
        .filter_map(|(date, values)| {
            let close = xnys.session_on(*date)?.close;
            Some(ControlPoint {
                ts: close,
                known_at: close,
                value: values[0],
            })
        });
    Market {
        points: rows
            .iter()
            .filter_map(|(d, v)| rule.place(xnys, *d, Some(v[2])))
            .collect(),
        bars: BarSeries {
            underlying: "SPX".to_owned(),
            adjustment: Adjustment::None,
            bars: rows
                .iter()
                .map(|(date, v)| close_bar(session(*date), v[0]))
                .collect(),
        },
        vix: ControlSeries {
            name: "vix".to_owned(),
            points: of_vix.collect(),
        },
        sessions: xnys.sessions(first, last_session()),
    }
}

fn study() -> Study {
    let hypothesis = Hypothesis {
        id: "more-gamma-smaller-moves".to_owned(),
        claim: "Less is moved on the session after more gamma".to_owned(),
        role: Role::Primary,
        signal: SignalSpec {
            positioning: VENDOR_POSITIONING.to_owned(),
            column: SignalColumn::Vendor,
            part: SignalPart::Signed,
            scale: Scale::Usd,
        },
        regime: RegimeRule::Sign { dead_band: 0.0 }.into(),
        outcome: OutcomeSpec {
            kind: OutcomeKind::LogRealizedVariance {
                estimator: Estimator::CloseToClose,
            },
            horizon: Horizon::Sessions(5),
        },
        controls: Control::ALL.to_vec(),
        expect: Expect::Negative,
        smallest_effect: 0.05,
    };
    Study::new("published-series", 1, vec![hypothesis]).unwrap()
}

fn run_on(market: &Market, rule: KnownAtRule) -> run::Outcome {
    let controls = [market.vix.clone()];
    let inputs = Inputs {
        signals: Signals::Vendor {
            points: &market.points,
            rule,
        },
        bars: &market.bars,
        controls: &controls,
        calendar: Calendar::Xnys,
        sessions: &market.sessions,
        facts: Facts::default(),
    };
    run::run(&study(), &inputs).unwrap()
}

/// Each printed figure, with half a unit of its last digit (and the printer's own rounding).
fn assert_printed(
    rows: &[GroupRow],
    of: impl Fn(&GroupRow) -> Option<f64>,
    printed: &[f64],
    tol: f64,
) {
    assert_eq!(rows.len(), printed.len());
    for (row, expected) in rows.iter().zip(printed) {
        let value = of(row).unwrap();
        assert!(
            (value - expected).abs() <= tol,
            "{}: {value} against {expected}",
            row.label
        );
    }
}

fn assert_quintiles(found: &Description) {
    let rows = &found.groupings[0].rows;
    // The printed 7.48 is 7.4746 rounded twice.
    let bn = |row: &GroupRow| row.mean_signal.map(|signal| signal / 1e9);
    assert_printed(rows, bn, &[-0.13, 1.57, 2.58, 3.89, 7.4746], 0.005);
    assert_printed(
        rows,
        |r| r.sd_percent,
        &[1.795, 1.024, 0.778, 0.711, 0.723],
        0.0005,
    );
    assert_printed(
        rows,
        |r| r.mean_absolute_percent,
        &[1.253, 0.764, 0.560, 0.502, 0.510],
        0.0005,
    );
    assert_printed(
        rows,
        |r| r.excess_kurtosis,
        &[7.6, 1.4, 4.2, 3.1, 8.3],
        0.05,
    );
    assert_printed(
        rows,
        |r| r.beyond_two_percent,
        &[17.1, 5.8, 1.8, 1.9, 1.6],
        0.05,
    );
    assert_printed(
        rows,
        |r| r.volatility_5_percent,
        &[23.0, 14.1, 11.2, 10.1, 10.5],
        0.05,
    );
    assert_printed(
        rows,
        |r| r.volatility_20_percent,
        &[21.2, 15.0, 11.8, 11.8, 13.2],
        0.05,
    );
    assert_printed(
        rows,
        |r| r.implied_volatility_percent,
        &[25.1, 18.0, 15.7, 15.1, 16.8],
        0.05,
    );
    assert_printed(
        rows,
        |r| r.mean_return_bp,
        &[17.3, -3.4, 0.4, 5.7, 2.4],
        0.05,
    );
    assert_eq!(rows.iter().map(|row| row.n).sum::<usize>(), 3_849);
}

#[test]
fn the_published_tables_come_out() {
    let Ok(folder) = std::env::var("GEX_SHARED") else {
        say("skipped: GEX_SHARED is unset, the published series is not at hand");
        return;
    };
    let outcome = run_on(
        &market(&folder, KnownAtRule::NextOpen),
        KnownAtRule::NextOpen,
    );
    let found = outcome.findings.description.unwrap();
    assert_quintiles(&found);
    assert_printed(
        &found.groupings[1].rows,
        |r| r.sd_percent,
        &[1.692, 0.908, 0.704, 0.739],
        0.0005,
    );
    let sign = &found.groupings[2].rows;
    assert_eq!((sign[0].n, sign[1].n), (347, 3_502));
    assert_printed(sign, |r| r.sd_percent, &[2.26, 0.894], 0.005);
    assert_printed(sign, |r| r.volatility_5_percent, &[28.0, 12.4], 0.05);
    let regression = found.regression.unwrap();
    assert_eq!(regression.n, 3_598);
    assert!(
        (regression.coefficient + 0.00254).abs() < 5e-6,
        "{regression:?}"
    );
    assert!(
        (regression.t_statistic + 4.21).abs() < 5e-3,
        "{regression:?}"
    );
    assert!(
        (regression.r2_without - 0.3068).abs() < 5e-5,
        "{regression:?}"
    );
    assert!((regression.r2_with - 0.3139).abs() < 5e-5, "{regression:?}");
    assert_association(&found.association.unwrap());
}

/// Computed apart with scipy 1.17 from the same file: Spearman of the value with the next |return|, by fifths of the
/// VIX (an independent author's table), partial given the VIX, a block bootstrap of 20 rows, and all circular shifts.
fn assert_association(found: &Association) {
    let near = |value: f64, expected: f64, tol: f64| {
        assert!(
            (value - expected).abs() <= tol,
            "{value} against {expected}"
        );
    };
    let all = &found.rows[0];
    assert_eq!(all.n, 3_849);
    near(all.spearman, -0.288_890_3, 1e-7);
    near(all.given_implied.unwrap(), -0.145_849_7, 1e-7);
    let fifths = [-0.054, -0.102, -0.196, -0.178, -0.206];
    for (row, expected) in found.rows[1..6].iter().zip(fifths) {
        near(row.spearman, expected, 5e-4);
    }
    let (low, high) = found.block_interval.unwrap();
    near(low, -0.331, 0.02);
    near(high, -0.247, 0.02);
    near(found.shift_band.0, -0.095, 0.008);
    near(found.shift_band.1, 0.095, 0.001);
    // 1.96/√3848: a permutation of rows draws a band three times too narrow.
    near(found.independent_band.1, 0.031_6, 1e-4);
}

#[test]
fn inference_on_the_published_series_starts_after_the_value_was_public() {
    let Ok(folder) = std::env::var("GEX_SHARED") else {
        say("skipped: GEX_SHARED is unset, the published series is not at hand");
        return;
    };
    for rule in [KnownAtRule::NextOpen, KnownAtRule::SessionClose] {
        let outcome = run_on(&market(&folder, rule), rule);
        for row in &outcome.panel.hypotheses[0].rows {
            assert!(row.outcome.is_none_or(|o| row.known_at <= o.start));
        }
        let warned = outcome
            .findings
            .checks
            .iter()
            .any(|check| check.id == "optimistic-known-at");
        assert_eq!(warned, rule == KnownAtRule::SessionClose);
        let finding = &outcome.findings.hypotheses[0];
        assert_ne!(
            finding.verdict.word,
            VerdictWord::NotTestable,
            "{:?}",
            finding.verdict
        );
    }
}
