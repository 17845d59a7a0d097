//! The json form, one object an entry. CloudNativePG writes the columns of the csv form under their names inside `record`.

use std::borrow::Cow;

use serde::Deserialize;

use super::Entry;

/// A text of the object; borrowed unless something in it is escaped.
#[derive(Debug, Default, Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Debug, Default, Deserialize)]
struct Object<'a> {
    #[serde(borrow, alias = "log_time")]
    timestamp: Option<Text<'a>>,
    #[serde(borrow, alias = "database_name")]
    dbname: Option<Text<'a>>,
    #[serde(borrow)]
    error_severity: Option<Text<'a>>,
    #[serde(borrow, alias = "sql_state_code")]
    state_code: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    #[serde(alias = "process_id")]
    pid: Option<serde_json::Value>,
    #[serde(borrow)]
    detail: Option<Text<'a>>,
    #[serde(borrow)]
    context: Option<Text<'a>>,
    #[serde(borrow, alias = "query")]
    statement: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow)]
    record: Object<'a>,
}

/// Whether the object has the member that nothing else calls so.
pub(super) fn is_unmistakable(text: &str) -> bool {
    text.contains("\"error_severity\"")
}

/// The entry of an object; `None` when it is no object or has no severity.
pub(super) fn entry(text: &str) -> Option<Entry<'_>> {
    let plain: Option<Object<'_>> = serde_json::from_str(text).ok();
    let object = match plain.filter(|object| object.error_severity.is_some()) {
        Some(object) => object,
        None => serde_json::from_str::<Wrapped<'_>>(text).ok()?.record,
    };
    let given = |text: Option<Text<'_>>| text.map(|text| text.0.into_owned()).unwrap_or_default();
    Some(Entry {
        severity: object.error_severity?.0,
        time: Cow::Owned(given(object.timestamp)),
        database: Cow::Owned(given(object.dbname)),
        sqlstate: Cow::Owned(given(object.state_code)),
        message: Cow::Owned(given(object.message)),
        // A number in PostgreSQL's own form, a text in CloudNativePG's.
        pid: Cow::Owned(object.pid.map(|pid| pid.to_string().trim_matches('"').to_owned()).unwrap_or_default()),
        detail: Cow::Owned(given(object.detail)),
        context: Cow::Owned(given(object.context)),
        query: Cow::Owned(given(object.statement)),
    })
}
