//! The scheduler: who does what next, and what goes wrong, drawn from one seed.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tidewatch_pipelines::detect::{Settings, Target};
use tidewatch_pipelines::protocol::lane::Rule;
use tidewatch_pipelines::protocol::{Extent, Step};
use tidewatch_pipelines::state::Family;

use super::exit::Network;
use super::fuse::Fuse;
use super::input::{self, LogRecord};
use super::instance::{Checkpoint, Instance, Takeover};
use super::oracle::{self, Violation};
use super::random::Random;

/// What goes wrong, as probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Faults {
    /// Whether the broker has transactions.
    pub transactions: bool,
    /// A step ends its process.
    pub crash: f64,
    /// A crash takes the disk along.
    pub disk_lost: f64,
    /// A crash is a power cut.
    pub power_cut: f64,
    /// The group moves on while the owner still believes to be it.
    pub rebalance: f64,
    /// A commit has no answer.
    pub doubtful: f64,
    /// A commit of an earlier transaction ends a later one.
    pub torn: f64,
    /// A request arrives when its sender has given up.
    pub late: f64,
    /// A request gets no answer and is not done.
    pub no_answer: f64,
    /// A topic loses its end.
    pub lost_end: f64,
    /// The input loses its beginning while nobody reads it.
    pub retention: f64,
}

impl Faults {
    /// Everything at once, on a broker with transactions.
    pub const ALL: Self = Self {
        transactions: true,
        crash: 0.08,
        disk_lost: 0.3,
        power_cut: 0.2,
        rebalance: 0.05,
        doubtful: 0.1,
        torn: 0.03,
        late: 0.03,
        no_answer: 0.03,
        lost_end: 0.004,
        retention: 0.0,
    };
    /// Everything at once, on a broker without.
    pub const WITHOUT_TRANSACTIONS: Self = Self { transactions: false, ..Self::ALL };
    /// Input that is gone before it was read: one instance that crashes and keeps its disk.
    pub const RETENTION: Self = Self {
        disk_lost: 0.0,
        power_cut: 0.0,
        rebalance: 0.0,
        crash: 0.12,
        lost_end: 0.0,
        retention: 0.5,
        ..Self::ALL
    };
    /// Nothing.
    pub const NONE: Self = Self {
        transactions: true,
        crash: 0.0,
        disk_lost: 0.0,
        power_cut: 0.0,
        rebalance: 0.0,
        doubtful: 0.0,
        torn: 0.0,
        late: 0.0,
        no_answer: 0.0,
        lost_end: 0.0,
        retention: 0.0,
    };

    fn calm(self) -> Self {
        Self { transactions: self.transactions, ..Self::NONE }
    }
}

/// A rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Outputs are not read back.
    ReadBack,
    /// What may have been published is sent again unseen.
    BlindRetry,
    /// Checkpoints hold the state and not the outbox.
    CheckpointWithoutOutbox,
    /// Outputs are published before the store has the batch that decided them.
    PublishBeforeCommit,
    /// A replay publishes what is published.
    Suppression,
}

impl Broken {
    /// The rule of the lane that is broken; the others are broken outside of it.
    pub fn rule(self) -> Option<Rule> {
        match self {
            Self::ReadBack => Some(Rule::ReadBack),
            Self::BlindRetry => Some(Rule::ReadBackInDoubt),
            Self::Suppression => Some(Rule::Suppression),
            Self::CheckpointWithoutOutbox | Self::PublishBeforeCommit => None,
        }
    }
}

/// How much happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Happened {
    /// Processes that ended in the middle of something.
    pub crashes: usize,
    /// Disks that were lost.
    pub disks_lost: usize,
    /// Owners that went on after the group had moved on.
    pub zombies: usize,
    /// Publications in doubt.
    pub doubts: usize,
    /// Publishers that found a later one.
    pub superseded: usize,
    /// Topics that lost their end.
    pub lost_ends: usize,
    /// Times that the input lost its beginning.
    pub overrun: usize,
    /// Outputs expected in the end.
    pub outputs: usize,
    /// Notes expected in the end.
    pub notes: usize,
}

const STEPS: usize = 700;
const INSTANCES: usize = 3;

