//! The questions that people ask, as views over the tables.
//!
//! A view is SQL like anybody's: what a tenant may not see is not in the tables it is made of.

use datafusion::common::Result;
use datafusion::prelude::SessionContext;

use crate::table::Table;

/// A view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Its name.
    pub name: &'static str,
    /// What a row is.
    pub doc: &'static str,
    /// What each column says, with its unit.
    pub columns: &'static [(&'static str, &'static str)],
    /// The question, unless it is [`latest`].
    sql: Option<&'static str>,
}

/// Every view, each after those that it is made of.
pub const VIEWS: [View; 10] = [
    View {
        name: "incidents",
        doc: "each incident in its last revision; the columns are those of incident_events",
        columns: &[],
        sql: None,
    },
    View {
        name: "tenants",
        doc: "one row for each tenant of which something was found",
        columns: &[
            ("tenant", "the tenant"),
            ("findings", "how many findings there are of it"),
            ("first_found", "start of the first window that did not fit"),
            ("last_found", "start of the last one"),
        ],
        sql: Some(
            "SELECT tenant, count(*) AS findings, min(window_start) AS first_found, max(window_start) AS last_found \
             FROM findings WHERE tenant NOT LIKE '\\_%' GROUP BY tenant",
        ),
    },
    View {
        name: "noisy_neighbours",
        doc: "who hurt whom on a shared resource; one row for each culprit, victim, resource and mechanism",
        columns: &[
            ("pool", "the pool"),
            ("resource", "what they share"),
            ("culprit", "the tenant that took more than usual"),
            ("victim", "the tenant that suffered"),
            ("mechanism", "what of the resource the culprit took"),
            ("findings", "how many findings say so"),
            ("times_slower", "how many times longer things took for the victims, in the median; the worst finding"),
            ("confidence", "how far the verdict can be trusted, 0 to 1; the best finding"),
            ("first_found", "start of the first window"),
            ("last_found", "start of the last window"),
        ],
        sql: Some(
            "SELECT pool, resource, culprit, victim, mechanism, count(*) AS findings, \
             max(times_slower) AS times_slower, max(confidence) AS confidence, \
             min(window_start) AS first_found, max(window_start) AS last_found FROM ( \
               SELECT pool, resource, culprit, unnest(victims) AS victim, mechanism, times_slower, confidence, window_start \
               FROM (SELECT pool, resource, unnest(culprits) AS culprit, victims, mechanism, times_slower, confidence, \
                     window_start FROM findings WHERE guilt = 'culprits' AND detector = 'contention')) \
             WHERE culprit <> victim GROUP BY pool, resource, culprit, victim, mechanism",
        ),
    },
    View {
        name: "month_end",
        doc: "incidents of each tenant and month, apart by the distance to the end of the month",
        columns: &[
            ("tenant", "the tenant"),
            ("month", "first day of the month"),
            (
                "business_days_left",
                "business days that follow in the month, by the default calendar; 0 is the last one",
            ),
            ("incidents", "how many incidents were opened"),
            ("severe", "how many of them are error or critical"),
            ("expected_by_calendar", "how many were judged by what the business calendar said to expect"),
        ],
        sql: Some(
            "SELECT tenant, date_trunc('month', opened_at) AS month, \
             business_days_to_month_end(opened_at, '') AS business_days_left, count(*) AS incidents, \
             count(*) FILTER (WHERE severity IN ('error', 'critical')) AS severe, \
             count(*) FILTER (WHERE season = 'calendar') AS expected_by_calendar \
             FROM (SELECT unnest(tenants) AS tenant, opened_at, severity, season FROM incidents) \
             GROUP BY 1, 2, 3",
        ),
    },
    View {
        name: "resilience",
        doc: "how often a tenant was in trouble and how long that took",
        columns: &[
            ("tenant", "the tenant"),
            ("incidents", "how many incidents it was part of"),
            ("unresolved", "how many are not resolved"),
            ("reopened", "how many came back at least once after they were resolved"),
            ("minutes_to_open", "minutes from the first window that did not fit to the incident, on average"),
            ("minutes_to_resolve", "minutes from the incident to its resolution, on average over those resolved"),
            ("minutes_in_trouble", "minutes in incidents that are resolved, added up"),
        ],
        sql: Some(
            "SELECT tenant, count(*) AS incidents, count(*) FILTER (WHERE state <> 'resolved') AS unresolved, \
             count(*) FILTER (WHERE reopenings > 0) AS reopened, \
             avg(to_open) / 60.0 AS minutes_to_open, avg(to_resolve) / 60.0 AS minutes_to_resolve, \
             sum(to_resolve) / 60.0 AS minutes_in_trouble FROM ( \
               SELECT unnest(i.tenants) AS tenant, i.state, coalesce(r.times, 0) AS reopenings, \
               extract(epoch FROM i.opened_at) - extract(epoch FROM i.started_at) AS to_open, \
               extract(epoch FROM i.resolved_at) - extract(epoch FROM i.opened_at) AS to_resolve \
               FROM incidents i LEFT JOIN (SELECT incident_id, count(*) AS times FROM incident_events \
                 WHERE state = 'reopened' GROUP BY incident_id) r ON i.incident_id = r.incident_id) \
             GROUP BY tenant",
        ),
    },
    View {
        name: "false_alarms",
        doc: "incidents of which somebody said that they were not worth telling, in their last revision",
        columns: &[
            ("incident_id", "which incident"),
            ("pool", "the pool"),
            ("tenants", "tenants in which something was found"),
            ("opened_at", "event time at which it was opened"),
            ("kind", "what kind of trouble it was taken for"),
            ("severity", "how bad it was taken for"),
            ("signal", "the signal that spoke loudest"),
            ("season", "which season said what to expect"),
            ("confidence", "how far the verdict was trusted, 0 to 1"),
            ("summary", "the incident in one sentence"),
        ],
        // Quotes inside of a text are escaped, so that no note can be taken for an action.
        sql: Some(
            "SELECT incident_id, pool, tenants, opened_at, kind, severity, signal, season, confidence, summary \
             FROM incidents WHERE incident_id IN (SELECT incident_id FROM incident_events \
             WHERE strpos(response, '\"action\":\"false_alarm\"') > 0)",
        ),
    },
    View {
        name: "coverage",
        doc: "what reported and fell silent, so that nobody watched it; one row for each series that did",
        columns: &[
            ("pool", "the pool"),
            ("tenant", "the tenant, or _shared"),
            ("resource", "the resource"),
            ("signal", "the signal; tidewatch.reports is everything that the tenant's agent on the resource sends"),
            ("series", "identifier of the series"),
            ("stopped", "what had stopped the last time: series, agent, tenant or pipeline"),
            ("silences", "how often it fell silent"),
            ("usually_every", "usual time between two reports, in seconds, as it was known the last time"),
            ("last_silent_since", "since when it was silent the last time"),
        ],
        sql: Some(
            "SELECT pool, tenant, resource, signal, series, last_value(silence ORDER BY since) AS stopped, \
             count(DISTINCT since) AS silences, last_value(expected ORDER BY since) AS usually_every, \
             max(since) AS last_silent_since FROM findings WHERE detector = 'silence' \
             GROUP BY pool, tenant, resource, signal, series",
        ),
    },
    View {
        name: "cost_by_tenant",
        doc: "what each tenant cost in a month, on each resource",
        columns: &[
            ("tenant", "the tenant, or __idle__ for what nobody used"),
            ("month", "first day of the month"),
            ("pool", "the pool"),
            ("resource", "the resource whose price is divided"),
            ("cost", "what it cost, in `currency`"),
            ("currency", "ISO 4217 code"),
        ],
        sql: Some(
            "SELECT sub_account_id AS tenant, date_trunc('month', charge_period_start) AS month, x_pool AS pool, \
             allocated_resource_id AS resource, sum(effective_cost) AS cost, billing_currency AS currency \
             FROM cost_signals WHERE x_kind = 'allocated' GROUP BY 1, 2, 3, 4, 6",
        ),
    },
    View {
        name: "fair_share",
        doc: "what each tenant used of a resource in a day against what it is entitled to; rank 1 is furthest beyond",
        columns: &[
            ("tenant", "the tenant"),
            ("day", "the day, in UTC"),
            ("pool", "the pool"),
            ("resource", "the shared resource"),
            ("used", "how much it used, in `unit`"),
            ("entitled", "what it is entitled to, in `unit`"),
            ("unit", "unit of both"),
            ("times_entitled", "used over entitled"),
            ("rank", "place among the tenants of the resource that day"),
        ],
        sql: Some(
            "SELECT *, rank() OVER (PARTITION BY pool, resource, unit, day ORDER BY times_entitled DESC) AS rank FROM ( \
               SELECT sub_account_id AS tenant, date_trunc('day', charge_period_start) AS day, x_pool AS pool, \
               resource_id AS resource, sum(consumed_quantity) AS used, sum(x_entitled_quantity) AS entitled, \
               consumed_unit AS unit, sum(consumed_quantity) / nullif(sum(x_entitled_quantity), 0) AS times_entitled \
               FROM cost_signals WHERE x_kind = 'allocated' AND x_entitled_quantity IS NOT NULL GROUP BY 1, 2, 3, 4, 7)",
        ),
    },
    View {
        name: "waiting",
        doc: "what tenants lost in a day because of somebody else, in time of waiting workers and in money",
        columns: &[
            ("day", "the day, in UTC"),
            ("pool", "the pool"),
            ("resource", "what they share"),
            ("culprit", "who took too much; null for whom that is not to know"),
            ("victim", "who waited"),
            ("seconds", "how long workers were held by nothing but waiting, in seconds"),
            ("cost", "what that is worth, in `currency`; null where waiting has no price"),
            ("currency", "ISO 4217 code"),
        ],
        sql: Some(
            "SELECT date_trunc('day', charge_period_start) AS day, x_pool AS pool, resource_id AS resource, \
             x_culprit AS culprit, sub_account_id AS victim, sum(consumed_quantity) AS seconds, \
             sum(x_at_risk_cost) AS cost, billing_currency AS currency \
             FROM cost_signals WHERE x_kind = 'at_risk' GROUP BY 1, 2, 3, 4, 5, 8",
        ),
    },
];

/// The question for incidents in their last revision, of those revisions that `condition` leaves.
pub(super) fn latest(condition: &str) -> String {
    let columns: Vec<&str> = Table::IncidentEvents.all_columns().map(|column| column.name).collect();
    let columns = columns.join(", ");
    format!(
        "SELECT {columns} FROM (SELECT *, row_number() OVER (PARTITION BY incident_id ORDER BY revision DESC, \
         record_offset DESC) AS newest FROM incident_events {condition}) WHERE newest = 1"
    )
}

/// Makes the views known.
pub(super) async fn register(context: &SessionContext) -> Result<()> {
    for view in VIEWS {
        let sql = view.sql.map_or_else(|| latest(""), str::to_owned);
        context.sql(&format!("CREATE VIEW {} AS {sql}", view.name)).await?;
    }
    Ok(())
}
