//! The built-in entries, as data: one row a signal, grouped by what they speak about.

use super::{Harm, Mechanism, RequestPart, Role, Scale, Sharing, SignalSpec};
use crate::incident::Kind;

/// What is assumed of a signal that no entry names.
pub(super) const UNKNOWN: SignalSpec = SignalSpec {
    name: "*",
    unit: None,
    harm: Harm::Either,
    role: Role::Context,
    scale: Scale::Linear,
    resolution: 1e-6,
    is_share: false,
    kind: Kind::Unusual,
    runbook: "unusual-behaviour",
    sharing: None,
    part: None,
};

pub(super) const fn entry(name: &'static str, unit: Option<&'static str>, harm: Harm, role: Role) -> SignalSpec {
    SignalSpec { name, unit, harm, role, ..UNKNOWN }
}

pub(super) const fn judged(spec: SignalSpec, scale: Scale, resolution: f64) -> SignalSpec {
    SignalSpec { scale, resolution, ..spec }
}

const fn share(spec: SignalSpec) -> SignalSpec {
    SignalSpec { is_share: true, ..spec }
}

pub(super) const fn about(spec: SignalSpec, kind: Kind, runbook: &'static str) -> SignalSpec {
    SignalSpec { kind, runbook, ..spec }
}

/// A signal that says how much of a resource its tenant takes.
pub(super) const fn using(spec: SignalSpec, mechanism: Mechanism) -> SignalSpec {
    let part = if matches!(mechanism, Mechanism::Cpu) { Some(RequestPart::Processor) } else { spec.part };
    SignalSpec { sharing: Some(Sharing::Uses(mechanism)), part, ..spec }
}

/// A signal that says something about the time of requests.
pub(super) const fn part(spec: SignalSpec, part: RequestPart) -> SignalSpec {
    SignalSpec { part: Some(part), ..spec }
}

/// A signal that says how much of a resource its tenant holds at a time, or for how long.
pub(super) const fn holding(spec: SignalSpec, mechanism: Mechanism) -> SignalSpec {
    SignalSpec { sharing: Some(Sharing::Holds(mechanism)), ..spec }
}

/// A signal that says how long its tenant, or everybody, waits for a resource.
pub(super) const fn waiting(spec: SignalSpec, mechanism: Mechanism) -> SignalSpec {
    SignalSpec { sharing: Some(Sharing::Waits(mechanism)), ..spec }
}