/// The world of one seed.
pub(super) struct World {
    random: Random,
    faults: Faults,
    broken: Option<Broken>,
    pub settings: Arc<Settings>,
    pub log: Vec<LogRecord>,
    pub network: Rc<RefCell<Network>>,
    instances: Vec<Instance>,
    owner: Option<usize>,
    checkpoints: Vec<Checkpoint>,
    epoch: u64,
    oldest: i64,
    happened: Happened,
}

/// Runs the schedule of a seed; returns how much happened, or what does not hold.
pub fn run(seed: u64, faults: Faults, broken: Option<Broken>, settings: &Arc<Settings>) -> Result<Happened, Violation> {
    let mut random = Random::new(seed);
    let log = input::log(&mut random);
    let network = Network::new(faults, Random::new(random.bits()));
    let mut world = World {
        random,
        faults,
        broken,
        settings: Arc::clone(settings),
        log,
        network: Rc::new(RefCell::new(network)),
        instances: (0..INSTANCES).map(|_| Instance::default()).collect(),
        owner: None,
        checkpoints: Vec::new(),
        epoch: 0,
        oldest: 0,
        happened: Happened::default(),
    };
    for _ in 0..STEPS {
        world.disturb();
        world.step();
        if world.is_done() {
            break;
        }
    }
    let owner = world.calm_down()?;
    world.instances[owner].disk.catch_up();
    let expected = oracle::verify(&world, faults, &world.instances[owner].disk.content())?;
    let happened = Happened { outputs: expected.outputs.len(), notes: expected.notes.len(), ..world.happened };
    Ok(happened)
}

impl World {
    /// What happens without any process doing something.
    fn disturb(&mut self) {
        let mut network = self.network.borrow_mut();
        if self.random.chance(0.3) {
            network.deliver();
        }
        if self.random.chance(0.05) {
            network.topics.time_out();
        }
        if self.random.chance(self.faults.lost_end) {
            let target = Target::OUTBOX[self.random.below(Target::OUTBOX.len())];
            network.topics.lose_end(target, 1 + self.random.below(4));
            self.happened.lost_ends += 1;
        }
        drop(network);
        let is_idle = self.owner.is_none() && self.instances[0].has_begun(&self.settings);
        if is_idle && self.random.chance(self.faults.retention) {
            // One record stays, to tell of what is lost.
            let last = i64::try_from(self.log.len()).expect("few") - 1;
            self.oldest = last.min(self.oldest + i64::try_from(self.random.below(8)).expect("few"));
            self.happened.overrun += 1;
        }
    }

    fn step(&mut self) {
        let Some(owner) = self.owner else { return self.assign() };
        if self.random.chance(self.faults.rebalance) {
            self.happened.zombies += 1;
            return self.assign();
        }
        let other = self.random.below(INSTANCES);
        let who = if self.random.chance(0.75) { owner } else { other };
        if self.instances[who].process.is_some() {
            self.act(who);
        }
    }

    /// The group gives the partition to somebody; a process that it had there before is thrown out and joins again.
    fn assign(&mut self) {
        let only = self.faults.rebalance == 0.0;
        let who = if only { 0 } else { self.random.below(INSTANCES) };
        self.instances[who].process = None;
        self.owner = Some(who);
        let fuse = Fuse::default();
        self.may_crash(&fuse);
        self.instances[who].choose_state(&self.settings, &self.checkpoints);
        self.epoch += 1;
        let end = i64::try_from(self.log.len()).expect("few");
        let takeover = Takeover {
            settings: &self.settings,
            network: &self.network,
            extent: Extent { oldest: self.oldest, end },
            epoch: self.epoch,
            broken: self.broken,
        };
        let begun = self.instances[who].take_over(&takeover, fuse.clone());
        self.settle(who, &fuse, begun.is_err());
    }

    fn may_crash(&mut self, fuse: &Fuse) {
        fuse.put_out();
        if self.random.chance(self.faults.crash) {
            fuse.light(i32::try_from(self.random.below(6)).expect("small"));
        }
    }

