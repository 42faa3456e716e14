//! Realized variance, daily and intraday, and forward windows.

use chrono::{DateTime, TimeDelta, Utc};
use gex_analysis::stats::Undefined;
use gex_analysis::stats::rv_daily::{
    BarEstimator, Ohlc, annualised_volatility, close_to_close_demeaned, yang_zhang,
};
use gex_analysis::stats::rv_intraday::{IntradayVariance, Sampling, intraday_variance};
use gex_analysis::stats::windows::forward_window;
use gex_compute::market::bar::Bar;
use serde_json::{Value, json};

use super::Function;
use super::case::{Case, Failure, Outcome, Table, object};

/// The functions of this family.
pub(crate) const FUNCTIONS: &[(&str, Function)] = &[
    ("rv.daily", daily),
    ("rv.intraday", intraday),
    ("windows.forward", forward),
];

type WindowVariance = fn(&[Ohlc]) -> Result<f64, Undefined>;

const ESTIMATORS: [(&str, WindowVariance); 8] = [
    ("cc_demean", close_to_close_demeaned),
    ("cc_zero_mean", |bars| {
        BarEstimator::CloseToClose.mean_variance(bars)
    }),
    ("parkinson", |bars| {
        BarEstimator::Parkinson.mean_variance(bars)
    }),
    ("garman_klass", |bars| {
        BarEstimator::GarmanKlass.mean_variance(bars)
    }),
    ("garman_klass_full", |bars| {
        BarEstimator::GarmanKlassFull.mean_variance(bars)
    }),
    ("gk_yz", |bars| {
        BarEstimator::GarmanKlassOvernight.mean_variance(bars)
    }),
    ("rogers_satchell", |bars| {
        BarEstimator::RogersSatchell.mean_variance(bars)
    }),
    ("yang_zhang", |bars| Ok(yang_zhang(bars)?.variance)),
];

const ROLLING: [&str; 5] = [
    "cc_demean",
    "parkinson",
    "garman_klass",
    "rogers_satchell",
    "yang_zhang",
];

fn daily(case: &Case) -> Outcome {
    let bars = ohlc(&case.table(0)?)?;
    let (periods, width) = (case.number("ann")?, case.count("rolling_bars")?);
    let (mut variances, mut volatilities, mut rolling) = (json!({}), json!({}), json!({}));
    for (name, estimate) in ESTIMATORS {
        let variance = estimate(&bars)?;
        variances[name] = json!(variance);
        volatilities[name] = json!(annualised_volatility(variance, periods)?);
        if ROLLING.contains(&name) {
            let windows: Vec<&[Ohlc]> = bars.windows(width).collect();
            let last = windows.iter().skip(windows.len().saturating_sub(3));
            let values: Result<Vec<f64>, Undefined> = last
                .map(|window| annualised_volatility(estimate(window)?, periods))
                .collect();
            rolling[name] = json!(values?);
        }
    }
    let whole = yang_zhang(&bars)?;
    variances["yz_k"] = json!(whole.weight);
    variances["yz_n"] = json!(whole.returns);
    Ok(json!({
        "variance_per_bar": variances,
        "vol_annualised": volatilities,
        "rolling_last3": rolling,
    }))
}

fn ohlc(table: &Table) -> Result<Vec<Ohlc>, Failure> {
    let (open, high) = (table.column("open")?, table.column("high")?);
    let (low, close) = (table.column("low")?, table.column("close")?);
    let bars = open.iter().zip(&high).zip(low.iter().zip(&close));
    let bars = bars.map(|((open, high), (low, close))| Ohlc::new(*open, *high, *low, *close));
    Ok(bars.collect::<Result<_, Undefined>>()?)
}

fn intraday(case: &Case) -> Outcome {
    let table = case.table(0)?;
    let (days, prices) = (table.text("day")?, table.column("price")?);
    let sampling = Sampling {
        step: case.count("step")?,
        subgrids: case.count("subgrids")?,
    };
    let mut result = json!({});
    let mut from = 0;
    for day in days.chunk_by(PartialEq::eq) {
        let to = from + day.len();
        let measured = intraday_variance(&prices[from..to], sampling)?;
        result[format!("day{}", day[0])] = intraday_object(&measured);
        from = to;
    }
    Ok(result)
}

fn intraday_object(day: &IntradayVariance) -> Value {
    json!({
        "rv_1": day.every_tick,
        "rv_sparse": day.sparse,
        "rv_subsampled": day.subsampled,
        "tsrv": day.two_scales,
        "n_sparse": day.sparse_returns,
        "bpv": day.bipower,
        "medrv": day.median,
        "minrv": day.minimum,
        "rq": day.quarticity,
        "tpq": day.tripower_quarticity,
        "rj": day.jump.share,
        "bns_z": day.jump.statistic,
        "bns_p": day.jump.p_value,
        "jump_var": day.jump.variance,
        "semivar_neg": day.semivariance_down,
        "semivar_pos": day.semivariance_up,
        "rskew": day.skewness,
        "rkurt": day.kurtosis,
    })
}

fn forward(case: &Case) -> Outcome {
    let bars = timed_bars(&case.table(0)?)?;
    let horizon = case.count("horizon_bars")?;
    let per_window = case.number("bars_per_year")? / horizon as f64;
    let mut rows = Vec::new();
    for available in case.table(1)?.text("available_utc")? {
        let window = forward_window(&bars, instant(available)?, horizon);
        let outcome = window.and_then(|window| window.outcome);
        rows.push(json!({
            "start": window.map(|w| w.start.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
            "fwd_ret": outcome.map(|o| o.log_return),
            "fwd_rv_ann": outcome.map(|o| (per_window * o.variance).sqrt()),
            "complete": outcome.is_some(),
        }));
    }
    Ok(object([("rows".to_owned(), Value::Array(rows))]))
}

fn timed_bars(table: &Table) -> Result<Vec<Bar>, Failure> {
    let starts: Result<Vec<DateTime<Utc>>, Failure> = table
        .text("open_time_utc")?
        .into_iter()
        .map(instant)
        .collect();
    let starts = starts?;
    // The table has no closing times: bars are as long as the shortest step between two.
    let steps = starts
        .iter()
        .zip(starts.iter().skip(1))
        .map(|(a, b)| *b - *a);
    let length = steps.min().unwrap_or(TimeDelta::hours(1));
    let prices = table
        .column("open")?
        .into_iter()
        .zip(table.column("close")?);
    Ok(starts
        .into_iter()
        .zip(prices)
        .map(|(start, (open, close))| Bar {
            start,
            end: start + length,
            known_at: start + length,
            open,
            high: open.max(close),
            low: open.min(close),
            close,
            volume: None,
        })
        .collect())
}

fn instant(text: &str) -> Result<DateTime<Utc>, Failure> {
    Ok(text.parse()?)
}
