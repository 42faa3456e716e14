//! A compact SVG backend for plotters.
//!
//! Coordinates are integers on a grid of [`GRID`] steps per logical pixel, because plotters'
//! backends take integers only. Marks of equal style that follow each other share one element.
//! Colours are roles, written as classes, so that one drawing serves every theme.

use std::convert::Infallible;
use std::fmt::Write as _;

use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle, FontTransform,
};

use super::fonts::LINE_PER_EM;
use super::palette::ROLE_MARK;

/// Grid steps per logical pixel.
pub(crate) const GRID: i32 = 4;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Marks of one style that wait to be written as one element.
#[derive(Debug, Default, PartialEq, Eq)]
struct Run {
    attributes: String,
    shape: Shape,
    body: String,
}

/// How the marks of a run combine.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One path: overlaps don't show, which only opaque marks may do.
    #[default]
    Merged,
    /// One path each inside a group.
    Separate,
}

/// The backend. Holds the body; [`SvgBackend::finish`] wraps nothing around it.
#[derive(Debug)]
pub(crate) struct SvgBackend {
    size: (u32, u32),
    written: String,
    run: Run,
}

impl SvgBackend {
    /// An empty drawing of `size` grid steps.
    pub(crate) fn new(size: (u32, u32)) -> Self {
        Self {
            size,
            written: String::new(),
            run: Run::default(),
        }
    }

    /// Opens a group that the page can find by name.
    pub(crate) fn open_group(&mut self, name: &str) {
        self.flush();
        let _ = write!(self.written, "<g data-s=\"{}\">", escape(name));
    }

    /// Opens a group that shows nothing outside a rectangle (left, top, width, height).
    pub(crate) fn open_clip(&mut self, id: &str, rect: (i32, i32, i32, i32)) {
        self.flush();
        let (left, top, width, height) = rect;
        let _ = write!(
            self.written,
            "<clipPath id=\"{id}\"><path d=\"M{left} {top}h{width}v{height}h{}z\"/></clipPath>\
             <g clip-path=\"url(#{id})\">",
            -width
        );
    }

    /// Closes the group opened last.
    pub(crate) fn close(&mut self) {
        self.flush();
        self.written.push_str("</g>");
    }

    /// The elements drawn, without the `svg` element around them.
    pub(crate) fn finish(mut self) -> String {
        self.flush();
        self.written
    }

    fn flush(&mut self) {
        let run = std::mem::take(&mut self.run);
        if run.body.is_empty() {
            return;
        }
        let (attributes, body) = (run.attributes, run.body);
        let _ = match run.shape {
            Shape::Merged => write!(self.written, "<path{attributes} d=\"{body}\"/>"),
            Shape::Separate => write!(self.written, "<g{attributes}>{body}</g>"),
        };
    }

    fn add(&mut self, attributes: String, alpha: f64, path: &str) {
        let shape = if alpha < OPAQUE {
            Shape::Separate
        } else {
            Shape::Merged
        };
        if attributes != self.run.attributes || shape != self.run.shape {
            self.flush();
            self.run.attributes = attributes;
            self.run.shape = shape;
        }
        match shape {
            Shape::Merged => self.run.body.push_str(path),
            Shape::Separate => {
                let _ = write!(self.run.body, "<path d=\"{path}\"/>");
            }
        }
    }

    fn stroke(&mut self, color: BackendColor, width: u32, path: &str) {
        if color.alpha > 0.0 && !path.is_empty() {
            let attributes = format!("{} stroke-width=\"{width}\"", paint("stroke", color));
            self.add(attributes, color.alpha, path);
        }
    }

    fn fill(&mut self, color: BackendColor, path: &str) {
        if color.alpha > 0.0 && !path.is_empty() {
            self.add(paint("fill", color), color.alpha, path);
        }
    }
}

/// Opacity from which marks count as opaque.
const OPAQUE: f64 = 0.999;

/// `kind` is `fill` or `stroke`; their first letters are the class prefixes.
fn paint(kind: &str, color: BackendColor) -> String {
    let (red, green, blue) = color.rgb;
    let mut out = if red == ROLE_MARK && green == 0 {
        format!(" class=\"{}{blue}\"", &kind[..1])
    } else {
        format!(" {kind}=\"#{red:02x}{green:02x}{blue:02x}\"")
    };
    if color.alpha < OPAQUE {
        let percent = (color.alpha * 100.0).round();
        let _ = write!(out, " {kind}-opacity=\"{}\"", percent / 100.0);
    }
    out
}

/// Path data with relative steps, without repeated points.
fn path_data(points: impl IntoIterator<Item = BackendCoord>) -> String {
    let mut out = String::new();
    let mut last: Option<BackendCoord> = None;
    let mut stepped = false;
    for point in points {
        match last {
            None => {
                let _ = write!(out, "M{} {}", point.0, point.1);
            }
            Some(from) if from == point => continue,
            Some(from) => {
                let (dx, dy) = (point.0 - from.0, point.1 - from.1);
                let lead = match (stepped, dx >= 0) {
                    (false, _) => "l",
                    (true, true) => " ",
                    (true, false) => "",
                };
                let gap = if dy >= 0 { " " } else { "" };
                let _ = write!(out, "{lead}{dx}{gap}{dy}");
                stepped = true;
            }
        }
        last = Some(point);
    }
    if last.is_some() && !stepped {
        out.push_str("h0");
    }
    out
}

