//! Moments and spans as people write them; clocks show UTC.

use jiff::tz::TimeZone;
use tidewatch_schemas::Timestamp;

/// Time from `start` to `at`: `+08:12`, `+1:02:03`.
pub(crate) fn since(start: Timestamp, at: Timestamp) -> String {
    let millis = at - start;
    let sign = if millis < 0 { '-' } else { '+' };
    let seconds = millis.unsigned_abs() / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours == 0 {
        format!("{sign}{minutes:02}:{seconds:02}")
    } else {
        format!("{sign}{hours}:{minutes:02}:{seconds:02}")
    }
}

/// The time of day: `10:26:28`.
pub(crate) fn clock(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(moment) => moment.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string(),
        Err(_) => at.to_string(),
    }
}

/// Day and time: `2026-11-22 10:26:28`.
pub(crate) fn date(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(moment) => moment.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => at.to_string(),
    }
}

/// Day and time as short as it can be told at `now`: `10:26:28` on the same day, `11-22 10:26` in the same year.
pub(crate) fn short(at: Timestamp, now: Timestamp) -> String {
    let (at_date, now_date) = (date(at), date(now));
    let is_same = |length: usize| at_date.get(..length) == now_date.get(..length);
    let part = match (is_same("2026-11-22".len()), is_same("2026".len())) {
        (true, _) => at_date.get("2026-11-22 ".len()..),
        (false, true) => at_date.get("2026-".len().."2026-11-22 10:26".len()),
        (false, false) => at_date.get(.."2026-11-22".len()),
    };
    part.map_or_else(|| at_date.clone(), str::to_owned)
}

/// A length of time: `46 s`, `1 min 52 s`, `2 h 5 min`, `3 d 4 h`.
pub(crate) fn span(millis: i64) -> String {
    let seconds = millis.max(0).saturating_add(500) / 1_000;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours @ 0..48, minutes, _) => format!("{hours} h {minutes} min"),
        (hours, ..) => format!("{} d {} h", hours / 24, hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_spans_read_as_people_write_them() {
        let start = Timestamp(1_795_342_708_886);
        assert_eq!(since(start, start + 492_000), "+08:12");
        assert_eq!(since(start, start + 3_723_000), "+1:02:03");
        assert_eq!(since(start, start + -5_000), "-00:05");
        assert_eq!(clock(start), "10:18:28");
        assert_eq!(date(start), "2026-11-22 10:18:28");
        let cases = [
            (46_200, "46 s"),
            (112_000, "1 min 52 s"),
            (7_500_000, "2 h 5 min"),
            (273_900_000, "3 d 4 h"),
            (-3, "0 s"),
        ];
        for (millis, expected) in cases {
            assert_eq!(span(millis), expected);
        }
        let day = 86_400_000;
        let cases = [(60_000, "10:18:28"), (day, "11-22 10:18"), (60 * day, "2026-11-22")];
        for (later, expected) in cases {
            assert_eq!(short(start, start + later), expected);
        }
    }
}
