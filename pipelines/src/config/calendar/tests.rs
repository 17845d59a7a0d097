use std::fs;

use jiff::civil::Date;
use tidewatch_detectors::calendar::{Calendar, Feature, Periods};

use crate::config::{Config, ConfigErrors, Text};

use super::*;

fn load(name: &str, yaml: &str) -> Result<Calendars, ConfigErrors> {
    Config::from_text(Some(Text { name, yaml }), [], &[]).map(|config| config.detect.calendars)
}

/// The calendars of a configuration.
fn calendars(yaml: &str) -> Calendars {
    load("a.yaml", yaml).unwrap_or_else(|errors| panic!("{yaml}: {errors}"))
}

fn mistakes(yaml: &str) -> Vec<String> {
    load("a.yaml", yaml).expect_err(yaml).0.iter().map(ToString::to_string).collect()
}

fn features(calendar: &Calendar, text: &str) -> Vec<Feature> {
    let date: Date = text.parse().unwrap();
    calendar.features(date).iter().collect()
}

fn of(calendars: &Calendars, tenant: &str) -> Arc<Calendar> {
    calendars.of(&TenantId::from(tenant))
}

const ACME: &str = "
calendar:
  time_zone: Europe/Berlin
  country: de
  holidays: [2026-12-24, 2026-12-31..2027-01-01]
  class: trade
  events:
    - { name: payroll, day_of_month: 25, move: previous }
    - { name: closing, business_day: -3 }
  tenants:
    acme.de: {}
    Nordic:
      time_zone: Europe/Oslo
      country: NO
      class: fish
    gulf: { time_zone: Asia/Dubai, country: AE, weekend: [friday, saturday], holidays: [], events: [] }
    stores: { fiscal_year_start: 02-01, periods: 4-5-4, first_weekday: sunday }
    april: { fiscal_year_start: 04-06 }
    everywhere: { country: none, workdays: [2026-12-24] }
";

#[test]
fn nothing_configured_is_utc_without_holidays() {
    assert_eq!(calendars(""), Calendars::default());
}

#[test]
fn a_tenant_inherits_what_it_does_not_name() {
    let calendars = calendars(ACME);
    let default = of(&calendars, "anyone");
    assert_eq!(default.zone.iana_name(), Some("Europe/Berlin"));
    assert_eq!(features(&default, "2026-12-24"), [Feature::Holiday]);
    assert_eq!(features(&default, "2026-12-30"), [Feature::Last, Feature::YearEnd]);
    assert_eq!(features(&default, "2026-11-25"), [Feature::Event0]);
    assert_eq!(features(&default, "2026-11-26"), [Feature::ThirdLast, Feature::Event1]);
    assert_eq!(default.event_name(Feature::Event1), Some("closing"));
    assert!(Arc::ptr_eq(&default, &of(&calendars, "acme.de")), "what is the same is held once");
    assert_eq!(&*calendars.class(&TenantId::from("acme.de")), "trade");

    let nordic = of(&calendars, "Nordic");
    assert_eq!(nordic.zone.iana_name(), Some("Europe/Oslo"));
    assert_eq!(features(&nordic, "2026-05-01"), [Feature::Holiday]);
    assert_eq!(features(&nordic, "2026-12-24"), [Feature::Holiday], "the holidays of its own are inherited");
    assert_eq!(nordic.events, default.events);
    assert_eq!(&*calendars.class(&TenantId::from("Nordic")), "fish");
    assert!(Arc::ptr_eq(&of(&calendars, "april").business.holidays, &default.business.holidays));
}

