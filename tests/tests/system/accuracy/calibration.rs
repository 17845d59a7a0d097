//! Whether the knob is what it says on series in which nothing ever happens: alone, and among others of their class.

use tidewatch_schemas::Timestamp;
use tidewatch_tests::accuracy::families::{FAMILIES, Family};
use tidewatch_tests::accuracy::series::{DAY, Series};
use tidewatch_tests::accuracy::side_by_side;
use tidewatch_tests::accuracy::table::Printed;
use tidewatch_tests::accuracy::tidewatch::Tidewatch;

const MONTHS: i64 = 3;

/// Alarms per series and month: in the first month, and in those after it.
#[derive(Clone, Copy, Debug)]
struct Rates {
    first: f64,
    later: f64,
}

/// How many series there are, and whether they learn from each other as the series of a signal in a service do.
#[derive(Clone, Copy, Debug)]
enum Company {
    Alone(u64),
    Class(u64),
}

fn rates(family: &Family, knob: f64, company: Company) -> Rates {
    let judge = Tidewatch::new(knob);
    let (Company::Alone(count) | Company::Class(count)) = company;
    let all: Vec<Series> = (0..count).map(|seed| family.series(seed, MONTHS * 30)).collect();
    let verdicts = match company {
        Company::Alone(_) => side_by_side::map(&all, |series| judge.verdicts(series)),
        Company::Class(_) => judge.together(&all),
    };
    let month = Timestamp((all[0].times[0] + 30 * DAY) * 1_000);
    let alarms = verdicts.iter().flat_map(|found| &found.judgements).filter(|judgement| judgement.alarm);
    let (first, later): (Vec<_>, Vec<_>) = alarms.partition(|judgement| judgement.window_start < month);
    let per_month = |alarms: usize, months: f64| alarms as f64 / (count as f64 * months);
    Rates { first: per_month(first.len(), 1.0), later: per_month(later.len(), 2.0) }
}

#[test]
fn no_kind_of_clean_series_has_more_than_twice_the_accepted_alarms() {
    for family in &FAMILIES {
        let rates = rates(family, 4.0, Company::Alone(8));
        assert!(rates.later <= 8.0, "{}: {rates:?} at knob 4", family.name);
        assert!(rates.first <= 12.0 * if family.is_hard { 1.2 } else { 1.0 }, "{}: {rates:?} at knob 4", family.name);
    }
}

#[test]
fn among_others_of_its_class_every_kind_has_about_the_accepted_alarms_from_the_first_month() {
    let all = side_by_side::map(&FAMILIES, |family| rates(family, 4.0, Company::Class(12)));
    for (family, rates) in FAMILIES.iter().zip(all) {
        assert!((2.0..=8.0).contains(&rates.later), "{}: {rates:?} at knob 4", family.name);
        assert!(rates.first <= 12.0, "{}: {rates:?} at knob 4", family.name);
    }
}

#[test]
#[ignore = "prints a table: make accuracy"]
fn table_of_clean_series() {
    const SERIES: u64 = 60;
    let header = ["series", "knob 1: months 2-3", "month 1", "knob 4: months 2-3", "month 1"];
    for (title, company) in [
        ("each by itself", Company::Alone(SERIES)),
        ("among the others of its kind, as in a service", Company::Class(SERIES)),
    ] {
        let mut table = Printed::new(&header);
        for cells in side_by_side::map(&FAMILIES, |family| cells(family, company)) {
            table.row(&cells);
        }
        let what = "Alarms per series and month on clean series";
        table.print(&format!("{what}, {SERIES} of each kind, {MONTHS} months, {title}"));
    }
}

fn cells(family: &Family, company: Company) -> Vec<String> {
    let mut cells = vec![family.name.to_owned()];
    for knob in [1.0, 4.0] {
        let rates = rates(family, knob, company);
        cells.extend([format!("{:.2}", rates.later), format!("{:.2}", rates.first)]);
    }
    cells
}
