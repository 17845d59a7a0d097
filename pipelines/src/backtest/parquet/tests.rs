use super::*;

fn texts(values: &[&str]) -> Cells {
    Cells::Texts(values.iter().map(|value| Some((*value).to_owned())).collect())
}

fn numbers(values: &[f64]) -> Cells {
    Cells::Numbers(values.iter().map(|value| Some(*value)).collect())
}

fn content(columns: Vec<(&str, Cells)>) -> Content {
    let columns = columns.into_iter().map(|(name, cells)| Column { name: name.to_owned(), cells }).collect();
    Content { columns, time: 0 }
}

fn table(content: &Content, refused: &mut Refusals) -> Result<Table, String> {
    content.table(Path::new("web.parquet"), "web".to_owned(), refused).map_err(|error| error.to_string())
}

#[test]
fn numbers_are_series_and_a_row_without_a_time_is_refused() {
    let at = Timestamp(1_396_310_400_000);
    let wide = content(vec![
        ("when", Cells::Times(vec![Some(at + 300_000), None, Some(at)])),
        ("cpu", Cells::Numbers(vec![Some(1.0), Some(2.0), None])),
        ("host", texts(&["a", "b", "c"])),
        ("Label", numbers(&[1.0, 0.0, 0.0])),
        ("disk", numbers(&[4.0, 5.0, 6.0])),
    ]);
    assert!(!wide.names_series());
    let mut refused = Refusals::default();
    let table = table(&wide, &mut refused).unwrap();
    assert_eq!(table.columns, [("cpu".to_owned(), 0), ("disk".to_owned(), 1)]);
    let rows: Vec<_> = table
        .rows
        .iter()
        .map(|row| (row.at, row.line, row.is_wrong, table.value(row, 0), table.value(row, 1)))
        .collect();
    assert_eq!(rows, [(at, 3, false, None, Some(6.0)), (at + 300_000, 1, true, Some(1.0), Some(4.0))]);
    assert_eq!((refused.total, refused.listed[0].place.as_str()), (1, "web.parquet:2"));
}

#[test]
fn seconds_from_zero_are_put_on_the_calendar_and_value_is_the_only_series() {
    let counted =
        content(vec![("ts", numbers(&[0.0, 300.0])), ("a", numbers(&[1.0, 2.0])), ("value", numbers(&[3.0, 4.0]))]);
    let table = table(&counted, &mut Refusals::default()).unwrap();
    assert_eq!((table.rows[1].at, table.shift_ms), (BEGINNING + 300_000, BEGINNING.0));
    assert_eq!(table.columns, [("value".to_owned(), 0)]);
    assert_eq!(table.value(&table.rows[0], 0), Some(3.0));
}

#[test]
fn what_cannot_be_judged_says_why() {
    for (case, columns, expected) in [
        ("words", vec![("ts", numbers(&[0.0])), ("a", texts(&["x"]))], "web.parquet: no column holds numbers"),
        (
            "no times",
            vec![("ts", Cells::Times(vec![None])), ("a", numbers(&[1.0]))],
            "web.parquet: there are no rows with a time",
        ),
    ] {
        assert_eq!(table(&content(columns), &mut Refusals::default()), Err(expected.to_owned()), "{case}");
    }
}

#[test]
fn rows_that_name_their_series_are_json_lines() {
    let long = content(vec![
        ("timestamp", texts(&["2014-04-01T00:05:00Z", "2014-04-01T00:00:00Z"])),
        ("signal", texts(&["cpu", "disk"])),
        ("tenant", texts(&["acme", "borealis"])),
        ("unit", texts(&["1", "By"])),
        ("mode", texts(&["user", "write"])),
        ("value", numbers(&[0.5, 7.0])),
    ]);
    assert!(long.names_series());
    let mut feed = Feed { pool: "eu".to_owned(), ..Feed::default() };
    long.lines((Path::new("long.parquet"), "long"), &mut feed, &mut Refusals::default());
    let lines: Vec<Json> = feed.records.iter().map(|record| serde_json::from_slice(&record.value).unwrap()).collect();
    assert_eq!(
        lines,
        [
            serde_json::json!({"ts": 1_396_310_400_000_i64, "pool": "eu", "tenant": "borealis", "name": "disk", "unit": "By",
                "kind": "gauge", "value": 7.0, "attributes": {"mode": "write"}}),
            serde_json::json!({"ts": 1_396_310_700_000_i64, "pool": "eu", "tenant": "acme", "name": "cpu", "unit": "1",
                "kind": "gauge", "value": 0.5, "attributes": {"mode": "user"}}),
        ]
    );
}
