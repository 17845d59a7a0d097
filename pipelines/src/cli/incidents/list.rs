//! `tidewatch incidents list`: what is going on.

use tidewatch_schemas::Timestamp;

use super::filter::{Filter, InState};
use super::source::Source;
use super::{Look, UNCUT};
use crate::cli::{Format, Verdict, screen};
use crate::incidents::{Listed, Log, is_over, list};

/// What is listed.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,
    /// Only those in this state; what is not resolved and what was resolved within the last day when left out
    #[arg(long, value_enum)]
    state: Option<InState>,
    #[command(flatten)]
    filter: Filter,
    /// The moment that is taken for now, in RFC 3339; with --input the last change when left out
    #[arg(long, value_name = "TIME", value_parser = crate::cli::moment)]
    at: Option<Timestamp>,
    #[command(flatten)]
    look: Look,
}

/// Lists. Something that is not resolved is a problem.
pub(super) fn run(args: &Args) -> anyhow::Result<Verdict> {
    let known = args.source.read(Log::default(), args.at)?;
    let listing = args.filter.selection(args.state).of(&known.log, known.now);
    screen::show(&match args.look.format {
        Format::Text => list(&listing, &known.place, args.look.view(known.now, UNCUT)),
        Format::Json => serde_json::to_string_pretty(&Listed::of(&listing, known.now))? + "\n",
    })?;
    let is_calm = listing.shown.iter().all(|incident| is_over(incident));
    Ok(if is_calm { Verdict::Fine } else { Verdict::ProblemsFound })
}
