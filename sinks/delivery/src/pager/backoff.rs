//! How long to wait before the next attempt: twice as long each time, up to five minutes, and not all at once.

/// Wait after the first attempt, in milliseconds.
const FIRST_MS: i64 = 1_000;
/// Longest wait, in milliseconds.
const LONGEST_MS: i64 = 300_000;

/// Milliseconds to wait after `attempts` attempts in vain. `key` spreads those that failed together over a quarter of the time
/// to both sides, always in the same way.
#[must_use]
pub fn wait_ms(attempts: u32, key: &[u8]) -> i64 {
    let usual = FIRST_MS.saturating_mul(1 << attempts.saturating_sub(1).min(20)).min(LONGEST_MS);
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = key.iter().chain(&attempts.to_be_bytes()).fold(0xcbf2_9ce4_8422_2325, fold);
    let share = i64::try_from(hash >> 40 & 0x3FF).unwrap_or(0);
    usual * 3 / 4 + usual / 2 * share / 1_023
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_five_minutes_and_no_longer() {
        let mut longest = 0;
        for attempts in 1..200 {
            let wait = wait_ms(attempts, b"am/1f");
            let usual = FIRST_MS.saturating_mul(1 << (attempts - 1).min(20)).min(LONGEST_MS);
            assert!((usual * 3 / 4..=usual * 5 / 4).contains(&wait), "{attempts}: {wait}");
            longest = longest.max(wait);
        }
        assert!(longest > LONGEST_MS * 3 / 4);
    }

    #[test]
    fn those_that_failed_together_do_not_come_back_together() {
        let waits: std::collections::BTreeSet<i64> =
            (0..100_u32).map(|number| wait_ms(5, &number.to_be_bytes())).collect();
        assert!(waits.len() > 50, "{waits:?}");
        assert_eq!(wait_ms(5, b"x"), wait_ms(5, b"x"));
    }
}
