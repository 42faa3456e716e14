//! Variance of one day from prices on an even grid, and what part of it jumped.
//!
//! ```text
//! RV = Σ r²                                   RQ = (m/3) Σ r⁴
//! BPV = (π/2) m/(m−1) Σ |r_i||r_{i−1}|        TPQ = m μ^{−3} m/(m−2) Σ (|r_i||r_{i−1}||r_{i−2}|)^{4/3}
//! minRV = π/(π−2) m/(m−1) Σ min(|r_i|,|r_{i+1}|)²
//! medRV = π/(6−4√3+π) m/(m−2) Σ med(|r_{i−1}|,|r_i|,|r_{i+1}|)²
//! TSRV = (1 − n̄/M)⁻¹ (mean RV of the sub-grids − n̄/M RV of every price)
//! z = (RV−BPV)/RV / √( ((π/2)²+π−5)/m · max(1, TPQ/BPV²) )
//! ```
//!
//! Barndorff-Nielsen and Shephard (2004, 2006), Huang and Tauchen (2005), Andersen, Dobrev and
//! Schaumburg (2012), Zhang, Mykland and Aït-Sahalia (2005). μ = E|Z|^{4/3} = 2^{2/3} Γ(7/6)/Γ(1/2).
//! Every variance is in squared log returns over the day, without the overnight move.

use std::f64::consts::{FRAC_PI_2, PI};

use super::Undefined;
use super::distribution::Reference;
use super::undefined::{require_positive_variance, require_rows};

/// Realized measures of one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IntradayVariance {
    /// RV of every price.
    pub every_tick: f64,
    /// RV of every `step`-th price.
    pub sparse: f64,
    /// Returns on the sparse grid.
    pub sparse_returns: usize,
    /// Mean RV over the offset sub-grids, each scaled to the whole day.
    pub subsampled: f64,
    /// Two-scales RV.
    pub two_scales: f64,
    /// Bipower variation of the sparse grid.
    pub bipower: f64,
    /// medRV of the sparse grid.
    pub median: f64,
    /// minRV of the sparse grid.
    pub minimum: f64,
    /// Realized quarticity.
    pub quarticity: f64,
    /// Tripower quarticity.
    pub tripower_quarticity: f64,
    /// Squares of negative sparse returns.
    pub semivariance_down: f64,
    /// Squares of positive sparse returns.
    pub semivariance_up: f64,
    /// √m Σ r³ / RV^{3/2}.
    pub skewness: f64,
    /// m Σ r⁴ / RV², not in excess.
    pub kurtosis: f64,
    /// The test for jumps.
    pub jump: JumpTest,
}

/// The ratio test for jumps of Huang and Tauchen (2005).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JumpTest {
    /// (RV − BPV)/RV.
    pub share: f64,
    /// The share in standard errors.
    pub statistic: f64,
    /// One-sided p-value: jumps only add.
    pub p_value: f64,
    /// max(RV − BPV, 0).
    pub variance: f64,
}

/// Which prices of a day enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    /// Ticks between the prices of a grid, at least 1.
    pub step: usize,
    /// How many offsets 0, 1, … are averaged, from 1 to `step`.
    pub subgrids: usize,
}

/// Measures one day from its positive prices, evenly spaced and in time order.
///
/// # Errors
/// When a price is not positive, the sampling is out of range, a grid has fewer than three
/// returns, or the prices do not move.
pub fn intraday_variance(
    prices: &[f64],
    sampling: Sampling,
) -> Result<IntradayVariance, Undefined> {
    check(prices, sampling)?;
    let logs: Vec<f64> = prices.iter().map(|price| libm::log(*price)).collect();
    let sparse = grid_returns(&logs, sampling.step, 0);
    require_rows(sparse.len(), 3)?;
    let size: Vec<f64> = sparse.iter().map(|r| r.abs()).collect();
    let rv = require_positive_variance(power_sum(&sparse, 2))?;
    let m = sparse.len() as f64;
    let bipower = bipower(&size);
    let tripower_quarticity = tripower_quarticity(&size);
    Ok(IntradayVariance {
        every_tick: power_sum(&grid_returns(&logs, 1, 0), 2),
        sparse: rv,
        sparse_returns: sparse.len(),
        subsampled: subsampled(&logs, sampling),
        two_scales: two_scales(&logs, sampling),
        bipower,
        median: median_variance(&size),
        minimum: minimum_variance(&size),
        quarticity: m / 3.0 * power_sum(&sparse, 4),
        tripower_quarticity,
        semivariance_down: sparse.iter().filter(|r| **r < 0.0).map(|r| r * r).sum(),
        semivariance_up: sparse.iter().filter(|r| **r > 0.0).map(|r| r * r).sum(),
        skewness: m.sqrt() * power_sum(&sparse, 3) / rv.powf(1.5),
        kurtosis: m * power_sum(&sparse, 4) / (rv * rv),
        jump: jump_test(rv, bipower, tripower_quarticity, m)?,
    })
}

fn check(prices: &[f64], sampling: Sampling) -> Result<(), Undefined> {
    if sampling.step == 0 || !(1..=sampling.step).contains(&sampling.subgrids) {
        let value = sampling.subgrids as f64;
        let needed = "from 1 to a step of at least 1";
        return Err(Undefined::Domain {
            what: "number of sub-grids",
            value,
            needed,
        });
    }
    match prices
        .iter()
        .find(|price| !(**price > 0.0 && price.is_finite()))
    {
        Some(price) => Err(Undefined::Domain {
            what: "price",
            value: *price,
            needed: "positive",
        }),
        None => Ok(()),
    }
}

