//! What a study file means for reading and pricing: checked, with units, paths resolved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use gex_analysis::inputs::KnownAtRule;
use gex_compute::flip::{FlipMethod, FlipRule, SpotRange};
use gex_compute::fractions::FractionTable;
use gex_compute::market::calendar::Calendar;
use gex_compute::market::units::Rate;
use gex_compute::positioning::{Positioning, PositioningError};
use gex_compute::pricing::{
    DoubtfulVol, ExpiryScope, ForwardFallback, ForwardSource, PricingConfig, VolSource,
};
use serde_spanned::Spanned;

use crate::checker::Checker;
use crate::diagnostic::Diagnostic;
use crate::study_file::{DataTable, FlipTable, PositioningTable, PricingTable};

/// What is read.
#[derive(Debug, Clone, PartialEq)]
pub struct DataPlan {
    /// Chains, or a series that somebody else computed.
    pub source: Source,
    /// Underlying, as the archive names it.
    pub underlying: String,
    /// First and last session that count; `None` is open.
    pub window: (Option<NaiveDate>, Option<NaiveDate>),
    /// Price bars.
    pub bars: PathBuf,
    /// Control series by name.
    pub controls: BTreeMap<String, PathBuf>,
}

/// Where the signal comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Chains of an archive, and which snapshot of each session.
    Archive {
        /// The archive's folder.
        path: PathBuf,
        /// Which snapshot of each session.
        at: SnapshotChoice,
    },
    /// A daily series that somebody else computed.
    Series {
        /// CSV or Parquet file.
        path: PathBuf,
        /// Column of values, where it is not the file's only one.
        column: Option<String>,
        /// When a value was public.
        known_at: KnownAtRule,
        /// Calendar of its dates.
        calendar: Calendar,
    },
}

/// Which snapshot of each session is the session's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotChoice {
    /// The last at or before the session's end (Deribit: before its last half hour).
    Last,
    /// The last at or before a local time, if it is not older than `max_age`.
    LocalTime {
        /// Time of day in the calendar's zone.
        time: NaiveTime,
        /// The greatest age that counts.
        max_age: TimeDelta,
    },
    /// Every snapshot.
    All,
}

/// Turns `[data]` into a plan; paths are relative to `base`, the study file's folder.
pub fn data_plan(checker: &mut Checker, table: &DataTable, base: &Path) -> Option<DataPlan> {
    let window = (
        table
            .from
            .as_ref()
            .and_then(|typed| checker.read("date", typed, date)),
        table
            .to
            .as_ref()
            .and_then(|typed| checker.read("date", typed, date)),
    );
    if let ((Some(from), Some(to)), Some(typed)) = (window, &table.to)
        && to < from
    {
        checker.fault(Diagnostic::new(
            format!("data.to {to} lies before data.from {from}"),
            typed.span(),
            "ends before it starts",
        ));
    }
    let source = source(checker, table, base)?;
    let controls = &table.controls;
    Some(DataPlan {
        source,
        underlying: table.underlying.get_ref().clone(),
        window,
        bars: base.join(table.bars.get_ref()),
        controls: controls
            .iter()
            .map(|(n, p)| (n.clone(), base.join(p.get_ref())))
            .collect(),
    })
}

fn source(checker: &mut Checker, table: &DataTable, base: &Path) -> Option<Source> {
    match (&table.archive, &table.series) {
        (Some(archive), None) => {
            let at = snapshot_choice(checker, table)?;
            Some(Source::Archive {
                path: base.join(archive.get_ref()),
                at,
            })
        }
        (None, Some(series)) => series_source(checker, table, base.join(series.get_ref())),
        (Some(_), Some(series)) => {
            checker.fault(
                Diagnostic::new(
                    "both an archive and a series",
                    series.span(),
                    "one too many",
                )
                .with_help("keep `archive` for chains, or `series` for somebody else's figures"),
            );
            None
        }
        (None, None) => {
            let place = table.underlying.span();
            checker.fault(
                Diagnostic::new("neither an archive nor a series", place, "of what data?")
                    .with_help("add `archive = \"FOLDER\"`, or `series = \"FILE\"`"),
            );
            None
        }
    }
}

