//! What lines say about locks, in one entry and in several.

use super::line;
use crate::logs::{LockPart, LogFormat, read};
use tidewatch_schemas::{LockEvent, LockStage};

const HEAD: &str = "2026-11-22 10:30:43.622 UTC [7428] odoo@acme app ";
const INSERT: &str = "INSERT INTO \"account_move\" (\"auto_post\") VALUES ('no')";

/// What the lines of one entry of the stderr form come to.
fn together(lines: &[String]) -> Option<LockEvent> {
    let mut parts = lines.iter().filter_map(|body| read(LogFormat::Recognise, &line(body))?.lock);
    let mut first = parts.next()?;
    assert!(!first.goes_on);
    for part in parts {
        assert!(part.goes_on);
        first.add(part.event);
    }
    Some(first.event)
}

fn waiting() -> LockEvent {
    LockEvent {
        stage: LockStage::Waiting,
        waiter: 7_428,
        holders: vec![7_534],
        waited_s: 9.385_421,
        mode: "RowExclusiveLock".to_owned(),
        is_global: false,
        object: "relation 23985".to_owned(),
        table: "account_move".to_owned(),
        statement: "INSERT account_move".to_owned(),
        holders_statement: String::new(),
    }
}

const WAIT: &str =
    "process 7428 still waiting for RowExclusiveLock on relation 23985 of database 29014 after 9385.421 ms";
const DETAIL: &str = "Process holding the lock: 7534. Wait queue: 7428, 7542.";

#[test]
fn an_entry_says_the_same_in_one_line_and_in_three() {
    let lines = [("LOG", WAIT), ("DETAIL", DETAIL), ("STATEMENT", INSERT)];
    assert_eq!(together(&lines.map(|(severity, text)| format!("{HEAD}{severity}:  {text}"))), Some(waiting()));
    let json = serde_json::json!({"pid": 7428, "dbname": "acme", "error_severity": "LOG", "message": WAIT,
        "detail": DETAIL, "statement": INSERT});
    assert_eq!(together(&[json.to_string()]), Some(waiting()));
    let quoted = INSERT.replace('"', "\"\"");
    let csv = format!(
        "2026-11-22 10:30:43.622 UTC,\"odoo\",\"acme\",7428,\"::1\",6b.1,3,\"INSERT\",2026-11-22 10:18:22 UTC,,0,LOG,00000,\
         \"{WAIT}\",\"{DETAIL}\",,,,,\"{quoted}\",,,\"app\",\"client backend\",,0"
    );
    assert_eq!(together(&[csv]), Some(waiting()));
}

#[test]
fn a_deadlock_names_who_else_is_in_it_and_what_they_do() {
    let lines = [
        ("ERROR", "deadlock detected"),
        (
            "DETAIL",
            "Process 7428 waits for ShareLock on transaction 10493; blocked by process 7963.\n\
             \tProcess 7963 waits for ShareLock on transaction 10492; blocked by process 7428.\n\
             \tProcess 7428: update res_partner set comment=comment where id=72\n\
             \tProcess 7963: DELETE FROM ONLY public.res_partner where id=71",
        ),
        ("HINT", "See server log for query details."),
        ("CONTEXT", "while updating tuple (6,34) in relation \"res_partner\""),
    ];
    let found = together(&lines.map(|(severity, text)| format!("{HEAD}{severity}:  {text}"))).unwrap();
    assert_eq!((found.stage, found.waiter, found.holders), (LockStage::Deadlock, 7_428, vec![7_963]));
    assert_eq!(
        (found.statement.as_str(), found.holders_statement.as_str()),
        ("UPDATE res_partner", "DELETE res_partner")
    );
    assert_eq!(found.table, "res_partner");
}

#[test]
fn only_what_is_global_can_be_held_by_another_database() {
    let of = |object: &str| {
        let body = format!("{HEAD}LOG:  process 7428 acquired ExclusiveLock on {object} after 1.5 ms");
        let event = together(&[body]).unwrap();
        (event.stage, event.is_global, event.object)
    };
    let acquired = LockStage::Acquired;
    assert_eq!(of("relation 1262 of database 0"), (acquired, true, "relation 1262".to_owned()));
    assert_eq!(of("transaction 10493"), (acquired, false, "transaction 10493".to_owned()));
}

#[test]
fn a_foreign_key_waits_for_the_table_it_points_at() {
    let context = "SQL statement \"SELECT 1 FROM ONLY \"public\".\"account_move\" x WHERE \"id\" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x\"";
    let lines =
        [("LOG", WAIT), ("CONTEXT", context), ("STATEMENT", "INSERT INTO \"account_analytic_line\" VALUES (1)")];
    let found = together(&lines.map(|(severity, text)| format!("{HEAD}{severity}:  {text}"))).unwrap();
    assert_eq!((found.table.as_str(), found.statement.as_str()), ("account_move", "INSERT account_analytic_line"));
}

#[test]
fn where_the_statement_leaves_the_table_open_it_is_not_guessed() {
    let of = |mode: &str, statement: &str| {
        let lines = [("LOG", WAIT.replace("RowExclusiveLock", mode)), ("STATEMENT", statement.to_owned())];
        together(&lines.map(|(severity, text)| format!("{HEAD}{severity}:  {text}"))).unwrap().table
    };
    assert_eq!(of("RowExclusiveLock", "UPDATE ONLY a SET b=1"), "a");
    assert_eq!(of("AccessExclusiveLock", "ALTER TABLE a ADD b int"), "a");
    assert_eq!(of("RowShareLock", "INSERT INTO a VALUES (1)"), "", "a foreign key points at another table");
    assert_eq!(of("AccessShareLock", "SELECT * FROM a JOIN b"), "");
}

#[test]
fn a_session_that_was_cancelled_waits_no_more() {
    let stage = |message: &str| {
        let body = format!("{HEAD}ERROR:  {message}");
        read(LogFormat::Recognise, &line(&body))
            .and_then(|reading| reading.lock)
            .map(|part| (part.event.stage, part.event.waiter))
    };
    for message in ["canceling statement due to statement timeout", "canceling statement due to lock timeout"] {
        assert_eq!(stage(message), Some((LockStage::Failed, 7_428)), "{message}");
    }
    assert_eq!(stage("duplicate key value violates unique constraint \"u\""), None);
}

#[test]
fn pieces_of_another_process_are_not_put_together() {
    let lines = [format!("{HEAD}LOG:  {WAIT}"), format!("{HEAD}DETAIL:  {DETAIL}").replace("[7428]", "[1]")];
    assert_eq!(together(&lines).unwrap().holders, Vec::<u32>::new());
}

#[test]
fn statements_are_verb_and_table_without_values() {
    let class = |statement: &str| {
        let body = format!("{HEAD}STATEMENT:  {statement}");
        let part = read(LogFormat::Postgresql, &line(&body)).and_then(|reading| reading.lock);
        part.map(|LockPart { event, .. }| event.statement).unwrap_or_default()
    };
    let cases = [
        ("select a, 'secret from here' from public.\"sale_order\" where x='y'", "SELECT sale_order"),
        ("/* app */ ALTER TABLE IF EXISTS ONLY account_move ADD x int", "ALTER account_move"),
        ("LOCK TABLE account_move IN ACCESS EXCLUSIVE MODE", "LOCK account_move"),
        ("with x as (select 1) update t set a=1", "WITH t"),
        ("COMMIT", "COMMIT"),
        ("select 'x", "SELECT"),
        ("'; --", ""),
    ];
    for (statement, expected) in cases {
        assert_eq!(class(statement), expected, "{statement}");
    }
}
