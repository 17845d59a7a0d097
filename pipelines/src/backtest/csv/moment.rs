//! Times as they stand in CSV files.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tidewatch_schemas::Timestamp;

/// From this number on, a number counts milliseconds: as seconds it is the year 5138, as milliseconds 1973.
const FIRST_MILLIS: f64 = 1e11;

/// The time that `text` says; without a zone it is UTC.
pub(in crate::backtest) fn parse(text: &str) -> Option<Timestamp> {
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then(|| of_number(number));
    }
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(Timestamp(moment.as_millisecond()));
    }
    let moment = text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp(moment.timestamp().as_millisecond()))
}

/// Whether a time is written as a number.
pub(super) fn is_number(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit() || letter == '-' || letter == '.')
        && text.parse::<f64>().is_ok()
}

/// The time that a number says: seconds or milliseconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "saturates, and ingest refuses what is out of range")]
pub(in crate::backtest) fn of_number(number: f64) -> Timestamp {
    let millis = if number.abs() < FIRST_MILLIS { number * 1_000.0 } else { number };
    Timestamp(millis.floor() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_moment_can_be_written_in_many_ways() {
        for text in [
            "2014-04-01 00:05:00",
            "2014-04-01T00:05:00",
            "2014-04-01T00:05:00Z",
            "2014-04-01T02:05:00+02:00",
            "2014-04-01 00:05:00.000",
            "1396310700",
            "1396310700.0",
            "1396310700000",
        ] {
            assert_eq!(parse(text), Some(Timestamp(1_396_310_700_000)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in ["", "soon", "NaN", "inf", "2014-13-01 00:00:00", "timestamp"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
