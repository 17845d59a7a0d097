//! Scheduled jobs.
//!
//! From Odoo 17 the line at the end of a run says how long it took:
//! `` Job 'Mail: Queue' (3) fully done (#loop 1; done 12; remaining 0; duration 0.05s) ``. Before, there is one line at the
//! beginning and one at the end, `` Job `Mail: Queue` done. ``; they say that it ran, and its duration would need a memory
//! of what began, which ingest has not.

use super::super::Fact;
use super::super::fact::{CRON_DURATION, CRON_FAILURES, CRON_RUNS};

/// Longest name of a job that is kept, in bytes.
const NAME: usize = 80;

/// What a line about a job says; `None` when it is about none.
pub(super) fn facts(message: &str) -> Option<Vec<Fact>> {
    let message = message.trim_end();
    if message.starts_with("Call from cron ") && message.contains(" failed") {
        return Some(vec![CRON_FAILURES.is(1.0)]);
    }
    let (name, rest) = quoted(message.strip_prefix("Job ")?)?;
    if rest == " done." {
        return Some(vec![CRON_RUNS.is(1.0)]);
    }
    let (status, numbers) = rest.rsplit_once(" (#loop ")?;
    let mut facts = vec![CRON_RUNS.is(1.0)];
    if status.contains("failed") {
        facts.push(CRON_FAILURES.is(1.0));
    }
    let (_, duration) = numbers.rsplit_once("duration ")?;
    if let Some(seconds) = duration.strip_suffix("s)").and_then(super::super::number) {
        facts.push(CRON_DURATION.of(crate::text::cut(name, NAME).to_owned(), seconds));
    }
    Some(facts)
}

/// A name in quotes of one of the kinds that versions use, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '`' | '\'' | '"'))?;
    let text = text.get(1..)?;
    // The name may hold the quote itself; what follows it may not.
    let end = text.rfind(&format!("{quote} "))?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}
