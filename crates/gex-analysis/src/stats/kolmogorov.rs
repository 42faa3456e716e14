//! Two-sample Kolmogorov-Smirnov test.
//!
//! ```text
//! D = max |F_n − G_m|
//! exact: share of lattice paths from (0, 0) to (n, m) that reach |i/n − j/m| ≥ D
//! asymptotic: one-sample law at N = round(nm/(n+m)) rows (Marsaglia, Tsang and Wang 2003);
//!   below 1e-4 twice the one-sided tail d Σ_j C(N,j) (d + j/N)^{j−1} (1 − d − j/N)^{N−j}
//! ```
//!
//! The one-sample law at finite N is `scipy`'s choice for its asymptotic p-value; the textbook
//! series of Smirnov differs in the third digit at N = 30. Miller (1956) bounds the error of
//! doubling the one-sided tail: relative 1e-13 below 1e-4.

use nalgebra::DMatrix;

use super::Undefined;
use super::hac::floor_to_count;
use super::moments::sorted;
use super::undefined::{require_finite, require_rows};

/// How the law of D is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KolmogorovMethod {
    /// By counting lattice paths, for samples without ties.
    Exact,
    /// By the one-sample law.
    Asymptotic,
}

/// The two-sample Kolmogorov-Smirnov test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KolmogorovSmirnov {
    /// D, the largest gap between the two distribution functions.
    pub statistic: f64,
    /// P(D ≥ statistic) for independent rows.
    pub p_value: f64,
}

/// Tests that two samples of independent rows come from one law.
///
/// # Errors
/// When a sample is empty or a value is not finite.
///
/// ```
/// use gex_analysis::stats::kolmogorov::{KolmogorovMethod, kolmogorov_smirnov};
/// let test = kolmogorov_smirnov(&[1.0, 2.0], &[3.0, 4.0], KolmogorovMethod::Exact)?;
/// assert_eq!(test.statistic, 1.0);
/// assert!((test.p_value - 2.0 / 6.0).abs() < 1e-15);
/// # Ok::<(), gex_analysis::stats::Undefined>(())
/// ```
pub fn kolmogorov_smirnov(
    first: &[f64],
    second: &[f64],
    method: KolmogorovMethod,
) -> Result<KolmogorovSmirnov, Undefined> {
    require_rows(first.len().min(second.len()), 1)?;
    require_finite("value", first)?;
    require_finite("value", second)?;
    let (n, m) = (first.len(), second.len());
    let gap = largest_gap(&sorted(first), &sorted(second));
    let statistic = gap as f64 / (n as f64 * m as f64);
    let p_value = match method {
        KolmogorovMethod::Exact => share_of_paths_reaching(gap, n, m),
        KolmogorovMethod::Asymptotic => {
            let rows = (n as f64 * m as f64 / (n + m) as f64).round_ties_even();
            one_sample_tail(statistic, floor_to_count(rows).max(1))
        }
    };
    Ok(KolmogorovSmirnov { statistic, p_value })
}

/// n m D, a whole number: the largest |i m − j n| over counts at or below each value.
fn largest_gap(first: &[f64], second: &[f64]) -> usize {
    let (n, m) = (first.len(), second.len());
    let gap_at = |value: &f64| {
        let i = first.partition_point(|x| x <= value);
        let j = second.partition_point(|x| x <= value);
        (i * m).abs_diff(j * n)
    };
    first.iter().chain(second).map(gap_at).max().unwrap_or(0)
}

/// Walks the lattice row by row with the share of paths that reached the gap.
///
/// Shares in place of counts never overflow, and adding the reached ones keeps a small tail's
/// digits. A path at (i, j) came from (i − 1, j) with probability i/(i + j), else from (i, j − 1).
fn share_of_paths_reaching(gap: usize, n: usize, m: usize) -> f64 {
    let mut row: Vec<f64> = Vec::with_capacity(m + 1);
    for i in 0..=n {
        let mut left = 0.0;
        for j in 0..=m {
            let above = row.get(j).copied().unwrap_or_default();
            let reached = (i * m).abs_diff(j * n) >= gap;
            let steps = (i + j).max(1) as f64;
            let share = if reached {
                1.0
            } else {
                (i as f64 * above + j as f64 * left) / steps
            };
            match row.get_mut(j) {
                Some(cell) => *cell = share,
                None => row.push(share),
            }
            left = share;
        }
    }
    row.last().copied().unwrap_or(1.0)
}

/// `P(D_N ≥ d)` of the one-sample statistic.
fn one_sample_tail(d: f64, rows: usize) -> f64 {
    if d >= 1.0 {
        return 0.0;
    }
    let doubled = 2.0 * one_sided_tail(d, rows);
    if doubled < 1e-4 {
        doubled
    } else {
        1.0 - marsaglia_tsang_wang(d, rows)
    }
}

