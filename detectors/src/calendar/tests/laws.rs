use proptest::prelude::*;

use super::*;

const DAY_MS: i64 = 86_400_000;
/// 1970 to 2100.
const INSTANTS: std::ops::Range<i64> = 0..4_102_444_800_000;

fn zones() -> impl Strategy<Value = Calendar> {
    let names = zone_names();
    (0..names.len()).prop_map(move |index| in_zone(&names[index]))
}

fn weekends() -> impl Strategy<Value = Weekdays> {
    proptest::bits::u8::between(0, 7).prop_map(|bits| {
        Weekday::Monday.cycle_forward().take(7).filter(|day| bits & 1 << day.to_monday_zero_offset() != 0).collect()
    })
}

fn periods() -> impl Strategy<Value = Periods> {
    let starts = (1..=12_i8, 1..=31_i8).prop_filter_map("a start", |(month, day)| YearStart::new(month, day));
    let patterns = prop_oneof![Just(Pattern::FourFourFive), Just(Pattern::FourFiveFour), Just(Pattern::FiveFourFour)];
    let weekdays = (0..7_i8).prop_map(|day| Weekday::from_monday_zero_offset(day).unwrap());
    prop_oneof![
        starts.clone().prop_map(Periods::Months),
        (starts, weekdays, patterns).prop_map(|(start, on, pattern)| Periods::Weeks { start, on, pattern }),
    ]
}

/// Calendars with holidays here and there.
fn calendars() -> impl Strategy<Value = Calendar> {
    let holidays = proptest::collection::btree_map(7_300..25_000_i64, Just("own".to_owned()), 0..400);
    (weekends(), periods(), holidays).prop_map(|(weekend, periods, days)| {
        let own = days.into_iter().map(|(day, name)| (from_number(day), name)).collect();
        let holidays = Arc::new(Holidays { own, ..Holidays::default() });
        Calendar { business: BusinessDays { weekend, holidays }, periods, ..Calendar::default() }
    })
}

fn from_number(day: i64) -> Date {
    date("1970-01-01").checked_add(jiff::ToSpan::days(day)).unwrap()
}

proptest! {
    #[test]
    fn every_instant_has_one_day_and_days_tile_time(calendar in zones(), at in INSTANTS) {
        let at = Timestamp(at);
        let day = calendar.day(at);
        prop_assert!(day.holds(at));
        prop_assert!(day.until - day.from <= DAY_MS);
        // The same day from its first to its last instant, and another one beside it.
        prop_assert_eq!(calendar.day(day.from), day);
        prop_assert_eq!(calendar.day(day.until + -1), day);
        prop_assert_eq!(calendar.day(day.until).from, day.until);
        prop_assert_eq!(calendar.day(day.from + -1).until, day.from);
        // Its number and its time of day are those of the clock on the wall.
        prop_assert_eq!(i64::from(day.number) * DAY_MS + day.time_of_day(at), at.0 + day.offset_ms);
    }

    #[test]
    fn a_day_is_the_longest_stretch_with_one_distance_to_utc(calendar in zones(), at in INSTANTS) {
        let day = calendar.day(Timestamp(at));
        let next = calendar.day(day.until);
        prop_assert!((next.number, next.offset_ms) != (day.number, day.offset_ms));
    }

    #[test]
    fn a_period_has_one_last_and_one_first_when_it_has_a_business_day(calendar in calendars(), day in 7_300..25_000_i64) {
        let period = calendar.periods.holding(from_number(day)).unwrap();
        let days: Vec<Date> = period.first.series(jiff::ToSpan::day(1)).take_while(|day| *day <= period.last).collect();
        prop_assert!(days.contains(&from_number(day)));
        let business = days.iter().filter(|day| calendar.business.has(**day)).count();
        let count = |feature| days.iter().filter(|day| calendar.features(**day).has(feature)).count();
        let laws = [
            (Feature::Last, 1), (Feature::SecondLast, 2), (Feature::ThirdLast, 3), (Feature::First, 1), (Feature::Second, 2),
        ];
        for (feature, least) in laws {
            prop_assert_eq!(count(feature), usize::from(business >= least), "{:?}", feature);
        }
        let closing = business.min(2);
        prop_assert_eq!(count(Feature::QuarterEnd), if period.closes == Close::Quarter { closing } else { 0 });
        prop_assert_eq!(count(Feature::YearEnd), if period.closes == Close::Year { closing } else { 0 });
    }

    #[test]
    fn periods_tile_time_and_a_year_has_twelve(periods in periods(), day in 7_300..25_000_i64) {
        let mut period = periods.holding(from_number(day)).unwrap();
        let mut closes = Vec::new();
        for _ in 0..12 {
            prop_assert_eq!(periods.holding(period.first), Some(period));
            prop_assert_eq!(periods.holding(period.last), Some(period));
            closes.push(period.closes);
            let next = periods.holding(period.last.tomorrow().unwrap()).unwrap();
            prop_assert_eq!(next.first, period.last.tomorrow().unwrap());
            period = next;
        }
        prop_assert_eq!(closes.iter().filter(|close| **close == Close::Year).count(), 1);
        prop_assert_eq!(closes.iter().filter(|close| **close == Close::Quarter).count(), 3);
    }
}
