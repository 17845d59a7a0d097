use super::*;
use crate::families::stored;

const LOCKS: Locks = Locks { tell_after_ms: 5_000 };
const SECOND: i64 = 1_000;

/// A line of `tenant` at a second: `stage`, who waits, who holds, how long it has waited.
struct Line<'a>(&'a str, i64, LockStage, u32, &'a [u32], f64);

fn event(line: &Line<'_>) -> LockEvent {
    LockEvent {
        stage: line.2,
        waiter: line.3,
        holders: line.4.to_vec(),
        waited_s: line.5,
        mode: "RowExclusiveLock".to_owned(),
        is_global: false,
        object: "relation 23985".to_owned(),
        table: "account_move".to_owned(),
        statement: "INSERT account_move".to_owned(),
        holders_statement: String::new(),
    }
}

fn feed(state: &mut State, line: &Line<'_>, change: impl FnOnce(&mut LockEvent)) -> Option<Chain> {
    let mut event = event(line);
    change(&mut event);
    let origin = Origin { topic: "t".into(), partition: 0, offset: line.1, index: 0 };
    let (pool, tenant, resource) = ("eu".into(), line.0.into(), "pg-main".into());
    let at = Timestamp(line.1 * SECOND);
    LOCKS
        .observe(state, &Seen { pool: &pool, tenant: &tenant, resource: &resource, at, event: &event, origin: &origin })
}

/// What is told while the lines come and every five seconds up to `until`.
fn told(lines: &[Line<'_>], until: i64) -> Vec<(i64, Chain)> {
    let mut state = State::default();
    let mut told = Vec::new();
    for second in 0..=until {
        for line in lines.iter().filter(|line| line.1 == second) {
            told.extend(feed(&mut state, line, |_| ()).map(|chain| (second, chain)));
        }
        if second % 5 == 0 {
            told.extend(LOCKS.advance(&mut state, Timestamp(second * SECOND)).into_iter().map(|chain| (second, chain)));
        }
        state = stored(&state);
    }
    told
}

use LockStage::{Acquired, Deadlock, Failed, Waiting};

#[test]
fn a_wait_is_told_once_it_is_long_and_again_while_it_lasts() {
    let lines = [Line("acme", 1, Waiting, 10, &[7], 1.0), Line("acme", 28, Acquired, 10, &[], 28.0)];
    let told = told(&lines, 60);
    assert_eq!(told.iter().map(|(second, _)| *second).collect::<Vec<_>>(), [5, 15, 25]);
    let (_, last) = &told[2];
    assert_eq!(
        last.sentence(),
        "acme waits 25 s for INSERT account_move: for a lock on account_move that its own session 7 holds"
    );
    assert!(last.is_own());
    let finding = last.finding(LOCKS.tell_after_ms);
    assert_eq!((finding.actual, finding.upper, finding.tenant.as_str()), (Some(25.0), 5.0, "acme"));
}

#[test]
fn a_wait_of_which_nothing_is_heard_is_told_for_a_minute_and_again_when_it_ends() {
    let lines = [Line("acme", 1, Waiting, 10, &[7], 1.0), Line("acme", 200, Acquired, 10, &[7], 200.0)];
    let seconds: Vec<_> = told(&lines, 240).into_iter().map(|(second, _)| second).collect();
    assert_eq!(seconds, [5, 15, 25, 35, 45, 55, 200]);
}

#[test]
fn short_waits_are_nobodys_business() {
    let ended = [Line("acme", 1, Waiting, 10, &[7], 1.0), Line("acme", 3, Acquired, 10, &[], 3.0)];
    let failed = [Line("acme", 1, Waiting, 10, &[7], 1.0), Line("acme", 4, Failed, 10, &[], 4.0)];
    assert_eq!(told(&ended, 60), []);
    assert_eq!(told(&failed, 60), []);
}

#[test]
fn a_long_wait_of_which_only_the_end_is_heard_is_told_then() {
    let told = told(&[Line("acme", 40, Acquired, 10, &[], 18.0)], 60);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].1.sentence(), "acme waits 18 s for INSERT account_move: for a lock on account_move");
    assert!(!told[0].1.is_own(), "nobody knows who held it");
}