    /// One thing that a process does.
    fn act(&mut self, who: usize) {
        let Some(fuse) = self.instances[who].process.as_ref().map(|process| process.fuse.clone()) else { return };
        self.may_crash(&fuse);
        let drawn = self.random.below(100);
        let failed = match drawn {
            0..35 => self.read(who),
            35..55 => self.commit(who),
            55..96 => self.publish(who),
            96..98 => self.checkpoint(who),
            _ => self.look_at_group(who),
        };
        self.settle(who, &fuse, failed);
    }

    fn read(&mut self, who: usize) -> bool {
        let count = 1 + self.random.below(4);
        if let Some(process) = &mut self.instances[who].process {
            process.read(&self.log, count);
        }
        false
    }

    fn commit(&mut self, who: usize) -> bool {
        if self.random.chance(0.3) {
            self.instances[who].disk.sync();
        }
        self.instances[who].process.as_mut().is_some_and(|process| process.lane.commit().is_err())
    }

    /// Up to a few steps on the way to the topics, or what follows from somebody else having been there.
    fn publish(&mut self, who: usize) -> bool {
        for _ in 0..=self.random.below(4) {
            let Some(process) = &mut self.instances[who].process else { return false };
            match process.lane.advance() {
                Err(_) => return true,
                Ok(Step::Doubtful(_)) => self.happened.doubts += 1,
                Ok(Step::Superseded(_)) => self.happened.superseded += 1,
                Ok(Step::Idle | Step::Worked | Step::Published(_)) => {}
            }
        }
        let superseded =
            |instance: &Instance| instance.process.as_ref().is_some_and(|process| process.lane.is_superseded());
        if superseded(&self.instances[who]) { self.look_at_group(who) } else { false }
    }

    /// A process finds out whether the partition is still its own.
    fn look_at_group(&mut self, who: usize) -> bool {
        if self.owner != Some(who) {
            self.instances[who].process = None;
        } else if let Some(process) = &mut self.instances[who].process {
            process.lane.confirm();
        }
        false
    }

    fn checkpoint(&mut self, who: usize) -> bool {
        let mut content = self.instances[who].disk.content();
        if self.broken == Some(Broken::CheckpointWithoutOutbox) {
            content.retain(|(family, _), _| *family != Family::Outbox);
        }
        self.checkpoints.push(Checkpoint::of(&self.settings, content));
        let over = self.checkpoints.len().saturating_sub(3);
        self.checkpoints.drain(..over);
        false
    }

    /// Ends the process if something ended it.
    fn settle(&mut self, who: usize, fuse: &Fuse, failed: bool) {
        if !failed && !fuse.is_burnt() {
            return fuse.put_out();
        }
        self.happened.crashes += 1;
        self.instances[who].process = None;
        if self.random.chance(self.faults.disk_lost) {
            self.happened.disks_lost += 1;
            self.instances[who].disk = super::disk::Disk::default();
        } else if self.random.chance(self.faults.power_cut) {
            self.instances[who].disk.cut_power(&mut self.random);
        }
        if self.owner == Some(who) {
            self.owner = None;
        }
    }

    fn is_done(&self) -> bool {
        let end = i64::try_from(self.log.len()).expect("few");
        let process = self.owner.and_then(|owner| self.instances[owner].process.as_ref());
        process.is_some_and(|process| process.position >= end && process.lane.is_at_rest())
            && self.network.borrow().is_quiet()
    }

    /// Nothing goes wrong any more: what is on its way arrives, everybody starts again, and one finishes the work.
    fn calm_down(&mut self) -> Result<usize, Violation> {
        self.faults = self.faults.calm();
        let rebalances = Faults { rebalance: f64::MIN_POSITIVE, ..self.faults };
        let mut network = self.network.borrow_mut();
        while !network.is_quiet() {
            network.deliver();
        }
        network.topics.time_out();
        network.faults = self.faults;
        drop(network);
        self.instances.iter_mut().for_each(|instance| instance.process = None);
        self.faults = if self.oldest > 0 { self.faults } else { rebalances };
        self.assign();
        let owner = self.owner.ok_or(Violation::Stuck)?;
        let process = self.instances[owner].process.as_mut().ok_or(Violation::Stuck)?;
        match process.finish(&self.log) {
            Ok(true) => Ok(owner),
            Ok(false) | Err(_) => Err(Violation::Stuck),
        }
    }
}
