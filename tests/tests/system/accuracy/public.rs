//! The public sets with a label per row, beside two plain detectors.

use tidewatch_tests::accuracy::events::Tally;
use tidewatch_tests::accuracy::library;
use tidewatch_tests::accuracy::naive::{self, Naive};
use tidewatch_tests::accuracy::sets::{Distances, SETS, Service, Set, services};
use tidewatch_tests::accuracy::side_by_side;
use tidewatch_tests::accuracy::table::{Printed, median, percent, spoken};
use tidewatch_tests::accuracy::tidewatch::Tidewatch;

/// The default of the knob.
const KNOB: f64 = 1.0;

/// What was found in a set by everybody.
struct Compared {
    months: f64,
    ours: Tally,
    plain: Vec<(Naive, Distances)>,
}

fn compared(set: &Set) -> Option<Compared> {
    let folder = library::find(set.folder)?;
    let services: Vec<Service> = services(&folder).expect("the folder").collect::<Result<_, _>>().expect("the set");
    let judged = side_by_side::map(&services, |service| service.judged(&Tidewatch::new(KNOB)).0);
    let mut ours = Tally::default();
    for tally in &judged {
        ours.add(tally);
    }
    let plain = naive::both(KNOB).into_iter().map(|naive| {
        let mut all = Distances::default();
        let distances = side_by_side::map(&services, |service| service.distances(&naive));
        services.iter().zip(&distances).for_each(|(service, distances)| all.add(&service.truth, distances));
        (naive, all)
    });
    let plain = plain.collect();
    Some(Compared { months: services.iter().map(|service| service.months).sum(), ours, plain })
}

fn row(table: &mut Printed, who: &str, tally: &Tally, months: f64) {
    table.row(&[
        who.to_owned(),
        format!("{} of {} ({})", tally.found, tally.events, percent(tally.found, tally.events)),
        format!("{:.2}", tally.wrong as f64 / months),
        spoken(median(&tally.delays)),
        format!("{:.2}", tally.f1()),
    ]);
}

#[test]
#[ignore = "prints a table: make accuracy"]
fn table_of_public_sets() {
    let header = ["judge", "events found", "false alarms per service and month", "median delay", "F1 of events"];
    for set in &SETS {
        let Some(Compared { months, ours, plain }) = compared(set) else { continue };
        let mut table = Printed::new(&header);
        row(&mut table, "Tidewatch", &ours, months);
        for (naive, distances) in &plain {
            row(&mut table, naive.name, &distances.tally(1.0), months);
            let best = distances.with_as_few_false_alarms(ours.wrong);
            row(&mut table, &format!("{}, as few false alarms", naive.name), &best, months);
        }
        table.print(&format!("{}: {}", set.folder, set.about));
    }
}
