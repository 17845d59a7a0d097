use arrow::util::pretty::pretty_format_batches;
use bytes::Bytes;
use object_store::memory::InMemory;
use serde_json::{Value, json};

use super::*;
use crate::partition::{Limits, Partition, Place, Record};
use crate::samples::{charge, finding, incident};

#[derive(Debug)]
struct NoCalendars;

impl Calendars for NoCalendars {
    fn season_of(&self, at: Timestamp, zone: &str) -> Result<String, String> {
        if zone == "UTC" { Ok(format!("at {}", at.0)) } else { Err(format!("there is no time zone {zone:?}")) }
    }

    fn business_days_to_month_end(&self, _: Timestamp, calendar: &str) -> Result<i64, String> {
        if calendar.is_empty() { Ok(3) } else { Err(format!("there is no calendar {calendar:?}")) }
    }
}

/// A finding by which `culprit` hurts `victim`.
pub(super) fn contention(culprit: &str, victim: &str, minute: i64) -> Value {
    let mut finding = finding(victim, minute);
    finding["detector"] = "contention".into();
    finding["summary"] = format!("{victim} suffers because of {culprit}").into();
    finding["contention"] = json!({"guilt": "culprits", "culprits": [culprit], "victims": [victim], "mechanism": "cpu",
        "signal": "cpu", "dose": 0.5, "share": 0.9, "follows": 0.8, "began": null, "times": 4.0, "fails": false,
        "advice": format!("move {culprit}")});
    finding
}

/// A store whose manifests name one file for each inner list.
pub(super) async fn lake(contents: &[(Table, Vec<Vec<Value>>)]) -> Store {
    let store = Store::new(Arc::new(InMemory::new()), "memory".to_owned());
    for (table, files) in contents {
        let place = Place { table: *table, number: 0, source: format!("cluster/{table}") };
        let mut partition = Partition::resume(place, Limits { rows: 1_000, bytes: 1 << 20 }, None, 0).unwrap();
        for records in files {
            for record in records {
                let offset = partition.next_offset();
                partition.take(Record { offset, numbered: None, bytes: Bytes::from(record.to_string()) });
            }
            store.publish(&partition.seal().unwrap().unwrap()).await.unwrap();
            partition.published();
        }
    }
    store
}

pub(super) fn opening(principal: Principal) -> Opening {
    Opening { principal, bounds: Bounds::USUAL, until: None, calendars: Arc::new(NoCalendars) }
}

async fn fleet() -> Store {
    let revision = |id: u8, revision: u32, changes: Value| {
        let mut record = incident(revision, &["acme"]);
        record["incident_id"] = format!("{id:032x}").into();
        record.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        record
    };
    lake(&[
        (
            Table::Findings,
            vec![
                vec![finding("acme", 0), finding("bolt", 1)],
                vec![finding("acme", 2000), contention("bolt", "acme", 2001)],
                vec![finding("delta", 4000)],
            ],
        ),
        (
            Table::IncidentEvents,
            vec![
                vec![
                    revision(1, 1, json!({})),
                    revision(2, 1, json!({"tenants": ["acme", "bolt"], "culprits": ["bolt"]})),
                ],
                vec![revision(
                    1,
                    2,
                    json!({"state": "resolved", "updated_at": "2026-11-22T11:19:00Z",
                "resolved_at": "2026-11-22T11:19:00Z"}),
                )],
            ],
        ),
        (Table::CostSignals, vec![vec![charge("acme", "12.50"), charge("bolt", "0.000001")]]),
    ])
    .await
}

