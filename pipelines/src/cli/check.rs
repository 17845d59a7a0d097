//! `tidewatch check`: everything that is wrong with a configuration, for people and for pipelines that deploy it.

use std::path::PathBuf;

use super::{Format, Verdict, screen};
use crate::{check, config};

/// What is checked.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Configuration to check, with what the environment puts on top
    #[arg(long, value_name = "F", required_unless_present = "print_defaults")]
    pub config: Option<PathBuf>,
    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Print every option with its default and what it does, instead of checking
    #[arg(long, conflicts_with = "config")]
    pub print_defaults: bool,
}

/// Checks and reports.
///
/// # Errors
/// When the report cannot be written; what is wrong with the configuration is the report.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let Some(file) = &args.config else {
        screen::show(config::DEFAULTS)?;
        return Ok(Verdict::Fine);
    };
    let report = check::check(file, config::variables(), &[]);
    let text = match args.format {
        Format::Text => report.to_string(),
        Format::Json => report.to_json()?,
    };
    screen::show(&format!("{text}\n"))?;
    Ok(if report.is_sound() { Verdict::Fine } else { Verdict::ProblemsFound })
}
