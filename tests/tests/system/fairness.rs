//! What a tenant that sends a hundred times its load, with labels of its own on every value, costs the one beside it.
//!
//! The clock is virtual and the work is real: records arrive at given times, and judging and committing them takes what it
//! takes on this machine, as in the loop of the detect stage. So the delay of every record is known without a broker, and
//! nothing else that runs here decides when a record arrives.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tidewatch_pipelines::config::Config;
use tidewatch_pipelines::detect::snapshot::Snapshot;
use tidewatch_pipelines::detect::{Mark, Marks, Outgoing, Processor, Received, Settings, Target};
use tidewatch_pipelines::state::{MemoryStore, RocksStore, StateStore};
use tidewatch_schemas::{Content, Envelope, Observation, Origin, SeriesKey, Tick, Timestamp, Value, wire};

const START: Timestamp = Timestamp(1_793_606_400_000);
/// As detect has them by default.
const LINGER: Duration = Duration::from_millis(20);
const BATCH: usize = 8_192;
const TICK: Duration = Duration::from_secs(5);
/// Series of an ordinary tenant.
const SERIES: u64 = 50;
/// Series of one that has nearly as many as it may have.
const MANY: u64 = 40_000;
/// Ordinary records a second of each tenant.
const LOAD: u64 = 50;
/// Observations of a record.
const PER_RECORD: u64 = 4;

/// Who sends how much.
#[derive(Clone, Copy, Debug)]
struct Case {
    /// Pool of the tenant that floods; the other one is in `eu-1`.
    pool: &'static str,
    /// How many times its load it sends.
    flood: u64,
    /// How many series it has.
    series: u64,
    /// How long.
    time: Duration,
}

/// A record on its way.
struct Arriving {
    at: Duration,
    value: Vec<u8>,
    is_watched: bool,
}

/// All records in the order of their arrival: those of the tenant that is watched, those of the other one, and ticks.
fn arrivals(case: Case) -> impl Iterator<Item = Arriving> {
    let of_watched = (0..).map(move |number| (Duration::from_secs(number) / to_u32(LOAD), number, 0));
    let rate = LOAD * case.flood;
    let of_other = (0..).map(move |number| (Duration::from_secs(number) / to_u32(rate), number, 1));
    let ticks = (1..).map(|number| (TICK * to_u32(number), number, 2));
    let mut sources: [Box<dyn Iterator<Item = (Duration, u64, usize)>>; 3] =
        [Box::new(of_watched), Box::new(of_other), Box::new(ticks)];
    let mut heads = sources.each_mut().map(|source| source.next().expect("they do not end"));
    std::iter::from_fn(move || {
        let (at, number, source) = *heads.iter().min().expect("there are three");
        heads[source] = sources[source].next().expect("they do not end");
        let value = match source {
            0 => record("eu-1", "watched", (at, number), SERIES),
            1 => record(case.pool, "flood", (at, number), case.series),
            _ => wire::encode(&Envelope { content: Content::Tick(Tick { at: moment(at), instance: "ingest".into() }) }),
        };
        Some(Arriving { at, value, is_watched: source == 0 })
    })
    .take_while(move |arriving| arriving.at < case.time)
}

fn to_u32(number: u64) -> u32 {
    u32::try_from(number).expect("small")
}

fn moment(after: Duration) -> Timestamp {
    START + i64::try_from(after.as_millis()).expect("not long")
}

/// A record of observations of a tenant, whose series are numbered and begin again after `series`.
fn record(pool: &str, tenant: &str, (at, number): (Duration, u64), series: u64) -> Vec<u8> {
    let observation = |place: u64| {
        let value = 10.0 + ((number * 7 + place) % 11) as f64 / 10.0;
        let label = ((number * PER_RECORD + place) % series).to_string();
        Observation {
            series: SeriesKey {
                pool: pool.into(),
                tenant: tenant.into(),
                resource: "app-1".into(),
                signal: "http.server.request.duration".into(),
                attributes: [("route".into(), label.as_str().into())].into(),
            },
            unit: "s".to_owned(),
            at: moment(at),
            value: Value::Gauge(value),
        }
    };
    let offset = i64::try_from(number).expect("few");
    let content = Content::Observations {
        pool: pool.into(),
        origin: Origin { topic: tenant.into(), partition: 0, offset, index: 0 },
        received: moment(at),
        observations: (0..PER_RECORD).map(observation).collect(),
    };
    wire::encode(&Envelope { content })
}

fn settings() -> Arc<Settings> {
    Arc::new(Settings::new(&Config::from_text(None, [], &[]).expect("the defaults are right").detect))
}

/// A partition that is being worked on.
struct Work {
    processor: Processor,
    origin: Origin,
}

impl Work {
    fn on(store: impl StateStore + 'static) -> Self {
        let processor = Processor::open(settings(), Box::new(store)).unwrap_or_else(|error| panic!("{error}"));
        let origin = Origin { topic: "tidewatch.observations".into(), partition: 0, offset: 0, index: 0 };
        Self { processor, origin }
    }

