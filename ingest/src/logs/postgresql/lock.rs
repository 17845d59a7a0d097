//! What an entry says about a lock: the wait in its message, the holders in its detail, the statement beside it.
//!
//! In the csv and json forms all of it is one entry. In the stderr form each is a line of its own; they follow each other, and
//! are put together by the process that they name.

use tidewatch_schemas::{LockEvent, LockStage};

use super::{Entry, statement};

/// A piece of what is known about a lock.
#[derive(Clone, Debug, PartialEq)]
pub struct LockPart {
    /// What this piece says; what it does not is empty.
    pub event: LockEvent,
    /// Whether it goes on with the event of the same process in the line before.
    pub goes_on: bool,
}

impl LockPart {
    /// Adds what `more` says; only of the same process.
    pub(crate) fn add(&mut self, more: LockEvent) {
        if self.event.waiter != more.waiter {
            return;
        }
        let own = &mut self.event;
        let texts = [
            (&mut own.statement, more.statement),
            (&mut own.holders_statement, more.holders_statement),
            (&mut own.object, more.object),
        ];
        for (text, more) in texts {
            if text.is_empty() || (!more.is_empty() && is_number_of_something(text)) {
                *text = more;
            }
        }
        if own.holders.is_empty() {
            own.holders = more.holders;
        }
    }
}

/// Whether the object is only known by the server's own number for it.
fn is_number_of_something(object: &str) -> bool {
    object.bytes().any(|byte| byte.is_ascii_digit()) && object.contains(' ')
}

/// What `entry` says about a lock; `None` when it says nothing.
pub(super) fn part(entry: &Entry<'_>) -> Option<LockPart> {
    let message = entry.message.as_ref();
    match entry.severity.as_ref() {
        "LOG" | "" => whole(wait(message)?, entry),
        "ERROR" if message.starts_with("deadlock detected") => {
            whole(empty(LockStage::Deadlock, number(&entry.pid)?), entry)
        }
        "DETAIL" => going_on(entry, |event| detail(message, event)),
        "CONTEXT" => going_on(entry, |event| context(message, event)),
        "STATEMENT" => going_on(entry, |event| event.statement = statement::class(message)),
        _ => None,
    }
}

fn whole(mut event: LockEvent, entry: &Entry<'_>) -> Option<LockPart> {
    detail(&entry.detail, &mut event);
    context(&entry.context, &mut event);
    if !entry.query.is_empty() {
        event.statement = statement::class(&entry.query);
    }
    name_object(&mut event);
    Some(LockPart { event, goes_on: false })
}

fn going_on(entry: &Entry<'_>, say: impl FnOnce(&mut LockEvent)) -> Option<LockPart> {
    let mut event = empty(LockStage::Waiting, number(&entry.pid)?);
    say(&mut event);
    name_object(&mut event);
    let says_something = !(event.holders.is_empty() && event.statement.is_empty() && event.object.is_empty());
    says_something.then_some(LockPart { event, goes_on: true })
}

fn empty(stage: LockStage, waiter: u32) -> LockEvent {
    LockEvent {
        stage,
        waiter,
        holders: Vec::new(),
        waited_s: 0.0,
        mode: String::new(),
        is_global: false,
        object: String::new(),
        statement: String::new(),
        holders_statement: String::new(),
    }
}

/// The statement names the table where the line has only its number.
fn name_object(event: &mut LockEvent) {
    let (_, table) = event.statement.split_once(' ').unwrap_or_default();
    if !table.is_empty() && (event.object.is_empty() || is_number_of_something(&event.object)) {
        table.clone_into(&mut event.object);
    }
}

/// `process 7428 still waiting for ShareLock on transaction 10493 after 500.117 ms` and the ends of such waits.
fn wait(message: &str) -> Option<LockEvent> {
    const STAGES: [(&str, LockStage); 4] = [
        ("still waiting for ", LockStage::Waiting),
        ("acquired ", LockStage::Acquired),
        ("failed to acquire ", LockStage::Failed),
        ("detected deadlock while waiting for ", LockStage::Deadlock),
    ];
    let (process, rest) = message.lines().next()?.strip_prefix("process ")?.split_once(' ')?;
    let (stage, rest) = STAGES.iter().find_map(|(words, stage)| Some((*stage, rest.strip_prefix(words)?)))?;
    let (what, time) = rest.rsplit_once(" after ")?;
    let milliseconds = super::super::number(time.split(' ').next()?)?;
    let (mode, object) = what.split_once(" on ")?;
    let (object, database) = object.split_once(" of database ").unwrap_or((object, ""));
    let mut event = empty(stage, number(process)?);
    event.waited_s = (milliseconds * 1_000.0).round() / 1e6;
    event.mode = short(mode);
    event.object = short(object);
    event.is_global = database == "0";
    Some(event)
}

/// `Process holding the lock: 7534. Wait queue: 7428.`, or of a deadlock who waits for whom and what each does.
fn detail(text: &str, event: &mut LockEvent) {
    let holding = ["Process holding the lock: ", "Processes holding the lock: "];
    if let Some(rest) = holding.iter().find_map(|words| text.strip_prefix(words)) {
        let (holders, _) = rest.split_once(". ").unwrap_or((rest, ""));
        let holders = holders.split(", ").filter_map(number).filter(|holder| *holder != event.waiter);
        event.holders = holders.take(LockEvent::MOST_HOLDERS).collect();
        return;
    }
    if event.stage == LockStage::Deadlock || text.contains("; blocked by process ") {
        deadlock(text, event);
    }
}

fn deadlock(text: &str, event: &mut LockEvent) {
    for line in text.lines() {
        let Some(rest) = line.trim_start().strip_prefix("Process ") else { continue };
        if let Some((process, does)) = rest.split_once(": ") {
            let Some(process) = number(process) else { continue };
            let class = statement::class(does);
            if process == event.waiter {
                event.statement = class;
            } else if event.holders_statement.is_empty() {
                event.holders_statement = class;
            }
        } else if let Some((_, blocker)) = rest.rsplit_once("; blocked by process ") {
            let blocker = number(blocker.trim_end_matches('.'));
            let is_other = |process: &u32| *process != event.waiter && !event.holders.contains(process);
            if let Some(process) = blocker.filter(is_other).filter(|_| event.holders.len() < LockEvent::MOST_HOLDERS) {
                event.holders.push(process);
            }
        }
    }
}

/// `while updating tuple (6,34) in relation "res_partner"`.
fn context(text: &str, event: &mut LockEvent) {
    if let Some((_, rest)) = text.split_once(" in relation \"")
        && let Some((table, _)) = rest.split_once('"')
    {
        event.object = short(table);
    }
}

fn number(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

fn short(text: &str) -> String {
    crate::text::cut(text, LockEvent::MAX_TEXT).to_owned()
}
