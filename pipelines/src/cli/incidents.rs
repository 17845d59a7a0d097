//! `tidewatch incidents`: what people do with incidents, in a terminal and in scripts.

mod answer;
mod filter;
mod list;
mod show;
mod source;
mod watch;

use clap::Subcommand;
use tidewatch_schemas::Timestamp;

use super::{Format, Verdict, screen};
use crate::incidents::View;

/// Columns where nothing should be cut, because a program reads it.
const UNCUT: usize = usize::MAX;

/// What is done.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// List what is not resolved, and what was resolved within the last day; exit code 1 when something is not resolved
    List(list::Args),
    /// Tell everything that is known of one incident
    Show(show::Args),
    /// Take an incident, so that nobody else is called for it
    Ack(answer::Args),
    /// Say that an incident is over; it is reopened where its trouble goes on
    Resolve(answer::Args),
    /// Say what an incident was, so that Tidewatch learns from it
    Verdict(answer::VerdictArgs),
    /// Print a line for every change of an incident as it comes, until it is interrupted
    Watch(watch::Args),
}

/// Does it.
///
/// # Errors
/// When the configuration is wrong, the brokers do not answer, or there is no such incident.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    match &args.command {
        Command::List(args) => list::run(args),
        Command::Show(args) => show::run(args),
        Command::Ack(args) => answer::acknowledge(args),
        Command::Resolve(args) => answer::resolve(args),
        Command::Verdict(args) => answer::verdict(args),
        Command::Watch(args) => watch::run(args),
    }
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Look {
    /// How the answer is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Most columns of a line; those of the terminal when left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(20..))]
    width: Option<u16>,
}

impl Look {
    /// The view at `now`. Where there is no terminal, lines have up to `otherwise` columns.
    fn view(self, now: Timestamp, otherwise: usize) -> View {
        let width = self.width.map(usize::from).or_else(screen::columns).unwrap_or(otherwise);
        View { now, width, colour: screen::wants_colour() }
    }
}