/// Smirnov's one-sided tail, a sum of positive terms.
fn one_sided_tail(d: f64, rows: usize) -> f64 {
    let n = rows as f64;
    let last = floor_to_count(n * (1.0 - d));
    let term = |j: usize| {
        let share = j as f64 / n;
        let rest = 1.0 - d - share;
        if rest <= 0.0 && j < rows {
            return 0.0;
        }
        let count = j as f64;
        let choose =
            libm::lgamma(n + 1.0) - libm::lgamma(count + 1.0) - libm::lgamma(n - count + 1.0);
        let logs = choose + (count - 1.0) * libm::log(d + share) + (n - count) * libm::log(rest);
        libm::exp(logs)
    };
    d * (0..=last.min(rows - 1)).map(term).sum::<f64>()
}

/// `P(D_N < d)` as an entry of the N-th power of a matrix.
fn marsaglia_tsang_wang(d: f64, rows: usize) -> f64 {
    let n = rows as f64;
    let k = floor_to_count(n * d) + 1;
    let size = 2 * k - 1;
    let overshoot = k as f64 - n * d;
    let (power, mut exponent) = scaled_power(&transfer_matrix(size, overshoot), rows);
    let mut value = power.get((k - 1, k - 1)).copied().unwrap_or(f64::NAN);
    for step in 1..=rows {
        value *= step as f64 / n;
        if value < 1e-140 {
            value *= 1e140;
            exponent -= 140;
        }
    }
    value * 10.0_f64.powi(exponent)
}

fn transfer_matrix(size: usize, overshoot: f64) -> DMatrix<f64> {
    let mut matrix = DMatrix::from_fn(size, size, |i, j| if i + 1 >= j { 1.0 } else { 0.0 });
    for i in 0..size {
        let edge = overshoot.powi(exponent(i + 1));
        if let Some(cell) = matrix.get_mut((i, 0)) {
            *cell -= edge;
        }
        let edge = overshoot.powi(exponent(size - i));
        if let Some(cell) = matrix.get_mut((size - 1, i)) {
            *cell -= edge;
        }
    }
    if let Some(corner) = matrix.get_mut((size - 1, 0)) {
        *corner += (2.0 * overshoot - 1.0).max(0.0).powi(exponent(size));
    }
    for i in 0..size {
        for j in 0..=i {
            if let Some(cell) = matrix.get_mut((i, j)) {
                *cell /= libm::tgamma((i - j + 2) as f64);
            }
        }
    }
    matrix
}

fn exponent(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The power of a matrix and the decimal exponent taken out of it against overflow.
fn scaled_power(matrix: &DMatrix<f64>, power: usize) -> (DMatrix<f64>, i32) {
    let mut result = (DMatrix::identity(matrix.nrows(), matrix.ncols()), 0);
    let mut square = (matrix.clone(), 0);
    let mut left = power;
    while left > 0 {
        if left % 2 == 1 {
            result = rescaled(&result.0 * &square.0, result.1 + square.1);
        }
        square = rescaled(&square.0 * &square.0, 2 * square.1);
        left /= 2;
    }
    result
}

fn rescaled(matrix: DMatrix<f64>, exponent: i32) -> (DMatrix<f64>, i32) {
    if matrix.amax() > 1e140 {
        (matrix * 1e-140, exponent + 140)
    } else {
        (matrix, exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Marsaglia, Tsang and Wang (2003): K(10, .274) = .6284796154565043.
    #[test]
    fn the_matrix_matches_its_paper() {
        let got = marsaglia_tsang_wang(0.274, 10);
        assert!((got - 0.628_479_615_456_504_3).abs() < 1e-12, "{got}");
    }

    // Both branches of the tail meet where they change over.
    #[test]
    fn the_branches_meet() {
        for (d, rows) in [(0.2, 120), (0.09, 600), (0.45, 24)] {
            let matrix = 1.0 - marsaglia_tsang_wang(d, rows);
            let doubled = 2.0 * one_sided_tail(d, rows);
            assert!(
                (matrix - doubled).abs() < 1e-4 * doubled + 1e-12,
                "{matrix:e} {doubled:e}"
            );
        }
    }

    #[test]
    fn paths_match_a_count_by_hand() {
        // n = m = 2: 6 paths, of which 2 reach a gap of one.
        assert!((share_of_paths_reaching(4, 2, 2) - 2.0 / 6.0).abs() < 1e-15);
        assert!((share_of_paths_reaching(2, 2, 2) - 1.0).abs() < 1e-15);
    }
}
