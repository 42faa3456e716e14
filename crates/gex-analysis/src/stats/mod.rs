//! One estimator a file: formula, source, unit, and where it differs from the reference package.
