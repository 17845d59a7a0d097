use super::bar::{CELLS, bar};

#[test]
fn the_value_stands_outside_of_the_band_exactly_when_it_is() {
    let cases = [
        ("far above", (0.0, 1.0, 20.0), "[==.................#]"),
        ("a little above", (0.0, 1.0, 1.000_001), "[===================#]"),
        ("far below", (0.9, 1.0, 0.0), "[#................===]"),
        ("a little below", (0.0, 1.0, -0.000_001), "[#===================]"),
        ("in the middle", (0.0, 2.0, 1.0), "[==========#=========]"),
        ("at the upper end", (0.0, 2.0, 2.0), "[===================#]"),
        ("only one value is usual", (3.0, 3.0, 4.0), "[=..................#]"),
        ("the only value", (3.0, 3.0, 3.0), "[..........#.........]"),
        ("further than numbers reach", (-1.7e308, -1.6e308, 1.7e308), "[==.................#]"),
    ];
    for (case, (lower, upper, actual), expected) in cases {
        assert_eq!(bar(lower, upper, actual).as_deref(), Some(expected), "{case}");
    }
}

#[test]
fn every_bar_has_twenty_cells_and_one_value() {
    let numbers = [-1e300, -5.0, -0.1, 0.0, 1e-300, 0.3, 1.0, 7.0, 1e9, 1e300];
    for lower in numbers {
        for upper in numbers.into_iter().filter(|upper| *upper >= lower) {
            for actual in numbers {
                let bar = bar(lower, upper, actual).unwrap();
                assert_eq!(bar.len(), CELLS + 2, "{bar}");
                let mark = bar.find('#').unwrap();
                assert_eq!(bar.matches('#').count(), 1, "{bar}");
                let is_above = bar.rfind('=').is_some_and(|last| last < mark) && actual > upper;
                let is_below = bar.find('=').is_some_and(|first| first > mark) && actual < lower;
                let is_inside = (lower..=upper).contains(&actual);
                assert!(is_above || is_below || is_inside, "{lower} to {upper}, {actual}: {bar}");
            }
        }
    }
}

#[test]
fn what_is_no_number_has_no_picture() {
    for (lower, upper, actual) in
        [(f64::NEG_INFINITY, 1.0, 0.0), (0.0, f64::INFINITY, 0.0), (0.0, 1.0, f64::NAN), (2.0, 1.0, 1.5)]
    {
        assert_eq!(bar(lower, upper, actual), None, "{lower} to {upper}, {actual}");
    }
}
