//! The signals that lines give, and one number of one of them.

use std::borrow::Cow;

/// How the numbers of a signal add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Amounts: what several lines say is added, and where no line says anything there was nothing.
    Amount,
    /// Values of single happenings, such as durations: what counts is how they lie, and none is no zero.
    Value,
}

/// A signal that lines give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Derived {
    /// Its name in the catalog.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// How its numbers add up.
    pub manner: Manner,
    /// The attribute that tells its series apart; empty where there is one series a tenant.
    pub label: &'static str,
}

/// One number that a line gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Of which signal.
    pub of: &'static Derived,
    /// The value of the signal's label, out of a short list; empty where it has none or the line does not say.
    pub label: Cow<'static, str>,
    /// The number, in the signal's unit.
    pub value: f64,
}

impl Derived {
    const fn amount(name: &'static str, unit: &'static str, label: &'static str) -> Self {
        Self { name, unit, manner: Manner::Amount, label }
    }

    const fn value(name: &'static str, unit: &'static str, label: &'static str) -> Self {
        Self { name, unit, manner: Manner::Value, label }
    }

    /// `value` of this signal, which has no label.
    pub(super) fn is(&'static self, value: f64) -> Fact {
        Fact { of: self, label: Cow::Borrowed(""), value }
    }

    /// `value` of this signal under `label`.
    pub(super) fn of(&'static self, label: impl Into<Cow<'static, str>>, value: f64) -> Fact {
        Fact { of: self, label: label.into(), value }
    }
}

pub(super) const REQUEST_DURATION: Derived = Derived::value("odoo.request.duration", "s", "route");
pub(super) const REQUEST_WORKER_TIME: Derived = Derived::amount("odoo.request.worker.time", "s", "");
pub(super) const REQUEST_QUERY_TIME: Derived = Derived::amount("odoo.request.query.time", "s", "");
pub(super) const REQUEST_QUERIES: Derived = Derived::amount("odoo.request.queries", "1", "");
pub(super) const REQUESTS: Derived = Derived::amount("odoo.requests", "1", "");
pub(super) const REQUESTS_FAILED: Derived = Derived::amount("odoo.requests.failed", "1", "");
pub(super) const LOGINS_FAILED: Derived = Derived::amount("odoo.logins.failed", "1", "");
pub(super) const LOGINS_SUCCEEDED: Derived = Derived::amount("odoo.logins.succeeded", "1", "");
pub(super) const CRON_RUNS: Derived = Derived::amount("odoo.cron.runs", "1", "");
pub(super) const CRON_FAILURES: Derived = Derived::amount("odoo.cron.failures", "1", "");
pub(super) const CRON_DURATION: Derived = Derived::value("odoo.cron.duration", "s", "job");
pub(super) const WORKER_LIMITS: Derived = Derived::amount("odoo.worker.limits", "1", "limit");
pub(super) const ODOO_ERRORS: Derived = Derived::amount("odoo.errors", "1", "exception");

pub(super) const LOCK_WAITS: Derived = Derived::amount("postgresql.lock.waits", "1", "");
pub(super) const LOCK_WAIT_TIME: Derived = Derived::amount("postgresql.lock.wait.time", "s", "");
pub(super) const DEADLOCKS: Derived = Derived::amount("postgresql.deadlocks.logged", "1", "");
pub(super) const STATEMENT_TIME: Derived = Derived::amount("postgresql.statement.time", "s", "");
pub(super) const STATEMENTS_SLOW: Derived = Derived::amount("postgresql.statements.slow", "1", "statement");
pub(super) const TEMP_SIZE: Derived = Derived::amount("postgresql.temp.size", "By", "");
pub(super) const CONNECTIONS_OPENED: Derived = Derived::amount("postgresql.connections.opened", "1", "");
pub(super) const CONNECTIONS_REFUSED: Derived = Derived::amount("postgresql.connections.refused", "1", "reason");
pub(super) const ERRORS: Derived = Derived::amount("postgresql.errors.logged", "1", "error");
pub(super) const CHECKPOINT_DURATION: Derived = Derived::value("postgresql.checkpoint.duration", "s", "");
pub(super) const AUTOVACUUM_TIME: Derived = Derived::amount("postgresql.autovacuum.time", "s", "");

/// Every signal that lines give.
pub const SIGNALS: [&Derived; 24] = [
    &REQUEST_DURATION,
    &REQUEST_WORKER_TIME,
    &REQUEST_QUERY_TIME,
    &REQUEST_QUERIES,
    &REQUESTS,
    &REQUESTS_FAILED,
    &LOGINS_FAILED,
    &LOGINS_SUCCEEDED,
    &CRON_RUNS,
    &CRON_FAILURES,
    &CRON_DURATION,
    &WORKER_LIMITS,
    &ODOO_ERRORS,
    &LOCK_WAITS,
    &LOCK_WAIT_TIME,
    &DEADLOCKS,
    &STATEMENT_TIME,
    &STATEMENTS_SLOW,
    &TEMP_SIZE,
    &CONNECTIONS_OPENED,
    &CONNECTIONS_REFUSED,
    &ERRORS,
    &CHECKPOINT_DURATION,
    &AUTOVACUUM_TIME,
];
