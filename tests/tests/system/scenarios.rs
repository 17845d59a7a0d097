//! Every story of `tests/scenarios` ends as it says, however the log is cut into batches, partitions and lives.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use tidewatch_schemas::RejectReason;
use tidewatch_tests::scenario::{Outcome, Scenario, Way, arrivals, mismatches, run};

/// Runs `check` on every scenario and fails with all that it found wrong.
fn every_scenario(check: impl Fn(&Scenario) -> Vec<String>) {
    let named = |scenario: Scenario| {
        let wrong = check(&scenario);
        wrong.into_iter().map(move |sentence| format!("{}: {sentence}", scenario.name))
    };
    let wrong: Vec<String> = Scenario::all().into_iter().flat_map(named).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What differs between two outcomes whose incident records and rejects must be the same, byte for byte.
fn different(way: &str, outcome: &Outcome, plain: &Outcome) -> Vec<String> {
    let incidents = outcome.records.symmetric_difference(&plain.records).count();
    let rejects: Vec<_> = outcome.rejects.symmetric_difference(&plain.rejects).collect();
    let mut wrong = Vec::new();
    if incidents > 0 {
        wrong.push(format!("{way}: {incidents} incident records differ"));
    }
    if !rejects.is_empty() {
        wrong.push(format!("{way}: {} rejects differ, such as {}", rejects.len(), rejects[0]));
    }
    wrong
}

#[test]
fn scenarios_end_as_they_say() {
    assert!(Scenario::all().len() >= 20, "scenarios are missing");
    every_scenario(|scenario| mismatches(&scenario.expect, &run(scenario, Way::PLAIN)));
}

#[test]
fn what_incidents_count_is_published_as_findings() {
    every_scenario(|scenario| {
        let outcome = run(scenario, Way::PLAIN);
        let last: BTreeMap<_, u64> =
            outcome.revisions.iter().map(|incident| (incident.incident_id, incident.findings)).collect();
        let counted: u64 = last.values().sum();
        let is_lost = counted > outcome.findings;
        is_lost.then(|| format!("{counted} findings are counted, {} published", outcome.findings)).into_iter().collect()
    });
}

#[test]
fn the_size_of_batches_changes_no_byte() {
    every_scenario(|scenario| {
        let plain = run(scenario, Way::PLAIN);
        let compare = |batch| different(&format!("batch {batch}"), &run(scenario, Way { batch, ..Way::PLAIN }), &plain);
        [1, 7, 8_192].into_iter().flat_map(compare).collect()
    });
}

#[test]
fn a_crash_after_any_record_changes_no_byte() {
    every_scenario(|scenario| {
        let plain = run(scenario, Way::PLAIN);
        let records = arrivals(scenario).len();
        let intervals = [if records < 1_000 { 1 } else { 101 }, 7.max(records / 40), 1 + records / 3];
        let compare = |every| {
            let way = Way { kill_every: Some(every), batch: 5, ..Way::PLAIN };
            different(&format!("killed after every {every}"), &run(scenario, way), &plain)
        };
        intervals.into_iter().flat_map(compare).collect()
    });
}

#[test]
fn the_number_of_partitions_changes_only_where_evidence_stood() {
    every_scenario(|scenario| {
        let [one, four] = [1, 4].map(|partitions| run(scenario, Way { partitions, ..Way::PLAIN }));
        let differ = without_sources(&one) != without_sources(&four);
        differ.then(|| "incidents differ between 1 and 4 partitions".to_owned()).into_iter().collect()
    });
}

#[test]
fn a_state_that_is_moved_to_other_partitions_goes_on_the_same() {
    every_scenario(|scenario| {
        let throughout = |partitions| run(scenario, Way { partitions, ..Way::PLAIN });
        let (one, five) = (throughout(1), throughout(5));
        let records = arrivals(scenario).len();
        let ways = [(1, 5, records / 2), (5, 1, records / 3), (3, 5, 2 * records / 3), (2, 1, records / 2)];
        let compare = |(from, to, after): (i32, i32, usize)| {
            let way = Way { partitions: from, reshard: Some((after.max(1), to)), batch: 7, kill_every: Some(records) };
            let (moved, plain) = (run(scenario, way), if to == 1 { &one } else { &five });
            let is_same = without_sources(&moved) == without_sources(plain) && refused(&moved) == refused(plain);
            let differs = || format!("differs when moved from {from} to {to} partitions after {after} records");
            (!is_same).then(differs)
        };
        ways.into_iter().filter_map(compare).collect()
    });
}

/// How often inputs were refused, by reason.
fn refused(outcome: &Outcome) -> Vec<(RejectReason, u64)> {
    let mut refused: Vec<_> = outcome.rejects().map(|reject| (reject.reason, reject.count)).collect();
    refused.sort();
    refused
}

#[test]
fn scenarios_that_say_so_end_like_another() {
    let all = Scenario::all();
    every_scenario(|scenario| {
        let Some(name) = &scenario.same_as else { return Vec::new() };
        let other = all.iter().find(|other| other.name == *name).unwrap_or_else(|| panic!("no scenario {name}"));
        let [this, that] = [scenario, other].map(|scenario| essence(&run(scenario, Way::PLAIN)));
        let differ = this != that;
        differ.then(|| format!("differs from {name}:\n{this:#?}\n{that:#?}")).into_iter().collect()
    });
}

/// Every revision without the places where its evidence was read.
fn without_sources(outcome: &Outcome) -> BTreeSet<String> {
    let stripped = |bytes: &Vec<u8>| {
        let mut incident: Json = serde_json::from_slice(bytes).expect("an incident is JSON");
        for evidence in incident["evidence"].as_array_mut().expect("evidence is a list") {
            evidence.as_object_mut().expect("it is an object").remove("source");
        }
        incident.to_string()
    };
    outcome.records.iter().map(stripped).collect()
}

/// What each incident says, whenever it came to say it.
fn essence(outcome: &Outcome) -> BTreeSet<String> {
    let said = |incident: &tidewatch_schemas::Incident| {
        let (kind, severity, tenants) = (incident.kind, incident.severity, &incident.tenants);
        format!(
            "{} {kind:?} {severity:?} {tenants:?} {} {:?}",
            incident.incident_id, incident.started_at, incident.state
        )
    };
    outcome.revisions.iter().map(said).collect()
}

#[test]
fn what_is_expected_is_able_to_fail() {
    let slow = Scenario::all().into_iter().find(|scenario| scenario.name == "slow-checks").expect("it is there");
    let outcome = run(&slow, Way::PLAIN);
    assert!(mismatches(&slow.expect, &outcome).is_empty());
    let failing = |change: &dyn Fn(&mut Scenario)| {
        let mut scenario = slow.clone();
        change(&mut scenario);
        mismatches(&scenario.expect, &outcome)
    };
    assert_eq!(failing(&|scenario| scenario.expect.incidents.clear()).len(), 1, "one too many");
    assert!(!failing(&|scenario| scenario.expect.incidents[0].summary = "no such word".to_owned()).is_empty());
    assert!(!failing(&|scenario| scenario.expect.incidents[0].resolved = None).is_empty());
    assert!(!failing(&|scenario| scenario.expect.rejects = [(RejectReason::Late, 1)].into()).is_empty());
}
