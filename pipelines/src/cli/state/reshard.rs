//! `tidewatch state reshard`: the states of all partitions, moved to another number of partitions.
//!
//! States are read where they are and not changed. What is written lies beside the wanted folder until all of it is on
//! disk, so that half a state is never found there.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde::Serialize;

use crate::cli::{Format, Verdict, configuration, screen};
use crate::clock::Stopwatch;
use crate::detect::reshard::{Moved, reshard};
use crate::state::{RocksStore, StateStore};

/// What is moved.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Configuration of the service, which names the folder of the state
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// Partitions that the topic of observations had
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    from: u32,
    /// Partitions that it is made anew with
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    to: u32,
    /// Folder of the state, instead of the configured one
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Folder to be made for the moved state; that of the state with `-of-M` behind its name when left out
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Serialize)]
struct Report {
    folder: PathBuf,
    /// The offset that each partition would have read next: where the old topic must have ended.
    stood_at: Vec<Option<i64>>,
    /// What each partition has got.
    partitions: Vec<Partition>,
    /// Outputs are numbered from here on.
    sequence: u64,
    /// What the moved state, and checkpoints of it, are told by from those before.
    lineage: String,
    seconds: f64,
    /// Whether checkpoints are configured: those of the old partitions must not be found.
    has_checkpoints: bool,
}

#[derive(Debug, Serialize)]
struct Partition {
    number: usize,
    pools: usize,
    series: usize,
}

/// Moves and reports.
///
/// # Errors
/// When the configuration is wrong, a state is missing, in use or not ready, or the folder is there already.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let config = configuration(args.config.as_deref())?;
    let folder = args.state.as_ref().unwrap_or(&config.detect.state);
    let out = args.out.clone().unwrap_or_else(|| beside(folder, &format!("-of-{}", args.to)));
    let watch = Stopwatch::start();
    let moved = into_place(folder, &out, (args.from, args.to))?;
    let partitions = moved.got.iter().enumerate();
    let partitions = partitions.map(|(number, got)| Partition { number, pools: got.pools, series: got.series });
    let report = Report {
        folder: out,
        stood_at: moved.stood_at,
        partitions: partitions.collect(),
        sequence: moved.sequence,
        lineage: moved.lineage.to_string(),
        seconds: watch.elapsed().as_secs_f64(),
        has_checkpoints: config.detect.checkpoints.location.is_some(),
    };
    screen::show(&match args.format {
        Format::Text => text(&report),
        Format::Json => serde_json::to_string_pretty(&report)? + "\n",
    })?;
    Ok(Verdict::Fine)
}

/// A folder beside `folder` whose name goes on with `suffix`.
fn beside(folder: &Path, suffix: &str) -> PathBuf {
    let mut name = folder.file_name().map_or_else(|| OsString::from("state"), ToOwned::to_owned);
    name.push(suffix);
    folder.with_file_name(name)
}

fn into_place(folder: &Path, out: &Path, (from, to): (u32, u32)) -> anyhow::Result<Moved> {
    ensure!(!out.exists(), "{} is there already: remove it, or name another folder with --out", out.display());
    let stores = open_all(folder, from)?;
    let partial = beside(out, ".partial");
    let in_partial = || format!("the folder {} cannot be written", partial.display());
    if partial.exists() {
        fs::remove_dir_all(&partial).with_context(in_partial)?;
    }
    fs::create_dir_all(&partial).with_context(in_partial)?;
    let moved = write(&stores, &partial, to);
    if moved.is_err() {
        fs::remove_dir_all(&partial).with_context(in_partial)?;
    }
    let moved = moved?;
    fs::rename(&partial, out)
        .with_context(|| format!("{} cannot be renamed to {}", partial.display(), out.display()))?;
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = File::open(parent).and_then(|parent| parent.sync_all());
    synced.with_context(|| format!("{} cannot be synced", parent.display()))?;
    Ok(moved)
}

/// Opens the stores of all partitions, which nobody else may have open.
fn open_all(folder: &Path, count: u32) -> anyhow::Result<Vec<Box<dyn StateStore>>> {
    let entries = fs::read_dir(folder);
    let entries = entries.with_context(|| format!("the folder of the state, {}, cannot be read", folder.display()))?;
    let name = |entry: std::io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse::<u32>().ok();
    if let Some(beyond) = entries.filter_map(name).find(|number| *number >= count) {
        bail!("{} has a partition {beyond}, so --from {count} is not their number", folder.display());
    }
    let mut stores: Vec<Box<dyn StateStore>> = Vec::new();
    for number in 0..count {
        let place = folder.join(number.to_string());
        ensure!(
            place.join("CURRENT").exists(),
            "partition {number} of {count} is not in {}: bring it there, for example with tidewatch state restore",
            folder.display()
        );
        stores.push(Box::new(RocksStore::open(&place)?));
    }
    Ok(stores)
}

/// Writes the moved states into folders of their numbers, as tables that are synced.
fn write(from: &[Box<dyn StateStore>], partial: &Path, count: u32) -> anyhow::Result<Moved> {
    let work = partial.join("work");
    let mut stores: Vec<Box<dyn StateStore>> = Vec::new();
    for number in 0..count {
        stores.push(Box::new(RocksStore::open(&work.join(number.to_string()))?));
    }
    let moved = reshard(from, &mut stores)?;
    for (number, store) in stores.iter().enumerate() {
        store.copy_to(&partial.join(number.to_string()))?;
    }
    drop(stores);
    fs::remove_dir_all(&work).with_context(|| format!("{} cannot be removed", work.display()))?;
    Ok(moved)
}

fn text(report: &Report) -> String {
    let mut page = String::new();
    for (partition, offset) in report.stood_at.iter().enumerate() {
        let told =
            offset.map_or_else(|| "had read nothing".to_owned(), |offset| format!("had read up to offset {offset}"));
        let _ = writeln!(page, "partition {partition} of the old topic {told}; it must end there");
    }
    for Partition { number, pools, series } in &report.partitions {
        let _ = writeln!(page, "partition {number} has got {pools} pools with {series} series; it begins at offset 0");
    }
    let Report { folder, sequence, seconds, lineage, .. } = report;
    let _ = writeln!(page, "written to {} in {seconds:.1} s; outputs go on after number {sequence}", folder.display());
    let _ = writeln!(page, "the lineage of the state is {lineage}");
    if report.has_checkpoints {
        let _ = writeln!(
            page,
            "set another detect.checkpoints.url before the service starts: it refuses to start where checkpoints of the old \
             partitions are"
        );
    }
    page
}
