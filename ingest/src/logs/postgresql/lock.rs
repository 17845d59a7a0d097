//! What an entry says about a lock: the wait in its message, the holders in its detail, the statement beside it.
//!
//! In the csv and json forms all of it is one entry. In the stderr form each is a line of its own; they follow each other, and
//! are put together by the process that they name.

use tidewatch_schemas::{LockEvent, LockStage};

use super::{Entry, error, statement};

/// A piece of what is known about a lock.
#[derive(Clone, Debug, PartialEq)]
pub struct LockPart {
    /// What this piece says; what it does not is empty.
    pub event: LockEvent,
    /// Whether it goes on with the event of the same process in the line before.
    pub goes_on: bool,
}

impl LockPart {
    /// Adds what `more` says; only of the same process, and only what is not known yet.
    pub fn add(&mut self, more: LockEvent) {
        if self.event.waiter != more.waiter {
            return;
        }
        let own = &mut self.event;
        if own.statement.is_empty() {
            own.statement = more.statement;
        }
        if own.holders_statement.is_empty() {
            own.holders_statement = more.holders_statement;
        }
        if own.table.is_empty() {
            own.table = more.table;
        }
        if own.holders.is_empty() {
            own.holders = more.holders;
        }
        name_table(own);
    }
}

/// What `entry` says about a lock; `None` when it says nothing.
pub(super) fn part(entry: &Entry<'_>) -> Option<LockPart> {
    let message = entry.message.as_ref();
    match entry.severity.as_ref() {
        "LOG" | "" => Some(whole(wait(message)?, entry)),
        "ERROR" if message.starts_with("deadlock detected") => {
            Some(whole(empty(LockStage::Deadlock, number(&entry.pid)?), entry))
        }
        "ERROR" | "FATAL" if ends_a_wait(error::kind(&entry.sqlstate, message)) => {
            Some(whole(empty(LockStage::Failed, number(&entry.pid)?), entry))
        }
        "DETAIL" => going_on(entry, |event| detail(message, event)),
        "CONTEXT" => going_on(entry, |event| context(message, event)),
        "STATEMENT" => going_on(entry, |event| event.statement = statement::class(message)),
        _ => None,
    }
}

/// Whether a session that waited does so no more: it was cancelled or its connection ended, and nothing else says so.
fn ends_a_wait(kind: &str) -> bool {
    matches!(kind, "cancelled" | "lock_timeout" | "shutdown" | "connection")
}

fn whole(mut event: LockEvent, entry: &Entry<'_>) -> LockPart {
    detail(&entry.detail, &mut event);
    context(&entry.context, &mut event);
    if !entry.query.is_empty() {
        event.statement = statement::class(&entry.query);
    }
    name_table(&mut event);
    LockPart { event, goes_on: false }
}

fn going_on(entry: &Entry<'_>, say: impl FnOnce(&mut LockEvent)) -> Option<LockPart> {
    let mut event = empty(LockStage::Waiting, number(&entry.pid)?);
    say(&mut event);
    name_table(&mut event);
    let says_something = !(event.holders.is_empty() && event.statement.is_empty() && event.table.is_empty());
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
        table: String::new(),
        statement: String::new(),
        holders_statement: String::new(),
    }
}

/// A statement that changes or locks a table takes the lock of this kind on that table and no other. Weaker locks are also taken
/// on what foreign keys point at and on what is only read, so there the statement leaves the table open.
fn name_table(event: &mut LockEvent) {
    let Some((verb, table)) = event.statement.split_once(' ') else { return };
    let takes_it = match event.mode.as_str() {
        "RowExclusiveLock" => matches!(verb, "INSERT" | "UPDATE" | "DELETE" | "COPY"),
        "AccessExclusiveLock" | "ExclusiveLock" | "ShareRowExclusiveLock" => {
            matches!(verb, "ALTER" | "DROP" | "LOCK" | "TRUNCATE" | "VACUUM" | "REINDEX" | "CLUSTER")
        }
        _ => false,
    };
    if event.table.is_empty() && takes_it && event.object.starts_with("relation ") {
        event.table = table.to_owned();
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

/// `while updating tuple (6,34) in relation "res_partner"`, or the statement with which a foreign key is checked:
/// `SQL statement "SELECT 1 FROM ONLY "public"."account_move" x WHERE ..`. Its table is the locked one, not that of the
/// statement that has the key.
fn context(text: &str, event: &mut LockEvent) {
    if let Some((_, inner)) = text.split_once("SQL statement \"") {
        let class = statement::class(inner);
        let (_, table) = class.split_once(' ').unwrap_or_default();
        if !table.is_empty() {
            table.clone_into(&mut event.table);
        }
    }
    if let Some((_, rest)) = text.split_once(" in relation \"")
        && let Some((table, _)) = rest.split_once('"')
    {
        event.table = short(table);
    }
}

fn number(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

fn short(text: &str) -> String {
    crate::text::cut(text, LockEvent::MAX_TEXT).to_owned()
}
