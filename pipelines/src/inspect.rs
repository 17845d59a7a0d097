//! What is believed of a series, as a page of text.
//!
//! ```text
//! http.server.request.duration of acme on odoo-web in eu-1 (1c7a...)
//!   next window      2026-11-24T10:15:00.000Z: 230 ms, usually 210 ms to 340 ms at this hour on this weekday
//!   finding now if   above 1.9 s; for an hour above 0.6 s
//!   threshold        9.6 nats for 1 false finding a month; 14 windows stood out in 3.2 months
//!   day              ▁▁▁▁▂▂▃▅▇██▇▆▆▇▇▆▅▃▂▁▁▁▁  00:00-24:00, 120 ms to 450 ms
//! ```

use std::fmt::Write as _;

use tidewatch_detectors::baseline::inspection::{Condition, Inspection};
use tidewatch_detectors::wording::{quantity, usual_when};
use tidewatch_schemas::finding::Side;

use crate::detect::snapshot::{Believed, Named};

/// Heights of a bar.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The page.
#[must_use]
pub fn text(believed: &Believed) -> String {
    let Named { series, unit, .. } = &believed.named;
    let mut page = format!("{}\n  series           {series}\n", believed.named);
    let Some(baseline) = &believed.baseline else {
        page.push_str("  no window of it has been judged yet\n");
        return page;
    };
    seen(&mut page, baseline);
    expected(&mut page, baseline, unit);
    conditions(&mut page, baseline, unit);
    threshold(&mut page, baseline);
    day(&mut page, baseline, unit);
    week(&mut page, baseline, unit);
    channels(&mut page, baseline);
    page
}

fn line(page: &mut String, name: &str, value: &str) {
    let _ = writeln!(page, "  {name:<16} {value}");
}

fn seen(page: &mut String, baseline: &Inspection) {
    let young = if baseline.gives_verdicts { "" } else { "; too young for verdicts" };
    line(page, "windows", &format!("{}, one every {}{young}", baseline.windows, quantity(baseline.gap_s, "s")));
    if let Some(since) = baseline.trouble_since {
        line(page, "in trouble since", &since.to_string());
    }
}

fn expected(page: &mut String, baseline: &Inspection, unit: &str) {
    let Some(expected) = baseline.expected else { return };
    let usual = match (baseline.lower, baseline.upper) {
        (Some(lower), Some(upper)) => {
            format!(", {} to {} {}", quantity(lower, unit), quantity(upper, unit), usual_when(baseline.season))
        }
        _ => ", how far it usually strays is not known yet".to_owned(),
    };
    line(page, "next window", &format!("{}: {}{usual}", baseline.next_start, quantity(expected, unit)));
}

fn conditions(page: &mut String, baseline: &Inspection, unit: &str) {
    if !baseline.gives_verdicts {
        return;
    }
    let told: Vec<String> = baseline.finding_if.iter().map(|each| condition(each, unit)).collect();
    let told = if told.is_empty() { "nothing that the signal can be".to_owned() } else { told.join("; ") };
    line(page, "a finding if", &told);
}

fn condition(condition: &Condition, unit: &str) -> String {
    let side = if condition.side == Side::Above { "above" } else { "below" };
    let value = quantity(condition.value, unit);
    match condition.windows {
        1 => format!("{side} {value} at once"),
        windows => format!("{side} {value} for up to {windows} windows"),
    }
}

fn threshold(page: &mut String, baseline: &Inspection) {
    let it = &baseline.threshold;
    let now = if it.needed_now > it.nats {
        format!(" ({:.1} now, after the last finding)", it.needed_now)
    } else {
        String::new()
    };
    let told = format!(
        "{:.1} nats{now} for {} false findings a month; {} windows stood out in {:.1} months",
        it.nats, it.false_alarms, it.stood_out, it.months
    );
    line(page, "threshold", &told);
}

fn day(page: &mut String, baseline: &Inspection, unit: &str) {
    let Some((least, most)) = range(&baseline.half_hours) else { return };
    let name = format!("{} to {}", quantity(least, unit), quantity(most, unit));
    for (kind, half_hours) in ["working days", "days of rest"].iter().zip(baseline.half_hours.chunks(48)) {
        let told = if *kind == "working days" {
            format!("{} {name}", bars(half_hours, least, most))
        } else {
            bars(half_hours, least, most)
        };
        line(page, kind, &told);
    }
}

fn week(page: &mut String, baseline: &Inspection, unit: &str) {
    let Some((least, most)) = range(&baseline.hours_of_week) else { return };
    let name = format!("{} to {} on top", quantity(least, unit), quantity(most, unit));
    for (index, (weekday, hours)) in WEEKDAYS.iter().zip(baseline.hours_of_week.chunks(24)).enumerate() {
        let told = if index == 0 { format!("{} {name}", bars(hours, least, most)) } else { bars(hours, least, most) };
        line(page, &format!("hours of {weekday}"), &told);
    }
}

fn channels(page: &mut String, baseline: &Inspection) {
    for used in &baseline.channels {
        let Some(value) = used.one_in_a_hundred else { continue };
        let side = match used.side {
            Some(Side::Above) => " above",
            Some(Side::Below) => " below",
            None => "",
        };
        let channel = format!("{:?}{side}", used.channel).to_lowercase();
        line(page, &channel, &format!("one window in a hundred exceeds {value:.3}"));
    }
}

fn range(values: &[Option<f64>]) -> Option<(f64, f64)> {
    let known = || values.iter().flatten().copied();
    let least = known().reduce(f64::min)?;
    Some((least, known().reduce(f64::max)?))
}

fn bars(values: &[Option<f64>], least: f64, most: f64) -> String {
    let span = (most - least).max(f64::MIN_POSITIVE);
    let bar = |value: &Option<f64>| {
        let Some(value) = value else { return ' ' };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of seven, from 0 to 7")]
        let height = ((value - least) / span * 7.0).round() as usize;
        BARS.get(height).copied().unwrap_or('█')
    };
    values.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_show_the_least_the_most_and_what_is_not_known() {
        assert_eq!(bars(&[Some(1.0), None, Some(2.0), Some(1.5)], 1.0, 2.0), "▁ █▅");
        assert_eq!(range(&[None, Some(3.0), Some(-1.0)]), Some((-1.0, 3.0)));
    }
}
