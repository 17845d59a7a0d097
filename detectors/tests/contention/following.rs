//! Whose coming the work of others follows, in a made-up fleet in which only work is measured: those who are hurt find who
//! it is now and then, and those who only go home blame nobody.
//!
//! Everything is made from seeds; what was chosen was chosen on others.

use std::collections::BTreeMap;

use tidewatch_detectors::contention::{Followed, Following, Reading};
use tidewatch_schemas::{Catalog, SeriesKey, Timestamp};

use super::random::Random;

const PROCESSOR: &str = "container.cpu.usage";
const TRAFFIC: &str = "container_network_transmit_bytes_total";
const MINUTES: usize = 70;
/// The minute in which a batch begins.
const COMES: usize = 25;
/// Readings of a minute.
const PER_MINUTE: i64 = 6;

/// What happens when the batch begins.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Story {
    /// It slows down most of the others, as much as it takes at the moment.
    Hurts,
    /// The others have 35 % less to do from then on.
    GoHome,
    /// The same, until the batch ends.
    PauseMeanwhile,
    /// Nothing.
    Nothing,
}

/// Whom Tidewatch names in a run, and whose batch it was.
fn run(story: Story, seed: u64) -> (Vec<Followed>, String) {
    let mut random = Random::new(seed);
    let tenants = 20 + random.below(31);
    let goes = [45, 50, 60][random.below(3)];
    let sizes: Vec<f64> = (0..tenants).map(|_| (1.0 - random.share()).powf(-1.0 / 1.2)).collect();
    let all: f64 = sizes.iter().sum();
    let felt: Vec<f64> = (0..tenants).map(|_| if random.share() < 0.6 { 0.5 * random.share() } else { 0.0 }).collect();
    let (mut drift, mut own) = (0.0, vec![0.0; tenants]);
    let (mut following, mut told) = (Following::default(), Vec::new());
    for minute in 0..MINUTES {
        drift = 0.7 * drift + 0.12 * random.normal();
        let takes = if (COMES..goes).contains(&minute) { f64::exp(drift) } else { 0.0 };
        let is_less = match story {
            Story::GoHome => minute >= COMES,
            Story::PauseMeanwhile => (COMES..goes).contains(&minute),
            Story::Hurts | Story::Nothing => false,
        };
        for tenant in 0..tenants {
            own[tenant] = 0.6 * own[tenant] + 0.05 * random.normal();
            let less = if is_less { 0.35 } else { 0.0 };
            let held_up = if story == Story::Hurts { felt[tenant] * takes } else { 0.0 };
            let size = if tenant == 0 { 0.02 * all } else { sizes[tenant] };
            let work = size * f64::exp(own[tenant] + 0.03 * random.normal());
            let work = if tenant == 0 { work } else { work * f64::exp(-less - held_up) };
            let used = work * (0.97 + 0.06 * random.share()) + if tenant == 0 { 0.6 * all * takes } else { 0.0 };
            let name = format!("t{tenant}");
            tell(&mut following, (&name, PROCESSOR), minute, used);
            if tenant > 0 {
                tell(&mut following, (&name, TRAFFIC), minute, 1e6 * work);
            }
        }
        let now = Timestamp((i64::try_from(minute).unwrap() + 1) * 60_000);
        told.extend(following.advance(now, |_| true));
    }
    (told, "t0".to_owned())
}

fn tell(following: &mut Following, (tenant, signal): (&str, &str), minute: usize, value: f64) {
    let key = SeriesKey {
        pool: "eu-1".into(),
        tenant: tenant.into(),
        resource: "node-1".into(),
        signal: signal.into(),
        attributes: BTreeMap::new(),
    };
    for part in 0..PER_MINUTE {
        let at = Timestamp(i64::try_from(minute).unwrap() * 60_000 + part * 10_000);
        following.absorb(&Reading::of(&key, Catalog.lookup(signal), (at, value), None).unwrap());
    }
}

/// Runs in which the batch was named, and in which somebody else was.
fn count(story: Story, seeds: std::ops::Range<u64>) -> (usize, usize) {
    let (mut named, mut others) = (0, 0);
    for seed in seeds {
        let (told, batch) = run(story, seed);
        named += usize::from(told.iter().any(|followed| followed.culprit.as_str() == batch));
        others += usize::from(told.iter().any(|followed| followed.culprit.as_str() != batch));
    }
    (named, others)
}

#[test]
fn those_who_are_held_up_find_who_it_is_and_those_who_go_home_blame_nobody() {
    let (named, others) = count(Story::Hurts, 0..60);
    assert!(named >= 9 && others == 0, "{named} named, {others} others");
    for story in [Story::GoHome, Story::PauseMeanwhile, Story::Nothing] {
        assert_eq!(count(story, 0..60), (0, 0), "{story:?}");
    }
}

/// The table of `docs/contention.md`.
#[test]
#[ignore = "a table: cargo test --workspace --test contention following:: -- --ignored --nocapture"]
fn table_of_the_stories() {
    println!("| what happens when a batch begins | runs | the batch named | another one named |\n|---|---|---|---|");
    for story in [Story::Hurts, Story::GoHome, Story::PauseMeanwhile, Story::Nothing] {
        let (named, others) = count(story, 1_000..1_400);
        println!("| {story:?} | 400 | {named} | {others} |");
    }
}
