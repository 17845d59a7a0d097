//! How fast a channel may be told, and how long it is left alone after it failed. Nothing of it is stored: after a restart a
//! channel is tried at once.

use std::collections::VecDeque;

use tidewatch_delivery::pager::backoff;

/// A minute in milliseconds.
const MINUTE_MS: i64 = 60_000;
/// Failures in a row from which a channel as a whole is left alone.
const FAILURES: u32 = 3;

/// The pace of one channel.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// Most calls in a minute.
    most: usize,
    /// When calls of the last minute were made.
    calls: VecDeque<i64>,
    failures: u32,
    resting_until_ms: i64,
    is_busy: bool,
}

impl Pace {
    /// At most `most` calls in a minute, one at a time.
    #[must_use]
    pub fn new(most: u32) -> Self {
        Self { most: most as usize, ..Self::default() }
    }

    /// Whether a call may be made now.
    #[must_use]
    pub fn is_free(&self, now_ms: i64) -> bool {
        !self.is_busy && now_ms >= self.resting_until_ms && self.left(now_ms) > 0
    }

    /// How many calls of this minute are left.
    #[must_use]
    pub fn left(&self, now_ms: i64) -> usize {
        let lately = self.calls.iter().filter(|at| now_ms - **at < MINUTE_MS).count();
        self.most.saturating_sub(lately)
    }

    /// Takes note of a call that begins.
    pub fn begin(&mut self, now_ms: i64) {
        self.is_busy = true;
        self.calls.retain(|at| now_ms - at < MINUTE_MS);
        self.calls.push_back(now_ms);
    }

    /// Takes note that the call is over. A channel that failed several times in a row is left alone for a while, so that what
    /// waits does not wear it down; one that asked for time (`until_ms`) gets it.
    pub fn ended(&mut self, was_heard: bool, (now_ms, until_ms): (i64, Option<i64>), name: &str) {
        self.is_busy = false;
        if was_heard {
            self.failures = 0;
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            let wait = backoff::wait_ms(self.failures - FAILURES + 1, name.as_bytes());
            self.resting_until_ms = until_ms.unwrap_or(now_ms).max(now_ms + wait);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_a_minute_are_counted() {
        let mut pace = Pace::new(2);
        for at in [0, 10] {
            assert!(pace.is_free(at));
            pace.begin(at);
            assert!(!pace.is_free(at), "one at a time");
            pace.ended(true, (at, None), "am");
        }
        assert!(!pace.is_free(59_999));
        assert!(pace.is_free(60_000));
        assert_eq!((pace.left(59_999), pace.left(60_000), pace.left(60_010)), (0, 1, 2));
    }

    #[test]
    fn a_channel_that_fails_again_and_again_is_left_alone_until_it_answers() {
        let mut pace = Pace::new(1_000);
        let fail = |pace: &mut Pace, at| {
            pace.begin(at);
            pace.ended(false, (at, None), "am");
        };
        fail(&mut pace, 0);
        fail(&mut pace, 1);
        assert!(pace.is_free(1), "two failures are no outage");
        fail(&mut pace, 2);
        assert!(!pace.is_free(3) && pace.is_free(2_000));
        (0..40).for_each(|turn| fail(&mut pace, turn));
        assert!(!pace.is_free(100_000) && pace.is_free(400_000));
        pace.begin(400_000);
        pace.ended(true, (400_000, None), "am");
        assert!(pace.is_free(400_001));
    }
}
