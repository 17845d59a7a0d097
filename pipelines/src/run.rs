//! `tidewatch run`: the service until somebody ends it.
//!
//! On SIGTERM or SIGINT every stage finishes its micro-batch: what it read is committed and published. Should that
//! take longer than the deadline, the process ends all the same; a crash is only a slower shutdown. The Kafka client may hang
//! while it says goodbye to brokers that were away: once everything is published, that is not waited for.
//!
//! Signals are heard before anything starts, since whoever rolls out a fleet also ends what has only just begun.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::clock::Stopwatch;
use crate::config::Config;
use crate::service::{Service, Stage};

/// How often the end is looked for.
const LOOK: Duration = Duration::from_millis(100);
/// How long a shutdown may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long a start goes on after somebody asked for the end: nothing was read yet that would be lost.
const START_DEADLINE: Duration = Duration::from_secs(2);

/// Runs the service until a signal or a failure.
///
/// # Errors
/// When it could not start, or a stage could not go on.
pub fn run(config: &Config, stages: &BTreeSet<Stage>, environment: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot wait for signals")?;
    let mut end = runtime.block_on(async { End::listen() })?;
    let service = std::thread::scope(|scope| {
        let starting = scope.spawn(|| Service::start(config, stages, environment));
        runtime.block_on(until_started(&mut end, || starting.is_finished()));
        starting.join()
    });
    let service = service.map_err(|_| anyhow::anyhow!("starting the stages panicked"))??;
    let names: Vec<&str> = stages.iter().map(|stage| stage.name()).collect();
    tracing::info!(stages = names.join(","), brokers = config.kafka.brokers.join(","), "started");
    runtime.block_on(until_the_end(&mut end, &service, config.log.progress));
    tracing::info!("ending");
    let gauges = Arc::clone(service.gauges());
    let stages = service.stages();
    let deadline = std::thread::spawn(move || {
        std::thread::sleep(DEADLINE);
        if gauges.stages_drained() == stages {
            tracing::warn!("everything is published; the Kafka client does not end, so the process ends without it");
            std::process::exit(0);
        }
        tracing::warn!("stages did not end in time; what was committed stands");
        std::process::exit(1);
    });
    let result = service.stop();
    drop(deadline);
    Ok(result?)
}

/// The signals that ask the service to end, and whether one has come.
struct End {
    terminate: Signal,
    interrupt: Signal,
    asked: bool,
}

impl End {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?,
            asked: false,
        })
    }

    /// Waits for a signal, but not longer than until it is time to look around.
    async fn look(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => self.asked = true,
            _ = self.interrupt.recv() => self.asked = true,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// A start that is nearly over is let through and ended in order; brokers that do not answer could hold it up for long.
async fn until_started(end: &mut End, mut is_started: impl FnMut() -> bool) {
    let mut asked: Option<Stopwatch> = None;
    while !is_started() {
        end.look().await;
        if end.asked && asked.get_or_insert_with(Stopwatch::start).elapsed() >= START_DEADLINE {
            tracing::warn!("asked to end while starting, and the start does not end; what was committed stands");
            std::process::exit(0);
        }
    }
}

async fn until_the_end(end: &mut End, service: &Service, tell_every: Duration) {
    let mut told = Stopwatch::start();
    while !end.asked && !service.is_stopping() {
        end.look().await;
        if told.elapsed() >= tell_every {
            tell(service);
            told = Stopwatch::start();
        }
    }
}

fn tell(service: &Service) {
    let gauges = service.gauges();
    tracing::info!(
        ingested = gauges.ingested.get(),
        rejected = gauges.rejected.get(),
        clamped = gauges.clamped.get(),
        unassigned = gauges.unassigned.get(),
        judged = gauges.judged.get(),
        published = gauges.published.get(),
        outbox = gauges.outbox.get(),
        checkpoint_age = gauges.checkpoint_age().map(|age| age.as_secs_f64()),
        told = gauges.told.get(),
        given_up = gauges.given_up.get(),
        untold = gauges.untold.get(),
        stored = gauges.stored.get(),
        unfit = gauges.unfit.get(),
        unstored = gauges.unstored.get(),
        event_time = gauges.event_time().map(tracing::field::display),
        "so far"
    );
}
