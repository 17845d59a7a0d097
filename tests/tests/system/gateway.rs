//! PostgreSQL's protocol as clients speak it that mean no good: nobody asks without a password, nothing that is sent ends
//! the gateway, and nothing that a tenant asks, in either form of the protocol, shows a word of others.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tidewatch_lake::query::Bounds;
use tidewatch_tests::gateway::{Gateway, OPERATOR, TENANT};
use tokio_postgres::SimpleQueryMessage;

/// Questions of a tenant; each is asked in both forms of the protocol.
const QUESTIONS: usize = 2_500;
const BOUNDS: Bounds = Bounds { memory: 1 << 28, time: Duration::from_secs(20), rows: 20_000, threads: 1 };
const PATIENCE: Duration = Duration::from_secs(20);

const TABLES: [&str; 15] = [
    "findings",
    "incident_events",
    "cost_signals",
    "rejects",
    "windows",
    "incidents",
    "tenants",
    "noisy_neighbours",
    "month_end",
    "resilience",
    "cost_by_tenant",
    "coverage",
    "pg_catalog.pg_class",
    "pg_catalog.pg_attribute",
    "information_schema.columns",
];
const COLUMNS: [&str; 12] = [
    "tenant",
    "summary",
    "culprits",
    "victims",
    "tenants",
    "resource",
    "evidence",
    "effective_cost",
    "signal",
    "relname",
    "sub_account_id",
    "*",
];
const LOOKING_AROUND: [&str; 12] = [
    "SELECT * FROM pg_catalog.pg_roles",
    "SELECT * FROM pg_catalog.pg_database",
    "SELECT * FROM pg_catalog.pg_settings",
    "SELECT * FROM pg_catalog.pg_stat_activity",
    "SELECT current_user, session_user, current_database(), version()",
    "SELECT pg_get_userbyid(10), pg_total_relation_size('findings')",
    "SHOW search_path",
    "SHOW ALL",
    "SELECT * FROM information_schema.df_settings",
    "SELECT current_setting('lake.url')",
    "DESCRIBE findings",
    "SHOW TABLES",
];

fn question() -> impl Strategy<Value = String> {
    // Most ask for everything, since few tables have any one column.
    let column = prop_oneof![3 => Just("*"), 1 => select(&COLUMNS[..])];
    let table = select(&TABLES[..]);
    let condition = select(vec![
        "true",
        "true",
        "true",
        "true",
        "tenant = tenant",
        "array_has(tenants, tenant) OR true",
        "1 / (score - 1) > 0",
    ]);
    let selection =
        (table.clone(), column, condition, table, select(vec![0_u8, 0, 0, 0, 1, 2, 2, 3, 3, 3, 4, 5, 6, 7, 8, 8]))
            .prop_map(|(table, column, condition, other, form)| match form {
                0 => format!("SELECT {column} FROM {table} WHERE {condition}"),
                1 => format!("SELECT count(*), min({column}), max({column}) FROM {table} WHERE {condition}"),
                2 => format!("SELECT {column} FROM {table} UNION ALL SELECT {column} FROM {other}"),
                3 => format!("WITH a AS (SELECT * FROM {table}) SELECT {column} FROM a WHERE {condition}"),
                4 => format!("SELECT array_agg({column}) FROM {table}"),
                5 => format!("SELECT CAST({column} AS bigint) FROM {table}"),
                6 => format!(
                    "SELECT *, rank() OVER (PARTITION BY tenant ORDER BY tenant) FROM {table} WHERE {condition}"
                ),
                7 => format!("SELECT {column} FROM (SELECT * FROM {table}) a WHERE EXISTS (SELECT 1 FROM {other})"),
                _ => format!("SELECT a.{column} FROM {table} a CROSS JOIN {other} b WHERE {condition} LIMIT 100"),
            });
    let around = select(&LOOKING_AROUND[..]).prop_map(str::to_owned);
    prop_oneof![
        6 => selection.clone(),
        1 => selection.clone().prop_map(|sql| format!("EXPLAIN VERBOSE {sql}")),
        1 => selection.clone().prop_map(|sql| format!("EXPLAIN ANALYZE {sql}")),
        1 => selection.clone().prop_map(|sql| format!("CREATE VIEW v AS {sql}")),
        1 => selection.prop_map(|sql| format!("COPY ({sql}) TO '/tmp/a.csv'")),
        1 => around,
    ]
}

fn words(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), |error| format!("{} {}", error.code().code(), error.message()))
}

/// The answer in text, with everything that the client was told.
async fn in_text(client: &tokio_postgres::Client, sql: &str) -> String {
    match client.simple_query(sql).await {
        Err(error) => words(&error),
        Ok(messages) => {
            let mut said = String::new();
            for message in messages {
                if let SimpleQueryMessage::Row(row) = message {
                    let cells = (0..row.len()).map(|at| row.get(at).unwrap_or("null"));
                    said += &cells.collect::<Vec<_>>().join("|");
                    said.push('\n');
                }
            }
            said
        }
    }
}

/// The answer as a prepared question gives it, in binary, with the names of its columns.
async fn in_binary(client: &tokio_postgres::Client, sql: &str) -> String {
    let asked = async {
        let statement = client.prepare(sql).await?;
        let columns: Vec<String> = statement.columns().iter().map(|column| column.name().to_owned()).collect();
        let rows = client.query(&statement, &[]).await?;
        let shown = rows.iter().map(|row| format!("{:?}", row_bytes(row))).collect::<Vec<_>>();
        Ok::<_, tokio_postgres::Error>(columns.join("|") + &shown.concat())
    };
    asked.await.unwrap_or_else(|error| words(&error))
}

