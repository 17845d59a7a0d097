//! Generated questions of a tenant, asked on two lakes in which everything that is not the tenant's is different. Whatever
//! is asked, the answers are the same, and no foreign word is in them.

use serde_json::{Value, json};

use super::*;

/// Questions that are asked.
const QUESTIONS: usize = 5_000;
/// Whoever asks.
const ASKS: &str = "acme";

/// Numbers that look random and are the same every time (xorshift, Marsaglia 2003).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

/// The same own rows in every lake, and those of `other`, whose texts have its name and whose numbers are `number`.
async fn shared_lake(other: &str, number: f64, more: i64) -> Store {
    let foreign = |mut record: Value| {
        for key in ["actual", "expected", "lower", "upper", "score"] {
            if record.get(key).is_some() {
                record[key] = number.into();
            }
        }
        for key in ["resource", "pool", "runbook", "signal", "detector"] {
            if record.get(key).is_some() {
                record[key] = format!("{key}-{other}").into();
            }
        }
        record
    };
    let mut shared = incident(1, &[ASKS, other]);
    let named = json!({"culprits": [other], "summary": format!("{other} hurts acme"), "expected": number, "actual": number,
        "resource": format!("pg-{other}"), "evidence": [{"tenant": other, "actual": number}]});
    shared.as_object_mut().unwrap().extend(named.as_object().unwrap().clone());
    let mut own = incident(1, &[ASKS]);
    own["incident_id"] = format!("{:032x}", 7).into();
    let mut last = incident(1, &[other]);
    last["incident_id"] = format!("{:032x}", 8).into();
    let mut charged = charge(other, &format!("{number}"));
    charged["ChargeDescription"] = format!("of {other}").into();
    let more_findings = (0..more).map(|minute| foreign(finding(other, minute))).collect();
    lake(&[
        (Table::Findings, vec![
            vec![finding(ASKS, 0), foreign(finding(other, 0)), finding(ASKS, 3)],
            vec![contention(other, ASKS, 1), contention(ASKS, other, 2), foreign(finding(other, 2000))],
            more_findings,
        ]),
        (Table::IncidentEvents, vec![vec![own, shared, foreign(last)]]),
        (Table::CostSignals, vec![vec![charge(ASKS, "12.5"), charged]]),
        (Table::Rejects, vec![vec![json!({"reason": "late", "detail": format!("of {other}"), "count": 1, "excerpt": other,
            "origin": {"topic": other, "partition": 0, "offset": 1, "index": 0}, "received_at": "2026-11-22T10:00:00Z"})]]),
    ])
    .await
}

const TABLES: [&str; 10] = [
    "findings",
    "incident_events",
    "cost_signals",
    "incidents",
    "tenants",
    "noisy_neighbours",
    "month_end",
    "resilience",
    "cost_by_tenant",
    "incidents_as_of('2026-12-01T00:00:00Z')",
];
const COLUMNS: [&str; 16] = [
    "tenant",
    "summary",
    "actual",
    "expected",
    "culprits",
    "victims",
    "tenants",
    "resource",
    "pool",
    "evidence",
    "effective_cost",
    "charge_description",
    "signal",
    "score",
    "window_start",
    "sub_account_id",
];
const METADATA: [&str; 12] = [
    "SHOW TABLES",
    "SHOW ALL",
    "DESCRIBE findings",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM information_schema.columns",
    "SELECT * FROM information_schema.views",
    "SELECT * FROM information_schema.schemata",
    "SELECT * FROM information_schema.df_settings",
    "SELECT * FROM pg_catalog.pg_tables",
    "SELECT * FROM rejects",
    "SELECT business_days_to_month_end(now(), 'bolt')",
    "PREPARE a AS SELECT * FROM findings",
];

fn condition(chance: &mut Chance) -> String {
    let column = chance.of(&COLUMNS);
    match chance.below(9) {
        0 => format!("{column} IS NOT NULL"),
        1 => format!("{column} = 'bolt' OR 1 = 1"),
        2 => format!("CAST({column} AS text) LIKE '%bolt%' OR true"),
        3 => format!("1 / ({column} - 777.125) > -1e9"),
        4 => format!("CAST({column} AS int) > 0"),
        5 => format!("{column} IN (SELECT {column} FROM {})", chance.of(&TABLES)),
        6 => format!("EXISTS (SELECT 1 FROM {} o WHERE o.{column} = {column})", chance.of(&TABLES)),
        7 => "array_has(tenants, 'bolt') OR true".to_owned(),
        _ => "1 = 1".to_owned(),
    }
}

