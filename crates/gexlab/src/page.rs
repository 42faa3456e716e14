//! What the page draws beside the findings: the series, the last snapshot, how to run it again.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use gex_analysis::findings::SignalSource;
use gex_analysis::panel::Panel;
use gex_analysis::stats::rv_daily::{BarEstimator, Ohlc, annualised_volatility};
use gex_analysis::study::Hypothesis;
use gex_compute::market::bar::{Bar, BarSeries};
use gex_compute::market::calendar::Calendar;
use gex_compute::market::contract::Right;
use gex_compute::market::snapshot::SnapshotHead;
use gex_compute::points::{SnapshotFigure, snapshot_figure};
use gex_compute::positioning::Positioning;
use gex_compute::series::{GexPoint, Measure};
use gex_report::input::{
    ExposureUnit, ProfileFigure, ProfilePoint, SeriesFigure, SeriesRow, StrikeRow, StrikesFigure,
};

use crate::choose::next_session_end;
use crate::inputs::{SignalData, StudyData};
use crate::study_plan::Plan;

/// Sessions over which realized volatility is shown.
const SHOWN_SESSIONS: usize = 21;

/// The series of the study's first hypothesis, one row a snapshot.
pub fn series_figure(plan: &Plan, data: &StudyData, panel: &Panel) -> SeriesFigure {
    let first = plan.study.hypotheses().first();
    let regimes = regimes(panel);
    let volatility = Volatility::of(&data.bars, data.calendar);
    let rows = match &data.signals {
        SignalData::Chains(replay) => {
            let model = shown_model(plan, first);
            chain_rows(&replay.points, &model)
        }
        SignalData::Vendor { points, .. } => points
            .iter()
            .map(|point| SeriesRow {
                session: point.session,
                at: point.ts.naive_utc(),
                spot: volatility.close(point.session),
                net_gex: point.value,
                gross_gex: None,
                flip: None,
                coverage: None,
                regime: None,
                realized_vol: None,
            })
            .collect(),
    };
    let rows = rows
        .into_iter()
        .map(|row: SeriesRow| SeriesRow {
            regime: regimes.get(&row.at).cloned(),
            realized_vol: volatility.at(row.session),
            ..row
        })
        .collect();
    SeriesFigure {
        underlying: plan.data.underlying.clone(),
        positioning: shown_model(plan, first),
        unit: unit(data),
        regime_rule: first.map(|h| h.regime.to_string()).unwrap_or_default(),
        realized_vol_name: volatility.name(),
        rows,
    }
}

/// In what the exposures of the page are measured.
fn unit(data: &StudyData) -> ExposureUnit {
    match data.source() {
        SignalSource::Chains => ExposureUnit::CurrencyPerPct(data.currency.clone()),
        SignalSource::VendorSeries => ExposureUnit::AsGiven("as its author gives it".to_owned()),
    }
}

/// The positioning model of the first hypothesis: the one that the page draws.
fn shown_model(plan: &Plan, first: Option<&Hypothesis>) -> String {
    match first {
        Some(hypothesis) => hypothesis.signal.positioning.clone(),
        None => plan
            .models
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
    }
}

fn chain_rows(points: &[GexPoint], model: &str) -> Vec<SeriesRow> {
    points
        .iter()
        .filter(|point| point.positioning == model)
        .map(|point| SeriesRow {
            session: point.session,
            at: point.ts.naive_utc(),
            spot: Some(point.spot.get()),
            net_gex: point.measures.get(Measure::NetGex),
            gross_gex: point.measures.get(Measure::GrossGex),
            flip: point.measures.get(Measure::Flip),
            coverage: point.measures.get(Measure::Coverage),
            regime: None,
            realized_vol: None,
        })
        .collect()
}

/// The regime of the first hypothesis at each instant of quotes.
fn regimes(panel: &Panel) -> BTreeMap<chrono::NaiveDateTime, String> {
    let Some(first) = panel.hypotheses.first() else {
        return BTreeMap::new();
    };
    let label = |place: Option<usize>| place.and_then(|place| first.regimes.get(place));
    first
        .rows
        .iter()
        .filter_map(|row| Some((row.ts.naive_utc(), (*label(row.regime)?).to_owned())))
        .collect()
}

/// Realized volatility to date by session, for display only.
struct Volatility {
    by_session: BTreeMap<NaiveDate, (f64, Option<f64>)>,
    estimator: BarEstimator,
}

impl Volatility {
    /// The trailing volatility at each session's close, in per cent a year.
    fn of(series: &BarSeries, calendar: Calendar) -> Self {
        let estimator = shown_estimator(&series.bars);
        let sessions = by_session(&series.bars, calendar);
        let bars: Vec<Bar> = sessions.values().copied().collect();
        let shown = sessions.keys().enumerate().map(|(i, session)| {
            let window = (i + 1)
                .checked_sub(SHOWN_SESSIONS + 1)
                .map(|from| &bars[from..=i]);
            let volatility = window.and_then(|bars| trailing(bars, estimator, calendar));
            (*session, (bars[i].close, volatility))
        });
        Self {
            by_session: shown.collect(),
            estimator,
        }
    }

