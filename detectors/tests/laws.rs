//! Laws of the series detector: what must hold of any series, whatever its values.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

#[path = "laws/series.rs"]
mod series;

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use series::{DAY_MS, Feed, HALF_HOUR_MS, Point, constant, judged, weeks, wild};
use tidewatch_detectors::calendar::{Calendar, zone_named};
use tidewatch_detectors::{Judgement, SeriesState};
use tidewatch_schemas::Timestamp;

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(3), failure_persistence: None, ..ProptestConfig::default() }
}

fn alarms(judgements: &[Judgement]) -> Vec<Timestamp> {
    judgements.iter().filter(|row| row.alarm).map(|row| row.window_start).collect()
}

fn mapped(points: &[Point], change: impl Fn(f64) -> f64) -> Vec<Point> {
    points.iter().map(|point| Point { value: change(point.value), ..*point }).collect()
}

/// The greatest difference of scores in nats, that of all but one window in fifty, and how many windows are alarms in one
/// only. An alarm at the very threshold that comes a window later is two.
fn difference(ones: &[Judgement], others: &[Judgement]) -> (f64, f64, usize) {
    assert_eq!(ones.len(), others.len());
    let pairs = || ones.iter().zip(others);
    let mut apart: Vec<f64> = pairs().map(|(one, other)| (one.score - other.score).abs()).collect();
    apart.sort_by(f64::total_cmp);
    let alarms = pairs().filter(|(one, other)| one.alarm != other.alarm).count();
    (apart[apart.len() - 1], apart[apart.len() * 49 / 50], alarms)
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn another_unit_changes_no_judgement(course in weeks(), power in -8..12_i32) {
        let points = course.points();
        let factor = 2_f64.powi(power);
        let plain = judged(&points, &Feed::default());
        let scaled = judged(&mapped(&points, |value| value * factor), &Feed::default());
        let (most, _, alarms) = difference(&plain, &scaled);
        prop_assert!(alarms == 0 && most < 0.02, "{most} nats, {alarms} alarms");
        for (one, other) in plain.iter().zip(&scaled) {
            let is_near = |one: f64, other: f64| {
                let one = one * factor;
                one == other || (one - other).abs() < 1e-3 * one.abs().max(factor)
            };
            prop_assert!(is_near(one.expected, other.expected) && is_near(one.upper, other.upper), "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_factor_that_no_float_holds_changes_next_to_nothing(course in weeks(), factor in 0.01..90.0_f64) {
        let points = course.points();
        let plain = judged(&points, &Feed::default());
        let scaled = judged(&mapped(&points, |value| value * factor), &Feed::default());
        let (most, usual, alarms) = difference(&plain, &scaled);
        prop_assert!(alarms <= 2 && usual < 0.25, "{most} nats, mostly {usual}, {alarms} alarms");
    }

    #[test]
    fn another_zero_point_changes_no_judgement(course in weeks(), zero in -100..100_i32) {
        let points = course.points();
        let plain = judged(&points, &Feed::default());
        let moved = judged(&mapped(&points, |value| value + f64::from(zero)), &Feed::default());
        let (most, usual, alarms) = difference(&plain, &moved);
        prop_assert!(alarms <= 2 && usual < 0.25, "{most} nats, mostly {usual}, {alarms} alarms");
    }

    #[test]
    fn it_does_not_matter_in_what_portions_values_come(course in weeks(), portion in 2..7_usize) {
        let points = course.points();
        let one_by_one = judged(&points, &Feed::default());
        let portions = judged(&points, &Feed { portion, ..Feed::default() });
        prop_assert_eq!(one_by_one, portions);
    }

    #[test]
    fn what_is_no_number_changes_nothing(course in weeks(), every in 2..40_usize, which in 0..3_usize) {
        let points = course.points();
        let strange = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][which];
        let mut dirty = Vec::new();
        for (place, point) in points.iter().enumerate() {
            dirty.push(*point);
            if place % every == 0 {
                dirty.push(Point { value: strange, ..*point });
            }
        }
        prop_assert_eq!(judged(&points, &Feed::default()), judged(&dirty, &Feed::default()));
    }

    #[test]
    fn a_series_that_is_constant_never_alarms(points in constant()) {
        let judgements = judged(&points, &Feed::default());
        prop_assert!(alarms(&judgements).is_empty(), "{:?}", alarms(&judgements));
        prop_assert!(judgements.iter().all(|row| !row.stands_out));
    }

    #[test]
    fn what_is_back_where_it_always_was_is_no_news(value in -100..100_i32, leap in 1..5_000_i32, every in 100..300_usize) {
        let points = series::with_leaps(f64::from(value), f64::from(leap), every);
        let feed = Feed { false_alarms: 1.0, ..Feed::default() };
        for row in judged(&points, &feed).iter().filter(|row| row.alarm) {
            prop_assert!(row.value > f64::from(value), "an alarm at {row:?}");
        }
    }

    #[test]
    fn a_restart_in_the_middle_changes_nothing(course in weeks(), at in 0.0..1.0_f64) {
        let points = course.points();
        let restart = Some(at);
        prop_assert_eq!(judged(&points, &Feed::default()), judged(&points, &Feed { restart, ..Feed::default() }));
    }

    #[test]
    fn what_comes_late_or_twice_changes_nothing(course in weeks(), every in 2..40_usize, back in 3..20_usize) {
        let points = course.points();
        let mut repeated = Vec::new();
        for (place, point) in points.iter().enumerate() {
            repeated.push(*point);
            if place % every == 0 {
                repeated.push(*point);
                let old = points[place.saturating_sub(back)];
                repeated.extend((place >= back).then_some(Point { value: 1e6, ..old }));
            }
        }
        prop_assert_eq!(judged(&points, &Feed::default()), judged(&repeated, &Feed::default()));
    }

    #[test]
    fn any_values_at_any_times_are_survived_with_numbers(points in wild()) {
        for row in judged(&points, &Feed::default()) {
            prop_assert!(row.score.is_finite() && row.score >= 0.0 && row.threshold > 0.0, "{row:?}");
            prop_assert!(row.expected.is_finite() && row.lower <= row.upper, "{row:?}");
        }
    }
}

#[test]
fn the_random_series_are_worth_judging() {
    let judgements = judged(&series::example(), &Feed::default());
    assert!(alarms(&judgements).len() >= 2, "{:?}", alarms(&judgements));
    assert!(judgements.iter().any(|row| row.stands_out));
}

/// A quiet night and a busy day from nine to five by the clocks of `zone`, for four weeks before `middle` and two after it.
fn office_hours(zone: &str, middle: &str, seed: u64) -> (Vec<Point>, Timestamp, Arc<Calendar>) {
    let zone = zone_named(zone).expect("the zone is known");
    let calendar = Arc::new(Calendar { zone, ..Calendar::default() });
    let middle: jiff::Timestamp = middle.parse().expect("a moment");
    let middle = Timestamp(middle.as_millisecond());
    let mut noise = series::Noise(seed);
    let steps = (-28 * 48..14 * 48).map(|step| middle + step * HALF_HOUR_MS);
    let points = steps.map(|at| {
        let hour = calendar.day(at).time_of_day(at) / 3_600_000;
        let level = if (9..17).contains(&hour) { 100.0 } else { 20.0 };
        Point { at, value: level + noise.next() }
    });
    (points.collect(), middle, calendar)
}

/// What comes after the middle of twenty such series.
#[derive(Debug, Default)]
struct After {
    /// Alarms in the first three days.
    alarms: usize,
    /// The greatest distance of what is expected from what comes, from the fourth day to the tenth.
    wrong: f64,
}

fn after(zone: &str, middle: &str, is_known: bool) -> After {
    let mut sum = After::default();
    for seed in 0..20 {
        let (points, middle, calendar) = office_hours(zone, middle, seed);
        let calendar = if is_known { calendar } else { Arc::default() };
        let rows = judged(&points, &Feed { calendar, false_alarms: 1.0, ..Feed::default() });
        let between = |from: i64, until: i64| {
            let days = middle + from * DAY_MS..middle + until * DAY_MS;
            rows.iter().filter(move |row| days.contains(&row.window_start))
        };
        sum.alarms += between(0, 3).filter(|row| row.alarm).count();
        sum.wrong = between(3, 10).map(|row| (row.value - row.expected).abs()).fold(sum.wrong, f64::max);
    }
    sum
}

#[test]
fn a_change_of_clocks_is_no_news_and_teaches_no_wrong_hour() {
    for change in ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"] {
        let (known, unknown) = (after("Europe/Berlin", change, true), after("Europe/Berlin", change, false));
        let unchanged = after("Africa/Lagos", change, true);
        assert!(known.alarms <= unchanged.alarms + 5, "{change}: {known:?}, where clocks stay {unchanged:?}");
        assert!(unknown.alarms >= known.alarms + 10, "{change}: {known:?}, where it is not known {unknown:?}");
        assert!(known.wrong < 40.0, "{change}: {known:?}, where office hours are 80 above night");
    }
}

#[test]
fn memory_stays_the_same_size() {
    let (short, long) = (series::example(), series::steady(400));
    let size = |points: &[Point]| {
        let state: SeriesState = series::state_after(points, &Feed::default());
        postcard::to_stdvec(&state).expect("a state can be written").len()
    };
    let (short, long) = (size(&short), size(&long));
    assert!(long < short + 600, "{short} bytes after three weeks, {long} after more than a year");
}

#[test]
fn a_wild_value_blinds_nobody() {
    for wild in [1e3, 1e6, 1e12, -1e12] {
        for later in [3, 10, 39] {
            let mut points = series::steady(21 + later);
            points[20 * 48].value = wild;
            let last = points.len() - 48;
            points[last..].iter_mut().for_each(|point| point.value += 60.0);
            let since = points[last].at;
            let told = alarms(&judged(&points, &Feed { false_alarms: 1.0, ..Feed::default() }));
            assert!(told.iter().any(|at| *at >= since), "{wild}, {later} days later: {told:?}");
        }
    }
}
