//! Why a vendor file can't be read: every message names the file, the place and the cure.

/// Why a vendor file can't be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SourceError {
    /// The file can't be opened.
    #[error("unreadable: {file}: {detail}; check that it exists and may be read")]
    Unreadable {
        /// Name of the file.
        file: String,
        /// The system's words.
        detail: String,
    },
    /// A symbolic link leads out of the folder that was given.
    #[error(
        "outside_archive: {file} is a link that leads out of its folder; give the target itself"
    )]
    Outside {
        /// Name of the link.
        file: String,
    },
    /// A file named as Parquet that is something else.
    #[error("not_parquet: {file} is named .parquet but {looks}; rename it or fetch it again")]
    NotParquet {
        /// Name of the file.
        file: String,
        /// What the first bytes look like.
        looks: String,
    },
    /// Bytes of something that holds no table.
    #[error("not_a_table: {file} {looks}; {cure}")]
    NotATable {
        /// Name of the file.
        file: String,
        /// What its first bytes look like.
        looks: String,
        /// What to do.
        cure: String,
    },
    /// A packed file without a believable end.
    #[error("decompression_bomb: {file} {detail}")]
    Boundless {
        /// Name of the file.
        file: String,
        /// How large it would become, and what to do.
        detail: String,
    },
    /// A table of something that this tool knows, but no chain.
    #[error("not_a_chain: {file} holds {what}, no option chain; {cure}")]
    NotAChain {
        /// Name of the file.
        file: String,
        /// What it holds.
        what: &'static str,
        /// What to do with it.
        cure: &'static str,
    },
    /// A Parquet file that was cut or damaged.
    #[error("{rule}: {file}, {place}: {detail}; fetch the file again")]
    Damaged {
        /// Rule that found it.
        rule: &'static str,
        /// Name of the file.
        file: String,
        /// Footer, or row group and column.
        place: String,
        /// What is wrong.
        detail: String,
    },
    /// A column that the format needs is not there.
    #[error("missing_column: {file} has no column {column:?}; it has {found}")]
    MissingColumn {
        /// Name of the file.
        file: String,
        /// Name of the column.
        column: String,
        /// The columns that are there.
        found: String,
    },
    /// Two columns of one name.
    #[error("duplicate_column: {file} has column {column:?} twice; drop one")]
    DuplicateColumn {
        /// Name of the file.
        file: String,
        /// Name of the column.
        column: String,
    },
    /// A file that the format needs beside the chain is not there.
    #[error(
        "missing_companion: {file} does not hold {what} and no {companion} lies beside it; put one there with the columns {columns}"
    )]
    MissingCompanion {
        /// Name of the file.
        file: String,
        /// What the companion would tell.
        what: &'static str,
        /// Name of the file that is not there.
        companion: &'static str,
        /// The columns that it must have.
        columns: String,
    },
    /// A column of another type than the format's.
    #[error("wrong_type: {file}, column {column:?} is {found}, expected {wanted}; cast it")]
    WrongType {
        /// Name of the file.
        file: String,
        /// Name of the column.
        column: String,
        /// The type in the file.
        found: String,
        /// The type that is needed.
        wanted: &'static str,
    },
    /// Timestamps that don't say in which zone they are.
    #[error(
        "naive_timestamp: {file}, column {column:?} has no time zone; state it with time.zone of a mapping"
    )]
    NaiveTimestamp {
        /// Name of the file.
        file: String,
        /// Name of the column.
        column: String,
    },
    /// The columns match no format.
    #[error(
        "unknown_format: the {parts} of {file} match no known format ({found}); name one with --format or describe the table with --map"
    )]
    UnknownFormat {
        /// Name of the file.
        file: String,
        /// What the file is made of: columns, or keys.
        parts: &'static str,
        /// The columns or keys that are there.
        found: String,
    },
    /// A value of the whole file is implausible, so that a unit must be wrong.
    #[error("{rule}: {file}, column {column:?}: {detail}")]
    Implausible {
        /// Rule that found it.
        rule: &'static str,
        /// Name of the file.
        file: String,
        /// Name of the column.
        column: String,
        /// What is implausible and what to do.
        detail: String,
    },
}
