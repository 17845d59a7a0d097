//! PostgreSQL's jsonlog: one JSON object a line, time in UTC.
//!
//! A line belongs to the tenant whose database it names. Lines without a database, and those of the maintenance
//! databases that every server has, are shared.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use tidewatch_schemas::{ResourceId, TenantId, Timestamp};

use super::error::BadLine;
use super::event::{AttributeValue, Detail, Event, Log, Number};

/// Where PostgreSQL's log lines come from: the name that the recording's metrics use for the server.
const RESOURCE: &str = "pg-main";

/// Databases that belong to the server rather than to a tenant.
const MAINTENANCE: [&str; 3] = ["postgres", "template0", "template1"];

#[derive(Deserialize)]
struct Line {
    timestamp: String,
    pid: Option<i64>,
    dbname: Option<String>,
    application_name: Option<String>,
    error_severity: String,
    state_code: Option<String>,
    message: String,
    detail: Option<String>,
    context: Option<String>,
    statement: Option<String>,
    backend_type: Option<String>,
}

/// The event on `line`.
pub(super) fn parse(line: &str) -> Result<Event, BadLine> {
    let read: Line = serde_json::from_str(line).map_err(|error| BadLine::json(&error, line))?;
    let at = moment(&read.timestamp)
        .ok_or_else(|| BadLine::new("expected a timestamp like '2026-11-22 10:18:30.081 UTC'", &read.timestamp))?;
    let tenant = match read.dbname.as_deref() {
        Some(database) if !MAINTENANCE.contains(&database) => TenantId::from(database),
        _ => TenantId::shared(),
    };
    let texts = [
        ("application_name", read.application_name),
        ("context", read.context),
        ("dbname", read.dbname),
        ("detail", read.detail),
        ("state_code", read.state_code),
        ("statement", read.statement),
    ];
    let log = Log {
        severity_number: severity_number(&read.error_severity),
        severity: read.error_severity,
        scope: read.backend_type.unwrap_or_default(),
        body: read.message,
        attributes: attributes(read.pid, texts),
    };
    Ok(Event { at, tenant, resource: ResourceId::from(RESOURCE), detail: Detail::Log(log) })
}

/// Only UTC is read: an abbreviation such as CST names several zones.
fn moment(text: &str) -> Option<Timestamp> {
    let civil = text.strip_suffix(" UTC").or_else(|| text.strip_suffix(" GMT"))?;
    let moment = DateTime::strptime("%Y-%m-%d %H:%M:%S%.f", civil).ok()?;
    Some(Timestamp(moment.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond()))
}

fn attributes(pid: Option<i64>, texts: [(&str, Option<String>); 6]) -> BTreeMap<String, AttributeValue> {
    let texts = texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), AttributeValue::Text(text?))));
    let pid = pid.map(|pid| ("pid".to_owned(), AttributeValue::Number(Number::Whole(pid))));
    texts.chain(pid).collect()
}

fn severity_number(word: &str) -> i32 {
    match word {
        "LOG" | "INFO" => 9,
        "NOTICE" => 10,
        "WARNING" => 13,
        "ERROR" => 17,
        "FATAL" => 21,
        "PANIC" => 24,
        _ if word.starts_with("DEBUG") => 5,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_what_tells_why_it_was_written() {
        let line = r#"{"timestamp":"2026-11-22 10:36:50.081 UTC","user":"odoo","dbname":"borealis","pid":35,"error_severity":
            "FATAL","state_code":"53300","message":"remaining connection slots are reserved","backend_type":"client backend"}"#;
        let event = parse(line).unwrap();
        assert_eq!((event.at.to_string().as_str(), event.tenant.as_str()), ("2026-11-22T10:36:50.081Z", "borealis"));
        let Detail::Log(log) = event.detail else { panic!("not a log line") };
        assert_eq!((log.severity_number, log.scope.as_str()), (21, "client backend"));
        assert_eq!(log.attributes.keys().collect::<Vec<_>>(), ["dbname", "pid", "state_code"]);
    }

    #[test]
    fn maintenance_databases_are_shared() {
        for database in ["null", "\"postgres\"", "\"template1\""] {
            let line = format!(
                r#"{{"timestamp":"2026-11-22 10:36:50.081 UTC","dbname":{database},"error_severity":"LOG","message":"m"}}"#
            );
            assert_eq!(parse(&line).unwrap().tenant, TenantId::shared(), "{database}");
        }
    }

    #[test]
    fn a_time_in_another_zone_is_refused_not_shifted() {
        let line = r#"{"timestamp":"2026-11-22 10:36:50.081 CET","error_severity":"LOG","message":"m"}"#;
        assert!(format!("{:?}", parse(line).unwrap_err()).contains("10:36:50.081 CET"));
    }
}
