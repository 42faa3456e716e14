//! From the study file as typed to everything a run needs.

use std::collections::BTreeSet;
use std::path::Path;

use gex_analysis::controls::IMPLIED_NAMES;
use gex_analysis::pooled::Pooling;
use gex_analysis::study::{Control, Hypothesis, Scale, Study};
use gex_compute::flip::FlipRule;
use gex_compute::positioning::Positioning;
use gex_compute::pricing::PricingConfig;
use serde_spanned::Spanned;

use crate::checker::Checker;
use crate::diagnostic::Diagnostic;
use crate::event_plan::with_appendices;
use crate::grid;
use crate::hypothesis_plan::hypothesis;
use crate::output_kind::OutputKind;
use crate::plan::{DataPlan, Source, data_plan, flip_plan, positioning_plan, pricing_plan};
use crate::study_file::{DataTable, OutputTable, StudyFile};

/// Everything a run needs, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The hypotheses.
    pub study: Study,
    /// What is read.
    pub data: DataPlan,
    /// How contracts are priced.
    pub pricing: PricingConfig,
    /// How flips are found.
    pub flip: FlipRule,
    /// Positioning models, the study's own first.
    pub models: Vec<Positioning>,
    /// Tables of every snapshot that are written beside the series.
    pub outputs: BTreeSet<OutputKind>,
    /// Further underlyings.
    pub others: Others,
}

/// The underlyings beside the study's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Others {
    /// Name of the study's own data.
    pub own_id: String,
    /// The others, by name, in the order of the file.
    pub data: Vec<(String, DataPlan)>,
    /// Whether all of them get one coefficient.
    pub pooling: Pooling,
}

impl Plan {
    /// The positioning model of this name, gross among them.
    pub fn model(&self, name: &str) -> Option<Positioning> {
        let models = self.models.iter().copied().chain([Positioning::Gross]);
        { models }.find(|model| model.name() == name)
    }
}

/// Checks a study file as a whole; paths are relative to `base`, its folder.
///
/// # Errors
///
/// Every fault found, at its place.
pub fn plan(file: &StudyFile, base: &Path) -> Result<Plan, Vec<Diagnostic>> {
    let mut checker = Checker::default();
    let name = study_name(&mut checker, &file.study.name);
    let data = data_plan(&mut checker, &file.data, base);
    let pricing = pricing_plan(&mut checker, &file.pricing);
    let flip = flip_plan(&mut checker, &file.flip);
    let models = positioning_plan(&mut checker, &file.positioning);
    let outputs = output_plan(&mut checker, &file.output);
    let mut hypotheses: Vec<Hypothesis> = file
        .hypothesis
        .iter()
        .filter_map(|table| hypothesis(&mut checker, table))
        .collect();
    if let Some(grid) = &file.grid {
        hypotheses.extend(grid::family(&mut checker, grid, &hypotheses));
    }
    check_controls(&mut checker, file);
    if let Some(data) = &data {
        check_models(&mut checker, file, data, &models);
    }
    let seed = file.study.seed;
    let study = name.and_then(|name| checked_study(&mut checker, (&name, seed), hypotheses, file));
    let study = study.and_then(|study| with_draws(&mut checker, study, file));
    let study = study.and_then(|study| with_appendices(&mut checker, study, file, data.as_ref()));
    let others = others(&mut checker, file, base);
    let whole = match (study, data, pricing, flip) {
        (Some(study), Some(data), Some(pricing), Some(flip)) => Some(Plan {
            study,
            data,
            pricing,
            flip,
            models,
            outputs,
            others,
        }),
        _ => None,
    };
    checker.finish(whole)
}

