//! What happens in a run of the simulator: who is there, what goes wrong, and who is to blame for it.

use crate::random::Random;

/// Steps of ten seconds before anything goes wrong: three hours, with the biggest tenant's hourly batch in them.
pub const HISTORY: usize = 1_080;
/// Steps for which trouble is watched.
pub const TROUBLE: usize = 90;
/// The biggest tenant's batch comes every hour and lasts ten minutes.
pub const BATCH_EVERY: usize = 360;
pub const BATCH_LASTS: usize = 60;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// One tenant takes much more of the processor.
    Rogue,
    /// The same while the biggest tenant's batch runs.
    RogueAtPeak,
    /// The same, and slow answers make the others try again.
    RogueWithRetries,
    /// The same, over up to fifteen minutes.
    Ramp,
    /// Two tenants at once.
    TwoRogues,
    /// A tenant that was never seen before.
    Newcomer,
    /// A tenant takes a little more every minute, until it is too much.
    Leak,
    /// A little more on a resource that is nearly full.
    LastStraw,
    /// One tenant takes much more of the storage.
    Io,
    /// One tenant holds a lock that every worker waits for.
    Lock,
    /// A rogue, and a third of the others are not metered.
    Unmetered,
    /// Everybody takes more.
    Collective,
    /// The resource has less to give.
    Capacity,
    /// The same, and everybody tries again.
    CapacityWithRetries,
    /// Something outside is slow.
    Outside,
    /// The biggest tenant's batch meets a crowd.
    PeakWithCrowd,
    /// The biggest tenant's batch, as every hour, and nothing else.
    Peak,
}

impl Story {
    pub const GUILTY: [Self; 11] = [
        Self::Rogue,
        Self::RogueAtPeak,
        Self::RogueWithRetries,
        Self::Ramp,
        Self::TwoRogues,
        Self::Newcomer,
        Self::Leak,
        Self::LastStraw,
        Self::Io,
        Self::Lock,
        Self::Unmetered,
    ];
    pub const INNOCENT: [Self; 6] =
        [Self::Collective, Self::Capacity, Self::CapacityWithRetries, Self::Outside, Self::PeakWithCrowd, Self::Peak];

    pub fn words(self) -> &'static str {
        match self {
            Self::Rogue => "one tenant takes much more processor",
            Self::RogueAtPeak => "the same at the biggest tenant's normal peak",
            Self::RogueWithRetries => "the same, innocents try again",
            Self::Ramp => "the same, over 5 to 15 minutes",
            Self::TwoRogues => "two tenants at once",
            Self::Newcomer => "a tenant never seen before",
            Self::Leak => "a slow leak over 40 minutes",
            Self::LastStraw => "a little more on a nearly full resource",
            Self::Io => "storage instead of processor",
            Self::Lock => "a lock that every worker waits for",
            Self::Unmetered => "a third of the others not metered",
            Self::Collective => "everybody takes more",
            Self::Capacity => "the resource has less to give",
            Self::CapacityWithRetries => "the same, everybody tries again",
            Self::Outside => "something outside is slow",
            Self::PeakWithCrowd => "the biggest at its normal peak, and a crowd",
            Self::Peak => "the biggest at its normal peak",
        }
    }
}

/// One run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub story: Story,
    /// What each tenant takes of the processor on average, as a part of what there is.
    pub processor: Vec<f64>,
    /// The same of the storage.
    pub storage: Vec<f64>,
    /// Spread of a tenant's demand.
    pub bursts: Vec<f64>,
    pub culprits: Vec<usize>,
    /// The step in which trouble begins.
    pub start: usize,
    /// What the culprits take together beyond their usual, at its most.
    pub extra: f64,
    /// Steps until it is at its most.
    pub ramp: usize,
    /// What everybody's demand is multiplied by.
    pub crowd: f64,
    /// What there is, while trouble lasts.
    pub capacity: f64,
    /// Whether slow answers make innocents try again.
    pub retries: bool,
    /// Error of metering.
    pub metering: f64,
    /// First step of a batch.
    pub batch_phase: usize,
    pub unmetered: Vec<bool>,
}

