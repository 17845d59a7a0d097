//! Channels that refuse, hang, or may be told of little: a refusal is final and said back into the log, silence is tried
//! again, and what is beyond the rate is summed up.

use std::collections::BTreeSet;

use tidewatch_schemas::incident::{Severity, State};
use tidewatch_schemas::verdict::Action;
use tidewatch_schemas::{Incident, IncidentId, Timestamp, Verdict};
use tidewatch_tests::paging::{Paging, incident};
use tidewatch_tests::program;
use tidewatch_tests::receiver::{Receiver, Reply};
use tidewatch_tests::topics::Topics;

use super::channels::{KINDS, course, kind_of, section, taken};
use super::{COURSE, PATIENCE};

const REFUSED: &str = "a change that nobody takes";
const SLOW: &str = "a change that takes for ever";

/// Publishes the course of an incident that begins with `summary`.
fn publish(paging: &mut Paging, number: u128, summary: &str) {
    for (revision, state) in (1..).zip(COURSE) {
        let change = incident(number, revision, state, Timestamp(1));
        let summary = if revision == 1 { summary.to_owned() } else { change.summary.clone() };
        paging.publish(&Incident { summary, ..change });
    }
}

#[test]
fn every_kind_of_channel_may_refuse_a_change_for_good_or_hang_and_hears_the_rest() {
    let receiver = Receiver::start(|before, body| {
        let text = body.to_string();
        match (text.contains(REFUSED), text.contains(SLOW)) {
            (true, _) => Reply::Status(400),
            // Each channel is called one change at a time, so that the first calls are one of each.
            (_, true) if before < KINDS.len() => Reply::Never,
            _ => Reply::Status(202),
        }
    });
    let mut paging = Paging::new(&section(&receiver.url));
    publish(&mut paging, 1, SLOW);
    let slack = format!("{}/slack", receiver.url);
    let mut pager = paging.start_with(&[("SLACK_URL", &slack)]);
    let hung = || receiver.calls().iter().filter(|call| call.reply == Reply::Never).count();
    assert!(program::until(PATIENCE, || hung() == KINDS.len()), "{} hung\n{}", hung(), pager.last_words());
    publish(&mut paging, 2, REFUSED);
    let whole = 2 * COURSE.len() - 1;
    let told = |kind: &str| taken(&receiver.calls(), kind).values().map(Vec::len).sum::<usize>();
    let is_done = || KINDS.iter().all(|(kind, _)| told(kind) >= whole);
    assert!(program::until(PATIENCE, is_done), "{:?}\n{}", KINDS.map(|(kind, _)| told(kind)), pager.last_words());

    let topics = Topics::at(paging.bootstrap());
    let said: Vec<Verdict> = topics
        .tail("tidewatch.verdicts")
        .rest()
        .iter()
        .map(|record| serde_json::from_slice(&record.value).expect("a verdict"))
        .collect();
    pager.end_in_order();
    let calls = receiver.calls();
    for (kind, _) in KINDS {
        let of_kind = |reply: Reply| calls.iter().filter(|call| kind_of(call) == kind && call.reply == reply).count();
        assert_eq!((of_kind(Reply::Never), of_kind(Reply::Status(400))), (1, 1), "{kind}: a refusal is final");
        let taken = taken(&calls, kind);
        assert_eq!(taken[&format!("{:032x}", 1)], course(kind), "{kind}");
        assert_eq!(taken[&format!("{:032x}", 2)], course(kind)[1..], "{kind}");
    }
    let channels: BTreeSet<&str> = said.iter().map(|said| said.by.as_str()).collect();
    assert_eq!(channels, KINDS.iter().map(|(kind, _)| *kind).collect(), "each says what it did not take");
    for said in &said {
        assert_eq!((said.action, said.incident_id, said.pool.as_str()), (Action::Undelivered, IncidentId(2), "eu-1"));
        assert!(said.note.contains("400"), "{}", said.note);
    }
}

#[test]
fn what_is_beyond_the_rate_of_a_channel_is_summed_up_with_its_last_call_of_the_minute() {
    const RATE: usize = 5;
    let receiver = Receiver::start(|_, _| Reply::Status(202));
    let mut paging = Paging::new(&super::hook(&receiver.url).replace("10000", &RATE.to_string()));
    for number in 0..40 {
        let severity = if number == 33 { Severity::Critical } else { Severity::Warning };
        paging.publish(&Incident { severity, ..incident(number, 1, State::Open, Timestamp(1)) });
    }
    let mut pager = paging.start();
    assert!(program::until(PATIENCE, || receiver.calls().len() == RATE), "{}", pager.last_words());
    pager.end_in_order();
    let calls = receiver.calls();
    let last = &calls[RATE - 1].body["incident"];
    let sentence = last["summary"].as_str().expect("a sentence");
    assert!(sentence.contains(" incidents wait for hook, which may be told of no more in a minute"), "{sentence}");
    let waits = last["actual"].as_f64().expect("how many");
    assert!((5.0..=36.0).contains(&waits), "36 of 40 wait, or those of them that were read by then: {waits}");
    let singly = calls[..RATE - 1].iter().filter(|call| call.body["incident"]["signal"] != last["signal"]).count();
    assert_eq!(singly, RATE - 1, "the others are told as they are");
}
