//! Errors with PostgreSQL's codes, which clients look at.

use datafusion_postgres::pgwire::error::{ErrorInfo, PgWireError};
use tidewatch_lake::query::QueryError;

/// Codes of PostgreSQL's appendix A.
pub(super) const READ_ONLY: &str = "25006";
pub(super) const SYNTAX: &str = "42601";
pub(super) const WRONG: &str = "42000";
pub(super) const NO_SUCH_CURSOR: &str = "34000";
pub(super) const NO_SUCH_SETTING: &str = "42704";
pub(super) const WRONG_VALUE: &str = "22023";
pub(super) const NOT_SUPPORTED: &str = "0A000";
pub(super) const TOO_MANY_CONNECTIONS: &str = "53300";
pub(super) const ABORTED: &str = "25P02";
const UNDEFINED_COLUMN: &str = "42703";
const UNDEFINED_FUNCTION: &str = "42883";
const UNDEFINED_TABLE: &str = "42P01";
const CANCELED: &str = "57014";
const OUT_OF_MEMORY: &str = "53200";
const LIMIT_EXCEEDED: &str = "54000";
const UNREADABLE: &str = "58030";

/// What is wrong, as far as the words of DataFusion tell.
fn wrong(words: &str) -> &'static str {
    const KNOWN: [(&str, &str); 4] = [
        ("No field named", UNDEFINED_COLUMN),
        ("Invalid function", UNDEFINED_FUNCTION),
        ("not found", UNDEFINED_TABLE),
        ("ParserError", SYNTAX),
    ];
    KNOWN.iter().find(|(part, _)| words.contains(part)).map_or(WRONG, |(_, code)| code)
}

/// A statement that is refused; the connection stays.
pub(super) fn refused(code: &str, words: impl Into<String>) -> PgWireError {
    PgWireError::UserError(Box::new(ErrorInfo::new("ERROR".to_owned(), code.to_owned(), words.into())))
}

/// A connection that is refused.
pub(super) fn farewell(code: &str, words: impl Into<String>) -> PgWireError {
    PgWireError::UserError(Box::new(ErrorInfo::new("FATAL".to_owned(), code.to_owned(), words.into())))
}

/// What was wrong with a question.
pub(super) fn about(error: &QueryError) -> PgWireError {
    let code = match error {
        QueryError::NoQuestion(_) => READ_ONLY,
        QueryError::Wrong(words) => wrong(words),
        QueryError::Time(_) => CANCELED,
        QueryError::Memory => OUT_OF_MEMORY,
        QueryError::Rows(_) => LIMIT_EXCEEDED,
        QueryError::Lake(_) | QueryError::Unreadable => UNREADABLE,
    };
    refused(code, error.to_string())
}
