//! An agent whose clock is ahead of the broker's costs the others nothing.

use tidewatch_ingest::{Format, Ingest, Settings, Source};
use tidewatch_pipelines::config::Config;
use tidewatch_pipelines::detect;
use tidewatch_pipelines::driver::{self, Driver, Push, Setup};
use tidewatch_schemas::{RejectReason, Timestamp};

const START: i64 = 1_795_342_800_000;
const AHEAD_MS: i64 = 240_000;

fn driver() -> Driver {
    let events = ("TIDEWATCH__DETECT__CLOCK".to_owned(), "events".to_owned());
    let config = Config::from_text(None, [events], &[]).unwrap();
    let sources = vec![Source { topics: vec!["lines".to_owned()], format: Format::JsonLines }];
    let ingest = Ingest::new(Settings { sources, ..Settings::default() }).unwrap();
    let detect = detect::Settings::new(&config.detect);
    Driver::new(Setup { ingest, detect, partitions: 1, batch: 100, open: driver::in_memory() }).unwrap()
}

fn line(tenant: &str, at: i64) -> String {
    format!(r#"{{"ts":{at},"tenant":"{tenant}","resource":"web","name":"a.level","kind":"gauge","value":1}}"#)
}

#[test]
fn one_fast_clock_does_not_close_the_windows_of_others() {
    let mut driver = driver();
    for second in (0..3_600).step_by(5) {
        let now = START + second * 1_000;
        for value in [line("fast", now + AHEAD_MS), line("acme", now)] {
            let push =
                Push { topic: "lines", key: b"", value: Some(value.as_bytes()), at: Timestamp(now), headers: &[] };
            driver.push(&push).unwrap();
        }
    }
    driver.flush().unwrap();
    let late = driver.outputs().rejects.iter().filter(|reject| reject.reason == RejectReason::Late).count();
    assert_eq!(late, 0);
    assert!(driver.outputs().incidents.is_empty(), "{:?}", driver.outputs().incidents);
}
