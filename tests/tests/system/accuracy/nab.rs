//! The Numenta Anomaly Benchmark, as far as its files are at hand.

use tidewatch_detectors::baseline::channels::Muted;
use tidewatch_schemas::finding::Channel;
use tidewatch_tests::accuracy::judge::{Judge, Mark};
use tidewatch_tests::accuracy::nab::{Corpus, PROFILES, anomaly_scores, at_threshold, five_folds, optimised, outside};
use tidewatch_tests::accuracy::table::Printed;
use tidewatch_tests::accuracy::tidewatch::Tidewatch;
use tidewatch_tests::accuracy::{library, naive, side_by_side};

/// The setting that pays by the benchmark's costs.
const KNOB: f64 = 4.0;

fn corpus() -> Option<Corpus> {
    library::find("nab").map(|folder| Corpus::read(&folder).expect("the benchmark can be read"))
}

fn judged(corpus: &Corpus, judge: &(dyn Judge + Sync)) -> Vec<Vec<Mark>> {
    side_by_side::map(&corpus.files, |file| judge.judge(&file.series))
}

fn scores(marks: &[Vec<Mark>]) -> Vec<Vec<f64>> {
    marks.iter().map(|marks| anomaly_scores(marks)).collect()
}

/// Detections at fixed rows, whatever the data: every 600 rows, with less confidence every 450, and with least every 1000.
fn blind(corpus: &Corpus) -> Vec<Vec<f64>> {
    let score = |row: usize| match (row % 600, row % 450, row % 1_000) {
        (0, _, _) => 0.9,
        (_, 0, _) => 0.6,
        (_, _, 0) => 0.3,
        _ => 0.0,
    };
    corpus.files.iter().map(|file| (0..file.worth.len()).map(score).collect()).collect()
}

#[test]
fn scores_are_those_of_an_independent_implementation() {
    let Some(corpus) = corpus() else { return };
    let scores = blind(&corpus);
    let cases = [
        (22.863_540_03, 22.863_540_03, 11.787_849_86),
        (2.210_887_33, -0.763_236_82, -30.718_219_36),
        (30.797_915_57, 30.797_915_57, 27.303_011_01),
    ];
    for (profile, (best, folded, fixed)) in PROFILES.iter().zip(cases) {
        let found = [
            (optimised(&corpus, &scores, profile).score, best),
            (five_folds(&corpus, &scores, profile).score, folded),
            (at_threshold(&corpus, &scores, profile, 0.5).score, fixed),
        ];
        for (found, expected) in found {
            assert!((found - expected).abs() < 1e-6, "{}: {found}, not {expected}", profile.name);
        }
    }
}

#[test]
fn the_benchmark_is_found_as_promised_without_its_optimiser_and_with_it() {
    let Some(corpus) = corpus() else { return };
    let marks = judged(&corpus, &Tidewatch::new(KNOB));
    let scores = scores(&marks);
    let fixed = at_threshold(&corpus, &scores, &PROFILES[0], 0.5);
    assert!(fixed.score >= 68.0, "{fixed:?}");
    let best = optimised(&corpus, &scores, &PROFILES[0]);
    assert!(best.score >= 69.0, "{best:?}");
    let outside = outside(&corpus, &marks);
    assert!(outside <= 1.5 * KNOB, "{outside} alarms outside labels per series and month");
}

#[test]
#[ignore = "prints a table: make accuracy"]
fn table_of_the_knob() {
    let Some(corpus) = corpus() else { return };
    let mut table = Printed::new(&[
        "judge",
        "fixed: standard",
        "low FP",
        "low FN",
        "found",
        "false rows",
        "best threshold: standard",
        "low FP",
        "low FN",
        "5-fold: standard",
        "low FP",
        "low FN",
        "alarms outside per series and month",
    ]);
    let ours = [1.0, 2.0, 3.0, 4.0, 6.0].map(|knob| (format!("knob {knob}"), Tidewatch::new(knob)));
    let mut judges: Vec<(String, Box<dyn Judge + Sync>)> = Vec::new();
    judges.extend(ours.into_iter().map(|(name, judge)| (name, Box::new(judge) as Box<dyn Judge + Sync>)));
    let plain = naive::both(KNOB).map(|naive| (naive.name.to_owned(), Box::new(naive) as Box<dyn Judge + Sync>));
    judges.extend(plain);
    for (name, judge) in judges {
        let marks = judged(&corpus, judge.as_ref());
        let scores = scores(&marks);
        let fixed = PROFILES.map(|profile| at_threshold(&corpus, &scores, &profile, 0.5));
        let best = PROFILES.map(|profile| optimised(&corpus, &scores, &profile).score);
        let folded = PROFILES.map(|profile| five_folds(&corpus, &scores, &profile).score);
        let mut cells = vec![name];
        cells.extend(fixed.map(|scored| format!("{:.1}", scored.score)));
        cells.extend([format!("{} of {}", fixed[0].hit, fixed[0].windows), fixed[0].false_rows.to_string()]);
        cells.extend(best.into_iter().chain(folded).map(|score| format!("{score:.1}")));
        cells.push(format!("{:.2}", outside(&corpus, &marks)));
        table.row(&cells);
    }
    table.print("Benchmark, by the knob");
}

#[test]
#[ignore = "prints a table: make accuracy"]
fn table_of_what_each_channel_is_worth() {
    const CHANNELS: [Channel; 6] =
        [Channel::Lasting, Channel::Season, Channel::Level, Channel::Mean, Channel::Shape, Channel::Recurrence];
    let Some(corpus) = corpus() else { return };
    let mut table = Printed::new(&["channels", "best threshold: standard", "low FP", "fixed: standard", "low FP"]);
    let without = |channel: Channel| (format!("without {channel:?}"), Muted::default().with(channel));
    let only = |channel: Channel| {
        let others = CHANNELS.into_iter().filter(|other| *other != channel);
        (format!("only {channel:?}"), others.fold(Muted::default(), Muted::with))
    };
    let mut variants = vec![("all".to_owned(), Muted::default())];
    variants.extend(CHANNELS.map(without));
    variants.extend(CHANNELS.map(only));
    for (name, muted) in variants {
        let scores = scores(&judged(&corpus, &Tidewatch { muted, ..Tidewatch::new(KNOB) }));
        let [standard, low_false, _] = PROFILES;
        let cells = [
            optimised(&corpus, &scores, &standard),
            optimised(&corpus, &scores, &low_false),
            at_threshold(&corpus, &scores, &standard, 0.5),
            at_threshold(&corpus, &scores, &low_false, 0.5),
        ];
        let mut row = vec![name];
        row.extend(cells.map(|scored| format!("{:.1}", scored.score)));
        table.row(&row);
    }
    table.print(&format!("Benchmark, by channel, at knob {KNOB}"));
}
