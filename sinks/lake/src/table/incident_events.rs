//! Columns of `incident_events`, named as in the JSON record.

use super::{Column, column};
use crate::column::Kind::{Json, Number, Text, Texts, Time, Whole};

pub(super) const COLUMNS: [Column; 30] = [
    column("incident_id", "/incident_id", Text, "which incident; 32 hexadecimal digits"),
    column("revision", "/revision", Whole, "counts the changes of the incident from 1"),
    column("state", "/state", Text, "open, acknowledged, resolved or reopened"),
    column("kind", "/kind", Text, "what kind of trouble: unusual, silent, slow, failing or data_loss"),
    column("severity", "/severity", Text, "info, warning, error or critical"),
    column("severity_reason", "/severity_reason", Text, "why it matters that much"),
    column("pool", "/pool", Text, "the pool it happens in"),
    column("resource", "/resource", Text, "the resource that all evidence points at; null when it points at several"),
    column("tenants", "/tenants", Texts, "tenants in which something was found"),
    column("victims", "/victims", Texts, "tenants that suffer"),
    column("culprits", "/culprits", Texts, "tenants that cause it; empty when nobody was named"),
    column("started_at", "/started_at", Time, "event time of the first window that did not fit"),
    column("opened_at", "/opened_at", Time, "event time at which it was opened"),
    column("updated_at", "/updated_at", Time, "event time of this revision"),
    column("resolved_at", "/resolved_at", Time, "event time at which it was resolved; null while it is not"),
    column("summary", "/summary", Text, "the incident in one sentence"),
    column("signal", "/signal", Text, "the signal that speaks loudest"),
    column("expected", "/expected", Number, "what that signal was expected to be, in `unit`"),
    column("actual", "/actual", Number, "what it was at its worst, in `unit`; null for silence"),
    column("unit", "/unit", Text, "unit of `expected` and `actual`"),
    column("season", "/season", Text, "which season said what to expect: recent, daily, weekly or calendar"),
    column("confidence", "/confidence", Number, "how far the verdict can be trusted, 0 to 1"),
    column(
        "bottleneck",
        "/bottleneck",
        Json,
        "where the time of requests goes, as JSON text; null where nothing says so",
    ),
    column(
        "peers",
        "/peers",
        Json,
        "how the other tenants do meanwhile, as JSON text; null where too few are measured",
    ),
    column(
        "deployment",
        "/deployment",
        Json,
        "what was deployed shortly before it began, as JSON text; null where nobody said so",
    ),
    column(
        "loss",
        "/loss",
        Json,
        "what its victims lost until this revision, as JSON text; null where nobody was named or nobody reports the time of workers",
    ),
    column("runbook", "/runbook", Text, "name of the runbook to open"),
    column("evidence", "/evidence", Json, "the series that speak for it, strongest first, as JSON text"),
    column("findings", "/findings", Whole, "how many findings belong to it"),
    column("response", "/response", Json, "what people did about it, as JSON text"),
];
