//! A resource that tenants share, step by step: what they want, what they get, and how long they wait.
//!
//! Waiting grows as in a queue with one server (1 + rho^2 / 4 (1 - rho)), and without bound as the resource is full. What is
//! metered is what was served, with an error. Connections follow Little's law: they grow when answers are slow, for everybody;
//! that is the trap in them. Calls to the cache go with demand and hurt nobody.

use crate::plan::{Plan, Story};
use crate::random::Random;

/// Where the queue counts as full.
const FULL: f64 = 0.96;

/// What was seen of every tenant in a step.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Seconds of a check; `None` of a tenant that is not there yet.
    pub latency: Vec<Option<f64>>,
    pub success: Vec<Option<f64>>,
    /// Parts of what there is.
    pub processor: Vec<f64>,
    pub storage: Vec<f64>,
    pub connections: Vec<f64>,
    pub cache: Vec<f64>,
    /// Seconds waited for locks; absent where nobody waited.
    pub locks: Vec<Option<f64>>,
}

/// The fleet while it runs.
pub struct Fleet {
    pub plan: Plan,
    dice: Random,
    moods: Vec<[f64; 3]>,
    bases: Vec<f64>,
    slowness: f64,
    /// How slow answers were in the steps before, the newest first.
    before: [f64; 3],
}

impl Fleet {
    pub fn new(plan: Plan, seed: u64) -> Self {
        let mut dice = Random::new(seed.wrapping_add(77));
        let count = plan.processor.len();
        let bases = (0..count).map(|_| dice.between(0.03, 0.3)).collect();
        Self { plan, dice, moods: vec![[0.0; 3]; count], bases, slowness: 1.0, before: [1.0; 3] }
    }

    /// A mood goes on for a few steps; its spread is 1.
    fn mood(&mut self, tenant: usize, which: usize, memory: f64) -> f64 {
        let fresh = self.dice.normal() * libm::sqrt(1.0 - memory * memory);
        let mood = &mut self.moods[tenant][which];
        *mood = *mood * memory + fresh;
        *mood
    }

    fn is_there(&self, tenant: usize, step: usize) -> bool {
        self.plan.story != Story::Newcomer || !self.plan.culprits.contains(&tenant) || step >= self.plan.start
    }

    /// What the tenants want of processor and storage.
    fn demand(&mut self, step: usize) -> (Vec<f64>, Vec<f64>) {
        let progress = self.plan.progress(step);
        let crowd = 1.0 + (self.plan.crowd - 1.0) * progress;
        let shares = self.plan.culprits.len().max(1) as f64;
        let (mut processor, mut storage) = (Vec::new(), Vec::new());
        for tenant in 0..self.plan.processor.len() {
            let burst = self.plan.bursts[tenant];
            let batch = if tenant == 0 && self.plan.has_batch(step) { 1.5 } else { 1.0 };
            let retry = if self.plan.retries && !self.plan.culprits.contains(&tenant) {
                1.0 + (0.25 * (self.before[2] - 1.5)).clamp(0.0, 0.6)
            } else {
                1.0
            };
            let there = if self.is_there(tenant, step) { 1.0 } else { 0.0 };
            let wants = there * crowd * batch * retry;
            let cpu = self.plan.processor[tenant] * wants * libm::exp(burst * self.mood(tenant, 0, 0.7));
            let io = self.plan.storage[tenant] * wants * libm::exp(burst * self.mood(tenant, 1, 0.7));
            let is_culprit = self.plan.culprits.contains(&tenant);
            let extra = if is_culprit { self.plan.extra * progress / shares } else { 0.0 };
            let (of_cpu, of_io) = match self.plan.story {
                Story::Io => (0.1 * extra, extra),
                Story::Lock => (0.0, 0.0),
                _ => (extra, 0.2 * extra),
            };
            processor.push(cpu + of_cpu);
            storage.push(io + of_io);
        }
        (processor, storage)
    }

    pub fn step(&mut self, step: usize) -> Seen {
        let (mut processor, mut storage) = self.demand(step);
        let progress = self.plan.progress(step);
        let capacity = 1.0 + (self.plan.capacity - 1.0) * progress;
        let locked = self.plan.story == Story::Lock && progress > 0.0;
        if locked {
            // Workers that wait do nothing else.
            processor.iter_mut().chain(&mut storage).for_each(|each| *each *= 0.4);
        }
        let demand = processor.clone();
        let by_processor = wait(&mut processor, capacity);
        let by_storage = wait(&mut storage, 1.0);
        let outside = if self.plan.story == Story::Outside { 1.0 + 3.0 * progress } else { 1.0 };
        let lock = if locked { 20.0 } else { 1.0 };
        let slow = by_processor * by_storage * outside * lock;
        self.slowness += 0.7 * (slow - self.slowness);
        self.before = [self.slowness, self.before[0], self.before[1]];
        self.meter(step, (&demand, processor, storage), locked)
    }

    fn meter(&mut self, step: usize, (demand, processor, storage): (&[f64], Vec<f64>, Vec<f64>), locked: bool) -> Seen {
        let mut seen = Seen::default();
        let error = self.plan.metering;
        for tenant in 0..processor.len() {
            let there = self.is_there(tenant, step);
            let latency = self.bases[tenant] * self.slowness * libm::exp(0.25 * self.mood(tenant, 2, 0.3));
            let failing = (self.slowness / 40.0).min(1.0) > self.dice.share();
            seen.latency.push(there.then_some(latency.min(15.0)));
            seen.success.push(there.then_some(if failing { 0.5 } else { 1.0 }));
            let metered = |amount: f64, dice: &mut Random| (amount * (1.0 + error * dice.normal())).max(0.0);
            seen.processor.push(metered(processor[tenant], &mut self.dice));
            seen.storage.push(metered(storage[tenant], &mut self.dice));
            let waiting = demand[tenant] * 40.0 * self.slowness.min(8.0) * libm::exp(0.2 * self.dice.normal());
            seen.connections.push(if there { (2.0 + waiting).round() } else { 0.0 });
            seen.cache.push(demand[tenant] * 500.0 * libm::exp(0.3 * self.dice.normal()));
            let holds = locked && self.plan.culprits.contains(&tenant);
            let now_and_then = self.dice.share() < 0.003;
            let waited = if holds {
                Some(self.dice.between(2.0, 4.0))
            } else {
                now_and_then.then(|| self.dice.between(0.1, 1.0))
            };
            seen.locks.push(waited.filter(|_| there));
        }
        seen
    }
}

/// Serves what is wanted, at most what there is, and says how many times longer everything takes.
fn wait(wanted: &mut [f64], capacity: f64) -> f64 {
    let load = wanted.iter().sum::<f64>() / capacity;
    let rho = load.min(FULL);
    let over = (load - FULL).max(0.0);
    if load > FULL {
        for each in wanted.iter_mut() {
            *each *= FULL / load;
        }
    }
    1.0 + 0.25 * rho * rho / (1.0 - rho) + 20.0 * over
}
