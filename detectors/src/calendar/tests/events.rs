use super::*;

fn with_event(rule: Rule, base: Calendar) -> Calendar {
    Calendar { events: vec![Event { name: "payroll".to_owned(), rules: vec![rule] }], ..base }
}

/// The days of the first event from 2026-01-01 to the day before 2027-01-01, as `01-30`.
fn days(calendar: &Calendar) -> Vec<String> {
    let year = date("2026-01-01").series(jiff::ToSpan::day(1)).take_while(|day| day.year() == 2026);
    let due = year.filter(|day| calendar.features(*day).has(Feature::Event0));
    due.map(|day| day.strftime("%m-%d").to_string()).collect()
}

#[test]
fn a_day_of_the_month_moves_to_a_business_day() {
    let base = of_country("DE");
    let stay = days(&with_event(Rule::DayOfMonth { day: 25, shift: Shift::Stay }, base.clone()));
    assert_eq!(stay.len(), 12);
    assert!(stay.iter().all(|day| day.ends_with("-25")), "{stay:?}");
    let before = days(&with_event(Rule::DayOfMonth { day: 25, shift: Shift::Previous }, base.clone()));
    let expected =
        ["01-23", "02-25", "03-25", "04-24", "05-22", "06-25", "07-24", "08-25", "09-25", "10-23", "11-25", "12-24"];
    assert_eq!(before, expected);
    let after = days(&with_event(Rule::DayOfMonth { day: 31, shift: Shift::Next }, base));
    let expected =
        ["02-02", "03-02", "03-31", "04-30", "06-01", "06-30", "07-31", "08-31", "09-30", "11-02", "11-30", "12-31"];
    assert_eq!(after, expected, "the last day of short months, and into the next month");
}

#[test]
fn a_business_day_counts_from_either_end_of_a_period() {
    let base = of_country("DE");
    let last = days(&with_event(Rule::BusinessDay(-1), base.clone()));
    assert_eq!(last.first().map(String::as_str), Some("01-30"));
    assert_eq!(last.len(), 12);
    let third_last = days(&with_event(Rule::BusinessDay(-3), base.clone()));
    assert_eq!(third_last.first().map(String::as_str), Some("01-28"));
    let third = days(&with_event(Rule::BusinessDay(3), base.clone()));
    assert_eq!(third.first().map(String::as_str), Some("01-06"));
    assert_eq!(days(&with_event(Rule::BusinessDay(0), base)), Vec::<String>::new());
}

#[test]
fn weekdays_and_ranges_are_days_of_events_too() {
    let mondays = with_event(Rule::Weekday([Weekday::Monday].into_iter().collect()), Calendar::default());
    assert_eq!(days(&mondays).len(), 52);
    let range = Rule::Dates(vec![(date("2026-10-30"), date("2026-11-01")), (date("2026-12-24"), date("2026-12-24"))]);
    let ranges = with_event(range, Calendar::default());
    assert_eq!(days(&ranges), ["10-30", "10-31", "11-01", "12-24"]);
}

#[test]
fn four_kinds_of_events_are_told_apart() {
    let rule = |text: &str| vec![Rule::Dates(vec![(date(text), date(text))])];
    let names = ["payroll", "budgeting", "onboarding", "stocktaking", "one too many"];
    let events = names.map(|name| Event { name: name.to_owned(), rules: rule("2026-11-24") });
    let calendar = Calendar { events: events.to_vec(), ..Calendar::default() };
    assert_eq!(features(&calendar, "2026-11-24"), Feature::EVENTS);
    assert_eq!(calendar.event_name(Feature::Event2), Some("onboarding"));
    assert_eq!(calendar.event_name(Feature::Last), None);
    assert_eq!(Calendar::default().event_name(Feature::Event0), None);
}
