//! What holds for any input: how the log is cut into micro-batches, and where the process dies, changes nothing.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};
use tidewatch_ingest::Ingest;
use tidewatch_pipelines::config::{Config, Text};
use tidewatch_pipelines::detect::Settings;
use tidewatch_pipelines::driver::{Driver, Outputs, Push, Setup, in_memory};
use tidewatch_pipelines::protocol::LaneError;
use tidewatch_schemas::{Finding, Timestamp};

const START: Timestamp = Timestamp(1_793_606_400_000);
const WINDOW_MS: i64 = 10_000;
/// Windows of ordinary values before the random part: more than detectors watch before their first verdict.
const WARM_UP: usize = 35;
/// Windows after it, with which the memory is looked at from outside.
const PROBE: usize = 40;
/// Windows of a pause: longer than a pool may say nothing.
const PAUSE: usize = 40;
/// Pool, tenant, signal and usual value of each series.
const SERIES: [(&str, &str, &str, f64); 5] = [
    ("eu-1", "acme", "synthetic.check.duration", 0.2),
    ("eu-1", "acme", "postgresql.backends", 9.0),
    ("eu-1", "beta", "synthetic.check.duration", 0.4),
    ("eu-1", "beta", "synthetic.check.success", 1.0),
    ("us-2", "gamma", "synthetic.check.duration", 0.3),
];

/// What a series does in a window.
#[derive(Clone, Copy, Debug)]
enum Value {
    Usual,
    Times(f64),
    Missing,
    Twice,
    Late,
}

/// A window: what each series does, whether a tick comes, and whether a line is none.
#[derive(Clone, Debug)]
struct Moment {
    values: [Value; SERIES.len()],
    tick: bool,
    bad_line: bool,
}

/// What is done to the process after a record.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Nothing,
    Commit,
    Kill,
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => Just(Value::Usual),
        5 => (2.0..12.0_f64).prop_map(Value::Times),
        1 => Just(Value::Missing),
        1 => Just(Value::Twice),
        1 => Just(Value::Late),
    ]
}

/// Moods that last: what a series does, it does for some windows.
fn stream() -> impl Strategy<Value = Vec<Moment>> {
    let values = [value(), value(), value(), value(), value()];
    let moment = (values, any::<bool>(), proptest::bool::weighted(0.1), 1..8_usize);
    let lasting = moment.prop_map(|(values, tick, bad_line, times)| vec![Moment { values, tick, bad_line }; times]);
    let pause = Moment { values: [Value::Missing; SERIES.len()], tick: true, bad_line: false };
    let mood = prop_oneof![8 => lasting, 1 => Just(vec![pause; PAUSE])];
    vec(mood, 4..12).prop_map(|moods| moods.concat())
}

fn cuts() -> impl Strategy<Value = Vec<Cut>> {
    vec(prop_oneof![4 => Just(Cut::Nothing), 1 => Just(Cut::Commit), 1 => Just(Cut::Kill)], 1..60)
}

fn driver(clock: &str, batch: usize) -> Driver {
    let yaml = format!(
        "ingest: {{sources: [{{topics: [lines], format: json_lines}}]}}\ndetect: {{clock: {clock}, series_limit: 9}}\n"
    );
    let config = Config::from_text(Some(Text { name: "laws", yaml: &yaml }), [], &[]).expect("it is right");
    let ingest = Ingest::new(config.ingest.settings).expect("it is right");
    let detect = Settings::new(&config.detect);
    Driver::new(Setup { ingest, detect, partitions: 1, batch, open: in_memory() }).expect("an empty store opens")
}

/// One record for everything that arrives in window `number`.
fn lines(number: i64, moment: &Moment) -> String {
    let mut text = String::new();
    for ((pool, tenant, signal, usual), value) in SERIES.iter().zip(&moment.values) {
        let wobble = 1.0 + 0.05 * ((number * 7 % 11) as f64 - 5.0) / 5.0;
        let (factor, copies, delay) = match value {
            Value::Usual => (1.0, 1, 0),
            Value::Times(factor) => (*factor, 1, 0),
            Value::Missing => (1.0, 0, 0),
            Value::Twice => (1.0, 2, 0),
            Value::Late => (1.0, 1, 20 * WINDOW_MS),
        };
        let (ts, level) = (START.0 + number * WINDOW_MS - delay, usual * wobble * factor);
        for _ in 0..copies {
            writeln!(
                text,
                r#"{{"ts":{ts},"tenant":"{tenant}","pool":"{pool}","name":"{signal}","kind":"gauge","value":{level}}}"#
            )
            .expect("text grows");
        }
    }
    if moment.bad_line {
        text.push_str("no line\n");
    }
    text
}

