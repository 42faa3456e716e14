//! The drawing kit: roles, text, geometry and axes on top of plotters' backend interface.

mod canvas;
pub(crate) mod fonts;
pub(crate) mod geometry;
pub(crate) mod palette;
mod panel;
mod raster;
mod svg;
pub(crate) mod ticks;

pub(crate) use canvas::{Canvas, Drawn, Key, Look, MARGIN, Pen, Side, WIDTH};
pub(crate) use panel::{Panel, Scale};
pub(crate) use raster::png;
pub(crate) use svg::{GRID, escape};
