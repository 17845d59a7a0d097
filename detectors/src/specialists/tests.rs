use std::collections::BTreeMap;

use tidewatch_schemas::finding::DetectorName;
use tidewatch_schemas::{Catalog, Origin, SeriesKey};

use super::*;
use crate::calendar::Day;
use crate::families::{DAY, Family, MONTH, stored, windows};

const DETECTORS: fn() -> Specialists = || Specialists::new(1.0, Knobs::default(), 86_400_000);

/// Findings of a series, where `told` is said of every window, and what is remembered at the end.
fn judged(values: impl IntoIterator<Item = f64>, told: bool) -> (Vec<(usize, Finding)>, State) {
    let series = SeriesKey {
        pool: "eu-1".into(),
        tenant: "acme".into(),
        resource: "pg".into(),
        signal: "unknown.signal".into(),
        attributes: BTreeMap::new(),
    };
    let spec = Catalog.lookup("unknown.signal");
    let origin = Origin { topic: "t".into(), partition: 0, offset: 0, index: 0 };
    let (detectors, mut state, mut found) = (DETECTORS(), State::default(), Vec::new());
    for (place, window) in windows(values).enumerate() {
        let Some(seen) = state.enter(spec, &window) else { continue };
        let day = Day::utc(window.start);
        let input =
            Judged { series: &series, spec, unit: "By", window: seen.window, day: &day, usual: None, origin: &origin };
        let raw = Judged { window, ..input };
        found.extend(detectors.judge(&mut state, (&input, &raw), told).map(|finding| (place, finding)));
    }
    (found, state)
}

#[test]
fn each_kind_of_trouble_is_told_by_the_one_who_knows_it() {
    let month = |family: Family| family.values(8).take(MONTH + 2 * DAY).enumerate();
    let flat: Vec<f64> =
        month(Family::Gauss).map(|(place, value)| if place < MONTH + DAY { value } else { 9.0 }).collect();
    let moved = month(Family::Gauss).map(|(place, value)| if place < MONTH { value } else { value + 3.0 }).collect();
    let size = month(Family::Sparse).map(|(place, value)| if place == MONTH + 50 { 5e4 } else { value }).collect();
    let down = (0..MONTH).map(|place| if (5_000..5_100).contains(&place) { 0.0 } else { 1.0 }).collect();
    let cases: [(&str, Vec<f64>, DetectorName, &str); 4] = [
        ("flatline", flat, DetectorName::Flatline, "unknown.signal has stood at 9 B for"),
        ("shift", moved, DetectorName::Shift, "unknown.signal has moved from"),
        ("size", size, DetectorName::Sparse, "unknown.signal is 50 kB when it usually is"),
        ("down", down, DetectorName::State, "unknown.signal is 0, a state that is entered seldom"),
    ];
    for (name, values, detector, words) in cases {
        let (found, _) = judged(values.clone(), false);
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        let (_, finding) = &found[0];
        assert_eq!(finding.detector, detector, "{name}");
        assert!(finding.summary.starts_with(words), "{name}: {}", finding.summary);
        let silenced = judged(values, true).0.len();
        assert_eq!(silenced, usize::from(detector == DetectorName::Sparse), "{name} beside the baseline");
    }
}

#[test]
fn growth_is_judged_in_place_of_the_level() {
    let mut level = 1e9;
    let grows = Family::Gauss.values(2).take(MONTH + 3 * DAY).enumerate().map(move |(place, value)| {
        level += if place < MONTH { value } else { 4.0 * value };
        level
    });
    let (found, state) = judged(grows, false);
    assert_eq!(state.course.course(), Course::Growth);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.detector == DetectorName::Shift && found[0].0 > MONTH, "{found:?}");
}

#[test]
fn only_what_concerns_a_series_is_remembered() {
    let (_, gauss) = judged(Family::Gauss.values(1).take(MONTH), false);
    assert!(gauss.sparse.is_none() && gauss.states.is_none());
    let (_, sparse) = judged(Family::Sparse.values(1).take(MONTH), false);
    assert!(sparse.is_sparse());
    assert_eq!(stored(&sparse), sparse);
    assert!(postcard::to_stdvec(&gauss).unwrap().len() < 700, "{}", postcard::to_stdvec(&gauss).unwrap().len());
}
