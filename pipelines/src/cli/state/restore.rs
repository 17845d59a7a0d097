//! `tidewatch state restore`: the states of partitions from their checkpoints, into folders from which the service goes on.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tidewatch_schemas::Timestamp;

use super::place;
use crate::checkpoint::{Chosen, Remote, restore};
use crate::cli::{Format, Verdict, configuration, screen};
use crate::clock::Stopwatch;

/// What is restored.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Configuration of the service, which names where checkpoints are and the folder of the state
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// The partition to restore; all that have checkpoints when left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Option<i32>,
    /// Folder for the states, a folder per partition in it, instead of the configured one
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was restored and what was not.
#[derive(Debug, Serialize)]
struct Report {
    url: String,
    restored: Vec<Restored>,
    failed: Vec<Failed>,
}

#[derive(Debug, Serialize)]
struct Restored {
    partition: i32,
    folder: PathBuf,
    epoch: u64,
    offset: u64,
    taken_at: Timestamp,
    files: usize,
    bytes: u64,
    seconds: f64,
    /// Later checkpoints that could not be used.
    passed_over: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Failed {
    partition: i32,
    error: String,
}

/// Restores and reports.
///
/// # Errors
/// When the configuration is wrong or the object store refuses; what fails for one partition is in the report.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let config = configuration(args.config.as_deref())?;
    let remote = place::remote(&config)?;
    let folder = args.to.as_ref().unwrap_or(&config.detect.state);
    let mut report = Report { url: remote.url().to_owned(), restored: Vec::new(), failed: Vec::new() };
    for partition in place::partitions(&remote, args.partition)? {
        match one(&remote, partition, &folder.join(partition.to_string())) {
            Ok(restored) => report.restored.push(restored),
            Err(error) => report.failed.push(Failed { partition, error }),
        }
    }
    screen::show(&match args.format {
        Format::Text => text(&report),
        Format::Json => serde_json::to_string_pretty(&report)? + "\n",
    })?;
    let is_fine = report.failed.is_empty() && !report.restored.is_empty();
    Ok(if is_fine { Verdict::Fine } else { Verdict::ProblemsFound })
}

fn one(remote: &Remote, partition: i32, folder: &Path) -> Result<Restored, String> {
    let watch = Stopwatch::start();
    let chosen = restore::latest(remote, None, partition, folder).map_err(|error| error.to_string())?;
    let Chosen { manifest, passed_over } =
        chosen.ok_or_else(|| format!("there is no checkpoint of it at {}", remote.url()))?;
    Ok(Restored {
        partition,
        folder: folder.to_owned(),
        epoch: manifest.epoch.0,
        offset: manifest.offset,
        taken_at: manifest.taken_at,
        files: manifest.files.len(),
        bytes: manifest.bytes(),
        seconds: watch.elapsed().as_secs_f64(),
        passed_over: passed_over.iter().map(|flawed| format!("{}: {}", flawed.name, flawed.flaw)).collect(),
    })
}

fn text(report: &Report) -> String {
    let mut page = String::new();
    for one in &report.restored {
        let Restored { partition, folder, epoch, offset, taken_at, files, bytes, seconds, passed_over } = one;
        for flawed in passed_over {
            let _ = writeln!(page, "partition {partition}: passed over {flawed}");
        }
        let _ = writeln!(
            page,
            "partition {partition}: restored to {} in {seconds:.1} s: taken at {taken_at}, epoch {epoch}, goes on at \
             offset {offset}; {files} files, {bytes} bytes",
            folder.display()
        );
    }
    for Failed { partition, error } in &report.failed {
        let _ = writeln!(page, "partition {partition}: not restored: {error}");
    }
    if report.restored.is_empty() && report.failed.is_empty() {
        let _ = writeln!(page, "there is no checkpoint at {}", report.url);
    }
    page
}
