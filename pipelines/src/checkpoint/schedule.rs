//! When a partition is due for a checkpoint: every interval, or earlier after many bytes, and partitions one after the
//! other instead of all at once.

use std::time::Duration;

use tidewatch_schemas::Timestamp;

/// When checkpoints are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    interval_ms: i64,
    most_bytes: u64,
}

/// The latest checkpoint of a partition, or its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// When it was.
    pub at: Timestamp,
    /// What [`StateStore::written`](crate::state::StateStore::written) was then.
    pub written: u64,
}

impl Schedule {
    /// Every `interval`, or once `most_bytes` were written since the checkpoint before.
    #[must_use]
    pub fn new(interval: Duration, most_bytes: u64) -> Self {
        let interval_ms = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
        Self { interval_ms, most_bytes: most_bytes.max(1) }
    }

    /// Whether `partition` is due at `now`, when its store has written so many bytes.
    #[must_use]
    pub fn is_due(&self, partition: i32, last: Last, now: Timestamp, written: u64) -> bool {
        written.saturating_sub(last.written) >= self.most_bytes
            || self.turn(partition, now) > self.turn(partition, last.at)
    }

    /// Turns of an interval each, shifted for each partition.
    fn turn(&self, partition: i32, at: Timestamp) -> i64 {
        at.0.saturating_add(self.shift(partition)).div_euclid(self.interval_ms)
    }

    /// Multiples of the golden ratio lie as far from each other as can be, however many there are.
    fn shift(&self, partition: i32) -> i64 {
        let spread = u64::from(partition.unsigned_abs()).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let share = (i128::from(spread) * i128::from(self.interval_ms)) >> 32;
        i64::try_from(share).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Schedule = Schedule { interval_ms: 60_000, most_bytes: 1_000 };

    fn last(at: i64) -> Last {
        Last { at: Timestamp(at), written: 500 }
    }

    #[test]
    fn a_partition_is_due_once_an_interval() {
        for partition in 0..100 {
            let (mut before, mut taken) = (last(0), 0);
            for now in (0..3_600_000).step_by(500).map(Timestamp) {
                if MINUTE.is_due(partition, before, now, 500) {
                    (before, taken) = (last(now.0), taken + 1);
                }
            }
            assert!((59..=60).contains(&taken), "partition {partition}: {taken} in an hour");
        }
    }

    #[test]
    fn many_bytes_make_it_due_earlier() {
        assert!(!MINUTE.is_due(0, last(0), Timestamp(1), 1_499));
        assert!(MINUTE.is_due(0, last(0), Timestamp(1), 1_500));
    }

    #[test]
    fn partitions_take_turns() {
        let due_at = |partition| (1..=60_000).find(|now| MINUTE.is_due(partition, last(0), Timestamp(*now), 500));
        let mut moments: Vec<i64> = (0..8).map(|partition| due_at(partition).expect("it is due once")).collect();
        moments.sort_unstable();
        let gaps: Vec<i64> = moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| *gap > 3_000), "{moments:?}");
    }
}
