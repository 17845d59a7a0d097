//! `tidewatch backtest`: what the service would have said about recorded input.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::{Format, Verdict, log, screen};
use crate::backtest::{self, Other, Outcome, Request};
use crate::clock::Stopwatch;
use crate::config::{self, Config, Flag};
use crate::labels::Labels;
use crate::{present, report};

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
    /// Another configuration: say what it finds more and less. Exit code 1 when it loses something that is labelled
    #[arg(long, value_name = "F")]
    pub against: Option<PathBuf>,
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
    /// Page with every series, its band, alarms, incidents and labels, as HTML that needs nothing else
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// One series as a picture: what its name contains, and the file
    #[arg(long, num_args = 2, value_names = ["SERIES", "FILE"], hide = true)]
    pub picture: Vec<String>,
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
    let against = args.against.as_deref().map(|file| super::configuration(Some(file))).transpose()?;
    log::begin(config.log.level, config.log.format);
    let labels = args.labels.as_deref().map(Labels::read).transpose()?;
    let outcome = judge(&request(args), &config, labels.as_ref())?;
    let without_results = Request { out: None, plots: false, ..request(args) };
    draw(args, &config, &outcome)?;
    let second = against.map(|config| judge(&without_results, &config, labels.as_ref())).transpose()?;
    let other = second.map(|second| outcome.compare(second));
    screen::show(&told(args, (&outcome, other.as_ref()), labels.as_ref())?)?;
    let is_worse = other.is_some_and(|other| !other.comparison.labelled_lost.is_empty());
    Ok(if is_worse { Verdict::ProblemsFound } else { Verdict::Fine })
}

fn request(args: &Args) -> Request {
    Request {
        inputs: args.input.clone(),
        pool: args.pool.clone(),
        from_otlp: args.from_otlp,
        corpus: args.nab.clone(),
        out: args.out.clone(),
        plots: args.report.is_some() || !args.picture.is_empty(),
    }
}

/// Writes the page and the picture that are asked for.
fn draw(args: &Args, config: &Config, outcome: &Outcome) -> anyhow::Result<()> {
    if let Some(file) = &args.report {
        let inputs: Vec<String> = args.input.iter().chain(&args.nab).map(|path| path.display().to_string()).collect();
        let knob = config.detect.false_alarms;
        let about = format!("{}; {knob} false alarms per series and month are accepted", inputs.join(", "));
        save(file, &backtest::page(outcome, &about))?;
    }
    let [name, file] = args.picture.as_slice() else { return Ok(()) };
    let plot = outcome.plots.iter().find(|plot| plot.name().contains(name.as_str()));
    let plot = plot.with_context(|| format!("--picture {name}: no series is called so"))?;
    save(Path::new(file), &report::standalone(plot))
}

fn save(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| file.display().to_string())
}

/// Judges with a bar that shows how far it is.
fn judge(request: &Request, config: &Config, labels: Option<&Labels>) -> anyhow::Result<Outcome> {
    let (watch, bar) = (Stopwatch::start(), screen::progress("judging"));
    let outcome = backtest::run(request, config, labels, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    if io::stderr().is_terminal() {
        eprintln!("judged {} records in {:.1} s", outcome.records, watch.elapsed().as_secs_f64());
    }
    Ok(outcome)
}

/// What is printed.
fn told(
    args: &Args,
    (outcome, other): (&Outcome, Option<&Other>),
    labels: Option<&Labels>,
) -> serde_json::Result<String> {
    if args.format == Format::Json {
        return Ok(outcome.to_json(other)? + "\n");
    }
    let Some((other, file)) = other.zip(args.against.as_ref()) else {
        let summary = || backtest::summary(outcome);
        let whole = || backtest::text(outcome, labels, screen::wants_colour());
        return Ok(if args.nab.is_some() { summary() } else { whole() });
    };
    let (before, after) = (backtest::summary(outcome), backtest::summary(&other.outcome));
    let differences = present::comparison(&file.display().to_string(), &other.comparison);
    Ok(format!("Before\n{before}\nAfter\n{after}\n{differences}"))
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
