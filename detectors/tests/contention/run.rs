//! Lets Tidewatch and the naive rules watch a run, and says whom they blame.

use std::collections::{BTreeMap, BTreeSet};

use tidewatch_detectors::Contention;
use tidewatch_detectors::contention::{Cause, Reading, State, Verdict};
use tidewatch_schemas::{Catalog, SeriesKey, Timestamp};

use crate::fleet::{Fleet, Seen};
use crate::naive;
use crate::plan::{Plan, Story};

const STEP_MS: i64 = 10_000;
const FIRST: i64 = 1_790_000_000_000;
/// Processors and bytes per second that there are.
const PROCESSORS: f64 = 16.0;
const BYTES: f64 = 4e8;
const SIGNALS: [&str; 7] = [
    "synthetic.check.duration",
    "synthetic.check.success",
    "container.cpu.usage",
    "container_fs_writes_bytes_total",
    "postgresql.backends",
    "lab.redis.client.ops",
    "lab.postgresql.lock_waits",
];

/// Whom everybody blames in the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blamed {
    pub truth: BTreeSet<usize>,
    pub tidewatch: BTreeSet<usize>,
    /// Whom Tidewatch blamed at any time since trouble began.
    pub ever: BTreeSet<usize>,
    /// How often it blamed somebody in the hours before.
    pub before: usize,
    last_blame: Option<usize>,
    /// Steps from the first step of trouble to the first right verdict, its computation included.
    pub delay: Option<usize>,
    pub largest: Option<usize>,
    pub correlated: Option<usize>,
    pub cpi2: Option<usize>,
    /// Whether several tenants were seen to suffer at all.
    pub felt: bool,
    /// What Tidewatch said, and in which step.
    pub said: Vec<(usize, String)>,
}

struct Watch {
    how: Contention,
    state: State,
    keys: Vec<Vec<SeriesKey>>,
}

impl Watch {
    fn new(count: usize) -> Self {
        let key = |tenant: usize, signal: &str| SeriesKey {
            pool: "eu-1".into(),
            tenant: name(tenant).as_str().into(),
            resource: if signal.starts_with("synthetic") { "edge" } else { "db-main" }.into(),
            signal: signal.into(),
            attributes: BTreeMap::new(),
        };
        let keys = (0..count).map(|tenant| SIGNALS.iter().map(|signal| key(tenant, signal)).collect()).collect();
        Self { how: Contention::new(STEP_MS, STEP_MS, 86_400_000), state: State::default(), keys }
    }

    fn step(&mut self, step: usize, seen: &Seen, plan: &Plan) -> Vec<Verdict> {
        let at = Timestamp(FIRST + i64::try_from(step).unwrap() * STEP_MS);
        for (tenant, keys) in self.keys.iter().enumerate() {
            let there = seen.latency[tenant].is_some();
            let metered = |amount: f64| (there && !plan.unmetered[tenant]).then_some(amount);
            let values = [
                seen.latency[tenant],
                seen.success[tenant],
                metered(seen.processor[tenant] * PROCESSORS),
                metered(seen.storage[tenant] * BYTES),
                metered(seen.connections[tenant]),
                metered(seen.cache[tenant]),
                seen.locks[tenant].filter(|_| !plan.unmetered[tenant]),
            ];
            for (key, value) in keys.iter().zip(values) {
                let spec = Catalog.lookup(key.signal.as_str());
                if let Some(reading) = value.and_then(|value| Reading::of(key, spec, (at, value), None)) {
                    self.how.absorb(&mut self.state, &reading);
                }
            }
        }
        self.how.advance(&mut self.state, at + 4 * STEP_MS)
    }
}

fn name(tenant: usize) -> String {
    format!("t{tenant:02}")
}

/// Lets everybody watch a run.
pub fn run(story: Story, seed: u64) -> Blamed {
    let mut fleet = Fleet::new(Plan::new(story, seed), seed);
    let plan = fleet.plan.clone();
    let mut watch = Watch::new(plan.processor.len());
    let mut blamed = Blamed { truth: plan.culprits.iter().copied().collect(), ..Blamed::default() };
    let (mut usage, mut pain) = (vec![Vec::new(); plan.processor.len()], Vec::new());
    for step in 0..plan.steps() {
        let seen = fleet.step(step);
        for verdict in watch.step(step, &seen, &plan) {
            blamed.hear(&verdict, step, &plan);
        }
        let of = if story == Story::Io { &seen.storage } else { &seen.processor };
        for (tenant, own) in usage.iter_mut().enumerate() {
            let amount = if story == Story::Lock { seen.locks[tenant].unwrap_or(0.0) } else { of[tenant] };
            own.push(if plan.unmetered[tenant] { 0.0 } else { amount });
        }
        let mut latencies: Vec<f64> = seen.latency.iter().flatten().copied().collect();
        latencies.sort_by(f64::total_cmp);
        pain.push(latencies[latencies.len() / 2]);
    }
    blamed.ask_others(&usage, &pain);
    blamed
}

impl Blamed {
    fn hear(&mut self, verdict: &Verdict, step: usize, plan: &Plan) {
        self.felt |= step >= plan.start;
        let culprits: BTreeSet<usize> = match &verdict.cause {
            Cause::Culprits(blame) => {
                blame.culprits.iter().map(|tenant| tenant.as_str()[1..].parse().unwrap()).collect()
            }
            Cause::Collective { .. } | Cause::Nobody => BTreeSet::new(),
        };
        self.said.push((step, verdict.sentence()));
        if step < plan.start {
            let goes_on = self.last_blame.is_some_and(|last| step - last <= 3);
            self.before += usize::from(!culprits.is_empty() && !goes_on);
            self.last_blame = (!culprits.is_empty()).then_some(step).or(self.last_blame);
        } else {
            self.ever.extend(&culprits);
            if culprits == self.truth && !culprits.is_empty() && self.delay.is_none() {
                self.delay = Some(step - plan.start);
            }
            self.tidewatch = culprits;
        }
    }

    fn ask_others(&mut self, usage: &[Vec<f64>], pain: &[f64]) {
        let recent = |own: &Vec<f64>| own[own.len() - 4 * naive::WINDOW..].to_vec();
        let usage: Vec<Vec<f64>> = usage.iter().map(recent).collect();
        let pain = &pain[pain.len() - 4 * naive::WINDOW..];
        self.largest = naive::largest(&usage);
        self.correlated = naive::correlated(&usage, pain);
        self.cpi2 = naive::cpi2(&usage, pain);
    }
}
