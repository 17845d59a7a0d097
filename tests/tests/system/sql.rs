//! Views and functions of `tidewatch sql`, as files of questions and answers in `tests/sql`.
//!
//! A file has blocks with an empty line between them: `query` or `error`, then the question, then `----` and the rows of the
//! answer as CSV, or a part of the error. `as NAME` asks on as that tenant.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::memory::InMemory;
use serde_json::Value;
use tidewatch_detectors::calendar::Calendars;
use tidewatch_lake::query::{Bounds, Format, Opening, Principal, Session};
use tidewatch_lake::{Limits, Partition, Place, Record, Store, Table, Taken};
use tidewatch_pipelines::lake::KnownCalendars;
use tokio::runtime::Runtime;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sql")
}

/// The records of `records.jsonl` as a lake, two rows a file.
async fn lake() -> Store {
    let store = Store::new(Arc::new(InMemory::new()), "memory".to_owned());
    let text = fs::read_to_string(folder().join("records.jsonl")).expect("the records are there");
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for table in Table::ALL {
        let place = Place { table, number: 0, source: format!("cluster/{table}") };
        let limits = Limits { rows: 2, bytes: 1 << 20 };
        let mut partition = Partition::resume(place, limits, None, 0).expect("an empty lake");
        let of_table: Vec<&Value> = records.iter().filter(|record| record["table"] == table.name()).collect();
        assert!(!of_table.is_empty(), "{table} has no records");
        for (at, record) in of_table.iter().enumerate() {
            let offset = i64::try_from(at).expect("few");
            let taken = partition.take(Record { offset, numbered: None, bytes: record.to_string().into() });
            assert_eq!(taken, Taken::Kept, "{record}");
            if partition.is_full() || at + 1 == of_table.len() {
                let sealed = partition.seal().expect("rows fit").expect("rows wait");
                store.publish(&sealed).await.expect("memory does not fail");
                partition.published();
            }
        }
    }
    store
}

async fn session(store: &Store, tenant: Option<&str>) -> Session {
    let principal = tenant.map_or(Principal::Operator, |name| Principal::Tenant(name.to_owned()));
    let calendars = KnownCalendars::new(Calendars::default(), tenant.map(str::to_owned));
    let opening = Opening { principal, bounds: Bounds::USUAL, until: None, calendars: Arc::new(calendars) };
    Session::open(store, opening).await.unwrap_or_else(|error| panic!("{error}"))
}

/// The answer as CSV without its header.
async fn rows(session: &Session, sql: &str) -> Result<String, String> {
    let answer = session.ask(sql).await.map_err(|error| error.to_string())?;
    let text = String::from_utf8(answer.written(Format::Csv).expect("it has a CSV")).expect("text");
    Ok(text.split_once('\n').map_or("", |(_, rows)| rows).trim_end_matches('\n').to_owned())
}

/// What is wrong in a file, and how many blocks it has.
async fn verify(store: &Store, text: &str) -> (Vec<String>, usize) {
    let (mut session_now, mut wrong, mut count) = (session(store, None).await, Vec::new(), 0);
    for block in text.split("\n\n") {
        let lines: Vec<&str> = block.lines().filter(|line| !line.starts_with('#')).collect();
        let Some((kind, rest)) = lines.split_first() else { continue };
        if let Some(tenant) = kind.strip_prefix("as ") {
            session_now = session(store, Some(tenant)).await;
            continue;
        }
        let text = rest.join("\n");
        let Some((sql, expected)) = text.split_once("\n----") else { panic!("a block without ----:\n{block}") };
        let expected = expected.trim_matches('\n');
        count += 1;
        let answer = rows(&session_now, sql).await;
        let is_right = match (*kind, &answer) {
            ("query", Ok(rows)) => rows == expected,
            ("error", Err(error)) => error.contains(expected),
            _ => false,
        };
        if !is_right {
            wrong.push(format!("{sql}\nexpected {kind}: {expected}\nbut: {answer:?}"));
        }
    }
    (wrong, count)
}

#[test]
fn every_view_and_function_answers_as_its_file_says() {
    let runtime = Runtime::new().expect("a runtime");
    let store = runtime.block_on(lake());
    let mut blocks = 0;
    for name in ["views.slt", "functions.slt"] {
        let text = fs::read_to_string(folder().join(name)).expect("the file is there");
        let (wrong, count) = runtime.block_on(verify(&store, &text));
        assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n\n"));
        blocks += count;
    }
    assert!(blocks >= 30, "only {blocks} questions were asked");
}

#[test]
fn a_wrong_file_is_noticed() {
    let runtime = Runtime::new().expect("a runtime");
    let store = runtime.block_on(lake());
    let wrong = ["query\nSELECT 1\n----\n2", "error\nSELECT 1\n----\nnever", "query\nSELECT nothing\n----\n1"];
    for text in wrong {
        assert_eq!(runtime.block_on(verify(&store, text)).0.len(), 1, "{text}");
    }
}
