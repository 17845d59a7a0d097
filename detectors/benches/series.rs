//! What judging one window of one series costs, and what is remembered of the series.
//!
//! Series are visited in turn, as in the service, so that their memory comes from where it would come from there. Of
//! several rounds the fastest counts, since anything else that the machine does only ever makes a round slower.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use tidewatch_detectors::baseline::channels::Muted;
use tidewatch_detectors::baseline::knob::Prior;
use tidewatch_detectors::baseline::{self, Baseline, Context, Explained};
use tidewatch_detectors::calendar::{Calendar, Today, zone_named};
use tidewatch_detectors::window::Closed;
use tidewatch_schemas::{Catalog, Timestamp};

const START: Timestamp = Timestamp(1_793_577_600_000);
const WIDTH_MS: i64 = 300_000;
/// Windows that each series has behind it: two weeks, so that all of its memory is in use.
const WARM_UP: i64 = 14 * 288;
/// Windows of each series that are measured.
const MEASURED: i64 = 288;
const ROUNDS: usize = 5;

fn main() {
    println!("| series | nanoseconds a window | bytes in memory | bytes on disk |");
    println!("|---|---|---|---|");
    for series in [1, 1_000] {
        let mut all = Fleet::new(series);
        all.judge(0, WARM_UP);
        let rounds = (0..ROUNDS).map(|round| all.round(WARM_UP + MEASURED * i64::try_from(round).unwrap_or(0)));
        let fastest = rounds.min().unwrap_or_default();
        let windows = MEASURED as f64 * f64::from(series);
        let nanoseconds = fastest.as_nanos() as f64 / windows;
        let on_disk =
            all.states.first().and_then(|state| postcard::to_stdvec(state).ok()).map_or(0, |bytes| bytes.len());
        println!("| {series} | {nanoseconds:.0} | {} | {on_disk} |", size_of::<baseline::State>());
    }
}

/// Many series of one tenant.
struct Fleet {
    baseline: Baseline,
    states: Vec<baseline::State>,
    today: Today,
}

impl Fleet {
    fn new(series: u32) -> Self {
        let zone = zone_named("Europe/Berlin").unwrap_or(jiff::tz::TimeZone::UTC);
        let calendar = Arc::new(Calendar { zone, ..Calendar::default() });
        let states = (0..series).map(|_| baseline::State::default()).collect();
        let baseline = Baseline { false_alarms: 1.0, adopt_after_ms: 86_400_000, muted: Muted::default() };
        Self { baseline, states, today: Today::new(calendar) }
    }

    fn judge(&mut self, first: i64, windows: i64) {
        let spec = Catalog.lookup("value");
        let prior = Prior::default();
        for step in first..first + windows {
            let start = START + step * WIDTH_MS;
            for (number, state) in (0..).zip(&mut self.states) {
                let day = self.today.at(start);
                let window = Closed { start, width_ms: WIDTH_MS, value: value(step, number), weight: None };
                let context = Context { spec, day: &day, explained: Explained::default(), prior: &prior };
                black_box(self.baseline.judge(state, &window, window.value, context));
            }
        }
    }

    fn round(&mut self, first: i64) -> Duration {
        #[expect(clippy::disallowed_methods, reason = "a bench measures time")]
        let begin = std::time::Instant::now();
        self.judge(first, MEASURED);
        begin.elapsed()
    }
}

/// A day with a hump, and a wobble that repeats too late to be noticed.
fn value(step: i64, number: i64) -> f64 {
    let hump = 144 - (step % 288 - 144).abs();
    let wobble = (step * 7_919 + number * 104_729) % 101;
    100.0 + hump as f64 / 10.0 + (wobble - 50) as f64 / 25.0
}
