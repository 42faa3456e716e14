//! The figures, one file each.

mod coverage;
mod curve;
mod distribution;
mod events;
mod forest;
mod gain;
mod gex;
mod hedge_flow;
mod interval_rows;
mod ladder;
mod profile;
mod stability;
mod strikes;
mod strips;
mod volatility;

use gex_analysis::findings::{HypothesisFinding, Role as HypothesisRole};
use serde::Serialize;

use crate::draw::palette::{Role, standalone_css};
use crate::draw::{Canvas, GRID, MARGIN, WIDTH, escape, png};
use crate::error::RenderError;
use crate::input::{ReportInput, SnapshotInput};

/// Height that title and subtitle take at the top of a picture.
const HEAD: f64 = 62.0;

/// Height that the note takes at the bottom; 112 grid steps in the page's script.
const FOOT: f64 = 28.0;

/// A figure in the forms in which it is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Name in kebab case: the stem of its files.
    pub name: &'static str,
    /// What it shows, in one line made from its numbers.
    pub title: String,
    /// A drawing that stands alone.
    pub svg: String,
    /// The same as pixels, 2400 wide.
    pub png: Vec<u8>,
    /// The numbers behind it.
    pub csv: String,
    /// What a reader who can't see it should know.
    pub alt: String,
}

/// The words of a figure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Words {
    /// Headline, by rule.
    pub(crate) title: String,
    /// Scope, unit, sign model, interval.
    pub(crate) subtitle: String,
    /// How to read it.
    pub(crate) note: String,
    /// What a reader who can't see it should know.
    pub(crate) alt: String,
}

/// A drawn figure before it is put on paper.
#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    /// Name in kebab case.
    pub(crate) name: &'static str,
    /// Its words.
    pub(crate) words: Words,
    /// Its data.
    pub(crate) csv: String,
    /// What the page's script needs to read values off it.
    pub(crate) reading: Option<Reading>,
    height: f64,
    body: String,
}

/// Geometry and columns with which the page's script reads values off a figure and zooms it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Reading {
    /// Column of the CSV that runs across.
    pub(crate) x: &'static str,
    /// Whether that column holds dates; else numbers.
    pub(crate) dates: bool,
    /// Lowest and highest value across: row numbers for dates.
    pub(crate) range: (f64, f64),
    /// The panels from the top.
    pub(crate) panels: Vec<ReadingPanel>,
    /// The columns shown.
    pub(crate) series: Vec<ReadingSeries>,
    /// Shaded spans of rows.
    pub(crate) shade: Vec<(f64, f64)>,
}

/// A panel in logical pixels.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReadingPanel {
    /// Left, top, width, height.
    pub(crate) frame: [f64; 4],
    /// Whether the vertical axis is logarithmic.
    pub(crate) log: bool,
    /// Title of the vertical axis.
    pub(crate) title: String,
}

/// A column of the CSV as it is drawn.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReadingSeries {
    /// Name of the column.
    pub(crate) column: &'static str,
    /// Words for the read-out.
    pub(crate) label: String,
    /// Number of its panel.
    pub(crate) panel: usize,
    /// Number of its role; two-sided areas use positive and negative.
    pub(crate) role: u8,
    /// Whether it is an area on both sides of zero; else a line.
    pub(crate) area: bool,
    /// What values are divided by.
    pub(crate) divisor: f64,
    /// Decimals of the read-out.
    pub(crate) decimals: usize,
}

impl Sketch {
    /// Closes a canvas into a figure.
    pub(crate) fn new(
        name: &'static str,
        mut canvas: Canvas,
        words: Words,
        csv: String,
    ) -> Result<Self, RenderError> {
        canvas.words(&words.title, &words.subtitle, &words.note)?;
        Ok(Self {
            name,
            words,
            csv,
            reading: None,
            height: canvas.height(),
            body: canvas.finish(),
        })
    }

    /// Says on the drawing itself that its market was simulated: pictures travel without the page,
    /// which says so in its banner.
    fn stamp_as_synthetic(&mut self) {
        let grid = f64::from(GRID);
        let (right, base, size) = ((WIDTH - MARGIN) * grid, 30.0 * grid, 12.0 * grid);
        let class = Role::Negative.number();
        let stamp = format!(
            "<g data-s=\"head\"><text x=\"{right}\" y=\"{base}\" font-size=\"{size}\" \
             font-weight=\"600\" text-anchor=\"end\" class=\"f{class}\">Synthetic data</text></g>"
        );
        self.body.push_str(&stamp);
    }