/// The cells of a row as bytes that a reader sees text in.
fn row_bytes(row: &tokio_postgres::Row) -> Vec<String> {
    struct Raw(String);
    impl<'a> tokio_postgres::types::FromSql<'a> for Raw {
        fn from_sql(
            _: &tokio_postgres::types::Type,
            raw: &'a [u8],
        ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
            Ok(Self(String::from_utf8_lossy(raw).into_owned()))
        }

        fn accepts(_: &tokio_postgres::types::Type) -> bool {
            true
        }
    }
    (0..row.len()).map(|at| row.get::<_, Option<Raw>>(at).map_or_else(String::new, |raw| raw.0)).collect()
}

#[test]
fn no_question_shows_a_tenant_a_word_of_others() {
    let gateway = Gateway::start(BOUNDS);
    gateway.runtime.block_on(async {
        let (tenant, operator) = (gateway.connect(TENANT).await, gateway.connect(OPERATOR).await);
        let named = in_text(&operator, "SELECT DISTINCT tenant FROM findings").await;
        let others: BTreeSet<&str> =
            named.lines().filter(|name| *name != TENANT && !name.starts_with('_') && !name.is_empty()).collect();
        assert!(others.len() > 1, "the recording has several tenants: {named}");
        let mut runner = TestRunner::deterministic();
        let (mut own, mut foreign) = (0, 0);
        for _ in 0..QUESTIONS {
            let sql = question().new_tree(&mut runner).expect("a question").current();
            for said in [in_text(&tenant, &sql).await, in_binary(&tenant, &sql).await] {
                own += usize::from(said.contains(TENANT));
                // What settings are for names an encoding of Parquet that is called like a tenant.
                let is_about_settings = sql.contains("df_settings") || sql == "SHOW ALL";
                for word in others.iter().chain(&["p00000-", "day=20", "_manifests", "recorded/"]) {
                    let is_encoding = is_about_settings && *word == "delta";
                    assert!(is_encoding || !said.contains(word), "{word} in the answer to {sql}\n{said}");
                }
            }
            let said = in_text(&operator, &sql).await;
            foreign += usize::from(others.iter().any(|word| said.contains(word)));
        }
        assert!(own > QUESTIONS / 10, "only {own} answers had something of the tenant");
        assert!(foreign > QUESTIONS / 10, "operators saw only {foreign} answers with something of others");
    });
}

/// A message of PostgreSQL's protocol; the first one has no letter.
fn message(letter: Option<u8>, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 4).expect("a short message");
    letter.into_iter().chain(length.to_be_bytes()).chain(content.iter().copied()).collect()
}

fn startup(name: &str) -> Vec<u8> {
    let mut content = 0x0003_0000_u32.to_be_bytes().to_vec();
    content.extend_from_slice(format!("user\0{name}\0database\0tidewatch\0\0").as_bytes());
    message(None, &content)
}

/// Everything that comes back until the gateway hangs up, or has nothing more to say.
fn answer(gateway: &Gateway, sent: &[u8]) -> String {
    let mut socket = TcpStream::connect(gateway.address).expect("it listens");
    socket.set_read_timeout(Some(Duration::from_secs(3))).expect("a timeout");
    let _ = socket.write_all(sent);
    let mut said = Vec::new();
    let _ = socket.read_to_end(&mut said);
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn nobody_asks_without_a_password() {
    let gateway = Gateway::start(BOUNDS);
    let ask = message(Some(b'Q'), b"SELECT tenant, 4711 FROM findings\0");
    let password = |text: &[u8]| message(Some(b'p'), text);
    let (parse, bind) = (message(Some(b'P'), b"\0SELECT 4711\0\0\0"), message(Some(b'B'), b"\0\0\0\0\0\0\0\0"));
    let (execute, sync) = (message(Some(b'E'), b"\0\0\0\0\0"), message(Some(b'S'), b""));
    let prepared = [parse, bind, execute, sync].concat();
    for sent in [
        ask.clone(),
        [startup(OPERATOR), ask.clone()].concat(),
        [startup(OPERATOR), prepared.clone(), ask.clone()].concat(),
        [startup(OPERATOR), password(b"sesame\0"), ask.clone()].concat(),
        [startup(OPERATOR), password(b"SCRAM-SHA-256\0\xff\xff\xff\xff"), ask.clone()].concat(),
        [startup(OPERATOR), password(b"SCRAM-SHA-256\0\0\0\0\x04n,,n"), ask.clone(), prepared].concat(),
        [startup("nobody"), password(b"MD5\0"), ask].concat(),
    ] {
        let said = answer(&gateway, &sent);
        assert!(!said.contains("4711") && !said.contains(TENANT), "{sent:?}\n{said}");
    }
}

#[test]
fn nothing_that_is_sent_ends_the_gateway() {
    let gateway = Gateway::start(BOUNDS);
    let mut runner = TestRunner::deterministic();
    let noise = proptest::collection::vec(any::<u8>(), 0..200);
    std::thread::scope(|scope| {
        for round in 0..24 {
            let bytes = noise.new_tree(&mut runner).expect("bytes").current();
            let sent = if round % 2 == 0 { bytes } else { [startup(OPERATOR), message(Some(b'p'), &bytes)].concat() };
            let gateway = &gateway;
            scope.spawn(move || answer(gateway, &sent));
        }
    });
    let said = gateway.runtime.block_on(async {
        let client = tokio::time::timeout(PATIENCE, gateway.connect(OPERATOR)).await.expect("it lets clients in");
        in_text(&client, "SELECT 42").await
    });
    assert_eq!(said, "42\n");
}