async fn answer(session: &Session, sql: &str) -> String {
    let answer = session.ask(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let text = pretty_format_batches(&answer.batches).unwrap().to_string();
    let rows = text.lines().filter(|line| line.starts_with('|')).skip(1);
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join(","))
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test]
async fn tables_and_views_answer() {
    let session = Session::open(&fleet().await, opening(Principal::Operator)).await.unwrap();
    let cases = [
        ("SELECT count(*) FROM findings", "5"),
        ("SELECT tenant, count(*) FROM findings WHERE tenant = 'acme' GROUP BY tenant", "acme,3"),
        (
            "SELECT incident_id, revision, state FROM incidents ORDER BY 1",
            "00000000000000000000000000000001,2,resolved\n00000000000000000000000000000002,1,open",
        ),
        ("SELECT revision FROM incidents_as_of('2026-11-22T11:00:00Z') ORDER BY incident_id", "1\n1"),
        ("SELECT revision FROM incidents_as_of(TIMESTAMP '2026-11-22T10:00:00Z')", ""),
        ("SELECT culprit, victim, findings, times_slower FROM noisy_neighbours", "bolt,acme,1,4.0"),
        ("SELECT tenant, cost, currency FROM cost_by_tenant ORDER BY tenant", "acme,12.500000,EUR\nbolt,0.000001,EUR"),
        (
            "SELECT tenant, incidents, unresolved, minutes_to_resolve FROM resilience ORDER BY tenant",
            "acme,2,1,60.0\nbolt,1,1,",
        ),
        (
            "SELECT tenant, business_days_left, incidents, severe FROM month_end ORDER BY tenant",
            "acme,3,2,2\nbolt,3,1,1",
        ),
        ("SELECT tenant, findings FROM tenants ORDER BY tenant", "acme,3\nbolt,1\ndelta,1"),
        ("SELECT season_of(TIMESTAMP '1970-01-01T00:00:01Z', 'UTC')", "at 1000"),
        ("SELECT season_of('1970-01-01T00:00:01Z', 'UTC')", "at 1000"),
        ("SELECT business_days_to_month_end(now(), '')", "3"),
    ];
    for (sql, expected) in cases {
        assert_eq!(answer(&session, sql).await, expected, "{sql}");
    }
}

