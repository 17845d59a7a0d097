//! The pager as a process: every change reaches its channel, in order, whatever the channel answers and whoever is killed.

mod channels;
mod fail_points;
mod hard_of_hearing;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tidewatch_schemas::Timestamp;
use tidewatch_schemas::incident::State;
use tidewatch_tests::paging::{Paging, incident};
use tidewatch_tests::program;
use tidewatch_tests::receiver::{Call, Receiver, Reply};

const PATIENCE: Duration = Duration::from_mins(1);
/// Incidents, and the states that each goes through.
const INCIDENTS: u128 = 8;
const COURSE: [State; 5] = [State::Open, State::Open, State::Acknowledged, State::Reopened, State::Resolved];

fn number(body: &Value, pointer: &str) -> u64 {
    body.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("no number at {pointer}: {body}"))
}

/// Revisions that the receiver took, by incident and in order, repeats left out; an attempt that it answered badly is none.
fn taken(calls: &[Call]) -> BTreeMap<String, Vec<u64>> {
    let mut taken: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for call in calls.iter().filter(|call| matches!(call.reply, Reply::Status(202) | Reply::Half(200))) {
        let id = call.body["incident"]["incident_id"].as_str().expect("an id").to_owned();
        taken.entry(id).or_default().push(number(&call.body, "/incident/revision"));
    }
    // A kill between the answer and its note repeats a change, with the same key.
    taken.values_mut().for_each(Vec::dedup);
    taken
}

fn publish_all(paging: &mut Paging) {
    for (revision, state) in (1..).zip(COURSE) {
        (0..INCIDENTS).for_each(|number| paging.publish(&incident(number, revision, state, Timestamp(1))));
    }
}

fn hook(url: &str) -> String {
    format!(
        "  channels: {{ hook: {{ kind: webhook, url: {url}/in, keys: [{{ env: HOOK_KEY }}], private: true, per_minute: 10000 }} }}\n  \
         routes: [{{ channels: [hook] }}]"
    )
}

#[test]
fn every_change_arrives_in_order_whatever_the_channel_answers_and_whoever_is_killed() {
    let course = [
        Reply::Status(500),
        Reply::Status(202),
        Reply::Busy(1),
        Reply::Gone,
        Reply::Status(202),
        Reply::Never,
        Reply::Half(200),
        Reply::Status(202),
        Reply::Half(503),
        Reply::Status(202),
        Reply::Status(202),
    ];
    // The third change of incident 7 is one that the channel cannot read.
    let receiver = Receiver::start(move |before, body| {
        let is_bad = body["incident"]["incident_id"] == format!("{:032x}", 7) && body["incident"]["revision"] == 3;
        if is_bad { Reply::Status(400) } else { course[before % course.len()] }
    });
    let mut paging = Paging::new(&hook(&receiver.url));
    publish_all(&mut paging);
    let whole = usize::try_from(INCIDENTS).expect("few") * COURSE.len() - 1;
    let mut pager = paging.start();
    for third in 1..=2 {
        let came = program::until(PATIENCE, || receiver.calls().len() >= third * whole / 3);
        assert!(came, "{} calls\n{}", receiver.calls().len(), pager.last_words());
        pager.kill();
        pager = paging.start();
    }
    let is_done = || taken(&receiver.calls()).values().map(Vec::len).sum::<usize>() >= whole;
    assert!(program::until(2 * PATIENCE, is_done), "{:?}\n{}", taken(&receiver.calls()), pager.last_words());
    pager.end_in_order();

    let calls = receiver.calls();
    for (incident, revisions) in taken(&calls) {
        let expected: &[u64] = if incident == format!("{:032x}", 7) { &[1, 2, 4, 5] } else { &[1, 2, 3, 4, 5] };
        assert_eq!(revisions, expected, "incident {incident}");
    }
    let mut bodies: BTreeMap<&str, &Value> = BTreeMap::new();
    for call in calls.iter() {
        assert_eq!(call.path, "/in");
        assert!(call.headers["webhook-signature"].starts_with("v1,"), "{:?}", call.headers);
        let first = bodies.entry(&call.headers["webhook-id"]).or_insert(&call.body);
        assert_eq!(*first, &call.body, "one change, two bodies");
    }
    let refused = calls.iter().filter(|call| call.reply == Reply::Status(400)).count();
    assert!((1..=3).contains(&refused), "a refusal is final: {refused} attempts");
    println!("{} calls for {whole} changes; two kills", calls.len());
}

#[test]
fn a_new_machine_tells_nothing_twice_and_nothing_late() {
    let receiver = Receiver::start(|_, _| Reply::Status(202));
    let mut paging = Paging::new(&hook(&receiver.url));
    publish_all(&mut paging);
    let whole = usize::try_from(INCIDENTS).expect("few") * COURSE.len();
    let mut pager = paging.start();
    assert!(program::until(PATIENCE, || receiver.calls().len() >= whole), "{}", pager.last_words());
    pager.end_in_order();
    paging.lose_disk();
    paging.publish(&incident(99, 1, State::Open, Timestamp(2)));
    let mut pager = paging.start();
    assert!(program::until(PATIENCE, || receiver.calls().len() > whole), "{}", pager.last_words());
    pager.end_in_order();
    let calls = receiver.calls();
    assert_eq!(calls.len(), whole + 1);
    assert_eq!(number(&calls[whole].body, "/incident/revision"), 1);
    assert_eq!(calls[whole].body["incident"]["incident_id"], format!("{:032x}", 99));
}

#[test]
fn the_own_network_is_not_reached_unless_it_is_meant() {
    let receiver = Receiver::start(|_, _| Reply::Status(202));
    let closed = hook(&receiver.url).replace("private: true", "private: false");
    for url in [closed.clone(), closed.replace("127.0.0.1", "localhost")] {
        let mut paging = Paging::new(&url);
        paging.publish(&incident(1, 1, State::Open, Timestamp(1)));
        let mut pager = paging.start();
        let is_said = || pager.said().contains("is not an address of the public internet");
        assert!(program::until(PATIENCE, is_said), "{}", pager.last_words());
        pager.end_in_order();
    }
    assert!(receiver.calls().is_empty());
}