    fn judge(&mut self, arriving: &Arriving) {
        let at = moment(arriving.at);
        self.processor.process(&Received { origin: &self.origin, at, value: Some(&arriving.value) });
        self.origin.offset += 1;
    }

    /// Commits, and has everything published at once; returns the outputs.
    fn commit(&mut self) -> Vec<Outgoing> {
        self.processor.take_notes();
        self.processor.commit().unwrap_or_else(|error| panic!("{error}"));
        let outputs: Vec<Outgoing> = self.processor.outbox().waiting().iter().cloned().collect();
        let mut marks = Marks::default();
        if let Some(last) = outputs.last() {
            let mark = Mark { sequence: last.sequence, offset: 0 };
            for target in Target::OUTBOX {
                marks.set(target, Some(mark));
            }
        }
        self.processor.acknowledge(&marks);
        outputs
    }
}

/// How late the records of the watched tenant are committed, in order, when the stage works as fast as this machine.
fn delays(case: Case) -> Vec<Duration> {
    let folder = TempDir::new().expect("a folder can be made");
    let mut work = Work::on(RocksStore::open(folder.path()).expect("it opens"));
    let mut arriving = arrivals(case).peekable();
    let (mut now, mut delays) = (Duration::ZERO, Vec::new());
    while arriving.peek().is_some() {
        let (begun, mut watched, mut count) = (now, Vec::new(), 0);
        while count < BATCH {
            // What is there is taken, also when the time to wait for more is over.
            let until = now.max(begun + LINGER);
            let Some(next) = arriving.next_if(|next| next.at <= until) else {
                now = until;
                break;
            };
            now = now.max(next.at);
            let since = Instant::now();
            work.judge(&next);
            now += since.elapsed();
            watched.extend(next.is_watched.then_some(next.at));
            count += 1;
        }
        let since = Instant::now();
        work.commit();
        now += since.elapsed();
        delays.extend(watched.into_iter().map(|at| now.saturating_sub(at)));
    }
    delays.sort_unstable();
    delays
}

fn share(sorted: &[Duration], of_thousand: usize) -> Duration {
    sorted[(sorted.len() * of_thousand / 1_000).min(sorted.len() - 1)]
}

#[test]
#[ignore = "measures: cargo test --workspace --test system fairness:: -- --ignored --nocapture"]
fn a_flood_less_than_doubles_the_delay_of_the_tenant_beside_it() {
    let time = Duration::from_secs(150);
    println!("| the other tenant | p50 | p99 | longest |\n|---|---|---|---|");
    for pool in ["eu-1", "eu-2"] {
        let [calm, flooded, _] = [(1, SERIES), (100, u64::MAX), (100, MANY)].map(|(flood, series)| {
            let delays = delays(Case { pool, flood, series, time });
            let [half, most, last] = [500, 990, 1_000].map(|of_thousand| share(&delays, of_thousand));
            let labels =
                if series == u64::MAX { "a label on every value".to_owned() } else { format!("{series} series") };
            println!("| in {pool}, {flood} times its load, {labels} | {half:.1?} | {most:.1?} | {last:.1?} |");
            most
        });
        assert!(flooded < 2 * calm, "{pool}: {flooded:?} instead of {calm:?}");
    }
}

/// What is believed of every series of the watched tenant, and what was published about it.
fn of_watched(case: Case) -> (Vec<String>, usize) {
    let mut work = Work::on(MemoryStore::default());
    let mut about = 0;
    for (place, next) in arrivals(case).enumerate() {
        work.judge(&next);
        if place % 1_000 == 999 {
            about += work.commit().iter().filter(|output| mentions(output, "watched")).count();
        }
    }
    about += work.commit().iter().filter(|output| mentions(output, "watched")).count();
    let mut snapshot = Snapshot::default();
    snapshot.add(work.processor.store()).unwrap_or_else(|error| panic!("{error}"));
    let settings = settings();
    let named = snapshot.find("watched");
    let believed = named.iter().map(|named| format!("{:?}", snapshot.inspect(&settings, named.series, None)));
    (believed.collect(), about)
}

fn mentions(output: &Outgoing, tenant: &str) -> bool {
    String::from_utf8_lossy(&output.value).contains(tenant)
}

#[test]
fn a_flood_changes_nothing_of_what_is_known_of_the_tenant_beside_it() {
    let time = Duration::from_secs(45);
    for pool in ["eu-1", "eu-2"] {
        let [calm, flooded] =
            [(1, SERIES), (100, u64::MAX)].map(|(flood, series)| of_watched(Case { pool, flood, series, time }));
        assert!(calm.0.len() as u64 >= SERIES, "{} series", calm.0.len());
        assert!(calm == flooded, "{pool}: something is known or said otherwise, or lost");
    }
}
