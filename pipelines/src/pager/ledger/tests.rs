use tidewatch_delivery::pager::Channel;
use tidewatch_delivery::pager::alertmanager::Alertmanager;
use tidewatch_delivery::pager::slack::Slack;
use tidewatch_schemas::finding::Season;
use tidewatch_schemas::incident::{Kind, Severity, State};
use tidewatch_schemas::{Response, Timestamp};

use super::*;
use crate::state::MemoryStore;

/// Revision `revision` of an incident.
pub fn incident(revision: u32) -> Incident {
    Incident {
        incident_id: IncidentId(0x1f),
        revision,
        state: State::Open,
        kind: Kind::Slow,
        severity: Severity::Error,
        pool: "eu-1".into(),
        resource: None,
        tenants: vec!["acme".into()],
        victims: Vec::new(),
        culprits: Vec::new(),
        started_at: Timestamp(0),
        opened_at: Timestamp(0),
        updated_at: Timestamp(0),
        resolved_at: None,
        summary: "slow".to_owned(),
        signal: "s".into(),
        expected: 1.0,
        actual: None,
        unit: "s".to_owned(),
        season: Season::Recent,
        confidence: 1.0,
        bottleneck: None,
        peers: None,
        deployment: None,
        loss: None,
        runbook: "slow-requests".to_owned(),
        evidence: Vec::new(),
        severity_reason: String::new(),
        findings: 0,
        response: Response::default(),
    }
}

fn resolved(revision: u32) -> Incident {
    Incident { state: State::Resolved, resolved_at: Some(Timestamp(5)), ..incident(revision) }
}

fn channels() -> Named {
    let am = Alertmanager { url: "http://am".to_owned(), authorization: String::new(), again_ms: 60_000 };
    let chat = Slack { url: "http://chat".to_owned() };
    BTreeMap::from([("am".to_owned(), Channel::Alertmanager(am)), ("chat".to_owned(), Channel::Slack(chat))])
}

fn route(channels: &[&str], severity: Severity) -> Route {
    let (tenants, pools, kinds) = (Vec::new(), Vec::new(), Vec::new());
    let channels = channels.iter().map(ToString::to_string).collect();
    Route { severity, tenants, pools, kinds, escalation: 0, channels, goes_on: false }
}

fn record(offset: i64, incident: Incident) -> Revision {
    let numbered = Some(Numbered { source: 0, sequence: offset.unsigned_abs() + 1 });
    Revision { offset, numbered, incident: Some(incident) }
}

/// A ledger that can be killed.
struct Case {
    store: MemoryStore,
    ledger: Ledger,
    channels: Named,
    routes: Vec<Route>,
    /// Revisions that each channel took.
    told: BTreeMap<String, Vec<u32>>,
}

impl Case {
    fn new(routes: Vec<Route>) -> Self {
        let store = MemoryStore::default();
        let ledger = Ledger::open(Box::new(store.clone())).unwrap();
        Self { store, ledger, channels: channels(), routes, told: BTreeMap::new() }
    }

    fn take(&mut self, revision: Revision, now_ms: i64) {
        let plan = Plan { channels: &self.channels, routes: &self.routes };
        self.ledger.take(plan, revision, now_ms);
        self.ledger.commit().unwrap();
    }

    /// Tells `channel` what is due and lets it answer; the revision that was told.
    fn tell(&mut self, channel: &str, answer: Answer, now_ms: i64) -> Option<u32> {
        let (key, _) = self.ledger.due(channel, now_ms)?;
        let (incident, _) = self.ledger.begin(&key)?;
        self.ledger.commit().unwrap();
        let again = self.channels[channel].repeat_after_ms(&incident, now_ms).map(|after| now_ms + after);
        if answer == Answer::Taken {
            self.told.entry(channel.to_owned()).or_default().push(incident.revision);
        }
        self.ledger.answered(&key, incident.revision, answer, (now_ms, again));
        self.ledger.commit().unwrap();
        Some(incident.revision)
    }

    fn kill(&mut self) {
        self.ledger = Ledger::open(Box::new(self.store.clone())).unwrap();
    }
}

fn later() -> Answer {
    Answer::Later { cause: "busy".to_owned(), after_ms: None }
}

