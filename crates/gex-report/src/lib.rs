//! Draws what a study found: one self-contained page, and each figure as SVG, PNG and CSV.
//!
//! Nothing here prices or estimates. [`render`] takes plain data ([`input::ReportInput`]) and
//! returns bytes ([`Pages`]); whoever calls it owns the paths. The same input gives the same page.
//!
//! - Every figure is drawn once, through plotters' backend interface, by roles instead of colours;
//!   the page themes it, the files are its light form, the PNG is made from the same drawing.
//! - Titles follow rules from the numbers and claim no cause; an undefined number is a dash with its
//!   reason; text from data is escaped; the page makes no request to anywhere.

mod csv;
mod draw;
mod error;
mod figures;
mod format;
mod headline;
pub mod input;
mod page;
mod readable;
mod unit;

pub use error::RenderError;
pub use figures::Figure;
use input::{ReportInput, SnapshotInput};

/// What a report consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    /// The page, complete in itself.
    pub html: String,
    /// Its figures, in the order of the page.
    pub figures: Vec<Figure>,
}

/// Draws the page and its figures. A figure whose data is missing is left out.
///
/// # Errors
///
/// [`RenderError`] where a drawing or the template fails: a fault of this crate, not of the data.
pub fn render(input: &ReportInput) -> Result<Pages, RenderError> {
    let findings = readable::findings(input.findings);
    let input = ReportInput {
        findings: &findings,
        ..input.clone()
    };
    let sketches = figures::draw_all(&input)?;
    Ok(Pages {
        html: page::write(&input, &sketches)?,
        figures: sketches
            .iter()
            .map(figures::Sketch::figure)
            .collect::<Result<_, _>>()?,
    })
}

/// Draws the page of one instant and its figures.
///
/// # Errors
///
/// As [`render`].
pub fn render_snapshot(input: &SnapshotInput) -> Result<Pages, RenderError> {
    let sketches = figures::draw_snapshot(input)?;
    Ok(Pages {
        html: page::snapshot::write(input, &sketches)?,
        figures: sketches
            .iter()
            .map(figures::Sketch::figure)
            .collect::<Result<_, _>>()?,
    })
}
