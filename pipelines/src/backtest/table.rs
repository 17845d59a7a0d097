//! Rows of numbers at times: what a file of columns holds before it is judged.
//!
//! Every column is a series of the tenant that is named after the file, and all series of a file are judged together.
//!
//! **Windows.** Thresholds follow from how many windows a month has, so the window is the table's own spacing: the median
//! gap between its rows, rounded down to a length that divides a day, and at least the configured one. Every row of
//! an evenly spaced table then is a window of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use tidewatch_ingest::{Format, Source};
use tidewatch_schemas::{SeriesKey, Timestamp};

use super::refused::{Lines, Places};
use super::run::{Feed, Record};

/// Names that a column of times may have.
pub(super) const TIMES: [&str; 4] = ["timestamp", "time", "ts", "date"];
/// Names that a column of truth may have.
pub(super) const LABELS: [&str; 3] = ["label", "is_anomaly", "anomaly"];
/// A column that says which rows others learned from; this program learns from all of them as they come.
pub(super) const SPLIT: &str = "split";
/// Name of the column of values, and of the signal.
pub(super) const VALUE: &str = "value";
/// Topic that the rows come from.
const TOPIC: &str = "table";
/// Observations that are sent as one record: enough to save time, few enough for any limit on a record's size.
const BUNDLE: usize = 128;
const DAY_MS: i64 = 86_400_000;

/// The rows of a file, in time order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table {
    pub tenant: String,
    pub path: PathBuf,
    /// Names of the series, and where in a row their values stand.
    pub columns: Vec<(String, usize)>,
    pub rows: Vec<Row>,
    /// Whether rows say what was really wrong.
    pub is_labelled: bool,
    /// How much later the rows were put than the file says, in milliseconds.
    pub shift_ms: i64,
    values: Vec<f64>,
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row {
    pub at: Timestamp,
    /// Its line in the file, from 1.
    pub line: usize,
    /// Whether it is labelled as a part of something that was really wrong.
    pub is_wrong: bool,
    first: usize,
}

/// A value in Tidewatch's own format.
#[derive(Serialize)]
struct Line<'a> {
    ts: i64,
    pool: &'a str,
    tenant: &'a str,
    resource: &'a str,
    name: &'a str,
    unit: &'a str,
    kind: &'a str,
    value: f64,
}

impl Table {
    /// A tenant's table from a file, without rows yet.
    pub fn of(tenant: String, path: &Path) -> Self {
        Self { tenant, path: path.to_owned(), ..Self::default() }
    }

    /// Adds a row; `values` holds NaN where the row has none.
    pub fn push(&mut self, (at, line): (Timestamp, usize), is_wrong: bool, values: &[f64]) {
        self.rows.push(Row { at, line, is_wrong, first: self.values.len() });
        self.values.extend(values);
    }

    /// Puts the rows in time order; those of one moment keep theirs.
    pub fn sort(&mut self) {
        self.rows.sort_by_key(|row| row.at);
    }

    /// Moves all rows by `millis`.
    pub fn shift(&mut self, millis: i64) {
        self.shift_ms = millis;
        for row in &mut self.rows {
            row.at = row.at + millis;
        }
    }

    /// The value of a column in `row`, where there is one.
    pub fn value(&self, row: &Row, place: usize) -> Option<f64> {
        self.values.get(row.first + place).copied().filter(|value| value.is_finite())
    }

    /// The identity of a column's series.
    pub fn key(&self, pool: &str, column: &str) -> SeriesKey {
        SeriesKey {
            pool: pool.into(),
            tenant: self.tenant.as_str().into(),
            resource: self.tenant.as_str().into(),
            signal: column.into(),
            attributes: BTreeMap::new(),
        }
    }

    /// The window of these rows, at least `least` milliseconds; a divisor of a day.
    pub fn window_ms(&self, least: i64) -> i64 {
        let mut gaps: Vec<i64> = self.rows.windows(2).filter_map(gap).filter(|gap| *gap > 0).collect();
        gaps.sort_unstable();
        let median = gaps.get(gaps.len() / 2).copied().unwrap_or(least);
        divisor_of_a_day(median).max(least)
    }

    /// Stretches of labelled rows: from the first of them to the end of the last one's window.
    pub fn events(&self, window_ms: i64) -> Vec<(Timestamp, Timestamp)> {
        let mut events = Vec::new();
        let mut open: Option<(Timestamp, Timestamp)> = None;
        for row in &self.rows {
            if row.is_wrong {
                let from = open.map_or(row.at, |(from, _)| from);
                open = Some((from, row.at + window_ms));
            } else {
                events.extend(open.take());
            }
        }
        events.extend(open);
        events
    }

