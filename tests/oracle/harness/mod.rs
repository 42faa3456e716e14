//! One function a reference function: reads its choices from the case, calls the engine.

pub(crate) mod case;
pub(crate) mod compare;
pub(crate) mod expression;
pub(crate) mod options;

mod chain;
mod comparison;
mod forecasts;
mod regimes;
mod regression;
mod resampling;
mod samples;
mod series;
mod trading;
mod volatility;

use case::{Case, Outcome};

/// A reference function.
pub(crate) type Function = fn(&Case) -> Outcome;

/// Finds the function of a name.
pub(crate) fn find(name: &str) -> Option<Function> {
    let families: [&[(&str, Function)]; 10] = [
        chain::FUNCTIONS,
        comparison::FUNCTIONS,
        forecasts::FUNCTIONS,
        regimes::FUNCTIONS,
        regression::FUNCTIONS,
        resampling::FUNCTIONS,
        samples::FUNCTIONS,
        series::FUNCTIONS,
        trading::FUNCTIONS,
        volatility::FUNCTIONS,
    ];
    families
        .into_iter()
        .flatten()
        .find(|(known, _)| *known == name)
        .map(|(_, function)| *function)
}
