//! Records for tests.

use serde_json::{Value, json};

/// A revision of one incident.
pub(crate) fn incident(revision: u32, tenants: &[&str]) -> Value {
    json!({"incident_id": "000000000000000000000000000000a1", "revision": revision, "state": "open", "kind": "slow",
        "severity": "error", "pool": "eu-1", "resource": null, "tenants": tenants, "victims": tenants, "culprits": [],
        "started_at": "2026-11-22T10:18:28.886Z", "opened_at": "2026-11-22T10:19:00.000Z",
        "updated_at": "2026-11-22T10:19:10.000Z", "resolved_at": null, "summary": format!("{} slow", tenants.join(" and ")),
        "signal": "http.server.request.duration", "expected": 0.04, "actual": 0.9, "unit": "s", "season": "recent",
        "confidence": 0.5, "runbook": "slow", "evidence": []})
}

/// A finding of `tenant` in the minute `minute` of 2026-11-22.
pub(crate) fn finding(tenant: &str, minute: i64) -> Value {
    let at = |minute: i64| {
        let micros = 1_795_305_600_000_000 + minute * 60_000_000;
        jiff::Timestamp::from_microsecond(micros).unwrap().to_string()
    };
    json!({"detector": "baseline", "pool": "eu-1", "tenant": tenant, "resource": "pg-1", "signal": "latency",
        "series": "000000000000000000000000000000b2", "attributes": {"route": "/web"}, "unit": "s", "since": at(minute),
        "window_start": at(minute), "window_end": at(minute + 1), "actual": 0.9, "expected": 0.1, "lower": 0.0, "upper": 0.3,
        "season": "daily", "side": "above", "channel": null, "silence": null, "contention": null, "score": 20.0, "share": 1.0,
        "confidence": 0.9, "summary": format!("{tenant} is slow"),
        "origin": {"topic": "otlp", "partition": 1, "offset": 9, "index": 0}})
}

/// A charge of `tenant`.
pub(crate) fn charge(tenant: &str, cost: &str) -> Value {
    json!({"x_Kind": "allocated", "SubAccountId": tenant, "ResourceId": "pg-1", "AllocatedResourceId": "pg-1", "AllocatedMethodId": "usage-share-v1",
        "ChargePeriodStart": "2026-11-22T00:00:00.000Z", "ChargePeriodEnd": "2026-11-23T00:00:00.000Z",
        "ChargeCategory": "Usage", "ChargeDescription": "its part of pg-1", "ConsumedQuantity": 3.5, "ConsumedUnit": "h",
        "EffectiveCost": cost, "BillingCurrency": "EUR", "x_Pool": "eu-1"})
}
