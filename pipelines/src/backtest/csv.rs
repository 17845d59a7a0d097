//! A CSV file as one series: `timestamp,value`, one point a line.
//!
//! A first line that does not begin with a time names the columns; those called `timestamp` (or `time`, `ts`, `date`) and
//! `value` are read, wherever they stand. Without it the first two are. Times are RFC 3339, `YYYY-MM-DD HH:MM:SS` in UTC, or
//! seconds or milliseconds since 1970, told apart by their size.
//!
//! **Windows.** Thresholds follow from how many windows a month has, so the window is the series' own spacing: the median
//! gap between its points, rounded down to a length that divides a day, and at least the configured one. Every point of
//! an evenly spaced series then is a window of its own.

mod moment;

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use tidewatch_ingest::{Format, Source};
use tidewatch_schemas::{RejectReason, Timestamp};

use super::BacktestError;
use super::files::{for_each_line, plain_name};
use super::refused::{Places, Refusals, Refused, place};
use super::run::{Feed, Record};

/// Topic that the points come from.
const TOPIC: &str = "csv";
/// Names that a column of times may have.
const TIMES: [&str; 4] = ["timestamp", "time", "ts", "date"];
/// Name of the column of values, and of the signal.
const VALUE: &str = "value";
const DAY_MS: i64 = 86_400_000;

/// The points of a file, in time order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    pub tenant: String,
    file: String,
    points: Vec<Point>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    at: Timestamp,
    value: f64,
    line: usize,
}

/// Which columns are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Columns {
    time: usize,
    value: usize,
}

/// A point in Tidewatch's own format.
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

/// A line that is refused.
#[derive(Debug, PartialEq)]
struct Bad(RejectReason, String);

/// Reads a file. Lines that are not points are refused.
pub(super) fn read(path: &Path, refused: &mut Refusals) -> Result<Series, BacktestError> {
    let mut columns = None;
    let mut points = Vec::new();
    for_each_line(path, |line, bytes| {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return;
        }
        if columns.is_none() {
            columns = header(text);
            if columns.is_some() {
                return;
            }
        }
        match point(text, *columns.get_or_insert(Columns { time: 0, value: 1 })) {
            Ok((at, value)) => points.push(Point { at, value, line }),
            Err(Bad(reason, detail)) => refused.add(Refused { place: place(path, line), reason, detail, count: 1 }),
        }
    })?;
    points.sort_by_key(|point| point.at);
    let name = plain_name(path);
    let tenant = name.strip_suffix(".csv").unwrap_or(name).to_owned();
    Ok(Series { tenant, file: path.display().to_string(), points })
}

/// The columns that the first line names; `None` when it is a point.
fn header(text: &str) -> Option<Columns> {
    let names: Vec<String> = fields(text).map(str::to_lowercase).collect();
    if names.first().is_none_or(|first| moment::parse(first).is_some()) {
        return None;
    }
    let time = names.iter().position(|name| TIMES.contains(&name.as_str())).unwrap_or(0);
    let value = names.iter().position(|name| name == VALUE).unwrap_or(1);
    Some(Columns { time, value })
}

fn fields(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(|field| field.trim().trim_matches('"'))
}

fn point(text: &str, columns: Columns) -> Result<(Timestamp, f64), Bad> {
    let time = fields(text).nth(columns.time).unwrap_or_default();
    let value = fields(text).nth(columns.value).unwrap_or_default();
    let unknown = || format!("{time:?} is no time; write RFC 3339, YYYY-MM-DD HH:MM:SS, or seconds since 1970");
    let at = moment::parse(time).ok_or_else(|| Bad(RejectReason::Malformed, unknown()))?;
    if value.is_empty() {
        return Err(Bad(RejectReason::MissingValue, "the line has no value".to_owned()));
    }
    let number: f64 = value.parse().map_err(|_| Bad(RejectReason::Malformed, format!("{value:?} is no number")))?;
    if number.is_finite() { Ok((at, number)) } else { Err(Bad(RejectReason::NotFinite, format!("value is {value}"))) }
}

impl Series {
    /// The window of this series, at least `least` milliseconds; a divisor of a day.
    pub fn window_ms(&self, least: i64) -> i64 {
        let mut gaps: Vec<i64> = self.points.windows(2).filter_map(gap).filter(|gap| *gap > 0).collect();
        gaps.sort_unstable();
        let median = gaps.get(gaps.len() / 2).copied().unwrap_or(least);
        divisor_of_a_day(median).max(least)
    }