#[test]
fn changes_are_told_in_order_and_each_until_it_is_taken() {
    let mut case = Case::new(vec![route(&["chat"], Severity::Info)]);
    for revision in 1..=3 {
        case.take(record(i64::from(revision), incident(revision)), 0);
    }
    assert_eq!(case.tell("chat", later(), 0), Some(1));
    assert_eq!(case.ledger.due("chat", 0), None, "it waits");
    let mut now = 0;
    while case.ledger.waiting() > 0 {
        now += 1_000;
        case.tell("chat", if now % 3_000 == 0 { Answer::Taken } else { later() }, now);
    }
    assert_eq!(case.told["chat"], [1, 2, 3]);
    assert_eq!(case.ledger.told_until(), Some(4));
}

#[test]
fn a_kill_at_any_step_forgets_nothing_and_repeats_with_the_same_revision() {
    // 0: after taking; 1: after the attempt was written; 2: after the call and before its answer was written.
    for step in 0..3 {
        let mut case = Case::new(vec![route(&["chat"], Severity::Info)]);
        case.take(record(1, incident(1)), 0);
        if step > 0 {
            let (key, _) = case.ledger.due("chat", 0).unwrap();
            case.ledger.begin(&key).unwrap();
            case.ledger.commit().unwrap();
        }
        case.kill();
        assert_eq!(case.tell("chat", Answer::Taken, 0), Some(1), "step {step}");
        case.kill();
        assert_eq!(case.tell("chat", Answer::Taken, 1_000_000), None, "step {step}: told once, known for good");
        // What was read is not read again by number either.
        case.take(record(1, incident(1)), 0);
        assert_eq!(case.tell("chat", Answer::Taken, 2_000_000), None, "step {step}");
    }
}

#[test]
fn nothing_is_sent_after_the_end_but_what_alertmanager_must_hear_again() {
    let mut case = Case::new(vec![route(&["am", "chat"], Severity::Info)]);
    case.take(record(1, incident(1)), 0);
    case.tell("chat", Answer::Taken, 0);
    case.tell("am", Answer::Taken, 0);
    assert_eq!(case.tell("am", Answer::Taken, 59_999), None);
    assert_eq!(case.tell("am", Answer::Taken, 60_000), Some(1), "it fires on");
    assert_eq!(case.tell("chat", Answer::Taken, 60_000), None, "chat remembers");
    case.take(record(2, resolved(2)), 70_000);
    assert_eq!((case.tell("chat", Answer::Taken, 70_000), case.tell("am", Answer::Taken, 70_000)), (Some(2), Some(2)));
    let mut repeated = 0;
    for now in 71..1_000 {
        assert_eq!(case.tell("chat", Answer::Taken, now * 1_000), None);
        repeated += usize::from(case.tell("am", Answer::Taken, now * 1_000).is_some());
    }
    assert_eq!(repeated, 4, "until five minutes after the end");
    case.kill();
    assert!(case.ledger.deliveries.is_empty(), "what is over is forgotten");
}

#[test]
fn who_was_told_of_the_beginning_is_told_of_the_end() {
    let mut case = Case::new(vec![route(&["chat"], Severity::Critical)]);
    case.take(record(1, incident(1)), 0);
    assert_eq!(case.ledger.waiting(), 0, "not severe enough");
    case.take(record(2, Incident { severity: Severity::Critical, ..incident(2) }), 0);
    case.tell("chat", Answer::Taken, 0);
    case.take(record(3, resolved(3)), 0);
    assert_eq!(case.tell("chat", Answer::Taken, 0), Some(3));
}

#[test]
fn a_refusal_is_final_for_its_change_and_for_no_other() {
    let mut case = Case::new(vec![route(&["chat"], Severity::Info)]);
    case.take(record(1, incident(1)), 0);
    case.take(record(2, incident(2)), 0);
    let refused = Answer::Refused { cause: "status 400".to_owned() };
    assert_eq!(case.tell("chat", refused, 0), Some(1));
    assert_eq!(case.tell("chat", Answer::Taken, 0), Some(2));
    assert_eq!(case.told["chat"], [2]);
}

#[test]
fn a_channel_that_never_answers_is_given_up_after_a_day() {
    let mut case = Case::new(vec![route(&["chat"], Severity::Info)]);
    case.take(record(1, incident(1)), 0);
    let (mut now, mut attempts) = (0, 0);
    while case.ledger.waiting() > 0 {
        now += 60_000;
        attempts += u32::from(case.tell("chat", later(), now).is_some());
    }
    assert_eq!(attempts, super::super::delivery::MOST_ATTEMPTS);
    assert!((20 * 3_600_000..30 * 3_600_000).contains(&now), "{now}");
}

