//! What is found of faults that were put into series on purpose, and how soon.

use tidewatch_tests::accuracy::faults::{FAULTS, Fault};
use tidewatch_tests::accuracy::series::Series;
use tidewatch_tests::accuracy::side_by_side;
use tidewatch_tests::accuracy::table::{Printed, median, percent, spoken};
use tidewatch_tests::accuracy::tidewatch::Tidewatch;

/// How long it took until each fault that was found was found, in seconds.
fn delays(fault: &Fault, runs: u64, first: impl Fn(&Series, usize) -> Option<i64> + Sync) -> Vec<f64> {
    let seeds: Vec<u64> = (0..runs).collect();
    let found = side_by_side::map(&seeds, |seed| {
        let (series, rows) = fault.series(*seed);
        first(&series, rows.start).map(|at| (at - series.times[rows.start]) as f64)
    });
    found.into_iter().flatten().collect()
}

fn by_anything(knob: f64) -> impl Fn(&Series, usize) -> Option<i64> + Sync {
    let judge = Tidewatch::new(knob);
    move |series, from| judge.begun(series).into_iter().find(|at| *at >= series.times[from])
}

#[test]
fn plain_faults_are_always_found() {
    const RUNS: u64 = 10;
    for fault in FAULTS.iter().filter(|fault| fault.is_plain) {
        let found = delays(fault, RUNS, by_anything(1.0)).len();
        assert_eq!(found, 10, "{}", fault.name);
    }
}

#[test]
#[ignore = "prints a table: make accuracy"]
fn table_of_faults() {
    const RUNS: u64 = 100;
    let mut table = Printed::new(&["fault", "knob 1: found", "median delay", "knob 4: found", "median delay"]);
    for fault in &FAULTS {
        let mut cells = vec![fault.name.to_owned()];
        for knob in [1.0, 4.0] {
            let delays = delays(fault, RUNS, by_anything(knob));
            cells.extend([percent(delays.len(), 100), spoken(median(&delays))]);
        }
        table.row(&cells);
    }
    table.print(&format!("Faults in 5-minute series after 30 days, {RUNS} runs each"));
}
