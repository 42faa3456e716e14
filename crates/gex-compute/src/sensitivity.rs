//! How far a sign rests on the shares that dealers are assumed to hold.

/// Net gamma over every pair of shares that dealers may hold of calls and of puts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sensitivity {
    /// Least net exposure of the grid, in currency per 1 % move.
    pub least: f64,
    /// Its median.
    pub median: f64,
    /// Its largest.
    pub most: f64,
    /// Share of the grid with net gamma above zero.
    pub share_positive: f64,
}

/// Steps of a share from -1 to 1.
const SHARES: i32 = 20;

/// Spreads net gamma over a grid of shares from -1 to 1 in steps of a tenth, all pairs alike, from the
/// gamma of all calls and of all puts held long.
///
/// ```text
/// net(c, p) = c·calls + p·puts
/// ```
///
/// ```
/// use gex_compute::sensitivity::sensitivity;
///
/// let band = sensitivity(3.0, 1.0);
/// assert_eq!((band.least, band.most), (-4.0, 4.0));
/// assert!(band.median.abs() < 1e-12, "every pair has its opposite");
/// ```
pub fn sensitivity(calls: f64, puts: f64) -> Sensitivity {
    let share = |k: i32| f64::from(2 * k - SHARES) / f64::from(SHARES);
    let mut nets: Vec<f64> = (0..=SHARES)
        .flat_map(|c| (0..=SHARES).map(move |p| share(c) * calls + share(p) * puts))
        .collect();
    nets.sort_unstable_by(f64::total_cmp);
    let positive = nets.iter().filter(|net| 0.0 < **net).count();
    let last = nets.len() - 1;
    Sensitivity {
        least: nets[0],
        median: nets[last / 2],
        most: nets[last],
        share_positive: positive as f64 / nets.len() as f64,
    }
}
