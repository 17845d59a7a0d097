//! Ordinary month ends page nobody and bad ones do: the detectors over a made-up fleet of 48 tenants and eighteen months.
//!
//! A month end is its last three business days. It is *paged* when any of its hours has a finding at the knob's default,
//! one false finding per series and month, and a bad one is *found* when one of its bad hours has. `make accuracy` prints
//! the table of `docs/accuracy/month-ends.md`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a scenario that cannot be made should stop the test"
)]

#[path = "month_ends/civil.rs"]
mod civil;
#[path = "month_ends/fleet.rs"]
mod fleet;
#[path = "month_ends/score.rs"]
mod score;
#[path = "month_ends/watch.rs"]
mod watch;

use score::{Score, Tally};
use watch::Knowing;

const TENANTS: usize = 48;
/// The seeds that choices were made on.
const CHOSEN_ON: [u64; 2] = [7, 8];
/// Seeds that nothing was chosen on.
const OTHERS: [u64; 4] = [17, 18, 27, 28];

fn score(seeds: &[u64], knowing: Knowing) -> Score {
    let mut total = Score::default();
    for seed in seeds {
        let fleet = fleet::fleet(*seed, TENANTS);
        for (tenant, findings) in fleet.iter().zip(&watch::findings(&fleet, knowing)) {
            total.add(tenant, findings);
        }
    }
    total
}

fn together(columns: &[Tally]) -> Tally {
    columns.iter().fold(Tally::default(), |mut sum, tally| {
        sum += *tally;
        sum
    })
}

/// Shares of `score` with their limits: most that may be paged, least that must be found.
fn assert_within(score: &Score, (paged, found): ([f64; 2], [f64; 4])) {
    let most = [("paged before month 4", &score.paged[..3]), ("paged from month 4", &score.paged[3..])];
    for ((name, columns), limit) in most.into_iter().zip(paged) {
        let tally = together(columns);
        assert!(tally.share() <= limit, "{name}: {tally:?}, at most {limit}");
    }
    let [first, _, _, middle, late] = score.found;
    let least = [("month 1", first), ("months 4-6", middle), ("later", late), ("ordinary days", score.faults)];
    for ((name, tally), limit) in least.into_iter().zip(found) {
        assert!(tally.share() >= limit, "found, {name}: {tally:?}, at least {limit}");
    }
}

/// One seed has too few bad month ends for the limits of the long run.
#[test]
fn month_ends_of_a_fleet_are_told_apart() {
    assert_within(&score(&CHOSEN_ON[..1], Knowing::Calendar), ([0.07, 0.03], [0.5, 0.75, 0.95, 0.94]));
}

#[test]
#[ignore = "takes a minute and prints a table: make accuracy"]
fn table_of_month_ends() {
    println!("\nMonth ends: paged of ordinary ones, found of bad ones, by the age of the series\n\n{}", Score::head());
    for (name, knowing) in [("without calendar", Knowing::Zone), ("with calendar", Knowing::Calendar)] {
        let mut sum = score(&CHOSEN_ON, knowing);
        println!("{}", sum.row(&format!("{name}, seeds 7, 8")));
        let others = score(&OTHERS, knowing);
        println!("{}", others.row(&format!("{name}, other seeds")));
        sum += &others;
        println!("{}", sum.row(&format!("{name}, all")));
        if knowing == Knowing::Calendar {
            assert_within(&sum, ([0.07, 0.03], [0.5, 0.75, 0.95, 0.94]));
        }
    }
}
