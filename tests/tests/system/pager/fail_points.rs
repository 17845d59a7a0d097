//! The pager ends at each step between its ledger and a channel: no change is missed, and a repetition has the same key.

use std::collections::BTreeSet;

use tidewatch_pipelines::protocol::{FailPoint, fail_point};
use tidewatch_tests::paging::Paging;
use tidewatch_tests::program;
use tidewatch_tests::receiver::{Receiver, Reply};

use super::{COURSE, INCIDENTS, PATIENCE, hook, publish_all, taken};

/// The change at which the process ends, where there is one chance for each change.
const CHANGE: u32 = 7;

#[test]
fn an_end_before_what_was_read_is_written_misses_no_change() {
    end_at(FailPoint::BeforeLedgerWrite, 1);
}

#[test]
fn an_end_between_the_note_of_an_attempt_and_the_call_misses_no_change() {
    end_at(FailPoint::AfterLedgerWrite, CHANGE);
}

#[test]
fn an_end_after_the_call_repeats_one_change_under_its_key() {
    end_at(FailPoint::AfterCall, CHANGE);
}

#[test]
fn an_end_after_the_answer_is_noted_repeats_nothing() {
    end_at(FailPoint::AfterAnswer, CHANGE);
}

/// Ends the pager when it passes a place for the `passes`th time, and lets it go on.
fn end_at(point: FailPoint, passes: u32) {
    let receiver = Receiver::start(|_, _| Reply::Status(202));
    let mut paging = Paging::new(&hook(&receiver.url));
    publish_all(&mut paging);
    let armed = format!("{}:{passes}", point.name());
    let mut pager = paging.start_with(&[(fail_point::VARIABLE, &armed)]);
    let ended = pager.wait(PATIENCE);
    assert!(!ended.success() && ended.code().is_none(), "{armed}: {ended}\n{}", pager.last_words());
    let mut pager = paging.start();
    let whole = usize::try_from(INCIDENTS).expect("few") * COURSE.len();
    let is_done = || taken(&receiver.calls()).values().map(Vec::len).sum::<usize>() >= whole;
    assert!(program::until(PATIENCE, is_done), "{armed}: {:?}", taken(&receiver.calls()));
    pager.end_in_order();

    let calls = receiver.calls();
    for (incident, revisions) in taken(&calls) {
        assert_eq!(revisions, [1, 2, 3, 4, 5], "{armed}: incident {incident}");
    }
    let keys: BTreeSet<&String> = calls.iter().map(|call| &call.headers["webhook-id"]).collect();
    assert_eq!(keys.len(), whole, "{armed}: one key for each change");
    // Only what the ledger does not know is told again.
    let repeated = usize::from(point == FailPoint::AfterCall);
    assert_eq!(calls.len(), whole + repeated, "{armed}");
}
