//! A source partition from its input to its topics: the steps of the protocol, one effect at a time.
//!
//! Records are judged, a micro-batch is committed to the store, and what is committed is published. Before anything is
//! published, and again whenever it is not known what the broker took, the lane fences its predecessors, reads back how far
//! its outputs stand, drops those and sends the rest. It may judge and commit before that: what turns out to stand in the
//! topics already is dropped from the outbox.
//!
//! The lane never waits and never tries again by itself: whoever drives it decides when to call [`Lane::advance`].

use std::sync::Arc;

use super::beginning::{Beginning, Extent, Source};
use super::fail_point::{FailPoint, FailPoints};
use super::ownership::Owned;
use super::read_back;
use super::way_out::{Append, Failure, Publish, ReadBack};
use crate::config::Start;
use crate::detect::{Gap, Mark, Marks, NumberedNote, Processor, ProcessorError, Received, Target};

/// Most outputs of one publication: what a transaction can hold and be done with long before its timeout.
const PUBLICATION: usize = 500;
/// Outputs that may wait before input is no longer read.
const MOST_WAITING: usize = 10_000;
/// Bytes of outputs that may wait before input is no longer read.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// A source partition on its way from input to topics. `W` is the way out.
pub struct Lane<W> {
    source: Source,
    processor: Processor,
    way_out: W,
    epoch: u64,
    phase: Phase,
    gap: Option<Gap>,
    notes: Vec<NumberedNote>,
    findings_at: Marks,
    uncommitted: bool,
    fail_points: Arc<FailPoints>,
    #[cfg(debug_assertions)]
    broken: Option<Rule>,
}

/// What is known about the topics.
enum Phase {
    /// Nothing: fence next.
    Doubt,
    /// A later owner was there. Nothing is done until it is known that the partition is still ours.
    Superseded,
    /// Nobody else can publish; reading back, topic by topic.
    Reading(Marks, usize),
    /// Everything.
    Settled,
    /// So many outputs of a publication are sent.
    Sending(usize),
}

/// What a call of [`Lane::advance`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing was to be done.
    Idle,
    /// One effect of several.
    Worked,
    /// So many outputs are published and acknowledged.
    Published(usize),
    /// It is not known what the broker took; the lane begins again with the fence.
    Doubtful(String),
    /// A later owner was there; see [`Lane::confirm`].
    Superseded(String),
}

/// What became of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// There was nothing to commit.
    Nothing,
    /// The micro-batch is in the store.
    Stored,
    /// Notes wait for the broker, so the micro-batch waits too; the same call later tries again.
    Held(String),
}

/// A lane cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum LaneError {
    /// The state failed.
    #[error(transparent)]
    Processor(#[from] ProcessorError),
    /// The broker will never take an output.
    #[error("an output cannot be published: {0}")]
    Refused(String),
}

/// A rule that a test breaks to show what it is for.
#[cfg(debug_assertions)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Read back at every assignment.
    ReadBack,
    /// Read back after a publication of which it is not known what the broker took.
    ReadBackInDoubt,
    /// Suppress on replay what stands in the topics.
    Suppression,
}

impl<W: Publish + ReadBack + Append> Lane<W> {
    /// A lane of a partition that was just opened. Nothing is known about its topics.
    #[must_use]
    pub fn new(source: Source, owned: Owned, way_out: W, fail_points: Arc<FailPoints>) -> Self {
        let Owned { processor, epoch } = owned;
        Self {
            source,
            processor,
            way_out,
            epoch,
            phase: Phase::Doubt,
            gap: None,
            notes: Vec::new(),
            findings_at: Marks::default(),
            uncommitted: false,
            fail_points,
            #[cfg(debug_assertions)]
            broken: None,
        }
    }

    /// Says what the input has; returns where to read from. Until a gap is dealt with, which needs the read-back, the lane
    /// is [held](Self::is_held) and no record may be judged.
    pub fn begin(&mut self, extent: Extent, start: Start) -> i64 {
        let Beginning { offset, gap } = Beginning::of(&self.source, self.processor.next_offset(), extent, start);
        self.gap = gap;
        if self.gap.is_none() && self.processor.next_offset().is_none() {
            self.begin_new(offset);
        }
        offset
    }

