//! `tidewatch backtest` as its users run it: what it writes, what it says about bad input, and how it ends.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tidewatch_tests::program::Program;

/// Longest that any of these small inputs may take.
const LIMIT: Duration = Duration::from_mins(1);
const STEP_S: usize = 300;
const START_S: usize = 1_396_310_400;
/// Rows at which the series is far off.
const JUMP: std::ops::Range<usize> = 1_200..1_212;

/// What a call came to.
struct Ended {
    code: Option<i32>,
    output: String,
    errors: String,
}

/// A folder for inputs and results.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn backtest(&self, arguments: &[&str]) -> Ended {
        let said = self.path("said");
        let mut program = Program::start(&[&["backtest"], arguments].concat(), &said);
        let code = program.wait(LIMIT).code();
        let errors = fs::read_to_string(said.with_extension("err")).unwrap();
        Ended { code, output: program.output(), errors }
    }

    /// The report of a call that must work.
    fn report(&self, arguments: &[&str]) -> Value {
        let ended = self.backtest(&[arguments, &["--format", "json"]].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.errors);
        serde_json::from_str(&ended.output).unwrap()
    }
}

/// A level with a daily swing and a little noise, ten times as high during [`JUMP`].
fn level(row: usize) -> f64 {
    let noise = ((row * 7_919) % 101) as f64 / 50.0;
    let swing = (row as f64 * std::f64::consts::TAU / 288.0).sin();
    if JUMP.contains(&row) { 400.0 } else { 40.0 + 5.0 * swing + noise }
}

/// `timestamp,value` and, where asked for, `label`; a row each five minutes, written in full digits.
fn series(rows: usize, labelled: bool) -> String {
    let mut text = String::from(if labelled { "timestamp,value,label\n" } else { "timestamp,value\n" });
    for row in 0..rows {
        let end = if labelled { format!(",{}", u8::from(JUMP.contains(&row))) } else { String::new() };
        writeln!(text, "{},{:.6}{end}", START_S + row * STEP_S, level(row)).unwrap();
    }
    text
}

/// The cells of a result file, without its header.
fn cells(text: &str) -> Vec<Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

fn alarms(rows: &[Vec<&str>], column: usize) -> Vec<usize> {
    (0..rows.len()).filter(|row| rows[*row][column] == "1").collect()
}

#[test]
fn every_row_of_a_file_has_its_line_with_band_and_evidence() {
    let place = Place::new();
    let input = place.write("cpu.csv", &series(1_400, false));
    let ended = place.backtest(&["--input", &input, "--out", &place.shown("out")]);
    assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""));
    let (written, given) = (place.read("out/cpu.csv"), place.read("cpu.csv"));
    assert!(written.starts_with("timestamp,value,expected,lower,upper,score,threshold,alarm\n"), "{written:.80}");
    let (rows, inputs) = (cells(&written), cells(&given));
    assert_eq!(rows.len(), 1_400);
    for (row, input) in rows.iter().zip(&inputs) {
        assert_eq!((row.len(), &row[..2]), (8, &input[..]));
    }
    let alarms = alarms(&rows, 7);
    assert!(alarms.iter().any(|row| JUMP.contains(row)), "alarms in rows {alarms:?}");
    let number = |row: usize, column: usize| rows[row][column].parse::<f64>().unwrap();
    let usual = 1_100;
    assert!((number(usual, 3)..number(usual, 4)).contains(&number(usual, 1)), "{:?}", rows[usual]);
    assert!(number(alarms[0], 5) > number(alarms[0], 6), "{:?}", rows[alarms[0]]);
}

#[test]
fn a_file_of_several_columns_has_results_for_each_and_for_the_loudest() {
    let place = Place::new();
    let mut text = String::from("timestamp,calm,host,busy/1,label,split\n");
    for row in 0..1_400 {
        let noise = ((row * 31) % 17) as f64 / 10.0;
        let label = u8::from(JUMP.contains(&row));
        writeln!(text, "{},{:.1},web,{:.3},{label},train", row * STEP_S, 5.0 + noise, level(row)).unwrap();
    }
    let input = place.write("web.csv", &text);
    let report = place.report(&["--input", &input, "--out", &place.shown("out")]);
    let series: Vec<_> = report["series"].as_array().unwrap().iter().map(|of| of["signal"].as_str().unwrap()).collect();
    assert_eq!(series, ["busy/1", "calm"]);
    assert_eq!((&report["labelled"], &report["total"]["labelled"]), (&Value::from(1), &Value::from(1)));
    assert_eq!((&report["total"]["found"], &report["total"]["series"]), (&Value::from(1), &Value::from(2)));
    let (whole, busy) = (place.read("out/web.csv"), place.read("out/web/busy_1.csv"));
    assert!(whole.starts_with("timestamp,value,expected,lower,upper,score,threshold,alarm,signal\n"), "{whole:.90}");
    let (whole, busy, calm) = (cells(&whole), cells(&busy), place.read("out/web/calm.csv"));
    assert_eq!((whole.len(), busy.len(), cells(&calm).len()), (1_400, 1_400, 1_400));
    assert_eq!((whole[0][0], whole[1][0], busy[1][1]), ("0", "300", "40.929"));
    for row in alarms(&busy, 7) {
        assert_eq!((whole[row][7], whole[row][8]), ("1", "busy/1"), "row {row}");
    }
}

