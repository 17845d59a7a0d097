//! `tidewatch state inspect`: what the program says about a series that a service has learned.

use std::path::Path;
use std::process::{Command, Output};

use tidewatch_ingest::{Format, Ingest, Settings, Source};
use tidewatch_pipelines::config::Config;
use tidewatch_pipelines::detect;
use tidewatch_pipelines::driver::{Driver, Push, Setup};
use tidewatch_pipelines::state::RocksStore;
use tidewatch_schemas::Timestamp;
use tidewatch_tests::program;

/// A Monday, 00:00 UTC.
const START: i64 = 1_790_553_600_000;
const STEP_MS: i64 = 300_000;
const DAYS: i64 = 43;

/// Six weeks and a day of two series with office hours, each five minutes a value, judged into `folder`.
fn learn(folder: &Path) {
    let events = ("TIDEWATCH__DETECT__CLOCK".to_owned(), "events".to_owned());
    let config = Config::from_text(None, [events], &[]).unwrap();
    let sources = vec![Source { topics: vec!["lines".to_owned()], format: Format::JsonLines }];
    let ingest = Ingest::new(Settings { sources, ..Settings::default() }).unwrap();
    let store = folder.to_owned();
    let open = Box::new(move |partition: i32| -> Result<_, _> {
        let store: Box<dyn tidewatch_pipelines::state::StateStore> =
            Box::new(RocksStore::open(&store.join(partition.to_string()))?);
        Ok(store)
    });
    let detect = detect::Settings::new(&config.detect);
    let mut driver = Driver::new(Setup { ingest, detect, partitions: 1, batch: 1_000, open }).unwrap();
    for turn in 0..DAYS * 288 {
        let now = START + turn * STEP_MS;
        for tenant in ["acme", "borealis"] {
            let line = line(tenant, now, turn);
            let at = Timestamp(now);
            driver.push(&Push { topic: "lines", key: b"", value: Some(line.as_bytes()), at, headers: &[] }).unwrap();
        }
    }
    driver.flush().unwrap();
}

fn line(tenant: &str, at: i64, turn: i64) -> String {
    let (hour, day) = (turn / 12 % 24, turn / 288 % 7);
    let office = if day < 5 && (8..18).contains(&hour) { 40.0 } else { 0.0 };
    let jitter = f64::from(i32::try_from(turn * 7_919 % 101).unwrap()) / 50.0;
    let value = 10.0 + office + jitter;
    format!(
        r#"{{"ts":{at},"pool":"eu-1","tenant":"{tenant}","resource":"web","name":"requests","kind":"gauge","value":{value}}}"#
    )
}

fn inspect(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program::path()).args(["state", "inspect", "--state"]).arg(folder).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_learned_series_tells_what_is_usual_and_what_would_be_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    learn(folder.path());
    let at_noon = ["acme", "requests", "--at", "2026-11-10T11:00:00Z"];
    let page = inspect(folder.path(), &at_noon);
    let page = text(&page.stdout);
    for expected in [
        "requests of acme on web in eu-1",
        "at this hour on this weekday",
        "a finding if",
        "working days",
        "hours of Sun",
    ] {
        assert!(page.contains(expected), "{expected:?} is not in\n{page}");
    }

    let json = inspect(folder.path(), &[at_noon.as_slice(), &["--format", "json"]].concat());
    let told: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let expected = told["baseline"]["expected"].as_f64().unwrap();
    assert!((48.0..54.0).contains(&expected), "{told}");
    let above = |windows: usize| {
        let mut all = told["baseline"]["finding_if"].as_array().unwrap().iter();
        let is_it = |it: &&serde_json::Value| it["side"] == "above" && it["windows"] == windows;
        all.find(is_it).unwrap_or_else(|| panic!("{windows} windows: {told}"))["value"].as_f64().unwrap()
    };
    assert!((52.0..150.0).contains(&above(1)), "{told}");
    assert!((52.0..70.0).contains(&above(12)), "less is a finding when it lasts: {told}");
    assert_eq!(told["baseline"]["half_hours"].as_array().unwrap().len(), 96);
}

#[test]
fn the_window_asked_about_is_in_the_calendar_of_its_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokyo.yaml");
    std::fs::write(&file, "calendar: { tenants: { acme: { time_zone: Asia/Tokyo } } }\n").unwrap();
    let store = tempfile::tempdir().unwrap();
    learn(store.path());
    let config = file.display().to_string();
    let at = ["acme", "requests", "--at", "2026-11-10T02:00:00Z", "--format", "json"];
    let expected = |arguments: &[&str]| {
        let told: serde_json::Value = serde_json::from_slice(&inspect(store.path(), arguments).stdout).unwrap();
        told["baseline"]["expected"].as_f64().unwrap()
    };
    let in_utc = expected(&at);
    let in_tokyo = expected(&[at.as_slice(), &["--config", config.as_str()]].concat());
    assert!(in_utc < 20.0 && in_tokyo > 40.0, "two at night {in_utc}, eleven in the morning {in_tokyo}");
}

#[test]
fn what_is_not_one_series_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    learn(folder.path());
    let several = inspect(folder.path(), &["requests"]);
    assert_eq!(several.status.code(), Some(1));
    assert!(text(&several.stdout).contains("of borealis"), "{}", text(&several.stdout));
    assert!(text(&several.stderr).contains("2 series are meant by \"requests\""), "{}", text(&several.stderr));

    let none = inspect(folder.path(), &["parrots"]);
    assert!(text(&none.stderr).contains("is meant by \"parrots\""), "{}", text(&none.stderr));

    let nowhere = inspect(&folder.path().join("nowhere"), &["acme"]);
    assert!(text(&nowhere.stderr).contains("name it with --state"), "{}", text(&nowhere.stderr));
}
