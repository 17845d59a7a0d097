//! What was wrong with a question, in words that hold nothing that whoever asked may not know.

use std::time::Duration;

use datafusion::error::DataFusionError;

use crate::LakeError;

/// A question that has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// It would change something.
    #[error("only questions can be asked here, such as SELECT, SHOW TABLES, DESCRIBE and EXPLAIN; this is: {0}")]
    NoQuestion(String),
    /// It is wrong, or its values are.
    #[error("{0}")]
    Wrong(String),
    /// It took too long.
    #[error("no answer within {0:?}: ask for less, for example for a shorter time or one tenant")]
    Time(Duration),
    /// It needs too much memory.
    #[error("the answer needs more memory than a question may have: ask for less, for example for a shorter time")]
    Memory,
    /// Its answer is too long.
    #[error("the answer has more than {0} rows: add a LIMIT")]
    Rows(usize),
    /// The lake cannot be read.
    #[error("{0}")]
    Lake(String),
    /// The lake cannot be read, said to a tenant.
    #[error("the lake cannot be read right now; its operator finds the reason in the log")]
    Unreadable,
}

impl QueryError {
    /// The same in words for a tenant: where files lie and what else is in them is not its business.
    pub(super) fn discreet(self) -> Self {
        match self {
            Self::Lake(_) => Self::Unreadable,
            other => other,
        }
    }
}

impl From<LakeError> for QueryError {
    fn from(error: LakeError) -> Self {
        Self::Lake(error.to_string())
    }
}

impl From<DataFusionError> for QueryError {
    fn from(error: DataFusionError) -> Self {
        use DataFusionError as E;
        match error.find_root() {
            E::ResourcesExhausted(_) => Self::Memory,
            E::ArrowError(cause, _) if is_about_files(cause) => Self::Lake(plain(&error)),
            E::SQL(..)
            | E::Plan(_)
            | E::SchemaError(..)
            | E::NotImplemented(_)
            | E::Execution(_)
            | E::Configuration(_)
            | E::ArrowError(..)
            | E::Diagnostic(..)
            | E::Collection(_) => Self::Wrong(plain(&error)),
            _ => Self::Lake(plain(&error)),
        }
    }
}

fn is_about_files(error: &arrow::error::ArrowError) -> bool {
    use arrow::error::ArrowError as E;
    matches!(error, E::IoError(..) | E::ExternalError(_) | E::ParquetError(_))
}

/// The words without the stack that some errors carry.
fn plain(error: &DataFusionError) -> String {
    error.strip_backtrace().trim_end().to_owned()
}