/// The tables of `[[data]]` after the first. Each needs a name, a source like the first's, and the same controls.
fn others(checker: &mut Checker, file: &StudyFile, base: &Path) -> Others {
    let name = |checker: &mut Checker, table: &DataTable| match &table.id {
        Some(typed) => typed.get_ref().clone(),
        None if file.data.others.is_empty() => table.underlying.get_ref().clone(),
        None => {
            let message = "several tables of data, and this one has no name";
            let fault = Diagnostic::new(message, table.underlying.span(), "which one?");
            checker.fault(fault.with_help("add `id = \"spx\"`"));
            String::new()
        }
    };
    let own_id = name(checker, &file.data);
    let mut found = Others {
        own_id,
        data: Vec::new(),
        pooling: match &file.panel {
            Some(_) => Pooling::Panel,
            None => Pooling::SideBySide,
        },
    };
    for table in &file.data.others {
        let id = name(checker, table);
        let twice = id == found.own_id || found.data.iter().any(|(other, _)| *other == id);
        if let Some(typed) = table.id.as_ref().filter(|_| twice) {
            let message = format!("two tables of data have the id `{id}`");
            checker.fault(Diagnostic::new(message, typed.span(), "rename one"));
        }
        if table.series.is_some() != file.data.series.is_some() {
            let message = "chains and somebody else's series in one study have no common measure";
            let fault = Diagnostic::new(message, table.underlying.span(), "unlike the first");
            checker.fault(fault.with_help("give all tables an `archive`, or all a `series`"));
        }
        if let Some(plan) = data_plan(checker, table, base) {
            found.data.push((id, plan));
        }
    }
    if let Some(panel) = &file.panel {
        let known = [("driscoll-kraay", ())];
        if let Some(typed) = &panel.inference {
            checker.choose("inference", typed, &known);
        }
        if found.data.is_empty() {
            let message = "[panel] needs several underlyings, and there is one table of data";
            let place = file.data.underlying.span();
            let fault = Diagnostic::new(message, place, "the only one");
            checker.fault(fault.with_help("repeat [[data]], each with an `id`"));
        }
    }
    found
}

fn output_plan(checker: &mut Checker, table: &OutputTable) -> BTreeSet<OutputKind> {
    let known = OutputKind::ALL.map(|kind| (kind.name(), kind));
    let tables = table.tables.iter();
    tables
        .filter_map(|typed| checker.choose("table", typed, &known))
        .collect()
}

/// A study's name is a folder's name too.
fn study_name(checker: &mut Checker, typed: &Spanned<String>) -> Option<String> {
    checker.read("name", typed, |name| {
        let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let plain = !name.is_empty()
            && name.len() <= 64
            && name.chars().all(legal)
            && !name.starts_with('.');
        plain.then(|| name.clone()).ok_or_else(|| {
            format!("study.name becomes a folder: letters, digits, `-`, `_`, `.`, got `{name}`")
        })
    })
}

fn checked_study(
    checker: &mut Checker,
    (name, seed): (&str, u64),
    hypotheses: Vec<Hypothesis>,
    file: &StudyFile,
) -> Option<Study> {
    if hypotheses.len() < file.hypothesis.len() {
        return None;
    }
    match Study::new(name, seed, hypotheses) {
        Ok(study) => Some(study),
        Err(fault) => {
            let text = fault.to_string();
            let place = file
                .hypothesis
                .iter()
                .rev()
                .find(|table| text.contains(&format!("{:?}", table.id.get_ref())))
                .map_or(file.study.name.span(), |table| table.id.span());
            checker.fault(Diagnostic::new(text, place, "this one"));
            None
        }
    }
}

fn with_draws(checker: &mut Checker, study: Study, file: &StudyFile) -> Option<Study> {
    match &file.study.draws {
        None => Some(study),
        Some(typed) => checker.read("draws", typed, |draws| {
            study
                .clone()
                .with_draws(*draws)
                .map_err(|fault| fault.to_string())
        }),
    }
}

/// Every positioning that a signal or the grid names must be computed, or the signal is a series.
fn check_models(checker: &mut Checker, file: &StudyFile, data: &DataPlan, models: &[Positioning]) {
    let mut known: Vec<String> = models.iter().map(ToString::to_string).collect();
    known.push(Positioning::Gross.to_string());
    let words: Vec<(&str, ())> = known.iter().map(|name| (name.as_str(), ())).collect();
    let is_series = matches!(data.source, Source::Series { .. });
    let signals = file
        .hypothesis
        .iter()
        .filter_map(|table| table.signal.positioning.as_ref());
    let grid = file
        .grid
        .iter()
        .filter_map(|grid| grid.positioning.as_ref())
        .flatten();
    let events = file
        .event
        .iter()
        .filter_map(|table| table.positioning.as_ref());
    for typed in signals.chain(grid).chain(events) {
        checker.choose("positioning among [positioning] models", typed, &words);
    }
    let measures = file.hypothesis.iter().map(|table| &table.signal.measure);
    let in_grid = file
        .grid
        .iter()
        .filter_map(|grid| grid.measure.as_ref())
        .flatten();
    for typed in measures.chain(in_grid) {
        let typed_name = typed.get_ref();
        let bare = typed_name
            .trim_start_matches("abs-")
            .trim_start_matches("change-");
        if is_series != (bare == "value") {
            let message = if is_series {
                "a series that somebody else computed has one measure: `value`"
            } else {
                "`value` is the measure of a series; an archive has `net-gex` and others"
            };
            checker.fault(Diagnostic::new(message, typed.span(), "not in this data"));
        }
    }
}

