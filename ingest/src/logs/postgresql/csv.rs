//! The csv form: 26 columns from version 14, 24 in 13, 23 before. A field may be quoted, and then holds newlines, commas and
//! doubled quotes.

use std::borrow::Cow;

use super::Entry;

/// Most columns that are read; later versions may append some.
const MOST: usize = 40;
/// Columns of version 9.0, the first with all that is read here.
const LEAST: usize = 23;

const TIME: usize = 0;
const DATABASE: usize = 2;
const PROCESS: usize = 3;
const SEVERITY: usize = 11;
const SQLSTATE: usize = 12;
const MESSAGE: usize = 13;
const DETAIL: usize = 14;
const CONTEXT: usize = 18;
const QUERY: usize = 19;

/// Whether the line begins with a time, its zone and a comma: neither other form has a comma there.
pub(super) fn is_unmistakable(text: &str) -> bool {
    let after_time = text.get(19..).filter(|_| super::begins_with_time(text));
    let Some((zone, rest)) = after_time.and_then(|rest| rest.split_once(',')) else { return false };
    let is_zone = zone.len() <= 16 && zone.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    is_zone && (rest.starts_with('"') || rest.starts_with(','))
}

/// The entry of a line; `None` when it has too few columns.
pub(super) fn entry(text: &str) -> Option<Entry<'_>> {
    let mut columns = columns(text);
    if columns.len() < LEAST {
        return None;
    }
    let mut take = |column: usize| columns.get_mut(column).map(std::mem::take).unwrap_or_default();
    Some(Entry {
        time: take(TIME),
        database: take(DATABASE),
        severity: take(SEVERITY),
        sqlstate: take(SQLSTATE),
        message: take(MESSAGE),
        pid: take(PROCESS),
        detail: take(DETAIL),
        context: take(CONTEXT),
        query: take(QUERY),
    })
}

fn columns(text: &str) -> Vec<Cow<'_, str>> {
    let mut columns = Vec::with_capacity(MOST);
    let mut rest = Some(text);
    while let Some(text) = rest.filter(|_| columns.len() < MOST) {
        let (column, after) = column(text);
        columns.push(column);
        rest = after;
    }
    columns
}

/// The first column of `text`, and what follows its comma.
fn column(text: &str) -> (Cow<'_, str>, Option<&str>) {
    let Some(quoted) = text.strip_prefix('"') else {
        return match text.split_once(',') {
            Some((column, rest)) => (Cow::Borrowed(column), Some(rest)),
            None => (Cow::Borrowed(text), None),
        };
    };
    let (end, has_doubled) = closing_quote(quoted);
    let inside = quoted.get(..end).unwrap_or(quoted);
    let column = if has_doubled { Cow::Owned(inside.replace("\"\"", "\"")) } else { Cow::Borrowed(inside) };
    let after = quoted.get(end + 1..).and_then(|rest| rest.strip_prefix(','));
    (column, after)
}

/// Where the quoted field ends, and whether a quote stands doubled in it. A field that is not closed ends with the text.
fn closing_quote(quoted: &str) -> (usize, bool) {
    let bytes = quoted.as_bytes();
    let (mut place, mut has_doubled) = (0, false);
    while let Some(found) = bytes.get(place..).and_then(|rest| rest.iter().position(|byte| *byte == b'"')) {
        place += found;
        if bytes.get(place + 1) != Some(&b'"') {
            return (place, has_doubled);
        }
        has_doubled = true;
        place += 2;
    }
    (quoted.len(), has_doubled)
}
