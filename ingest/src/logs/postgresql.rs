//! PostgreSQL's log in its three forms, brought to one [`Entry`] and read by one reader of messages.
//!
//! | form | looks like | database from |
//! |---|---|---|
//! | `stderr` | `PREFIX LOG:  message` | the prefix: `user@database` or `db=database` |
//! | `csv` | 23 to 26 columns, quoted, newlines inside | its column |
//! | `json` | one object, also inside `record` as CloudNativePG writes it | its member |
//! | `bare` | only the message, the rest in attributes | the attributes |

mod bare;
mod csv;
mod error;
mod json;
mod lock;
mod message;
mod statement;
mod stderr;

use std::borrow::Cow;

use super::{Line, Reading};
pub use lock::LockPart;
use message::Said;

/// What one entry of the log says, whatever form it had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Entry<'a> {
    time: Cow<'a, str>,
    database: Cow<'a, str>,
    /// `LOG`, `ERROR`, `FATAL`, `PANIC`, and in the stderr form also `DETAIL` and its like.
    severity: Cow<'a, str>,
    /// Five characters; empty where the form has none.
    sqlstate: Cow<'a, str>,
    message: Cow<'a, str>,
    /// Process of the session.
    pid: Cow<'a, str>,
    detail: Cow<'a, str>,
    context: Cow<'a, str>,
    /// The statement that it is about.
    query: Cow<'a, str>,
}

/// Whether `text` is a whole entry in one of the forms.
pub(super) fn is_whole(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'{') => json::is_unmistakable(text),
        Some(b'0'..=b'9') => csv::is_unmistakable(text) || stderr::is_unmistakable(text),
        _ => false,
    }
}

/// Whether the line is the message of an entry, by its scope and attributes.
pub(super) fn is_part(line: &Line<'_>) -> bool {
    bare::is_unmistakable(line)
}

/// What a PostgreSQL line says.
pub(super) fn read(line: &Line<'_>) -> Option<Reading> {
    let text = line.body.trim_start();
    let entry = match text.as_bytes().first() {
        Some(b'{') => json::entry(text),
        _ if bare::is_unmistakable(line) && !begins_with_time(text) => None,
        _ if csv::is_unmistakable(text) => csv::entry(text),
        _ => stderr::entry(text),
    };
    let entry = entry.or_else(|| bare::entry(line))?;
    let Said { database, facts } = message::said(&entry);
    let database = database.unwrap_or(&entry.database);
    let lock = lock::part(&entry);
    Some(Reading { database: super::tenants_database(database), at: moment(&entry.time), facts, lock })
}

/// `2026-11-22 10:18:30.081 UTC`, with or without milliseconds. Any other zone is an abbreviation that may mean several, so
/// only the agent's own time is left.
fn moment(time: &str) -> Option<tidewatch_schemas::Timestamp> {
    let civil = time.strip_suffix(" UTC").or_else(|| time.strip_suffix(" GMT"))?;
    super::utc("%Y-%m-%d %H:%M:%S%.f", civil)
}

/// Whether `text` begins like `2026-11-22 10:18:30`.
fn begins_with_time(text: &str) -> bool {
    let form = b"0000-00-00 00:00:00";
    text.len() > form.len()
        && text.bytes().zip(form).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            separator => byte == *separator,
        })
}
