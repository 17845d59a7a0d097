//! `tidewatch lake`: what is in the lake, for engines that are not ours, and what replaces its files.

use std::path::PathBuf;
use std::str::FromStr as _;

use tidewatch_lake::store::Cleaned;
use tidewatch_lake::upkeep::{Done, Merging, Work};
use tidewatch_lake::{Store, Table};

use super::{Format, Verdict, screen};
use crate::checkpoint::Location;
use crate::{clock, config, lake};

/// What is asked of the lake.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Command {
    /// Merge small files, and delete what was replaced longer ago than lake.grace; the service does so by itself
    Compact(Upkeep),
    /// Print the visible files of a table, for engines that read Parquet themselves
    Files(Files),
    /// Remove a tenant from every table, at once and for good
    Forget(Forget),
    /// Let rows go that are older than lake.retention says; the service does so by itself
    Retain(Upkeep),
}

#[derive(Clone, Debug, clap::Args)]
struct Upkeep {
    #[command(flatten)]
    place: Place,
    /// Only say what it would come to
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Debug, clap::Args)]
struct Forget {
    /// The tenant
    tenant: String,
    #[command(flatten)]
    upkeep: Upkeep,
}

#[derive(Clone, Debug, clap::Args)]
struct Files {
    /// The table
    #[arg(value_parser = Table::from_str)]
    table: Table,
    #[command(flatten)]
    place: Place,
    /// How they are written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Where a lake is.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Place {
    /// Configuration of the service, which names the lake; the default one when left out
    #[arg(long, value_name = "F")]
    pub config: Option<PathBuf>,
    /// Folder or bucket of the lake instead of the configured one
    #[arg(long, value_name = "URL")]
    pub lake: Option<Location>,
}

impl Place {
    /// The lake, and the configuration that says more about it.
    pub fn open(&self) -> anyhow::Result<(Store, config::Config)> {
        let config = super::configuration(self.config.as_deref())?;
        let Some(location) = self.lake.as_ref().or(config.lake.location.as_ref()) else {
            anyhow::bail!("there is no lake: name one with --lake, or lake.url in the configuration");
        };
        if let Location::Folder(folder) = location {
            anyhow::ensure!(folder.is_dir(), "there is no lake at {}: no such folder", folder.display());
        }
        let options = config.lake.resolved(&config::variables())?;
        Ok((lake::store(location, &options)?, config))
    }
}

/// Looks into the lake, or keeps its files.
///
/// # Errors
/// When it cannot be read or written.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    match &args.command {
        Command::Compact(upkeep) => keep_up(upkeep, |_| Work::Merge(Merging::USUAL), Deleting::AfterGrace),
        Command::Files(files) => list(files),
        Command::Forget(Forget { tenant, upkeep }) => {
            anyhow::ensure!(!tenant.trim().is_empty(), "name the tenant that is to be forgotten");
            keep_up(upkeep, |_| Work::Forget(tenant.clone()), Deleting::AtOnce)
        }
        Command::Retain(upkeep) => {
            let retain = |config: &config::Config| {
                Work::Retain(config.lake.retention.clone(), clock::now().0.saturating_mul(1_000))
            };
            keep_up(upkeep, retain, Deleting::AfterGrace)
        }
    }
}

fn list(files: &Files) -> anyhow::Result<Verdict> {
    let (store, _) = files.place.open()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let visible = runtime.block_on(store.files(files.table))?;
    let text = match files.format {
        Format::Json => serde_json::to_string_pretty(&visible)? + "\n",
        Format::Text => {
            let root = store.url().trim_end_matches('/');
            visible.iter().map(|file| format!("{root}/{}\n", file.path)).collect::<Vec<_>>().concat()
        }
    };
    screen::show(&text)?;
    Ok(Verdict::Fine)
}

/// When what was replaced is deleted.
#[derive(Clone, Copy)]
enum Deleting {
    AtOnce,
    AfterGrace,
}

fn keep_up(upkeep: &Upkeep, work: impl Fn(&config::Config) -> Work, deleting: Deleting) -> anyhow::Result<Verdict> {
    let (store, config) = upkeep.place.open()?;
    let work = work(&config);
    let since = match deleting {
        Deleting::AtOnce => i64::MAX,
        Deleting::AfterGrace => lake::upkeep::before(config.lake.grace),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for table in Table::ALL {
        let done = runtime.block_on(store.keep_up(table, &work, upkeep.dry_run))?;
        let cleaned = runtime.block_on(store.clean(table, since, upkeep.dry_run))?;
        screen::show(&format!("{table}: {}\n", told(&work, &done, &cleaned, upkeep.dry_run)))?;
    }
    Ok(Verdict::Fine)
}

fn told(work: &Work, done: &Done, cleaned: &Cleaned, dry: bool) -> String {
    let would = if dry { "would be " } else { "" };
    let verb = if dry { "would be" } else { "are" };
    let files = format!("{} files {verb} {}", done.files_before, done.files_after);
    let rows = match work {
        Work::Merge(_) => String::new(),
        Work::Retain(..) => format!("; {} rows {would}removed", done.rows_gone),
        Work::Forget(_) => {
            format!("; {} rows {would}removed, {} {would}emptied of it", done.rows_gone, done.rows_changed)
        }
    };
    format!("{files}{rows}; {} objects of {} bytes {would}deleted", cleaned.objects, cleaned.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_it_is_told_as_done_or_as_what_would_be() {
        let done = Done { files_before: 9, files_after: 2, rows_gone: 5, rows_changed: 1 };
        let cleaned = Cleaned { objects: 3, bytes: 70 };
        let forget = Work::Forget("acme".to_owned());
        assert_eq!(
            told(&forget, &done, &cleaned, false),
            "9 files are 2; 5 rows removed, 1 emptied of it; 3 objects of 70 bytes deleted"
        );
        assert_eq!(
            told(&Work::Merge(Merging::USUAL), &done, &cleaned, true),
            "9 files would be 2; 3 objects of 70 bytes would be deleted"
        );
    }
}
