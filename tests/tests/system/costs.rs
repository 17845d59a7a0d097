//! Who pays: charges sum up to the bill, stand once however the log is cut, and say what a culprit cost the others.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tidewatch_ingest::{Header, Ingest};
use tidewatch_pipelines::backtest::RECORDING_POOL;
use tidewatch_pipelines::config::{Config, Text};
use tidewatch_pipelines::detect::Settings;
use tidewatch_pipelines::driver::{Driver, Push, Setup, in_memory};
use tidewatch_pipelines::recording::{Recording, otlp};
use tidewatch_schemas::{CostKind, CostSignal, Money, Timestamp};

/// 2026-11-30 22:00 UTC: the hours after it lie in two months.
const START_MS: i64 = 1_796_076_000_000;
const HOUR_MS: i64 = 3_600_000;
const PRICES: &str = "
ingest:
  sources:
    - { topics: [lines], format: json_lines }
    - { topics: [otlp], format: otlp_proto }
cost:
  period: 1h
  waiting_hour: 30
  prices:
    - { resource: pg-main, price: \"310.00\", per: month, by: container.cpu.usage, capacity: 4, entitled: { delta: 1.5 } }
    - { resource: web, price: 0.07, per: hour, by: odoo.requests }
";

fn config(text: &str) -> Config {
    let clock = ("TIDEWATCH__DETECT__CLOCK".to_owned(), "events".to_owned());
    Config::from_text(Some(Text { name: "prices", yaml: text }), [clock], &[])
        .unwrap_or_else(|errors| panic!("{errors}"))
}

fn driver(text: &str, (batch, partitions): (usize, i32)) -> Driver {
    let config = config(text);
    let ingest = Ingest::new(config.ingest.settings).unwrap_or_else(|error| panic!("{error}"));
    let detect = Settings::new(&config.detect);
    Driver::new(Setup { ingest, detect, partitions, batch, open: in_memory() }).expect("an empty store opens")
}

/// Four hours of two tenants in each of two pools, every 20 s; between 23:30 and 01:30 nobody reports.
fn lines() -> Vec<(i64, String)> {
    let mut lines = Vec::new();
    for at in (START_MS..START_MS + 6 * HOUR_MS).step_by(20_000) {
        let since = at - START_MS;
        if (HOUR_MS * 3 / 2..HOUR_MS * 7 / 2).contains(&since) {
            continue;
        }
        for (pool, tenant, level) in [("eu", "acme", 1.25), ("eu", "delta", 0.1), ("us", "beta", 3.0)] {
            let mut line =
                format!("{{\"ts\":{at},\"pool\":\"{pool}\",\"tenant\":\"{tenant}\",\"resource\":\"pg-main\"");
            let value = level + (since % 7_919) as f64 / 1e5;
            write!(line, ",\"name\":\"container.cpu.usage\",\"kind\":\"gauge\",\"unit\":\"1\",\"value\":{value}}}")
                .expect("a text takes more");
            lines.push((at, line));
        }
    }
    lines
}

/// The charges of the lines, in the order of their bytes, when the process is killed after every so many records.
fn charges(batch: usize, partitions: i32, kill_every: Option<usize>) -> Vec<String> {
    let mut driver = driver(PRICES, (batch, partitions));
    for (number, (at, line)) in (1_usize..).zip(lines()) {
        let push = Push { topic: "lines", value: Some(line.as_bytes()), at: Timestamp(at), ..Push::default() };
        driver.push(&push).expect("a store in memory does not fail");
        if kill_every.is_some_and(|every| number.is_multiple_of(every)) {
            driver.kill_and_restart().expect("it opens again");
        }
        if kill_every.is_some() && number == 1_000 {
            driver.repartition(3, in_memory()).expect("it can be moved");
        }
    }
    driver.flush().expect("a store in memory does not fail");
    let signals = driver.take_outputs().cost_signals;
    let mut charges: Vec<String> =
        signals.iter().map(|signal| serde_json::to_string(signal).expect("a signal is JSON")).collect();
    charges.sort();
    charges
}

fn read(charges: &[String]) -> Vec<CostSignal> {
    charges.iter().map(|json| serde_json::from_str(json).expect("it was written by us")).collect()
}

#[test]
fn charges_stand_once_however_the_log_is_cut() {
    let plain = charges(100, 1, None);
    assert!(plain.len() > 10, "{plain:#?}");
    for (batch, partitions, kill_every) in [(1, 4, None), (7, 2, Some(13)), (8_192, 1, Some(500)), (5, 4, Some(101))] {
        let cut = charges(batch, partitions, kill_every);
        assert_eq!(cut, plain, "batch {batch}, {partitions} partitions, killed every {kill_every:?}");
    }
}

#[test]
fn the_charges_of_every_period_are_the_price_to_the_last_millionth() {
    let mut sums: BTreeMap<(String, Timestamp, Timestamp), Money> = BTreeMap::new();
    for signal in read(&charges(100, 1, None)) {
        assert_eq!((signal.kind, signal.resource_id.as_str()), (CostKind::Allocated, "pg-main"));
        let sum = sums.entry((signal.pool, signal.charge_period_start, signal.charge_period_end)).or_default();
        *sum = Money(sum.0 + signal.effective_cost.0);
    }
    let hours = |pool: &str| -> Vec<(i64, i64, String)> {
        let of_pool = sums.iter().filter(|((of, ..), _)| of == pool);
        of_pool
            .map(|((_, from, until), sum)| {
                let hour = |at: &Timestamp| (at.0 - START_MS) / HOUR_MS;
                (hour(from), hour(until), sum.to_string())
            })
            .collect()
    };
    // 310 divided by the 720 hours of November and the 744 of December. Nobody reports in the third hour, which is December's.
    let expected = [(0, 1, "0.430556"), (1, 2, "0.430556"), (2, 3, "0.416666"), (3, 4, "0.416667"), (4, 5, "0.416667")];
    let expected: Vec<(i64, i64, String)> =
        expected.into_iter().map(|(from, until, sum)| (from, until, sum.to_owned())).collect();
    assert_eq!(hours("eu"), expected);
    assert_eq!(hours("us"), expected);
}

#[test]
fn who_is_entitled_pays_for_what_is_kept_free_and_idle_time_is_nobodys() {
    let signals = read(&charges(100, 1, None));
    let of = |hour: i64, account: &str| {
        let start = Timestamp(START_MS + hour * HOUR_MS);
        let is = |signal: &&CostSignal| {
            signal.pool == "eu" && signal.charge_period_start == start && signal.sub_account_id == account
        };
        let signal = signals.iter().find(is).unwrap_or_else(|| panic!("nothing for {account} in hour {hour}"));
        (signal.consumed_quantity, signal.entitled_quantity, signal.effective_cost.0 as f64 / 1e6)
    };
    let (used, entitled, cost) = of(0, "acme");
    assert!(
        (used - 1.29).abs() < 0.01 && entitled.is_none() && (cost - 0.430_556 * 1.29 / 4.0).abs() < 0.001,
        "{used}"
    );
    let (used, entitled, cost) = of(0, "delta");
    assert!((used - 0.14).abs() < 0.01 && entitled == Some(1.5) && (cost - 0.430_556 * 1.5 / 4.0).abs() < 0.000_01);
    let (_, _, idle) = of(2, CostSignal::IDLE);
    assert!((idle - 0.416_666 * 2.5 / 4.0).abs() < 0.000_01, "nobody reported: {idle}");
}

#[test]
fn the_recording_says_what_a_culprit_cost_the_others() {
    let text = PRICES
        .replace("period: 1h", "period: 1m")
        .replace("by: container.cpu.usage", "by: lab.postgresql.backend.cpu.time");
    let mut driver = driver(&text, (8_192, 1));
    let recording = Recording::embedded().expect("the recording can be read");
    for message in otlp::messages(&recording, RECORDING_POOL) {
        let headers = [Header { name: otlp::SIGNAL_HEADER.to_owned(), value: message.signal.as_bytes().to_vec() }];
        let push = Push { topic: "otlp", key: b"", value: Some(&message.value), at: message.at, headers: &headers };
        driver.push(&push).expect("a store in memory does not fail");
    }
    driver.flush().expect("a store in memory does not fail");
    let signals = driver.take_outputs().cost_signals;
    let mut lost: BTreeMap<(String, String), f64> = BTreeMap::new();
    for signal in signals.iter().filter(|signal| signal.kind == CostKind::AtRisk) {
        assert_eq!(signal.effective_cost, Money(0), "nobody is billed for it: {signal:?}");
        let culprit = signal.culprit.clone().expect("somebody caused it");
        *lost.entry((culprit, signal.sub_account_id.clone())).or_default() += signal.consumed_quantity;
    }
    println!("{lost:#?}");
    for victim in ["borealis", "cobalt", "delta"] {
        let seconds = lost.get(&("acme".to_owned(), victim.to_owned())).copied().unwrap_or(0.0);
        assert!(seconds > 1.0, "acme's reports made {victim} wait: {lost:?}");
    }
    assert!(lost.keys().all(|(culprit, victim)| culprit != victim), "{lost:?}");
    // The fault lasted 106 s, and there were three workers to be held.
    let all: f64 = lost.iter().filter(|((culprit, _), _)| culprit == "acme").map(|(_, seconds)| seconds).sum();
    assert!(all < 3.0 * 106.0, "{lost:?}");
}
