//! JSON lines as records: one a line, in Tidewatch's own format.
//!
//! Here only the time and the pool of a line are looked at; whether it is right is for ingest to say.

use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use tidewatch_schemas::Timestamp;

use super::BacktestError;
use super::files::for_each_line;
use super::refused::Lines;
use super::run::{Feed, Record};

#[derive(Default, Deserialize)]
struct Stamp {
    ts: Option<f64>,
    pool: Option<IgnoredAny>,
}

/// A line as a record, and its number.
struct Numbered {
    record: Record,
    line: usize,
}

/// Appends the lines of `path` to `feed` as records of `topic`, in time order; those of one moment keep their order.
/// A line that tells no time stands where the line before it does.
pub(super) fn read(path: &Path, topic: &str, feed: &mut Feed) -> Result<(), BacktestError> {
    let mut found: Vec<Numbered> = Vec::new();
    let mut before = Timestamp(0);
    for_each_line(path, |line, bytes| {
        if bytes.trim_ascii().is_empty() {
            return;
        }
        let stamp: Stamp = serde_json::from_slice(bytes).unwrap_or_default();
        let at = stamp.ts.map_or(before, millis);
        before = at;
        let value = if stamp.pool.is_none() { with_pool(bytes, &feed.pool) } else { bytes.into() };
        found.push(Numbered { record: Record { topic: topic.into(), at, value, lines: 1 }, line });
    })?;
    found.sort_by_key(|numbered| numbered.record.at);
    let mut lines = Lines::of(path);
    for numbered in &found {
        lines.add(numbered.line);
        lines.end_record();
    }
    feed.places.insert(topic, lines);
    feed.records.extend(found.into_iter().map(|numbered| numbered.record));
    Ok(())
}

/// The line with a pool; as it is when it is no object.
fn with_pool(line: &[u8], pool: &str) -> Box<[u8]> {
    let Some(rest) = line.trim_ascii().strip_prefix(b"{") else { return line.into() };
    let comma = if rest.trim_ascii().starts_with(b"}") { "" } else { "," };
    let start = format!("{{\"pool\":{}{comma}", serde_json::Value::from(pool));
    [start.as_bytes(), rest].concat().into()
}

#[expect(clippy::cast_possible_truncation, reason = "saturates, and ingest refuses what is out of range")]
fn millis(ts: f64) -> Timestamp {
    Timestamp(ts.floor() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gets_a_pool_and_stays_json() {
        for (line, expected) in
            [(r#"{"ts":1}"#, r#"{"pool":"eu-\"1\"","ts":1}"#), ("{}", r#"{"pool":"eu-\"1\""}"#), ("broken", "broken")]
        {
            assert_eq!(String::from_utf8_lossy(&with_pool(line.as_bytes(), "eu-\"1\"")), expected);
        }
    }
}
