//! A plotting area: data to pixels, axes, curves and areas.

use super::canvas::{Canvas, Drawn, Look, Pen};
use super::geometry::{Frame, Point, clip_polyline, runs, thin};
use super::palette::Role;
use super::ticks::{Tick, round_ticks};

/// The vertical axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    /// Equal steps for equal differences, from low to high.
    Linear(f64, f64),
    /// Equal steps for equal ratios, from low to high, both above zero.
    Log(f64, f64),
}

impl Scale {
    /// Lowest and highest value.
    pub(crate) fn range(self) -> (f64, f64) {
        match self {
            Self::Linear(low, high) | Self::Log(low, high) => (low, high),
        }
    }

    /// Share of the axis below a value; not finite where the axis can't show it.
    fn share(self, value: f64) -> f64 {
        match self {
            Self::Linear(low, high) => (value - low) / (high - low),
            Self::Log(low, high) => (value / low).ln() / (high / low).ln(),
        }
    }

    /// About `wanted` round ticks.
    pub(crate) fn ticks(self, wanted: u32) -> Vec<Tick> {
        let (low, high) = self.range();
        round_ticks(low, high, wanted)
    }
}

/// A plotting area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Panel {
    /// Where it is.
    pub(crate) frame: Frame,
    /// Lowest and highest value across.
    pub(crate) x: (f64, f64),
    /// The vertical axis.
    pub(crate) y: Scale,
}

impl Panel {
    /// Pixel column of a value.
    pub(crate) fn column(&self, x: f64) -> f64 {
        let (low, high) = self.x;
        self.frame.left + (x - low) / (high - low) * self.frame.width
    }

    /// Pixel row of a value.
    pub(crate) fn row(&self, y: f64) -> f64 {
        self.frame.bottom() - self.y.share(y) * self.frame.height
    }

    /// Draws grid lines, labels and a title for the vertical axis.
    pub(crate) fn y_axis(&self, canvas: &mut Canvas, ticks: &[Tick], title: &str) -> Drawn {
        let (left, right) = (self.frame.left, self.frame.right());
        for tick in ticks {
            let row = self.row(tick.at);
            if self.frame.contains((left, row)) {
                canvas.line(&[(left, row), (right, row)], Pen::new(Role::Grid, 1.0))?;
                canvas.text(&tick.label, (left - 8.0, row), Look::new(11.0).right())?;
            }
        }
        let at = (left - 4.0, self.frame.top - 8.0);
        canvas.text(title, at, Look::new(11.0).above())
    }

    /// Draws grid lines and the base line of the horizontal axis.
    pub(crate) fn x_grid(&self, canvas: &mut Canvas, ticks: &[Tick]) -> Drawn {
        let (top, bottom) = (self.frame.top, self.frame.bottom());
        for tick in ticks {
            let column = self.column(tick.at);
            canvas.line(
                &[(column, top), (column, bottom)],
                Pen::new(Role::Grid, 1.0),
            )?;
        }
        let base = [(self.frame.left, bottom), (self.frame.right(), bottom)];
        canvas.line(&base, Pen::new(Role::Axis, 1.0))
    }

    /// Draws tick marks, labels and a title for the horizontal axis.
    pub(crate) fn x_labels(&self, canvas: &mut Canvas, ticks: &[Tick], title: &str) -> Drawn {
        let bottom = self.frame.bottom();
        for tick in ticks {
            let column = self.column(tick.at);
            let mark = [(column, bottom), (column, bottom + 4.0)];
            canvas.line(&mark, Pen::new(Role::Axis, 1.0))?;
            let look = Look::new(11.0).center().below();
            canvas.text(&tick.label, (column, bottom + 8.0), look)?;
        }
        let middle = self.frame.left + self.frame.width / 2.0;
        let look = Look::new(11.5).center().below();
        canvas.text(title, (middle, bottom + 27.0), look)
    }

