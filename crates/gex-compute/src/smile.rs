//! Volatility of one expiry as a function of moneyness.

/// Volatilities by ln(strike/forward), ascending.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Smile {
    points: Vec<SmilePoint>,
}

/// One point of a smile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmilePoint {
    /// ln(strike/forward).
    pub moneyness: f64,
    /// Volatility, annual, as a decimal.
    pub vol: f64,
}

impl Smile {
    /// Collects points in any order; points of one moneyness are averaged.
    pub fn new(mut points: Vec<SmilePoint>) -> Self {
        points.sort_by(|a, b| {
            (a.moneyness.total_cmp(&b.moneyness)).then_with(|| a.vol.total_cmp(&b.vol))
        });
        let averaged = points
            .chunk_by(|a, b| a.moneyness.total_cmp(&b.moneyness).is_eq())
            .map(|same| SmilePoint {
                moneyness: same[0].moneyness,
                vol: same.iter().map(|point| point.vol).sum::<f64>() / same.len() as f64,
            })
            .collect();
        Self { points: averaged }
    }

    /// The points, ascending by moneyness, no two alike.
    pub fn points(&self) -> &[SmilePoint] {
        &self.points
    }

    /// Volatility at `moneyness`, linear between points; `None` beyond them.
    pub fn inside(&self, moneyness: f64) -> Option<f64> {
        let after = self.points.partition_point(|p| p.moneyness < moneyness);
        let right = self.points.get(after)?;
        if right.moneyness <= moneyness {
            return Some(right.vol);
        }
        let left = self.points.get(after.checked_sub(1)?)?;
        let share = (moneyness - left.moneyness) / (right.moneyness - left.moneyness);
        Some(left.vol + share * (right.vol - left.vol))
    }

    /// Volatility at `moneyness`, linear between points and level beyond them; `None` without any.
    ///
    /// ```
    /// use gex_compute::smile::{Smile, SmilePoint};
    ///
    /// let point = |moneyness, vol| SmilePoint { moneyness, vol };
    /// let smile = Smile::new(vec![point(0.1, 0.18), point(-0.1, 0.22)]);
    /// assert_eq!(smile.level_beyond(0.0), Some(0.2));
    /// assert_eq!(smile.level_beyond(-0.5), Some(0.22));
    /// assert_eq!(smile.inside(-0.5), None);
    /// ```
    pub fn level_beyond(&self, moneyness: f64) -> Option<f64> {
        let (first, last) = (self.points.first()?, self.points.last()?);
        self.inside(moneyness.clamp(first.moneyness, last.moneyness))
    }
}
