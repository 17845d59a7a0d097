//! `tidewatch schema`: the formats of what Tidewatch publishes, for those who read it.

use super::{Format, Verdict, screen};
use crate::schema;

/// What is printed.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// What to print, exactly as it is published; without it the names
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(schema::NAMES))]
    pub name: Option<String>,
    /// How the names are written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Prints.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let text = match (&args.name, args.format) {
        (Some(name), _) => schema::text(name)?,
        (None, Format::Text) => schema::NAMES.map(|name| format!("{name}\n")).concat(),
        (None, Format::Json) => serde_json::to_string_pretty(&schema::NAMES)? + "\n",
    };
    screen::show(&text)?;
    Ok(Verdict::Fine)
}
