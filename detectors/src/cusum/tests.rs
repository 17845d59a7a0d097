use tidewatch_schemas::{Catalog, Origin, SeriesKey};

use super::*;
use crate::calendar::Day;
use crate::window::Closed;

const WIDTH: i64 = 10_000;

fn key(signal: &str) -> SeriesKey {
    SeriesKey {
        pool: "eu-1".into(),
        tenant: "acme".into(),
        resource: "odoo-web".into(),
        signal: signal.into(),
        attributes: std::collections::BTreeMap::new(),
    }
}

/// Feeds one value a window and returns the windows with a finding.
fn found(signal: &str, values: impl IntoIterator<Item = f64>) -> Vec<(usize, Finding)> {
    let (key, baseline, mut state) = (key(signal), Cusum::new(WIDTH, 1.0, 86_400_000), State::default());
    let spec = Catalog.lookup(signal);
    let origin = Origin { topic: "t".into(), partition: 0, offset: 0, index: 0 };
    let mut findings = Vec::new();
    for (place, value) in values.into_iter().enumerate() {
        let start = Timestamp(i64::try_from(place).unwrap() * WIDTH);
        let window = Closed { start, width_ms: WIDTH, value, weight: None };
        let judged =
            Judged { series: &key, spec, unit: "s", window, day: &Day::utc(start), usual: None, origin: &origin };
        findings.extend(baseline.observe(&mut state, &judged).map(|finding| (place, finding)));
    }
    findings
}

/// A repeatable sequence of numbers in 0 to 1.
fn noise(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        #[expect(clippy::cast_precision_loss, reason = "noise needs no precision")]
        let share = (state >> 11) as f64 / (1_u64 << 53) as f64;
        share
    })
}

/// Normal by the sum of twelve.
fn normal(seed: u64) -> impl Iterator<Item = f64> {
    let mut uniform = noise(seed);
    std::iter::repeat_with(move || uniform.by_ref().take(12).sum::<f64>() - 6.0)
}

const LATENCY: &str = "synthetic.check.duration";
const SUCCESS: &str = "synthetic.check.success";

fn latency(seed: u64) -> impl Iterator<Item = f64> {
    normal(seed).map(|z| 0.05 * (0.3 * z).exp())
}

#[test]
fn nothing_is_said_while_warming_up() {
    assert!(found(LATENCY, (0..30).map(|place| if place % 2 == 0 { 1e-3 } else { 1e3 })).is_empty());
}

#[test]
fn a_constant_never_surprises() {
    assert!(found(LATENCY, std::iter::repeat_n(0.05, 5_000)).is_empty());
}

#[test]
fn one_wild_window_is_no_finding() {
    let values = latency(1).take(500).chain([50.0]).chain(latency(2).take(500));
    assert!(found(LATENCY, values).is_empty());
}

#[test]
fn latency_ten_times_up_is_found_within_a_minute() {
    let values = latency(3).take(500).chain(latency(4).map(|value| value * 10.0).take(20));
    let findings = found(LATENCY, values);
    let (place, finding) = findings.first().unwrap();
    assert!((500..506).contains(place), "{place}: {finding:?}");
    assert_eq!(finding.side, Side::Above);
    assert!((0.04..0.07).contains(&finding.expected), "{}", finding.expected);
    assert!(finding.actual.unwrap() > finding.upper);
}

#[test]
fn success_lost_is_found_and_success_regained_is_not() {
    let values = std::iter::repeat_n(1.0, 100).chain([0.0; 6]).chain([1.0; 100]);
    let places: Vec<usize> = found(SUCCESS, values).iter().map(|(place, _)| *place).collect();
    assert_eq!(places.first(), Some(&102));
    assert!(*places.last().unwrap() < 112, "{places:?}");
}

#[test]
fn faster_is_not_worse() {
    let values = latency(5).take(500).chain(latency(6).map(|value| value / 20.0).take(100));
    assert!(found(LATENCY, values).is_empty());
}

#[test]
fn what_is_not_a_number_changes_nothing() {
    let clean: Vec<f64> = latency(7).take(300).collect();
    let mut dirty = clean.clone();
    dirty.splice(100..100, [f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    assert_eq!(found(LATENCY, clean).len(), found(LATENCY, dirty).len());
}

#[test]
fn a_level_that_lasts_becomes_normal() {
    let (days, day) = (3, 8_640);
    let values = latency(8).take(1_000).chain(latency(9).map(|value| value * 10.0).take(days * day));
    let last = found(LATENCY, values).last().unwrap().0;
    assert!((day..day + 1_200).contains(&last), "{last}: reported for one day, adopted after it");
}

/// The knob is a promise on ordinary series: one finding per series and month, within a factor of three, over kinds of
/// noise that are not the model.
#[test]
fn ordinary_series_keep_the_promised_rate() {
    let month = 30 * 8_640;
    let walk = |seed| {
        normal(seed).scan(0.0, |level, z| {
            *level = 0.95 * *level + z;
            Some(10.0 + *level)
        })
    };
    let cases: [(&str, Vec<f64>); 4] = [
        ("lognormal latency", latency(11).take(month).collect()),
        ("normal level", normal(12).map(|z| 10.0 + z).take(month).collect()),
        ("autocorrelated level", walk(13).take(month).collect()),
        ("counts", noise(14).map(|share| (-(1.0 - share).ln() * 3.0).floor()).take(month).collect()),
    ];
    for (name, values) in cases {
        let findings = found("unknown.signal", values);
        let episodes =
            findings.windows(2).filter(|pair| pair[1].0 > pair[0].0 + 30).count() + usize::from(!findings.is_empty());
        assert!(episodes <= 3, "{name}: {episodes} in a month");
    }
}

#[test]
fn a_wild_value_blinds_nobody() {
    for wild in [10.0, 1e6, 1e12] {
        let (day, slow) = (8_640, 8_640 + 2_000);
        let values = latency(5).take(slow + 60).enumerate().map(|(place, value)| match place {
            _ if place == day => wild,
            _ if place >= slow => value * 6.0,
            _ => value,
        });
        let told = found(LATENCY, values);
        assert!(told.iter().any(|(place, _)| (slow..slow + 12).contains(place)), "{wild}: {told:?}");
    }
}
