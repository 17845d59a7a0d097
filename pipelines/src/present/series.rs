//! The alarms of single series, with and without labels, as a table.

use std::fmt::Write as _;

use super::layout::table;
use super::{WIDTH, moment};
use crate::scoreboard::{Against, SeriesTally, Tally, Total};

/// Series that are shown one by one.
const SHOWN: usize = 20;

/// A summary of all series and a line for each of the first ones, those with the most alarms first.
#[must_use]
pub fn series(total: &Total, series: &[SeriesTally]) -> String {
    let mut text = format!("{}\n", summary(total));
    let mut shown: Vec<&SeriesTally> = series.iter().collect();
    shown.sort_by_key(|of| std::cmp::Reverse((of.tally.alarms, missed(&of.tally))));
    let mut rows = vec![heading(&total.tally)];
    rows.extend(shown.iter().take(SHOWN).map(|of| row(of)));
    if series.len() > 1 {
        for line in table(&rows, WIDTH - 2) {
            let _ = writeln!(text, "  {line}");
        }
    }
    if series.len() > SHOWN {
        let _ = writeln!(text, "  and {} more; --format json lists them", series.len() - SHOWN);
    }
    text
}

/// All series in a sentence.
fn summary(total: &Total) -> String {
    let Total { series, tally, .. } = total;
    let series = if *series == 1 { "1 series".to_owned() } else { format!("{series} series") };
    let Some(against) = &tally.against else {
        let alarms = if tally.alarms == 1 { "1 alarm".to_owned() } else { format!("{} alarms", tally.alarms) };
        return format!("{series}: {alarms}, {} per series and month", rate(tally.alarms_per_month));
    };
    let Against { labelled, found, missed, false_alarms, .. } = against;
    format!(
        "{series}: of {labelled} labelled events {found} found and {missed} missed, median delay {}; \
         false alarms {false_alarms}, {} per series and month",
        delay(against),
        rate(against.false_alarms_per_month),
    )
}

fn missed(tally: &Tally) -> usize {
    tally.against.as_ref().map_or(0, |against| against.missed)
}

fn heading(tally: &Tally) -> Vec<String> {
    let plain = ["alarms", "a month", "series"];
    let scored = ["found", "missed", "delay", "false", "a month", "series"];
    let words: &[&str] = if tally.against.is_some() { &scored } else { &plain };
    words.iter().map(ToString::to_string).collect()
}

fn row(of: &SeriesTally) -> Vec<String> {
    let SeriesTally { key, tally } = of;
    let place = if key.tenant.as_str() == key.resource.as_str() {
        key.tenant.to_string()
    } else {
        format!("{} on {}", key.tenant, key.resource)
    };
    let attributes: Vec<String> = key.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let attributes = if attributes.is_empty() { String::new() } else { format!("{{{}}}", attributes.join(",")) };
    let name = format!("{}{attributes} of {place}", key.signal);
    let Some(against) = &tally.against else {
        return vec![tally.alarms.to_string(), rate(tally.alarms_per_month), name];
    };
    let Against { found, missed, false_alarms, .. } = against;
    let false_rate = rate(against.false_alarms_per_month);
    vec![found.to_string(), missed.to_string(), delay(against), false_alarms.to_string(), false_rate, name]
}

fn delay(against: &Against) -> String {
    against.median_delay_ms.map_or("-".to_owned(), moment::span)
}

fn rate(rate: Option<f64>) -> String {
    rate.map_or("-".to_owned(), |rate| format!("{rate:.2}"))
}
