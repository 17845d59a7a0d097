//! Which incidents are meant, as it is typed.

use clap::ValueEnum;
use tidewatch_schemas::incident::{Severity, State};
use tidewatch_schemas::{PoolId, TenantId};

use crate::config;
use crate::incidents::{Selection, Wanted};

/// Which incidents are meant.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Filter {
    /// Only those that concern this tenant: it suffers, causes it, or something was found in it
    #[arg(long, value_name = "T")]
    tenant: Option<String>,
    /// Only those of this pool
    #[arg(long, value_name = "P")]
    pool: Option<String>,
    /// Only those at least this bad
    #[arg(long, value_name = "AT_LEAST", value_enum)]
    severity: Option<Least>,
    /// Only what was opened or changed within this time, such as 24h or 7d
    #[arg(long, value_name = "TIME", value_parser = millis)]
    since: Option<i64>,
}

/// How bad an incident is at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Least {
    Info,
    Warning,
    Error,
    Critical,
}

/// In which state incidents are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum InState {
    Open,
    Acknowledged,
    Resolved,
    Reopened,
    All,
}

impl Filter {
    /// Those in the state that is asked for.
    pub fn selection(&self, state: Option<InState>) -> Selection {
        Selection {
            wanted: state.map_or(Wanted::Current, wanted),
            tenant: self.tenant.as_deref().map(TenantId::from),
            pool: self.pool.as_deref().map(PoolId::from),
            at_least: self.severity.map(severity),
            since_ms: self.since,
        }
    }
}

fn wanted(state: InState) -> Wanted {
    match state {
        InState::Open => Wanted::Only(State::Open),
        InState::Acknowledged => Wanted::Only(State::Acknowledged),
        InState::Resolved => Wanted::Only(State::Resolved),
        InState::Reopened => Wanted::Only(State::Reopened),
        InState::All => Wanted::All,
    }
}

fn severity(least: Least) -> Severity {
    match least {
        Least::Info => Severity::Info,
        Least::Warning => Severity::Warning,
        Least::Error => Severity::Error,
        Least::Critical => Severity::Critical,
    }
}

/// A length of time in milliseconds.
fn millis(text: &str) -> Result<i64, String> {
    let parsed = config::duration(text).map_err(|wrong| format!("{}; {}", wrong.problem, wrong.advice))?;
    i64::try_from(parsed.as_millis()).map_err(|_| format!("{text:?} is longer than there is time"))
}
