//! `tidewatch lake`: what is in the lake, for engines that are not ours.

use std::path::PathBuf;
use std::str::FromStr as _;

use tidewatch_lake::{Store, Table};

use super::{Format, Verdict, screen};
use crate::checkpoint::Location;
use crate::config;
use crate::lake;

/// What is asked of the lake.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Command {
    /// Print the visible files of a table, for engines that read Parquet themselves
    Files(Files),
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

/// Looks into the lake.
///
/// # Errors
/// When it cannot be read.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let Command::Files(files) = &args.command;
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
