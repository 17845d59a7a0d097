//! `tidewatch demo`: an embedded broker, a recorded fleet with real faults, and the whole pipeline.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use tidewatch_schemas::{Incident, Timestamp};

use super::{Format, Verdict, screen};
use crate::config::LogFormat;
use crate::demo::{self, Audience, Outcome, Wishes};
use crate::labels::Labels;
use crate::present::{self, NextSteps, Presenter};
use crate::recording;

/// What the demo is asked to do.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How many times faster than it happened the recording is sent; 0 sends as fast as possible
    #[arg(long, value_name = "N", default_value_t = 60.0, value_parser = super::replay::speed)]
    pub speed: f64,
    /// End by itself after the replay, with a summary
    #[arg(long)]
    pub once: bool,
    /// Port of the embedded broker on 127.0.0.1; any free one when left out
    #[arg(long, value_name = "P")]
    pub port: Option<u16>,
    /// Folder that what is published goes to as tables, for tidewatch sql; it must be empty
    #[arg(long, value_name = "DIR")]
    pub lake: Option<PathBuf>,
    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Runs the demo.
///
/// # Errors
/// When a part of it fails.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    super::log::begin(tracing::Level::WARN, LogFormat::Text);
    let labels = Labels::parse("labels", recording::embedded_labels())?;
    let mut screen = Screen { args, labels, colour: screen::wants_colour(), started: Timestamp(0), bar: bar() };
    let lake = args.lake.as_deref().map(empty).transpose()?;
    demo::run(&Wishes { speed: args.speed, port: args.port, lake, batch: None }, &mut screen)?;
    if let (Some(folder), Format::Text) = (&args.lake, args.format) {
        screen::show(&format!("Ask it anything: tidewatch sql --lake {}\n", folder.display()))?;
    }
    Ok(Verdict::Fine)
}

/// The recording starts anew each time, so that a lake of another time cannot be gone on with.
fn empty(folder: &Path) -> anyhow::Result<String> {
    let is_empty = std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    anyhow::ensure!(is_empty, "--lake {}: the folder is not empty; name another one", folder.display());
    Ok(folder.display().to_string())
}

/// A person at a terminal, or a program that wants JSON.
struct Screen<'a> {
    args: &'a Args,
    labels: Labels,
    colour: bool,
    started: Timestamp,
    bar: ProgressBar,
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("recording [{bar:40}] {msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

impl Screen<'_> {
    fn show(&self, text: &str) {
        if self.args.format == Format::Text {
            self.bar.suspend(|| {
                let mut out = std::io::stdout().lock();
                let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            });
        }
    }

    fn presenter(&self) -> Presenter<'_> {
        Presenter::new(self.started, Some(&self.labels), self.colour)
    }
}

impl Audience for Screen<'_> {
    fn begins(&mut self, broker: &str, (first, last): (Timestamp, Timestamp)) {
        self.started = self.labels.start_or(first);
        self.bar.set_length(u64::try_from(last - self.started).unwrap_or(0));
        self.show(&opening(broker, self.args.speed));
    }

    fn reached(&mut self, at: Timestamp) {
        let millis = u64::try_from(at - self.started).unwrap_or(0);
        self.bar.set_position(millis);
        self.bar.set_message(format!("{:02}:{:02}", millis / 60_000, millis / 1_000 % 60));
    }

    fn incident(&mut self, incident: &Incident, _: &[u8]) {
        self.show(&format!("{}\n", self.presenter().incident(incident)));
    }

    fn ends(&mut self, outcome: &Outcome) -> anyhow::Result<()> {
        self.bar.finish_and_clear();
        if self.args.format == Format::Json {
            screen::show(&(serde_json::to_string_pretty(&outcome.report)? + "\n"))?;
        } else {
            let broker = (!self.args.once)
                .then_some(present::Broker { address: &outcome.broker, incidents_topic: &outcome.incidents_topic });
            let next = NextSteps { program: "tidewatch", broker };
            screen::show(&present::last_screen(&outcome.report, self.started, next, self.colour))?;
        }
        if self.args.once { Ok(()) } else { wait_for_interrupt() }
    }
}

fn opening(broker: &str, speed: f64) -> String {
    let pace =
        if speed > 0.0 { format!("{speed} times faster than it happened") } else { "as fast as it goes".to_owned() };
    format!(
        "A recorded Odoo fleet of four tenants on one PostgreSQL: 24 minutes, nine labelled faults, played {pace}.\n\
         Kafka of this demo: {broker}. Times are minutes:seconds since the recording began; the first eight are quiet.\n\n"
    )
}

fn wait_for_interrupt() -> anyhow::Result<()> {
    screen::show("\nThe broker stays up. Ctrl-C ends the demo.\n")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot wait for Ctrl-C")?;
    runtime.block_on(tokio::signal::ctrl_c()).context("cannot wait for Ctrl-C")
}
