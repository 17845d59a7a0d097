//! `tidewatch state`: what the service remembers, and the copies of it.

mod inspect;
mod list;
mod place;
mod reshard;
mod restore;

use clap::Subcommand;

use super::Verdict;

/// What is asked.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Print what is believed of a series: what is usual when, and what would be a finding
    Inspect(inspect::Args),
    /// Print the checkpoints of every partition, and which of them can be used
    List(list::Args),
    /// Move what is remembered to another number of partitions, while the service does not run
    Reshard(reshard::Args),
    /// Bring the state of partitions back from their checkpoints
    Restore(restore::Args),
}

/// Answers.
///
/// # Errors
/// When the configuration is wrong, or the state or its checkpoints cannot be read.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    match &args.command {
        Command::Inspect(args) => inspect::run(args),
        Command::List(args) => list::run(args),
        Command::Reshard(args) => reshard::run(args),
        Command::Restore(args) => restore::run(args),
    }
}
