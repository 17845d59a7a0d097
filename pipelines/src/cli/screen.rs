//! What the program shows: answers on standard output, errors and progress on standard error.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressStyle};

/// Writes an answer. A reader that has seen enough, such as `head`, is no error.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes why the program gives up, with everything that led to it.
pub fn complain(error: &anyhow::Error) {
    let _ = writeln!(io::stderr().lock(), "error: {}", with_causes(error));
}

/// The error and its causes. Some errors end with their cause already; it is not said twice.
fn with_causes(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Whether a person reads standard output, so that colours help.
#[must_use]
pub fn wants_colour() -> bool {
    io::stdout().is_terminal()
}

/// A bar on standard error that counts `what`; invisible unless that is a terminal.
#[must_use]
pub fn progress(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {human_pos}/{human_len} {per_sec} {eta}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(what);
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        let cause = || io::Error::other("disk full");
        let said = anyhow::Error::new(cause()).context("a.yaml: disk full").context("cannot write");
        assert_eq!(with_causes(&said), "cannot write: a.yaml: disk full");
        assert_eq!(with_causes(&anyhow::Error::new(cause()).context("cannot write")), "cannot write: disk full");
    }
}