    /// The points as JSON lines.
    pub fn feed(&self, pool: &str) -> Feed {
        let mut places = Places::default();
        places.add(TOPIC, Path::new(&self.file), self.points.iter().map(|point| point.line).collect());
        let topic: Arc<str> = TOPIC.into();
        let record = |point: &Point| {
            let line = serde_json::to_vec(&self.line(point, pool)).unwrap_or_default();
            Record { topic: Arc::clone(&topic), at: point.at, value: line.into() }
        };
        let records = self.points.iter().map(record).collect();
        let sources = vec![Source { topics: vec![TOPIC.to_owned()], format: Format::JsonLines }];
        Feed { pool: pool.to_owned(), sources, records, places }
    }

    fn line<'a>(&'a self, point: &Point, pool: &'a str) -> Line<'a> {
        let (tenant, resource) = (&self.tenant, &self.tenant);
        Line { ts: point.at.0, pool, tenant, resource, name: VALUE, unit: "1", kind: "gauge", value: point.value }
    }
}

fn gap(pair: &[Point]) -> Option<i64> {
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

    fn read_text(name: &str, text: &str) -> (Series, Refusals) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let mut refused = Refusals::default();
        (read(&path, &mut refused).unwrap(), refused)
    }

    fn values(series: &Series) -> Vec<(i64, f64)> {
        series.points.iter().map(|point| (point.at.0 / 1_000, point.value)).collect()
    }

    #[test]
    fn a_header_names_columns_and_its_absence_means_the_first_two() {
        let expected = vec![(1_396_310_400, 1.5), (1_396_310_700, 2.0)];
        for (case, text) in [
            ("names", "timestamp,value\n2014-04-01 00:00:00,1.5\n2014-04-01 00:05:00,2\n"),
            ("none", "2014-04-01T00:00:00Z,1.5\n2014-04-01T00:05:00Z,2\n"),
            ("other order", "label,Value,time\n0,1.5,1396310400\n1,2,1396310700\n"),
            ("quotes, milliseconds, windows", "\"when\",\"v\"\r\n\"1396310400000\",\"1.5\"\r\n\"1396310700000\",2\r\n"),
            ("out of order", "2014-04-01 00:05:00,2\n2014-04-01 00:00:00,1.5\n"),
        ] {
            let (series, refused) = read_text("cpu.csv", text);
            assert_eq!(values(&series), expected, "{case}");
            assert_eq!((series.tenant.as_str(), refused.total), ("cpu", 0), "{case}");
        }
    }

    #[test]
    fn bad_lines_are_listed_by_line_and_the_rest_goes_on() {
        let (series, refused) = read_text(
            "cpu.csv",
            "timestamp,value\n1396310400,1\nsoon,2\n1396310700\n1396311000,x\n1396311300,NaN\n1396311600,3\n",
        );
        assert_eq!(values(&series), [(1_396_310_400, 1.0), (1_396_311_600, 3.0)]);
        let told: Vec<_> =
            refused.listed.iter().map(|bad| (bad.place.rsplit_once('/').unwrap().1, bad.reason)).collect();
        assert_eq!(
            told,
            [
                ("cpu.csv:3", RejectReason::Malformed),
                ("cpu.csv:4", RejectReason::MissingValue),
                ("cpu.csv:5", RejectReason::Malformed),
                ("cpu.csv:6", RejectReason::NotFinite),
            ]
        );
    }

    #[test]
    fn the_window_is_the_usual_gap_and_divides_a_day() {
        for (gap_s, expected_s) in [(300, 300), (299, 288), (1, 10), (3_600, 3_600), (90_000, 86_400), (61, 60)] {
            let lines: Vec<_> = (0..20).map(|index| format!("{},1", 1_396_310_400 + index * gap_s)).collect();
            let window_ms = read_text("a.csv", &lines.join("\n")).0.window_ms(10_000);
            assert_eq!(window_ms / 1_000, expected_s, "{gap_s}");
            assert_eq!(DAY_MS % window_ms, 0, "{gap_s}");
        }
    }

    #[test]
    fn a_file_without_points_has_the_configured_window() {
        assert_eq!(read_text("a.csv", "timestamp,value\n").0.window_ms(10_000), 10_000);
    }
}
