use arrow::array::Float64Array;
use arrow::datatypes::Float64Type;
use bytes::Bytes;
use serde_json::Value;

use super::*;
use crate::query::tests::contention;
use crate::row::{Row, to_batch};
use crate::samples::{charge, finding, incident};

fn batch(table: Table, records: &[Value]) -> RecordBatch {
    let read = |(offset, record): (i64, &Value)| Row::read(table, offset, Bytes::from(record.to_string())).unwrap();
    let rows: Vec<Row> = (0..).zip(records).map(read).collect();
    to_batch(table, 0, &rows.iter().collect::<Vec<_>>()).unwrap()
}

fn texts(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
    batch.column_by_name(name).unwrap().as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| Some((*text).to_owned())).collect()
}

#[test]
fn rows_of_others_are_not_there() {
    let findings = batch(Table::Findings, &[finding("acme", 0), finding("bolt", 1), finding("_shared", 2)]);
    assert_eq!(texts(&rows(Table::Findings, "acme", &findings).unwrap(), "tenant"), some(&["acme"]));
    let charges = batch(Table::CostSignals, &[charge("bolt", "1.0"), charge("__idle__", "2.0")]);
    assert_eq!(rows(Table::CostSignals, "acme", &charges).unwrap().num_rows(), 0);
    let incidents = batch(Table::IncidentEvents, &[incident(1, &["bolt"]), incident(1, &["acme"])]);
    assert_eq!(texts(&rows(Table::IncidentEvents, "acme", &incidents).unwrap(), "summary"), some(&["acme slow"]));
}

#[test]
fn an_incident_of_several_says_nothing_of_the_others() {
    let mut shared = incident(1, &["acme", "bolt"]);
    shared["culprits"] = serde_json::json!(["bolt"]);
    let mut hurt = incident(2, &["acme"]);
    hurt["culprits"] = serde_json::json!(["bolt"]);
    let own = rows(Table::IncidentEvents, "acme", &batch(Table::IncidentEvents, &[shared, hurt])).unwrap();
    assert_eq!(own.num_rows(), 2);
    for name in ["summary", "signal", "evidence", "unit", "season"] {
        assert_eq!(texts(&own, name), [None, None], "{name}");
    }
    for name in ["expected", "actual", "confidence"] {
        let numbers: &Float64Array = own.column_by_name(name).unwrap().as_primitive::<Float64Type>();
        assert_eq!(numbers.iter().collect::<Vec<_>>(), [None, None], "{name}");
    }
    let names = |name: &str, row: usize| {
        let list = own.column_by_name(name).unwrap().as_list::<i32>().value(row);
        list.as_string::<i32>().iter().flatten().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names("tenants", 0), ["acme"]);
    assert!(names("culprits", 0).is_empty() && names("culprits", 1).is_empty());
    assert_eq!(texts(&own, "severity"), some(&["error", "error"]));
}

#[test]
fn a_finding_of_contention_does_not_name_the_neighbour() {
    let findings = batch(Table::Findings, &[contention("bolt", "acme", 0), finding("acme", 1)]);
    let own = rows(Table::Findings, "acme", &findings).unwrap();
    assert_eq!(texts(&own, "summary"), [None, Some("acme is slow".to_owned())]);
    for name in ["guilt", "mechanism", "advice"] {
        assert_eq!(texts(&own, name), [None, None], "{name}");
    }
    assert!(own.column_by_name("culprits").unwrap().is_null(0));
    let debug = format!("{own:?}");
    assert!(!debug.contains("bolt"), "{debug}");
}

/// Whoever adds a column decides whose it is: those that are not hidden are counted here.
#[test]
fn every_column_is_either_hidden_or_known_to_be_the_tenants_own() {
    let open = |table: Table, hidden: &[&str]| {
        table
            .all_columns()
            .filter(|column| !hidden.contains(&column.name))
            .map(|column| column.name)
            .collect::<Vec<_>>()
    };
    let hidden = [&SHARED_INCIDENT[..], &OTHERS, &NAMES].concat();
    assert_eq!(
        open(Table::IncidentEvents, &hidden),
        [
            "incident_id",
            "revision",
            "state",
            "kind",
            "severity",
            "pool",
            "started_at",
            "opened_at",
            "updated_at",
            "resolved_at",
            "runbook",
            "record_partition",
            "record_offset",
        ]
    );
    assert_eq!(open(Table::Findings, &CONTENTION).len(), 28);
}
