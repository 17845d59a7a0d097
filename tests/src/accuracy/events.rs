//! The rules for sets with a label per row.
//!
//! - An *event* is a run of labelled rows. It is found by an alarm in one of its rows or in the `after` rows behind it: a
//!   window is judged when it is over, and labels of one row are common.
//! - Alarms within `together` seconds of the first of them are one: whoever alarms without end alarms every hour. It is
//!   *false* when none of its rows finds an event.
//! - The *delay* of an event is the time from its first row to its first alarm.
//! - Rows that a set gives for learning only are judged, because that is how the series begins, but not scored.

use std::ops::Range;

/// What counts as found, and what as one alarm.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Rows behind an event in which an alarm still finds it.
    pub after: usize,
    /// Seconds from an alarm on in which others are the same one.
    pub together: i64,
}

/// The rules of every figure in the documentation.
pub const RULES: Rules = Rules { after: 3, together: 3_600 };

/// The truth about a series.
#[derive(Clone, Debug)]
pub struct Truth {
    /// When its rows were taken, in seconds.
    pub times: Vec<i64>,
    /// Runs of labelled rows.
    pub events: Vec<Range<usize>>,
    /// The first row that is scored.
    pub from: usize,
}

/// What came of one or many series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Events.
    pub events: usize,
    /// Events that were found.
    pub found: usize,
    /// Alarms that found none.
    pub wrong: usize,
    /// How long the found ones took, in seconds.
    pub delays: Vec<f64>,
}

impl Truth {
    /// The truth of rows with labels, scored from row `from` on; an event that begins earlier is none.
    #[must_use]
    pub fn new(times: Vec<i64>, labels: &[bool], from: usize) -> Self {
        let mut events: Vec<Range<usize>> = Vec::new();
        for row in (from..labels.len()).filter(|row| labels[*row]) {
            match events.last_mut() {
                Some(event) if event.end == row => event.end += 1,
                _ => events.push(row..row + 1),
            }
        }
        Self { times, events, from }
    }

    /// Counts what alarms in these rows found.
    #[must_use]
    pub fn score(&self, rules: &Rules, alarms: &[usize]) -> Tally {
        let alarms: Vec<usize> = alarms.iter().copied().filter(|row| *row >= self.from).collect();
        let finds = |event: &Range<usize>, row: usize| event.start <= row && row < event.end + rules.after;
        let mut tally = Tally { events: self.events.len(), ..Tally::default() };
        for event in &self.events {
            if let Some(first) = alarms.iter().find(|row| finds(event, **row)) {
                tally.found += 1;
                tally.delays.push((self.times[*first] - self.times[event.start]) as f64);
            }
        }
        let mut rest = alarms.as_slice();
        while let Some(first) = rest.first() {
            let until = self.times[*first] + rules.together;
            let (alarm, later) = rest.split_at(rest.partition_point(|row| self.times[*row] <= until));
            let is_right = alarm.iter().any(|row| self.events.iter().any(|event| finds(event, *row)));
            tally.wrong += usize::from(!is_right);
            rest = later;
        }
        tally
    }
}

impl Tally {
    /// Adds what came of other series.
    pub fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.found += other.found;
        self.wrong += other.wrong;
        self.delays.extend(&other.delays);
    }

    /// F1 over events: what is found against what is missed and false, both weighing the same.
    #[must_use]
    pub fn f1(&self) -> f64 {
        let twice = 2 * self.found;
        twice as f64 / (twice + self.wrong + self.events - self.found).max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth() -> Truth {
        let mut labels = vec![false; 100];
        labels[20..30].fill(true);
        labels[60] = true;
        Truth::new((0..100).map(|row| row * 300).collect(), &labels, 10)
    }

    fn score(alarms: &[usize]) -> (usize, usize, Vec<f64>) {
        let Tally { found, wrong, delays, .. } = truth().score(&RULES, alarms);
        (found, wrong, delays)
    }

    #[test]
    fn an_event_is_found_by_an_alarm_in_it_or_shortly_after() {
        assert_eq!(score(&[19]), (0, 1, vec![]));
        assert_eq!(score(&[20]), (1, 0, vec![0.0]));
        assert_eq!(score(&[32]), (1, 0, vec![3_600.0]));
        assert_eq!(score(&[33]), (0, 1, vec![]));
        assert_eq!(score(&[63]), (1, 0, vec![900.0]));
    }

    #[test]
    fn alarms_within_an_hour_are_one_and_right_when_one_of_them_is() {
        assert_eq!(score(&[15, 25]), (1, 0, vec![1_500.0]));
        assert_eq!(score(&[40, 52, 75]), (0, 2, vec![]));
        assert_eq!(score(&[40, 47, 54, 75]), (0, 3, vec![]), "a chain of alarms does not last for ever");
    }

    #[test]
    fn what_is_given_for_learning_is_not_scored() {
        assert_eq!(score(&[3, 9]), (0, 0, vec![]));
    }

    #[test]
    fn the_summary_weighs_misses_and_false_alarms_alike() {
        let mut tally = truth().score(&RULES, &[25, 45]);
        assert_eq!(tally.f1(), 0.5);
        tally.add(&truth().score(&RULES, &[25, 60]));
        assert_eq!((tally.events, tally.found, tally.wrong), (4, 3, 1));
    }
}