    fn at(&self, session: NaiveDate) -> Option<f64> {
        self.by_session.get(&session)?.1
    }

    fn close(&self, session: NaiveDate) -> Option<f64> {
        Some(self.by_session.get(&session)?.0)
    }

    fn name(&self) -> String {
        let estimator = match self.estimator {
            BarEstimator::CloseToClose => "close to close",
            _ => "Garman-Klass, overnight",
        };
        format!("{SHOWN_SESSIONS} sessions to date, {estimator}")
    }
}

/// The estimator that the bars allow: a series of closes has no range.
fn shown_estimator(bars: &[Bar]) -> BarEstimator {
    if bars.iter().all(|bar| bar.start == bar.end) {
        BarEstimator::CloseToClose
    } else {
        BarEstimator::GarmanKlassOvernight
    }
}

/// One bar a session, put together from however many it has.
fn by_session(bars: &[Bar], calendar: Calendar) -> BTreeMap<NaiveDate, Bar> {
    let mut sessions: BTreeMap<NaiveDate, Bar> = BTreeMap::new();
    for bar in bars {
        let Some(session) = calendar.session_of(bar.start) else {
            continue;
        };
        let whole = sessions.entry(session.date).or_insert(*bar);
        whole.high = whole.high.max(bar.high);
        whole.low = whole.low.min(bar.low);
        (whole.close, whole.end) = (bar.close, bar.end);
    }
    sessions
}

fn trailing(bars: &[Bar], estimator: BarEstimator, calendar: Calendar) -> Option<f64> {
    let prices: Vec<Ohlc> = bars
        .iter()
        .map(|bar| Ohlc::new(bar.open, bar.high, bar.low, bar.close).ok())
        .collect::<Option<_>>()?;
    let variance = estimator.mean_variance(&prices).ok()?;
    Some(100.0 * annualised_volatility(variance, calendar.periods_per_year()).ok()?)
}

/// Profile and strikes of the last snapshot.
pub fn snapshot_figures(
    plan: &Plan,
    data: &StudyData,
) -> (Option<ProfileFigure>, Option<StrikesFigure>) {
    let SignalData::Chains(replay) = &data.signals else {
        return (None, None);
    };
    let Some(chain) = &replay.last else {
        return (None, None);
    };
    let head = chain.head();
    let end = next_session_end(data.calendar, head.session, head.known_at);
    let name = shown_model(plan, plan.study.hypotheses().first());
    let (Some(end), Some(model)) = (end, plan.model(&name)) else {
        return (None, None);
    };
    let figure = snapshot_figure(chain, &plan.pricing, (model, plan.flip), end);
    let point = replay
        .points
        .iter()
        .rev()
        .find(|p| p.positioning == name && p.ts == head.ts);
    (
        Some(profile(&figure, (&name, unit(data)), head)),
        point.map(|point| strikes(&figure, (point, model), unit(data))),
    )
}

pub(crate) fn profile(
    figure: &SnapshotFigure,
    (name, unit): (&str, ExposureUnit),
    head: &SnapshotHead,
) -> ProfileFigure {
    let points = figure
        .levels
        .iter()
        .zip(figure.net.iter().zip(&figure.gross));
    ProfileFigure {
        session: head.session,
        positioning: name.to_owned(),
        unit,
        method: figure.flip.method.name().to_owned(),
        spot: head.spot.get(),
        flip: figure.flip.nearest,
        crossings: figure
            .flip
            .crossings
            .iter()
            .map(|crossing| crossing.level)
            .collect(),
        points: points
            .map(|(spot, (net, gross))| ProfilePoint {
                spot: *spot,
                net: Some(*net),
                gross: Some(*gross),
            })
            .collect(),
    }
}

pub(crate) fn strikes(
    figure: &SnapshotFigure,
    (point, model): (&GexPoint, Positioning),
    unit: ExposureUnit,
) -> StrikesFigure {
    // Where the weight depends on the contract, sides are shown unsigned beside their net.
    let weight = |right| model.weight(right).unwrap_or(1.0);
    let (calls, puts) = (weight(Right::Call), weight(Right::Put));
    StrikesFigure {
        session: point.session,
        positioning: point.positioning.clone(),
        unit,
        spot: point.spot.get(),
        call_wall: point.measures.get(Measure::CallWall),
        put_wall: point.measures.get(Measure::PutWall),
        rows: figure
            .strikes
            .iter()
            .map(|row| StrikeRow {
                strike: row.strike,
                call: Some(calls * row.call),
                put: Some(puts * row.put),
                net: Some(row.net),
            })
            .collect(),
    }
}