#[test]
fn a_corpus_gets_one_result_file_for_each_data_file() {
    let place = Place::new();
    let lines = series(1_400, false).replacen("1396311000,", "soon,", 1);
    place.write("corpus/data/some/cpu.csv", &lines);
    place.write("corpus/data/other/flat.csv", "timestamp,value\n2014-04-01 00:00:00,0.10\n2014-04-01 00:05:00,0.10\n");
    let windows = r#"{"some/cpu.csv": [["2014-04-05 03:00:00.000000", "2014-04-05 06:00:00.000000"]]}"#;
    place.write("corpus/labels/combined_windows.json", windows);
    let (corpus, out) = (place.shown("corpus"), place.shown("out"));
    let report = place.report(&["--nab", &corpus, "--out", &out]);
    let total = &report["total"];
    assert_eq!((total["labelled"].as_u64(), total["found"].as_u64()), (Some(1), Some(1)), "{total}");
    assert_eq!(report["refused"], 1);
    assert_eq!(
        place.read("out/other/tidewatch_flat.csv"),
        "timestamp,value,anomaly_score,label\n2014-04-01 00:00:00,0.10,0,0\n2014-04-01 00:05:00,0.10,0,0\n"
    );
    let text = place.read("out/some/tidewatch_cpu.csv");
    let rows = cells(&text);
    assert_eq!((rows.len(), &rows[2][..]), (1_400, &["soon", "41.858097", "0", "0"][..]));
    let score = |row: usize| rows[row][2].parse::<f64>().unwrap();
    assert!(JUMP.clone().any(|row| score(row) >= 0.5), "no alarm in the window");
    assert!((0..1_400).all(|row| (0.0..=1.0).contains(&score(row))));
    assert_eq!(rows.iter().filter(|row| row[3] == "1").count(), 37, "both ends of the window belong to it");
    let summary = place.backtest(&["--nab", &corpus, "--out", &out]).output;
    assert!(summary.contains("2 series: of 1 labelled events 1 found and 0 missed"), "{summary}");
}

#[test]
fn the_knob_is_a_flag_and_follows_the_rules_of_the_configuration() {
    let place = Place::new();
    let input = place.write("cpu.csv", &series(1_400, true));
    let thresholds = |knob: &str| {
        place.report(&["--input", &input, "--out", &place.shown(knob), "--false-alarms", knob]);
        let text = place.read(&format!("{knob}/cpu.csv"));
        cells(&text)[1_150][6].parse::<f64>().unwrap()
    };
    let (seldom, often) = (thresholds("0.1"), thresholds("10"));
    assert!(seldom > often, "{seldom} at 0.1 a month, {often} at 10");
    let ended = place.backtest(&["--input", &input, "--false-alarms", "lots"]);
    let said = "error: --false-alarms: detect.false_alarms: \"lots\" is not a number; write 0.01 to 1000\n";
    assert_eq!((ended.code, ended.errors.as_str()), (Some(1), said));
}

