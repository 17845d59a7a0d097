//! Findings and incidents in one English sentence, with numbers a person can read.

use std::fmt::Write as _;

use tidewatch_schemas::finding::{Channel, DetectorName, Season, Side};
use tidewatch_schemas::incident::{Deployment, Kind};
use tidewatch_schemas::{Finding, TenantId, Timestamp};

/// A finding in one sentence.
#[must_use]
pub fn finding(finding: &Finding) -> String {
    let mut text = subject(finding);
    match (finding.detector, finding.actual) {
        (DetectorName::Silence, _) | (_, None) => {
            let expected = quantity(finding.expected, &finding.unit);
            let seconds = (finding.window_end - finding.since) / 1_000;
            let _ = write!(text, " has not reported for {seconds} s, usually every {expected}");
        }
        (_, Some(actual)) => {
            let actual = format!("{}{}", quantity(actual, &finding.unit), lasting(finding));
            let _ = write!(text, "{}", deviation(finding, &actual));
        }
    }
    text
}

/// What is unlike usual, and what is usual when.
fn deviation(finding: &Finding, actual: &str) -> String {
    let (lower, upper) = (quantity(finding.lower, &finding.unit), quantity(finding.upper, &finding.unit));
    let usual = format!("the {lower} to {upper} {}", usual_when(finding.season));
    let inside = finding.actual.is_some_and(|actual| (finding.lower..=finding.upper).contains(&actual));
    let side = if finding.side == Side::Above { "above" } else { "below" };
    match (finding.channel, inside) {
        (Some(Channel::Shape), true) => format!(" takes a course not seen before: {actual}, beside {usual}"),
        (Some(Channel::Recurrence), true) => {
            format!(" does not take the course of the days before: {actual}, beside {usual}")
        }
        (Some(Channel::Lasting), true) => format!(" stays at {actual}, {side} most of {usual}"),
        (_, true) => format!(" has moved {side} its level: {actual}, beside {usual}"),
        (_, false) => format!(" is {actual}, {side} {usual}"),
    }
}

/// How long after what trouble began that was deployed.
#[must_use]
pub fn after_deployment(deployment: &Deployment, began: Timestamp) -> String {
    let Deployment { at, name, tenant, resource } = deployment;
    let what = if name.is_empty() { "a deployment".to_owned() } else { format!("deployment {name}") };
    let place = if tenant.is_customer() { format!("{tenant} on {resource}") } else { resource.to_string() };
    let when = match (began - *at) / 1_000 {
        ..=0 => "with".to_owned(),
        seconds @ 1..120 => format!("{seconds} s after"),
        seconds @ 120.. => format!("{} min after", seconds / 60),
    };
    format!("began {when} {what} of {place}")
}

/// When a season's usual is usual.
#[must_use]
pub fn usual_when(season: Season) -> &'static str {
    match season {
        Season::Recent => "usual lately",
        Season::Daily => "usual at this time of day",
        Season::Weekly => "usual at this hour on this weekday",
        Season::Calendar => "usual on such a day of the business calendar",
    }
}

/// For how long, where that is longer than a window.
fn lasting(finding: &Finding) -> String {
    let seconds = (finding.window_end - finding.since) / 1_000;
    let window = (finding.window_end - finding.window_start) / 1_000;
    if seconds <= window {
        return String::new();
    }
    match seconds {
        ..120 => format!(" for {seconds} s"),
        120..7_200 => format!(" for {} min", seconds / 60),
        7_200..172_800 => format!(" for {} h", seconds / 3_600),
        172_800.. => format!(" for {} days", seconds / 86_400),
    }
}

/// The series of a finding: its signal and attributes.
#[must_use]
pub fn subject(finding: &Finding) -> String {
    format!("{}{}", finding.signal, attributes(finding))
}

fn attributes(finding: &Finding) -> String {
    if finding.attributes.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> = finding.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("{{{}}}", pairs.join(","))
}

/// Who is in what trouble: `acme and delta are slow`.
#[must_use]
pub fn trouble(tenants: &[TenantId], place: &str, kind: Kind) -> String {
    let state = match kind {
        Kind::Slow => "slow",
        Kind::Failing => "failing",
        Kind::Silent => "silent",
        Kind::Unusual => "unlike usual",
        Kind::DataLoss => "not watched",
    };
    let names: Vec<&str> = tenants.iter().map(TenantId::as_str).collect();
    match names.split_last() {
        None => format!("{place} is {state}"),
        Some((only, [])) => format!("{only} is {state}"),
        Some((last, rest)) => format!("{} and {last} are {state}", rest.join(", ")),
    }
}

/// A number with its unit, scaled to what people say: `46 ms`, `12.3 MB`, `97 %` stays `0.97`.
#[must_use]
pub fn quantity(value: f64, unit: &str) -> String {
    if let Some(of) = unit.strip_suffix("/s") {
        return format!("{}/s", quantity(value, of));
    }
    match unit {
        "s" if value.abs() < 1.0 && value != 0.0 => format!("{} ms", short(value * 1_000.0)),
        "By" => bytes(value),
        "" | "1" => short(value),
        _ if unit.starts_with('{') => format!("{} {}", short(value), unit.trim_matches(['{', '}'])),
        _ => format!("{} {unit}", short(value)),
    }
}

fn bytes(value: f64) -> String {
    let steps = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let step = steps.into_iter().find(|(size, _)| value.abs() >= *size);
    step.map_or_else(|| format!("{} B", short(value)), |(size, name)| format!("{} {name}", short(value / size)))
}

/// Three significant digits, no trailing zeros.
fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    format!("{rounded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_like_numbers() {
        let cases = [
            (0.0462, "s", "46.2 ms"),
            (1.9, "s", "1.9 s"),
            (0.0, "s", "0 s"),
            (12_345_678.0, "By", "12.3 MB"),
            (0.97, "1", "0.97"),
            (1234.0, "{requests}", "1230 requests"),
            (74_300_000.0, "By/s", "74.3 MB/s"),
            (4.7, "{events}/s", "4.7 events/s"),
        ];
        for (value, unit, expected) in cases {
            assert_eq!(quantity(value, unit), expected);
        }
    }

    #[test]
    fn tenants_are_listed_as_people_list_them() {
        let tenants = ["acme", "borealis", "delta"].map(TenantId::from);
        assert_eq!(trouble(&tenants[..1], "pg", Kind::Slow), "acme is slow");
        assert_eq!(trouble(&tenants, "pg", Kind::Failing), "acme, borealis and delta are failing");
        assert_eq!(trouble(&[], "pg-main", Kind::Unusual), "pg-main is unlike usual");
    }
}