#[test]
fn a_tenant_says_what_differs() {
    let calendars = calendars(ACME);
    let gulf = of(&calendars, "gulf");
    assert_eq!(features(&gulf, "2026-07-30"), [Feature::Last], "a Thursday before a weekend");
    assert_eq!(features(&gulf, "2026-12-24"), [], "an empty list is a list");
    assert_eq!(features(&of(&calendars, "stores"), "2027-01-29"), [Feature::Last, Feature::YearEnd]);
    assert_eq!(features(&of(&calendars, "april"), "2026-07-03"), [Feature::Last, Feature::QuarterEnd]);
    assert_ne!(of(&calendars, "april").periods, Periods::default());
    let everywhere = of(&calendars, "everywhere");
    assert_eq!(features(&everywhere, "2026-04-06"), []);
    assert!(everywhere.business.has("2026-12-24".parse().unwrap()));
}

/// A line of the section, and how its mistake is told.
const MISTAKES: &[(&str, &str)] = &[
    ("time_zone: Europe/Berlim", "time_zone: there is no time zone \"Europe/Berlim\"; did you mean Europe/Berlin, "),
    ("time_zone: Sao Paulo", "time_zone: there is no time zone \"Sao Paulo\"; did you mean America/Sao_Paulo, "),
    (
        "country: XX",
        "country: \"XX\" is not a country whose holidays are known; write none and give files or holidays, or one of AE, AT, ",
    ),
    ("weekend: [caturday]", "weekend[0]: \"caturday\" is not a weekday; write one of monday, tuesday, "),
    (
        "weekend: [monday, tuesday, wednesday, thursday, friday, saturday, sunday]",
        "weekend: no day is left for work; leave one out",
    ),
    (
        "holidays: [2026-12-24, 2026-02-30]",
        "holidays[1]: \"2026-02-30\" is not a date; write one such as 2026-12-24, or 2026-12-24..2026-12-31",
    ),
    (
        "workdays: [2026-12-24..2026-12-23]",
        "workdays[0]: \"2026-12-24..2026-12-23\" ends before it begins; write the earlier date first",
    ),
    (
        "holidays: [2026-01-01..2029-01-01]",
        "holidays[0]: \"2026-01-01..2029-01-01\" is longer than 366 days; write a shorter range",
    ),
    ("holidays: 7", "holidays: 7 is not a list; write [one, another]"),
    ("files: [no/such.ics]", "files[0]: \"no/such.ics\" cannot be read: "),
    (
        "fiscal_year_start: 02-30",
        "fiscal_year_start: \"02-30\" is not a day that every year has; write a month and a day such as 04-01",
    ),
    ("periods: 4-4-4", "periods: \"4-4-4\" is not a choice here; write one of months, 4-4-5, 4-5-4, 5-4-4"),
    ("class: 7", "class: 7 is not a text; put it in quotes"),
    (
        "events: [{ name: payroll }]",
        "events[0].name: the event \"payroll\" has no days; write one of dates, day_of_month, business_day, weekdays, files",
    ),
    (
        "events: [{ name: a, business_day: 0 }]",
        "events[0].business_day: 0 is not a business day of a period; write 1 for the first",
    ),
    ("events: [{ name: a, day_of_month: 32 }]", "events[0].day_of_month: 32 is out of range; write 1 to 31"),
    ("events: [{ name: a, dates: [x] }]", "events[0].dates[0]: \"x\" is not a date"),
    ("events: [{ name: a, move: next, dates: [] }]", "events[0].move: there is no such option"),
    (
        "events: [{ name: a, dates: [] }, { name: a, dates: [] }]",
        "events[1]: there is another event \"a\"; write both as one, or give it another name",
    ),
    ("tenants: { acme: { timezone: UTC } }", "tenants.acme.timezone: there is no such option; did you mean time_zone?"),
    ("tenants: { acme: { tenants: { b: { class: c } } } }", "tenants.acme.tenants: there is no such option"),
    ("tenants: { acme: 7 }", "tenants.acme: 7 is not a section; write keys and values under it"),
];

#[test]
fn each_mistake_says_what_would_be_right() {
    for (yaml, expected) in MISTAKES {
        let mistakes = mistakes(&format!("calendar: {{ {yaml} }}"));
        let expected = format!("a.yaml: calendar.{expected}");
        assert!(mistakes.len() == 1 && mistakes[0].starts_with(&expected), "{yaml}: {mistakes:#?}");
    }
}

