//! Lines of Odoo, good and bad.

use super::{check, told};
use crate::logs::{Line, LogFormat, read};

fn head(message: &str) -> String {
    format!("2026-11-22 10:19:12,770 2874 INFO acme {message}")
}

fn request(request: &str) -> String {
    head(&format!("werkzeug: 10.1.1.5 - - [22/Nov/2026 10:19:12] {request}"))
}

const WORKER: &str = "acme: odoo.requests=1 odoo.request.duration{CLASS}=0.018 odoo.request.worker.time=0.018 \
                      odoo.request.query.time=0.01 odoo.request.queries=9";

#[test]
fn requests_give_the_time_they_held_a_worker_under_the_class_of_their_path() {
    let cases = [
        ("POST /web/dataset/call_kw/project.project/web_search_read HTTP/1.0", "read"),
        ("POST /web/dataset/call_kw/account.move.line/read_group?x=1 HTTP/1.1", "read"),
        ("POST /web/dataset/call_kw HTTP/1.1", "action"),
        ("POST /web/dataset/call_kw/account.move/create HTTP/1.0", "write"),
        ("POST /web/dataset/call_kw/account.move/action_post HTTP/1.0", "action"),
        ("POST /web/dataset/call_button/account.move/button_draft HTTP/1.0", "action"),
        ("POST /web/dataset/call_kw/account.analytic.line/export_data HTTP/1.0", "export"),
        ("POST /web/export/xlsx HTTP/1.1", "export"),
        ("GET /report/pdf/account.report_invoice/7 HTTP/1.1", "report"),
        ("POST /web/session/authenticate HTTP/1.0", "session"),
        ("GET /my/tasks HTTP/1.0", "portal"),
        ("GET /pt_BR/my HTTP/1.0", "portal"),
        ("GET /de/my HTTP/1.0", "portal"),
        ("POST /xmlrpc/2/object HTTP/1.1", "rpc"),
        ("GET /web/image/res.partner/7/avatar HTTP/1.1", "asset"),
        ("GET /account/static/src/js/x.js HTTP/1.1", "asset"),
        ("GET /web/health HTTP/1.1", "health"),
        ("GET /shop/a b HTTP/1.1", "page"),
        ("GET  HTTP/1.1", "page"),
        ("GET /\u{00e9}t\u{00e9}/x HTTP/1.1", "page"),
    ];
    for (path, class) in cases {
        let body = request(&format!("\"{path}\" 200 - 9 0.010 0.008"));
        check(LogFormat::Odoo, &[(&body, &WORKER.replace("CLASS", class))]);
    }
}

#[test]
fn requests_of_every_version_are_read_and_damaged_ones_are_not_believed() {
    let all = WORKER.replace("CLASS", "portal");
    let get = "\"GET /my HTTP/1.0\"";
    let cases = [
        (format!("{get} 200 - 9 0.010 0.008"), all.as_str()),
        (format!("{get} 200 5123 9 0.010 0.008 ro->rw"), &all),
        (format!("{get} 404 - - - -"), "acme: odoo.requests=1"),
        (format!("{get} 500 - - - -"), "acme: odoo.requests=1 odoo.requests.failed=1"),
        (format!("{get} 200 -"), "acme: odoo.requests=1"),
        (format!("{get} 200 - 9 -0.010 0.008"), "acme: odoo.requests=1"),
        (format!("{get} 200 - 9 NaN 0.008"), "acme: odoo.requests=1"),
        (format!("{get} 200 - 9 inf 0.008"), "acme: odoo.requests=1"),
        ("\"GET /websocket HTTP/1.1\" 101 - 2 0.001 50.000".to_owned(), "acme: odoo.requests=1"),
        (format!("{get} 99 - 9 0.010 0.008"), "nothing"),
        (format!("{get} - -"), "nothing"),
        (get.to_owned(), "nothing"),
        ("\"GET /my\" 200 - 9 0.010 0.008".to_owned(), "nothing"),
        ("\"\\x16\\x03\\x01\" 400 -".to_owned(), "nothing"),
        ("\"get /my HTTP/1.0\" 200 - 9 0.010 0.008".to_owned(), "nothing"),
    ];
    for (rest, expected) in &cases {
        check(LogFormat::Odoo, &[(&request(rest), expected)]);
    }
    let coloured =
        request(&format!("{get} 200 - 9 0.010 0.008")).replace("INFO", "\u{1b}[1;32m\u{1b}[1;49mINFO\u{1b}[0m");
    check(LogFormat::Recognise, &[(&coloured, &all)]);
}

