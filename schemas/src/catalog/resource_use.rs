//! What tenants take of the resources they share, and how long they wait for them.
//!
//! These signals never open an incident by themselves: using a resource is what it is there for. They are held against
//! what people feel meanwhile.

use super::built_in::{entry, holding, judged, using, waiting};
use super::{Harm, Mechanism, Role, Scale, SignalSpec};

const fn context(name: &'static str, unit: Option<&'static str>, resolution: f64) -> SignalSpec {
    judged(entry(name, unit, Harm::Either, Role::Context), Scale::Linear, resolution)
}

/// Every entry about use and waiting that is nothing else besides.
pub(super) const SIGNALS: &[SignalSpec] = &[
    // Databases, of a tenant that has one of its own.
    using(context("postgresql.blks_read", Some("1"), 50.0), Mechanism::Io),
    using(context("postgresql.blocks_read", Some("1"), 50.0), Mechanism::Io),
    using(context("postgresql.blks_hit", Some("1"), 5_000.0), Mechanism::Cpu),
    using(context("postgresql.tup_returned", Some("1"), 5_000.0), Mechanism::Cpu),
    using(context("postgresql.tup_inserted", Some("1"), 50.0), Mechanism::Io),
    using(context("postgresql.tup_updated", Some("1"), 50.0), Mechanism::Io),
    using(context("postgresql.tup_deleted", Some("1"), 50.0), Mechanism::Io),
    holding(context("pg_stat_statements_seconds_total", Some("s"), 0.05), Mechanism::Cpu),
    using(context("lab.postgresql.backend.io", Some("By"), 65_536.0), Mechanism::Io),
    holding(context("lab.postgresql.statements.exec_time", Some("s"), 0.05), Mechanism::Cpu),
    using(context("lab.postgresql.statements.wal_bytes", Some("By"), 65_536.0), Mechanism::Io),
    using(context("lab.postgresql.statements.blks_read", Some("1"), 50.0), Mechanism::Io),
    using(context("lab.postgresql.statements.temp_blks_written", Some("1"), 50.0), Mechanism::Io),
    // Redis, where a tenant has a logical database or clients of its own.
    using(context("lab.redis.client.ops", Some("1"), 5.0), Mechanism::Cpu),
    using(context("redis.db.keys", Some("1"), 1_000.0), Mechanism::Memory),
    // Workers and the way to them.
    holding(context("http.server.active_requests", Some("1"), 1.0), Mechanism::Workers),
    using(context("traefik_service_requests_total", Some("1"), 1.0), Mechanism::Workers),
    using(context("traefik_router_requests_total", Some("1"), 1.0), Mechanism::Workers),
    using(context("traefik_service_responses_bytes_total", Some("By"), 65_536.0), Mechanism::Network),
    using(context("traefik_router_responses_bytes_total", Some("By"), 65_536.0), Mechanism::Network),
    holding(context("cnpg_pgbouncer_pools_cl_active", Some("1"), 1.0), Mechanism::Connections),
    waiting(context("cnpg_pgbouncer_pools_cl_waiting", Some("1"), 1.0), Mechanism::Connections),
    waiting(context("db.client.connection.pending_requests", Some("1"), 1.0), Mechanism::Connections),
    // Containers and pods: what the kubelet and cAdvisor report.
    using(context("container.cpu.usage", None, 0.05), Mechanism::Cpu),
    using(context("container.cpu.time", Some("s"), 0.05), Mechanism::Cpu),
    using(context("k8s.pod.cpu.usage", None, 0.05), Mechanism::Cpu),
    using(context("k8s.pod.cpu.time", Some("s"), 0.05), Mechanism::Cpu),
    using(context("container_cpu_usage_seconds_total", Some("s"), 0.05), Mechanism::Cpu),
    using(context("container.memory.working_set", Some("By"), 16_777_216.0), Mechanism::Memory),
    using(context("k8s.pod.memory.working_set", Some("By"), 16_777_216.0), Mechanism::Memory),
    using(context("container_memory_working_set_bytes", Some("By"), 16_777_216.0), Mechanism::Memory),
    using(context("container.blockio.io_service_bytes_recursive", Some("By"), 65_536.0), Mechanism::Io),
    using(context("container_fs_reads_bytes_total", Some("By"), 65_536.0), Mechanism::Io),
    using(context("container_fs_writes_bytes_total", Some("By"), 65_536.0), Mechanism::Io),
    using(context("k8s.pod.network.io", Some("By"), 65_536.0), Mechanism::Network),
    using(context("container_network_receive_bytes_total", Some("By"), 65_536.0), Mechanism::Network),
    using(context("container_network_transmit_bytes_total", Some("By"), 65_536.0), Mechanism::Network),
    waiting(context("container_pressure_cpu_waiting_seconds_total", Some("s"), 0.05), Mechanism::Cpu),
    waiting(context("container_pressure_io_waiting_seconds_total", Some("s"), 0.05), Mechanism::Io),
    waiting(context("container_pressure_memory_waiting_seconds_total", Some("s"), 0.05), Mechanism::Memory),
];
