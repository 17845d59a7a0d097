//! Where values and times stand in a picture, and round numbers to write beside its axes.

use jiff::tz::TimeZone;
use tidewatch_schemas::Timestamp;

use super::plot::{Column, Plot};

/// How much further than the values the band may stretch the axis, in ranges of the values.
const BAND: f64 = 0.35;
/// Share of a value below which differences are none.
const FLAT: f64 = 1e-6;
/// Steps between marks of a time axis, in seconds.
const TIME_STEPS: [i64; 14] =
    [1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600];
/// The same in months, where seconds are not enough.
const MONTH_STEPS: [i32; 5] = [1, 2, 3, 6, 12];
/// A month at its shortest, in seconds.
const MONTH_S: i64 = 28 * 86_400;

/// From values to heights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Heights {
    pub least: f64,
    pub most: f64,
    top: f64,
    bottom: f64,
}

impl Heights {
    /// The axis of `plot` between the heights `top` and `bottom`: all values, and the band as far as it tells something.
    pub fn of(plot: &Plot, (top, bottom): (f64, f64)) -> Self {
        let columns = || plot.columns.values();
        let (least, most) = range(columns().flat_map(|column| [column.low, column.high]));
        let room = (most - least) * BAND;
        let band = |column: &Column| [column.lower, column.expected, column.upper];
        let (lower, upper) = range(columns().flat_map(band));
        let least = least.min(lower.max(least - room));
        let most = most.max(upper.min(most + room));
        let is_flat = most - least <= FLAT * most.abs().max(least.abs());
        let margin = if is_flat { least.abs().max(1.0) * 0.5 } else { (most - least) * 0.04 };
        let floor = if least >= 0.0 && least - margin < 0.0 { 0.0 } else { least - margin };
        Self { least: floor, most: most + margin, top, bottom }
    }

    /// The height of a value; values beyond the axis stand at its ends.
    pub fn at(&self, value: f64) -> f64 {
        let share = (value - self.least) / (self.most - self.least);
        self.bottom - share.clamp(0.0, 1.0) * (self.bottom - self.top)
    }

    /// Round values on the axis, some `count` of them.
    pub fn marks(&self, count: f64) -> Vec<f64> {
        let step = round_step((self.most - self.least) / count);
        let first = (self.least / step).ceil();
        let marks = (0..20).map(|index| (first + f64::from(index)) * step);
        marks.take_while(|mark| *mark <= self.most).collect()
    }
}

/// The least and the greatest of the finite ones; 0 and 0 without any.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut found: Option<(f64, f64)> = None;
    for value in values.filter(|value| value.is_finite()) {
        let (least, most) = found.unwrap_or((value, value));
        found = Some((least.min(value), most.max(value)));
    }
    found.unwrap_or((0.0, 0.0))
}

/// 1, 2 or 5 times a power of ten, at least `least`.
fn round_step(least: f64) -> f64 {
    let least = least.max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= least).unwrap_or(power)
}

/// Round moments in the span of a picture, some `count` of them at most, and how each is written.
pub(super) fn moments(span: (Timestamp, Timestamp), count: i64) -> Vec<(Timestamp, String)> {
    let span_s = (span.1 - span.0) / 1_000;
    match TIME_STEPS.into_iter().find(|step| span_s / step <= count) {
        Some(step_s) => at_steps(span, step_s),
        None => at_months(span, span_s / MONTH_S, count),
    }
}

fn at_steps((from, until): (Timestamp, Timestamp), step_s: i64) -> Vec<(Timestamp, String)> {
    let step_ms = step_s * 1_000;
    // Weeks begin on Mondays; 1970-01-05 was one.
    let phase = if step_s >= 604_800 { 4 * 86_400_000 } else { 0 };
    let mut at = (from + -phase).floor_to(step_ms) + phase;
    let mut found = Vec::new();
    while at <= until {
        if at >= from {
            found.push((at, written(at, step_s)));
        }
        at = at + step_ms;
    }
    found
}

fn written(at: Timestamp, step_s: i64) -> String {
    let format = match step_s {
        ..60 => "%H:%M:%S",
        60..86_400 if at.0.rem_euclid(86_400_000) != 0 => "%H:%M",
        _ => "%b %-d",
    };
    date(at, format)
}

/// First days of months.
fn at_months((from, until): (Timestamp, Timestamp), months: i64, count: i64) -> Vec<(Timestamp, String)> {
    let step = MONTH_STEPS.into_iter().find(|step| months / i64::from(*step) <= count).unwrap_or(12);
    let first = jiff::Timestamp::from_millisecond(from.0).unwrap_or_default().to_zoned(TimeZone::UTC).date();
    let january = first.first_of_year();
    let mut found = Vec::new();
    for number in 0..1_200 {
        let Ok(day) = january.checked_add(jiff::Span::new().months(number * step)) else { break };
        let Ok(moment) = day.to_zoned(TimeZone::UTC) else { break };
        let at = Timestamp(moment.timestamp().as_millisecond());
        if at > until {
            break;
        }
        if at >= from {
            found.push((at, date(at, "%b %Y")));
        }
    }
    found
}

/// A moment in UTC by a format of strftime.
pub(super) fn date(at: Timestamp, format: &str) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    moment.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::plot::tests::plot;

    #[test]
    fn axes_have_round_numbers() {
        for (least, expected) in [(0.9, 1.0), (1.1, 2.0), (2.1, 5.0), (51.0, 100.0), (0.03, 0.05)] {
            assert!((round_step(least) - expected).abs() < 1e-12 * expected, "{least}");
        }
    }

    #[test]
    fn a_band_far_beyond_the_values_does_not_flatten_them() {
        let mut plot = plot(1);
        plot.see(plot.span.0, 10.0);
        plot.see(plot.span.1, 20.0);
        if let Some(column) = plot.columns.get_mut(&0) {
            (column.lower, column.upper) = (-1e9, 1e9);
        }
        let heights = Heights::of(&plot, (0.0, 100.0));
        assert!(heights.most < 25.0 && heights.least > 5.0, "{heights:?}");
        assert!(heights.at(20.0) < 25.0 && heights.at(10.0) > 75.0);
        assert_eq!((heights.at(1e9), heights.at(-1e9)), (0.0, 100.0));
    }

    #[test]
    fn a_constant_series_has_an_axis() {
        let mut plot = plot(1);
        plot.see(plot.span.0, 7.0);
        let heights = Heights::of(&plot, (0.0, 100.0));
        assert!((heights.at(7.0) - 50.0).abs() < 1e-9);
        assert!(!heights.marks(4.0).is_empty());
    }

    #[test]
    fn times_are_marked_at_round_moments() {
        let texts = |days| -> Vec<String> { moments(plot(days).span, 8).into_iter().map(|(_, text)| text).collect() };
        assert_eq!(texts(1), ["Jan 1", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "Jan 2"]);
        assert_eq!(texts(30), ["Jan 5", "Jan 12", "Jan 19", "Jan 26"]);
        assert_eq!(texts(180), ["Jan 2026", "Feb 2026", "Mar 2026", "Apr 2026", "May 2026", "Jun 2026"]);
        assert_eq!(texts(1_000), ["Jan 2026", "Jul 2026", "Jan 2027", "Jul 2027", "Jan 2028", "Jul 2028"]);
    }
}
