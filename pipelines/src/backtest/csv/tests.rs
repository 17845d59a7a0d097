use super::*;

fn try_text(name: &str, text: &str) -> (Result<Table, BacktestError>, Refusals) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let mut refused = Refusals::default();
    (read(&path, "cpu".to_owned(), &mut refused), refused)
}

fn read_text(text: &str) -> (Table, Refusals) {
    let (table, refused) = try_text("cpu.csv", text);
    (table.unwrap(), refused)
}

/// Seconds, the values of every series, and the label of each row.
fn rows(table: &Table) -> Vec<(i64, Vec<Option<f64>>, bool)> {
    let values = |row| table.columns.iter().map(|(_, place)| table.value(row, *place)).collect();
    table.rows.iter().map(|row| (row.at.0 / 1_000, values(row), row.is_wrong)).collect()
}

fn names(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_header_names_columns_and_its_absence_means_the_first_two() {
    let expected = vec![(1_396_310_400, vec![Some(1.5)], false), (1_396_310_700, vec![Some(2.0)], false)];
    for (case, text) in [
        ("names", "timestamp,value\n2014-04-01 00:00:00,1.5\n2014-04-01 00:05:00,2\n"),
        ("none", "2014-04-01T00:00:00Z,1.5\n2014-04-01T00:05:00Z,2\n"),
        ("T and no zone", "timestamp,value\n2014-04-01T00:00:00,1.5\n2014-04-01T00:05:00,2\n"),
        ("other order", "label,Value,time\n0,1.5,1396310400\n0,2,1396310700\n"),
        ("quotes, milliseconds, windows", "\"when\",\"v\"\r\n\"1396310400000\",\"1.5\"\r\n\"1396310700000\",2\r\n"),
        ("out of order", "2014-04-01 00:05:00,2\n2014-04-01 00:00:00,1.5\n"),
        ("value among others", "timestamp,other,value,split\n1396310400,9,1.5,train\n1396310700,9,2,test\n"),
    ] {
        let (table, refused) = read_text(text);
        assert_eq!(rows(&table), expected, "{case}");
        assert_eq!(refused.total, 0, "{case}");
    }
}

#[test]
fn every_column_of_numbers_is_a_series_and_labels_are_the_truth() {
    let text = "timestamp,c0,host,c1,empty,is_anomaly,split\n\
                0,1,a,,,0,train\n300,2,b,5,,1,train\n600,,c,6.5,,True,test\n";
    let (table, refused) = read_text(text);
    assert_eq!((names(&table), refused.total, table.is_labelled), (vec!["c0", "c1"], 0, true));
    let start = 978_307_200;
    assert_eq!(
        rows(&table),
        [
            (start, vec![Some(1.0), None], false),
            (start + 300, vec![Some(2.0), Some(5.0)], true),
            (start + 600, vec![None, Some(6.5)], true),
        ]
    );
}

#[test]
fn seconds_from_zero_begin_on_a_monday_and_other_times_stay() {
    assert_eq!(BEGINNING.to_string(), "2001-01-01T00:00:00.000Z");
    let shifted = |text| read_text(text).0.rows[0].at;
    assert_eq!(shifted("0,1\n300,2\n"), BEGINNING);
    assert_eq!(shifted("timestamp,value\n600,1\n900,2\n"), BEGINNING + 600_000);
    assert_eq!(shifted("1990-01-01 00:00:00,1\n1990-01-01 00:05:00,2\n").to_string(), "1990-01-01T00:00:00.000Z");
    assert_eq!(shifted("0,1\n1396310400,2\n"), Timestamp(0), "a clock that was set later");
}

#[test]
fn bad_lines_are_listed_by_line_and_the_rest_goes_on() {
    let text = "timestamp,value,label\n1396310400,1,0\nsoon,2,0\n1396310700\n1396311000,x,0\n1396311300,NaN,0\n\
                1396311600,3,perhaps\n1396311900,4,1\n";
    let (table, refused) = read_text(text);
    assert_eq!(rows(&table), [(1_396_310_400, vec![Some(1.0)], false), (1_396_311_900, vec![Some(4.0)], true)]);
    let told: Vec<_> = refused
        .listed
        .iter()
        .map(|bad| (bad.place.rsplit_once(':').unwrap().1, bad.reason, bad.detail.as_str()))
        .collect();
    let no_time = "\"soon\" is no time; write RFC 3339, YYYY-MM-DD HH:MM:SS, or seconds since 1970";
    assert_eq!(
        told,
        [
            ("3", RejectReason::Malformed, no_time),
            ("4", RejectReason::MissingValue, "the line has no value"),
            ("5", RejectReason::Malformed, "value \"x\" is no number"),
            ("6", RejectReason::NotFinite, "value is NaN"),
            ("7", RejectReason::Malformed, "\"perhaps\" is no label; write 1 or 0"),
        ]
    );
}

#[test]
fn a_bad_value_among_several_leaves_the_others_of_its_row() {
    let (table, refused) = read_text("timestamp,a,b\n0,1,2\n60,inf,3\n120,x,4\n");
    let values: Vec<_> = rows(&table).into_iter().map(|(_, values, _)| values).collect();
    assert_eq!(values, [vec![Some(1.0), Some(2.0)], vec![None, Some(3.0)], vec![None, Some(4.0)]]);
    let told: Vec<_> = refused.listed.iter().map(|bad| bad.detail.as_str()).collect();
    assert_eq!(told, ["a is inf", "a \"x\" is no number"]);
}

#[test]
fn a_file_of_which_nothing_can_be_judged_is_an_error_that_says_why() {
    for (case, text, expected) in [
        ("empty", "", "the file is empty"),
        ("blank", "\n \n", "the file is empty"),
        ("names only", "timestamp,value\n", "there are no rows under the names of the columns"),
        ("no numbers", "timestamp,a,b\n0,x,\n60,y,\n", "no column holds numbers; columns are timestamp, a, b"),
        ("only a label", "timestamp,label\n0,0\n60,1\n", "no column holds numbers; columns are timestamp, label"),
        ("nothing finite", "0,NaN\n60,NaN\n", "no line is a row; the last one: value is NaN"),
        (
            "no time",
            "host,value\na,1\nb,2\n",
            "no column is called timestamp, time, ts or date, and in the first one \"b\" is no time; \
             write RFC 3339, YYYY-MM-DD HH:MM:SS, or seconds since 1970",
        ),
    ] {
        let (table, _) = try_text("bad.csv", text);
        let error = table.unwrap_err().to_string();
        assert_eq!(error.split_once("bad.csv: ").map(|(_, problem)| problem), Some(expected), "{case}");
    }
}

#[test]
fn fields_are_handed_back_as_they_stand_in_the_file() {
    let text = "timestamp,value\n2014-02-14 14:30:00,0.1320\n\nsoon, 7\n";
    let mut fields = Fields::default();
    let found: Vec<_> = text.lines().filter_map(|line| fields.of(line, 0)).collect();
    assert_eq!(found, [("2014-02-14 14:30:00", "0.1320"), ("soon", "7")]);
}
