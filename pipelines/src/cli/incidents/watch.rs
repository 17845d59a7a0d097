//! `tidewatch incidents watch`: every change of an incident as it comes.
//!
//! The topic is read from its beginning all the same, so that a line can say what changed.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Context as _;
use tidewatch_schemas::{Incident, Timestamp};
use tokio::signal::unix::{SignalKind, signal};

use super::filter::Filter;
use super::source::{self, Source};
use super::{Look, UNCUT};
use crate::cli::{Format, Verdict, screen};
use crate::clock;
use crate::incidents::{Log, Selection, line};

/// What is watched.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    look: Look,
}

/// Watches until SIGINT or SIGTERM, or until nobody reads; a file to its end.
pub(super) fn run(args: &Args) -> anyhow::Result<Verdict> {
    let mut watcher = Watcher { look: args.look, selection: args.filter.selection(None), log: Log::default() };
    match &args.source.input {
        Some(file) => watcher.read(file)?,
        None => watcher.follow(&args.source)?,
    }
    Ok(Verdict::Fine)
}

struct Watcher {
    look: Look,
    selection: Selection,
    log: Log,
}

/// A line, and when it happened.
type Told = (Timestamp, String);

impl Watcher {
    /// Shows the changes in a file in the order in which they happened.
    fn read(&mut self, file: &Path) -> anyhow::Result<()> {
        let mut records = source::records(file)?;
        records.sort_by_key(|record| (record.updated_at, record.incident_id, record.revision));
        let now = records.last().map_or_else(clock::now, |last| last.updated_at);
        for record in &records {
            let is_recent = self.selection.is_recent(record, now);
            let told = self.take(record)?.filter(|_| is_recent);
            if !show(told)? {
                break;
            }
        }
        Ok(())
    }

    /// Shows what there is, as far as it is asked for, then what comes.
    fn follow(&mut self, source: &Source) -> anyhow::Result<()> {
        let is_over = until_interrupted()?;
        let mut topic = source.topic()?;
        let now = clock::now();
        let mut earlier = Some(Vec::new());
        while !is_over.load(Ordering::SeqCst) {
            let record = topic.next()?;
            let is_recent = record.as_ref().is_some_and(|record| self.is_asked_for(record, now));
            let told = record.as_ref().map(|record| self.take(record)).transpose()?.flatten();
            match &mut earlier {
                Some(earlier) => earlier.extend(told.filter(|_| is_recent)),
                None if !show(told)? => break,
                None => {}
            }
            if topic.has_caught_up()
                && let Some(mut earlier) = earlier.take()
            {
                screen::note(&format!("watching {}; Ctrl-C ends", topic.place()));
                earlier.sort();
                for told in earlier {
                    if !show(Some(told))? {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a change that was there before is to be shown.
    fn is_asked_for(&self, record: &Incident, now: Timestamp) -> bool {
        self.selection.since_ms.is_some() && self.selection.is_recent(record, now)
    }

    /// Takes in a record. It has a line where it says something that was not known, about what is watched.
    fn take(&mut self, record: &Incident) -> anyhow::Result<Option<Told>> {
        let before = self.log.before(record).cloned();
        if !self.log.add(record.clone()) || !self.selection.is_about(record) {
            return Ok(None);
        }
        let line = match self.look.format {
            Format::Json => serde_json::to_string(record)?,
            Format::Text => line(before.as_ref(), record, self.look.view(record.updated_at, UNCUT)),
        };
        Ok(Some((record.updated_at, line + "\n")))
    }
}

/// Shows a line, and returns whether somebody reads on.
fn show(told: Option<Told>) -> io::Result<bool> {
    told.map_or(Ok(true), |(_, line)| screen::show_more(&line))
}

/// Becomes true with SIGINT or SIGTERM.
fn until_interrupted() -> anyhow::Result<Arc<AtomicBool>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot wait for signals")?;
    let guard = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    drop(guard);
    let is_over = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&is_over);
    // It ends with the process.
    thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        });
        told.store(true, Ordering::SeqCst);
    });
    Ok(is_over)
}
