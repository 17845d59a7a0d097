//! Lines of PostgreSQL, good and bad, in each of its forms.

use super::{check, line, told};
use crate::logs::{Line, LogFormat, read};

const HEAD: &str = "2026-11-22 10:30:43.622 UTC [7428] odoo@acme app ";

/// Severity and message, and what they say.
const MESSAGES: &[(&str, &str, &str)] = &[
    (
        "LOG",
        "process 7428 still waiting for RowExclusiveLock on relation 23985 of database 29014 after 500.117 ms at character 13",
        " postgresql.lock.waits=1",
    ),
    (
        "LOG",
        "process 7428 acquired ShareLock on transaction 1 after 14876.264 ms",
        " postgresql.lock.wait.time=14.876264",
    ),
    (
        "LOG",
        "process 7428 detected deadlock while waiting for ShareLock on transaction 1 after 1000.5 ms",
        " postgresql.lock.wait.time=1.0005",
    ),
    ("LOG", "process 7428 acquired ShareLock on transaction 1 after -1 ms", ""),
    ("LOG", "process x acquired ShareLock on transaction 1 after 1 ms", ""),
    ("LOG", "process 7428 avoided deadlock for ShareLock on transaction 1 by rearranging queue order after 1.0 ms", ""),
    ("ERROR", "deadlock detected", " postgresql.deadlocks.logged=1 postgresql.errors.logged{deadlock}=1"),
    (
        "LOG",
        "duration: 861.963 ms  statement: select 1 after 9 ms",
        " postgresql.statement.time=0.861963 postgresql.statements.slow{select}=1",
    ),
    (
        "LOG",
        "duration: 12.1 ms  execute <unnamed>: /* app */ -- x\n ( UPDATE t SET a=1",
        " postgresql.statement.time=0.0121 postgresql.statements.slow{update}=1",
    ),
    (
        "LOG",
        "duration: 12.1 ms  statement: /* unclosed",
        " postgresql.statement.time=0.0121 postgresql.statements.slow{other}=1",
    ),
    ("LOG", "duration: 12.1 ms", " postgresql.statement.time=0.0121"),
    ("LOG", "duration: 12.1 ms  plan:\nQuery Text: select 1", ""),
    ("LOG", "duration: long", ""),
    ("LOG", "temporary file: path \"base/pgsql_tmp/pgsql_tmp3623.19\", size 3688134", " postgresql.temp.size=3688134"),
    ("LOG", "temporary file: path \"x\", size big", ""),
    ("FATAL", "sorry, too many clients already", " postgresql.connections.refused{too_many}=1"),
    (
        "FATAL",
        "remaining connection slots are reserved for non-replication superuser connections",
        " postgresql.connections.refused{too_many}=1",
    ),
    ("FATAL", "permission denied for database \"cobalt\"", " postgresql.connections.refused{permission}=1"),
    ("FATAL", "password authentication failed for user \"x\"", " postgresql.connections.refused{authentication}=1"),
    ("FATAL", "database \"x\" does not exist", " postgresql.connections.refused{missing}=1"),
    ("FATAL", "the database system is starting up", " postgresql.connections.refused{unavailable}=1"),
    ("FATAL", "terminating connection due to administrator command", " postgresql.errors.logged{shutdown}=1"),
    ("ERROR", "duplicate key value violates unique constraint \"u\"", " postgresql.errors.logged{constraint}=1"),
    ("ERROR", "could not serialize access due to concurrent update", " postgresql.errors.logged{serialization}=1"),
    ("ERROR", "something new", " postgresql.errors.logged{other}=1"),
    (
        "LOG",
        "checkpoint complete: wrote 7453 buffers (30.3%); write=2.9 s, sync=0.1 s, total=3.056 s; sync files=499",
        " postgresql.checkpoint.duration=3.056",
    ),
    ("LOG", "checkpoint starting: time", ""),
    ("LOG", "connection authorized: user=odoo database=acme application_name=x", " postgresql.connections.opened=1"),
    ("LOG", "connection received: host=127.0.0.1 port=1", ""),
    (
        "LOG",
        "automatic vacuum of table \"acme.public.t\": index scans: 1\n\tsystem usage: CPU: user: 0.00 s, system: 0.00 s, elapsed: 0.25 s",
        " postgresql.autovacuum.time=0.25",
    ),
    ("LOG", "automatic analyze of table \"acme.public.t\"", ""),
    ("STATEMENT", "select 'ERROR:  deadlock detected'", ""),
];