#[test]
fn what_cannot_be_judged_is_said_with_its_name() {
    let place = Place::new();
    let good = place.write("good.csv", "timestamp,value\n0,1\n300,2\n");
    let stranger = r#"{"labels":[{"start":1,"end":2,"kind":"k","culprit":"acme","resource":"r","anomalous":true}]}"#;
    let labels = place.write("labels.json", stranger);
    let cases: Vec<(&str, Vec<String>, &str)> = vec![
        ("empty", vec![place.write("empty.csv", "")], "empty.csv: the file is empty"),
        (
            "no time",
            vec![place.write("untimed.csv", "host,value\na,1\n")],
            "untimed.csv: no column is called timestamp, time, ts or date, and in the first one \"a\" is no time; write \
             RFC 3339, YYYY-MM-DD HH:MM:SS, or seconds since 1970",
        ),
        (
            "no numbers",
            vec![place.write("words.csv", "timestamp,a,label\n0,x,0\n")],
            "words.csv: no column holds numbers; columns are timestamp, a, label",
        ),
        ("NaN", vec![place.write("nan.csv", "0,NaN\n")], "nan.csv: no line is a row; the last one: value is NaN"),
        (
            "labels of others",
            vec![good.clone(), "--labels".to_owned(), labels],
            "no label is about anybody in the input: the first one names acme, and the input has good",
        ),
    ];
    for (case, arguments, expected) in cases {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ended = place.backtest(&[&["--input"], &arguments[..]].concat());
        let said = ended.errors.trim_end().replace(&format!("{}/", place.0.path().display()), "");
        assert_eq!((ended.code, said.as_str()), (Some(1), format!("error: {expected}").as_str()), "{case}");
        assert_eq!(ended.output, "", "{case}");
    }
    let nothing = place.backtest(&["--nab", &place.shown(""), "--out", "x"]);
    assert_eq!(nothing.code, Some(1));
    assert!(nothing.errors.contains("data: No such file or directory"), "{}", nothing.errors);
    assert_eq!(place.backtest(&["--nab", &place.shown("")]).code, Some(2), "--nab without --out is wrong use");
    assert_eq!(place.backtest(&["--nab", "a", "--out", "b", "--input", &good]).code, Some(2));
}

#[test]
fn labels_of_rows_score_series_and_incidents() {
    let place = Place::new();
    let input = place.write("cpu.csv", &series(1_400, true));
    let ended = place.backtest(&["--input", &input]);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert!(
        ended.output.contains("1 series: of 1 labelled events 1 found and 0 missed, median delay "),
        "{}",
        ended.output
    );
    assert!(ended.output.contains("Of 1 labelled faults 1 were found and 0 missed; false: "), "{}", ended.output);
    let report = place.report(&["--input", &input]);
    assert_eq!(report["found"][0]["label"]["culprit"], "cpu");
    let own = &report["series"][0];
    assert_eq!((&own["tenant"], &own["signal"], &own["found"]), (&"cpu".into(), &"value".into(), &1.into()));
    let delay = own["median_delay_ms"].as_u64().unwrap();
    assert!((300_000..=900_000).contains(&delay), "{delay} ms");
}

#[test]
fn another_configuration_is_compared_and_must_lose_nothing_that_is_labelled() {
    let place = Place::new();
    let mut text = String::from("timestamp,value,label\n");
    for row in 0..350 {
        let is_wrong = (320..332).contains(&row);
        let value = if is_wrong { 400.0 } else { level(row) };
        writeln!(text, "{},{value:.3},{}", START_S + row * STEP_S, u8::from(is_wrong)).unwrap();
    }
    let input = place.write("cpu.csv", &text);
    let same = place.write("same.yaml", "detect:\n  false_alarms: 1\n");
    // After 29 hours nothing is known yet in windows of an hour.
    let deaf = place.write("deaf.yaml", "detect:\n  window: 1h\n");
    let ended = place.backtest(&["--input", &input, "--against", &same]);
    assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""));
    assert!(ended.output.starts_with("Before\n1 series: of 1 labelled events 1 found"), "{}", ended.output);
    let compared = ended.output.lines().last().unwrap();
    assert!(compared.starts_with(&format!("With {same}: incidents ")), "{compared}");
    assert_eq!(compared.matches(" 0 lost, 0 gained").count(), 2, "{compared}");

    let worse = place.backtest(&["--input", &input, "--against", &deaf, "--format", "json"]);
    assert_eq!(worse.code, Some(1), "{}", worse.errors);
    let report: Value = serde_json::from_str(&worse.output).unwrap();
    let against = &report["against"];
    assert_eq!(
        (&report["found"][0]["label"]["kind"], &against["labelled_lost"][0]["kind"]),
        (&"label".into(), &"label".into())
    );
    assert!(against["total"]["series"].is_u64());
    assert!(!against["incidents"]["lost"].as_array().unwrap().is_empty());
    let better = place.backtest(&["--input", &input, "--config", &deaf, "--against", &same, "--format", "json"]);
    assert_eq!(better.code, Some(0), "gaining is no loss: {}", better.errors);
    let wrong = place.write("wrong.yaml", "detect:\n  false_alarm: 1\n");
    let ended = place.backtest(&["--input", &input, "--against", &wrong]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.errors.contains("wrong.yaml: detect.false_alarm: there is no such option"), "{}", ended.errors);
}