    /// Takes note of where a partition begins that was never read, so that it is known from the first commit on.
    fn begin_new(&mut self, offset: i64) {
        self.processor.begin_at(offset);
        self.uncommitted = true;
    }

    /// Judges a record.
    pub fn process(&mut self, record: &Received<'_>) {
        self.uncommitted = true;
        self.processor.process(record);
    }

    /// Publishes the notes of the micro-batch, then commits it.
    ///
    /// # Errors
    /// When the store fails, or the broker refuses a note for good: the lane must be dropped.
    pub fn commit(&mut self) -> Result<Committed, LaneError> {
        if !self.uncommitted {
            return Ok(Committed::Nothing);
        }
        self.notes.extend(self.processor.take_notes());
        if !self.notes.is_empty() {
            match self.way_out.append(&self.notes) {
                Ok(None) => {}
                Ok(found) => self.findings_at.set(Target::Findings, found),
                Err(Failure::Refused(cause)) => return Err(LaneError::Refused(cause)),
                Err(failure) => return Ok(Committed::Held(failure.to_string())),
            }
            self.notes.clear();
            self.processor.acknowledge(&self.findings_at);
        }
        self.processor.commit()?;
        self.uncommitted = false;
        self.fail_points.pass(FailPoint::AfterStoreCommit);
        Ok(Committed::Stored)
    }

    /// Does the next thing that publishing needs, at most one effect.
    ///
    /// # Errors
    /// When the store fails, or the broker refuses an output for good: the lane must be dropped.
    pub fn advance(&mut self) -> Result<Step, LaneError> {
        let done = match std::mem::replace(&mut self.phase, Phase::Doubt) {
            Phase::Superseded => {
                self.phase = Phase::Superseded;
                Ok(Step::Idle)
            }
            Phase::Doubt => self.fence(),
            Phase::Reading(found, index) => match Target::OUTBOX.get(index) {
                Some(target) => self.read_back(found, index, *target),
                None => Ok(self.settle_down(found)?),
            },
            Phase::Settled => self.send(0),
            Phase::Sending(sent) => self.send(sent),
        };
        match done {
            Ok(step) => Ok(step),
            Err(Failure::Doubtful(cause)) => Ok(Step::Doubtful(cause)),
            Err(Failure::Superseded(cause)) => {
                self.phase = Phase::Superseded;
                Ok(Step::Superseded(cause))
            }
            Err(Failure::Refused(cause)) => Err(LaneError::Refused(cause)),
        }
    }

    /// Writes down what was acknowledged since the latest commit, at an orderly end: what moves the state somewhere else
    /// then sees that nothing waits. Does nothing while something is uncommitted.
    ///
    /// # Errors
    /// When the store fails: the lane must be dropped.
    pub fn leave(&mut self) -> Result<(), LaneError> {
        if !self.uncommitted && self.processor.outbox().has_unwritten_marks() {
            self.processor.commit()?;
        }
        Ok(())
    }

    fn fence(&mut self) -> Result<Step, Failure> {
        self.way_out.fence(self.epoch)?;
        self.phase = Phase::Reading(Marks::default(), 0);
        #[cfg(debug_assertions)]
        if self.skips_read_back() {
            self.phase = Phase::Settled;
        }
        Ok(Step::Worked)
    }

    fn read_back(&mut self, mut found: Marks, index: usize, target: Target) -> Result<Step, Failure> {
        let known = self.processor.outbox().published().get(target);
        found.set(target, read_back::last_published(&mut self.way_out, target, known)?);
        self.phase = Phase::Reading(found, index + 1);
        Ok(Step::Worked)
    }

    /// Takes over what was read back, then deals with a gap.
    fn settle_down(&mut self, mut found: Marks) -> Result<Step, LaneError> {
        let findings = self.processor.outbox().published().get(Target::Findings);
        found.set(Target::Findings, findings);
        let recalled = self.processor.reconcile(&found)?;
        if recalled > 0 {
            let partition = self.source.partition;
            tracing::error!(partition, recalled, "a topic lost outputs that were acknowledged; they are sent again");
        }
        if let Some(gap) = self.gap.take() {
            self.lose(&gap, found.highest());
        }
        self.phase = Phase::Settled;
        #[cfg(debug_assertions)]
        self.note_first_settlement();
        Ok(Step::Worked)
    }

