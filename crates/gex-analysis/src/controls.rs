//! What was known at a decision and must be beaten: past variance, past losses, implied variance.
//!
//! ```text
//! log-har           ln of mean variance per slot over the last 1, 5, 22 sessions
//! leverage          min(mean log return over the last 1, 5, 22 sessions, 0)
//! implied-variance  ln((index / 100)² / slots per year)
//! ```
//!
//! Corsi (2009); Corsi and Renò (2012).

use chrono::TimeDelta;
use gex_compute::market::Instant;
use gex_compute::market::bar::ControlSeries;

use crate::grid::Grid;
use crate::inputs::known_by;
use crate::outcome::{Exclusion, slot_variance};
use crate::study::{Control, Estimator, OutcomeKind};

/// Sessions over which the past is averaged.
pub const LAGS: [usize; 3] = [1, 5, 22];
/// Names that an implied volatility index, in volatility points, may have among the controls.
pub const IMPLIED_NAMES: [&str; 3] = ["vix", "dvol", "implied-volatility"];
/// Sessions that the last known bar may lie behind the decision.
const REACH_SESSIONS: usize = 3;
/// Age at which the last value of a daily control is too old: a week bridges every holiday.
pub(crate) const MAX_AGE: TimeDelta = TimeDelta::days(7);

/// The past of one grid under one estimator.
#[derive(Debug, Clone)]
pub struct Past<'g> {
    grid: &'g Grid,
    variances: Vec<Option<f64>>,
}

impl<'g> Past<'g> {
    /// Measures the variance of every slot, its overnight move included.
    pub fn new(grid: &'g Grid, kind: OutcomeKind) -> Self {
        // What has no variance of its own is measured against the default estimator's past.
        let estimator = kind.estimator().unwrap_or(Estimator::GarmanKlassOvernight);
        let variances = (0..grid.slots.len())
            .map(|i| {
                let bar = grid.bar(i)?;
                let before = i.checked_sub(1).and_then(|j| grid.bar(j));
                slot_variance(estimator, before.map(|b| b.prices.close()), &bar).ok()
            })
            .collect();
        Self { grid, variances }
    }

    /// The values of one control at a decision, in the order of [`names`].
    ///
    /// # Errors
    ///
    /// [`Exclusion`] if the past does not give them.
    pub fn values(
        &self,
        control: Control,
        implied: Option<&ControlSeries>,
        known_at: Instant,
    ) -> Result<Vec<f64>, Exclusion> {
        if control == Control::ImpliedVariance {
            let series = implied.ok_or(Exclusion::NoImplied)?;
            return Ok(vec![log_implied(series, known_at, self.grid.per_year)?]);
        }
        let last = self.last(known_at)?;
        LAGS.iter()
            .map(|lag| match control {
                Control::LogHar => self.log_mean_variance(last, lag * self.grid.per_session),
                _ => self.mean_loss(last, lag * self.grid.per_session),
            })
            .collect()
    }

    /// The grid whose past it is.
    pub fn grid(&self) -> &'g Grid {
        self.grid
    }

    /// Standard deviation of the return over `slots` slots, by the mean variance of the past 22 sessions.
    ///
    /// # Errors
    ///
    /// [`Exclusion`] if the past does not give it.
    pub fn deviation(&self, known_at: Instant, slots: usize) -> Result<f64, Exclusion> {
        let [.., month] = LAGS;
        let last = self.last(known_at)?;
        let log_variance = self.log_mean_variance(last, month * self.grid.per_session)?;
        Ok((libm::exp(log_variance) * slots as f64).sqrt())
    }

    /// Log return over the last `slots` slots known.
    ///
    /// # Errors
    ///
    /// [`Exclusion`] if a price is missing.
    pub fn log_return(&self, known_at: Instant, slots: usize) -> Result<f64, Exclusion> {
        self.return_over(self.last(known_at)?, slots)
    }

    fn last(&self, known_at: Instant) -> Result<usize, Exclusion> {
        let reach = REACH_SESSIONS * self.grid.per_session;
        let last = self.grid.last_known_at(known_at, reach);
        last.ok_or(Exclusion::PastMissing)
    }

    /// Log of the mean over the `slots` slots that end with `last`; a fifth of them may be missing.
    fn log_mean_variance(&self, last: usize, slots: usize) -> Result<f64, Exclusion> {
        let from = (last + 1)
            .checked_sub(slots)
            .ok_or(Exclusion::PastMissing)?;
        let window = self
            .variances
            .get(from..=last)
            .ok_or(Exclusion::PastMissing)?;
        let known: Vec<f64> = window.iter().copied().flatten().collect();
        if known.len() < slots - slots / 5 {
            return Err(Exclusion::PastMissing);
        }
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        if 0.0 < mean {
            Ok(libm::log(mean))
        } else {
            Err(Exclusion::PastVariance)
        }
    }

    fn mean_loss(&self, last: usize, slots: usize) -> Result<f64, Exclusion> {
        Ok((self.return_over(last, slots)? / slots as f64).min(0.0))
    }

    fn return_over(&self, last: usize, slots: usize) -> Result<f64, Exclusion> {
        let from = last.checked_sub(slots).and_then(|i| self.grid.bar(i));
        let (Some(from), Some(to)) = (from, self.grid.bar(last)) else {
            return Err(Exclusion::PastMissing);
        };
        Ok(libm::log(to.prices.close() / from.prices.close()))
    }
}

