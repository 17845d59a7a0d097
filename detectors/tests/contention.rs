//! Who hurts whom, in a simulator of a resource that tenants share: culprits are named and innocents are not, beside the
//! rules that one would try first.
//!
//! Everything is made from seeds. What was chosen was chosen on seeds below 1,000; the table of `docs/contention.md`,
//! which `make accuracy` prints, comes from others.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a run that cannot be made should stop the test"
)]

#[path = "contention/fleet.rs"]
mod fleet;
#[path = "contention/following.rs"]
mod following;
#[path = "contention/naive.rs"]
mod naive;
#[path = "contention/plan.rs"]
mod plan;
#[path = "contention/random.rs"]
mod random;
#[path = "contention/run.rs"]
mod run;
#[path = "contention/tally.rs"]
mod tally;

use plan::Story;
use tally::Tally;

/// The first seed of the table.
const REPORTED_FROM: u64 = 1_000;
/// Runs of each story in the table.
const REPORTED: u64 = 60;

/// Runs of a story, on two threads.
fn runs(story: Story, first: u64, count: u64) -> Tally {
    let half = std::thread::spawn(move || tally(story, first..first + count / 2));
    let mut all = tally(story, first + count / 2..first + count);
    all.add(&half.join().unwrap());
    all
}

fn tally(story: Story, seeds: std::ops::Range<u64>) -> Tally {
    let mut tally = Tally::default();
    seeds.for_each(|seed| tally.count(&run::run(story, seed)));
    tally
}

#[test]
fn culprits_are_named_and_innocents_are_not() {
    let (mut guilty, mut innocent) = (Tally::default(), Tally::default());
    for story in Story::GUILTY {
        guilty.add(&runs(story, 40, 2));
    }
    for story in Story::INNOCENT {
        innocent.add(&runs(story, 40, 2));
    }
    // Two runs of each story are few: the table holds the share itself.
    assert!(guilty.right * 100 >= guilty.runs * 90 && guilty.wrong == 0, "guilty: {guilty:?}");
    assert_eq!(innocent.wrong, 0, "innocent: {innocent:?}");
    assert!(innocent.correlated.1 * 3 >= innocent.runs, "where correlation alone would blame somebody: {innocent:?}");
}

#[test]
#[ignore = "takes minutes and prints a table: make accuracy"]
fn table_of_culprits() {
    println!("\nWho hurts whom, {REPORTED} runs each, seeds from {REPORTED_FROM}\n\n{}", Tally::head());
    for (name, stories) in [("all with a culprit", &Story::GUILTY[..]), ("all without", &Story::INNOCENT[..])] {
        let mut all = Tally::default();
        for story in stories {
            let told = runs(*story, REPORTED_FROM, REPORTED);
            println!("{}", told.row(story.words()));
            all.add(&told);
        }
        println!("{}", all.row(&format!("**{name}**")));
        assert!(all.wrong * 100 <= all.runs * 3, "{name}: {all:?}");
        assert!(name != "all with a culprit" || all.right * 100 >= all.runs * 95, "{name}: {all:?}");
    }
}
