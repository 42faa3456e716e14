//! A second file beside a chain, for what the chain itself does not hold.

use super::frame::Frame;
use crate::source::{Container, SourceError, SourceFile};

/// A Parquet file that must lie in the folder of the chain.
pub(super) struct Companion {
    /// Its name.
    pub(super) name: &'static str,
    /// The columns that it must have.
    pub(super) columns: &'static [&'static str],
    /// Columns that it may have.
    pub(super) more: &'static [&'static str],
}

impl Companion {
    /// Reads the companion of `source`.
    ///
    /// # Errors
    ///
    /// [`SourceError::MissingCompanion`], or what is wrong with the file that is there.
    pub(super) fn read(&self, source: &SourceFile) -> Result<Frame, SourceError> {
        let path = source.path.with_file_name(self.name);
        if !path.is_file() {
            return Err(SourceError::MissingCompanion {
                file: source.name.clone(),
                companion: self.name,
                columns: self.columns.join(", "),
            });
        }
        let file = SourceFile {
            path,
            name: self.name.to_owned(),
            container: Container::Parquet,
        };
        let wanted: Vec<&str> = self.columns.iter().chain(self.more).copied().collect();
        let frame = Frame::read(&file, &wanted)?;
        frame.require(self.columns.iter().copied())?;
        Ok(frame)
    }
}