pub(crate) fn log_implied(
    series: &ControlSeries,
    known_at: Instant,
    slots_per_year: f64,
) -> Result<f64, Exclusion> {
    let last = known_by(series, known_at)
        .last()
        .ok_or(Exclusion::NoImplied)?;
    let fresh = known_at - last.ts <= MAX_AGE;
    if !fresh || !last.value.is_finite() || last.value <= 0.0 {
        return Err(Exclusion::NoImplied);
    }
    Ok(libm::log((last.value / 100.0).powi(2) / slots_per_year))
}

/// The implied volatility series of a set of controls.
pub fn implied_series(controls: &[ControlSeries]) -> Option<&ControlSeries> {
    IMPLIED_NAMES
        .iter()
        .find_map(|name| controls.iter().find(|series| series.name == *name))
}

/// The names of a control's columns: `log-har-5`.
pub fn names(control: Control) -> Vec<String> {
    match control {
        Control::ImpliedVariance => vec!["log-implied-variance".to_owned()],
        Control::LogHar | Control::Leverage => LAGS
            .iter()
            .map(|lag| format!("{}-{lag}", control.name()))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{at, priced, session};
    use crate::grid::Step;
    use crate::study::Estimator;
    use gex_compute::market::bar::{Bar, ControlPoint};
    use gex_compute::market::calendar::Session;

    const KIND: OutcomeKind = OutcomeKind::LogRealizedVariance {
        estimator: Estimator::CloseToClose,
    };

    fn market(change: impl Fn(&mut Vec<Bar>)) -> Grid {
        let sessions: Vec<Session> = (1..=40).map(session).collect();
        let mut bars: Vec<Bar> = (1..=40)
            .map(|day| {
                let close = 100.0 + ((day * 7) % 5) as f64;
                priced(day, 10, 16, [close, close + 1.0, close - 1.0, close])
            })
            .collect();
        change(&mut bars);
        Grid::new(&sessions, &bars, Step::Session, 252.0).unwrap()
    }

    #[test]
    fn past_variance_is_of_bars_known_at_the_decision() {
        let grid = market(|_| ());
        let har = Past::new(&grid, KIND)
            .values(Control::LogHar, None, at(30, 16))
            .unwrap();
        let (today, before): (f64, f64) = (100.0, 103.0); // (30 · 7) mod 5 and (29 · 7) mod 5
        assert!((har[0] - (today / before).ln().powi(2).ln()).abs() < 1e-12);
        let loss = Past::new(&grid, KIND)
            .values(Control::Leverage, None, at(30, 16))
            .unwrap();
        assert!((loss[0] - (today / before).ln()).abs() < 1e-15);
        assert!(
            loss[1].abs() < 1e-15,
            "five sessions back the close was the same"
        );

        let later = market(|bars| bars[30].high = 1e6);
        assert_eq!(
            Past::new(&later, KIND).values(Control::LogHar, None, at(30, 16)),
            Ok(har)
        );
    }

    #[test]
    fn a_few_missing_bars_are_bridged_and_many_are_not() {
        let one = market(|bars| bars.retain(|bar| bar.start != at(21, 10)));
        assert!(
            Past::new(&one, KIND)
                .values(Control::LogHar, None, at(30, 16))
                .is_ok()
        );
        let many = market(|bars| bars.retain(|bar| bar.start < at(13, 0) || at(21, 0) < bar.start));
        let values = Past::new(&many, KIND).values(Control::LogHar, None, at(30, 16));
        assert_eq!(values, Err(Exclusion::PastMissing));
    }

    #[test]
    fn implied_variance_is_the_last_known_and_not_stale() {
        let point = |day, value| ControlPoint {
            ts: at(day, 16),
            known_at: at(day, 17),
            value,
        };
        let series = ControlSeries {
            name: "vix".to_owned(),
            points: vec![point(2, 20.0), point(3, 40.0)],
        };
        let expected = (0.2_f64 * 0.2 / 252.0).ln();
        assert!((log_implied(&series, at(3, 16), 252.0).unwrap() - expected).abs() < 1e-12);
        assert_eq!(
            log_implied(&series, at(2, 16), 252.0),
            Err(Exclusion::NoImplied)
        );
        assert_eq!(
            log_implied(&series, at(12, 0), 252.0),
            Err(Exclusion::NoImplied)
        );
    }
}
