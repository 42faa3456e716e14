//! A strategy's returns after costs: secondary evidence, never the proof.
//!
//! ```text
//! net_t = w_t (e^{r_{t+1+delay}} − 1) − c |w_t − w_{t−1}|,  w_{−1} = 0
//! ```
//!
//! The weight set at the close of t is traded `delay` closes later. Weights do not drift between
//! trades.

use super::Undefined;
use super::moments::mean;
use super::sharpe::sharpe_ratio;
use super::undefined::{require_finite, require_length, require_rows};

/// How a weight becomes a position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Execution {
    /// Rows between the signal's close and the trade.
    pub delay: usize,
    /// Cost per unit of weight traded, as a share.
    pub cost_per_turnover: f64,
    /// Rows a year.
    pub periods_per_year: f64,
}

/// What a strategy earned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Performance {
    /// Rows with a position.
    pub rows: usize,
    /// Growth over the whole time, as a share.
    pub total_return: f64,
    /// Mean net return a row.
    pub mean: f64,
    /// Annualised Sharpe ratio of net returns; none where they do not vary.
    pub sharpe_annual: Option<f64>,
    /// Largest fall from a peak, as a share, zero or below.
    pub max_drawdown: f64,
    /// Sum of |Δw| a year.
    pub turnover_per_year: f64,
    /// Costs, summed over rows, as a share.
    pub cost_total: f64,
    /// Mean weight.
    pub exposure: f64,
    /// Compound growth a year; none where everything was lost.
    pub growth_per_year: Option<f64>,
}

/// What was held, traded and earned, one entry a row with a position.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Weights held.
    pub held: Vec<f64>,
    /// Weight traded to get there.
    pub trades: Vec<f64>,
    /// Return before costs.
    pub gross: Vec<f64>,
    /// Return after costs.
    pub net: Vec<f64>,
    costs: Vec<f64>,
}

impl Account {
    /// Holds weights, one a row, against log returns; `impact` adds a cost per unit of weight traded at each row.
    ///
    /// # Errors
    /// When lengths differ, a value is not finite, or no row remains after the delay.
    pub fn run(
        weights: &[f64],
        log_returns: &[f64],
        impact: Option<&[f64]>,
        execution: Execution,
    ) -> Result<Self, Undefined> {
        require_length("weights", weights.len(), log_returns.len())?;
        require_finite("weight", weights)?;
        require_finite("return", log_returns)?;
        let lead = execution.delay + 1;
        require_rows(weights.len(), lead + 2)?;
        let held = weights.get(..weights.len() - lead).unwrap_or_default();
        let before = std::iter::once(&0.0).chain(held);
        let trades: Vec<f64> = held
            .iter()
            .zip(before)
            .map(|(now, then)| (now - then).abs())
            .collect();
        let nothing = vec![0.0; weights.len()];
        let impact = impact.unwrap_or(&nothing);
        require_length("impact", impact.len(), weights.len())?;
        require_finite("impact", impact)?;
        let costs: Vec<f64> = trades
            .iter()
            .zip(impact)
            .map(|(trade, impact)| (execution.cost_per_turnover + impact) * trade)
            .collect();
        let gross: Vec<f64> = held
            .iter()
            .zip(log_returns.iter().skip(lead))
            .map(|(w, r)| w * libm::expm1(*r))
            .collect();
        Ok(Self {
            net: gross.iter().zip(&costs).map(|(g, c)| g - c).collect(),
            held: held.to_vec(),
            trades,
            gross,
            costs,
        })
    }

    /// Sums up what was earned.
    ///
    /// # Errors
    /// When there is no row.
    pub fn performance(&self, periods_per_year: f64) -> Result<Performance, Undefined> {
        let (wealth, max_drawdown) = wealth_and_drawdown(&self.net);
        let years = self.net.len() as f64 / periods_per_year;
        Ok(Performance {
            rows: self.net.len(),
            total_return: wealth - 1.0,
            mean: mean(&self.net)?,
            sharpe_annual: sharpe_ratio(&self.net)
                .ok()
                .map(|ratio| ratio * periods_per_year.sqrt()),
            max_drawdown,
            turnover_per_year: self.trades.iter().sum::<f64>() / years,
            cost_total: self.costs.iter().sum(),
            exposure: mean(&self.held)?,
            growth_per_year: (wealth > 0.0).then(|| libm::pow(wealth, years.recip()) - 1.0),
        })
    }

    /// Cost per unit of weight traded at which the mean net return is zero; `None` without trades.
    pub fn break_even_cost(&self) -> Option<f64> {
        let traded: f64 = self.trades.iter().sum();
        (0.0 < traded).then(|| self.gross.iter().sum::<f64>() / traded)
    }
}

/// Runs weights, one a row, against log returns, and sums up.
///
/// # Errors
/// As [`Account::run`].
pub fn run(
    weights: &[f64],
    log_returns: &[f64],
    execution: Execution,
) -> Result<Performance, Undefined> {
    let account = Account::run(weights, log_returns, None, execution)?;
    account.performance(execution.periods_per_year)
}

/// Largest fall from a peak, as a share, zero or below.
pub fn max_drawdown(net: &[f64]) -> f64 {
    wealth_and_drawdown(net).1
}

fn wealth_and_drawdown(net: &[f64]) -> (f64, f64) {
    let (mut wealth, mut peak, mut worst) = (1.0_f64, 1.0_f64, 0.0_f64);
    for one in net {
        wealth *= 1.0 + one;
        peak = peak.max(wealth);
        worst = worst.min(wealth / peak - 1.0);
    }
    (wealth, worst)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Execution = Execution {
        delay: 1,
        cost_per_turnover: 0.0,
        periods_per_year: 252.0,
    };

    // A weight at t earns the return of t + 2 alone: the close-to-close move after the trade.
    #[test]
    fn the_signal_day_and_the_next_earn_nothing() -> Result<(), Undefined> {
        let weights = [0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        let returns = [0.5, 0.5, 0.5, 0.1, 0.5, 0.5];
        let got = run(&weights, &returns, FREE)?;
        assert!((got.total_return - libm::expm1(0.1)).abs() < 1e-15);
        Ok(())
    }

    #[test]
    fn costs_are_paid_on_the_way_in_and_out() -> Result<(), Undefined> {
        let costly = Execution {
            cost_per_turnover: 0.01,
            ..FREE
        };
        let got = run(&[1.0, 1.0, 0.0, 0.0, 0.0], &[0.0; 5], costly)?;
        assert!((got.cost_total - 0.02).abs() < 1e-15);
        assert!((got.total_return - (0.99 * 0.99 - 1.0)).abs() < 1e-15);
        Ok(())
    }
}