fn series_source(checker: &mut Checker, table: &DataTable, path: PathBuf) -> Option<Source> {
    let clocks = [KnownAtRule::NextOpen, KnownAtRule::SessionClose].map(|rule| (rule.name(), rule));
    let known_at = match &table.known_at {
        Some(typed) => checker.choose("clock", typed, &clocks)?,
        None => KnownAtRule::NextOpen,
    };
    let calendar = match &table.calendar {
        Some(typed) => calendar(checker, typed)?,
        None => Calendar::Xnys,
    };
    Some(Source::Series {
        path,
        column: table.column.clone(),
        known_at,
        calendar,
    })
}

fn calendar(checker: &mut Checker, typed: &Spanned<String>) -> Option<Calendar> {
    let known = [Calendar::Xnys, Calendar::Deribit, Calendar::Xnse].map(|c| (c.name(), c));
    checker.choose("calendar", typed, &known)
}

/// The greatest age of a snapshot at a local time where the study does not say.
const MAX_AGE: TimeDelta = TimeDelta::minutes(30);

fn snapshot_choice(checker: &mut Checker, table: &DataTable) -> Option<SnapshotChoice> {
    let Some(typed) = &table.at else {
        return Some(SnapshotChoice::Last);
    };
    match typed.get_ref().as_str() {
        "last" => Some(SnapshotChoice::Last),
        "all" => Some(SnapshotChoice::All),
        _ => {
            let time = checker.read("time of day", typed, |text| {
                NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| {
                    format!("at must be `last`, `all` or a time such as `15:45`, got `{text}`")
                })
            })?;
            let max_age = match &table.max_age {
                Some(typed) => checker.read("duration", typed, |text| duration(text))?,
                None => MAX_AGE,
            };
            Some(SnapshotChoice::LocalTime { time, max_age })
        }
    }
}

/// Reads `30min`, `2h` or `1d`.
///
/// # Errors
///
/// What a duration looks like.
pub fn duration(text: &str) -> Result<TimeDelta, String> {
    let units = [("min", 1), ("h", 60), ("d", 24 * 60)];
    units
        .iter()
        .find_map(|(unit, minutes)| {
            let count: i64 = text.strip_suffix(unit)?.trim().parse().ok()?;
            count.checked_mul(*minutes).and_then(TimeDelta::try_minutes)
        })
        .filter(|duration| TimeDelta::zero() <= *duration)
        .ok_or_else(|| format!("a duration looks like `30min`, `2h` or `1d`, got `{text}`"))
}

fn date(typed: &toml::value::Datetime) -> Result<NaiveDate, String> {
    typed
        .date
        .filter(|_| typed.time.is_none())
        .and_then(|d| NaiveDate::from_ymd_opt(d.year.into(), d.month.into(), d.day.into()))
        .ok_or_else(|| format!("a session is a date such as 2020-01-02, got {typed}"))
}

/// Turns `[pricing]` into the choices that the book is priced by.
///
/// What the file leaves out is what needs least belief: parity with carry behind it at zero rates,
/// the given volatility and then the solved one, all expiries.
pub fn pricing_plan(checker: &mut Checker, table: &PricingTable) -> Option<PricingConfig> {
    let forward = word(
        checker,
        "forward",
        table.forward.as_ref(),
        ForwardSource::from_word,
    )
    .unwrap_or(ForwardSource::Parity);
    let fallback = word(
        checker,
        "fallback",
        table.fallback.as_ref(),
        ForwardFallback::from_word,
    )
    .unwrap_or(ForwardFallback::Carry);
    let iv = word(
        checker,
        "volatility source",
        table.iv.as_ref(),
        VolSource::from_word,
    )
    .unwrap_or(VolSource::GivenThenSolved);
    let expiries = word(
        checker,
        "scope of expiries",
        table.expiries.as_ref(),
        ExpiryScope::from_word,
    )
    .unwrap_or(ExpiryScope::All);
    let rate = yearly(checker, "rate", table.rate.as_ref())?;
    let dividend = yearly(checker, "dividend", table.dividend.as_ref())?;
    Some(PricingConfig {
        forward,
        fallback,
        rate,
        dividend,
        iv,
        doubtful: DoubtfulVol::LeaveOut,
        expiries,
    })
}