/// Within a question texts are views; a client gets what every client knows.
#[tokio::test]
async fn what_leaves_is_ordinary_text() {
    let store = fleet().await;
    let questions = [
        "SELECT * FROM findings",
        "SELECT tenant, substr(summary, 1, 3) AS begins FROM findings ORDER BY tenant LIMIT 2",
        "SELECT a.tenant, b.tenant, max(a.signal) FROM findings a JOIN findings b ON a.tenant = b.tenant GROUP BY 1, 2",
        "SELECT tenants, culprits FROM incident_events",
        "SELECT tenant FROM findings UNION SELECT 'nobody'",
    ];
    for principal in [Principal::Operator, Principal::Tenant("acme".to_owned())] {
        let session = Session::open(&store, opening(principal)).await.unwrap();
        for sql in questions {
            let answer = session.ask(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
            let rows = answer.batches.iter().map(RecordBatch::num_rows).sum::<usize>();
            assert!(rows > 0 && answer.batches.iter().all(|batch| batch.schema() == answer.schema), "{sql}");
            let types = answer.schema.fields().iter().map(|field| field.data_type().to_string()).collect::<String>();
            assert!(types.contains("Utf8") && !types.contains("View"), "{sql}: {types}");
        }
    }
}

#[tokio::test]
async fn nothing_but_questions_is_asked() {
    let session = Session::open(&fleet().await, opening(Principal::Operator)).await.unwrap();
    let refused = [
        "DROP TABLE findings",
        "DROP VIEW incidents",
        "CREATE TABLE a AS SELECT 1",
        "CREATE VIEW a AS SELECT 1",
        "CREATE EXTERNAL TABLE a STORED AS PARQUET LOCATION '/etc/passwd'",
        "INSERT INTO findings SELECT * FROM findings",
        "DELETE FROM findings",
        "UPDATE findings SET tenant = 'a'",
        "COPY findings TO '/tmp/a.parquet'",
        "EXPLAIN ANALYZE COPY findings TO '/tmp/a.parquet'",
        "SET datafusion.execution.batch_size = 1",
        "PREPARE a AS SELECT 1",
        "CREATE FUNCTION a() RETURNS int RETURN 1",
    ];
    for sql in refused {
        let error = session.ask(sql).await.unwrap_err().to_string();
        assert!(error.starts_with("only questions can be asked here"), "{sql}: {error}");
    }
    for sql in
        ["SELECT * FROM '/etc/passwd'", "SELECT * FROM read_parquet('/etc/passwd')", "SELECT 1; SELECT 2", "BEGIN"]
    {
        assert!(matches!(session.ask(sql).await, Err(QueryError::Wrong(_))), "{sql}");
    }
}

#[tokio::test]
async fn bounds_hold() {
    let store = fleet().await;
    let bounds = Bounds { rows: 4, time: Duration::from_millis(300), ..Bounds::USUAL };
    let session = Session::open(&store, Opening { bounds, ..opening(Principal::Operator) }).await.unwrap();
    let error = session.ask("SELECT * FROM findings").await.unwrap_err().to_string();
    assert_eq!(error, "the answer has more than 4 rows: add a LIMIT");
    let endless = "SELECT count(*) FROM generate_series(1, 100000000000) a WHERE random() > 2";
    assert!(matches!(session.ask(endless).await, Err(QueryError::Time(_))));
}

#[tokio::test]
async fn a_session_up_to_a_moment_shows_nothing_later() {
    let until = Some(Timestamp(1_795_305_600_000 + 60_000));
    let session = Session::open(&fleet().await, Opening { until, ..opening(Principal::Operator) }).await.unwrap();
    assert_eq!(answer(&session, "SELECT tenant FROM findings ORDER BY 1").await, "acme\nbolt");
    assert_eq!(answer(&session, "SELECT count(*) FROM incidents").await, "0");
}

#[tokio::test]
async fn wrong_questions_say_what_is_wrong() {
    let session = Session::open(&fleet().await, opening(Principal::Operator)).await.unwrap();
    let cases = [
        ("SELECT nothing FROM findings", "nothing"),
        ("SELECT * FROM parrots", "parrots"),
        ("SELECT season_of(now(), 'Mars')", "there is no time zone \"Mars\""),
        ("SELECT business_days_to_month_end(now(), 'mars')", "there is no calendar \"mars\""),
        ("SELECT * FROM incidents_as_of('yesterday')", "write incidents_as_of('2026-11-30T21:14:00Z')"),
        ("SELECT * FROM incidents_as_of()", "write incidents_as_of('2026-11-30T21:14:00Z')"),
        ("SELECT * FROM baselines_as_of(7, 8)", "write baselines_as_of('2026-11-30T21:14:00Z')"),
    ];
    for (sql, expected) in cases {
        let error = session.ask(sql).await.unwrap_err();
        assert!(matches!(error, QueryError::Wrong(_)) && error.to_string().contains(expected), "{sql}: {error}");
    }
}

/// What is opened is counted by the object store itself.
#[tokio::test]
async fn files_that_cannot_have_an_answer_are_not_opened() {
    let cases = [
        ("SELECT count(score) FROM findings", 3),
        ("SELECT count(score) FROM findings WHERE tenant = 'delta'", 1),
        ("SELECT count(score) FROM findings WHERE tenant IN ('bolt', 'delta')", 2),
        ("SELECT count(score) FROM findings WHERE tenant = 'nobody'", 0),
        ("SELECT count(score) FROM findings WHERE window_start >= '2026-11-24T00:00:00Z'", 1),
        ("SELECT count(score) FROM findings WHERE window_start < '2026-11-22T12:00:00Z' AND tenant = 'acme'", 1),
        (
            "SELECT count(score) FROM findings WHERE window_start BETWEEN '2026-11-23T00:00:00Z' AND '2026-11-23T23:00:00Z'",
            1,
        ),
    ];
    for (sql, expected) in cases {
        let (store, opened) = counting::behind(&fleet().await);
        let session = Session::open(&store, opening(Principal::Operator)).await.unwrap();
        session.ask(sql).await.unwrap();
        assert_eq!(opened.lock().unwrap().len(), expected, "{sql}");
    }
}

mod canary;
mod counting;
