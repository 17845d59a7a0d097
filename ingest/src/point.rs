//! What every format checks of a point: when it was measured, and by whose clock.

use tidewatch_schemas::{RejectReason, Timestamp};

/// A day in milliseconds; a clock that is wrong by more is not believed at all.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// Why a point is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: RejectReason,
    pub(crate) detail: String,
}

impl Refusal {
    pub(crate) fn new(reason: RejectReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(RejectReason::Malformed, detail)
    }
}

/// An event time that may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventTime {
    pub(crate) at: Timestamp,
    /// Whether the agent's clock was too far ahead and the limit was taken instead.
    pub(crate) clamped: bool,
}

/// Holds the agent's time against the broker's.
///
/// A clock that runs a little ahead is set back to the limit, so that one agent cannot push the event time of its whole
/// partition forward; beyond a day, or before 2000, the point is refused.
pub(crate) fn event_time(at: Timestamp, received: Timestamp, future_ms: i64) -> Result<EventTime, Refusal> {
    if at < Timestamp::EARLIEST {
        let detail = format!("event time {at} must not be before {}", Timestamp::EARLIEST);
        return Err(Refusal::new(RejectReason::TimestampTooOld, detail));
    }
    if at - received > DAY_MS {
        let detail = format!("event time {at} must not be more than a day after the broker's {received}");
        return Err(Refusal::new(RejectReason::TimestampInFuture, detail));
    }
    let latest = received + future_ms;
    Ok(EventTime { at: at.min(latest), clamped: at > latest })
}

/// Refuses a point with more attributes than the limit.
pub(crate) fn verify_attributes(found: usize, most: usize) -> Result<(), Refusal> {
    if found > most {
        let detail = format!("{found} attributes must be at most {most}");
        return Err(Refusal::new(RejectReason::TooManyAttributes, detail));
    }
    Ok(())
}

/// When counting began, as far as that can be true: not before 2000 and not after the point itself.
pub(crate) fn start_time(start: Timestamp, at: Timestamp) -> Option<Timestamp> {
    (start >= Timestamp::EARLIEST && start <= at).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECEIVED: Timestamp = Timestamp(1_795_342_714_149);
    const LIMIT: i64 = 300_000;

    #[test]
    fn clocks_are_believed_clamped_or_refused() {
        let believed = |at| event_time(at, RECEIVED, LIMIT).map(|time| (time.at - RECEIVED, time.clamped));
        let reason = |at| event_time(at, RECEIVED, LIMIT).unwrap_err().reason;
        assert_eq!(believed(RECEIVED + -7 * DAY_MS), Ok((-7 * DAY_MS, false)));
        assert_eq!(believed(RECEIVED + LIMIT), Ok((LIMIT, false)));
        assert_eq!(believed(RECEIVED + (LIMIT + 1)), Ok((LIMIT, true)));
        assert_eq!(believed(RECEIVED + DAY_MS), Ok((LIMIT, true)));
        assert_eq!(reason(RECEIVED + (DAY_MS + 1)), RejectReason::TimestampInFuture);
        assert_eq!(reason(Timestamp(i64::MAX)), RejectReason::TimestampInFuture);
        assert_eq!(reason(Timestamp::EARLIEST + -1), RejectReason::TimestampTooOld);
        assert_eq!(reason(Timestamp(i64::MIN)), RejectReason::TimestampTooOld);
    }

    #[test]
    fn a_start_after_the_point_is_forgotten() {
        assert_eq!(start_time(RECEIVED, RECEIVED), Some(RECEIVED));
        assert_eq!(start_time(RECEIVED + 1, RECEIVED), None);
        assert_eq!(start_time(Timestamp(0), RECEIVED), None);
    }
}
