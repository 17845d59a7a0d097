use super::*;

#[test]
fn records_a_line_a_list_and_a_report_are_read_alike() {
    let records = [opened(1, &["acme"]), opened(2, &["北京支店"])];
    let json = |incident: &Incident| serde_json::to_string(incident).unwrap();
    let lines = format!("{}\n\n{}\n", json(&records[0]), json(&records[1]));
    let list = serde_json::to_string_pretty(&records).unwrap();
    let report = format!("{{\"labelled\":9,\"incidents\":{list}}}");
    for text in [lines, list, report] {
        assert_eq!(read(&text), (records.to_vec(), Vec::new()), "{text}");
    }
    assert_eq!(read(&json(&records[0])).0, [records[0].clone()]);
    assert_eq!(read(" \n"), (Vec::new(), Vec::new()));
}

#[test]
fn what_was_told_of_one_incident_is_read_again() {
    let history = [opened(1, &["acme"]), resolved(&opened(1, &["acme"]), 5)];
    let told = serde_json::to_string_pretty(&Told::of(&history).unwrap()).unwrap();
    assert_eq!(read(&told).0, [history[1].clone()]);
}

#[test]
fn a_line_that_cannot_be_read_is_named_and_the_rest_is_read() {
    let record = serde_json::to_string(&opened(1, &["acme"])).unwrap();
    let cut = &record[..40];
    let (found, wrong) = read(&format!("{record}\n{cut}\n{{\"state\":\"open\"}}\n{record}\n"));
    assert_eq!(found.len(), 2);
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].starts_with("line 2: EOF") && wrong[1].starts_with("line 3: missing field"), "{wrong:?}");
}

#[test]
fn a_field_that_is_not_known_is_no_mistake() {
    let mut record = serde_json::to_value(opened(1, &["acme"])).unwrap();
    record["from_the_future"] = serde_json::json!({"a": 1});
    assert_eq!(read(&record.to_string()).0.len(), 1);
}
