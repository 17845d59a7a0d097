use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::calendar::zone_named;

/// A file with one event of these lines.
fn file(lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        lines.replace('\n', "\r\n")
    )
}

/// The days of the event, as `2026-12-24` or `2026-12-24..2026-12-26`.
fn days_in(zone: &TimeZone, text: &str) -> Vec<String> {
    let ics = Ics::parse(text.as_bytes()).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    let shown = |occurrence: Occurrence| match occurrence {
        Occurrence { first, last, .. } if first == last => first.to_string(),
        Occurrence { first, last, .. } => format!("{first}..{last}"),
    };
    ics.occurrences(zone).unwrap().into_iter().map(shown).collect()
}

fn days(lines: &str) -> Vec<String> {
    days_in(&TimeZone::UTC, &file(lines))
}

fn problems(text: &str) -> Vec<String> {
    Ics::parse(text.as_bytes()).expect_err(text).iter().map(ToString::to_string).collect()
}

#[test]
fn dates_and_times_are_days() {
    let cases: [(&str, &[&str]); 8] = [
        ("DTSTART;VALUE=DATE:20261224", &["2026-12-24"]),
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261225", &["2026-12-24"]),
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227", &["2026-12-24..2026-12-26"]),
        ("DTSTART;VALUE=DATE:20261224\nDURATION:P2D", &["2026-12-24..2026-12-25"]),
        ("DTSTART:20261224T180000Z\nDTEND:20261225T000000Z", &["2026-12-24"]),
        ("DTSTART:20261224T180000\nDURATION:PT8H", &["2026-12-24..2026-12-25"]),
        ("DTSTART;TZID=Asia/Tokyo:20261225T080000\nDTEND;TZID=Asia/Tokyo:20261225T100000", &["2026-12-24..2026-12-25"]),
        ("DTSTART;VALUE=DATE:20261224\nSTATUS:CANCELLED", &[]),
    ];
    for (lines, expected) in cases {
        assert_eq!(days(lines), expected, "{lines}");
    }
    let berlin = zone_named("Europe/Berlin").unwrap();
    let late = file("DTSTART:20261224T230000Z\nDTEND:20261225T230000Z");
    assert_eq!(days_in(&berlin, &late), ["2026-12-25"], "midnight to midnight in Berlin");
    let floating = file("DTSTART:20261224T010000\nDTEND:20261224T020000");
    assert_eq!(days_in(&berlin, &floating), ["2026-12-24"]);
}

