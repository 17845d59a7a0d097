//! Log lines as agents send them: what becomes of them beside the event, and whose it is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops")]

#[path = "samples/otlp.rs"]
mod samples;

use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message as _;
use tidewatch_ingest::logs::{LogFormat, SIGNALS};
use tidewatch_ingest::{Format, Handled, Ingest, Rule, Settings, Source};
use tidewatch_schemas::observation::{Sum, Temporality, Value};
use tidewatch_schemas::{Catalog, Observation, Timestamp};

const REQUEST: &str = "2026-11-22 10:18:33,005 2877 INFO acme werkzeug: 10.1.1.5 - - [22/Nov/2026 10:18:33] \
                       \"POST /web/dataset/call_kw/account.move/create HTTP/1.0\" 200 - 89 0.062 0.061";
const LOCK: &str = "2026-11-22 10:18:33.622 UTC [7428] odoo@borealis app LOG:  process 7428 acquired ShareLock on \
                    transaction 10493 after 1500.5 ms";

fn line(body: &str) -> LogRecord {
    samples::log_record(9, body)
}

fn handled(ingest: &Ingest, resource: &[(&str, &str)], records: Vec<LogRecord>) -> Handled {
    let resource = resource.iter().map(|(key, value)| samples::text(key, value)).collect();
    let request = samples::logs(resource, records);
    samples::handle_with(ingest, Format::OtlpLogsProto, Some(&request.encode_to_vec()))
}

/// Tenant, signal and amount of everything but the events, rounded to thousandths.
fn amounts(handled: &Handled) -> Vec<(String, String, f64)> {
    let amount = |found: &&Observation| match &found.value {
        Value::Sum(sum) => Some(sum.value),
        Value::Distribution(found) => found.sum,
        _ => None,
    };
    let told = samples::observations(handled);
    let told = told.iter().filter_map(|found| {
        let amount = (amount(found)? * 1_000.0).round() / 1_000.0;
        Some((found.series.tenant.to_string(), found.series.signal.to_string(), amount))
    });
    told.collect()
}

fn amount_of(handled: &Handled, signal: &str) -> Option<f64> {
    amounts(handled).into_iter().find(|(_, name, _)| name == signal).map(|(_, _, amount)| amount)
}

fn with_logs(rule: Rule) -> Result<Ingest, String> {
    let sources = vec![Source { topics: vec!["otlp_logs_proto".to_owned()], format: Format::OtlpLogsProto }];
    Ingest::new(Settings { sources, logs: vec![rule], ..Settings::default() }).map_err(|wrong| wrong.to_string())
}

#[test]
fn a_line_is_still_an_event_and_its_numbers_are_its_databases() {
    let handled = handled(&samples::ingest(), &[("host.name", "db-1")], vec![line(REQUEST), line(LOCK)]);
    assert_eq!(handled.rejects, []);
    let events =
        samples::observations(&handled).into_iter().filter(|found| found.series.signal.as_str() == "log.events");
    assert_eq!(events.count(), 2);
    let told = amounts(&handled);
    let told: Vec<_> =
        told.iter().map(|(tenant, signal, amount)| (tenant.as_str(), signal.as_str(), *amount)).collect();
    assert_eq!(
        told,
        [
            ("acme", "odoo.request.duration", 0.123),
            ("acme", "odoo.request.queries", 89.0),
            ("acme", "odoo.request.query.time", 0.062),
            ("acme", "odoo.request.worker.time", 0.123),
            ("acme", "odoo.requests", 1.0),
            ("borealis", "postgresql.lock.wait.time", 1.501),
        ]
    );
}

#[test]
fn lines_of_a_second_are_one_amount_that_began_in_its_own_moment() {
    let handled = handled(&samples::ingest(), &[], vec![line(REQUEST), line(REQUEST), line(REQUEST)]);
    let found =
        samples::observations(&handled).into_iter().find(|found| found.series.signal.as_str() == "odoo.requests");
    let found = found.unwrap();
    let at = Timestamp::from_nanos(samples::NANOS);
    let expected = Sum { value: 3.0, temporality: Temporality::Delta, monotonic: true, start: Some(at) };
    assert_eq!((&found.value, found.at), (&Value::Sum(expected), at));
    assert!(found.is_event());
}

