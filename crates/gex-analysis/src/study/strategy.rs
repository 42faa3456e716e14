//! Strategies that a study tries.

/// One strategy on the signal of one hypothesis.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategySpec {
    /// Identifier, in kebab case, unique among strategies.
    pub id: String,
    /// Identifier of the hypothesis whose signal, regimes and controls it uses.
    pub hypothesis: String,
    /// How weights are set.
    pub kind: StrategyKind,
    /// Sessions between the decision and the close at which it is traded, at least 1.
    pub delay: usize,
    /// Cost per unit of weight traded, as a share.
    pub cost: f64,
    /// Money that trades, for impact against average daily volume; `None` for none.
    pub capital: Option<f64>,
}

/// How weights are set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StrategyKind {
    /// One unit in one regime, nothing else.
    RegimeLongFlat {
        /// In which.
        hold: Hold,
    },
    /// Target over forecast volatility, forecast from the controls alone or with the signal.
    VolatilityTarget {
        /// Volatility aimed at, a year, as a share.
        target: f64,
        /// Largest weight.
        cap: f64,
        /// What the forecast knows.
        forecast: ForecastOf,
    },
}

/// The regime in which a strategy is long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The lowest.
    Lowest,
    /// The highest.
    Highest,
}

/// What a volatility forecast knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForecastOf {
    /// The controls alone.
    Controls,
    /// The controls and the signal.
    ControlsAndSignal,
}

impl StrategySpec {
    pub(super) fn check(&self) -> Result<(), String> {
        let above_zero = |key: &str, value: f64| {
            let legal = value.is_finite() && 0.0 < value;
            (!legal).then(|| format!("{key} must be above zero, got {value}"))
        };
        if self.delay == 0 {
            return Err(
                "delay must be at least 1: a decision cannot trade at its own close".to_owned(),
            );
        }
        if !(self.cost.is_finite() && 0.0 <= self.cost) {
            return Err(format!(
                "cost-bp must be zero or more, got {}",
                1e4 * self.cost
            ));
        }
        let fault = match self.kind {
            StrategyKind::RegimeLongFlat { .. } => None,
            StrategyKind::VolatilityTarget { target, cap, .. } => {
                above_zero("target", target).or_else(|| above_zero("cap", cap))
            }
        };
        let fault = fault.or_else(|| above_zero("capital", self.capital.unwrap_or(1.0)));
        fault.map_or(Ok(()), Err)
    }
}
