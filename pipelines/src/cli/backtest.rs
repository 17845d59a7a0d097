//! `tidewatch backtest`: what the service would have said about recorded input.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use super::{Format, Verdict, configuration, log, screen};
use crate::backtest::{self, Request};
use crate::clock::Stopwatch;
use crate::labels::Labels;

/// What is judged, and how it is told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A folder with a recording, JSON lines (.jsonl), logs, or CSV with timestamp and value; each file also gzipped
    #[arg(long, value_name = "F", required = true, num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// Configuration; the default one when left out. The clock is always that of the events
    #[arg(long, value_name = "F")]
    pub config: Option<PathBuf>,
    /// What was really wrong, to score the incidents against
    #[arg(long, value_name = "F")]
    pub labels: Option<PathBuf>,
    /// Pool of what names none
    #[arg(long, value_name = "NAME")]
    pub pool: Option<String>,
    /// Send JSON lines as an OpenTelemetry Collector would have, instead of as they are
    #[arg(long)]
    pub from_otlp: bool,
    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Judges and reports.
///
/// # Errors
/// When the configuration is wrong, or an input or the labels cannot be read.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let config = configuration(args.config.as_deref())?;
    log::begin(&config.log);
    let labels = args.labels.as_deref().map(Labels::read).transpose()?;
    let request = Request { inputs: args.input.clone(), pool: args.pool.clone(), from_otlp: args.from_otlp };
    let (watch, bar) = (Stopwatch::start(), screen::progress("judging"));
    let outcome = backtest::run(&request, &config, labels.as_ref(), &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    if io::stderr().is_terminal() {
        eprintln!("judged {} records in {:.1} s", outcome.records, watch.elapsed().as_secs_f64());
    }
    let text = match args.format {
        Format::Text => backtest::text(&outcome, labels.as_ref(), screen::wants_colour()),
        Format::Json => outcome.to_json()? + "\n",
    };
    screen::show(&text)?;
    Ok(Verdict::Fine)
}
