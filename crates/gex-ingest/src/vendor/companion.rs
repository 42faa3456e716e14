//! A second file beside a chain, for what the chain itself does not hold.

use super::frame::Frame;
use crate::find::find_sources;
use crate::source::{SourceError, SourceFile};

/// A table that goes with a chain.
pub(super) struct Companion {
    /// What it tells: `the price of the underlying`.
    pub(super) what: &'static str,
    /// Its name in the folder of the chain.
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
        let path = source.sibling(self.name);
        if !path.is_file() {
            return Err(self.missing(source));
        }
        let found = find_sources(&[path])?.files.into_iter().next();
        let file = found.ok_or_else(|| self.missing(source))?;
        let wanted: Vec<&str> = self.columns.iter().chain(self.more).copied().collect();
        let frame = Frame::read(&file, &wanted)?;
        frame.require(self.columns.iter().copied())?;
        Ok(frame)
    }

    fn missing(&self, source: &SourceFile) -> SourceError {
        SourceError::MissingCompanion {
            file: source.name.clone(),
            what: self.what,
            companion: self.name,
            columns: self.columns.join(", "),
        }
    }
}