#[test]
fn two_runs_write_the_same_bytes() {
    let place = Place::new();
    let input = place.write("cpu.csv", &series(1_400, true));
    let written = |name: &str| {
        let ended = place.backtest(&["--input", &input, "--out", &place.shown(name), "--format", "json"]);
        (ended.output, place.read(&Path::new(name).join("cpu.csv").display().to_string()))
    };
    assert_eq!(written("one"), written("two"));
}

#[test]
fn the_page_stands_by_itself_and_shows_every_series_with_its_truth() {
    let place = Place::new();
    let input = place.write("cpu<1>.csv", &series(9_000, true));
    let (page, picture) = (place.shown("out.html"), place.shown("value.svg"));
    let ended = place.backtest(&["--input", &input, "--report", &page, "--picture", "value", &picture]);
    assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""));
    let (page, picture) = (place.read("out.html"), place.read("value.svg"));
    for part in [
        "<!DOCTYPE html>",
        "value of cpu&lt;1&gt;",
        "9,000 values from 2014-04-01 00:00 to 2014-05-02 05:55 UTC; ",
        "1 of 1 labelled events found",
        "\u{2713}",
        ">Apr 30<",
        "in words",
        "prefers-color-scheme:dark",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let outside = page.replace("http://www.w3.org/2000/svg", "");
    for foreign in ["http://", "https://", "url(//", "<link", "<img", "@import", "cpu<1>"] {
        assert!(!outside.contains(foreign), "{foreign}");
    }
    assert!(page.len() < 100_000, "{} bytes", page.len());
    assert!(picture.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""), "{picture:.80}");
    let unknown = place.backtest(&["--input", &input, "--picture", "disk", "x.svg"]);
    assert_eq!((unknown.code, unknown.errors.as_str()), (Some(1), "error: --picture disk: no series is called so\n"));
    let nowhere = place.backtest(&["--input", &input, "--report", "no/such/folder.html"]);
    assert_eq!(nowhere.code, Some(1));
    assert!(nowhere.errors.starts_with("error: no/such/folder.html: "), "{}", nowhere.errors);
}

/// A Parquet file that lies beside the tests: `table.parquet` has times, the column `load`, a text and labels; `list.parquet`
/// has a row for each value of two series.
fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name).display().to_string()
}

#[test]
fn a_parquet_table_gives_what_the_same_rows_give_as_csv() {
    let place = Place::new();
    let mut text = String::from("timestamp,load,label\n");
    for row in 0..400 {
        let is_wrong = (320..332).contains(&row);
        let value = if is_wrong { 400 } else { 40 + (row * 37) % 11 };
        writeln!(text, "{},{value},{}", START_S + row * STEP_S, u8::from(is_wrong)).unwrap();
    }
    let csv = place.write("table.csv", &text);
    let report = |input: &str, out: &str| place.report(&["--input", input, "--out", &place.shown(out)]);
    let (of_csv, of_parquet) = (report(&csv, "csv"), report(&fixture("table.parquet"), "parquet"));
    for key in ["total", "series", "labelled", "refused"] {
        assert_eq!(of_csv[key], of_parquet[key], "{key}");
    }
    assert_eq!((&of_parquet["labelled"], &of_parquet["series"][0]["signal"]), (&1.into(), &"load".into()));
    let (csv, parquet) = (place.read("csv/table.csv"), place.read("parquet/table.csv"));
    let (csv, parquet) = (cells(&csv), cells(&parquet));
    assert_eq!((parquet.len(), parquet[0][0]), (400, "2014-04-01T00:00:00.000Z"));
    for (one, other) in csv.iter().zip(&parquet) {
        assert_eq!(one[1..], other[1..]);
    }
}

#[test]
fn a_parquet_list_is_a_fleet_and_what_is_no_parquet_says_so() {
    let place = Place::new();
    let report = place.report(&["--input", &fixture("list.parquet")]);
    let series: Vec<_> =
        report["series"].as_array().unwrap().iter().map(|of| (of["tenant"].as_str(), of["signal"].as_str())).collect();
    assert_eq!(series, [(Some("acme"), Some("cpu")), (Some("borealis"), Some("disk"))]);
    assert_eq!(report["refused"], 0);
    let broken = place.write("broken.parquet", "timestamp,value\n");
    let ended = place.backtest(&["--input", &broken]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.errors.starts_with(&format!("error: {broken}: Parquet error: ")), "{}", ended.errors);
}
