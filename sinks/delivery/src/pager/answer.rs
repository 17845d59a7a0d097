//! What a channel's answer means.

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The channel has it.
    Taken,
    /// It may take it later: it is busy, broken or out of reach.
    Later {
        /// Why, for people.
        cause: String,
        /// How long it asks to be left alone, in milliseconds.
        after_ms: Option<i64>,
    },
    /// It will never take this request.
    Refused {
        /// Why, for people.
        cause: String,
    },
}

/// Longest part of an answer that is shown.
const SHOWN: usize = 300;
/// Longest time that a channel may ask to be left alone, in seconds.
const LONGEST_S: i64 = 3_600;

impl Answer {
    /// What a status says, with the header `retry-after` in seconds and the beginning of the body.
    #[must_use]
    pub fn of(status: u16, retry_after: Option<&str>, body: &str) -> Self {
        let cause = || format!("status {status}: {}", super::notice::cut(body.trim(), SHOWN));
        match status {
            200..=299 => Self::Taken,
            408 | 425 | 429 | 500..=599 => {
                // A date would need this machine's clock to be that of the channel's.
                let seconds = retry_after.and_then(|text| text.trim().parse::<i64>().ok());
                let after_ms = seconds.filter(|seconds| *seconds > 0).map(|seconds| seconds.min(LONGEST_S) * 1_000);
                Self::Later { cause: cause(), after_ms }
            }
            _ => Self::Refused { cause: cause() },
        }
    }

    /// The channel was not reached, or did not answer in time.
    #[must_use]
    pub fn unreached(cause: impl std::fmt::Display) -> Self {
        Self::Later { cause: cause.to_string(), after_ms: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_tried_again_and_what_is_wrong_is_not() {
        for status in [200, 201, 202, 204] {
            assert_eq!(Answer::of(status, None, "ok"), Answer::Taken);
        }
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(matches!(Answer::of(status, None, ""), Answer::Later { after_ms: None, .. }), "{status}");
        }
        for status in [301, 400, 401, 403, 404, 410, 413, 422] {
            assert!(matches!(Answer::of(status, Some("5"), "no"), Answer::Refused { .. }), "{status}");
        }
    }

    #[test]
    fn a_channel_that_asks_for_time_gets_it_within_reason() {
        let after = |text| match Answer::of(429, Some(text), "") {
            Answer::Later { after_ms, .. } => after_ms,
            other => panic!("{other:?}"),
        };
        assert_eq!(after("7"), Some(7_000));
        assert_eq!(after("999999999"), Some(3_600_000));
        assert_eq!([after("-1"), after("soon"), after("Wed, 21 Oct 2026 07:28:00 GMT")], [None; 3]);
    }
}