    fn lose(&mut self, gap: &Gap, given: u64) {
        if self.processor.next_offset().is_none() && given == 0 {
            return self.begin_new(gap.resume);
        }
        let Gap { partition, from, to, .. } = *gap;
        tracing::error!(partition, from, to, missing = ?gap.missing, "input is lost");
        self.processor.lose(gap, given);
        self.uncommitted = true;
    }

    fn send(&mut self, sent: usize) -> Result<Step, Failure> {
        let waiting = self.processor.outbox().waiting();
        let half = waiting.len().min(PUBLICATION).div_ceil(2);
        let Some(next) = waiting.get(sent).filter(|_| sent < PUBLICATION) else { return self.finish(sent) };
        self.way_out.send(next)?;
        self.phase = Phase::Sending(sent + 1);
        if sent + 1 == half {
            self.fail_points.pass(FailPoint::MidPublish);
        }
        Ok(Step::Worked)
    }

    fn finish(&mut self, sent: usize) -> Result<Step, Failure> {
        if sent == 0 {
            self.phase = Phase::Settled;
            return Ok(Step::Idle);
        }
        let published = self.way_out.settle()?;
        self.fail_points.pass(FailPoint::AfterCommitBeforePrune);
        self.processor.acknowledge(&published);
        self.phase = Phase::Settled;
        Ok(Step::Published(sent))
    }

    /// Says that the partition is known to be ours, after the lane was superseded: it may fence again.
    pub fn confirm(&mut self) {
        if matches!(self.phase, Phase::Superseded) {
            self.phase = Phase::Doubt;
        }
    }

    /// Whether a later owner was there, so that it has to be found out whose the partition is.
    #[must_use]
    pub fn is_superseded(&self) -> bool {
        matches!(self.phase, Phase::Superseded)
    }

    /// Whether it is known what stands in the topics.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.phase, Phase::Settled | Phase::Sending(_))
    }

    /// Whether it is known what stands in the topics, and nothing waits to be sent.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        matches!(self.phase, Phase::Settled) && self.processor.outbox().is_empty() && !self.uncommitted
    }

    /// Whether input must not be read: a gap comes first, notes wait for the broker, or the outbox is full.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let outbox = self.processor.outbox();
        self.gap.is_some() || !self.notes.is_empty() || outbox.len() >= MOST_WAITING || outbox.bytes() >= MOST_BYTES
    }

    /// Whether a gap has to be dealt with before a record may be judged.
    #[must_use]
    pub fn has_gap(&self) -> bool {
        self.gap.is_some()
    }

    /// What the lane judges with.
    #[must_use]
    pub fn processor(&self) -> &Processor {
        &self.processor
    }

    /// The same, to take what a driver without topics wants to see.
    pub fn processor_mut(&mut self) -> &mut Processor {
        &mut self.processor
    }

    /// The way out.
    pub fn way_out(&mut self) -> &mut W {
        &mut self.way_out
    }

    /// Ends the lane and gives back the way out.
    #[must_use]
    pub fn into_way_out(self) -> W {
        self.way_out
    }
}

#[cfg(debug_assertions)]
impl<W> Lane<W> {
    /// Breaks a rule, so that a test can show what it is for.
    #[must_use]
    pub fn without(mut self, rule: Rule) -> Self {
        if rule == Rule::Suppression {
            self.processor.repeat_everything();
        }
        self.broken = Some(rule);
        self
    }

    fn skips_read_back(&self) -> bool {
        self.broken == Some(Rule::ReadBack)
    }

    /// From the first read-back on, a lane that reads back at assignments only reads back no more.
    fn note_first_settlement(&mut self) {
        if self.broken == Some(Rule::ReadBackInDoubt) {
            self.broken = Some(Rule::ReadBack);
        }
    }
}

impl<W> Lane<W> {
    /// The owner's number.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Where the last finding is known to stand.
    #[must_use]
    pub fn findings_at(&self) -> Option<Mark> {
        self.findings_at.get(Target::Findings)
    }
}
