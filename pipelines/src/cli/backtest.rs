//! `tidewatch backtest`: what the service would have said about recorded input.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use super::{Format, Verdict, log, screen};
use crate::backtest::{self, Request};
use crate::clock::Stopwatch;
use crate::config::{self, Config, Flag};
use crate::labels::Labels;

/// The knob for a corpus of the Numenta Anomaly Benchmark: what a false alarm costs there pays for about four a month.
const BENCHMARK_FALSE_ALARMS: f64 = 4.0;
/// The knob as an environment variable.
const KNOB: &str = "TIDEWATCH__DETECT__FALSE_ALARMS";

/// What is judged, and how it is told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A folder with a recording, JSON lines (.jsonl), logs, or CSV with timestamp and values; each file also gzipped
    #[arg(long, value_name = "F", required_unless_present = "nab", num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// A corpus in the layout of the Numenta Anomaly Benchmark: its folder with data/ and labels/ in it
    #[arg(long, value_name = "CORPUS", requires = "out", conflicts_with_all = ["input", "labels", "from_otlp"])]
    pub nab: Option<PathBuf>,
    /// Folder for what was said about every row of a CSV file; with --nab one result file per data file
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Configuration; the default one when left out. The clock is always that of the events
    #[arg(long, value_name = "F")]
    pub config: Option<PathBuf>,
    /// Expected false findings per series and month, instead of what the configuration says
    #[arg(long, value_name = "K")]
    pub false_alarms: Option<String>,
    /// What was really wrong, to score the incidents against; instead of the column label that CSV files may have
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
    let config = configuration(args)?;
    log::begin(&config.log);
    let labels = args.labels.as_deref().map(Labels::read).transpose()?;
    let request = Request {
        inputs: args.input.clone(),
        pool: args.pool.clone(),
        from_otlp: args.from_otlp,
        corpus: args.nab.clone(),
        out: args.out.clone(),
    };
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
        Format::Text if args.nab.is_some() => backtest::summary(&outcome),
        Format::Text => backtest::text(&outcome, labels.as_ref(), screen::wants_colour()),
        Format::Json => outcome.to_json()? + "\n",
    };
    screen::show(&text)?;
    Ok(Verdict::Fine)
}

/// The configuration with the knob that this command is about.
fn configuration(args: &Args) -> Result<Config, config::ConfigErrors> {
    let flag = |value: &String| Flag {
        name: "--false-alarms".to_owned(),
        key: "detect.false_alarms".to_owned(),
        value: value.clone(),
    };
    let flags: Vec<Flag> = args.false_alarms.iter().map(flag).collect();
    let environment: Vec<(String, String)> = config::variables().into_iter().collect();
    let is_chosen = !flags.is_empty() || args.config.is_some() || environment.iter().any(|(name, _)| name == KNOB);
    let mut config = Config::load(args.config.as_deref(), environment, &flags)?;
    if args.nab.is_some() && !is_chosen {
        config.detect.false_alarms = BENCHMARK_FALSE_ALARMS;
    }
    Ok(config)
}
