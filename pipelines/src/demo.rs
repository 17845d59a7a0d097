//! The demo: an embedded broker, a recorded fleet with real faults, and the whole pipeline over real sockets.
//!
//! The recording is sent as a collector would send it, the stages are those of `tidewatch run`, and incidents are read
//! back from their topic. The broker keeps only 5 MiB a partition, so the sender waits for those who read.

pub mod broker;
mod forward;
mod outcome;
mod reader;
mod scratch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use anyhow::Context as _;
use tidewatch_delivery::TopicPublisher;
use tidewatch_schemas::{Incident, Timestamp};

use crate::config::{Config, Flag, Text};
use crate::kafka::Gauges;
use crate::labels::Labels;
use crate::recording::otlp::SHARED_TOPIC;
use crate::recording::{self, Recording};
use crate::replay::{self, Plan};
use crate::service::{Service, Stage};
use broker::Broker;
pub use outcome::Outcome;
use reader::Reader;
use scratch::Scratch;

/// Pool that the recording belongs to.
pub const POOL: &str = crate::backtest::RECORDING_POOL;

/// What the resources of the recorded fleet are said to cost.
pub const PRICES: &str = "cost:
  period: 1m
  waiting_hour: 30
  prices:
    - { resource: pg-main, price: 0.42, per: hour, by: lab.postgresql.backend.cpu.time, capacity: 2, entitled_each: 0.25 }
    - { resource: odoo-web, price: \"310\", per: month, by: odoo.requests }
";

/// What the demo is asked to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wishes {
    /// Recorded seconds per second; 0 for as fast as possible.
    pub speed: f64,
    /// Port of the broker on 127.0.0.1; any free one when absent.
    pub port: Option<u16>,
    /// Folder or bucket that what is published goes to as tables; none when absent.
    pub lake: Option<String>,
    /// Records of a micro-batch, where it matters to whoever asks.
    pub batch: Option<usize>,
}

/// Those who watch a demo while it runs.
pub trait Audience {
    /// The broker is up and the recording is about to begin.
    fn begins(&mut self, broker: &str, recording: (Timestamp, Timestamp));
    /// The pipeline has judged everything up to `at`.
    fn reached(&mut self, at: Timestamp);
    /// A revision of an incident stands on the incident topic; `bytes` is the record.
    fn incident(&mut self, incident: &Incident, bytes: &[u8]);
    /// Everything was judged; the broker stays up until this returns.
    fn ends(&mut self, outcome: &Outcome) -> anyhow::Result<()>;
}

/// Runs the demo before an audience.
///
/// # Errors
/// When a part of it cannot start, or ends before its time.
pub fn run(wishes: &Wishes, audience: &mut dyn Audience) -> anyhow::Result<()> {
    let recording = Recording::embedded().context("the recording inside this program")?;
    let labels = Labels::parse("labels of the recording inside this program", recording::embedded_labels())?;
    let span = recording.start().zip(recording.end()).context("the recording is empty")?;
    let broker = Broker::start(wishes.port)?;
    let state = Scratch::open()?;
    let config = configuration(&broker, state.folder(), wishes)?;
    let service = Service::start(&config, &BTreeSet::from(Stage::ALL), &BTreeMap::new())?;
    audience.begins(broker.address(), span);
    let revisions = play(&broker, wishes, (&recording, &service), audience)?;
    let outcome = Outcome::new(revisions, &labels, span.0, &broker, service.gauges());
    audience.ends(&outcome)?;
    Ok(service.stop()?)
}

fn configuration(broker: &Broker, state: &std::path::Path, wishes: &Wishes) -> anyhow::Result<Config> {
    let flag = |key: &str, value: String| Flag { name: key.to_owned(), key: key.to_owned(), value };
    let mut flags = vec![
        flag("kafka.brokers", broker.bootstrap().to_owned()),
        flag("detect.clock", "events".to_owned()),
        flag("detect.state", state.display().to_string()),
        // The embedded broker has no transactions that fence.
        flag("kafka.publishing", "idempotent".to_owned()),
        flag("log.level", "warn".to_owned()),
    ];
    // Windows are many, and only a lake has a use for them.
    flags.extend(
        wishes.lake.iter().flat_map(|url| [flag("lake.url", url.clone()), flag("detect.windows", "all".to_owned())]),
    );
    if let Some(batch) = wishes.batch {
        flags.push(flag("detect.batch", batch.to_string()));
        flags.push(flag("ingest.batch", batch.to_string()));
    }
    Ok(Config::from_text(Some(Text { name: "demo", yaml: PRICES }), std::iter::empty(), &flags)?)
}

/// Sends the recording on one thread and reads incidents on this one, until everything sent was judged and read.
fn play(
    broker: &Broker,
    wishes: &Wishes,
    (recording, service): (&Recording, &Service),
    audience: &mut dyn Audience,
) -> anyhow::Result<Vec<Incident>> {
    let reader = Reader::start(broker.bootstrap())?;
    let mut publisher = TopicPublisher::new(&broker.client())?;
    let plan = Plan {
        pool: POOL.to_owned(),
        speed: wishes.speed,
        topic: Some(SHARED_TOPIC.to_owned()),
        partitions: broker.partitions(),
    };
    let (total, over) = (AtomicU64::new(u64::MAX), AtomicBool::new(false));
    let gauges = Arc::clone(service.gauges());
    thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let mut go_on = |_: Timestamp, sent: u64| wait_for_readers(&gauges, sent, &over);
            let sent = replay::send(recording, &plan, &mut publisher, &mut go_on);
            total.store(*sent.as_ref().unwrap_or(&0), Ordering::SeqCst);
            sent
        });
        let read = read_until_judged(&reader, service, &total, audience);
        over.store(true, Ordering::SeqCst);
        let sent = sender.join().map_err(|_| anyhow::anyhow!("the sender panicked"))?;
        sent.context("sending the recording")?;
        read
    })
}

/// Most messages and envelopes on their way at a time: far less than the 5 MiB that the broker keeps of a partition.
const MOST_MESSAGES: u64 = 256;
const MOST_ENVELOPES: u64 = 128;

fn wait_for_readers(gauges: &Gauges, sent: u64, over: &AtomicBool) -> bool {
    loop {
        if over.load(Ordering::SeqCst) {
            return false;
        }
        let messages = sent.saturating_sub(gauges.ingested.get());
        let envelopes = gauges.envelopes.get().saturating_sub(gauges.judged.get());
        if messages <= MOST_MESSAGES && envelopes <= MOST_ENVELOPES {
            return true;
        }
        thread::sleep(reader::LOOK);
    }
}

fn read_until_judged(
    reader: &Reader,
    service: &Service,
    total: &AtomicU64,
    audience: &mut dyn Audience,
) -> anyhow::Result<Vec<Incident>> {
    let gauges = service.gauges();
    let (mut revisions, mut outputs) = (Vec::new(), 0);
    loop {
        anyhow::ensure!(!service.is_stopping(), "a stage of the pipeline ended; its last words are above");
        let judged =
            gauges.ingested.get() >= total.load(Ordering::SeqCst) && gauges.judged.get() >= gauges.envelopes.get();
        let published = gauges.published.get();
        if let Some((incident, bytes)) = reader.next(&mut outputs)? {
            audience.incident(&incident, &bytes);
            revisions.push(incident);
        } else if judged && gauges.outbox.get() == 0 && outputs >= published && gauges.published.get() == published {
            return Ok(revisions);
        }
        gauges.event_time().into_iter().for_each(|at| audience.reached(at));
    }
}