/// Escapes text for XML and drops the control characters that XML can't hold.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => {}
            other if other.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

impl DrawingBackend for SvgBackend {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        self.flush();
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        self.fill(color, &format!("M{} {}h1v1h-1z", point.0, point.1));
        Ok(())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let (width, height) = (bottom_right.0 - upper_left.0, bottom_right.1 - upper_left.1);
        let path = format!(
            "M{} {}h{width}v{height}h{}z",
            upper_left.0, upper_left.1, -width
        );
        if fill {
            self.fill(style.color(), &path);
        } else {
            self.stroke(style.color(), style.stroke_width(), &path);
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.stroke(style.color(), style.stroke_width(), &path_data(path));
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let path = format!(
            "M{} {}a{radius} {radius} 0 1 0 {} 0a{radius} {radius} 0 1 0 -{} 0z",
            i64::from(center.0) - i64::from(radius),
            center.1,
            2 * radius,
            2 * radius
        );
        if fill {
            self.fill(style.color(), &path);
        } else {
            self.stroke(style.color(), style.stroke_width(), &path);
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Drawn {
        let mut path = path_data(points);
        if !path.is_empty() {
            path.push('z');
        }
        self.fill(style.color(), &path);
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        position: BackendCoord,
    ) -> Drawn {
        self.flush();
        let em = style.size() / LINE_PER_EM;
        let anchor = style.anchor();
        let drop = em
            * match anchor.v_pos {
                VPos::Top => 0.77,
                VPos::Center => 0.36,
                VPos::Bottom => -0.16,
            };
        let align = match anchor.h_pos {
            HPos::Left => "",
            HPos::Center => " text-anchor=\"middle\"",
            HPos::Right => " text-anchor=\"end\"",
        };
        let weight = match style.style() {
            FontStyle::Bold => " font-weight=\"600\"",
            _ => "",
        };
        let (x, y) = position;
        let turn = match style.transform() {
            FontTransform::None => String::new(),
            FontTransform::Rotate90 => format!(" transform=\"rotate(90 {x} {y})\""),
            FontTransform::Rotate180 => format!(" transform=\"rotate(180 {x} {y})\""),
            FontTransform::Rotate270 => format!(" transform=\"rotate(270 {x} {y})\""),
        };
        let _ = write!(
            self.written,
            "<text x=\"{x}\" y=\"{:.0}\" font-size=\"{}\"{weight}{align}{}{turn}>{}</text>",
            f64::from(y) + drop,
            (em * 10.0).round() / 10.0,
            paint("fill", style.color()),
            escape(text)
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::palette::Role;

    fn line(backend: &mut SvgBackend, role: Role, alpha: f64, shift: i32) {
        let color = role.color(alpha);
        backend
            .draw_path([(shift, 0), (shift + 4, 8), (shift + 2, 2)], &color)
            .unwrap();
    }

    #[test]
    fn marks_of_one_style_share_a_path_and_steps_are_relative() {
        let mut backend = SvgBackend::new((100, 100));
        line(&mut backend, Role::Positive, 1.0, 0);
        line(&mut backend, Role::Positive, 1.0, 50);
        assert_eq!(
            backend.finish(),
            "<path class=\"s5\" stroke-width=\"1\" d=\"M0 0l4 8-2-6M50 0l4 8-2-6\"/>"
        );
    }

    #[test]
    fn translucent_marks_stay_apart_so_that_overlaps_add_up() {
        let mut backend = SvgBackend::new((100, 100));
        line(&mut backend, Role::Negative, 0.25, 0);
        line(&mut backend, Role::Negative, 0.25, 1);
        let svg = backend.finish();
        assert_eq!(svg.matches("<path").count(), 2);
        assert!(svg.contains("stroke-opacity=\"0.25\""));
    }

    #[test]
    fn text_is_escaped_and_control_characters_vanish() {
        assert_eq!(
            escape("<script>\u{0}&\"'"),
            "&lt;script&gt; &amp;&quot;&#39;"
        );
    }

    #[test]
    fn clips_open_and_close() {
        let mut backend = SvgBackend::new((100, 100));
        backend.open_clip("c", (1, 2, 3, 4));
        line(&mut backend, Role::Ink, 1.0, 0);
        backend.close();
        let svg = backend.finish();
        assert!(svg.starts_with(
            "<clipPath id=\"c\"><path d=\"M1 2h3v4h-3z\"/></clipPath><g clip-path=\"url(#c)\">"
        ));
        assert!(svg.ends_with("</g>"));
    }
}
