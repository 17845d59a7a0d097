use super::*;

const HOUR_MS: i64 = 3_600_000;

#[test]
fn days_begin_at_midnight_of_their_zone() {
    let cases = [
        ("UTC", "2026-11-24T12:00:00Z", "2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z", 0),
        ("Asia/Tokyo", "2026-11-24T15:00:00Z", "2026-11-24T15:00:00Z", "2026-11-25T15:00:00Z", 9 * 60),
        ("America/Sao_Paulo", "2026-11-24T02:59:59Z", "2026-11-23T03:00:00Z", "2026-11-24T03:00:00Z", -3 * 60),
        ("Pacific/Auckland", "2026-11-24T12:00:00Z", "2026-11-24T11:00:00Z", "2026-11-25T11:00:00Z", 13 * 60),
        ("Asia/Kolkata", "2026-11-24T18:30:00Z", "2026-11-24T18:30:00Z", "2026-11-25T18:30:00Z", 330),
        ("Asia/Kathmandu", "2026-11-24T18:14:00Z", "2026-11-23T18:15:00Z", "2026-11-24T18:15:00Z", 345),
        ("America/St_Johns", "2026-11-24T12:00:00Z", "2026-11-24T03:30:00Z", "2026-11-25T03:30:00Z", -210),
        ("Pacific/Kiritimati", "2026-11-24T10:00:00Z", "2026-11-24T10:00:00Z", "2026-11-25T10:00:00Z", 14 * 60),
    ];
    for (zone, at, from, until, minutes) in cases {
        let day = in_zone(zone).day(instant(at));
        assert_eq!((day.from, day.until), (instant(from), instant(until)), "{zone}");
        assert_eq!(day.offset_ms, minutes * 60_000, "{zone}");
        assert_eq!(day.time_of_day(day.from), 0, "{zone}");
    }
}

/// The days of a zone from `from` to `until`: number, hours and distance to UTC in hours.
fn days(zone: &str, from: &str, until: &str) -> Vec<(i32, f64, f64)> {
    let calendar = in_zone(zone);
    let (mut at, until) = (instant(from), instant(until));
    let mut found = Vec::new();
    while at < until {
        let day = calendar.day(at);
        assert_eq!(day.from, at, "{zone}");
        found.push((day.number, hours(day.until - day.from), hours(day.offset_ms)));
        at = day.until;
    }
    assert_eq!(at, until, "{zone}");
    found
}

fn hours(millis: i64) -> f64 {
    millis as f64 / HOUR_MS as f64
}

#[test]
fn a_day_on_which_clocks_are_changed_is_two() {
    // Berlin: 23 hours on 2026-03-29, 25 on 2026-10-25.
    let spring = days("Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
    assert_eq!(spring, [(20_541, 2.0, 1.0), (20_541, 21.0, 2.0)]);
    let autumn = days("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
    assert_eq!(autumn, [(20_751, 3.0, 2.0), (20_751, 22.0, 1.0)]);
    // New York: 23 hours on 2026-03-08, 25 on 2026-11-01.
    let spring = days("America/New_York", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z");
    assert_eq!(spring, [(20_520, 2.0, -5.0), (20_520, 21.0, -4.0)]);
    let autumn = days("America/New_York", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z");
    assert_eq!(autumn, [(20_758, 2.0, -4.0), (20_758, 23.0, -5.0)]);
    // Lord Howe Island: half an hour, on 2026-04-05 and 2026-10-04.
    let autumn = days("Australia/Lord_Howe", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z");
    assert_eq!(autumn, [(20_548, 2.0, 11.0), (20_548, 22.5, 10.5)]);
    let spring = days("Australia/Lord_Howe", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z");
    assert_eq!(spring, [(20_730, 2.0, 10.5), (20_730, 21.5, 11.0)]);
}

#[test]
fn clocks_may_be_changed_at_midnight() {
    // Sao Paulo had no midnight on 2018-11-04, and the last hour of 2018-02-17 twice.
    let spring = days("America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z");
    assert_eq!(spring, [(17_839, 23.0, -2.0)]);
    let autumn = days("America/Sao_Paulo", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z");
    assert_eq!(autumn, [(17_579, 24.0, -2.0), (17_579, 1.0, -3.0)]);
}

#[test]
fn a_day_that_a_country_left_out_is_left_out() {
    // Samoa crossed the date line after 2011-12-29.
    let found = days("Pacific/Apia", "2011-12-29T10:00:00Z", "2012-01-01T10:00:00Z");
    assert_eq!(found, [(15_337, 24.0, -10.0), (15_339, 24.0, 14.0), (15_340, 24.0, 14.0)]);
}

#[test]
fn features_are_those_of_the_civil_date() {
    let noon_in_utc = instant("2026-11-30T12:00:00Z");
    for (zone, expected) in [("Pacific/Auckland", Feature::First), ("America/New_York", Feature::Last)] {
        assert!(in_zone(zone).day(noon_in_utc).features.has(expected), "{zone}");
    }
}

#[test]
fn instants_beyond_all_calendars_are_days_in_utc() {
    for at in [Timestamp(i64::MIN / 2), Timestamp(i64::MAX / 2)] {
        let day = in_zone("Europe/Berlin").day(at);
        assert_eq!((day.offset_ms, day.features), (0, Features::default()));
    }
}

#[test]
fn zones_are_found_by_name_in_any_case() {
    assert!(zone_named("europe/berlin").is_some());
    assert!(zone_named("Europe/Berlim").is_none());
    assert!(zone_names().iter().any(|name| name == "America/Sao_Paulo"));
}
