//! What a sum did since it was last seen: resets and start times are respected, gaps keep their length.
//!
//! A cumulative sum that shrank, or whose start time moved forward, began again from zero: what it shows is what it
//! grew by since. The first sample of a cumulative sum tells nothing: its total may be years old.

use serde::{Deserialize, Serialize};
use tidewatch_schemas::Timestamp;
use tidewatch_schemas::observation::{Sum, Temporality};

use crate::window::Sample;

/// What is remembered of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counter {
    at: Timestamp,
    value: f64,
    start: Option<Timestamp>,
}

impl Counter {
    /// What the sum says at `at`, given what it said before.
    ///
    /// A sum that may shrink is a level. `None` when there is nothing to compare with, or when the sample is not newer
    /// than the last one.
    pub fn advance(last: &mut Option<Self>, at: Timestamp, sum: &Sum) -> Option<Sample> {
        if !sum.monotonic {
            return Some(Sample::Level(sum.value));
        }
        if sum.temporality == Temporality::Delta && sum.start == Some(at) {
            return (sum.value.is_finite() && sum.value >= 0.0).then_some(Sample::Amount(sum.value));
        }
        let before = *last;
        if before.is_some_and(|before| at <= before.at) {
            return None;
        }
        *last = Some(Self { at, value: sum.value, start: sum.start });
        match sum.temporality {
            Temporality::Delta => grown(sum.value, at, sum.start.or(before.map(|before| before.at))),
            Temporality::Cumulative => cumulative(before, at, sum),
        }
    }
}

fn cumulative(before: Option<Counter>, at: Timestamp, sum: &Sum) -> Option<Sample> {
    let before = before?;
    if restarted(&before, sum) {
        let since = sum.start.filter(|start| *start > before.at).unwrap_or(before.at);
        return grown(sum.value, at, Some(since));
    }
    grown(sum.value - before.value, at, Some(before.at))
}

fn restarted(before: &Counter, sum: &Sum) -> bool {
    let moved = matches!((before.start, sum.start), (Some(old), Some(new)) if new > old);
    moved || sum.value < before.value
}

fn grown(amount: f64, at: Timestamp, since: Option<Timestamp>) -> Option<Sample> {
    let elapsed_ms = at - since?;
    (elapsed_ms > 0 && amount.is_finite() && amount >= 0.0).then_some(Sample::Increment { amount, elapsed_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(value: f64, temporality: Temporality, start: Option<i64>) -> Sum {
        Sum { value, temporality, monotonic: true, start: start.map(Timestamp) }
    }

    /// Feeds `(time, value, start)` of a cumulative sum and returns the last answer.
    fn last_of(samples: &[(i64, f64, Option<i64>)]) -> Option<Sample> {
        let mut state = None;
        let feed = |(at, value, start): &(i64, f64, Option<i64>)| {
            Counter::advance(&mut state, Timestamp(*at), &sum(*value, Temporality::Cumulative, *start))
        };
        samples.iter().map(feed).last().flatten()
    }

    #[test]
    fn a_cumulative_sum_gives_its_growth() {
        let grown = |amount, elapsed_ms| Some(Sample::Increment { amount, elapsed_ms });
        let cases = [
            ("first sample", vec![(10, 5.0, None)], None),
            ("growth", vec![(10, 5.0, None), (20, 8.0, None)], grown(3.0, 10)),
            ("no growth", vec![(10, 5.0, None), (20, 5.0, None)], grown(0.0, 10)),
            ("reset seen by value", vec![(10, 5.0, None), (20, 2.0, None)], grown(2.0, 10)),
            ("reset seen by start time", vec![(10, 5.0, Some(0)), (20, 9.0, Some(15))], grown(9.0, 5)),
            ("same time again", vec![(10, 5.0, None), (10, 8.0, None)], None),
            ("older", vec![(10, 5.0, None), (4, 8.0, None)], None),
        ];
        for (name, samples, expected) in cases {
            assert_eq!(last_of(&samples), expected, "{name}");
        }
    }

    #[test]
    fn a_delta_is_its_own_growth() {
        let mut state = None;
        let first = Counter::advance(&mut state, Timestamp(10), &sum(4.0, Temporality::Delta, None));
        let second = Counter::advance(&mut state, Timestamp(30), &sum(6.0, Temporality::Delta, None));
        let dated = Counter::advance(&mut state, Timestamp(40), &sum(1.0, Temporality::Delta, Some(35)));
        assert_eq!(first, None, "since when is unknown");
        assert_eq!(second, Some(Sample::Increment { amount: 6.0, elapsed_ms: 20 }));
        assert_eq!(dated, Some(Sample::Increment { amount: 1.0, elapsed_ms: 5 }));
    }

    #[test]
    fn a_delta_of_one_moment_is_an_amount_whatever_came_before() {
        let mut state = None;
        let mut feed =
            |at, value| Counter::advance(&mut state, Timestamp(at), &sum(value, Temporality::Delta, Some(at)));
        let found = [feed(10, 4.0), feed(10, 1.0), feed(5, 2.0), feed(20, -1.0), feed(20, f64::NAN)];
        let amounts = [4.0, 1.0, 2.0].map(|amount| Some(Sample::Amount(amount)));
        assert_eq!(found, [amounts[0].clone(), amounts[1].clone(), amounts[2].clone(), None, None]);
        assert_eq!(state, None);
    }

    #[test]
    fn a_sum_that_may_shrink_is_a_level() {
        let mut level = sum(4.0, Temporality::Cumulative, None);
        level.monotonic = false;
        assert_eq!(Counter::advance(&mut None, Timestamp(1), &level), Some(Sample::Level(4.0)));
    }
}
