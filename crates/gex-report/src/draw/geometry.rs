//! Geometry before the pen: clipping, thinning, dashes. Points are logical pixels.

/// A point in logical pixels, y downwards.
pub(crate) type Point = (f64, f64);

/// A rectangle in logical pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    /// Left edge.
    pub(crate) left: f64,
    /// Upper edge.
    pub(crate) top: f64,
    /// Width.
    pub(crate) width: f64,
    /// Height.
    pub(crate) height: f64,
}

impl Frame {
    /// Right edge.
    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Lower edge.
    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Whether a point lies inside or on the edge.
    pub(crate) fn contains(&self, point: Point) -> bool {
        (self.left..=self.right()).contains(&point.0)
            && (self.top..=self.bottom()).contains(&point.1)
    }
}

/// Clips a segment to a frame (Liang and Barsky, 1984); `None` where nothing is inside.
pub(crate) fn clip_segment(from: Point, to: Point, frame: &Frame) -> Option<(Point, Point)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let edges = [
        (-dx, from.0 - frame.left),
        (dx, frame.right() - from.0),
        (-dy, from.1 - frame.top),
        (dy, frame.bottom() - from.1),
    ];
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (direction, distance) in edges {
        if direction == 0.0 {
            if distance < 0.0 {
                return None;
            }
        } else if direction < 0.0 {
            enter = enter.max(distance / direction);
        } else {
            leave = leave.min(distance / direction);
        }
    }
    let at = |share: f64| (from.0 + share * dx, from.1 + share * dy);
    (enter <= leave).then(|| (at(enter), at(leave)))
}

/// Clips a polyline to a frame: one polyline for each part inside.
pub(crate) fn clip_polyline(points: &[Point], frame: &Frame) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let &[from, to] = pair else { continue };
        let Some((start, end)) = clip_segment(from, to, frame) else {
            continue;
        };
        match parts.last_mut() {
            Some(part) if start == from && part.last() == Some(&start) => part.push(end),
            _ => parts.push(vec![start, end]),
        }
    }
    parts
}

/// Thins a polyline to at most four points per pixel column: first, lowest, highest, last.
///
/// What the eye can see is kept: every spike survives (Jugel et al., 2014, "M4").
pub(crate) fn thin(points: &[Point]) -> Vec<Point> {
    points
        .chunk_by(|a, b| (a.0.floor() - b.0.floor()).abs() < 0.5)
        .flat_map(thin_column)
        .collect()
}

fn thin_column(column: &[Point]) -> Vec<Point> {
    if column.len() <= 4 {
        return column.to_vec();
    }
    let last = column.len() - 1;
    let extreme = |better: fn(f64, f64) -> bool| {
        (0..=last).fold(0, |best, index| {
            if better(column[index].1, column[best].1) {
                index
            } else {
                best
            }
        })
    };
    let mut kept = [0, extreme(|a, b| a < b), extreme(|a, b| a > b), last];
    kept.sort_unstable();
    let mut out: Vec<Point> = kept.iter().map(|&index| column[index]).collect();
    out.dedup();
    out
}

/// Cuts a polyline into dashes of `on` pixels with gaps of `off`.
pub(crate) fn dash(points: &[Point], on: f64, off: f64) -> Vec<Vec<Point>> {
    let mut dashes: Vec<Vec<Point>> = Vec::new();
    let mut phase = 0.0;
    for pair in points.windows(2) {
        let &[from, to] = pair else { continue };
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let at = |run: f64| {
            let share = run / length;
            (
                from.0 + share * (to.0 - from.0),
                from.1 + share * (to.1 - from.1),
            )
        };
        let mut run = 0.0;
        while run < length {
            let drawing = phase < on;
            let left = if drawing { on } else { on + off } - phase;
            let end = (run + left).min(length);
            if drawing {
                match dashes.last_mut() {
                    Some(open) if phase > 0.0 => open.push(at(end)),
                    _ => dashes.push(vec![at(run), at(end)]),
                }
            }
            phase += end - run;
            // A rest below the spacing of floats at `run` would never be walked: snap to the edge.
            if (phase - on).abs() < 1e-9 {
                phase = on;
            } else if phase >= on + off - 1e-9 {
                phase = 0.0;
            }
            run = end;
        }
    }
    dashes
}

