//! Whether the knob is what it says on series in which nothing ever happens.

use tidewatch_tests::accuracy::families::{FAMILIES, Family};
use tidewatch_tests::accuracy::judge::{Judge, alarms};
use tidewatch_tests::accuracy::series::DAY;
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

fn rates(family: &Family, knob: f64, series: u64) -> Rates {
    let judge = Tidewatch::new(knob);
    let seeds: Vec<u64> = (0..series).collect();
    let counted = side_by_side::map(&seeds, |seed| {
        let series = family.series(*seed, MONTHS * 30);
        let month = series.times[0] + 30 * DAY;
        let alarms = alarms(&judge.judge(&series));
        let first = alarms.iter().filter(|row| series.times[**row] < month).count();
        (first, alarms.len() - first)
    });
    let per_month = |count: usize, months: f64| count as f64 / (series as f64 * months);
    Rates {
        first: per_month(counted.iter().map(|(first, _)| first).sum(), 1.0),
        later: per_month(counted.iter().map(|(_, later)| later).sum(), 2.0),
    }
}

#[test]
fn no_kind_of_clean_series_has_more_than_twice_the_accepted_alarms() {
    for family in &FAMILIES {
        let rates = rates(family, 4.0, 8);
        assert!(rates.later <= 8.0, "{}: {rates:?} at knob 4", family.name);
        assert!(rates.first <= 12.0 * if family.is_hard { 1.2 } else { 1.0 }, "{}: {rates:?} at knob 4", family.name);
    }
}

#[test]
#[ignore = "prints a table: make accuracy"]
fn table_of_clean_series() {
    const SERIES: u64 = 60;
    let mut table = Printed::new(&["series", "knob 1: months 2-3", "month 1", "knob 4: months 2-3", "month 1"]);
    for family in &FAMILIES {
        let mut cells = vec![family.name.to_owned()];
        for knob in [1.0, 4.0] {
            let rates = rates(family, knob, SERIES);
            cells.extend([format!("{:.2}", rates.later), format!("{:.2}", rates.first)]);
        }
        table.row(&cells);
    }
    table.print(&format!("Alarms per series and month on clean series, {SERIES} of each kind, {MONTHS} months"));
}
