//! Durations and sizes as people write them: `10s`, `24h`, `1MiB`.
//!
//! A unit is always required. A bare number would be read as seconds by one person and as milliseconds by the next.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

use super::error::Wrong;

/// Units of size and how many bytes each is. Case matters: `MB` and `mb` are not the same thing to everyone.
const SIZES: [(&str, u64); 7] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];

/// Parses a duration of whole milliseconds, such as `24h`; a day has 24 hours.
///
/// # Errors
/// When it is none, is negative, or is finer than a millisecond.
pub fn duration(text: &str) -> Result<Duration, Wrong> {
    let advice = "write a number and a unit such as 10s";
    let not_one = || Wrong::new(format!("{text:?} is not a duration"), advice);
    let span: Span = text.trim().parse().map_err(|_| not_one())?;
    let signed = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| not_one())?;
    let parsed = Duration::try_from(signed)
        .map_err(|_| Wrong::new(format!("{text:?} is negative"), "write a duration that is not"))?;
    if parsed.subsec_nanos() % 1_000_000 != 0 {
        return Err(Wrong::new(
            format!("{text:?} is finer than a millisecond"),
            "write whole milliseconds such as 20ms",
        ));
    }
    Ok(parsed)
}

/// Parses a size into bytes.
pub(super) fn size(text: &str) -> Result<u64, Wrong> {
    let not_one = || {
        let advice = "write a whole number and one of B, KB, KiB, MB, MiB, GB, GiB, such as 1MiB";
        Wrong::new(format!("{text:?} is not a size"), advice)
    };
    let trimmed = text.trim();
    let digits = trimmed.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unit = trimmed.trim_start_matches(|letter: char| letter.is_ascii_digit()).trim_start();
    let number: u64 = digits.parse().map_err(|_| not_one())?;
    let (_, bytes) = SIZES.iter().find(|(name, _)| *name == unit).ok_or_else(not_one)?;
    number.checked_mul(*bytes).ok_or_else(not_one)
}

/// A duration as `duration` reads it, in the largest unit that needs no fraction.
pub(super) fn show_duration(value: Duration) -> String {
    let millis = value.as_millis();
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
    match units.into_iter().find(|(_, length)| millis >= *length && millis.is_multiple_of(*length)) {
        Some((name, length)) => format!("{}{name}", millis / length),
        None => format!("{millis}ms"),
    }
}

/// A size as `size` reads it, in the largest binary unit that needs no fraction.
pub(super) fn show_size(bytes: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match units.into_iter().find(|(_, length)| bytes >= *length && bytes.is_multiple_of(*length)) {
        Some((name, length)) => format!("{}{name}", bytes / length),
        None => format!("{bytes}B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        let cases = [
            ("20ms", 20),
            ("10s", 10_000),
            (" 10 s ", 10_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("24h", 86_400_000),
            ("1d", 86_400_000),
            ("0s", 0),
            ("1.5s", 1_500),
        ];
        for (text, millis) in cases {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_duration_is_refused_with_its_text() {
        let cases = [
            ("", "is not a duration"),
            ("10", "is not a duration"),
            ("7 parrots", "is not a duration"),
            ("1 month", "is not a duration"),
            ("s", "is not a duration"),
            ("99999999999999999999s", "is not a duration"),
            ("-5s", "is negative"),
            ("5s ago", "is negative"),
            ("1500us", "is finer than a millisecond"),
        ];
        for (text, expected) in cases {
            let wrong = duration(text).expect_err(text);
            assert_eq!(wrong.problem, format!("{text:?} {expected}"));
        }
    }

    #[test]
    fn sizes_are_a_whole_number_and_a_unit() {
        let cases =
            [("1MiB", 1 << 20), ("64KiB", 65_536), ("1MB", 1_000_000), ("7 B", 7), ("2GiB", 2 << 30), ("0B", 0)];
        for (text, bytes) in cases {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_size_is_refused_with_its_text() {
        for text in ["", "1", "MiB", "1mib", "1.5MiB", "-1MiB", "1 MiB MiB", "1M1iB", "99999999999999GiB", "٣B"] {
            assert_eq!(size(text).expect_err(text).problem, format!("{text:?} is not a size"));
        }
    }

    #[test]
    fn shown_quantities_can_be_read_again() {
        for text in ["0ms", "20ms", "1500ms", "10s", "90m", "5m", "1h", "7d"] {
            assert_eq!(show_duration(duration(text).unwrap()), text);
        }
        for text in ["0B", "7B", "1000000B", "64KiB", "1MiB", "3GiB"] {
            assert_eq!(show_size(size(text).unwrap()), text);
        }
    }
}