impl Plan {
    pub fn new(story: Story, seed: u64) -> Self {
        let mut dice = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(story as u64));
        let count = 20 + dice.below(31);
        let load = match story {
            Story::LastStraw => dice.between(0.7, 0.78),
            Story::Collective | Story::PeakWithCrowd => dice.between(0.5, 0.6),
            _ => dice.between(0.4, 0.6),
        };
        let processor = zipf(count, load, &mut dice);
        let storage = processor.iter().map(|size| size * libm::exp(0.5 * dice.normal())).collect::<Vec<_>>();
        let storage = scaled(storage, dice.between(0.3, 0.5));
        let bursts = (0..count).map(|_| dice.between(0.1, 0.35)).collect();
        let start = HISTORY + dice.below(60);
        let at_peak = matches!(story, Story::RogueAtPeak | Story::PeakWithCrowd | Story::Peak);
        // The batch begins with the trouble, or the trouble lies half an hour after it.
        let lead = if at_peak { 10 } else { 180 };
        let batch_phase = (start + BATCH_EVERY * 4 - lead) % BATCH_EVERY;
        let mut plan = Self {
            story,
            culprits: Vec::new(),
            start,
            extra: 0.0,
            ramp: 1 + dice.below(3),
            crowd: 1.0,
            capacity: 1.0,
            retries: matches!(story, Story::RogueWithRetries | Story::CapacityWithRetries),
            metering: dice.between(0.0, 0.1),
            batch_phase,
            unmetered: vec![false; count],
            processor,
            storage,
            bursts,
        };
        plan.tell(&mut dice);
        plan
    }

    fn tell(&mut self, dice: &mut Random) {
        let full = dice.between(0.92, 1.08);
        let room = |taken: f64| (full - taken).max(0.1);
        let taken: f64 = self.processor.iter().sum();
        self.culprits = self.draw_culprits(dice);
        match self.story {
            Story::Ramp => self.ramp = 30 + dice.below(60),
            Story::Leak => self.ramp = 240,
            Story::Collective => self.crowd = full / taken,
            Story::PeakWithCrowd => self.crowd = full / (taken + 0.5 * self.processor[0]),
            Story::Capacity | Story::CapacityWithRetries => self.capacity = taken / full,
            _ => {}
        }
        self.extra = match self.story {
            Story::Io => room(self.storage.iter().sum()),
            Story::RogueAtPeak => room(taken + 0.5 * self.processor[0]),
            _ if self.culprits.is_empty() => 0.0,
            _ => room(taken),
        };
        if self.story == Story::Leak {
            self.start -= 200;
        }
        if self.story == Story::Unmetered {
            let culprits = self.culprits.clone();
            let hidden = |tenant: usize, dice: &mut Random| !culprits.contains(&tenant) && dice.share() < 0.33;
            self.unmetered = (0..self.processor.len()).map(|tenant| hidden(tenant, dice)).collect();
        }
    }

    fn draw_culprits(&self, dice: &mut Random) -> Vec<usize> {
        let count = self.processor.len();
        if Story::INNOCENT.contains(&self.story) {
            return Vec::new();
        }
        // Never the biggest one, which has its batch.
        let first = 1 + dice.below(count - 1);
        let second = 1 + (first + dice.below(count - 3)) % (count - 1);
        if self.story == Story::TwoRogues && second != first { vec![first, second] } else { vec![first] }
    }

    /// Steps of the whole run.
    pub fn steps(&self) -> usize {
        self.start + TROUBLE + if self.story == Story::Leak { 200 } else { 0 }
    }

    /// How far trouble has come at `step`, 0 to 1.
    pub fn progress(&self, step: usize) -> f64 {
        if step < self.start {
            return 0.0;
        }
        ((step - self.start + 1) as f64 / self.ramp as f64).min(1.0)
    }

    pub fn has_batch(&self, step: usize) -> bool {
        (step + BATCH_EVERY - self.batch_phase) % BATCH_EVERY < BATCH_LASTS
    }
}

/// Sizes of which the biggest is a quarter to nearly half of all.
fn zipf(count: usize, load: f64, dice: &mut Random) -> Vec<f64> {
    let slope = dice.between(0.9, 1.3);
    scaled((1..=count).map(|rank| libm::pow(rank as f64, -slope)).collect(), load)
}

fn scaled(sizes: Vec<f64>, load: f64) -> Vec<f64> {
    let sum: f64 = sizes.iter().sum();
    sizes.into_iter().map(|size| size * load / sum).collect()
}