#[test]
fn rules_repeat_an_event() {
    let cases: [(&str, &[&str]); 15] = [
        ("20260101\nRRULE:FREQ=YEARLY;COUNT=2", &["2026-01-01", "2027-01-01"]),
        ("20240229\nRRULE:FREQ=YEARLY;COUNT=2", &["2024-02-29", "2028-02-29"]),
        ("20260101\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=2", &["2026-11-26", "2027-11-25"]),
        ("20260101\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;UNTIL=20271231", &["2026-05-25", "2027-05-31"]),
        ("20260101\nRRULE:FREQ=YEARLY;BYDAY=-1FR;COUNT=1", &["2026-12-25"]),
        ("20260101\nRRULE:FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=15;COUNT=2", &["2026-01-15", "2026-07-15"]),
        ("20260131\nRRULE:FREQ=MONTHLY;COUNT=3", &["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("20260131\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", &["2026-01-31", "2026-02-28", "2026-03-31"]),
        ("20260101\nRRULE:FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO,2MO;COUNT=3", &["2026-01-05", "2026-01-12", "2026-04-06"]),
        ("20260101\nRRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=2", &["2026-02-13", "2026-03-13"]),
        ("20260101\nRRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", &["2026-01-30", "2026-02-27"]),
        ("20261123\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", &["2026-11-23", "2026-11-25", "2026-11-30"]),
        ("20261124\nRRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20261222", &["2026-11-24", "2026-12-08", "2026-12-22"]),
        // The example of RFC 5545 on why the start of the week matters.
        (
            "19970805\nRRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO\nRDATE;VALUE=DATE:20200101",
            &["2020-01-01"],
        ),
        ("20261124\nRRULE:FREQ=DAILY;BYDAY=SA,SU;COUNT=3", &["2026-11-28", "2026-11-29", "2026-12-05"]),
    ];
    for (lines, expected) in cases {
        assert_eq!(days(&format!("DTSTART;VALUE=DATE:{lines}")), expected, "{lines}");
    }
}

#[test]
fn the_start_of_the_week_matters_every_second_week() {
    let rule = |start: &str| {
        format!("DTSTART;VALUE=DATE:20260804\nRRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST={start}")
    };
    assert_eq!(days(&rule("MO")), ["2026-08-04", "2026-08-09", "2026-08-18", "2026-08-23"]);
    assert_eq!(days(&rule("SU")), ["2026-08-04", "2026-08-16", "2026-08-18", "2026-08-30"]);
}

#[test]
fn exceptions_leave_out_and_replace_occurrences() {
    let weekly = "UID:a\nDTSTART;TZID=Europe/Berlin:20261123T003000\nRRULE:FREQ=WEEKLY;COUNT=4";
    let berlin = zone_named("Europe/Berlin").unwrap();
    let excluded =
        file(&format!("{weekly}\nEXDATE:20261129T233000Z\nEXDATE;TZID=Europe/Berlin:20261207T003000,20261214T003000"));
    assert_eq!(days_in(&berlin, &excluded), ["2026-11-23"]);
    let moved = "UID:a\nRECURRENCE-ID;TZID=Europe/Berlin:20261130T003000\nDTSTART;TZID=Europe/Berlin:20261201T120000";
    let cancelled = "UID:a\nRECURRENCE-ID:20261206T233000Z\nDTSTART:20261206T233000Z\nSTATUS:CANCELLED";
    let three = file(&[weekly, moved, cancelled].join("\nEND:VEVENT\nBEGIN:VEVENT\n"));
    assert_eq!(days_in(&berlin, &three), ["2026-11-23", "2026-12-01", "2026-12-14"]);
}

#[test]
fn summaries_come_without_escapes_and_folds() {
    let ics = Ics::parse(file("DTSTART;VALUE=DATE:20261224\nSUMMARY:Christmas\n  Eve\\, closed").as_bytes()).unwrap();
    assert_eq!(ics.occurrences(&TimeZone::UTC).unwrap()[0].summary, "Christmas Eve, closed");
}

#[test]
fn what_is_not_an_event_is_left_alone() {
    let zone = "BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nDTSTART:16010101T030000\nRRULE:FREQ=YEARLY\nEND:STANDARD\nEND:VTIMEZONE";
    let alarm = "BEGIN:VALARM\nTRIGGER:-PT15M\nDURATION:nonsense\nEND:VALARM";
    let event = format!("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261224\n{alarm}\nEND:VEVENT");
    let text = format!("BEGIN:VCALENDAR\n{zone}\n{event}\nEND:VCALENDAR");
    assert_eq!(days_in(&TimeZone::UTC, &text), ["2026-12-24"]);
}

#[test]
fn every_wrong_line_is_named() {
    let cases = [
        ("hello", "line 1: \"hello\" has no colon"),
        ("DTSTART:20261224", "line 1: DTSTART is outside of a VCALENDAR"),
        ("BEGIN:VEVENT", "line 1: VEVENT is outside of a VCALENDAR"),
        ("BEGIN:VCALENDAR", "line 1: VCALENDAR does not end"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VEVENT", "line 3: END:VEVENT without its BEGIN"),
        ("BEGIN:VCALENDAR\n: \nEND:VCALENDAR", "line 2: \": \" does not begin with a name"),
    ];
    for (text, expected) in cases {
        assert_eq!(problems(text).first().map(String::as_str), Some(expected), "{text}");
    }
    let lines = [
        ("SUMMARY:A", "line 3: the event has no DTSTART"),
        ("DTSTART:tomorrow", "line 4: \"tomorrow\" is no date; write 20261224 or 20261224T180000Z"),
        ("DTSTART:20260230", "line 4: \"20260230\" is no date; write 20261224 or 20261224T180000Z"),
        ("DTSTART:00010101", "line 4: 0001-01-01 is not between the years 1900 and 2200"),
        (
            "DTSTART;TZID=Mars:20261224T000000",
            "line 4: there is no time zone \"Mars\"; write a name such as Europe/Berlin",
        ),
        ("DTSTART:20261224\nDTEND:20261223", "line 5: DTEND is before DTSTART"),
        ("DTSTART:20261224\nDTEND:20261225T000000Z", "line 5: DTSTART and DTEND must both be dates or both be times"),
        ("DTSTART:20261224\nDURATION:long", "line 5: \"long\" is no duration; write P1D or PT8H"),
        ("DTSTART:20261224\nRRULE:COUNT=3", "line 5: the RRULE has no FREQ"),
        ("DTSTART:20261224\nRRULE:FREQ=HOURLY", "line 5: \"FREQ=HOURLY\" of an RRULE is wrong"),
        ("DTSTART:20261224\nRRULE:FREQ=YEARLY;BYWEEKNO=1", "line 5: \"BYWEEKNO=1\" of an RRULE is not read"),
        (
            "DTSTART:20261224\nRRULE:FREQ=WEEKLY;BYDAY=2MO",
            "line 5: a BYDAY with a number needs FREQ=MONTHLY or FREQ=YEARLY",
        ),
        ("DTSTART:20261224\nRRULE:FREQ=DAILY;INTERVAL=0", "line 5: \"INTERVAL=0\" of an RRULE is wrong"),
        (
            "DTSTART:20261224\nRDATE;VALUE=PERIOD:20261224T000000Z/PT1H",
            "line 5: RDATE by periods is not read; write dates",
        ),
        ("DTSTART:20260101\nDTEND:20280101", "line 3: the event lasts more than 366 days"),
    ];
    for (text, expected) in lines {
        assert_eq!(problems(&file(text)).first().map(String::as_str), Some(expected), "{text}");
    }
    let both = problems(&file("DTSTART:tomorrow\nRRULE:FREQ=NEVER"));
    assert_eq!(both.len(), 2, "{both:?}");
}

#[test]
fn a_file_has_a_bounded_number_of_days() {
    let daily = file(
        "DTSTART:19900101\nRRULE:FREQ=DAILY\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:B\nDTSTART:19900101\nRRULE:FREQ=DAILY",
    );
    let ics = Ics::parse(daily.as_bytes()).unwrap();
    let error = ics.occurrences(&TimeZone::UTC).unwrap_err();
    assert_eq!(error.to_string(), "line 7: with this event there are more than 20000 days");
}

/// Lines that look like those of a calendar, right or wrong.
fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("BEGIN:VEVENT".to_owned()),
        Just("END:VEVENT".to_owned()),
        "(DTSTART|DTEND|EXDATE|RDATE|RECURRENCE-ID):[0-9]{7,9}(T[0-9]{5,7}Z?)?",
        "RRULE:FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;(BYDAY|BYMONTH|BYMONTHDAY|BYSETPOS|INTERVAL|COUNT|UNTIL)=[-0-9A-Z,]{0,9}){0,3}",
        "DURATION:-?P[0-9]{1,20}[DWTHM]",
        "[ A-Z;:=\"\\\\é-]{0,20}",
    ];
    proptest::collection::vec(line, 0..20)
        .prop_map(|lines| format!("BEGIN:VCALENDAR\n{}\nEND:VCALENDAR", lines.join("\n")))
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(ics) = Ics::parse(&bytes) {
            let _ = ics.occurrences(&TimeZone::UTC);
        }
    }

    #[test]
    fn arbitrary_lines_never_panic(text in lines()) {
        if let Ok(ics) = Ics::parse(text.as_bytes()) {
            let _ = ics.occurrences(&TimeZone::UTC);
        }
    }
}
