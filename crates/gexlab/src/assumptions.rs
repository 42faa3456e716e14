//! What a study of chains assumes, in plain sentences for the page.

use gex_compute::market::calendar::Calendar;
use gex_compute::pricing::{ForwardFallback, ForwardSource, PricingConfig, VolSource};
use gex_compute::series::GexPoint;
use gex_ingest::archive::Document;

use crate::replay::Replay;
use crate::study_plan::Plan;

/// The assumptions that every number of a study of chains rests on, one sentence each.
pub(crate) fn assumptions(plan: &Plan, document: &Document, replay: &Replay) -> Vec<String> {
    let pricing = &plan.pricing;
    let mut sentences: Vec<String> = plan
        .models
        .iter()
        .map(|model| format!("{model}: {}", model.assumption()))
        .collect();
    sentences.push(format!(
        "Forward of each expiry: {}; carry at rate {} and dividend {}.",
        forward_words(pricing),
        pricing.rate.get(),
        pricing.dividend.get()
    ));
    sentences.push(format!("Volatility: {}.", volatility_words(pricing.iv)));
    sentences.push(format!("Expiries in the book: {}.", pricing.expiries));
    sentences.push(format!(
        "Flip: {} from {} to {} of spot.",
        plan.flip.method.name(),
        plan.flip.range.low,
        plan.flip.range.high
    ));
    sentences.push(clock_sentence(&document.open_interest));
    let calendar = Calendar::from_name(&document.calendar).filter(|c| *c != Calendar::Deribit);
    if let Some(sentence) = calendar.and_then(|c| window_sentence(&replay.points, c)) {
        sentences.push(sentence);
    }
    let american = replay.forwards.american_parity;
    if pricing.forward == ForwardSource::Parity && 0 < american {
        sentences.push(format!(
            "Parity is biased for the American options of {american} expiries."
        ));
    }
    sentences
}

/// What an outcome leaves out when signals are known after the close of their session.
fn window_sentence(points: &[GexPoint], calendar: Calendar) -> Option<String> {
    let after = |point: &GexPoint| {
        calendar
            .session_on(point.session)
            .is_some_and(|session| session.close <= point.known_at)
    };
    points.iter().all(after).then(|| {
        "Outcomes: every signal was known after its session's close, so that an outcome begins at \
         the next session's open and the night between is not in it."
            .to_owned()
    })
}

fn forward_words(pricing: &PricingConfig) -> String {
    let source = match pricing.forward {
        ForwardSource::Vendor => "the vendor's",
        ForwardSource::Parity => "put–call parity",
        ForwardSource::Carry => return "spot with carry".to_owned(),
    };
    match pricing.fallback {
        ForwardFallback::Carry => format!("{source}, and spot with carry where that fails"),
        ForwardFallback::LeaveOut => {
            format!("{source}, and the expiry is left out where that fails")
        }
    }
}

fn volatility_words(source: VolSource) -> &'static str {
    match source {
        VolSource::Given => "each contract's own, as given",
        VolSource::Solved => "solved from the mid of bid and offer",
        VolSource::GivenThenSolved => {
            "each contract's own, solved from the mid where none is given"
        }
    }
}

fn clock_sentence(clock: &str) -> String {
    let meaning = match clock {
        "start-of-day" => "the session before's figure, public before the open",
        "end-of-day" => "the session's own figure, public at the next open",
        "live" => "as of the quotes",
        _ => "public that long after the quotes",
    };
    format!("Open interest: {clock}, {meaning}.")
}
