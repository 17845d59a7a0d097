//! Where the program writes about itself: standard error, as the section `log` of the configuration says.

use std::io::{self, IsTerminal as _};

use crate::config::{LogConfig, LogFormat};

/// Begins to log. A second call changes nothing.
pub fn begin(config: &LogConfig) {
    let lines = tracing_subscriber::fmt()
        .with_max_level(config.level)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    // The only way to fail is that somebody has begun already.
    let _ = match config.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
}