/// Turns `[flip]` into the rule of the search; left out, sticky strikes from 0.8 to 1.2 of spot.
pub fn flip_plan(checker: &mut Checker, table: &FlipTable) -> Option<FlipRule> {
    let methods = FlipMethod::ALL.map(|method| (method.name(), method));
    let method = match &table.method {
        Some(typed) => checker.choose("flip method", typed, &methods)?,
        None => FlipRule::DEFAULT.method,
    };
    let mut share = |what: &str, typed: &Option<Spanned<f64>>, range, default| match typed {
        Some(typed) => checker.within(what, typed, range),
        None => Some(default),
    };
    let SpotRange { low, high } = FlipRule::DEFAULT.range;
    // Spot itself lies inside, so that net gamma at spot is on the curve that is searched.
    let low = share("flip.low", &table.low, (0.1, 0.99), low)?;
    let high = share("flip.high", &table.high, (1.01, 10.0), high)?;
    Some(FlipRule {
        method,
        range: SpotRange { low, high },
    })
}

fn word<T, E: ToString>(
    checker: &mut Checker,
    what: &str,
    typed: Option<&Spanned<String>>,
    from_word: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    typed.and_then(|typed| checker.read(what, typed, |text| from_word(text)))
}

/// A rate beyond this is a percentage typed as a decimal.
const GREATEST_RATE: f64 = 1.0;

fn yearly(checker: &mut Checker, what: &str, typed: Option<&Spanned<f64>>) -> Option<Rate> {
    let Some(typed) = typed else {
        return Some(Rate::ZERO);
    };
    let value = checker.within(what, typed, (-GREATEST_RATE, GREATEST_RATE))?;
    Rate::new(value).ok()
}

/// Turns `[positioning]` into models; gross is added by whoever computes.
pub fn positioning_plan(checker: &mut Checker, table: &PositioningTable) -> Vec<Positioning> {
    let Some(models) = &table.models else {
        return vec![Positioning::CallsLongPutsShort];
    };
    let by_table = fractions_plan(checker, table);
    models
        .iter()
        .filter_map(|typed| {
            checker.read("positioning model", typed, |name| {
                Positioning::from_name(name).or_else(|error| match (error, by_table) {
                    (PositioningError::NoTable, Some(model)) => Ok(model),
                    (error, _) => Err(error),
                })
            })
        })
        .collect()
}

/// The model whose shares stand in `[positioning.fractions]`; a table that no model names is a fault.
fn fractions_plan(checker: &mut Checker, table: &PositioningTable) -> Option<Positioning> {
    let typed = table.fractions.as_ref()?;
    let shares = checker.read("table of fractions", typed, |table| {
        let edges = (table.delta.as_slice(), table.days.as_slice());
        FractionTable::new(edges, &table.calls, &table.puts)
    })?;
    let model = Positioning::FractionTable(shares);
    let named = |typed: &Spanned<String>| *typed.get_ref() == model.name();
    if !table.models.iter().flatten().any(named) {
        let fault = Diagnostic::new(
            "no model uses [positioning.fractions]".to_owned(),
            typed.span(),
            "unused",
        );
        checker.fault(fault.with_help("add \"fractions\" to positioning.models"));
    }
    Some(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_are_never_negative() {
        assert_eq!(duration("30min"), Ok(TimeDelta::minutes(30)));
        assert_eq!(duration("2h"), Ok(TimeDelta::hours(2)));
        for bad in ["", "30", "-1h", "h", "999999999999999d"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rate_typed_in_per_cent_is_refused() {
        let mut checker = Checker::default();
        let table = PricingTable {
            rate: Some(Spanned::new(0..1, 3.0)),
            ..PricingTable::default()
        };
        assert!(pricing_plan(&mut checker, &table).is_none());
        let faults = checker.finish(Some(())).unwrap_err();
        assert_eq!(faults[0].message, "rate must lie between -1 and 1, got 3");
    }
}
