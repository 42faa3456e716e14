//! The embedded typeface: Inter, subset to Latin-1, Greek and the signs that figures use.

use std::sync::{Arc, OnceLock};

use plotters::style::{FontStyle, FontTransform, IntoFont, register_font};
use resvg::usvg::fontdb;

use crate::error::RenderError;

/// Name of the family, in SVG and in CSS.
pub(crate) const FAMILY: &str = "Inter";

/// Regular weight.
pub(crate) const REGULAR: &[u8] = include_bytes!("../../fonts/Inter-Regular.sub.otf");

/// Semibold weight, which stands for bold.
pub(crate) const SEMIBOLD: &[u8] = include_bytes!("../../fonts/Inter-SemiBold.sub.otf");

/// Height of a line over the size of the em, from the face's own ascender and descender
/// (2728 and −680 of 2816 units). plotters scales fonts by the former, SVG by the latter.
pub(crate) const LINE_PER_EM: f64 = (2728.0 + 680.0) / 2816.0;

/// Weight of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Running text.
    Regular,
    /// Titles and values.
    Semibold,
}

impl Weight {
    /// The style under which plotters knows the weight.
    pub(crate) fn style(self) -> FontStyle {
        match self {
            Self::Regular => FontStyle::Normal,
            Self::Semibold => FontStyle::Bold,
        }
    }
}

/// Makes both weights known to plotters, once.
pub(crate) fn register() -> Result<(), RenderError> {
    static DONE: OnceLock<Result<(), &'static str>> = OnceLock::new();
    DONE.get_or_init(|| {
        register_font(FAMILY, FontStyle::Normal, REGULAR).map_err(|_| "Inter-Regular.sub.otf")?;
        register_font(FAMILY, FontStyle::Bold, SEMIBOLD).map_err(|_| "Inter-SemiBold.sub.otf")
    })
    .map_err(RenderError::Font)
}

/// Measures the width of a text, in the unit of `size` (the em).
pub(crate) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    // Measured large, because plotters rounds widths to whole pixels.
    const MAGNIFIED: f64 = 16.0;
    let font = (FAMILY, size * LINE_PER_EM * MAGNIFIED, weight.style())
        .into_font()
        .transform(FontTransform::None);
    font.box_size(text).map_or_else(
        |_| text.chars().count() as f64 * size * 0.6,
        |(width, _)| f64::from(width) / MAGNIFIED,
    )
}

/// Cuts a text to `room`, ending it in an ellipsis where something was lost.
pub(crate) fn fit(text: &str, room: f64, size: f64, weight: Weight) -> String {
    if width(text, size, weight) <= room {
        return text.to_owned();
    }
    let mut kept: String = text.to_owned();
    while kept.pop().is_some() {
        let cut = format!("{}…", kept.trim_end());
        if width(&cut, size, weight) <= room {
            return cut;
        }
    }
    "…".to_owned()
}

/// The two weights as the rasteriser's whole font database: the machine's fonts are not looked at.
pub(crate) fn database() -> Arc<fontdb::Database> {
    static DATABASE: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let database = DATABASE.get_or_init(|| {
        let mut database = fontdb::Database::new();
        database.load_font_data(REGULAR.to_vec());
        database.load_font_data(SEMIBOLD.to_vec());
        database.set_sans_serif_family(FAMILY);
        Arc::new(database)
    });
    Arc::clone(database)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_weights_belong_to_one_family() {
        let database = database();
        let mut weights: Vec<u16> = database.faces().map(|face| face.weight.0).collect();
        weights.sort_unstable();
        assert_eq!(weights, [400, 600]);
        assert!(
            database
                .faces()
                .all(|face| { face.families.iter().any(|(name, _)| name == FAMILY) })
        );
    }

    /// Advance of `H` is 2084 of 2816 units in the regular face and 2095 in the semibold (hmtx).
    #[test]
    fn widths_are_the_faces_own_advances() {
        register().unwrap();
        let regular = width("H", 100.0, Weight::Regular);
        let semibold = width("H", 100.0, Weight::Semibold);
        assert!((regular - 100.0 * 2084.0 / 2816.0).abs() < 0.1, "{regular}");
        assert!(
            (semibold - 100.0 * 2095.0 / 2816.0).abs() < 0.1,
            "{semibold}"
        );
    }

    #[test]
    fn long_texts_are_cut_with_an_ellipsis() {
        register().unwrap();
        let cut = fit("a very long claim about gamma", 60.0, 12.0, Weight::Regular);
        assert!(cut.ends_with('…'));
        assert!(width(&cut, 12.0, Weight::Regular) <= 60.0);
        assert_eq!(fit("short", 60.0, 12.0, Weight::Regular), "short");
    }
}
