//! Random series and how they are fed to the detectors.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use tidewatch_detectors::calendar::{Calendar, Today};
use tidewatch_detectors::class::Class;
use tidewatch_detectors::series::{Around, Identity};
use tidewatch_detectors::silence::Silence;
use tidewatch_detectors::{Judgement, SeriesState, Settings, judges};
use tidewatch_schemas::{Catalog, Observation, Origin, SeriesKey, Timestamp, Value};

pub const HALF_HOUR_MS: i64 = 1_800_000;
pub const DAY_MS: i64 = 86_400_000;
const START: Timestamp = Timestamp(1_793_577_600_000);
/// Accepted false alarms per series and month where judgements are compared: many, so that there is something to compare.
const MANY: f64 = 20.0;

/// A value and when it was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub at: Timestamp,
    pub value: f64,
}

/// How values are fed.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Values that come before windows are looked at.
    pub portion: usize,
    /// After which share of the values everything is written out and read again.
    pub restart: Option<f64>,
    /// Accepted false alarms per series and month.
    pub false_alarms: f64,
    pub calendar: Arc<Calendar>,
}

impl Default for Feed {
    fn default() -> Self {
        Self { portion: 1, restart: None, false_alarms: MANY, calendar: Arc::default() }
    }
}

/// Noise around zero, from a seed.
#[derive(Clone, Copy, Debug)]
pub struct Noise(pub u64);

impl Noise {
    /// About normal: the sum of four uniform numbers, in steps of a 1024th so that shifting them loses no digit.
    pub fn next(&mut self) -> f64 {
        let mut sum = 0;
        for _ in 0..4 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sum += i32::try_from((self.0 >> 33) & 0x7FF).unwrap_or(0) - 1_024;
        }
        f64::from(sum) / 1_024.0
    }
}

/// What happens in a random series.
#[derive(Clone, Copy, Debug)]
pub struct Course {
    seed: u64,
    swing: i32,
    spike: (usize, i32),
    level: (usize, i32),
}

impl Course {
    /// Three weeks of it.
    pub fn points(self) -> Vec<Point> {
        points(self, 21)
    }
}

fn points(course: Course, days: usize) -> Vec<Point> {
    let Course { seed, swing, spike, level } = course;
    let mut noise = Noise(seed);
    let value = |step: usize| {
        let busy = if (18..36).contains(&(step % 48)) { swing } else { 0 };
        let odd = if step == spike.0 { spike.1 } else { 0 };
        let moved = if step >= level.0 { level.1 } else { 0 };
        f64::from(40 + busy + odd + moved) + noise.next()
    };
    let times = (0..).map(|step| START + step * HALF_HOUR_MS);
    times.zip((0..days * 48).map(value)).map(|(at, value)| Point { at, value }).collect()
}

/// Three weeks of half-hours: a daily habit, a spike and another level.
pub fn weeks() -> impl Strategy<Value = Course> {
    let moment = || 300..1_000_usize;
    let course = (any::<u64>(), 0..12_i32, (moment(), -40..40_i32), (moment(), -9..9_i32));
    course.prop_map(|(seed, swing, spike, level)| Course { seed, swing, spike, level })
}

/// One of them.
pub fn example() -> Vec<Point> {
    Course { seed: 5, swing: 8, spike: (700, 30), level: (900, 6) }.points()
}

/// Days on which nothing happens.
pub fn steady(days: usize) -> Vec<Point> {
    points(Course { seed: 9, swing: 4, spike: (0, 0), level: (0, 0) }, days)
}

/// One value, at times that are not quite even.
pub fn constant() -> impl Strategy<Value = Vec<Point>> {
    let value = prop_oneof![Just(0.0), -1e9..1e9_f64, 1e-9..1e-3_f64];
    (value, any::<u64>(), prop_oneof![Just(60_000), Just(300_000), Just(3_600_000_i64)]).prop_map(
        |(value, seed, every)| {
            let mut noise = Noise(seed);
            let late = move |step: i64| if noise.next() > 1.0 { every * (step % 3) } else { 0 };
            let times = (0..1_500).scan(late, move |late, step| Some(START + step * 4 * every + late(step)));
            times.map(|at| Point { at, value }).collect()
        },
    )
}

/// One value for six weeks, with a leap from it and back once in `every` half-hours.
pub fn with_leaps(value: f64, leap: f64, every: usize) -> Vec<Point> {
    let times = (0..).map(|step| START + step * HALF_HOUR_MS);
    let values = (1..42 * 48).map(|step| if step % every == 0 { value + leap } else { value });
    times.zip(values).map(|(at, value)| Point { at, value }).collect()
}

/// Values and gaps of any size.
pub fn wild() -> impl Strategy<Value = Vec<Point>> {
    let value = prop_oneof![
        4 => -1e3..1e3_f64,
        1 => prop::num::f64::NORMAL | prop::num::f64::ZERO,
        1 => Just(0.0),
    ];
    let gap = prop_oneof![6 => Just(HALF_HOUR_MS), 1 => 1_000..40 * DAY_MS];
    prop::collection::vec((value, gap), 1..400).prop_map(|steps| {
        let mut at = START;
        let next = |(value, gap): (f64, i64)| {
            at = at + gap;
            Point { at, value }
        };
        steps.into_iter().map(next).collect()
    })
}

/// What is judged of a series, window by window.
pub fn judged(points: &[Point], feed: &Feed) -> Vec<Judgement> {
    run(points, feed).1
}

/// What is remembered of a series.
pub fn state_after(points: &[Point], feed: &Feed) -> SeriesState {
    run(points, feed).0
}

fn run(points: &[Point], feed: &Feed) -> (SeriesState, Vec<Judgement>) {
    let settings = settings(feed.false_alarms);
    let key = SeriesKey {
        pool: "eu-1".into(),
        tenant: "acme".into(),
        resource: "db-1".into(),
        signal: "value".into(),
        attributes: BTreeMap::new(),
    };
    let who = Identity { key: &key, spec: Catalog.lookup("value"), unit: "1", is_metered: false };
    let origin = Origin { topic: "t".into(), partition: 0, offset: 0, index: 0 };
    let mut state = SeriesState::default();
    let (mut today, mut class) = (Today::new(feed.calendar.clone()), Class::default());
    let mut judgements = Vec::new();
    let restart = feed.restart.map(|share| (share * points.len() as f64).floor());
    let mut newest = START;
    for (number, point) in points.iter().enumerate() {
        if restart == Some(number as f64) {
            (state, class) = (again(&state), again(&class));
            today = Today::new(feed.calendar.clone());
        }
        newest = newest.max(point.at);
        let seen =
            Observation { series: key.clone(), unit: "1".to_owned(), at: point.at, value: Value::Gauge(point.value) };
        let _ = state.absorb(&settings, &seen, &origin, newest);
        if (number + 1) % feed.portion == 0 || number + 1 == points.len() {
            let around = Around { today: &mut today, class: &mut class };
            judgements.extend(state.judge(&settings, who, around, newest).judgements);
        }
    }
    (state, judgements)
}

fn settings(false_alarms: f64) -> Settings {
    let mut judges = judges::Settings::new(60_000, false_alarms, DAY_MS);
    judges.traced = judges::Traced::Everything;
    Settings { window_ms: 60_000, lateness_ms: 60_000, judges, silence: Silence { missed: 5, lateness_ms: 60_000 } }
}

fn again<T: serde::Serialize + serde::de::DeserializeOwned>(state: &T) -> T {
    postcard::from_bytes(&postcard::to_stdvec(state).expect("a state can be written")).expect("and read")
}
