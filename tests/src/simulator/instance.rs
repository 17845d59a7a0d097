//! An instance: a disk, and the process that runs on it, which may believe to own the partition long after it does not.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tidewatch_pipelines::config::Start;
use tidewatch_pipelines::detect::{Processor, Settings};
use tidewatch_pipelines::protocol::{Extent, FailPoints, Lane, LaneError, Owned, Source, Step};

use super::disk::{Content, Disk};
use super::exit::{Exit, Network};
use super::fuse::Fuse;
use super::input::LogRecord;
use super::schedule::Broken;

/// An instance.
#[derive(Default)]
pub struct Instance {
    /// Its disk.
    pub disk: Disk,
    /// Its process, while there is one.
    pub process: Option<Process>,
}

/// A process that believes to own the partition.
pub struct Process {
    /// The lane.
    pub lane: Lane<Exit>,
    /// What ends it.
    pub fuse: Fuse,
    /// The offset it reads next.
    pub position: i64,
}

/// A state that was uploaded, with what it has come to.
#[derive(Clone)]
pub struct Checkpoint {
    next: Option<i64>,
    content: Content,
}

/// What a process that takes the partition over needs.
pub struct Takeover<'a> {
    /// What is judged with.
    pub settings: &'a Arc<Settings>,
    /// Its way to the topics.
    pub network: &'a Rc<RefCell<Network>>,
    /// What the input has.
    pub extent: Extent,
    /// Its epoch.
    pub epoch: u64,
    /// Which rule is broken.
    pub broken: Option<Broken>,
}

impl Checkpoint {
    /// The checkpoint of a disk.
    pub fn of(settings: &Arc<Settings>, content: Content) -> Self {
        let next = next_offset(settings, &Disk::with(content.clone()));
        Self { next, content }
    }
}

fn next_offset(settings: &Arc<Settings>, disk: &Disk) -> Option<i64> {
    let store = Box::new(disk.open(&Fuse::default(), false));
    Processor::open(Arc::clone(settings), store).expect("a disk is sound").next_offset()
}

impl Instance {
    /// Goes on with the state that has come furthest: the disk's, or one of the checkpoints'.
    pub fn choose_state(&mut self, settings: &Arc<Settings>, checkpoints: &[Checkpoint]) {
        let own = next_offset(settings, &self.disk);
        if let Some(best) = checkpoints.iter().max_by_key(|checkpoint| checkpoint.next).filter(|best| best.next > own) {
            self.disk = Disk::with(best.content.clone());
        }
    }

    /// Whether its disk knows where the partition is to be read; what was lost before that was never Tidewatch's.
    pub fn has_begun(&self, settings: &Arc<Settings>) -> bool {
        next_offset(settings, &self.disk).is_some()
    }

    /// Starts a process that takes the partition over; it may end at once.
    pub fn take_over(&mut self, takeover: &Takeover<'_>, fuse: Fuse) -> Result<(), LaneError> {
        let is_late = takeover.broken == Some(Broken::PublishBeforeCommit);
        let store = Box::new(self.disk.open(&fuse, is_late));
        let mut processor = Processor::open(Arc::clone(takeover.settings), store)?;
        processor.begin_epoch(takeover.epoch)?;
        let source = Source { topic: "tidewatch.observations".into(), partition: 0 };
        let exit = Exit::new(takeover.network, &fuse);
        let owned = Owned { processor, epoch: takeover.epoch };
        let mut lane = Lane::new(source, owned, exit, Arc::new(FailPoints::default()));
        if let Some(rule) = takeover.broken.and_then(Broken::rule) {
            lane = lane.without(rule);
        }
        let position = lane.begin(takeover.extent, Start::Earliest);
        self.process = Some(Process { lane, fuse, position });
        Ok(())
    }
}

impl Process {
    /// Judges up to `count` records from where it stands.
    pub fn read(&mut self, log: &[LogRecord], count: usize) {
        if self.lane.is_held() {
            return;
        }
        let from = usize::try_from(self.position).expect("it is not negative");
        for record in log.iter().skip(from).take(count) {
            self.lane.process(&record.received());
            self.position += 1;
        }
    }

    /// Reads, commits and publishes until everything is done; false when that does not come to be.
    pub fn finish(&mut self, log: &[LogRecord]) -> Result<bool, LaneError> {
        for _ in 0..400 {
            self.read(log, 5);
            self.lane.commit()?;
            self.lane.confirm();
            while self.lane.advance()? != Step::Idle {}
            let at_end = self.position >= i64::try_from(log.len()).expect("few");
            if at_end && self.lane.is_at_rest() && !self.lane.is_held() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