    /// The drawing for the page: themed by the page's classes, without its words.
    pub(crate) fn inline(&self) -> String {
        let grid = f64::from(GRID);
        let view = format!(
            "0 {} {} {}",
            HEAD * grid,
            WIDTH * grid,
            (self.height - HEAD - FOOT) * grid
        );
        let name = self.name;
        let focus = if self.reading.is_some() {
            " tabindex=\"0\""
        } else {
            ""
        };
        format!(
            "<svg viewBox=\"{view}\" role=\"img\" aria-labelledby=\"{name}-title {name}-desc\" \
             fill=\"none\" stroke-linejoin=\"round\"{focus}><title id=\"{name}-title\">{}</title>\
             <desc id=\"{name}-desc\">{}</desc>{}</svg>",
            escape(&self.words.title),
            escape(&self.words.alt),
            self.body
        )
    }

    /// The drawing that stands alone: light, with its words.
    fn standalone(&self) -> String {
        let grid = f64::from(GRID);
        let (width, height) = (WIDTH * grid, self.height * grid);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{WIDTH}\" height=\"{}\" font-family=\"Inter, sans-serif\" fill=\"none\" \
             stroke-linejoin=\"round\"><title>{}</title><desc>{}</desc><style>{}</style>\
             <path class=\"f0\" d=\"M0 0h{width}v{height}h-{width}z\"/>{}</svg>\n",
            self.height,
            escape(&self.words.title),
            escape(&self.words.alt),
            standalone_css(),
            self.body
        )
    }

    /// The figure as files.
    pub(crate) fn figure(&self) -> Result<Figure, RenderError> {
        let svg = self.standalone();
        Ok(Figure {
            name: self.name,
            title: self.words.title.clone(),
            png: png(self.name, &svg, self.height)?,
            svg,
            csv: self.csv.clone(),
            alt: self.words.alt.clone(),
        })
    }
}

/// Draws every figure that the input has data for, in the order of the page.
pub(crate) fn draw_all(input: &ReportInput) -> Result<Vec<Sketch>, RenderError> {
    let findings = input.findings;
    let mut sketches = Vec::new();
    sketches.extend(forest::draw(findings)?);
    sketches.extend(ladder::draw(findings)?);
    sketches.extend(curve::draw(findings)?);
    sketches.extend(events::draw(findings)?);
    sketches.extend(gex::draw(&input.series)?);
    if let Some(hypothesis) = leading(&findings.hypotheses) {
        sketches.extend(volatility::draw(hypothesis)?);
        sketches.extend(distribution::draw(hypothesis)?);
        sketches.extend(stability::draw(hypothesis)?);
        sketches.extend(gain::draw(hypothesis)?);
    }
    if let Some(profile) = &input.profile {
        sketches.extend(profile::draw(profile, &input.series.underlying)?);
    }
    if let Some(strikes) = &input.strikes {
        sketches.extend(strikes::draw(strikes, &input.series.underlying)?);
    }
    sketches.extend(coverage::draw(&input.series, &findings.quality)?);
    if findings.study.synthetic {
        sketches.iter_mut().for_each(Sketch::stamp_as_synthetic);
    }
    Ok(sketches)
}

/// Draws the figures of one instant.
pub(crate) fn draw_snapshot(input: &SnapshotInput) -> Result<Vec<Sketch>, RenderError> {
    let underlying = input.title.split(',').next().unwrap_or_default();
    let mut sketches = Vec::new();
    if let Some(profile) = &input.profile {
        sketches.extend(profile::draw(profile, underlying)?);
    }
    if let Some(strikes) = &input.strikes {
        sketches.extend(strikes::draw(strikes, underlying)?);
    }
    if let Some(flow) = &input.hedge_flow {
        sketches.extend(hedge_flow::draw(flow, underlying)?);
    }
    if input.synthetic {
        sketches.iter_mut().for_each(Sketch::stamp_as_synthetic);
    }
    Ok(sketches)
}

/// The hypothesis whose regimes are shown: the first primary, else the first.
fn leading(hypotheses: &[HypothesisFinding]) -> Option<&HypothesisFinding> {
    hypotheses
        .iter()
        .find(|hypothesis| hypothesis.role == HypothesisRole::Primary)
        .or_else(|| hypotheses.first())
}
