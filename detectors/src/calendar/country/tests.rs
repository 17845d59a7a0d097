use std::collections::BTreeSet;

use super::*;

fn date(text: &str) -> Date {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn every_line_of_every_file_can_be_read_and_every_file_names_its_source() {
    for (code, text) in FILES {
        for line in rule_lines(text) {
            let rule = HolidayRule::parse(line).unwrap_or_else(|| panic!("{code}: {line}"));
            let gives_days = YEARS.clone().any(|year| rule.date(year).is_some());
            assert!(gives_days || rule.is_between(), "{code}: {line} gives no day");
        }
        for word in ["# source: ", "# missing: "] {
            assert!(text.lines().any(|line| line.starts_with(word)), "{code} does not say {word:?}");
        }
    }
    let codes: BTreeSet<&str> = Country::codes().collect();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), Country::codes().collect::<Vec<_>>(), "in order, none twice");
}

#[test]
fn easter_is_when_it_was() {
    let known = [
        "2000-04-23",
        "2008-03-23",
        "2011-04-24",
        "2019-04-21",
        "2020-04-12",
        "2024-03-31",
        "2025-04-20",
        "2026-04-05",
        "2027-03-28",
        "2035-03-25",
        "2038-04-25",
    ];
    for text in known {
        assert_eq!(rule::easter(date(text).year()), Some(date(text)));
    }
}

/// Country, days that are holidays, and days that are none because they moved, ended or are not kept there.
const KNOWN: [(&str, &[&str], &[&str]); 28] = [
    ("AE", &["2026-01-01", "2026-12-02", "2026-12-03"], &["2026-12-25"]),
    ("AT", &["2026-01-06", "2026-06-04", "2026-10-26", "2026-12-08"], &["2026-04-03"]),
    ("AU", &["2026-01-26", "2027-12-27", "2027-12-28", "2022-01-03", "2022-09-22"], &["2027-04-26"]),
    ("BE", &["2026-07-21", "2026-05-25", "2026-11-11"], &["2026-12-26"]),
    ("BR", &["2026-04-03", "2026-04-21", "2024-11-20", "2026-11-20"], &["2023-11-20", "2026-02-17"]),
    ("CA", &["2026-05-18", "2026-07-01", "2026-10-12", "2021-09-30"], &["2020-09-30", "2026-08-03"]),
    ("CH", &["2026-08-01", "2026-05-14"], &["2026-05-01"]),
    ("CZ", &["2026-07-06", "2026-09-28", "2026-12-24"], &["2026-12-31"]),
    ("DE", &["2026-04-03", "2026-04-06", "2026-05-14", "2026-05-25", "2026-10-03"], &["2026-06-04", "2026-12-24"]),
    ("DK", &["2026-04-02", "2023-05-05"], &["2024-04-26", "2026-12-24"]),
    ("ES", &["2026-01-06", "2026-04-03", "2026-10-12", "2026-12-08"], &["2026-04-06"]),
    ("FI", &["2026-06-19", "2026-06-20", "2026-10-31", "2026-12-06"], &["2026-06-26"]),
    ("FR", &["2026-04-06", "2026-05-08", "2026-07-14", "2026-11-11"], &["2026-04-03", "2026-12-26"]),
    (
        "GB",
        &["2020-05-08", "2021-12-27", "2021-12-28", "2022-06-03", "2023-05-08", "2026-08-31", "2026-12-28"],
        &["2020-05-04", "2022-05-30"],
    ),
    ("IE", &["2023-02-06", "2026-02-02", "2030-02-01", "2026-10-26", "2022-03-18"], &["2022-02-07", "2030-02-04"]),
    ("IN", &["2026-01-26", "2026-08-15", "2026-10-02"], &["2026-05-01"]),
    ("IT", &["2026-04-25", "2026-06-02", "2026-10-04"], &["2025-10-04", "2026-04-03"]),
    (
        "JP",
        &[
            "2026-05-06",
            "2026-09-21",
            "2026-09-22",
            "2026-09-23",
            "2026-03-20",
            "2019-04-30",
            "2019-05-02",
            "2021-08-09",
            "2024-02-12",
        ],
        &["2026-05-07", "2020-07-20", "2020-10-12"],
    ),
    ("LU", &["2026-05-09", "2026-06-23"], &["2018-05-09"]),
    ("MX", &["2026-02-02", "2026-03-16", "2026-11-16", "2024-10-01"], &["2025-10-01", "2026-02-05"]),
    ("NL", &["2026-04-27", "2025-04-26", "2025-05-05"], &["2026-05-05", "2026-04-03"]),
    ("NO", &["2026-04-02", "2026-05-17", "2026-05-25"], &["2026-12-24"]),
    ("NZ", &["2023-01-03", "2026-02-06", "2026-04-27", "2026-06-01", "2026-07-10", "2026-10-26"], &["2026-04-26"]),
    ("PL", &["2026-06-04", "2026-11-11", "2025-12-24"], &["2024-12-24"]),
    ("PT", &["2026-04-25", "2026-06-04", "2026-06-10", "2026-12-01"], &["2026-04-06"]),
    ("SE", &["2026-06-19", "2026-06-20", "2026-10-31", "2026-12-31"], &["2026-05-25"]),
    (
        "US",
        &["2026-11-26", "2026-07-03", "2021-12-31", "2021-06-18", "2026-01-19", "2026-05-25", "2026-09-07"],
        &["2020-06-19", "2026-11-27"],
    ),
    ("ZA", &["2026-08-10", "2022-12-27", "2026-04-06", "2024-05-29"], &["2026-08-11"]),
];

#[test]
fn known_days_are_holidays_and_others_are_not() {
    for (code, holidays, others) in KNOWN {
        let country = Country::named(code).unwrap_or_else(|| panic!("{code}"));
        for text in holidays {
            assert!(country.name_of(date(text)).is_some(), "{code} {text} should be a holiday");
        }
        for text in others {
            assert_eq!(country.name_of(date(text)), None, "{code} {text} should be none");
        }
    }
}

#[test]
fn matariki_is_a_friday() {
    let country = Country::named("nz").unwrap();
    let days = (2022..=2035).flat_map(|year| country.holidays(year)).filter(|(_, name)| *name == "Matariki");
    let weekdays: Vec<jiff::civil::Weekday> = days.map(|(date, _)| date.weekday()).collect();
    assert_eq!(weekdays, [jiff::civil::Weekday::Friday; 14]);
}

#[test]
fn a_year_of_a_country_is_complete() {
    let cases =
        [("DE", 2026, 9), ("US", 2026, 12), ("JP", 2026, 18), ("GB", 2026, 9), ("FR", 2026, 11), ("NZ", 2026, 13)];
    for (code, year, count) in cases {
        let country = Country::named(code).unwrap();
        let days: Vec<_> = country.holidays(year).collect();
        assert_eq!(days.len(), count, "{code} {year}: {days:?}");
    }
}

#[test]
fn what_is_no_rule_is_refused() {
    let lines = [
        "fixed 01-01",
        "fixed 1 ; A",
        "easter ; A",
        "nth someday 1 01 ; A",
        "fixed 01-01 weekend=never ; A",
        "fixed 01-01 years=2020 ; A",
        "fixed 01-01 ;",
        "moon 1 ; A",
        "fixed 01-01 loud ; A",
    ];
    for line in lines {
        assert_eq!(HolidayRule::parse(line), None, "{line}");
    }
}
