//! A series of any length as a bounded number of columns, each with the least and the greatest of what falls into it: a
//! spike of a single point is still seen in a year.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewatch_detectors::Judgement;
use tidewatch_detectors::calendar::{Calendar, Feature, Today};
use tidewatch_schemas::{SeriesKey, Timestamp};

/// Columns of a plot.
pub const COLUMNS: usize = 960;

/// One series, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// Whose it is.
    pub key: SeriesKey,
    /// Unit of its values.
    pub unit: String,
    /// When it begins and ends.
    pub span: (Timestamp, Timestamp),
    /// How many values it has.
    pub points: usize,
    /// What was seen and expected, by column; columns without anything are absent.
    pub columns: BTreeMap<usize, Column>,
    /// Stretches in which something was really wrong.
    pub labels: Vec<Stretch>,
    /// Where alarms begin, with the sentence that says why.
    pub alarms: Vec<Mark>,
    /// Incidents of its tenant.
    pub incidents: Vec<Stretch>,
    /// Last business days of periods, in time order.
    pub period_ends: Vec<Timestamp>,
}

/// What falls into one column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// The least value; NaN where there is none.
    pub low: f64,
    /// The greatest value.
    pub high: f64,
    /// What was expected of the last judged window in it; NaN where none was.
    pub expected: f64,
    /// Lower end of the widest band.
    pub lower: f64,
    /// Upper end of the widest band.
    pub upper: f64,
}

/// Something that lasts.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// What it is.
    pub what: String,
    /// Whether it was found; for labels.
    pub found: bool,
}

/// The beginning of an alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// Why, in one sentence.
    pub why: String,
    /// Whether something was really wrong; absent where nobody says.
    pub is_right: Option<bool>,
}

impl Default for Column {
    fn default() -> Self {
        let none = f64::NAN;
        Self { low: none, high: none, expected: none, lower: none, upper: none }
    }
}

impl Column {
    fn see(&mut self, value: f64) {
        self.low = self.low.min(value);
        self.high = self.high.max(value);
    }

    fn judge(&mut self, judgement: &Judgement) {
        self.expected = judgement.expected;
        self.lower = self.lower.min(judgement.lower);
        self.upper = self.upper.max(judgement.upper);
    }
}

impl Plot {
    /// An empty plot of a series from the first to the last of `span`, with the period ends of `calendar`.
    #[must_use]
    pub fn new(key: SeriesKey, unit: String, span: (Timestamp, Timestamp), calendar: Arc<Calendar>) -> Self {
        let period_ends = period_ends(calendar, span);
        let (labels, alarms, incidents) = (Vec::new(), Vec::new(), Vec::new());
        Self { key, unit, span, points: 0, columns: BTreeMap::new(), labels, alarms, incidents, period_ends }
    }

    /// Adds a value.
    pub fn see(&mut self, at: Timestamp, value: f64) {
        if value.is_finite() {
            self.points += 1;
            self.column(at).see(value);
        }
    }

    /// Adds what was expected of a window.
    pub fn judge(&mut self, judgement: &Judgement) {
        self.column(judgement.window_start).judge(judgement);
    }

    fn column(&mut self, at: Timestamp) -> &mut Column {
        let place = self.place(at) * COLUMNS as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the number of columns")]
        let index = (place as usize).min(COLUMNS - 1);
        self.columns.entry(index).or_default()
    }

    /// Where in the plot a moment stands, from 0 to 1.
    #[must_use]
    pub fn place(&self, at: Timestamp) -> f64 {
        let (from, until) = self.span;
        ((at - from) as f64 / (until - from).max(1) as f64).clamp(0.0, 1.0)
    }

    /// What it is called: signal, attributes and tenant.
    #[must_use]
    pub fn name(&self) -> String {
        let SeriesKey { tenant, resource, signal, attributes, .. } = &self.key;
        let attributes: Vec<String> = attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let attributes = if attributes.is_empty() { String::new() } else { format!("{{{}}}", attributes.join(",")) };
        let place = if tenant.as_str() == resource.as_str() { String::new() } else { format!(" on {resource}") };
        format!("{signal}{attributes} of {tenant}{place}")
    }
}

/// The days in `span` that are the last business day of a period: their noon in the calendar's zone.
fn period_ends(calendar: Arc<Calendar>, (from, until): (Timestamp, Timestamp)) -> Vec<Timestamp> {
    let mut today = Today::new(calendar);
    let mut ends = Vec::new();
    let mut at = from;
    while at <= until {
        let day = today.at(at);
        let noon = day.from + (day.until - day.from) / 2;
        if day.features.has(Feature::Last) && from <= noon && noon <= until {
            ends.push(noon);
        }
        if day.until <= at {
            break;
        }
        at = day.until;
    }
    ends
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    pub(in crate::report) fn plot(days: i64) -> Plot {
        let key = SeriesKey {
            pool: "p".into(),
            tenant: "acme".into(),
            resource: "web".into(),
            signal: "latency".into(),
            attributes: BTreeMap::from([("route".to_owned(), "<sale>".to_owned())]),
        };
        let start = Timestamp(1_767_225_600_000);
        Plot::new(key, "s".to_owned(), (start, start + days * DAY_MS), Arc::default())
    }

    #[test]
    fn a_spike_of_one_point_is_still_there_in_a_year() {
        let mut plot = plot(365);
        let start = plot.span.0;
        for minute in 0..365 * 1_440 {
            plot.see(start + minute * 60_000, if minute == 300_000 { 99.0 } else { 1.0 });
        }
        assert_eq!((plot.columns.len(), plot.points), (COLUMNS, 525_600));
        let spikes: Vec<_> = plot.columns.iter().filter(|(_, column)| column.high > 1.0).map(|(at, _)| *at).collect();
        assert_eq!(spikes, [300_000 * COLUMNS / 525_600]);
        assert!(plot.columns.values().all(|column| column.low == 1.0 && column.expected.is_nan()));
    }

    #[test]
    fn periods_end_on_their_last_business_day() {
        let days: Vec<String> = plot(90).period_ends.iter().map(|at| at.to_string()[..10].to_owned()).collect();
        assert_eq!(days, ["2026-01-30", "2026-02-27", "2026-03-31"]);
    }

    #[test]
    fn a_name_leaves_out_what_says_nothing() {
        assert_eq!(plot(1).name(), "latency{route=<sale>} of acme on web");
        let mut table = plot(1);
        table.key.resource = "acme".into();
        table.key.attributes.clear();
        assert_eq!(table.name(), "latency of acme");
    }
}
