//! `tidewatch incidents show`: everything that is known of one incident.

use tidewatch_schemas::Timestamp;

use super::Look;
use super::source::Source;
use crate::cli::{Format, Verdict, screen};
use crate::incidents::{Log, Told, story};
use crate::present;

/// Which incident.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Its identity, or as much of the beginning as no other has
    #[arg(value_name = "ID", value_parser = prefix)]
    id: String,
    #[command(flatten)]
    source: Source,
    /// The moment that is taken for now, in RFC 3339; with --input the last change when left out
    #[arg(long, value_name = "TIME", value_parser = crate::cli::moment)]
    at: Option<Timestamp>,
    #[command(flatten)]
    look: Look,
}

/// Tells it.
pub(super) fn run(args: &Args) -> anyhow::Result<Verdict> {
    let known = args.source.read(Log::with_history_of(&args.id), args.at)?;
    let history = known.log.find(&args.id)?;
    screen::show(&match args.look.format {
        Format::Text => story(history, args.look.view(known.now, present::WIDTH)),
        Format::Json => serde_json::to_string_pretty(&Told::of(history))? + "\n",
    })?;
    Ok(Verdict::Fine)
}

/// The beginning of an identity.
pub(super) fn prefix(text: &str) -> Result<String, String> {
    let is_one = (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_one { Ok(text.to_owned()) } else { Err("write the first of its 32 hexadecimal digits".to_owned()) }
}