#[test]
fn jobs_logins_and_limits() {
    let cron = "odoo.addons.base.models.ir_cron: ";
    let cases = [
        (format!("{cron}Job `Lab: Invoice follow-up` done. "), "acme: odoo.cron.runs=1"),
        (format!("{cron}Starting job `Lab: Invoice follow-up`. "), "nothing"),
        (
            format!("{cron}Job 'Mail: Queue' (3) fully done (#loop 1; done 12; remaining 0; duration 0.05s)"),
            "acme: odoo.cron.runs=1 odoo.cron.duration{Mail: Queue}=0.05",
        ),
        (
            format!("{cron}Job \"Bob's 'job' (x) \" (3) failed (#loop 1; done 0; remaining 7; duration 1.50s)"),
            "acme: odoo.cron.runs=1 odoo.cron.failures=1 odoo.cron.duration{Bob's 'job' (x) }=1.5",
        ),
        (format!("{cron}Job 'x' (3) fully done (#loop 1; duration soon)"), "acme: odoo.cron.runs=1"),
        (format!("{cron}Job 'x"), "nothing"),
        (format!("{cron}Call from cron Mail for server action #7 failed in Job #3"), "acme: odoo.cron.failures=1"),
        (
            "odoo.addons.base.models.res_users: Login failed for db:acme login:a from 10.0.0.1".into(),
            "acme: odoo.logins.failed=1",
        ),
        (
            "odoo.addons.base.models.res_users: Login successful for db:acme login:a from 10.0.0.1 ".into(),
            "acme: odoo.logins.succeeded=1",
        ),
        ("odoo.service.server: Worker (12) max request (8192) reached.".into(), "acme: odoo.worker.limits{requests}=1"),
        (
            "odoo.service.server: Worker (12) virtual memory limit (99) reached.".into(),
            "acme: odoo.worker.limits{memory}=1",
        ),
        ("odoo.service.server: Worker (12) CPU time limit (60) reached.".into(), "acme: odoo.worker.limits{cpu}=1"),
        ("odoo.service.server: WorkerHTTP (12) timeout after 120s".into(), "acme: odoo.worker.limits{real_time}=1"),
        ("odoo.service.server: Worker (12) alive".into(), "nothing"),
        ("odoo.http: Session expired ".into(), "nothing"),
    ];
    for (rest, expected) in &cases {
        check(LogFormat::Odoo, &[(&head(rest), expected)]);
    }
}

#[test]
fn an_error_is_named_by_the_exception_its_traceback_ends_in() {
    let error = |message: &str| head(message).replace(" INFO acme ", " ERROR ? ");
    let frames = "Traceback (most recent call last):\n  File \"/x.py\", line 1, in f\n";
    let cases = [
        ("odoo.http: Exception during request handling. ".to_owned(), ": odoo.errors=1"),
        (
            format!(
                "odoo.http: Exception. \n{frames}psycopg2.OperationalError: connection failed: FATAL:  no\nDETAIL:  none.\n"
            ),
            ": odoo.errors{OperationalError}=1",
        ),
        (
            format!(
                "odoo.http: a\n{frames}KeyError: 'x'\n\nDuring handling of the above, another:\n\n{frames}odoo.AccessDenied\n"
            ),
            ": odoo.errors{AccessDenied}=1",
        ),
        (format!("odoo.http: a\n{frames}some text: x\n"), ": odoo.errors=1"),
        (format!("odoo.http: a\n{frames}{}: x\n", "E".repeat(65)), ": odoo.errors=1"),
    ];
    for (rest, expected) in &cases {
        check(LogFormat::Odoo, &[(&error(rest), expected)]);
    }
}

#[test]
fn a_line_that_the_agent_took_apart_is_read_from_its_parts() {
    let attributes = [super::laws::text("dbname", "acme")];
    let body = "10.1.1.5 - - [22/Nov/2026 10:19:12] \"GET /my HTTP/1.0\" 200 - 9 0.010 0.008";
    let whole = Line { body, scope: "werkzeug", severity: "INFO", attributes: &attributes };
    assert_eq!(told(read(LogFormat::Recognise, &whole)), WORKER.replace("CLASS", "portal"));
    let error = Line { body: "boom", scope: "odoo.http", severity: "ERROR", attributes: &attributes };
    assert_eq!(told(read(LogFormat::Recognise, &error)), "acme: odoo.errors=1");
    let other = Line { body, scope: "gunicorn", severity: "INFO", attributes: &attributes };
    assert_eq!(read(LogFormat::Recognise, &other), None);
}
