//! `tidewatch run`: the service until somebody ends it.
//!
//! On SIGTERM or SIGINT every stage finishes its micro-batch: what it read is committed and published. Should that
//! take longer than the deadline, the process ends all the same; a crash is only a slower shutdown. The Kafka client may hang
//! while it says goodbye to brokers that were away: once everything is published, that is not waited for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use crate::clock::Stopwatch;
use crate::config::Config;
use crate::service::{Service, Stage};

/// How often the end is looked for.
const LOOK: Duration = Duration::from_millis(100);
/// How long a shutdown may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Runs the service until a signal or a failure.
///
/// # Errors
/// When it could not start, or a stage could not go on.
pub fn run(config: &Config, stages: &BTreeSet<Stage>, environment: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot wait for signals")?;
    let service = Service::start(config, stages, environment)?;
    let names: Vec<&str> = stages.iter().map(|stage| stage.name()).collect();
    tracing::info!(stages = names.join(","), brokers = config.kafka.brokers.join(","), "started");
    runtime.block_on(until_the_end(&service, config.log.progress))?;
    tracing::info!("ending");
    let gauges = Arc::clone(service.gauges());
    let stages = stages.len() as u64;
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

async fn until_the_end(service: &Service, tell_every: Duration) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let mut told = Stopwatch::start();
    while !service.is_stopping() {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            () = tokio::time::sleep(LOOK) => {}
        }
        if told.elapsed() >= tell_every {
            tell(service);
            told = Stopwatch::start();
        }
    }
    Ok(())
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
