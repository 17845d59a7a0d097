//! What lines of logs say: the signals that ingest reads from them.
//!
//! Time that a tenant holds something, be it a worker or a lock, is use and no trouble of its own: it also grows when others are
//! the reason that everything takes longer. A lock lies inside one database, so who waits for it belongs to the tenant that
//! holds it.

use super::built_in::{about, entry, holding, judged, part, using};
use super::{Harm, Mechanism, RequestPart, Role, Scale, SignalSpec};
use crate::incident::Kind;

/// Every entry about lines of logs.
pub(super) const SIGNALS: &[SignalSpec] = &[
    about(
        judged(entry("postgresql.lock.chain", Some("s"), Harm::Rise, Role::Cause), Scale::Linear, 1.0),
        Kind::Slow,
        "lock-contention",
    ),
    about(
        judged(entry("odoo.request.duration", Some("s"), Harm::Rise, Role::Symptom), Scale::Logarithmic, 0.02),
        Kind::Slow,
        "slow-requests",
    ),
    part(
        holding(
            about(
                judged(entry("odoo.request.worker.time", Some("s"), Harm::Rise, Role::Context), Scale::Linear, 0.05),
                Kind::Slow,
                "worker-saturation",
            ),
            Mechanism::Workers,
        ),
        RequestPart::Whole,
    ),
    part(
        about(
            judged(entry("odoo.request.query.time", Some("s"), Harm::Rise, Role::Context), Scale::Linear, 0.05),
            Kind::Slow,
            "database-load",
        ),
        RequestPart::Data,
    ),
    about(
        judged(entry("odoo.request.queries", Some("1"), Harm::Rise, Role::Context), Scale::Linear, 5.0),
        Kind::Slow,
        "database-load",
    ),
    part(
        using(
            about(
                judged(entry("odoo.requests", Some("1"), Harm::Either, Role::Context), Scale::Linear, 0.2),
                Kind::Unusual,
                "unusual-behaviour",
            ),
            Mechanism::Workers,
        ),
        RequestPart::Count,
    ),
    about(
        judged(entry("odoo.requests.failed", Some("1"), Harm::Rise, Role::Symptom), Scale::Linear, 0.1),
        Kind::Failing,
        "failing-requests",
    ),
    about(
        judged(entry("odoo.logins.failed", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.1),
        Kind::Failing,
        "failing-logins",
    ),
    about(
        judged(entry("odoo.logins.succeeded", Some("1"), Harm::Either, Role::Context), Scale::Linear, 0.1),
        Kind::Unusual,
        "unusual-behaviour",
    ),
    about(
        judged(entry("odoo.cron.runs", Some("1"), Harm::Either, Role::Context), Scale::Linear, 0.05),
        Kind::Unusual,
        "slow-jobs",
    ),
    about(
        judged(entry("odoo.cron.failures", Some("1"), Harm::Rise, Role::Symptom), Scale::Linear, 0.05),
        Kind::Failing,
        "failing-jobs",
    ),
    about(
        judged(entry("odoo.worker.limits", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.05),
        Kind::Slow,
        "worker-limits",
    ),
    about(
        judged(entry("odoo.errors", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.1),
        Kind::Failing,
        "application-errors",
    ),
    using(
        about(
            judged(entry("postgresql.lock.waits", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.1),
            Kind::Slow,
            "lock-contention",
        ),
        Mechanism::Locks,
    ),
    holding(
        about(
            judged(entry("postgresql.lock.wait.time", Some("s"), Harm::Rise, Role::Cause), Scale::Linear, 0.05),
            Kind::Slow,
            "lock-contention",
        ),
        Mechanism::Locks,
    ),
    about(
        judged(entry("postgresql.deadlocks.logged", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.05),
        Kind::Failing,
        "lock-contention",
    ),
    holding(
        about(
            judged(entry("postgresql.statement.time", Some("s"), Harm::Rise, Role::Cause), Scale::Linear, 0.1),
            Kind::Slow,
            "database-load",
        ),
        Mechanism::Cpu,
    ),
    about(
        judged(entry("postgresql.statements.slow", Some("1"), Harm::Rise, Role::Context), Scale::Linear, 0.2),
        Kind::Slow,
        "database-load",
    ),
    using(
        about(
            judged(entry("postgresql.temp.size", Some("By"), Harm::Rise, Role::Cause), Scale::Logarithmic, 65_536.0),
            Kind::Slow,
            "database-load",
        ),
        Mechanism::Io,
    ),
    using(
        about(
            judged(entry("postgresql.connections.opened", Some("1"), Harm::Rise, Role::Context), Scale::Linear, 0.2),
            Kind::Slow,
            "connection-growth",
        ),
        Mechanism::Connections,
    ),
    about(
        judged(entry("postgresql.connections.refused", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.1),
        Kind::Failing,
        "failing-connections",
    ),
    about(
        judged(entry("postgresql.errors.logged", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.2),
        Kind::Failing,
        "failing-statements",
    ),
    about(
        judged(entry("postgresql.checkpoint.duration", Some("s"), Harm::Rise, Role::Context), Scale::Logarithmic, 1.0),
        Kind::Slow,
        "database-load",
    ),
    about(
        judged(entry("postgresql.autovacuum.time", Some("s"), Harm::Rise, Role::Context), Scale::Linear, 0.1),
        Kind::Slow,
        "database-load",
    ),
];
