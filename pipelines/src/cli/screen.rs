//! What the program shows: answers on standard output, errors and progress on standard error.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressStyle};

use crate::config;

/// Columns of a terminal that does not say how many it has.
const USUAL_COLUMNS: usize = 80;

/// Writes an answer. A reader that has seen enough, such as `head`, is no error.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(text: &str) -> io::Result<()> {
    show_more(text).map(drop)
}

/// Writes a part of an answer, and returns whether somebody reads on.
///
/// # Errors
/// When standard output cannot be written.
pub fn show_more(text: &str) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

/// Writes something that is good to know and no answer.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
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

/// Whether a person reads standard output, so that colours help, and has not said `NO_COLOR`.
#[must_use]
pub fn wants_colour() -> bool {
    let unwanted = config::variables().get("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !unwanted
}

/// Columns of the terminal that standard output is, 80 where it does not say; nothing where it is none.
#[must_use]
pub fn columns() -> Option<usize> {
    let said = || console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    io::stdout().is_terminal().then(|| said().filter(|columns| *columns > 0).unwrap_or(USUAL_COLUMNS))
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
