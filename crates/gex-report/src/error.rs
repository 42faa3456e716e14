//! Why a page could not be drawn.

use std::convert::Infallible;

use plotters_backend::DrawingErrorKind;
use thiserror::Error;

/// Why a page could not be drawn. Odd data is drawn as a gap or said in words; these are faults.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The embedded typeface can't be read.
    #[error("the embedded typeface {0} can't be read: rebuild with the fonts folder intact")]
    Font(&'static str),
    /// A drawing primitive failed.
    #[error("figure {figure} can't be drawn: {reason}")]
    Drawing {
        /// Name of the figure.
        figure: &'static str,
        /// What failed.
        reason: String,
    },
    /// A finished drawing could not be turned into pixels.
    #[error("figure {figure} can't be turned into a picture: {reason}")]
    Raster {
        /// Name of the figure.
        figure: &'static str,
        /// What failed.
        reason: String,
    },
    /// The page's template failed.
    #[error("the page can't be written: {0}")]
    Page(#[from] minijinja::Error),
    /// The data of a figure could not be written as JSON.
    #[error("the data of a figure can't be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl RenderError {
    /// Names the figure in which a primitive failed.
    pub(crate) fn in_figure(figure: &'static str) -> impl Fn(DrawingErrorKind<Infallible>) -> Self {
        move |error| Self::Drawing {
            figure,
            reason: error.to_string(),
        }
    }
}