#[test]
fn a_database_goes_through_the_rules_of_tenants() {
    let lookup = [("acme".to_owned(), "customer-7".to_owned())].into();
    let tenant = vec![Rule { lookup, ..Rule { from: "attribute:db.namespace".to_owned(), ..Rule::default() } }];
    let sources = vec![Source { topics: vec!["otlp_logs_proto".to_owned()], format: Format::OtlpLogsProto }];
    let ingest = Ingest::new(Settings { sources, tenant, ..Settings::default() }).unwrap();
    let tenants = |body: &str| amounts(&handled(&ingest, &[], vec![line(body)])).first().unwrap().0.clone();
    assert_eq!(tenants(REQUEST), "customer-7");
    assert_eq!(tenants(LOCK), "_unassigned", "no rule knows the database");
}

#[test]
fn what_no_tenants_database_said_is_shared() {
    let checkpoint = "2026-11-22 10:20:13.188 UTC [8615] LOG:  checkpoint complete: wrote 7453 buffers (30.3%); \
                      write=269.956 s, sync=0.084 s, total=270.056 s; sync files=499";
    let found = amounts(&handled(&samples::ingest(), &[("host.name", "db-1")], vec![line(checkpoint)]));
    assert_eq!(found, [("_shared".to_owned(), "postgresql.checkpoint.duration".to_owned(), 270.056)]);
    let found = amounts(&handled(&samples::ingest(), &[("tenant.id", "acme")], vec![line(checkpoint)]));
    assert_eq!(found[0].0, "acme", "a dedicated server is its tenant's");
}

#[test]
fn rules_say_which_records_are_what() {
    let rule =
        |from: &str, value: &str| Rule { from: from.to_owned(), value: Some(value.to_owned()), ..Rule::default() };
    let resource = [("service.name", "db-1")];
    let off = with_logs(rule("resource:service.name", "none")).unwrap();
    assert_eq!(amounts(&handled(&off, &resource, vec![line(REQUEST)])), []);
    assert_ne!(amounts(&handled(&off, &[], vec![line(REQUEST)])), [], "the rule is about another resource");

    // Nothing in a bare message is PostgreSQL's own: only a rule can say what it is.
    let bare = "temporary file: path \"base/pgsql_tmp/pgsql_tmp1.0\", size 4096";
    let forced = with_logs(rule("resource:service.name", "postgresql")).unwrap();
    assert_eq!(amount_of(&handled(&forced, &resource, vec![line(bare)]), "postgresql.temp.size"), Some(4_096.0));
    assert_eq!(amounts(&handled(&samples::ingest(), &resource, vec![line(bare)])), []);

    let wrong = with_logs(rule("resource:service.name", "oracle")).unwrap_err();
    assert_eq!(wrong, "logs rule 1: format \"oracle\" must be one of recognise, odoo, postgresql, none");
}

#[test]
fn the_agents_time_wins_then_that_of_the_line_then_when_it_was_read() {
    let at = |time: u64, observed: u64, body: &str| {
        let record = LogRecord { time_unix_nano: time, observed_time_unix_nano: observed, ..line(body) };
        let handled = handled(&samples::ingest(), &[], vec![record]);
        let told = samples::observations(&handled).into_iter().find(|found| !matches!(found.value, Value::Log(_)));
        told.unwrap().at
    };
    let (given, observed) = (samples::NANOS - 5_000_000_000, samples::NANOS);
    assert_eq!(at(given, observed, REQUEST), Timestamp::from_nanos(given));
    assert_eq!(at(0, observed, REQUEST).to_string(), "2026-11-22T10:18:33.005Z", "Odoo's clock is UTC");
    assert_eq!(at(0, observed, LOCK).to_string(), "2026-11-22T10:18:33.622Z");
    let elsewhere = LOCK.replace(" UTC ", " CET ");
    assert_eq!(at(0, observed, &elsewhere), Timestamp::from_nanos(observed), "CET may be several zones");
}

#[test]
fn every_signal_is_in_the_catalog_with_its_unit() {
    for signal in SIGNALS {
        let spec = Catalog.lookup(signal.name);
        assert_eq!((spec.name, spec.unit), (signal.name, Some(signal.unit)));
    }
}

#[test]
fn every_format_has_a_name_of_its_own() {
    for format in LogFormat::ALL {
        assert_eq!(LogFormat::named(format.name()), Some(format));
    }
}
