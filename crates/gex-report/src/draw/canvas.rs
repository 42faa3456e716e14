//! A sheet to draw on, in logical pixels.

use std::convert::Infallible;

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, ShapeStyle, TextStyle};
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};

use super::fonts::{self, FAMILY, LINE_PER_EM, Weight};
use super::geometry::{Frame, Point, dash};
use super::palette::Role;
use super::svg::{GRID, SvgBackend};
use crate::error::RenderError;

/// Width of every sheet, in logical pixels.
pub(crate) const WIDTH: f64 = 1200.0;

/// Margin left and right of titles, legends and tables.
pub(crate) const MARGIN: f64 = 20.0;

/// What every drawing step returns.
pub(crate) type Drawn = Result<(), RenderError>;

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pen {
    role: Role,
    width: f64,
    alpha: f64,
}

impl Pen {
    /// An opaque pen, `width` logical pixels wide.
    pub(crate) fn new(role: Role, width: f64) -> Self {
        Self {
            role,
            width,
            alpha: 1.0,
        }
    }
}

/// How a text looks and which of its points is placed.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    size: f64,
    role: Role,
    weight: Weight,
    across: HPos,
    along: VPos,
}

impl Look {
    /// Regular, muted, left, centred on its height.
    pub(crate) fn new(size: f64) -> Self {
        Self {
            size,
            role: Role::Muted,
            weight: Weight::Regular,
            across: HPos::Left,
            along: VPos::Center,
        }
    }

    /// In another role.
    pub(crate) fn role(self, role: Role) -> Self {
        Self { role, ..self }
    }

    /// Semibold.
    pub(crate) fn bold(self) -> Self {
        Self {
            weight: Weight::Semibold,
            ..self
        }
    }

    /// Ends at the point.
    pub(crate) fn right(self) -> Self {
        Self {
            across: HPos::Right,
            ..self
        }
    }

    /// Centred on the point.
    pub(crate) fn center(self) -> Self {
        Self {
            across: HPos::Center,
            ..self
        }
    }

    /// Hangs below the point.
    pub(crate) fn below(self) -> Self {
        Self {
            along: VPos::Top,
            ..self
        }
    }

    /// Stands above the point.
    pub(crate) fn above(self) -> Self {
        Self {
            along: VPos::Bottom,
            ..self
        }
    }

    /// Width of a text in this look.
    pub(crate) fn width(self, text: &str) -> f64 {
        fonts::width(text, self.size, self.weight)
    }

    /// Cuts a text to `room`.
    pub(crate) fn fit(self, text: &str, room: f64) -> String {
        fonts::fit(text, room, self.size, self.weight)
    }
}

/// The mark before a legend's word.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    /// A line.
    Line(Role),
    /// A dashed line.
    Dashes(Role),
    /// A filled box.
    Box(Role),
    /// A pale box.
    Pale(Role),
}

/// On which side of a point something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// To its left.
    Left,
    /// To its right.
    Right,
}

/// A sheet.
#[derive(Debug)]
pub(crate) struct Canvas {
    name: &'static str,
    height: f64,
    backend: SvgBackend,
    clips: usize,
}

/// Converts logical pixels to the grid.
fn grid(value: f64) -> i32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "clamped to the range of the target, and a cast saturates"
    )]
    let steps = (value * f64::from(GRID)).round().clamp(-1e8, 1e8) as i32;
    steps
}

fn grid_point(point: Point) -> BackendCoord {
    (grid(point.0), grid(point.1))
}

fn color(role: Role) -> RGBColor {
    let (red, green, blue) = role.color(1.0).rgb;
    RGBColor(red, green, blue)
}

impl Canvas {
    /// An empty sheet, `height` logical pixels high. `name` must be unique on a page.
    pub(crate) fn new(name: &'static str, height: f64) -> Result<Self, RenderError> {
        fonts::register()?;
        let size = (grid(WIDTH).unsigned_abs(), grid(height).unsigned_abs());
        Ok(Self {
            name,
            height,
            backend: SvgBackend::new(size),
            clips: 0,
        })
    }

    /// Height of the sheet.
    pub(crate) fn height(&self) -> f64 {
        self.height
    }

    /// The elements drawn.
    pub(crate) fn finish(self) -> String {
        self.backend.finish()
    }

    fn check(&self, result: Result<(), DrawingErrorKind<Infallible>>) -> Drawn {
        result.map_err(RenderError::in_figure(self.name))
    }

    /// Draws a polyline.
    pub(crate) fn line(&mut self, points: &[Point], pen: Pen) -> Drawn {
        let style = ShapeStyle {
            color: color(pen.role).mix(pen.alpha),
            filled: false,
            stroke_width: grid(pen.width).max(1).unsigned_abs(),
        };
        let path = points.iter().copied().map(grid_point);
        let result = self.backend.draw_path(path, &style);
        self.check(result)
    }

    /// Draws a dashed polyline, `on` pixels drawn and `off` pixels not.
    pub(crate) fn dashed(&mut self, points: &[Point], pen: Pen, on: f64, off: f64) -> Drawn {
        for part in dash(points, on, off) {
            self.line(&part, pen)?;
        }
        Ok(())
    }

