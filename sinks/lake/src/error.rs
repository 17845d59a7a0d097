//! Why something could not be done with the lake, and whether trying again makes sense.

use crate::table::Table;

/// Something could not be done with the lake.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The object store did not do what it was asked.
    #[error("the lake at {url}: cannot {what} {path}: {cause}")]
    Store {
        /// Where the lake is.
        url: String,
        /// What was asked.
        what: &'static str,
        /// Of which object.
        path: String,
        /// Why not.
        cause: String,
        /// Whether it may work later.
        passes: bool,
    },
    /// A manifest is not one.
    #[error("the lake at {url}: {path} is damaged: {wrong}; look for what damages files")]
    Damaged {
        /// Where the lake is.
        url: String,
        /// Which object.
        path: String,
        /// What is wrong with it.
        wrong: String,
    },
    /// A file has a column that would be lost.
    #[error("{path} has the column {column}, which this release does not know: use the release that wrote it")]
    Newer {
        /// Which file.
        path: String,
        /// Which column.
        column: String,
    },
    /// Somebody else replaced files each time that it was tried.
    #[error("the lake has {table}, of which another one replaces files all the time: try again when that has ended")]
    Contended {
        /// The table.
        table: Table,
    },
    /// The beginning of a partition is not in sight.
    #[error(
        "the lake lists no first manifest of partition {partition} of {table}: nothing of it is replaced; try again later"
    )]
    Incomplete {
        /// The table.
        table: Table,
        /// Partition of the topic.
        partition: i32,
    },
    /// The lake was filled from another topic.
    #[error("the lake has {table} of {lake}, and this is {topic}: name another place in lake.url")]
    Source {
        /// The table.
        table: Table,
        /// Cluster and topic that the lake was filled from.
        lake: String,
        /// Cluster and topic that is read.
        topic: String,
    },
    /// The topic ends before what the lake has of it.
    #[error(
        "the lake has {table} up to offset {next} of partition {partition}, which ends at {end}: the topic was made anew; \
         name another place in lake.url"
    )]
    Ahead {
        /// The table.
        table: Table,
        /// Partition of the topic.
        partition: i32,
        /// Where the lake would go on.
        next: i64,
        /// Where the topic ends.
        end: i64,
    },
    /// The columns do not fit together.
    #[error(transparent)]
    Arrow(#[from] arrow::error::ArrowError),
    /// Rows cannot be written.
    #[error(transparent)]
    Parquet(#[from] parquet::errors::ParquetError),
}

impl LakeError {
    /// Whether trying again later makes sense.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::Store { passes: true, .. })
    }
}
