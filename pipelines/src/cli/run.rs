//! `tidewatch run`: the service.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Verdict;
use crate::config;
use crate::service::Stage;

/// What the service is asked to do.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Configuration; the default one when left out
    #[arg(long, value_name = "F")]
    pub config: Option<PathBuf>,
    /// Stages that this process runs, separated by commas; all of them when left out
    #[arg(long, value_name = "STAGES", value_enum, value_delimiter = ',')]
    pub only: Vec<Stage>,
}

impl Args {
    /// The stages that this process runs.
    #[must_use]
    pub fn stages(&self) -> BTreeSet<Stage> {
        let named = if self.only.is_empty() { Stage::ALL.to_vec() } else { self.only.clone() };
        named.into_iter().collect()
    }
}

/// Runs the service until it is ended.
///
/// # Errors
/// When the configuration is wrong or a stage cannot go on.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let config = super::configuration(args.config.as_deref())?;
    super::log::begin(config.log.level, config.log.format);
    crate::run::run(&config, &args.stages(), &config::variables().into_iter().collect())?;
    Ok(Verdict::Fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_stages_run_unless_some_are_named() {
        let stages = |only: &[Stage]| Args { config: None, only: only.to_vec() }.stages();
        assert_eq!(stages(&[]).len(), 4);
        assert_eq!(stages(&[Stage::Detect]), BTreeSet::from([Stage::Detect]));
    }
}
