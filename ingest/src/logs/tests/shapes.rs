//! Lines of other programs, which nobody must take for Odoo's or PostgreSQL's.

use super::check;
use crate::logs::LogFormat;

#[test]
fn lines_of_other_programs_are_left_alone() {
    let lines = [
        "ERROR:  deadlock detected",
        "process 7428 acquired ShareLock on transaction 1 after 9 ms",
        "2026-11-22 10:30:43.622 UTC LOG:  process 7428 acquired ShareLock on transaction 1 after 9 ms",
        "2026-11-22 10:30:43.622 INFO [main] com.example.App: duration: 12.1 ms",
        "2026-11-22 10:30:43,622 INFO  [main] com.example.App: Login failed for db:acme login:a",
        "2026-11-22 10:30:43,622 77 INFO acme gunicorn: 10.1.1.5 - - [22/Nov/2026] \"GET /my HTTP/1.0\" 200 - 9 0.01 0.01",
        "10.1.1.5 - - [22/Nov/2026 10:19:12] \"GET /my HTTP/1.0\" 200 - 9 0.010 0.008",
        r#"{"level":"error","message":"deadlock detected"}"#,
        "2026-11-22 10:30:43.622,INFO,acme,started",
        "2026-11-22T10:30:43Z [7428] odoo@acme LOG:  deadlock detected",
    ];
    check(LogFormat::Recognise, &lines.map(|body| (body, "nothing")));
}

#[test]
fn nothing_is_read_where_the_configuration_says_so() {
    let body = "2026-11-22 10:30:43.622 UTC [7428] odoo@acme app ERROR:  deadlock detected";
    check(LogFormat::None, &[(body, "nothing")]);
    check(LogFormat::Odoo, &[(body, "nothing")]);
}
