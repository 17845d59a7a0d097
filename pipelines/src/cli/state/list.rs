//! `tidewatch state list`: the checkpoints of every partition, and which of them can be used.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;
use tidewatch_schemas::Timestamp;

use super::place;
use crate::checkpoint::manifest::{Flaw, Manifest};
use crate::checkpoint::name::ManifestName;
use crate::checkpoint::{CheckpointError, Remote, choice, epoch};
use crate::cli::{Format, Verdict, configuration, screen};

/// What is listed.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Configuration of the service, which names where checkpoints are
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// The partition to list; all that have checkpoints when left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Option<i32>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Serialize)]
struct Report {
    url: String,
    partitions: Vec<Partition>,
}

#[derive(Debug, Serialize)]
struct Partition {
    #[serde(rename = "partition")]
    number: i32,
    /// The highest epoch that was claimed.
    epoch: Option<u64>,
    /// The one that counts first.
    checkpoints: Vec<Listed>,
}

#[derive(Debug, Serialize)]
struct Listed {
    epoch: u64,
    offset: u64,
    #[serde(flatten)]
    content: Option<Content>,
    /// Why it cannot be used.
    flaw: Option<String>,
}

#[derive(Debug, Serialize)]
struct Content {
    taken_at: Timestamp,
    source: String,
    release: String,
    sequence: u64,
    lineage: String,
    files: usize,
    bytes: u64,
}

/// Lists.
///
/// # Errors
/// When the configuration is wrong or the object store refuses.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let config = configuration(args.config.as_deref())?;
    let remote = place::remote(&config)?;
    let partitions = place::partitions(&remote, args.partition)?;
    let partitions = partitions.into_iter().map(|number| one(&remote, number)).collect::<Result<Vec<_>, _>>()?;
    let report = Report { url: remote.url().to_owned(), partitions };
    screen::show(&match args.format {
        Format::Text => text(&report),
        Format::Json => serde_json::to_string_pretty(&report)? + "\n",
    })?;
    let is_whole = |partition: &Partition| {
        !partition.checkpoints.is_empty() && partition.checkpoints.iter().all(|listed| listed.flaw.is_none())
    };
    let is_fine = !report.partitions.is_empty() && report.partitions.iter().all(is_whole);
    Ok(if is_fine { Verdict::Fine } else { Verdict::ProblemsFound })
}

fn one(remote: &Remote, partition: i32) -> Result<Partition, CheckpointError> {
    let epoch = epoch::highest(remote, partition)?.map(|epoch| epoch.0);
    let checkpoints = choice::all(remote, partition)?.into_iter().map(|(name, read)| listed(name, read)).collect();
    Ok(Partition { number: partition, epoch, checkpoints })
}

fn listed(name: ManifestName, read: Result<Manifest, Flaw>) -> Listed {
    let content = |manifest: &Manifest| Content {
        taken_at: manifest.taken_at,
        source: manifest.source.clone(),
        release: manifest.release.clone(),
        sequence: manifest.sequence,
        lineage: manifest.lineage.to_string(),
        files: manifest.files.len(),
        bytes: manifest.bytes(),
    };
    let (content, flaw) = (read.as_ref().ok().map(content), read.err().map(|flaw| flaw.to_string()));
    Listed { epoch: name.epoch.0, offset: name.offset, content, flaw }
}

fn text(report: &Report) -> String {
    let mut page = String::new();
    for Partition { number, epoch, checkpoints } in &report.partitions {
        let owner = epoch.map_or_else(|| "never claimed".to_owned(), |epoch| format!("epoch {epoch}"));
        let _ = writeln!(page, "partition {number}, {owner}");
        for Listed { epoch, offset, content, flaw } in checkpoints {
            let _ = write!(page, "  epoch {epoch} offset {offset}: ");
            let _ = match (content, flaw) {
                (Some(content), _) => {
                    let Content { taken_at, files, bytes, lineage, .. } = content;
                    writeln!(page, "taken at {taken_at}, {files} files, {bytes} bytes, lineage {lineage}")
                }
                (None, flaw) => writeln!(page, "cannot be used: {}", flaw.as_deref().unwrap_or("it is empty")),
            };
        }
        if checkpoints.is_empty() {
            let _ = writeln!(page, "  no checkpoint");
        }
    }
    if report.partitions.is_empty() {
        let _ = writeln!(page, "there is no checkpoint at {}", report.url);
    }
    page
}