/// Every entry.
pub(super) const SIGNALS: &[SignalSpec] = &[
    // What people feel: synthetic checks, requests, jobs.
    about(
        judged(entry("httpcheck.duration", Some("s"), Harm::Rise, Role::Symptom), Scale::Logarithmic, 0.02),
        Kind::Slow,
        "slow-requests",
    ),
    about(
        share(judged(entry("httpcheck.status", Some("1"), Harm::Fall, Role::Symptom), Scale::Linear, 0.1)),
        Kind::Failing,
        "failing-requests",
    ),
    about(
        judged(entry("httpcheck.*", None, Harm::Either, Role::Context), Scale::Linear, 0.01),
        Kind::Unusual,
        "unusual-behaviour",
    ),
    about(
        judged(entry("http.server.request.duration", Some("s"), Harm::Rise, Role::Symptom), Scale::Logarithmic, 0.02),
        Kind::Slow,
        "slow-requests",
    ),
    about(
        judged(
            entry("traefik_service_request_duration_seconds", Some("s"), Harm::Rise, Role::Symptom),
            Scale::Logarithmic,
            0.02,
        ),
        Kind::Slow,
        "slow-requests",
    ),
    about(
        judged(
            entry("traefik_router_request_duration_seconds", Some("s"), Harm::Rise, Role::Symptom),
            Scale::Logarithmic,
            0.02,
        ),
        Kind::Slow,
        "slow-requests",
    ),
    about(
        share(judged(entry("traefik_service_server_up", Some("1"), Harm::Fall, Role::Symptom), Scale::Linear, 0.1)),
        Kind::Failing,
        "failing-requests",
    ),
    about(
        judged(entry("synthetic.check.duration", Some("s"), Harm::Rise, Role::Symptom), Scale::Logarithmic, 0.02),
        Kind::Slow,
        "slow-requests",
    ),
    about(
        share(judged(entry("synthetic.check.success", Some("1"), Harm::Fall, Role::Symptom), Scale::Linear, 0.1)),
        Kind::Failing,
        "failing-requests",
    ),
    about(
        judged(entry("lab.synthetic.check.duration", Some("s"), Harm::Rise, Role::Symptom), Scale::Logarithmic, 0.02),
        Kind::Slow,
        "slow-requests",
    ),
    about(
        share(judged(entry("lab.synthetic.check.success", Some("1"), Harm::Fall, Role::Symptom), Scale::Linear, 0.1)),
        Kind::Failing,
        "failing-requests",
    ),
    about(
        judged(entry("lab.odoo.cron.duration", Some("s"), Harm::Rise, Role::Symptom), Scale::Logarithmic, 0.1),
        Kind::Slow,
        "slow-jobs",
    ),
    about(
        judged(entry("odoo.cron.duration", Some("s"), Harm::Rise, Role::Symptom), Scale::Logarithmic, 0.1),
        Kind::Slow,
        "slow-jobs",
    ),
    // Why they feel it: PostgreSQL.
    about(
        judged(entry("postgresql.deadlocks", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.05),
        Kind::Failing,
        "lock-contention",
    ),
    about(
        judged(entry("postgresql.rollbacks", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.2),
        Kind::Failing,
        "failing-statements",
    ),
    holding(
        about(
            judged(entry("postgresql.backends", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 2.0),
            Kind::Slow,
            "connection-growth",
        ),
        Mechanism::Connections,
    ),
    about(
        judged(entry("postgresql.database.locks", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 2.0),
        Kind::Slow,
        "lock-contention",
    ),
    using(
        about(
            judged(entry("postgresql.temp.io", Some("By"), Harm::Rise, Role::Cause), Scale::Logarithmic, 65_536.0),
            Kind::Slow,
            "database-load",
        ),
        Mechanism::Io,
    ),
    about(
        judged(entry("postgresql.db_size", Some("By"), Harm::Rise, Role::Context), Scale::Linear, 1_048_576.0),
        Kind::Unusual,
        "database-growth",
    ),
    about(
        judged(entry("postgresql.wal.lag", Some("s"), Harm::Rise, Role::Cause), Scale::Logarithmic, 1.0),
        Kind::Slow,
        "replication-lag",
    ),
    about(
        judged(
            entry("postgresql.replication.data_delay", Some("By"), Harm::Rise, Role::Cause),
            Scale::Logarithmic,
            1_048_576.0,
        ),
        Kind::Slow,
        "replication-lag",
    ),
    using(
        about(
            judged(entry("lab.postgresql.lock_waits", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 1.0),
            Kind::Slow,
            "lock-contention",
        ),
        Mechanism::Locks,
    ),
    about(
        judged(entry("lab.postgresql.max_xact_age", Some("s"), Harm::Rise, Role::Cause), Scale::Linear, 2.0),
        Kind::Slow,
        "long-transactions",
    ),
    about(
        judged(entry("lab.postgresql.sessions_fatal", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.05),
        Kind::Failing,
        "failing-connections",
    ),
    using(
        about(
            judged(entry("lab.postgresql.backend.cpu.time", Some("s"), Harm::Rise, Role::Cause), Scale::Linear, 0.1),
            Kind::Slow,
            "database-load",
        ),
        Mechanism::Cpu,
    ),
    holding(
        about(
            judged(entry("lab.postgresql.connection.used", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 3.0),
            Kind::Slow,
            "connection-growth",
        ),
        Mechanism::Connections,
    ),
    // Why they feel it: Redis, workers, log events.
    about(
        judged(entry("redis.connections.rejected", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.05),
        Kind::Failing,
        "redis-pressure",
    ),
    about(
        judged(entry("redis.keys.evicted", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.5),
        Kind::Slow,
        "redis-pressure",
    ),
    about(
        judged(entry("redis.clients.blocked", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 1.0),
        Kind::Slow,
        "redis-pressure",
    ),
    about(
        judged(entry("k8s.container.restarts", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.01),
        Kind::Failing,
        "restarting-containers",
    ),
    waiting(
        about(
            judged(entry("lab.odoo.listen_queue", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 2.0),
            Kind::Slow,
            "worker-saturation",
        ),
        Mechanism::Workers,
    ),
    about(
        judged(entry("log.events", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.3),
        Kind::Unusual,
        "log-events",
    ),
    // What Tidewatch itself concludes, and the agents: their own trouble is told by silence, not by a tenant's incident.
    about(
        judged(entry("lab.scrape.*", None, Harm::Either, Role::Context), Scale::Linear, 1.0),
        Kind::Unusual,
        "unusual-behaviour",
    ),
    about(
        judged(entry("tidewatch.contention", Some("1"), Harm::Rise, Role::Cause), Scale::Linear, 0.1),
        Kind::Slow,
        "noisy-neighbour",
    ),
    about(
        judged(entry("tidewatch.reports", Some("s"), Harm::Fall, Role::Symptom), Scale::Linear, 1.0),
        Kind::Silent,
        "silent-agent",
    ),
];