    /// Draws the line of zero, or of another value.
    pub(crate) fn level(&self, canvas: &mut Canvas, value: f64, pen: Pen) -> Drawn {
        let row = self.row(value);
        let line = [(self.frame.left, row), (self.frame.right(), row)];
        for part in clip_polyline(&line, &self.frame) {
            canvas.line(&part, pen)?;
        }
        Ok(())
    }

    /// The pixels of a series: one run between gaps, thinned to what the eye can see.
    fn pixels(&self, values: impl IntoIterator<Item = (f64, Option<f64>)>) -> Vec<Vec<Point>> {
        let pixels = values.into_iter().map(|(x, y)| {
            let row = y.map(|value| self.row(value));
            (self.column(x), row)
        });
        runs(pixels).iter().map(|run| thin(run)).collect()
    }

    /// The parts of a series that are inside the panel; a lone point is a short dash.
    pub(crate) fn curve(
        &self,
        values: impl IntoIterator<Item = (f64, Option<f64>)>,
    ) -> Vec<Vec<Point>> {
        self.pixels(values)
            .into_iter()
            .flat_map(|run| match run.as_slice() {
                &[(x, y)] => clip_polyline(&[(x - 1.0, y), (x + 1.0, y)], &self.frame),
                _ => clip_polyline(&run, &self.frame),
            })
            .collect()
    }

    /// The polygons between a series and zero, on one side of zero.
    pub(crate) fn area(
        &self,
        values: impl IntoIterator<Item = (f64, Option<f64>)>,
        side: impl Fn(f64) -> f64,
    ) -> Vec<Vec<Point>> {
        let zero = self.row(0.0);
        let one_sided = values.into_iter().map(|(x, y)| (x, y.map(&side)));
        self.pixels(one_sided)
            .into_iter()
            .filter_map(|mut run| {
                let (&(first, _), &(last, _)) = (run.first()?, run.last()?);
                let widen = if run.len() == 1 { 1.0 } else { 0.0 };
                run.push((last + widen, zero));
                run.push((first - widen, zero));
                Some(run)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(y: Scale) -> Panel {
        let frame = Frame {
            left: 100.0,
            top: 50.0,
            width: 200.0,
            height: 80.0,
        };
        Panel {
            frame,
            x: (0.0, 10.0),
            y,
        }
    }

    #[test]
    fn values_map_to_the_edges_and_the_middle() {
        let linear = panel(Scale::Linear(-1.0, 1.0));
        assert_eq!((linear.column(0.0), linear.row(-1.0)), (100.0, 130.0));
        assert_eq!((linear.column(10.0), linear.row(1.0)), (300.0, 50.0));
        let log = panel(Scale::Log(1.0, 100.0));
        assert!((log.row(10.0) - 90.0).abs() < 1e-9);
    }

    #[test]
    fn no_curve_leaves_its_panel_and_a_log_axis_drops_what_it_cannot_show() {
        let wild = [
            (0.0, Some(5.0)),
            (1.0, Some(1e12)),
            (2.0, Some(-3.0)),
            (3.0, Some(f64::NAN)),
            (4.0, Some(20.0)),
        ];
        let panel = panel(Scale::Log(1.0, 100.0));
        let parts = panel.curve(wild);
        assert!(!parts.is_empty());
        assert!(
            parts
                .iter()
                .flatten()
                .all(|&(x, y)| x.is_finite() && (49.999..=130.001).contains(&y))
        );
    }

    #[test]
    fn areas_close_on_the_zero_line() {
        let panel = panel(Scale::Linear(-1.0, 1.0));
        let values = [(0.0, Some(1.0)), (5.0, Some(-1.0)), (10.0, Some(1.0))];
        let areas = panel.area(values, |value| value.max(0.0));
        assert_eq!(areas.len(), 1);
        let ends: Vec<f64> = areas[0].iter().rev().take(2).map(|point| point.1).collect();
        assert_eq!(ends, [90.0, 90.0]);
    }
}