    /// The rows as JSON lines.
    pub fn feed(&self, pool: &str) -> Feed {
        let topic: Arc<str> = TOPIC.into();
        let mut lines = Lines::of(&self.path);
        let mut records = Vec::new();
        let mut bundle = Bundle::default();
        for row in &self.rows {
            for (column, place) in &self.columns {
                let Some(value) = self.value(row, *place) else { continue };
                self.write(&mut bundle.bytes, pool, (row.at, column, value));
                lines.add(row.line);
                bundle.count += 1;
            }
            bundle.at = row.at;
            if bundle.count >= BUNDLE {
                records.push(bundle.record(&topic));
                lines.end_record();
            }
        }
        if bundle.count > 0 {
            records.push(bundle.record(&topic));
            lines.end_record();
        }
        let mut places = Places::default();
        places.insert(TOPIC, lines);
        let sources = vec![Source { topics: vec![TOPIC.to_owned()], format: Format::JsonLines }];
        let span = self.rows.first().map(|row| row.at).zip(self.rows.last().map(|row| row.at));
        Feed { pool: pool.to_owned(), sources, records, places, span }
    }

    fn write(&self, bytes: &mut Vec<u8>, pool: &str, (at, name, value): (Timestamp, &str, f64)) {
        let (tenant, resource) = (self.tenant.as_str(), self.tenant.as_str());
        let line = Line { ts: at.0, pool, tenant, resource, name, unit: "1", kind: "gauge", value };
        // Text and finite numbers always have JSON.
        let _ = serde_json::to_writer(&mut *bytes, &line);
        bytes.push(b'\n');
    }
}

/// Lines on their way into one record.
#[derive(Default)]
struct Bundle {
    bytes: Vec<u8>,
    count: usize,
    at: Timestamp,
}

impl Bundle {
    fn record(&mut self, topic: &Arc<str>) -> Record {
        let Self { bytes, count, at } = std::mem::take(self);
        Record { topic: Arc::clone(topic), at, value: bytes.into(), lines: count }
    }
}

fn gap(pair: &[Row]) -> Option<i64> {
    let (one, next) = (pair.first()?, pair.last()?);
    Some(next.at - one.at)
}

/// The longest length of at most `most` that a day is a multiple of.
fn divisor_of_a_day(most: i64) -> i64 {
    let shortest = DAY_MS / most.clamp(1, DAY_MS);
    let windows = (shortest..=DAY_MS).find(|windows| DAY_MS % windows == 0 && DAY_MS / windows <= most);
    windows.map_or(1, |windows| DAY_MS / windows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(times_s: &[i64], wrong: &[usize]) -> Table {
        let mut table = Table { columns: vec![("value".to_owned(), 0)], ..Table::default() };
        for (index, seconds) in times_s.iter().enumerate() {
            table.push((Timestamp(seconds * 1_000), index + 1), wrong.contains(&index), &[1.0]);
        }
        table
    }

    #[test]
    fn the_window_is_the_usual_gap_and_divides_a_day() {
        for (gap_s, expected_s) in [(300, 300), (299, 288), (1, 10), (3_600, 3_600), (90_000, 86_400), (61, 60)] {
            let times: Vec<i64> = (0..20).map(|index| 1_396_310_400 + index * gap_s).collect();
            let window_ms = table(&times, &[]).window_ms(10_000);
            assert_eq!((window_ms, DAY_MS % window_ms), (expected_s * 1_000, 0), "gap of {gap_s} s");
        }
        assert_eq!(table(&[], &[]).window_ms(10_000), 10_000);
    }

    #[test]
    fn neighbours_that_are_labelled_are_one_event() {
        let events = table(&[0, 60, 120, 180, 240, 300], &[1, 2, 5]).events(60_000);
        let seconds: Vec<_> = events.iter().map(|(from, until)| (from.0 / 1_000, until.0 / 1_000)).collect();
        assert_eq!(seconds, [(60, 180), (300, 360)]);
    }

    #[test]
    fn a_feed_skips_what_a_row_does_not_have() {
        let mut table = Table { columns: vec![("b".to_owned(), 1)], tenant: "t".to_owned(), ..Table::default() };
        table.push((Timestamp(1_000), 1), false, &[1.0, f64::NAN]);
        table.push((Timestamp(2_000), 2), false, &[1.0, 5.5]);
        let feed = table.feed("p");
        let text = String::from_utf8_lossy(&feed.records[0].value).into_owned();
        assert_eq!((feed.records.len(), feed.records[0].lines), (1, 1));
        assert!(text.contains(r#""name":"b""#) && text.contains(r#""value":5.5"#), "{text}");
    }
}