fn selection(chance: &mut Chance) -> String {
    let (table, column) = (chance.of(&TABLES), chance.of(&COLUMNS));
    let condition = condition(chance);
    match chance.below(10) {
        0 => format!("SELECT * FROM {table} WHERE {condition}"),
        1 => format!("SELECT {column} FROM {table} WHERE {condition}"),
        2 => format!("SELECT count(*), min({column}), max({column}) FROM {table} WHERE {condition}"),
        3 => format!("SELECT {column}, count(*) FROM {table} GROUP BY {column} HAVING count(*) > 0"),
        4 => format!("SELECT {column}, row_number() OVER (PARTITION BY {column} ORDER BY 1) FROM {table}"),
        5 => format!("WITH a AS (SELECT * FROM {table}) SELECT * FROM a WHERE {condition}"),
        6 => format!("SELECT {column} FROM {table} UNION ALL SELECT {column} FROM {}", chance.of(&TABLES)),
        7 => format!("SELECT a.{column} FROM {table} a CROSS JOIN {} b", chance.of(&TABLES)),
        8 => format!("SELECT (SELECT max({column}) FROM {table}) FROM {}", chance.of(&TABLES)),
        _ => format!("SELECT array_agg({column}), approx_distinct({column}) FROM {table}"),
    }
}

fn question(chance: &mut Chance) -> String {
    match chance.below(12) {
        0 => chance.of(&METADATA).to_owned(),
        1 => format!("EXPLAIN {}", selection(chance)),
        2 => format!("EXPLAIN VERBOSE {}", selection(chance)),
        3 => format!("EXPLAIN ANALYZE {}", selection(chance)),
        4 => format!("COPY ({}) TO '/tmp/a.csv'", selection(chance)),
        _ => selection(chance),
    }
}

async fn said(session: &Session, sql: &str) -> String {
    match session.ask(sql).await {
        Err(error) => error.to_string(),
        Ok(answer) => {
            let text = String::from_utf8(answer.written(Format::Csv).unwrap_or_default()).unwrap();
            let mut lines: Vec<&str> = text.lines().collect();
            lines.sort_unstable();
            lines.join("\n")
        }
    }
}

#[tokio::test]
async fn what_others_do_changes_no_answer_of_a_tenant() {
    let (one, other) = (shared_lake("boltzmann", 777.125, 5).await, shared_lake("zuluwind", 888.25, 40).await);
    let bounds = Bounds { threads: 1, ..Bounds::USUAL };
    let asks = |principal: Principal| Opening { bounds, ..opening(principal) };
    let own = Session::open(&one, asks(Principal::Tenant(ASKS.to_owned()))).await.unwrap();
    let same = Session::open(&other, asks(Principal::Tenant(ASKS.to_owned()))).await.unwrap();
    let operator = Session::open(&one, asks(Principal::Operator)).await.unwrap();
    let mut chance = Chance(0x7469_6465);
    let (mut answered, mut shown_to_operators) = (0, 0);
    for number in 0..QUESTIONS {
        let sql = question(&mut chance);
        let answer = said(&own, &sql).await;
        for word in ["boltz", "777.125", "p00000-", "day=2026", "_manifests"] {
            assert!(sql.contains(word) || !answer.contains(word), "{sql}\n{answer}");
        }
        // The time that something took is not the same twice.
        if !sql.starts_with("EXPLAIN ANALYZE") {
            assert_eq!(answer, said(&same, &sql).await, "{sql}");
        }
        answered += usize::from(answer.contains(ASKS));
        if number % 10 == 0 {
            shown_to_operators += usize::from(said(&operator, &sql).await.contains("boltz"));
        }
    }
    assert!(answered > QUESTIONS / 10, "only {answered} answers had something of the tenant");
    assert!(shown_to_operators > QUESTIONS / 200, "operators saw only {shown_to_operators} foreign answers");
}