/// Splits at gaps: runs of points whose both coordinates are finite.
pub(crate) fn runs(points: impl IntoIterator<Item = (f64, Option<f64>)>) -> Vec<Vec<Point>> {
    let mut out: Vec<Vec<Point>> = vec![Vec::new()];
    for (x, y) in points {
        match (x.is_finite(), y.filter(|value| value.is_finite())) {
            (true, Some(value)) => {
                if let Some(run) = out.last_mut() {
                    run.push((x, value));
                }
            }
            _ => out.push(Vec::new()),
        }
    }
    out.retain(|run| !run.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame {
        left: 0.0,
        top: 0.0,
        width: 10.0,
        height: 10.0,
    };

    #[test]
    fn a_spike_is_cut_at_the_edges_where_it_crosses_them() {
        let spike = [(0.0, 5.0), (5.0, -45.0), (10.0, 5.0)];
        let parts = clip_polyline(&spike, &FRAME);
        assert_eq!(
            parts,
            [vec![(0.0, 5.0), (0.5, 0.0)], vec![(9.5, 0.0), (10.0, 5.0)]]
        );
    }

    #[test]
    fn segments_outside_vanish_and_segments_through_are_cut_twice() {
        assert_eq!(clip_segment((-5.0, -1.0), (15.0, -1.0), &FRAME), None);
        assert_eq!(
            clip_segment((-5.0, 5.0), (15.0, 5.0), &FRAME),
            Some(((0.0, 5.0), (10.0, 5.0)))
        );
    }

    #[test]
    fn thinning_keeps_every_extreme_and_at_most_four_points_a_column() {
        let points: Vec<Point> = (0..5000)
            .map(|i| {
                let x = f64::from(i) / 100.0;
                (x, if i == 1234 { 99.0 } else { f64::from(i % 7) })
            })
            .collect();
        let thinned = thin(&points);
        assert!(thinned.len() <= 4 * 50);
        assert!(thinned.contains(&(12.34, 99.0)));
        assert!(thinned.windows(2).all(|pair| pair[0].0 <= pair[1].0));
    }

    #[test]
    fn dashes_of_crooked_lines_end() {
        for seed in 0..400_u32 {
            let turn = f64::from(seed).mul_add(0.618_033_988_749, 0.1);
            let line: Vec<Point> = (0..40)
                .map(|i| (29.3 * f64::from(i), 120.0 * (turn * f64::from(i)).sin()))
                .collect();
            let drawn: f64 = dash(&line, 6.0, 4.0).iter().map(|part| length(part)).sum();
            let share = drawn / length(&line);
            assert!((share - 0.6).abs() < 0.01, "seed {seed}: {share}");
        }
    }

    fn length(line: &[Point]) -> f64 {
        let step = |pair: &[Point]| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
        line.windows(2).map(step).sum()
    }

    #[test]
    fn dashes_cover_on_over_on_plus_off_and_turn_corners() {
        let dashes = dash(&[(0.0, 0.0), (5.0, 0.0), (5.0, 5.0)], 2.0, 2.0);
        assert_eq!(dashes.len(), 3);
        assert_eq!(dashes[1], [(4.0, 0.0), (5.0, 0.0), (5.0, 1.0)]);
    }

    #[test]
    fn gaps_and_infinities_break_lines() {
        let points = [
            (0.0, Some(1.0)),
            (1.0, None),
            (2.0, Some(2.0)),
            (3.0, Some(f64::INFINITY)),
            (4.0, Some(f64::NAN)),
            (5.0, Some(3.0)),
        ];
        let found = runs(points);
        assert_eq!(
            found,
            [vec![(0.0, 1.0)], vec![(2.0, 2.0)], vec![(5.0, 3.0)]]
        );
    }
}