/// Plays windows and does to the process what `cuts` says, over and over.
fn play(driver: &mut Driver, first: usize, moments: &[Moment], cuts: &[Cut]) -> Result<(), LaneError> {
    let mut cuts = cuts.iter().cycle();
    for (number, moment) in (first..).zip(moments) {
        let number = i64::try_from(number).expect("windows are few");
        let at = START + number * WINDOW_MS;
        if moment.tick {
            driver.tick(at)?;
        }
        let text = lines(number, moment);
        driver.push(&Push { topic: "lines", key: b"k", value: Some(text.as_bytes()), at, ..Push::default() })?;
        match cuts.next().unwrap_or(&Cut::Nothing) {
            Cut::Nothing => {}
            Cut::Commit => driver.flush()?,
            Cut::Kill => driver.kill_and_restart()?,
        }
    }
    Ok(())
}

/// What must not depend on how the log was cut: the incidents in their order and the rejects of the random part, each as
/// often as it was published, and everything that the same further input brings.
#[derive(Debug, PartialEq)]
struct Observed {
    published: (Vec<Vec<u8>>, Vec<String>),
    probed: (Vec<Vec<u8>>, Vec<Finding>),
}

/// Rejects of ingest come between those of detect in an order that depends on the batches.
fn published(outputs: Outputs) -> (Vec<Vec<u8>>, Vec<String>) {
    let mut rejects: Vec<String> = outputs.rejects.iter().map(|reject| format!("{reject:?}")).collect();
    rejects.sort();
    (outputs.incident_records, rejects)
}

fn observe(clock: &str, stream: &[Moment], batch: usize, cuts: &[Cut]) -> Observed {
    let steady = Moment { values: [Value::Usual; SERIES.len()], tick: true, bad_line: false };
    let tripled = Moment { values: [Value::Times(3.0); SERIES.len()], ..steady.clone() };
    let mut driver = driver(clock, batch);
    let random = [vec![steady.clone(); WARM_UP], stream.to_vec()].concat();
    play(&mut driver, 0, &random, cuts).expect("the store holds");
    driver.flush().expect("the store holds");
    let published = published(driver.take_outputs());
    let probe: Vec<Moment> = (0..PROBE).map(|turn| if turn % 20 < 8 { &tripled } else { &steady }.clone()).collect();
    play(&mut driver, random.len(), &probe, &[Cut::Nothing]).expect("the store holds");
    driver.flush().expect("the store holds");
    let outputs = driver.take_outputs();
    Observed { published, probed: (outputs.incident_records, outputs.findings) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn neither_batches_nor_crashes_change_what_is_concluded_and_remembered(
        stream in stream(),
        batch in 1..50_usize,
        cuts in cuts(),
        clock in prop_oneof![Just("events"), Just("ticks")],
    ) {
        let undisturbed = observe(clock, &stream, 8_192, &[Cut::Nothing]);
        let disturbed = observe(clock, &stream, batch, &cuts);
        prop_assert_eq!(undisturbed, disturbed);
    }
}

#[test]
fn the_random_streams_are_worth_judging() {
    let mut runner = TestRunner::deterministic();
    let (mut incidents, mut rejects) = (0, 0);
    for _ in 0..20 {
        let stream = stream().new_tree(&mut runner).expect("a stream can be made").current();
        let observed = observe("events", &stream, 100, &[Cut::Nothing]);
        incidents += usize::from(!observed.published.0.is_empty());
        rejects += usize::from(!observed.published.1.is_empty());
        assert!(!observed.probed.1.is_empty(), "the probe finds nothing");
    }
    assert!(incidents >= 10 && rejects >= 10, "{incidents} of 20 streams have incidents, {rejects} rejects");
}
