//! A study as it was understood, as JSON: what the run's identifier hashes and the manifest shows.
//!
//! Paths are left out: the same study of the same data is the same run wherever the files lie.

use gex_analysis::findings::{Expect, Role};
use gex_analysis::pooled::Pooling;
use gex_analysis::study::{Estimator, EventSpec, Hypothesis, StrategySpec};
use gex_compute::positioning::Positioning;
use serde_json::{Value, json};

use crate::plan::{DataPlan, SnapshotChoice, Source};
use crate::run_folder::hash;
use crate::study_plan::Plan;

/// The whole study.
pub fn understood(plan: &Plan) -> Value {
    let pricing = &plan.pricing;
    json!({
        "study": { "name": plan.study.name(), "seed": plan.study.seed(), "draws": plan.study.draws() },
        "data": {
            "source": source(&plan.data.source),
            "underlying": plan.data.underlying,
            "from": plan.data.window.0.map(|date| date.to_string()),
            "to": plan.data.window.1.map(|date| date.to_string()),
            "controls": plan.data.controls.keys().collect::<Vec<_>>(),
        },
        "others": plan.others.data.iter().map(other).collect::<Vec<_>>(),
        "panel": plan.others.pooling == Pooling::Panel,
        "pricing": {
            "forward": pricing.forward.word(),
            "fallback": pricing.fallback.word(),
            "rate": pricing.rate.get(),
            "dividend": pricing.dividend.get(),
            "iv": pricing.iv.word(),
            "expiries": pricing.expiries.to_string(),
        },
        "flip": {
            "method": plan.flip.method.name(),
            "low": plan.flip.range.low,
            "high": plan.flip.range.high,
        },
        "outputs": plan.outputs.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
        "positioning": plan.models.iter().map(|model| positioning(*model)).collect::<Vec<_>>(),
        "hypotheses": plan.study.hypotheses().iter().map(whole_hypothesis).collect::<Vec<_>>(),
        "events": plan.study.events().iter().map(|event| format!("{event:?}")).collect::<Vec<_>>(),
        "strategies": plan
            .study
            .strategies()
            .iter()
            .map(|strategy| format!("{strategy:?}"))
            .collect::<Vec<_>>(),
    })
}

/// A further underlying by its name, source and window.
fn other((id, data): &(String, DataPlan)) -> Value {
    json!({
        "id": id,
        "source": source(&data.source),
        "underlying": data.underlying,
        "from": data.window.0.map(|date| date.to_string()),
        "to": data.window.1.map(|date| date.to_string()),
        "controls": data.controls.keys().collect::<Vec<_>>(),
    })
}

/// A model by its name, and with its shares where the name does not hold them.
fn positioning(model: Positioning) -> Value {
    match model {
        Positioning::FractionTable(_) => json!([model.name(), model.assumption()]),
        _ => json!(model.name()),
    }
}

/// The hash of each hypothesis with everything that makes it another one: what it tests, on which
/// part of the data, and how the book is priced; not its name, claim or role.
pub fn hypothesis_hashes(plan: &Plan) -> Vec<String> {
    let whole = understood(plan);
    let tested = |hypothesis: &Hypothesis| {
        let mut tested = tested(hypothesis);
        if let Some(model) = plan.model(&hypothesis.signal.positioning) {
            tested["positioning"] = positioning(model);
        }
        let parts = json!([
            tested,
            whole["pricing"],
            whole["flip"],
            whole["data"]["source"]
        ]);
        hash(parts.to_string().as_bytes())
    };
    let hypotheses = plan.study.hypotheses().iter().map(tested);
    hypotheses.chain(appendices(plan, &whole)).collect()
}

/// Hashes of event studies and strategies, which are looked at as hypotheses are; not their names or claims.
fn appendices(plan: &Plan, whole: &Value) -> Vec<String> {
    let events = plan.study.events().iter().map(|event| {
        let (id, claim) = (String::new(), String::new());
        let tested = EventSpec {
            id,
            claim,
            ..event.clone()
        };
        format!("{tested:?}")
    });
    let strategies = plan.study.strategies().iter().map(|strategy| {
        let id = String::new();
        let tested = StrategySpec {
            id,
            ..strategy.clone()
        };
        format!("{tested:?}")
    });
    let data = [&whole["pricing"], &whole["flip"], &whole["data"]["source"]];
    let of = |tested: String| hash(json!([tested, data]).to_string().as_bytes());
    events.chain(strategies).map(of).collect()
}

fn source(source: &Source) -> Value {
    match source {
        Source::Archive { at, .. } => json!({ "kind": "archive", "at": choice(*at) }),
        Source::Series {
            column,
            known_at,
            calendar,
            ..
        } => json!({
            "kind": "series",
            "column": column,
            "known-at": known_at.name(),
            "calendar": calendar.name(),
        }),
    }
}

fn choice(at: SnapshotChoice) -> String {
    match at {
        SnapshotChoice::Last => "last".to_owned(),
        SnapshotChoice::All => "all".to_owned(),
        SnapshotChoice::LocalTime { time, max_age } => {
            format!(
                "{} within {} min",
                time.format("%H:%M"),
                max_age.num_minutes()
            )
        }
    }
}

fn whole_hypothesis(hypothesis: &Hypothesis) -> Value {
    let role = match hypothesis.role {
        Role::Primary => "primary",
        Role::Exploratory => "exploratory",
    };
    let mut value = tested(hypothesis);
    value["id"] = json!(hypothesis.id);
    value["claim"] = json!(hypothesis.claim);
    value["role"] = json!(role);
    value["smallest-effect"] = json!(hypothesis.smallest_effect);
    value
}

fn tested(hypothesis: &Hypothesis) -> Value {
    let estimator = hypothesis.outcome.kind.estimator().map(Estimator::name);
    let expect = match hypothesis.expect {
        Expect::Positive => "positive",
        Expect::Negative => "negative",
    };
    json!({
        "positioning": hypothesis.signal.positioning,
        "measure": hypothesis.signal.measure_name(),
        "scale": hypothesis.signal.scale.name(),
        "regime": hypothesis.regime.to_string(),
        "outcome": hypothesis.outcome.kind.name(),
        "estimator": estimator,
        "horizon": hypothesis.outcome.horizon.to_string(),
        "controls": hypothesis.controls.iter().map(|c| c.name()).collect::<Vec<_>>(),
        "expect": expect,
    })
}
