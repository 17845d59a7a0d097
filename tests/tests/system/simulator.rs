//! The exactly-once protocol under everything that can go wrong, by thousands of seeded schedules; and each of its rules
//! broken, to see that these schedules would notice.
//!
//! A failing seed is printed; `TIDEWATCH_SEED=<seed>` runs that one alone, `TIDEWATCH_SEEDS=<count>` another number of them.

use std::sync::Arc;
use std::thread;

use tidewatch_tests::simulator::schedule::Happened;
use tidewatch_tests::simulator::{Broken, Faults, Violation, input, run};

/// Schedules on a broker with transactions in an ordinary run.
const SEEDS: u64 = 20_000;
/// Schedules of the other kinds.
const FEWER_SEEDS: u64 = 5_000;
/// Schedules after which a broken rule must have been noticed.
const MUTATION_SEEDS: u64 = 1_500;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// Runs seeds on two threads; returns how much happened, and the violations by seed.
fn explore(faults: Faults, broken: Option<Broken>, seeds: std::ops::Range<u64>) -> (Happened, Vec<(u64, Violation)>) {
    let settings = input::settings();
    let explore_part = |part: u64| {
        let settings = Arc::clone(&settings);
        let seeds = seeds.clone();
        move || {
            let mut found = (Happened::default(), Vec::new());
            for seed in seeds.filter(|seed| seed % 2 == part) {
                match run(seed, faults, broken, &settings) {
                    Ok(happened) => found.0 = sum(found.0, happened),
                    Err(violation) => found.1.push((seed, violation)),
                }
            }
            found
        }
    };
    let parts = [0, 1].map(|part| thread::spawn(explore_part(part)));
    let mut found = (Happened::default(), Vec::new());
    for part in parts {
        let (happened, violations) = part.join().expect("a schedule does not panic");
        found.0 = sum(found.0, happened);
        found.1.extend(violations);
    }
    found
}

fn sum(one: Happened, other: Happened) -> Happened {
    Happened {
        crashes: one.crashes + other.crashes,
        disks_lost: one.disks_lost + other.disks_lost,
        zombies: one.zombies + other.zombies,
        doubts: one.doubts + other.doubts,
        superseded: one.superseded + other.superseded,
        lost_ends: one.lost_ends + other.lost_ends,
        overrun: one.overrun + other.overrun,
        outputs: one.outputs + other.outputs,
        notes: one.notes + other.notes,
    }
}

/// The seeds of a test: one that is asked for, or as many as are.
fn seeds(first: u64, count: u64) -> std::ops::Range<u64> {
    match number("TIDEWATCH_SEED") {
        Some(seed) => seed..seed + 1,
        None => first..first + number("TIDEWATCH_SEEDS").unwrap_or(count),
    }
}

fn holds(name: &str, faults: Faults, seeds: std::ops::Range<u64>) -> Happened {
    let count = seeds.end - seeds.start;
    let (happened, violations) = explore(faults, None, seeds);
    println!("{name}: {count} schedules, {} violations; {happened:?}", violations.len());
    let first = violations.first();
    assert!(first.is_none(), "{name}: {} of {count} schedules; TIDEWATCH_SEED={first:?}", violations.len());
    happened
}

#[test]
fn every_output_is_there_once_whatever_goes_wrong() {
    let seeds = seeds(0, SEEDS);
    let count = usize::try_from(seeds.end - seeds.start).expect("few");
    let happened = holds("transactions", Faults::ALL, seeds);
    if count >= 1_000 {
        let Happened { crashes, disks_lost, zombies, doubts, superseded, lost_ends, outputs, notes, .. } = happened;
        let enough = [crashes, zombies, doubts, superseded, outputs].map(|times| times > count);
        assert_eq!(enough, [true; 5], "little went wrong: {happened:?}");
        let some = [disks_lost, lost_ends, notes].map(|times| times > count / 10);
        assert_eq!(some, [true; 3], "some things hardly ever went wrong: {happened:?}");
    }
}

#[test]
fn without_transactions_a_reader_who_filters_sees_every_output_once() {
    holds("idempotent", Faults::WITHOUT_TRANSACTIONS, seeds(1_000_000, FEWER_SEEDS));
}

#[test]
fn lost_input_is_told_and_nothing_else_is_lost() {
    let happened = holds("retention", Faults::RETENTION, seeds(2_000_000, FEWER_SEEDS));
    assert!(happened.overrun > 0 || number("TIDEWATCH_SEED").is_some(), "{happened:?}");
}

#[test]
fn each_rule_is_needed() {
    let cases = [
        (Broken::ReadBack, Faults::ALL),
        (Broken::BlindRetry, Faults::ALL),
        (Broken::CheckpointWithoutOutbox, Faults::ALL),
        (Broken::PublishBeforeCommit, Faults::RETENTION),
        (Broken::Suppression, Faults::ALL),
    ];
    for (broken, faults) in cases {
        let (_, violations) = explore(faults, Some(broken), 3_000_000..3_000_000 + MUTATION_SEEDS);
        let of = |kind: fn(&Violation) -> bool| violations.iter().filter(|(_, violation)| kind(violation)).count();
        let wrong = of(|violation| matches!(violation, Violation::Wrong(_)));
        let repeated = of(|violation| matches!(violation, Violation::Repeated(_)));
        let state = of(|violation| matches!(violation, Violation::State(_)));
        println!("{broken:?}: of {MUTATION_SEEDS} schedules {wrong} lose, {repeated} repeat, {state} remember wrongly");
        assert!(violations.len() > 10, "{broken:?} goes unnoticed: {violations:?}");
    }
}
