//! Odoo's server log: `YYYY-MM-DD HH:MM:SS,mmm PID LEVEL DB logger: message`, in UTC.
//!
//! A line that does not begin so continues the one before, as tracebacks do. The database `?` stands for none: such
//! lines are shared.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tidewatch_schemas::{ResourceId, TenantId, Timestamp};

use super::error::BadLine;
use super::event::{AttributeValue, Detail, Event, Log, Number};

/// Where Odoo's log lines come from: the name that the recording's metrics use for the Odoo workers.
const RESOURCE: &str = "odoo-web";

/// Length of `YYYY-MM-DD HH:MM:SS,mmm`.
const TIME_LENGTH: usize = 23;

/// Puts lines together with those that continue them.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pending: Option<(Head, String)>,
}

/// What stands before the message.
#[derive(Debug)]
struct Head {
    at: Timestamp,
    pid: i64,
    level: String,
    database: String,
    logger: String,
}

impl Reader {
    /// Takes the next line; gives the event before it when this line begins another one.
    pub(super) fn line(&mut self, line: &str) -> Result<Option<Event>, BadLine> {
        if let Some((head, message)) = split(line) {
            return Ok(self.pending.replace((head, message.to_owned())).map(event));
        }
        let Some((_, body)) = &mut self.pending else { return refuse_or_skip(line) };
        body.push('\n');
        body.push_str(line);
        Ok(None)
    }

    /// The last event.
    pub(super) fn finish(&mut self) -> Option<Event> {
        self.pending.take().map(event)
    }
}

/// Before the first log line nothing can be continued; empty lines do no harm.
fn refuse_or_skip(line: &str) -> Result<Option<Event>, BadLine> {
    if line.is_empty() {
        return Ok(None);
    }
    Err(BadLine::new("expected 'YYYY-MM-DD HH:MM:SS,mmm PID LEVEL DB logger: message'", line))
}

/// Head and message of a line that begins an event; `None` when the line continues one.
fn split(line: &str) -> Option<(Head, &str)> {
    let (time, rest) = line.split_at_checked(TIME_LENGTH)?;
    let moment = DateTime::strptime("%Y-%m-%d %H:%M:%S,%3f", time).ok()?;
    let at = moment.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
    let mut words = rest.strip_prefix(' ')?.splitn(4, ' ');
    let (pid, level, database) = (words.next()?.parse().ok()?, words.next()?, words.next()?);
    let (logger, message) = words.next()?.split_once(": ")?;
    let head = Head {
        at: Timestamp(at),
        pid,
        level: level.to_owned(),
        database: database.to_owned(),
        logger: logger.to_owned(),
    };
    Some((head, message))
}

fn event((head, body): (Head, String)) -> Event {
    let mut attributes = BTreeMap::from([("pid".to_owned(), AttributeValue::Number(Number::Whole(head.pid)))]);
    let tenant = if head.database == "?" { TenantId::shared() } else { head.database.as_str().into() };
    if tenant.is_customer() {
        attributes.insert("dbname".to_owned(), AttributeValue::Text(head.database));
    }
    let log = Log {
        severity_number: severity_number(&head.level),
        severity: head.level,
        scope: head.logger,
        body: body.trim_end().to_owned(),
        attributes,
    };
    Event { at: head.at, tenant, resource: ResourceId::from(RESOURCE), detail: Detail::Log(log) }
}

fn severity_number(level: &str) -> i32 {
    match level {
        "DEBUG" => 5,
        "INFO" => 9,
        "WARNING" => 13,
        "ERROR" => 17,
        "CRITICAL" => 21,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Event>, BadLine> {
        let mut reader = Reader::default();
        let mut events = Vec::new();
        for line in text.lines() {
            events.extend(reader.line(line)?);
        }
        events.extend(reader.finish());
        Ok(events)
    }

    #[test]
    fn a_traceback_belongs_to_the_line_before() {
        let text = "2026-11-22 10:35:08,009 2871 ERROR cobalt odoo.http: Exception during request handling. \n\
                    Traceback (most recent call last):\n  File \"x.py\", line 1, in f\n\n\
                    2026-11-22 10:35:08,010 2871 INFO ? odoo.sql_db: ConnectionPool(used=1): closed";
        let events = read(text).unwrap();
        assert_eq!(events.len(), 2);
        let Detail::Log(log) = &events[0].detail else { panic!("not a log line") };
        assert_eq!(
            log.body,
            "Exception during request handling. \nTraceback (most recent call last):\n  File \"x.py\", line 1, in f"
        );
        assert_eq!((log.severity.as_str(), log.severity_number, log.scope.as_str()), ("ERROR", 17, "odoo.http"));
        assert_eq!(events[0].at.to_string(), "2026-11-22T10:35:08.009Z");
        assert_eq!((events[0].tenant.as_str(), events[1].tenant.as_str()), ("cobalt", "_shared"));
    }

    #[test]
    fn a_file_that_is_no_odoo_log_is_refused() {
        assert_eq!(read("\n").unwrap(), []);
        for line in
            ["Traceback", "2026-13-22 10:35:08,009 1 INFO ? odoo: x", "2026-11-22 10:35:08,009 x INFO ? odoo: x"]
        {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
