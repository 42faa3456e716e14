//! `gex check`: a study and its data, without running it.

use std::path::Path;

use anyhow::anyhow;
use chrono::NaiveDate;
use gex_analysis::findings::Role;
use gex_compute::market::bar::{BarSeries, ControlSeries};
use gex_ingest::archive::Archive;
use serde::Serialize;
use serde_json::json;

use crate::args::CheckArgs;
use crate::console::Console;
use crate::exit::Failure;
use crate::load;
use crate::open_study::open_study_with;
use crate::plan::Source;
use crate::replay::calendar_of;
use crate::study_plan::Plan;
use crate::text_table::{Side, lay_out};

/// Whether a part of the study can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Ok,
    Warning,
    Unusable,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Unusable => "unusable",
        }
    }
}

/// One line of the answer.
#[derive(Serialize)]
struct Item {
    part: String,
    state: State,
    text: String,
}

impl Item {
    fn new(part: &str, state: State, text: impl Into<String>) -> Self {
        Self {
            part: part.to_owned(),
            state,
            text: text.into(),
        }
    }

    fn of(part: &str, read: Result<String, Failure>) -> Self {
        match read {
            Ok(text) => Self::new(part, State::Ok, text),
            Err(failure) => Self::new(part, State::Unusable, failure.to_string()),
        }
    }
}

/// Checks the study file, then every input that it names, and says all that is wrong.
///
/// # Errors
///
/// A usage failure for the study file, a data failure where an input can't be used.
pub fn check(args: &CheckArgs, console: Console) -> Result<(), Failure> {
    let study = open_study_with(&args.study.study, &args.study.settings)?;
    let items = items(&study.plan);
    let header = [
        ("part", Side::Left),
        ("state", Side::Left),
        ("what", Side::Left),
    ];
    let rows: Vec<Vec<String>> = items
        .iter()
        .map(|item| {
            let state = item.state.word().to_owned();
            vec![item.part.clone(), state, item.text.clone()]
        })
        .collect();
    let document = json!({ "parts": items });
    console.answer(&lay_out(&header, &rows), "gexlab/check/1", document)?;
    let unusable = items.iter().filter(|item| item.state == State::Unusable);
    match unusable.count() {
        0 => Ok(()),
        1 => Err(Failure::data(anyhow!("one input can't be used"))),
        count => Err(Failure::data(anyhow!("{count} inputs can't be used"))),
    }
}

fn items(plan: &Plan) -> Vec<Item> {
    let mut items = vec![Item::new("study", State::Ok, hypotheses(plan))];
    match &plan.data.source {
        Source::Archive { path, .. } => match archive(path, plan) {
            Ok(found) => items.extend(found),
            Err(failure) => items.push(Item::of("archive", Err(failure))),
        },
        Source::Series {
            path,
            column,
            known_at,
            calendar,
        } => {
            let read = load::vendor_series(path, column.as_ref(), (*calendar, *known_at));
            let text = read.map(|(points, set_aside)| {
                let sessions = points.iter().map(|point| point.session);
                let span = span(sessions.clone().min(), sessions.max());
                format!(
                    "{} values, {span}; {set_aside} rows set aside",
                    points.len()
                )
            });
            items.push(Item::of("series", text));
        }
    }
    items.push(Item::of(
        "bars",
        load::bars(&plan.data).map(|b| bars_text(&b)),
    ));
    match load::controls(&plan.data) {
        Ok(controls) => items.extend(controls.iter().map(|control| {
            let text = control_text(control);
            Item::new(&format!("control {}", control.name), State::Ok, text)
        })),
        Err(failure) => items.push(Item::of("controls", Err(failure))),
    }
    items
}

fn hypotheses(plan: &Plan) -> String {
    let all = plan.study.hypotheses();
    let primary = all.iter().filter(|h| h.role == Role::Primary).count();
    format!(
        "{}: {primary} primary and {} exploratory hypotheses",
        plan.study.name(),
        all.len() - primary
    )
}

/// What the archive holds of the study's window, and which sessions are missing.
fn archive(path: &Path, plan: &Plan) -> Result<Vec<Item>, Failure> {
    let archive = Archive::open(path).map_err(Failure::data)?;
    let calendar = calendar_of(&archive).map_err(Failure::data)?;
    let underlying = &plan.data.underlying;
    let partitions = archive.partitions(underlying, plan.data.window);
    partitions.map_err(Failure::data)?;
    let (from, to) = plan.data.window;
    let document = archive.document();
    let held: Vec<_> = document
        .sessions(underlying)
        .into_iter()
        .filter(|s| from.is_none_or(|from| from <= s.session))
        .filter(|s| to.is_none_or(|to| s.session <= to))
        .collect();
    let (Some(first), Some(last)) = (held.first(), held.last()) else {
        let text = format!("no session of {underlying} in the study's window");
        return Ok(vec![Item::new("archive", State::Unusable, text)]);
    };
    let expected = calendar.sessions(first.session, last.session);
    let snapshots: u64 = held.iter().map(|session| session.snapshots).sum();
    let text = format!(
        "{} of {} sessions of {underlying}, {}; {snapshots} snapshots; open interest {}",
        held.len(),
        expected.len(),
        span(Some(first.session), Some(last.session)),
        document.open_interest,
    );
    let mut items = vec![Item::new("archive", State::Ok, text)];
    let missing: Vec<NaiveDate> = expected
        .iter()
        .map(|session| session.date)
        .filter(|date| held.binary_search_by_key(date, |s| s.session).is_err())
        .collect();
    if !missing.is_empty() {
        items.push(Item::new("", State::Warning, missing_text(&missing)));
    }
    Ok(items)
}

/// Missing sessions named one by one up to this many.
const NAMED: usize = 6;

fn missing_text(missing: &[NaiveDate]) -> String {
    let named: Vec<String> = missing
        .iter()
        .take(NAMED)
        .map(ToString::to_string)
        .collect();
    let more = if NAMED < missing.len() { ", …" } else { "" };
    format!(
        "{} sessions without a chain: {}{more}",
        missing.len(),
        named.join(", ")
    )
}

fn bars_text(series: &BarSeries) -> String {
    let date = |instant: gex_compute::market::Instant| instant.date_naive();
    let first = series.bars.first().map(|bar| date(bar.start));
    let last = series.bars.last().map(|bar| date(bar.end));
    format!(
        "{} bars of {}, {}, adjusted {}",
        series.bars.len(),
        series.underlying,
        span(first, last),
        series.adjustment.word()
    )
}

fn control_text(series: &ControlSeries) -> String {
    let date = |point: &gex_compute::market::bar::ControlPoint| point.ts.date_naive();
    let (first, last) = (series.points.first(), series.points.last());
    format!(
        "{} values, {}",
        series.points.len(),
        span(first.map(date), last.map(date))
    )
}

fn span(first: Option<NaiveDate>, last: Option<NaiveDate>) -> String {
    match (first, last) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "none".to_owned(),
    }
}