fn grid_returns(logs: &[f64], step: usize, offset: usize) -> Vec<f64> {
    let grid: Vec<f64> = logs.iter().skip(offset).step_by(step).copied().collect();
    grid.iter()
        .zip(grid.iter().skip(1))
        .map(|(before, after)| after - before)
        .collect()
}

fn power_sum(values: &[f64], power: i32) -> f64 {
    values.iter().map(|value| value.powi(power)).sum()
}

/// Mean RV of the sub-grids, each scaled by M/(step × its returns).
fn subsampled(logs: &[f64], sampling: Sampling) -> f64 {
    let ticks = (logs.len() - 1) as f64;
    mean_over_subgrids(logs, sampling, |returns| {
        power_sum(returns, 2) * ticks / (sampling.step as f64 * returns.len() as f64)
    })
}

/// The noise that every price carries is measured on the finest grid and taken off.
fn two_scales(logs: &[f64], sampling: Sampling) -> f64 {
    let ticks = (logs.len() - 1) as f64;
    let mean_returns = mean_over_subgrids(logs, sampling, |returns| returns.len() as f64);
    let slow = mean_over_subgrids(logs, sampling, |returns| power_sum(returns, 2));
    let fast = power_sum(&grid_returns(logs, 1, 0), 2);
    let ratio = mean_returns / ticks;
    (slow - ratio * fast) / (1.0 - ratio)
}

fn mean_over_subgrids(logs: &[f64], sampling: Sampling, of: impl Fn(&[f64]) -> f64) -> f64 {
    let total: f64 = (0..sampling.subgrids)
        .map(|offset| of(&grid_returns(logs, sampling.step, offset)))
        .sum();
    total / sampling.subgrids as f64
}

fn bipower(size: &[f64]) -> f64 {
    let m = size.len() as f64;
    let sum: f64 = size
        .windows(2)
        .map(|pair| pair.iter().product::<f64>())
        .sum();
    FRAC_PI_2 * m / (m - 1.0) * sum
}

fn tripower_quarticity(size: &[f64]) -> f64 {
    let m = size.len() as f64;
    let moment = libm::pow(2.0, 2.0 / 3.0) * libm::tgamma(7.0 / 6.0) / PI.sqrt();
    let sum: f64 = size
        .windows(3)
        .map(|three| libm::pow(three.iter().product(), 4.0 / 3.0))
        .sum();
    m * moment.powi(-3) * m / (m - 2.0) * sum
}

fn minimum_variance(size: &[f64]) -> f64 {
    let m = size.len() as f64;
    let least = |pair: &[f64]| pair.iter().copied().fold(f64::INFINITY, f64::min);
    let sum: f64 = size.windows(2).map(|pair| least(pair).powi(2)).sum();
    PI / (PI - 2.0) * m / (m - 1.0) * sum
}

fn median_variance(size: &[f64]) -> f64 {
    let m = size.len() as f64;
    let sum: f64 = size.windows(3).map(|three| middle(three).powi(2)).sum();
    PI / (6.0 - 4.0 * 3.0_f64.sqrt() + PI) * m / (m - 2.0) * sum
}

fn middle(three: &[f64]) -> f64 {
    let high = three.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let low = three.iter().copied().fold(f64::INFINITY, f64::min);
    three.iter().sum::<f64>() - high - low
}

fn jump_test(rv: f64, bipower: f64, quarticity: f64, m: f64) -> Result<JumpTest, Undefined> {
    let scale = FRAC_PI_2 * FRAC_PI_2 + PI - 5.0;
    let ratio = quarticity / require_positive_variance(bipower * bipower)?;
    let share = (rv - bipower) / rv;
    let statistic = share / (scale / m * ratio.max(1.0)).sqrt();
    let p_value = Reference::Normal.upper_tail(statistic)?;
    Ok(JumpTest {
        share,
        statistic,
        p_value,
        variance: (rv - bipower).max(0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLING: Sampling = Sampling {
        step: 2,
        subgrids: 2,
    };

    // One move among zeros: a jump in its purest form, which BPV, minRV and medRV do not see.
    #[test]
    fn a_lone_jump_leaves_no_continuous_variance() {
        let prices: Vec<f64> = (0..41)
            .map(|t| if t < 20 { 100.0 } else { 101.0 })
            .collect();
        let refused = intraday_variance(&prices, SAMPLING);
        assert!(
            matches!(refused, Err(Undefined::VarianceNotPositive { .. })),
            "{refused:?}"
        );
    }

    // Equal moves up and down: RV splits in halves and every robust measure is its constant times
    // RV.
    #[test]
    fn equal_moves_give_the_constants() -> Result<(), Undefined> {
        let prices: Vec<f64> = (0..41)
            .map(|t| if t % 4 < 2 { 100.0 } else { 101.0 })
            .collect();
        let day = intraday_variance(&prices, SAMPLING)?;
        assert_eq!(day.sparse_returns, 20);
        assert!((day.bipower / day.sparse - FRAC_PI_2).abs() < 1e-12);
        assert!((day.semivariance_up - day.semivariance_down).abs() < 1e-15);
        assert!((day.kurtosis - 1.0).abs() < 1e-12);
        Ok(())
    }

    #[test]
    fn an_empty_or_negative_day_is_refused() {
        assert!(intraday_variance(&[], SAMPLING).is_err());
        assert!(intraday_variance(&[1.0, -1.0, 2.0, 3.0, 4.0], SAMPLING).is_err());
        let none = Sampling {
            step: 0,
            subgrids: 0,
        };
        assert!(intraday_variance(&[1.0; 50], none).is_err());
    }
}
