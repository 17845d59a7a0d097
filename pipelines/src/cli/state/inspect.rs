//! `tidewatch state inspect`: what is believed of a series.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tidewatch_schemas::Timestamp;

use crate::cli::{Format, Verdict, configuration, screen};
use crate::detect::Settings;
use crate::detect::snapshot::{Named, Snapshot};
use crate::inspect;
use crate::state::RocksStore;

/// Most series that are listed when several are meant.
const MOST_LISTED: usize = 40;

/// Which series.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Identifier of the series, or words that its signal, attributes, tenant, resource and pool have in them
    #[arg(required = true, num_args = 1..)]
    series: Vec<String>,
    /// Configuration of the service, which names the folder of the state
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// Folder of the state, instead of the configured one
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// The window to ask about, in RFC 3339; the next one when left out
    #[arg(long, value_name = "TIME", value_parser = crate::cli::moment)]
    at: Option<Timestamp>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Answers.
///
/// # Errors
/// When the configuration is wrong, or the state cannot be read, or holds no such series.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let config = configuration(args.config.as_deref())?;
    let folder = args.state.as_ref().unwrap_or(&config.detect.state);
    let snapshot = read(folder)?;
    let query = args.series.join(" ");
    let found = snapshot.find(&query);
    let [only] = found.as_slice() else {
        return several(&query, &found, &snapshot, folder);
    };
    let settings = Settings::new(&config.detect);
    let believed = snapshot.inspect(&settings, only.series, args.at).context("the series is gone")?;
    let text = match args.format {
        Format::Text => inspect::text(&believed),
        Format::Json => serde_json::to_string_pretty(&believed)? + "\n",
    };
    screen::show(&text)?;
    Ok(Verdict::Fine)
}

/// Reads the stores of all partitions in `folder`.
fn read(folder: &Path) -> anyhow::Result<Snapshot> {
    let mut partitions: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| {
            format!("the folder of the state, {}, cannot be read; name it with --state", folder.display())
        })?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| is_partition(path))
        .collect();
    partitions.sort();
    if partitions.is_empty() {
        bail!("{} holds no partition; name the folder of detect.state with --state", folder.display());
    }
    let mut snapshot = Snapshot::default();
    for partition in &partitions {
        snapshot.add(&RocksStore::open_to_read(partition)?)?;
    }
    Ok(snapshot)
}

/// Folders of partitions are named by their numbers; others hold copies that are being uploaded.
fn is_partition(path: &Path) -> bool {
    path.is_dir() && path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.parse::<i32>().is_ok())
}

fn several(query: &str, found: &[Named], snapshot: &Snapshot, folder: &Path) -> anyhow::Result<Verdict> {
    if found.is_empty() {
        bail!("none of the {} series in {} is meant by {query:?}", snapshot.len(), folder.display());
    }
    let listed: Vec<String> = found.iter().take(MOST_LISTED).map(|each| format!("{}  {each}\n", each.series)).collect();
    screen::show(&listed.concat())?;
    bail!("{} series are meant by {query:?}; name one by its identifier, or add words", found.len());
}
