//! The regressors of a linear model, and their QR factors.
//!
//! Columns are scaled to unit length first, so that dollars beside logs do not pass for collinear.

use nalgebra::DMatrix;

use super::Undefined;
use super::undefined::{is_constant, require_finite, require_length, require_rows};

/// Condition number above which regressors count as collinear (columns scaled to unit length).
pub const CONDITION_LIMIT: f64 = 1e10;

/// The regressors of a linear model: rows by columns, all finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    matrix: DMatrix<f64>,
    has_constant: bool,
}

impl Design {
    /// Collects columns of equal length, in order.
    ///
    /// A column that does not vary and is not zero counts as the constant, so that R² is centred.
    ///
    /// # Errors
    /// When there is no column, lengths differ, or a value is not finite.
    pub fn from_columns(columns: &[&[f64]]) -> Result<Self, Undefined> {
        let rows = columns.first().map_or(0, |column| column.len());
        require_rows(rows, 1)?;
        for column in columns {
            require_length("regressor", column.len(), rows)?;
            require_finite("regressor", column)?;
        }
        let values = columns.iter().flat_map(|column| column.iter().copied());
        Ok(Self {
            matrix: DMatrix::from_iterator(rows, columns.len(), values),
            has_constant: columns
                .iter()
                .any(|c| c.first() != Some(&0.0) && is_constant(c)),
        })
    }

    /// Collects columns of equal length behind a constant, which becomes column 0.
    ///
    /// # Errors
    /// As [`Design::from_columns`].
    pub fn with_constant(columns: &[&[f64]]) -> Result<Self, Undefined> {
        let ones = vec![1.0; columns.first().map_or(0, |column| column.len())];
        let mut all: Vec<&[f64]> = vec![&ones];
        all.extend_from_slice(columns);
        Self::from_columns(&all)
    }

    /// Makes the design of a mean: `rows` ones.
    ///
    /// # Errors
    /// When `rows` is zero.
    pub fn constant_only(rows: usize) -> Result<Self, Undefined> {
        Self::from_columns(&[&vec![1.0; rows]])
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.matrix.nrows()
    }

    /// Number of columns, the constant included.
    pub fn columns(&self) -> usize {
        self.matrix.ncols()
    }

    /// The regressors, rows by columns.
    pub fn matrix(&self) -> &DMatrix<f64> {
        &self.matrix
    }

    /// Computes an orthonormal basis of the columns, rows by columns.
    ///
    /// # Errors
    /// When the columns are collinear or fewer rows than columns are given.
    pub fn orthonormal_basis(&self) -> Result<DMatrix<f64>, Undefined> {
        Ok(self.factorise()?.basis)
    }

    /// Whether a column is the constant.
    pub(super) fn has_constant(&self) -> bool {
        self.has_constant
    }

    /// Splits the design by QR with columns scaled to unit length.
    pub(super) fn factorise(&self) -> Result<Factors, Undefined> {
        require_rows(self.rows(), self.columns())?;
        let lengths: Vec<f64> = self
            .matrix
            .column_iter()
            .map(|column| column.norm())
            .collect();
        if lengths.contains(&0.0) {
            return Err(Undefined::ZeroVariance {
                what: "a regressor",
            });
        }
        let mut scaled = self.matrix.clone();
        for (mut column, length) in scaled.column_iter_mut().zip(&lengths) {
            column /= *length;
        }
        let (basis, triangle) = scaled.qr().unpack();
        let condition = condition_number(&triangle);
        if condition.is_nan() || condition > CONDITION_LIMIT {
            return Err(Undefined::Collinear { condition });
        }
        Ok(Factors {
            basis,
            triangle,
            lengths,
        })
    }
}

/// The design as basis times triangle times column lengths.
pub(super) struct Factors {
    pub(super) basis: DMatrix<f64>,
    triangle: DMatrix<f64>,
    lengths: Vec<f64>,
}

impl Factors {
    /// Inverse of the unscaled triangle, so that (X'X)⁻¹ is it times its transpose.
    pub(super) fn inverse_triangle(&self) -> Result<DMatrix<f64>, Undefined> {
        let identity = DMatrix::identity(self.triangle.nrows(), self.triangle.ncols());
        let mut inverse =
            self.triangle
                .solve_upper_triangular(&identity)
                .ok_or(Undefined::Collinear {
                    condition: f64::INFINITY,
                })?;
        for (mut row, length) in inverse.row_iter_mut().zip(&self.lengths) {
            row /= *length;
        }
        Ok(inverse)
    }
}

fn condition_number(triangle: &DMatrix<f64>) -> f64 {
    let singular = triangle.singular_values();
    singular.max() / singular.min()
}
