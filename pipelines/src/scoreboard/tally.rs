//! Every series' own alarms against labels: events found, false alarms a month, delay. This is what the knob promises,
//! before series are grouped into incidents.
//!
//! * An alarm begins with the first finding of its kind about a stretch of a series; findings that only go on about the same
//!   stretch are no alarms.
//! * It answers a fault of its tenant or resource when its window touches the time from the fault's start to the grace after
//!   its end. It is false when its window touches no fault at all.
//! * The delay is the time from the start of the fault to the end of the first window that answers it, as nobody can know
//!   earlier. A month has 30.44 days.

use std::collections::BTreeSet;

use serde::Serialize;
use tidewatch_schemas::{Finding, SeriesId, SeriesKey, Timestamp};

use crate::labels::{Label, Labels};

const MONTH_MS: f64 = 365.25 / 12.0 * 86_400_000.0;

/// The beginning of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The series.
    pub series: SeriesId,
    /// Start of the window that gave it.
    pub from: Timestamp,
    /// End of that window: from then on it can be known.
    pub told: Timestamp,
}

/// What was said about one or more series.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Months of data, summed over the series.
    pub months: f64,
    /// Alarms that began.
    pub alarms: usize,
    /// The same a month; absent without time.
    pub alarms_per_month: Option<f64>,
    /// Absent without labels.
    #[serde(flatten)]
    pub against: Option<Against>,
}

/// Alarms against labels.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Against {
    /// Faults that are labelled.
    pub labelled: usize,
    /// Those that an alarm answers.
    pub found: usize,
    /// Those that none answers.
    pub missed: usize,
    /// Alarms while nothing was wrong.
    pub false_alarms: usize,
    /// The same per series and month; absent without time.
    pub false_alarms_per_month: Option<f64>,
    /// Median time from the start of a fault that was found until that can be known, in milliseconds.
    pub median_delay_ms: Option<i64>,
}

/// What was said about a series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeriesTally {
    /// Whose it is.
    #[serde(flatten)]
    pub key: SeriesKey,
    /// What was said.
    #[serde(flatten)]
    pub tally: Tally,
}

/// What was said about all series together: a fault that several series should show is found by the first that does.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Total {
    /// How many series there are.
    pub series: usize,
    /// What was said.
    #[serde(flatten)]
    pub tally: Tally,
    /// The faults that an alarm answers.
    #[serde(skip)]
    pub answered: Vec<Label>,
    #[serde(skip)]
    delays: Vec<i64>,
}

/// Those of `findings`, which are in the order in which they were found, with which an alarm begins.
#[must_use]
pub fn beginnings(mut findings: Vec<Finding>) -> Vec<Finding> {
    let mut known = BTreeSet::new();
    findings.retain(|finding| known.insert((finding.series, finding.detector, finding.since)));
    findings
}

impl From<&Finding> for Alarm {
    fn from(finding: &Finding) -> Self {
        Self { series: finding.series, from: finding.window_start, told: finding.window_end }
    }
}

impl SeriesTally {
    /// Compares those of `alarms` that are about this series with `labels`.
    #[must_use]
    pub fn of(key: SeriesKey, alarms: &[Alarm], labels: Option<&Labels>, span_ms: i64) -> Self {
        let id = key.id();
        let own: Vec<Alarm> = alarms.iter().filter(|alarm| alarm.series == id).copied().collect();
        let months = months(span_ms);
        let against = labels.map(|labels| {
            let faults = labels.faults.iter().filter(|fault| is_about(fault, &key));
            let answers: Vec<Option<i64>> = faults.map(|fault| delay(fault, labels.grace_ms, own.iter())).collect();
            Against::of(&answers, count_false(&own, labels), months)
        });
        let tally = Tally { months, alarms: own.len(), alarms_per_month: rate(own.len(), months), against };
        Self { key, tally }
    }
}

impl Total {
    /// Adds series that were judged together, each with its own tally in `series`.
    pub fn add(&mut self, series: &[SeriesTally], alarms: &[Alarm], labels: Option<&Labels>) {
        self.series += series.len();
        self.tally.months += series.iter().map(|of| of.tally.months).sum::<f64>();
        self.tally.alarms += series.iter().map(|of| of.tally.alarms).sum::<usize>();
        self.tally.alarms_per_month = rate(self.tally.alarms, self.tally.months);
        let Some(labels) = labels else { return };
        let before = self.tally.against.take().unwrap_or_default();
        let mut missed = before.missed;
        for fault in &labels.faults {
            let about: BTreeSet<SeriesId> =
                series.iter().filter(|of| is_about(fault, &of.key)).map(|of| of.key.id()).collect();
            let own = alarms.iter().filter(|alarm| about.contains(&alarm.series));
            match delay(fault, labels.grace_ms, own) {
                Some(delay) => {
                    self.delays.push(delay);
                    self.answered.push(fault.clone());
                }
                None => missed += 1,
            }
        }
        let false_of = |of: &SeriesTally| of.tally.against.as_ref().map_or(0, |against| against.false_alarms);
        let false_alarms = before.false_alarms + series.iter().map(false_of).sum::<usize>();
        self.tally.against = Some(Against {
            labelled: before.labelled + labels.faults.len(),
            found: self.delays.len(),
            missed,
            false_alarms,
            false_alarms_per_month: rate(false_alarms, self.tally.months),
            median_delay_ms: median(&self.delays),
        });
    }
}

impl Against {
    fn of(answers: &[Option<i64>], false_alarms: usize, months: f64) -> Self {
        let delays: Vec<i64> = answers.iter().flatten().copied().collect();
        Self {
            labelled: answers.len(),
            found: delays.len(),
            missed: answers.len() - delays.len(),
            false_alarms,
            false_alarms_per_month: rate(false_alarms, months),
            median_delay_ms: median(&delays),
        }
    }
}

/// Whether a fault should be seen in a series.
pub(crate) fn is_about(fault: &Label, key: &SeriesKey) -> bool {
    fault.tenants().contains(&key.tenant) || (!key.tenant.is_customer() && fault.resource == key.resource)
}

/// From the start of the fault to the end of the first window of `alarms` that answers it.
fn delay<'a>(fault: &Label, grace_ms: i64, alarms: impl Iterator<Item = &'a Alarm>) -> Option<i64> {
    let told = alarms.filter(|alarm| touches(fault, grace_ms, alarm)).map(|alarm| alarm.told).min()?;
    Some(told - fault.start)
}

/// Whether an alarm answers a fault that is felt for `grace_ms` after its end.
pub(crate) fn touches(fault: &Label, grace_ms: i64, alarm: &Alarm) -> bool {
    fault.start < alarm.told && alarm.from <= fault.end + grace_ms
}

fn count_false(own: &[Alarm], labels: &Labels) -> usize {
    let is_false = |alarm: &&Alarm| !labels.faults.iter().any(|fault| touches(fault, labels.grace_ms, alarm));
    own.iter().filter(is_false).count()
}

fn months(span_ms: i64) -> f64 {
    span_ms.max(0) as f64 / MONTH_MS
}

fn rate(count: usize, months: f64) -> Option<f64> {
    (months > 0.0).then(|| count as f64 / months)
}

fn median(values: &[i64]) -> Option<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests;