#[test]
fn a_fifth_kind_of_event_is_one_too_many() {
    let events: Vec<String> = (1..=5).map(|number| format!("{{ name: e{number}, weekdays: [monday] }}")).collect();
    let yaml = format!("calendar: {{ events: [{}] }}", events.join(", "));
    let expected = "a.yaml: calendar.events[4]: \"e5\" is one more than the 4 kinds of events of a calendar; \
                    give its days to another kind, or leave it out";
    assert_eq!(mistakes(&yaml), [expected]);
}

#[test]
fn all_mistakes_of_all_tenants_are_found_at_once() {
    let yaml = "calendar: { country: XX, tenants: { a: { time_zone: here }, b: { weekend: [x], holidays: [y, z] } } }";
    let keys: Vec<String> = load("a.yaml", yaml).unwrap_err().0.into_iter().map(|error| error.key).collect();
    let expected = [
        "calendar.country",
        "calendar.tenants.a.time_zone",
        "calendar.tenants.b.weekend[0]",
        "calendar.tenants.b.holidays[0]",
        "calendar.tenants.b.holidays[1]",
    ];
    assert_eq!(keys, expected);
}

fn vevent(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n")
}

#[test]
fn files_lie_beside_the_configuration_and_follow_the_zone_of_the_tenant() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("closed.ics"),
        vevent("DTSTART:20261229T230000Z\nDTEND:20261230T230000Z\nSUMMARY:Closed"),
    )
    .unwrap();
    let name = folder.path().join("tidewatch.yaml").display().to_string();
    let yaml = "calendar:
  files: [closed.ics]
  tenants:
    berlin: { time_zone: Europe/Berlin }
    trainer: { files: [], events: [{ name: onboarding, files: [closed.ics] }] }";
    let calendars = load(&name, yaml).unwrap_or_else(|errors| panic!("{errors}"));
    let date = |text: &str| text.parse::<Date>().unwrap();
    assert_eq!(of(&calendars, "berlin").business.holidays.name(date("2026-12-30")), Some("Closed"));
    assert_eq!(of(&calendars, "berlin").business.holidays.name(date("2026-12-29")), None);
    assert_eq!(of(&calendars, "utc").business.holidays.name(date("2026-12-29")), Some("Closed"));
    assert_eq!(features(&of(&calendars, "trainer"), "2026-12-29"), [Feature::ThirdLast, Feature::Event0]);
}

#[test]
fn wrong_lines_of_a_file_are_told_once_each_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("closed.ics");
    fs::write(&file, vevent("DTSTART:tomorrow\nRRULE:FREQ=NEVER")).unwrap();
    let name = folder.path().join("tidewatch.yaml").display().to_string();
    let yaml = "calendar: { files: [closed.ics], tenants: { a: { files: [closed.ics] } } }";
    let errors = load(&name, yaml).unwrap_err().to_string();
    let shown = file.display();
    let expected = format!(
        "{shown}:3: \"tomorrow\" is no date; write 20261224 or 20261224T180000Z\n\
         {shown}:4: \"FREQ=NEVER\" of an RRULE is wrong"
    );
    assert_eq!(errors, expected);
}

#[test]
fn lists_can_come_from_the_environment() {
    let environment = [
        ("TIDEWATCH__CALENDAR__COUNTRY".to_owned(), "FR".to_owned()),
        ("TIDEWATCH__CALENDAR__HOLIDAYS".to_owned(), "2026-12-24, 2026-12-28..2026-12-31".to_owned()),
    ];
    let config = Config::from_text(None, environment, &[]).unwrap_or_else(|errors| panic!("{errors}"));
    let calendar = of(&config.detect.calendars, "anyone");
    assert_eq!(features(&calendar, "2026-12-23"), [Feature::Last, Feature::YearEnd]);
    assert_eq!(features(&calendar, "2026-07-14"), [Feature::Holiday]);
}