#[test]
fn every_form_says_the_same() {
    for (severity, message, facts) in MESSAGES {
        let expected = if facts.is_empty() { "nothing".to_owned() } else { format!("acme:{facts}") };
        let stderr = format!("{HEAD}{severity}:  {message}");
        let quoted = message.replace('"', "\"\"");
        let csv = format!(
            "2026-11-22 10:30:43.622 UTC,\"odoo\",\"acme\",7428,\"127.0.0.1:1\",6b.1,3,\"INSERT\",2026-11-22 10:18:22 UTC,,0,\
             {severity},,\"{quoted}\",,,,,,,,,\"app\",\"client backend\",,0"
        );
        let json = serde_json::json!({"timestamp": "2026-11-22 10:30:43.622 UTC", "pid": 7428, "dbname": "acme",
            "error_severity": severity, "message": message});
        let cnpg = serde_json::json!({"level": "info", "logger": "postgres", "msg": "record", "record": {
            "log_time": "2026-11-22 10:30:43.622 UTC", "process_id": "7428", "database_name": "acme",
            "error_severity": severity, "message": message}});
        for body in [stderr, csv, json.to_string(), cnpg.to_string()] {
            let found = read(LogFormat::Recognise, &line(&body)).filter(|reading| !reading.facts.is_empty());
            assert_eq!(told(found.clone()), expected, "{body}");
            let at = found.and_then(|reading| reading.at).map(|at| at.to_string());
            assert_eq!(at.as_deref(), (expected != "nothing").then_some("2026-11-22T10:30:43.622Z"), "{body}");
        }
        let attributes = [super::laws::text("dbname", "acme"), super::laws::text("error_severity", severity)];
        let bare = Line { body: message, scope: "client backend", severity: "", attributes: &attributes };
        assert_eq!(told(read(LogFormat::Recognise, &bare)), expected, "bare {message}");
    }
}

#[test]
fn prefixes_of_many_kinds_name_the_database() {
    let told = ": postgresql.lock.waits=1";
    let cases = [
        ("2026-11-22 10:30:43.622 UTC [7428] odoo@acme app LOG", "acme"),
        ("2026-11-22 10:30:43 UTC [7428]: [3-1] user=odoo,db=acme,app=a,client=10.0.0.1 LOG", "acme"),
        ("2026-11-22 10:30:43 UTC [7428]: user=odoo@firm,db=acme LOG", "acme"),
        ("2026-11-22 10:30:43.622 +01 [7428] odoo@acme LOG", "acme"),
        ("2026-11-22 10:30:43.622 UTC [7428] LOG", ""),
        ("2026-11-22 10:30:43.622 UTC [7428] [unknown]@[unknown] [unknown] LOG", ""),
        ("2026-11-22 10:30:43.622 UTC [7428] postgres@postgres psql LOG", ""),
    ];
    for (prefix, database) in cases {
        let body = format!("{prefix}:  process 7428 still waiting for ShareLock on transaction 1 after 500.1 ms");
        check(LogFormat::Recognise, &[(&body, &format!("{database}{told}"))]);
    }
}

#[test]
fn sqlstates_tell_errors_apart_in_any_language() {
    let json = |state: &str| {
        format!(r#"{{"error_severity":"ERROR","state_code":"{state}","dbname":"acme","message":"anything"}}"#)
    };
    let cases = [("23505", "constraint"), ("40001", "serialization"), ("57014", "cancelled"), ("ZZ000", "other")];
    for (state, kind) in cases {
        let expected = format!("acme: postgresql.errors.logged{{{kind}}}=1");
        check(LogFormat::Recognise, &[(&json(state), &expected)]);
    }
    check(
        LogFormat::Recognise,
        &[(&json("40P01"), "acme: postgresql.deadlocks.logged=1 postgresql.errors.logged{deadlock}=1")],
    );
}

#[test]
fn damaged_lines_say_nothing() {
    let cases = [
        "",
        "{",
        r#"{"error_severity": 7}"#,
        r#"{"record": {}}"#,
        "2026-11-22 10:30:43.622 UTC,\"odoo\",\"acme\",7428",
        "2026-11-22 10:30:43.622 UTC,\"odoo\",\"acme",
        "2026-11-22 10:30:43.622 UTC [7428] odoo@acme LOG:",
        "2026-11-22 10:30:43.622 UTC [7428] odoo@acme LOG:  ",
        "LOG:  ",
    ];
    check(LogFormat::Postgresql, &cases.map(|body| (body, "nothing")));
}
