//! Calendars as tenants have them, day by day.

mod events;
mod laws;
mod periods;
mod zones;

use jiff::civil::{Date, Weekday};

use super::*;

/// The date of a text such as `2026-12-24`.
fn date(text: &str) -> Date {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The instant of a text such as `2026-12-24T12:00:00Z`.
fn instant(text: &str) -> Timestamp {
    let moment: jiff::Timestamp = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    Timestamp(moment.as_millisecond())
}

/// What is special about the day with this date.
fn features(calendar: &Calendar, text: &str) -> Vec<Feature> {
    calendar.features(date(text)).iter().collect()
}

/// A calendar with the holidays of a country.
fn of_country(code: &str) -> Calendar {
    let country = Country::named(code).map(Arc::new);
    assert!(country.is_some(), "{code}");
    let holidays = Arc::new(Holidays { country, ..Holidays::default() });
    let business = BusinessDays { holidays, ..BusinessDays::default() };
    Calendar { business, ..Calendar::default() }
}

fn in_zone(name: &str) -> Calendar {
    Calendar { zone: zone_named(name).unwrap_or_else(|| panic!("{name}")), ..Calendar::default() }
}

#[test]
fn the_default_knows_weekends_and_month_ends() {
    let day = Calendar::default().day(instant("2026-11-30T13:00:00Z"));
    assert_eq!((day.from, day.until), (instant("2026-11-30T00:00:00Z"), instant("2026-12-01T00:00:00Z")));
    assert_eq!((day.weekday, day.offset_ms, day.number), (0, 0, 20_787));
    assert_eq!(day.features.iter().collect::<Vec<_>>(), [Feature::Last]);
}

#[test]
fn a_holiday_has_the_habits_of_a_sunday() {
    let germany = of_country("DE");
    let cases: [(&str, u8, &[Feature]); 4] = [
        ("2026-04-03", 6, &[Feature::Holiday]),
        ("2026-04-06", 6, &[Feature::Holiday]),
        ("2026-04-07", 1, &[]),
        // German Unity Day on a Saturday is a Saturday.
        ("2026-10-03", 5, &[]),
    ];
    for (text, weekday, expected) in cases {
        assert_eq!(germany.business.habits(date(text)), weekday, "{text}");
        assert_eq!(features(&germany, text), expected, "{text}");
    }
}

#[test]
fn a_weekend_of_friday_and_saturday_moves_month_ends() {
    let weekend = [Weekday::Friday, Weekday::Saturday].into_iter().collect();
    let holidays =
        Arc::new(Holidays { own: [(date("2026-09-23"), "National Day".into())].into(), ..Holidays::default() });
    let calendar = Calendar { business: BusinessDays { weekend, holidays }, ..Calendar::default() };
    // 2026-07-31 is a Friday, 2026-08-01 a Saturday.
    assert_eq!(features(&calendar, "2026-07-30"), [Feature::Last]);
    assert_eq!(features(&calendar, "2026-07-31"), []);
    assert_eq!(features(&calendar, "2026-08-02"), [Feature::First]);
    // A holiday has the habits of the end of this weekend.
    assert_eq!(calendar.business.habits(date("2026-09-23")), 5);
    assert_eq!(calendar.business.habits(date("2026-09-20")), 6);
}

#[test]
fn holidays_at_a_month_end_move_it() {
    let cases: [(&str, &str, &[Feature]); 12] = [
        ("SE", "2026-12-31", &[Feature::Holiday]),
        ("SE", "2026-12-30", &[Feature::Last, Feature::YearEnd]),
        ("SE", "2026-12-29", &[Feature::SecondLast, Feature::YearEnd]),
        ("SE", "2026-12-28", &[Feature::ThirdLast]),
        // Good Friday on 2024-03-29, the last weekday of a quarter.
        ("DE", "2024-03-29", &[Feature::Holiday]),
        ("DE", "2024-03-28", &[Feature::Last, Feature::QuarterEnd]),
        ("US", "2024-03-29", &[Feature::Last, Feature::QuarterEnd]),
        // Easter Monday 2024 on 1 April, 1 May 2026 on a Friday.
        ("DE", "2024-04-02", &[Feature::First]),
        ("DE", "2026-05-01", &[Feature::Holiday]),
        ("DE", "2026-05-04", &[Feature::First]),
        ("DE", "2026-05-05", &[Feature::Second]),
        ("US", "2026-05-01", &[Feature::First]),
    ];
    for (country, text, expected) in cases {
        assert_eq!(features(&of_country(country), text), expected, "{country} {text}");
    }
}

#[test]
fn a_workday_is_a_business_day_against_the_rule() {
    let country = Country::named("DE").map(Arc::new);
    let workdays = [date("2026-05-01"), date("2026-01-31")].into();
    let holidays = Arc::new(Holidays { country, workdays, ..Holidays::default() });
    let calendar = Calendar { business: BusinessDays { holidays, ..BusinessDays::default() }, ..Calendar::default() };
    assert_eq!(features(&calendar, "2026-05-01"), [Feature::First]);
    assert_eq!(features(&calendar, "2026-01-31"), [Feature::Last]);
    assert_eq!(features(&calendar, "2026-01-30"), [Feature::SecondLast]);
}

#[test]
fn today_asks_once_a_day() {
    let mut today = Today::new(Arc::new(in_zone("Asia/Kolkata")));
    let first = today.at(instant("2026-11-24T18:29:59Z"));
    assert_eq!(today.at(instant("2026-11-23T18:30:00Z")), first);
    assert_eq!(today.at(instant("2026-11-24T18:30:00Z")).number, first.number + 1);
}
