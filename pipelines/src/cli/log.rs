//! Where the program writes about itself: standard error, as the section `log` of the configuration says.

use std::io::{self, IsTerminal as _};

use tracing::Level;
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Begins to log. A second call changes nothing.
pub fn begin(level: Level, format: LogFormat) {
    // The client of the object store tells of every request that it makes again; what comes of it, checkpoints say.
    let of_clients = if level == Level::INFO { ",object_store=warn" } else { "" };
    let filter = EnvFilter::new(format!("{level}{of_clients}"));
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    // The only way to fail is that somebody has begun already.
    let _ = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}