#[test]
fn a_new_machine_tells_what_was_not_told_and_goes_on_repeating_what_lasts() {
    let mut case = Case::new(vec![route(&["am", "chat"], Severity::Info)]);
    case.ledger.begin_anew(10);
    let other = |revision| Incident { incident_id: IncidentId(7), ..incident(revision) };
    case.take(record(3, incident(1)), 0);
    case.take(record(4, other(1)), 0);
    case.take(record(9, resolved(2)), 0);
    assert_eq!(case.tell("chat", Answer::Taken, 0), None, "all told before");
    // Alertmanager hears at once of what lasts, and once more of what is over.
    assert!(case.tell("am", Answer::Taken, 0).is_some());
    case.take(record(10, other(2)), 0);
    assert_eq!(case.tell("chat", Answer::Taken, 0), Some(2));
    assert_eq!(case.ledger.told_until(), Some(10), "alertmanager has not been told yet");
}

#[test]
fn a_silence_keeps_channels_quiet_until_it_ends_but_not_the_end_of_what_they_know() {
    let silenced = |incident: Incident| {
        let response = Response { silenced_by: Some("work on pg-main".to_owned()), ..Response::default() };
        Incident { response, ..incident }
    };
    let told = |revisions: Vec<Incident>| {
        let (channels, routes) = (channels(), [route(&["chat"], Severity::Info)]);
        let plan = Plan { channels: &channels, routes: &routes };
        let mut ledger = Ledger::open(Box::new(MemoryStore::default())).unwrap();
        (0..).zip(revisions).for_each(|(offset, one)| ledger.take(plan, record(offset, one), 0));
        ledger.deliveries.len()
    };
    assert_eq!(told(vec![silenced(incident(1)), silenced(resolved(2))]), 0, "nobody hears of it");
    assert_eq!(told(vec![silenced(incident(1)), incident(2)]), 1, "what outlasts its silence is told");
}

/// Publishes an incident `number` of `severity` that nobody knows yet.
fn fresh(case: &mut Case, number: i64, severity: Severity) {
    let incident = Incident { incident_id: IncidentId(number.unsigned_abs().into()), severity, ..incident(1) };
    case.take(record(number, incident), 0);
}

#[test]
fn the_worst_goes_first() {
    let mut case = Case::new(vec![route(&["chat"], Severity::Info)]);
    for (number, severity) in [(1, Severity::Warning), (2, Severity::Critical), (3, Severity::Error)] {
        fresh(&mut case, number, severity);
    }
    let mut told = Vec::new();
    while let Some((key, _)) = case.ledger.due("chat", 0) {
        told.push(key.1.0);
        case.tell("chat", Answer::Taken, 0);
    }
    assert_eq!(told, [2, 3, 1]);
}

#[test]
fn what_waits_beyond_the_rate_is_summed_up_once_before_it_comes_and_the_end_is_told() {
    let mut case = Case::new(vec![route(&["chat"], Severity::Info)]);
    (1..=20).for_each(|number| fresh(&mut case, number, Severity::Critical));
    let sum_up = |case: &mut Case, is_spent| {
        let mut backlog = Backlog::default();
        case.ledger.count("chat", &mut backlog);
        case.ledger.sum_up("chat", 0, &backlog, (is_spent, 7));
        case.ledger.commit().unwrap();
    };
    let id = digest::identity("chat", 0);
    sum_up(&mut case, false);
    assert_ne!(case.ledger.due("chat", 7).unwrap().0.1, id, "the rate is not used up");
    sum_up(&mut case, true);
    sum_up(&mut case, true);
    case.kill();
    let (key, _) = case.ledger.due("chat", 7).unwrap();
    assert_eq!(key.1, id, "it goes first");
    let (told, _) = case.ledger.begin(&key).unwrap();
    assert!(told.summary.starts_with("20 more changes of 20 incidents wait for chat"), "{}", told.summary);
    assert_eq!(case.tell("chat", Answer::Taken, 7), Some(1));
    (0..20).for_each(|_| assert!(case.tell("chat", Answer::Taken, 7).is_some()));
    assert_eq!(case.ledger.due("chat", 7), None, "it was summed up once");
    sum_up(&mut case, false);
    let (key, _) = case.ledger.due("chat", 7).unwrap();
    let (told, _) = case.ledger.begin(&key).unwrap();
    assert_eq!((key.1, told.state, told.revision), (id, State::Resolved, 2));
    case.tell("chat", Answer::Taken, 7);
    sum_up(&mut case, false);
    assert_eq!(case.ledger.due("chat", 7), None);
}
