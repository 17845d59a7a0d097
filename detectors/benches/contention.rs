//! What holding tenants against each other costs: 500 tenants on one resource, in calm and while they suffer.
//!
//! A step is a window of ten seconds; what it costs is given per second of the log. Of several rounds the fastest counts,
//! since anything else that the machine does only ever makes a round slower.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use tidewatch_detectors::Contention;
use tidewatch_detectors::contention::{Reading, State};
use tidewatch_schemas::{Catalog, SeriesKey, Timestamp};

const STEP_MS: i64 = 10_000;
const START: i64 = 1_793_577_600_000;
const TENANTS: u32 = 500;
/// Four signals of use, and two of pain.
const SIGNALS: [&str; 6] = [
    "container.cpu.usage",
    "container_fs_writes_bytes_total",
    "postgresql.backends",
    "k8s.pod.network.io",
    "synthetic.check.duration",
    "http.server.request.duration",
];
/// Steps before the measured ones, and the measured ones.
const WARM_UP: i64 = 200;
const MEASURED: i64 = 30;
const ROUNDS: usize = 5;

fn main() {
    let keys: Vec<SeriesKey> = (0..TENANTS).flat_map(|tenant| SIGNALS.map(|signal| key(tenant, signal))).collect();
    let how = Contention::new(STEP_MS, STEP_MS, 86_400_000);
    let mut state = State::default();
    for step in 0..WARM_UP {
        pass(&how, &mut state, &readings(&keys, step, false));
    }
    println!("| 500 tenants, 3,000 series | milliseconds per second of log | bytes on disk |");
    println!("|---|---|---|");
    for (name, suffering) in [("calm", false), ("all suffer from one", true)] {
        let steps: Vec<_> = (0..MEASURED).map(|step| readings(&keys, WARM_UP + step, suffering)).collect();
        let rounds = (0..ROUNDS).map(|_| measure(&how, state.clone(), &steps));
        let (fastest, bytes) = rounds.min().unwrap_or_default();
        let seconds = (MEASURED * STEP_MS / 1_000) as f64;
        println!("| {name} | {:.2} | {bytes} |", fastest.as_secs_f64() * 1_000.0 / seconds);
    }
}

fn key(tenant: u32, signal: &str) -> SeriesKey {
    SeriesKey {
        pool: "eu-1".into(),
        tenant: format!("tenant-{tenant}").as_str().into(),
        resource: "db-main".into(),
        signal: signal.into(),
        attributes: BTreeMap::new(),
    }
}

/// What every series says in a step; the numbers of a tenant move a little, and in trouble one tenant takes ten times as much.
fn readings(keys: &[SeriesKey], step: i64, suffering: bool) -> (i64, Vec<Reading>) {
    let at = Timestamp(START + step * STEP_MS);
    let reading = |(number, key): (i64, &SeriesKey)| {
        let moves = 1.0 + 0.1 * ((number * 7 + step * 13) % 11) as f64;
        let spec = Catalog.lookup(key.signal.as_str());
        let is_culprit = suffering && key.tenant.as_str() == "tenant-7";
        let factor = match (spec.is_felt(), suffering) {
            (true, true) => 4.0,
            (false, _) if is_culprit => 1_000.0,
            _ => 1.0,
        };
        Reading::of(key, spec, (at, moves * factor), None)
    };
    (step, (0_i64..).zip(keys).filter_map(reading).collect())
}

fn pass(how: &Contention, state: &mut State, (step, readings): &(i64, Vec<Reading>)) -> usize {
    for reading in readings {
        how.absorb(state, reading);
    }
    how.advance(state, Timestamp(START + (step + 4) * STEP_MS)).len()
}

fn measure(how: &Contention, mut state: State, steps: &[(i64, Vec<Reading>)]) -> (Duration, usize) {
    #[expect(clippy::disallowed_methods, reason = "a bench measures time")]
    let timer = std::time::Instant::now();
    let said: usize = steps.iter().map(|step| pass(how, &mut state, step)).sum();
    let took = timer.elapsed();
    black_box(said);
    (took, postcard::to_stdvec(&state).map_or(0, |bytes| bytes.len()))
}
