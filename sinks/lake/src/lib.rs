//! The lake: what Tidewatch published, as tables.
//!
//! | module | does |
//! |---|---|
//! | [`incidents`] | the table `incidents`: its columns, and incidents as rows of it |
//! | [`mod@file`] | Parquet files that others wrote, as named columns of times, numbers and texts |
//!
//! Tables have plain types only (text, whole and floating numbers, UTC microseconds, lists of text), because the files are
//! read by engines that are not ours. So far this crate knows columns and rows in memory; files (parquet) and queries
//! (datafusion) belong here too and nowhere else, which keeps them out of the builds that do without.

pub mod file;
pub mod incidents;

mod column;

pub use arrow::datatypes::Schema;

/// Records that cannot be rows.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// A time beyond the years that microseconds can count.
    #[error("{column} is {millis} ms, which microseconds in 64 bits cannot hold")]
    Time {
        /// The column.
        column: &'static str,
        /// The time in milliseconds since 1970.
        millis: i64,
    },
    /// A value that has no JSON.
    #[error("{column} cannot be written as JSON: {source}")]
    Json {
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The columns do not fit together.
    #[error(transparent)]
    Arrow(#[from] arrow::error::ArrowError),
}
