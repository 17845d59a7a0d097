use tidewatch_schemas::{Catalog, Finding, SeriesKey};

use super::*;

const WIDTH: i64 = 10_000;
const A_DAY: usize = 8_640;

fn key() -> SeriesKey {
    SeriesKey {
        pool: "eu-1".into(),
        tenant: "acme".into(),
        resource: "odoo-web".into(),
        signal: "unknown.signal".into(),
        attributes: std::collections::BTreeMap::new(),
    }
}

/// Feeds one value a window of ten seconds and returns the findings with the place of their window.
fn found(values: impl IntoIterator<Item = f64>) -> Vec<(usize, Finding)> {
    let (key, settings) = (key(), Settings::new(WIDTH, 1.0, 86_400_000));
    let who = Identity { key: &key, spec: Catalog.lookup("unknown.signal"), unit: "1", is_metered: false };
    let origin = Origin { topic: "t".into(), partition: 0, offset: 0, index: 0 };
    let (mut judges, mut today, mut class) = (Judges::default(), Today::default(), Class::default());
    let mut told = Vec::new();
    for (place, value) in values.into_iter().enumerate() {
        let start = Timestamp(i64::try_from(place).unwrap() * WIDTH);
        let (today, class) = (&mut today, &mut class);
        let mut bench = Bench { settings: &settings, who, today, class, found: Verdicts::default() };
        judges.look(&mut bench, (Closed { start, width_ms: WIDTH, value, weight: None }, &origin));
        told.extend(bench.found.findings.into_iter().map(|finding| (place, finding)));
    }
    told
}

/// A repeatable sequence, normal by the sum of twelve.
fn normal(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    std::iter::repeat_with(move || (0..12).map(|_| uniform()).sum::<f64>() - 6.0)
}

#[test]
fn a_daily_peak_is_expected_by_both_once_it_was_seen_on_a_few_days() {
    let peak = |place: usize| if (3_960..4_320).contains(&(place % A_DAY)) { 8.0 } else { 0.0 };
    let values = normal(15).take(14 * A_DAY).enumerate().map(|(place, z)| 10.0 + z + peak(place));
    let late: Vec<_> = found(values).into_iter().filter(|(place, _)| *place > 7 * A_DAY).collect();
    assert!(late.len() <= 1, "{}: {:?}", late.len(), late.first().map(|(place, finding)| (place, &finding.summary)));
}

#[test]
fn a_peak_that_does_not_come_is_found() {
    let peak = |place: usize| {
        let is_peak = (3_960..5_400).contains(&(place % A_DAY)) && place / A_DAY != 12;
        if is_peak { 8.0 } else { 0.0 }
    };
    let values = normal(16).take(13 * A_DAY).enumerate().map(|(place, z)| 10.0 + z + peak(place));
    let on_that_day = 12 * A_DAY + 3_960..12 * A_DAY + 6_000;
    let findings = found(values);
    let missed = findings.iter().find(|(place, _)| on_that_day.contains(place));
    assert!(missed.is_some(), "{:?}", findings.last().map(|(place, finding)| (place, &finding.summary)));
}