/// Every control series that a scale or a control needs must be among the data.
fn check_controls(checker: &mut Checker, file: &StudyFile) {
    let has = |name: &str| file.data.controls.contains_key(name);
    let grid = file
        .grid
        .iter()
        .filter_map(|grid| grid.scale.as_ref())
        .flatten();
    let scales = file
        .hypothesis
        .iter()
        .map(|table| &table.signal.scale)
        .chain(grid);
    for typed in scales {
        let needed = Scale::from_name(typed.get_ref()).and_then(Scale::control);
        if let Some(name) = needed.filter(|name| !has(name)) {
            checker.fault(missing_control(typed, name));
        }
    }
    let controls = file.hypothesis.iter().flat_map(|table| &table.controls);
    let in_grid = file
        .grid
        .iter()
        .filter_map(|grid| grid.outcome.as_ref())
        .flatten();
    let outcomes = file
        .hypothesis
        .iter()
        .map(|table| &table.outcome.kind)
        .chain(in_grid);
    let implied = [
        Control::ImpliedVariance.name(),
        "implied-less-realized",
        "implied-change",
    ];
    for typed in controls.chain(outcomes) {
        let needed = implied.contains(&typed.get_ref().as_str());
        if needed && !IMPLIED_NAMES.iter().any(|name| has(name)) {
            checker.fault(missing_control(typed, IMPLIED_NAMES[0]));
        }
    }
}

fn missing_control(typed: &Spanned<String>, name: &str) -> Diagnostic {
    let message = format!("`{}` needs the control series `{name}`", typed.get_ref());
    Diagnostic::new(message, typed.span(), "needs a series")
        .with_help(format!("add `controls.{name} = \"FILE\"` to [data]"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study_file::parse;

    const STUDY: &str = include_str!("demo_study.toml");

    #[test]
    fn the_demo_study_is_understood() {
        let plan = plan(&parse(STUDY).unwrap(), Path::new("x")).unwrap();
        assert_eq!(plan.study.name(), "demo");
        assert!(matches!(&plan.data.source, Source::Archive { path, .. } if path.starts_with("x")));
        let grid = plan
            .study
            .hypotheses()
            .iter()
            .filter(|h| h.id.starts_with("grid-"))
            .count();
        assert!(0 < grid, "the demo searches a grid");
    }

    #[test]
    fn every_fault_is_shown_at_its_place() {
        let broken = STUDY
            .replace("measure = \"net-gex\"", "measure = \"net-gax\"")
            .replace("kind = \"sign\"", "kind = \"sing\"");
        let faults = plan(&parse(&broken).unwrap(), Path::new("x")).unwrap_err();
        let shown: Vec<&str> = faults
            .iter()
            .map(|fault| &broken[fault.span.clone()])
            .collect();
        assert!(shown.contains(&"\"net-gax\""), "{shown:?}");
        assert!(shown.contains(&"\"sing\""), "{shown:?}");
    }

    #[test]
    fn a_missing_control_series_is_named_before_anything_is_read() {
        let broken = STUDY.replace("controls.adv", "controls.volume");
        let faults = plan(&parse(&broken).unwrap(), Path::new("x")).unwrap_err();
        assert_eq!(
            faults[0].message,
            "`per-adv` needs the control series `adv`"
        );
        let broken = STUDY.replace("controls.vix", "controls.volatility");
        let faults = plan(&parse(&broken).unwrap(), Path::new("x")).unwrap_err();
        assert!(
            faults[0].help.as_deref().unwrap().contains("controls.vix"),
            "{faults:?}"
        );
    }

    #[test]
    fn a_model_that_is_not_computed_is_refused() {
        let broken = STUDY.replace("positioning = \"gross\"", "positioning = \"inverted\"");
        assert_ne!(broken, STUDY);
        let faults = plan(&parse(&broken).unwrap(), Path::new("x")).unwrap_err();
        assert!(faults[0].message.contains("inverted"), "{faults:?}");
    }
}
