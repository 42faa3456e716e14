//! A finished drawing as pixels.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::canvas::WIDTH;
use super::fonts::{FAMILY, database};
use crate::error::RenderError;

/// Device pixels per logical pixel: a drawing states its size in logical pixels.
const DENSITY: f32 = 2.0;

/// Turns an SVG drawing into a PNG of twice its logical size.
pub(crate) fn png(figure: &'static str, svg: &str, height: f64) -> Result<Vec<u8>, RenderError> {
    let failed = |reason: String| RenderError::Raster { figure, reason };
    let options = Options {
        fontdb: database(),
        font_family: FAMILY.to_owned(),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| failed(error.to_string()))?;
    let mut pixels = Pixmap::new(device(WIDTH), device(height))
        .ok_or_else(|| failed(format!("{WIDTH} by {height} pixels are too many")))?;
    let transform = Transform::from_scale(DENSITY, DENSITY);
    resvg::render(&tree, transform, &mut pixels.as_mut());
    pixels
        .encode_png()
        .map_err(|error| failed(error.to_string()))
}

fn device(logical: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sizes of sheets are small positive numbers"
    )]
    let pixels = (logical * f64::from(DENSITY)).round() as u32;
    pixels
}
