use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::row::{Row, to_batch};
use crate::samples::{charge, finding, incident};

fn batch(table: Table, records: &[Value]) -> RecordBatch {
    let read = |(offset, record): (i64, &Value)| Row::read(table, offset, Bytes::from(record.to_string())).unwrap();
    let rows: Vec<Row> = (0..).zip(records).map(read).collect();
    to_batch(table, 0, &rows.iter().collect::<Vec<_>>()).unwrap()
}

fn text(batch: &RecordBatch, name: &str, row: usize) -> Option<String> {
    let column = batch.column_by_name(name).unwrap();
    column.is_valid(row).then(|| column.as_string::<i32>().value(row).to_owned())
}

fn names(batch: &RecordBatch, name: &str, row: usize) -> Vec<String> {
    let list = batch.column_by_name(name).unwrap().as_list::<i32>().value(row);
    list.as_string::<i32>().iter().flatten().map(str::to_owned).collect()
}

#[test]
fn an_incident_of_several_tenants_stays_for_the_others() {
    let records = [incident(1, &["delta"]), incident(2, &["acme", "delta"]), incident(3, &["acme"])];
    let (kept, changed) =
        without(Table::IncidentEvents, "delta", &batch(Table::IncidentEvents, &records)).unwrap().unwrap();
    assert_eq!((kept.num_rows(), changed), (2, 1));
    assert_eq!(names(&kept, "tenants", 0), ["acme"]);
    assert_eq!(names(&kept, "victims", 0), ["acme"]);
    assert_eq!((text(&kept, "summary", 0), text(&kept, "evidence", 0)), (None, None));
    assert_eq!(text(&kept, "severity", 0).as_deref(), Some("error"));
    assert_eq!(text(&kept, "summary", 1).as_deref(), Some("acme slow"));
}

#[test]
fn whoever_is_only_named_is_no_longer_named() {
    let mut named = finding("_shared", 1);
    named["contention"] =
        json!({"guilt": "culprits", "culprits": ["delta"], "victims": ["acme", "delta"], "mechanism": "cpu"});
    named["summary"] = "delta takes it all".into();
    let mut in_text = finding("acme", 2);
    in_text["resource"] = "db-of-delta".into();
    in_text["summary"] = "deltas are not meant".into();
    let table = Table::Findings;
    let (kept, changed) =
        without(table, "delta", &batch(table, &[named, in_text, finding("acme", 3)])).unwrap().unwrap();
    assert_eq!((kept.num_rows(), changed), (3, 2));
    assert!(names(&kept, "culprits", 0).is_empty());
    assert_eq!((names(&kept, "victims", 0), text(&kept, "summary", 0)), (vec!["acme".to_owned()], None));
    assert_eq!(text(&kept, "resource", 1), None);
    assert_eq!(text(&kept, "summary", 1).as_deref(), Some("deltas are not meant"));
    assert_eq!(text(&kept, "resource", 2).as_deref(), Some("pg-1"));

    let mut at_risk = charge("acme", "1");
    at_risk["x_Culprit"] = "delta".into();
    let table = Table::CostSignals;
    let (kept, changed) = without(table, "delta", &batch(table, &[at_risk, charge("delta", "2")])).unwrap().unwrap();
    assert_eq!((kept.num_rows(), changed), (1, 1));
    assert_eq!((text(&kept, "x_culprit", 0), text(&kept, "charge_description", 0)), (None, None));
}

#[test]
fn what_names_nobody_is_left_alone() {
    let rows = batch(Table::Findings, &[finding("acme", 1), finding("bolt", 2)]);
    assert_eq!(without(Table::Findings, "delta", &rows).unwrap(), None);
}

#[test]
fn a_name_is_a_word_of_its_own() {
    let cases = [
        ("delta is slow", true),
        ("of (delta)", true),
        ("db-delta", true),
        ("deltas", false),
        ("adelta", false),
        ("", false),
    ];
    for (text, expected) in cases {
        assert_eq!(mentions(text, "delta"), expected, "{text}");
    }
}
