use super::*;

fn months(month: i8, day: i8) -> Calendar {
    let start = YearStart::new(month, day).unwrap();
    Calendar { periods: Periods::Months(start), ..Calendar::default() }
}

fn weeks(start: (i8, i8), on: Weekday, pattern: Pattern) -> Calendar {
    let start = YearStart::new(start.0, start.1).unwrap();
    Calendar { periods: Periods::Weeks { start, on, pattern }, ..Calendar::default() }
}

const LAST: &[Feature] = &[Feature::Last];
const QUARTER: &[Feature] = &[Feature::Last, Feature::QuarterEnd];
const YEAR: &[Feature] = &[Feature::Last, Feature::YearEnd];

#[test]
fn calendar_months_end_quarters_and_years() {
    let calendar = Calendar::default();
    let cases: [(&str, &[Feature]); 14] = [
        ("2026-01-30", LAST),
        ("2026-02-27", LAST),
        ("2026-03-31", QUARTER),
        ("2026-03-30", &[Feature::SecondLast, Feature::QuarterEnd]),
        ("2026-03-27", &[Feature::ThirdLast]),
        ("2026-04-01", &[Feature::First]),
        ("2026-04-02", &[Feature::Second]),
        ("2026-04-03", &[]),
        ("2026-06-30", QUARTER),
        ("2026-09-30", QUARTER),
        ("2026-12-31", YEAR),
        ("2026-12-30", &[Feature::SecondLast, Feature::YearEnd]),
        ("2026-12-29", &[Feature::ThirdLast]),
        ("2027-01-01", &[Feature::First]),
    ];
    for (text, expected) in cases {
        assert_eq!(features(&calendar, text), expected, "{text}");
    }
    assert_eq!(features(&calendar, "2024-02-29"), LAST, "a leap day");
    assert_eq!(features(&calendar, "2026-01-31"), [], "a Saturday");
}

#[test]
fn quarters_and_years_follow_the_start_of_the_fiscal_year() {
    let cases: [((i8, i8), &str, &[Feature]); 10] = [
        ((4, 1), "2026-03-31", YEAR),
        ((4, 1), "2026-12-31", QUARTER),
        ((4, 1), "2026-06-30", QUARTER),
        ((4, 1), "2026-05-29", LAST),
        ((10, 1), "2026-09-30", YEAR),
        ((2, 1), "2026-04-30", QUARTER),
        ((2, 1), "2026-03-31", LAST),
        // 5 April 2026 is a Sunday, 5 July too, 5 May a Tuesday.
        ((4, 6), "2026-04-03", YEAR),
        ((4, 6), "2026-07-03", QUARTER),
        ((4, 6), "2026-05-05", LAST),
    ];
    for ((month, day), text, expected) in cases {
        assert_eq!(features(&months(month, day), text), expected, "{month}-{day} {text}");
    }
    assert_eq!(features(&months(4, 6), "2026-04-06"), [Feature::First]);
    assert_eq!(features(&months(4, 6), "2026-03-31"), []);
}

#[test]
fn weeks_divide_a_year_by_their_pattern() {
    // The year that starts on the Sunday nearest to 1 February: 2026-02-01 to 2027-01-30, 52 weeks.
    let cases = [
        (Pattern::FourFourFive, ["2026-02-27", "2026-03-27", "2026-05-01"]),
        (Pattern::FourFiveFour, ["2026-02-27", "2026-04-03", "2026-05-01"]),
        (Pattern::FiveFourFour, ["2026-03-06", "2026-04-03", "2026-05-01"]),
    ];
    for (pattern, [one, two, three]) in cases {
        let calendar = weeks((2, 1), Weekday::Sunday, pattern);
        for (text, expected) in [(one, LAST), (two, LAST), (three, QUARTER), ("2027-01-29", YEAR)] {
            assert_eq!(features(&calendar, text), expected, "{pattern:?} {text}");
        }
        assert_eq!(features(&calendar, "2026-02-02"), [Feature::First], "{pattern:?}");
        assert_eq!(features(&calendar, "2026-01-30"), YEAR, "{pattern:?}");
    }
}

#[test]
fn a_53rd_week_belongs_to_the_last_period() {
    // The years of retail in the United States: 2023 began on 2023-01-29 and had 53 weeks, 2024 began on 2024-02-04.
    let periods = weeks((2, 1), Weekday::Sunday, Pattern::FourFiveFour).periods;
    let last = periods.holding(date("2024-02-03")).unwrap();
    assert_eq!((last.first, last.last, last.closes), (date("2023-12-31"), date("2024-02-03"), Close::Year));
    let first = periods.holding(date("2024-02-04")).unwrap();
    assert_eq!((first.first, first.last, first.closes), (date("2024-02-04"), date("2024-03-02"), Close::Period));
}

#[test]
fn a_year_of_weeks_may_start_in_the_year_before() {
    // The Monday nearest to 1 January 2026 is 2025-12-29.
    let periods = weeks((1, 1), Weekday::Monday, Pattern::FourFourFive).periods;
    assert_eq!(periods.holding(date("2025-12-29")).unwrap().last, date("2026-01-25"));
    assert_eq!(periods.holding(date("2025-12-28")).unwrap().closes, Close::Year);
}

#[test]
fn a_year_starts_on_a_day_that_every_year_has() {
    for (month, day) in [(0, 1), (13, 1), (1, 0), (2, 29), (4, 31)] {
        assert_eq!(YearStart::new(month, day), None, "{month}-{day}");
    }
}

#[test]
fn a_year_may_end_on_the_last_saturday_of_a_month() {
    let periods = weeks((1, 29), Weekday::Sunday, Pattern::FourFourFive).periods;
    for text in ["2025-01-25", "2026-01-31", "2027-01-30", "2028-01-29"] {
        let period = periods.holding(date(text)).unwrap();
        assert_eq!((period.last, period.closes), (date(text), Close::Year), "{text}");
    }
}

#[test]
fn months_from_the_31st_begin_on_the_last_day_of_shorter_ones() {
    let periods = months(12, 31).periods;
    let period = periods.holding(date("2026-03-05")).unwrap();
    assert_eq!((period.first, period.last, period.closes), (date("2026-02-28"), date("2026-03-30"), Close::Quarter));
}

#[test]
fn a_year_that_starts_near_the_end_of_december_holds_the_first_days_of_january() {
    let start = YearStart::new(12, 31).unwrap();
    let periods = Periods::Weeks { start, on: Weekday::Tuesday, pattern: Pattern::FourFourFive };
    let period = periods.holding(date("2029-01-01")).unwrap();
    assert_eq!((period.last, period.closes), (date("2029-01-01"), Close::Year));
    assert_eq!(periods.holding(date("2029-01-02")).unwrap().first, date("2029-01-02"));
}