    /// Fills a rectangle.
    pub(crate) fn fill(&mut self, frame: Frame, role: Role, alpha: f64) -> Drawn {
        let corner = grid_point((frame.left, frame.top));
        let opposite = grid_point((frame.right(), frame.bottom()));
        let style = color(role).mix(alpha).filled();
        let result = self.backend.draw_rect(corner, opposite, &style, true);
        self.check(result)
    }

    /// Fills a polygon.
    pub(crate) fn polygon(&mut self, points: &[Point], role: Role, alpha: f64) -> Drawn {
        let style = color(role).mix(alpha).filled();
        let path = points.iter().copied().map(grid_point);
        let result = self.backend.fill_polygon(path, &style);
        self.check(result)
    }

    /// Draws a dot.
    pub(crate) fn dot(&mut self, center: Point, radius: f64, role: Role) -> Drawn {
        let style = color(role).filled();
        let radius = grid(radius).unsigned_abs();
        let result = self
            .backend
            .draw_circle(grid_point(center), radius, &style, true);
        self.check(result)
    }

    /// Writes a text.
    pub(crate) fn text(&mut self, text: &str, at: Point, look: Look) -> Drawn {
        let size = look.size * LINE_PER_EM * f64::from(GRID);
        let font = (FAMILY, size, look.weight.style()).into_font();
        let style: TextStyle = font
            .color(&color(look.role))
            .pos(Pos::new(look.across, look.along));
        let result = self.backend.draw_text(text, &style, grid_point(at));
        self.check(result)
    }

    /// Draws inside a group that the page can find by name.
    pub(crate) fn group(&mut self, name: &str, draw: impl FnOnce(&mut Self) -> Drawn) -> Drawn {
        self.backend.open_group(name);
        let result = draw(self);
        self.backend.close();
        result
    }

    /// Draws inside a frame: what falls outside is not shown.
    pub(crate) fn clipped(&mut self, frame: Frame, draw: impl FnOnce(&mut Self) -> Drawn) -> Drawn {
        let id = format!("{}-clip-{}", self.name, self.clips);
        self.clips += 1;
        let rect = (
            grid(frame.left),
            grid(frame.top),
            grid(frame.width),
            grid(frame.height),
        );
        self.backend.open_clip(&id, rect);
        let result = draw(self);
        self.backend.close();
        result
    }

    /// Writes title and subtitle at the top and a note at the bottom. The page hides them, because
    /// it says the same in its own words; a picture that stands alone shows them.
    pub(crate) fn words(&mut self, title: &str, subtitle: &str, note: &str) -> Drawn {
        let room = WIDTH - 2.0 * MARGIN;
        let title_look = Look::new(17.0).role(Role::Ink).bold().below();
        let subtitle_look = Look::new(12.0).below();
        let note_look = Look::new(10.0).above();
        let bottom = self.height - 10.0;
        self.group("head", |canvas| {
            canvas.text(&title_look.fit(title, room), (MARGIN, 16.0), title_look)?;
            canvas.text(
                &subtitle_look.fit(subtitle, room),
                (MARGIN, 41.0),
                subtitle_look,
            )
        })?;
        self.group("foot", |canvas| {
            canvas.text(&note_look.fit(note, room), (MARGIN, bottom), note_look)
        })
    }

    /// Draws a legend in one line from the left margin.
    pub(crate) fn legend(&mut self, y: f64, entries: &[(&str, Key)]) -> Drawn {
        let look = Look::new(11.5);
        let mut x = MARGIN;
        for &(word, key) in entries {
            self.key((x, y), key)?;
            self.text(word, (x + 22.0, y), look)?;
            x += 22.0 + look.width(word) + 20.0;
        }
        Ok(())
    }

    fn key(&mut self, at: Point, key: Key) -> Drawn {
        let (x, y) = at;
        let line = [(x, y), (x + 16.0, y)];
        let square = Frame {
            left: x + 2.0,
            top: y - 5.5,
            width: 12.0,
            height: 11.0,
        };
        match key {
            Key::Line(role) => self.line(&line, Pen::new(role, 2.0)),
            Key::Dashes(role) => self.dashed(&line, Pen::new(role, 1.8), 4.0, 2.0),
            Key::Box(role) => self.fill(square, role, 0.87),
            Key::Pale(role) => self.fill(square, role, 0.25),
        }
    }

    /// Writes a label on a filled ground beside a point.
    pub(crate) fn pill(&mut self, text: &str, at: Point, role: Role, side: Side) -> Drawn {
        let look = Look::new(10.5).role(Role::Paper).bold();
        let width = look.width(text) + 12.0;
        let left = match side {
            Side::Left => at.0 - width,
            Side::Right => at.0,
        };
        let ground = Frame {
            left,
            top: at.1 - 8.5,
            width,
            height: 17.0,
        };
        self.fill(ground, role, 1.0)?;
        self.text(text, (left + 6.0, at.1), look)
    }
}