#[test]
fn the_session_that_waits_for_nobody_holds_up_all_behind_it() {
    let lines = [
        Line("acme", 1, Waiting, 10, &[7], 1.0),
        Line("acme", 2, Waiting, 11, &[10], 1.0),
        Line("acme", 3, Waiting, 12, &[11, 7], 1.0),
        Line("delta", 3, Waiting, 20, &[21], 1.0),
    ];
    let chains: Vec<_> =
        told(&lines, 9).into_iter().map(|(_, chain)| (chain.tenant, chain.blocker, chain.waiting)).collect();
    assert_eq!(chains, [("acme".into(), Some(7), 3)], "and delta has not waited long");
}

#[test]
fn sessions_that_wait_for_each_other_are_one_chain() {
    let lines = [Line("acme", 1, Waiting, 10, &[11], 1.0), Line("acme", 2, Waiting, 11, &[10], 1.0)];
    let chains: Vec<_> = told(&lines, 9).into_iter().map(|(_, chain)| (chain.blocker, chain.waiting)).collect();
    assert_eq!(chains, [(Some(10), 2)]);
}

#[test]
fn a_global_lock_may_be_anothers_and_only_a_line_says_whose() {
    let mut state = State::default();
    feed(&mut state, &Line("acme", 1, Waiting, 10, &[7], 1.0), |event| event.is_global = true);
    let chain = LOCKS.advance(&mut state, Timestamp(10 * SECOND)).remove(0);
    assert_eq!((chain.is_own(), chain.blockers_tenant.clone()), (false, None));
    assert!(chain.sentence().ends_with("that session 7 holds"), "{}", chain.sentence());
    feed(&mut state, &Line("borealis", 11, Acquired, 7, &[], 0.5), |_| ());
    let chain = LOCKS.advance(&mut state, Timestamp(21 * SECOND)).remove(0);
    assert!(chain.sentence().ends_with("that session 7 of borealis holds"), "{}", chain.sentence());
}

#[test]
fn a_deadlock_is_told_at_once_with_what_both_did() {
    let mut state = State::default();
    let unnamed = feed(&mut state, &Line("acme", 1, Deadlock, 10, &[], 1.0), |_| ());
    assert_eq!(unnamed, None, "the line that names nobody waits for the one that does");
    let told = feed(&mut state, &Line("acme", 1, Deadlock, 10, &[11], 0.0), |event| {
        event.holders_statement = "DELETE res_partner".to_owned();
    });
    assert_eq!(
        told.unwrap().sentence(),
        "acme: a session was ended for INSERT account_move, because it and its own session 11 (DELETE res_partner) waited for \
         each other on account_move"
    );
    assert!(state.is_quiet());
}

#[test]
fn what_is_not_heard_of_is_forgotten_and_nothing_grows_beyond_its_bound() {
    let mut state = State::default();
    for process in 0..5_000 {
        feed(&mut state, &Line("acme", i64::from(process), Waiting, process, &[process + 1], 1.0), |_| ());
    }
    assert_eq!((state.waits.len(), state.sessions.len()), (MOST_WAITS, MOST_SESSIONS));
    let _ = LOCKS.advance(&mut state, Timestamp(4_999 * SECOND));
    assert!(state.waits.len() <= 601);
    let _ = LOCKS.advance(&mut state, Timestamp(9_000 * SECOND));
    assert_eq!(state, State::default());
}

#[test]
fn a_wait_that_claims_nonsense_stays_within_reason() {
    for waited_s in [f64::NAN, f64::INFINITY, -5.0, 1e300] {
        let mut state = State::default();
        feed(&mut state, &Line("acme", 1, Waiting, 10, &[10], waited_s), |_| ());
        for chain in LOCKS.advance(&mut state, Timestamp(60 * SECOND)) {
            let finding = chain.finding(LOCKS.tell_after_ms);
            assert!(finding.actual.unwrap().is_finite(), "{waited_s}");
        }
    }
}
