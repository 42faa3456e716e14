//! How much of the book sits in few places.

/// Herfindahl index of non-negative amounts: 1 when one holds all, 1/n when n hold the same.
///
/// ```text
/// H = Σ (g / Σ g)²
/// ```
///
/// `None` where the amounts add up to nothing.
///
/// ```
/// use gex_compute::concentration::herfindahl;
///
/// assert_eq!(herfindahl(&[3.0, 1.0]), Some(0.625));
/// assert_eq!(herfindahl(&[0.0]), None);
/// ```
///
/// Source: Hirschman (1964).
pub fn herfindahl(amounts: &[f64]) -> Option<f64> {
    let total: f64 = amounts.iter().sum();
    (0.0 < total).then(|| amounts.iter().map(|g| (g / total) * (g / total)).sum())
}

/// Share of the total that the `count` largest amounts hold, in (0, 1].
///
/// `None` where the amounts add up to nothing.
///
/// ```
/// use gex_compute::concentration::top_share;
///
/// assert_eq!(top_share(&[1.0, 4.0, 3.0, 2.0], 2), Some(0.7));
/// ```
pub fn top_share(amounts: &[f64], count: usize) -> Option<f64> {
    let mut sorted = amounts.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let total: f64 = amounts.iter().sum();
    (0.0 < total).then(|| sorted.iter().take(count).sum::<f64>() / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shares_give_one_over_n() {
        assert_eq!(herfindahl(&[2.0; 8]), Some(0.125));
        assert_eq!(top_share(&[2.0; 8], 5), Some(0.625));
    }

    #[test]
    fn the_top_of_a_short_list_is_all_of_it() {
        assert_eq!(top_share(&[2.0, 1.0], 5), Some(1.0));
        assert_eq!(top_share(&[], 5), None);
    }
}
