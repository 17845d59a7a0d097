//! The lake: what Tidewatch published, as tables of Parquet files, and SQL over them.
//!
//! | module | does |
//! |---|---|
//! | [`table`] | which tables there are, and what each column holds |
//! | [`row`], [`partition`] | records become rows, rows become files and the manifest that makes them visible; no I/O |
//! | [`manifest`] | which files are visible, and up to where the topic is in them |
//! | [`snapshot`] | which files are visible up to an offset, after some were replaced |
//! | [`upkeep`] | what replaces files: merging small ones, letting old rows go, forgetting a tenant |
//! | [`retention`] | how long rows are kept |
//! | [`store`] | the object store: publishing, the end of a chain, visible files |
//! | [`query`] | sessions: SQL over the visible files |
//! | [`mod@file`] | Parquet files that others wrote, as named columns of times, numbers and texts |
//!
//! Tables have plain types only (text, whole and floating numbers, decimals, UTC microseconds, lists of text), because the
//! files are read by engines that are not ours. Parquet is known here and nowhere else, DataFusion in the gateway too, which keeps them out
//! of the builds that do without.

pub mod file;
pub mod manifest;
pub mod partition;
pub mod query;
pub mod retention;
pub mod row;
pub mod snapshot;
pub mod store;
pub mod table;
pub mod upkeep;

mod column;
mod error;
mod forget;
mod parquet_file;
mod rewrite;

#[cfg(test)]
mod samples;

pub use arrow::datatypes::Schema;
pub use column::Kind;
pub use error::LakeError;
pub use partition::{Limits, Partition, Place, Record, Sealed, Taken};
pub use retention::Retention;
pub use store::{Published, Store};
pub use table::{Column, Table};
